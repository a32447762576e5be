package linear

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// CSC returns the sparse rows×cols design whose column j has the elements data[k] in the
// rows indices[k], for indptr[j] ≤ k < indptr[j+1], the rows of a column strictly
// increasing: what scipy.sparse.csc_matrix holds after sort_indices. What is not stored is
// 0. It is a view, checked here, once, and never copied; the slices must not change
// afterwards. It returns an error that names the column and the value where the arrays do
// not fit together, rows are unsorted, doubled or out of range, or a value is NaN or Inf.
// It panics where a size is negative or above 2³¹−1.
//
// Fits see the columns centred where there is an intercept, as those of [Dense] do, but no
// zero is ever filled in: everything costs what is stored. The price is cancellation: a
// column whose mean is 10^k times its deviation loses k digits, which [Dense] does not.
func CSC(rows, cols int, indptr []int, indices []int32, data []float64) (Design, error) {
	x, err := kernels.NewCSC(rows, cols, indptr, indices, data)
	if err != nil {
		return nil, fmt.Errorf("linear: CSC: %w", err)
	}
	for j := range cols {
		index, values := x.Column(j)
		for k, v := range values {
			if !finite(v) {
				return nil, fmt.Errorf("linear: X[%d, %d] is %v: %w", index[k], j, v, ErrNotFinite)
			}
		}
	}
	return &csc{x: x}, nil
}

type csc struct {
	x     kernels.CSC
	mu    sync.Mutex
	known [2]*kernels.SparseColumns // uncentred and centred, without weights
}

func (d *csc) Dims() (rows, cols int) { return d.x.Dims() }

func (d *csc) problem(o Options, y []float64) (*problem, error) {
	n, p := d.Dims()
	if len(y) != n {
		panic("linear: Fit: the length of y is not the number of rows")
	}
	if n == 0 {
		return nil, fmt.Errorf("linear: X is 0×%d: %w", p, ErrNoRows)
	}
	c, err := d.columns(o.Loop, o.SampleWeights, !o.NoIntercept)
	if err != nil {
		return nil, err
	}
	res, err := newSparseResidual(c, y, &o)
	if err != nil || !o.Standardize {
		return res, err
	}
	if c, err = d.columns(o.Loop, o.SampleWeights, true); err != nil {
		return nil, err
	}
	res.scale = deviations(c.Norm2(), res.total)
	return res, nil
}

// columns returns the columns, centred or not, or what is wrong with them. Those without
// weights are kept.
func (d *csc) columns(l parfor.Loop, weight []float64, center bool) (*kernels.SparseColumns, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := 0
	if center {
		k = 1
	}
	c := d.known[k]
	if c == nil || weight != nil {
		c = kernels.NewSparseColumns(l, d.x, weight, center)
		if weight == nil {
			d.known[k] = c
		}
	}
	if !(c.Total() > 0 && finite(c.Total())) {
		return nil, fmt.Errorf("linear: SampleWeights add up to %v: %w", c.Total(), ErrParameter)
	}
	for j, q := range c.Norm2() {
		if !finite(q) {
			return nil, fmt.Errorf("linear: the squares of column %d of X add up to %v: %w", j, math.Inf(1), ErrRange)
		}
	}
	return c, nil
}

func (d *csc) predict(dst, coef []float64, intercept float64) {
	for i := range dst {
		dst[i] = intercept
	}
	for j, w := range coef {
		if w != 0 {
			index, values := d.x.Column(j)
			for k, i := range index {
				dst[i] += float64(w * values[k])
			}
		}
	}
}

// sparseResidual is the form for sparse designs. Its state is v = S·(y − Σ w_j·x_j) of the
// columns as they are, and behind the rows its sum; the centred residual is r = S⁻¹v − Σv/Σs.
// As X_jᵀS·1 = 0 for a centred column, any constant times the weights may be added to v.
type sparseResidual struct {
	c         *kernels.SparseColumns
	loop      parfor.Loop
	center    bool
	weight    []float64 // nil for ones
	inverse   []float64 // 1/s, 0 where that is infinite; nil for ones
	y, v      []float64 // y centred
	t, column []float64 // scratch by row
	g, minus  []float64 // scratch by column of gram
}

