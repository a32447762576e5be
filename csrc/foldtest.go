package csrc

import "math"

func packRowsGo[T Float](m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, dst []float64) {
	for i := range (m + 7) &^ 7 {
		row := lo + i
		if index != nil && i < m {
			row = int(index[i])
		}
		for j := range p {
			to := &dst[(i/8*p+j)*8+i%8]
			if *to = 0; i < m {
				*to = float64(at(x, stride, byColumn, row, j)) - centre[j]
			}
		}
	}
}

func foldPredictGo(panels, p int, list []int32, x, w, b, dst []float64, ld int) {
	for i := range 8 * panels {
		for c := range 8 {
			sum := b[c]
			for _, j := range list {
				sum = math.FMA(x[(i/8*p+int(j))*8+i%8], w[8*int(j)+c], sum)
			}
			dst[c*ld+i] = sum
		}
	}
}
