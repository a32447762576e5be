package linear

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// Of two coefficients that become zero at once but for rounding, neither goes past zero.
func TestActiveTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for range 1000 {
		a := takeActive(nil, 2, true)
		a.grow(2)
		a.cols = []int32{0, 1}
		a.look()
		w, s := rng.Float64(), 1+rng.Float64()
		a.w, a.g, a.pen.L1, a.step = []float64{w, 3 * w}, make([]float64, 2), []float64{1, 1}, []float64{-s, -3 * s}
		a.advance([]int32{0, 1}, math.Inf(1))
		if min(a.w[0], a.w[1]) < 0 {
			t.Fatalf("w = %v from %v and %v", a.w, w, 3*w)
		}
	}
}

// A working set that somebody else has used lends its room alone: whatever it holds, all bits are the same.
func TestSpareWorkingSet(t *testing.T) {
	x, y := randomProblem(35, 60, 300, 0.5, 0.3)
	fit := func() *PathFit {
		f, err := Path{L1Ratio: 0.9, NumAlphas: 30}.Fit(context.Background(), Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, ld := range []int{8, 72, 200} {
		spareActives = sync.Pool{}
		want := fit()
		one := func() []float64 { return []float64{math.NaN()} }
		used := &active{gram: slices.Repeat(one(), ld*ld), ld: ld, w: one(), g: one(), q: one(), ridge: one(), short: 1e300, steps: 9, moved: true}
		used.cols, used.order, used.row, used.pen.L1, used.pen.L2 = []int32{7}, []int32{0}, []int32{0}, one(), one()
		if !used.factor.Append(nil, 3, 0) {
			t.Fatal("no factor")
		}
		spareActives = sync.Pool{} // the last fit's
		spareActives.Put(used)
		if got := fit(); !reflect.DeepEqual(got, want) {
			t.Errorf("room for %d columns: other bits", ld)
		}
	}
}

// Many columns without a penalty, and nothing to explain: all gradients are 0.
func TestFreeColumnsConstantTarget(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	x, v := kernels.NewColMajor(200, 150, make([]float64, 200*150)), make([]float64, 150)
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	for j := 100; j < len(v); j++ {
		v[j] = 1
	}
	f, err := Lasso{Options: Options{PenaltyFactors: v, Algorithm: Covariance}, Alpha: 0.1}.Fit(Dense(x), make([]float64, 200))
	if err != nil || !f.Converged {
		t.Fatal(f, err)
	}
	for j, w := range f.Coef {
		if w != 0 {
			t.Errorf("w[%d] = %v", j, w)
		}
	}
}

// With a Gram design R² counts what a column without a penalty explains from the first alpha on.
func TestGramFreeR2(t *testing.T) {
	d, err := Gram(kernels.NewColMajor(2, 2, []float64{2, 1, 1, 2}), []float64{2, 1}, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Path{Options: Options{PenaltyFactors: []float64{0, 1}, NoIntercept: true}, L1Ratio: 1, Alphas: []float64{1, 0.9}}.Fit(context.Background(), d, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, r2 := range f.R2 {
		if math.Abs(r2-2.0/3) > 1e-12 {
			t.Errorf("alpha %v: R² is %v, want 2/3", f.Alphas[i], r2)
		}
	}
}

// A second-order step from far away leaves the rounding of the way, 2⁻⁵² of it, which is far
// away too: more of them follow until one moves no further than rounding does.
func TestSecondOrderFromAFarStart(t *testing.T) {
	x, y := randomProblem(31, 40, 12, 0, 0.3)
	for _, scale := range []float64{1, 1e-120, 1e100} {
		scaled := kernels.NewColMajor(x.Rows, x.Cols, slices.Clone(x.Data))
		for i := range scaled.Data {
			scaled.Data[i] *= scale
		}
		for _, far := range []float64{1e20, 1e60, 1e120} {
			m := ElasticNet{Options: Options{Tol: 1e-10, Algorithm: Covariance}, Alpha: 0.01 * scale, L1Ratio: 0.9}
			want, err := m.Fit(Dense(scaled), y)
			if err != nil {
				t.Fatal(err)
			}
			m.Init = slices.Repeat([]float64{math.Min(far/scale, 1e120)}, x.Cols)
			got, err := m.Fit(Dense(scaled), y)
			if err != nil || !got.Converged || got.DualGap > want.DualGap+1e-9 {
				t.Errorf("X times %v, from %v: %+v, %v; from 0 %+v", scale, m.Init[0], got, err, want)
			}
		}
	}
}
