package csrc

import "math"

// MultiBlock is how many columns MultiEpoch takes the products of at once.
const MultiBlock = 16

// multiEpochGo is the reference of MultiEpoch: block coordinate descent as multitask.c
// describes it, the products of a block, its moves, then their updates.
func multiEpochGo(n int, cols []int32, x []float64, stride int, mean, norm2, l1, l2, grams []float64, t int, w, r, scratch []float64) (fall float64) {
	for lo := 0; lo < len(cols); lo += MultiBlock {
		block := cols[lo:min(lo+MultiBlock, len(cols))]
		var moved []int
		for b, j := range block {
			multiDot(x[int(j)*stride:][:n], mean[j], r, scratch[b*t:][:t])
		}
		for b, j := range block {
			u, wj, den := scratch[b*t:][:t], w[int(j)*t:][:t], norm2[j]+l2[j]
			multiLess(-norm2[j], wj, u)
			for _, l := range moved {
				multiLess(grams[(lo+b)*MultiBlock+l], scratch[l*t:][:t], u)
			}
			if step := shrink(den, l1[j], wj, u); step != 0 {
				moved = append(moved, b)
				fall += float64(float64(0.5*den) * step)
			}
		}
		for _, l := range moved {
			multiUpdate(r, scratch[l*t:][:t], x[int(block[l])*stride:][:n], mean[block[l]])
		}
	}
	return fall
}

func multiBlocksGo(n int, cols []int32, x []float64, stride int, mean, grams []float64) {
	clear(grams[:len(cols)*MultiBlock])
	for c, j := range cols {
		first := c &^ (MultiBlock - 1)
		for l, k := range cols[first:min(first+MultiBlock, len(cols))] {
			for i := range n {
				at := c*MultiBlock + l
				grams[at] = math.FMA(x[int(j)*stride+i]-mean[j], x[int(k)*stride+i]-mean[k], grams[at])
			}
		}
	}
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

// multiTile is how many columns multiGramEpochGo takes the products of at once.
const multiTile = 4

func multiGramEpochGo(gram []float64, stride int, l1, l2 []float64, t int, b, w, scratch []float64) (fall float64) {
	k := len(l1)
	for lo := 0; lo < k; lo += multiTile {
		hi := min(lo+multiTile, k)
		for c := lo; c < hi; c++ {
			row, u := gram[c*stride:][:k], scratch[(c-lo)*t:][:t]
			negate(u, b[c*t:][:t])
			multiAdd(row[:lo], w, u)
			multiAdd(row[hi:], w[hi*t:], u)
			negate(u, u)
		}
		for c := lo; c < hi; c++ {
			row, u := gram[c*stride:][:k], scratch[(c-lo)*t:][:t]
			for o := lo; o < hi; o++ {
				if o != c {
					multiLess(row[o], w[o*t:][:t], u)
				}
			}
			den := row[c] + l2[c]
			fall += float64(float64(0.5*den) * shrink(den, l1[c], w[c*t:][:t], u))
		}
	}
	return fall
}

func multiGramDotsGo(k int, gram []float64, stride, t int, b, w, g []float64) {
	for c := range k {
		u := g[c*t:][:t]
		negate(u, b[c*t:][:t])
		multiAdd(gram[c*stride:][:k], w, u)
		negate(u, u)
	}
}

// multiDot sets g to the products of x − mx with the tasks, in the order of the rows.
func multiDot(x []float64, mx float64, r, g []float64) {
	clear(g)
	for i, v := range x {
		for k := range g {
			g[k] = math.FMA(v-mx, r[i*len(g)+k], g[k])
		}
	}
}

func multiUpdate(r, d, z []float64, mz float64) {
	for i, v := range z {
		for k, dk := range d {
			r[i*len(d)+k] = math.FMA(v-mz, -dk, r[i*len(d)+k])
		}
	}
}

// multiAdd adds Σ gram[c]·w_c to g.
func multiAdd(gram, w, g []float64) {
	for c, v := range gram {
		for k := range g {
			g[k] = math.FMA(v, w[c*len(g)+k], g[k])
		}
	}
}

// multiLess subtracts by·v from u.
func multiLess(by float64, v, u []float64) {
	for k, vk := range v {
		u[k] = math.FMA(-by, vk, u[k])
	}
}

func negate(to, from []float64) {
	for k, v := range from {
		to[k] = -v
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
