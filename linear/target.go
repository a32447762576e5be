package linear

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// target is y, the weights of its rows, and the residual: what every form that keeps a
// residual of rows has in common.
type target struct {
	loop    parfor.Loop
	weights []float64 // s, nil for ones
	y       []float64 // less its mean
	v       []float64 // s·(y − X·w)
	ratio   []float64 // scratch: a residual divided by s once more
	ctx     context.Context
	step    int // columns that are read without asking ctx
}

// blockElements are what a design is read at once, 64 MB of float64: some ms, after which a
// context is asked. What is left out then is never looked at.
var blockElements = 1 << 23

// parts yields cols in blocks, until the context is done.
func (t *target) parts(cols []int32) iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		for len(cols) > 0 && t.ctx.Err() == nil {
			k := min(t.step, len(cols))
			if !yield(cols[:k]) {
				return
			}
			cols = cols[k:]
		}
	}
}

// pairs yields the places where the blocks of so many rows and columns of a Gram matrix begin
// and end, until the context is done.
func (t *target) pairs(rows, cols int) iter.Seq2[[2]int, [2]int] {
	return func(yield func(i, k [2]int) bool) {
		for i := 0; i < rows; i += t.step {
			for k := 0; k < cols; k += t.step {
				if t.ctx.Err() != nil || !yield([2]int{i, min(i+t.step, rows)}, [2]int{k, min(k+t.step, cols)}) {
					return
				}
			}
		}
	}
}

// newTarget copies y and returns the part of its problem that it fills; weights are those
// of rowWeights.
func newTarget(y, weights []float64, o *Options) (*target, *problem, error) {
	if err := checkVector("y", y); err != nil {
		return nil, nil, err
	}
	t := &target{loop: o.Loop, weights: weights, y: slices.Clone(y), v: make([]float64, len(y)), ctx: o.context(), step: max(16, blockElements/max(1, len(y)))}
	if weights != nil {
		t.ratio = make([]float64, len(y))
	}
	p := &problem{rows: len(y), total: float64(len(y))}
	if !o.NoIntercept {
		p.yMean = weightedMean(o.Loop, y, weights)
		for i := range t.y {
			t.y[i] -= p.yMean
		}
	}
	t.reset()
	p.yy = kernels.Dot(o.Loop, t.v, t.y)
	if !finite(p.yy) || p.yy < 0x1p-970 && slices.ContainsFunc(t.v, func(v float64) bool { return v != 0 }) {
		return nil, nil, fmt.Errorf("linear: the squares of y add up to %v: %w", p.yy, ErrRange)
	}
	return t, p, nil
}

func weightedMean(l parfor.Loop, y, weights []float64) float64 {
	if weights != nil {
		return kernels.Dot(l, weights, y) / float64(len(y))
	}
	mean := []float64{0}
	kernels.SumColumns(l, mean, kernels.NewColMajor(len(y), 1, y))
	return mean[0] / float64(len(y))
}

// rowWeights returns the weights scaled to add up to their number, as scikit-learn's are;
// nil where they are all the same. What is far below the rounding of the largest is 0, so
// that nothing overflows when it divides.
func rowWeights(s []float64) ([]float64, error) {
	if s == nil || len(s) == 0 {
		return nil, nil
	}
	most := slices.Max(s)
	if most == 0 {
		return nil, fmt.Errorf("linear: SampleWeights are all 0: %w", ErrParameter)
	}
	if slices.Min(s) == most {
		return nil, nil
	}
	weights, sum := make([]float64, len(s)), 0.0
	for i, v := range s {
		weights[i] = v / most
		sum += weights[i]
	}
	scale := float64(len(s)) / sum
	for i := range weights {
		if weights[i] *= scale; weights[i] < 0x1p-900 {
			weights[i] = 0
		}
	}
	return weights, nil
}

// reset makes the residual that of w = 0.
func (t *target) reset() {
	copy(t.v, t.y)
	for i, s := range t.weights {
		t.v[i] = s * t.y[i]
	}
}

func (t *target) products([]int32, []float64, []float64) (rr, ry float64) {
	return t.inner(t.v, t.v), kernels.Dot(t.loop, t.v, t.y)
}

func (t *target) residual() []float64 { return t.v }

func (t *target) inner(a, b []float64) float64 {
	if t.weights == nil {
		return kernels.Dot(t.loop, a, b)
	}
	for i, s := range t.weights {
		t.ratio[i] = 0
		if s > 0 {
			t.ratio[i] = a[i] / s
		}
	}
	return kernels.Dot(t.loop, t.ratio, b)
}

func (t *target) prices() (visit, pair float64) {
	return 5 * float64(len(t.y)), 0.5 * float64(len(t.y))
}

func (t *target) patience() float64 { return 20 } // a gradient costs half a pass

// deviations are the standard deviations of columns with these centred squared norms.
func deviations(norm2 []float64, total float64) []float64 {
	σ := make([]float64, len(norm2))
	for j, q := range norm2 {
		σ[j] = math.Sqrt(q / total)
	}
	return σ
}
