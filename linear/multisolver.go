package linear

// The solver for many tasks: that of solver.go with rows of coefficients for
// coefficients, Frobenius norms for ‖r‖ and row norms for |w_j| and |x_j|. Passes run on the
// residual or, where many of them are needed, on the Gram matrix of all columns that have ever
// been in the working set, as long as these are no more than the rows: a pass then costs no
// row. The residual is computed anew for every certificate over all columns.

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

type multiSolver struct {
	ctx           context.Context
	x             *kernels.TaskColumns
	loop          parfor.Loop
	tasks, t      int // and filled up
	pen           kernels.Penalty
	a, b          float64   // α·ρ·n and α·(1−ρ)·n
	v, σ          []float64 // penalty factors and deviations, nil for ones
	mean, yMean   []float64 // of the columns of X and Y
	y, r          []float64 // n×t, y centred
	w, g          []float64 // p×t
	yy            float64
	tol, target   float64
	maxIter       int
	iterations    int
	allColumns    bool
	all, cols     []int32   // the columns that are not constant, those that may be non-zero
	work          []int32   // the working set
	violation     []float64 // scratch of pick
	grams         []float64 // of the blocks of the working set
	scratch       []float64
	limit         int     // how many columns a Gram matrix may have
	held          []int32 // its columns
	slot          []int32 // where a column is in held, or −1
	gram          kernels.TaskGram
	heldPen       kernels.Penalty
	heldW, heldG  []float64
	heldAt        []int32 // 0, 1, 2, …
	block, blockG []float64
}

// newMultiSolver returns the solver of a design and its targets, at Init and without a
// penalty yet.
func newMultiSolver(d taskDesign, y kernels.Matrix[float64], o *Options) (*multiSolver, error) {
	weights, err := rowWeights(o.SampleWeights)
	if err != nil {
		return nil, err
	}
	x, mean, σ, err := d.tasks(o, weights, y.Cols)
	if err != nil {
		return nil, err
	}
	n, p, t := x.X.Rows, x.X.Cols, x.Stride
	s := &multiSolver{
		ctx: context.Background(), x: x, mean: mean, loop: o.Loop, tasks: y.Cols, t: t, tol: o.tol(), maxIter: o.maxIter(),
		allColumns: o.Algorithm == AllColumns, limit: n, v: o.PenaltyFactors, σ: σ,
		pen: kernels.Penalty{L1: make([]float64, p), L2: make([]float64, p)},
		w:   make([]float64, p*t), g: make([]float64, p*t), scratch: make([]float64, kernels.TaskScratch(t)),
		violation: make([]float64, p), slot: slices.Repeat([]int32{-1}, p),
	}
	if err := s.setTargets(y, weights, !o.NoIntercept); err != nil {
		return nil, err
	}
	for j, q := range x.Norm2 {
		if v, scale := s.factors(j); q == 0 || scale == 0 || math.IsInf(v, 1) {
			continue
		}
		s.all = append(s.all, int32(j))
		if size := math.Sqrt(q) * math.Sqrt(s.yy); size > 0 && size < 0x1p-480 || size > 0x1p480 { // squares of products leave the range
			return nil, &DataError{-1, j, fmt.Sprintf("linear: the norms of y and of column %d of X multiply to %v", j, size), ErrRange}
		}
		if o.Init != nil {
			copy(s.w[j*t:], o.Init[j*s.tasks:(j+1)*s.tasks])
		}
	}
	return s, nil
}

// factors are the penalty factor of column j and its standard deviation with Standardize.
func (s *multiSolver) factors(j int) (v, scale float64) {
	v, scale = 1, 1
	if s.v != nil {
		v = s.v[j]
	}
	if s.σ != nil {
		scale = s.σ[j]
	}
	return v, scale
}

