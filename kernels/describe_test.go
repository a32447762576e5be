package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

func sameSummaries(a, b []Summary) bool {
	return slices.EqualFunc(a, b, func(x, y Summary) bool {
		return x.Count == y.Count && sameBits([]float64{x.Mean, x.Std, x.Min, x.Max}, []float64{y.Mean, y.Std, y.Min, y.Max})
	})
}

// summaryOf is the definition, from the other functions: the tree's sum of the numbers,
// NaNStdColumns, and a look at each.
func summaryOf(x []float64) Summary {
	s, numbers := Summary{Mean: nan, Std: nan, Min: nan, Max: nan}, slices.Clone(x)
	for i, v := range x {
		if v != v {
			numbers[i] = math.Copysign(0, -1)
			continue
		}
		if s.Count == 0 {
			s.Min, s.Max = v, v
		}
		s.Count++
		s.Min, s.Max = min(s.Min, v), max(s.Max, v)
	}
	if s.Count == 0 {
		return s
	}
	if s.Mean = treeSum(numbers) / float64(s.Count); s.Mean != s.Mean {
		s.Mean = nan
	}
	v, _ := nanVarOf(x, 1)
	if v == v {
		s.Std = math.Sqrt(v)
	}
	s.Min, s.Max = s.Min+0, s.Max+0
	return s
}

func TestDescribe(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testDescribe[float64](t, 3) })
	t.Run("float32", func(t *testing.T) { testDescribe[float32](t, 0) })
}

func testDescribe[T Float](t *testing.T, gap int) {
	rng := rand.New(rand.NewPCG(22, 1))
	for _, shape := range momentShapes {
		rows, cols := shape[0], shape[1]
		views := bothLayouts[T](rng, rows, cols, gap)
		want := make([]Summary, cols)
		for j := range cols {
			want[j] = summaryOf(column(views[0], j))
		}
		for _, m := range views {
			for _, l := range loops {
				dst := make([]Summary, cols+1)
				dst[cols].Count = 77
				DescribeColumns(l, dst, m)
				if !sameSummaries(dst[:cols], want) || dst[cols] != (Summary{Count: 77}) {
					t.Fatalf("%d×%d, layout %d, %d threads: wrong, or written beyond dst", rows, cols, m.Layout, l.Threads)
				}
				clear(dst)
				DescribeRows(l, dst, m.Transposed())
				if !sameSummaries(dst[:cols], want) {
					t.Fatalf("rows, %d×%d, layout %d, %d threads: wrong", cols, rows, 1-m.Layout, l.Threads)
				}
			}
		}
	}
}

func TestDescribeSpecialValues(t *testing.T) {
	inf, negZero, huge := math.Inf(1), math.Copysign(0, -1), math.MaxFloat64
	for _, c := range []struct {
		name   string
		column []float64
		want   Summary
	}{
		{"nothing", nil, Summary{0, nan, nan, nan, nan}},
		{"all NaN", []float64{nan, nan}, Summary{0, nan, nan, nan, nan}},
		{"one", []float64{3}, Summary{1, 3, nan, 3, 3}},
		{"NaN first", []float64{nan, 1, 3}, Summary{2, 2, math.Sqrt2, 1, 3}},
		{"NaN last", []float64{3, 1, nan}, Summary{2, 2, math.Sqrt2, 1, 3}},
		{"NaN with a payload", []float64{3, math.Float64frombits(0xfff0000000000123), 1}, Summary{2, 2, math.Sqrt2, 1, 3}},
		{"+Inf", []float64{1, inf}, Summary{2, inf, nan, 1, inf}},
		{"−Inf", []float64{-inf, nan, 1}, Summary{2, -inf, nan, -inf, 1}},
		{"±Inf", []float64{inf, -inf}, Summary{2, nan, nan, -inf, inf}},
		{"all +Inf", []float64{inf, inf}, Summary{2, inf, nan, inf, inf}},
		{"MAX", []float64{huge, nan}, Summary{1, huge, nan, huge, huge}},
		{"±MAX/2^520", []float64{-huge / 0x1p520, huge / 0x1p520}, Summary{2, 0, huge / 0x1p520 * math.Sqrt2, -huge / 0x1p520, huge / 0x1p520}},
		{"zeros", []float64{negZero, 0, negZero}, Summary{3, 0, 0, 0, 0}},
		{"−0", []float64{negZero}, Summary{1, negZero, nan, 0, 0}},
		{"denormals", []float64{5e-324, 15e-324}, Summary{2, 10e-324, 0, 5e-324, 15e-324}},
	} {
		// In every position of a group, and behind leaves of NaN.
		for _, before := range []int{0, 1, 6, 127, 1000} {
			x := append(slices.Repeat([]float64{nan}, before), c.column...)
			var got [1]Summary
			DescribeColumns(parfor.Loop{}, got[:], NewColMajor(len(x), 1, x))
			if !sameSummaries(got[:], []Summary{c.want}) {
				t.Errorf("%s behind %d NaN: got %v, want %v", c.name, before, got[0], c.want)
			}
		}
	}
}

