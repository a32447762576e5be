package linear

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// sketchAll has designs of any size sketched until the test ends.
func sketchAll(t *testing.T) {
	old := sketchLeast
	t.Cleanup(func() { sketchLeast = old })
	sketchLeast = 1
}

// spiky makes every third column of x one of which a few numbers are far larger than the others, which
// a sketch tells little of.
func spiky(x kernels.Matrix[float64]) {
	rng := rand.New(rand.NewPCG(1, 2))
	for j := 2; j < x.Cols; j += 3 {
		for i := range 4 {
			x.Data[j*x.Stride+(j+7*i)%x.Rows] *= math.Exp(3 * rng.NormFloat64())
		}
	}
}

// With sketches, each cell is the fit of copies of its rows that is made without them.
func TestCVWideIsGridSearch(t *testing.T) {
	sketchAll(t)
	n, p := 40, 500
	if instrumented {
		p = 150
	}
	weights, factors := make([]float64, n), make([]float64, p)
	for i := range weights {
		weights[i] = float64(i%3) / 2
	}
	for j := range factors {
		factors[j] = float64(1+j%3) / 2
	}
	factors[2], factors[4] = 0, math.Inf(1)
	for kind, shift := range map[string]float64{"near": 0, "far": 1e4, "spiky": 1} {
		x, y := randomProblem(77, n, p, 0, 0.3)
		for i := range x.Data {
			x.Data[i] += shift
		}
		if kind == "spiky" {
			spiky(x)
		}
		for name, o := range map[string]Options{
			"plain": {}, "weights": {SampleWeights: weights}, "positive": {Positive: true}, "standardize": {Standardize: true, SampleWeights: weights},
			"factors": {PenaltyFactors: factors}, "no intercept": {NoIntercept: true},
		} {
			if name == "no intercept" && kind == "far" {
				continue // columns that are all the same to four digits
			}
			o.Tol, o.MaxIter, o.Loop = 1e-11, 100000, parfor.Loop{Threads: 2}
			c := ElasticNetCV{Options: o, L1Ratios: []float64{0.5, 1}, NumAlphas: 15, Eps: 1e-2, Folds: 4}
			if name == "weights" {
				c.Split = userSplits(n)
			}
			sketchLeast = 1
			f, byRow := mustCV(t, c, Dense(x), y), mustCV(t, c, Dense(byRows(x)), y)
			sketchLeast = math.MaxInt
			if off := offMost(f.MSEPath, plainCV(t, c, Dense(x), y, f)); off > 1e-6 || f.Strategy != Residuals || f.Unconverged > 0 {
				t.Errorf("%s, %s: off by %g, %d not at Tol", kind, name, off, f.Unconverged)
			}
			if !reflect.DeepEqual(byRow.MSEPath, f.MSEPath) || !slices.Equal(byRow.Coef, f.Coef) || byRow.Unconverged > 0 {
				t.Errorf("%s, %s: other bits by rows", kind, name)
			}
		}
	}
}

// The golden values of scikit-learn hold with sketches as well.
func TestCVWideAgreesWithScikitLearn(t *testing.T) {
	sketchAll(t)
	TestCVAgreesWithScikitLearn(t)
}

// The same bits on any number of threads, in turns or not, with a Memo, from a checkpoint, and by rows.
func TestCVWideBits(t *testing.T) {
	sketchAll(t)
	x, y := randomProblem(3, 50, 600, 1, 0.2)
	for _, folds := range []int{2, 7} {
		c := ElasticNetCV{L1Ratios: []float64{0.4, 1}, NumAlphas: 20, Folds: folds, Options: Options{Loop: parfor.Loop{Threads: 1}}}
		d := Dense(x)
		want := mustCV(t, c, d, y)
		same := func(name string, c ElasticNetCV) {
			t.Helper()
			got := mustCV(t, c, d, y)
			if !reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.GapPath, want.GapPath) ||
				!reflect.DeepEqual(got.IterationsPath, want.IterationsPath) || !slices.Equal(got.Coef, want.Coef) {
				t.Errorf("%d folds, %s: other bits", folds, name)
			}
		}
		for _, threads := range []int{2, 3, 8} {
			c.Loop.Threads = threads
			same(fmt.Sprint(threads, " threads"), c)
		}
		c.Checkpoint = filepath.Join(t.TempDir(), "cells")
		ctx, cancel := context.WithCancel(context.Background())
		c.Loop.Threads = 2
		c.Loop.Progress = func(int, int) { cancel() }
		if _, err := c.Fit(ctx, Dense(x), y); err == nil {
			t.Error("a stopped run has a result")
		}
		c.Loop.Progress = nil
		same("stopped and resumed", c)
		c.Checkpoint, c.Memo = "", ComputeFold
		same("with a Memo", c)
		d = Dense(byRows(x))
		same("by rows with a Memo", c)
		c.Memo = nil
		for _, threads := range []int{1, 2, 3} {
			c.Loop.Threads = threads
			same(fmt.Sprint("by rows, ", threads, " threads"), c)
		}
	}
}

