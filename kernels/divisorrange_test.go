package kernels

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/nogil-go/nogil/parfor"
)

// ranged collects a range, and checks that its segments follow each other.
func ranged(t *testing.T, l parfor.Loop, lo, hi uint64) []uint32 {
	t.Helper()
	var all []uint32
	for first, counts := range CountDivisorsRange(l, lo, hi) {
		if first != lo+uint64(len(all)) || len(counts) == 0 {
			t.Fatalf("[%d, %d]: %d counts from %d after %d", lo, hi, len(counts), first, len(all))
		}
		all = append(all, counts...)
	}
	return all
}

// Ranges that each way of counting is meant for, at random places up to 2^64, against one
// number at a time.
func TestCountDivisorsRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	type ends struct{ lo, hi uint64 }
	cases := []ends{
		{0, 0}, {0, 1}, {1, 1}, {0, 5000}, {1, 0}, {math.MaxUint64, 0}, {1 << 20, 1<<20 + 1<<15},
		{math.MaxUint64, math.MaxUint64}, {math.MaxUint64 - 300, math.MaxUint64},
		{1<<44 - 5, 1<<44 + 5}, {1<<32 - 300, 1<<32 + 300},
	}
	for width := 10; width <= 64; width += 9 {
		lo := rng.Uint64() >> (64 - width)
		cases = append(cases, ends{lo, lo + min(700, math.MaxUint64-lo)}, ends{lo, lo + min(3, math.MaxUint64-lo)})
	}
	for _, c := range cases {
		for _, l := range loops {
			got := ranged(t, l, c.lo, c.hi)
			if c.lo > c.hi {
				if len(got) != 0 {
					t.Errorf("[%d, %d]: %d counts", c.lo, c.hi, len(got))
				}
				continue
			}
			if uint64(len(got))-1 != c.hi-c.lo {
				t.Fatalf("[%d, %d]: %d counts", c.lo, c.hi, len(got))
			}
			for i, d := range got {
				if n := c.lo + uint64(i); uint64(d) != CountDivisors(n) {
					t.Fatalf("[%d, %d], %d threads: d(%d) = %d, want %d", c.lo, c.hi, l.Threads, n, d, CountDivisors(n))
				}
			}
		}
	}
}

// Each way fills the same counts.
func TestCountDivisorsRangeWays(t *testing.T) {
	for _, lo := range []uint64{1, 1 << 31, 1<<43 + 12345} {
		r := newDivisorRange(lo, lo+999)
		a, b, c := make([]uint32, 1000), make([]uint32, 1000), make([]uint32, 1000)
		r.sieve(&rangeScratch{}, lo, a)
		s := newDivisorRange(math.MaxUint64-1<<20, math.MaxUint64) // all primes to the cube root
		s.strip(&rangeScratch{}, lo, b)
		r.each(&rangeScratch{}, lo, c)
		for i := range a {
			if a[i] != b[i] || a[i] != c[i] {
				t.Fatalf("d(%d) = %d, %d and %d", lo+uint64(i), a[i], b[i], c[i])
			}
		}
	}
}

// A long range: segments of a million, whose sum is D(3·10^6).
func TestCountDivisorsRangeLong(t *testing.T) {
	for _, l := range loops {
		sum, next := uint64(0), uint64(0)
		for first, counts := range CountDivisorsRange(l, 0, 3_000_000) {
			if first != next {
				t.Fatalf("segment at %d, want %d", first, next)
			}
			next += uint64(len(counts))
			for _, d := range counts {
				sum += uint64(d)
			}
		}
		if _, want := SummatoryDivisors(3_000_000); sum != want || next != 3_000_001 {
			t.Errorf("%d threads: %d numbers, sum %d, want %d", l.Threads, next, sum, want)
		}
	}
}

