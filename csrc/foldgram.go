package csrc

import "math"

// FoldSide is how many rows and columns the moments of p columns take: p+2, filled up.
func FoldSide(p int) int { return (p + 2 + 7) &^ 7 }

func foldPackGo[T Float](q0, q1, m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, y []float64, yCentre float64, root, packed []float64) {
	for q := q0; q < q1; q++ {
		for i := range m {
			row, r := lo+i, 1.0
			if index != nil {
				row = int(index[i])
			}
			if root != nil {
				r = root[row]
			}
			to := packed[(q*m+i)*8:][:8]
			for c := range to {
				switch j := 8*q + c; {
				case j < p:
					to[c] = (float64(at(x, stride, byColumn, row, j)) - centre[j]) * r
				case j == p:
					to[c] = (y[row] - yCentre) * r
				case j == p+1:
					to[c] = r
				default:
					to[c] = 0
				}
			}
		}
	}
}

// foldGramGo is the reference of FoldGram: each element is one chain of fused steps over the
// rows, added at its end.
func foldGramGo(j0, j1, m, p int, packed, dst []float64, ld int, add bool) {
	z := func(k, i int) float64 { return packed[(i/8*m+k)*8+i%8] }
	for j := 8 * j0; j < 8*j1; j++ {
		for i := j &^ 7; i < FoldSide(p); i++ {
			sum := 0.0
			for k := range m {
				sum = math.FMA(z(k, i), z(k, j), sum)
			}
			if add {
				sum += dst[j*ld+i]
			}
			dst[j*ld+i] = sum
		}
	}
}

func foldCentreGo(j0, j1, ld int, total, part, sum, shift, gram []float64) {
	for j := j0; j < j1; j++ {
		for i := j; i < len(sum); i++ {
			v := total[j*ld+i]
			if part != nil {
				v -= part[j*ld+i]
			}
			v -= float64(shift[j] * sum[i])
			gram[j*ld+i], gram[i*ld+j] = v, v
		}
		clear(gram[j*ld+len(sum) : (j+1)*ld])
	}
}

func at[T Float](x []T, stride int, byColumn bool, row, col int) T {
	if byColumn {
		return x[col*stride+row]
	}
	return x[row*stride+col]
}
