package linear

import (
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
)

// verdict is what the checker finds about a solution, on the scale of the package comment.
type verdict struct {
	objective float64
	gap       float64 // +Inf where the columns without a penalty are not fitted
	size      float64 // Σ s_i·(y_i − ȳ)² / Σs, what Tol is relative to
	steepest  float64 // the largest |X_jᵀr| / (‖X_j‖·‖y − ȳ‖) that is not a minimum's
}

// examine computes it from the data alone, in plain float64 and by the formulas of
// docs/ALGORITHMS.md, with nothing of the solver: formula A where there is an l1 penalty,
// B where there is not. The problem may be of any options.
func examine(x kernels.Matrix[float64], y []float64, f *Fit, o Options, alpha, l1Ratio float64) (v verdict) {
	c := newChecker(x, y, o)
	for i := range y {
		c.r[i] = y[i] - f.Intercept
		for j, w := range f.Coef {
			c.r[i] -= w * x.At(i, j)
		}
	}
	rr, ry := c.product(c.r, c.r), c.product(c.r, c.y)
	yy, l1, l2, squares := c.product(c.y, c.y), 0.0, 0.0, 0.0
	most := math.Inf(1)
	for j, w := range f.Coef {
		factor, σ := c.factor(j)
		if math.IsInf(factor, 1) {
			continue
		}
		a, b := alpha*l1Ratio*c.total*factor*σ, alpha*(1-l1Ratio)*c.total*factor*σ*σ
		column := c.column(j)
		g, norm := c.product(column, c.r), math.Sqrt(c.product(column, column))
		l1 += a * math.Abs(w)
		l2 += b * w * w
		steep := math.Abs(g)
		if o.Positive && w == 0 {
			steep = max(g, 0)
		}
		if norm > 1e-12*math.Abs(c.mean(x, j)) && norm > 0 {
			v.steepest = max(v.steepest, steep/(norm*math.Sqrt(yy)))
		}
		u := g - b*w
		if !o.Positive {
			u, g = math.Abs(u), math.Abs(g)
		}
		switch {
		case a+b == 0 && alpha > 0:
			if steep > 1e-9*norm*math.Sqrt(yy) {
				v.gap = math.Inf(1)
			}
		case a > 0 && u > 0:
			most = min(most, a/u)
		case a == 0 && g > 0:
			squares += g * g / b
		}
	}
	primal, dual := (rr+l2)/2+l1, ry-rr/2-squares/2
	if l1Ratio > 0 {
		s := min(1, most)
		if rr+l2 > 0 {
			s = max(min(ry/(rr+l2), most), -most)
		}
		if o.Positive {
			s = max(s, 0)
		}
		dual = s*ry - s*s*(rr+l2)/2
	}
	v.objective, v.size, v.gap = primal/c.total, yy/c.total, max(v.gap, (primal-dual)/c.total)
	return v
}

// checker is a problem as the checker sees it.
type checker struct {
	x       kernels.Matrix[float64]
	o       Options
	s, y, r []float64
	total   float64
}

func newChecker(x kernels.Matrix[float64], y []float64, o Options) *checker {
	c := &checker{x: x, o: o, s: o.SampleWeights, y: slices.Clone(y), r: make([]float64, len(y))}
	if c.s == nil {
		c.s = slices.Repeat([]float64{1}, len(y))
	}
	for _, v := range c.s {
		c.total += v
	}
	if !o.NoIntercept {
		mean := 0.0
		for i, v := range y {
			mean += c.s[i] * v / c.total
		}
		for i := range y {
			c.y[i] -= mean
		}
	}
	return c
}

func (c *checker) mean(x kernels.Matrix[float64], j int) (m float64) {
	for i, s := range c.s {
		m += s * x.At(i, j) / c.total
	}
	return m
}

// column returns column j, less its mean where there is an intercept.
func (c *checker) column(j int) []float64 {
	column, mean := make([]float64, len(c.y)), 0.0
	if !c.o.NoIntercept {
		mean = c.mean(c.x, j)
	}
	for i := range column {
		column[i] = c.x.At(i, j) - mean
	}
	return column
}

func (c *checker) product(a, b []float64) (p float64) {
	for i, s := range c.s {
		p += s * a[i] * b[i]
	}
	return p
}

// factor returns the penalty factor, +Inf for a column that has no part in the problem, and
// with Standardize the standard deviation.
func (c *checker) factor(j int) (factor, σ float64) {
	factor, σ = 1, 1
	if c.o.PenaltyFactors != nil {
		factor = c.o.PenaltyFactors[j]
	}
	if c.o.Standardize {
		mean, variance := c.mean(c.x, j), 0.0
		for i, s := range c.s {
			variance += s * (c.x.At(i, j) - mean) * (c.x.At(i, j) - mean) / c.total
		}
		σ = math.Sqrt(variance)
		if σ <= 1e-12*math.Abs(mean) {
			factor = math.Inf(1)
		}
	}
	return factor, σ
}
