// The elastic net: the article on releasing the GIL in coordinate descent. Its grid
// of l1_ratios × folds × alphas is enet-cv, and one fit, with CBLAS called for every
// coordinate as the article did, is enet-cd.

package suite

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nogil-go/nogil/bench/netlibcd"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/parfor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

const (
	enetRows, enetCols = 2000, 500
	enetFolds          = 10
	enetAlphas         = 100
	enetEps            = 1e-3 // smallest alpha / largest
	enetMaxIter        = 10000
	enetCVTol          = 1e-4 // scikit-learn's default
	enetFitTol         = 1e-10
	enetEpochs         = 20
	// enetCVAgreement is how far errors of two solvers that both stop at a gap of
	// enetCVTol may lie apart, relative to the error.
	enetCVAgreement = 1e-2
)

var enetL1Ratios = []float64{0.5, 0.9, 1}

// A problem is a regression with a column-major matrix.
type problem struct {
	rows, cols int
	x, y       []float64
}

// enetData makes a sparse linear model: a tenth of the coefficients are not zero,
// and the noise has a fifth of the signal's deviation.
func (b *bench) enetData(w *workload) (problem, error) {
	p := problem{rows: b.pick(enetRows, 60), cols: b.pick(enetCols, 20)}
	x, err := b.scratch.floats(w.name+"-x.npy", true, p.rows, p.cols)
	if err != nil {
		return p, err
	}
	y, err := b.scratch.floats(w.name+"-y.npy", false, p.rows)
	if err != nil {
		return p, err
	}
	ratios, err := b.scratch.floats(w.name+"-l1.npy", false, len(enetL1Ratios))
	if err != nil {
		return p, err
	}
	p.x, p.y = x.float64s(), y.float64s()
	copy(ratios.float64s(), enetL1Ratios)
	rng := rand.New(rand.NewPCG(5, 0))
	for i := range p.x {
		p.x[i] = rng.NormFloat64()
	}
	for j := 0; j < p.cols; j += 10 {
		c := rng.NormFloat64()
		for i, v := range p.column(j) {
			p.y[i] += c * v
		}
	}
	noise := 0.2 * math.Sqrt(float64(p.cols)/10)
	for i := range p.y {
		p.y[i] += noise * rng.NormFloat64()
	}
	w.inputs = map[string]string{"x": x.path, "y": y.path, "l1_ratios": ratios.path}
	w.close = func() { b.scratch.drop(x); b.scratch.drop(y); b.scratch.drop(ratios) }
	return p, nil
}

func (p problem) column(j int) []float64 { return p.x[j*p.rows:][:p.rows] }

// enetCV is cross-validation over the grid.
func (b *bench) enetCV() (*workload, error) {
	folds, alphas := b.pick(enetFolds, 3), b.pick(enetAlphas, 10)
	fits := folds * alphas * len(enetL1Ratios)
	w := &workload{name: "enet-cv", units: float64(fits), unit: "fit"}
	p, err := b.enetData(w)
	if err != nil {
		return nil, err
	}
	w.shape = fmt.Sprintf("%d×%d, %d fits", p.rows, p.cols, fits)
	w.notes = append(w.notes,
		fmt.Sprintf("%d folds × %d alphas × l1_ratios %v, warm starts along each path, gap ≤ %g·‖y‖², and the last fit", folds, alphas, enetL1Ratios, enetCVTol),
		"nogil loops over linear.ElasticNet fits on a Gram matrix per fold, as scikit-learn does; folds × l1_ratios in parallel")
	w.params = map[string]float64{"folds": float64(folds), "alphas": float64(alphas), "tol": enetCVTol, "max_iter": enetMaxIter}
	w.check = agreeCV(p, folds, alphas)
	w.nogil(b, b.threads, contender{who: "nogil linear.ElasticNet in a loop", task: "enet_cv", base: true})
	w.each(b.threads, contender{who: "sklearn ElasticNetCV as shipped", program: b.tools.pythonPeer("sklearn", 0), task: "enet_cv"})
	w.each(b.threads, contender{who: "sklearn ElasticNetCV, BLAS at 1", program: b.tools.pythonPeer("sklearn", 1), task: "enet_cv"})
	return w, nil
}

