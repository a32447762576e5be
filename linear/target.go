package linear

import (
	"fmt"
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
}

// newTarget copies y and returns the part of its problem that it fills; weights are those
// of rowWeights.
func newTarget(y, weights []float64, o *Options) (*target, *problem, error) {
	if err := checkVector("y", y); err != nil {
		return nil, nil, err
	}
	t := &target{loop: o.Loop, weights: weights, y: slices.Clone(y), v: make([]float64, len(y))}
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
