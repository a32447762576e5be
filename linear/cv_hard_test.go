package linear

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// Where Positive leaves nothing to explain y with, the alphas are as good as 0; a training set
// without the rows of the first fold has something to explain, and its cells converge to it.
func TestCVPositiveWithoutColumns(t *testing.T) {
	const n, p, folds = 100, 4, 5
	x, y := randomProblem(33, n, p, 0, 0.3)
	for i := range n {
		y[i] *= 0.1
		for j := range p {
			if i < n/folds {
				y[i] -= 20 * x.Data[j*n+i]
			} else {
				y[i] += x.Data[j*n+i]
			}
		}
	}
	c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 7, Folds: folds, Options: Options{Tol: 1e-12, MaxIter: 5000, Positive: true}}
	f := mustCV(t, c, Dense(x), y)
	if f.Strategy != Moments || f.Unconverged != 0 || !slices.Equal(f.Coef, make([]float64, p)) || f.Alphas[0][0] > 1e-14 {
		t.Errorf("%v, %d cells have not converged, gaps %v, coefficients %v, alphas %v", f.Strategy, f.Unconverged, f.GapPath, f.Coef, f.Alphas)
	}
}

// sameErrors fails where test errors are not those of fits to copies of the training rows.
func sameErrors(t *testing.T, c ElasticNetCV, x kernels.Matrix[float64], y []float64) {
	t.Helper()
	f := mustCV(t, c, Dense(x), y)
	number, split := 0, c.Split
	if split == nil {
		split = KFold{Folds: c.Folds}
	}
	for train, test := range split.Split(x.Rows) {
		part := kernels.NewColMajor(len(train), x.Cols, make([]float64, len(train)*x.Cols))
		ty, weights := make([]float64, len(train)), make([]float64, len(train))
		for i, row := range train {
			ty[i], weights[i] = y[row], 1
			if c.SampleWeights != nil {
				weights[i] = c.SampleWeights[row]
			}
			for j := range x.Cols {
				part.Data[j*len(train)+i] = x.At(row, j)
			}
		}
		m := Path{Options: c.Options, L1Ratio: 1, Alphas: f.Alphas[0]}
		m.SampleWeights, m.Tol = weights, 1e-13
		g, err := m.Fit(context.Background(), Dense(part), ty)
		if err != nil {
			t.Fatal(err)
		}
		for a := range f.Alphas[0] {
			predicted := g.At(a).Predict(nil, Dense(x))
			want, got := 0.0, f.MSEPath[0][a][number]
			total := 0.0
			for _, row := range test {
				s := 1.0
				if c.SampleWeights != nil {
					s = c.SampleWeights[row]
				}
				if total += s; s != 0 {
					want += s * (y[row] - predicted[row]) * (y[row] - predicted[row])
				}
			}
			if want /= total; !(math.Abs(got-want) <= 1e-5*want) {
				t.Fatalf("alpha %v, fold %d: test error %v, want %v (%v)", f.Alphas[0][a], number, got, want, f.Strategy)
			}
		}
		number++
	}
}

// What rows without a weight hold, a far value in a test set and weights of many orders of
// magnitude take no digits from the moments of the others.
func TestCVMomentsKeepDigits(t *testing.T) {
	for _, far := range []float64{1e9, 1e12, 1e15} {
		for what := range 3 {
			x, y := randomProblem(5, 100, 5, 0, 0)
			weights := slices.Repeat([]float64{1, 2, 3, 1}, 25)
			for i := 7; i < 100; i += 20 {
				weights[i] = 0
				if what != 0 {
					y[i] = -far
				}
				for j := range 5 {
					if what != 1 && j < 2 {
						if x.Layout == kernels.ColMajor {
							x.Data[j*x.Stride+i] = far
						} else {
							x.Data[i*x.Stride+j] = far
						}
					}
				}
			}
			sameErrors(t, ElasticNetCV{Options: Options{SampleWeights: weights, Tol: 1e-11}, L1Ratios: []float64{1}, NumAlphas: 8, Folds: 5}, x, y)
		}
		x, y := randomProblem(5, 100, 5, 0, 0)
		y[3] = far
		sameErrors(t, ElasticNetCV{Options: Options{Tol: 1e-11}, L1Ratios: []float64{1}, Alphas: []float64{0.5, 0.2}, Split: Splits{{Test: every(100, func(i int) bool { return i < 50 })}}}, x, y)
	}
	for _, small := range []float64{1e-8, 1e-11, 1e-20, 1e-100} {
		x, y := randomProblem(5, 100, 5, 0, 0)
		weights := slices.Repeat([]float64{1}, 100)
		for i := 50; i < 100; i++ {
			weights[i] = small
		}
		sameErrors(t, ElasticNetCV{Options: Options{SampleWeights: weights, Tol: 1e-11}, L1Ratios: []float64{1}, NumAlphas: 8, Folds: 2}, x, y)
	}
}

// Folds has no meaning beside a Split.
func TestCVFoldsBesideSplit(t *testing.T) {
	x, y := randomProblem(5, 12, 3, 0, 0)
	if f := mustCV(t, ElasticNetCV{Folds: 1, Split: KFold{Folds: 3}}, Dense(x), y); len(f.MSEPath[0][0]) != 3 {
		t.Errorf("%d folds", len(f.MSEPath[0][0]))
	}
}

// A Scorer that panics leaves a checkpoint that the next run can open; and there is no result
// when ctx is done by the last cell.
func TestCVPanicAndLateCancel(t *testing.T) {
	x, y := randomProblem(5, 40, 3, 0, 0)
	c := ElasticNetCV{NumAlphas: 3, Checkpoint: filepath.Join(t.TempDir(), "cells"), Scorer: &Scorer{Func: func(_, _, _ []float64) float64 { panic("scorer") }}}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		c.Fit(context.Background(), Dense(x), y)
	}()
	c.Scorer = &Scorer{Func: MSE.Func}
	mustCV(t, c, Dense(x), y)
	for _, cols := range []int{3, 100} {
		x, y := randomProblem(5, 40, cols, 0, 0)
		ctx, cancel := context.WithCancel(context.Background())
		c := ElasticNetCV{NumAlphas: 3}
		c.Loop.Progress = func(done, total int) {
			if done == total {
				cancel()
			}
		}
		if f, err := c.Fit(ctx, Dense(x), y); f != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("%d columns: %v, error %v", cols, f, err)
		}
		cancel()
	}
}
