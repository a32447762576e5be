package linear

import (
	"context"
	"math"
	"slices"
)

// ElasticNet is the problem of the package comment. L1Ratio 1 is the Lasso, 0 is ridge
// regression; Alpha 0 is least squares.
type ElasticNet struct {
	Options
	Alpha, L1Ratio float64
}

// Fit is a fitted model.
type Fit struct {
	Coef       []float64 // w, one per column of X
	Intercept  float64   // b, 0 with NoIntercept
	Iterations int       // passes of coordinate descent, over the working set each, and second-order steps
	DualGap    float64   // duality gap of the objective of the package comment; NaN for Alpha 0
	Converged  bool      // the gap reached Tol within MaxIter
	Algorithm  Algorithm // what the solution came from: see [Algorithm]
}

// Fit solves the problem for the n×p design x and the n values y, of which it changes
// nothing. It returns an error that names the argument and its value where Alpha or Tol
// is negative, L1Ratio is outside [0, 1], x has no rows, x, y or an option hold NaN or Inf
// (the first row of x that does, and its column), or their squares leave the range of
// float64, above or below; it panics where the length of y or of an option is wrong. A fit that has not converged after MaxIter passes is no error: see Converged and
// DualGap.
//
// For Alpha > 0 it stops by the gap: with L1Ratio > 0 the one that scikit-learn uses,
// with its dual point scaled best (Massias, Gramfort and Salmon 2018, section 3); with
// L1Ratio 0 that of ridge regression. For Alpha 0 no gap exists: it stops once
// |X_jᵀr| ≤ Tol·‖X_j‖·‖y − ȳ‖ for all columns. Rounding hides gradients below
// 2⁻⁴²·‖X_j‖·‖y − ȳ‖, so that a smaller penalty is held against that.
//
// A pass takes 4 to 8 flops and 8 to 16 bytes of reading for each element of the working
// set's columns. Beside x it holds some 16·n + 100·p bytes (32·n with weights), what its
// Algorithm says, and for row-major designs what [Dense] says; the Design keeps 16·p (a sparse one 32·p). A DualGap of 0 means one below the rounding
// of the objective.
func (m ElasticNet) Fit(x Design, y []float64) (*Fit, error) {
	if x == nil {
		panic("linear: Fit: nil design")
	}
	m.Loop.Progress = nil // counts what a user waits for, not what a pass is made of
	if err := m.check(x); err != nil {
		return nil, err
	}
	p, err := fitProblem(x, m.Options, y, m.Alpha*m.L1Ratio > 0)
	if err != nil {
		return nil, err
	}
	return m.solve(context.Background(), p)
}

// solve is Fit for a problem that is checked, or the error of ctx when that is done.
func (m *ElasticNet) solve(ctx context.Context, p *problem) (*Fit, error) {
	s := newSolver(p, &m.Options)
	s.ctx = ctx
	if err := s.penalize(m.Alpha, m.L1Ratio); err != nil {
		return nil, err
	}
	cert, err := s.solve()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	s.done()
	return &Fit{Coef: s.w, Intercept: p.intercept(s.w), Iterations: s.iterations, DualGap: s.dualGap(cert), Converged: cert.gap <= s.target, Algorithm: s.reported()}, nil
}

// check returns an error for the first parameter that is out of range.
func (m *ElasticNet) check(x Design) error {
	n, p := x.Dims()
	if err := m.Options.check("Fit", n, p); err != nil {
		return err
	}
	if err := checkRange("Alpha", m.Alpha, 0, math.MaxFloat64); err != nil {
		return err
	}
	return checkRange("L1Ratio", m.L1Ratio, 0, 1)
}

// Predict returns b + X·w for each row of x, in dst where that is not nil. Columns whose
// coefficient is 0 have no part in it, whatever they hold. It panics where x is nil or has
// not len(f.Coef) columns, or dst is not as long as x has rows. Cost: 2 flops for each
// element of the other columns, one pass.
func (f *Fit) Predict(dst []float64, x Design) []float64 {
	if x == nil {
		panic("linear: Predict: nil design")
	}
	n, p := x.Dims()
	if p != len(f.Coef) {
		panic("linear: Predict: the number of columns is not that of the fit")
	}
	if dst == nil {
		dst = make([]float64, n)
	}
	if len(dst) != n {
		panic("linear: Predict: the length of dst is not the number of rows")
	}
	x.predict(dst, f.Coef, f.Intercept)
	return dst
}

// Score returns the coefficient of determination R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)² of the
// predictions ŷ for x. For a constant y it is 1 where ŷ is exact and 0 elsewhere, as in
// scikit-learn; without rows, and where y or ŷ holds NaN, it is NaN. It panics as
// [Fit.Predict] does, and where the length of y is wrong.
func (f *Fit) Score(x Design, y []float64) float64 { return f.ScoreWeighted(x, y, nil) }

// ScoreWeighted is [Fit.Score] with a weight for every row: the squares are multiplied by
// it, and ȳ is the weighted mean. Nil means ones; rows of weight 0 have no part in it. It
// panics where the number of weights is wrong.
func (f *Fit) ScoreWeighted(x Design, y, weights []float64) float64 {
	return rSquared(y, f.Predict(nil, x), weights)
}

func rSquared(y, predicted, weights []float64) float64 {
	if len(y) != len(predicted) {
		panic("linear: Score: the length of y is not the number of rows")
	}
	if weights == nil {
		weights = slices.Repeat([]float64{1}, len(y))
	}
	if len(weights) != len(y) {
		panic("linear: Score: the number of weights is not the number of rows")
	}
	first, sum := math.NaN(), 0.0
	for i, s := range weights {
		if s != 0 && sum == 0 {
			first = y[i]
		}
		sum += s
	}
	mean, residual, total := 0.0, 0.0, 0.0
	for i, s := range weights {
		if s != 0 {
			mean += s / sum * (y[i] - first) // from first on, so that a constant is exact
		}
	}
	for i, s := range weights {
		if s == 0 {
			continue
		}
		off := y[i] - first - mean
		residual += s * float64((y[i]-predicted[i])*(y[i]-predicted[i]))
		total += s * float64(off*off)
	}
	switch {
	case math.IsNaN(first) || math.IsNaN(residual):
		return math.NaN()
	case residual == 0:
		return 1
	case total == 0:
		return 0
	}
	return 1 - residual/total
}
