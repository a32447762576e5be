package linear

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// cvCase is a line of testdata/cv.json.
type cvCase struct {
	Kind                      string
	Args                      []float64
	Folds                     int
	L1Ratios                  []float64 `json:"l1_ratios"`
	NumAlphas                 int       `json:"num_alphas"`
	NoIntercept               bool      `json:"no_intercept"`
	Positive, Weighted, Timed bool
	Usual                     bool // compared at the usual Tol only, by moments
	Alpha                     float64
	L1Ratio                   float64 `json:"l1_ratio"`
	Alphas                    [][]float64
	MSE                       [][][]float64
	OffMost                   float64 `json:"off_most"` // scikit-learn's at tol 1e-4
	OffMean                   float64 `json:"off_mean"`
}

func readCVCases(t *testing.T, multi bool) (cases []cvCase) {
	text, err := os.ReadFile("testdata/cv.json") // written by testdata/cv.py
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(cases, func(c cvCase) bool { return (c.Kind == "multi") != multi })
}

// data is the problem of the case.
func (g *cvCase) data(t *testing.T) (x kernels.Matrix[float64], y []float64, o Options) {
	switch a := g.Args; g.Kind {
	case "diabetes":
		x, y = diabetes(t)
	case "random":
		x, y = randomProblem(uint64(a[0]), int(a[1]), int(a[2]), a[3], a[4])
	case "sparse":
		_, x, y = sparseRandom(t, uint64(a[0]), int(a[1]), int(a[2]))
	}
	o = Options{Tol: 1e-14, MaxIter: 1e5, NoIntercept: g.NoIntercept, Positive: g.Positive}
	if g.Weighted {
		for i := range y {
			o.SampleWeights = append(o.SampleWeights, float64(i%4)/2)
		}
	}
	return x, y, o
}

func (g *cvCase) split() Splitter {
	if g.Timed {
		return TimeSeriesSplit{Folds: g.Folds}
	}
	return KFold{Folds: g.Folds}
}

// compare fails where the alphas, the choice or, by more than a relative 1e-6, a test error
// differ from scikit-learn's.
func (g *cvCase) compare(t *testing.T, name string, alphas [][]float64, mse [][][]float64, alpha, l1Ratio float64) {
	t.Helper()
	for l, want := range g.Alphas {
		if !coefNear(alphas[l], want, 1e-11) {
			t.Fatalf("%s %s %v: alphas %v, want %v", name, g.Kind, g.Args, alphas[l], want)
		}
	}
	if !near(alpha, g.Alpha, 1e-11*g.Alpha) || l1Ratio != g.L1Ratio {
		t.Errorf("%s %s %v: best alpha %v and l1_ratio %v, want %v and %v", name, g.Kind, g.Args, alpha, l1Ratio, g.Alpha, g.L1Ratio)
	}
	if most, _ := g.off(mse); !(most <= 1e-6) {
		t.Errorf("%s %s %v: a test error is off by %v", name, g.Kind, g.Args, most)
	}
}

// off is by how much test errors are off at most and in the mean, relative to their size.
func (g *cvCase) off(mse [][][]float64) (most, mean float64) {
	count := 0.0
	for l := range g.MSE {
		for a := range g.MSE[l] {
			for f, want := range g.MSE[l][a] {
				off := math.Abs(mse[l][a][f]-want) / want
				most, mean, count = max(most, off), mean+off, count+1
			}
		}
	}
	return most, mean / count
}

// The alphas, the choice, and at Tol 1e-14 every test error are scikit-learn's, and at the
// usual Tol the errors are no further from those than scikit-learn's own: with 3 to 10 folds,
// some in the order of time, few and many columns, weights, signs, with and without intercept,
// for designs of every form.
func TestCVAgreesWithScikitLearn(t *testing.T) {
	for k, g := range readCVCases(t, false) {
		if instrumented && k%3 > 0 {
			continue
		}
		x, y, o := g.data(t)
		forms := map[string]Design{"moments": Dense(x)}
		if !g.Usual {
			forms = designs(t, x, false)
		}
		for name, d := range forms {
			c := ElasticNetCV{Options: o, L1Ratios: g.L1Ratios, NumAlphas: g.NumAlphas, Split: g.split()}
			if !g.Usual {
				f := mustCV(t, c, d, y)
				g.compare(t, name, f.Alphas, f.MSEPath, f.Alpha, f.L1Ratio)
			}
			c.Tol, c.MaxIter = 0, 0
			f := mustCV(t, c, d, y)
			if most, mean := g.off(f.MSEPath); most > g.OffMost || mean > g.OffMean {
				t.Errorf("%s %s %v: at the usual Tol test errors are off by %.3g, %.3g in the mean; scikit-learn's by %.3g and %.3g",
					name, g.Kind, g.Args, most, mean, g.OffMost, g.OffMean)
			}
		}
	}
}
