package linear

// Cross-validation with residuals: each cell is a path on all rows of the design, those that
// it does not fit to having a weight of 0. Nothing of the design is copied.

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// sharing is a design of which several problems can know what one reading tells.
type sharing interface {
	share(o Options, y []float64, weights [][]float64) []*given
}

// share reads the design once for all folds. Where there are so many that what is known of them, 24
// bytes a column each, is more than half of what the design takes, each path reads for itself.
func (run *cvRun) share(ctx context.Context) {
	d, ok := run.x.(sharing)
	n := len(run.y)
	if !ok || 6*(len(run.folds)+1) > n {
		return
	}
	weights := [][]float64{run.c.SampleWeights}
	for i := range run.folds {
		weights = append(weights, run.folds[i].weights(n, run.c.SampleWeights))
	}
	o := run.c.Options
	o.Loop.Progress, o.ctx = nil, ctx
	if all := d.share(o, run.y, weights); all != nil {
		run.whole, run.shared = all[0], all[1:]
	}
}

// residuals does all cells, in parallel where there are as many as threads, else one after
// the other, each in parallel.
func (run *cvRun) residuals(ctx context.Context, book *cellBook) error {
	tasks := book.tasks(false)
	loop, inner := run.c.Loop, parfor.Loop{Threads: 1}
	loop.Progress, loop.Schedule = nil, parfor.Dynamic(1)
	threads := loop.NumThreads()
	if len(tasks) < threads {
		loop, inner = parfor.Loop{Threads: 1, Trace: loop.Trace}, loop
		inner.Schedule = run.c.Loop.Schedule
		threads = 1
	}
	if run.c.Memo != nil {
		return rangeCause(loop.ForContext(ctx, len(tasks), func(ctx context.Context, lo, hi int) error {
			return run.wholeFolds(ctx, inner, book, tasks[lo:hi])
		}))
	}
	q := &cellQueue{turns: 2*threads - 1}
	for _, t := range tasks {
		for _, l := range t.ls {
			q.fresh = append(q.fresh, &residualCell{run: run, l: l, fold: t.fold, loop: inner, put: book.put})
		}
	}
	return rangeCause(loop.ForContext(ctx, threads, func(ctx context.Context, _, _ int) error { return q.work(ctx) }))
}

