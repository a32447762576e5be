//go:build cgo && !noopenblas

package netlibcd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The solutions of scikit-learn's own toy problem.
func TestToyProblem(t *testing.T) {
	x := []float64{-1, 0, 1}
	for _, c := range []struct{ alpha, l1, want float64 }{{0.1, 1, 0.85}, {0.5, 1, 0.25}, {1, 1, 0}, {0.5, 0.3, 0.50819672}} {
		fit := New(3, 1, x, x, c.alpha, c.l1).Solve(1e-12, 100)
		if !(math.Abs(fit.Coef[0]-c.want) < 1e-8) || !(math.Abs(fit.Intercept) < 1e-12) {
			t.Errorf("alpha %v, l1Ratio %v: coefficient %v and intercept %v, want %v and 0", c.alpha, c.l1, fit.Coef[0], fit.Intercept, c.want)
		}
	}
}

// The optimality conditions hold on data with means, and the inputs are kept.
func TestOptimality(t *testing.T) {
	const rows, cols, alpha, l1 = 50, 8, 0.05, 0.7
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, rows*cols), make([]float64, rows)
	for i := range x {
		x[i] = 3 + rng.NormFloat64()
	}
	for i := range y {
		y[i] = 7 + x[i] - 2*x[rows+i] + rng.NormFloat64()
	}
	fit := New(rows, cols, x, y, alpha, l1).Solve(1e-14, 10000)
	for j, c := range fit.Coef {
		g := 0.0
		for i := range rows {
			r := y[i] - fit.Intercept
			for k, ck := range fit.Coef {
				r -= ck * x[k*rows+i]
			}
			g += x[j*rows+i] * r
		}
		g = g/rows - alpha*(1-l1)*c
		if excess := math.Abs(g) - alpha*l1; excess > 1e-6 || c != 0 && math.Abs(g-math.Copysign(alpha*l1, c)) > 1e-6 {
			t.Errorf("coefficient %d = %v: gradient %v, penalty %v", j, c, g, alpha*l1)
		}
	}
}

func TestConstantData(t *testing.T) {
	fit := New(2, 2, []float64{1, 1, 2, 2}, []float64{3, 3}, 0.1, 0.5).Solve(1e-4, 10)
	if fit.Coef[0] != 0 || fit.Coef[1] != 0 || fit.Intercept != 3 || fit.Epochs != 1 {
		t.Errorf("constant data: %+v", fit)
	}
}
