package linear

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// withTiles says that the products of bfloat16 are fast, or that they are not, while a test runs:
// without the tile unit the reference stands in, with the same bits.
func withTiles(t *testing.T, there bool) {
	before := tiles
	tiles = func() bool { return there }
	t.Cleanup(func() { tiles = before })
}

// refineData has offsets, correlated columns and a constant one.
func refineData(n, p int) (kernels.Matrix[float64], []float64) {
	x, y := randomProblem(31, n, p, 2, 0.3)
	for i := range n {
		for j := 1; j < p; j++ {
			x.Data[j*n+i] += 0.4 * x.Data[(j-1)*n+i]
		}
		x.Data[2*n+i] = 0.1
		y[i] += 50
	}
	return x, y
}

// By a checker of its own, refinement reaches the gap with every option that it is made for, in
// either type.
func TestRefinement(t *testing.T) {
	withTiles(t, true)
	const n, p = 150, 40
	x, y := refineData(n, p)
	narrow, wide := kernels.NewColMajor(n, p, make([]float32, n*p)), kernels.NewColMajor(n, p, make([]float64, n*p))
	for i, v := range x.Data {
		narrow.Data[i] = float32(v)
		wide.Data[i] = float64(narrow.Data[i])
	}
	factors, weights := slices.Repeat([]float64{1}, p), make([]float64, n)
	factors[1], factors[3], factors[5] = 3, 0.25, math.Inf(1)
	for i := range weights {
		weights[i] = float64(i % 4)
	}
	for name, o := range map[string]Options{
		"plain": {}, "no intercept": {NoIntercept: true}, "positive": {Positive: true}, "standardize": {Standardize: true},
		"factors": {PenaltyFactors: factors}, "weights": {SampleWeights: weights}, "init": {Init: slices.Repeat([]float64{1}, p)},
		"positive weights": {Positive: true, SampleWeights: weights, Standardize: true, PenaltyFactors: factors},
	} {
		o.Algorithm, o.Tol, o.MaxIter = Refinement, 1e-10, 20000
		for _, alpha := range []float64{0.03, 0.001} {
			for _, ratio := range []float64{1, 0.4} {
				m := ElasticNet{Options: o, Alpha: alpha, L1Ratio: ratio}
				for form, c := range map[string]struct {
					d Design
					x kernels.Matrix[float64]
				}{"float64": {Dense(x), x}, "float32": {Dense(narrow), wide}} {
					f := mustFit(t, m, c.d, y)
					if v := examine(c.x, y, f, o, alpha, ratio); f.Algorithm != Refinement && !o.NoIntercept || !f.Converged || !(v.gap <= 1.01e-10*v.size) {
						t.Errorf("%s, %s, alpha %v, l1_ratio %v: %v, converged %v, gap %v of %v, it says %v after %d passes",
							name, form, alpha, ratio, f.Algorithm, f.Converged, v.gap, v.size, f.DualGap, f.Iterations)
					}
				}
			}
		}
	}
}

// The scales of columns and targets matter to nothing, up to where squares leave float64.
func TestRefinementAtAnyScale(t *testing.T) {
	withTiles(t, true)
	const n, p = 120, 30
	for _, scales := range [][2]float64{{1e150, 1}, {1e-145, 1}, {1, 1e150}, {1, 1e-145}, {1e150, 1e-145}} {
		x, y := refineData(n, p)
		for i := range x.Data {
			x.Data[i] *= scales[0] * math.Pow(10, float64(i/n%3))
		}
		for i := range y {
			y[i] *= scales[1]
		}
		o := Options{Algorithm: Refinement, Tol: 1e-8}
		f := mustFit(t, ElasticNet{Options: o, Alpha: 0.002 * scales[0] * scales[1], L1Ratio: 1}, Dense(x), y)
		if v := examine(x, y, f, o, 0.002*scales[0]*scales[1], 1); f.Algorithm != Refinement || !f.Converged || !(v.gap <= 1.01e-8*v.size) {
			t.Errorf("scales %v: %v, converged %v, gap %v of %v", scales, f.Algorithm, f.Converged, v.gap, v.size)
		}
	}
}

// Bits depend on no loop.
func TestRefinementHasTheSameBits(t *testing.T) {
	withTiles(t, true)
	x, y := refineData(700, 70)
	var first *Fit
	for _, l := range []parfor.Loop{{Threads: 1}, {}, {Threads: 2, Schedule: parfor.Dynamic(1)}, {Threads: 5, Schedule: parfor.Static(1)}} {
		f := mustFit(t, ElasticNet{Options: Options{Algorithm: Refinement, Loop: l, Tol: 1e-8}, Alpha: 0.001, L1Ratio: 0.9}, Dense(x), y)
		if first == nil {
			first = f
		}
		if !slices.Equal(f.Coef, first.Coef) || f.Intercept != first.Intercept || f.DualGap != first.DualGap || f.Algorithm != Refinement {
			t.Errorf("%v: other bits", l)
		}
	}
}

