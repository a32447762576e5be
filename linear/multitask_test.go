package linear

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// multiRandom is multi_problem of testdata/multitask.py: the design of randomProblem, and
// tasks that depend on its first five columns.
func multiRandom(seed uint64, n, p, tasks int, shift, correlation float64) (x, y kernels.Matrix[float64]) {
	x, base := randomProblem(seed, n, p, shift, correlation)
	s := splitmix64(seed + 1000)
	y = kernels.NewRowMajor(n, tasks, make([]float64, n*tasks))
	for k := range tasks {
		for i := range n {
			y.Data[i*tasks+k] = base[i]*float64(k%3) + s.uniform() - 0.5 + float64(k)
			for j := range min(5, p) {
				y.Data[i*tasks+k] += math.Cos(float64(j*k)) * x.At(i, j)
			}
		}
	}
	return x, y
}

func mustFitTasks(t *testing.T, m MultiTaskElasticNet, x, y kernels.Matrix[float64]) *MultiTaskFit {
	t.Helper()
	f, err := m.Fit(Dense(x), y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// checkedTasks is the gap and the objective of the documentation, from the data alone.
func checkedTasks(x, y kernels.Matrix[float64], f *MultiTaskFit, m MultiTaskElasticNet) (gap, primal float64) {
	n, tasks := x.Rows, y.Cols
	r := f.Predict(Dense(x))
	yMean := make([]float64, tasks)
	var rr, ry, ww, l1 float64
	for k := range tasks {
		for i := range n {
			r.Data[i*tasks+k] = y.At(i, k) - r.Data[i*tasks+k]
			if !m.NoIntercept {
				yMean[k] += y.At(i, k) / float64(n)
			}
		}
		for i := range n {
			rr += r.At(i, k) * r.At(i, k)
			ry += r.At(i, k) * (y.At(i, k) - yMean[k])
		}
	}
	most := math.Inf(1)
	for j := range x.Cols {
		mean, variance, v := 0.0, 0.0, 1.0
		for i := range n {
			mean += x.At(i, j) / float64(n)
		}
		for i := range n {
			variance += (x.At(i, j) - mean) * (x.At(i, j) - mean) / float64(n)
		}
		if m.PenaltyFactors != nil {
			v = m.PenaltyFactors[j]
		}
		if math.IsInf(v, 1) {
			continue
		}
		a, b := m.Alpha*m.L1Ratio*float64(n)*v, m.Alpha*(1-m.L1Ratio)*float64(n)*v
		if m.Standardize {
			a, b = a*math.Sqrt(variance), b*variance
		}
		if m.NoIntercept {
			mean = 0
		}
		norm, dual := 0.0, 0.0
		for k := range tasks {
			w, g := f.Coef.At(j, k), 0.0
			for i := range n {
				g += (x.At(i, j) - mean) * r.At(i, k)
			}
			norm += w * w
			dual += (g - b*w) * (g - b*w)
		}
		ww += b * norm
		l1 += a * math.Sqrt(norm)
		if dual > 0 {
			most = min(most, a/math.Sqrt(dual))
		}
	}
	primal = (rr+ww)/2 + l1
	s := min(ry/(rr+ww), most)
	return (primal - (s*ry - s*s*(rr+ww)/2)) / float64(n), primal / float64(n)
}

// Every shape and option: the gap is reached and is the one of the documentation.
func TestMultiTaskReachesTheGap(t *testing.T) {
	factors := make([]float64, 50)
	for j := range factors {
		factors[j] = 0.5 + float64(j%4)
	}
	factors[2] = math.Inf(1)
	for seed, shape := range [][3]int{{50, 20, 3}, {20, 50, 9}, {30, 30, 1}, {8, 40, 17}, {1, 4, 2}} {
		n, p, tasks := shape[0], shape[1], shape[2]
		x, y := multiRandom(uint64(seed), n, p, tasks, 0, 0.3)
		for name, o := range map[string]Options{
			"plain": {}, "no intercept": {NoIntercept: true}, "standardize": {Standardize: true},
			"factors": {PenaltyFactors: factors[:p]}, "all columns": {Algorithm: AllColumns},
		} {
			for _, l1Ratio := range []float64{1, 0.5} {
				for _, alpha := range []float64{0.1, 0.02} {
					o.Tol, o.MaxIter = 1e-11, 1e5
					m := MultiTaskElasticNet{Options: o, Alpha: alpha, L1Ratio: l1Ratio}
					f := mustFitTasks(t, m, x, y)
					gap, primal := checkedTasks(x, y, f, m)
					if n == 1 && !m.NoIntercept {
						gap = f.DualGap // 0/0
					}
					if !f.Converged || !near(gap, f.DualGap, 1e-10*(1+primal)) {
						t.Errorf("%v, %s, alpha %v, l1_ratio %v: gap %v of %v, it says %v, converged %v after %d passes", shape, name, alpha, l1Ratio, gap, primal, f.DualGap, f.Converged, f.Iterations)
					}
				}
			}
		}
	}
}

// One task is a single-task fit, for every kind of penalty.
func TestMultiTaskOfOneTask(t *testing.T) {
	x, y := randomProblem(3, 60, 25, 1, 0.4)
	for _, l1Ratio := range []float64{1, 0.6, 0} {
		for _, alpha := range []float64{0.1, 0.01, 0} {
			o := Options{Tol: 1e-13, MaxIter: 1e5}
			if alpha == 0 {
				o.Tol = 1e-9
			}
			want := mustFit(t, ElasticNet{Options: o, Alpha: alpha, L1Ratio: l1Ratio}, Dense(x), y)
			got := mustFitTasks(t, MultiTaskElasticNet{Options: o, Alpha: alpha, L1Ratio: l1Ratio}, x, kernels.NewColMajor(60, 1, y))
			for j, w := range want.Coef {
				if !near(got.Coef.At(j, 0), w, 1e-5) {
					t.Errorf("alpha %v, l1_ratio %v: coefficient %d is %v, want %v", alpha, l1Ratio, j, got.Coef.At(j, 0), w)
				}
			}
			if !near(got.Intercept[0], want.Intercept, 1e-5) || !got.Converged || math.IsNaN(got.DualGap) != (alpha == 0) {
				t.Errorf("alpha %v, l1_ratio %v: %+v, want %+v", alpha, l1Ratio, got, want)
			}
		}
	}
}

// multiSolverOf is the solver of a problem that has not begun.
func multiSolverOf(t *testing.T, m MultiTaskElasticNet, x, y kernels.Matrix[float64]) *multiSolver {
	t.Helper()
	s, err := newMultiSolver(Dense(x).(taskDesign), y, &m.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.penalize(m.Alpha, m.L1Ratio); err != nil {
		t.Fatal(err)
	}
	return s
}

// A weight of 0 is a row that is not there, one of 2 a row that is there twice.
func TestMultiTaskWeights(t *testing.T) {
	const n, p, tasks = 30, 12, 3
	x, y := multiRandom(8, n, p, tasks, 2, 0.4)
	weights, rows := make([]float64, n), []int{}
	for i := range weights {
		weights[i] = float64(i % 3)
		for range i % 3 {
			rows = append(rows, i)
		}
	}
	x2, y2 := kernels.NewColMajor(len(rows), p, make([]float64, len(rows)*p)), kernels.NewRowMajor(len(rows), tasks, make([]float64, len(rows)*tasks))
	for to, from := range rows {
		for j := range p {
			x2.Data[j*len(rows)+to] = x.At(from, j)
		}
		for k := range tasks {
			y2.Data[to*tasks+k] = y.At(from, k)
		}
	}
	for _, o := range []Options{{}, {NoIntercept: true}, {Standardize: true}} {
		o.Tol, o.MaxIter = 1e-13, 1e5
		want := mustFitTasks(t, MultiTaskElasticNet{Options: o, Alpha: 0.05, L1Ratio: 0.8}, x2, y2)
		o.SampleWeights = weights
		got := mustFitTasks(t, MultiTaskElasticNet{Options: o, Alpha: 0.05, L1Ratio: 0.8}, x, y)
		for i, w := range want.Coef.Data {
			if !near(got.Coef.Data[i], w, 1e-6) {
				t.Fatalf("%+v: coefficient %d is %v, want %v", o, i, got.Coef.Data[i], w)
			}
		}
		for k, b := range want.Intercept {
			if !near(got.Intercept[k], b, 1e-6) {
				t.Fatalf("intercept %d is %v, want %v", k, got.Intercept[k], b)
			}
		}
		if !got.Converged || want.Coef.At(1, 0) == 0 && want.Coef.At(2, 0) == 0 && want.Coef.At(3, 0) == 0 {
			t.Errorf("converged %v, coefficients %v", got.Converged, want.Coef.Data)
		}
	}
}

// More columns than rows in the working set: passes run on the residual.
func TestMultiTaskResidualPasses(t *testing.T) {
	x, y := multiRandom(5, 60, 200, 4, 0, 0)
	m := MultiTaskElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e5}, Alpha: 1e-3, L1Ratio: 0.2}
	s := multiSolverOf(t, m, x, y)
	s.limit = 0 // no Gram matrix at all
	cert, err := s.solve()
	f := s.fit(cert)
	if err != nil || !f.Converged || s.gram.Data != nil {
		t.Fatal(f, err)
	}
	want := mustFitTasks(t, m, x, y)
	support := 0
	for j := range x.Cols {
		if f.Coef.At(j, 0) != 0 {
			support++
		}
		for k := range y.Cols {
			if !near(f.Coef.At(j, k), want.Coef.At(j, k), 1e-3) {
				t.Errorf("coefficient %d of task %d: %v, by the Gram matrix %v", j, k, f.Coef.At(j, k), want.Coef.At(j, k))
			}
		}
	}
	if support <= x.Rows {
		t.Errorf("a support of %d", support)
	}
}

// What is screened is zero at the optimum, and something is.
func TestMultiTaskScreeningIsSafe(t *testing.T) {
	x, y := multiRandom(6, 80, 500, 5, 0, 0.2)
	m := MultiTaskElasticNet{Options: Options{Tol: 1e-12, MaxIter: 1e5}, Alpha: 0.15, L1Ratio: 0.9}
	optimum := mustFitTasks(t, m, x, y)
	s := multiSolverOf(t, m, x, y)
	grams := make([]float64, len(s.cols)*kernels.TaskBlock)
	for range 12 {
		s.x.Blocks(s.loop, s.cols, grams)
		s.x.Epoch(s.cols, s.pen, grams, s.w, s.r, s.scratch)
		s.screen(s.certifyResidual(s.cols))
		for _, j := range s.all {
			if !slices.Contains(s.cols, j) && optimum.Coef.At(int(j), 0) != 0 {
				t.Fatalf("column %d was dropped", j)
			}
		}
	}
	if screened := len(s.all) - len(s.cols); screened < 250 {
		t.Errorf("%d of %d columns were screened", screened, len(s.all))
	}
}

// Any layout and type of the same numbers gives the same fit, on any number of threads,
// from any start; nothing of the caller's is changed.
func TestMultiTaskDesignsAndStartsAgree(t *testing.T) {
	x, y := multiRandom(7, 120, 300, 6, 0, 0.3)
	rows := kernels.NewRowMajor(120, 300, make([]float64, 120*300))
	narrow, wide := kernels.NewRowMajor(120, 300, make([]float32, 120*300)), kernels.NewColMajor(120, 300, make([]float64, 120*300))
	yColumns := kernels.NewColMajor(120, 6, make([]float64, 120*6))
	for i := range 120 {
		for j := range 300 {
			rows.Data[i*300+j], narrow.Data[i*300+j] = x.At(i, j), float32(x.At(i, j))
			wide.Data[j*120+i] = float64(narrow.Data[i*300+j])
		}
		for k := range 6 {
			yColumns.Data[k*120+i] = y.At(i, k)
		}
	}
	m := MultiTaskElasticNet{Options: Options{Tol: 1e-10, MaxIter: 1e5}, Alpha: 0.02, L1Ratio: 0.9}
	xBefore, yBefore := slices.Clone(x.Data), slices.Clone(y.Data)
	want, wantNarrow := mustFitTasks(t, m, x, y), mustFitTasks(t, m, wide, y)
	for name, fit := range map[string]func(m MultiTaskElasticNet) (*MultiTaskFit, error){
		"row-major": func(m MultiTaskElasticNet) (*MultiTaskFit, error) { return m.Fit(Dense(rows), y) },
		"threads":   func(m MultiTaskElasticNet) (*MultiTaskFit, error) { m.Loop = loopOf(3); return m.Fit(Dense(x), y) },
		"one": func(m MultiTaskElasticNet) (*MultiTaskFit, error) {
			m.Loop = loopOf(1)
			return m.Fit(Dense(x), yColumns)
		},
		"float32": func(m MultiTaskElasticNet) (*MultiTaskFit, error) { return m.Fit(Dense(narrow), y) },
	} {
		got, err := fit(m)
		if err != nil {
			t.Fatal(err)
		}
		want := want
		if name == "float32" {
			want = wantNarrow
		}
		for i, w := range want.Coef.Data {
			if !near(got.Coef.Data[i], w, 1e-6) || (name == "threads" || name == "one") && got.Coef.Data[i] != w {
				t.Fatalf("%s: coefficient %d is %v, want %v", name, i, got.Coef.Data[i], w)
			}
		}
	}
	m.Init = want.Coef.Data
	if warm := mustFitTasks(t, m, x, y); warm.Iterations > 1 || !warm.Converged {
		t.Errorf("from the solution it took %d passes", warm.Iterations)
	}
	m.Init = slices.Repeat([]float64{3}, 300*6)
	far := mustFitTasks(t, m, x, y)
	_, a := checkedTasks(x, y, far, m)
	if _, b := checkedTasks(x, y, want, m); !far.Converged || !near(a, b, far.DualGap+want.DualGap+1e-13) {
		t.Errorf("a far start ends at %v, not %v", a, b)
	}
	if !slices.Equal(xBefore, x.Data) || !slices.Equal(yBefore, y.Data) {
		t.Error("an argument was changed")
	}
}

func loopOf(threads int) parfor.Loop { return parfor.Loop{Threads: threads} }

func TestMultiTaskEdges(t *testing.T) {
	y := kernels.NewRowMajor(3, 2, []float64{1, 2, 3, 4, 8, 0})
	zero := mustFitTasks(t, MultiTaskElasticNet{Alpha: 0.1, L1Ratio: 1}, kernels.NewColMajor(3, 2, make([]float64, 6)), y)
	if slices.Max(zero.Coef.Data) != 0 || zero.Intercept[0] != 4 || zero.Intercept[1] != 2 || !zero.Converged {
		t.Errorf("zero design: %+v", zero)
	}
	none := mustFitTasks(t, MultiTaskElasticNet{Alpha: 0.1, L1Ratio: 1}, kernels.NewColMajor[float64](3, 0, nil), y)
	if none.Coef.Rows != 0 || none.Intercept[0] != 4 || !none.Converged {
		t.Errorf("no columns: %+v", none)
	}
	x, many := multiRandom(8, 30, 60, 4, 0, 0.9)
	short := mustFitTasks(t, MultiTaskElasticNet{Options: Options{Tol: 1e-12, MaxIter: 3}, Alpha: 1e-4, L1Ratio: 1}, x, many)
	if short.Converged || short.Iterations != 3 || !(short.DualGap > 0) {
		t.Errorf("after 3 passes: %v, %d, %v", short.Converged, short.Iterations, short.DualGap)
	}
	limit := mustFitTasks(t, MultiTaskElasticNet{Options: Options{Tol: 1e-40, MaxIter: 1e6}, Alpha: 0.3, L1Ratio: 0.5}, x, many)
	if limit.DualGap > 1e-12 || limit.Iterations == 1e6 {
		t.Errorf("at Tol 1e-40: gap %v after %d passes", limit.DualGap, limit.Iterations)
	}
}

func TestMultiTaskScoreAndJSON(t *testing.T) {
	x, y := multiRandom(9, 40, 10, 3, 0, 0.2)
	f := mustFitTasks(t, MultiTaskElasticNet{Alpha: 0.01, L1Ratio: 1}, x, y)
	predicted, mean := f.Predict(Dense(x)), 0.0
	for k := range 3 {
		m, rr, yy := 0.0, 0.0, 0.0
		for i := range 40 {
			m += y.At(i, k) / 40
		}
		for i := range 40 {
			want := f.Intercept[k]
			for j := range 10 {
				want += f.Coef.At(j, k) * x.At(i, j)
			}
			if !near(predicted.At(i, k), want, 1e-12) {
				t.Errorf("row %d, task %d: predicted %v, want %v", i, k, predicted.At(i, k), want)
			}
			rr += (y.At(i, k) - want) * (y.At(i, k) - want)
			yy += (y.At(i, k) - m) * (y.At(i, k) - m)
		}
		mean += (1 - rr/yy) / 3
	}
	if got := f.Score(Dense(x), y); !near(got, mean, 1e-12) {
		t.Errorf("R² %v, want %v", got, mean)
	}
	for _, f := range []*MultiTaskFit{f, mustFitTasks(t, MultiTaskElasticNet{}, x, y)} { // whose gap is NaN
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back MultiTaskFit
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.Coef.Data, f.Coef.Data) || back.Coef.Rows != 10 || !slices.Equal(back.Intercept, f.Intercept) ||
			back.Iterations != f.Iterations || math.Float64bits(back.DualGap) != math.Float64bits(f.DualGap) && !math.IsNaN(f.DualGap) || back.Converged != f.Converged {
			t.Errorf("%s reads back as %+v", text, back)
		}
	}
	var back MultiTaskFit
	if err := json.Unmarshal([]byte(`{"Coef":[[1,2],[3]],"Intercept":[0,0]}`), &back); !errors.Is(err, ErrParameter) {
		t.Errorf("a short row: %v", err)
	}
}

