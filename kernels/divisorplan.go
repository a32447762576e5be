package kernels

// How the counts of many numbers are had: from the table of small numbers, from a sieve of
// the range that they fill, once for each distinct number, or one by one. What each costs
// decides; docs/ALGORITHMS.md has the figures.

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

const (
	smallEnd  = 1081080 // the first integer with 256 divisors
	smallStep = 1 << 17 // the table grows by as much, in 0.15 ms

	fewNumbers = 64      // fewer are counted one by one, unseen
	fewRepeats = 1 << 24 // below, a number costs less than to see that it repeats
	sieveEnd   = 1 << 40 // above, a sieve has too many primes for one table
	sieveWide  = 16      // places of a temporary table a value: 32 bytes
)

// small is d(0) … d(1081079) in a byte each, 1 MB for the life of the process, as far as
// somebody has asked for it.
var small struct {
	growing sync.Mutex
	built   atomic.Int64
	d       [smallEnd]uint8
}

// smallDivisors returns d(0) … d(last), last < smallEnd.
func smallDivisors(last int) []uint8 {
	if int64(last) >= small.built.Load() {
		growSmall(last)
	}
	return small.d[:last+1]
}

func growSmall(last int) {
	small.growing.Lock()
	defer small.growing.Unlock()
	from := max(int(small.built.Load()), 1)
	if last < from {
		return
	}
	end := min((last/smallStep+1)*smallStep, smallEnd)
	populate(small.d[from:end])
	csrc.DivisorTable(simd.Active(), csrc.NewDivisorSieve(uint64(end)), uint64(from), small.d[from:end])
	small.built.Store(int64(end))
}

// countNs is what CountDivisors takes for a number up to hi in a batch, in nanoseconds, as
// measured on the machine of docs/BENCHMARKS.md: with vectors, whose IFMA splits long numbers
// in lanes, and with the scalar unit.
func countNs(hi uint64) float64 {
	ns := [...]float64{35, 80, 150, 280, 4100}
	switch level := simd.Active(); {
	case simd.IFMA():
		ns[4] = 2800
	case level != simd.AVX2 && level != simd.AVX512:
		ns = [...]float64{50, 145, 250, 400, 4300}
	}
	return ns[max(0, min((bits.Len64(hi)-17)/8, 4))] // up to 24, 32, 40, 48, 64 bits
}

// sieveNs is what sieving the numbers lo … hi takes: 2 ns a number, somewhat more where the
// primes are more than the first cache holds, and the primes to √hi once.
func sieveNs(lo, hi uint64) float64 {
	root := math.Sqrt(float64(hi))
	return float64(hi-lo)*(1.5+root/4e5) + 2*root
}

// span is how many numbers a batch has, and the least and the largest.
type span struct {
	n      int
	lo, hi uint64
}

func (a span) merge(b span) span {
	if a.n == 0 || b.n == 0 {
		return span{a.n + b.n, max(a.lo, b.lo), max(a.hi, b.hi)}
	}
	return span{a.n + b.n, min(a.lo, b.lo), max(a.hi, b.hi)}
}

// spanOf looks at the values v with 1 ≤ v ≤ atMost.
func spanOf[T int64 | uint64](l parfor.Loop, values []T, atMost uint64) span {
	if len(values) < serialSize {
		return spanOfPart(values, atMost)
	}
	l.Progress, l.Trace = nil, nil
	return parfor.Reduce(l, len(values), func(from, to int) span { return spanOfPart(values[from:to], atMost) }, span.merge)
}

func spanOfPart[T int64 | uint64](values []T, atMost uint64) span {
	n, lo, hi := csrc.SpanOf(simd.Active(), values, atMost)
	return span{n, lo, hi}
}

// fitsSmall reports that the table of small numbers serves the batch, be it that it has to
// be built.
func (s span) fitsSmall() bool {
	missing := float64(s.hi) - float64(small.built.Load())
	return s.hi < smallEnd && missing*1.2 < float64(s.n)*countNs(s.hi)
}

// fillsRange reports that sieving the range of the batch is quicker than counting one by
// one, and its table no larger than 32 bytes a number.
func (s span) fillsRange() bool {
	return s.n > 0 && s.hi < sieveEnd && (s.hi-s.lo)/sieveWide < uint64(s.n) &&
		sieveNs(s.lo, s.hi) < float64(s.n)*(countNs(s.hi)-5)
}

