package linear

// What the tests of scikit-learn, celer, skglm and glmnet assert of a solver, one test each,
// and what the options promise. Solutions are judged by the checker.

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// solve fits and has the solution checked: it is optimal to Tol.
func solve(t *testing.T, x kernels.Matrix[float64], y []float64, m ElasticNet) *Fit {
	t.Helper()
	f := mustFit(t, m, Dense(x), y)
	mustBeOptimal(t, x, y, m, f)
	return f
}

func mustBeOptimal(t *testing.T, x kernels.Matrix[float64], y []float64, m ElasticNet, f *Fit) {
	t.Helper()
	v, tol := examine(x, y, f, m.Options, m.Alpha, m.L1Ratio), m.tol()
	if m.Alpha == 0 {
		if !f.Converged || v.steepest > tol*(1+1e-6)+1e-14 {
			t.Errorf("%+v: relative gradient %v, converged %v", m, v.steepest, f.Converged)
		}
		return
	}
	if rounding := 1e-14 * (v.objective + v.size); !f.Converged || !(v.gap <= tol*v.size+rounding) {
		t.Errorf("%+v: gap %v of %v, says %v, converged %v", m, v.gap, v.size, f.DualGap, f.Converged)
	}
	if m.Positive && len(f.Coef) > 0 && slices.Min(f.Coef) < 0 {
		t.Errorf("%+v: negative coefficients in %v", m, f.Coef)
	}
}

func coefNear(a, b []float64, tol float64) bool {
	return slices.EqualFunc(a, b, func(a, b float64) bool { return near(a, b, tol*(1+math.Abs(b))) })
}

// tight is a problem solved to where solutions can be compared.
func tight(alpha, l1Ratio float64) ElasticNet {
	return ElasticNet{Options: Options{Tol: 1e-13, MaxIter: 1e5}, Alpha: alpha, L1Ratio: l1Ratio}
}

func TestPositiveConstraint(t *testing.T) {
	x, y := randomProblem(71, 60, 30, 1, 0.4)
	for _, l1Ratio := range []float64{1, 0.5, 0} {
		for _, alpha := range []float64{0.02, 0.001} {
			free, m := tight(alpha, l1Ratio), tight(alpha, l1Ratio)
			m.Positive = true
			if f := solve(t, x, y, m); slices.Max(f.Coef) == 0 || slices.Min(solve(t, x, y, free).Coef) >= 0 {
				t.Errorf("l1_ratio %v, alpha %v: the constraint has nothing to do", l1Ratio, alpha)
			}
		}
	}
	m := tight(0, 1) // non-negative least squares
	m.Positive = true
	solve(t, x, y, m)
}

// Where all products are negative, no alpha lets a coefficient in.
func TestPositiveWithNothingToGain(t *testing.T) {
	x := kernels.NewColMajor(4, 2, []float64{1, 2, 3, 4, 0, 1, 1, 2})
	for _, alpha := range []float64{0, 1e-9, 1} {
		m := ElasticNet{Options: Options{Positive: true}, Alpha: alpha, L1Ratio: 1}
		if f := solve(t, x, []float64{4, 3, 2, 1}, m); f.Coef[0] != 0 || f.Coef[1] != 0 || f.Intercept != 2.5 {
			t.Errorf("alpha %v: %+v", alpha, f)
		}
	}
}

func TestWarmStartInTwoHalvesCostsTheSame(t *testing.T) {
	x, y := randomProblem(72, 80, 40, 0, 0.75)
	m := ElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e5, Algorithm: AllColumns}, Alpha: 1e-3, L1Ratio: 0.9}
	whole := solve(t, x, y, m)
	m.MaxIter = whole.Iterations / 2
	half := mustFit(t, m, Dense(x), y)
	m.MaxIter, m.Init = 1e5, half.Coef
	rest := solve(t, x, y, m)
	if half.Converged || math.Abs(float64(half.Iterations+rest.Iterations-whole.Iterations)) > 20 {
		t.Errorf("%d passes, in halves %d and %d", whole.Iterations, half.Iterations, rest.Iterations)
	}
}

