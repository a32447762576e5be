package csrc

import "math"

func reachGo(dst []int32, first, second []float64, c, slack float64, norm []float64, fog float64, unit []float64, near float64, l1 []float64, positive bool) int {
	n := 0
	for j := range dst {
		g := first[j] + float64(c*(first[j]-second[j]))
		if !positive {
			g = math.Abs(g)
		}
		bound := float64(slack * norm[j])
		if fog != 0 {
			bound += float64(fog * unit[j])
		}
		if !(g+bound < l1[j] && g < float64(near*l1[j])) {
			dst[n] = int32(j)
			n++
		}
	}
	return n
}