// agreeCV returns a check that compares a grid with the first right one, which is
// nogil's: the same alphas, nearly the same errors, and a choice that is nearly as
// good as the best by those errors. The alphas are computed here.
func agreeCV(p problem, folds, alphas int) func([]float64, map[string]float64) error {
	cells := len(enetL1Ratios) * alphas
	var grid []float64
	for _, l1 := range enetL1Ratios {
		grid = append(grid, alphaGrid(p, l1, alphas)...)
	}
	var reference []float64 // the mean error of each cell
	return func(got []float64, _ map[string]float64) error {
		if len(got) != cells+cells*folds+2 {
			return fmt.Errorf("%d numbers, want %d", len(got), cells+cells*folds+2)
		}
		for i, a := range grid {
			if !near(got[i], a, 1e-9) {
				return fmt.Errorf("alpha %d is %v, want %v", i, got[i], a)
			}
		}
		means := meanErrors(got[cells:cells+cells*folds], folds)
		if reference == nil {
			reference = means
		}
		least := math.Inf(1)
		for i, m := range reference {
			least = min(least, m)
			if !near(means[i], m, enetCVAgreement) {
				return fmt.Errorf("mean error of cell %d is %v, others found %v", i, means[i], m)
			}
		}
		alpha, l1 := got[len(got)-2], got[len(got)-1]
		for i, a := range grid {
			if enetL1Ratios[i/alphas] == l1 && near(a, alpha, 1e-9) {
				if !near(reference[i], least, enetCVAgreement) {
					return fmt.Errorf("chose alpha %v and l1_ratio %v with error %v, the least is %v", alpha, l1, reference[i], least)
				}
				return nil
			}
		}
		return fmt.Errorf("chose alpha %v and l1_ratio %v, which are not on the grid", alpha, l1)
	}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*math.Abs(b) }

func meanErrors(errs []float64, folds int) []float64 {
	means := make([]float64, len(errs)/folds)
	for i, e := range errs {
		means[i/folds] += e / float64(folds)
	}
	return means
}

