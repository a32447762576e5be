// The elastic net: the article on releasing the GIL in coordinate descent. Its grid of
// l1_ratios × folds × alphas, enet-cv, stands with the cv suite; here is one fit, and enet-cd,
// with CBLAS called for every coordinate as the article did.

package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nogil-go/nogil/bench/netlibcd"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/parfor"
)

const (
	enetRows, enetCols = 2000, 500
	enetEps            = 1e-3 // smallest alpha / largest
	enetMaxIter        = 10000
	enetFitTol         = 1e-10
	enetEpochs         = 20
)

var enetL1Ratios = []float64{0.5, 0.9, 1}

// A problem is a regression with a column-major matrix.
type problem struct {
	rows, cols int
	x, y       []float64
}

// enetData makes the problem of the single fits, where the contenders find it.
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
	p.x, p.y = x.float64s(), y.float64s()
	p.fill()
	w.inputs = map[string]string{"x": x.path, "y": y.path}
	w.close = func() { b.scratch.drop(x); b.scratch.drop(y) }
	return p, nil
}

// fill makes a sparse linear model: a tenth of the coefficients are not zero, and the noise
// has a fifth of the signal's deviation.
func (p problem) fill() {
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
}

func (p problem) column(j int) []float64 { return p.x[j*p.rows:][:p.rows] }

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*math.Abs(b) }

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
	// Every epoch reads X, and multiplies and adds each element twice where a coefficient moves.
	w.footprint = float64(8 * p.rows * p.cols)
	w.bytes, w.flops = enetEpochs*w.footprint, enetEpochs*4*float64(p.rows*p.cols)
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
