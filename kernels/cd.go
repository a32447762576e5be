package kernels

import (
	"cmp"
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// CenteredColumns is a dense column-major design of n rows and p columns, each seen less
// its mean: X_j = x_j − Mean[j]. The mean is subtracted while the data are read, so the
// design is neither copied nor changed. It is what coordinate descent works on; package
// linear holds the solvers.
//
// Arrays by column (w, g) have length p, arrays by row (r) length n, and no two of them
// overlap. All methods panic on shorter ones and on a column index outside [0, p), write
// nothing beyond them, and may run at once on different w, g and r. Their bits depend on
// neither threads nor instruction set: a dot product is added in 32 lanes, element i in
// lane i mod 32, that fold in halves.
type CenteredColumns struct {
	X     Matrix[float64]
	Mean  []float64 // zeros where the design is not centred
	Norm2 []float64 // ‖X_j‖², exactly 0 for a constant column
}

// NewCenteredColumns computes the means, all zero unless center is set, and the squared
// norms of the columns of x, which must be ColMajor: two passes over x, 5·n·p flops. A
// column that varies by less than 2⁻⁴⁸ of its mean is constant, and so is one whose
// squares underflow. NaN and Inf in x show in Mean or Norm2. It allocates 16·p bytes.
func NewCenteredColumns(l parfor.Loop, x Matrix[float64], center bool) *CenteredColumns {
	if bad := x.Misuse(); bad != "" {
		panic("kernels: NewCenteredColumns: " + bad)
	}
	if x.Layout != ColMajor {
		panic("kernels: NewCenteredColumns: not column-major")
	}
	c := &CenteredColumns{X: x, Mean: make([]float64, x.Cols), Norm2: make([]float64, x.Cols)}
	if x.Rows == 0 || x.Cols == 0 {
		return c
	}
	level, n := simd.Active(), float64(x.Rows)
	if center {
		SumColumns(l, c.Mean, x)
		for j := range c.Mean {
			c.Mean[j] /= n
		}
	}
	l.Grain = max(l.Grain, columnGrain(x.Rows))
	l.For(x.Cols, func(lo, hi int) {
		csrc.ColumnSquares(level, x.Rows, x.Data[lo*x.Stride:], x.Stride, c.Mean[lo:hi], c.Norm2[lo:hi])
		for j := lo; j < hi; j++ {
			if math.Sqrt(c.Norm2[j]) <= 0x1p-48*math.Sqrt(n)*math.Abs(c.Mean[j]) || c.Norm2[j] < 0x1p-970 {
				c.Norm2[j] = 0
			}
		}
	})
	return c
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
func (c *CenteredColumns) Epoch(cols []int32, pen Penalty, w, r []float64) float64 {
	if bad := cmp.Or(c.misuse(cols, w, r), pen.misuse(c.X.Cols)); bad != "" {
		panic("kernels: Epoch: " + bad)
	}
	return csrc.CDEpoch(simd.Active(), c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, c.Norm2, pen.L1, pen.L2, pen.Positive, w, r)
}

func (pen Penalty) misuse(p int) string {
	if len(pen.L1) < p || len(pen.L2) < p {
		return shortArgument
	}
	return ""
}

// Dots sets g[j] to X_jᵀr for the columns j in cols, which must all differ, in parallel:
// 4·n flops a column.
func (c *CenteredColumns) Dots(l parfor.Loop, cols []int32, r, g []float64) {
	if bad := c.misuse(cols, g, r); bad != "" {
		panic("kernels: Dots: " + bad)
	}
	level := simd.Active()
	l.Grain = max(l.Grain, columnGrain(c.X.Rows))
	if serial(l) || len(cols) < l.Grain {
		csrc.ColumnDots(level, c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, r, g)
		return
	}
	l.For(len(cols), func(lo, hi int) {
		csrc.ColumnDots(level, c.X.Rows, cols[lo:hi], c.X.Data, c.X.Stride, c.Mean, r, g)
	})
}

// Subtract subtracts Σ w[j]·X_j over the columns j in cols from r, one after the other:
// 4·n flops a column with w[j] ≠ 0.
func (c *CenteredColumns) Subtract(cols []int32, w, r []float64) {
	if bad := c.misuse(cols, w, r); bad != "" {
		panic("kernels: Subtract: " + bad)
	}
	csrc.SubtractColumns(simd.Active(), c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, w, r)
}

func (c *CenteredColumns) misuse(cols []int32, byColumn, byRow []float64) string {
	if bad := c.X.Misuse(); bad != "" {
		return bad
	}
	p := c.X.Cols
	return checkColumns(p, cols, c.X.Layout == ColMajor && len(c.Mean) >= p && len(c.Norm2) >= p &&
		len(byColumn) >= p && len(byRow) >= c.X.Rows)
}
