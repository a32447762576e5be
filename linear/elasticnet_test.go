package linear

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

func mustFit(t *testing.T, m ElasticNet, x Design, y []float64) *Fit {
	t.Helper()
	f, err := m.Fit(x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panicked with %v, want %q", got, want)
		}
	}()
	f()
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

// The toy problems of scikit-learn's test_lasso_toy and test_enet_toy.
func TestToyProblems(t *testing.T) {
	x, y := Dense(kernels.NewColMajor(3, 1, []float64{-1, 0, 1})), []float64{-1, 0, 1}
	for _, c := range []struct{ alpha, l1Ratio, want float64 }{
		{0, 1, 1}, {0.1, 1, 0.85}, {0.5, 1, 0.25}, {1, 1, 0},
		{0.5, 0.3, 0.50819}, {0.5, 0.5, 0.45454},
	} {
		for _, noIntercept := range []bool{false, true} {
			f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-10, NoIntercept: noIntercept}, Alpha: c.alpha, L1Ratio: c.l1Ratio}, x, y)
			if !near(f.Coef[0], c.want, 1e-5) || !near(f.Intercept, 0, 1e-15) || !f.Converged {
				t.Errorf("alpha %v, l1_ratio %v: %+v, want %v", c.alpha, c.l1Ratio, f, c.want)
			}
			if p := f.Predict(nil, Dense(kernels.NewColMajor(3, 1, []float64{2, 3, 4}))); !near(p[2], 4*c.want, 1e-4) {
				t.Errorf("alpha %v: prediction %v", c.alpha, p)
			}
			if math.IsNaN(f.DualGap) != (c.alpha == 0) {
				t.Errorf("alpha %v: gap %v", c.alpha, f.DualGap)
			}
		}
	}
}

func TestZeroDesignAndConstantTarget(t *testing.T) {
	zero := Dense(kernels.NewColMajor(4, 2, make([]float64, 8)))
	f := mustFit(t, ElasticNet{Alpha: 0.1, L1Ratio: 1}, zero, []float64{1, 2, 3, 6})
	if !slices.Equal(f.Coef, []float64{0, 0}) || f.DualGap != 0 || !f.Converged || f.Intercept != 3 {
		t.Errorf("zero design: %+v", f)
	}
	x, _ := randomProblem(1, 30, 5, 0, 0)
	for _, alpha := range []float64{0, 0.1} {
		for _, l1Ratio := range []float64{0, 0.5, 1} {
			f = mustFit(t, ElasticNet{Alpha: alpha, L1Ratio: l1Ratio}, Dense(x), slices.Repeat([]float64{7}, 30))
			if !f.Converged || f.Intercept != 7 || slices.Max(f.Coef) != 0 {
				t.Errorf("constant target, alpha %v: %+v", alpha, f)
			}
		}
	}
	none := mustFit(t, ElasticNet{Alpha: 1, L1Ratio: 1}, Dense(kernels.NewColMajor[float64](3, 0, nil)), []float64{1, 2, 6})
	if len(none.Coef) != 0 || none.Intercept != 3 || !none.Converged {
		t.Errorf("no columns: %+v", none)
	}
}

func TestAlphaMaxGivesZero(t *testing.T) {
	x, y := diabetes(t)
	c := kernels.NewCenteredColumns(parfor.Loop{}, x, true)
	alphaMax := 0.0
	for j := range x.Cols {
		g, mean := 0.0, 0.0
		for _, v := range y {
			mean += v / float64(len(y))
		}
		for i := range y {
			g += (x.At(i, j) - c.Mean[j]) * (y[i] - mean)
		}
		alphaMax = max(alphaMax, math.Abs(g)/float64(len(y)))
	}
	if f := mustFit(t, ElasticNet{Alpha: alphaMax * (1 + 1e-12), L1Ratio: 1}, Dense(x), y); f.Iterations > 1 || slices.Max(f.Coef) != 0 || slices.Min(f.Coef) != 0 {
		t.Errorf("at alpha_max: %+v", f)
	}
	if f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-9}, Alpha: alphaMax * 0.999, L1Ratio: 1}, Dense(x), y); slices.Max(f.Coef) == 0 {
		t.Errorf("below alpha_max: %+v", f)
	}
}

