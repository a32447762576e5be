package kernels

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

var nan = math.NaN()

// bothLayouts returns views of one random rows×cols matrix that end where their memory
// does, at odd offsets, every third column with many NaN.
func bothLayouts[T Float](rng *rand.Rand, rows, cols, gap int) [2]Matrix[T] {
	rm := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: randSlice[T](rng, (rows-1)*(cols+gap)+cols+1)[1:]}
	cm := Matrix[T]{Rows: rows, Cols: cols, Stride: rows + gap, Layout: ColMajor, Data: make([]T, (cols-1)*(rows+gap)+rows+1)[1:]}
	for j := range cols {
		for i := range rows {
			if j%3 == 2 && rng.IntN(3) == 0 {
				rm.Data[i*rm.Stride+j] = T(nan)
			}
			cm.Data[j*cm.Stride+i] = rm.Data[i*rm.Stride+j]
		}
	}
	return [2]Matrix[T]{rm, cm}
}

// column returns column j as float64.
func column[T Float](m Matrix[T], j int) []float64 {
	x := make([]float64, m.Rows)
	for i := range x {
		if m.Layout == ColMajor {
			x[i] = float64(m.Data[j*m.Stride+i])
		} else {
			x[i] = float64(m.Data[i*m.Stride+j])
		}
	}
	return x
}

func varOf(x []float64, ddof int) float64 {
	var v [1]float64
	VarColumns(parfor.Loop{Threads: 1}, v[:], NewColMajor(len(x), 1, x), ddof)
	return v[0]
}

func nanVarOf(x []float64, ddof int) (v float64, skipped int) {
	var dst [1]float64
	var n [1]int
	NaNVarColumns(parfor.Loop{Threads: 1}, dst[:], n[:], NewColMajor(len(x), 1, x), ddof)
	return dst[0], n[0]
}

// Shapes from one element to several blocks of rows and tiles of columns.
var momentShapes = [][2]int{
	{1, 1}, {9, 1}, {8, 8}, {130, 33}, {1025, 70}, {140000, 2}, {2500, 130}, {3, 20011}, {150, 2100},
}

// The bits of a column do not depend on what stands beside it, layout, gaps, offset, threads
// or schedule; each form agrees with the others.
func TestVarBits(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testVarBits[float64](t, 0) })
	t.Run("float32", func(t *testing.T) { testVarBits[float32](t, 3) })
}

func testVarBits[T Float](t *testing.T, gap int) {
	rng := rand.New(rand.NewPCG(21, 1))
	for _, shape := range momentShapes {
		rows, cols := shape[0], shape[1]
		views := bothLayouts[T](rng, rows, cols, gap)
		before := slices.Clone(views[0].Data)
		want, wantNaN, wantSkipped := make([]float64, cols), make([]float64, cols), make([]int, cols)
		for j := range cols {
			x := column(views[0], j)
			want[j] = varOf(x, 1)
			wantNaN[j], wantSkipped[j] = nanVarOf(x, 1)
		}
		for _, m := range views {
			for _, l := range loops {
				checkVar(t, l, m, want, wantNaN, wantSkipped)
			}
		}
		if !sameBits(column(NewColMajor(len(before), 1, before), 0), column(NewColMajor(len(before), 1, views[0].Data), 0)) {
			t.Fatal("the matrix was changed")
		}
	}
}

func checkVar[T Float](t *testing.T, l parfor.Loop, m Matrix[T], want, wantNaN []float64, wantSkipped []int) {
	t.Helper()
	fail := func(op string) {
		t.Helper()
		t.Fatalf("%s: %d×%d, stride %d, layout %d, %d threads: wrong, or written beyond dst", op, m.Rows, m.Cols, m.Stride, m.Layout, l.Threads)
	}
	dst, skipped := make([]float64, m.Cols+1), make([]int, m.Cols+1)
	dst[m.Cols], skipped[m.Cols] = 77, 77
	VarColumns(l, dst, m, 1)
	if !sameBits(dst[:m.Cols], want) || dst[m.Cols] != 77 {
		fail("VarColumns")
	}
	VarRows(l, dst, m.Transposed(), 1)
	if !sameBits(dst[:m.Cols], want) {
		fail("VarRows")
	}
	NaNVarColumns(l, dst, skipped, m, 1)
	if !sameBits(dst[:m.Cols], wantNaN) || !slices.Equal(skipped[:m.Cols], wantSkipped) || dst[m.Cols] != 77 || skipped[m.Cols] != 77 {
		fail("NaNVarColumns")
	}
	NaNStdRows(l, dst, skipped, m.Transposed(), 1)
	for j, v := range wantNaN {
		if !sameBits(dst[j:j+1], []float64{math.Sqrt(v)}) && v == v || skipped[j] != wantSkipped[j] {
			fail("NaNStdRows")
		}
	}
}

