package linear

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// correlatedProblem draws n×p normal data of a kind of correlation, and y from 20 of the
// columns with noise of a tenth of its variance.
func correlatedProblem(seed uint64, n, p int, kind string) (kernels.Matrix[float64], []float64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := kernels.NewColMajor(n, p, make([]float64, n*p))
	common := make([]float64, n)
	for i := range common {
		common[i] = rng.NormFloat64()
	}
	for j := range p {
		for i := range n {
			v := rng.NormFloat64()
			switch {
			case kind == "ar.95" && j > 0:
				v = 0.95*x.At(i, j-1) + math.Sqrt(1-0.95*0.95)*v
			case kind == "equi.9":
				v = math.Sqrt(0.9)*common[i] + math.Sqrt(0.1)*v
			case kind == "duplicates" && j%3 == 1:
				v = x.At(i, j-1)
			}
			x.Data[j*n+i] = v
		}
	}
	y := make([]float64, n)
	for range 20 {
		j, b := rng.IntN(p), rng.NormFloat64()
		for i := range y {
			y[i] += b * x.At(i, j)
		}
	}
	signal := 0.0
	for _, v := range y {
		signal += v * v / float64(n)
	}
	for i := range y {
		y[i] += math.Sqrt(signal/10) * rng.NormFloat64()
	}
	return x, y
}

func BenchmarkPath(b *testing.B) {
	for _, shape := range [][2]int{{200, 5000}, {72, 7129}, {1000, 512}, {1000, 1024}, {1000, 2048}} {
		for _, kind := range []string{"none", "ar.95", "equi.9", "duplicates"} {
			for _, tol := range []float64{1e-6, 1e-10} {
				b.Run(fmt.Sprintf("n=%d/p=%d/corr=%s/tol=%g", shape[0], shape[1], kind, tol), func(b *testing.B) {
					x, y := correlatedProblem(1, shape[0], shape[1], kind)
					m := Path{Options: Options{Tol: tol, Loop: parfor.Loop{Threads: 1}}, L1Ratio: 1}
					var f *PathFit
					for b.Loop() {
						var err error
						if f, err = m.Fit(context.Background(), Dense(x), y); err != nil {
							b.Fatal(err)
						}
					}
					report(b, f, tol)
				})
			}
		}
	}
}

// report adds the steps, the largest support, and how many alphas missed the gap.
func report(b *testing.B, f *PathFit, tol float64) {
	steps, most, missed := 0, 0, 0
	for i := range f.Alphas {
		columns, _ := f.Support(i)
		steps, most = steps+f.Iterations[i], max(most, len(columns))
		if !f.Converged[i] {
			missed++
		}
	}
	b.ReportMetric(float64(steps), "steps")
	b.ReportMetric(float64(most), "support")
	b.ReportMetric(float64(missed), "missed")
}

// pathGap computes the duality gap (formula A) on the scale of the objective times n, and
// ‖y − ȳ‖², from the data alone.
func pathGap(x kernels.Matrix[float64], y, w []float64, alpha, l1Ratio float64, m Options) (gap, yy float64) {
	n, p := x.Rows, x.Cols
	mean := func(v func(i int) float64) (s float64) {
		if m.NoIntercept {
			return 0
		}
		for i := range n {
			s += v(i) / float64(n)
		}
		return s
	}
	yMean := mean(func(i int) float64 { return y[i] })
	r := make([]float64, n)
	for i := range r {
		r[i] = y[i] - yMean
		yy += r[i] * r[i]
	}
	columns := make([][]float64, p)
	for j := range p {
		c := make([]float64, n)
		mj := mean(func(i int) float64 { return x.At(i, j) })
		for i := range c {
			c[i] = x.At(i, j) - mj
			r[i] -= w[j] * c[i]
		}
		columns[j] = c
	}
	var norm, ry, l1 float64
	for i, v := range r {
		norm += v * v
		ry += v * (y[i] - yMean)
	}
	most := math.Inf(1)
	for j, c := range columns {
		v := 1.0
		if m.PenaltyFactors != nil {
			v = m.PenaltyFactors[j]
		}
		a, b := alpha*l1Ratio*float64(n)*v, alpha*(1-l1Ratio)*float64(n)*v
		norm += b * w[j] * w[j]
		l1 += a * math.Abs(w[j])
		g := -b * w[j]
		for i, v := range c {
			g += v * r[i]
		}
		if !m.Positive {
			g = math.Abs(g)
		}
		if v > 0 && g > 0 {
			most = min(most, a/g)
		}
	}
	s := min(ry/norm, most)
	return norm/2 + l1 - (s*ry - s*s*norm/2), yy
}

