package linear

// The solver: cyclic coordinate descent on a working set inside, a full gradient, the
// duality gap and gap-safe screening outside. What it gains over plain cycles through
// all columns is that a pass costs as many columns as matter: those with a coefficient
// and those that break the optimality conditions. Everything is on the scale of the
// objective times Σs:
//
//	P(w) = ½‖r‖² + Σ l1_j·|w_j| + ½·Σ l2_j·w_j²,   r = y − X·w on centred data

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// solver is one fit: the problem, the coefficients, and scratch.
type solver struct {
	*problem
	pen     *penalty
	free    *freeBlock // nil where every column has a penalty, or none
	alpha   float64    // of the penalty
	l1Ratio float64
	target  float64 // the gap to reach, or without a penalty the relative gradient
	maxIter int
	ctx     context.Context // nil, or done when the solver is to stop
	ran     Algorithm
	most    int  // columns that a Gram matrix which grows with the working set may have
	wide    bool // the working set has had more

	w          []float64
	g          []float64  // Xᵀr of the last certificate
	all        []int32    // the columns that are not constant
	cols, work []int32    // those that may still be non-zero; the working set
	violation  []float64  // scratch of pick
	step       []float64  // scratch of release and of the free block, by column
	rng        *rand.Rand // of random selection

	act        *active // of the second-order solver, with what follows
	ref        *reference
	xy         []float64 // Xᵀy
	near       []int32
	marks      []uint64 // scratch of support, a bit a column
	strong     float64  // columns whose gradient is that much of their l1 join the working set
	algorithm  Algorithm
	tol        float64
	iterations int
	alphas     int     // of the path
	visits     int     // of columns in passes over the residual
	objective  float64 // of the last certificate, and ‖r‖²
	rr         float64
	peak       float64 // the largest objective since the residual was computed
}

// certificate is what the gradient over some columns proves about the problem of these
// columns: the gap, and the dual point r·scale that it was found with.
type certificate struct {
	gap, scale float64
}

func newSolver(p *problem, o *Options) *solver {
	cols := len(p.norm2)
	s := &solver{
		problem: p, pen: newPenalty(p, o), maxIter: o.maxIter(), tol: o.tol(), algorithm: o.Algorithm, strong: 1, alphas: 1,
		w: make([]float64, cols), g: make([]float64, cols), violation: make([]float64, cols), step: make([]float64, cols),
		work: make([]int32, 0, cols),
	}
	s.all = s.pen.columns(p)
	s.most = firstLimit(p.form)
	if o.Selection == Random {
		s.rng = rand.New(rand.NewPCG(o.Seed, 0))
	}
	for _, j := range s.all {
		if o.Init != nil {
			s.w[j] = o.Init[j]
		}
	}
	s.cols = slices.Clone(s.all)
	s.subtract(s.all, s.w)
	return s
}

// penalize sets the penalty to solve for next, from the coefficients at hand.
func (s *solver) penalize(alpha, l1Ratio float64) error {
	if err := s.pen.set(s.problem, s.all, alpha, l1Ratio); err != nil {
		return err
	}
	s.alpha, s.l1Ratio = alpha, l1Ratio
	s.target = s.tol * s.yy
	if s.pen.none() {
		s.target = s.tol * math.Sqrt(s.yy)
	}
	if s.free == nil && len(s.pen.free) > 0 {
		s.free = newFreeBlock(s.problem, slices.Clone(s.pen.free), s.pen.Positive, math.Sqrt(s.yy))
	}
	s.iterations = 0
	return nil
}

// solve descends until the gap over all columns reaches the target.
func (s *solver) solve() (certificate, error) {
	var cert certificate
	if s.ran = s.choose(); s.ran == Covariance {
		cert = s.covariance()
		if s.outgrown() {
			s.act, s.ref, s.ran, s.wide = nil, nil, WorkingSet, true
		}
	}
	if s.ran != Covariance {
		cert = s.workingSet()
		if cert.gap > s.target && s.iterations < s.maxIter && !s.stopped() && s.dear() {
			s.ran, s.most = Covariance, gramLimit
			clear(s.w)
			cert = s.covariance()
		}
	}
	if !finite(cert.gap) {
		return cert, fmt.Errorf("linear: the duality gap is %v: X, y, Alpha or Init are too large or too small: %w", cert.gap, ErrRange)
	}
	return cert, nil
}

