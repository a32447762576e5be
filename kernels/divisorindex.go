package kernels

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// A DivisorIndex answers [SumDivisorCounts] for any bound over values given once. It does
// not change; any number of goroutines may ask it.
type DivisorIndex struct {
	sparse *sparseIndex // nil where the values fill a range
	dense  *denseIndex
}

// NewDivisorIndex returns the index of values, which it does not keep. Elements ≤ 0 count
// nothing.
//
// Where the values fill a sixteenth of a range, it counts how often each number of it
// occurs, in 1 to 3 bytes a number of the range; 10^6 values up to 10^6 take 2 to 3 ms on one
// thread. Others are sorted and each distinct number is counted once: 16 bytes a distinct
// number and as much again while it is built, and the time of [CountDivisorsEach] and a
// sort.
func NewDivisorIndex(l parfor.Loop, values []int64) *DivisorIndex {
	if x := newSmall(l, values); x != nil {
		return &DivisorIndex{dense: x}
	}
	s := spanOf(l, values, math.MaxInt64)
	switch {
	case s.n == 0:
		return &DivisorIndex{sparse: &sparseIndex{}}
	case s.hi/sieveWide < uint64(s.n) && s.fitsSmall():
		x := &denseIndex{lo: 1, times: newTimes(int(s.hi))}
		x.countTimes(l, values)
		return &DivisorIndex{dense: x.finish(l, smallDivisors(int(s.hi)), nil)}
	case s.fillsRange():
		x := &denseIndex{lo: s.lo, times: newTimes(int(s.hi-s.lo) + 1)}
		x.countTimes(l, values)
		return &DivisorIndex{dense: x.finish(l, nil, s.table(l))}
	}
	return &DivisorIndex{sparse: newSparse(l, values, s.n)}
}

// SumAtMost returns the sum of d(v) over all elements v with 1 ≤ v ≤ n, which cannot
// overflow (see [SumDivisorCounts]), in a search of the distinct numbers or some 30 ns. It
// allocates nothing.
func (x *DivisorIndex) SumAtMost(n int64) int64 {
	if n < 1 {
		return 0
	}
	if x.dense != nil {
		return x.dense.sumAtMost(uint64(n))
	}
	return x.sparse.sumAtMost(uint64(n))
}

// sparseIndex holds the distinct values in order, and the sum up to each.
type sparseIndex struct {
	distinct []uint64
	sum      []int64
}

func newSparse(l parfor.Loop, values []int64, n int) *sparseIndex {
	sorted := make([]uint64, 0, n)
	for _, v := range values {
		if v > 0 {
			sorted = append(sorted, uint64(v))
		}
	}
	slices.Sort(sorted)
	times := make([]int64, 0, n)
	distinct := sorted[:0]
	for i, v := range sorted {
		if i == 0 || v != distinct[len(distinct)-1] {
			distinct = append(distinct, v)
			times = append(times, 0)
		}
		times[len(times)-1]++
	}
	x := &sparseIndex{slices.Clip(slices.Clone(distinct)), slices.Clip(slices.Clone(times))}
	level, ifma := simd.Active(), simd.IFMA()
	l.For(len(x.sum), func(lo, hi int) {
		var d [1024]uint64
		for ; lo < hi; lo += len(d) {
			some := x.distinct[lo:min(lo+len(d), hi)]
			csrc.CountDivisors(level, ifma, d[:len(some)], some)
			for i := range some {
				x.sum[lo+i] *= int64(d[i])
			}
		}
	})
	for i := 1; i < len(x.sum); i++ {
		x.sum[i] += x.sum[i-1]
	}
	return x
}

func (x *sparseIndex) sumAtMost(n uint64) int64 {
	i, found := slices.BinarySearch(x.distinct, n)
	if found {
		i++
	}
	if i == 0 {
		return 0
	}
	return x.sum[i-1]
}

const denseBlock = 64 // places to a sum, those of csrc.Weigh

// denseIndex holds how often each number of a range occurs and its divisors, by place:
// number lo+i at place i. Bytes count the occurrences modulo 256, so that a million of them
// stay in the second cache; over lists, in order, a place for each 256.
type denseIndex struct {
	lo    uint64
	times []uint8
	d8    []uint8 // one of the two
	d16   []uint16
	sum   []int64 // of the blocks before each, without over
	over  []uint64
	more  []int64 // the sum of over up to each
}

