package linear

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

// MultiTaskElasticNetCV chooses alpha and l1_ratio of a [MultiTaskElasticNet] by
// cross-validation, as [ElasticNetCV] does of an [ElasticNet], and scikit-learn's
// MultiTaskElasticNetCV: for each l1_ratio and each fold it fits all alphas to the fold's
// training rows, each from the solution of the one before, and takes the mean squared error
// over test rows and tasks.
//
// Its fields are those of ElasticNetCV. Without Alphas the largest is the smallest for which
// all coefficients are zero, max_j ‖X_jᵀS(Y − Ȳ)‖ / (v_j·l1_ratio·Σs) with weights s, of all rows.
// A Scorer is asked for each task, and the mean taken.
type MultiTaskElasticNetCV ElasticNetCV

// MultiTaskLassoCV is [MultiTaskElasticNetCV] with the only l1_ratio 1.
type MultiTaskLassoCV LassoCV

// MultiTaskCVFit is the result of a cross-validation of many tasks: the model of all rows, and
// what [CVFit] says of the choice, whose own Fit is nil.
type MultiTaskCVFit struct {
	*MultiTaskFit
	*CVFit
}

// Fit is [MultiTaskElasticNetCV.Fit].
func (c MultiTaskLassoCV) Fit(ctx context.Context, x Design, y kernels.Matrix[float64]) (*MultiTaskCVFit, error) {
	return MultiTaskElasticNetCV(LassoCV(c).elasticNet()).Fit(ctx, x, y)
}

// Fit does the cross-validation of the n×p design x, made by [Dense], and the n×tasks targets
// y, of which it changes nothing. Each cell is the fit of [MultiTaskElasticNet.Fit] to copies
// of the training rows, to a tenth of Tol (scikit-learn, too, ends below its tol), begun at
// the alpha before. It returns the errors of
// MultiTaskElasticNet.Fit and those of [ElasticNetCV.Fit] that are about alphas, l1_ratios
// and folds, and panics as they do. When ctx is done it returns ctx's error within a pass.
// Loop.Progress counts cells: pairs of an l1_ratio and a fold.
//
// Cells run in parallel, each on one thread, and each thread holds a copy of x, with weights
// two, beside what MultiTaskElasticNet.Fit says. The result depends on neither threads nor schedule.
func (c MultiTaskElasticNetCV) Fit(ctx context.Context, x Design, y kernels.Matrix[float64]) (*MultiTaskCVFit, error) {
	begin := time.Now()
	run, err := c.begin(x, y)
	if err != nil {
		return nil, err
	}
	if err := run.cells(ctx); err != nil {
		return nil, err
	}
	run.choose()
	refit := time.Now()
	run.all.ctx = ctx
	if err := run.all.penalize(run.Alpha, run.L1Ratio); err != nil {
		return nil, err
	}
	cert, err := run.all.solve()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	f := &MultiTaskCVFit{run.all.fit(cert), run.CVFit}
	f.Times.Refit, f.Times.Wall = time.Since(refit), time.Since(begin)
	return f, nil
}

// multiRun is a cross-validation under way.
type multiRun struct {
	cvRun
	o       Options // of a cell, but for the weights
	design  taskDesign
	targets kernels.Matrix[float64]
	all     *multiSolver // of all rows
	room    sync.Pool    // of *[]float64: copies of x
}

// begin checks everything, and makes the folds, the alphas and the arrays of the result.
func (c *MultiTaskElasticNetCV) begin(x Design, y kernels.Matrix[float64]) (*multiRun, error) {
	run := &multiRun{targets: y}
	run.c, run.x, run.CVFit = (*ElasticNetCV)(c), x, &CVFit{L1Ratios: slices.Clone(c.L1Ratios), Reason: "many tasks"}
	if len(c.L1Ratios) == 0 {
		run.L1Ratios = []float64{0.5}
	}
	var err error
	for l, ratio := range run.L1Ratios {
		m := MultiTaskElasticNet{Options: c.Options, L1Ratio: ratio}
		if run.design, err = m.begin("CV", x, y); err != nil {
			return nil, err
		}
		path := Path{L1Ratio: ratio, Alphas: c.Alphas, NumAlphas: c.NumAlphas, Eps: c.Eps}
		if err := path.check(x); err != nil {
			return nil, err
		}
		if l == 0 {
			run.o = m.Options
			if run.all, err = newMultiSolver(run.design, y, &run.o); err != nil {
				return nil, err
			}
		}
		alphas, err := path.gridFrom(func() (float64, error) { return run.all.alphaMax() / ratio, nil })
		if err != nil {
			return nil, err
		}
		run.Alphas = append(run.Alphas, alphas)
	}
	if run.folds, err = readFolds(c.Split, c.Folds, y.Rows, c.SampleWeights); err != nil {
		return nil, err
	}
	run.allocate(len(run.folds))
	run.o.Loop = parfor.Loop{Threads: 1}
	return run, nil
}