// table returns the counts of the range of s from place 1 on; place 0 holds 0.
func (s span) table(l parfor.Loop) []uint16 {
	d := newTable(int(s.hi - s.lo + 2))
	d[0] = 0
	l.Progress, l.Trace = nil, nil
	fillDivisors(l, s.lo, d[1:])
	return d
}

// A way is how a batch is counted.
type way uint8

const (
	oneByOne   way = iota
	notAtAll       // there is no number above 0
	bySmall        // in the table of small numbers
	byRange        // in one that is sieved
	byDistinct     // each distinct number once
)

// wayOf chooses for values whose span is s.
func wayOf[T int64 | uint64](s span, values []T) way {
	switch {
	case s.n == 0:
		return notAtAll
	case s.fitsSmall():
		return bySmall
	case s.n < fewNumbers:
		return oneByOne
	case s.fillsRange():
		return byRange
	case s.hi >= fewRepeats && repeats(values):
		return byDistinct
	}
	return oneByOne
}

// repeats reports whether, by a sample of them, no more than a quarter of the values are
// distinct: of s out of n values that stand there four times each, n/4·(1 − (1 − s/n)⁴)
// are expected to be distinct. Up to 2^14 values it allocates nothing.
func repeats[T int64 | uint64](values []T) bool {
	n := len(values)
	s := min(n, 16*int(math.Sqrt(float64(n))))
	var few [1 << 12]T
	seen := few[:]
	if 2*s > len(seen) {
		seen = make([]T, 1<<bits.Len(uint(2*s)))
	}
	distinct := 0
	for i := range s {
		v := values[i*(n/s)]
		k := uint64(v) * 0x9e3779b97f4a7c15 >> (64 - bits.Len(uint(len(seen)-1)))
		for seen[k] != v && seen[k] != 0 {
			k = (k + 1) % uint64(len(seen))
		}
		if seen[k] != v {
			seen[k] = v
			distinct++
		}
	}
	others := 1 - float64(s)/float64(n)
	return float64(distinct) <= float64(n)/4*(1-math.Pow(others, 4))
}

// countSeen does the work of CountDivisorsEach for values that are small, fill a range or
// repeat, and reports whether it did.
func countSeen(l parfor.Loop, dst, values []uint64) bool {
	if len(values) < fewNumbers {
		return false
	}
	s := spanOf(l, values, math.MaxUint64)
	switch wayOf(s, values) {
	case notAtAll:
		clear(dst[:len(values)])
	case bySmall:
		lookUp(l, dst, values, 0, smallDivisors(int(s.hi)))
	case byRange:
		lookUp(l, dst, values, s.lo-1, s.table(l))
	case byDistinct:
		return countDistinct(l, dst, values)
	default:
		return false
	}
	return true
}

// lookUp sets dst[i] to table[values[i] − base], and to 0 where values[i] is 0.
func lookUp[T uint8 | uint16](l parfor.Loop, dst, values []uint64, base uint64, table []T) {
	l.Grain = max(l.Grain, serialSize)
	l.For(len(values), func(lo, hi int) {
		to := dst[lo:hi]
		for i, v := range values[lo:hi] {
			if v == 0 {
				to[i] = 0
			} else {
				to[i] = uint64(table[v-base])
			}
		}
	})
}

// countDistinct counts each distinct value once, unless there turn out to be too many.
func countDistinct(l parfor.Loop, dst, values []uint64) bool {
	place := map[uint64]uint64{}
	var distinct []uint64
	for i, v := range values {
		k, ok := place[v]
		if !ok {
			if len(distinct) > len(values)/2 {
				return false
			}
			k = uint64(len(distinct))
			place[v] = k
			distinct = append(distinct, v)
		}
		dst[i] = k
	}
	d := make([]uint64, len(distinct))
	countEach(l, d, distinct)
	for i, k := range dst[:len(values)] {
		dst[i] = d[k]
	}
	return true
}

// countEach sets dst[i] to d(values[i]), one by one.
func countEach(l parfor.Loop, dst, values []uint64) {
	level, ifma := simd.Active(), simd.IFMA()
	if serial(l) || len(values) < 2 {
		csrc.CountDivisors(level, ifma, dst, values)
		return
	}
	l.For(len(values), func(lo, hi int) {
		csrc.CountDivisors(level, ifma, dst[lo:hi], values[lo:hi])
	})
}