// penalize sets the penalty; what was solved before is where the next solve begins.
func (s *multiSolver) penalize(alpha, l1Ratio float64) error {
	n := float64(s.x.X.Rows)
	s.a, s.b = alpha*l1Ratio*n, alpha*(1-l1Ratio)*n
	for _, j := range s.all {
		v, scale := s.factors(int(j))
		s.pen.L1[j], s.pen.L2[j] = s.a*v*scale, s.b*v*scale*scale
		if sum := s.pen.L1[j] + s.pen.L2[j]; !finite(sum) {
			return fmt.Errorf("linear: Alpha is %v, which makes the penalty of column %d %v: %w", alpha, j, sum, ErrRange)
		}
	}
	for c, j := range s.held {
		s.heldPen.L1[c], s.heldPen.L2[c] = s.pen.L1[j], s.pen.L2[j]
	}
	s.target = s.tol * s.yy
	if s.a+s.b == 0 {
		s.target = s.tol * math.Sqrt(s.yy)
	}
	s.cols, s.iterations = append(s.cols[:0], s.all...), 0
	return nil
}

// setTargets centres y, fills its rows up to t, and multiplies them by the roots of the weights.
func (s *multiSolver) setTargets(y kernels.Matrix[float64], weights []float64, center bool) error {
	s.y, s.yMean = make([]float64, y.Rows*s.t), make([]float64, y.Cols)
	for i := range y.Rows {
		for k := range y.Cols {
			if v := y.At(i, k); !finite(v) {
				return fmt.Errorf("linear: y[%d, %d] is %v: %w", i, k, v, ErrNotFinite)
			}
		}
	}
	zero := true
	root, column := roots(weights), make([]float64, y.Rows)
	for k := range s.yMean {
		for i := range column {
			column[i] = y.At(i, k)
		}
		if center {
			s.yMean[k] = weightedMean(s.loop, column, weights)
		}
		for i, v := range column {
			if v -= s.yMean[k]; weights != nil {
				v *= root[i]
			}
			s.y[i*s.t+k] = v
			zero = zero && v == 0
		}
	}
	s.r = slices.Clone(s.y)
	s.yy = kernels.Dot(s.loop, s.y, s.y)
	if !finite(s.yy) || s.yy < 0x1p-970 && !zero {
		return fmt.Errorf("linear: the squares of y add up to %v: %w", s.yy, ErrRange)
	}
	return nil
}

// solve descends until the gap over all columns reaches the target, or ctx is done.
func (s *multiSolver) solve() (certificate, error) {
	cert := s.certify(s.all)
	for moved := true; moved && cert.gap > s.target && s.iterations < s.maxIter; {
		cert, moved = s.approach(cert)
		if len(s.cols) < len(s.all) {
			s.cols = append(s.cols[:0], s.all...)
			cert = s.certify(s.all)
		}
	}
	if !finite(cert.gap) {
		return cert, fmt.Errorf("linear: the duality gap is %v: X, y, Alpha or Init are too large or too small: %w", cert.gap, ErrRange)
	}
	return cert, nil
}

// dualGap is what a fit reports of a certificate.
func (s *multiSolver) dualGap(cert certificate) float64 {
	if s.a+s.b == 0 {
		return math.NaN()
	}
	return cert.gap / float64(s.x.X.Rows)
}

// fit is the solution that has been found.
func (s *multiSolver) fit(cert certificate) *MultiTaskFit {
	p := s.x.X.Cols
	f := &MultiTaskFit{
		Coef: kernels.NewRowMajor(p, s.tasks, make([]float64, p*s.tasks)), Intercept: s.yMean,
		Iterations: s.iterations, DualGap: s.dualGap(cert), Converged: cert.gap <= s.target,
	}
	for j, mean := range s.mean {
		row := f.Coef.Data[j*s.tasks:][:s.tasks]
		copy(row, s.w[j*s.t:])
		for k, w := range row {
			f.Intercept[k] -= float64(w * mean)
		}
	}
	return f
}

// approach alternates screening, descents on a working set, and certificates over the
// columns that are left, from a certificate that is above the target until one is not.
// It reports whether anything moved: if not, float64 is at its limit.
func (s *multiSolver) approach(cert certificate) (_ certificate, moved bool) {
	for cert.gap > s.target && s.iterations < s.maxIter && s.ctx.Err() == nil {
		if !s.allColumns && s.a > 0 && s.screen(cert) {
			cert = s.certify(s.cols)
		}
		s.pick()
		inner := max(s.target, 0.1*cert.gap)
		if s.allColumns || 2*len(s.work) >= len(s.cols) {
			s.work, inner = append(s.work[:0], s.cols...), s.target
		}
		step := s.descendWork(inner)
		cert = s.certify(s.cols)
		if !step {
			break
		}
		moved = true
	}
	return cert, moved
}

