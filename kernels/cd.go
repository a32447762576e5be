package kernels

import (
	"cmp"
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// CenteredColumns is a dense column-major design of n rows and p columns, each seen less
// its mean: X_j = x_j − Mean[j]. The mean is subtracted and a float32 widened while the
// data are read, so the design is neither copied nor changed. It is what coordinate
// descent works on; package linear holds the solvers.
//
// With Weights s, one a row, norms and products are Σ s_i·a_i·b_i, and what the methods
// call r is the residual of each row times its weight, which makes X_jᵀr their product.
//
// Arrays by column (w, g) have length p, arrays by row (r) length n, and no two of them
// overlap. All methods panic on shorter ones and on a column index outside [0, p), write
// nothing beyond them, and may run at once on different w, g and r. Their bits depend on
// neither threads nor instruction set: a dot product is added in 32 lanes, element i in
// lane i mod 32, that fold in halves.
type CenteredColumns[T Float] struct {
	X       Matrix[T]
	Mean    []float64 // zeros where the design is not centred
	Norm2   []float64 // ‖X_j‖², exactly 0 for a constant column
	Weights []float64 // nil for ones
}

// NewCenteredColumns computes the means, all zero unless center is set, and the squared
// norms of the columns of x, which must be ColMajor: two passes over x, 5·n·p flops. A
// column that varies by less than 2⁻⁴⁸ of its mean is constant, and so is one whose
// squares underflow. NaN and Inf in x show in Mean or Norm2. It allocates 16·p bytes.
func NewCenteredColumns[T Float](l parfor.Loop, x Matrix[T], center bool) *CenteredColumns[T] {
	return NewWeightedColumns(l, x, nil, center)
}

// NewWeightedColumns is [NewCenteredColumns] with a weight for every row, none of them
// negative, NaN or Inf; nil means ones. The means are Σ s_i·x_ij / Σs. It keeps weights,
// and panics where they are not as many as x has rows.
func NewWeightedColumns[T Float](l parfor.Loop, x Matrix[T], weights []float64, center bool) *CenteredColumns[T] {
	return NewColumnsAndDots(l, x, weights, center, nil, nil)
}

// NewColumnsAndDots is [NewWeightedColumns] and then [CenteredColumns.Dots] of all columns with r,
// unless that is nil, to the bit, and panics as these do. Columns of up to 1 MB are read from memory
// once for all of it, a few at a time in the second cache: 5 flops and 4 an element.
func NewColumnsAndDots[T Float](l parfor.Loop, x Matrix[T], weights []float64, center bool, r, g []float64) *CenteredColumns[T] {
	if x.Layout != ColMajor {
		panic("kernels: NewCenteredColumns: not column-major")
	}
	c := &CenteredColumns[T]{X: x, Mean: make([]float64, x.Cols), Norm2: make([]float64, x.Cols), Weights: weights}
	FillColumnSets(l, x, center, []ColumnSet{{Weights: weights, R: r, Mean: c.Mean, Norm2: c.Norm2, G: g}})
	return c
}

// center sets the means of cols, which are neighbours and have none yet.
func (c *CenteredColumns[T]) center(l parfor.Loop, cols []int32, total float64) {
	mean := c.Mean[cols[0]:][:len(cols)]
	if c.Weights == nil {
		part := c.X
		part.Cols, part.Data = len(cols), part.Data[int(cols[0])*part.Stride:]
		SumColumns(l, mean, part)
	} else {
		c.dots(l, simd.Active(), cols, c.Weights, c.Norm2)
		copy(mean, c.Norm2[cols[0]:])
	}
	for i := range mean {
		mean[i] /= total
	}
}

func sumOfWeights(l parfor.Loop, weights []float64, n int) float64 {
	if weights == nil {
		return float64(n)
	}
	total := []float64{0}
	SumColumns(l, total, NewColMajor(n, 1, weights))
	return total[0]
}

// clearConstants sets the norms of constant columns to 0.
func clearConstants(mean, norm2 []float64, total float64) {
	for j, q := range norm2 {
		if math.Sqrt(q) <= 0x1p-48*math.Sqrt(total)*math.Abs(mean[j]) || q < 0x1p-970 {
			norm2[j] = 0
		}
	}
}

// Penalty is what coordinate descent adds to ½‖r‖²: Σ L1[j]·|w_j| + ½·Σ L2[j]·w_j², with
// an entry for every column, and with Positive that no w_j may be negative.
type Penalty struct {
	L1, L2   []float64
	Positive bool
}

// Epoch does one cyclic pass of coordinate descent for
//
//	½‖r‖² + Σ l1_j·|w_j| + ½·Σ l2_j·w_j²,   r = y − X·w
//
// over the columns cols in that order (Friedman, Hastie and Tibshirani 2010, equation 5):
// w_j becomes soft(X_jᵀr + ‖X_j‖²·w_j, l1_j) / (‖X_j‖² + l2_j), or 0 where that is
// negative and Positive is set, and r follows. No column may have Norm2 + l2 = 0. It
// returns Σ ½(‖X_j‖² + l2_j)·Δw_j², a lower bound of the decrease.
//
// It runs on the caller's thread: 8·n flops a column that moves and 4·n one that does
// not, and reads the column and r.
func (c *CenteredColumns[T]) Epoch(cols []int32, pen Penalty, w, r []float64) float64 {
	if bad := cmp.Or(c.misuse(cols, len(w), len(r)), pen.misuse(c.X.Cols)); bad != "" {
		panic("kernels: Epoch: " + bad)
	}
	return csrc.CDEpoch(simd.Active(), c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, c.Weights, c.Norm2, pen.L1, pen.L2, pen.Positive, w, r)
}

func (pen Penalty) misuse(p int) string {
	if len(pen.L1) < p || len(pen.L2) < p {
		return shortArgument
	}
	return ""
}

// Dots sets g[j] to X_jᵀr for the columns j in cols, which must all differ, in parallel:
// 4·n flops a column.
func (c *CenteredColumns[T]) Dots(l parfor.Loop, cols []int32, r, g []float64) {
	if bad := c.misuse(cols, len(g), len(r)); bad != "" {
		panic("kernels: Dots: " + bad)
	}
	c.dots(l, simd.Active(), cols, r, g)
}

func (c *CenteredColumns[T]) dots(l parfor.Loop, level simd.Level, cols []int32, r, g []float64) {
	l.Grain = max(l.Grain, columnGrain(c.X.Rows))
	if serial(l) || len(cols) < l.Grain {
		csrc.ColumnDots(level, c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, r, g)
		return
	}
	l.For(len(cols), func(lo, hi int) {
		csrc.ColumnDots(level, c.X.Rows, cols[lo:hi], c.X.Data, c.X.Stride, c.Mean, r, g)
	})
}

// Subtract subtracts Σ w[j]·X_j, times the weights, over the columns j in cols from r, one
// after the other:
// 4·n flops a column with w[j] ≠ 0.
func (c *CenteredColumns[T]) Subtract(cols []int32, w, r []float64) {
	if bad := c.misuse(cols, len(w), len(r)); bad != "" {
		panic("kernels: Subtract: " + bad)
	}
	csrc.SubtractColumns(simd.Active(), c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, c.Weights, w, r)
}

// misuse says what is wrong with c, or with arguments of so many columns and rows.
func (c *CenteredColumns[T]) misuse(cols []int32, byColumn, byRow int) string {
	if bad := c.X.Misuse(); bad != "" {
		return bad
	}
	n, p := c.X.Rows, c.X.Cols
	return checkColumns(p, cols, c.X.Layout == ColMajor && len(c.Mean) >= p && len(c.Norm2) >= p &&
		(c.Weights == nil || len(c.Weights) >= n) && byColumn >= p && byRow >= n)
}
