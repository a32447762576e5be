package linear

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// blocks reads a matrix in blocks of up to so many rows, and spoils each when the next is due.
type blocks[T kernels.Float] struct {
	x    kernels.Matrix[T]
	most int
	fail func(row int) error
}

func (b *blocks[T]) Dims() (rows, cols int) { return b.x.Rows, b.x.Cols }

func (b *blocks[T]) Rows(ctx context.Context, lo, hi int) iter.Seq2[kernels.Matrix[T], error] {
	return func(yield func(kernels.Matrix[T], error) bool) {
		rng := rand.New(rand.NewPCG(uint64(lo), uint64(hi)))
		for row := lo; row < hi; {
			m := kernels.Matrix[T]{Rows: min(1+rng.IntN(b.most), hi-row), Cols: b.x.Cols, Stride: b.x.Cols + 3, Layout: b.x.Layout}
			if m.Layout == kernels.ColMajor {
				m.Stride = m.Rows + 1
			}
			m.Data = make([]T, max(m.Rows, m.Cols)*(m.Stride+1))
			for i := range m.Rows {
				for j := range m.Cols {
					if m.Layout == kernels.ColMajor {
						m.Data[j*m.Stride+i] = b.x.At(row+i, j)
					} else {
						m.Data[i*m.Stride+j] = b.x.At(row+i, j)
					}
				}
			}
			if b.fail != nil {
				if err := b.fail(row); err != nil {
					yield(kernels.Matrix[T]{}, err)
					return
				}
			}
			if !yield(m, nil) {
				return
			}
			for i := range m.Data {
				m.Data[i] = T(math.NaN())
			}
			row += m.Rows
		}
	}
}

// sameCV fails where two results are not the same to the bit.
func sameCV(t *testing.T, what string, got, want *CVFit) {
	t.Helper()
	g, w := *got, *want
	g.Times, w.Times = CVTimes{}, CVTimes{}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s: other bits than in memory", what)
	}
}

// A stream gives the bits that the matrix in memory gives, whatever folds, options, threads, type and
// layout are, and however the rows are cut.
func TestStreamBits(t *testing.T) {
	for _, shape := range [][2]int{{4600, 4}, {150, 30}, {5500, 100}} {
		n, p := shape[0], shape[1]
		x, y := randomProblem(uint64(n), n, p, 2, 0.3)
		weights := make([]float64, n)
		for i := range weights {
			weights[i] = float64(i%3) / 2
		}
		for name, c := range map[string]ElasticNetCV{
			"folds":       {Folds: 2, L1Ratios: []float64{0.5, 1}},
			"shuffled":    {Split: KFold{Folds: 3, Shuffle: true, Seed: 1}, Options: Options{Standardize: true}},
			"time":        {Split: TimeSeriesSplit{Folds: 3}},
			"overlapping": {Split: userSplits(n)},
			"own":         {Split: splits{{every(n, func(i int) bool { return i%5 > 1 }), every(n, func(i int) bool { return i%3 == 0 })}, {every(n, func(i int) bool { return i%7 > 2 }), every(n, func(i int) bool { return i%2 == 0 })}}},
			"weights":     {Folds: 3, Options: Options{SampleWeights: weights}},
			"uncentred":   {Folds: 3, Options: Options{NoIntercept: true}},
			"scorer":      {Folds: 2, Scorer: &MAE},
		} {
			if p == 100 && (instrumented || name != "folds" && name != "scorer") || instrumented && n > 1000 && name != "shuffled" {
				continue
			}
			c.NumAlphas = 5
			for _, d := range [][2]Design{
				{Dense(x), Stream[float64](&blocks[float64]{x: x, most: 700})},
				{Dense(byRows(x)), Stream[float64](&blocks[float64]{x: byRows(x), most: 3000})},
				{Dense(narrow(x)), Stream[float32](&blocks[float32]{x: narrow(x), most: 700})},
			} {
				c.Loop = parfor.Loop{Threads: 1}
				want := mustCV(t, c, d[0], y)
				if want.Strategy != Moments {
					t.Fatalf("%s: %s", name, want.Reason)
				}
				for _, c.Loop.Threads = range []int{1, 3} {
					sameCV(t, name, mustCV(t, c, d[1], y), want)
				}
			}
		}
	}
}

func narrow(x kernels.Matrix[float64]) kernels.Matrix[float32] {
	m := kernels.NewColMajor(x.Rows, x.Cols, make([]float32, x.Rows*x.Cols))
	for j := range x.Cols {
		for i := range x.Rows {
			m.Data[j*x.Rows+i] = float32(x.At(i, j))
		}
	}
	return m
}

