// The workloads of the cv suite, with the goals that they were set.

package suite

import "fmt"

// sklearnCV are scikit-learn as shipped and with its BLAS held at one thread. Both tell the
// gaps that they ended with.
var sklearnCV = []linearPeer{
	{who: "sklearn ElasticNetCV, BLAS at 1", peer: "sklearn", task: "sklearn_cv", parallel: true, blasAtOne: true},
	{who: "sklearn ElasticNetCV as shipped", peer: "sklearn", task: "sklearn_cv", parallel: true, asShipped: true},
}

// threadsOrProcesses is the same job with joblib's other backends.
var threadsOrProcesses = []linearPeer{
	{who: "sklearn, joblib threading", peer: "sklearn", task: "sklearn_cv", parallel: true, blasAtOne: true, params: map[string]float64{"backend": 1}},
	{who: "sklearn, joblib loky", peer: "sklearn", task: "sklearn_cv", parallel: true, blasAtOne: true, params: map[string]float64{"backend": 2}},
	{who: "sklearn, joblib multiprocessing", peer: "sklearn", task: "sklearn_cv", parallel: true, blasAtOne: true, params: map[string]float64{"backend": 3}},
}

// otherCV are those whose tolerances mean something else, or who do not tell their gaps.
func otherCV(tol float64) []linearPeer {
	return []linearPeer{
		{who: "celer", peer: "celer", task: "celer_cv", tolerances: gapTolerances(tol), parallel: true, blasAtOne: true},
		{who: "skglm path in joblib", peer: "skglm", task: "skglm_cv", tolerances: decades(-3, -8), parallel: true, blasAtOne: true},
		{who: "R cv.glmnet", peer: "glmnet", task: "cv", tolerances: decades(-7, -14)},
	}
}

// enetCV is the article's grid. That of the articles is beside scikit-learn alone.
func (b *bench) enetCV(name string, peers []linearPeer) (*workload, error) {
	p := problem{rows: b.pick(enetRows, 60), cols: b.pick(enetCols, 20)}
	p.x, p.y = make([]float64, p.rows*p.cols), make([]float64, p.rows)
	p.fill()
	standardize(p.y) // glmnet's penalties depend on the scale of y
	c := &crossing{
		regression: &regression{rows: p.rows, cols: p.cols, tasks: 1, x: p.x, y: p.y, intercept: true},
		l1Ratios:   enetL1Ratios, folds: b.pick(10, 3), alphas: b.pick(100, 10), eps: enetEps, tol: 1e-4, within: 1e-2,
	}
	return b.cvLoad(name, fmt.Sprintf("%d×%d", p.rows, p.cols), c, peers)
}

// cvDense is a random dense design.
func cvDense(rows, cols int, c crossing, peers []linearPeer) maker {
	return func(b *bench, name string) (*workload, error) {
		c := c
		n, k := b.pick(rows, 60), b.pick(cols, 20)
		c.regression, c.folds, c.alphas = dense(n, k, 1, independent, 6), b.pick(c.folds, 3), b.pick(c.alphas, 5)
		c.intercept = true
		return b.cvLoad(name, fmt.Sprintf("%d×%d", n, k), &c, peers)
	}
}

// cvSparse is a sparse design.
func cvSparse(intercept bool, c crossing, peers []linearPeer) maker {
	return func(b *bench, name string) (*workload, error) {
		c := c
		n, k, density := b.pick(20000, 200), b.pick(50000, 60), .002
		if b.quick {
			density = .1
		}
		c.regression, c.folds, c.alphas = sparse(n, k, density, intercept, 7), b.pick(c.folds, 3), b.pick(c.alphas, 4)
		return b.cvLoad(name, fmt.Sprintf("%d×%d sparse", n, k), &c, peers)
	}
}

// cvLoads lists the suite's workloads, each with the goal it was set.
func cvLoads() []entry {
	article := func(b *bench, name string) (*workload, error) {
		return b.enetCV(name, append(append(append([]linearPeer(nil), sklearnCV...), threadsOrProcesses...), otherCV(1e-4)...))
	}
	lasso, three := []float64{1}, enetL1Ratios
	wide := func(tol, within float64) maker {
		return cvDense(200, 5000, crossing{l1Ratios: lasso, folds: 5, alphas: 50, eps: 1e-2, tol: tol, within: within}, append(sklearnCV[:1:1], otherCV(tol)...))
	}
	sparse := func(intercept bool) maker {
		return cvSparse(intercept, crossing{l1Ratios: lasso, folds: 5, alphas: 20, eps: 1e-1, tol: 1e-4, within: 1e-2}, append(sklearnCV[:1:1], otherCV(1e-4)...))
	}
	tall := cvDense(200000, 200, crossing{l1Ratios: three, folds: 10, alphas: 100, eps: 1e-3, tol: 1e-4, within: 1e-2}, append(sklearnCV[:1:1], otherCV(1e-4)[2:]...))
	return []entry{
		goal("article", "20 × scikit-learn's best, 12 × at the gap that it reached; 2 threads 1.8 × one", article),
		goal("tall-200000x200", "100 × scikit-learn; memory beyond X ≤ (folds + 1 + threads)·p²·8 bytes + 4 MiB + the result", tall),
		goal("wide-200x5000", "20 × scikit-learn", wide(1e-4, 5e-2)),
		goal("wide-200x5000-tight", "100 × scikit-learn", wide(1e-6, 1e-2)),
		goal("sparse-20000x50000", "3 × scikit-learn", sparse(false)),
		goal("sparse-20000x50000-intercept", "50 × scikit-learn", sparse(true)),
	}
}