// alphaMax is the smallest alpha for which all coefficients are zero, with an l1_ratio of 1.
func (s *multiSolver) alphaMax() float64 {
	s.x.Dots(s.loop, s.all, s.y, s.g)
	largest := 0.0
	for _, j := range s.all {
		v, scale := s.factors(int(j))
		_, gg, _ := rowSquares(s.g[int(j)*s.t:][:s.t], s.g[int(j)*s.t:][:s.t], 0)
		largest = max(largest, math.Sqrt(gg)/(v*scale*float64(s.x.X.Rows)))
	}
	return largest
}

// key is a hash of the settings, the targets, the alphas and folds, and X.
func (run *multiRun) key(ctx context.Context) ([32]byte, error) {
	h := newKeyHash("nogil cross-validation of many tasks 3")
	h.settings(&run.cvRun)
	for i := range run.folds {
		h.fold(&run.folds[i])
	}
	err := run.hashData(ctx, h)
	return h.sum(), err
}

// digestAll is a hash of all that every fold depends on.
func (run *multiRun) digestAll(ctx context.Context) error {
	h := newKeyHash("nogil cross-validation of many tasks, data 1")
	h.settings(&run.cvRun)
	err := run.hashData(ctx, h)
	run.digest = h.sum()
	return err
}

// hashData adds the targets and X.
func (run *multiRun) hashData(ctx context.Context, h keyHash) error {
	row := make([]float64, run.targets.Cols)
	for i := range run.targets.Rows {
		for k := range row {
			row[k] = run.targets.At(i, k)
		}
		h.floats(row)
	}
	return h.design(ctx, &run.cvRun)
}

