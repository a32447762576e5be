package kernels

import (
	"context"
	"iter"
	"math"
	"math/bits"
	"sync"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// CountDivisorsRange yields d(n), the number of positive divisors, for every n from lo to
// hi, both included, so that 2^64−1 can be reached: a first number and the counts of it and
// of those after it, in order (as they come, where l.Unordered is set). A slice may be
// changed but holds only until the next is asked for. d(0) is 0; nothing is yielded where
// lo is above hi.
//
// The segments are counted ahead of the consumer by [parfor.Stream], l.LookAhead of them (0
// means twice the threads). A consumer that breaks off leaves nothing running. What the
// range costs decides how a segment is counted: by a sieve with all primes up to √hi, where
// hi is below 2^44 and the range long enough (on one thread 2.1 ns a number from 1 on, 3.0
// from 10^10, 9.5 from 10^13); by one
// with the primes to ∛hi and a primality test of what is left (0.19 µs a number near
// 2^48, 0.27 µs near 2^64); or, a few hundred numbers, one by one. Memory: up to 4 MB a
// segment and 6 MB a thread, however long the range.
func CountDivisorsRange(l parfor.Loop, lo, hi uint64) iter.Seq2[uint64, []uint32] {
	return func(yield func(uint64, []uint32) bool) {
		if lo > hi {
			return
		}
		r := newDivisorRange(lo, hi)
		for s, err := range parfor.Stream(context.Background(), l, r.starts, r.count) {
			if err != nil || !yield(s.first, s.counts) {
				return // no error ever comes: f returns none and the context has no end
			}
			r.segments.Put(s)
		}
	}
}

// divisorRange is what the segments of one range share.
type divisorRange struct {
	lo, hi   uint64
	length   uint64 // numbers of a segment
	fill     func(w *rangeScratch, lo uint64, dst []uint32)
	limit    uint32 // of the primes to the cube root
	primes   []uint32
	segments sync.Pool // of *rangeSegment, yielded
	scratch  sync.Pool // of *rangeScratch
}

type rangeSegment struct {
	first  uint64
	counts []uint32
}

// rangeScratch is what one segment needs while it is counted.
type rangeScratch struct {
	sieve *csrc.DivisorSieve
	rest  []uint64
}

const (
	rangeSieveEnd = 1 << 44 // from here on a sieve with all primes has 300,000 of them
	rangeSegments = 1 << 20 // numbers of its segments
	rangeShort    = 1 << 14 // numbers of a segment otherwise
)

// rangeWays are the costs in nanoseconds of a segment of n numbers up to hi: sieved with
// the primes to √hi, with those to ∛hi, or one by one.
func rangeWays(n, hi uint64) (square, cube, each float64) {
	square = math.Inf(1)
	if hi < rangeSieveEnd {
		square = sieveNs(hi-n, hi)
	}
	cube = float64(n)*float64(max(5*bits.Len64(hi)-50, 100)) + 0.16*math.Cbrt(float64(hi))
	return square, cube, float64(n) * countNs(hi)
}

func newDivisorRange(lo, hi uint64) *divisorRange {
	r := &divisorRange{lo: lo, hi: hi}
	n := hi - lo
	square, _, _ := rangeWays(min(n, rangeSegments), hi)
	_, cube, each := rangeWays(min(n, rangeShort), hi)
	switch perNumber := min(cube, each) / float64(min(n, rangeShort)+1); {
	case square < perNumber*float64(min(n, rangeSegments)+1):
		r.length, r.fill = rangeSegments, r.sieve
	case cube < each:
		r.length, r.fill = rangeShort, r.strip
		r.limit = uint32(csrc.Icbrt(hi))
		r.primes = csrc.PrimesTo(r.limit)
	default:
		r.length, r.fill = 1024, r.each
	}
	return r
}

// starts are the first numbers of the segments.
func (r *divisorRange) starts(yield func(uint64) bool) {
	for lo := r.lo; yield(lo) && r.hi-lo >= r.length; {
		lo += r.length
	}
}

// count makes the segment at first.
func (r *divisorRange) count(_ context.Context, first uint64) (*rangeSegment, error) {
	s, _ := r.segments.Get().(*rangeSegment)
	n := min(r.hi-first, r.length-1) + 1
	if s == nil || uint64(cap(s.counts)) < n { // the last one is short, and may be done early
		s = &rangeSegment{counts: make([]uint32, n)}
	}
	s.first, s.counts = first, s.counts[:n]
	w, _ := r.scratch.Get().(*rangeScratch)
	if w == nil {
		w = &rangeScratch{}
	}
	if first > 0 {
		r.fill(w, first, s.counts)
	} else {
		s.counts[0] = 0
		if n > 1 {
			r.fill(w, 1, s.counts[1:])
		}
	}
	r.scratch.Put(w)
	return s, nil
}

func (r *divisorRange) sieve(w *rangeScratch, lo uint64, dst []uint32) {
	if w.sieve == nil {
		w.sieve = csrc.NewDivisorSieve(r.hi)
	}
	csrc.DivisorTable(simd.Active(), w.sieve, lo, dst)
}

func (r *divisorRange) strip(w *rangeScratch, lo uint64, dst []uint32) {
	if len(w.rest) < len(dst) {
		w.rest = make([]uint64, len(dst))
	}
	csrc.DivisorRange(lo, dst, r.primes, r.limit, w.rest)
}

func (r *divisorRange) each(w *rangeScratch, lo uint64, dst []uint32) {
	if len(w.rest) < 2*len(dst) {
		w.rest = make([]uint64, 2*len(dst))
	}
	values, d := w.rest[:len(dst)], w.rest[len(dst):2*len(dst)]
	for i := range values {
		values[i] = lo + uint64(i)
	}
	csrc.CountDivisors(simd.Active(), simd.IFMA(), d, values)
	for i, k := range d {
		dst[i] = uint32(k)
	}
}