func mustPath(t *testing.T, m Path, x Design, y []float64) *PathFit {
	t.Helper()
	f, err := m.Fit(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every alpha of a path has the gap asked for, by a computation of its own, and the reported
// gap is not below it.
func TestPathReachesItsGap(t *testing.T) {
	factors := make([]float64, 300)
	for j := range factors {
		factors[j] = []float64{1, 0.5, 2, 1, 3}[j%5]
	}
	factors[7], factors[100] = 0, 0
	for _, shape := range [][2]int{{30, 300}, {90, 60}, {60, 60}, {12, 300}} {
		for _, kind := range []string{"none", "ar.95", "equi.9", "duplicates"} {
			x, y := correlatedProblem(uint64(shape[0]), shape[0], shape[1], kind)
			for c, m := range []Path{
				{L1Ratio: 1},
				{L1Ratio: 1, Options: Options{Positive: true}},
				{L1Ratio: 0.5},
				{L1Ratio: 0.9, Options: Options{NoIntercept: true}},
				{L1Ratio: 1, Options: Options{PenaltyFactors: factors[:shape[1]]}},
				{L1Ratio: 1, Options: Options{Algorithm: WorkingSet, MaxIter: 1e6}, Eps: 1e-1},
			} {
				m.NumAlphas = 25
				for k, tol := range []float64{1e-4, 1e-8, 1e-12} {
					if instrumented && (c+k+shape[0])%3 > 0 {
						continue
					}
					m.Tol = tol
					f := mustPath(t, m, Dense(x), y)
					if len(f.Alphas) != 25 {
						t.Fatalf("%d alphas", len(f.Alphas))
					}
					for i, alpha := range f.Alphas {
						gap, yy := pathGap(x, y, f.Coef(i), alpha, m.L1Ratio, m.Options)
						if !f.Converged[i] || gap > m.Tol*yy+3e-14*yy {
							t.Errorf("%v %s, case %d, tol %g, alpha %d: gap %.3g of ‖y‖², converged %v", shape, kind, c, m.Tol, i, gap/yy, f.Converged[i])
						}
						if n := float64(shape[0]); gap > f.DualGaps[i]*n*(1+1e-9)+3e-14*yy {
							t.Errorf("%v %s, case %d, tol %g, alpha %d: reported gap %.3g, is %.3g", shape, kind, c, m.Tol, i, f.DualGaps[i]*n/yy, gap/yy)
						}
					}
				}
			}
		}
	}
}

func BenchmarkTallFit(b *testing.B) {
	for _, p := range []int{100, 1000, 5000} {
		x, y := correlatedProblem(1, 10000, p, "none")
		d := Dense(x)
		largest, err := Path{L1Ratio: 1}.AlphaMax(d, y)
		if err != nil {
			b.Fatal(err)
		}
		for _, algorithm := range []Algorithm{Auto, WorkingSet} {
			b.Run(fmt.Sprintf("n=10000/p=%d/algorithm=%v", p, algorithm), func(b *testing.B) {
				for b.Loop() {
					m := Lasso{Options: Options{Algorithm: algorithm, Loop: parfor.Loop{Threads: 1}}, Alpha: 1e-3 * largest}
					f, err := m.Fit(Dense(x), y)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(f.Iterations), "steps")
					b.ReportMetric(f.DualGap, "gap")
				}
			})
		}
	}
}

// A path ends where single fits at each alpha do, whatever the algorithm: screening, working
// sets and second-order steps change the way and not the end.
func TestPathEqualsSingleFits(t *testing.T) {
	for _, kind := range []string{"none", "ar.95", "duplicates"} {
		x, y := correlatedProblem(3, 40, 90, kind)
		for _, l1Ratio := range []float64{1, 0.6} {
			o := Options{Tol: 1e-12, MaxIter: 1e6}
			f := mustPath(t, Path{Options: o, L1Ratio: l1Ratio, NumAlphas: 9, Eps: 1e-2}, Dense(x), y)
			for i, alpha := range f.Alphas {
				for _, o.Algorithm = range []Algorithm{Auto, Covariance, WorkingSet, AllColumns} {
					one := mustFit(t, ElasticNet{Options: o, Alpha: alpha, L1Ratio: l1Ratio}, Dense(x), y)
					a, b := objective(x, y, f.At(i), alpha, l1Ratio), objective(x, y, one, alpha, l1Ratio)
					if !near(a, b, 1e-11*b) || !one.Converged || o.Algorithm != Auto && one.Algorithm != o.Algorithm {
						t.Errorf("%s, l1_ratio %v, alpha %d: objective %v, of a single fit by %v (%v) %v", kind, l1Ratio, i, a, o.Algorithm, one.Algorithm, b)
					}
					for j, w := range f.Coef(i) {
						if kind != "duplicates" && !near(w, one.Coef[j], 1e-5*(1+math.Abs(w))) {
							t.Errorf("%s, l1_ratio %v, alpha %d: coefficient %d is %v, of a single fit by %v %v", kind, l1Ratio, i, j, w, o.Algorithm, one.Coef[j])
						}
					}
				}
			}
		}
	}
}

func TestPathHasTheSameBitsAtAnyThreads(t *testing.T) {
	x, y := correlatedProblem(4, 300, 700, "ar.95")
	m := Path{L1Ratio: 0.9, NumAlphas: 20, Options: Options{Tol: 1e-9}}
	var want []byte
	for _, threads := range []int{1, 2, 5} {
		m.Loop = parfor.Loop{Threads: threads, Schedule: parfor.Dynamic(1)}
		got, err := json.Marshal(mustPath(t, m, Dense(x), y))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d threads: not the bits of one", threads)
		}
	}
}

