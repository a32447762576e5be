package kernels

// Norms of columns and rows: sums of csrc/sum.c and, for the largest absolute value and for
// sums of squares that leave the range of float64, the extremes of csrc/minmax.c.

import (
	"math"
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
// The sums are those of [SumColumns], with its order, bits and bound. The squares are added
// as they are; only a column whose sum overflows or falls below 2⁻⁹⁰⁰ is read again, scaled
// by a power of two, so that every norm that float64 can hold is found. Such a column and
// one of zeros are read twice or three times, all others once: rows·cols·(4 or 8) bytes and
// 2·rows·cols flops. It holds twice the partial sums of SumColumns, and up to 1 MB a thread.
// It panics as SumColumns does, and where p is none of the three.
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
	case n.p == 1:
		s.op, s.finish = csrc.NaNSumAbs, n.finish1
	case n.p == 2:
		s.op, s.finish = csrc.NaNSumSquares, n.finish2
	case math.IsInf(n.p, 1):
		n.runMax(l)
		return
	default:
		panic("kernels: " + n.op + ": p is not 1, 2 or +Inf")
	}
	s.run(l)
}

// finish1 makes norms of what has NaN in it NaN.
func (n norms[T]) finish1(dst, skipped []float64, _, _ int) {
	for j, k := range skipped {
		if k > 0 && !n.skip {
			dst[j] = math.NaN()
		}
	}
}

// finish2 takes the square roots. Where squares may have overflowed, or so many of them
// underflowed that it shows (n of them lose n·2⁻¹⁰⁷⁵ at most), the sum is taken anew.
func (n norms[T]) finish2(dst, skipped []float64, col, rows int) {
	for j := 0; j < len(dst); j++ {
		end := j
		for end < len(dst) && rows > 0 && outOfRange[T](dst[end]) {
			end++
		}
		if end > j {
			n.rescale(dst[j:end], col+j)
			j = end - 1
			continue
		}
		dst[j] = math.Sqrt(dst[j])
	}
	n.finish1(dst, skipped, col, rows)
}

// outOfRange reports whether a sum of squares of T may have lost what it is made of.
func outOfRange[T Float](s float64) bool {
	return unsafe.Sizeof(T(0)) == 8 && (s < 0x1p-900 || s > math.MaxFloat64)
}

// rescale sets dst to the 2-norms of the columns from col on, free of overflow.
func (n norms[T]) rescale(dst []float64, col int) {
	level := simd.Active()
	buf := borrow(2*len(dst) + rescaleRows)
	defer buf.giveBack()
	p := part{rows: n.a.Rows, col: col, cols: len(dst), numbers: buf.s, stride: len(dst)}
	largest(level, n.a, p)
	for j, most := range p.plane(0) {
		if dst[j] = most; most > 0 && most <= math.MaxFloat64 {
			e := math.Ilogb(most)
			dst[j] = math.Ldexp(math.Sqrt(scaledSquares(level, n.a, p, col+j, e, buf.s[2*len(dst):])), e)
		}
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
		csrc.SumColMajor(level, csrc.NaNSumSquares, len(x), len(x), x, false, levels[top:top+1], skipped[:])
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
		alone:  true, // more columns would leave fewer rows in the cache
		block:  func(p part) { largest(level, n.a, p) },
		merge: func(x, y part) {
			mergeMin(extremum{largest: true}, x.plane(0), ints(x.plane(1)), y.plane(0), ints(y.plane(1)))
		},
		done: n.maxDone,
	}
}

// maxDone writes the results of p's columns.
func (n norms[T]) maxDone(p part) {
	copy(n.dst[p.col:][:p.cols], p.plane(0))
	for j, k := range ints(p.plane(1)) {
		if n.skipped != nil {
			n.skipped[p.col+j] = int(k)
		}
		if k > 0 && !n.skip {
			n.dst[p.col+j] = math.NaN()
		}
	}
}

// largest sets plane 0 of p to the largest |x| of each column, 0 where there is no number,
// and plane 1 to how many NaN there are, as integers. It takes minima and maxima of as many
// rows as stay in a cache for both.
func largest[T Float](level simd.Level, a Matrix[T], p part) {
	dst, skipped := p.plane(0), ints(p.plane(1))
	clear(dst)
	clear(skipped)
	buf := borrow(2 * p.cols)
	defer buf.giveBack()
	lo, hi := numbers[T](buf.s[:p.cols]), numbers[T](buf.s[p.cols:])
	nans := borrow(p.cols)
	defer nans.giveBack()
	few := ints(nans.s)
	rows := min(max(blockSize/4/p.cols, csrc.SumLeaf), p.rows)
	for i := 0; i < p.rows; i += rows {
		piece := part{row: p.row + i, rows: min(rows, p.rows-i), col: p.col, cols: p.cols}
		minBlock(level, extremum{skip: true}, lo[:p.cols], few, a, piece)
		minBlock(level, extremum{skip: true, largest: true}, hi[:p.cols], few, a, piece)
		for j, k := range few {
			skipped[j] += k
			if k < int64(piece.rows) {
				dst[j] = max(dst[j], math.Abs(float64(lo[j])), math.Abs(float64(hi[j])))
			}
		}
	}
}