func TestMultiTaskBadData(t *testing.T) {
	x, y := multiRandom(1, 5, 3, 2, 0, 0)
	with := func(m kernels.Matrix[float64], i int, v float64) kernels.Matrix[float64] {
		m.Data = slices.Clone(m.Data)
		m.Data[i] = v
		return m
	}
	scaled := func(m kernels.Matrix[float64], by float64) kernels.Matrix[float64] {
		m.Data = slices.Clone(m.Data)
		for i := range m.Data {
			m.Data[i] *= by
		}
		return m
	}
	for _, c := range []struct {
		m      MultiTaskElasticNet
		x, y   kernels.Matrix[float64]
		target error
		text   string
	}{
		{MultiTaskElasticNet{}, with(x, 7, math.NaN()), y, ErrNotFinite, "X[2, 1] is NaN"},
		{MultiTaskElasticNet{}, x, with(y, 3, math.Inf(1)), ErrNotFinite, "y[1, 1] is +Inf"},
		{MultiTaskElasticNet{}, x, with(y, 3, 1e200), ErrRange, "squares of y"},
		{MultiTaskElasticNet{}, scaled(x, 1e-90), scaled(y, 1e-90), ErrRange, "column 0 of X multiply"},
		{MultiTaskElasticNet{Alpha: -1}, x, y, ErrParameter, "Alpha is -1"},
		{MultiTaskElasticNet{Alpha: 1e308}, x, y, ErrRange, "Alpha is 1e+308"},
		{MultiTaskElasticNet{L1Ratio: 2}, x, y, ErrParameter, "L1Ratio is 2"},
		{MultiTaskElasticNet{Options: Options{Tol: -1}}, x, y, ErrParameter, "Tol is -1"},
		{MultiTaskElasticNet{Options: Options{Init: []float64{0, 0, 0, 0, 0, math.NaN()}}}, x, y, ErrNotFinite, "Init[5] is NaN"},
		{MultiTaskElasticNet{Options: Options{Positive: true}}, x, y, errors.ErrUnsupported, "Positive"},
		{MultiTaskElasticNet{Options: Options{Selection: Random}}, x, y, errors.ErrUnsupported, "Random"},
		{MultiTaskElasticNet{Options: Options{Algorithm: Covariance}}, x, y, errors.ErrUnsupported, "Covariance"},
		{MultiTaskElasticNet{Options: Options{SampleWeights: make([]float64, 5)}}, x, y, ErrParameter, "SampleWeights are all 0"},
		{MultiTaskElasticNet{Options: Options{PenaltyFactors: []float64{1, 0, 1}}}, x, y, errors.ErrUnsupported, "PenaltyFactors[1] is 0"},
		{MultiTaskElasticNet{}, kernels.NewColMajor[float64](0, 3, nil), kernels.NewRowMajor[float64](0, 2, nil), ErrNoRows, "X is 0×3"},
	} {
		if f, err := c.m.Fit(Dense(c.x), c.y); f != nil || !errors.Is(err, c.target) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %+v, %v; want an error with %q", f, err, c.text)
		}
	}
	if _, err := (MultiTaskLasso{Alpha: 1}).Fit(sparseOf(t, x), y); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a sparse design: %v", err)
	}
	d, m := Dense(x), MultiTaskLasso{Alpha: 1}
	f, err := m.Fit(d, y)
	if err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "linear: Fit: nil design", func() { m.Fit(nil, y) })
	mustPanic(t, "linear: Fit: y has not as many rows as x", func() { m.Fit(d, kernels.NewRowMajor(4, 2, y.Data)) })
	mustPanic(t, "linear: Fit: y has no columns", func() { m.Fit(d, kernels.NewRowMajor[float64](5, 0, nil)) })
	mustPanic(t, "linear: Fit: data shorter than the matrix", func() { m.Fit(d, kernels.Matrix[float64]{Rows: 5, Cols: 2, Stride: 2}) })
	mustPanic(t, "linear: Fit: the length of Init is not the number of columns times that of tasks", func() {
		MultiTaskLasso{Options: Options{Init: make([]float64, 3)}}.Fit(d, y)
	})
	mustPanic(t, "linear: Predict: nil design", func() { f.Predict(nil) })
	mustPanic(t, "linear: Score: the number of columns of y is not that of the tasks", func() { f.Score(d, kernels.NewRowMajor(5, 1, y.Data)) })
}