// A model of few of the columns takes in those that turn out to belong to it.
func TestRefinementTakesInColumns(t *testing.T) {
	withTiles(t, true)
	const n, p = 200, 90
	x, y := refineData(n, p)
	for _, alpha := range []float64{0.3, 0.1, 0.05, 0.02} {
		o := Options{Algorithm: Refinement, Tol: 1e-9}
		f := mustFit(t, ElasticNet{Options: o, Alpha: alpha, L1Ratio: 1}, Dense(x), y)
		if v := examine(x, y, f, o, alpha, 1); !f.Converged || !(v.gap <= 1.01e-9*v.size) {
			t.Errorf("alpha %v: %v, converged %v, gap %v of %v", alpha, f.Algorithm, f.Converged, v.gap, v.size)
		}
	}
}

// Where the rounding of the products is all that tells columns apart, passes over the rows finish
// the work; where nothing may go on, the fit says that it has not converged.
func TestRefinementFallsBack(t *testing.T) {
	withTiles(t, true)
	const n, p = 150, 40
	x, y := refineData(n, p)
	for i := range n {
		for j := 6; j < p; j += 2 {
			x.Data[j*n+i] = x.Data[(j-1)*n+i] * (1 + 1e-6*math.Sin(float64(i*j)))
		}
	}
	o := Options{Algorithm: Refinement, Tol: 1e-9, MaxIter: 200000}
	f := mustFit(t, ElasticNet{Options: o, Alpha: 1e-5, L1Ratio: 1}, Dense(x), y)
	if v := examine(x, y, f, o, 1e-5, 1); !f.Converged || !(v.gap <= 1.01e-9*v.size) {
		t.Errorf("%v, converged %v, gap %v of %v after %d passes", f.Algorithm, f.Converged, v.gap, v.size, f.Iterations)
	}
	o.MaxIter = 3
	if f = mustFit(t, ElasticNet{Options: o, Alpha: 1e-5, L1Ratio: 1}, Dense(x), y); f.Converged || f.Iterations > 3 {
		t.Errorf("converged %v after %d passes", f.Converged, f.Iterations)
	}
	o.MaxIter = 5000
	m := ElasticNet{Options: o, Alpha: 0.05, L1Ratio: 1}
	if f, want := mustFit(t, m, Dense(byRows(x)), y), mustFit(t, m, Dense(x), y); !reflect.DeepEqual(f, want) {
		t.Errorf("rows: %v, converged %v, or other coefficients; columns: %v, %v", f.Algorithm, f.Converged, want.Algorithm, want.Converged)
	}
	if f := mustFit(t, m, sparse(t, x), y); f.Algorithm == Refinement || !f.Converged {
		t.Errorf("sparse: %v, converged %v", f.Algorithm, f.Converged)
	}
	for name, o := range map[string]Options{"random": {Selection: Random}, "free": {PenaltyFactors: append([]float64{0}, slices.Repeat([]float64{1}, p-1)...)}} {
		o.Algorithm = Refinement
		if f := mustFit(t, ElasticNet{Options: o, Alpha: 0.05, L1Ratio: 1}, Dense(x), y); f.Algorithm == Refinement || !f.Converged {
			t.Errorf("%s: %v, converged %v", name, f.Algorithm, f.Converged)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := fitDone(ctx, x, y); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that is done", err)
	}
}

// fitDone fits with a context, as the last fit of a cross-validation does.
func fitDone(ctx context.Context, x kernels.Matrix[float64], y []float64) (*Fit, error) {
	m := ElasticNet{Options: Options{Algorithm: Refinement}, Alpha: 0.01, L1Ratio: 1}
	p, err := Dense(x).problem(m.Options, y)
	if err != nil {
		return nil, err
	}
	return m.solve(ctx, p)
}

// Auto takes it for many columns with a coefficient where it is fast, and nowhere else.
func TestRefinementIsChosen(t *testing.T) {
	const n, p = 320, 300
	x, y := refineData(n, p)
	for _, c := range []struct {
		tiles bool
		alpha float64
		want  bool
	}{{true, 0.001, true}, {true, 0.5, false}, {false, 0.001, false}} {
		withTiles(t, c.tiles)
		f := mustFit(t, ElasticNet{Options: Options{MaxIter: 100000}, Alpha: c.alpha, L1Ratio: 1}, Dense(x), y)
		if (f.Algorithm == Refinement) != c.want || !f.Converged {
			t.Errorf("tiles %v, alpha %v: %v, converged %v", c.tiles, c.alpha, f.Algorithm, f.Converged)
		}
	}
}
