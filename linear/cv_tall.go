package linear

// Cross-validation by the moments of the folds: every path of a fold on one Gram matrix, all
// l1_ratios of it side by side, and test errors by products of many models at once.

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// tall is a cross-validation by moments.
type tall struct {
	*cvRun
	m      foldGrams
	pool   *foldPool
	loop   parfor.Loop
	cells  *cellBook
	locked bool // the paths go side by side: plain penalties, cyclic passes
}

// foldWorker is what one thread works with.
type foldWorker struct {
	pack   []float64 // packed rows of a block
	square []float64 // moments of a piece, then the Gram matrix of a fold
	group  []float64 // moments of a group that is not kept
	sum    []float64 // moments of a training set that is no difference of two
	rows   []float64 // the packed test rows
	out    []float64 // what eight models predict
	q      foldProblem
	paths  *kernels.GramPaths
	models kernels.PathModels // of the l1_ratios of a task, by place
	its    []int
	hits   []bool
	v1, v2 []float64
}

// room is space for moments.
func (w *foldWorker) room() []float64 {
	if w.sum == nil {
		w.sum = make([]float64, len(w.square))
	}
	return w.sum
}

// foldPool lends workers, of which there are as many as threads that want one at once, and
// space for moments. It outlives a run where the next has as many columns.
type foldPool struct {
	p       int
	mu      sync.Mutex
	free    []*foldWorker
	squares [][]float64
	make    func() *foldWorker
}

var foldPools keeper[foldPool]

// newFoldPool returns one for p columns.
func newFoldPool(p int) *foldPool {
	if old := foldPools.take(); old != nil && old.p == p {
		return old
	}
	return &foldPool{p: p}
}

func (p *foldPool) take() *foldWorker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		w := p.free[n-1]
		p.free = p.free[:n-1]
		return w
	}
	return p.make()
}

func (p *foldPool) give(w *foldWorker) {
	p.mu.Lock()
	p.free = append(p.free, w)
	p.mu.Unlock()
}

// square lends space for moments, for all of the run.
func (p *foldPool) square(size int) []float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.squares); n > 0 {
		s := p.squares[n-1]
		p.squares = p.squares[:n-1]
		return s
	}
	return make([]float64, size)
}

// mostKept is how many bytes are kept for the next run.
const mostKept = 256 << 20

// end keeps the space for the next run.
func (t *tall) end() {
	if t.m.total != nil {
		t.pool.squares = append(t.pool.squares, t.m.total)
	}
	for _, s := range t.m.kept {
		if s != nil {
			t.pool.squares = append(t.pool.squares, s)
		}
	}
	kept := 0
	for _, s := range t.pool.squares {
		kept += cap(s)
	}
	for _, w := range t.pool.free {
		w.q.q = nil // which leads to the user's data
		kept += cap(w.pack) + cap(w.square) + cap(w.group) + cap(w.sum) + cap(w.rows) + cap(w.out)
	}
	if t.pool.make = nil; 8*kept <= mostKept {
		foldPools.keep(t.pool)
	}
}

// tallReason says why a cross-validation is not one by moments, or "".
func (c *ElasticNetCV) tallReason(x Design, folds []fold) string {
	n, p := x.Dims()
	least := n
	for _, f := range folds {
		m := f.train.N
		if f.complement {
			m = n - f.test.N
		}
		least = min(least, m)
	}
	_, ok := x.(rowDesign)
	switch {
	case !ok:
		return "the design is sparse"
	case c.Tol > 0 && c.Tol < 1e-12:
		return "Tol is below what products of columns resolve"
	case p > 2*least:
		return "more columns than twice the training rows"
	case p > 8192:
		return "more than 8192 columns"
	case c.NoIntercept && c.Standardize:
		return "Standardize without an intercept"
	case unlike(c.SampleWeights, 1e-12):
		return "weights of too many orders of magnitude"
	}
	return ""
}

// unlike reports that a weight is less than share of another, and not 0: that the moments of some
// rows would be lost in those of others.
func unlike(weights []float64, share float64) bool {
	least, most := math.Inf(1), 0.0
	for _, s := range weights {
		if s > 0 {
			least, most = min(least, s), max(most, s)
		}
	}
	return weights != nil && least < share*most
}

