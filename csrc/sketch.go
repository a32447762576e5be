package csrc

import "math"

func sketchGo[T Float](n, p int, x []T, stride int, centre []float64, ld int, q []int8, scale []float64) {
	for j := range p {
		most := 0.0
		for _, v := range x[j*stride:][:n] {
			most = max(most, math.Abs(float64(v)-centre[j]))
		}
		inv := 0.0
		scale[j] = 0
		if most >= 0x1p-500 {
			inv, scale[j] = 127/most, most/127
		}
		column := q[j*ld:][:ld]
		clear(column[n:])
		for i, v := range x[j*stride:][:n] {
			column[i] = int8(math.RoundToEven((float64(v) - centre[j]) * inv))
		}
	}
}

func sketchDotsGo(ld int, cols []int32, q []int8, d []int16, dst []int32) {
	for i := range dst {
		j := i
		if cols != nil {
			j = int(cols[i])
		}
		dst[i] = 0
		for r, e := range q[j*ld:][:ld] {
			dst[i] += int32(e) * int32(d[r])
		}
	}
}

func sketchGradientsGo(ld int, q []int8, d []int16, a float64, y []float64, unit float64, scale, g []float64) {
	sum := make([]int32, len(g))
	sketchDotsGo(ld, nil, q, d, sum)
	for j := range g {
		g[j] = float64(a*y[j]) + float64(float64(sum[j])*float64(unit*scale[j]))
	}
}
