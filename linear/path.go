package linear

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Path solves [ElasticNet] for many alphas, each from the solution of the one before.
type Path struct {
	Options
	L1Ratio float64

	// Alphas are sorted from the largest down. nil means NumAlphas in geometric
	// progression from [Path.AlphaMax] to Eps times it.
	Alphas    []float64
	NumAlphas int     // 0 means 100
	Eps       float64 // 0 means 1e-3
}

var errNoAlphaMax = fmt.Errorf("linear: L1Ratio is 0, for which no alpha makes all coefficients zero: give Alphas: %w", ErrParameter)

// PathFit is the result of a [Path]: element i of each slice is of Alphas[i].
type PathFit struct {
	L1Ratio    float64
	Alphas     []float64
	DualGaps   []float64 // as [Fit.DualGap]
	R2         []float64 // of the data fitted, as [Fit.Score]
	Iterations []int     // as [Fit.Iterations]
	Converged  []bool
	Algorithm  Algorithm // the one that ran

	intercepts []float64
	columns    int
	starts     []int   // where the coefficients of each alpha start in index and values
	index      []int32 // the columns of non-zero coefficients
	values     []float64
}

// Fit fits the path. Its results are those of [ElasticNet.Fit] at each alpha, to the same
// Tol, and so are its errors and panics; MaxIter counts for each alpha. Besides, it returns
// an error that wraps ErrParameter where L1Ratio is 0 and there are no Alphas (no alpha makes
// all coefficients of a ridge zero), where an alpha is negative or not finite, NumAlphas
// negative, or Eps outside (0, 1].
//
// When ctx is done it returns what it has, of fewer Alphas, and ctx's error: it asks after every
// 64 MB that it reads. Loop.Progress counts alphas.
//
// Memory: 12 bytes for each non-zero coefficient of each alpha, that of a single fit, and for a dense
// design of 2¹⁶ to 2²⁶ elements a byte an element, each column filled up to 32: a sketch,
// which saves readings.
func (m Path) Fit(ctx context.Context, x Design, y []float64) (*PathFit, error) {
	if x == nil {
		panic("linear: Path: nil design")
	}
	progress := m.Loop.Progress
	m.Loop.Progress, m.ctx = nil, ctx
	r, err := m.begin(x, y)
	for err == nil && r.left() > 0 {
		if err = r.step(); err == nil && progress != nil {
			progress(len(r.fit.Alphas), len(r.alphas))
		}
	}
	if r.s != nil {
		r.s.done()
	}
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return r.fit, err
}

// pathRun is a path under way.
type pathRun struct {
	s       *solver
	l1Ratio float64
	alphas  []float64
	fit     *PathFit // of the first of them
}

func newPathRun(columns int, l1Ratio float64) *pathRun {
	return &pathRun{l1Ratio: l1Ratio, fit: &PathFit{L1Ratio: l1Ratio, columns: columns, starts: []int{0}}}
}

// begin returns the path before its first alpha. Where it returns an error, all that it returns
// is a fit of none.
func (m *Path) begin(x Design, y []float64) (*pathRun, error) {
	_, p := x.Dims()
	r := newPathRun(p, m.L1Ratio)
	if err := m.check(x); err != nil {
		return r, err
	}
	ctx := m.context()
	problem, err := fitProblem(x, m.Options, y, m.L1Ratio > 0 && !slices.Contains(m.Alphas, 0))
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return r, err
	}
	s := newSolver(problem, &m.Options)
	s.ctx = ctx
	alphas, err := m.grid(s)
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return r, err
	}
	r.follow(s, alphas)
	return r, nil
}

// follow makes r the path of s for alphas.
func (r *pathRun) follow(s *solver, alphas []float64) {
	r.s, r.alphas = s, alphas
	s.alphas = len(alphas)
}

// left is how many alphas are left.
func (r *pathRun) left() int { return len(r.alphas) - len(r.fit.Alphas) }

// step solves for the next alpha.
func (r *pathRun) step() error {
	s, i := r.s, len(r.fit.Alphas)
	alpha := r.alphas[i]
	if err := s.penalize(alpha, r.l1Ratio); err != nil {
		return err
	}
	s.strong = 1
	if i+1 < len(r.alphas) && alpha > 0 {
		s.strong = max(2*r.alphas[i+1]/alpha-1, 0.5)
	}
	cert, err := s.solve()
	if err := cmp.Or(s.ctx.Err(), err); err != nil {
		return err
	}
	r.fit.add(s, alpha, cert)
	return nil
}

// AlphaMax returns the smallest alpha for which all coefficients with a penalty are zero:
//
//	max_j |X_jᵀr| / (v_j·L1Ratio·Σs)
//
// r being y less its mean and the fit of the columns without a penalty. With Positive the
// maximum is of X_jᵀr, and 0 where none is positive. Errors and panics are those of
// [Path.Fit], and an error where L1Ratio is 0. Cost: one pass over x, 4 flops an element.
func (m Path) AlphaMax(x Design, y []float64) (float64, error) {
	if x == nil {
		panic("linear: Path: nil design")
	}
	m.Loop.Progress = nil
	if err := m.check(x); err != nil {
		return 0, err
	}
	p, err := x.problem(m.Options, y)
	if err != nil {
		return 0, err
	}
	return m.alphaMax(newSolver(p, &m.Options))
}