// wholeFolds does tasks for a Memo.
func (run *cvRun) wholeFolds(ctx context.Context, inner parfor.Loop, book *cellBook, tasks []foldTask) error {
	for _, t := range tasks {
		err := book.do(ctx, t, func(ctx context.Context, put putCell) error {
			for _, l := range t.ls {
				c := residualCell{run: run, l: l, fold: t.fold, loop: inner, whole: true}
				c.put = func(l, _ int, mse, gaps []float64, iterations []int, reached []bool) error {
					return put(l, mse, gaps, iterations, reached)
				}
				if err := c.advance(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cellQueue hands out cells. The last ones are done some alphas at a time by whoever is free, the one
// that is least far first, so that all threads end together. In which order that goes changes no bit.
type cellQueue struct {
	turns int // how many the last ones are

	mu    sync.Mutex
	fresh []*residualCell // not begun
	begun []*residualCell
	over  bool // somebody has failed
}

// work does cells until there are none, or those that are left are at work.
func (q *cellQueue) work(ctx context.Context) error {
	done := false
	defer func() { // when a Scorer panics, too
		if !done {
			q.mu.Lock()
			q.over = true
			q.mu.Unlock()
		}
	}()
	for c := q.next(nil); c != nil; c = q.next(c) {
		if err := c.advance(ctx); err != nil {
			return err
		}
	}
	done = true
	return nil
}

// next takes c back, unless it is finished, and hands out another one, or nil.
func (q *cellQueue) next(c *residualCell) *residualCell {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c != nil && c.path != nil {
		q.begun = append(q.begun, c)
	}
	switch {
	case q.over:
		return nil
	case len(q.fresh) > 0:
		c, q.fresh = q.fresh[0], q.fresh[1:]
		c.whole = len(q.fresh) >= q.turns
		return c
	case len(q.begun) == 0:
		return nil
	}
	least := 0
	for i, c := range q.begun {
		if c.path.left() > q.begun[least].path.left() {
			least = i
		}
	}
	c = q.begun[least]
	q.begun = slices.Delete(q.begun, least, least+1)
	return c
}

// residualCell is a path of one l1_ratio on the training rows of a fold, and its test.
type residualCell struct {
	run     *cvRun
	l, fold int
	loop    parfor.Loop
	put     func(l, fold int, mse, gaps []float64, iterations []int, reached []bool) error
	whole   bool // advance goes all the way

	path  *pathRun // nil before it is begun and when the cell is finished
	spent time.Duration
}

// advance does a quarter of what is left of the path, or all, and in the end the test.
func (c *residualCell) advance(ctx context.Context) error {
	begin := time.Now()
	if c.path == nil {
		m := c.run.c.path(c.run.L1Ratios[c.l])
		m.Alphas, m.Loop, m.ctx = c.run.Alphas[c.l], c.loop, ctx
		m.SampleWeights = c.run.folds[c.fold].weights(len(c.run.y), c.run.c.SampleWeights)
		if c.run.shared != nil {
			m.given = c.run.shared[c.fold]
		}
		var err error
		if c.path, err = m.begin(c.run.x, c.run.y); err != nil {
			return err
		}
	}
	steps := c.path.left()
	if !c.whole {
		steps = (steps + 3) / 4
	}
	for range steps {
		if err := c.path.step(); err != nil {
			return err
		}
	}
	c.spent += time.Since(begin)
	if c.path.left() > 0 {
		return nil
	}
	return c.test(ctx)
}

// test predicts the test rows for each alpha.
func (c *residualCell) test(ctx context.Context) error {
	begin := time.Now()
	run, f, path := c.run, &c.run.folds[c.fold], c.path.fit
	y, weights := pickSet(run.y, f.test), pickSet(run.c.SampleWeights, f.test)
	mse, predicted := make([]float64, len(path.Alphas)), make([]float64, f.test.N)
	p := run.x.(testedDesign).tester(f.test)
	for a := range path.Alphas {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		cols, coef := path.Support(a)
		p.predict(predicted, cols, coef, path.Intercept(a))
		mse[a] = run.c.score(y, predicted, weights)
	}
	c.path.s.done()
	c.path = nil
	run.spent(0, c.spent, time.Since(begin))
	return c.put(c.l, c.fold, mse, path.DualGaps, path.Iterations, path.Converged)
}

// weights are s, or ones, with 0 for the rows that are not fitted to.
func (f *fold) weights(n int, s []float64) []float64 {
	w := make([]float64, n)
	if f.complement {
		if s == nil {
			for i := range w {
				w[i] = 1
			}
		} else {
			copy(w, s)
		}
		for i := range f.test.N {
			w[f.test.At(i)] = 0
		}
		return w
	}
	for i := range f.train.N {
		if row := f.train.At(i); s == nil {
			w[row] = 1
		} else {
			w[row] = s[row]
		}
	}
	return w
}

// testedDesign is a design that predicts some of its rows.
type testedDesign interface {
	tester(rows kernels.RowSet) tester
}

// tester predicts rows: b plus the columns in cols times coef.
type tester interface {
	predict(dst []float64, cols []int32, coef []float64, b float64)
}

type denseTester[T kernels.Float] struct {
	x    kernels.Matrix[T]
	rows kernels.RowSet
}

func (d *dense[T]) tester(rows kernels.RowSet) tester { return &denseTester[T]{d.x, rows} }

func (d *denseTester[T]) predict(dst []float64, cols []int32, coef []float64, b float64) {
	for i := range dst {
		dst[i] = b
	}
	if d.x.Layout == kernels.RowMajor {
		for i := range dst {
			row := d.x.Data[d.rows.At(i)*d.x.Stride:]
			for k, j := range cols {
				dst[i] += float64(coef[k] * float64(row[j]))
			}
		}
		return
	}
	for k, j := range cols {
		column := d.x.Data[int(j)*d.x.Stride:][:d.x.Rows]
		if d.rows.Index == nil {
			for i, v := range column[d.rows.Lo:][:d.rows.N] {
				dst[i] += float64(coef[k] * float64(v))
			}
			continue
		}
		for i, row := range d.rows.Index {
			dst[i] += float64(coef[k] * float64(column[row]))
		}
	}
}

type sparseTester struct {
	x     kernels.CSC
	place []int32 // by row: where it is among those tested, or −1
}

func (d *csc) tester(rows kernels.RowSet) tester {
	n, _ := d.Dims()
	t := &sparseTester{d.x, slices.Repeat([]int32{-1}, n)}
	for i := range rows.N {
		t.place[rows.At(i)] = int32(i)
	}
	return t
}

func (d *sparseTester) predict(dst []float64, cols []int32, coef []float64, b float64) {
	for i := range dst {
		dst[i] = b
	}
	for k, j := range cols {
		index, values := d.x.Column(int(j))
		for e, row := range index {
			if i := d.place[row]; i >= 0 {
				dst[i] += float64(coef[k] * values[e])
			}
		}
	}
}