// The objective at Tol 1e-12 agrees with that of scikit-learn's MultiTaskElasticNet.
func TestMultiTaskAgreesWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/multitask.json") // written by testdata/multitask.py
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Args      []float64
		Alpha     float64
		L1Ratio   float64 `json:"l1_ratio"`
		Intercept bool
		Objective float64
		Gap       float64
		Coef      [][]float64
		B         []float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, g := range golden {
		x, y := multiRandom(uint64(g.Args[0]), int(g.Args[1]), int(g.Args[2]), int(g.Args[3]), g.Args[4], g.Args[5])
		m := MultiTaskElasticNet{Options: Options{Tol: 1e-12, MaxIter: 1e6, NoIntercept: !g.Intercept}, Alpha: g.Alpha, L1Ratio: g.L1Ratio}
		f := mustFitTasks(t, m, x, y)
		gap, got := checkedTasks(x, y, f, m)
		if !f.Converged || math.Abs(got-g.Objective) > gap+g.Gap+1e-14*got {
			t.Errorf("%v, alpha %v, l1_ratio %v, intercept %v: objective %v, scikit-learn %v, gaps %v and %v", g.Args, g.Alpha, g.L1Ratio, g.Intercept, got, g.Objective, gap, g.Gap)
		}
		for k, row := range g.Coef {
			for j, want := range row {
				if !near(f.Coef.At(j, k), want, 1e-5*(1+math.Abs(want))) {
					t.Errorf("%v: coefficient %d of task %d is %v, want %v", g.Args, j, k, f.Coef.At(j, k), want)
				}
			}
			if !near(f.Intercept[k], g.B[k], 1e-5*(1+math.Abs(g.B[k]))) {
				t.Errorf("%v: intercept %d is %v, want %v", g.Args, k, f.Intercept[k], g.B[k])
			}
		}
	}
}

