package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// D(10^k), the sums of d(1)…d(10^k): A057494 in the OEIS.
var summatory = []int64{1, 27, 482, 7069, 93668, 1166750}

func TestSumDivisorCounts(t *testing.T) {
	values := make([]int64, 100000)
	for i := range values {
		values[i] = int64(i + 1)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	values = append(values, 0, -1, math.MinInt64)
	before := slices.Clone(values)
	for _, l := range loops {
		for k, want := range summatory {
			if got := SumDivisorCounts(l, values, int64(math.Pow10(k))); got != want {
				t.Errorf("%d threads: D(10^%d) = %d, want %d", l.Threads, k, got, want)
			}
		}
		for _, atMost := range []int64{0, -1, math.MinInt64} {
			if got := SumDivisorCounts(l, values, atMost); got != 0 {
				t.Errorf("at most %d: %d, want 0", atMost, got)
			}
		}
	}
	if !slices.Equal(before, values) {
		t.Error("values were changed")
	}
	if got := SumDivisorCounts(parfor.Loop{}, nil, 5); got != 0 {
		t.Errorf("sum of nothing = %d", got)
	}
}

// 45 integers up to 10000 have 48 divisors.
func TestCountDivisorsEach(t *testing.T) {
	values := make([]uint64, 10001)
	for i := range values {
		values[i] = uint64(i)
	}
	for _, l := range loops {
		dst := make([]uint64, len(values)+1)
		dst[len(values)] = 77
		CountDivisorsEach(l, dst, values)
		with48 := 0
		for i, d := range dst[:len(values)] {
			if d != CountDivisors(values[i]) {
				t.Fatalf("%d threads: d(%d) = %d", l.Threads, values[i], d)
			}
			if d == 48 {
				with48++
			}
		}
		if with48 != 45 || dst[len(values)] != 77 {
			t.Errorf("%d threads: %d integers with 48 divisors, want 45; the guard is %d", l.Threads, with48, dst[len(values)])
		}
	}
	calls := 0
	CountDivisorsEach(parfor.Loop{Threads: 1, Progress: func(done, total int) { calls++ }}, make([]uint64, len(values)), values)
	if calls == 0 {
		t.Error("one thread: Progress was not called")
	}
	mustPanic(t, "kernels: CountDivisorsEach: dst shorter than the result", func() {
		CountDivisorsEach(parfor.Loop{}, make([]uint64, 1), values)
	})
	CountDivisorsEach(parfor.Loop{}, nil, nil)
}

func TestCountDivisors(t *testing.T) {
	for n, want := range map[uint64]uint64{0: 0, 1: 1, 2: 2, 12: 6, 720720: 240, 18401055938125660800: 184320, math.MaxUint64: 128} {
		if got := CountDivisors(n); got != want {
			t.Errorf("d(%d) = %d, want %d", n, got, want)
		}
	}
}

// kindsOfNumbers are n numbers of each of several kinds: random ones of one length, and what
// is hard at 64 bits.
func kindsOfNumbers(n int) (kinds []struct {
	name   string
	values []uint64
}) {
	rng := rand.New(rand.NewPCG(3, 4))
	prime := func(lo uint64) uint64 { // in [lo, 4/3·lo)
		for {
			if p := lo + rng.Uint64N(lo/3); IsPrime(p) {
				return p
			}
		}
	}
	add := func(name string, next func() uint64) {
		values := make([]uint64, n)
		for i := range values {
			values[i] = next()
		}
		kinds = append(kinds, struct {
			name   string
			values []uint64
		}{name, values})
	}
	for _, width := range []int{20, 32, 40, 48, 52, 56, 64} {
		add(fmt.Sprintf("bits=%d", width), func() uint64 { return 1<<(width-1) + rng.Uint64N(1<<(width-1)) })
	}
	add("mixed", func() uint64 { return rng.Uint64() >> rng.IntN(64) })
	add("prime", func() uint64 { return prime(3 << 62) })
	add("semiprime", func() uint64 { return prime(3<<30) * prime(3<<30) })
	return kinds
}

// The same counts with any number of threads and any schedule, from batches and one by one.
func TestCountDivisorsEachOfLargeNumbers(t *testing.T) {
	for _, k := range kindsOfNumbers(300) {
		want, dst := make([]uint64, len(k.values)), make([]uint64, len(k.values))
		for i, v := range k.values {
			want[i] = CountDivisors(v)
		}
		for _, l := range loops {
			if CountDivisorsEach(l, dst, k.values); !slices.Equal(dst, want) {
				t.Errorf("%s, %d threads: the batch differs from its numbers", k.name, l.Threads)
			}
		}
	}
}

func TestCountDivisorsAllocatesNothing(t *testing.T) {
	values, dst := kindsOfNumbers(100)[7].values, make([]uint64, 100)
	if a := testing.AllocsPerRun(10, func() {
		CountDivisors(values[0])
		CountDivisorsEach(parfor.Loop{Threads: 1}, dst, values)
	}); a != 0 && !instrumented {
		t.Errorf("%v allocations", a)
	}
}

func BenchmarkCountDivisorsEach(b *testing.B) {
	for _, k := range kindsOfNumbers(10000) {
		for name, l := range map[string]parfor.Loop{
			"threads=1": {Threads: 1}, "threads=2": {Threads: 2}, "threads=2/guided": {Threads: 2, Schedule: parfor.Guided(64)},
		} {
			b.Run(fmt.Sprintf("%s/isa=%v/ifma=%v/%s", k.name, simd.Active(), simd.IFMA(), name), func(b *testing.B) {
				dst := make([]uint64, len(k.values))
				for b.Loop() {
					CountDivisorsEach(l, dst, k.values)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(k.values)), "ns/number")
			})
		}
	}
}

func BenchmarkCountDivisors(b *testing.B) {
	for _, k := range kindsOfNumbers(500) {
		b.Run(fmt.Sprintf("%s/isa=%v/ifma=%v", k.name, simd.Active(), simd.IFMA()), func(b *testing.B) {
			for b.Loop() {
				for _, v := range k.values {
					CountDivisors(v)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(k.values)), "ns/number")
		})
	}
}
