package kernels

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// SumColumns sets dst[j] to the sum of column j of a, Σ_i a[i,j], added in float64. The
// sum of no rows is 0; NaN and Inf follow IEEE 754, and a NaN sum is math.NaN().
//
// The order of the additions is a tree fixed by the number of rows alone, so that the
// bits do not depend on threads, schedule, instruction set, layout, stride or alignment,
// nor on zero rows appended (a column of −0.0 alone excepted). The error is at most
// (19 + log2(rows/128))·u·Σ|a[i,j]| with u = 2⁻⁵³, where a plain loop's grows with rows.
//
// It reads a once: rows·cols·(4 or 8) bytes, rows·cols additions; matrices below 32768
// elements are summed on the caller's thread. Beside a and dst it holds at most
// cols·⌈rows/1024⌉ partial sums of 8 bytes, and 64 KB·log2(rows) a thread. l.Grain is not
// used. It panics where a's shape is wrong or dst is shorter than a.Cols; it writes
// dst[:a.Cols] only, which must not overlap a.
func SumColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	if bad := a.Misuse(); bad != "" {
		panic("kernels: SumColumns: " + bad)
	}
	if len(dst) < a.Cols {
		panic("kernels: SumColumns: " + shortDst)
	}
	sumColumns(l, dst[:a.Cols], a)
}

// SumRows sets dst[i] to the sum of row i of a, Σ_j a[i,j]: it is SumColumns of the
// transposed view, and all that is said there holds with rows and columns exchanged. It
// panics where a's shape is wrong or dst is shorter than a.Rows.
func SumRows[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	if bad := a.Misuse(); bad != "" {
		panic("kernels: SumRows: " + bad)
	}
	if len(dst) < a.Rows {
		panic("kernels: SumRows: " + shortDst)
	}
	sumColumns(l, dst[:a.Rows], a.Transposed())
}

// sumColumns is SumColumns after its checks; dst has a.Cols elements.
func sumColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	switch level := simd.Active(); {
	case a.Cols == 0:
		return
	case a.Rows == 0:
		clear(dst)
		return
	case a.Rows*a.Cols < serialSize:
		sumBlock(level, dst, a, 0, a.Rows, 0)
		canonicalNaN(dst)
	default:
		cut(a).reduce(l, reduction{
			planes: 1,
			into:   dst,
			block:  func(p part) { sumBlock(level, p.plane(0), a, p.row, p.rows, p.col) },
			merge:  addParts,
			done:   func(p part) { canonicalNaN(dst[p.col:][:p.cols]) },
		})
	}
}

// addParts is the merge of sums.
func addParts(x, y part) {
	s := x.plane(0)
	for j, v := range y.plane(0) {
		s[j] += v
	}
}

// canonicalNaN makes one NaN of whatever the hardware made.
func canonicalNaN(s []float64) {
	for j, v := range s {
		if v != v {
			s[j] = math.NaN()
		}
	}
}

// sumBlock sums rows i…i+rows of the columns from j on, as many as dst has.
func sumBlock[T Float](level simd.Level, dst []float64, a Matrix[T], i, rows, j int) {
	if a.Layout == ColMajor {
		csrc.SumColMajor(level, rows, a.Stride, a.Data[j*a.Stride+i:], dst)
		return
	}
	need := csrc.SumLevels(rows) * len(dst)
	var small [256]float64
	levels := small[:]
	if need > len(small) {
		buf := borrow(need)
		defer buf.giveBack()
		levels = buf.s
	}
	csrc.SumRowMajor(level, rows, a.Stride, a.Data[i*a.Stride+j:], levels[:need], dst)
}
