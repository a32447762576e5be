package kernels

import (
	"cmp"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// Pairs sets dst[i·ld + k] to X_a[i]ᵀX_b[k] (with the weights) for all i and k: the part of the Gram matrix
// that a working set needs when columns join it. 2·n flops a pair (and n for each 16 pairs,
// to subtract means), in parallel over the columns in a. Its bits depend on neither threads
// nor instruction set: a product adds blocks of 256 rows in order, each in 8 lanes that fold
// in halves. It panics where ld is below len(b) or dst too short.
func (c *CenteredColumns[T]) Pairs(l parfor.Loop, a, b []int32, dst []float64, ld int) {
	bad := c.X.Misuse()
	if bad == "" {
		ok := c.X.Layout == ColMajor && len(c.Mean) >= c.X.Cols && ld >= len(b) &&
			(len(a) == 0 || len(dst) >= (len(a)-1)*ld+len(b))
		bad = cmp.Or(checkColumns(c.X.Cols, a, ok), checkColumns(c.X.Cols, b, true))
	}
	if bad != "" {
		panic("kernels: Pairs: " + bad)
	}
	if c.X.Rows == 0 {
		for i := range a {
			clear(dst[i*ld:][:len(b)])
		}
		return
	}
	if len(a) == 0 || len(b) == 0 {
		return
	}
	level := simd.Active()
	l.Grain = max(l.Grain, 1+serialSize*4/(c.X.Rows*len(b)))
	if serial(l) || len(a) < l.Grain {
		csrc.Pairs(level, c.X.Rows, a, b, c.X.Data, c.X.Stride, c.Mean, c.Weights, dst, ld)
		return
	}
	l.For(len(a), func(lo, hi int) {
		csrc.Pairs(level, c.X.Rows, a[lo:hi], b, c.X.Data, c.X.Stride, c.Mean, c.Weights, dst[lo*ld:], ld)
	})
}
