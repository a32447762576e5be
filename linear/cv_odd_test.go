package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// oddCV is a cross-validation with what users' data and settings have: few rows, columns that are
// constant, twice there or far from zero, weights of zero, folds that overlap or leave rows out, and
// numbers far from 1.
type oddCV struct {
	ElasticNetCV
	x              kernels.Matrix[float64]
	y              []float64
	xScale, yScale float64
}

func newOddCV(rng *rand.Rand) *oddCV {
	c := &oddCV{xScale: 1, yScale: 1}
	c.Folds, c.NumAlphas, c.Eps, c.Tol, c.MaxIter = 2+rng.IntN(4), 1+rng.IntN(6), 1e-2, 1e-12, 1e4
	n := c.Folds + rng.IntN([]int{3, 40, 60}[rng.IntN(3)])
	p := []int{1, 1 + rng.IntN(4), 1 + rng.IntN(12), 1 + rng.IntN(2*n)}[rng.IntN(4)]
	if rng.IntN(3) == 0 {
		c.xScale, c.yScale = math.Pow(10, float64(rng.IntN(301)-150)), math.Pow(10, float64(rng.IntN(301)-150))
	}
	c.data(rng, n, p)
	c.settings(rng, n, p)
	c.split(rng, n)
	return c
}

func (c *oddCV) data(rng *rand.Rand, n, p int) {
	c.x, c.y = kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
	for j := range p {
		column, shift := c.x.Data[j*n:][:n], 10*rng.NormFloat64()
		for i := range column {
			column[i] = shift + rng.NormFloat64()
		}
		switch rng.IntN(12) {
		case 0:
			copy(column, slices.Repeat([]float64{7}, n))
		case 1:
			clear(column)
		case 2: // twice there
			copy(column, c.x.Data[max(j-1, 0)*n:])
		case 3: // constant but for one row
			copy(column, slices.Repeat([]float64{3}, n))
			column[rng.IntN(n)] += rng.Float64()
		case 4:
			for i := range column {
				column[i] += 1e4
			}
		}
		for i, v := range column {
			c.y[i] += v * float64(max(0, 4-j))
		}
	}
	for i := range c.x.Data {
		c.x.Data[i] *= c.xScale
	}
	for i := range c.y {
		c.y[i] = c.yScale * (c.y[i] + rng.NormFloat64())
	}
}

func (c *oddCV) settings(rng *rand.Rand, n, p int) {
	c.L1Ratios = [][]float64{nil, {1}, {0.1, 0.9}, {1, 0.5, 0.2, 0.7, 0.3}}[rng.IntN(4)]
	c.NoIntercept, c.Standardize, c.Positive = rng.IntN(4) == 0, rng.IntN(4) == 0, rng.IntN(4) == 0
	if rng.IntN(5) == 0 { // in any order
		for _, a := range []float64{0.1, 10, 1, 1} {
			c.Alphas = append(c.Alphas, a*c.xScale*c.yScale)
		}
	}
	if rng.IntN(3) == 0 {
		c.SampleWeights = make([]float64, n)
		for i := range c.SampleWeights {
			c.SampleWeights[i] = []float64{0, 1, 2, rng.Float64(), 1e-9, 1e5}[rng.IntN(4+2*rng.IntN(2))]
		}
	}
	if rng.IntN(5) == 0 {
		c.PenaltyFactors = make([]float64, p)
		for j := range c.PenaltyFactors {
			c.PenaltyFactors[j] = []float64{0.5, 1, 3, math.Inf(1)}[rng.IntN(4)]
		}
	}
	if rng.IntN(4) == 0 {
		c.Selection, c.Seed = Random, rng.Uint64()
	}
	if rng.IntN(5) == 0 {
		c.Scorer = &MAE
	}
}

func (c *oddCV) split(rng *rand.Rand, n int) {
	switch rng.IntN(4) {
	case 0:
		c.Split = KFold{Folds: c.Folds, Shuffle: true, Seed: rng.Uint64()}
	case 1:
		var s Splits
		for range 1 + rng.IntN(4) {
			rows := rng.Perm(n)
			f := Fold{Test: rows[:1+rng.IntN(n-1)]}
			f.Train = rows[len(f.Test):]
			if rng.IntN(2) == 0 { // tested on rows that are fitted to, too
				f.Train = rng.Perm(n)[:1+rng.IntN(n)]
			}
			s = append(s, f)
		}
		c.Split = s
	case 2:
		if n > 3 {
			c.Split = TimeSeriesSplit{Folds: 2}
		}
	}
}

