package csrc

import "math"

func activeMoveGo(slots []int32, d, gram []float64, ld int, g []float64) {
	for c, s := range slots {
		subtract(g, d[c], gram[int(s)*ld:][:len(g)], 0, nil)
	}
}

func factorSolveGo(l []float64, ld int, inv, b []float64) {
	factorForwardGo(l, ld, inv, b)
	for hi := len(b); hi > 0; {
		lo := (hi - 1) &^ 7
		for c := hi - 1; c >= lo; c-- {
			v := b[c] - lanes8(l[c*ld+hi:c*ld+len(b)], b[hi:])
			for i := hi - 1; i > c; i-- {
				v -= float64(l[c*ld+i] * b[i])
			}
			b[c] = v * inv[c]
		}
		hi = lo
	}
}

// lanes8 is Σ a·b in 8 lanes that fold in halves.
func lanes8(a, b []float64) float64 {
	var lane [8]float64
	for i, v := range a {
		lane[i%8] += float64(v * b[i])
	}
	return fold8(lane)
}

func factorForwardGo(l []float64, ld int, inv, b []float64) {
	for c := range b {
		b[c] *= inv[c]
		for i := c + 1; i < len(b); i++ {
			b[i] -= float64(b[c] * l[c*ld+i])
		}
	}
}

func factorAppendGo(l []float64, ld int, inv []float64, q float64, b []float64) float64 {
	factorForwardGo(l, ld, inv, b)
	for c, v := range b {
		l[c*ld+len(b)] = v
	}
	return q - lanes8(b, b)
}

func factorRemoveGo(k int, l []float64, ld int, inv, v []float64) {
	m := len(v)
	for c := range k {
		copy(l[c*ld+k:c*ld+m-1], l[c*ld+k+1:c*ld+m])
	}
	copy(v[k+1:], l[k*ld+k+1:k*ld+m])
	for c := k + 1; c < m; c++ {
		diagonal := l[c*ld+c]
		r := math.Sqrt(float64(diagonal*diagonal) + float64(v[c]*v[c]))
		cs, sn := diagonal/r, v[c]/r
		inv[c-1] = 1 / r
		l[(c-1)*ld+c-1] = r
		for i := c + 1; i < m; i++ {
			a, b := l[c*ld+i], v[i]
			l[(c-1)*ld+i-1] = float64(cs*a) + float64(sn*b)
			v[i] = float64(cs*b) - float64(sn*a)
		}
	}
}

// activeDescendGo is the reference of ActiveDescend:
//
//	u = g_j + G_jj·w_j;  v = soft(u, l1_j) / (G_jj + l2_j);  g −= (v − w_j)·G_j;  w_j = v
//
// for j in list (Friedman, Hastie and Tibshirani 2010, section 2.2, "covariance updates").
func activeDescendGo(list []int32, gram []float64, ld int, l1, l2 []float64, positive bool, w, g []float64) (fall float64) {
	for _, j := range list {
		column := gram[int(j)*ld:][:len(g)]
		q, old, den := column[j], w[j], column[j]+l2[j]
		w[j] = soft(g[j]+float64(q*old), l1[j], den, positive)
		if d := w[j] - old; d != 0 {
			subtract(g, d, column, 0, nil)
			fall += float64(float64(0.5*float64(den*d)) * d)
		}
	}
	return fall
}