// Columns that correlate by 0.9 used to take tens of thousands of passes at small alphas.
func TestCorrelatedPathTakesFewSteps(t *testing.T) {
	for _, kind := range []string{"none", "ar.95", "equi.9", "duplicates"} {
		x, y := correlatedProblem(5, 60, 600, kind)
		f := mustPath(t, Path{L1Ratio: 1, Options: Options{Tol: 1e-10}}, Dense(x), y)
		steps := 0
		for i, n := range f.Iterations {
			steps += n
			if !f.Converged[i] {
				t.Errorf("%s: alpha %d did not converge", kind, i)
			}
		}
		if steps > 1500 {
			t.Errorf("%s: %d steps for 100 alphas", kind, steps)
		}
	}
}

// A fit whose passes get dear goes over to second-order steps.
func TestAutoLeavesSlowPasses(t *testing.T) {
	x, y := correlatedProblem(6, 300, 400, "equi.9")
	f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-10}, Alpha: 1e-4, L1Ratio: 1}, Dense(x), y)
	gap, yy := pathGap(x, y, f.Coef, 1e-4, 1, Options{})
	if f.Algorithm != Covariance || !f.Converged || gap > 1e-10*yy {
		t.Errorf("%v took %d steps to a gap of %.3g", f.Algorithm, f.Iterations, gap/yy)
	}
}

func TestPathAlphas(t *testing.T) {
	x, y := correlatedProblem(7, 50, 30, "none")
	f := mustPath(t, Path{L1Ratio: 0.5}, Dense(x), y)
	if len(f.Alphas) != 100 || !near(f.Alphas[99], 1e-3*f.Alphas[0], 1e-12*f.Alphas[0]) || f.Algorithm != Covariance {
		t.Errorf("%d alphas from %v to %v by %v", len(f.Alphas), f.Alphas[0], f.Alphas[99], f.Algorithm)
	}
	largest, err := Path{L1Ratio: 0.5}.AlphaMax(Dense(x), y)
	if err != nil || largest != f.Alphas[0] {
		t.Errorf("AlphaMax %v, %v; the path begins at %v", largest, err, f.Alphas[0])
	}
	if columns, _ := f.Support(0); len(columns) != 0 || f.Iterations[0] > 1 || f.R2[0] != 0 {
		t.Errorf("at the largest alpha %d coefficients, %d steps, R² %v", len(columns), f.Iterations[0], f.R2[0])
	}
	if columns, _ := f.Support(1); len(columns) == 0 {
		t.Error("no coefficient at the second alpha")
	}
	for i := range f.Alphas {
		if fit := f.At(i); !near(fit.Score(Dense(x), y), f.R2[i], 1e-12) || fit.Intercept != f.Intercept(i) {
			t.Errorf("alpha %d: R² %v, by its predictions %v", i, f.R2[i], fit.Score(Dense(x), y))
		}
	}
	given := []float64{0.1, 2, 0, 0.5}
	f = mustPath(t, Path{Alphas: given, L1Ratio: 0, Options: Options{Tol: 1e-9, MaxIter: 1e6}}, Dense(x), y)
	if want := []float64{2, 0.5, 0.1, 0}; !slices.Equal(f.Alphas, want) || !slices.Equal(given, []float64{0.1, 2, 0, 0.5}) {
		t.Errorf("alphas %v, want %v; given now %v", f.Alphas, want, given)
	}
	if !math.IsNaN(f.DualGaps[3]) || !f.Converged[3] {
		t.Errorf("without a penalty: gap %v, converged %v", f.DualGaps[3], f.Converged[3])
	}
	// A lasso whose last alpha is 0 goes from second-order steps to passes.
	f = mustPath(t, Path{Alphas: []float64{0.1, 0.01, 0}, L1Ratio: 1, Options: Options{Tol: 1e-9, MaxIter: 1e6}}, Dense(x), y)
	one := mustFit(t, ElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e6}}, Dense(x), y)
	if a, b := objective(x, y, f.At(2), 0, 1), objective(x, y, one, 0, 1); !near(a, b, 1e-9*b) {
		t.Errorf("at alpha 0 objective %v, of a single fit %v", a, b)
	}
}

