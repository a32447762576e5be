package linear

import (
	"math"
	"testing"
)

// The values are scikit-learn's mean_squared_error, mean_absolute_error and r2_score:
//
//	python3 -c "from sklearn.metrics import *; y, p, s = [3, -.5, 2, 7], [2.5, 0, 2, 8], [1, 2, .5, 3]
//	for f in mean_squared_error, mean_absolute_error, r2_score: print(f(y, p), f(y, p, sample_weight=s))"
func TestScorersAgreeWithScikitLearn(t *testing.T) {
	y, predicted, weights := []float64{3, -0.5, 2, 7}, []float64{2.5, 0, 2, 8}, []float64{1, 2, 0.5, 3}
	for _, c := range []struct {
		s               Scorer
		plain, weighted float64
	}{
		{MSE, 0.375, 0.5769230769230769},
		{MAE, 0.5, 0.6923076923076923},
		{R2, 0.9486081370449679, 0.9463401210787011},
	} {
		if got := c.s.Func(y, predicted, nil); !near(got, c.plain, 1e-14) {
			t.Errorf("%s: %v, want %v", c.s.Name, got, c.plain)
		}
		if got := c.s.Func(y, predicted, weights); !near(got, c.weighted, 1e-14) {
			t.Errorf("weighted %s: %v, want %v", c.s.Name, got, c.weighted)
		}
		if got := c.s.Func(append(y, math.NaN()), append(predicted, math.Inf(1)), append(weights, 0)); !near(got, c.weighted, 1e-14) {
			t.Errorf("%s with a row of weight 0: %v, want %v", c.s.Name, got, c.weighted)
		}
		if got := c.s.Func(append(y, math.NaN()), append(predicted, 0), nil); !math.IsNaN(got) {
			t.Errorf("%s of NaN: %v", c.s.Name, got)
		}
		if got := c.s.Func(nil, nil, nil); !math.IsNaN(got) {
			t.Errorf("%s of nothing: %v", c.s.Name, got)
		}
		if got := c.s.Func(y, predicted, make([]float64, 4)); !math.IsNaN(got) {
			t.Errorf("%s without weights above 0: %v", c.s.Name, got)
		}
	}
	for _, c := range []struct {
		s               Scorer
		lengths, weight string
	}{
		{MSE, "linear: MSE: the lengths of y, predicted and weights differ", "linear: MSE: the lengths of y, predicted and weights differ"},
		{MAE, "linear: MAE: the lengths of y, predicted and weights differ", "linear: MAE: the lengths of y, predicted and weights differ"},
		{R2, "linear: Score: the length of y is not the number of rows", "linear: Score: the number of weights is not the number of rows"},
	} {
		mustPanic(t, c.lengths, func() { c.s.Func(y, predicted[:3], nil) })
		mustPanic(t, c.weight, func() { c.s.Func(y, predicted, weights[:3]) })
	}
	if MSE.GreaterIsBetter || MAE.GreaterIsBetter || !R2.GreaterIsBetter {
		t.Error("the better of two scores is the wrong one")
	}
}