// Every form, on a table whose answers are known.
func TestVarForms(t *testing.T) {
	m := NewRowMajor(4, 3, []float64{
		1, nan, 7,
		2, 5, nan,
		3, 7, nan,
		6, nan, nan,
	})
	l, skipped := parfor.Loop{}, make([]int, 4)
	for _, c := range []struct {
		name    string
		run     func(dst []float64)
		want    []float64
		skipped []int
	}{
		{"VarColumns", func(dst []float64) { VarColumns(l, dst, m, 0) }, []float64{3.5, nan, nan}, nil},
		{"StdColumns", func(dst []float64) { StdColumns(l, dst, m, 0) }, []float64{math.Sqrt(3.5), nan, nan}, nil},
		{"VarRows", func(dst []float64) { VarRows(l, dst, m, 0) }, []float64{nan, nan, nan, nan}, nil},
		{"VarRows, negative ddof", func(dst []float64) { VarRows(l, dst, m.Transposed(), -3) }, []float64{2, nan, nan}, nil},
		{"StdRows", func(dst []float64) { StdRows(l, dst, m.Transposed(), 0) }, []float64{math.Sqrt(3.5), nan, nan}, nil},
		{"NaNVarColumns", func(dst []float64) { NaNVarColumns(l, dst, skipped, m, 0) }, []float64{3.5, 1, 0}, []int{0, 2, 3}},
		{"NaNStdColumns", func(dst []float64) { NaNStdColumns(l, dst, skipped, m, 1) }, []float64{math.Sqrt(14. / 3), math.Sqrt2, nan}, []int{0, 2, 3}},
		{"NaNVarRows", func(dst []float64) { NaNVarRows(l, dst, skipped, m, 1) }, []float64{18, 4.5, 8, nan}, []int{1, 1, 1, 2}},
		{"NaNStdRows", func(dst []float64) { NaNStdRows(l, dst, skipped, m, 0) }, []float64{3, 1.5, 2, 0}, []int{1, 1, 1, 2}},
	} {
		dst := make([]float64, len(c.want))
		c.run(dst)
		if !sameBits(dst, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, dst, c.want)
		}
		if c.skipped != nil && !slices.Equal(skipped[:len(dst)], c.skipped) {
			t.Errorf("%s: skipped %v, want %v", c.name, skipped, c.skipped)
		}
	}
}

func TestVarOfOneWithDdofOneIsNaN(t *testing.T) {
	if v := varOf([]float64{3}, 1); v == v {
		t.Errorf("VarColumns: %v", v)
	}
	if v, n := nanVarOf([]float64{nan, 3, nan}, 1); v == v || n != 2 {
		t.Errorf("NaNVarColumns: %v, %d skipped", v, n)
	}
}

func TestVarWithDdofAboveCountIsNaN(t *testing.T) {
	for _, ddof := range []int{3, 4, math.MaxInt} {
		if v := varOf([]float64{1, 2, 4}, ddof); v == v {
			t.Errorf("VarColumns, ddof %d: %v", ddof, v)
		}
		if v, _ := nanVarOf([]float64{1, nan, 2, 4}, ddof); v == v {
			t.Errorf("NaNVarColumns, ddof %d: %v", ddof, v)
		}
	}
}

func TestVarOfNothingIsNaN(t *testing.T) {
	for _, x := range [][]float64{nil, {nan}, {nan, nan, nan}, slices.Repeat([]float64{nan}, 5000)} {
		if v := varOf(x, 0); !sameBits([]float64{v}, []float64{nan}) {
			t.Errorf("VarColumns of %d NaN: %v", len(x), v)
		}
		for _, ddof := range []int{-1, 0, 1} {
			if v, n := nanVarOf(x, ddof); !sameBits([]float64{v}, []float64{nan}) || n != len(x) {
				t.Errorf("NaNVarColumns of %d NaN, ddof %d: %v, %d skipped", len(x), ddof, v, n)
			}
		}
	}
	VarColumns(parfor.Loop{}, nil, Matrix[float64]{Rows: 3}, 0)
	VarRows(parfor.Loop{}, nil, Matrix[float64]{Cols: 3, Stride: 3}, 0)
}

func TestVarOfEqualNumbersIsZero(t *testing.T) {
	for _, v := range []float64{0, math.Copysign(0, -1), 0.1, -1e9 / 7, 5e-324, math.MaxFloat64, -math.MaxFloat64} {
		for _, n := range []int{1, 7, 128, 129, 5000} {
			x := slices.Repeat([]float64{v}, n)
			if got := varOf(x, 0); !sameBits([]float64{got}, []float64{0}) {
				t.Errorf("%d times %v: %v", n, v, got)
			}
			// Also behind leaves that have nothing.
			x = append(slices.Repeat([]float64{nan}, 1000), x...)
			if got, _ := nanVarOf(x, 0); !sameBits([]float64{got}, []float64{0}) {
				t.Errorf("%d times %v behind NaN: %v", n, v, got)
			}
		}
	}
}

