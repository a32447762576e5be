package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// dotBlock is how many elements have lanes of their own: 2 MB of x and y together.
const dotBlock = 1 << 17

// Dot returns Σ x[i]·y[i]. Blocks of 131072 elements are added in 32 lanes that fold in
// halves, and the blocks' sums in an order that len(x) alone fixes, so that the bits depend
// on neither threads nor instruction set. It reads 16·len(x) bytes and does 2·len(x) flops.
// l.Grain is not used. It panics where the lengths differ.
func Dot(l parfor.Loop, x, y []float64) float64 {
	if len(x) != len(y) {
		panic("kernels: Dot: lengths differ")
	}
	if len(x) <= dotBlock {
		return dot(simd.Active(), x, y)
	}
	level := simd.Active()
	l.Grain = 0
	return parfor.Reduce(l, ceilDiv(len(x), dotBlock), func(lo, hi int) (s float64) {
		for ; lo < hi; lo++ {
			end := min((lo+1)*dotBlock, len(x))
			s += dot(level, x[lo*dotBlock:end], y[lo*dotBlock:end])
		}
		return s
	}, func(a, b float64) float64 { return a + b })
}

func dot(level simd.Level, x, y []float64) float64 {
	var first [1]int32
	var zero, s [1]float64
	csrc.ColumnDots(level, len(x), first[:], x, len(x), zero[:], y, s[:])
	return s[0]
}
