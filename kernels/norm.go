package kernels

// Norms of columns and rows: sums of csrc/sum.c and, for the largest absolute value and for
// sums of squares that leave the range of float64, the extremes of csrc/minmax.c.

import (
	"math"
	"slices"
	"sync"
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// NormColumns sets dst[j] to the p-norm of column j of a, for p = 1: Σ_i |a[i,j]|, p = 2:
// √(Σ_i a[i,j]²), or p = +Inf: max_i |a[i,j]|, as gonum's floats.Norm. The norm of no rows is
// 0; that of a column with a NaN is NaN, and so it is for p = +Inf with an Inf beside it,
// where floats.Norm has Inf.
//
// The sums are those of [SumColumns], with its order, bits and bound; zero rows appended change
// no bit of any norm. The squares are added as they are; only a column whose sum overflows or
// falls below 2⁻⁹⁰⁰ is read again, scaled by a power of two, so that every norm that float64
// can hold is found: of float64 and more than eight rows, a column of zeros is read twice, such a
// one three times, all others once: rows·cols·(4 or 8) bytes and 2·rows·cols flops. It holds twice
// the partial sums of SumColumns, and up to 1 MB a thread. It panics as SumColumns does, and where p
// is none of the three.
func NormColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T], p float64) {
	checkReduction("NormColumns", a, len(dst), a.Cols)
	norms[T]{op: "NormColumns", p: p, a: a, dst: dst[:a.Cols]}.run(l)
}

// NormRows sets dst[i] to the p-norm of row i of a: [NormColumns] of the transposed view.
func NormRows[T Float](l parfor.Loop, dst []float64, a Matrix[T], p float64) {
	checkReduction("NormRows", a, len(dst), a.Rows)
	norms[T]{op: "NormRows", p: p, a: a.Transposed(), dst: dst[:a.Rows]}.run(l)
}

// NaNNormColumns is [NormColumns] without the NaN in a: dst[j] is the norm of the numbers in
// column j, 0 where there are none, and skipped[j] says how many NaN there are beside them.
// skipped may be nil; else it is at least as long as a has columns, or the call panics.
func NaNNormColumns[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T], p float64) {
	checkReduction("NaNNormColumns", a, len(dst), a.Cols)
	checkSkipped("NaNNormColumns", skipped, a.Cols)
	norms[T]{op: "NaNNormColumns", p: p, skip: true, a: a, dst: dst[:a.Cols], skipped: skipped}.run(l)
}

// NaNNormRows is [NaNNormColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNNormRows[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T], p float64) {
	checkReduction("NaNNormRows", a, len(dst), a.Rows)
	checkSkipped("NaNNormRows", skipped, a.Rows)
	norms[T]{op: "NaNNormRows", p: p, skip: true, a: a.Transposed(), dst: dst[:a.Rows], skipped: skipped}.run(l)
}

// A norms is one of the functions above at work.
type norms[T Float] struct {
	op      string
	p       float64
	skip    bool // NaN
	a       Matrix[T]
	dst     []float64
	skipped []int
}

func (n norms[T]) run(l parfor.Loop) {
	s := sums[T]{a: n.a, dst: n.dst, skipped: n.skipped}
	switch {
	case isFew(n.a) && n.few(l):
		return
	case n.p == 1:
		s.op, s.finish = csrc.NaNSumAbs, n.finish1
	case n.p == 2:
		n.run2(l, s)
		return
	case math.IsInf(n.p, 1):
		n.runMax(l)
		return
	default:
		panic("kernels: " + n.op + ": p is not 1, 2 or +Inf")
	}
	s.run(l)
}

// few does few rows, and reports whether p is a norm.
func (n norms[T]) few(l parfor.Loop) bool {
	var op csrc.FewOp
	switch {
	case n.p == 1:
		op = csrc.FewNorm1
	case n.p == 2:
		op = csrc.FewNorm2
	case math.IsInf(n.p, 1):
		op = csrc.FewNormMax
	default:
		return false
	}
	fewFloats[T]{op: op, skip: n.skip, a: n.a, dst: n.dst, skipped: n.skipped}.run(l)
	return true
}

// finish1 makes norms of what has NaN in it NaN.
func (n norms[T]) finish1(dst, skipped []float64, _, _ int) {
	for j, k := range skipped {
		if k > 0 && !n.skip {
			dst[j] = math.NaN()
		}
	}
}

// run2 takes the square roots of the sums of squares. Where squares may have overflowed, or
// so many of them underflowed that it shows (n of them lose n·2⁻¹⁰⁷⁵ at most), columns are
// read again.
func (n norms[T]) run2(l parfor.Loop, s sums[T]) {
	var mu sync.Mutex
	var columns []int
	s.op, s.finish = csrc.NaNSumSquares, func(dst, skipped []float64, col, rows int) {
		for j, v := range dst {
			if dst[j] = math.Sqrt(v); rows > 0 && outOfRange[T](v) && (n.skip || skipped[j] == 0) {
				mu.Lock()
				columns = append(columns, col+j)
				mu.Unlock()
			}
		}
		n.finish1(dst, skipped, col, rows)
	}
	s.run(l)
	slices.Sort(columns)
	l.Progress, l.Trace = nil, nil // which were about the sums
	for len(columns) > 0 {
		k := 1
		for k < len(columns) && columns[k]-columns[k-1] <= nearColumns {
			k++
		}
		n.rescale(l, columns[:k])
		columns = columns[k:]
	}
}

