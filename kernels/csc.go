package kernels

import (
	"errors"
	"fmt"
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
)

// ErrCSC is what errors of [NewCSC] wrap.
var ErrCSC = errors.New("not a matrix in compressed columns")

// CSC is a sparse matrix in compressed columns, checked once, by [NewCSC]; what is not
// stored is 0. It is a view: neither copied nor changed, and not to be changed by others.
type CSC struct {
	rows, cols int
	indptr     []int
	indices    []int32
	data       []float64
}

// NewCSC returns the view of the rows×cols matrix whose column j has the elements data[k]
// in the rows indices[k], for indptr[j] ≤ k < indptr[j+1], the rows of a column strictly
// increasing, as scipy.sparse.csc_matrix has them after sort_indices. indptr has cols + 1
// elements and need not begin at 0, so that indptr[a:b+1] makes the view of the columns a
// to b. It returns an error that wraps [ErrCSC] and names the column and the value where
// that does not hold. It panics where a size is negative or above 2³¹−1. One pass over
// the indices.
func NewCSC(rows, cols int, indptr []int, indices []int32, data []float64) (CSC, error) {
	switch {
	case rows < 0 || cols < 0:
		panic("kernels: NewCSC: negative size")
	case rows > math.MaxInt32 || cols > math.MaxInt32:
		panic("kernels: NewCSC: more than 2³¹−1 rows or columns")
	}
	switch {
	case len(indptr) != cols+1:
		return CSC{}, fmt.Errorf("kernels: indptr has %d elements, must have %d, one more than there are columns: %w", len(indptr), cols+1, ErrCSC)
	case len(indices) != len(data):
		return CSC{}, fmt.Errorf("kernels: %d indices for %d data: %w", len(indices), len(data), ErrCSC)
	case indptr[0] < 0:
		return CSC{}, fmt.Errorf("kernels: indptr[0] is %d: %w", indptr[0], ErrCSC)
	}
	for j := range cols {
		lo, hi := indptr[j], indptr[j+1]
		if hi < lo || hi > len(data) {
			return CSC{}, fmt.Errorf("kernels: column %d runs from %d to %d of %d elements: %w", j, lo, hi, len(data), ErrCSC)
		}
		if err := checkRows(rows, j, indices[lo:hi]); err != nil {
			return CSC{}, err
		}
	}
	return CSC{rows: rows, cols: cols, indptr: indptr, indices: indices, data: data}, nil
}

// checkRows checks the rows of the elements of column j.
func checkRows(rows, j int, index []int32) error {
	last := int32(-1)
	for _, i := range index {
		switch {
		case i < 0 || int(i) >= rows:
			return fmt.Errorf("kernels: column %d has an element in row %d of %d: %w", j, i, rows, ErrCSC)
		case i == last:
			return fmt.Errorf("kernels: column %d has two elements in row %d: %w", j, i, ErrCSC)
		case i < last:
			return fmt.Errorf("kernels: column %d has row %d after row %d: not sorted: %w", j, i, last, ErrCSC)
		}
		last = i
	}
	return nil
}

// Dims returns the number of rows and columns.
func (a CSC) Dims() (rows, cols int) { return a.rows, a.cols }

// Stored returns how many elements the columns have together.
func (a CSC) Stored() int {
	if a.cols == 0 {
		return 0
	}
	return a.indptr[a.cols] - a.indptr[0]
}

// Column returns the rows and the values of the elements of column j, as views.
func (a CSC) Column(j int) (rows []int32, values []float64) {
	lo, hi := a.indptr[j], a.indptr[j+1]
	return a.indices[lo:hi:hi], a.data[lo:hi:hi]
}

// SparseColumns is a sparse design, each column seen less its mean, X_j = x_j − Mean[j],
// and each row with a weight s. It is what coordinate descent works on; package linear
// holds the solvers. Neither are zeros filled in nor is the residual centred: the methods
// keep the weighted residual v = S·(y − Σ w_j·x_j) of the columns as they are, S being
// the diagonal of the weights, and its sum, and take
//
//	X_jᵀS·(y − X·w) = Σ x_ij·v_i − Mean[j]·Σv
//
// A column that has an element in every row has its mean taken off as it is read, so that an
// offset costs no digits. One with zeros loses k digits where its mean is 10^k times its
// deviation, but for each of its zeros it has 10^2k elements.
//
// v has one element more than there are rows: the last is Σv, so that copies and sums of
// such vectors stay whole. Arrays by column (w, g) have as many elements as there are
// columns, and no two arrays overlap. All methods panic on shorter ones and on a column
// index out of range, write nothing beyond them, and may run at once on different w, g
// and v. Their bits depend on neither threads nor instruction set: a dot product is added
// in 8 lanes, the k-th stored element of a column in lane k mod 8, that fold in halves.
type SparseColumns struct {
	x     CSC
	c     csrc.CSC
	mean  []float64 // of the columns as they are
	grain int       // columns worth a second thread
	rows  int       // with a positive weight
}

