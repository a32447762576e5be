package linear

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/nogil-go/nogil/kernels"
)

// Design is the matrix X of a problem, a row an observation and a column a feature. It
// is made by [Dense], [CSC] or [Gram], and keeps what the first fit finds out about the columns
// (means and norms), so that a hundred fits pay for it once: the data must not change
// between the fits that share a Design. It may be used by many goroutines at once.
type Design interface {
	// Dims returns the number of rows and columns.
	Dims() (rows, cols int)

	// problem returns what the solver works on, or what is wrong with the data.
	problem(o Options, y []float64) (*problem, error)

	// predict sets dst to intercept + X·coef.
	predict(dst, coef []float64, intercept float64)
}

// Dense returns x as a design, a view of it, of either layout and type and any stride. A
// fit reads column-major columns where they are, and widens float32 as it reads; of a
// row-major design it gathers the columns that its passes are over side by side, in the
// type of x: 8 (4) bytes a row for each column with a coefficient or a chance of one (and room
// for as many), which is a transposed copy where that is all of them; columns that are only
// looked at are kept there up to a quarter of the design. What is read once is
// transposed on the way, some columns at a time. Predictions never copy. It panics where
// the shape of x is wrong.
func Dense[T kernels.Float](x kernels.Matrix[T]) Design {
	if bad := x.Misuse(); bad != "" {
		panic("linear: Dense: " + bad)
	}
	if x.Cols > math.MaxInt32 {
		panic("linear: Dense: more than 2³¹−1 columns")
	}
	return &dense[T]{x: x}
}

type dense[T kernels.Float] struct {
	x     kernels.Matrix[T]
	mu    sync.Mutex
	known [2]*moments // uncentred and centred, without weights
}

// moments are what is known about the columns, or what is wrong with their data.
type moments struct {
	mean, norm2 []float64
	err         error
}

func (d *dense[T]) Dims() (rows, cols int) { return d.x.Rows, d.x.Cols }

func (d *dense[T]) problem(o Options, y []float64) (*problem, error) {
	if len(y) != d.x.Rows {
		panic("linear: Fit: the length of y is not the number of rows")
	}
	if len(y) == 0 {
		return nil, fmt.Errorf("linear: X is 0×%d: %w", d.x.Cols, ErrNoRows)
	}
	weights, err := rowWeights(o.SampleWeights)
	if err != nil {
		return nil, err
	}
	t, p, err := newTarget(y, weights, &o)
	k := o.given
	if k == nil {
		var first firstGradient
		if err == nil {
			first.v = t.v
		}
		k = &given{moments: d.moments(&o, weights, !o.NoIntercept, &first)}
		k.xy = first.g
	}
	m := k.moments
	if m.err != nil { // of X, before what is wrong with y
		return nil, m.err
	}
	if err != nil {
		return nil, err
	}
	p.norm2, p.mean, p.xy = m.norm2, m.mean, k.xy
	if o.Standardize {
		about := m
		if o.NoIntercept {
			about = d.moments(&o, weights, true, nil)
		}
		if about.err != nil {
			return nil, about.err
		}
		p.scale = deviations(about.norm2, p.total)
	}
	draw := drawing[T]{of: t, x: d.x, mean: m.mean, centred: !o.NoIntercept, drawn: k.sketch}
	if d.x.Layout == kernels.ColMajor {
		p.form = &columnForm[T]{target: t, drawing: draw, c: &kernels.CenteredColumns[T]{X: d.x, Mean: m.mean, Norm2: m.norm2, Weights: weights}}
	} else {
		p.form = newRowForm(t, &kernels.CenteredRows[T]{X: d.x, Mean: m.mean, Norm2: m.norm2, Weights: weights}, draw)
	}
	return p, nil
}

// firstGradient is the gradient X_jᵀv of the weighted target v, which comes for nothing where the
// columns are read for their norms; g stays nil where they are not.
type firstGradient struct{ v, g []float64 }

// share computes, in one reading of the design, what a fit needs to know of it for each of several
// weights of the rows (nil for ones), and a sketch of the columns, less their means by the first of the
// weights, that serves them all. An entry is nil for weights that are not as they should be, and the
// result where there is nothing to share.
func (d *dense[T]) share(o Options, y []float64, weights [][]float64) []*given {
	if len(y) == 0 {
		return nil
	}
	all, sets := make([]*given, len(weights)), make([]kernels.ColumnSet, 0, len(weights))
	scaled := make([][]float64, len(weights))
	for i, s := range weights {
		s, err := rowWeights(s)
		if err != nil {
			continue
		}
		p := d.x.Cols
		scaled[i] = s
		k := &given{moments: &moments{mean: make([]float64, p), norm2: make([]float64, p)}}
		set := kernels.ColumnSet{Weights: s, Mean: k.mean, Norm2: k.norm2}
		if t, _, err := newTarget(y, s, &o); err == nil {
			k.xy = make([]float64, p)
			set.R, set.G = t.v, k.xy
		}
		all[i], sets = k, append(sets, set)
	}
	ctx, step := o.context(), max(16*o.Loop.NumThreads(), blockElements/(len(y)*max(1, len(sets))))
	for lo := 0; lo < d.x.Cols && ctx.Err() == nil; lo += step {
		x := d.columns(lo, min(lo+step, d.x.Cols))
		part := slices.Clone(sets)
		for i := range part {
			s := &part[i]
			s.Mean, s.Norm2, s.G = s.Mean[lo:], s.Norm2[lo:], s.G[min(lo, len(s.G)):]
		}
		kernels.FillColumnSets(o.Loop, x, !o.NoIntercept, part)
	}
	var sketch *kernels.Sketch
	if all[0] != nil && ctx.Err() == nil && d.check(all[0].moments, scaled[0]) == nil {
		sketch = drawSketch(o.Loop, d.x, all[0].mean)
	}
	for i, k := range all {
		if k == nil {
			continue
		}
		k.sketch = sketch
		if k.err = ctx.Err(); k.err == nil {
			k.err = d.check(k.moments, scaled[i])
		}
	}
	return all
}

