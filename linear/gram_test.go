package linear

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// gramOf returns the products of x and y, centred, with a stride of p+1, and the means.
func gramOf(x kernels.Matrix[float64], y []float64) (g kernels.Matrix[float64], xty []float64, yty float64, mean []float64, yMean float64) {
	c := kernels.NewCenteredColumns(parfor.Loop{}, x, true)
	p := x.Cols
	g = kernels.Matrix[float64]{Rows: p, Cols: p, Stride: p + 1, Data: make([]float64, p*(p+1))}
	xty = make([]float64, p)
	for _, v := range y {
		yMean += v / float64(len(y))
	}
	for i, v := range y {
		yty += (v - yMean) * (v - yMean)
		for j := range p {
			xty[j] += (x.At(i, j) - c.Mean[j]) * (v - yMean)
			for k := range p {
				g.Data[j*(p+1)+k] += (x.At(i, j) - c.Mean[j]) * (x.At(i, k) - c.Mean[k])
			}
		}
	}
	return g, xty, yty, c.Mean, yMean
}

func TestGramAgreesWithDense(t *testing.T) {
	for seed, shape := range [][2]int{{442, 10}, {60, 20}, {300, 90}, {20, 35}} {
		x, y := randomProblem(uint64(seed), shape[0], shape[1], 1, 0.4)
		if seed == 0 {
			x, y = diabetes(t)
		}
		g, xty, yty, mean, yMean := gramOf(x, y)
		before := slices.Clone(g.Data)
		d, err := Gram(g, xty, yty, x.Rows)
		if err != nil {
			t.Fatal(err)
		}
		var warm []float64
		for _, alpha := range []float64{1, 0.1, 0.01} {
			for _, l1Ratio := range []float64{1, 0.5, 0} {
				m := ElasticNet{Options: Options{Tol: 1e-11, MaxIter: 1e6}, Alpha: alpha, L1Ratio: l1Ratio}
				want := mustFit(t, m, Dense(x), y)
				m.Init = warm
				got := mustFit(t, m, d, nil)
				warm = got.Coef
				if got.Intercept != 0 || !got.Converged {
					t.Errorf("%v, alpha %v, l1_ratio %v: %+v", shape, alpha, l1Ratio, got)
				}
				model := &Fit{Coef: got.Coef, Intercept: yMean}
				for j, w := range got.Coef {
					model.Intercept -= w * mean[j]
				}
				a, b := objective(x, y, model, alpha, l1Ratio), objective(x, y, want, alpha, l1Ratio)
				if !near(a, b, 1e-9*b) {
					t.Errorf("%v, alpha %v, l1_ratio %v: objective %v, dense %v", shape, alpha, l1Ratio, a, b)
				}
			}
		}
		if !slices.Equal(before, g.Data) {
			t.Error("g was changed")
		}
	}
}

func TestGramBadData(t *testing.T) {
	nan := math.NaN()
	good := []float64{2, 1, 1, 3}
	for _, c := range []struct {
		g, xty []float64
		yty    float64
		n      int
		target error
		text   string
	}{
		{good, []float64{1, nan}, 1, 5, ErrNotFinite, "xty[1] is NaN"},
		{good, []float64{1, 2}, nan, 5, ErrParameter, "yty is NaN"},
		{good, []float64{1, 2}, -1, 5, ErrParameter, "yty is -1"},
		{good, []float64{1, 2}, 9, 0, ErrNoRows, "n is 0"},
		{[]float64{2, 1, 1, -3}, []float64{1, 2}, 1, 5, ErrParameter, "g[1, 1] is -3"},
		{[]float64{2, nan, 1, 3}, []float64{1, 2}, 1, 5, ErrNotFinite, "g[1, 0] and g[0, 1] are 1 and NaN"},
		{[]float64{2, 1, 1.1, 3}, []float64{1, 2}, 1, 5, ErrParameter, "not symmetric"},
		{[]float64{1, 5, 5, 3}, []float64{1, 1}, 9, 5, ErrParameter, "g[1, 0] is 5"},
		{good, []float64{1, 2}, 1, 5, ErrParameter, "xty[1] is 2"}, // a mean for yty, say
	} {
		_, err := Gram(kernels.NewRowMajor(2, 2, c.g), c.xty, c.yty, c.n)
		if !errors.Is(err, c.target) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want an error with %q", err, c.text)
		}
	}
}

func TestGramMisuse(t *testing.T) {
	mustPanic(t, "linear: Gram: not square", func() { Gram(kernels.NewRowMajor(1, 2, make([]float64, 2)), nil, 1, 1) })
	square := kernels.NewRowMajor(1, 1, []float64{2})
	mustPanic(t, "linear: Gram: the length of xty is not the size of g", func() { Gram(square, nil, 1, 1) })
	d, err := Gram(square, []float64{1}, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "linear: Fit: y is not nil, but a Gram design has its own", func() { ElasticNet{Alpha: 1}.Fit(d, make([]float64, 4)) })
	mustPanic(t, "linear: Predict: a Gram design has no rows", func() { (&Fit{Coef: []float64{1}}).Predict(nil, d) })
}