// descendWork descends over the working set to a gap of tol: on the residual until that has cost
// what the Gram matrix would, then on that. Whoever rents until the rent has reached the price
// pays at most twice the best.
func (s *multiSolver) descendWork(tol float64) (moved bool) {
	price := s.price()
	if price > 1 {
		s.grams = resize(s.grams, len(s.work)*kernels.TaskBlock)
		for lo, part := range s.parts(s.work) {
			s.x.Blocks(s.loop, part, s.grams[lo*kernels.TaskBlock:])
		}
		var done bool
		moved, done = s.descend(tol, price, s.epoch, func() certificate { return s.certifyResidual(s.work) })
		if done {
			return moved
		}
	}
	s.hold()
	return s.descendGram(tol) || moved
}

// price is how many passes on the residual, for 4·n·k·t flops less the 2·k²·t of one on the Gram
// matrix, cost what that does for the columns that it lacks.
func (s *multiSolver) price() int {
	k, missing := len(s.work), 0
	if k > s.limit {
		return math.MaxInt
	}
	for _, j := range s.work {
		if s.slot[j] < 0 {
			missing++
		}
	}
	n := s.x.X.Rows
	return missing * n / (s.t * (2*n - k))
}

// descend does passes until the gap over the working set is at most tol or nothing moves
// any more; a certificate comes when the last two say that the gap should be there. It
// gives up after most passes, and reports whether anything moved and whether it came to an end.
func (s *multiSolver) descend(tol float64, most int, epoch func() float64, certify func() certificate) (moved, done bool) {
	next, last, lastGap := 1, 0, math.Inf(1)
	for pass := 1; ; pass++ {
		fall := epoch()
		s.iterations++
		still := stands(fall, s.yy)
		moved = moved || !still
		if s.ctx.Err() != nil {
			return moved, true
		}
		if pass < min(next, most) && !still && s.iterations < s.maxIter {
			continue
		}
		gap := certify().gap
		if !(gap > tol) || still || s.iterations >= s.maxIter || pass >= most {
			return moved, !(gap > tol) || still || s.iterations >= s.maxIter
		}
		passes := float64(pass-last) * math.Log(tol/gap) / math.Log(gap/lastGap)
		if !(passes > 1) { // also where the gap has grown, or there is no last one
			passes = 1
		}
		last, lastGap = pass, gap
		next = pass + int(min(passes, 20))
	}
}

// descendGram descends over all held columns: there are no others with a coefficient.
func (s *multiSolver) descendGram(tol float64) (moved bool) {
	k, t := len(s.held), s.t
	for c, j := range s.held {
		copy(s.heldW[c*t:(c+1)*t], s.w[int(j)*t:])
	}
	moved, _ = s.descend(tol, math.MaxInt, func() float64 {
		return s.gram.Epoch(s.heldPen, s.heldW, s.scratch)
	}, func() certificate {
		s.gram.Dots(s.heldW, s.heldG)
		var wb, wg float64
		for i, w := range s.heldW[:k*t] {
			wb += float64(w * s.gram.B[i])
			wg += float64(w * s.heldG[i])
		}
		ry := s.yy - wb
		return s.gap(s.held, s.heldAt[:k], s.heldW, s.heldG, max(ry-wg, 0), ry)
	})
	for c, j := range s.held {
		copy(s.w[int(j)*t:][:t], s.heldW[c*t:])
	}
	return moved
}

// parts yields cols in blocks that take some ms, as target.parts does, until the context is done.
// A pass that goes block by block does what it would do at once: they are multiples of TaskBlock.
func (s *multiSolver) parts(cols []int32) iter.Seq2[int, []int32] {
	step := max(1, blockElements*8/max(1, s.x.X.Rows*s.t)/kernels.TaskBlock) * kernels.TaskBlock
	return func(yield func(int, []int32) bool) {
		for lo := 0; lo < len(cols) && s.ctx.Err() == nil; lo += step {
			if !yield(lo, cols[lo:min(lo+step, len(cols))]) {
				return
			}
		}
	}
}

func (s *multiSolver) dots(cols []int32, r, g []float64) {
	for _, part := range s.parts(cols) {
		s.x.Dots(s.loop, part, r, g)
	}
}