// alphaGrid is scikit-learn's: geometric from the least alpha at which all
// coefficients are zero, max |X_cᵀy_c| / (n·l1).
func alphaGrid(p problem, l1 float64, n int) []float64 {
	meanY, most := mean(p.y), 0.0
	for j := range p.cols {
		col, dot := p.column(j), 0.0
		meanX := mean(col)
		for i, v := range col {
			dot += (v - meanX) * (p.y[i] - meanY)
		}
		most = max(most, math.Abs(dot))
	}
	alphas := make([]float64, n)
	for k := range alphas {
		alphas[k] = most / (float64(p.rows) * l1) * math.Pow(enetEps, float64(k)/float64(max(n-1, 1)))
	}
	return alphas
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// small returns the penalty of the single fits: a thousandth of the largest useful
// alpha, at which nearly all coefficients are in play.
func small(p problem) (alpha, l1 float64) {
	l1 = enetL1Ratios[0]
	grid := alphaGrid(p, l1, 2)
	return grid[1], l1
}

// enetCD compares the fused kernel with CBLAS calls: the same epochs over the same
// columns, and nothing else.
func (b *bench) enetCD() (*workload, error) {
	w := &workload{name: "enet-cd", units: enetEpochs, unit: "epoch"}
	p, err := b.enetData(w)
	if err != nil {
		return nil, err
	}
	alpha, l1 := small(p)
	w.shape = fmt.Sprintf("%d×%d, %d epochs", p.rows, p.cols, enetEpochs)
	w.notes = append(w.notes,
		fmt.Sprintf("coordinate descent from zero at alpha %.3g, l1_ratio %g; one thread, as an epoch is serial", alpha, l1),
		"CBLAS is called as the article did, a ddot for each coordinate and a daxpy for each change")
	w.params = map[string]float64{"alpha": alpha, "l1_ratio": l1, "epochs": enetEpochs}
	want := plainEpochs(p, alpha, l1, enetEpochs)
	w.check = func(got []float64, _ map[string]float64) error { return checkCoef(got, want) }
	w.nogil(b, []int{1}, contender{who: "nogil fused kernel", task: "enet_epochs", base: true})
	w.each([]int{1}, contender{who: "CBLAS ddot and daxpy by netlib", program: netlibPeer(), task: "enet_netlib_epochs"})
	return w, nil
}

// enetFit is one fit to a small gap.
func (b *bench) enetFit() (*workload, error) {
	w := &workload{name: "enet-fit", units: 1, unit: "fit"}
	p, err := b.enetData(w)
	if err != nil {
		return nil, err
	}
	alpha, l1 := small(p)
	w.shape = fmt.Sprintf("%d×%d, one fit", p.rows, p.cols)
	w.notes = append(w.notes, fmt.Sprintf("alpha %.3g, l1_ratio %g, gap ≤ %g·‖y‖², computed again from each answer; one thread, as a fit is serial here",
		alpha, l1, enetFitTol))
	w.params = map[string]float64{"alpha": alpha, "l1_ratio": l1, "tol": enetFitTol, "max_iter": enetMaxIter}
	w.check = func(got []float64, _ map[string]float64) error {
		if len(got) != p.cols+1 {
			return fmt.Errorf("%d numbers, want %d", len(got), p.cols+1)
		}
		gap, yy := dualGap(p, got[:p.cols], got[p.cols], alpha, l1)
		if !(gap <= enetFitTol*yy*1.001) {
			return fmt.Errorf("its duality gap is %.3g·‖y‖², want %g", gap/yy, enetFitTol)
		}
		return nil
	}
	one := []int{1}
	w.nogil(b, []int{1}, contender{who: "nogil linear.ElasticNet", task: "enet_fit", base: true})
	w.each(one, contender{who: "CBLAS ddot and daxpy by netlib", program: netlibPeer(), task: "enet_netlib_fit"})
	w.each(one, contender{who: "sklearn ElasticNet as shipped", program: b.tools.pythonPeer("sklearn", 0), task: "enet_fit"})
	w.each(one, contender{who: "sklearn ElasticNet, BLAS at 1", program: b.tools.pythonPeer("sklearn", 1), task: "enet_fit"})
	return w, nil
}

// netlibPeer is this program where it has CBLAS.
func netlibPeer() program {
	if netlibcd.Reason != "" {
		return program{key: "netlib", reason: netlibcd.Reason}
	}
	return goPeer("")
}

// plainEpochs is coordinate descent in the plainest Go, for answers to be checked
// against: u = X_jᵀr + w_j·‖X_j‖², w_j = soft(u, a) / (‖X_j‖² + b) on centred data.
func plainEpochs(p problem, alpha, l1 float64, epochs int) []float64 {
	a, b := alpha*l1*float64(p.rows), alpha*(1-l1)*float64(p.rows)
	c := problem{rows: p.rows, cols: p.cols, x: make([]float64, len(p.x))}
	for j := range p.cols {
		m := mean(p.column(j))
		for i, v := range p.column(j) {
			c.column(j)[i] = v - m
		}
	}
	w, r, m := make([]float64, p.cols), make([]float64, p.rows), mean(p.y)
	for i, v := range p.y {
		r[i] = v - m
	}
	for range epochs {
		for j := range w {
			u, q := 0.0, 0.0
			for i, v := range c.column(j) {
				u, q = u+v*r[i], q+v*v
			}
			u += w[j] * q
			next := math.Copysign(max(math.Abs(u)-a, 0), u) / (q + b)
			for i, v := range c.column(j) {
				r[i] -= (next - w[j]) * v
			}
			w[j] = next
		}
	}
	return w
}

// checkCoef compares coefficients, relative to the largest.
func checkCoef(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d coefficients, want %d", len(got), len(want))
	}
	largest := 0.0
	for _, c := range want {
		largest = max(largest, math.Abs(c))
	}
	for j, c := range got {
		if !(math.Abs(c-want[j]) <= 1e-9*largest) {
			return fmt.Errorf("coefficient %d is %v, want %v", j, c, want[j])
		}
	}
	return nil
}

