package memo_test

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/memo"
)

// The folds of a cross-validation are read back by another process, as it were, with the same bits, NaN
// and Inf among them.
func TestCrossValidation(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	x, y := kernels.NewRowMajor(80, 6, make([]float64, 480)), make([]float64, 80)
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	for i := range y {
		y[i] = x.At(i, 0) - 2*x.At(i, 3) + rng.NormFloat64()
	}
	odd := &linear.Scorer{Name: "odd", Func: func(y, predicted, _ []float64) float64 {
		return []float64{math.Inf(1), math.NaN(), 1 / (y[0] - predicted[0])}[min(int(math.Abs(predicted[0])*8), 2)]
	}}
	for _, scorer := range []*linear.Scorer{nil, odd} {
		dir := t.TempDir()
		var first *linear.CVFit
		for run, want := range []memo.Stats{{Misses: 4}, {Hits: 4}} {
			cache, err := memo.Open(dir, memo.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			c := linear.ElasticNetCV{L1Ratios: []float64{0.5, 1}, Folds: 4, Scorer: scorer, Memo: memo.Func(cache, "cv", "1", linear.ComputeFold)}
			f, err := c.Fit(t.Context(), linear.Dense(x), y)
			if err != nil || cache.Stats() != want {
				t.Fatalf("run %d: %+v, %v", run, cache.Stats(), err)
			}
			if first == nil {
				first = f
			}
			if !sameBits(f.MSEPath, first.MSEPath) || !sameBits(f.GapPath, first.GapPath) || !reflect.DeepEqual(f.Coef, first.Coef) ||
				!reflect.DeepEqual(f.IterationsPath, first.IterationsPath) || !reflect.DeepEqual(f.ConvergedPath, first.ConvergedPath) {
				t.Errorf("run %d: other bits", run)
			}
		}
	}
}

func sameBits(a, b [][][]float64) bool {
	for i := range a {
		for j := range a[i] {
			for k, v := range a[i][j] {
				if math.Float64bits(v) != math.Float64bits(b[i][j][k]) {
					return false
				}
			}
		}
	}
	return true
}