// nearColumns is how far apart columns may be that are read again together, with what lies
// between them: two lines of memory.
const nearColumns = 16

// outOfRange reports whether a sum of squares of T may have lost what it is made of.
func outOfRange[T Float](s float64) bool {
	return unsafe.Sizeof(T(0)) == 8 && (s < 0x1p-900 || s > math.MaxFloat64)
}

// rescale sets dst to the 2-norms of the given columns, which are near each other, free of
// overflow: it takes the largest |x| of each and, unless that is all there is to know, the
// squares of what is divided by a power of two of about that size.
func (n norms[T]) rescale(l parfor.Loop, columns []int) {
	first := columns[0]
	view := n.a
	view.Data, _ = n.a.from(0, first)
	view.Cols = columns[len(columns)-1] + 1 - first
	dst, most := n.dst[first:], norms[T]{a: view, skip: true, dst: make([]float64, view.Cols)}
	most.runMax(l)
	var left []int
	for _, j := range columns {
		j -= first
		if dst[j] = most.dst[j]; dst[j] > 0 && dst[j] <= math.MaxFloat64 {
			left = append(left, j)
		}
	}
	if len(left) > 0 {
		cut(view).reduce(l, scaledReduction(simd.Active(), view, dst, most.dst, left))
	}
}

const rescaleRows = 1 << 14 // the rows that are scaled at a time: a multiple of 128·2^k

// scaledSquares adds the squares of x/2^e, for the numbers x < 2^(e+1) in column j and the rows
// of p, in the tree of all sums.
func scaledSquares[T Float](level simd.Level, a Matrix[T], p part, j, e int, scratch []float64) float64 {
	var levels [64]float64
	var skipped [1]float64
	data, colMajor := a.from(p.row, j)
	step := a.Stride
	if colMajor {
		step = 1
	}
	// 2^−e is no float64 for the smallest e; 2^−(e/2) twice is exact for all that counts.
	scale, scale2 := math.Ldexp(1, -e/2), math.Ldexp(1, -e+e/2)
	top := 0
	for i := 0; i < p.rows; i += rescaleRows {
		x := scratch[:min(rescaleRows, p.rows-i)]
		for k := range x {
			x[k] = float64(float64(data[(i+k)*step])*scale) * scale2
		}
		csrc.SumColMajor(level, csrc.NaNSumSquares, len(x), len(x), x, levels[top:top+1], skipped[:])
		top++
		for c := i/rescaleRows + 1; c&1 == 0; c >>= 1 {
			top--
			levels[top-1] += levels[top]
		}
	}
	for ; top > 1; top-- {
		levels[top-2] += levels[top-1]
	}
	return levels[0]
}

// runMax finds the largest |x| of each column.
func (n norms[T]) runMax(l parfor.Loop) {
	level, a := simd.Active(), n.a
	if a.Cols == 0 {
		return
	}
	if a.Rows*a.Cols < serialSize {
		buf := borrow(2 * a.Cols)
		defer buf.giveBack()
		p := whole(a, buf)
		largest(level, a, p)
		n.maxDone(p)
		return
	}
	cut(a).reduce(l, n.maxReduction(level))
}

// maxReduction does a matrix that is worth a loop.
func (n norms[T]) maxReduction(level simd.Level) reduction {
	return reduction{
		planes: 2,
		block:  func(p part) { largest(level, n.a, p) },
		merge: func(x, y part) {
			mergeMin(extremum{largest: true}, x.plane(0), ints(x.plane(1)), y.plane(0), ints(y.plane(1)))
		},
		done: n.maxDone,
	}
}

// maxDone writes the results of p's columns.
func (n norms[T]) maxDone(p part) {
	for j, v := range p.plane(0) {
		n.dst[p.col+j] = max(v, 0) // of nothing it is −Inf
	}
	for j, k := range ints(p.plane(1)) {
		if n.skipped != nil {
			n.skipped[p.col+j] = int(k)
		}
		if k > 0 && !n.skip {
			n.dst[p.col+j] = math.NaN()
		}
	}
}

// largest sets plane 0 of p to the largest |x| of each column, −Inf where there is no number,
// and plane 1 to how many NaN there are, as integers.
func largest[T Float](level simd.Level, a Matrix[T], p part) {
	data, colMajor := a.from(p.row, p.col)
	csrc.MaxAbs(level, colMajor, p.rows, a.Stride, data, numbers[T](p.plane(0)), ints(p.plane(1)))
	spread[T](p.plane(0))
}