// choose is the cost model of [Algorithm].
func (s *solver) choose() Algorithm {
	switch {
	case s.algorithm == AllColumns:
		return AllColumns
	case s.rng != nil || s.pen.a == 0: // second-order steps know no random order, and need an l1 penalty
		return WorkingSet
	case s.algorithm == WorkingSet || s.algorithm == Covariance:
		return s.algorithm
	case s.algorithm == Refinement && s.alphas == 1:
		return WorkingSet // which begins with it
	case s.act != nil: // as for the alpha before
		return Covariance
	case s.wide:
		return WorkingSet
	case s.residual() == nil && s.alphas == 1: // a Gram matrix: a pass is as cheap as it gets
		return WorkingSet
	case s.alphas > 1 || min(s.rows, len(s.all)) <= fewColumns && s.rows <= manyRows:
		return Covariance
	}
	return WorkingSet
}

// gramLimit is how many columns have a Gram matrix unless [Covariance] is asked for: it takes
// 128 MiB.
const gramLimit = 4096

// firstLimit is that for a matrix that grows with the working set of a path. A sparse column is
// visited for so little that solving with a factor of more than 128 rows costs more than passes.
func firstLimit(f form) int {
	if visit, pair := f.prices(); pair >= 0.5*visit {
		return 128
	}
	return gramLimit
}

// chooses reports that the solver may change what it does: what Refinement cannot finish is
// finished as by Auto.
func (s *solver) chooses() bool { return s.algorithm == Auto || s.algorithm == Refinement }

// outgrown reports that the Gram matrix has become too large.
func (s *solver) outgrown() bool {
	return s.chooses() && s.residual() != nil && len(s.act.cols) > s.most
}

// dear reports that passes over the residual have cost as much as the Gram matrix of the
// working set and its factor would. From there on, whatever is left costs at most as much
// again.
func (s *solver) dear() bool {
	m := float64(len(s.work))
	visit, pair := s.prices()
	return s.chooses() && s.rng == nil && s.pen.a > 0 && m <= gramLimit &&
		float64(s.visits)*visit > pair*m*m+m*m*m/3
}

// reported is the algorithm that users see: one that rests on products of columns, however
// it went on from these, is Covariance.
func (s *solver) reported() Algorithm {
	if s.compact {
		return Covariance
	}
	return s.ran
}

// dualGap is the gap of cert on the scale of the objective of the package comment.
func (s *solver) dualGap(cert certificate) float64 {
	if s.pen.none() {
		return math.NaN()
	}
	return cert.gap / s.total
}

// support appends to dst the columns with a coefficient, ascending. Those of a working set are
// sorted by a bit for each column, in a tenth of the time that comparisons take.
func (s *solver) support(dst []int32) []int32 {
	if s.ran != Covariance {
		for _, j := range s.all {
			if s.w[j] != 0 {
				dst = append(dst, j)
			}
		}
		return dst
	}
	s.marks = resize(s.marks, (len(s.w)+63)/64)
	clear(s.marks)
	for _, j := range s.act.cols {
		if s.w[j] != 0 {
			s.marks[j/64] |= 1 << (j % 64)
		}
	}
	for i, m := range s.marks {
		for ; m != 0; m &= m - 1 {
			dst = append(dst, int32(64*i+bits.TrailingZeros64(m)))
		}
	}
	return dst
}

// r2 is R² of the last certificate.
func (s *solver) r2() float64 {
	if s.yy == 0 {
		return 1
	}
	return 1 - s.rr/s.yy
}

// stopped reports that the context is done.
func (s *solver) stopped() bool { return s.ctx != nil && s.ctx.Err() != nil }

