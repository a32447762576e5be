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
		want, ok := map[string]way{
			"none": notAtAll, "none positive": notAtAll, "beyond it": byRange, "range": byRange, "range from 1": byRange,
			"repeated": byDistinct, "one large number": byDistinct, "all different": oneByOne, "ends": oneByOne,
		}[b.name]
		if !ok {
			want = bySmall
		}
		if got := wayOf(s, b.values); got != want {
			t.Errorf("%s: %d, want %d", b.name, got, want)
		}
	}
}

// sameCounts checks all that counts many numbers against what counts them one by one.
func sameCounts(t *testing.T, name string, values []uint64) {
	t.Helper()
	want, signed, sum := make([]uint64, len(values)), make([]int64, len(values)), int64(0)
	countEach(parfor.Loop{Threads: 1}, want, values)
	for i, v := range values {
		signed[i] = int64(v)
		sum += int64(want[i])
	}
	for _, l := range loops {
		dst := make([]uint64, len(values))
		if CountDivisorsEach(l, dst, values); !slices.Equal(dst, want) {
			t.Errorf("%s, %d threads: the batch differs from its numbers", name, l.Threads)
		}
		if got := SumDivisorCounts(l, signed, math.MaxInt64); got != sum {
			t.Errorf("%s, %d threads: sum %d, want %d", name, l.Threads, got, sum)
		}
	}
}

// Both sides of every cut-off of the plan, which way is taken there and what it counts.
func TestDivisorPlanCutOffs(t *testing.T) {
	smallDivisors(smallEnd - 1)
	rng := rand.New(rand.NewPCG(8, 1))
	between := func(n int, lo, hi uint64) []uint64 { // both ends, and n−2 numbers between
		v := []uint64{lo, hi}
		for len(v) < n {
			v = append(v, lo+rng.Uint64N(hi-lo))
		}
		return v
	}
	const base = 1<<31 + 1
	for _, c := range []struct {
		name   string
		values []uint64
		want   way
	}{
		{"63 equal numbers", slices.Repeat([]uint64{1 << 41}, fewNumbers-1), oneByOne},
		{"64 equal numbers", slices.Repeat([]uint64{1 << 41}, fewNumbers), byDistinct},
		{"63 small numbers", between(fewNumbers-1, 1, smallEnd-1), bySmall}, // only CountDivisorsEach leaves it
		{"the end of the small numbers", between(200, 1000, smallEnd-1), bySmall},
		{"beyond it", between(200, 1000, smallEnd), oneByOne},
		{"repeats below 2^24", slices.Repeat([]uint64{1000, fewRepeats - 1}, 50), oneByOne},
		{"repeats from 2^24", slices.Repeat([]uint64{1000, fewRepeats}, 50), byDistinct},
		{"range below 2^40", between(20000, sieveEnd-20000, sieveEnd-1), byRange},
		{"range to 2^40", between(20000, sieveEnd-19999, sieveEnd), oneByOne},
		{"a value in 16 places", between(4000, base, base+sieveWide*4000-1), byRange},
		{"fewer", between(4000, base, base+sieveWide*4000), oneByOne},
	} {
		s := spanOf(parfor.Loop{}, c.values, math.MaxUint64)
		if got := wayOf(s, c.values); got != c.want {
			t.Errorf("%s: way %d, want %d", c.name, got, c.want)
		}
		sameCounts(t, c.name, c.values)
	}
}

// Few numbers are counted unseen: the pass that looks at them is not made.
func TestFewNumbersAreUnseen(t *testing.T) {
	dst := make([]uint64, fewNumbers)
	for n, want := range map[int]bool{fewNumbers - 1: false, fewNumbers: true} {
		if got := countSeen(parfor.Loop{}, dst, slices.Repeat([]uint64{12}, n)); got != want {
			t.Errorf("%d numbers: seen is %v", n, got)
		}
	}
}

// The sample sees one number alone, but most of the others differ.
func TestRepeatsThatTheSampleSeesAlone(t *testing.T) {
	const n = 1 << 12
	rng := rand.New(rand.NewPCG(8, 2))
	values, signed := make([]uint64, n), make([]int64, n)
	for i := range values {
		values[i] = 1 << 41
		if i%4 > 0 { // the sample is every fourth
			values[i] = 1<<40 + rng.Uint64N(1<<44)
		}
		signed[i] = int64(values[i])
	}
	if got := wayOf(spanOf(parfor.Loop{}, values, math.MaxUint64), values); got != byDistinct {
		t.Fatalf("way %d: the sample does not see one number alone", got)
	}
	if countDistinct(parfor.Loop{}, make([]uint64, n), values) {
		t.Error("counted by distinct numbers")
	}
	if _, ok := sumDistinct(parfor.Loop{}, signed, math.MaxInt64); ok {
		t.Error("added by distinct numbers")
	}
	sameCounts(t, "repeats in the sample", values)
}

// Half of the values may be distinct, not more.
func TestDistinctUpToHalf(t *testing.T) {
	const n = 100
	for distinct, want := range map[int]bool{1: true, n / 2: true, n/2 + 2: false, n: false} {
		values, signed := make([]uint64, n), make([]int64, n)
		for i := range values {
			values[i] = 1<<25 + uint64(i%distinct)
			signed[i] = int64(values[i])
		}
		if got := countDistinct(parfor.Loop{}, make([]uint64, n), values); got != want {
			t.Errorf("%d distinct of %d: %v", distinct, n, got)
		}
		if _, got := sumDistinct(parfor.Loop{}, signed, math.MaxInt64); got != want {
			t.Errorf("%d distinct of %d: sum %v", distinct, n, got)
		}
		sameCounts(t, "repeats", values)
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

func FuzzCountDivisorsEach(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, uint64(1), uint64(3))
	f.Add([]byte("dense, repeated, sparse"), uint64(1<<40-100), uint64(1))
	f.Add([]byte("long"), uint64(math.MaxUint64), uint64(1<<57))
	f.Fuzz(func(t *testing.T, data []byte, base, step uint64) {
		data = data[:min(len(data), 100)]
		values := make([]uint64, 0, 4*len(data))
		for k := range uint64(4) {
			for _, c := range data {
				values = append(values, base+uint64(c)*step+k/2)
			}
		}
		dst := make([]uint64, len(values))
		CountDivisorsEach(parfor.Loop{Threads: 2}, dst, values)
		for i, v := range values {
			if want := CountDivisors(v); dst[i] != want {
				t.Errorf("of %d numbers: d(%d) = %d, want %d", len(values), v, dst[i], want)
			}
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