// moments returns those of the columns, centred or not, and perhaps the first gradient where
// that is not nil. Without weights they are kept.
func (d *dense[T]) moments(o *Options, weights []float64, center bool, first *firstGradient) *moments {
	if weights != nil {
		return d.compute(o, weights, center, first)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	known := &d.known[0]
	if center {
		known = &d.known[1]
	}
	if *known == nil {
		m := d.compute(o, nil, center, first)
		if o.context().Err() != nil {
			return m
		}
		*known = m
	}
	return *known
}

// compute reads the columns in blocks, until the context is done.
func (d *dense[T]) compute(o *Options, weights []float64, center bool, first *firstGradient) *moments {
	ctx, p := o.context(), d.x.Cols
	m := &moments{mean: make([]float64, p), norm2: make([]float64, p)}
	set := kernels.ColumnSet{Weights: weights, Mean: m.mean, Norm2: m.norm2}
	if first != nil && first.v != nil {
		first.g = make([]float64, p)
		set.R, set.G = first.v, first.g
	}
	step := max(256, blockElements/max(1, d.x.Rows))
	for lo := 0; lo < p; lo += step {
		if m.err = ctx.Err(); m.err != nil {
			return m
		}
		s := set
		s.Mean, s.Norm2, s.G = s.Mean[lo:], s.Norm2[lo:], s.G[min(lo, len(s.G)):]
		kernels.FillColumnSets(o.Loop, d.columns(lo, min(lo+step, p)), center, []kernels.ColumnSet{s})
	}
	m.err = d.check(m, weights)
	return m
}

// columns is columns lo … hi−1 of the design.
func (d *dense[T]) columns(lo, hi int) kernels.Matrix[T] {
	x := d.x
	x.Cols = hi - lo
	if x.Layout == kernels.ColMajor {
		x.Data = x.Data[lo*x.Stride:]
	} else {
		x.Data = x.Data[lo:]
	}
	return x
}

// check returns an error that names the first row and column of x that is not finite, or
// the column whose norm overflows or underflows. Either shows in the moments.
func (d *dense[T]) check(m *moments, weights []float64) error {
	row, col, outside := d.x.Rows, -1, -1
	for j, q := range m.norm2 {
		if finite(q) && finite(m.mean[j]) && (q != 0 || d.constant(j, m.mean[j], weights)) {
			continue
		}
		if outside < 0 {
			outside = j
		}
		for i := range row {
			if !finite(float64(d.at(i, j))) {
				row, col = i, j
				break
			}
		}
	}
	switch {
	case col >= 0:
		return elementError(row, col, float64(d.at(row, col)))
	case outside >= 0:
		return columnError(outside, m.norm2[outside])
	}
	return nil
}

// constant reports that a column whose norm is 0 is that of kernels.CenteredColumns: its
// squares have not underflown.
func (d *dense[T]) constant(j int, mean float64, weights []float64) bool {
	for i := range d.x.Rows {
		off, s := math.Abs(float64(d.at(i, j))-mean), 1.0
		if off == 0 {
			continue
		}
		if weights != nil {
			s = weights[i]
		}
		if s > 0 && off > 0x1p-48*math.Sqrt(float64(d.x.Rows)/s)*math.Abs(mean) {
			return false
		}
	}
	return true
}

func (d *dense[T]) at(i, j int) T {
	if d.x.Layout == kernels.ColMajor {
		return d.x.Data[j*d.x.Stride+i]
	}
	return d.x.Data[i*d.x.Stride+j]
}

func (d *dense[T]) predict(dst, coef []float64, intercept float64) {
	for i := range dst {
		dst[i] = intercept
	}
	var support []int
	for j, w := range coef {
		if w != 0 {
			support = append(support, j)
		}
	}
	switch {
	case len(dst) == 0 || len(support) == 0:
	case d.x.Layout == kernels.ColMajor:
		for _, j := range support {
			for i, v := range d.x.Data[j*d.x.Stride:][:d.x.Rows] {
				dst[i] += float64(coef[j] * float64(v))
			}
		}
	default:
		for i := range dst {
			row := d.x.Data[i*d.x.Stride:][:d.x.Cols]
			for _, j := range support {
				dst[i] += float64(coef[j] * float64(row[j]))
			}
		}
	}
}