// alphas returns the alphas that Fit would take.
func (m Path) alphas(x Design, y []float64) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	p, err := x.problem(m.Options, y)
	if err != nil {
		return nil, err
	}
	return m.grid(newSolver(p, &m.Options))
}

func (m *Path) alphaMax(s *solver) (float64, error) {
	if m.L1Ratio == 0 {
		return 0, errNoAlphaMax
	}
	// With a penalty of 1, L1 is what the gradient is compared with.
	if err := s.penalize(1, m.L1Ratio); err != nil {
		return 0, err
	}
	w := make([]float64, len(s.w))
	s.refresh(s.all, w)
	if s.free != nil {
		s.free.fit(s, w, s.g, s.step)
	}
	if s.free == nil && s.problem.xy != nil {
		copy(s.g, s.problem.xy)
	} else {
		s.gradient(s.all, s.g)
	}
	largest := 0.0
	for _, j := range s.all {
		if s.pen.L1[j] > 0 {
			largest = max(largest, s.pen.size(s.g[j])/s.pen.L1[j])
		}
	}
	s.refresh(s.all, s.w)
	return largest, nil
}

// grid returns the alphas, from the largest down.
func (m *Path) grid(s *solver) ([]float64, error) {
	return m.gridFrom(func() (float64, error) { return m.alphaMax(s) })
}

// gridFrom is grid for the largest alpha that alphaMax returns.
func (m *Path) gridFrom(alphaMax func() (float64, error)) ([]float64, error) {
	if len(m.Alphas) > 0 {
		alphas := slices.Clone(m.Alphas)
		slices.Sort(alphas)
		slices.Reverse(alphas)
		return alphas, nil
	}
	if m.L1Ratio == 0 {
		return nil, errNoAlphaMax
	}
	largest, err := alphaMax()
	if err != nil {
		return nil, err
	}
	n, eps := m.NumAlphas, m.Eps
	if n == 0 {
		n = 100
	}
	if eps == 0 {
		eps = 1e-3
	}
	if largest == 0 {
		largest = 1e-15 // nothing explains y: as scikit-learn has it
	}
	alphas := make([]float64, n)
	for i := range alphas {
		alphas[i] = largest * math.Pow(eps, float64(i)/float64(max(n-1, 1)))
	}
	return alphas, nil
}

// check returns an error for the first parameter that is out of range.
func (m *Path) check(x Design) error {
	n, p := x.Dims()
	if err := m.Options.check("Path", n, p); err != nil {
		return err
	}
	if err := checkRange("L1Ratio", m.L1Ratio, 0, 1); err != nil {
		return err
	}
	for i, alpha := range m.Alphas {
		if err := checkRange(fmt.Sprintf("Alphas[%d]", i), alpha, 0, math.MaxFloat64); err != nil {
			return err
		}
	}
	if m.NumAlphas < 0 {
		return fmt.Errorf("linear: NumAlphas is %d: %w", m.NumAlphas, ErrParameter)
	}
	if !(m.Eps >= 0 && m.Eps <= 1) {
		return fmt.Errorf("linear: Eps is %v, must be in (0, 1]: %w", m.Eps, ErrParameter)
	}
	return nil
}

// add appends the solution that s has found.
func (f *PathFit) add(s *solver, alpha float64, cert certificate) {
	f.Alphas = append(f.Alphas, alpha)
	f.DualGaps = append(f.DualGaps, s.dualGap(cert))
	f.R2 = append(f.R2, s.r2())
	f.Iterations = append(f.Iterations, s.iterations)
	f.Converged = append(f.Converged, cert.gap <= s.target)
	f.Algorithm = s.reported()
	first := len(f.index)
	f.index = s.support(f.index)
	b := s.yMean
	for _, j := range f.index[first:] {
		f.values = append(f.values, s.w[j])
		if s.mean != nil {
			b -= float64(s.w[j] * s.mean[j])
		}
	}
	f.starts = append(f.starts, len(f.index))
	f.intercepts = append(f.intercepts, b)
}

// Coef returns the coefficients for Alphas[i], one for each column of the design, in a new
// slice.
func (f *PathFit) Coef(i int) []float64 {
	w := make([]float64, f.columns)
	index, value := f.Support(i)
	for k, j := range index {
		w[j] = value[k]
	}
	return w
}

// Support returns the columns whose coefficients for Alphas[i] are not zero, in ascending
// order, and these coefficients. Both are views: they must not be changed.
func (f *PathFit) Support(i int) (columns []int32, coef []float64) {
	return f.index[f.starts[i]:f.starts[i+1]], f.values[f.starts[i]:f.starts[i+1]]
}

// Intercept returns the intercept for Alphas[i].
func (f *PathFit) Intercept(i int) float64 { return f.intercepts[i] }

// At returns the fit for Alphas[i].
func (f *PathFit) At(i int) *Fit {
	return &Fit{
		Coef: f.Coef(i), Intercept: f.intercepts[i], Iterations: f.Iterations[i],
		DualGap: f.DualGaps[i], Converged: f.Converged[i], Algorithm: f.Algorithm,
	}
}