// newSparseResidual returns the problem of these columns and y, which is copied.
func newSparseResidual(c *kernels.SparseColumns, y []float64, o *Options) (*problem, error) {
	if err := checkVector("y", y); err != nil {
		return nil, err
	}
	n := len(y)
	f := &sparseResidual{c: c, loop: o.Loop, center: !o.NoIntercept, weight: o.SampleWeights,
		y: slices.Clone(y), v: make([]float64, n+1), column: make([]float64, n+1)}
	if f.weight != nil {
		f.inverse, f.t = make([]float64, n), make([]float64, n)
		for i, s := range f.weight {
			if u := 1 / s; finite(u) {
				f.inverse[i] = u
			}
		}
	}
	mean := 0.0
	if f.center {
		f.reset()
		mean = f.v[n] / c.Total()
		for i := range f.y {
			f.y[i] -= mean
		}
	}
	f.reset()
	yy := f.inner(f.v, f.v)
	if !finite(yy) || yy < 0x1p-970 && slices.ContainsFunc(f.v, func(v float64) bool { return v != 0 }) {
		return nil, fmt.Errorf("linear: the squares of y add up to %v: %w", yy, ErrRange)
	}
	return &problem{form: f, rows: n, total: c.Total(), norm2: c.Norm2(), yy: yy, mean: c.Mean(), yMean: mean}, nil
}

// reset sets the state to that of w = 0.
func (f *sparseResidual) reset() {
	n := len(f.y)
	copy(f.v, f.y)
	for i, s := range f.weight {
		f.v[i] *= s
	}
	sum := []float64{0}
	kernels.SumColumns(f.loop, sum, kernels.NewColMajor(n, 1, f.v[:n]))
	f.v[n] = sum[0]
}

func (f *sparseResidual) epoch(cols []int32, pen *penalty, w []float64) float64 {
	return f.c.Epoch(cols, pen.Penalty, w, f.v)
}

func (f *sparseResidual) subtract(cols []int32, d []float64) { f.c.Subtract(cols, d, f.v) }

func (f *sparseResidual) refresh(cols []int32, w []float64) {
	f.reset()
	f.c.Subtract(cols, w, f.v)
}

func (f *sparseResidual) gradient(cols []int32, g []float64) { f.c.Dots(f.loop, cols, f.v, g) }

// products centres the state first, so that no offset of the residual cancels in it.
func (f *sparseResidual) products([]int32, []float64, []float64) (rr, ry float64) {
	n := len(f.y)
	if f.center {
		shift := f.v[n] / f.c.Total()
		for i := range f.y {
			s := 1.0
			if f.weight != nil {
				s = f.weight[i]
			}
			f.v[i] -= float64(shift * s)
		}
		sum := []float64{0}
		kernels.SumColumns(f.loop, sum, kernels.NewColMajor(n, 1, f.v[:n]))
		f.v[n] = sum[0]
	}
	return f.inner(f.v, f.v), kernels.Dot(f.loop, f.v[:n], f.y)
}

// gram makes each row of dst from one column and its products with cols.
func (f *sparseResidual) gram(dst []float64, stride int, rows, cols []int32) {
	if f.g == nil {
		f.g, f.minus = make([]float64, len(f.c.Norm2())), make([]float64, len(f.c.Norm2()))
	}
	for i, j := range rows {
		f.minus[j] = -1
		f.c.Subtract(rows[i:i+1], f.minus, f.column)
		f.c.Dots(f.loop, cols, f.column, f.g)
		for k, l := range cols {
			dst[i*stride+k] = f.g[l]
		}
		f.minus[j] = 0
		f.c.Clear(j, f.column)
	}
}

func (f *sparseResidual) residual() []float64 { return f.v }

func (f *sparseResidual) inner(a, b []float64) float64 {
	n := len(f.y)
	t := b[:n]
	if f.inverse != nil {
		t = f.t
		for i, u := range f.inverse {
			t[i] = u * b[i]
		}
	}
	product := kernels.Dot(f.loop, a[:n], t)
	if f.center {
		product -= float64(a[n]*b[n]) / f.c.Total()
	}
	return product
}

func (f *sparseResidual) patience() float64 { return 20 } // a gradient costs half a pass
