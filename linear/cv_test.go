package linear

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
)

// splits are user lists: pairs of training and test rows.
type splits [][2][]int

func (s splits) Split(int) iter.Seq2[[]int, []int] {
	return func(yield func([]int, []int) bool) {
		for _, f := range s {
			if !yield(f[0], f[1]) {
				return
			}
		}
	}
}

func mustCV(t *testing.T, c ElasticNetCV, x Design, y []float64) *CVFit {
	t.Helper()
	f, err := c.Fit(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The folds of Folds are contiguous, the first ones a row longer.
func TestCVFoldsAreContiguous(t *testing.T) {
	folds, err := readFolds(nil, 3, 11, nil)
	if err != nil || len(folds) != 3 || folds[0].test.n != 4 || folds[1].test.lo != 4 || folds[2].test.lo != 8 || folds[2].test.n != 3 {
		t.Errorf("%v, %v", folds, err)
	}
	if got := folds[1].trainRows(11); !slices.Equal(got, []int32{0, 1, 2, 3, 8, 9, 10}) {
		t.Errorf("training rows %v", got)
	}
}

func TestCVBadInput(t *testing.T) {
	x, y := randomProblem(5, 12, 3, 0, 0)
	zeros := make([]float64, 12)
	for i := range zeros {
		zeros[i] = float64(i / 4)
	}
	for _, c := range []struct {
		cv   ElasticNetCV
		want string
	}{
		{ElasticNetCV{Folds: 1}, "Folds is 1"},
		{ElasticNetCV{Folds: 13}, "Folds is 13, more than the 12 rows"},
		{ElasticNetCV{L1Ratios: []float64{1, 2}}, "L1Ratios[1] is 2"},
		{ElasticNetCV{L1Ratios: []float64{0}}, "L1Ratio is 0"},
		{ElasticNetCV{Split: splits{}}, "no fold"},
		{ElasticNetCV{Split: splits{{{1, 2}, {}}}}, "fold 0 of Split has no test rows"},
		{ElasticNetCV{Split: splits{{{1, 2}, {3}}, {{}, {1}}}}, "fold 1 of Split has no training rows"},
		{ElasticNetCV{Split: splits{{{1, 12}, {3}}}}, "training row 12"},
		{ElasticNetCV{Split: splits{{{1, 2}, {-1}}}}, "test row -1"},
		{ElasticNetCV{Split: splits{{{1, 2, 1}, {3}}}}, "training row 1 twice"},
		{ElasticNetCV{Folds: 3, Options: Options{SampleWeights: zeros}}, "all 0 in the test rows of fold 0"},
		{ElasticNetCV{Split: splits{{{0, 1}, {5}}}, Options: Options{SampleWeights: zeros}}, "all 0 in the training rows of fold 0"},
	} {
		_, err := c.cv.Fit(context.Background(), Dense(x), y)
		if !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// The choice is that of the smallest mean; one standard error is that of glmnet.
func TestCVChooses(t *testing.T) {
	run := &cvRun{c: &ElasticNetCV{}, CVFit: &CVFit{
		L1Ratios: []float64{0.5, 1},
		Alphas:   [][]float64{{4, 2, 1}, {3, 2, 1}},
		MSEPath:  [][][]float64{{{9, 9}, {4, 5}, {3, 5}}, {{8, 8}, {1, 7}, {4, 4}}},
	}}
	for range 2 {
		run.ConvergedPath = append(run.ConvergedPath, [][]bool{{true, true}, {true, true}, {true, false}})
	}
	run.choose()
	// Means are 9 4.5 4 | 8 4 4; the best is the first of equals, 4 ± 1.
	if run.Alpha != 1 || run.L1Ratio != 0.5 || run.Alpha1SE != 2 || run.L1Ratio1SE != 1 || run.Unconverged != 2 {
		t.Errorf("%v %v, %v %v, %d", run.Alpha, run.L1Ratio, run.Alpha1SE, run.L1Ratio1SE, run.Unconverged)
	}
	if run.StdErr[1][1] != 3 || run.Mean[0][1] != 4.5 {
		t.Errorf("%v ± %v", run.Mean, run.StdErr)
	}
	run.c.Scorer = &Scorer{GreaterIsBetter: true}
	run.Mean, run.StdErr = nil, nil
	if run.choose(); run.Alpha != 4 || run.L1Ratio != 0.5 || run.Alpha1SE != 4 {
		t.Errorf("the greatest: %v %v, %v", run.Alpha, run.L1Ratio, run.Alpha1SE)
	}
}

// A LassoCV is an ElasticNetCV, and a whole cross-validation of the diabetes data is sane.
func TestCVDiabetes(t *testing.T) {
	x, y := diabetes(t)
	f := mustCV(t, ElasticNetCV{L1Ratios: []float64{0.5, 1}, Folds: 10}, Dense(x), y)
	g, err := LassoCV{Folds: 10}.Fit(context.Background(), Dense(x), y)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.MSEPath[1][50], g.MSEPath[0][50]) || len(f.Alphas[0]) != 100 || f.Unconverged != 0 {
		t.Errorf("%v, %v", f.MSEPath[1][50], g.MSEPath[0][50])
	}
	if f.Alpha1SE*f.L1Ratio1SE < f.Alpha*f.L1Ratio || math.IsNaN(f.StdErr[0][0]) || f.Score(Dense(x), y) < 0.4 {
		t.Errorf("alpha %v, 1se %v, R² %v", f.Alpha, f.Alpha1SE, f.Score(Dense(x), y))
	}
}