func TestRandomSelectionFindsWhatCyclicFinds(t *testing.T) {
	x, y := randomProblem(73, 70, 50, 1, 0.5)
	m := tight(0.01, 0.7)
	want := solve(t, x, y, m)
	m.Selection = Random
	first := solve(t, x, y, m)
	if again := solve(t, x, y, m); !sameFit(first, again) {
		t.Error("the same seed gives other bits")
	}
	m.Seed = 5
	other := solve(t, x, y, m)
	if slices.Equal(first.Coef, other.Coef) && slices.Equal(first.Coef, want.Coef) {
		t.Error("the selection has no effect")
	}
	if !coefNear(first.Coef, want.Coef, 1e-5) || !coefNear(other.Coef, want.Coef, 1e-5) {
		t.Errorf("random %v and %v, cyclic %v", first.Coef, other.Coef, want.Coef)
	}
}

// A Gram matrix of other data than xty's is refused, as scikit-learn refuses it.
func TestStaleGramIsRefused(t *testing.T) {
	x, y := randomProblem(74, 50, 6, 0, 0)
	g, xty, yty, _, _ := gramOf(x, y)
	for i := range g.Data {
		g.Data[i] /= 1e4 // of X/100
	}
	if _, err := Gram(g, xty, yty, x.Rows); !errors.Is(err, ErrParameter) {
		t.Errorf("no error but %v", err)
	}
}

// weightedRows returns x and y without the rows of weight 0 and with those of weight 2
// twice.
func weightedRows(x kernels.Matrix[float64], y, s []float64) (kernels.Matrix[float64], []float64) {
	var rows []int
	for i, v := range s {
		for range int(v) {
			rows = append(rows, i)
		}
	}
	long, yLong := kernels.NewColMajor(len(rows), x.Cols, make([]float64, len(rows)*x.Cols)), make([]float64, len(rows))
	for k, i := range rows {
		yLong[k] = y[i]
		for j := range x.Cols {
			long.Data[j*len(rows)+k] = x.At(i, j)
		}
	}
	return long, yLong
}

func TestWeightZeroRemovesARowAndTwoDoublesIt(t *testing.T) {
	x, y := randomProblem(75, 60, 25, 0.2, 0.3)
	s := make([]float64, 60)
	for i := range s {
		s[i] = float64(i % 3)
	}
	long, yLong := weightedRows(x, y, s)
	for _, standardize := range []bool{false, true} {
		for _, l1Ratio := range []float64{1, 0.4, 0} {
			for _, alpha := range []float64{0.05, 0.001, 0} {
				m := tight(alpha, l1Ratio)
				m.Standardize, m.NoIntercept = standardize, l1Ratio == 0.4
				want := solve(t, long, yLong, m)
				m.SampleWeights = s
				got := solve(t, x, y, m)
				if !coefNear(got.Coef, want.Coef, 1e-5) || !near(got.Intercept, want.Intercept, 1e-5) {
					t.Errorf("%+v: %v, %v; want %v, %v", m, got.Coef, got.Intercept, want.Coef, want.Intercept)
				}
				if a, b := got.ScoreWeighted(Dense(x), y, s), got.Score(Dense(long), yLong); !near(a, b, 1e-12) {
					t.Errorf("R² %v with weights, %v with rows", a, b)
				}
			}
		}
	}
}

func TestEqualWeightsAreNoWeights(t *testing.T) {
	x, y := randomProblem(76, 40, 20, 1, 0.3)
	m := ElasticNet{Alpha: 0.01, L1Ratio: 0.5}
	want := mustFit(t, m, Dense(x), y)
	for _, s := range []float64{1, 2, 1e-300, 1e300, 5e-324} {
		m.SampleWeights = slices.Repeat([]float64{s}, 40)
		if got := mustFit(t, m, Dense(x), y); !sameFit(got, want) {
			t.Errorf("weights of %v: %+v, want %+v", s, got, want)
		}
	}
}

