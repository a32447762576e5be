// The cv suite: cross-validation of the elastic net, beside scikit-learn's, celer's,
// skglm's and glmnet's on the same folds, and the first article's question: threads or
// processes. Before a time counts, the mean error of every cell is compared with that of
// fits to a gap of cvExact, and the choice with the best by those; the table shows the
// worst gap of all cells where the solver tells it, and the notes how far the errors were
// off. scikit-learn stops well below its tolerance, so nogil runs once more to a gap that
// is no larger in the median.

package suite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
)

// CV is the suite of cross-validation.
const CV = "cv"

const (
	cvExact   = 1e-10 // the gap of the errors that others are compared with
	cvMaxIter = 1e5
)

// A crossing is what a workload of cross-validation asks for.
type crossing struct {
	*regression
	l1Ratios []float64
	folds    int
	alphas   int     // for each l1_ratio
	eps      float64 // smallest alpha / largest
	tol      float64
	within   float64   // how far a mean error may be off, relative to it
	grid     []float64 // of all l1_ratios, one after the other
	exact    []float64 // the mean error of each cell
	gap      float64   // the median that scikit-learn ended with, 0 before it has run
}

// cvLoad makes the workload: nogil, then those of peers that fit it.
func (b *bench) cvLoad(name, shape string, c *crossing, peers []linearPeer) (*workload, error) {
	cells := len(c.l1Ratios) * c.alphas
	w := &workload{name: name, units: float64(cells * c.folds), unit: "fit"}
	w.shape = fmt.Sprintf("%s, %d fits, gap ≤ %g", shape, cells*c.folds, c.tol)
	w.notes = append(w.notes, fmt.Sprintf("%d folds × %d alphas to %g × l1_ratios %v, each within %g of the exact mean errors", c.folds, c.alphas, c.eps, c.l1Ratios, c.within))
	w.params = map[string]float64{"folds": float64(c.folds), "alphas": float64(c.alphas), "eps": c.eps, "tol": c.tol, "max_iter": cvMaxIter, "intercept": 0}
	if c.intercept {
		w.params["intercept"] = 1
	}
	c.makeGrid()
	if err := c.solve(b); err != nil {
		return nil, err
	}
	w.check = c.agrees
	all := *c.regression
	all.alphas = c.grid
	if err := b.linearData(w, &all, "l1_ratios", c.l1Ratios); err != nil {
		return nil, err
	}
	w.nogil(b, b.threads, contender{who: "nogil", task: "cv", base: true})
	for _, peer := range peers {
		b.addPeer(w, peer)
	}
	tighter := contender{who: "nogil to sklearn's gaps", task: "cv", params: map[string]float64{"match": 1}}
	for _, share := range []float64{.5, .3, .2, .1, .05, .03, .02, .01, 3e-3, 1e-3} {
		tighter.tolerances = append(tighter.tolerances, share*c.tol)
	}
	w.nogil(b, b.threads, tighter)
	return w, nil
}

// makeGrid sets the alphas, scikit-learn's: geometric from the least at which all
// coefficients are zero.
func (c *crossing) makeGrid() {
	steepest := c.certificate(make([]float64, c.cols), make([]float64, 1), 0).steepest
	for _, l1 := range c.l1Ratios {
		for k := range c.alphas {
			c.grid = append(c.grid, steepest/(float64(c.rows)*l1)*math.Pow(c.eps, float64(k)/float64(max(c.alphas-1, 1))))
		}
	}
}

// design is the design as nogil sees it.
func (p *regression) design() (linear.Design, error) {
	if p.x != nil {
		return linear.Dense(kernels.NewColMajor(p.rows, p.cols, p.x)), nil
	}
	return linear.CSC(p.rows, p.cols, p.indptr, p.indices, p.data)
}

// solve sets the exact errors.
func (c *crossing) solve(b *bench) error {
	x, err := c.design()
	if err != nil {
		return err
	}
	m := c.estimator(cvExact)
	m.Loop.Threads = slices.Max(b.threads)
	f, err := m.Fit(context.Background(), x, c.y)
	if err != nil {
		return err
	}
	c.exact = slices.Concat(f.Mean...)
	return nil
}

func (c *crossing) estimator(tol float64) linear.ElasticNetCV {
	return linear.ElasticNetCV{
		Options:  linear.Options{Tol: tol, MaxIter: cvMaxIter, NoIntercept: !c.intercept},
		L1Ratios: c.l1Ratios, NumAlphas: c.alphas, Eps: c.eps, Folds: c.folds,
	}
}

