package linear

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

func mustCVTasks(t *testing.T, c MultiTaskElasticNetCV, x Design, y kernels.Matrix[float64]) *MultiTaskCVFit {
	t.Helper()
	f, err := c.Fit(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The alphas, the choice, and at Tol 1e-14 every test error are scikit-learn's, and at the
// usual Tol the errors are no further from those than scikit-learn's own.
func TestMultiTaskCVAgreesWithScikitLearn(t *testing.T) {
	for k, g := range readCVCases(t, true) {
		if instrumented && k > 1 {
			continue
		}
		a := g.Args
		x, y := multiRandom(uint64(a[0]), int(a[1]), int(a[2]), int(a[3]), a[4], a[5])
		c := MultiTaskElasticNetCV{L1Ratios: g.L1Ratios, NumAlphas: g.NumAlphas, Split: g.split()}
		c.NoIntercept, c.Tol, c.MaxIter = g.NoIntercept, 1e-14, 1e5
		f := mustCVTasks(t, c, Dense(x), y)
		g.compare(t, "columns", f.Alphas, f.MSEPath, f.Alpha, f.L1Ratio)
		c.Tol, c.MaxIter = 0, 0
		f = mustCVTasks(t, c, Dense(x), y)
		if most, mean := g.off(f.MSEPath); most > g.OffMost || mean > g.OffMean {
			t.Errorf("%v: at the usual Tol test errors are off by %.3g, %.3g in the mean; scikit-learn's by %.3g and %.3g", g.Args, most, mean, g.OffMost, g.OffMean)
		}
	}
}

// Each cell is a fit of copied rows by itself, and the model is the fit of all rows.
func TestMultiTaskCVIsAGridSearch(t *testing.T) {
	x, y := multiRandom(11, 60, 25, 3, 1, 0.4)
	o := Options{Tol: 1e-13, MaxIter: 1e5, Standardize: true, PenaltyFactors: slices.Repeat([]float64{1, 0.5, 2, math.Inf(1), 1}, 5)}
	c := MultiTaskElasticNetCV{Options: o, L1Ratios: []float64{0.3, 1}, NumAlphas: 6, Split: KFold{Folds: 3, Shuffle: true, Seed: 5}}
	f := mustCVTasks(t, c, Dense(byRows(x)), y)
	fold := 0
	for train, test := range c.Split.Split(60) {
		for l, alphas := range f.Alphas {
			for a, alpha := range alphas {
				m := MultiTaskElasticNet{Options: o, Alpha: alpha, L1Ratio: f.L1Ratios[l]}
				alone, err := m.Fit(Dense(pickMatrix(x, train)), pickMatrix(y, train))
				if err != nil {
					t.Fatal(err)
				}
				predicted, want := alone.Predict(Dense(pickMatrix(x, test))), 0.0
				for i, row := range test {
					for k := range y.Cols {
						off := predicted.At(i, k) - y.At(row, k)
						want += off * off / float64(len(test)*y.Cols)
					}
				}
				if got := f.MSEPath[l][a][fold]; !near(got, want, 1e-6*want) || !f.ConvergedPath[l][a][fold] || f.GapPath[l][a][fold] < 0 {
					t.Errorf("l1_ratio %v, alpha %v, fold %d: %v, want %v", f.L1Ratios[l], alpha, fold, got, want)
				}
			}
		}
		fold++
	}
	want, err := MultiTaskElasticNet{Options: o, Alpha: f.Alpha, L1Ratio: f.L1Ratio}.Fit(Dense(byRows(x)), y)
	if err != nil || !reflect.DeepEqual(f.MultiTaskFit, want) {
		t.Errorf("%+v, want %+v, %v", f.MultiTaskFit, want, err)
	}
	if f.Unconverged != 0 || f.Alpha1SE*f.L1Ratio1SE < f.Alpha*f.L1Ratio || f.CVFit.Fit != nil {
		t.Errorf("%d not converged; 1 SE %v, %v", f.Unconverged, f.Alpha1SE, f.L1Ratio1SE)
	}
	lasso, err := MultiTaskLassoCV{Options: o, NumAlphas: 6, Split: c.Split}.Fit(t.Context(), Dense(x), y)
	if err != nil || !reflect.DeepEqual(lasso.MSEPath[0], f.MSEPath[1]) {
		t.Errorf("MultiTaskLassoCV: %v, %v", lasso, err)
	}
}

func pickMatrix(x kernels.Matrix[float64], rows []int) kernels.Matrix[float64] {
	list := make([]int32, len(rows))
	for i, row := range rows {
		list[i] = int32(row)
	}
	return copyMatrix(x, list)
}

// The bits do not depend on threads, layout or type, and cells are counted.
func TestMultiTaskCVSameBits(t *testing.T) {
	x, y := multiRandom(12, 50, 30, 4, 0, 0.2)
	for i, v := range x.Data {
		x.Data[i] = float64(float32(v))
	}
	c := MultiTaskElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 8, Folds: 4}
	c.Loop.Threads = 1
	want := mustCVTasks(t, c, Dense(x), y)
	for threads := 1; threads <= 5; threads += 2 {
		for name, d := range designs(t, x, true) {
			if name == "sparse" {
				continue
			}
			cells := 0
			c.Loop = parfor.Loop{Threads: threads, Progress: func(done, total int) {
				if total != 8 || done <= cells || done > 8 {
					t.Errorf("progress %d of %d after %d", done, total, cells)
				}
				cells = done
			}}
			got := mustCVTasks(t, c, d, y)
			if !reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.MultiTaskFit, want.MultiTaskFit) || !reflect.DeepEqual(got.GapPath, want.GapPath) {
				t.Errorf("%s, %d threads: other bits", name, threads)
			}
			if cells != 8 {
				t.Errorf("%s, %d threads: %d cells of 8", name, threads, cells)
			}
		}
	}
}