// leaves reports that the working set's solver is to stop before its time.
func (s *solver) leaves() bool { return s.stopped() || s.dear() }

// workingSet descends with the residual at hand. Screening is safe, but the gap that is
// reported, and compared with other solvers', is that of all columns, and of a residual
// without the rounding of its updates.
func (s *solver) workingSet() certificate {
	s.cols = append(s.cols[:0], s.all...)
	cert := s.refine(s.certify(s.all))
	if s.ran == Refinement && cert.gap > s.target { // passes go on from there
		s.ran = WorkingSet
	}
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
	return cert
}

// drifted reports whether rounding may weigh in the gap: updates leave some u·√passes of
// the largest residual behind, which a far start or a small Tol makes visible.
func (s *solver) drifted() bool {
	const noise = 0x1p-36 // 2⁻⁵³, a hundred passes and a margin of a thousand
	return s.pen.none() || noise*s.peak > s.target
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
	for cert.gap > s.target && s.iterations < s.maxIter && !s.leaves() {
		if s.algorithm != AllColumns && s.screen(cert) {
			cert = s.certify(s.cols)
		}
		s.pick()
		// Half of the columns or more: one certificate serves for all of them.
		inner := max(s.target, 0.1*cert.gap)
		if s.algorithm == AllColumns || 2*len(s.work) >= len(s.cols) {
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
		if s.rng != nil {
			s.rng.Shuffle(len(s.work), func(i, k int) { s.work[i], s.work[k] = s.work[k], s.work[i] })
		}
		fall := s.epoch(s.work, s.pen, s.w)
		s.iterations++
		s.visits += len(s.work)
		still := stands(fall, s.yy)
		moved = moved || !still
		if pass < next && !still && s.iterations < s.maxIter && !s.leaves() {
			continue
		}
		cert = s.certify(s.work)
		if s.objective < 0x1p-10*s.peak && s.drifted() { // a far start lies behind
			s.renew(s.work)
			cert = s.certify(s.work)
		}
		if !(cert.gap > tol) || still || s.iterations >= s.maxIter || s.leaves() {
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

// stands reports that a pass which lowered the objective by fall moved nothing but last bits:
// rounding can go round in a circle, where coefficients change for ever by 2⁻⁵³ of what
// they are, and the objective by the square of that.
func stands(fall, yy float64) bool { return fall <= 0x1p-100*yy }

// certify computes the gradient and the duality gap over cols. Coefficients outside
// cols are zero. The dual points are those of Massias, Gramfort and Salmon 2018, section
// 3 (with an l1 penalty: the residual scaled as well as feasibility allows) and of ridge
// regression (without); without any penalty the "gap" is the largest |X_jᵀr|/‖X_j‖ that
// is not a minimum's.
func (s *solver) certify(cols []int32) certificate {
	if s.free != nil {
		s.free.fit(s, s.w, s.g, s.step)
	}
	if s.problem.xy != nil && !slices.ContainsFunc(s.w, func(w float64) bool { return w != 0 }) {
		copy(s.g, s.problem.xy) // the residual is y
	} else {
		s.gradient(cols, s.g)
	}
	rr, ry := s.products(cols, s.w, s.g)
	s.rr = rr
	var c certificate
	switch {
	case s.pen.a > 0:
		c = s.lassoGap(cols, rr, ry, math.Inf(1))
	case s.pen.b > 0:
		c = s.ridgeGap(cols, rr, ry)
	default:
		s.objective = 0.5 * rr
		for _, j := range cols {
			g := math.Abs(s.g[j])
			if s.w[j] == 0 {
				g = s.pen.size(s.g[j])
			}
			c.gap = max(c.gap, g/math.Sqrt(s.norm2[j]))
		}
	}
	s.peak = max(s.peak, s.objective)
	return c
}

// lassoGap is the gap at the dual point scale·r, and sets the objective:
//
//	x = Xᵀr − l2·w,  N = ‖r‖² + Σ l2_j·w_j²,  P = ½N + Σ l1_j·|w_j|
//	D = scale·rᵀy − ½·scale²·N,  scale = rᵀy/N clipped to ± min l1_j/|x_j|
//
// where the scale may be at most most for the columns that are not in cols.
func (s *solver) lassoGap(cols []int32, rr, ry, most float64) certificate {
	ridge, l1 := rr, 0.0
	for _, j := range cols {
		w, shrunk := s.w[j], float64(s.pen.L2[j]*s.w[j])
		ridge += float64(shrunk * w)
		l1 += float64(s.pen.L1[j] * math.Abs(w))
		if x := s.pen.size(s.g[j] - shrunk); s.pen.L1[j] > 0 && x*most > s.pen.L1[j] {
			most = min(most, visible(s.pen.L1[j], s.norm2[j], s.yy)/x)
		}
	}
	s.objective = float64(0.5*ridge) + l1
	return scaledGap(ridge, ry, l1, most, s.pen.Positive)
}

// visible is the l1 penalty of a column as its gradient can be held against it. Rounding leaves
// a gradient of up to 2⁻⁴²·‖X_j‖·‖y‖ where there is none: what a smaller penalty allows cannot be
// told from 0.
func visible(l1, norm2, yy float64) float64 {
	return max(l1, 0x1p-42*math.Sqrt(norm2)*math.Sqrt(yy))
}

// scaledGap is the gap for N = ridge, Σ l1_j·|w_j| = l1 and the scale at most most.
func scaledGap(ridge, ry, l1, most float64, positive bool) certificate {
	least := -most
	if positive {
		least = 0
	}
	scale := 1.0
	if ridge > 0 {
		scale = ry / ridge
	}
	scale = max(min(scale, most), least)
	dual := float64(scale*ry) - float64(0.5*scale*scale*ridge)
	return certificate{gap: max(float64(0.5*ridge)+l1-dual, 0), scale: scale}
}

// ridgeGap is the gap at the dual point r, and sets the objective:
//
//	P = ½‖r‖² + ½·Σ l2_j·w_j²,  D = rᵀy − ½‖r‖² − Σ (X_jᵀr)²/(2·l2_j)
func (s *solver) ridgeGap(cols []int32, rr, ry float64) certificate {
	squares, dual := 0.0, 0.0
	for _, j := range cols {
		w, g, l2 := s.w[j], s.pen.size(s.g[j]), s.pen.L2[j]
		squares += float64(l2 * float64(w*w))
		if l2 > 0 {
			dual += g * g / l2
		}
	}
	s.objective = float64(0.5*rr) + float64(0.5*squares)
	return certificate{gap: max(s.objective-(ry-float64(0.5*rr)-float64(0.5*dual)), 0)}
}

// screen drops columns whose coefficient is zero at the optimum, by the gap-safe sphere
// test (Ndiaye, Fercoq, Gramfort and Salmon 2017): scale·|x_j| + √(2·gap)·‖(X_j, √l2_j)‖ < l1_j.
// It reports whether a coefficient had to be set to zero, which moves r.
func (s *solver) screen(cert certificate) (moved bool) {
	if s.pen.a == 0 {
		return false
	}
	radius := math.Sqrt(2 * cert.gap)
	kept, dropped := s.cols[:0], s.work[:0]
	for _, j := range s.cols {
		x := cert.scale * (s.g[j] - float64(s.pen.L2[j]*s.w[j]))
		bound := s.pen.size(x) + float64(radius*math.Sqrt(s.norm2[j]+s.pen.L2[j]))
		if bound >= s.pen.L1[j] {
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
		s.step[j], s.w[j] = -s.w[j], 0
	}
	s.subtract(cols, s.step)
}

// pick makes the working set: the columns with a coefficient, and those that break the
// optimality condition |X_jᵀr| ≤ l1_j, the worst first, where there are too many of them
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
	return (s.pen.size(s.g[j]) - s.pen.L1[j]) / math.Sqrt(s.norm2[j])
}
