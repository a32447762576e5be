package linear

import (
	"fmt"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
)

// Gram returns the design that is known by its products alone: g = XᵀX (p×p, of either
// layout and any stride), xty = Xᵀy, yty = yᵀy and the number of rows n. Fits with it
// take nil for y. They cost p flops for a coefficient that moves, whatever n is, so that
// many fits on the same data (alphas, l1_ratios) are far cheaper than on the data
// themselves where p is below n. g is a view: it must not change afterwards.
//
// For a model with an intercept the products must be those of centred columns and a
// centred y. The fit's Intercept is 0 either way: the caller adds ȳ − Σ x̄_j·w_j.
//
// It returns an error that names the element where g, xty or yty is not finite, where g
// is not symmetric (to 1e-8 of its diagonal) or has a negative diagonal element, where
// yty is negative or n is not positive, and where g or xty breaks the inequality of Cauchy
// and Schwarz, as the products of different data or a mean in place of a sum do. That g
// is positive semidefinite beyond that is not checked. It panics where g is not square or the
// length of xty is wrong. The gap is a difference of terms of the size of yty: below
// about 1e-14·yty it is noise, so Tol should stay above that.
func Gram(g kernels.Matrix[float64], xty []float64, yty float64, n int) (Design, error) {
	if g.Rows != g.Cols {
		panic("linear: Gram: not square")
	}
	if len(xty) != g.Cols {
		panic("linear: Gram: the length of xty is not the size of g")
	}
	d := &gram{m: kernels.NewGramMatrix(g), xty: slices.Clone(xty), yty: yty, n: n, norm2: make([]float64, g.Cols)}
	if n <= 0 {
		return nil, fmt.Errorf("linear: n is %d, must be positive: %w", n, ErrNoRows)
	}
	if err := checkVector("xty", xty); err != nil {
		return nil, err
	}
	if err := checkRange("yty", yty, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	if err := d.checkGram(g); err != nil {
		return nil, err
	}
	for j, v := range xty {
		if bound := math.Sqrt(d.norm2[j]) * math.Sqrt(yty); math.Abs(v) > bound*(1+1e-8) {
			return nil, fmt.Errorf("linear: xty[%d] is %v, above √(g[%d, %d]·yty) = %v: %w", j, v, j, j, bound, ErrParameter)
		}
	}
	return d, nil
}

type gram struct {
	m          kernels.GramMatrix
	xty, norm2 []float64
	yty        float64
	n          int
}

// checkGram fills norm2 with the diagonal and checks all of g.
func (d *gram) checkGram(g kernels.Matrix[float64]) error {
	for j := range d.norm2 {
		d.norm2[j] = g.Data[j*g.Stride+j]
		if err := checkRange(fmt.Sprintf("g[%d, %d]", j, j), d.norm2[j], 0, math.MaxFloat64); err != nil {
			return err
		}
	}
	for i := range d.norm2 {
		for j := range i + 1 {
			a, b := g.Data[i*g.Stride+j], g.Data[j*g.Stride+i]
			bound := math.Sqrt(d.norm2[i]) * math.Sqrt(d.norm2[j])
			switch {
			case !finite(a) || !finite(b):
				return fmt.Errorf("linear: g[%d, %d] and g[%d, %d] are %v and %v: %w", i, j, j, i, a, b, ErrNotFinite)
			case math.Abs(a-b) > 1e-8*bound:
				return fmt.Errorf("linear: g[%d, %d] is %v but g[%d, %d] is %v: not symmetric: %w", i, j, a, j, i, b, ErrParameter)
			case math.Abs(a) > bound*(1+1e-8):
				return fmt.Errorf("linear: g[%d, %d] is %v, above √(g[%d, %d]·g[%d, %d]) = %v: %w", i, j, a, i, i, j, j, bound, ErrParameter)
			}
		}
	}
	return nil
}

func (d *gram) Dims() (rows, cols int) { return d.n, len(d.norm2) }

func (d *gram) problem(o Options, y []float64) (*problem, error) {
	if y != nil {
		panic("linear: Fit: y is not nil, but a Gram design has its own")
	}
	if o.SampleWeights != nil {
		return nil, fmt.Errorf("linear: SampleWeights with a Gram design, whose products have theirs: %w", ErrParameter)
	}
	f := &gramForm{m: d.m, xy: d.xty, g: slices.Clone(d.xty), yy: d.yty}
	p := &problem{form: f, rows: d.n, total: float64(d.n), norm2: d.norm2, yy: d.yty}
	if o.Standardize {
		p.scale = deviations(d.norm2, p.total)
	}
	return p, nil
}

func (d *gram) predict([]float64, []float64, float64) {
	panic("linear: Predict: a Gram design has no rows")
}