// begin adds up the moments and makes the alphas, which follow from those of all rows.
func (t *tall) begin(ctx context.Context) error {
	c, d := t.c, t.x.(rowDesign)
	n, p := t.x.Dims()
	if err := checkVector("y", t.y); err != nil {
		return err
	}
	weights, err := rowWeights(c.SampleWeights)
	if err != nil {
		return err
	}
	t.loop = c.Loop
	t.loop.Progress, t.loop.Schedule = nil, parfor.Dynamic(1)
	m := &t.m
	m.rows, m.p, m.side = n, p, kernels.MomentSide(p)
	m.ld = m.side | 8 // an odd multiple of 64 bytes, so that rows do not share a set of the cache
	m.centre = make([]float64, p)
	if !c.NoIntercept {
		if m.centre, err = d.nearMeans(ctx, t.loop, weights); err != nil {
			return err
		}
		m.yCentre = weightedMean(t.loop, t.y, weights)
	}
	for _, s := range weights {
		m.root = append(m.root, math.Sqrt(s))
	}
	_, again := t.x.(testedDesign) // its rows can be read at any time
	m.keep = !again
	if !m.groupRows(t.folds, n) {
		m.ownRows(t.folds, n)
	}
	m.z = d.rowMoments(m.centre, t.y, m.yCentre, m.root)
	t.pool.make = func() *foldWorker {
		return &foldWorker{pack: make([]float64, kernels.MomentScratch(p)), square: make([]float64, m.side*m.ld)}
	}
	if err := m.sum(ctx, t.loop, t.pool); err != nil {
		return err
	}
	if err := t.check(ctx); err != nil {
		return err
	}
	w := t.pool.take()
	defer t.pool.give(w)
	q := t.whole(w).problem()
	for _, ratio := range t.L1Ratios {
		m := c.path(ratio)
		alphas, err := m.grid(newSolver(q, &m.Options))
		if err != nil {
			return err
		}
		t.Alphas = append(t.Alphas, alphas)
	}
	t.locked = t.plain(q)
	return nil
}

// plain reports that paths can go side by side: q being the problem of all rows, no penalty is so
// small that rounding hides what it does (see visible).
func (t *tall) plain(q *problem) bool {
	o := &t.c.Options
	positive := !slices.Contains(t.L1Ratios, 0) && !slices.Contains(o.PenaltyFactors, 0)
	pen := newPenalty(q, o)
	for l, alphas := range t.Alphas {
		all := pen.columns(q)
		positive = positive && pen.set(q, all, alphas[len(alphas)-1], t.L1Ratios[l]) == nil
		for _, j := range all {
			positive = positive && pen.L1[j] > 2*visible(0, q.norm2[j], q.yy)
		}
	}
	return positive && o.Selection == Cyclic && o.Init == nil && (o.Algorithm == Auto || o.Algorithm == WorkingSet)
}

// check returns what is wrong with the data, which the squares of all rows show.
func (t *tall) check(ctx context.Context) error {
	m := &t.m
	ok, squares := true, make([]float64, m.p+1)
	for j := range squares {
		squares[j] = m.total[j*m.ld+j]
		ok = ok && finite(squares[j]) && squares[j] > 0x1p-900
	}
	if ok {
		return nil
	}
	return t.x.(rowDesign).fault(ctx, t.c.Options, t.y, squares[:m.p])
}

// whole makes q the problem of all rows.
func (t *tall) whole(w *foldWorker) *foldProblem {
	w.q.set(&t.m, t.m.total, nil, w.square, &t.c.Options)
	w.q.judge(w.q.raw, w.q.total, true, &t.c.Options)
	return &w.q
}

// fold makes w.q the problem of a fold's training set.
func (t *tall) fold(ctx context.Context, number int, w *foldWorker) error {
	o, q := &t.c.Options, &w.q
	if err := t.m.training(ctx, number, w, q, o); err != nil {
		return err
	}
	all := make([]float64, t.m.p+1)
	for j := range all {
		all[j] = t.m.total[j*t.m.ld+j]
	}
	weight := t.m.total[(t.m.p+1)*t.m.ld+t.m.p+1]
	if q.judge(all, weight, len(t.m.outside[number]) == 0 && !t.m.own, o); q.cancelled {
		rounds := 1
		if !(q.total > 1e-5*weight) { // nor is there anything left of the means
			rounds, q.yShift = 2, 0
			clear(q.shift)
		}
		own := t.m
		own.centre = slices.Clone(t.m.centre)
		list := t.folds[number].trainRows(t.m.rows)
		sum := w.room()
		for range rounds {
			for j, s := range q.shift {
				own.centre[j] += s
			}
			own.yCentre += q.yShift
			own.z = t.x.(rowDesign).rowMoments(own.centre, t.y, own.yCentre, own.root)
			if err := own.add(ctx, kernels.RowSet{N: len(list), Index: list}, w, sum); err != nil {
				return err
			}
			q.set(&own, sum, nil, w.square, o)
		}
		q.judge(all, weight, true, o)
		for j := range q.shift { // on the centre that the test rows have
			q.shift[j] += own.centre[j] - t.m.centre[j]
		}
		q.yShift += own.yCentre - t.m.yCentre
	}
	return nil
}

