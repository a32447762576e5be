package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// SumDivisorCounts returns the sum of the numbers of positive divisors d(v) of all
// elements v of values with 1 ≤ v ≤ atMost. Elements ≤ 0 count nothing. (The loop of the
// article that this comes from adds 1 for each element ≤ 0.) For [4 7 6 8 11 9] and 7
// it is 3 + 2 + 4 = 9.
//
// The sum cannot overflow: the largest d(v) below 2^63 is 103680 < 2^17, and a slice
// within the 48-bit address space that Go uses has fewer than 2^45 elements. It reads
// 8·len(values) bytes; for the cost of a number see [CountDivisors].
func SumDivisorCounts(l parfor.Loop, values []int64, atMost int64) int64 {
	level, ifma := simd.Active(), simd.IFMA()
	if serial(l) || len(values) < 2 {
		return csrc.SumDivisors(level, ifma, values, atMost)
	}
	return parfor.Reduce(l, len(values), func(lo, hi int) int64 {
		return csrc.SumDivisors(level, ifma, values[lo:hi], atMost)
	}, func(a, b int64) int64 { return a + b })
}