// epoch is a pass over the working set on the residual.
func (s *multiSolver) epoch() (fall float64) {
	for lo, part := range s.parts(s.work) {
		fall += s.x.Epoch(part, s.pen, s.grams[lo*kernels.TaskBlock:], s.w, s.r, s.scratch)
	}
	return fall
}

// certify computes the residual anew, and the gradient and the gap over cols. Coefficients
// outside cols are zero.
func (s *multiSolver) certify(cols []int32) certificate {
	copy(s.r, s.y)
	for _, part := range s.parts(cols) {
		s.x.Subtract(s.loop, part, s.w, s.r)
	}
	return s.certifyResidual(cols)
}

func (s *multiSolver) certifyResidual(cols []int32) certificate {
	s.dots(cols, s.r, s.g)
	return s.gap(cols, cols, s.w, s.g, kernels.Dot(s.loop, s.r, s.r), kernels.Dot(s.loop, s.r, s.y))
}

// gap is the duality gap over cols, whose coefficients and gradients are the rows at of w
// and g: formula A of solver.go with an l1 penalty, that of ridge regression without, and
// without any penalty the largest ‖X_jᵀR‖/‖X_j‖.
func (s *multiSolver) gap(cols, at []int32, w, g []float64, rr, ry float64) certificate {
	ridge, l1, dual, steepest, most := rr, 0.0, 0.0, 0.0, math.Inf(1)
	for c, j := range cols {
		lo := int(at[c]) * s.t
		ww, gg, xx := rowSquares(w[lo:lo+s.t], g[lo:lo+s.t], s.pen.L2[j])
		if ww > 0 {
			ridge += float64(s.pen.L2[j] * ww)
			l1 += float64(s.pen.L1[j] * math.Sqrt(ww))
		}
		switch {
		case s.a > 0:
			if x := math.Sqrt(xx); x*most > s.pen.L1[j] {
				most = min(most, visible(s.pen.L1[j], s.x.Norm2[j], s.yy)/x)
			}
		case s.b > 0:
			dual += gg / s.pen.L2[j]
		default:
			steepest = max(steepest, math.Sqrt(gg/s.x.Norm2[j]))
		}
	}
	primal := float64(0.5*ridge) + l1
	switch {
	case s.a > 0:
		scale := 1.0
		if ridge > 0 {
			scale = ry / ridge
		}
		scale = max(min(scale, most), -most)
		return certificate{gap: max(primal-(float64(scale*ry)-float64(0.5*scale*scale*ridge)), 0), scale: scale}
	case s.b > 0:
		return certificate{gap: max(primal-(ry-float64(0.5*rr)-float64(0.5*dual)), 0)}
	}
	if !finite(rr) {
		steepest = rr
	}
	return certificate{gap: steepest}
}

// rowSquares returns ‖w‖², ‖g‖² and ‖g − l2·w‖².
func rowSquares(w, g []float64, l2 float64) (ww, gg, xx float64) {
	for k, v := range w {
		u := g[k]
		x := u - float64(l2*v)
		ww += float64(v * v)
		gg += float64(u * u)
		xx += float64(x * x)
	}
	return ww, gg, xx
}

// norms returns ‖w_j‖ and ‖g_j − l2_j·w_j‖.
func (s *multiSolver) norms(j int32) (w, x float64) {
	lo := int(j) * s.t
	ww, _, xx := rowSquares(s.w[lo:lo+s.t], s.g[lo:lo+s.t], s.pen.L2[j])
	return math.Sqrt(ww), math.Sqrt(xx)
}

// screen drops columns whose coefficients are zero at the optimum: the test of solver.go.
// It reports whether coefficients had to be set to zero.
func (s *multiSolver) screen(cert certificate) (moved bool) {
	radius, kept := math.Sqrt(2*cert.gap), s.cols[:0]
	for _, j := range s.cols {
		w, x := s.norms(j)
		if math.Abs(cert.scale)*x+float64(radius*math.Sqrt(s.x.Norm2[j]+s.pen.L2[j])) >= s.pen.L1[j] {
			kept = append(kept, j)
		} else if w > 0 {
			clear(s.w[int(j)*s.t:][:s.t])
			moved = true
		}
	}
	s.cols = kept
	return moved
}

