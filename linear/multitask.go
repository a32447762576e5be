package linear

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// MultiTaskElasticNet fits many targets at once, with one choice of features for all: its
// objective is
//
//	1/(2n) · ‖Y − 1·bᵀ − X·W‖²  +  Alpha·L1Ratio·Σ v_j·‖w_j‖  +  ½·Alpha·(1−L1Ratio)·Σ v_j·‖w_j‖²
//
// with Frobenius norms for matrices, w_j being row j of W, the coefficients of feature j in
// all tasks, which are zero all at once or not at all. It is scikit-learn's
// MultiTaskElasticNet. L1Ratio 0 is ridge regression, and Alpha 0 least squares.
//
// Of the Options, Tol, MaxIter, NoIntercept, Standardize, SampleWeights (which multiply the
// squared residuals of each row, and take a copy of X), PenaltyFactors (above 0, +Inf leaves
// a column out), Init (p·tasks elements, those of column 0 first), AllColumns, WorkingSet and
// Loop have their meaning; with Positive, Random, Covariance or Refinement set Fit returns an error that
// wraps [errors.ErrUnsupported].
type MultiTaskElasticNet struct {
	Options
	Alpha, L1Ratio float64
}

// MultiTaskLasso is [MultiTaskElasticNet] with L1Ratio 1.
type MultiTaskLasso struct {
	Options
	Alpha float64
}

// Fit is [MultiTaskElasticNet.Fit].
func (m MultiTaskLasso) Fit(x Design, y kernels.Matrix[float64]) (*MultiTaskFit, error) {
	return MultiTaskElasticNet{Options: m.Options, Alpha: m.Alpha, L1Ratio: 1}.Fit(x, y)
}

// MultiTaskFit is a fitted model of many tasks.
type MultiTaskFit struct {
	Coef       kernels.Matrix[float64] // W: a row for each column of X, a column for each task
	Intercept  []float64               // b, one a task, zeros with NoIntercept
	Iterations int                     // passes of coordinate descent, over the working set each
	DualGap    float64                 // duality gap of the objective; NaN for Alpha 0
	Converged  bool                    // the gap reached Tol within MaxIter
}

// Fit solves the problem for the n×p design x, made by [Dense], and the n×tasks targets y,
// of which it changes nothing. It stops and reports as [ElasticNet.Fit] does, with
// ‖Y − Ȳ‖² in place of ‖y − ȳ‖², and returns the same kinds of errors. It panics where a
// shape is wrong or y has no column.
//
// The tasks of a row stand side by side, filled up to a multiple of 8; with T of them a
// gradient of all columns takes 2·n·p·T flops. Passes are over the columns that matter: up
// to n of them on their Gram matrix, for 2·k²·T flops, more on the residual, for 4·n·k·T.
// Beside x it holds 24·(n + p)·T bytes and the Gram matrix of the working set, and for a
// design that is not float64 and column-major, or with weights, a copy that is.
func (m MultiTaskElasticNet) Fit(x Design, y kernels.Matrix[float64]) (*MultiTaskFit, error) {
	design, err := m.begin("Fit", x, y)
	if err != nil {
		return nil, err
	}
	s, err := newMultiSolver(design, y, &m.Options)
	if err != nil {
		return nil, err
	}
	if err := s.penalize(m.Alpha, m.L1Ratio); err != nil {
		return nil, err
	}
	cert, err := s.solve()
	if err != nil {
		return nil, err
	}
	return s.fit(cert), nil
}

// begin checks everything but the numbers of the data.
func (m *MultiTaskElasticNet) begin(op string, x Design, y kernels.Matrix[float64]) (taskDesign, error) {
	if x == nil {
		panic("linear: " + op + ": nil design")
	}
	n, p := x.Dims()
	switch bad := y.Misuse(); {
	case bad != "":
		panic("linear: " + op + ": " + bad)
	case y.Rows != n:
		panic("linear: " + op + ": y has not as many rows as x")
	case y.Cols == 0:
		panic("linear: " + op + ": y has no columns")
	case m.Init != nil && len(m.Init) != p*y.Cols:
		panic("linear: " + op + ": the length of Init is not the number of columns times that of tasks")
	}
	m.Loop.Progress = nil // counts what a user waits for, not what a pass is made of
	if err := m.check(op, n, p); err != nil {
		return nil, err
	}
	design, ok := x.(taskDesign)
	if !ok {
		return nil, fmt.Errorf("linear: many tasks need a design made by Dense: %w", errors.ErrUnsupported)
	}
	if n == 0 {
		return nil, fmt.Errorf("linear: X is 0×%d: %w", p, ErrNoRows)
	}
	return design, nil
}

