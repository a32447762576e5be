package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// Options are what every problem shares. The zero value is right for most.
type Options struct {
	// Tol: a fit stops once its duality gap is at most Tol·Σ s_i·(y_i − ȳ)², s being the
	// sample weights and ȳ the weighted mean of y (0 with NoIntercept), on the scale of
	// the objective times Σs, as in scikit-learn. 0 means 1e-4.
	Tol float64

	// MaxIter is how many passes of coordinate descent there are at most. 0 means 1000.
	MaxIter int

	// NoIntercept leaves out b.
	NoIntercept bool

	// Positive allows no negative coefficient.
	Positive bool

	// Standardize penalises w_j·σ_j in place of w_j, σ_j being the standard deviation of
	// column j (weighted, about the mean, divided by Σs), as glmnet does: the result is
	// that of columns scaled to σ_j = 1, its coefficients given for the columns as they
	// are. A constant column is left out, as with an intercept it always is.
	Standardize bool

	// SampleWeights are what the squared residual of each row counts; nil means ones. Only
	// their proportions matter: a weight of 0 removes the row, 2 doubles it.
	SampleWeights []float64

	// PenaltyFactors multiply Alpha for each column; nil means ones. A column with factor
	// 0 is not penalised, one with +Inf left out. They are taken as they are: glmnet
	// rescales them to add up to the number of columns.
	PenaltyFactors []float64

	// Init is where the coefficients start (a warm start); nil means zeros.
	Init []float64

	// Selection is the order in which a pass takes the columns, and Seed what Random
	// draws from: the same seed, the same bits.
	Selection Selection
	Seed      uint64

	// Algorithm is how the problem is solved. Auto, the zero value, chooses.
	Algorithm Algorithm

	// Loop runs what is parallel inside one fit: the sums and gradients over all columns.
	Loop parfor.Loop

	ctx   context.Context // nil, or done when what reads the data is to stop between two blocks
	given *given          // nil, or what has been computed of the design with these weights
}

// given is what several fits to one design have from one reading.
type given struct {
	*moments
	xy     []float64       // Xᵀy, nil where it is not known
	sketch *kernels.Sketch // nil where there is none
}

// context is never nil.
func (o *Options) context() context.Context {
	if o.ctx == nil {
		return context.Background()
	}
	return o.ctx
}

// Selection is the order in which a pass of coordinate descent takes its columns.
type Selection uint8

const (
	Cyclic Selection = iota // from the first column to the last
	Random                  // in a new random order each pass, every column once
)

// Algorithm is how a problem is solved. All lead to the same gap.
//
// AllColumns and WorkingSet are coordinate descent with the residual at hand: a column costs
// 4 to 8 flops for each row every time that it is visited. Covariance computes the products
// of the columns that matter with each other once (2 flops a row for each pair), after which
// neither passes nor second-order steps touch a row: it solves for all coefficients at once,
// however the columns are correlated. Its memory is 16 to 36 bytes for each pair of columns of
// the working set, and 44 while it grows.
//
// Auto takes Covariance for one fit where at most 256 columns can have a coefficient, of which
// there are at most as many as rows or columns, and at most 4096 rows. A dense design of more rows
// and at most 256 columns is read once, for the products of all its columns, 8·p² bytes three
// times over, unless Tol is below 1e-11 or there are weights, free columns or no l1 penalty: that
// is reported as Covariance too. It takes Covariance for a [Path] as long
// as the working set has at most 4096 columns, or 128 of a sparse design, where a visit costs
// next to nothing. Otherwise it takes WorkingSet, and goes over to Covariance once the passes
// have cost what the products and a factor of them will: in a dense design one visit of a
// column costs about what 10 pairs do, so a working set of m columns changes after m/10 passes.
// So it never takes more than about twice the time of the better of both. A [Gram] design has
// the products: one fit begins with WorkingSet, whose passes cost no row there, a Path with
// Covariance.
// Random selection, and problems without an l1 penalty, take WorkingSet. Only the problem, the
// options and whether the CPU has a tile unit decide, never time or threads.
//
// Refinement makes the products of the columns that matter in bfloat16, by the CPU's tile unit
// (AMX, on Linux), for which all of m columns cost what m/300 passes over their rows do: 4·m²
// bytes, and 2 to 4 KB a column on the way. Coordinate descent goes to the minimum of the quadratic
// model that they make; there the gradient and the gap are computed from the data, in float64, and
// the next round begins, each with an error 50 to 1000 times less. Auto takes it for one fit of a
// dense design where 256 to 8192 columns, and no more than there are rows, have a
// coefficient or a gradient above half of their penalty at the start. Where a round does not halve
// the gap, as with columns that are nearly copies of others, WorkingSet and Covariance go on from
// there, as they do from the start without a tile unit, with Random, free columns or no l1 penalty,
// for a Path, and for other designs. [Fit] says which ended it.
type Algorithm uint8