// Only the proportions of the weights matter, however large they are.
func TestWeightsAreRelative(t *testing.T) {
	x, y := randomProblem(77, 40, 20, 1, 0.3)
	s := make([]float64, 40)
	for i := range s {
		s[i] = float64(1+i%4) / 4
	}
	m := ElasticNet{Options: Options{SampleWeights: s}, Alpha: 0.01, L1Ratio: 0.5}
	want := solve(t, x, y, m)
	for _, c := range []float64{4, 0x1p-1000, 0x1p1000} {
		m.SampleWeights = slices.Clone(s)
		for i := range s {
			m.SampleWeights[i] *= c
		}
		if got := mustFit(t, m, Dense(x), y); !sameFit(got, want) {
			t.Errorf("weights times %v: %+v, want %+v", c, got, want)
		}
	}
}

func TestSmallAlphaIsLeastSquares(t *testing.T) {
	x, y := randomProblem(78, 50, 8, 1, 0.2)
	squares := solve(t, x, y, tight(0, 1))
	for _, l1Ratio := range []float64{1, 0.5, 0} {
		m := tight(1e-9, l1Ratio)
		if f := solve(t, x, y, m); !coefNear(f.Coef, squares.Coef, 1e-6) {
			t.Errorf("l1_ratio %v: %v, least squares %v", l1Ratio, f.Coef, squares.Coef)
		}
	}
}

func TestZeroAndConstantColumnsStayZero(t *testing.T) {
	x, y := randomProblem(79, 30, 6, 1, 0.2)
	for i := range 30 {
		x.Data[1*30+i], x.Data[4*30+i] = 0, 0.1
	}
	for _, alpha := range []float64{0, 0.01} {
		for _, l1Ratio := range []float64{1, 0} {
			m := tight(alpha, l1Ratio)
			m.Init = []float64{1, 1, 1, 1, 1, 1}
			if f := solve(t, x, y, m); f.Coef[1] != 0 || f.Coef[4] != 0 || f.Coef[0] == 0 {
				t.Errorf("alpha %v, l1_ratio %v: %v", alpha, l1Ratio, f.Coef)
			}
		}
	}
	m := tight(0.01, 1) // without an intercept a constant column is one like others
	m.NoIntercept = true
	if f := solve(t, x, y, m); f.Coef[1] != 0 {
		t.Errorf("without intercept: %v", f.Coef)
	}
}

// Of equal columns any share is optimal; none of the ways to one may fail.
func TestDuplicatedColumns(t *testing.T) {
	x, y := randomProblem(80, 30, 12, 1, 0.2)
	for j := 6; j < 12; j++ {
		copy(x.Data[j*30:(j+1)*30], x.Data[(j-6)*30:])
	}
	for _, algorithm := range []Algorithm{Auto, AllColumns, WorkingSet, Covariance} {
		for _, alpha := range []float64{0, 0.001, 0.1} {
			for _, l1Ratio := range []float64{1, 0.5, 0} {
				m := ElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e5, Algorithm: algorithm}, Alpha: alpha, L1Ratio: l1Ratio}
				solve(t, x, y, m)
			}
		}
	}
}

func TestInfiniteFactorExcludesTheColumn(t *testing.T) {
	x, y := randomProblem(81, 40, 8, 1, 0.3)
	for _, alpha := range []float64{0.01, 0} {
		m := tight(alpha, 0.5)
		want := solve(t, kernels.NewColMajor(40, 6, x.Data[2*40:]), y, m)
		inf := math.Inf(1)
		m.PenaltyFactors, m.Init = []float64{inf, inf, 1, 1, 1, 1, 1, 1}, []float64{1, 2, 0, 0, 0, 0, 0, 0}
		got := solve(t, x, y, m)
		if got.Coef[0] != 0 || got.Coef[1] != 0 || !coefNear(got.Coef[2:], want.Coef, 1e-6) {
			t.Errorf("alpha %v: %v, want %v", alpha, got.Coef, want.Coef)
		}
		m.PenaltyFactors = slices.Repeat([]float64{inf}, 8)
		if none := solve(t, x, y, m); slices.Max(none.Coef) != 0 {
			t.Errorf("all excluded: %+v", none)
		}
	}
}

