package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// SumDivisorCounts returns the sum of the numbers of positive divisors d(v) of all
// elements v of values with 1 ≤ v ≤ atMost. Elements ≤ 0 count nothing. (The loop of the
// article that this comes from adds 1 for each element ≤ 0.) For [4 7 6 8 11 9] and 7
// it is 3 + 2 + 4 = 9. For many queries over the same values see [NewDivisorIndex].
//
// The sum cannot overflow: the largest d(v) below 2^63 is 103680 < 2^17, and a slice
// within the 48-bit address space that Go uses has fewer than 2^45 elements.
//
// It reads 8·len(values) bytes once or twice. Numbers below 1,081,080 are looked up, in
// some 0.3 to 0.9 ns each, in a table of a byte a number that the process keeps (1 MB,
// built at first use in a millisecond, no further than asked for); numbers that fill a
// range, in one that is sieved for the call (up to 32 bytes an element); of numbers that
// repeat, each is counted once (some 100 bytes a distinct number). Others cost what
// [CountDivisors] does. The sum depends on neither.
func SumDivisorCounts(l parfor.Loop, values []int64, atMost int64) int64 {
	if atMost < 1 || len(values) == 0 {
		return 0
	}
	s := span{len(values), 1, uint64(atMost)}
	if !s.fitsSmall() {
		s = spanOf(l, values, s.hi)
	}
	switch wayOf(s, values) {
	case notAtAll:
		return 0
	case bySmall:
		return sumTable(l, values, 0, smallDivisors(int(s.hi)))
	case byRange:
		return sumTable(l, values, s.lo-1, s.table(l))
	case byDistinct:
		if sum, ok := sumDistinct(l, values, s.hi); ok {
			return sum
		}
	}
	return sumEach(l, values, s.hi)
}

func add(a, b int64) int64 { return a + b }

// sumTable adds table[v − base] over the values in its range.
func sumTable[T uint8 | uint16](l parfor.Loop, values []int64, base uint64, table []T) int64 {
	level := simd.Active()
	if serial(l) {
		return csrc.SumTable(level, values, base, table)
	}
	l.Grain = max(l.Grain, serialSize)
	return parfor.Reduce(l, len(values), func(lo, hi int) int64 {
		return csrc.SumTable(level, values[lo:hi], base, table)
	}, add)
}

// sumDistinct counts each distinct value once, unless there turn out to be too many.
func sumDistinct(l parfor.Loop, values []int64, atMost uint64) (sum int64, ok bool) {
	times := map[uint64]int64{}
	for _, v := range values {
		if u := uint64(v); u-1 < atMost {
			times[u]++
			if len(times) > len(values)/2 {
				return 0, false
			}
		}
	}
	distinct := make([]uint64, 0, len(times))
	for u := range times {
		distinct = append(distinct, u)
	}
	d := make([]uint64, len(distinct))
	countEach(l, d, distinct)
	for i, u := range distinct {
		sum += times[u] * int64(d[i])
	}
	return sum, true
}

// sumEach counts the values up to atMost one by one.
func sumEach(l parfor.Loop, values []int64, atMost uint64) int64 {
	level, ifma := simd.Active(), simd.IFMA()
	return parfor.Reduce(l, len(values), func(lo, hi int) (sum int64) {
		var some, d [1024]uint64
		n := 0
		for i, v := range values[lo:hi] {
			if u := uint64(v); u-1 < atMost {
				some[n] = u
				n++
			}
			if n == len(some) || lo+i == hi-1 {
				csrc.CountDivisors(level, ifma, d[:n], some[:n])
				for _, k := range d[:n] {
					sum += int64(k)
				}
				n = 0
			}
		}
		return sum
	}, add)
}
