package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// dotBlock is how many elements have lanes of their own: 2 MB of x and y together.
const dotBlock = 1 << 17

// Dot returns Σ x[i]·y[i] in float64. Blocks of 131072 elements are added in 32 lanes that
// fold in halves, and the blocks' sums in an order that len(x) alone fixes, so that the bits
// depend on neither threads nor instruction set. It reads x and y once and does 2·len(x)
// flops. l.Grain is not used. It panics where the lengths differ.
func Dot[T Float](l parfor.Loop, x, y []T) float64 {
	if len(x) != len(y) {
		panic("kernels: Dot: lengths differ")
	}
	return dotScaled(l, x, y, 1)
}

// dotScaled is the dot product of scale·x and scale·y.
func dotScaled[T Float](l parfor.Loop, x, y []T, scale float64) float64 {
	level := simd.Active()
	if len(x) <= dotBlock {
		return csrc.Dot(level, x, y, scale)
	}
	return dotBlocks(l, level, x, y, scale)
}

func dotBlocks[T Float](l parfor.Loop, level simd.Level, x, y []T, scale float64) float64 {
	l.Grain = 0
	return parfor.Reduce(l, ceilDiv(len(x), dotBlock), func(lo, hi int) (s float64) {
		for ; lo < hi; lo++ {
			end := min((lo+1)*dotBlock, len(x))
			s += csrc.Dot(level, x[lo*dotBlock:end], y[lo*dotBlock:end], scale)
		}
		return s
	}, func(a, b float64) float64 { return a + b })
}