// newTimes returns n zeros.
func newTimes(n int) []uint8 {
	times := make([]uint8, n)
	populate(times)
	return times
}

// newSmall is the index of values that fill the table of small numbers as far as the first
// of them show: it saves the pass over memory that looks for the largest. It returns nil
// where they do not, or a later one is larger.
func newSmall(l parfor.Loop, values []int64) *denseIndex {
	if len(values) < 2*serialSize {
		return nil
	}
	first := spanOfPart(values[:serialSize], math.MaxInt64)
	end := min((first.hi/smallStep+1)*smallStep, smallEnd)
	if first.n == 0 || first.hi >= end || end/sieveWide > uint64(first.n)*uint64(len(values)/serialSize) {
		return nil
	}
	x := &denseIndex{lo: 1, times: newTimes(int(end) - 1)}
	if !x.countTimes(l, values) {
		return nil
	}
	return x.finish(l, smallDivisors(len(x.times)), nil)
}

// finish takes d8 or d16 with the count of number lo at 1.
func (x *denseIndex) finish(l parfor.Loop, d8 []uint8, d16 []uint16) *denseIndex {
	n := len(x.times)
	x.sum = make([]int64, n/denseBlock+2)
	if d8 != nil {
		x.d8 = d8[1:]
	} else {
		x.d16 = d16[1:]
	}
	slices.Sort(x.over)
	x.more = make([]int64, len(x.over)+1)
	for i, place := range x.over {
		x.more[i+1] = x.more[i] + 256*x.divisors(int(place))
	}
	l.Progress, l.Grain = nil, serialSize/denseBlock
	level := simd.Active()
	l.For(ceilDiv(n, denseBlock), func(lo, hi int) {
		from, to := lo*denseBlock, min(hi*denseBlock, n)
		if x.d8 != nil {
			csrc.Weigh(level, x.times[from:to], x.d8[from:to], x.sum[lo+1:hi+1])
		} else {
			csrc.Weigh(level, x.times[from:to], x.d16[from:to], x.sum[lo+1:hi+1])
		}
	})
	for b := 1; b < len(x.sum); b++ {
		x.sum[b] += x.sum[b-1]
	}
	return x
}

// fewPlaces are in a cache, so that to guess wrong whose part a value lies in would cost more
// than to count it.
const fewPlaces = 1 << 21

// countTimes counts the occurrences: one thread where places are few, else each thread those
// of a part of the range. It reports that no value is above the range.
func (x *denseIndex) countTimes(l parfor.Loop, values []int64) bool {
	n, parts := len(x.times), l.NumThreads()
	if n < fewPlaces || len(values) < serialSize {
		parts = 1
	}
	over := make([][]uint64, parts)
	l.Threads, l.Grain, l.Schedule = parts, 0, parfor.Dynamic(1)
	var above atomic.Bool
	l.For(parts, func(from, to int) {
		for p := from; p < to; p++ {
			lo, hi := n*p/parts, n*(p+1)/parts
			part, first, greatest := x.times[lo:hi], x.lo+uint64(lo), int64(x.lo)+int64(n-1)
			for _, v := range values {
				if i := uint64(v) - first; i < uint64(len(part)) {
					part[i]++
					if part[i] == 0 {
						over[p] = append(over[p], uint64(lo)+i)
					}
				} else if v > greatest {
					above.Store(true)
					return
				}
			}
		}
	})
	x.over = slices.Concat(over...)
	return !above.Load()
}

func (x *denseIndex) divisors(place int) int64 {
	if x.d8 != nil {
		return int64(x.d8[place])
	}
	return int64(x.d16[place])
}

// block returns the sum over places from lo to hi, within a block, without over.
func (x *denseIndex) block(lo, hi int) (sum int64) {
	if x.d8 != nil {
		return weigh(x.times[lo:hi], x.d8[lo:hi])
	}
	return weigh(x.times[lo:hi], x.d16[lo:hi])
}

func weigh[T uint8 | uint16](times []uint8, d []T) (sum int64) {
	for i, c := range times {
		sum += int64(c) * int64(d[i])
	}
	return sum
}

func (x *denseIndex) sumAtMost(n uint64) int64 {
	if n < x.lo {
		return 0
	}
	end := int(min(n-x.lo, uint64(len(x.times)-1))) + 1
	b := end / denseBlock
	i, _ := slices.BinarySearch(x.over, uint64(end))
	return x.sum[b] + x.block(b*denseBlock, end) + x.more[i]
}