// No column has a positive product with y: no alpha makes a coefficient positive.
func TestPathWithNothingToFind(t *testing.T) {
	x := kernels.NewColMajor(3, 1, []float64{-1, 0, 1})
	for _, y := range [][]float64{{1, 0, -1}, {2, 2, 2}} {
		f := mustPath(t, Path{L1Ratio: 1, NumAlphas: 5, Options: Options{Positive: true}}, Dense(x), y)
		for i := range f.Alphas {
			if f.Coef(i)[0] != 0 || !f.Converged[i] || !(f.Alphas[i] > 0) {
				t.Errorf("y %v, alpha %v: coefficient %v, converged %v", y, f.Alphas[i], f.Coef(i), f.Converged[i])
			}
		}
	}
}

// The units of X and y do not matter.
func TestPathOfHugeAndTinyData(t *testing.T) {
	x, y := correlatedProblem(8, 30, 50, "none")
	m := Path{L1Ratio: 1, NumAlphas: 10, Options: Options{Tol: 1e-9}}
	want := mustPath(t, m, Dense(x), y)
	for _, scale := range [][2]float64{{0x1p300, 1}, {0x1p-300, 1}, {1, 0x1p300}, {1, 0x1p-300}, {0x1p200, 0x1p-200}} {
		xs, ys := kernels.NewColMajor(30, 50, slices.Clone(x.Data)), slices.Clone(y)
		for i := range xs.Data {
			xs.Data[i] *= scale[0]
		}
		for i := range ys {
			ys[i] *= scale[1]
		}
		f := mustPath(t, m, Dense(xs), ys)
		for i := range f.Alphas {
			for j, w := range f.Coef(i) {
				if v := want.Coef(i)[j]; w*scale[0]/scale[1] != v {
					t.Fatalf("scales %v, alpha %d: coefficient %d is %v, want %v", scale, i, j, w*scale[0]/scale[1], v)
				}
			}
		}
	}
}

// A context that is done ends the path after the alphas that are done.
func TestPathCancelled(t *testing.T) {
	x, y := correlatedProblem(9, 50, 100, "none")
	ctx, cancel := context.WithCancel(context.Background())
	m := Path{L1Ratio: 1}
	var done []int
	m.Loop.Progress = func(n, total int) {
		if done = append(done, n); n == 7 {
			cancel()
		}
		if total != 100 {
			t.Errorf("progress of %d", total)
		}
	}
	f, err := m.Fit(ctx, Dense(x), y)
	if !errors.Is(err, context.Canceled) || f == nil || len(f.Alphas) != 7 || !slices.Equal(done, []int{1, 2, 3, 4, 5, 6, 7}) {
		t.Fatalf("%v, progress %v", err, done)
	}
	all := mustPath(t, Path{L1Ratio: 1}, Dense(x), y)
	if !slices.Equal(f.Coef(6), all.Coef(6)) {
		t.Error("what there is differs from the same part of a whole path")
	}
}