// A scorer judges each task, and the greater of two scores may be the better.
func TestMultiTaskCVScorer(t *testing.T) {
	x, y := multiRandom(13, 40, 10, 3, 0, 0)
	c := MultiTaskElasticNetCV{NumAlphas: 5, Folds: 4}
	want := mustCVTasks(t, c, Dense(x), y)
	c.Scorer = &MSE
	got := mustCVTasks(t, c, Dense(x), y)
	for a := range want.MSEPath[0] {
		if !coefNear(got.MSEPath[0][a], want.MSEPath[0][a], 1e-12) {
			t.Errorf("%v, want %v", got.MSEPath[0][a], want.MSEPath[0][a])
		}
	}
	c.Scorer = &R2
	got = mustCVTasks(t, c, Dense(x), y)
	if best := slices.Index(got.Mean[0], slices.Max(got.Mean[0])); got.Alpha != got.Alphas[0][best] || best < 2 {
		t.Errorf("R² chooses %v of %v", got.Alpha, got.Mean)
	}
}

// A context that is done ends it with its error, before it begins or in its midst.
func TestMultiTaskCVIsCancelled(t *testing.T) {
	x, y := multiRandom(14, 80, 60, 4, 0, 0.5)
	for _, after := range []int{0, 1, 3} {
		ctx, cancel := context.WithCancelCause(t.Context())
		c := MultiTaskElasticNetCV{Folds: 4, NumAlphas: 20, Eps: 0.1}
		c.Loop.Progress = func(done, total int) {
			if done >= after {
				cancel(nil)
			}
		}
		if after == 0 {
			cancel(nil)
		}
		if f, err := c.Fit(ctx, Dense(x), y); f != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("after %d cells: %v, %v", after, f, err)
		}
		cancel(nil)
	}
}