// dualGap returns the gap between the primal and the dual objective at the given
// coefficients (Fercoq, Gramfort and Salmon 2015, with the ridge term folded into
// the data), times the number of rows, and ‖y_c‖².
func dualGap(p problem, coef []float64, intercept, alpha, l1 float64) (gap, yy float64) {
	n := float64(p.rows)
	a, b := alpha*l1*n, alpha*(1-l1)*n
	r, meanY := make([]float64, p.rows), mean(p.y)
	for i, y := range p.y {
		r[i] = y - intercept
		yy += (y - meanY) * (y - meanY)
	}
	norm1, norm2 := 0.0, 0.0
	for j, c := range coef {
		norm1, norm2 = norm1+math.Abs(c), norm2+c*c
		for i, x := range p.column(j) {
			r[i] -= c * x
		}
	}
	rr, ry, meanR := 0.0, 0.0, mean(r)
	for i, v := range r {
		rr += (v - meanR) * (v - meanR)
		ry += (v - meanR) * (p.y[i] - meanY)
	}
	steepest := 0.0
	for j, c := range coef {
		dot := -b * c
		for i, x := range p.column(j) {
			dot += x * (r[i] - meanR)
		}
		steepest = max(steepest, math.Abs(dot))
	}
	s, curve := 1.0, rr+b*norm2
	if curve > 0 {
		s = ry / curve
	}
	if steepest > 0 {
		s = max(min(s, a/steepest), -a/steepest)
	}
	// A wrong intercept is no part of the dual: it raises the primal only.
	primal := (curve+n*meanR*meanR)/2 + a*norm1
	return primal - (s*ry - s*s*curve/2), yy
}

// --- nogil's tasks. -----------------------------------------------------------

func (w *goWorker) problem(r request) (problem, error) {
	in, err := w.inputs(r, "x", "y")
	if err != nil {
		return problem{}, err
	}
	return problem{rows: in[0].shape[0], cols: in[0].shape[1], x: in[0].float64s(), y: in[1].float64s()}, nil
}

func enetFitTask(w *goWorker, r request) (job, error) {
	p, err := w.problem(r)
	if err != nil {
		return job{}, err
	}
	m := linear.ElasticNet{Alpha: r.Params["alpha"], L1Ratio: r.Params["l1_ratio"]}
	m.Tol, m.MaxIter, m.Loop = r.Params["tol"], int(r.Params["max_iter"]), r.loop()
	var fit *linear.Fit
	return job{
		run:    func() { fit, err = m.Fit(linear.Dense(kernels.NewColMajor(p.rows, p.cols, p.x)), p.y) },
		answer: func() []float64 { return append(append([]float64(nil), fit.Coef...), fit.Intercept) },
		info:   func() map[string]float64 { return map[string]float64{"epochs": float64(fit.Iterations)} },
		err:    func() error { return err },
	}, nil
}

func enetNetlibFitTask(w *goWorker, r request) (job, error) {
	p, err := w.problem(r)
	if err != nil {
		return job{}, err
	}
	var fit netlibcd.Fit
	return job{
		run: func() {
			fit = netlibcd.New(p.rows, p.cols, p.x, p.y, r.Params["alpha"], r.Params["l1_ratio"]).Solve(r.Params["tol"], int(r.Params["max_iter"]))
		},
		answer: func() []float64 { return append(append([]float64(nil), fit.Coef...), fit.Intercept) },
		info:   func() map[string]float64 { return map[string]float64{"epochs": float64(fit.Epochs)} },
	}, nil
}

// enetEpochsTask runs the kernel of package kernels alone, on all columns. Means and
// norms are known beforehand, as they are to the CBLAS calls.
func enetEpochsTask(w *goWorker, r request) (job, error) {
	p, err := w.problem(r)
	if err != nil {
		return job{}, err
	}
	c := kernels.NewCenteredColumns(parfor.Loop{Threads: 1}, kernels.NewColMajor(p.rows, p.cols, p.x), true)
	n, cols := float64(p.rows), make([]int32, p.cols)
	for j := range cols {
		cols[j] = int32(j)
	}
	centred, m := make([]float64, p.rows), mean(p.y)
	for i, v := range p.y {
		centred[i] = v - m
	}
	alpha, l1, coef, residual := r.Params["alpha"], r.Params["l1_ratio"], make([]float64, p.cols), make([]float64, p.rows)
	pen := kernels.Penalty{L1: slices.Repeat([]float64{alpha * l1 * n}, p.cols), L2: slices.Repeat([]float64{alpha * (1 - l1) * n}, p.cols)}
	return job{
		run: func() {
			clear(coef)
			copy(residual, centred)
			for range int(r.Params["epochs"]) {
				c.Epoch(cols, pen, coef, residual)
			}
		},
		answer: func() []float64 { return coef },
	}, nil
}