// pick makes the working set: the columns with coefficients, and those that break the
// optimality condition ‖X_jᵀR‖ ≤ l1_j, the worst first, where there are too many of them
// to take all at once (more than 50 and than three times the support).
func (s *multiSolver) pick() {
	support, breaking, all := 0, 0, s.violation[:len(s.cols)]
	for c, j := range s.cols {
		w, x := s.norms(j)
		if all[c] = (x - s.pen.L1[j]) / math.Sqrt(s.x.Norm2[j]); w > 0 {
			support++
			all[c] = math.Inf(1)
		} else if all[c] > 0 {
			breaking++
		}
	}
	least := 0.0
	if most := max(50, 3*support); breaking > most {
		sorted := slices.Clone(all)
		slices.Sort(sorted)
		least = sorted[len(sorted)-support-most]
	}
	s.work = s.work[:0]
	for c, j := range s.cols {
		if all[c] > 0 && all[c] >= least {
			s.work = append(s.work, j)
		}
	}
}

// hold adds the working set to the Gram matrix. It begins anew where columns that are no longer
// wanted take too much room.
func (s *multiSolver) hold() {
	missing := 0
	for _, j := range s.work {
		if s.slot[j] < 0 {
			missing++
		}
	}
	if len(s.held)+missing > min(s.limit, 2*len(s.work)+50) {
		s.drop()
		missing = len(s.work)
	}
	from := len(s.held)
	s.grow(from + missing)
	for _, j := range s.work {
		if s.slot[j] < 0 {
			s.slot[j] = int32(len(s.held))
			s.heldPen.L1[len(s.held)], s.heldPen.L2[len(s.held)] = s.pen.L1[j], s.pen.L2[j]
			s.held = append(s.held, j)
		}
	}
	s.multiply(from)
	s.gram.Size = len(s.held)
}

func (s *multiSolver) drop() {
	for _, j := range s.held {
		s.slot[j] = -1
	}
	s.held = s.held[:0]
}

// grow makes room for k held columns.
func (s *multiSolver) grow(k int) {
	if k <= s.gram.Stride {
		return
	}
	old, stride := s.gram, min(max(k+k/2, 64), max(s.limit, k))
	s.gram = kernels.TaskGram{Stride: stride, Tasks: s.t, Data: make([]float64, stride*stride), B: make([]float64, stride*s.t)}
	for c := range s.held {
		copy(s.gram.Data[c*stride:], old.Data[c*old.Stride:][:len(s.held)])
	}
	copy(s.gram.B, old.B)
	s.heldPen.L1, s.heldPen.L2 = resize(s.heldPen.L1, stride), resize(s.heldPen.L2, stride)
	s.heldW, s.heldG = make([]float64, stride*s.t), make([]float64, stride*s.t)
	for c := len(s.heldAt); c < stride; c++ {
		s.heldAt = append(s.heldAt, int32(c))
	}
}

// multiply fills the rows and columns of the Gram matrix from column from on, and their
// products with y. A block of t columns takes the place of the tasks of a residual.
func (s *multiSolver) multiply(from int) {
	n, t, stride, k := s.x.X.Rows, s.t, s.gram.Stride, len(s.held)
	if from == k {
		return
	}
	if s.block == nil {
		s.block, s.blockG = make([]float64, n*t), make([]float64, len(s.g))
	}
	s.dots(s.held[from:], s.y, s.blockG)
	for c := from; c < k; c++ {
		copy(s.gram.B[c*t:(c+1)*t], s.blockG[int(s.held[c])*t:])
	}
	for lo := from; lo < k; lo += t {
		count := min(t, k-lo)
		clear(s.block)
		for c := range count {
			j := int(s.held[lo+c])
			for i, v := range s.x.X.Data[j*s.x.X.Stride:][:n] {
				s.block[i*t+c] = v - s.x.Mean[j]
			}
		}
		s.dots(s.held[:lo+count], s.block, s.blockG)
		for a, j := range s.held[:lo+count] {
			for c, v := range s.blockG[int(j)*t:][:count] {
				s.gram.Data[a*stride+lo+c] = v
				s.gram.Data[(lo+c)*stride+a] = v
			}
		}
	}
}
