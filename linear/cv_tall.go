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
	models []foldModels
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
// space for moments. It outlives a run where the next has as many columns: pages that are
// touched for the first time cost as much as the moments of 2000 rows.
type foldPool struct {
	p       int
	mu      sync.Mutex
	free    []*foldWorker
	squares [][]float64
	make    func() *foldWorker
}

var foldPools sync.Pool

// newFoldPool returns one for p columns.
func newFoldPool(p int) *foldPool {
	if old, ok := foldPools.Get().(*foldPool); ok && old.p == p {
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
	for _, w := range t.pool.free {
		w.q.q = nil // which leads to the user's data
	}
	t.pool.make = nil
	foldPools.Put(t.pool)
}

// foldModels are the coefficients of a path in groups of eight alphas, as PredictPacked takes
// them, and the columns that each group has one for.
type foldModels struct {
	w       []float64 // (alpha/8, column, alpha%8)
	list    [][]int32
	stage   []float64 // (alpha%8, column): the group at hand
	mark    []bool
	shift   []float64 // the intercept on centred data, by alpha
	gaps    []float64
	its     []int
	reached []bool
}

func (f *foldModels) reset(p, alphas int) {
	groups := (alphas + 7) / 8
	f.w, f.stage = resize(f.w, groups*8*p), resize(f.stage, 8*p)
	f.list = append(f.list, make([][]int32, max(groups-len(f.list), 0))...)
	for g := range f.list {
		f.list[g] = f.list[g][:0]
	}
	f.mark = append(f.mark[:0], make([]bool, p)...)
	f.shift, f.gaps = resize(f.shift, 8*groups), resize(f.gaps, alphas)
	f.its = append(f.its[:0], make([]int, alphas)...)
	f.reached = append(f.reached[:0], make([]bool, alphas)...)
}

// take takes over all coefficients at an alpha, the next one; last says that no more come.
func (f *foldModels) take(q *foldProblem, alpha int, coef []float64, last bool) {
	copy(f.stage[alpha%8*q.p:], coef)
	if last || alpha%8 == 7 {
		f.group(q, alpha/8, alpha%8+1)
	}
}

// group makes a group of the first n alphas that are staged, and of zeros.
func (f *foldModels) group(q *foldProblem, number, n int) {
	p := q.p
	clear(f.stage[n*p:])
	to, list := f.w[number*8*p:][:8*p], f.list[number][:0]
	var shift [8]float64
	var plane [8][]float64
	for c := range plane {
		plane[c] = f.stage[c*p:][:p]
	}
	for j, mean := range q.shift[:p] {
		at := (*[8]float64)(to[8*j:])
		for c := range at {
			at[c] = plane[c][j]
		}
		if *at != [8]float64{} {
			list = append(list, int32(j))
			for c, v := range at {
				shift[c] -= float64(v * mean)
			}
		}
	}
	f.list[number] = list
	for c := range n {
		f.shift[8*number+c] = q.yShift + shift[c]
	}
}

// put takes over coefficient w of column j at an alpha.
func (f *foldModels) put(q *foldProblem, alpha int, j int32, w float64) {
	f.w[(alpha/8*q.p+int(j))*8+alpha%8] = w
	f.shift[alpha] -= float64(w * q.shift[j])
	if !f.mark[j] {
		f.mark[j] = true
		f.list[alpha/8] = append(f.list[alpha/8], j)
	}
}

// next begins an alpha.
func (f *foldModels) next(q *foldProblem, alpha int) {
	f.shift[alpha] = q.yShift
	if alpha%8 == 0 {
		clear(f.mark)
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
	case unlike(c.SampleWeights):
		return "weights of too many orders of magnitude"
	}
	return ""
}

// unlike reports that the moments of some rows would be lost in those of others.
func unlike(weights []float64) bool {
	least, most := math.Inf(1), 0.0
	for _, s := range weights {
		if s > 0 {
			least, most = min(least, s), max(most, s)
		}
	}
	return weights != nil && least < 1e-12*most
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
		if m.centre, err = d.nearMeans(ctx, weights); err != nil {
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

// together fits the paths of the l1_ratios ls, at most kernels.MaxPaths, side by side.
func (t *tall) together(ctx context.Context, w *foldWorker, ls []int) error {
	c, q := t.c, &w.q
	w.factors(&c.Options)
	if w.paths == nil {
		w.paths = kernels.NewGramPaths(q.p, kernels.MaxPaths)
	}
	s := sideBySide{t: t, w: w, ls: ls, target: c.tol() * q.yy, aim: c.tol() * q.yy * aim(q.p), late: make([]int, len(ls))}
	w.paths.Positive = c.Positive
	w.paths.Reset(q.gram, q.ld, q.xy, w.v1, w.v2)
	for i, l := range ls {
		w.models[l].reset(q.p, len(t.Alphas[l]))
		s.late[i] = -1
	}
	alphas := len(t.Alphas[ls[0]])
	for k := range alphas {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.alpha(ctx, k)
		for i, l := range ls {
			if s.late[i] >= 0 {
				continue
			}
			w.models[l].take(q, k, w.paths.Coef(i), k == alphas-1)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, l := range ls {
		if s.late[i] < 0 {
			continue
		}
		if err := t.alone(ctx, w, l, s.late[i], s.init[i]); err != nil {
			return err
		}
	}
	return nil
}

// sideBySide is paths on their way.
type sideBySide struct {
	t      *tall
	w      *foldWorker
	ls     []int
	target float64 // the gap to reach, and the one to aim at
	aim    float64
	late   []int // the alpha from which a path is left to the other solver, or −1
	init   [kernels.MaxPaths][]float64
	l1     [kernels.MaxPaths]float64 // Σ v1_j·|w_j|
}

// aim is which part of Tol fits aim at. Test errors are first-order in what is left of the gap;
// at ½ they are as good as those of scikit-learn, which stops below its Tol by another test
// that comes first. With few columns passes cost less than the rest, and more are done.
func aim(p int) float64 { return max(0.01, min(0.5, float64(p)/1000)) }

// care is the part of the aim that path l aims at for alpha k. Where few columns have
// coefficients, so far, passes cost little and much is left to explain: the worst errors
// were those of the first alphas, and 6 % more passes made them a fifth.
func (s *sideBySide) care(l, k int) float64 {
	support := 0
	if k >= 8 {
		support = len(s.w.models[l].list[k/8-1])
	}
	return max(0.125, min(1, 8*float64(support)/float64(s.w.q.p)))
}

// slow is how many passes at one alpha are too many: second-order steps take fewer.
const slow = 100

// alpha brings all paths to alpha k.
func (s *sideBySide) alpha(ctx context.Context, k int) {
	paths, q, c := s.w.paths, &s.w.q, s.t.c
	var spare [kernels.MaxPaths]float64
	which := uint(0)
	var aims [kernels.MaxPaths]float64
	for i, l := range s.ls {
		aims[i] = s.aim * s.care(l, k)
		if s.late[i] >= 0 {
			continue
		}
		alpha, ratio, tau := s.t.Alphas[l][k], s.t.L1Ratios[l], 0.0
		if k >= 2 {
			a := s.t.Alphas[l]
			if a[k-2] > a[k-1] {
				tau = (a[k-1] - a[k]) / (a[k-2] - a[k-1])
			}
		}
		paths.Next(i, alpha*ratio*q.total, alpha*(1-ratio)*q.total, tau)
		which |= 1 << i
		spare[i] = 0.5
	}
	for pass := 0; ; pass++ {
		for i, l := range s.ls {
			if which>>i&1 == 0 {
				continue
			}
			gap, l1 := s.gap(i, s.t.Alphas[l][k]*s.t.L1Ratios[l]*q.total, s.t.Alphas[l][k]*(1-s.t.L1Ratios[l])*q.total)
			f := &s.w.models[l]
			f.gaps[k], f.its[k], f.reached[k] = gap/q.total, pass, gap <= s.target
			still := false
			if pass > 0 {
				moved, fall := paths.Moved(i)
				if spare[i] == 0 && (moved == 0 || stands(fall, q.yy)) {
					still = true
				}
				if moved == 0 {
					spare[i] /= 8
					if spare[i] < 1e-3 {
						spare[i] = 0
					}
				}
			}
			if gap <= aims[i] || still || pass >= c.maxIter() {
				which &^= 1 << i
				continue
			}
			if pass == slow && f.reached[k] {
				which &^= 1 << i
				continue
			}
			if pass == slow {
				which &^= 1 << i
				s.late[i], s.init[i] = k, slices.Clone(paths.Coef(i))
				continue
			}
			theta := 0.0
			if l1 > 0 {
				theta = spare[i] * aims[i] / l1
			}
			paths.Spare(i, min(theta, 0.5))
		}
		if which == 0 || ctx.Err() != nil {
			return
		}
		paths.Pass(which)
	}
}

// gap is the duality gap of path i, as solver.lassoGap has it, and its Σ l1_j·|w_j|.
func (s *sideBySide) gap(i int, a, b float64) (gap, l1 float64) {
	v, yy := s.w.paths.Products(i), s.w.q.yy
	ry := yy - v.QW
	ridge := max(ry-v.GW, 0) + b*v.L2
	most := math.Inf(1)
	if v.Most > 0 {
		most = a / v.Most
	}
	return scaledGap(ridge, ry, a*v.L1, most, s.w.paths.Positive).gap, a * v.L1
}

// alone fits the path of one l1_ratio from alpha number from on, by the solver of single
// problems.
func (t *tall) alone(ctx context.Context, w *foldWorker, l, from int, init []float64) error {
	m, q := t.c.path(t.L1Ratios[l]), &w.q
	m.Loop = parfor.Loop{Threads: 1}
	if init != nil {
		m.Init = init
	}
	f := &w.models[l]
	if from == 0 {
		f.reset(q.p, len(t.Alphas[l]))
	} else if from%8 > 0 {
		f.group(q, from/8, from%8)
	}
	clear(f.w[(from+7)/8*8*q.p:])
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
		k := from + i
		f.next(q, k)
		if i == 0 {
			clear(f.mark)
			for _, j := range f.list[k/8] {
				f.mark[j] = true
			}
		}
		cols, coef := path.Support(i)
		for e, j := range cols {
			f.put(q, k, j, coef[e])
		}
		f.gaps[k], f.its[k], f.reached[k] = path.DualGaps[i], path.Iterations[i], path.Converged[i]
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
	w.models = append(w.models, make([]foldModels, max(len(t.L1Ratios)-len(w.models), 0))...)
	made := time.Now()
	if t.locked {
		for group := range slices.Chunk(ls, kernels.MaxPaths) {
			if err := t.together(ctx, w, group); err != nil {
				return err
			}
		}
	} else {
		for _, l := range ls {
			if err := t.alone(ctx, w, l, 0, nil); err != nil {
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
	for _, l := range ls {
		models := &w.models[l]
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
		if err := put(l, mse, models.gaps, models.its, models.reached); err != nil {
			return err
		}
	}
	return nil
}

// products predicts the test rows, eight models at a time. packed says that w.rows has them all.
func (t *tall) products(ctx context.Context, w *foldWorker, number int, models *foldModels, mse []float64, packed bool) (whole bool, err error) {
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
			b[c] = t.m.yCentre + models.shift[k+c]
		}
		slices.Sort(models.list[k/8])
		for lo := 0; lo < test.N; lo += step {
			part := test.Part(lo, min(lo+step, test.N))
			if !packed {
				if err := t.m.z.packRows(ctx, part, w.rows); err != nil {
					return false, err
				}
				packed = part.N == test.N
			}
			kernels.PredictPacked((part.N+7)/8, p, models.list[k/8], w.rows, models.w[k*p:], b[:], w.out[lo:], ld)
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
func (t *tall) squares(w *foldWorker, part []float64, models *foldModels, mse []float64) bool {
	p, ld := t.m.p, t.m.ld
	panels := (p + 7) / 8
	w.out = resize(w.out, 8*8*panels)
	yy, sum, total := part[p*ld+p], part[p*ld+p+1], part[(p+1)*ld+p+1]
	var zeros [8]float64
	for k := 0; k < len(mse); k += 8 {
		list, coef := models.list[k/8], models.w[k*p:]
		slices.Sort(list)
		kernels.PredictPacked(panels, p, list, w.rows, coef, zeros[:], w.out, 8*panels)
		for c := range min(8, len(mse)-k) {
			b, xy, x, xx := models.shift[k+c], 0.0, 0.0, 0.0
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