// enetNetlibEpochsTask does the same with CBLAS.
func enetNetlibEpochsTask(w *goWorker, r request) (job, error) {
	p, err := w.problem(r)
	if err != nil {
		return job{}, err
	}
	net := netlibcd.New(p.rows, p.cols, p.x, p.y, r.Params["alpha"], r.Params["l1_ratio"])
	return job{
		run: func() {
			net.Reset()
			for range int(r.Params["epochs"]) {
				net.Epoch()
			}
		},
		answer: func() []float64 { return net.Fit().Coef },
	}, nil
}

func enetCVTask(w *goWorker, r request) (job, error) {
	p, err := w.problem(r)
	if err != nil {
		return job{}, err
	}
	ratios, err := w.input(r, "l1_ratios")
	if err != nil {
		return job{}, err
	}
	cv := &gridSearch{problem: p, l1Ratios: ratios.float64s(), loop: r.loop(),
		folds: int(r.Params["folds"]), alphas: int(r.Params["alphas"])}
	cv.options = linear.Options{Tol: r.Params["tol"], MaxIter: int(r.Params["max_iter"]), Loop: parfor.Loop{Threads: 1}}
	return job{run: cv.run, answer: cv.answer, err: func() error { return errors.Join(cv.errs...) }}, nil
}

// A gridSearch is ElasticNetCV made of single fits.
type gridSearch struct {
	problem
	l1Ratios      []float64
	folds, alphas int
	options       linear.Options
	loop          parfor.Loop

	grid     [][]float64   // alphas by l1_ratio
	training []trainingSet // by fold
	mse      []float64     // by l1_ratio, alpha, fold
	errs     []error       // by l1_ratio and fold, and of the last fit
	alpha    float64
	l1       float64
}

func (g *gridSearch) run() {
	ratios := len(g.l1Ratios)
	g.grid, g.training = make([][]float64, ratios), make([]trainingSet, g.folds)
	g.mse, g.errs = make([]float64, ratios*g.alphas*g.folds), make([]error, ratios*g.folds+1)
	g.loop.Schedule = parfor.Dynamic(1)
	for i, l1 := range g.l1Ratios {
		g.grid[i] = alphaGrid(g.problem, l1, g.alphas)
	}
	g.loop.For(g.folds, func(lo, hi int) {
		for f := lo; f < hi; f++ {
			g.training[f] = newTrainingSet(g.without(f))
		}
	})
	g.loop.For(ratios*g.folds, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			g.errs[t] = g.path(t/g.folds, t%g.folds)
		}
	})
	g.choose()
}

// bounds are the rows of fold f, as scikit-learn's KFold cuts them.
func (g *gridSearch) bounds(f int) (lo, hi int) {
	q, rest := g.rows/g.folds, g.rows%g.folds
	lo = f*q + min(f, rest)
	if hi = lo + q; f < rest {
		hi++
	}
	return lo, hi
}

// without is the problem less the rows of fold f, copied.
func (g *gridSearch) without(f int) problem {
	lo, hi := g.bounds(f)
	t := problem{rows: g.rows - (hi - lo), cols: g.cols}
	t.x = make([]float64, 0, t.rows*t.cols)
	for j := range g.cols {
		col := g.column(j)
		t.x = append(append(t.x, col[:lo]...), col[hi:]...)
	}
	t.y = append(append(t.y, g.y[:lo]...), g.y[hi:]...)
	return t
}

// A trainingSet is what a fold's fits share: the Gram matrix of its centred rows, as
// scikit-learn's precompute='auto' has it where rows outnumber columns, and the means.
type trainingSet struct {
	design linear.Design
	err    error
	meanX  []float64
	meanY  float64
}