// factors sets v1 and v2, the penalties of the columns, and takes those that have no part out
// of the problem.
func (w *foldWorker) factors(o *Options) {
	q := &w.q
	w.v1, w.v2 = resize(w.v1, q.p), resize(w.v2, q.p)
	var without []int32
	for j := range w.v1 {
		v, σ := 1.0, 1.0
		if o.PenaltyFactors != nil {
			v = o.PenaltyFactors[j]
		}
		if o.Standardize {
			σ = q.scale[j]
		}
		w.v1[j], w.v2[j] = v*σ, v*σ*σ
		if q.norm2[j] == 0 || math.IsInf(v, 1) || σ == 0 {
			without = append(without, int32(j))
			w.v1[j], w.v2[j] = 1, 0
		}
	}
	q.drop(without)
}

// together fits the paths of the l1_ratios ls from place first on, at most kernels.MaxPaths, side
// by side.
func (t *tall) together(ctx context.Context, w *foldWorker, ls []int, first int) error {
	c, q := t.c, &w.q
	w.factors(&c.Options)
	if w.paths == nil {
		w.paths = kernels.NewGramPaths(q.p, kernels.MaxPaths)
	}
	w.paths.Positive = c.Positive
	w.paths.Reset(q.gram, q.ld, q.xy, w.v1, w.v2)
	target := c.tol() * q.yy
	plan := kernels.PathPlan{YY: q.yy, Mean: q.shift, YMean: q.yShift, Target: target, Aim: target * aim(q.p), MaxPasses: c.maxIter(), Slow: slow}
	for _, l := range ls {
		plan.Steps = append(plan.Steps, t.steps(l, q.total))
	}
	w.paths.Begin(&plan, &w.models, first)
	for done := false; !done; done = w.paths.Follow() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	for i, l := range ls {
		gaps := w.models.Of(first + i).Gaps
		for k := range gaps {
			gaps[k] /= q.total
		}
		if late := w.paths.Late(i); late >= 0 {
			if err := t.alone(ctx, w, l, first+i, late, slices.Clone(w.paths.Coef(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

// steps are the penalties of an l1_ratio for rows of weight total, each alpha beginning in a
// straight line from the last two.
func (t *tall) steps(l int, total float64) []kernels.PathStep {
	alphas, ratio := t.Alphas[l], t.L1Ratios[l]
	steps := make([]kernels.PathStep, len(alphas))
	for k, alpha := range alphas {
		steps[k] = kernels.PathStep{A: alpha * ratio * total, B: alpha * (1 - ratio) * total}
		if k >= 2 && alphas[k-2] > alphas[k-1] {
			steps[k].Tau = (alphas[k-1] - alpha) / (alphas[k-2] - alphas[k-1])
		}
	}
	return steps
}

// aim is which part of Tol fits aim at. Test errors are first-order in what is left of the gap;
// at ½ they are as good as those of scikit-learn, which stops below its Tol by another test
// that comes first. With few columns passes cost less than the rest, and more are done.
func aim(p int) float64 { return max(0.01, min(0.5, float64(p)/1000)) }

// slow is how many passes at one alpha are too many: second-order steps take fewer.
const slow = 100

// alone fits the path of one l1_ratio from alpha number from on, by the solver of single
// problems, and puts its models in place.
func (t *tall) alone(ctx context.Context, w *foldWorker, l, place, from int, init []float64) error {
	m, q := t.c.path(t.L1Ratios[l]), &w.q
	m.Loop = parfor.Loop{Threads: 1}
	if init != nil {
		m.Init = init
	}
	f := w.models.Of(place)
	f.Clear((from + 7) / 8)
	s := newSolver(q.problem(), &m.Options)
	s.ctx = ctx
	r := newPathRun(q.p, m.L1Ratio)
	r.follow(s, t.Alphas[l][from:])
	for r.left() > 0 {
		if err := r.step(); err != nil {
			return err
		}
	}
	path := r.fit
	for i := range path.Alphas {
		k, shift := from+i, q.yShift
		cols, coef := path.Support(i)
		for e, j := range cols {
			f.Put(k, j, coef[e])
			shift -= float64(coef[e] * q.shift[j])
		}
		f.Shift[k] = shift
		f.Gaps[k], f.Passes[k], f.Hits[k] = path.DualGaps[i], float64(path.Iterations[i]), 0
		if path.Converged[i] {
			f.Hits[k] = 1
		}
	}
	return nil
}

// run does all cells: tasks are folds, or a fold's l1_ratios apart where there are fewer folds
// than threads.
func (t *tall) run(ctx context.Context) error {
	tasks := t.cells.tasks(len(t.folds) >= t.loop.NumThreads())
	err := t.loop.ForContext(ctx, len(tasks), func(ctx context.Context, lo, hi int) error {
		w := t.pool.take()
		defer t.pool.give(w)
		for _, k := range tasks[lo:hi] {
			err := t.cells.do(ctx, k, func(ctx context.Context, put putCell) error { return t.task(ctx, w, k, put) })
			if err != nil {
				return err
			}
		}
		return nil
	})
	return rangeCause(err)
}

// rangeCause is the error that a body returned to a loop.
func rangeCause(err error) error {
	if ranged := (*parfor.RangeError)(nil); errors.As(err, &ranged) {
		return ranged.Err
	}
	return err
}

// task fits and tests the paths of some l1_ratios of a fold.
func (t *tall) task(ctx context.Context, w *foldWorker, k foldTask, put putCell) error {
	number, ls := k.fold, k.ls
	begin := time.Now()
	if err := t.fold(ctx, number, w); err != nil {
		return err
	}
	w.models.Reset(t.m.p, len(t.Alphas[0]), len(ls))
	made := time.Now()
	if t.locked {
		for first := 0; first < len(ls); first += kernels.MaxPaths {
			if err := t.together(ctx, w, ls[first:min(first+kernels.MaxPaths, len(ls))], first); err != nil {
				return err
			}
		}
	} else {
		for place, l := range ls {
			if err := t.alone(ctx, w, l, place, 0, nil); err != nil {
				return err
			}
		}
	}
	fitted := time.Now()
	if err := t.test(ctx, w, number, ls, put); err != nil {
		return err
	}
	t.spent(made.Sub(begin), fitted.Sub(made), time.Since(fitted))
	return nil
}

// test judges the models of a fold on its test rows, and hands the cells in.
func (t *tall) test(ctx context.Context, w *foldWorker, number int, ls []int, put putCell) error {
	var part []float64
	if t.squared(number) {
		var err error
		if part, err = t.m.of(ctx, t.m.outside[number][0], w); err != nil {
			return err
		}
		w.packSquare(part, t.m.p, t.m.ld)
	}
	packed := false
	for place, l := range ls {
		models := w.models.Of(place)
		mse := make([]float64, len(t.Alphas[l]))
		if part == nil || !t.squares(w, part, models, mse) {
			var err error
			if packed, err = t.products(ctx, w, number, models, mse, packed); err != nil {
				return err
			}
			if part != nil {
				packed = false
				w.packSquare(part, t.m.p, t.m.ld)
			}
		}
		w.its, w.hits = w.its[:0], w.hits[:0]
		for k := range mse {
			w.its, w.hits = append(w.its, int(models.Passes[k])), append(w.hits, models.Hits[k] > 0)
		}
		if err := put(l, mse, models.Gaps, w.its, w.hits); err != nil {
			return err
		}
	}
	return nil
}

// products predicts the test rows, eight models at a time. packed says that w.rows has them all.
func (t *tall) products(ctx context.Context, w *foldWorker, number int, models *kernels.PathModel, mse []float64, packed bool) (whole bool, err error) {
	test, p := t.folds[number].test, t.m.p
	ld := (test.N + 7) &^ 7
	step := t.m.z.packable(ld)
	w.rows, w.out = resize(w.rows, min(step, ld)*p), resize(w.out, 8*ld)
	y, weights := pickSet(t.y, test), pickSet(t.c.SampleWeights, test)
	for k := 0; k < len(mse); k += 8 {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		var b [8]float64
		for c := range min(8, len(mse)-k) {
			b[c] = t.m.yCentre + models.Shift[k+c]
		}
		list := models.List(k / 8)
		slices.Sort(list)
		for lo := 0; lo < test.N; lo += step {
			part := test.Part(lo, min(lo+step, test.N))
			if !packed {
				if err := t.m.z.packRows(ctx, part, w.rows); err != nil {
					return false, err
				}
				packed = part.N == test.N
			}
			kernels.PredictPacked((part.N+7)/8, p, list, w.rows, models.W[k*p:], b[:], w.out[lo:], ld)
		}
		if t.c.Scorer == nil && weights == nil {
			squares := eightSquares(y, w.out, ld)
			for c := range min(8, len(mse)-k) {
				mse[k+c] = squares[c] / float64(test.N)
			}
			continue
		}
		for c := range min(8, len(mse)-k) {
			mse[k+c] = t.c.score(y, w.out[c*ld:][:test.N], weights)
		}
	}
	return packed, nil
}

// eightSquares are the squared errors of eight models, ld apart in out, with the bits of
// meanSquaredError: four sums at a time, which do not wait for each other.
func eightSquares(y, out []float64, ld int) (squares [8]float64) {
	for c := 0; c < 8; c += 4 {
		a, b := out[c*ld:][:len(y)], out[(c+1)*ld:][:len(y)]
		d, e := out[(c+2)*ld:][:len(y)], out[(c+3)*ld:][:len(y)]
		var sa, sb, sd, se float64
		for i, v := range y {
			ra, rb, rd, re := v-a[i], v-b[i], v-d[i], v-e[i]
			sa += float64(ra * ra)
			sb += float64(rb * rb)
			sd += float64(rd * rd)
			se += float64(re * re)
		}
		squares[c], squares[c+1], squares[c+2], squares[c+3] = sa, sb, sd, se
	}
	return squares
}

// squared reports that a fold's test errors are cheaper by the moments of its test rows, at p²
// flops a model, than by products with the rows, and that these moments are at hand.
func (t *tall) squared(number int) bool {
	return t.c.Scorer == nil && t.folds[number].complement && !t.m.own && len(t.m.outside[number]) == 1 &&
		t.folds[number].test.N > 2*t.m.p
}

// packSquare puts the symmetric matrix of which part is the lower triangle to panels of 8 rows.
func (w *foldWorker) packSquare(part []float64, p, ld int) {
	w.rows = resize(w.rows, (p+7)&^7*p)
	clear(w.rows)
	for j := range p {
		column := part[j*ld:][:p]
		for i := j; i < p; i++ {
			w.rows[(i/8*p+j)*8+i%8] = column[i]
			w.rows[(j/8*p+i)*8+j%8] = column[i]
		}
	}
}

// squares sets mse by the moments part of the test rows, which w.rows has packed:
//
//	Σ s·(y − b − wᵀx)² = yᵀy − 2b·Σy − 2·wᵀXᵀy + b²·Σs + 2b·wᵀΣx + wᵀXᵀXw
//
// It reports whether enough digits are left: not of errors far below yᵀy.
func (t *tall) squares(w *foldWorker, part []float64, models *kernels.PathModel, mse []float64) bool {
	p, ld := t.m.p, t.m.ld
	panels := (p + 7) / 8
	w.out = resize(w.out, 8*8*panels)
	yy, sum, total := part[p*ld+p], part[p*ld+p+1], part[(p+1)*ld+p+1]
	var zeros [8]float64
	for k := 0; k < len(mse); k += 8 {
		list, coef := models.List(k/8), models.W[k*p:]
		slices.Sort(list)
		kernels.PredictPacked(panels, p, list, w.rows, coef, zeros[:], w.out, 8*panels)
		for c := range min(8, len(mse)-k) {
			b, xy, x, xx := models.Shift[k+c], 0.0, 0.0, 0.0
			for _, j := range list {
				v := coef[int(j)*8+c]
				xy += float64(v * part[int(j)*ld+p])
				x += float64(v * part[int(j)*ld+p+1])
				xx += float64(v * w.out[c*8*panels+int(j)])
			}
			squares := yy - 2*xy + xx
			squares += float64(b * (float64(b*total) + 2*x - 2*sum))
			if !(squares > 1e-8*yy) {
				return false
			}
			mse[k+c] = squares / total
		}
	}
	return true
}

// refit fits the chosen model to all rows, from their moments.
func (t *tall) refit(ctx context.Context) error {
	begin := time.Now()
	w := t.pool.take()
	defer t.pool.give(w)
	q := t.whole(w)
	o := t.c.Options
	o.Loop = parfor.Loop{Threads: 1}
	p := q.problem()
	for j, c := range t.m.centre {
		p.mean[j] += c
	}
	p.yMean += t.m.yCentre
	m := ElasticNet{Options: o, Alpha: t.Alpha, L1Ratio: t.L1Ratio}
	f, err := m.solve(ctx, p)
	t.Fit, t.Times.Refit = f, time.Since(begin)
	return err
}

func pickSet(v []float64, r kernels.RowSet) []float64 {
	if v == nil {
		return nil
	}
	if r.Index == nil {
		return v[r.Lo : r.Lo+r.N]
	}
	picked := make([]float64, r.N)
	for i, row := range r.Index {
		picked[i] = v[row]
	}
	return picked
}
