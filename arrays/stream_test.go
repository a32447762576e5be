package arrays

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// saved writes a matrix of random numbers, integers for integer types, and returns its path.
func saved[T kernels.Number](t *testing.T, layout kernels.Layout, rows, cols int) (string, kernels.Matrix[T]) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(rows), uint64(cols)))
	data := make([]T, rows*cols)
	for i := range data {
		data[i] = T((rng.Float64() - .3) * math.Exp(8*rng.Float64()) * 100)
	}
	m := kernels.NewRowMajor(rows, cols, data)
	if layout == kernels.ColMajor {
		m = kernels.NewColMajor(rows, cols, data)
	}
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := Save(path, m); err != nil {
		t.Fatal(err)
	}
	return path, m
}

// Shapes of every way to cut a file: one block, several, panels of wide rows, pieces of long
// columns, and nothing.
var streamShapes = [][2]int{{0, 3}, {3, 0}, {1, 1}, {130, 5}, {9000, 9}, {140, 9000}, {270000, 1}}

// A stream's blocks are the array, each element once, where they say; and in RowBlocks they
// are whole rows.
func TestBlocks(t *testing.T) {
	for _, shape := range streamShapes {
		for _, layout := range []kernels.Layout{kernels.RowMajor, kernels.ColMajor} {
			path, m := saved[float32](t, layout, shape[0], shape[1])
			s, err := OpenStream[float32](path)
			if err != nil {
				t.Fatal(err)
			}
			testBlocks(t, s, m, s.Blocks(t.Context()), false)
			testBlocks(t, s, m, s.RowBlocks(t.Context()), true)
			s.Close()
		}
	}
}

func testBlocks(t *testing.T, s *Stream[float32], m kernels.Matrix[float32], blocks func(func(Block[float32], error) bool), whole bool) {
	t.Helper()
	seen, row := make([]bool, m.Rows*m.Cols), 0
	for b, err := range blocks {
		if err != nil {
			t.Fatal(err)
		}
		if b.Row%128 != 0 || b.Matrix.Rows%128 != 0 && b.Row+b.Matrix.Rows != m.Rows || b.Matrix.Misuse() != "" {
			t.Fatalf("%d×%d: block of %d rows at %d, %s", m.Rows, m.Cols, b.Matrix.Rows, b.Row, b.Matrix.Misuse())
		}
		if whole && (b.Matrix.Cols != m.Cols || b.Row != row) {
			t.Fatalf("%d×%d: block of %d columns from row %d on, after row %d", m.Rows, m.Cols, b.Matrix.Cols, b.Row, row)
		}
		row += b.Matrix.Rows
		for i := range b.Matrix.Rows {
			for j := range b.Matrix.Cols {
				if at := (b.Row+i)*m.Cols + b.Col + j; seen[at] || b.Matrix.Data[place(b.Matrix, i, j)] != m.Data[place(m, b.Row+i, b.Col+j)] {
					t.Fatalf("%d×%d: element (%d, %d) is wrong or came before", m.Rows, m.Cols, b.Row+i, b.Col+j)
				} else {
					seen[at] = true
				}
			}
		}
	}
	for at, was := range seen {
		if !was {
			t.Fatalf("%d×%d: element %d did not come", m.Rows, m.Cols, at)
		}
	}
}

// place is where element (i, j) of m lies.
func place(m kernels.Matrix[float32], i, j int) int {
	if m.Layout == kernels.ColMajor {
		return j*m.Stride + i
	}
	return i*m.Stride + j
}

// Every reduction of a stream has the bits of the one in memory.
func TestReductions(t *testing.T) {
	for _, shape := range streamShapes {
		for _, layout := range []kernels.Layout{kernels.RowMajor, kernels.ColMajor} {
			testReductions[float64](t, layout, shape[0], shape[1])
			testReductions[float32](t, layout, shape[0], shape[1])
			testIntReductions[int64](t, layout, shape[0], shape[1])
			testIntReductions[int32](t, layout, shape[0], shape[1])
		}
	}
}

