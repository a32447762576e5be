package linear

import (
	"context"
	"errors"
	"iter"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
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
	if err != nil || len(folds) != 3 || folds[0].test.N != 4 || folds[1].test.Lo != 4 || folds[2].test.Lo != 8 || folds[2].test.N != 3 {
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
		{ElasticNetCV{L1Ratios: []float64{0}}, "L1Ratios[0] is 0"},
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

// Errors far from 1 have the standard error that they have near it, times what they are times.
func TestStandardErrorOfAnyScale(t *testing.T) {
	v := []float64{3, 5, 4, 7.5}
	mean, stdErr := meanAndError(v) // python3 -c 'import statistics as s; print(s.stdev([3, 5, 4, 7.5]) / 2)'
	if mean != 4.875 || !near(stdErr, 0.9655525188547056, 1e-15) {
		t.Errorf("%v ± %v", mean, stdErr)
	}
	for _, exponent := range []int{-1000, -600, 600, 1000} {
		scaled := make([]float64, len(v))
		for i, e := range v {
			scaled[i] = math.Ldexp(e, exponent)
		}
		if m, s := meanAndError(scaled); m != math.Ldexp(mean, exponent) || s != math.Ldexp(stdErr, exponent) {
			t.Errorf("times 2^%d: %v ± %v", exponent, m, s)
		}
	}
	if _, s := meanAndError(v[:1]); !math.IsNaN(s) {
		t.Errorf("the standard error of one value is %v", s)
	}
	if _, s := meanAndError([]float64{2, 2, 2}); s != 0 {
		t.Errorf("the standard error of equal values is %v", s)
	}
}

// every returns the rows of 0 … n−1 for which keep says so.
func every(n int, keep func(i int) bool) (list []int) {
	for i := range n {
		if keep(i) {
			list = append(list, i)
		}
	}
	return list
}

// userSplits are three overlapping folds of n rows that leave some out.
func userSplits(n int) splits {
	var s splits
	for f := range 3 {
		s = append(s, [2][]int{
			every(n, func(i int) bool { return (i+f)%4 != 0 && i%7 != 0 }),
			every(n, func(i int) bool { return (i+f)%4 == 0 }),
		})
	}
	return s
}

// timeSplits train on ever more of what lies before.
func timeSplits(n int) splits {
	var s splits
	for f := 1; f < 4; f++ {
		s = append(s, [2][]int{every(n, func(i int) bool { return i < f*n/4 }), every(n, func(i int) bool { return i >= f*n/4 && i < (f+1)*n/4 })})
	}
	return s
}

// Each cell is the fit of copies of its rows, whatever the design, the folds and the options.
func TestCVIsGridSearch(t *testing.T) {
	for _, shape := range [][2]int{{90, 12}, {40, 100}} {
		n, p := shape[0], shape[1]
		x, y := randomProblem(uint64(7+p), n, p, 2, 0.3)
		weights, factors := make([]float64, n), make([]float64, p)
		for i := range weights {
			weights[i] = float64(i%3) / 2
		}
		for j := range factors {
			factors[j] = float64(1+j%3) / 2
		}
		factors[4] = math.Inf(1)
		free := slices.Clone(factors)
		free[2] = 0
		designs := map[string]Design{"columns": Dense(x), "rows": Dense(byRows(x)), "sparse": sparse(t, x)}
		for name, o := range map[string]Options{
			"plain": {}, "weights": {SampleWeights: weights}, "positive": {Positive: true}, "standardize": {Standardize: true, SampleWeights: weights},
			"factors": {PenaltyFactors: factors}, "free": {PenaltyFactors: free}, "no intercept": {NoIntercept: true}, "random": {Selection: Random},
		} {
			o.Tol, o.MaxIter = 1e-11, 100000
			for kind, split := range map[string]Splitter{"folds": nil, "lists": userSplits(n), "time": timeSplits(n)} {
				if instrumented && kind != "folds" && name != "plain" { // the rest is the same code with other numbers
					continue
				}
				for form, d := range designs {
					if form != "columns" && name != "weights" && name != "plain" {
						continue
					}
					c := ElasticNetCV{Options: o, L1Ratios: []float64{0.3, 1}, NumAlphas: 12, Eps: 1e-2, Folds: 4, Split: split}
					f := mustCV(t, c, d, y)
					if want := Moments; form == "sparse" || p > n {
						want = Residuals
						if f.Strategy != want {
							t.Fatalf("%s %d×%d: %v, because %s", form, n, p, f.Strategy, f.Reason)
						}
					} else if f.Strategy != want {
						t.Fatalf("%s %d×%d: %v, because %s", form, n, p, f.Strategy, f.Reason)
					}
					if off := offMost(f.MSEPath, plainCV(t, c, d, y, f)); off > 1e-6 {
						t.Errorf("%d×%d, %s, %s, %s: off by %g", n, p, form, name, kind, off)
					}
				}
			}
		}
	}
}

// offMost is the largest relative difference.
func offMost(got, want [][][]float64) (most float64) {
	for l := range want {
		for a := range want[l] {
			for f, w := range want[l][a] {
				if off := math.Abs(got[l][a][f]-w) / math.Abs(w); !(off <= most) {
					most = off
				}
			}
		}
	}
	return most
}

// The same bits on any number of threads and schedule, whether moments are kept or made again.
func TestCVBitsDoNotDependOnThreads(t *testing.T) {
	for _, shape := range [][2]int{{700, 20}, {40, 60}} {
		x, y := randomProblem(3, shape[0], shape[1], 1, 0.5)
		c := ElasticNetCV{L1Ratios: []float64{0.2, 0.5, 0.7, 0.9, 1}, NumAlphas: 20, Folds: 3, Options: Options{Loop: parfor.Loop{Threads: 1}}}
		want := mustCV(t, c, Dense(x), y)
		for _, loop := range []parfor.Loop{{Threads: 2}, {Threads: 3, Schedule: parfor.Static(0)}, {Threads: 8}} {
			c.Loop = loop
			got := mustCV(t, c, Dense(x), y)
			if !reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.GapPath, want.GapPath) || !slices.Equal(got.Coef, want.Coef) {
				t.Errorf("%v: other bits with %d threads", shape, loop.Threads)
			}
		}
	}
}

// The moments of all folds at once or made anew for each are the same bits, whatever the folds.
func TestCVBitsDoNotDependOnTheBudget(t *testing.T) {
	defer func(b int64) { foldBudget = b }(foldBudget)
	const n, p = 700, 20
	x, y := randomProblem(3, n, p, 1, 0.5)
	for name, split := range map[string]Splitter{"contiguous": nil, "shuffled": KFold{Folds: 3, Shuffle: true}, "in time": TimeSeriesSplit{Folds: 3}, "own lists": userSplits(n)} {
		for _, scorer := range []*Scorer{nil, &MAE} {
			c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 10, Folds: 3, Split: split, Scorer: scorer, Options: Options{Loop: parfor.Loop{Threads: 2}}}
			foldBudget = 1 << 30
			want := mustCV(t, c, Dense(x), y)
			for _, foldBudget = range []int64{0, 3 * 8 * p * p} {
				foldPools.take()
				got := mustCV(t, c, Dense(x), y)
				if !reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.GapPath, want.GapPath) || !slices.Equal(got.Coef, want.Coef) || got.Strategy != Moments {
					t.Errorf("%s: other bits with a budget of %d", name, foldBudget)
				}
			}
		}
	}
}

