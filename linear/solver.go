package linear

// The solver: cyclic coordinate descent on a working set inside, a full gradient, the
// duality gap and gap-safe screening outside. What it gains over plain cycles through
// all columns is that a pass costs as many columns as matter: those with a coefficient
// and those that break the optimality conditions. Everything is on the scale of the
// objective times n:
//
//	P(w) = ½‖r‖² + l1·‖w‖₁ + ½·l2·‖w‖²,   r = y − X·w on centred data

import (
	"fmt"
	"math"
	"slices"
)

// solver is one fit: the problem, the coefficients, and scratch.
type solver struct {
	*problem
	l1, l2  float64
	target  float64 // the gap to reach, or without a penalty the relative gradient
	maxIter int

	w          []float64
	g          []float64 // Xᵀr of the last certificate
	all        []int32   // the columns that are not constant
	cols, work []int32   // those that may still be non-zero; the working set
	violation  []float64 // scratch of pick
	iterations int
	objective  float64 // of the last certificate
	peak       float64 // the largest objective since the residual was computed
}

// certificate is what the gradient over some columns proves about the problem of these
// columns: the gap, and the dual point r·scale that it was found with.
type certificate struct {
	gap, scale float64
}

func newSolver(p *problem, m ElasticNet) (*solver, error) {
	n, cols := float64(p.rows), len(p.norm2)
	s := &solver{
		problem: p, l1: m.Alpha * m.L1Ratio * n, l2: m.Alpha * (1 - m.L1Ratio) * n, maxIter: m.MaxIter,
		w: make([]float64, cols), violation: make([]float64, cols),
		all: make([]int32, 0, cols), work: make([]int32, 0, cols),
	}
	if !finite(s.l1 + s.l2) {
		return nil, fmt.Errorf("linear: Alpha is %v, times %d rows that is %v: %w", m.Alpha, p.rows, s.l1+s.l2, ErrRange)
	}
	if s.maxIter == 0 {
		s.maxIter = 1000
	}
	tol := m.Tol
	if tol == 0 {
		tol = 1e-4
	}
	s.target = tol * p.yy
	if s.l1+s.l2 == 0 {
		s.target = tol * math.Sqrt(p.yy)
	}
	for j, q := range p.norm2 {
		if q == 0 {
			continue // a constant column explains nothing
		}
		s.all = append(s.all, int32(j))
		if m.Init != nil {
			s.w[j] = m.Init[j]
		}
	}
	s.cols = slices.Clone(s.all)
	s.subtract(s.all, s.w)
	return s, nil
}

// solve descends until the gap over all columns reaches the target. Screening is safe,
// but the gap that is reported, and compared with other solvers', is that of all columns,
// and of a residual without the rounding of its updates.
func (s *solver) solve() (*Fit, error) {
	cert := s.certify(s.all)
	for moved := true; moved && cert.gap > s.target && s.iterations < s.maxIter; {
		cert, moved = s.approach(cert)
		if drifted := s.drifted(); drifted || len(s.cols) < len(s.all) {
			if drifted {
				s.renew(s.all)
			}
			s.cols = append(s.cols[:0], s.all...)
			cert = s.certify(s.all)
		}
	}
	if !finite(cert.gap) {
		return nil, fmt.Errorf("linear: the duality gap is %v: X, y, Alpha or Init are too large or too small: %w", cert.gap, ErrRange)
	}
	fit := &Fit{Coef: s.w, Iterations: s.iterations, DualGap: cert.gap / float64(s.rows), Converged: cert.gap <= s.target}
	if s.l1+s.l2 == 0 {
		fit.DualGap = math.NaN()
	}
	return fit, nil
}

// drifted reports whether rounding may weigh in the gap: updates leave some u·√passes of
// the largest residual behind, which a far start or a small Tol makes visible.
func (s *solver) drifted() bool {
	const noise = 0x1p-36 // 2⁻⁵³, a hundred passes and a margin of a thousand
	return s.l1+s.l2 == 0 || noise*s.peak > s.target
}

// renew computes the residual of w, which is zero outside cols, without that rounding.
func (s *solver) renew(cols []int32) {
	s.refresh(cols, s.w)
	s.peak = 0
}

// approach alternates screening, descents on a working set, and certificates over the
// columns that are left, from a certificate that is above the target until one is not.
// It reports whether anything moved: if not, float64 is at its limit.
func (s *solver) approach(cert certificate) (_ certificate, moved bool) {
	for cert.gap > s.target && s.iterations < s.maxIter {
		if s.screen(cert) {
			cert = s.certify(s.cols)
		}
		s.pick()
		// Half of the columns or more: one certificate serves for all of them.
		inner := max(s.target, 0.1*cert.gap)
		if 2*len(s.work) >= len(s.cols) {
			s.work = append(s.work[:0], s.cols...)
			inner = s.target
		}
		var step bool
		cert, step = s.descend(inner)
		if len(s.work) < len(s.cols) {
			cert = s.certify(s.cols)
		}
		if !step {
			break
		}
		moved = true
	}
	return cert, moved
}

