package linear

// The columns without a penalty. The dual point must be orthogonal to them (with Positive:
// have no positive product with them), which a residual is once they are fitted: so
// before each certificate they are, exactly, by a Cholesky factor of their Gram matrix,
// which lowers the objective too. With Positive that is Lawson and Hanson's NNLS ("Solving
// Least Squares Problems", 1974, chapter 23).

import "math"

// freeBlock is the unpenalised columns and their Gram matrix.
type freeBlock struct {
	cols     []int32
	gram     []float64 // k×k
	positive bool
	noise    float64   // the gradient of a column of norm 1 that is as good as 0
	factor   []float64 // k×k, the lower factor of the passive columns
	passive  []int     // those that may move, as indices into cols
	g, w, d  []float64 // by index into cols
}

// newFreeBlock returns the block for targets of norm size.
func newFreeBlock(f form, cols []int32, positive bool, size float64) *freeBlock {
	k := len(cols)
	b := &freeBlock{
		cols: cols, positive: positive, noise: 0x1p-46 * size, gram: make([]float64, k*k), factor: make([]float64, k*k),
		g: make([]float64, k), w: make([]float64, k), d: make([]float64, k),
	}
	f.gram(b.gram, k, cols, cols)
	return b
}

// fit changes w over the block to the best there is while all else stays, takes the
// change out of the state of f, and leaves its columns' gradient in g. step is scratch by
// column. A second round takes away what rounding has left of the first.
func (b *freeBlock) fit(f form, w, g, step []float64) {
	for range 2 {
		f.gradient(b.cols, g)
		for i, j := range b.cols {
			b.g[i], b.w[i] = g[j], w[j]
		}
		b.descend()
		for i, j := range b.cols {
			step[j] = b.w[i] - w[j]
			w[j] = b.w[i]
		}
		f.subtract(b.cols, step)
	}
	f.gradient(b.cols, g)
}

// descend minimises ½·dᵀG·d − gᵀd over the change d of b.w.
func (b *freeBlock) descend() {
	b.passive = b.passive[:0]
	for i, w := range b.w {
		if !b.positive || w > 0 {
			b.passive = append(b.passive, i)
		}
	}
	for range 3*len(b.cols) + 1 {
		b.solve()
		if t := b.longestStep(); t < 1 {
			b.move(t)
			continue
		}
		b.move(1)
		if !b.positive || !b.widen() {
			return
		}
	}
}

// longestStep is how far b.w may go along b.d, at most 1, before a coefficient that may
// not is negative.
func (b *freeBlock) longestStep() float64 {
	t := 1.0
	for _, i := range b.passive {
		if b.positive && b.w[i]+b.d[i] < 0 {
			t = min(t, b.w[i]/-b.d[i])
		}
	}
	return t
}

// move goes t·b.d and takes the coefficients that have come down to zero out of the
// passive ones.
func (b *freeBlock) move(t float64) {
	k, kept := len(b.cols), b.passive[:0]
	for _, i := range b.passive {
		d := t * b.d[i]
		if t < 1 && b.w[i]+d <= 0x1p-50*b.w[i] {
			d = -b.w[i]
		} else {
			kept = append(kept, i)
		}
		b.w[i] += d
		for l := range b.g {
			b.g[l] -= float64(d * b.gram[i*k+l])
		}
	}
	b.passive = kept
}

// widen adds the column with the steepest way up to the passive ones.
func (b *freeBlock) widen() bool {
	best, steepest := -1, b.noise
	for i, g := range b.g {
		q := b.gram[i*len(b.cols)+i]
		if b.w[i] == 0 && q > 0 && g > steepest*math.Sqrt(q) {
			best, steepest = i, g/math.Sqrt(q)
		}
	}
	for _, i := range b.passive {
		if i == best {
			return false
		}
	}
	if best < 0 {
		return false
	}
	b.passive = append(b.passive, best)
	return true
}

// solve sets b.d to the solution of G·d = g over the passive columns, by a Cholesky
// factor. A column that the ones before it span stays where it is.
func (b *freeBlock) solve() {
	k := len(b.cols)
	for a, i := range b.passive {
		row, q := b.factor[a*k:], b.gram[i*k+i]
		rest := q
		for c, l := range b.passive[:a] {
			v := b.gram[i*k+l]
			for e := range c {
				v -= float64(row[e] * b.factor[c*k+e])
			}
			if pivot := b.factor[c*k+c]; pivot > 0 {
				v /= pivot
			} else {
				v = 0
			}
			row[c] = v
			rest -= float64(v * v)
		}
		row[a] = 0
		if rest > 0x1p-40*q {
			row[a] = math.Sqrt(rest)
		}
		v := b.g[i]
		for c, l := range b.passive[:a] {
			v -= float64(row[c] * b.d[l])
		}
		b.d[i] = 0
		if row[a] > 0 {
			b.d[i] = v / row[a]
		}
	}
	for a := len(b.passive) - 1; a >= 0; a-- {
		i, pivot := b.passive[a], b.factor[a*k+a]
		if pivot == 0 {
			b.d[i] = 0
			continue
		}
		b.d[i] /= pivot
		for c, l := range b.passive[:a] {
			b.d[l] -= float64(b.factor[a*k+c] * b.d[i])
		}
	}
}