const (
	Auto       Algorithm = iota // chosen by what it costs
	AllColumns                  // passes over all columns: no screening, no working set
	WorkingSet                  // passes over the columns that matter, the residual at hand
	Covariance                  // products of the columns that matter, and second-order steps
	Refinement                  // products in bfloat16, corrected by exact gradients
)

var algorithms = []string{"auto", "all columns", "working set", "covariance", "refinement"}

func (a Algorithm) String() string {
	if int(a) < len(algorithms) {
		return algorithms[a]
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// MarshalText returns the name.
func (a Algorithm) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText takes the name.
func (a *Algorithm) UnmarshalText(text []byte) error {
	i := slices.Index(algorithms, string(text))
	if i < 0 {
		return fmt.Errorf("linear: %q is no Algorithm: %w", text, ErrParameter)
	}
	*a = Algorithm(i)
	return nil
}

// check returns an error for the first option that is out of range for a design of n
// rows and p columns, and panics where a length is wrong.
func (o *Options) check(op string, n, p int) error {
	switch {
	case o.Init != nil && len(o.Init) != p:
		panic("linear: " + op + ": the length of Init is not the number of columns")
	case o.PenaltyFactors != nil && len(o.PenaltyFactors) != p:
		panic("linear: " + op + ": the length of PenaltyFactors is not the number of columns")
	case o.SampleWeights != nil && len(o.SampleWeights) != n:
		panic("linear: " + op + ": the length of SampleWeights is not the number of rows")
	case o.Selection > Random:
		panic("linear: " + op + ": unknown Selection")
	case o.Algorithm > Refinement:
		panic("linear: " + op + ": unknown Algorithm")
	}
	if err := checkRange("Tol", o.Tol, 0, math.MaxFloat64); err != nil {
		return err
	}
	if o.MaxIter < 0 {
		return fmt.Errorf("linear: MaxIter is %d: %w", o.MaxIter, ErrParameter)
	}
	for i, s := range o.SampleWeights {
		if !(s >= 0 && finite(s)) {
			return fmt.Errorf("linear: SampleWeights[%d] is %v, must be finite and not negative: %w", i, s, ErrParameter)
		}
	}
	for j, v := range o.PenaltyFactors {
		if !(v >= 0) {
			return fmt.Errorf("linear: PenaltyFactors[%d] is %v, must not be negative: %w", j, v, ErrParameter)
		}
	}
	for j, w := range o.Init {
		if o.Positive && w < 0 {
			return fmt.Errorf("linear: Init[%d] is %v, but Positive is set: %w", j, w, ErrParameter)
		}
	}
	return checkVector("Init", o.Init)
}

// tol and maxIter are Tol and MaxIter with their defaults.
func (o *Options) tol() float64 {
	if o.Tol == 0 {
		return 1e-4
	}
	return o.Tol
}

func (o *Options) maxIter() int {
	if o.MaxIter == 0 {
		return 1000
	}
	return o.MaxIter
}