func TestCountDivisorsRangeBreaksOffClean(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, l := range loops {
		for range CountDivisorsRange(l, 1<<40, math.MaxUint64) {
			break
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+8; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) { // the team of parfor stays, parked
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func TestCountDivisorsRangeUnordered(t *testing.T) {
	seen := map[uint64]bool{}
	for first, counts := range CountDivisorsRange(parfor.Loop{Threads: 3, Unordered: true}, 0, 4<<20) {
		if seen[first] || uint64(counts[len(counts)-1]) != CountDivisors(first+uint64(len(counts))-1) {
			t.Errorf("segment at %d: twice, or wrong", first)
		}
		seen[first] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d segments, want 5", len(seen))
	}
}

// The primes to the cube root, over more than one segment: the counts of both sides of the seam.
func TestCountDivisorsRangeOfSeveralShortSegments(t *testing.T) {
	for _, lo := range []uint64{1 << 45, 1<<52 + 12345} {
		hi := lo + rangeShort + 1000
		if r := newDivisorRange(lo, hi); r.length != rangeShort {
			t.Fatalf("[%d, %d]: segments of %d", lo, hi, r.length)
		}
		values := make([]uint64, hi-lo+1)
		for i := range values {
			values[i] = lo + uint64(i)
		}
		want := make([]uint64, len(values))
		countEach(parfor.Loop{}, want, values)
		for _, l := range loops {
			got := ranged(t, l, lo, hi)
			if len(got) != len(want) {
				t.Fatalf("[%d, %d]: %d counts", lo, hi, len(got))
			}
			for i, d := range got {
				if uint64(d) != want[i] {
					t.Fatalf("%d threads: d(%d) = %d, want %d", l.Threads, values[i], d, want[i])
				}
			}
		}
	}
}

// A range that ends just below 2^44 is sieved, one that reaches it is not; they count the same.
func TestCountDivisorsRangeEndOfTheSieve(t *testing.T) {
	const lo, hi = rangeSieveEnd - 1<<17, rangeSieveEnd - 1
	if a, b := newDivisorRange(lo, hi), newDivisorRange(lo, hi+1); a.length != rangeSegments || b.length != rangeShort {
		t.Fatalf("segments of %d and %d", a.length, b.length)
	}
	sieved, divided := ranged(t, parfor.Loop{}, lo, hi), ranged(t, parfor.Loop{}, lo, hi+1)
	if len(sieved) != 1<<17 || len(divided) != 1<<17+1 {
		t.Fatalf("%d and %d counts", len(sieved), len(divided))
	}
	for i, d := range sieved {
		if d != divided[i] {
			t.Fatalf("d(%d) = %d by the sieve, %d without", lo+uint64(i), d, divided[i])
		}
	}
	for i := len(sieved) - 1000; i < len(sieved); i++ {
		if want := CountDivisors(lo + uint64(i)); uint64(sieved[i]) != want {
			t.Fatalf("d(%d) = %d, want %d", lo+uint64(i), sieved[i], want)
		}
	}
	if divided[1<<17] != 45 {
		t.Errorf("d(2^44) = %d, want 45", divided[1<<17])
	}
}

func FuzzCountDivisorsRange(f *testing.F) {
	f.Add(uint64(0), uint16(100))
	f.Add(uint64(1<<44-50), uint16(700))
	f.Add(uint64(math.MaxUint64-20), uint16(50))
	f.Fuzz(func(t *testing.T, lo uint64, n uint16) {
		hi := lo + min(uint64(n%1024), math.MaxUint64-lo)
		values := make([]uint64, hi-lo+1)
		for i := range values {
			values[i] = lo + uint64(i)
		}
		want := make([]uint64, len(values))
		CountDivisorsEach(parfor.Loop{}, want, values)
		got := ranged(t, parfor.Loop{Threads: 2}, lo, hi)
		if len(got) != len(want) {
			t.Fatalf("[%d, %d]: %d counts", lo, hi, len(got))
		}
		for i, d := range got {
			if uint64(d) != want[i] {
				t.Errorf("[%d, %d]: d(%d) = %d, want %d", lo, hi, values[i], d, want[i])
			}
		}
	})
}

// What is chosen where.
func TestCountDivisorsRangePlan(t *testing.T) {
	for _, c := range []struct {
		lo, hi, length uint64
	}{
		{0, 1000, rangeSegments}, {1, 1e10, rangeSegments}, {1 << 43, 1<<43 + 1<<22, rangeSegments},
		{1 << 43, 1<<43 + 1, 1024}, {1 << 43, 1<<43 + 4000, rangeShort},
		{1 << 63, 1<<63 + 10, 1024}, {1 << 63, math.MaxUint64, rangeShort}, {1 << 45, 1 << 46, rangeShort},
	} {
		if r := newDivisorRange(c.lo, c.hi); r.length != c.length {
			t.Errorf("[%d, %d]: segments of %d, want %d", c.lo, c.hi, r.length, c.length)
		}
	}
}

// The last segment is short; where the order is free, it may be done and given back while
// others are still to be counted.
func TestCountDivisorsRangeShortSegmentFirst(t *testing.T) {
	lo, hi := uint64(1<<63), uint64(1<<63+rangeShort+10)
	r := newDivisorRange(lo, hi)
	if r.length > hi-lo {
		t.Fatalf("one segment of %d", r.length)
	}
	for range 8 { // because a pool may drop what it is given
		for _, first := range []uint64{lo + r.length, lo} {
			s, err := r.count(context.Background(), first)
			if want := min(r.length, hi-first+1); err != nil || uint64(len(s.counts)) != want {
				t.Fatalf("%d counts from %d (%v), want %d", len(s.counts), first, err, want)
			}
			r.segments.Put(s)
		}
	}
}

func BenchmarkCountDivisorsRange(b *testing.B) {
	for _, c := range []struct{ lo, n uint64 }{
		{1, 1 << 22}, {1e10, 1 << 22}, {1e13, 1 << 22}, {1 << 45, 1 << 16}, {1 << 48, 1 << 16}, {1 << 63, 1 << 16},
		{1 << 63, 1000}, {1 << 63, 300}, {1 << 63, 100},
	} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("lo=%.0e/n=%d/threads=%d", float64(c.lo), c.n, threads), func(b *testing.B) {
				for b.Loop() {
					for range CountDivisorsRange(parfor.Loop{Threads: threads}, c.lo, c.lo+c.n-1) {
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.n), "ns/number")
			})
		}
	}
}

// A consumer that adds all counts, with whom the threads share the processors.
func BenchmarkCountDivisorsRangeSum(b *testing.B) {
	const n = 100_000_000
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("n=%d/threads=%d", n, threads), func(b *testing.B) {
			for b.Loop() {
				sum := uint64(0)
				for _, counts := range CountDivisorsRange(parfor.Loop{Threads: threads}, 1, n) {
					some := uint64(0)
					for _, d := range counts {
						some += uint64(d)
					}
					sum += some
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/number")
		})
	}
}
