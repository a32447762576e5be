package csrc

import "math"

// multiEpochGo is the reference of MultiEpoch: block coordinate descent as multitask.c
// describes it, a product and an update one after the other.
func multiEpochGo(n int, cols []int32, x []float64, stride int, mean, norm2, l1, l2 []float64, t int, w, r, scratch []float64) (fall float64) {
	u := scratch[:t]
	for _, j := range cols {
		xj, wj, den := x[int(j)*stride:][:n], w[int(j)*t:][:t], norm2[j]+l2[j]
		multiDot(xj, mean[j], r, u)
		for k := range u {
			u[k] += float64(norm2[j] * wj[k])
		}
		if step := shrink(den, l1[j], wj, u); step != 0 {
			multiUpdate(r, u, xj, mean[j])
			fall += float64(float64(0.5*den) * step)
		}
	}
	return fall
}

func multiDotsGo(n int, cols []int32, x []float64, stride int, mean []float64, t int, r, g []float64) {
	for _, j := range cols {
		multiDot(x[int(j)*stride:][:n], mean[j], r, g[int(j)*t:][:t])
	}
}

func multiSubtractGo(n int, cols []int32, x []float64, stride int, mean []float64, t int, w, r []float64) {
	for _, j := range cols {
		if wj := w[int(j)*t:][:t]; squares8(wj) != 0 {
			multiUpdate(r, wj, x[int(j)*stride:][:n], mean[j])
		}
	}
}

func multiGramEpochGo(gram []float64, stride int, l1, l2 []float64, t int, b, w, scratch []float64) (fall float64) {
	k, u := len(l1), scratch[:t]
	for c := range k {
		row := gram[c*stride:][:k]
		copy(u, b[c*t:])
		multiRows(row[:c], w, u)
		multiRows(row[c+1:], w[(c+1)*t:], u)
		den := row[c] + l2[c]
		fall += float64(float64(0.5*den) * shrink(den, l1[c], w[c*t:][:t], u))
	}
	return fall
}

func multiGramDotsGo(k int, gram []float64, stride, t int, b, w, g []float64) {
	copy(g[:k*t], b)
	for c := range k {
		multiRows(gram[c*stride:][:k], w, g[c*t:][:t])
	}
}

// multiDot sets g to the products of x − mx with the tasks, in the order of the rows.
func multiDot(x []float64, mx float64, r, g []float64) {
	clear(g)
	for i, v := range x {
		for k := range g {
			g[k] += float64((v - mx) * r[i*len(g)+k])
		}
	}
}

func multiUpdate(r, d, z []float64, mz float64) {
	for i, v := range z {
		for k, dk := range d {
			r[i*len(d)+k] -= float64((v - mz) * dk)
		}
	}
}

// multiRows subtracts Σ gram[c]·w_c from g.
func multiRows(gram, w, g []float64) {
	for c, v := range gram {
		for k := range g {
			g[k] -= float64(v * w[c*len(g)+k])
		}
	}
}

// shrink moves w to the best for u and leaves the step in u; it returns the step's square.
func shrink(den, l1 float64, w, u []float64) float64 {
	norm, s := math.Sqrt(squares8(u)), 0.0
	if norm > l1 {
		s = (1 - l1/norm) / den
	} else if norm != norm {
		s = norm
	}
	for k, from := range w {
		w[k] = float64(s * u[k])
		u[k] = w[k] - from
	}
	return squares8(u)
}

// squares8 is ‖u‖² in 8 lanes that fold in halves.
func squares8(u []float64) float64 {
	var lane [8]float64
	for k, v := range u {
		lane[k%8] += float64(v * v)
	}
	for h := 4; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}
