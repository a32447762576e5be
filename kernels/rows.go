package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// CenteredRows is [CenteredColumns] of a row-major design: means, norms and Dots have the
// same bits. For the passes of coordinate descent the columns that they need are gathered
// side by side.
type CenteredRows[T Float] struct {
	X           Matrix[T]
	Mean, Norm2 []float64
	Weights     []float64 // nil for ones
}

// NewCenteredRows is [NewWeightedColumns] for a RowMajor x.
func NewCenteredRows[T Float](l parfor.Loop, x Matrix[T], weights []float64, center bool) *CenteredRows[T] {
	if bad := x.Misuse(); bad != "" {
		panic("kernels: NewCenteredRows: " + bad)
	}
	if x.Layout != RowMajor {
		panic("kernels: NewCenteredRows: not row-major")
	}
	if weights != nil && len(weights) != x.Rows {
		panic("kernels: NewCenteredRows: weights are not one a row")
	}
	c := &CenteredRows[T]{X: x, Mean: make([]float64, x.Cols), Norm2: make([]float64, x.Cols), Weights: weights}
	if x.Rows == 0 || x.Cols == 0 {
		return c
	}
	total := sumOfWeights(l, weights, x.Rows)
	if center {
		if weights == nil {
			SumColumns(l, c.Mean, x)
		} else { // the mean is still zero
			c.sums(l, weights, false, c.Norm2)
			copy(c.Mean, c.Norm2)
		}
		for j := range c.Mean {
			c.Mean[j] /= total
		}
	}
	c.sums(l, weights, true, c.Norm2)
	clearConstants(c.Mean, c.Norm2, total)
	return c
}

// Dots sets g[j] to X_jᵀr for all columns, in parallel: 3 flops for each element of the
// design, which is read once. It panics where r or g is short.
func (c *CenteredRows[T]) Dots(l parfor.Loop, r, g []float64) {
	if bad := c.misuse(len(g), len(r)); bad != "" {
		panic("kernels: Dots: " + bad)
	}
	c.sums(l, r, false, g[:c.X.Cols])
}

// sums shares the columns out in whole cache lines.
func (c *CenteredRows[T]) sums(l parfor.Loop, v []float64, squares bool, g []float64) {
	const line = 16
	level, p := simd.Active(), c.X.Cols
	if c.X.Rows == 0 || p == 0 {
		clear(g)
		return
	}
	l.Grain = max(l.Grain, ceilDiv(columnGrain(c.X.Rows), line))
	l.For(ceilDiv(p, line), func(lo, hi int) {
		lo, hi = lo*line, min(hi*line, p)
		csrc.RowSums(level, c.X.Rows, c.X.Data[lo:], c.X.Stride, c.Mean[lo:hi], v, squares, g[lo:hi])
	})
}

// Gather sets dst[k·n … (k+1)·n) to column cols[k], as it is in the design, in parallel. It
// panics where dst is shorter than n·len(cols) and where a column index is wrong.
func (c *CenteredRows[T]) Gather(l parfor.Loop, cols []int32, dst []T) {
	n := c.X.Rows
	if bad := checkColumns(c.X.Cols, cols, len(dst) >= n*len(cols)); bad != "" {
		panic("kernels: Gather: " + bad)
	}
	if n == 0 || len(cols) == 0 {
		return
	}
	const tile = 256 // rows at once, whose lines stay in the second cache
	l.Grain = max(l.Grain, columnGrain(len(cols))/tile)
	l.For(ceilDiv(n, tile), func(lo, hi int) {
		for ; lo < hi; lo++ {
			top := lo * tile
			gather(c.X, top, min(tile, n-top), cols, dst[top:], n)
		}
	})
}

func (c *CenteredRows[T]) misuse(byColumn, byRow int) string {
	if bad := c.X.Misuse(); bad != "" {
		return bad
	}
	n, p := c.X.Rows, c.X.Cols
	return checkColumns(p, nil, c.X.Layout == RowMajor && len(c.Mean) >= p && len(c.Norm2) >= p &&
		(c.Weights == nil || len(c.Weights) >= n) && byColumn >= p && byRow >= n)
}