// NewSparseColumns computes the means, all zero unless center is set, and the squared
// norms of the columns, with weights (nil for ones, finite and not negative, one a row):
// Mean[j] = Σ s_i·x_ij / Σs and Norm2[j] = Σ s_i·(x_ij − Mean[j])², over all rows. What
// counts as constant is what [NewCenteredColumns] says. NaN and Inf show in Mean or
// Norm2. It reads the stored elements once, 12 bytes and 7 flops each, and allocates 32
// bytes a column.
func NewSparseColumns(l parfor.Loop, x CSC, weight []float64, center bool) *SparseColumns {
	if weight != nil && len(weight) != x.rows {
		panic("kernels: NewSparseColumns: the length of weight is not the number of rows")
	}
	a := &SparseColumns{x: x, grain: columnGrain(x.Stored() / max(x.cols, 1)), rows: x.rows}
	a.c = csrc.CSC{Indptr: x.indptr, Indices: x.indices, Data: x.data, Weight: weight, Total: float64(x.rows),
		Offset: make([]float64, x.cols), Mean: make([]float64, x.cols), Norm2: make([]float64, x.cols)}
	a.mean = make([]float64, x.cols)
	if weight != nil {
		a.c.Total, a.rows = 0, 0
		for _, s := range weight {
			a.c.Total += s
			if s > 0 {
				a.rows++
			}
		}
	}
	if a.rows == 0 {
		return a
	}
	l.Grain = max(l.Grain, a.grain)
	l.For(x.cols, func(lo, hi int) {
		for ; lo < hi; lo++ {
			a.moments(lo, center)
		}
	})
	return a
}

// moments computes the mean and the squared norm of column j. The rows without an element
// are as far from the mean as 0 is, and of a full column, which gets an offset, there are none.
func (a *SparseColumns) moments(j int, center bool) {
	index, x := a.x.Column(j)
	offset, mean, norm2 := 0.0, 0.0, 0.0
	full := a.full(index)
	if center {
		mean = a.meanOf(index, x, 0)
		if full {
			offset = mean
			mean = a.meanOf(index, x, offset)
		}
	}
	rest := a.c.Total
	for k, v := range x {
		s, off := 1.0, v-offset-mean
		if a.c.Weight != nil {
			s = a.c.Weight[index[k]]
		}
		norm2 += float64(s * float64(off*off))
		rest -= s
	}
	if !full {
		norm2 += float64(max(rest, 0) * float64(mean*mean))
	}
	a.mean[j] = offset + mean
	if math.Sqrt(norm2) <= 0x1p-48*math.Sqrt(a.c.Total)*math.Abs(a.mean[j]) || norm2 < 0x1p-970 {
		norm2 = 0
	}
	a.c.Offset[j], a.c.Mean[j], a.c.Norm2[j] = offset, mean, norm2
}

// full reports that a column with elements in these rows has one in every row that counts.
func (a *SparseColumns) full(index []int32) bool {
	if a.c.Weight == nil || len(index) < a.rows {
		return len(index) == a.rows
	}
	count := 0
	for _, i := range index {
		if a.c.Weight[i] > 0 {
			count++
		}
	}
	return count == a.rows
}

// meanOf is the mean of a column with elements x in the rows index, each less offset.
func (a *SparseColumns) meanOf(index []int32, x []float64, offset float64) (mean float64) {
	for k, v := range x {
		s := 1.0
		if a.c.Weight != nil {
			s = a.c.Weight[index[k]]
		}
		mean += float64(s * (v - offset))
	}
	return mean / a.c.Total
}

// Mean and Norm2 return the means and the squared norms of the columns, 0 for a constant
// one, and Total the sum of the weights.
func (a *SparseColumns) Mean() []float64  { return a.mean }
func (a *SparseColumns) Norm2() []float64 { return a.c.Norm2 }
func (a *SparseColumns) Total() float64   { return a.c.Total }

// Epoch does one pass of coordinate descent as [CenteredColumns.Epoch] does, on the
// weighted residual v. No column may have Norm2 + L2 = 0.
//
// It runs on the caller's thread: 4 flops for each stored element of a column that moves
// and 2 for those of one that does not, 12 bytes of the column, and 8 or 16 bytes of v
// wherever its rows are.
func (a *SparseColumns) Epoch(cols []int32, pen Penalty, w, v []float64) float64 {
	p := a.x.cols
	if bad := a.misuse(cols, len(w) >= p && len(pen.L1) >= p && len(pen.L2) >= p, v); bad != "" {
		panic("kernels: Epoch: " + bad)
	}
	return csrc.CSCEpoch(&a.c, cols, pen.L1, pen.L2, pen.Positive, w, v[:a.x.rows+1])
}

// Dots sets g[j] to X_jᵀS·(y − X·w) for the columns j in cols, which must all differ, in
// parallel: 2 flops and 20 bytes a stored element.
func (a *SparseColumns) Dots(l parfor.Loop, cols []int32, v, g []float64) {
	if bad := a.misuse(cols, len(g) >= a.x.cols, v); bad != "" {
		panic("kernels: Dots: " + bad)
	}
	v = v[:a.x.rows+1]
	l.Grain = max(l.Grain, a.grain)
	if serial(l) || len(cols) < l.Grain {
		csrc.CSCDots(&a.c, cols, v, g)
		return
	}
	l.For(len(cols), func(lo, hi int) { csrc.CSCDots(&a.c, cols[lo:hi], v, g) })
}

// Subtract takes Σ w[j]·X_j over the columns j in cols out of the residual that v is the
// weighted form of, one after the other: 2 flops a stored element of a column with
// w[j] ≠ 0.
func (a *SparseColumns) Subtract(cols []int32, w, v []float64) {
	if bad := a.misuse(cols, len(w) >= a.x.cols, v); bad != "" {
		panic("kernels: Subtract: " + bad)
	}
	csrc.CSCSubtract(&a.c, cols, w, v[:a.x.rows+1])
}

func (a *SparseColumns) misuse(cols []int32, byColumn bool, v []float64) string {
	return checkColumns(a.x.cols, cols, byColumn && len(v) > a.x.rows)
}

// Clear sets v to zero in the rows that column j has elements in, and its sum.
func (a *SparseColumns) Clear(j int32, v []float64) {
	if bad := a.misuse([]int32{j}, true, v); bad != "" {
		panic("kernels: Clear: " + bad)
	}
	index, _ := a.x.Column(int(j))
	for _, i := range index {
		v[i] = 0
	}
	v[a.x.rows] = 0
}