// agrees is the check of an answer: alphas, mean errors, best alpha, best l1_ratio.
func (c *crossing) agrees(got []float64, info map[string]float64) error {
	cells := len(c.grid)
	if len(got) != 2*cells+2 {
		return fmt.Errorf("%d numbers, want %d", len(got), 2*cells+2)
	}
	off, least := 0.0, slices.Min(c.exact)
	for i, a := range c.grid {
		if !near(got[i], a, 1e-9) {
			return fmt.Errorf("alpha %d is %v, want %v", i, got[i], a)
		}
		off = max(off, math.Abs(got[cells+i]-c.exact[i])/c.exact[i]) // NaN stays
	}
	info["off"] = off
	if !(off <= c.within) {
		return fmt.Errorf("a mean error is off by %.2g of it, want %g", off, c.within)
	}
	if err := c.chooses(got[2*cells], got[2*cells+1], least); err != nil {
		return err
	}
	switch gap := info["median gap"]; {
	case info["sets"] != 0:
		c.gap = gap
	case info["match"] != 0 && c.gap > 0 && gap > c.gap:
		return fmt.Errorf("its median gap is %.2g·‖y‖², scikit-learn's %.2g", gap, c.gap)
	}
	return nil
}

// chooses says whether a choice is on the grid and nearly as good as the best.
func (c *crossing) chooses(alpha, l1, least float64) error {
	for i, a := range c.grid {
		if c.l1Ratios[i/c.alphas] == l1 && near(a, alpha, 1e-9) {
			if !near(c.exact[i], least, c.within) {
				return fmt.Errorf("chose alpha %v and l1_ratio %v with error %v, the least is %v", alpha, l1, c.exact[i], least)
			}
			return nil
		}
	}
	return fmt.Errorf("chose alpha %v and l1_ratio %v, which are not on the grid", alpha, l1)
}

// cvTask is nogil's cross-validation.
func cvTask(w *goWorker, r request) (job, error) {
	design, _, list, err := linearInputs(w, r, "y", "l1_ratios")
	if err != nil {
		return job{}, err
	}
	y := list[0].float64s()
	m := linear.ElasticNetCV{Options: linearOptions(r), L1Ratios: list[1].float64s(), NumAlphas: int(r.Params["alphas"]), Eps: r.Params["eps"], Folds: int(r.Params["folds"])}
	var fit *linear.CVFit
	var failure error
	return job{
		run: func() {
			x, err := design()
			if err == nil {
				fit, err = m.Fit(context.Background(), x, y)
			}
			failure = err
		},
		answer: func() []float64 {
			return append(append(slices.Concat(fit.Alphas...), slices.Concat(fit.Mean...)...), fit.Alpha, fit.L1Ratio)
		},
		info: func() map[string]float64 {
			worst, mid := cvGaps(fit, y, !m.NoIntercept)
			return map[string]float64{"worst gap": worst, "median gap": mid, "match": r.Params["match"]}
		},
		err: func() error {
			if failure == nil && fit.Unconverged > 0 {
				return errors.New("not all fits converged")
			}
			return failure
		},
	}, nil
}

// cvGaps returns the worst and the median gap of all cells, relative to ‖y‖² of their
// training rows.
func cvGaps(fit *linear.CVFit, y []float64, intercept bool) (worst, mid float64) {
	var gaps []float64
	folds := len(fit.GapPath[0][0])
	for f := range folds {
		lo, hi := foldRows(len(y), folds, f)
		train, m := append(slices.Clone(y[:lo]), y[hi:]...), 0.0
		if intercept {
			m = mean(train)
		}
		yy := 0.0
		for _, v := range train {
			yy += (v - m) * (v - m)
		}
		for _, alphas := range fit.GapPath {
			for _, cell := range alphas {
				gaps = append(gaps, cell[f]*float64(len(train))/yy)
			}
		}
	}
	return slices.Max(gaps), median(gaps)
}

// foldRows are the test rows of fold f, as scikit-learn's KFold cuts them.
func foldRows(rows, folds, f int) (lo, hi int) {
	q, rest := rows/folds, rows%folds
	lo = f*q + min(f, rest)
	if hi = lo + q; f < rest {
		hi++
	}
	return lo, hi
}