// Any layout, stride and type of the same numbers gives the same fit, to the bit where
// the numbers are the same; nothing of the caller's is changed.
func TestDesignsAgree(t *testing.T) {
	x, y := diabetes(t)
	n, p := x.Rows, x.Cols
	rm := kernels.NewRowMajor(n, p, make([]float64, n*p))
	wide := kernels.Matrix[float64]{Rows: n, Cols: p, Stride: n + 3, Layout: kernels.ColMajor, Data: make([]float64, p*(n+3))}
	narrow, narrowWide := kernels.NewColMajor(n, p, make([]float32, n*p)), kernels.NewColMajor(n, p, make([]float64, n*p))
	for j := range p {
		for i := range n {
			v := x.At(i, j)
			rm.Data[i*p+j], wide.Data[j*(n+3)+i] = v, v
			narrow.Data[j*n+i] = float32(v)
			narrowWide.Data[j*n+i] = float64(float32(v))
		}
	}
	m := ElasticNet{Options: Options{Tol: 1e-8}, Alpha: 1, L1Ratio: 0.5}
	xBefore, yBefore, rmBefore := slices.Clone(x.Data), slices.Clone(y), slices.Clone(rm.Data)
	want := mustFit(t, m, Dense(x), y)
	for name, d := range map[string]Design{"row-major": Dense(rm), "strided": Dense(wide)} {
		if got := mustFit(t, m, d, y); !sameFit(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if !near(want.Score(d, y), want.Score(Dense(x), y), 1e-12) {
			t.Errorf("%s: another R²", name)
		}
	}
	if got, want := mustFit(t, m, Dense(narrow), y), mustFit(t, m, Dense(narrowWide), y); !sameFit(got, want) {
		t.Errorf("float32: %+v, want %+v", got, want)
	}
	if !slices.Equal(xBefore, x.Data) || !slices.Equal(yBefore, y) || !slices.Equal(rmBefore, rm.Data) {
		t.Error("an argument was changed")
	}
}

func sameFit(a, b *Fit) bool {
	return slices.Equal(a.Coef, b.Coef) && a.Intercept == b.Intercept && a.Iterations == b.Iterations && a.DualGap == b.DualGap
}

func TestFitHasTheSameBitsOnAnyThreads(t *testing.T) {
	x, y := randomProblem(9, 3000, 200, 1, 0.5)
	var first *Fit
	for _, l := range []parfor.Loop{{Threads: 1}, {}, {Threads: 3, Schedule: parfor.Dynamic(1)}, {Threads: 2, Schedule: parfor.Static(0)}} {
		f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-7, Loop: l}, Alpha: 0.01, L1Ratio: 0.8}, Dense(x), y)
		if first == nil {
			first = f
		}
		if !sameFit(f, first) {
			t.Errorf("%d threads give other bits", l.Threads)
		}
	}
}

// One Design serves many goroutines.
func TestConcurrentFits(t *testing.T) {
	x, y := diabetes(t)
	d := Dense(x)
	m := ElasticNet{Options: Options{Tol: 1e-6}, Alpha: 0.5, L1Ratio: 0.7}
	want := mustFit(t, m, Dense(x), y)
	parfor.Loop{Threads: 8, Schedule: parfor.Dynamic(1)}.For(40, func(lo, hi int) {
		for ; lo < hi; lo++ {
			if f, err := m.Fit(d, y); err != nil || !sameFit(f, want) {
				t.Errorf("%+v, %v", f, err)
			}
		}
	})
}

func TestWarmStart(t *testing.T) {
	x, y := randomProblem(5, 100, 60, 0, 0.6)
	d := Dense(x)
	m := ElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e5}, Alpha: 0.003, L1Ratio: 0.9}
	cold := mustFit(t, m, d, y)
	init := slices.Clone(cold.Coef)
	m.Init = init
	warm := mustFit(t, m, d, y)
	if warm.Iterations > 1 || !warm.Converged {
		t.Errorf("from the solution it took %d passes, from zeros %d", warm.Iterations, cold.Iterations)
	}
	if !slices.Equal(init, cold.Coef) {
		t.Error("Init was changed")
	}
	m.Init = make([]float64, 60)
	for j := range m.Init {
		m.Init[j] = 5 // far off, everything non-zero
	}
	if far := mustFit(t, m, d, y); !near(objective(x, y, far, m.Alpha, m.L1Ratio), objective(x, y, cold, m.Alpha, m.L1Ratio), 2*cold.DualGap+2*far.DualGap) {
		t.Error("a far start ends elsewhere")
	}
}

func TestNotConvergedSaysSo(t *testing.T) {
	x, y := randomProblem(5, 100, 60, 0, 0.9)
	f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-12, MaxIter: 3}, Alpha: 1e-4, L1Ratio: 1}, Dense(x), y)
	if f.Converged || f.Iterations != 3 || !(f.DualGap > 0) {
		t.Errorf("after 3 passes: converged %v, %d passes, gap %v", f.Converged, f.Iterations, f.DualGap)
	}
	// A tolerance below what float64 can certify ends before MaxIter.
	f = mustFit(t, ElasticNet{Options: Options{Tol: 1e-40, MaxIter: 1e7}, Alpha: 0.1, L1Ratio: 0.5}, Dense(x), y)
	if f.DualGap > 1e-13 || f.Iterations == 1e7 {
		t.Errorf("at Tol 1e-40: gap %v after %d passes", f.DualGap, f.Iterations)
	}
}

