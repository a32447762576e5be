package csrc

import "math"

// FoldSide is how many rows and columns the moments of p columns take: p+2, filled up.
func FoldSide(p int) int { return (p + 2 + 7) &^ 7 }

// foldGramGo is the reference of FoldGram: each element is one chain of fused steps over the
// rows, added at its end.
func foldGramGo[T Float](m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, y []float64, yCentre float64, root, scratch, dst []float64, ld int, add bool) {
	side := FoldSide(p)
	z := scratch[:m*side]
	for i := range m {
		row, r := lo+i, 1.0
		if index != nil {
			row = int(index[i])
		}
		if root != nil {
			r = root[row]
		}
		to := z[i*side:][:side]
		clear(to)
		for j := range p {
			to[j] = (float64(at(x, stride, byColumn, row, j)) - centre[j]) * r
		}
		to[p], to[p+1] = (y[row]-yCentre)*r, r
	}
	for j := range side {
		for i := j &^ 7; i < side; i++ {
			sum := 0.0
			for k := range m {
				sum = math.FMA(z[k*side+i], z[k*side+j], sum)
			}
			if add {
				sum += dst[j*ld+i]
			}
			dst[j*ld+i] = sum
		}
	}
}

func foldCentreGo(ld int, total, part, sum, shift, gram []float64) {
	for j := range sum {
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