// A column without a penalty is fitted whatever alpha is: with a huge one the fit is that of
// least squares on those columns. Checked for collinear, and with Positive for opposed, ones.
func TestZeroFactorFreesTheColumn(t *testing.T) {
	x, y := randomProblem(82, 40, 10, 1, 0.3)
	factors := []float64{0, 0, 1, 1, 1, 0, 1, 1, 1, 1}
	for _, positive := range []bool{false, true} {
		for _, l1Ratio := range []float64{1, 0.5, 0} {
			for _, alpha := range []float64{1e6, 0.05, 0.001} {
				m := tight(alpha, l1Ratio)
				m.PenaltyFactors, m.Positive = factors, positive
				f := solve(t, x, y, m)
				if alpha < 1e6 || l1Ratio == 0 {
					continue
				}
				m = tight(0, 1)
				m.Positive, m.PenaltyFactors = positive, slices.Clone(factors)
				for j, v := range factors {
					if v == 1 {
						m.PenaltyFactors[j] = math.Inf(1)
					}
				}
				if want := solve(t, x, y, m); !coefNear(f.Coef, want.Coef, 1e-6) {
					t.Errorf("positive %v: %v, want %v", positive, f.Coef, want.Coef)
				}
			}
		}
	}
	copy(x.Data[5*40:6*40], x.Data[:40]) // a free column twice
	for _, positive := range []bool{false, true} {
		m := tight(0.01, 0.5)
		m.PenaltyFactors, m.Positive = factors, positive
		solve(t, x, y, m)
	}
}

func TestAllFactorsZeroIsLeastSquares(t *testing.T) {
	x, y := randomProblem(83, 40, 6, 1, 0.3)
	for _, positive := range []bool{false, true} {
		m := tight(0, 1)
		m.Positive = positive
		want := solve(t, x, y, m)
		m.Alpha, m.PenaltyFactors = 1, make([]float64, 6)
		if got := solve(t, x, y, m); !coefNear(got.Coef, want.Coef, 1e-6) {
			t.Errorf("positive %v: %v, want %v", positive, got.Coef, want.Coef)
		}
	}
}