// Random problems of every kind: the gap bounds the distance to a much better solution,
// and the conditions of optimality hold.
func TestRandomProblemsAreOptimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	trials := 80
	if instrumented {
		trials = 16
	}
	for trial := range trials {
		n, p := 2+rng.IntN(60), 1+rng.IntN(90)
		x, y := randomProblem(uint64(trial), n, p, float64(rng.IntN(3)), rng.Float64()*0.6)
		m := ElasticNet{Alpha: math.Pow(10, -2.5*rng.Float64()), L1Ratio: []float64{1, 0.5, 0.1, 0}[rng.IntN(4)]}
		m.NoIntercept, m.MaxIter = rng.IntN(2) == 0, 1e6
		if m.L1Ratio == 0 {
			m.Alpha *= 5 // the smallest would take hundreds of thousands of passes
		}
		loose := mustFit(t, m, Dense(x), y)
		m.Tol = 1e-11
		tight := mustFit(t, m, Dense(x), y)
		pl, pt := objective(x, y, loose, m.Alpha, m.L1Ratio), objective(x, y, tight, m.Alpha, m.L1Ratio)
		if !loose.Converged || pl-pt > loose.DualGap*(1+1e-9)+1e-12*pt || pt-pl > tight.DualGap+1e-12*pt {
			t.Errorf("trial %d, %d×%d, %+v: objective %v with gap %v, %v with gap %v", trial, n, p, m, pl, loose.DualGap, pt, tight.DualGap)
		}
		predicted := tight.Predict(nil, Dense(x))
		for j, w := range tight.Coef {
			g, size := 0.0, 0.0
			for i := range y {
				g += x.At(i, j) * (y[i] - predicted[i]) / float64(n)
				size += math.Abs(x.At(i, j)*y[i]) / float64(n)
			}
			if !m.NoIntercept { // the intercept makes the residual sum to zero
				size += 1
			}
			g -= m.Alpha * (1 - m.L1Ratio) * w
			a := m.Alpha * m.L1Ratio
			if math.Abs(g) > a+1e-4*size || w != 0 && !near(g, math.Copysign(a, w), 1e-4*size) {
				t.Errorf("trial %d, %d×%d, %+v: column %d has w %v and gradient %v, want at most %v", trial, n, p, m, j, w, g, a)
			}
		}
	}
}

