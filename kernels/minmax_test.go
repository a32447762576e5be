package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// The four ways of an extremum, for the tests.
type extremumFuncs[T Number] struct {
	columns, rows       func(l parfor.Loop, dst []T, skipped []int, a Matrix[T])
	argColumns, argRows func(l parfor.Loop, dst, skipped []int, a Matrix[T])
	largest, skip       bool
}

func plainExtrema[T Number]() []extremumFuncs[T] {
	value := func(f func(parfor.Loop, []T, Matrix[T])) func(parfor.Loop, []T, []int, Matrix[T]) {
		return func(l parfor.Loop, dst []T, _ []int, a Matrix[T]) { f(l, dst, a) }
	}
	at := func(f func(parfor.Loop, []int, Matrix[T])) func(parfor.Loop, []int, []int, Matrix[T]) {
		return func(l parfor.Loop, dst, _ []int, a Matrix[T]) { f(l, dst, a) }
	}
	return []extremumFuncs[T]{
		{value(MinColumns[T]), value(MinRows[T]), at(ArgMinColumns[T]), at(ArgMinRows[T]), false, false},
		{value(MaxColumns[T]), value(MaxRows[T]), at(ArgMaxColumns[T]), at(ArgMaxRows[T]), true, false},
	}
}

func allExtrema[T Float]() []extremumFuncs[T] {
	return append(plainExtrema[T](),
		extremumFuncs[T]{NaNMinColumns[T], NaNMinRows[T], NaNArgMinColumns[T], NaNArgMinRows[T], false, true},
		extremumFuncs[T]{NaNMaxColumns[T], NaNMaxRows[T], NaNArgMaxColumns[T], NaNArgMaxRows[T], true, true})
}

// extremumOf is the definition, for one column: the value and where it first stands.
func extremumOf[T Number](x []T, largest, skip bool) (T, int) {
	at := -1
	var best T
	zero := false // a zero of the sign that wins
	for i, v := range x {
		switch {
		case skip && v != v:
		case at < 0 || v != v && best == best || !largest && v < best || largest && v > best:
			best, at = v, i
		}
		zero = zero || v == 0 && math.Signbit(float64(v)) != largest
	}
	switch {
	case at < 0 || best != best:
		best = T(math.NaN())
	case best == 0 && zero && largest:
		best = 0
	case best == 0 && zero:
		best = T(math.Copysign(0, -1))
	}
	return best, at
}

func fewValues[T Number](rng *rand.Rand, n int, nan bool) []T {
	s := make([]T, n)
	isFloat := T(1)/2 != 0
	for i := range s {
		s[i] = T(rng.IntN(2001) - 1000)
		if k := rng.IntN(300); isFloat && k < 3 {
			s[i] = T([]float64{math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}[k])
		} else if isFloat && nan && k < 30 {
			s[i] = T(math.NaN())
		}
	}
	return s
}

func sameNumbers[T Number](a, b []T) bool {
	return slices.EqualFunc(a, b, func(x, y T) bool {
		return math.Float64bits(float64(x)) == math.Float64bits(float64(y))
	})
}

var minShapes = [][2]int{{1, 1}, {1, 9}, {8, 8}, {130, 33}, {1025, 70}, {70000, 3}, {300000, 1}, {40000, 7}, {2500, 130}, {3, 20011}, {130, 8200}}

// Every function, thread number, layout and stride against the definition.
func TestExtrema(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testExtrema(t, allExtrema[float64]()) })
	t.Run("float32", func(t *testing.T) { testExtrema(t, allExtrema[float32]()) })
	t.Run("int32", func(t *testing.T) { testExtrema(t, plainExtrema[int32]()) })
	t.Run("int64", func(t *testing.T) { testExtrema(t, plainExtrema[int64]()) })
}