// Factors are not rescaled: twice the factors is twice alpha.
func TestFactorsMultiplyAlpha(t *testing.T) {
	x, y := randomProblem(84, 40, 10, 1, 0.3)
	m := ElasticNet{Alpha: 0.02, L1Ratio: 0.5}
	want := solve(t, x, y, m)
	m.Alpha, m.PenaltyFactors = 0.01, slices.Repeat([]float64{2}, 10)
	if got := solve(t, x, y, m); !sameFit(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	// One column's factor is the same as that column divided by it, in the Lasso.
	m = tight(0.01, 1)
	m.PenaltyFactors = slices.Repeat([]float64{1}, 10)
	m.PenaltyFactors[1] = 4
	got := solve(t, x, y, m)
	for i := range 40 {
		x.Data[40+i] /= 4
	}
	m.PenaltyFactors = nil
	want = solve(t, x, y, m)
	want.Coef[1] /= 4
	if !coefNear(got.Coef, want.Coef, 1e-6) {
		t.Errorf("%v, want %v", got.Coef, want.Coef)
	}
}

// Standardize gives the solution for columns of standard deviation 1, on the original scale.
func TestStandardizeIsScaledColumns(t *testing.T) {
	x, y := randomProblem(85, 60, 12, 3, 0.3)
	for j := range 12 {
		for i := range 60 {
			x.Data[j*60+i] *= math.Pow(10, float64(j%5-2))
		}
	}
	for _, noIntercept := range []bool{false, true} {
		for _, l1Ratio := range []float64{1, 0.5, 0} {
			m := tight(0.01, l1Ratio)
			m.NoIntercept, m.Standardize = noIntercept, true
			got := solve(t, x, y, m)
			c, scaled := newChecker(x, y, m.Options), slices.Clone(x.Data)
			for j := range 12 {
				_, σ := c.factor(j)
				for i := range 60 {
					scaled[j*60+i] /= σ
				}
				got.Coef[j] *= σ
			}
			m.Standardize = false
			if want := solve(t, kernels.NewColMajor(60, 12, scaled), y, m); !coefNear(got.Coef, want.Coef, 1e-6) || !near(got.Intercept, want.Intercept, 1e-6) {
				t.Errorf("no intercept %v, l1_ratio %v: %v, want %v", noIntercept, l1Ratio, got.Coef, want.Coef)
			}
		}
	}
}

func TestLassoIsTheElasticNetOfRatioOne(t *testing.T) {
	x, y := diabetes(t)
	o := Options{Tol: 1e-8, Positive: true}
	got, err := Lasso{Options: o, Alpha: 0.3}.Fit(Dense(x), y)
	if want := mustFit(t, ElasticNet{Options: o, Alpha: 0.3, L1Ratio: 1}, Dense(x), y); err != nil || !sameFit(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// Powers of two change no bit but the exponents: 1e50 and 1e-140 are numbers like others.
func TestScalesOfTheDataDoNotMatter(t *testing.T) {
	x, y := randomProblem(86, 40, 15, 0, 0.3)
	m := ElasticNet{Options: Options{Tol: 1e-10}, Alpha: 0.01, L1Ratio: 0.5}
	want := solve(t, x, y, m)
	for _, scale := range []float64{0x1p166, 0x1p-166, 0x1p-460, 0x1p500} {
		big, yBig := slices.Clone(x.Data), slices.Clone(y)
		for i := range big {
			big[i] *= scale
		}
		for i := range yBig {
			yBig[i] *= scale
		}
		m.Alpha = 0.01 * scale * scale
		got := mustFit(t, m, Dense(kernels.NewColMajor(40, 15, big)), yBig)
		if !slices.Equal(got.Coef, want.Coef) || got.Intercept != want.Intercept*scale || got.DualGap != want.DualGap*scale*scale {
			t.Errorf("times %v: %+v, want %+v", scale, got, want)
		}
	}
}

// What leaves the range of float64 is an error that says so, never a wrong answer.
func TestScalesOutOfRangeAreErrors(t *testing.T) {
	x, y := randomProblem(87, 20, 3, 0, 0.3)
	for _, scale := range []float64{1e-300, 1e-160, 1e160, 1e300} {
		data := slices.Clone(x.Data)
		for i := range 20 {
			data[20+i] *= scale
		}
		for _, single := range []Design{Dense(kernels.NewColMajor(20, 3, data)), Dense(byRows(kernels.NewColMajor(20, 3, data)))} {
			_, err := ElasticNet{Alpha: 0.01, L1Ratio: 1}.Fit(single, y)
			if !errors.Is(err, ErrRange) || !strings.Contains(err.Error(), "column 1") {
				t.Errorf("column times %v: %v", scale, err)
			}
		}
	}
}

func TestOneRow(t *testing.T) {
	x, y := kernels.NewColMajor(1, 2, []float64{2, -3}), []float64{5}
	for _, alpha := range []float64{0, 0.1} {
		for _, l1Ratio := range []float64{1, 0.5, 0} {
			m := ElasticNet{Alpha: alpha, L1Ratio: l1Ratio}
			if f := solve(t, x, y, m); f.Coef[0] != 0 || f.Coef[1] != 0 || f.Intercept != 5 || f.Score(Dense(x), y) != 1 {
				t.Errorf("alpha %v: %+v", alpha, f)
			}
			m.NoIntercept, m.MaxIter = true, 1e5
			solve(t, x, y, m)
		}
	}
}

func TestBadOptions(t *testing.T) {
	x, y := Dense(kernels.NewColMajor(3, 2, []float64{1, 2, 3, 4, 5, 7})), []float64{1, 2, 4}
	nan := math.NaN()
	for _, c := range []struct {
		o      Options
		target error
		text   string
	}{
		{Options{SampleWeights: []float64{1, -1, 1}}, ErrParameter, "SampleWeights[1] is -1"},
		{Options{SampleWeights: []float64{1, 1, nan}}, ErrParameter, "SampleWeights[2] is NaN"},
		{Options{SampleWeights: []float64{math.Inf(1), 1, 1}}, ErrParameter, "SampleWeights[0] is +Inf"},
		{Options{SampleWeights: []float64{0, 0, 0}}, ErrParameter, "SampleWeights are all 0"},
		{Options{PenaltyFactors: []float64{1, -2}}, ErrParameter, "PenaltyFactors[1] is -2"},
		{Options{PenaltyFactors: []float64{nan, 1}}, ErrParameter, "PenaltyFactors[0] is NaN"},
		{Options{PenaltyFactors: []float64{1, 1e308}}, ErrRange, "penalty of column 1"},
		{Options{Positive: true, Init: []float64{0, -1}}, ErrParameter, "Init[1] is -1"},
	} {
		f, err := ElasticNet{Options: c.o, Alpha: 1, L1Ratio: 0.5}.Fit(x, y)
		if f != nil || !errors.Is(err, c.target) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %+v, %v; want an error with %q", f, err, c.text)
		}
	}
	for text, o := range map[string]Options{
		"linear: Fit: the length of SampleWeights is not the number of rows":     {SampleWeights: []float64{1}},
		"linear: Fit: the length of PenaltyFactors is not the number of columns": {PenaltyFactors: []float64{}},
		"linear: Fit: unknown Selection":                                         {Selection: 2},
		"linear: Fit: unknown Algorithm":                                         {Algorithm: 99},
	} {
		mustPanic(t, text, func() { ElasticNet{Options: o}.Fit(x, y) })
	}
}

// drawn is a random problem of any kind from few numbers, for the fuzzer and the properties.
func drawn(rng *rand.Rand) (x kernels.Matrix[float64], y []float64, m ElasticNet) {
	n, p := 2+rng.IntN(40), 1+rng.IntN(60)
	share := []float64{0, 0.5, 0.75, 0.8133}[rng.IntN(4)] // correlations of 0, .5, .9, .95
	x, y = randomProblem(rng.Uint64(), n, p, float64(rng.IntN(3)), share)
	m = ElasticNet{Alpha: math.Pow(10, -3*rng.Float64()), L1Ratio: 0.1 + 0.9*rng.Float64()}
	m.NoIntercept, m.Positive, m.Standardize = rng.IntN(2) == 0, rng.IntN(3) == 0, rng.IntN(4) == 0
	m.Algorithm, m.Selection = Algorithm(rng.IntN(4)), Selection(rng.IntN(2))
	if rng.IntN(2) == 0 {
		for range n {
			m.SampleWeights = append(m.SampleWeights, float64(rng.IntN(4)))
		}
		m.SampleWeights[rng.IntN(n)] = 1
	}
	if rng.IntN(3) == 0 {
		for range p {
			m.PenaltyFactors = append(m.PenaltyFactors, []float64{0, 0.5, 1, 1, 2, math.Inf(1)}[rng.IntN(6)])
		}
	}
	return x, y, m
}

// No feature that is non-zero at the optimum is ever screened out, from the first pass of
// coordinate descent to the last: 300 problems with weights, signs and factors, l1_ratios
// from .1 and correlations to .95.
func TestScreeningNeverRemovesASupport(t *testing.T) {
	rng := rand.New(rand.NewPCG(93, 94))
	removed := 0
	for trial := range 300 {
		x, y, m := drawn(rng)
		m.Tol, m.MaxIter, m.Algorithm, m.Selection = 1e-13, 1e5, Auto, Cyclic
		optimum := mustFit(t, m, Dense(x), y)
		if !optimum.Converged {
			continue // columns too collinear for 1e-13
		}
		mustBeOptimal(t, x, y, m, optimum)
		largest := 0.0
		for _, w := range optimum.Coef {
			largest = max(largest, math.Abs(w))
		}
		p, err := Dense(x).problem(m.Options, y)
		if err != nil {
			t.Fatal(err)
		}
		s := newSolver(p, &m.Options)
		if err := s.penalize(m.Alpha, m.L1Ratio); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			s.epoch(s.cols, s.pen, s.w)
			cert := s.certify(s.cols)
			if s.screen(cert); !(cert.gap > 1e-10*s.yy) {
				break
			}
		}
		for _, j := range s.all {
			if !slices.Contains(s.cols, j) {
				if removed++; math.Abs(optimum.Coef[j]) > 1e-6*largest {
					t.Fatalf("trial %d, %+v: column %d was removed, its coefficient is %v", trial, m, j, optimum.Coef[j])
				}
			}
		}
	}
	if removed < 2000 {
		t.Errorf("%d columns were removed in all", removed)
	}
}

// Any problem is solved to its Tol, in every form, by every way.
func FuzzFit(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, uint8(seed*7))
	}
	f.Fuzz(func(t *testing.T, seed uint64, tol uint8) {
		rng := rand.New(rand.NewPCG(seed, 2))
		x, y, m := drawn(rng)
		m.Tol, m.MaxIter = math.Pow(10, -1-float64(tol%10)), 1e6
		if rng.IntN(6) == 0 {
			m.L1Ratio = float64(rng.IntN(2))
		}
		for name, d := range designs(t, x, false) {
			fit, err := m.Fit(d, y)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(name, func(t *testing.T) { mustBeOptimal(t, x, y, m, fit) })
		}
	})
}

