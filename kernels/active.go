package kernels

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// Move subtracts Σ d[c]·G_cols[c] from g: 2·p flops a column, eight columns for one pass
// over g. It panics as [GramMatrix.Epoch] does, and where d is shorter than cols.
func (m GramMatrix) Move(cols []int32, d, g []float64) {
	if bad := checkColumns(m.g.Cols, cols, len(d) >= len(cols) && len(g) >= m.g.Cols); bad != "" {
		panic("kernels: Move: " + bad)
	}
	csrc.ActiveMove(simd.Active(), cols, d, m.g.Data, m.g.Stride, g[:m.g.Cols])
}

// Cholesky is the Cholesky factor of a symmetric positive definite matrix that gains and
// loses rows. The zero value is that of the empty matrix; it grows as rows are appended,
// to 8 bytes for each element of a square of up to one and a half times their number. Its bits do not
// depend on the instruction set. It is not for concurrent use.
type Cholesky struct {
	l, inv, scratch []float64
	rows, ld        int
}

// Rows returns how many rows the matrix has.
func (f *Cholesky) Rows() int { return f.rows }

// Reset makes it the factor of the empty matrix again.
func (f *Cholesky) Reset() { f.rows = 0 }

// Append adds a row and column: products with the rows there are, which it overwrites, and
// the diagonal element q. Where what is left of q after the elimination is at most least, or
// not a number, the matrix is no longer positive definite to working precision: then it
// returns false and the factor stays what it was, b being L⁻¹b. Rows² flops. It panics where
// b is not of length Rows.
func (f *Cholesky) Append(b []float64, q, least float64) bool {
	if len(b) != f.rows {
		panic("kernels: Cholesky: wrong length")
	}
	f.grow()
	left := csrc.FactorAppend(simd.Active(), f.l, f.ld, f.inv, q, b)
	if !(left > least) {
		return false
	}
	d := math.Sqrt(left)
	f.l[f.rows*f.ld+f.rows], f.inv[f.rows] = d, 1/d
	f.rows++
	return true
}

// Remove takes row and column k out: 3·(Rows−k)² flops. It panics where k is not a row.
func (f *Cholesky) Remove(k int) {
	if k < 0 || k >= f.rows {
		panic("kernels: Cholesky: no such row")
	}
	csrc.FactorRemove(simd.Active(), k, f.l, f.ld, f.inv, f.scratch[:f.rows])
	f.rows--
}

// Solve sets b to A⁻¹b: 2·Rows² flops. It panics where b is not of length Rows.
func (f *Cholesky) Solve(b []float64) {
	if len(b) != f.rows {
		panic("kernels: Cholesky: wrong length")
	}
	csrc.FactorSolve(simd.Active(), f.l, f.ld, f.inv, b)
}

// grow makes room for a row more. Columns are an odd multiple of 64 bytes apart, so that a
// row does not fall into one set of a cache.
func (f *Cholesky) grow() {
	if f.rows < f.ld {
		return
	}
	ld := max(32, f.rows+f.rows/2)&^7 | 8
	l := make([]float64, ld*ld)
	for c := range f.rows {
		copy(l[c*ld:], f.l[c*f.ld:][:f.rows])
	}
	f.l, f.ld = l, ld
	f.inv = append(f.inv[:f.rows:f.rows], make([]float64, ld-f.rows)...)
	f.scratch = make([]float64, ld)
}
