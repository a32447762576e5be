package linear

import (
	"fmt"
	"math"

	"github.com/nogil-go/nogil/kernels"
)

// problem is a design and its targets as the solver sees them: centred where there is an
// intercept, and every product over rows weighted. Everything is on the scale of the
// objective times Σs.
type problem struct {
	form
	rows  int
	total float64   // Σs, the sum of the sample weights; without weights the number of rows
	norm2 []float64 // ‖X_j‖², 0 for a column that explains nothing
	scale []float64 // σ_j with Standardize, else nil
	yy    float64   // ‖y‖²
	mean  []float64 // of the columns, nil for zeros
	yMean float64
	xy    []float64 // X_jᵀy, nil where it is not known yet

	compact bool // the form is of products that were made for it
}

// intercept is the intercept of coefficients w.
func (p *problem) intercept(w []float64) float64 {
	b := p.yMean
	for j, mean := range p.mean {
		b -= float64(w[j] * mean)
	}
	return b
}

// form is a design with the state that coordinate descent keeps while w changes: the
// residual r = y − X·w, or the gradient Xᵀr alone. Designs of every kind implement it.
// Centring, sample weights and the storage are its own business: to the solver X_j is the
// centred column, and aᵀb and ‖a‖² are Σ s_i·a_i·b_i. Standardize is no business of the
// form at all: it is a matter of penalties.
//
// Slices by column (w, d, g) have an entry for every column of the design. What is
// returned and written depends on neither threads nor instruction set.
type form interface {
	// epoch is one pass of coordinate descent over cols, in that order; it returns a lower
	// bound of the objective's decrease.
	epoch(cols []int32, pen *penalty, w []float64) (fall float64)

	// subtract takes Σ d_j·X_j over cols out of the state.
	subtract(cols []int32, d []float64)

	// refresh computes the state from w anew, so that the rounding of many updates is
	// gone. w is zero outside cols.
	refresh(cols []int32, w []float64)

	// gradient sets g[j] to X_jᵀr for the j in cols, which differ, and may change g
	// elsewhere.
	gradient(cols []int32, g []float64)

	// products returns ‖r‖² and rᵀy, where w is zero outside cols and g, of the state as
	// it is, is right for cols.
	products(cols []int32, w, g []float64) (rr, ry float64)

	// gram sets dst[i·stride+k] to X_jᵀX_l for j = rows[i] and l = cols[k].
	gram(dst []float64, stride int, rows, cols []int32)

	// residual is the state, to be copied, or set to a combination of copies whose
	// coefficients add up to 1 (w being the same combination); nil for a form without.
	residual() []float64

	// inner is the product aᵀb of two such residuals, or of two differences of them.
	inner(a, b []float64) float64

	// prices are the times that a column that moves takes in epoch, and a product of two
	// columns in gram, in those of a flop in a factor.
	prices() (visit, pair float64)

	// patience is how many passes at most are worth doing between two gradients.
	patience() float64
}

// penalty is Σ L1_j·|w_j| + ½·Σ L2_j·w_j² with L1_j = a·v_j·σ_j and L2_j = b·v_j·σ_j², v
// being the penalty factors: Standardize is what makes σ differ from 1.
type penalty struct {
	kernels.Penalty
	a, b float64   // α·ρ·Σs and α·(1−ρ)·Σs
	v    []float64 // the penalty factors, nil for ones
	σ    []float64 // nil for ones
	free []int32   // columns without a penalty, unless none has one
}

func newPenalty(p *problem, o *Options) *penalty {
	cols := len(p.norm2)
	return &penalty{
		Penalty: kernels.Penalty{L1: make([]float64, cols), L2: make([]float64, cols), Positive: o.Positive},
		v:       o.PenaltyFactors, σ: p.scale,
	}
}

// columns returns the columns that have a part in the problem.
func (pen *penalty) columns(p *problem) []int32 {
	all := make([]int32, 0, len(p.norm2))
	for j, q := range p.norm2 {
		if q == 0 || pen.v != nil && math.IsInf(pen.v[j], 1) || pen.σ != nil && pen.σ[j] == 0 {
			continue
		}
		all = append(all, int32(j))
	}
	return all
}

