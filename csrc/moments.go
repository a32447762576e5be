package csrc

import "math"

// Moments says what ColumnMoments brings each column down to: planes n, k, t and m2, of
// which n is the number of values, k + t/n their mean and m2 the sum of the squares about
// it; moments.c has the formulas.
type Moments int

const (
	MomentsVar      Moments = iota // NaN count, and make k, t and m2 NaN
	MomentsNaNVar                  // NaN are skipped, as below
	MomentsDescribe                // and planes sum, least and greatest, ±Inf where there is no value
)

// The planes.
const (
	MomentN = iota
	MomentK
	MomentT
	MomentM2
	MomentSum
	MomentMin
	MomentMax
)

// Planes is how many numbers there are for each column.
func (m Moments) Planes() int {
	if m == MomentsDescribe {
		return 7
	}
	return 4
}

// Scratch is how long the scratch of ColumnMoments must be: nodes of whole vectors, of up to seven
// columns in as many parts as a vector has lanes, or of up to 64 in four parts.
func (m Moments) Scratch(rows, cols int) int {
	width := (cols + 7) / 8 * 8
	if rows > SumLeaf && cols <= 64 {
		width *= 4
	}
	if rows > SumLeaf {
		width = max(width, 64)
	}
	return SumLevels(rows) * m.Planes() * width
}

// A moment is a node of the tree, or the leaf being read: then m2 is Σ(x−k)².
type moment struct{ n, k, t, m2, sum, lo, hi float64 }

// columnMomentsGo is the reference of ColumnMoments.
func columnMomentsGo[T Float](what Moments, colMajor bool, rows, cols, stride int, a []T, dst []float64, ldd int) {
	var leaf [SumLeaf]float64
	column := leaf[:min(rows, SumLeaf)]
	if rows > SumLeaf {
		column = make([]float64, rows)
	}
	for j := range cols {
		for i := range column {
			if colMajor {
				column[i] = float64(a[j*stride+i])
			} else {
				column[i] = float64(a[i*stride+j])
			}
		}
		momentsOf(column, what != MomentsVar).put(what, dst[j:], ldd)
	}
}

// Quotient is m2 / divisor or its square root, NaN for a divisor that is not positive.
func Quotient(m2, divisor float64, root bool) float64 {
	v := m2 / divisor
	if !(divisor > 0) || v != v {
		return math.NaN() // one NaN, whatever the hardware made
	}
	if root {
		return math.Sqrt(v)
	}
	return v
}

// mergeMomentsGo is the reference of MergeMoments.
func mergeMomentsGo(what Moments, cols int, x []float64, ldx int, y []float64, ldy int) {
	for j := range cols {
		momentAt(what, x[j:], ldx).and(momentAt(what, y[j:], ldy)).put(what, x[j:], ldx)
	}
}

func (m moment) put(what Moments, dst []float64, ld int) {
	for f, v := range []float64{m.n, m.k, m.t, m.m2, m.sum, m.lo, m.hi}[:what.Planes()] {
		dst[f*ld] = v
	}
}

func momentAt(what Moments, s []float64, ld int) moment {
	var v [7]float64
	for f := range what.Planes() {
		v[f] = s[f*ld]
	}
	return moment{v[0], v[1], v[2], v[3], v[4], v[5], v[6]}
}

// momentsOf is the tree as a recursion: whole leaves split at the largest power of two.
func momentsOf(x []float64, skip bool) moment {
	if len(x) <= SumLeaf {
		return leafMoments(x, skip)
	}
	half := SumLeaf
	for 2*half < len(x) {
		half *= 2
	}
	return momentsOf(x[:half], skip).and(momentsOf(x[half:], skip))
}

func leafMoments(x []float64, skip bool) moment {
	m := moment{sum: math.Copysign(0, -1), lo: math.Inf(1), hi: math.Inf(-1)}
	for i := len(x) - 1; i >= 0; i-- {
		if !skip || x[i] == x[i] {
			m.k = x[i]
		}
	}
	for ; len(x) > 0; x = x[min(8, len(x)):] {
		var y, yy, s [8]float64
		for k := range s {
			s[k] = math.Copysign(0, -1)
		}
		for k, v := range x[:min(8, len(x))] {
			if skip && v != v {
				continue
			}
			m.n++
			y[k], s[k] = v-m.k, v
			yy[k] = float64(y[k] * y[k])
			if v < m.lo {
				m.lo = v
			}
			if v > m.hi {
				m.hi = v
			}
		}
		m.t += tree8(y)
		m.m2 += tree8(yy)
		m.sum += tree8(s)
	}
	if m.m2 -= float64(m.t * (m.t / max(m.n, 1))); m.m2 < 0 {
		m.m2 = 0
	}
	return m
}

func tree8(x [8]float64) float64 {
	return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
}

// and merges a with b, whose rows follow.
func (a moment) and(b moment) moment {
	c := moment{n: a.n + b.n, sum: a.sum + b.sum, lo: a.lo, hi: a.hi}
	if b.lo < a.lo {
		c.lo = b.lo
	}
	if b.hi > a.hi {
		c.hi = b.hi
	}
	switch {
	case a.n == 0:
		c.k, c.t, c.m2 = b.k, b.t, b.m2
	case b.n == 0:
		c.k, c.t, c.m2 = a.k, a.t, a.m2
	default:
		d := b.k - a.k
		delta := d + (b.t/b.n - a.t/a.n)
		c.k = a.k
		c.t = a.t + (b.t + float64(b.n*d))
		c.m2 = (a.m2 + b.m2) + float64(float64(delta*delta)*(a.n*b.n/(a.n+b.n)))
	}
	return c
}