func TestPathRoundTripsThroughJSON(t *testing.T) {
	x, y := correlatedProblem(10, 20, 15, "none")
	want := mustPath(t, Path{L1Ratio: 0.7, Alphas: []float64{1, 0.1, 0}, Options: Options{MaxIter: 1e6}}, Dense(x), y)
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got PathFit
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for i := range want.Alphas {
		if !slices.Equal(got.Coef(i), want.Coef(i)) || got.Intercept(i) != want.Intercept(i) {
			t.Errorf("alpha %d: %v became %v", i, want.Coef(i), got.Coef(i))
		}
	}
	again, err := json.Marshal(got)
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("%s became %s, %v", text, again, err)
	}
	for _, bad := range []string{`{}`, `{"Alphas":[1],"Starts":[0,5]}`, strings.Replace(string(text), `"Columns":15`, `"Columns":3`, 1)} {
		if err := json.Unmarshal([]byte(bad), &got); !errors.Is(err, ErrParameter) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestPathBadParameters(t *testing.T) {
	x, y := correlatedProblem(11, 10, 5, "none")
	nan := math.NaN()
	for _, c := range []struct {
		m    Path
		text string
	}{
		{Path{}, "L1Ratio is 0"},
		{Path{L1Ratio: nan}, "L1Ratio is NaN"},
		{Path{L1Ratio: 2}, "L1Ratio is 2"},
		{Path{L1Ratio: 1, Alphas: []float64{1, -1}}, "Alphas[1] is -1"},
		{Path{L1Ratio: 1, Alphas: []float64{nan}}, "Alphas[0] is NaN"},
		{Path{L1Ratio: 1, NumAlphas: -1}, "NumAlphas is -1"},
		{Path{L1Ratio: 1, Eps: -1}, "Eps is -1"},
		{Path{L1Ratio: 1, Eps: 2}, "Eps is 2"},
		{Path{L1Ratio: 1, Eps: nan}, "Eps is NaN"},
		{Path{L1Ratio: 1, Options: Options{Tol: -1}}, "Tol is -1"},
	} {
		f, err := c.m.Fit(context.Background(), Dense(x), y)
		if f != nil || !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %+v, %v; want an error with %q", f, err, c.text)
		}
	}
	mustPanic(t, "linear: Path: nil design", func() { Path{L1Ratio: 1}.Fit(context.Background(), nil, y) })
}

// askedContext counts how often it is asked, and is done from the question number last on.
type askedContext struct {
	context.Context
	asked atomic.Int64
	last  int64
}

func (c *askedContext) Err() error {
	if c.asked.Add(1) >= c.last {
		return context.Canceled
	}
	return nil
}

// Between two questions a path reads no more than a block of its data, whatever it is doing,
// and once the context is done it reads no further block. The size of the blocks changes
// nothing of the result.
func TestPathAsksBetweenBlocks(t *testing.T) {
	defer func(elements int) { blockElements = elements }(blockElements)
	const n, p = 40, 700
	x, y := correlatedProblem(12, n, p, "none")
	for name, d := range map[string]func() Design{
		"columns": func() Design { return Dense(x) },
		"rows":    func() Design { return Dense(byRows(x)) },
		"sparse":  func() Design { return sparseOf(t, x) },
	} {
		for _, algorithm := range []Algorithm{Covariance, WorkingSet} {
			m := Path{L1Ratio: 1, NumAlphas: 5, Eps: 0.05, Options: Options{Algorithm: algorithm, Loop: parfor.Loop{Threads: 1}}}
			blockElements = 1 << 23
			want := mustPath(t, m, d(), y)
			few := &askedContext{last: math.MaxInt64}
			if _, err := m.Fit(few, d(), y); err != nil {
				t.Fatal(err)
			}
			blockElements = n // 16 columns, or 256 of rows
			many := &askedContext{last: math.MaxInt64}
			got, err := m.Fit(many, d(), y)
			if err != nil {
				t.Fatal(err)
			}
			for a := range want.Alphas {
				if !slices.Equal(got.Coef(a), want.Coef(a)) || got.DualGaps[a] != want.DualGaps[a] {
					t.Errorf("%s, %v: alpha %d differs by the size of blocks", name, algorithm, a)
				}
			}
			least := int64(10)
			if name == "columns" {
				least = 2 * p / 16 // at least two gradients
			}
			if many.asked.Load() < few.asked.Load()+least {
				t.Errorf("%s, %v: asked %d times, %d with large blocks", name, algorithm, many.asked.Load(), few.asked.Load())
			}
			for last := int64(1); last < many.asked.Load(); last += 1 + last/8 {
				c := &askedContext{last: last}
				f, err := m.Fit(c, d(), y)
				if f == nil || !errors.Is(err, context.Canceled) {
					t.Fatalf("%s, %v, stopped at question %d: %v", name, algorithm, last, err)
				}
				if more := c.asked.Load() - last; more > 60 {
					t.Errorf("%s, %v, stopped at question %d: %d more were asked", name, algorithm, last, more)
				}
			}
		}
	}
}
