package kernels

import (
	"cmp"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// GramMatrix is the symmetric p×p matrix G = XᵀX of a design, for coordinate descent
// that keeps the gradient g = Xᵀr in place of the residual. It is the cheaper form where
// p is below the number of rows and more than one fit shares X. The matrix is a view, of
// either layout, and is not changed.
//
// The methods panic on w or g shorter than p and on a column index outside [0, p), write
// nothing beyond p, and may run at once on different w and g, which must not overlap.
// Their bits do not depend on the instruction set.
type GramMatrix struct{ g Matrix[float64] }

// NewGramMatrix returns the view. It panics where g is not square or its shape is wrong.
// That g is symmetric is not checked.
func NewGramMatrix(g Matrix[float64]) GramMatrix {
	if bad := g.Misuse(); bad != "" {
		panic("kernels: NewGramMatrix: " + bad)
	}
	if g.Rows != g.Cols {
		panic("kernels: NewGramMatrix: not square")
	}
	return GramMatrix{g}
}

// Epoch does one cyclic pass of coordinate descent over the columns cols, in that order,
// for the problem of [CenteredColumns.Epoch]: w_j becomes
// soft(g_j + G_jj·w_j, l1_j) / (G_jj + l2_j), and g follows (Friedman, Hastie and
// Tibshirani 2010, section 2.2). No column may have G_jj + l2_j = 0. It returns
// Σ ½(G_jj + l2_j)·Δw_j², a lower bound of the objective's decrease. Cost: 2·p flops a column that moves.
func (m GramMatrix) Epoch(cols []int32, pen Penalty, w, g []float64) float64 {
	if bad := cmp.Or(m.misuse(cols, w, g), pen.misuse(m.g.Cols)); bad != "" {
		panic("kernels: Epoch: " + bad)
	}
	return csrc.ActiveDescend(simd.Active(), cols, m.g.Data, m.g.Stride, pen.L1, pen.L2, pen.Positive, w, g[:m.g.Cols])
}

// Subtract subtracts Σ w[j]·G_j over the columns j in cols from g, one after the other:
// 2·p flops a column with w[j] ≠ 0.
func (m GramMatrix) Subtract(cols []int32, w, g []float64) {
	if bad := m.misuse(cols, w, g); bad != "" {
		panic("kernels: Subtract: " + bad)
	}
	csrc.GramSubtract(simd.Active(), cols, m.g.Data, m.g.Stride, w, g[:m.g.Cols])
}

// At returns G_jk. It panics where that lies outside the matrix.
func (m GramMatrix) At(j, k int) float64 { return m.g.At(j, k) }

func (m GramMatrix) misuse(cols []int32, w, g []float64) string {
	return checkColumns(m.g.Cols, cols, len(w) >= m.g.Cols && len(g) >= m.g.Cols)
}
