package linear

import (
	"fmt"
	"math"
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
// zero is ever filled in: everything costs what is stored. The price is cancellation in columns
// that are nearly full: one with an element in all rows but one in 10^2k loses k digits, which
// [Dense] does not; one with an element in every row loses none.
func CSC(rows, cols int, indptr []int, indices []int32, data []float64) (Design, error) {
	x, err := kernels.NewCSC(rows, cols, indptr, indices, data)
	if err != nil {
		return nil, fmt.Errorf("linear: CSC: %w", err)
	}
	for j := range cols {
		index, values := x.Column(j)
		for k, v := range values {
			if !finite(v) {
				return nil, elementError(int(index[k]), j, v)
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
	weights, err := rowWeights(o.SampleWeights)
	if err != nil {
		return nil, err
	}
	c, err := d.columns(o.Loop, weights, !o.NoIntercept)
	if err != nil {
		return nil, err
	}
	t, prob, err := newTarget(y, weights, &o)
	if err != nil {
		return nil, err
	}
	prob.norm2, prob.mean = c.Norm2(), c.Mean()
	prob.form = newSparseForm(t, c, !o.NoIntercept, float64(d.x.Stored())/float64(max(p, 1)))
	if o.Standardize {
		if c, err = d.columns(o.Loop, weights, true); err != nil {
			return nil, err
		}
		prob.scale = deviations(c.Norm2(), prob.total)
	}
	return prob, nil
}

// columns returns the columns, centred or not, or what is wrong with them. Those without
// weights are kept.
func (d *csc) columns(l parfor.Loop, weights []float64, center bool) (*kernels.SparseColumns, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := 0
	if center {
		k = 1
	}
	c := d.known[k]
	if c == nil || weights != nil {
		c = kernels.NewSparseColumns(l, d.x, weights, center)
		if weights == nil {
			d.known[k] = c
		}
	}
	for j, q := range c.Norm2() {
		if !finite(q) || q == 0 && !d.constant(j, c.Mean()[j], weights) {
			return nil, columnError(j, q)
		}
	}
	return c, nil
}

// constant reports that a column whose norm is 0 is that of kernels.SparseColumns: its
// squares have not underflown.
func (d *csc) constant(j int, mean float64, weights []float64) bool {
	index, values := d.x.Column(j)
	rows, _ := d.Dims()
	for k, v := range values {
		s := 1.0
		if weights != nil {
			s = weights[index[k]]
		}
		if s > 0 && math.Abs(v-mean) > 0x1p-48*math.Sqrt(float64(rows)/s)*math.Abs(mean) {
			return false
		}
	}
	return true
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

// sparseForm is the form for sparse designs. Its state is v = S·(y − Σ w_j·x_j) of the
// columns as they are, and behind the rows its sum; the centred residual is S⁻¹v − Σv/Σs.
// As X_jᵀS·1 = 0 for a centred column, any constant times the weights may be added to v.
type sparseForm struct {
	*target
	c        *kernels.SparseColumns
	center   bool
	stored   float64   // elements of a column, in the mean
	column   []float64 // scratch of gram: a state that is zero
	g, minus []float64 // scratch of gram, by column
}

func newSparseForm(t *target, c *kernels.SparseColumns, center bool, stored float64) *sparseForm {
	t.v = append(t.v, 0)
	f := &sparseForm{target: t, c: c, center: center, stored: stored}
	t.step = max(16, int(float64(blockElements)/max(1, stored)))
	f.sum()
	return f
}

// sum puts the sum of v behind it.
func (f *sparseForm) sum() {
	n := len(f.y)
	kernels.SumColumns(f.loop, f.v[n:], kernels.NewColMajor(n, 1, f.v[:n]))
}

func (f *sparseForm) epoch(cols []int32, pen *penalty, w []float64) float64 {
	fall := 0.0
	for part := range f.parts(cols) {
		fall += f.c.Epoch(part, pen.Penalty, w, f.v)
	}
	return fall
}

func (f *sparseForm) subtract(cols []int32, d []float64) { f.c.Subtract(cols, d, f.v) }

func (f *sparseForm) refresh(cols []int32, w []float64) {
	f.reset()
	f.sum()
	f.c.Subtract(cols, w, f.v)
}

func (f *sparseForm) gradient(cols []int32, g []float64) {
	for part := range f.parts(cols) {
		f.c.Dots(f.loop, part, f.v, g)
	}
}

// products centres the state first, so that no offset of the residual cancels in it.
func (f *sparseForm) products([]int32, []float64, []float64) (rr, ry float64) {
	n := len(f.y)
	if f.center {
		shift := f.v[n] / f.c.Total()
		for i := range f.y {
			s := 1.0
			if f.weights != nil {
				s = f.weights[i]
			}
			f.v[i] -= float64(shift * s)
		}
		f.sum()
	}
	return f.inner(f.v, f.v), kernels.Dot(f.loop, f.v[:n], f.y)
}

// gram makes each row of dst from one column and its products with cols.
func (f *sparseForm) gram(dst []float64, stride int, rows, cols []int32) {
	if f.g == nil {
		p := len(f.c.Norm2())
		f.column, f.g, f.minus = make([]float64, len(f.v)), make([]float64, p), make([]float64, p)
	}
	for i, j := range rows {
		if f.ctx.Err() != nil {
			return
		}
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

// prices: a product gathers the elements of a column, as each half of a visit does.
func (f *sparseForm) prices() (visit, pair float64) { return 12 * f.stored, 6 * f.stored }

func (f *sparseForm) inner(a, b []float64) float64 {
	n := len(f.y)
	product := f.target.inner(a[:n], b[:n])
	if f.center {
		product -= float64(a[n]*b[n]) / f.c.Total()
	}
	return product
}