// descend cycles through the working set until its own gap is at most tol or nothing
// moves any more. A certificate comes when the last two say that the gap should be
// there, by geometric progress, but after the form's patience at the latest.
func (s *solver) descend(tol float64) (cert certificate, moved bool) {
	next, last, lastGap := 1, 0, math.Inf(1)
	for pass := 1; ; pass++ {
		fall := s.epoch(s.work, s.l1, s.l2, s.w)
		s.iterations++
		moved = moved || fall > 0
		if pass < next && fall > 0 && s.iterations < s.maxIter {
			continue
		}
		cert = s.certify(s.work)
		if s.objective < 0x1p-10*s.peak && s.drifted() { // a far start lies behind
			s.renew(s.work)
			cert = s.certify(s.work)
		}
		if !(cert.gap > tol) || fall == 0 || s.iterations >= s.maxIter {
			return cert, moved
		}
		passes := float64(pass-last) * math.Log(tol/cert.gap) / math.Log(cert.gap/lastGap)
		if !(passes > 1) { // also where the gap has grown, or there is no last one
			passes = 1
		}
		last, lastGap = pass, cert.gap
		next = pass + int(min(passes, s.patience()))
	}
}

// certify computes the gradient and the duality gap over cols. Coefficients outside
// cols are zero. The dual points are those of Massias, Gramfort and Salmon 2018, section
// 3 (for l1 > 0: the residual scaled as well as feasibility allows) and of ridge
// regression (for l1 = 0); without any penalty the "gap" is the largest |X_jᵀr|/‖X_j‖.
func (s *solver) certify(cols []int32) certificate {
	s.g = s.gradient(cols)
	var largest, abs, squares, dualSquares, steepest float64
	for _, j := range cols {
		g, w := s.g[j], s.w[j]
		largest = max(largest, math.Abs(g-float64(s.l2*w)))
		abs += math.Abs(w)
		squares += float64(w * w)
		dualSquares += float64(g * g)
		if s.l1+s.l2 == 0 {
			steepest = max(steepest, math.Abs(g)/math.Sqrt(s.norm2[j]))
		}
	}
	rr, ry := s.products(s.w)
	ridge := rr + float64(s.l2*squares)
	primal := float64(0.5*ridge) + float64(s.l1*abs)
	s.objective, s.peak = primal, max(s.peak, primal)
	switch {
	case s.l1 > 0:
		scale := 1.0
		if ridge > 0 {
			scale = ry / ridge
		}
		if largest > 0 {
			scale = max(min(scale, s.l1/largest), -s.l1/largest)
		}
		dual := float64(scale*ry) - float64(0.5*scale*scale*ridge)
		return certificate{gap: max(primal-dual, 0), scale: scale}
	case s.l2 > 0:
		dual := ry - float64(0.5*rr) - dualSquares/(2*s.l2)
		return certificate{gap: max(primal-dual, 0)}
	}
	return certificate{gap: steepest}
}

// screen drops columns whose coefficient is zero at the optimum, by the gap-safe sphere
// test (Ndiaye, Fercoq, Gramfort and Salmon 2017): scale·|x_j| + √(2·gap)·‖(X_j, √l2)‖ < l1.
// It reports whether a coefficient had to be set to zero, which moves r.
func (s *solver) screen(cert certificate) (moved bool) {
	if s.l1 == 0 {
		return false
	}
	radius := math.Sqrt(2 * cert.gap)
	kept, dropped := s.cols[:0], s.work[:0]
	for _, j := range s.cols {
		x := math.Abs(s.g[j] - float64(s.l2*s.w[j]))
		bound := float64(math.Abs(cert.scale)*x) + float64(radius*math.Sqrt(s.norm2[j]+s.l2))
		if bound >= s.l1 {
			kept = append(kept, j)
		} else if s.w[j] != 0 {
			dropped = append(dropped, j)
		}
	}
	s.cols = kept
	s.release(dropped)
	return len(dropped) > 0
}

// release adds the columns in cols back to r and zeroes their coefficients, once
// all tests on the old gradient are done.
func (s *solver) release(cols []int32) {
	for _, j := range cols {
		s.w[j] = -s.w[j]
	}
	s.subtract(cols, s.w)
	for _, j := range cols {
		s.w[j] = 0
	}
}

// pick makes the working set: the columns with a coefficient, and those that break the
// optimality condition |X_jᵀr| ≤ l1, the worst first, where there are too many of them
// to take all at once (more than 100 and than the support).
func (s *solver) pick() {
	support, breaking := 0, s.violation[:0]
	for _, j := range s.cols {
		if s.w[j] != 0 {
			support++
		} else if v := s.excess(j); v > 0 {
			breaking = append(breaking, v)
		}
	}
	least := 0.0
	if most := max(100, support); len(breaking) > most {
		slices.Sort(breaking)
		least = breaking[len(breaking)-most]
	}
	s.work = s.work[:0]
	for _, j := range s.cols {
		if v := s.excess(j); s.w[j] != 0 || v > 0 && v >= least {
			s.work = append(s.work, j)
		}
	}
}

// excess is how far a zero coefficient breaks its condition, in units of its column.
func (s *solver) excess(j int32) float64 {
	return (math.Abs(s.g[j]) - s.l1) / math.Sqrt(s.norm2[j])
}