func ExampleLasso() {
	x := Dense(kernels.NewColMajor(4, 2, []float64{1, 2, 3, 4, 1, 0, 0, 1}))
	fit, err := Lasso{Alpha: 0.5, Options: Options{Tol: 1e-12}}.Fit(x, []float64{1, 3, 5, 7})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f %.3f\n", fit.Coef, fit.Intercept)
	// Output: [1.600 0.000] 0.000
}

// Where the penalty is below the rounding of a gradient, the fit is that of least squares, also
// where columns depend on each other, and says that it has converged.
func TestAlphasBelowRounding(t *testing.T) {
	for _, shape := range [][3]int{{40, 25, 10}, {20, 40, 10}, {60, 30, 30}} { // rows, columns, rank
		n, p, rank := shape[0], shape[1], shape[2]
		rng := rand.New(rand.NewPCG(uint64(n), 3))
		base, x := make([]float64, n*rank), kernels.NewColMajor(n, p, make([]float64, n*p))
		for i := range base {
			base[i] = rng.NormFloat64()
		}
		for j := range p {
			for k := range rank {
				c := rng.NormFloat64()
				for i := range n {
					x.Data[j*n+i] += c * base[k*n+i]
				}
			}
		}
		y := make([]float64, n)
		for i := range y {
			y[i] = rng.NormFloat64()
		}
		best := mustFit(t, ElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e6}, L1Ratio: 1}, Dense(x), y).Score(Dense(x), y)
		for _, alpha := range []float64{1e-15, 1e-20, 1e-28, 1e-100, 1e-300} {
			f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-8}, Alpha: alpha, L1Ratio: 1}, Dense(x), y)
			if r2 := f.Score(Dense(x), y); !f.Converged || math.Abs(r2-best) > 1e-8 {
				t.Errorf("%v, alpha %v: converged %v after %d, R² %v, least squares has %v", shape, alpha, f.Converged, f.Iterations, r2, best)
			}
		}
	}
}
