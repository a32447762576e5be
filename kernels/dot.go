package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// dotBlock is how many elements have lanes of their own: 2 MB of x and y together.
const dotBlock = 1 << 17

// Dot returns Σ x[i]·y[i]. Blocks of 131072 elements are added in 32 lanes that fold in
// halves, and the blocks' sums from left to right, so that the bits depend on neither
// threads nor instruction set. It reads 16·len(x) bytes and does 2·len(x) flops. It
// panics where the lengths differ.
func Dot(l parfor.Loop, x, y []float64) float64 {
	if len(x) != len(y) {
		panic("kernels: Dot: lengths differ")
	}
	if len(x) <= dotBlock {
		return dot(x, y)
	}
	return parfor.Reduce(l, ceilDiv(len(x), dotBlock), func(lo, hi int) (s float64) {
		for ; lo < hi; lo++ {
			end := min((lo+1)*dotBlock, len(x))
			s += dot(x[lo*dotBlock:end], y[lo*dotBlock:end])
		}
		return s
	}, func(a, b float64) float64 { return a + b })
}

func dot(x, y []float64) float64 {
	var first [1]int32
	var zero, s [1]float64
	csrc.ColumnDots(simd.Active(), len(x), first[:], x, len(x), zero[:], y, s[:])
	return s[0]
}