func testExtrema[T Number](t *testing.T, all []extremumFuncs[T]) {
	rng := rand.New(rand.NewPCG(31, 1))
	for k, shape := range minShapes {
		rows, cols := shape[0], shape[1]
		if instrumented && rows*cols > 1<<20 {
			continue
		}
		for g, gap := range []int{0, 3} {
			if instrumented && (k+g)%2 > 0 {
				continue
			}
			rm := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: fewValues[T](rng, rows*(cols+gap)+1, k%2 == 0)[1:]}
			cm := Matrix[T]{Rows: rows, Cols: cols, Stride: rows + gap, Layout: ColMajor, Data: make([]T, cols*(rows+gap))}
			for j := range cols {
				for i := range rows {
					cm.Data[j*cm.Stride+i] = rm.Data[i*rm.Stride+j]
				}
			}
			for _, f := range all {
				checkExtrema(t, rm, cm, f, loops[(k+gap)%len(loops)])
			}
		}
	}
}

func checkExtrema[T Number](t *testing.T, rm, cm Matrix[T], f extremumFuncs[T], l parfor.Loop) {
	t.Helper()
	n := rm.Cols
	want, wantAt, wantSkipped := make([]T, n), make([]int, n), make([]int, n)
	for j := range want {
		x := cm.Data[j*cm.Stride:][:cm.Rows]
		want[j], wantAt[j] = extremumOf(x, f.largest, f.skip)
		for _, v := range x {
			if f.skip && v != v {
				wantSkipped[j]++
			}
		}
	}
	var dst []T
	var at, skipped, argSkipped []int
	fresh := func() {
		dst, at, skipped, argSkipped = make([]T, n+1), make([]int, n+1), make([]int, n+1), make([]int, n+1)
		dst[n], at[n], skipped[n], argSkipped[n] = 77, 77, 77, 77
	}
	check := func(what string, m Matrix[T]) {
		t.Helper()
		where := fmt.Sprintf("%s of %d×%d, stride %d, layout %d, %d threads, largest %v, skip %v",
			what, rm.Rows, rm.Cols, m.Stride, m.Layout, l.Threads, f.largest, f.skip)
		if !sameNumbers(dst[:n], want) || !slices.Equal(at[:n], wantAt) || dst[n] != 77 || at[n] != 77 {
			t.Fatalf("%s: wrong, or written beyond dst", where)
		}
		if !slices.Equal(skipped[:n], wantSkipped) || !slices.Equal(argSkipped[:n], wantSkipped) || skipped[n] != 77 || argSkipped[n] != 77 {
			t.Fatalf("%s: wrong numbers of NaN, or written beyond them", where)
		}
		clear(dst[:n])
		clear(at[:n])
	}
	for _, m := range []Matrix[T]{rm, cm} {
		fresh()
		f.columns(l, dst, skipped, m)
		f.argColumns(l, at, argSkipped, m)
		check("columns", m)
		f.columns(l, dst, nil, m) // the numbers need not be asked for
		f.argColumns(l, at, nil, m)
		check("columns, NaN not counted,", m)
		fresh()
		f.rows(l, dst, skipped, m.Transposed())
		f.argRows(l, at, argSkipped, m.Transposed())
		check("rows", m)
	}
}

