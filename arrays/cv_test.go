package arrays_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/parfor"
)

// regression saves rows of 9 columns, of which the first two explain y.
func regression[T kernels.Float](t *testing.T, layout kernels.Layout, rows int) (path string, y []float64) {
	t.Helper()
	const cols = 9
	rng := rand.New(rand.NewPCG(1, 2))
	m := kernels.NewRowMajor(rows, cols, make([]T, rows*cols))
	if layout == kernels.ColMajor {
		m = kernels.NewColMajor(rows, cols, m.Data)
	}
	for i := range m.Data {
		m.Data[i] = T(rng.NormFloat64())
	}
	for i := range rows {
		y = append(y, 3*float64(m.At(i, 0))-float64(m.At(i, 1))+rng.NormFloat64())
	}
	path = filepath.Join(t.TempDir(), "x.npy")
	if err := arrays.Save(path, m); err != nil {
		t.Fatal(err)
	}
	return path, y
}

func cross(t *testing.T, c linear.ElasticNetCV, x linear.Design, y []float64) *linear.CVFit {
	t.Helper()
	f, err := c.Fit(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	f.Times = linear.CVTimes{}
	return f
}

// A cross-validation of a file that is read in blocks has the bits of one of the file mapped.
func TestCrossValidation(t *testing.T) {
	for _, layout := range []kernels.Layout{kernels.RowMajor, kernels.ColMajor} {
		testCrossValidation[float64](t, layout)
		testCrossValidation[float32](t, layout)
	}
}

// openBoth opens a file as a stream and mapped, until the test ends.
func openBoth[T kernels.Float](tb testing.TB, path string) (*arrays.Stream[T], *arrays.Array[T]) {
	tb.Helper()
	s, err := arrays.OpenStream[T](path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	x, err := arrays.Open[T](path, arrays.ReadOnly)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	return s, x
}

func testCrossValidation[T kernels.Float](t *testing.T, layout kernels.Layout) {
	t.Helper()
	path, y := regression[T](t, layout, 40_000)
	s, x := openBoth[T](t, path)
	for _, split := range []linear.Splitter{nil, linear.KFold{Shuffle: true}} {
		c := linear.ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 5, Split: split}
		if got, want := cross(t, c, linear.Stream(s), y), cross(t, c, linear.Dense(x.Matrix), y); !reflect.DeepEqual(got, want) {
			t.Errorf("layout %v: other bits than mapped", layout)
		}
	}
}

// A file that becomes shorter is an error, not the end of the program.
func TestCrossValidationOfShrinkingFile(t *testing.T) {
	path, y := regression[float64](t, kernels.RowMajor, 40_000)
	s, err := arrays.OpenStream[float64](path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Truncate(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	if f, err := (linear.LassoCV{}).Fit(context.Background(), linear.Stream(s), y); f != nil || !errors.Is(err, arrays.ErrTruncated) {
		t.Errorf("%v", err)
	}
}

// BenchmarkCrossValidation is of a file in the page cache: as a stream and mapped.
func BenchmarkCrossValidation(b *testing.B) {
	for _, shape := range [][2]int{{200_000, 200}, {2_000_000, 20}} {
		path := filepath.Join(b.TempDir(), "x.npy")
		rows, cols := shape[0], shape[1]
		a, err := arrays.Create[float64](path, kernels.RowMajor, rows, cols)
		if err != nil {
			b.Fatal(err)
		}
		rng, y := rand.New(rand.NewPCG(1, 2)), make([]float64, rows)
		for i := range a.Matrix.Data {
			a.Matrix.Data[i] = rng.Float64()
		}
		for i := range y {
			y[i] = a.Matrix.At(i, 0) - a.Matrix.At(i, 1) + rng.Float64()
		}
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
		s, m := openBoth[float64](b, path)
		for _, threads := range []int{1, 2} {
			for name, x := range map[string]linear.Design{"stream": linear.Stream(s), "mapped": linear.Dense(m.Matrix)} {
				b.Run(fmt.Sprintf("n=%d/p=%d/%s/threads=%d", rows, cols, name, threads), func(b *testing.B) {
					b.SetBytes(int64(8 * rows * cols))
					for range b.N {
						if _, err := (linear.LassoCV{Folds: 10, Options: linear.Options{Loop: parfor.Loop{Threads: threads}}}).Fit(b.Context(), x, y); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
