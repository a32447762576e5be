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
		var s [1]float64
		csrc.Dots(level, x, y, dotBlock, scale, s[:])
		return s[0]
	}
	return dotBlocks(l, level, x, y, scale)
}

// dotBlocks is dotScaled of more than one block, whose sums are added as parfor.Reduce does.

func dotBlocks[T Float](l parfor.Loop, level simd.Level, x, y []T, scale float64) float64 {
	buf := borrow(ceilDiv(len(x), dotBlock))
	defer buf.giveBack()
	forRuns(l, len(buf.s), func(first, end int) {
		lo, hi := first*dotBlock, min(end*dotBlock, len(x))
		csrc.Dots(level, x[lo:hi], y[lo:hi], dotBlock, scale, buf.s[first:end])
	})
	return parfor.Reduce(parfor.Loop{Threads: 1}, len(buf.s), func(lo, hi int) (s float64) {
		for _, v := range buf.s[lo:hi] {
			s += v
		}
		return s
	}, func(a, b float64) float64 { return a + b })
}
