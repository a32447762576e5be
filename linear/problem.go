package linear

import (
	"fmt"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// problem is a design and its targets as the solver sees them, centred where there is
// an intercept.
type problem struct {
	form
	rows  int
	norm2 []float64 // ‖X_j‖²
	yy    float64   // ‖y‖²
	mean  []float64 // of the columns, nil for zeros
	yMean float64
}

// form is what coordinate descent keeps up to date while w changes: the residual
// r = y − X·w, or the gradient Xᵀr alone.
type form interface {
	// epoch is one pass over cols; it returns a lower bound of the objective's decrease.
	epoch(cols []int32, l1, l2 float64, w []float64) (fall float64)

	// subtract takes Σ w_j·X_j over cols out of r.
	subtract(cols []int32, w []float64)

	// refresh computes r from w anew, so that the rounding of many updates is gone. w is
	// zero outside cols.
	refresh(cols []int32, w []float64)

	// gradient returns Xᵀr, right for cols.
	gradient(cols []int32) []float64

	// products returns ‖r‖² and rᵀy. w is zero outside cols, and the gradient fresh.
	products(w []float64) (rr, ry float64)

	// patience is how many passes at most are worth doing between two gradients.
	patience() float64
}

// residual is the form for designs of rows: r is kept, Xᵀr costs a pass over cols.
type residual struct {
	c       *kernels.CenteredColumns
	loop    parfor.Loop
	y, r, g []float64
}

// newResidual returns the problem of centred columns and y, which must have as many
// elements as the columns and is copied.
func newResidual(c *kernels.CenteredColumns, y []float64, center bool, l parfor.Loop) (*problem, error) {
	if err := checkVector("y", y); err != nil {
		return nil, err
	}
	mean := []float64{0}
	yc := slices.Clone(y)
	if center {
		kernels.SumColumns(l, mean, kernels.NewColMajor(len(y), 1, y))
		mean[0] /= float64(len(y))
		for i := range yc {
			yc[i] -= mean[0]
		}
	}
	yy := kernels.Dot(l, yc, yc)
	if !finite(yy) || yy < 0x1p-970 && slices.ContainsFunc(yc, func(v float64) bool { return v != 0 }) {
		return nil, fmt.Errorf("linear: the squares of y add up to %v: %w", yy, ErrRange)
	}
	f := &residual{c: c, loop: l, y: yc, r: slices.Clone(yc), g: make([]float64, c.X.Cols)}
	return &problem{form: f, rows: len(y), norm2: c.Norm2, yy: yy, mean: c.Mean, yMean: mean[0]}, nil
}

func (f *residual) epoch(cols []int32, l1, l2 float64, w []float64) float64 {
	return f.c.Epoch(cols, l1, l2, w, f.r)
}

func (f *residual) subtract(cols []int32, w []float64) { f.c.Subtract(cols, w, f.r) }

func (f *residual) refresh(cols []int32, w []float64) {
	copy(f.r, f.y)
	f.c.Subtract(cols, w, f.r)
}

func (f *residual) gradient(cols []int32) []float64 {
	f.c.Dots(f.loop, cols, f.r, f.g)
	return f.g
}

func (f *residual) products([]float64) (rr, ry float64) {
	return kernels.Dot(f.loop, f.r, f.r), kernels.Dot(f.loop, f.r, f.y)
}

func (f *residual) patience() float64 { return 20 } // a gradient costs half a pass

// gramForm is the form for Gram matrices: the gradient is always there.
type gramForm struct {
	m      kernels.GramMatrix
	xy, g  []float64
	yy     float64
	serial parfor.Loop
}

func (f *gramForm) epoch(cols []int32, l1, l2 float64, w []float64) float64 {
	return f.m.Epoch(cols, l1, l2, w, f.g)
}

func (f *gramForm) subtract(cols []int32, w []float64) { f.m.Subtract(cols, w, f.g) }

func (f *gramForm) refresh(cols []int32, w []float64) {
	copy(f.g, f.xy)
	f.m.Subtract(cols, w, f.g)
}

func (f *gramForm) gradient([]int32) []float64 { return f.g }

func (f *gramForm) products(w []float64) (rr, ry float64) {
	ry = f.yy - kernels.Dot(f.serial, f.xy, w)
	return max(ry-kernels.Dot(f.serial, f.g, w), 0), ry
}

func (f *gramForm) patience() float64 { return 1 }