// A path with a sketch is one without, to Tol.
func TestPathWithSketch(t *testing.T) {
	for _, threads := range []int{1, 3} {
		x, y := randomProblem(31, 60, 1500, 0, 0.4)
		m := Path{L1Ratio: 1, Options: Options{Tol: 1e-12, Loop: parfor.Loop{Threads: threads}}}
		sketchAll(t)
		with, err := m.Fit(context.Background(), Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := m.Fit(context.Background(), Dense(byRows(x)), y); err != nil || !reflect.DeepEqual(rows, with) {
			t.Fatalf("another path by rows, error %v", err)
		}
		sketchLeast = math.MaxInt
		without, err := m.Fit(context.Background(), Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		for i := range with.Alphas {
			a, b := with.Coef(i), without.Coef(i)
			for j := range a {
				if math.Abs(a[j]-b[j]) > 1e-6 {
					t.Fatalf("alpha %d, column %d: %v with a sketch, %v without", i, j, a[j], b[j])
				}
			}
		}
	}
}

// What a sketch says of a gradient is never further off than its fog, whatever the weights, and
// where the sketch is about other means.
func TestSketchedGradients(t *testing.T) {
	sketchAll(t)
	rng := rand.New(rand.NewPCG(5, 5))
	for trial := range 40 {
		n, p := 20+rng.IntN(60), 100
		x, y := randomProblem(uint64(trial), n, p, math.Pow(10, float64(trial%7))-1, 0.2)
		if trial%3 == 0 {
			spiky(x)
		}
		o := Options{NoIntercept: trial%4 == 3}
		weights := make([]float64, n)
		for i := range weights {
			weights[i] = float64(rng.IntN(3))
		}
		d := Dense(x).(*dense[float64])
		shared := d.share(o, y, [][]float64{nil, weights})
		o.SampleWeights, o.given = weights, shared[1]
		problem, err := d.problem(o, y)
		if err != nil {
			t.Fatal(err)
		}
		s := newSolver(problem, &o)
		s.begin()
		w := make([]float64, p)
		for range 5 {
			w[rng.IntN(p)] = rng.NormFloat64()
		}
		s.refresh(s.all, w)
		s.gradient(s.all, s.g)
		r := s.residual()
		slack := noise * math.Sqrt(s.inner(r, r))
		s.ref.renew(r)
		for _, j := range s.all {
			bound := slack*s.ref.norm[j] + s.ref.fog[0]*s.ref.sketch.Unit[j]
			if off := math.Abs(s.ref.g[0][j] - s.g[j]); !(off <= bound) {
				t.Errorf("trial %d, column %d: off by %g, more than %g", trial, j, off, bound)
			}
		}
	}
}

// Weights that are too far apart for the bound of a sketch make do without one, and weights of 0 do not
// count among them.
func TestSketchOfUnlikeWeights(t *testing.T) {
	sketchAll(t)
	x, y := randomProblem(6, 40, 300, 0, 0.3)
	for exponent, want := range map[int]bool{-20: true, -21: false, -60: false} {
		weights := slices.Repeat([]float64{1, 0, math.Ldexp(1, exponent), 0.5}, 10)
		d := Dense(x)
		p, err := d.problem(Options{SampleWeights: weights}, y)
		if err != nil {
			t.Fatal(err)
		}
		if sketch, _ := p.form.(sketched).sketch(true); sketch != nil != want {
			t.Errorf("weights 2^%d apart: a sketch is %v, want %v", -exponent, sketch != nil, want)
		}
		c := ElasticNetCV{Options: Options{SampleWeights: weights, Tol: 1e-11, MaxIter: 1e5}, NumAlphas: 10, Eps: 1e-2, Folds: 4}
		f := mustCV(t, c, d, y)
		if off := offMost(f.MSEPath, plainCV(t, c, d, y, f)); off > 1e-6 {
			t.Errorf("weights 2^%d apart: off by %g", -exponent, off)
		}
	}
}