// The behaviours that are promised, one column each.
func TestExtremaOfSpecialValues(t *testing.T) {
	nan, inf, negZero, huge := math.NaN(), math.Inf(1), math.Copysign(0, -1), math.MaxFloat64
	payload := math.Float64frombits(0xfff8000000000123)
	for _, c := range []struct {
		name             string
		column           []float64
		min, max         float64
		argMin, argMax   int
		nanMin, nanMax   float64
		nanArgMin, count int
	}{
		{"NaN first", []float64{nan, 1, 2}, nan, nan, 0, 0, 1, 2, 1, 1},
		{"NaN last", []float64{1, 2, nan}, nan, nan, 2, 2, 1, 2, 0, 1},
		{"the first of two NaN", []float64{3, payload, nan, 1}, nan, nan, 1, 1, 1, 3, 3, 2},
		{"all NaN", []float64{nan, payload}, nan, nan, 0, 0, nan, nan, -1, 2},
		{"infinities", []float64{0, inf, -inf, inf}, -inf, inf, 2, 1, -inf, inf, 2, 0},
		{"all +Inf", []float64{inf, inf}, inf, inf, 0, 0, inf, inf, 0, 0},
		{"NaN and +Inf", []float64{nan, inf}, nan, nan, 0, 0, inf, inf, 1, 1},
		{"all −Inf", []float64{-inf, -inf}, -inf, -inf, 0, 0, -inf, -inf, 0, 0},
		{"±MAX", []float64{huge, -huge, huge}, -huge, huge, 1, 0, -huge, huge, 1, 0},
		{"0 before −0", []float64{0, negZero}, negZero, 0, 0, 0, negZero, 0, 0, 0},
		{"−0 before 0", []float64{negZero, 0}, negZero, 0, 0, 0, negZero, 0, 0, 0},
		{"all −0", []float64{negZero, negZero}, negZero, negZero, 0, 0, negZero, negZero, 0, 0},
		{"denormals", []float64{5e-324, -5e-324, 0}, -5e-324, 5e-324, 1, 0, -5e-324, 5e-324, 1, 0},
		{"ties", []float64{2, 1, 3, 1, 3}, 1, 3, 1, 2, 1, 3, 1, 0},
		{"one", []float64{-7}, -7, -7, 0, 0, -7, -7, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, want := NewColMajor(len(c.column), 1, c.column), []float64{c.min, c.max, c.nanMin, c.nanMax}
			wantAt := []int{c.argMin, c.argMax, c.nanArgMin}
			before := slices.Clone(c.column)
			for k, f := range allExtrema[float64]() {
				var dst [1]float64
				var at, skipped, argSkipped [1]int
				f.columns(parfor.Loop{}, dst[:], skipped[:], m)
				f.argColumns(parfor.Loop{}, at[:], argSkipped[:], m)
				if !sameBits(dst[:], want[k:k+1]) || k < len(wantAt) && at[0] != wantAt[k] {
					t.Errorf("largest %v, skip %v: %v at %d, want %v", f.largest, f.skip, dst[0], at[0], want[k])
				}
				if f.skip && (skipped[0] != c.count || argSkipped[0] != c.count) {
					t.Errorf("largest %v: %d and %d NaN, want %d", f.largest, skipped[0], argSkipped[0], c.count)
				}
			}
			if !slices.EqualFunc(before, c.column, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
				t.Error("the input was changed")
			}
		})
	}
}

// The first index must win across vectors, quarters of a column, blocks and folded rows.
func TestArgOfTies(t *testing.T) {
	for _, cols := range []int{1, 3} {
		const rows = 600000
		data := make([]float64, rows*cols)
		for _, m := range []Matrix[float64]{NewRowMajor(rows, cols, data), NewColMajor(rows, cols, data)} {
			for _, at := range []int{0, 1, 63, 64, 1023, 262143, 262144, 299999, rows - 1} {
				set := func(i int, v float64) {
					for j := range cols {
						if m.Layout == ColMajor {
							data[j*rows+i] = v
						} else {
							data[i*cols+j] = v
						}
					}
				}
				later := []int{at, min(at+1, rows-1), min(at+64, rows-1), rows - 1}
				for _, i := range later {
					set(i, -1)
				}
				dst := make([]int, cols)
				ArgMinColumns(parfor.Loop{}, dst, m)
				for j, i := range dst {
					if i != at {
						t.Errorf("layout %d, column %d of %d: first minimum at %d, want %d", m.Layout, j, cols, i, at)
					}
				}
				for _, i := range later {
					set(i, 0)
				}
			}
		}
	}
}

func TestExtremaMisuse(t *testing.T) {
	l, m := parfor.Loop{}, NewRowMajor(2, 3, make([]float64, 6))
	mustPanic(t, "kernels: MinColumns: dst shorter than the result", func() { MinColumns(l, make([]float64, 2), m) })
	mustPanic(t, "kernels: MaxRows: dst shorter than the result", func() { MaxRows(l, make([]float64, 1), m) })
	mustPanic(t, "kernels: NaNMinColumns: skipped shorter than the result", func() { NaNMinColumns(l, make([]float64, 3), make([]int, 2), m) })
	mustPanic(t, "kernels: NaNArgMaxRows: skipped shorter than the result", func() { NaNArgMaxRows(l, make([]int, 2), make([]int, 1), m) })
	mustPanic(t, "kernels: ArgMaxColumns: dst shorter than the result", func() { ArgMaxColumns(l, make([]int, 2), m) })
	m.Stride = 2
	mustPanic(t, "kernels: NaNMaxRows: stride smaller than a row or column", func() { NaNMaxRows(l, make([]float64, 2), nil, m) })
}

