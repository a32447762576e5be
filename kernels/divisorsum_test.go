package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// batch is values for which each way of counting is taken.
type batch struct {
	name   string
	values []int64
}

func divisorBatches() []batch {
	rng := rand.New(rand.NewPCG(1, 2))
	fill := func(n int, lo, hi int64) []int64 {
		v := make([]int64, n)
		for i := range v {
			v[i] = lo + rng.Int64N(hi-lo)
		}
		return v
	}
	large := make([]int64, 300)
	few := fill(20, 1<<40, 1<<44)
	for i := range large {
		large[i] = few[rng.IntN(len(few))]
	}
	return []batch{
		{"none", nil},
		{"six", []int64{4, 7, 6, 8, 11, 9}},
		{"none positive", []int64{0, -1, math.MinInt64}},
		{"small", append(fill(70000, -100, 200000), 0, math.MinInt64)},
		{"to the end of the small table", fill(3000, smallEnd-2000, smallEnd)},
		{"beyond it", fill(3000, smallEnd-2000, smallEnd+1)},
		{"range", fill(3000, 1<<31, 1<<31+30000)},
		{"range from 1", fill(200000, 1, 1500000)},
		{"repeated", append(large, 0, -7)},
		{"one number, thousandfold", slices.Repeat([]int64{720720}, 3000)},
		{"one large number", slices.Repeat([]int64{897612484786617600}, 300)},
		{"all different", fill(200, 1, 1<<45)},
		{"ends", []int64{1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1}},
	}
}

// counted is d of each positive value, by the single-number function.
func counted(values []int64) map[int64]int64 {
	d := map[int64]int64{}
	for _, v := range values {
		if _, ok := d[v]; !ok && v > 0 {
			d[v] = int64(CountDivisors(uint64(v)))
		}
	}
	return d
}

func bounds(values []int64) []int64 {
	b := []int64{math.MinInt64, -1, 0, 1, 7, 1000, smallEnd - 1, smallEnd, 1 << 31, math.MaxInt64}
	for i := range 4 {
		if len(values) > 0 {
			v := values[i*len(values)/4]
			b = append(b, v, max(v, math.MinInt64+1)-1)
		}
	}
	return b
}

func TestSumDivisorCountsOfBatches(t *testing.T) {
	for _, b := range divisorBatches() {
		d, before := counted(b.values), slices.Clone(b.values)
		indexes := make([]*DivisorIndex, len(loops))
		for i, l := range loops {
			indexes[i] = NewDivisorIndex(l, b.values)
		}
		for i, atMost := range bounds(b.values) {
			if instrumented && i%4 != 1 { // a few are enough to find a race
				continue
			}
			want := int64(0)
			for _, v := range b.values {
				if v <= atMost {
					want += d[v]
				}
			}
			for i, l := range loops {
				if got := SumDivisorCounts(l, b.values, atMost); got != want {
					t.Errorf("%s, %d threads: sum to %d = %d, want %d", b.name, l.Threads, atMost, got, want)
				}
				if got := indexes[i].SumAtMost(atMost); got != want {
					t.Errorf("%s, %d threads: index to %d = %d, want %d", b.name, l.Threads, atMost, got, want)
				}
			}
		}
		if !slices.Equal(b.values, before) {
			t.Errorf("%s: values were changed", b.name)
		}
	}
}

// The article's example: 3 + 2 + 4.
func TestSumDivisorCountsOfTheArticle(t *testing.T) {
	values := []int64{4, 7, 6, 8, 11, 9}
	if got := SumDivisorCounts(parfor.Loop{}, values, 7); got != 9 {
		t.Errorf("sum = %d, want 9", got)
	}
	if got := NewDivisorIndex(parfor.Loop{}, values).SumAtMost(7); got != 9 {
		t.Errorf("index: %d, want 9", got)
	}
}

func TestElementsNotPositiveCountNothing(t *testing.T) {
	values := []int64{0, -1, -4, math.MinInt64, 6}
	if got := SumDivisorCounts(parfor.Loop{}, values, 10); got != 4 {
		t.Errorf("sum = %d, want d(6) = 4", got)
	}
}

