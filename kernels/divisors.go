package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// CountDivisors returns d(n), the number of positive divisors of n: the product of e+1
// over the prime powers p^e of n. d(0) is 0. It is right for every uint64; the largest
// value is 184320, of 18401055938125660800. It allocates nothing.
func CountDivisors(n uint64) uint64 {
	return csrc.CountDivisorsOf(simd.Active(), simd.IFMA(), n)
}

// CountDivisorsEach sets dst[i] to d(values[i]), the number of positive divisors; d(0)
// is 0. It panics where dst is shorter than values, and writes dst[:len(values)] only.
// The two must not overlap.
//
// Of 64 values and more it sees first whether they are small, fill a range or repeat (see
// [SumDivisorCounts] for the memory that it takes then); others are counted one by one,
// and up to 2^14 of them without an allocation.
//
// Numbers of one length may differ a hundredfold in what they cost. l.Schedule deals with
// that: [parfor.Guided], or its zero value, [parfor.Auto], which times the first few on the
// caller, asks for helpers where the rest is worth it, and then hands out what remains as
// Guided does, in chunks half as long that shrink to some 5 µs each. The counts do not
// depend on it.
func CountDivisorsEach(l parfor.Loop, dst []uint64, values []uint64) {
	if len(dst) < len(values) {
		panic("kernels: CountDivisorsEach: " + shortDst)
	}
	if !countSeen(l, dst, values) {
		countEach(l, dst, values)
	}
}
