package linear

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// Design is the matrix X of a problem, a row an observation and a column a feature. It
// is made by [Dense] or [Gram], and keeps what the first fit finds out about the columns
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

// Dense returns x as a design. A float64 ColMajor matrix of any stride is a view, never
// copied. Of any other, the first fit makes one float64 column-major copy of
// 8·rows·cols bytes, which the Design keeps; predictions never copy. It panics where the
// shape of x is wrong.
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
	x        kernels.Matrix[T]
	mu       sync.Mutex
	colMajor *kernels.Matrix[float64] // x itself where it is float64 and column-major
	known    [2]struct {              // uncentred and centred
		columns *kernels.CenteredColumns
		err     error
	}
}

func (d *dense[T]) Dims() (rows, cols int) { return d.x.Rows, d.x.Cols }

func (d *dense[T]) problem(o Options, y []float64) (*problem, error) {
	if len(y) != d.x.Rows {
		panic("linear: Fit: the length of y is not the number of rows")
	}
	if len(y) == 0 {
		return nil, fmt.Errorf("linear: X is 0×%d: %w", d.x.Cols, ErrNoRows)
	}
	c, err := d.columns(o.Loop, !o.NoIntercept)
	if err != nil {
		return nil, err
	}
	if o.SampleWeights != nil {
		return nil, fmt.Errorf("linear: SampleWeights with a dense design: %w", errors.ErrUnsupported)
	}
	p, err := newResidual(c, y, !o.NoIntercept, o.Loop)
	if err != nil || !o.Standardize {
		return p, err
	}
	if c, err = d.columns(o.Loop, true); err != nil {
		return nil, err
	}
	p.scale = deviations(c.Norm2, p.total)
	return p, nil
}

// deviations are the standard deviations of columns with these centred squared norms.
func deviations(norm2 []float64, total float64) []float64 {
	σ := make([]float64, len(norm2))
	for j, q := range norm2 {
		σ[j] = math.Sqrt(q / total)
	}
	return σ
}

// columns returns the columns, centred or not, or what is wrong with their data.
func (d *dense[T]) columns(l parfor.Loop, center bool) (*kernels.CenteredColumns, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := &d.known[0]
	if center {
		k = &d.known[1]
	}
	if k.columns == nil {
		if d.colMajor == nil {
			d.colMajor = columnMajor(l, d.x)
		}
		k.columns = kernels.NewCenteredColumns(l, *d.colMajor, center)
		k.err = checkColumns(k.columns)
	}
	return k.columns, k.err
}

// columnMajor returns x itself, or its copy in float64 and by columns.
func columnMajor[T kernels.Float](l parfor.Loop, x kernels.Matrix[T]) *kernels.Matrix[float64] {
	if same, ok := any(x).(kernels.Matrix[float64]); ok && x.Layout == kernels.ColMajor {
		return &same
	}
	m := kernels.NewColMajor(x.Rows, x.Cols, make([]float64, x.Rows*x.Cols))
	l.Grain = max(l.Grain, 1+(1<<15)/max(x.Rows, 1))
	l.For(x.Cols, func(lo, hi int) {
		if x.Layout == kernels.ColMajor {
			for j := lo; j < hi; j++ {
				widen(m.Data[j*x.Rows:][:x.Rows], x.Data[j*x.Stride:])
			}
			return
		}
		const tile = 64 // columns at once: each row is read in whole cache lines
		for ; lo < hi; lo += tile {
			for i := range x.Rows {
				for j, v := range x.Data[i*x.Stride+lo : i*x.Stride+min(lo+tile, hi)] {
					m.Data[(lo+j)*x.Rows+i] = float64(v)
				}
			}
		}
	})
	return &m
}

func widen[T kernels.Float](dst []float64, src []T) {
	for i := range dst {
		dst[i] = float64(src[i])
	}
}

// checkColumns returns an error that names the first row and column of x that is not
// finite, or the column whose norm overflows. Either shows in the norms.
func checkColumns(c *kernels.CenteredColumns) error {
	row, col, large := c.X.Rows, -1, -1
	for j := range c.X.Cols {
		if finite(c.Norm2[j]) && finite(c.Mean[j]) {
			continue
		}
		if large < 0 {
			large = j
		}
		for i, v := range c.X.Data[j*c.X.Stride:][:c.X.Rows] {
			if !finite(v) {
				if i < row {
					row, col = i, j
				}
				break
			}
		}
	}
	switch {
	case col >= 0:
		return fmt.Errorf("linear: X[%d, %d] is %v: %w", row, col, c.X.At(row, col), ErrNotFinite)
	case large >= 0:
		return fmt.Errorf("linear: the squares of column %d of X add up to %v: %w", large, math.Inf(1), ErrRange)
	}
	return nil
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
