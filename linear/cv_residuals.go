package linear

// Cross-validation with residuals: each cell is a path on all rows of the design, those that
// it does not fit to having a weight of 0. Nothing of the design is copied.

import (
	"context"
	"slices"
	"time"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// residuals does all cells, in parallel where there are as many as threads, else one after
// the other, each in parallel.
func (run *cvRun) residuals(ctx context.Context, book *cellBook) error {
	tasks := book.tasks(false)
	loop, inner := run.c.Loop, parfor.Loop{Threads: 1}
	loop.Progress, loop.Schedule = nil, parfor.Dynamic(1)
	if len(tasks) < loop.NumThreads() {
		loop, inner = parfor.Loop{Threads: 1, Trace: loop.Trace}, loop
		inner.Schedule = run.c.Loop.Schedule
	}
	err := loop.ForContext(ctx, len(tasks), func(ctx context.Context, lo, hi int) error {
		for _, t := range tasks[lo:hi] {
			err := book.do(ctx, t, func(ctx context.Context, put putCell) error {
				for _, l := range t.ls {
					if err := run.residualCell(ctx, inner, put, l, t.fold); err != nil {
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
	})
	return rangeCause(err)
}

func (run *cvRun) residualCell(ctx context.Context, loop parfor.Loop, put putCell, l, number int) error {
	begin := time.Now()
	f := &run.folds[number]
	m := run.c.path(run.L1Ratios[l])
	m.Alphas, m.Loop = run.Alphas[l], loop
	m.SampleWeights = f.weights(len(run.y), run.c.SampleWeights)
	path, err := m.Fit(ctx, run.x, run.y)
	if err != nil {
		return err
	}
	fitted := time.Now()
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
	run.spent(0, fitted.Sub(begin), time.Since(fitted))
	return put(l, mse, path.DualGaps, path.Iterations, path.Converged)
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