func TestMultiTaskCVErrors(t *testing.T) {
	x, y := multiRandom(15, 12, 4, 2, 0, 0)
	fit := func(c MultiTaskElasticNetCV) error {
		_, err := c.Fit(t.Context(), Dense(x), y)
		return err
	}
	for _, c := range []struct {
		cv   MultiTaskElasticNetCV
		is   error
		want string
	}{
		{MultiTaskElasticNetCV{Folds: 1}, ErrParameter, "Folds is 1"},
		{MultiTaskElasticNetCV{Folds: 13}, ErrParameter, "Folds is 13"},
		{MultiTaskElasticNetCV{Split: Splits{{Test: []int{12}}}}, ErrParameter, "12"},
		{MultiTaskElasticNetCV{L1Ratios: []float64{0.5, 2}}, ErrParameter, "L1Ratio is 2"},
		{MultiTaskElasticNetCV{L1Ratios: []float64{0}}, ErrParameter, "L1Ratio is 0"},
		{MultiTaskElasticNetCV{Alphas: []float64{1, -1}}, ErrParameter, "Alphas[1] is -1"},
		{MultiTaskElasticNetCV{NumAlphas: -1}, ErrParameter, "NumAlphas is -1"},
		{MultiTaskElasticNetCV{Eps: 2}, ErrParameter, "Eps is 2"},
		{MultiTaskElasticNetCV{Options: Options{Tol: -1}}, ErrParameter, "Tol is -1"},
		{MultiTaskElasticNetCV{Options: Options{Positive: true}}, errors.ErrUnsupported, "Positive"},
		{MultiTaskElasticNetCV{Alphas: []float64{math.MaxFloat64}}, ErrRange, "Alpha is 1.797"},
	} {
		if err := fit(c.cv); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	y.Data[5] = math.NaN()
	if err := fit(MultiTaskElasticNetCV{}); !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "y[2, 1] is NaN") {
		t.Error(err)
	}
	y.Data[5], x.Data[3] = 0, math.Inf(1)
	if err := fit(MultiTaskElasticNetCV{Alphas: []float64{1}}); !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "X[3, 0] is +Inf") {
		t.Error(err)
	}
	x.Data[3] = 0
	if _, err := (MultiTaskElasticNetCV{}).Fit(t.Context(), sparse(t, x), y); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	mustPanic(t, "linear: CV: nil design", func() { MultiTaskElasticNetCV{}.Fit(t.Context(), nil, y) })
	mustPanic(t, "linear: CV: y has not as many rows as x", func() {
		MultiTaskElasticNetCV{}.Fit(t.Context(), Dense(x), kernels.NewRowMajor(2, 2, make([]float64, 4)))
	})
}

// A weight is how often a row is there, 0 included.
func TestMultiTaskCVWeights(t *testing.T) {
	const n, p, tasks = 40, 12, 3
	x, y := multiRandom(16, n, p, tasks, 1, 0.3)
	weights, rows, where := make([]float64, n), []int32(nil), make([][]int, n)
	for i := range weights {
		weights[i] = float64(i % 3)
		for range i % 3 {
			where[i], rows = append(where[i], len(rows)), append(rows, int32(i))
		}
	}
	var repeated Splits
	split := KFold{Folds: 4, Shuffle: true, Seed: 3}
	for train, test := range split.Split(n) {
		var f Fold
		for _, i := range train {
			f.Train = append(f.Train, where[i]...)
		}
		for _, i := range test {
			f.Test = append(f.Test, where[i]...)
		}
		repeated = append(repeated, f)
	}
	for _, o := range []Options{{}, {Standardize: true}, {NoIntercept: true}} {
		for _, scorer := range []*Scorer{nil, &MAE} {
			o.Tol, o.MaxIter, o.SampleWeights = 1e-13, 1e5, weights
			c := MultiTaskElasticNetCV{Options: o, L1Ratios: []float64{0.4, 1}, NumAlphas: 5, Eps: 0.05, Split: split, Scorer: scorer}
			got := mustCVTasks(t, c, Dense(x), y)
			c.SampleWeights, c.Split = nil, repeated
			want := mustCVTasks(t, c, Dense(copyMatrix(x, rows)), copyMatrix(y, rows))
			for l, alphas := range want.MSEPath {
				if !coefNear(got.Alphas[l], want.Alphas[l], 1e-9) {
					t.Errorf("alphas %v, want %v", got.Alphas[l], want.Alphas[l])
				}
				for a := range alphas {
					if !coefNear(got.MSEPath[l][a], alphas[a], 1e-6) {
						t.Errorf("%+v: %v, want %v", o, got.MSEPath[l][a], alphas[a])
					}
				}
			}
			if got.Alpha != want.Alpha && !near(got.Alpha, want.Alpha, 1e-9) || got.L1Ratio != want.L1Ratio || !coefNear(got.Coef.Data, want.Coef.Data, 1e-5) {
				t.Errorf("%v %v, want %v %v", got.Alpha, got.L1Ratio, want.Alpha, want.L1Ratio)
			}
		}
	}
	c := MultiTaskElasticNetCV{Folds: 4}
	c.SampleWeights = make([]float64, n)
	c.SampleWeights[0] = 1
	if _, err := c.Fit(t.Context(), Dense(x), y); !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), "all 0 in the training rows of fold 0") {
		t.Error(err)
	}
}