func TestBadData(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	good := ElasticNet{Alpha: 0.1, L1Ratio: 0.5}
	xs, y := []float64{1, 2, 3, 4, 5, 7}, []float64{1, 2, 4}
	with := func(s []float64, i int, v float64) []float64 { s = slices.Clone(s); s[i] = v; return s }
	opt := func(f func(*ElasticNet)) ElasticNet { m := good; f(&m); return m }
	col := func(data []float64) Design { return Dense(kernels.NewColMajor(3, 2, data)) }
	for _, c := range []struct {
		m      ElasticNet
		x      Design
		y      []float64
		target error
		text   string
	}{
		{good, col(with(with(xs, 2, nan), 4, inf)), y, ErrNotFinite, "X[1, 1] is +Inf"}, // the first row first
		{good, col(with(xs, 0, -inf)), y, ErrNotFinite, "X[0, 0] is -Inf"},
		{good, Dense(kernels.NewRowMajor(3, 2, with(xs, 5, nan))), y, ErrNotFinite, "X[2, 1] is NaN"},
		{opt(func(m *ElasticNet) { m.NoIntercept = true }), col(with(xs, 3, inf)), y, ErrNotFinite, "X[0, 1] is +Inf"},
		{good, Dense(kernels.NewColMajor(3, 2, []float32{1, 2, 3, 4, float32(nan), 6})), y, ErrNotFinite, "X[1, 1] is NaN"},
		{good, col(with(xs, 4, 1e200)), y, ErrRange, "column 1 of X"},
		{good, col(xs), []float64{1e-170, 0, 0}, ErrRange, "squares of y"},
		{opt(func(m *ElasticNet) { m.Alpha, m.Init, m.Algorithm = 1e290, []float64{1e10, 1}, WorkingSet }), col(xs), y, ErrRange, "duality gap"},
		{opt(func(m *ElasticNet) { m.Init = []float64{1e200, 1} }), col(xs), y, ErrRange, "duality gap"},
		{good, col(xs), with(y, 1, nan), ErrNotFinite, "y[1] is NaN"},
		{good, col(xs), with(y, 2, 1e200), ErrRange, "squares of y"},
		{opt(func(m *ElasticNet) { m.Alpha = -1 }), col(xs), y, ErrParameter, "Alpha is -1"},
		{opt(func(m *ElasticNet) { m.Alpha = nan }), col(xs), y, ErrParameter, "Alpha is NaN"},
		{opt(func(m *ElasticNet) { m.Alpha = inf }), col(xs), y, ErrParameter, "Alpha is +Inf"},
		{opt(func(m *ElasticNet) { m.Alpha = 1e308 }), col(xs), y, ErrRange, "Alpha is 1e+308"},
		{opt(func(m *ElasticNet) { m.L1Ratio = 1.5 }), col(xs), y, ErrParameter, "L1Ratio is 1.5"},
		{opt(func(m *ElasticNet) { m.L1Ratio = -0.1 }), col(xs), y, ErrParameter, "L1Ratio is -0.1"},
		{opt(func(m *ElasticNet) { m.Tol = -1 }), col(xs), y, ErrParameter, "Tol is -1"},
		{opt(func(m *ElasticNet) { m.MaxIter = -1 }), col(xs), y, ErrParameter, "MaxIter is -1"},
		{opt(func(m *ElasticNet) { m.Init = []float64{0, nan} }), col(xs), y, ErrNotFinite, "Init[1] is NaN"},
		{good, Dense(kernels.NewColMajor[float64](0, 2, nil)), nil, ErrNoRows, "X is 0×2"},
	} {
		f, err := c.m.Fit(c.x, c.y)
		if f != nil || !errors.Is(err, c.target) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %+v, %v; want an error with %q", f, err, c.text)
		}
	}
	for x, want := range map[Design][2]int{col(with(with(xs, 2, nan), 4, inf)): {1, 1}, col(with(xs, 4, 1e200)): {-1, 1}} {
		_, err := good.Fit(x, y)
		var of *DataError
		if !errors.As(err, &of) || of.Row != want[0] || of.Column != want[1] {
			t.Errorf("%#v, want row and column %v", err, want)
		}
	}
}

func TestMisuse(t *testing.T) {
	x := Dense(kernels.NewColMajor(3, 2, make([]float64, 6)))
	mustPanic(t, "linear: Fit: the length of y is not the number of rows", func() { ElasticNet{}.Fit(x, make([]float64, 2)) })
	mustPanic(t, "linear: Fit: the length of Init is not the number of columns", func() {
		ElasticNet{Options: Options{Init: []float64{1}}}.Fit(x, make([]float64, 3))
	})
	mustPanic(t, "linear: Dense: stride smaller than a row or column", func() {
		Dense(kernels.Matrix[float64]{Rows: 3, Cols: 2, Stride: 1, Data: make([]float64, 6)})
	})
	mustPanic(t, "linear: Dense: data shorter than the matrix", func() {
		Dense(kernels.Matrix[float64]{Rows: 3, Cols: 2, Stride: 2, Data: make([]float64, 5)})
	})
	mustPanic(t, "linear: Dense: negative size", func() { Dense(kernels.Matrix[float32]{Rows: -3, Cols: 2, Stride: 2}) })
	mustPanic(t, "linear: Dense: unknown layout", func() { Dense(kernels.Matrix[float64]{Rows: 1, Cols: 1, Stride: 1, Layout: 7, Data: []float64{1}}) })
	mustPanic(t, "linear: Fit: nil design", func() { ElasticNet{}.Fit(nil, nil) })
	f := &Fit{Coef: []float64{1, 2}}
	mustPanic(t, "linear: Predict: nil design", func() { f.Predict(nil, nil) })
	mustPanic(t, "linear: Predict: the number of columns is not that of the fit", func() {
		f.Predict(nil, Dense(kernels.NewColMajor(2, 3, make([]float64, 6))))
	})
	mustPanic(t, "linear: Predict: the length of dst is not the number of rows", func() { f.Predict(make([]float64, 1), x) })
	mustPanic(t, "linear: Score: the length of y is not the number of rows", func() { f.Score(x, make([]float64, 1)) })
}