func TestExtremaOfNothingPanic(t *testing.T) {
	l, none := parfor.Loop{}, NewRowMajor(0, 3, []float64{})
	dst, at := make([]float64, 3), make([]int, 3)
	for op, f := range map[string]func(){
		"MinColumns":       func() { MinColumns(l, dst, none) },
		"MaxRows":          func() { MaxRows(l, dst, none.Transposed()) },
		"NaNMaxColumns":    func() { NaNMaxColumns(l, dst, nil, none) },
		"ArgMinColumns":    func() { ArgMinColumns(l, at, none) },
		"NaNArgMinColumns": func() { NaNArgMinColumns(l, at, at, none) },
	} {
		mustPanic(t, "kernels: "+op+": minimum or maximum of nothing", f)
	}
	MinRows(l, nil, none) // no row, so nothing to be the minimum of, and no result
	ArgMaxRows(l, nil, none)
}

func TestExtremaSmallAllocateNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	m, dst, at, skipped := NewRowMajor(8, 8, make([]float64, 64)), make([]float64, 8), make([]int, 8), make([]int, 8)
	if n := testing.AllocsPerRun(100, func() {
		MinColumns(parfor.Loop{}, dst, m)
		NaNMaxColumns(parfor.Loop{}, dst, at, m)
		ArgMinRows(parfor.Loop{}, at, m)
		NaNArgMinRows(parfor.Loop{}, at, skipped, m)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzExtrema(f *testing.F) {
	f.Add(uint16(1100), uint16(7), uint8(0), uint64(1))
	f.Add(uint16(3), uint16(9000), uint8(3), uint64(2))
	f.Fuzz(func(t *testing.T, r, c uint16, gap uint8, seed uint64) {
		rows, cols := int(r)%40000+1, int(c)%9000+1
		if rows*cols > 1<<18 {
			t.Skip("too large")
		}
		rng := rand.New(rand.NewPCG(seed, 32))
		g := int(gap) % 5
		rm := Matrix[float32]{Rows: rows, Cols: cols, Stride: cols + g, Data: fewValues[float32](rng, rows*(cols+g), seed%3 == 0)}
		cm := Matrix[float32]{Rows: rows, Cols: cols, Stride: rows + g, Layout: ColMajor, Data: make([]float32, cols*(rows+g))}
		for j := range cols {
			for i := range rows {
				cm.Data[j*cm.Stride+i] = rm.Data[i*rm.Stride+j]
			}
		}
		for _, f := range allExtrema[float32]() {
			checkExtrema(t, rm, cm, f, loops[seed%uint64(len(loops))])
		}
	})
}

func BenchmarkMinColumns(b *testing.B) {
	for _, shape := range [][2]int{{8, 8}, {1000, 250}, {30000, 2000}, {10000000, 3}, {5, 8000000}} {
		rows, cols := shape[0], shape[1]
		data, dst, at := make([]float64, rows*cols), make([]float64, cols), make([]int, cols)
		for _, m := range []Matrix[float64]{NewRowMajor(rows, cols, data), NewColMajor(rows, cols, data)} {
			for _, threads := range []int{1, 0} {
				l := parfor.Loop{Threads: threads}
				for name, f := range map[string]func(){
					"sum": func() { SumColumns(l, dst, m) },
					"min": func() { MinColumns(l, dst, m) }, "nanmin": func() { NaNMinColumns(l, dst, nil, m) },
					"argmin": func() { ArgMinColumns(l, at, m) },
				} {
					b.Run(fmt.Sprintf("op=%s/n=%d/p=%d/layout=%d/threads=%d", name, rows, cols, m.Layout, l.NumThreads()), func(b *testing.B) {
						b.SetBytes(int64(8 * rows * cols))
						for b.Loop() {
							f()
						}
					})
				}
			}
		}
	}
}