// check returns an error for the first parameter that is out of range or not supported.
func (m *MultiTaskElasticNet) check(op string, n, p int) error {
	o := m.Options
	o.Init = nil // of another length
	if err := o.check(op, n, p); err != nil {
		return err
	}
	if err := checkRange("Alpha", m.Alpha, 0, math.MaxFloat64); err != nil {
		return err
	}
	if err := checkRange("L1Ratio", m.L1Ratio, 0, 1); err != nil {
		return err
	}
	for j, v := range m.PenaltyFactors {
		if v == 0 {
			return fmt.Errorf("linear: PenaltyFactors[%d] is 0, with many tasks: %w", j, errors.ErrUnsupported)
		}
	}
	for _, option := range []struct {
		name string
		set  bool
	}{{"Positive", m.Positive}, {"Random", m.Selection == Random}, {"Covariance", m.Algorithm == Covariance}, {"Refinement", m.Algorithm == Refinement}} {
		if option.set {
			return fmt.Errorf("linear: %s with many tasks: %w", option.name, errors.ErrUnsupported)
		}
	}
	return checkVector("Init", m.Init)
}

// Predict returns b + X·W, a row for each of x and a column for each task, of any design.
// It panics as [Fit.Predict] does.
func (f *MultiTaskFit) Predict(x Design) kernels.Matrix[float64] {
	if x == nil {
		panic("linear: Predict: nil design")
	}
	n, _ := x.Dims()
	tasks := len(f.Intercept)
	dst, column := kernels.NewRowMajor(n, tasks, make([]float64, n*tasks)), make([]float64, n)
	for k := range tasks {
		f.task(k).Predict(column, x)
		for i, v := range column {
			dst.Data[i*tasks+k] = v
		}
	}
	return dst
}

// Score returns the mean over the tasks of R² as [Fit.Score] has it, which is
// scikit-learn's.
func (f *MultiTaskFit) Score(x Design, y kernels.Matrix[float64]) float64 {
	if bad := y.Misuse(); bad != "" {
		panic("linear: Score: " + bad)
	}
	if y.Cols != len(f.Intercept) {
		panic("linear: Score: the number of columns of y is not that of the tasks")
	}
	mean, column := 0.0, make([]float64, y.Rows)
	for k := range y.Cols {
		for i := range column {
			column[i] = y.At(i, k)
		}
		mean += f.task(k).Score(x, column) / float64(y.Cols)
	}
	return mean
}

// task is the model of one task.
func (f *MultiTaskFit) task(k int) *Fit {
	coef := make([]float64, f.Coef.Rows)
	for j := range coef {
		coef[j] = f.Coef.At(j, k)
	}
	return &Fit{Coef: coef, Intercept: f.Intercept[k]}
}

// multiTaskJSON is MultiTaskFit as it stands in JSON, the rows of W as arrays.
type multiTaskJSON struct {
	Coef       []numbers
	Intercept  numbers
	Iterations int
	DualGap    number
	Converged  bool
}