func TestVarWithInfinityIsNaN(t *testing.T) {
	for _, inf := range []float64{math.Inf(1), math.Inf(-1)} {
		for _, at := range []int{0, 5, 127, 128, 999} {
			x := randSlice[float64](rand.New(rand.NewPCG(21, 2)), 1000)
			x[at] = inf
			if v := varOf(x, 0); v == v {
				t.Errorf("%v at %d: %v", inf, at, v)
			}
			x[at/2+1] = nan
			if v, _ := nanVarOf(x, 0); v == v {
				t.Errorf("%v at %d, NaN skipped: %v", inf, at, v)
			}
		}
	}
}

// Differences may be as large as 1e152, the numbers as large as they like.
func TestVarOfHugeNumbers(t *testing.T) {
	for _, x := range [][]float64{
		{1e168, 1e168 + 3e152, 1e168 + 6e152},
		{-1e152, 1e152, 5e151},
		{1e-150, 3e-150, 9e-150},
	} {
		got, want := varOf(x, 0), exactVar(x, 0)
		if e := math.Abs(got-want) / want; !(e < 1e-15) {
			t.Errorf("variance of %v: %v, want %v", x, got, want)
		}
	}
}

// Appending NaN changes nothing that NaNVarColumns says but the number of NaN.
func TestNaNVarIgnoresNaNAtTheEnd(t *testing.T) {
	x := randSlice[float64](rand.New(rand.NewPCG(21, 3)), 1000)
	want := varOf(x, 1)
	for _, n := range []int{1, 24, 25, 1000, 5000} {
		if v, skipped := nanVarOf(append(slices.Clone(x), slices.Repeat([]float64{nan}, n)...), 1); v != want || skipped != n {
			t.Errorf("%d NaN appended: %v, want %v; %d skipped", n, v, want, skipped)
		}
	}
}

// The mean may be far from 0: summing squares would lose all digits.
func TestVarFarFromZero(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 4))
	for _, mean := range []float64{0, 1, 1e3, 1e6, 1e9, -1e12, 1e15} {
		for _, n := range []int{3, 100, 128, 5000, 100000} {
			if instrumented && n > 128 { // digits are no matter of memory; exactVar is slow
				continue
			}
			x := make([]float64, n)
			for i := range x {
				x[i] = mean + rng.NormFloat64()
			}
			got, want := varOf(x, 1), exactVar(x, 1)
			if e := math.Abs(got-want) / want; e > 2e-15 {
				t.Errorf("mean %v, %d rows: relative error %.2g", mean, n, e)
			}
		}
	}
}

// A column whose first rows of each leaf, or of all, are nothing like the others.
func TestVarWithUntypicalFirstRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 5))
	for name, first := range map[string]func(i int) bool{
		"of leaves": func(i int) bool { return i%128 == 0 },
		"of all":    func(i int) bool { return i == 0 },
		"leaf":      func(i int) bool { return i < 128 },
		"half":      func(i int) bool { return i < 20000 },
	} {
		for _, far := range []float64{1e3, 1e6, -1e9} {
			if instrumented && (name != "half" || far > 0) {
				continue
			}
			x := make([]float64, 40000)
			for i := range x {
				x[i] = rng.NormFloat64()
				if first(i) {
					x[i] += far
				}
			}
			got, want := varOf(x, 0), exactVar(x, 0)
			if e := math.Abs(got-want) / want; e > 1e-13 {
				t.Errorf("first rows %s at %v: relative error %.2g", name, far, e)
			}
		}
	}
}

// exactVar is the variance in integers of the last bit, rounded at the end.
func exactVar(x []float64, ddof int) float64 {
	const bits = 2200 // from 2^1024 down to 2^-1074, and room for the sum
	sum := new(big.Float).SetPrec(bits)
	n := 0
	for _, v := range x {
		if v == v {
			sum.Add(sum, new(big.Float).SetFloat64(v))
			n++
		}
	}
	if n <= ddof || n == 0 {
		return nan
	}
	// Σ(n·x − Σx)² / n² / (n − ddof), of which only the division rounds.
	count := new(big.Float).SetPrec(bits).SetInt64(int64(n))
	m2, d := new(big.Float).SetPrec(2*bits+64), new(big.Float).SetPrec(bits+64)
	square := new(big.Float).SetPrec(2*bits + 64)
	for _, v := range x {
		if v == v {
			d.Mul(count, new(big.Float).SetPrec(64).SetFloat64(v))
			m2.Add(m2, square.Mul(d.Sub(d, sum), d))
		}
	}
	m2.Quo(m2, count.Mul(count, new(big.Float).SetInt64(int64(n)))).Quo(m2, new(big.Float).SetInt64(int64(n-ddof)))
	v, _ := m2.Float64()
	return v
}