func (c *oddCV) String() string {
	return fmt.Sprintf("%d×%d, X %.0e, y %.0e, %d weights, %d factors, l1_ratios %v, %d alphas, %T, intercept %v, standardize %v, positive %v, random %v",
		c.x.Rows, c.x.Cols, c.xScale, c.yScale, len(c.SampleWeights), len(c.PenaltyFactors), c.L1Ratios, c.NumAlphas, c.Split,
		!c.NoIntercept, c.Standardize, c.Positive, c.Selection == Random)
}

// off is how far test errors of fits that have converged are from want at most, relative to these and
// to a little of the largest.
func (c *oddCV) off(f *CVFit, want [][][]float64) (most float64) {
	largest := 0.0
	for _, of := range want {
		for _, folds := range of {
			largest = max(largest, slices.Max(folds))
		}
	}
	for l := range want {
		for a := range want[l] {
			for k, w := range want[l][a] {
				got := f.MSEPath[l][a][k]
				if off := math.Abs(got-w) / (w + 1e-4*largest); f.ConvergedPath[l][a][k] && got != w && !(off <= most) {
					most = off
				}
			}
		}
	}
	return most
}

// Whatever the data, folds and settings, each test error is that of a fit to copies of the rows, and so
// is that of a single task among many, or what is wrong is said.
func TestCVOfOddProblems(t *testing.T) {
	rng, trials, refused, converged, cells := rand.New(rand.NewPCG(8, 7)), 150, 0, 0, 0
	if instrumented {
		trials = 40
	}
	for trial := range trials {
		c := newOddCV(rng)
		for form, d := range map[string]Design{"columns": Dense(c.x), "rows": Dense(byRows(c.x)), "sparse": sparse(t, c.x)} {
			f, err := c.Fit(t.Context(), d, c.y)
			if err != nil {
				if refused++; !errors.Is(err, ErrRange) && !strings.Contains(err.Error(), "SampleWeights are all 0 in the") {
					t.Errorf("trial %d, %s, %v: %v", trial, form, c, err)
				}
				continue
			}
			if off := c.off(f, plainCV(t, c.ElasticNetCV, d, c.y, f)); off > 2e-5 { // what Tol leaves open
				t.Errorf("trial %d, %s (%v), %v: off by %.2g", trial, form, f.Strategy, c, off)
			}
			count := len(f.L1Ratios) * len(f.Alphas[0]) * len(f.MSEPath[0][0])
			cells, converged = cells+count, converged+count-f.Unconverged
			if form != "columns" || c.Positive || c.Selection == Random {
				continue
			}
			g, err := MultiTaskElasticNetCV(c.ElasticNetCV).Fit(t.Context(), d, kernels.NewColMajor(len(c.y), 1, c.y))
			if errors.Is(err, ErrRange) { // the squares of coefficients are, too
				continue
			}
			if err != nil {
				t.Fatalf("trial %d, one task, %v: %v", trial, c, err)
			}
			if off := c.off(g.CVFit, f.MSEPath); off > 2e-5 || !coefNear(g.Alphas[0], f.Alphas[0], 1e-9) {
				t.Errorf("trial %d, one task, %v: off by %.2g, alphas %v, want %v", trial, c, off, g.Alphas[0], f.Alphas[0])
			}
		}
	}
	if refused > trials/2 || converged < cells*9/10 {
		t.Errorf("%d of %d are refused, %d of %d fits have converged", refused, 3*trials, converged, cells)
	}
}

// Two training rows leave residuals one direction, so that the points whose gradients bound those of
// others are as good as the same: the bound must allow for what their combination does to rounding. It
// did not, and a coefficient was left at 0 with a gap said to be 1e-15.
func TestNearReferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	for trial := range 200 {
		x := kernels.NewColMajor(3, 9, make([]float64, 27))
		y := make([]float64, 3)
		for j := range 9 {
			shift := 10 * rng.NormFloat64()
			if j%3 == 0 {
				shift = 1e4
			}
			for i := range 3 {
				x.Data[3*j+i] = shift + rng.NormFloat64()
				y[i] += x.Data[3*j+i] * float64(max(0, 4-j))
			}
		}
		o := Options{SampleWeights: []float64{0, 0.5, 2}, Positive: trial%2 == 0, Tol: 1e-12, MaxIter: 10000, Algorithm: Covariance}
		for form, d := range map[string]Design{"columns": Dense(x), "sparse": sparse(t, x)} {
			m := ElasticNet{Options: o, Alpha: 0.3, L1Ratio: 0.1}
			f, err := m.Fit(d, y)
			if err != nil {
				t.Fatal(err)
			}
			if v := examine(x, y, f, o, m.Alpha, m.L1Ratio); f.Converged && !(v.gap <= 1e-8*v.size) {
				t.Errorf("trial %d, %s: the gap is %g of ‖y‖², said to be %g", trial, form, v.gap/v.size, f.DualGap/v.size)
			}
		}
	}
}