// Columns that need a training set added up about its own means, that are constant, or that
// explain all, have the same bits too.
func TestStreamOddColumns(t *testing.T) {
	const n, p = 300, 10
	x, y := randomProblem(8, n, p, 0, 0.2)
	makeOdd(x)
	exact := slices.Clone(y)
	for i := range exact {
		exact[i] = 3*x.At(i, 0) - x.At(i, 1)
	}
	for _, y := range [][]float64{y, exact} {
		for name, c := range map[string]ElasticNetCV{
			"folds": {Folds: 4}, "shuffled": {Split: KFold{Shuffle: true}}, "wide alphas": {Folds: 2, NumAlphas: 21, Eps: 1e-5, Options: Options{Tol: 1e-11}},
		} {
			sameCV(t, name, mustCV(t, c, Stream[float64](&blocks[float64]{x: x, most: 50}), y), mustCV(t, c, Dense(x), y))
		}
	}
}

// What is wrong with the data is the error that it is in memory.
func TestStreamBadData(t *testing.T) {
	for name, bad := range map[string]func(x kernels.Matrix[float64], y []float64){
		"NaN": func(x kernels.Matrix[float64], y []float64) {
			x.Data[2*x.Rows+77], x.Data[77], x.Data[90] = math.NaN(), math.Inf(1), math.NaN()
		},
		"y":         func(x kernels.Matrix[float64], y []float64) { y[3] = math.Inf(-1) },
		"large":     func(x kernels.Matrix[float64], y []float64) { x.Data[5] = 1e200 },
		"underflow": func(x kernels.Matrix[float64], y []float64) { clear(x.Data[:x.Rows]); x.Data[5] = 1e-200 },
		"large y":   func(x kernels.Matrix[float64], y []float64) { y[3] = 1e200 },
	} {
		x, y := randomProblem(4, 100, 4, 0, 0)
		bad(x, y)
		_, want := ElasticNetCV{}.Fit(t.Context(), Dense(x), y)
		_, got := ElasticNetCV{}.Fit(t.Context(), Stream[float64](&blocks[float64]{x: x, most: 30}), y)
		if want == nil || got == nil || got.Error() != want.Error() {
			t.Errorf("%s: %v, in memory %v", name, got, want)
		}
	}
}

// A reader that fails, at whatever row, ends the run with its error; one that ends early or yields
// what was not asked for is an error, and so is what needs more than moments.
func TestStreamFails(t *testing.T) {
	x, y := randomProblem(4, 5000, 4, 0, 0)
	broken := errors.New("broken")
	for _, at := range []int{0, 300, 2500, 4900} {
		r := &blocks[float64]{x: x, most: 100, fail: func(row int) error {
			if row >= at {
				return broken
			}
			return nil
		}}
		for _, c := range []ElasticNetCV{{}, {Split: KFold{Shuffle: true}}, {Options: Options{SampleWeights: slices.Repeat([]float64{1, 2}, 2500)}}, {Scorer: &MAE}} {
			for _, c.Loop.Threads = range []int{1, 3} {
				if f, err := c.Fit(t.Context(), Stream[float64](r), y); f != nil || err != broken {
					t.Errorf("row %d: %v", at, err)
				}
			}
		}
	}
	short := &blocks[float64]{x: x, most: 100}
	if _, err := (ElasticNetCV{}).Fit(t.Context(), Stream[float64](longer{short}), append(y, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("rows that end early: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	short.fail = func(row int) error {
		if row > 2500 {
			cancel()
		}
		return nil
	}
	if _, err := (ElasticNetCV{}).Fit(ctx, Stream[float64](short), y); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	wide, y := randomProblem(4, 20, 50, 0, 0)
	d := Stream[float64](&blocks[float64]{x: wide, most: 100})
	if _, err := (ElasticNetCV{}).Fit(t.Context(), d, y); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("wide: %v", err)
	}
	if _, err := (Lasso{}).Fit(d, y); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a fit: %v", err)
	}
}

// What the last piece comes to may be cut short where the context ends in it, so that is an error.
func TestStreamEndsInItsLastPiece(t *testing.T) {
	const rows, cols, step = 1000, 3, 256
	x, y := randomProblem(7, rows, cols, 0, 0)
	ld := kernels.MomentSide(cols)
	s := &stream[float64]{&blocks[float64]{x: x, most: 100}, rows, cols}
	m := s.rowMoments(make([]float64, cols), y, 0, nil)
	for _, threads := range []int{1, 2} {
		pool := &foldPool{p: cols, make: func() *foldWorker {
			return &foldWorker{pack: make([]float64, kernels.MomentScratch(cols)), square: make([]float64, ld*ld)}
		}}
		ctx, cancel := context.WithCancel(t.Context())
		err := m.sums(ctx, parfor.Loop{Threads: threads}, []kernels.RowSet{{N: rows}}, step, ld, pool, func(_, lo int, _ *foldWorker) {
			if lo+step >= rows {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d threads: %v", threads, err)
		}
	}
}

// longer promises a row that is not there.
type longer struct{ *blocks[float64] }

func (l longer) Dims() (rows, cols int) { return l.x.Rows + 1, l.x.Cols }

func (l longer) Rows(ctx context.Context, lo, hi int) iter.Seq2[kernels.Matrix[float64], error] {
	return l.blocks.Rows(ctx, min(lo, l.x.Rows), min(hi, l.x.Rows))
}