// newTrainingSet centres p, which is its own, in place.
func newTrainingSet(p problem) trainingSet {
	t := trainingSet{meanX: make([]float64, p.cols), meanY: mean(p.y)}
	subtract := func(v []float64, m float64) {
		for i := range v {
			v[i] -= m
		}
	}
	subtract(p.y, t.meanY)
	for j := range t.meanX {
		t.meanX[j] = mean(p.column(j))
		subtract(p.column(j), t.meanX[j])
	}
	// BLAS is row-major here: its rows are our columns, and the lower triangle of one
	// is the upper one of the other.
	x := blas64.General{Rows: p.cols, Cols: p.rows, Stride: p.rows, Data: p.x}
	gram := blas64.Symmetric{N: p.cols, Stride: p.cols, Uplo: blas.Lower, Data: make([]float64, p.cols*p.cols)}
	blas64.Syrk(blas.NoTrans, 1, x, 0, gram)
	for i := range p.cols {
		for j := range i {
			gram.Data[j*p.cols+i] = gram.Data[i*p.cols+j]
		}
	}
	xty, y := make([]float64, p.cols), blas64.Vector{N: p.rows, Inc: 1, Data: p.y}
	blas64.Gemv(blas.NoTrans, 1, x, y, 0, blas64.Vector{N: p.cols, Inc: 1, Data: xty})
	t.design, t.err = linear.Gram(kernels.NewRowMajor(p.cols, p.cols, gram.Data), xty, blas64.Dot(y, y), p.rows)
	return t
}

// path fits all alphas of one l1_ratio on one fold's training rows, each from the
// one before, and notes the errors on the fold.
func (g *gridSearch) path(ratio, f int) error {
	t := g.training[f]
	if t.err != nil {
		return t.err
	}
	m := linear.ElasticNet{Options: g.options, L1Ratio: g.l1Ratios[ratio]}
	for k, alpha := range g.grid[ratio] {
		m.Alpha = alpha
		fit, err := m.Fit(t.design, nil)
		if err != nil {
			return err
		}
		if !fit.Converged {
			return fmt.Errorf("fold %d, l1_ratio %v, alpha %v: not converged in %d epochs", f, m.L1Ratio, alpha, fit.Iterations)
		}
		m.Init = fit.Coef
		g.mse[(ratio*g.alphas+k)*g.folds+f] = g.testError(fit.Coef, t, f)
	}
	return nil
}

// testError is the mean squared error on the rows of fold f, which are a slice of every
// column: they are not copied.
func (g *gridSearch) testError(coef []float64, t trainingSet, f int) float64 {
	lo, hi := g.bounds(f)
	intercept := t.meanY
	for j, c := range coef {
		intercept -= c * t.meanX[j]
	}
	residual := make([]float64, hi-lo)
	for i := range residual {
		residual[i] = g.y[lo+i] - intercept
	}
	r := blas64.Vector{N: hi - lo, Inc: 1, Data: residual}
	for j, c := range coef {
		if c != 0 {
			blas64.Axpy(-c, blas64.Vector{N: hi - lo, Inc: 1, Data: g.column(j)[lo:hi]}, r)
		}
	}
	return blas64.Dot(r, r) / float64(hi-lo)
}

// choose takes the cell with the least mean error and fits it to all rows.
func (g *gridSearch) choose() {
	best := 0
	means := meanErrors(g.mse, g.folds)
	for i, m := range means {
		if m < means[best] {
			best = i
		}
	}
	g.alpha, g.l1 = g.grid[best/g.alphas][best%g.alphas], g.l1Ratios[best/g.alphas]
	m := linear.ElasticNet{Options: g.options, Alpha: g.alpha, L1Ratio: g.l1}
	_, g.errs[len(g.errs)-1] = m.Fit(linear.Dense(kernels.NewColMajor(g.rows, g.cols, g.x)), g.y)
}

// answer is in the order of peers/worker.py.
func (g *gridSearch) answer() []float64 {
	var a []float64
	for _, alphas := range g.grid {
		a = append(a, alphas...)
	}
	return append(append(a, g.mse...), g.alpha, g.l1)
}