// makeOdd puts column 3 of x, by columns, far from zero, makes 4 constant, 5 but for one row, and
// has 6 vary in one row alone.
func makeOdd(x kernels.Matrix[float64]) {
	n := x.Rows
	for i := range n {
		x.Data[3*n+i] += 1e6
		x.Data[4*n+i] = 7
		x.Data[5*n+i] = 0
		x.Data[6*n+i] *= 1e-3
	}
	x.Data[5*n+13], x.Data[6*n+40] = 1, 1e5
}

// A column far from zero, one that is constant in a training set, one in all, and one whose
// variation is a single row, are as they are on copies of the rows.
func TestCVOddColumns(t *testing.T) {
	const n, p = 60, 10
	x, y := randomProblem(8, n, p, 0, 0.2)
	makeOdd(x)
	for _, o := range []Options{{}, {Standardize: true}, {NoIntercept: true}} {
		o.Tol, o.MaxIter = 1e-11, 100000
		c := ElasticNetCV{Options: o, L1Ratios: []float64{0.5, 1}, NumAlphas: 10, Folds: 4}
		f := mustCV(t, c, Dense(x), y)
		limit := 1e-6
		if o.NoIntercept {
			limit = 1e-5 // of the column at 1e6, a Gram matrix loses six digits
		}
		if off := offMost(f.MSEPath, plainCV(t, c, Dense(x), y, f)); off > limit || f.Strategy != Moments {
			t.Errorf("%+v: off by %g", o, off)
		}
	}
}

// A context that ends stops it, and Progress counts cells.
func TestCVStops(t *testing.T) {
	for _, shape := range [][2]int{{200, 20}, {40, 90}} {
		x, y := randomProblem(4, shape[0], shape[1], 0, 0.9)
		ctx, cancel := context.WithCancel(context.Background())
		c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, Folds: 6, Options: Options{Loop: parfor.Loop{Threads: 1}}}
		most, all := 0, 0
		c.Loop.Progress = func(done, total int) {
			if most, all = max(most, done), total; done == 3 {
				cancel()
			}
		}
		f, err := c.Fit(ctx, Dense(x), y)
		if f != nil || !errors.Is(err, context.Canceled) || most > 4 || all != 12 {
			t.Errorf("%v: %v after %d of %d cells", shape, err, most, all)
		}
	}
}