// Between two questions to the context no more than a block of the design is read; the size of
// the blocks changes nothing of the result, whether passes are on the residual or on the Gram
// matrix.
func TestMultiTaskAsksBetweenBlocks(t *testing.T) {
	defer func(elements int) { blockElements = elements }(blockElements)
	x, y := multiRandom(21, 60, 150, 4, 0, 0.3)
	for _, limit := range []int{0, 60} {
		m := MultiTaskElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e5}, Alpha: 0.01, L1Ratio: 0.5}
		fit := func(elements int) (*MultiTaskFit, int64) {
			blockElements = elements
			s := multiSolverOf(t, m, x, y)
			c := &askedContext{last: math.MaxInt64}
			s.ctx, s.limit = c, limit
			cert, err := s.solve()
			if err != nil {
				t.Fatal(err)
			}
			return s.fit(cert), c.asked.Load()
		}
		want, few := fit(1 << 23)
		got, many := fit(1)
		if !slices.Equal(got.Coef.Data, want.Coef.Data) || got.DualGap != want.DualGap || got.Iterations != want.Iterations {
			t.Errorf("at most %d columns on the Gram matrix: another result by another size of blocks", limit)
		}
		if many < few+2*150/16 {
			t.Errorf("asked %d times, %d with large blocks", many, few)
		}
	}
}
