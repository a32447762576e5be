package linear

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// tallData has just as many rows as products are made of, offsets, correlated columns, and a
// constant one.
func tallData(n, p int) (x kernels.Matrix[float64], y []float64) {
	x, y = randomProblem(71, n, p, 1, 0.3)
	for i := range n {
		for j := 1; j < p; j++ {
			x.Data[j*n+i] += 0.5*x.Data[(j-1)*n+i] + float64(j)
		}
		x.Data[2*n+i] = 0.1
		y[i] += 1000
	}
	return x, y
}

// The products of tall data lead to where passes over the residual lead, by a checker of its
// own, in either layout and type, with all options that they are made for.
func TestTallFits(t *testing.T) {
	const n, p = manyRows + 3, 9
	x, y := tallData(n, p)
	narrow := kernels.NewColMajor(n, p, make([]float32, n*p))
	wide := kernels.NewColMajor(n, p, make([]float64, n*p))
	for i, v := range x.Data {
		narrow.Data[i] = float32(v)
		wide.Data[i] = float64(narrow.Data[i])
	}
	factors := []float64{1, 2, 1, 0.5, 1, 1, math.Inf(1), 1, 3}
	for name, o := range map[string]Options{
		"plain": {}, "no intercept": {NoIntercept: true}, "positive": {Positive: true}, "standardize": {Standardize: true},
		"factors": {PenaltyFactors: factors}, "random": {Selection: Random, Seed: 3}, "init": {Init: slices.Repeat([]float64{1}, p)},
	} {
		o.Tol = 1e-10
		m := ElasticNet{Options: o, Alpha: 0.05, L1Ratio: 0.7}
		slow := m
		slow.Algorithm, slow.MaxIter = WorkingSet, 5000
		for form, c := range map[string]struct {
			d Design
			x kernels.Matrix[float64]
		}{"columns": {Dense(x), x}, "rows": {Dense(byRows(x)), x}, "float32": {Dense(narrow), wide}, "float32 rows": {Dense(byRows(narrow)), wide}} {
			got, want := mustFit(t, m, c.d, y), mustFit(t, slow, c.d, y)
			if got.Algorithm != Covariance || !got.Converged {
				t.Errorf("%s, %s: %v, converged %v", name, form, got.Algorithm, got.Converged)
			}
			gap, _ := checkedGap(c.x, y, got, o, m.Alpha, m.L1Ratio)
			if o.NoIntercept == (got.Intercept != 0) || want.Converged && !(math.Abs(got.Intercept-want.Intercept) <= 1e-3) {
				t.Errorf("%s, %s: intercept %v, want %v", name, form, got.Intercept, want.Intercept)
			}
			for j, w := range want.Coef {
				if want.Converged && !(math.Abs(got.Coef[j]-w) <= 1e-4) {
					t.Errorf("%s, %s: w[%d] is %v, want %v (gap %v)", name, form, j, got.Coef[j], w, gap)
				}
			}
			if !o.Standardize && o.PenaltyFactors == nil && !(gap <= 2e-10*yySquares(y, o.NoIntercept)/float64(n)) {
				t.Errorf("%s, %s: the gap is %v, it says %v", name, form, gap, got.DualGap)
			}
		}
	}
}

func yySquares(y []float64, raw bool) (squares float64) {
	mean := 0.0
	for _, v := range y {
		if !raw {
			mean += v / float64(len(y))
		}
	}
	for _, v := range y {
		squares += (v - mean) * (v - mean)
	}
	return squares
}

// A path of tall data is that of its rows, with any number of threads to the bit.
func TestTallPath(t *testing.T) {
	const n, p = manyRows + 300, 40
	x, y := tallData(n, p)
	m := Path{Options: Options{Tol: 1e-9}, L1Ratio: 1, NumAlphas: 12}
	slow := m
	slow.Algorithm = WorkingSet
	want, err := slow.Fit(context.Background(), Dense(x), y)
	if err != nil {
		t.Fatal(err)
	}
	var first *PathFit
	for _, l := range []parfor.Loop{{Threads: 1}, {Threads: 2}, {Threads: 5, Schedule: parfor.Static(1)}} {
		m.Loop = l
		got, err := m.Fit(context.Background(), Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		for a := range want.Alphas {
			if got.Algorithm != Covariance || !got.Converged[a] || !near(got.Alphas[a], want.Alphas[a], 1e-9) || !near(got.R2[a], want.R2[a], 1e-7) {
				t.Errorf("alpha %d: %v, %v, converged %v, R² %v; want %v and %v", a, got.Alphas[a], got.Algorithm, got.Converged[a], got.R2[a], want.Alphas[a], want.R2[a])
			}
			if !slices.Equal(got.Coef(a), first.Coef(a)) || got.Intercept(a) != first.Intercept(a) || got.DualGaps[a] != first.DualGaps[a] {
				t.Errorf("alpha %d: %d threads give other bits", a, l.Threads)
			}
		}
	}
}

// What products of tall data cannot tell is left to the rows: errors name what they always do, and
// columns that vary little beside an outlier keep their digits.
func TestTallFitsFallBack(t *testing.T) {
	const n, p = manyRows + 1, 4
	fit := func(change func(x kernels.Matrix[float64], y []float64)) (*Fit, error) {
		x, y := tallData(n, p)
		change(x, y)
		return Lasso{Alpha: 0.01}.Fit(Dense(x), y)
	}
	for _, bad := range []func(x kernels.Matrix[float64], y []float64){
		func(x kernels.Matrix[float64], y []float64) { x.Data[3*n+7] = math.NaN() },
		func(x kernels.Matrix[float64], y []float64) { y[5] = math.Inf(1) },
	} {
		if _, err := fit(bad); !errors.Is(err, ErrNotFinite) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := fit(func(x kernels.Matrix[float64], y []float64) { x.Data[n+9] = 1e200 }); !errors.Is(err, ErrRange) {
		t.Errorf("error %v", err)
	}
	for name, harmless := range map[string]func(x kernels.Matrix[float64], y []float64){
		"zeros":      func(x kernels.Matrix[float64], y []float64) { clear(x.Data[n : 2*n]) },
		"constant y": func(x kernels.Matrix[float64], y []float64) { copy(y, slices.Repeat([]float64{0.1}, n)) },
		"far centre": func(x kernels.Matrix[float64], y []float64) {
			for i := range n { // all but the rows that the centre is taken from
				x.Data[n+i] = 1e6 + float64(i%7)
			}
			x.Data[n] = -1e9
		},
	} {
		f, err := fit(harmless)
		if err != nil || !f.Converged {
			t.Errorf("%s: %v", name, err)
		}
	}
}