func TestScore(t *testing.T) {
	x := Dense(kernels.NewColMajor(3, 1, []float64{1, 2, 3}))
	f := &Fit{Coef: []float64{1}}
	for _, c := range []struct {
		y    []float64
		want float64
	}{{[]float64{1, 2, 3}, 1}, {[]float64{1, 2, 6}, 1 - 9.0/14}, {[]float64{4, 4, 4}, 0}} {
		if got := f.Score(x, c.y); !near(got, c.want, 1e-15) {
			t.Errorf("Score(%v) = %v, want %v", c.y, got, c.want)
		}
	}
	if got := (&Fit{Coef: []float64{0}, Intercept: 4}).Score(x, []float64{4, 4, 4}); got != 1 {
		t.Errorf("exact on a constant: %v, want 1", got)
	}
	tenths := slices.Repeat([]float64{0.1}, 10) // a constant whose plain mean is not 0.1
	if got := f.Score(Dense(kernels.NewColMajor(10, 1, make([]float64, 10))), tenths); got != 0 {
		t.Errorf("wrong on a constant: %v, want 0", got)
	}
	for _, y := range [][]float64{{1, math.NaN(), 3}, {1, 2, math.Inf(1)}} {
		if got := f.Score(x, y); !math.IsNaN(got) {
			t.Errorf("Score(%v) = %v, want NaN", y, got)
		}
	}
	if got := f.Score(Dense(kernels.NewColMajor[float64](0, 1, nil)), nil); !math.IsNaN(got) {
		t.Errorf("without rows: %v, want NaN", got)
	}
}

// A column that the model does not use has no part in a prediction, in either layout.
func TestPredictSkipsUnusedColumns(t *testing.T) {
	f := &Fit{Coef: []float64{0, 2}, Intercept: 1}
	for _, x := range []kernels.Matrix[float64]{
		kernels.NewRowMajor(2, 2, []float64{math.NaN(), 3, 4, 5}),
		kernels.NewColMajor(2, 2, []float64{math.NaN(), 4, 3, 5}),
	} {
		if got := f.Predict(nil, Dense(x)); !slices.Equal(got, []float64{7, 11}) {
			t.Errorf("layout %d: %v", x.Layout, got)
		}
	}
	for _, x := range []kernels.Matrix[float64]{{Rows: 0, Cols: 2, Stride: 5}, {Rows: 0, Cols: 2, Stride: 5, Layout: kernels.ColMajor}} {
		if got := f.Predict(nil, Dense(x)); len(got) != 0 {
			t.Errorf("no rows: %v", got)
		}
	}
	if got := (&Fit{Intercept: 3}).Predict(nil, Dense(kernels.Matrix[float64]{Rows: 2, Stride: 5})); !slices.Equal(got, []float64{3, 3}) {
		t.Errorf("no columns: %v", got)
	}
}

// A start far from the solution leaves no rounding behind: what is certified is true.
func TestFarStartEndsAtTheSolution(t *testing.T) {
	x, y := randomProblem(21, 100, 20, 0, 0.3)
	g, xty, yty, mean, yMean := gramOf(x, y)
	gramDesign, err := Gram(g, xty, yty, x.Rows)
	if err != nil {
		t.Fatal(err)
	}
	m := ElasticNet{Options: Options{Tol: 1e-12}, Alpha: 0.01, L1Ratio: 0.5}
	want := objective(x, y, mustFit(t, m, Dense(x), y), m.Alpha, m.L1Ratio)
	for _, size := range []float64{1e3, 1e6, 1e8, 1e10, 1e12, 1e14} {
		m.Init = slices.Repeat([]float64{size}, 20)
		dense, gram := mustFit(t, m, Dense(x), y), mustFit(t, m, gramDesign, nil)
		gram.Intercept = yMean
		for j, w := range gram.Coef {
			gram.Intercept -= w * mean[j]
		}
		for name, f := range map[string]*Fit{"dense": dense, "Gram": gram} {
			if got := objective(x, y, f, m.Alpha, m.L1Ratio); !f.Converged || !near(got, want, 1e-11*want) {
				t.Errorf("%s from %v: objective %v, want %v; %+v", name, size, got, want, f)
			}
		}
	}
}

// Progress is for those who wait for many fits; one fit never calls it.
func TestFitDoesNotReportProgress(t *testing.T) {
	x, y := randomProblem(1, 2000, 50, 0, 0)
	m := ElasticNet{Alpha: 0.01, L1Ratio: 1}
	m.Loop.Progress = func(done, total int) { t.Errorf("Progress(%d, %d)", done, total) }
	mustFit(t, m, Dense(x), y)
}

func BenchmarkFit(b *testing.B) {
	x, y := diabetes(b)
	d := Dense(x)
	for b.Loop() {
		if _, err := (ElasticNet{Alpha: 0.1, L1Ratio: 0.5}).Fit(d, y); err != nil {
			b.Fatal(err)
		}
	}
}