// cells fits and tests every path.
func (run *multiRun) cells(ctx context.Context) (err error) {
	if run.c.Memo != nil {
		if err := run.digestAll(ctx); err != nil {
			return err
		}
	}
	book, err := newCellBook(ctx, &run.cvRun, run.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.close()) }() // when a Scorer panics, too
	loop, tasks := run.c.Loop, book.tasks(false)
	loop.Progress, loop.Schedule = nil, parfor.Dynamic(1)
	err = loop.ForContext(ctx, len(tasks), func(ctx context.Context, lo, hi int) error {
		for _, task := range tasks[lo:hi] {
			err := book.do(ctx, task, func(ctx context.Context, put putCell) error {
				for _, l := range task.ls {
					if err := run.cell(ctx, put, l, task.fold); err != nil {
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
	if ranged := (*parfor.RangeError)(nil); errors.As(err, &ranged) {
		return ranged.Err
	}
	return err
}

// overshoot is how far below Tol the gap of a cell is driven. scikit-learn asks for the gap
// only once the coefficients move little, and so stops well below its tol; with the same Tol
// the test errors are then no further from the exact ones than its own. It costs 1.3 to 3
// times the passes.
const overshoot = 0.1

// cell fits the path of one l1_ratio to the training rows of one fold and tests it.
func (run *multiRun) cell(ctx context.Context, put putCell, l, number int) error {
	n, f := run.targets.Rows, &run.folds[number]
	train, test, p := kernels.RowSet{Index: f.trainRows(n)}, f.test, run.all.x.X.Cols
	train.N = len(train.Index)
	room, ok := run.room.Get().(*[]float64)
	if !ok || cap(*room) < (train.N+test.N)*p {
		buffer := make([]float64, (train.N+test.N)*p)
		room = &buffer
	}
	defer run.room.Put(room)
	split, o := train.N*p, run.o
	o.SampleWeights = pickSet(run.c.SampleWeights, train)
	s, err := newMultiSolver(&dense[float64]{x: run.design.taskRows((*room)[:split], train.Index)}, pickTargets(run.targets, train.Index), &o)
	if err != nil {
		return err
	}
	s.ctx, s.tol = ctx, s.tol*overshoot
	list := test.List()
	tested := newMultiTest(s, run.design.taskRows((*room)[split:split+test.N*p], list), pickTargets(run.targets, list))
	tested.weights = pickSet(run.c.SampleWeights, test)
	alphas := len(run.Alphas[l])
	scores, gaps, iterations, reached := make([]float64, alphas), make([]float64, alphas), make([]int, alphas), make([]bool, alphas)
	for a, alpha := range run.Alphas[l] {
		if err := s.penalize(alpha, run.L1Ratios[l]); err != nil {
			return err
		}
		cert, err := s.solve()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		gaps[a], iterations[a], reached[a] = s.dualGap(cert), s.iterations, cert.gap*overshoot <= s.target
		scores[a] = tested.score(s, run.c.Scorer)
	}
	return put(l, scores, gaps, iterations, reached)
}

func pickTargets(y kernels.Matrix[float64], rows []int32) kernels.Matrix[float64] {
	picked := kernels.NewRowMajor(len(rows), y.Cols, make([]float64, len(rows)*y.Cols))
	for i, row := range rows {
		for k := range y.Cols {
			picked.Data[i*y.Cols+k] = y.At(int(row), k)
		}
	}
	return picked
}

// multiTest is the test set of a cell, centred by the means of its training set: with these
// (Y − ȳ) − (X − x̄)·W is what a prediction is off by, the intercept included.
type multiTest struct {
	x       kernels.TaskColumns
	targets kernels.Matrix[float64]
	y, r    []float64 // rows×t
	weights []float64 // of the rows, nil for ones
	support []int32
}

func newMultiTest(s *multiSolver, x, targets kernels.Matrix[float64]) *multiTest {
	m := &multiTest{x: kernels.TaskColumns{X: x, Mean: s.mean, Norm2: s.x.Norm2, Stride: s.t}, targets: targets}
	m.y, m.r = make([]float64, x.Rows*s.t), make([]float64, x.Rows*s.t)
	for i := range x.Rows {
		for k, mean := range s.yMean {
			m.y[i*s.t+k] = targets.At(i, k) - mean
		}
	}
	return m
}

// score judges the solution that s has found, nil by the mean squared error.
func (m *multiTest) score(s *multiSolver, scorer *Scorer) float64 {
	m.support = m.support[:0]
	for _, j := range s.all {
		if w, _ := s.norms(j); w > 0 {
			m.support = append(m.support, j)
		}
	}
	copy(m.r, m.y)
	m.x.Subtract(s.loop, m.support, s.w, m.r)
	if scorer == nil {
		return m.meanSquare(s)
	}
	mean, y, predicted := 0.0, make([]float64, m.x.X.Rows), make([]float64, m.x.X.Rows)
	for k := range s.tasks {
		for i := range y {
			y[i] = m.targets.At(i, k)
			predicted[i] = y[i] - m.r[i*s.t+k]
		}
		mean += scorer.Func(y, predicted, m.weights) / float64(s.tasks)
	}
	return mean
}

// meanSquare is the weighted mean over rows and tasks of the squares of what is left.
func (m *multiTest) meanSquare(s *multiSolver) float64 {
	if m.weights == nil {
		return kernels.Dot(s.loop, m.r, m.r) / float64(m.x.X.Rows*s.tasks)
	}
	sum, total := 0.0, 0.0
	for i, weight := range m.weights {
		if weight == 0 {
			continue
		}
		squares := 0.0
		for _, r := range m.r[i*s.t:][:s.tasks] {
			squares += float64(r * r)
		}
		sum += float64(weight * squares)
		total += weight
	}
	return sum / (total * float64(s.tasks))
}
