package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// dotBlock is how many elements have lanes of their own: 2 MB of x and y together.
const dotBlock = 1 << 17

// Dot returns Σ x[i]·y[i] in float64. Blocks of 131072 elements are added in 32 lanes that
// fold in halves, and the blocks' sums as a binary counter counts, so that the bits depend on
// neither threads, schedule, instruction set nor alignment. With u = 2⁻⁵³ its error is at most
// (6 + min(len(x), 131072)/32 + log2(len(x)/131072))·u·Σ|x[i]·y[i]|, beside products that
// underflow. It reads x and y once and does 2·len(x) flops. l.Grain is not used. It panics where
// the lengths differ.
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

// dotBlocks is dotScaled of more than one block. Their sums meet in the order of csrc/sum.c's
// tree, which blocks of zeros behind them do not change.
func dotBlocks[T Float](l parfor.Loop, level simd.Level, x, y []T, scale float64) float64 {
	buf := borrow(ceilDiv(len(x), dotBlock))
	defer buf.giveBack()
	s := buf.s
	forRuns(l, len(s), func(first, end int) {
		lo, hi := first*dotBlock, min(end*dotBlock, len(x))
		csrc.Dots(level, x[lo:hi], y[lo:hi], dotBlock, scale, s[first:end])
	})
	for step := 1; step < len(s); step *= 2 {
		for k := 0; k+step < len(s); k += 2 * step {
			s[k] += s[k+step]
		}
	}
	return s[0]
}
