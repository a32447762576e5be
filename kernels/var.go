package kernels

// Variances and standard deviations, in one pass over memory: csrc/moments.c has the
// formulas.

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// VarColumns sets dst[j] to the variance of column j of a,
//
//	Σ_i (a[i,j] − mean_j)² / (a.Rows − ddof)
//
// in float64. ddof, which NumPy calls so too, is 0 for the variance of a population, 1 for
// the unbiased estimate from a sample, and may be negative. Where a.Rows ≤ ddof or a.Rows is
// 0, and in a column with a NaN or an infinity, the variance is math.NaN(); that of equal
// numbers is 0.
//
// The bits depend on the column alone: not on threads, schedule, instruction set, layout,
// stride or alignment. To first order in u = 2⁻⁵³ the relative error is some 2·(25 +
// log2(n/128))·u where the first row of each 128 is a typical one, at worst 130 times
// that; how far the mean is from 0 does not matter, unlike where squares are summed.
// Differences beyond 1e152 overflow to Inf or NaN; below 1e-154 their squares vanish.
//
// It reads a once, rows·cols·(4 or 8) bytes, for 4 operations an element; matrices below
// 32768 elements are done on the caller's thread. Beside a and dst it holds at most
// cols·⌈rows/1024⌉ partial results of 32 bytes and 256 KB·log2(rows) a thread. l.Grain is
// not used. It panics where a's shape is wrong or dst is shorter than a.Cols; it writes
// dst[:a.Cols] only, which must not overlap a.
//
// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
// Variances", 1979.
func VarColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T], ddof int) {
	variances(l, variance{op: "VarColumns", dst: dst, ddof: ddof}, a)
}

// VarRows sets dst[i] to the variance of row i of a: [VarColumns] of the transposed view.
func VarRows[T Float](l parfor.Loop, dst []float64, a Matrix[T], ddof int) {
	variances(l, variance{op: "VarRows", dst: dst, ddof: ddof}, a.Transposed())
}

// StdColumns sets dst[j] to the standard deviation of column j of a, the square root of what
// [VarColumns] says.
func StdColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T], ddof int) {
	variances(l, variance{op: "StdColumns", dst: dst, ddof: ddof, root: true}, a)
}

// StdRows sets dst[i] to the standard deviation of row i of a: [StdColumns] of the transposed
// view.
func StdRows[T Float](l parfor.Loop, dst []float64, a Matrix[T], ddof int) {
	variances(l, variance{op: "StdRows", dst: dst, ddof: ddof, root: true}, a.Transposed())
}

// NaNVarColumns is [VarColumns] without the NaN in a: dst[j] is the variance of the numbers
// in column j, NaN where there are at most ddof of them, and skipped[j] says how many NaN
// there are beside them. skipped may be nil; else it is at least as long as a has columns, or
// the call panics. In a column without NaN the bits are those of [VarColumns].
func NaNVarColumns[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T], ddof int) {
	variances(l, variance{op: "NaNVarColumns", dst: dst, skip: true, skipped: skipped, ddof: ddof}, a)
}

// NaNVarRows is [NaNVarColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNVarRows[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T], ddof int) {
	variances(l, variance{op: "NaNVarRows", dst: dst, skip: true, skipped: skipped, ddof: ddof}, a.Transposed())
}

// NaNStdColumns is [StdColumns] without the NaN in a, as [NaNVarColumns] is [VarColumns].
func NaNStdColumns[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T], ddof int) {
	variances(l, variance{op: "NaNStdColumns", dst: dst, skip: true, skipped: skipped, ddof: ddof, root: true}, a)
}

// NaNStdRows is [NaNStdColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNStdRows[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T], ddof int) {
	variances(l, variance{op: "NaNStdRows", dst: dst, skip: true, skipped: skipped, ddof: ddof, root: true}, a.Transposed())
}

// A variance is one of the functions above.
type variance struct {
	op         string
	dst        []float64
	skip, root bool
	skipped    []int
	ddof       int
}

func variances[T Float](l parfor.Loop, v variance, a Matrix[T]) {
	checkReduction(v.op, a, len(v.dst), a.Cols)
	checkSkipped(v.op, v.skipped, a.Cols)
	m := moments[T]{level: simd.Active(), what: csrc.MomentsVar, a: a}
	if v.skip {
		m.what = csrc.MomentsNaNVar
	}
	switch {
	case a.Rows == 0 || a.Cols == 0:
		v.none(a.Cols)
	case isFew(a):
		op := csrc.FewVar
		if v.root {
			op = csrc.FewStd
		}
		fewFloats[T]{op: op, skip: v.skip, ddof: v.ddof, a: a, dst: v.dst, skipped: v.skipped}.run(l)
	case a.Rows*a.Cols < serialSize:
		buf := borrow(m.need())
		defer buf.giveBack()
		v.done(m.all(buf.s))
	default:
		cut(a).reduce(l, m.reduction(v.done))
	}
}

// none writes the variances of n columns of no rows.
func (v variance) none(n int) {
	for j := range n {
		v.dst[j] = math.NaN()
		if v.skipped != nil {
			v.skipped[j] = 0
		}
	}
}

// done writes the variances of p's columns.
func (v variance) done(p part) {
	dst, n := v.dst[p.col:][:p.cols], p.plane(csrc.MomentN)
	for j, m2 := range p.plane(csrc.MomentM2) {
		divisor := n[j] - float64(v.ddof)
		if n[j] == 0 {
			divisor = 0 // of nothing there is no variance, even where ddof < 0
		}
		dst[j] = csrc.Quotient(m2, divisor, v.root)
	}
	if v.skipped != nil {
		for j, n := range n {
			v.skipped[p.col+j] = p.rows - int(n)
		}
	}
}

// moments brings the columns of a down to what csrc.ColumnMoments says.
type moments[T Float] struct {
	level simd.Level
	what  csrc.Moments
	a     Matrix[T]
}

// need is how many numbers all takes.
func (m *moments[T]) need() int {
	return m.what.Planes()*m.a.Cols + m.what.Scratch(m.a.Rows, m.a.Cols)
}

// all is the moments of all columns, on the caller's thread, in the first of the numbers s.
func (m *moments[T]) all(s []float64) part {
	planes := m.what.Planes() * m.a.Cols
	p := part{rows: m.a.Rows, cols: m.a.Cols, numbers: s[:planes], stride: m.a.Cols}
	m.block(p, s[planes:])
	return p
}

// block sets p's planes; levels is scratch.
func (m *moments[T]) block(p part, levels []float64) {
	data, colMajor := m.a.from(p.row, p.col)
	csrc.ColumnMoments(m.level, m.what, colMajor, p.rows, p.cols, m.a.Stride, data, levels, p.numbers, p.stride)
}

// reduction hands the moments of some columns after the other to done.
func (m moments[T]) reduction(done func(p part)) reduction {
	return reduction{
		planes: m.what.Planes(),
		block: func(p part) {
			buf := borrow(m.what.Scratch(p.rows, p.cols))
			defer buf.giveBack()
			m.block(p, buf.s)
		},
		merge: func(x, y part) {
			csrc.MergeMoments(m.level, m.what, x.cols, x.numbers, x.stride, y.numbers, y.stride)
		},
		done: done,
	}
}