// A context that ends while models are tested stops it before the next eight alphas, and no cell
// is handed in.
func TestCVStopsScoring(t *testing.T) {
	for _, shape := range [][2]int{{200, 20}, {40, 90}} {
		x, y := randomProblem(4, shape[0], shape[1], 0, 0.9)
		ctx, cancel := context.WithCancel(context.Background())
		calls, cells := 0, 0
		c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, Folds: 6, Options: Options{Loop: parfor.Loop{Threads: 1}}}
		c.Loop.Progress = func(int, int) { cells++ }
		c.Scorer = &Scorer{Func: func(_, _, _ []float64) float64 {
			if calls++; calls == 30 {
				cancel()
			}
			return 0
		}}
		f, err := c.Fit(ctx, Dense(x), y)
		if f != nil || !errors.Is(err, context.Canceled) || calls > 37 || cells != 0 {
			t.Errorf("%v: %v after %d models and %d cells", shape, err, calls, cells)
		}
	}
}

// A run that was stopped goes on from its checkpoint and ends with the bits of one that was
// not; with other data or settings the checkpoint is refused.
func TestCVResumes(t *testing.T) {
	for _, shape := range [][2]int{{120, 10}, {40, 90}} {
		x, y := randomProblem(6, shape[0], shape[1], 0, 0.5)
		c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 20, Folds: 4, Options: Options{MaxIter: 3, Loop: parfor.Loop{Threads: 1}}}
		want := mustCV(t, c, Dense(x), y)
		c.Checkpoint = filepath.Join(t.TempDir(), "run")
		ctx, cancel := context.WithCancel(context.Background())
		first := 0
		c.Loop.Progress = func(done, total int) {
			if first = done; done == 3 {
				cancel()
			}
		}
		if _, err := c.Fit(ctx, Dense(x), y); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		var counts []int
		c.Loop.Progress = func(done, total int) { counts = append(counts, done) }
		got := mustCV(t, c, Dense(x), y)
		if len(counts) != 8-first || counts[0] != first+1 || first == 8 {
			t.Errorf("%v: %d cells, then %v", shape, first, counts)
		}
		if !reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.GapPath, want.GapPath) ||
			!reflect.DeepEqual(got.IterationsPath, want.IterationsPath) || !reflect.DeepEqual(got.ConvergedPath, want.ConvergedPath) || !slices.Equal(got.Coef, want.Coef) {
			t.Errorf("%v: other bits", shape)
		}
		x.Data[5] += 1e-9
		if _, err := c.Fit(context.Background(), Dense(x), y); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%v, other data: %v", shape, err)
		}
		x.Data[5] -= 1e-9
		c.Positive = true
		if _, err := c.Fit(context.Background(), Dense(x), y); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%v, other settings: %v", shape, err)
		}
	}
}

// Beside the design and the result a tall cross-validation holds the moments of each fold, of
// all rows and of each thread, and 4 MiB; a wide one, a path after the other, allocates a tenth
// of the design and 8 MiB a cell: it copies nothing of it. All that is allocated counts.
func TestCVMemory(t *testing.T) {
	for _, c := range []struct {
		n, p, folds, threads, limit int
		strategy                    Strategy
	}{
		{20000, 100, 5, 1, (5+1+1)*100*100*8 + 4<<20, Moments},
		{20000, 200, 10, 1, (10+1+1)*200*200*8 + 4<<20, Moments},
		{20000, 200, 10, 2, (10+1+2)*200*200*8 + 4<<20, Moments},
		{300, 20000, 2, 1, 2 * (300*20000*8/10 + 8<<20), Residuals},
	} {
		x, y := randomProblem(91, c.n, c.p, 1, 0.2)
		var before, after runtime.MemStats
		m := ElasticNetCV{L1Ratios: []float64{1}, NumAlphas: 30, Eps: 0.3, Folds: c.folds, Options: Options{Loop: parfor.Loop{Threads: c.threads}}}
		d := Dense(x)
		foldPools.take()
		runtime.ReadMemStats(&before)
		f := mustCV(t, m, d, y)
		runtime.ReadMemStats(&after)
		if instrumented { // its allocations are larger
			c.limit += c.limit / 4
		}
		held := int(after.TotalAlloc - before.TotalAlloc)
		t.Logf("%d×%d, %d folds, %d threads: %d bytes of %d, by %v", c.n, c.p, c.folds, c.threads, held, c.limit, f.Strategy)
		if held > c.limit || f.Strategy != c.strategy {
			t.Error("too many")
		}
	}
}

// Test errors by the moments of the test rows are those by products with them, and where they
// would lose their digits they are products.
func TestCVSquares(t *testing.T) {
	x, y := randomProblem(12, 400, 6, 3, 0.2)
	exact := slices.Clone(y)
	for i := range exact {
		exact[i] = 3*x.At(i, 0) - x.At(i, 1) // explained but for the penalty
	}
	for _, y := range [][]float64{y, exact} {
		for _, weights := range [][]float64{nil, slices.Repeat([]float64{1, 2, 0, 1}, 100)} {
			c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 21, Eps: 1e-5, Options: Options{Tol: 1e-11, SampleWeights: weights}}
			f := mustCV(t, c, Dense(x), y)
			c.Scorer = &Scorer{Func: meanSquaredError}
			if off := offMost(f.MSEPath, mustCV(t, c, Dense(x), y).MSEPath); off > 1e-7 {
				t.Errorf("weighted %v: off by %g", weights != nil, off)
			}
		}
	}
}