// A run that was stopped goes on from its checkpoint and ends with the bits of one that was
// not; with other data, targets or settings the checkpoint is refused.
func TestMultiTaskCVResumes(t *testing.T) {
	x, y := multiRandom(17, 50, 20, 3, 0, 0.5)
	c := MultiTaskElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 10, Folds: 4, Options: Options{MaxIter: 3, Loop: parfor.Loop{Threads: 1}}}
	want := mustCVTasks(t, c, Dense(x), y)
	c.Checkpoint = filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Loop.Progress = func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}
	if _, err := c.Fit(ctx, Dense(x), y); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var counts []int
	c.Loop.Progress = func(done, _ int) { counts = append(counts, done) }
	got := mustCVTasks(t, c, Dense(x), y)
	if !slices.Equal(counts, []int{4, 5, 6, 7, 8}) {
		t.Errorf("cells %v after the first three", counts)
	}
	if !reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.GapPath, want.GapPath) || !reflect.DeepEqual(got.MultiTaskFit, want.MultiTaskFit) ||
		!reflect.DeepEqual(got.IterationsPath, want.IterationsPath) || !reflect.DeepEqual(got.ConvergedPath, want.ConvergedPath) {
		t.Error("other bits")
	}
	for name, change := range map[string]func(by float64){
		"data":     func(by float64) { x.Data[5] += by },
		"targets":  func(by float64) { y.Data[7] += by },
		"settings": func(by float64) { c.Eps += by },
	} {
		change(0.5)
		if _, err := c.Fit(t.Context(), Dense(x), y); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("other %s: %v", name, err)
		}
		change(-0.5)
	}
}

// With a Memo a second run does no fold and has the same bits, at any number of threads; other
// data, targets and settings have other keys, and those of one task are none of many.
func TestMultiTaskCVMemo(t *testing.T) {
	x, y := multiRandom(18, 50, 20, 3, 0, 0.5)
	c := MultiTaskElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 6, Folds: 4}
	want := mustCVTasks(t, c, Dense(x), y)
	m := &folds{kept: map[string]FoldErrors{}}
	c.Memo = m.call
	run := func(what string, c MultiTaskElasticNetCV, hits, misses int) {
		t.Helper()
		m.hits, m.misses = 0, 0
		got := mustCVTasks(t, c, Dense(x), y)
		if m.hits != hits || m.misses != misses {
			t.Errorf("%s: %d hits and %d misses", what, m.hits, m.misses)
		}
		if hits == 4 && (!reflect.DeepEqual(got.MSEPath, want.MSEPath) || !reflect.DeepEqual(got.GapPath, want.GapPath) || !reflect.DeepEqual(got.MultiTaskFit, want.MultiTaskFit) ||
			!reflect.DeepEqual(got.IterationsPath, want.IterationsPath) || !reflect.DeepEqual(got.ConvergedPath, want.ConvergedPath)) {
			t.Errorf("%s: other bits", what)
		}
	}
	run("first", c, 0, 4)
	run("second", c, 4, 0)
	other := c
	other.Loop.Threads = 1
	run("one thread", other, 4, 0)
	other.Checkpoint = filepath.Join(t.TempDir(), "run")
	run("with a checkpoint", other, 4, 0)
	run("from the checkpoint", other, 0, 0)
	other = c
	other.Eps = 0.01
	run("Eps", other, 0, 4)
	other = c
	other.Scorer = &MAE
	run("Scorer", other, 0, 4)
	other = c
	other.SampleWeights = slices.Repeat([]float64{1, 2}, 25)
	run("SampleWeights", other, 0, 4)
	for what, v := range map[string]*float64{"X": &x.Data[5], "y": &y.Data[7]} {
		kept := *v
		*v = math.Nextafter(kept, 9)
		run(what, c, 0, 4)
		*v = kept
	}
	run("as it was", c, 4, 0)
	m.hits, m.misses = 0, 0
	mustCV(t, ElasticNetCV(c), Dense(x), slices.Clone(y.Data[:50]))
	if m.hits != 0 {
		t.Errorf("one task takes %d folds of many", m.hits)
	}
	broken := errors.New("broken")
	c.Memo = func(context.Context, CVFold) (FoldErrors, error) { return FoldErrors{}, broken }
	if f, err := c.Fit(t.Context(), Dense(x), y); f != nil || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