// Each kind of batch takes the way that it is meant for.
func TestDivisorPlan(t *testing.T) {
	smallDivisors(smallEnd - 1)
	for _, b := range divisorBatches() {
		s := spanOf(parfor.Loop{}, b.values, math.MaxInt64)
		way := "each"
		switch {
		case s.n == 0:
			way = "nothing"
		case s.fitsSmall():
			way = "small"
		case s.fillsRange():
			way = "range"
		case repeats(b.values):
			way = "repeats"
		}
		want := map[string]string{
			"none": "nothing", "none positive": "nothing", "beyond it": "range", "range": "range", "range from 1": "range",
			"repeated": "repeats", "one large number": "repeats", "all different": "each", "ends": "each",
		}[b.name]
		if want == "" {
			want = "small"
		}
		if way != want {
			t.Errorf("%s: %s, want %s", b.name, way, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, l := range loops {
		if got := spanOf(l, []int64{5, 0, -3, 9, 12, 2}, 10); got != (span{3, 2, 9}) {
			t.Errorf("%d threads: %v", l.Threads, got)
		}
		if got := spanOf(l, make([]uint64, 1000), math.MaxUint64); got != (span{}) {
			t.Errorf("zeros: %v", got)
		}
	}
}

func TestCountSeen(t *testing.T) {
	for _, b := range divisorBatches() {
		values := make([]uint64, 0, len(b.values))
		for _, v := range b.values {
			values = append(values, uint64(max(v, 0)))
		}
		d := counted(b.values)
		for _, l := range loops {
			dst := slices.Repeat([]uint64{77}, len(values)+1)
			if !countSeen(l, dst, values) {
				continue
			}
			for i, v := range values {
				if dst[i] != uint64(d[int64(v)]) {
					t.Fatalf("%s, %d threads: d(%d) = %d", b.name, l.Threads, v, dst[i])
				}
			}
			if dst[len(values)] != 77 {
				t.Errorf("%s: the guard is %d", b.name, dst[len(values)])
			}
		}
	}
}

func FuzzSumDivisorCounts(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, uint8(3), int64(100))
	f.Add([]byte("dense, repeated, sparse"), uint8(40), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, data []byte, shift uint8, atMost int64) {
		values := make([]int64, 0, len(data)*8)
		for range 8 {
			for _, c := range data {
				values = append(values, int64(c)<<(shift%20)-5)
			}
		}
		want := int64(0)
		for _, v := range values {
			for k := int64(1); v <= atMost && k*k <= v; k++ {
				if v%k == 0 {
					want += 2
					if k*k == v {
						want--
					}
				}
			}
		}
		if got := SumDivisorCounts(parfor.Loop{}, values, atMost); got != want {
			t.Errorf("sum = %d, want %d", got, want)
		}
		if got := NewDivisorIndex(parfor.Loop{}, values).SumAtMost(atMost); got != want {
			t.Errorf("index: %d, want %d", got, want)
		}
	})
}

// A few small values need no place for each number below them.
func TestIndexOfFewValuesIsSparse(t *testing.T) {
	smallDivisors(1e6)
	values := []int64{1e6, 12, 12, -4, 0, 999999}
	x := NewDivisorIndex(parfor.Loop{}, values)
	if x.dense != nil {
		t.Errorf("%d places for %d values", len(x.dense.times), len(values))
	}
	if got := x.SumAtMost(1e6 - 1); got != 6+6+64 { // echo "numdiv(999999)" | gp -q
		t.Errorf("sum %d, want 76", got)
	}
}

// The article's 13 queries over 10^6 values; the table of small numbers anew each time.
func BenchmarkArticleQueries(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 0))
	values := make([]int64, 1e6)
	for i := range values {
		values[i] = 1 + rng.Int64N(1e6)
	}
	queries := []int64{1, 4, 1, 2, 4, 5, 1, 1, 2, 3, 4, 1, 2}
	b.Run("SumDivisorCounts/threads=1", func(b *testing.B) {
		for b.Loop() {
			small.built.Store(0)
			for _, q := range queries {
				SumDivisorCounts(parfor.Loop{Threads: 1}, values, q*1e5)
			}
		}
	})
	b.Run("DivisorIndex/threads=1", func(b *testing.B) {
		for b.Loop() {
			small.built.Store(0)
			x := NewDivisorIndex(parfor.Loop{Threads: 1}, values)
			for _, q := range queries {
				x.SumAtMost(q * 1e5)
			}
		}
	})
}

// The first of many values show a range that the table of small numbers holds; what stands
// after them may leave it.
func TestIndexSeesLaterValues(t *testing.T) {
	for name, later := range map[string][]int64{
		"in the range": {5, 1, 0, -7},
		"above it":     {smallEnd - 1, 1 << 20, smallStep},
		"far above it": {smallEnd, 1 << 40, 12},
	} {
		values := make([]int64, 3*serialSize)
		for i := range values {
			values[i] = int64(i % 1000)
		}
		copy(values[len(values)-len(later):], later)
		limits := []int64{0, 1, 999, smallStep - 1, smallStep, smallEnd, 1 << 41}
		sums := make([]int64, len(limits))
		for _, v := range values {
			if v < 1 {
				continue
			}
			d := int64(CountDivisors(uint64(v)))
			for k, n := range limits {
				if v <= n {
					sums[k] += d
				}
			}
		}
		for _, threads := range []int{1, 2, 3} {
			x := NewDivisorIndex(parfor.Loop{Threads: threads}, values)
			for k, n := range limits {
				want := sums[k]
				if got := x.SumAtMost(n); got != want {
					t.Errorf("%s, %d threads: the sum to %d is %d, want %d", name, threads, n, got, want)
				}
			}
		}
	}
}

// Enough places for threads to share the counting.
func TestIndexOfManyPlaces(t *testing.T) {
	const hi = fewPlaces + 100
	rng := rand.New(rand.NewPCG(5, 9))
	values := make([]int64, 5*serialSize)
	for i := range values {
		values[i] = rng.Int64N(hi) + 1
	}
	values[1], values[2], values[3] = hi, 1, hi
	for i := 1000; i < 1600; i++ {
		values[i] = hi / 2 // more than a byte counts
	}
	d, most := DivisorTable(parfor.Loop{}, hi), []int64{1, 1000, hi / 2, hi - 1, hi}
	want := make([]int64, len(most))
	for _, v := range values {
		for k, n := range most {
			if v <= n {
				want[k] += int64(d[v])
			}
		}
	}
	for _, threads := range []int{1, 2, 3} {
		x := NewDivisorIndex(parfor.Loop{Threads: threads}, values)
		if x.dense == nil {
			t.Fatal("sparse")
		}
		for k, n := range most {
			if got := x.SumAtMost(n); got != want[k] {
				t.Errorf("%d threads: the sum to %d is %d, want %d", threads, n, got, want[k])
			}
		}
	}
}