// What is not finite is named, whichever way the cross-validation goes.
func TestCVNamesBadData(t *testing.T) {
	for _, p := range []int{4, 90} {
		x, y := randomProblem(5, 30, p, 0, 0)
		weights := slices.Repeat([]float64{1, 2}, 15)
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, c := range []struct {
				place *float64
				want  string
			}{
				{&x.Data[2*30+7], fmt.Sprintf("X[7, 2] is %v: not finite", v)},
				{&y[29], fmt.Sprintf("y[29] is %v: not finite", v)},
				{&weights[3], fmt.Sprintf("SampleWeights[3] is %v, must be finite", v)},
			} {
				kept := *c.place
				*c.place = v
				for form, d := range map[string]Design{"columns": Dense(x), "rows": Dense(byRows(x))} {
					_, err := ElasticNetCV{Options: Options{SampleWeights: weights}}.Fit(t.Context(), d, y)
					if err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("%s of %d columns: %v, want %q", form, p, err, c.want)
					}
				}
				*c.place = kept
			}
		}
	}
}

// Without columns every model is the mean of its training rows, at as many alphas as are asked for.
func TestCVOfNoColumns(t *testing.T) {
	y := make([]float64, 20)
	for i := range y {
		y[i] = float64(i * i)
	}
	c := ElasticNetCV{Folds: 4, NumAlphas: 20, L1Ratios: []float64{0.5, 1}}
	f := mustCV(t, c, Dense(kernels.NewColMajor[float64](20, 0, nil)), y)
	if len(f.Coef) != 0 || f.Unconverged != 0 || math.Abs(f.Intercept-123.5) > 1e-12 {
		t.Errorf("coefficients %v, intercept %v, %d not converged", f.Coef, f.Intercept, f.Unconverged)
	}
	mean, want := 0.0, 0.0
	for _, v := range y[5:] {
		mean += v / 15
	}
	for _, v := range y[:5] {
		want += (v - mean) * (v - mean) / 5
	}
	for _, alphas := range f.MSEPath {
		if len(alphas) != 20 || math.Abs(alphas[19][0]-want) > 1e-9*want {
			t.Errorf("%d alphas, the first fold's error is %v, want %v", len(alphas), alphas[19][0], want)
		}
	}
}

// Coefficients whose products underflow leave where they change their sign, as others do: the scale of X
// and y changes no fit. (A step that went past them went round in a circle.)
func TestStepsOfSmallCoefficients(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	for range 100 {
		n, p := 3+rng.IntN(8), 4+rng.IntN(12)
		x, y := kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
		for j := range p {
			shift := 10 * rng.NormFloat64()
			for i := range n {
				x.Data[j*n+i] = shift + rng.NormFloat64()
			}
		}
		for i := range y {
			y[i] = 3 * rng.NormFloat64()
		}
		m := Path{L1Ratio: 1, NumAlphas: 4, Eps: 1e-3, Options: Options{NoIntercept: true, Algorithm: Covariance, Tol: 1e-12}}
		want, err := m.Fit(context.Background(), Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x.Data {
			x.Data[i] = math.Ldexp(x.Data[i], 460)
		}
		for i := range y {
			y[i] = math.Ldexp(y[i], -300)
		}
		got, err := m.Fit(context.Background(), Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		for a := range want.Alphas {
			_, coef := got.Support(a)
			_, as := want.Support(a)
			same := slices.EqualFunc(coef, as, func(v, w float64) bool { return math.Ldexp(v, 760) == w })
			if !same || got.Converged[a] != want.Converged[a] {
				t.Fatalf("%d×%d, alpha %d: converged %v after %d, unscaled %v after %d", n, p, a, got.Converged[a], got.Iterations[a], want.Converged[a], want.Iterations[a])
			}
		}
	}
}
