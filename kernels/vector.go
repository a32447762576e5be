package kernels

// The operations on vectors beside Dot and Add.

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// vectorBlock is the elements of a task: 512 KB of float64.
const vectorBlock = 1 << 16

// Scale multiplies each x[i] by alpha, in the type of x. It reads and writes x once: 16 bytes
// and a flop an element of float64. l.Grain is not used.
func Scale[T Float](l parfor.Loop, alpha T, x []T) {
	level, n := simd.Active(), len(x)
	if n < serialSize {
		csrc.Scale(level, alpha, x)
		return
	}
	l.Grain = 0
	l.For(ceilDiv(n, vectorBlock), func(lo, hi int) {
		csrc.Scale(level, alpha, x[lo*vectorBlock:min(hi*vectorBlock, n)])
	})
}

// Axpy adds alpha·x[i] to y[i], in the type of both; the product is rounded before it is
// added. x may be y itself, but overlap it not otherwise. It reads x and y and writes y: 24
// bytes and 2 flops an element of float64. l.Grain is not used. It panics where the lengths
// differ.
func Axpy[T Float](l parfor.Loop, alpha T, x, y []T) {
	if len(x) != len(y) {
		panic("kernels: Axpy: lengths differ")
	}
	level, n := simd.Active(), len(x)
	if n < serialSize {
		csrc.Axpy(level, alpha, x, y)
		return
	}
	l.Grain = 0
	l.For(ceilDiv(n, vectorBlock), func(lo, hi int) {
		i, end := lo*vectorBlock, min(hi*vectorBlock, n)
		csrc.Axpy(level, alpha, x[i:end], y[i:end])
	})
}

// Sum returns Σ x[i], with the tree, the bits and the error bound of [SumColumns]. The sum of
// nothing is 0. It reads x once. l.Grain is not used.
func Sum[T Float](l parfor.Loop, x []T) float64 {
	sum := borrow(1) // on the stack it would be allocated
	defer sum.giveBack()
	SumColumns(l, sum.s, NewColMajor(len(x), 1, x))
	return sum.s[0]
}

// Norm2 returns √Σ x[i]², without overflow or underflow on the way: it is Inf only if an
// element is, or the norm itself is beyond math.MaxFloat64. The squares are added as [Dot]
// adds products; where their sum leaves [2⁻⁹⁰⁰, math.MaxFloat64], x is read twice more, for
// the largest element and for the sum divided by its power of two. The norm with a NaN is
// math.NaN(), that of nothing 0. Zeros appended to x change no bit, nor does anything that Dot
// does not depend on. l.Grain is not used.
func Norm2[T Float](l parfor.Loop, x []T) float64 {
	s := dotScaled(l, x, x, 1)
	if len(x) == 0 || s >= 0x1p-900 && s <= math.MaxFloat64 {
		return math.Sqrt(s)
	}
	m, low := []T{0}, []T{0}
	column := NewColMajor(len(x), 1, x)
	MaxColumns(l, m, column)
	MinColumns(l, low, column)
	most := max(float64(m[0]), -float64(low[0]))
	switch {
	case most != most:
		return math.NaN() // one NaN, whatever the hardware made
	case most == 0 || most > math.MaxFloat64:
		return most
	}
	_, e := math.Frexp(most)
	e = max(e, -1000) // 2^1074 is beyond float64
	return math.Ldexp(math.Sqrt(dotScaled(l, x, x, math.Ldexp(1, -e))), e)
}