// compare runs a reduction on the stream and in memory; bits tells results apart.
func compare[T kernels.Number, D any](t *testing.T, name string, s *Stream[T], m kernels.Matrix[T], bits func(a, b D) bool, file func(dst []D) error, memory func(dst []D)) {
	t.Helper()
	got, want := make([]D, m.Cols), make([]D, m.Cols)
	if err := file(got); err != nil {
		t.Fatalf("%s of %d×%d: %v", name, m.Rows, m.Cols, err)
	}
	memory(want)
	for j := range want {
		if !bits(got[j], want[j]) {
			t.Fatalf("%s of %d×%d: column %d is %v, want %v", name, m.Rows, m.Cols, j, got[j], want[j])
		}
	}
}

func sameFloat(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func sameNumber[T kernels.Number](a, b T) bool { return a == b || a != a && b != b }

func sameSummary(a, b kernels.Summary) bool {
	return a.Count == b.Count && sameFloat(a.Mean, b.Mean) && sameFloat(a.Std, b.Std) && sameFloat(a.Min, b.Min) && sameFloat(a.Max, b.Max)
}

func testReductions[T kernels.Float](t *testing.T, layout kernels.Layout, rows, cols int) {
	path, m := saved[T](t, layout, rows, cols)
	s, err := OpenStream[T](path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, l := t.Context(), parfor.Loop{}
	compare(t, "sum", s, m, sameFloat, func(d []float64) error { return SumColumns(ctx, l, d, s) }, func(d []float64) { kernels.SumColumns(l, d, m) })
	compare(t, "mean", s, m, sameFloat, func(d []float64) error { return MeanColumns(ctx, l, d, s) }, func(d []float64) { kernels.MeanColumns(l, d, m) })
	compare(t, "var", s, m, sameFloat, func(d []float64) error { return VarColumns(ctx, l, d, s, 1) }, func(d []float64) { kernels.VarColumns(l, d, m, 1) })
	compare(t, "std", s, m, sameFloat, func(d []float64) error { return StdColumns(ctx, l, d, s, 0) }, func(d []float64) { kernels.StdColumns(l, d, m, 0) })
	compare(t, "describe", s, m, sameSummary, func(d []kernels.Summary) error { return DescribeColumns(ctx, l, d, s) }, func(d []kernels.Summary) { kernels.DescribeColumns(l, d, m) })
	for _, p := range []float64{1, 2, math.Inf(1)} {
		compare(t, "norm", s, m, sameFloat, func(d []float64) error { return NormColumns(ctx, l, d, s, p) }, func(d []float64) { kernels.NormColumns(l, d, m, p) })
	}
	testExtremes(t, s, m)
}

// Those that skip NaN have the bits and the counts of those in memory, panels of wide rows included.
func TestNaNReductions(t *testing.T) {
	for _, shape := range [][2]int{{0, 3}, {9000, 9}, {140, 9000}} {
		for _, layout := range []kernels.Layout{kernels.RowMajor, kernels.ColMajor} {
			path, m := saved[float64](t, layout, shape[0], shape[1])
			for i := range m.Data {
				if i%7 == 3 {
					m.Data[i] = math.NaN()
				}
			}
			if err := Save(path, m); err != nil {
				t.Fatal(err)
			}
			s, err := OpenStream[float64](path)
			if err != nil {
				t.Fatal(err)
			}
			ctx, l := t.Context(), parfor.Loop{}
			want, got := make([]int, m.Cols), make([]int, m.Cols)
			compare(t, "sum", s, m, sameFloat, func(d []float64) error { return NaNSumColumns(ctx, l, d, got, s) }, func(d []float64) { kernels.NaNSumColumns(l, d, want, m) })
			if !slices.Equal(got, want) {
				t.Errorf("%v: other counts of NaN", shape)
			}
			compare(t, "mean", s, m, sameFloat, func(d []float64) error { return NaNMeanColumns(ctx, l, d, nil, s) }, func(d []float64) { kernels.NaNMeanColumns(l, d, nil, m) })
			compare(t, "var", s, m, sameFloat, func(d []float64) error { return NaNVarColumns(ctx, l, d, got, s, 1) }, func(d []float64) { kernels.NaNVarColumns(l, d, want, m, 1) })
			compare(t, "std", s, m, sameFloat, func(d []float64) error { return NaNStdColumns(ctx, l, d, got, s, 0) }, func(d []float64) { kernels.NaNStdColumns(l, d, want, m, 0) })
			if !slices.Equal(got, want) {
				t.Errorf("%v: other counts of NaN", shape)
			}
			mustPanic(t, "arrays: NaNSumColumns: skipped shorter than the result", func() { NaNSumColumns(ctx, l, make([]float64, m.Cols), got[:m.Cols-1], s) })
			s.Close()
		}
	}
}

func testExtremes[T kernels.Number](t *testing.T, s *Stream[T], m kernels.Matrix[T]) {
	ctx, l := t.Context(), parfor.Loop{}
	if m.Rows == 0 && m.Cols > 0 {
		if err := MinColumns(ctx, l, make([]T, m.Cols), s); !errors.Is(err, ErrEmpty) {
			t.Errorf("minimum of nothing: %v", err)
		}
		if err := MaxColumns(ctx, l, make([]T, m.Cols), s); !errors.Is(err, ErrEmpty) {
			t.Errorf("maximum of nothing: %v", err)
		}
		return
	}
	compare(t, "min", s, m, sameNumber, func(d []T) error { return MinColumns(ctx, l, d, s) }, func(d []T) { kernels.MinColumns(l, d, m) })
	compare(t, "max", s, m, sameNumber, func(d []T) error { return MaxColumns(ctx, l, d, s) }, func(d []T) { kernels.MaxColumns(l, d, m) })
}

func testIntReductions[T int32 | int64](t *testing.T, layout kernels.Layout, rows, cols int) {
	path, m := saved[T](t, layout, rows, cols)
	s, err := OpenStream[T](path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, l := t.Context(), parfor.Loop{}
	compare(t, "sum", s, m, sameNumber, func(d []int64) error { return SumColumnsInt(ctx, l, d, s) }, func(d []int64) { kernels.SumColumnsInt(l, d, m) })
	testExtremes(t, s, m)
}

// Squares beyond the range of float64 and columns of zeros are read again, and give the bits
// of the norm in memory.
func TestNormReadsAgain(t *testing.T) {
	m := kernels.NewRowMajor(40000, 6, make([]float64, 240000))
	for i := range m.Rows {
		copy(m.Data[6*i:], []float64{0, 1e200, 1e-200, float64(i), math.Inf(1), math.NaN()})
	}
	for _, m := range []kernels.Matrix[float64]{m, kernels.NewColMajor(40000, 6, m.Data)} {
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := Save(path, m); err != nil {
			t.Fatal(err)
		}
		s, err := OpenStream[float64](path)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "norm", s, m, sameFloat, func(d []float64) error { return NormColumns(t.Context(), parfor.Loop{}, d, s, 2) },
			func(d []float64) { kernels.NormColumns(parfor.Loop{}, d, m, 2) })
		s.Close()
	}
}

// A file that becomes shorter while it is read is an error that names it and the byte.
func TestShrinkingFile(t *testing.T) {
	for _, layout := range []kernels.Layout{kernels.RowMajor, kernels.ColMajor} {
		path, m := saved[float64](t, layout, 400000, 4)
		s, err := OpenStream[float64](path)
		if err != nil {
			t.Fatal(err)
		}
		blocks := 0
		for _, err = range s.Blocks(t.Context()) {
			if blocks++; blocks == 1 {
				if err := os.Truncate(path, 128+9000000); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !errors.Is(err, ErrTruncated) || blocks < 2 {
			t.Errorf("after %d blocks: %v", blocks, err)
		}
		if err := SumColumns(t.Context(), parfor.Loop{}, make([]float64, m.Cols), s); !errors.Is(err, ErrTruncated) {
			t.Errorf("sum: %v", err)
		}
		s.Close()
	}
}

// A stream that is left, or cancelled, leaves no goroutine behind.
func TestStreamStops(t *testing.T) {
	path, _ := saved[float64](t, kernels.RowMajor, 400000, 4)
	s, err := OpenStream[float64](path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := runtime.NumGoroutine()
	for range s.Blocks(t.Context()) {
		break
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	why := errors.New("enough")
	for _, err = range s.Blocks(ctx) {
		cancel(why)
	}
	if err != why {
		t.Errorf("cancelled: %v", err)
	}
	if err := SumColumns(ctx, parfor.Loop{}, make([]float64, 4), s); err != why {
		t.Errorf("sum, cancelled: %v", err)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}