func FuzzVarColumns(f *testing.F) {
	f.Add(uint16(300), 0.0, 1.0, uint8(0), int8(1), uint64(1))
	f.Add(uint16(1000), 1e9, 1.0, uint8(9), int8(0), uint64(2))
	f.Add(uint16(129), -1e150, 1e130, uint8(0), int8(-1), uint64(3))
	f.Fuzz(func(t *testing.T, rows uint16, mean, sd float64, missing uint8, ddof int8, seed uint64) {
		if !(math.Abs(mean) < 1e300) || !(math.Abs(sd) < 1e140) || math.Abs(sd) < 1e-140 {
			t.Skip("overflows or vanishes")
		}
		rng := rand.New(rand.NewPCG(seed, 6))
		x := make([]float64, int(rows)%1500+1)
		for i := range x {
			x[i] = mean + sd*rng.NormFloat64()*math.Exp(6*rng.NormFloat64()) // outliers, too
			if rng.IntN(256) < int(missing) {
				x[i] = nan
			}
		}
		got, skipped := nanVarOf(x, int(ddof))
		want, n := exactVar(x, int(ddof)), 0
		for _, v := range x {
			if v != v {
				n++
			}
		}
		// 8400·u by each leaf, a few u more by each merge.
		if e := math.Abs(got - want); e > 1e-12*want && !(want < 1e-300) || got != got != (want != want) || skipped != n {
			t.Fatalf("variance %v, want %v; %d skipped, want %d", got, want, skipped, n)
		}
		if v := varOf(x, int(ddof)); n == 0 && !sameBits([]float64{v}, []float64{got}) {
			t.Fatalf("VarColumns %v, NaNVarColumns %v", v, got)
		}
	})
}

func TestVarMisuse(t *testing.T) {
	l, m := parfor.Loop{}, NewRowMajor(2, 3, make([]float64, 6))
	mustPanic(t, "kernels: VarColumns: dst shorter than the result", func() { VarColumns(l, make([]float64, 2), m, 0) })
	mustPanic(t, "kernels: StdRows: dst shorter than the result", func() { StdRows(l, make([]float64, 1), m, 0) })
	mustPanic(t, "kernels: NaNVarColumns: skipped shorter than the result", func() { NaNVarColumns(l, make([]float64, 3), make([]int, 2), m, 0) })
	NaNVarColumns(l, make([]float64, 3), nil, m, 0)
	m.Stride = 4
	mustPanic(t, "kernels: NaNStdRows: data shorter than the matrix", func() { NaNStdRows(l, make([]float64, 3), nil, m, 0) })
}

func TestVarSmallAllocatesNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	m, dst, skipped := NewRowMajor(8, 8, make([]float64, 64)), make([]float64, 8), make([]int, 8)
	if n := testing.AllocsPerRun(100, func() {
		VarColumns(parfor.Loop{}, dst, m, 1)
		NaNStdRows(parfor.Loop{}, dst, skipped, m, 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Each beside the sum of the same matrix, whose time is that of reading it.
func BenchmarkMoments(b *testing.B) {
	for _, shape := range [][2]int{{8, 8}, {512, 250}, {30000, 2000}, {10000000, 3}} {
		rows, cols := shape[0], shape[1]
		data, dst, summaries := make([]float64, rows*cols), make([]float64, cols), make([]Summary, cols)
		for i := range data {
			data[i] = float64(i % 1009)
		}
		for _, m := range []Matrix[float64]{NewRowMajor(rows, cols, data), NewColMajor(rows, cols, data)} {
			for _, threads := range []int{1, 0} {
				l := parfor.Loop{Threads: threads}
				for _, f := range []struct {
					name string
					run  func()
				}{
					{"Sum", func() { SumColumns(l, dst, m) }},
					{"Var", func() { VarColumns(l, dst, m, 1) }},
					{"NaNVar", func() { NaNVarColumns(l, dst, nil, m, 1) }},
					{"Describe", func() { DescribeColumns(l, summaries, m) }},
				} {
					b.Run(fmt.Sprintf("%s/rows=%d/cols=%d/layout=%d/threads=%d", f.name, rows, cols, m.Layout, l.NumThreads()), func(b *testing.B) {
						b.SetBytes(int64(8 * rows * cols))
						for b.Loop() {
							f.run()
						}
					})
				}
			}
		}
	}
}