// set makes pen the penalty of alpha and l1Ratio for the columns all.
func (pen *penalty) set(p *problem, all []int32, alpha, l1Ratio float64) error {
	pen.a, pen.b = alpha*l1Ratio*p.total, alpha*(1-l1Ratio)*p.total
	pen.free = pen.free[:0]
	if pen.v == nil && pen.σ == nil && (pen.a > 0 || pen.b == 0) && finite(pen.a+pen.b) { // the same for all columns
		for j := range pen.L1 {
			pen.L1[j] = pen.a
		}
		if len(all) > 0 && pen.L2[all[0]] != pen.b {
			for j := range pen.L2 {
				pen.L2[j] = pen.b
			}
		}
		return nil
	}
	for _, j := range all {
		v, σ := 1.0, 1.0
		if pen.v != nil {
			v = pen.v[j]
		}
		if pen.σ != nil {
			σ = pen.σ[j]
		}
		pen.L1[j], pen.L2[j] = pen.a*v*σ, pen.b*v*σ*σ
		if !finite(pen.L1[j] + pen.L2[j]) {
			return fmt.Errorf("linear: Alpha is %v, which makes the penalty of column %d %v: %w", alpha, j, pen.L1[j]+pen.L2[j], ErrRange)
		}
		if pen.a > 0 && pen.L1[j] == 0 || pen.a == 0 && pen.b > 0 && pen.L2[j] == 0 {
			pen.free = append(pen.free, j)
		}
	}
	return nil
}

// none reports that there is no penalty at all: least squares.
func (pen *penalty) none() bool { return pen.a+pen.b == 0 }

// size is how far v is from what a zero coefficient allows to be steered either way, or
// with Positive upwards.
func (pen *penalty) size(v float64) float64 {
	if pen.Positive {
		return max(v, 0)
	}
	return math.Abs(v)
}

// weight is size, of a gradient that is known to within bound, in units of the l1 penalty of column j,
// and +Inf where it may be that or more.
func (pen *penalty) weight(j int32, size, bound float64) float64 {
	if size+bound < pen.L1[j] {
		return size / pen.L1[j]
	}
	return math.Inf(1)
}

// gramForm is the form for Gram matrices: the gradient is always there.
type gramForm struct {
	m     kernels.GramMatrix
	xy, g []float64
	yy    float64
}

func (f *gramForm) epoch(cols []int32, pen *penalty, w []float64) float64 {
	return f.m.Epoch(cols, pen.Penalty, w, f.g)
}

func (f *gramForm) subtract(cols []int32, d []float64) { f.m.Subtract(cols, d, f.g) }

func (f *gramForm) refresh(cols []int32, w []float64) {
	copy(f.g, f.xy)
	f.m.Subtract(cols, w, f.g)
}

func (f *gramForm) gradient(cols []int32, g []float64) {
	for _, j := range cols {
		g[j] = f.g[j]
	}
}

// products uses rᵀy = yᵀy − wᵀXᵀy and ‖r‖² = rᵀy − wᵀXᵀr.
func (f *gramForm) products(cols []int32, w, g []float64) (rr, ry float64) {
	var wxy, wg float64
	for _, j := range cols {
		wxy += float64(w[j] * f.xy[j])
		wg += float64(w[j] * g[j])
	}
	ry = f.yy - wxy
	return max(ry-wg, 0), ry
}

func (f *gramForm) gram(dst []float64, stride int, rows, cols []int32) {
	for i, j := range rows {
		for k, l := range cols {
			dst[i*stride+k] = f.m.At(int(j), int(l))
		}
	}
}

func (f *gramForm) residual() []float64 { return nil }

func (f *gramForm) inner([]float64, []float64) float64 {
	panic("linear: inner: a Gram matrix has no residual")
}

func (f *gramForm) prices() (visit, pair float64) { return float64(len(f.g)), 0 }

func (f *gramForm) patience() float64 { return 1 }