// The variance of numbers that far apart overflows, nothing else does.
func TestDescribeMaxFloat64(t *testing.T) {
	var got [1]Summary
	DescribeColumns(parfor.Loop{}, got[:], NewColMajor(2, 1, []float64{-math.MaxFloat64, math.MaxFloat64}))
	if got[0].Std <= math.MaxFloat64 {
		t.Errorf("Std %v", got[0].Std)
	}
	got[0].Std = 0
	if want := (Summary{2, 0, 0, -math.MaxFloat64, math.MaxFloat64}); got[0] != want {
		t.Errorf("got %v, want %v", got[0], want)
	}
}

// Against NumPy 2:
//
//	i, j = np.ogrid[:300, :4]
//	x = (i*7919 + j*104729) % 1009 / 8 + 1e9*j
//	x[(i + j) % 11 == 0] = np.nan
//	x[1:, 3] = np.nan
//	np.nanmean(x, 0), np.nanstd(x, 0, ddof=1), np.nanmin(x, 0), np.nanmax(x, 0)
func TestDescribeAgreesWithNumPy(t *testing.T) {
	x := make([]float64, 300*4)
	for k := range x {
		i, j := k/4, k%4
		x[k] = float64((i*7919+j*104729)%1009)/8 + 1e9*float64(j)
		if (i+j)%11 == 0 || j == 3 && i > 0 {
			x[k] = nan
		}
	}
	var got [4]Summary
	DescribeColumns(parfor.Loop{}, got[:], NewRowMajor(300, 4, x))
	want := [4]Summary{
		{272, 61.5124080882353, 36.15000867631698, 0.125, 125.75},
		{273, 1000000061.7023809, 36.33201800057416, 1e9, 1000000125.625},
		{273, 2000000062.1176739, 36.495507270234064, 2e9, 2000000125.625},
		{1, 3000000048.5, nan, 3000000048.5, 3000000048.5},
	}
	for j, w := range want {
		g := got[j]
		if math.Abs(g.Mean-w.Mean) <= 4e-16*w.Mean && math.Abs(g.Std-w.Std) <= 1e-14*w.Std {
			g.Mean, g.Std = w.Mean, w.Std
		}
		if !sameSummaries([]Summary{g}, []Summary{w}) {
			t.Errorf("column %d: %v, want %v", j, got[j], w)
		}
	}
}

// float32 cannot count past 2^24, but float64 sums it (numpy #29772).
func TestDescribeManyFloat32(t *testing.T) {
	x := make([]float32, 1<<24+1000)
	for i := range x {
		x[i] = 1
	}
	var got [1]Summary
	DescribeColumns(parfor.Loop{}, got[:], NewRowMajor(len(x), 1, x))
	if want := (Summary{len(x), 1, 0, 1, 1}); got[0] != want {
		t.Errorf("got %v, want %v", got[0], want)
	}
}

func TestDescribeMisuse(t *testing.T) {
	m := NewRowMajor(2, 3, make([]float64, 6))
	mustPanic(t, "kernels: DescribeColumns: dst shorter than the result", func() { DescribeColumns(parfor.Loop{}, make([]Summary, 2), m) })
	m.Layout = 7
	mustPanic(t, "kernels: DescribeRows: unknown layout", func() { DescribeRows(parfor.Loop{}, make([]Summary, 3), m) })
}

func TestDescribeSmallAllocatesNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	m, dst := NewRowMajor(8, 8, make([]float64, 64)), make([]Summary, 8)
	if n := testing.AllocsPerRun(100, func() { DescribeColumns(parfor.Loop{}, dst, m) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