// MarshalJSON writes Coef row by row, and every number as [Fit.MarshalJSON] does.
func (f MultiTaskFit) MarshalJSON() ([]byte, error) {
	j := multiTaskJSON{make([]numbers, f.Coef.Rows), f.Intercept, f.Iterations, number(f.DualGap), f.Converged}
	for i := range j.Coef {
		j.Coef[i] = make(numbers, f.Coef.Cols)
		for k := range j.Coef[i] {
			j.Coef[i][k] = f.Coef.At(i, k)
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what [MultiTaskFit.MarshalJSON] writes.
func (f *MultiTaskFit) UnmarshalJSON(text []byte) error {
	var j multiTaskJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	p, tasks := len(j.Coef), len(j.Intercept)
	coef := kernels.NewRowMajor(p, tasks, make([]float64, p*tasks))
	for i, row := range j.Coef {
		if len(row) != tasks {
			return fmt.Errorf("linear: Coef[%d] has %d elements for %d tasks: %w", i, len(row), tasks, ErrParameter)
		}
		copy(coef.Data[i*tasks:], row)
	}
	*f = MultiTaskFit{coef, j.Intercept, j.Iterations, float64(j.DualGap), j.Converged}
	return nil
}

// taskDesign is a design that many tasks can be fitted on.
type taskDesign interface {
	// tasks returns the columns as the solver sees them, for that many tasks, with the rows
	// times the roots of the weights if there are any; their means, and their standard
	// deviations where o asks for them; or what is wrong with the data.
	tasks(o *Options, weights []float64, count int) (c *kernels.TaskColumns, mean, deviations []float64, err error)

	// taskRows copies rows to dst, as a column-major matrix of len(rows) times columns.
	taskRows(dst []float64, rows []int32) kernels.Matrix[float64]
}

func (d *dense[T]) tasks(o *Options, weights []float64, count int) (*kernels.TaskColumns, []float64, []float64, error) {
	m := d.moments(o, weights, !o.NoIntercept, nil)
	if m.err != nil {
		return nil, nil, nil, m.err
	}
	c := &kernels.TaskColumns{Mean: m.mean, Norm2: m.norm2, Stride: kernels.TaskStride(count)}
	if weights == nil {
		c.X = float64Columns(o.Loop, d.x)
	} else {
		c.X, c.Mean = weightedColumns(o.Loop, d.x, m.mean, weights), make([]float64, d.x.Cols)
	}
	if !o.Standardize {
		return c, m.mean, nil, nil
	}
	all := d.moments(o, weights, true, nil)
	if all.err != nil {
		return nil, nil, nil, all.err
	}
	return c, m.mean, deviations(all.norm2, float64(d.x.Rows)), nil
}

// weightedColumns is x less its means, each row times the root of its weight.
func weightedColumns[T kernels.Float](l parfor.Loop, x kernels.Matrix[T], mean, weights []float64) kernels.Matrix[float64] {
	m := kernels.NewColMajor(x.Rows, x.Cols, make([]float64, x.Rows*x.Cols))
	copyColumns(l, m, x, nil)
	root := roots(weights)
	for j := range m.Cols {
		column := m.Data[j*m.Rows:][:m.Rows]
		for i, v := range column {
			column[i] = (v - mean[j]) * root[i]
		}
	}
	return m
}

func roots(v []float64) []float64 {
	r := make([]float64, len(v))
	for i, v := range v {
		r[i] = math.Sqrt(v)
	}
	return r
}

func (d *dense[T]) taskRows(dst []float64, rows []int32) kernels.Matrix[float64] {
	m := kernels.NewColMajor(len(rows), d.x.Cols, dst)
	copyColumns(parfor.Loop{Threads: 1}, m, d.x, rows)
	return m
}

// float64Columns returns x itself, or its copy in float64 and by columns.
func float64Columns[T kernels.Float](l parfor.Loop, x kernels.Matrix[T]) kernels.Matrix[float64] {
	if same, ok := any(x).(kernels.Matrix[float64]); ok && x.Layout == kernels.ColMajor {
		return same
	}
	m := kernels.NewColMajor(x.Rows, x.Cols, make([]float64, x.Rows*x.Cols))
	copyColumns(l, m, x, nil)
	return m
}

// copyColumns copies the rows of x that rows lists, or all where it is nil, to the
// column-major m.
func copyColumns[T kernels.Float](l parfor.Loop, m kernels.Matrix[float64], x kernels.Matrix[T], rows []int32) {
	byRow, byColumn := x.Stride, 1
	if x.Layout == kernels.ColMajor {
		byRow, byColumn = 1, x.Stride
	}
	const tile = 64 // columns at once: each row is read in whole cache lines
	l.Grain = max(l.Grain, 1+(1<<15)/max(m.Rows, 1))
	l.For(m.Cols, func(lo, hi int) {
		for ; lo < hi; lo += tile {
			for i := range m.Rows {
				from := i * byRow
				if rows != nil {
					from = int(rows[i]) * byRow
				}
				for j := lo; j < min(lo+tile, hi); j++ {
					m.Data[j*m.Stride+i] = float64(x.Data[from+j*byColumn])
				}
			}
		}
	})
}
