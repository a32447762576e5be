package kernels

// Sums for those who need more than the tree of csrc/sum.c: with the rounding errors carried
// along, or exact and rounded once.

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// SumAccurate returns Σ x[i] with the rounding error of every addition carried along in a
// second sum: Ogita, Rump and Oishi's Sum2 ("Accurate sum and dot product", 2005) on the
// tree of [SumColumns]. With u = 2⁻⁵³ its error is at most
//
//	u·|Σ x| + (130 + 2·log2(len(x)))²·u²·Σ|x|
//
// which is at most twice that of a sum rounded once, for any len(x), where |Σ x| is at least
// 2⁻³⁷·Σ|x|. NaN and Inf follow IEEE 754; where a sum on the way overflows the result is ±Inf
// or NaN, which [SumExact] spares. The sum of nothing is 0, and −0 that of −0 alone.
//
// It costs 7 flops an element and reads x once; out of memory it takes about 1.2 times as
// long as the plain sum on one thread, and as long on several. The bits depend on len(x) and
// x alone. Beside x it holds 16 bytes for each 2¹⁸ elements. l.Grain is not used.
func SumAccurate[T Float](l parfor.Loop, x []T) float64 {
	sum := borrow(1) // on the stack it would be allocated
	defer sum.giveBack()
	sumAccurate(l, "SumAccurate", sum.s, NewColMajor(len(x), 1, x))
	return sum.s[0]
}

// SumAccurateColumns sets dst[j] to the sum of column j of a, with the bits that
// [SumAccurate] gives for that column, whatever the layout. Beside a and dst it holds at most
// cols·⌈rows/1024⌉ numbers of 16 bytes, and 128 KB·log2(rows) a thread. It panics where a's
// shape is wrong or dst is shorter than a.Cols; it writes dst[:a.Cols] only, which must not
// overlap a.
func SumAccurateColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	sumAccurate(l, "SumAccurateColumns", dst, a)
}

// SumAccurateRows sets dst[i] to the sum of row i of a: [SumAccurateColumns] of the
// transposed view.
func SumAccurateRows[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	sumAccurate(l, "SumAccurateRows", dst, a.Transposed())
}

// SumExact returns Σ x[i] correctly rounded: the double nearest to the true sum, of two the
// even one, which is at most u·|Σ x| away (u = 2⁻⁵³). So it depends on no order: every
// permutation of x has the same sum. It overflows only if the true sum does. A NaN, or Inf of
// both signs, makes the sum math.NaN(); Inf of one sign makes it that. A sum of 0 is +0, but
// −0 for −0 alone; the sum of nothing is 0.
//
// Blocks are split into parts whose sums are exact (Rump, Ogita and Oishi, "Accurate
// floating-point summation part I", 2008), which go to a superaccumulator (Neal, "Fast exact
// summation using small and large superaccumulators", 2015). It reads x once and costs about
// 0.3 ns an element in cache, and 2 ns where neighbouring numbers differ by more than 2³².
// Beside x it holds 552 bytes for each 2¹⁸ elements. l.Grain is not used.
func SumExact[T Float](l parfor.Loop, x []T) float64 {
	sum := borrow(1) // on the stack it would be allocated
	defer sum.giveBack()
	sumExact(l, "SumExact", sum.s, NewColMajor(len(x), 1, x))
	return sum.s[0]
}

// SumExactColumns sets dst[j] to the correctly rounded sum of column j of a: see [SumExact].
// Each column costs about 0.1 µs beside its elements. Beside a and dst it holds 552 bytes for
// each column and 8192 rows. It panics where a's shape is wrong or dst is shorter than
// a.Cols; it writes dst[:a.Cols] only, which must not overlap a.
func SumExactColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	sumExact(l, "SumExactColumns", dst, a)
}

// SumExactRows sets dst[i] to the correctly rounded sum of row i of a: [SumExactColumns] of
// the transposed view.
func SumExactRows[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	sumExact(l, "SumExactRows", dst, a.Transposed())
}

// checkSum panics on misuse of op, and reports whether that was all: there is no column, or
// no row, whose sum is 0.
func checkSum[T Number](op string, dst []float64, a Matrix[T]) (done bool) {
	checkReduction(op, a, len(dst), a.Cols)
	if a.Rows == 0 {
		clear(dst[:a.Cols])
	}
	return a.Rows == 0 || a.Cols == 0
}

func sumAccurate[T Float](l parfor.Loop, op string, dst []float64, a Matrix[T]) {
	if checkSum(op, dst, a) {
		return
	}
	level := simd.Active()
	if a.Rows*a.Cols < serialSize {
		buf := borrow(2 * a.Cols)
		defer buf.giveBack()
		p := whole(a, buf)
		accurateBlock(level, a, p)
		accurateDone(dst, p)
		return
	}
	cut(a).reduce(l, reduction{
		planes: 2,
		block:  func(p part) { accurateBlock(level, a, p) },
		merge: func(x, y part) {
			s, c, c2 := x.plane(0), x.plane(1), y.plane(1)
			for j, s2 := range y.plane(0) {
				s[j], c[j] = csrc.AccurateMerge(s[j], c[j], s2, c2[j])
			}
		},
		done: func(p part) { accurateDone(dst, p) },
	})
}

// accurateBlock sets p's planes to the sums of its rows and what their rounding left out.
func accurateBlock[T Float](level simd.Level, a Matrix[T], p part) {
	data, colMajor := a.from(p.row, p.col)
	var levels []float64
	if !colMajor {
		buf := borrow(2 * csrc.SumLevels(p.rows) * p.cols)
		defer buf.giveBack()
		levels = buf.s
	}
	csrc.AccurateSum(level, colMajor, p.rows, a.Stride, data, levels, p.plane(0), p.plane(1))
}

// accurateDone adds the two planes, where the second says anything.
func accurateDone(dst []float64, p part) {
	c := p.plane(1)
	for j, s := range p.plane(0) {
		switch {
		case s != s:
			s = math.NaN()
		case c[j] != 0 && c[j]-c[j] == 0: // else −0 would be lost, or Inf
			s += c[j]
		}
		dst[p.col+j] = s
	}
}

// exactBlocks is the cut for accumulators of 552 bytes a column: more rows, fewer columns.
func exactBlocks[T Number](a Matrix[T]) blocks {
	const rows, cols = 8192, 512
	b := cut(a)
	b.cols = min(b.cols, cols)
	b.rows = max(b.rows, rows)
	for b.rows < a.Rows && b.rows*b.cols < blockSize {
		b.rows *= 2
	}
	return b
}

func sumExact[T Float](l parfor.Loop, op string, dst []float64, a Matrix[T]) {
	if checkSum(op, dst, a) {
		return
	}
	level := simd.Active()
	if a.Rows*a.Cols < serialSize && a.Cols <= 512 {
		buf := borrow(csrc.ExactChunks * a.Cols)
		defer buf.giveBack()
		p := whole(a, buf)
		exactBlock(level, a, p)
		exactDone(dst, a, p)
		return
	}
	exactBlocks(a).reduce(l, reduction{
		planes: csrc.ExactChunks,
		block:  func(p part) { exactBlock(level, a, p) },
		merge: func(x, y part) {
			for j := range x.cols { // or they might overflow where there are very many
				csrc.ExactCarry(ints(x.numbers[j:]), x.stride)
				csrc.ExactCarry(ints(y.numbers[j:]), y.stride)
			}
			mergeExact(x, y)
		},
		done: func(p part) { exactDone(dst, a, p) },
	})
}

// exactBlock sets p's planes, the chunks of a superaccumulator a column, to the sums of its
// rows.
func exactBlock[T Float](level simd.Level, a Matrix[T], p part) {
	const rowsOfOne = 8 // of a narrow matrix, so that every vector of it is full
	for k := range csrc.ExactChunks {
		clear(p.plane(k))
	}
	data, colMajor := a.from(p.row, p.col)
	full := p.rows / rowsOfOne
	if fold(a, p) == 0 {
		full = 0
	} else {
		n := rowsOfOne * p.cols
		buf := borrow(csrc.ExactChunks * n)
		defer buf.giveBack()
		clear(buf.s)
		csrc.ExactSum(level, false, full, n, n, data, ints(buf.s), n)
		wide := part{rows: full, cols: n, numbers: buf.s, stride: n}
		for w := 0; w < n; w += p.cols {
			mergeExact(p, wide.columns(w, p.cols))
		}
		data = data[full*n:]
	}
	if rest := p.rows - full*rowsOfOne; rest > 0 {
		csrc.ExactSum(level, colMajor, rest, p.cols, a.Stride, data, ints(p.numbers), p.stride)
	}
}

// mergeExact adds the chunks of y to those of x; the last one has bits.
func mergeExact(x, y part) {
	for k := range csrc.ExactChunks {
		to := ints(x.plane(k))
		for j, v := range ints(y.plane(k)) {
			if k == csrc.ExactChunks-1 {
				to[j] |= v
			} else {
				to[j] += v
			}
		}
	}
}

// exactDone rounds the sums of p's columns.
func exactDone[T Float](dst []float64, a Matrix[T], p part) {
	for j := range p.cols {
		s := csrc.ExactValue(ints(p.numbers[j:]), p.stride)
		if s == 0 && allNegZero(a, p.col+j) {
			s = math.Copysign(0, -1)
		}
		dst[p.col+j] = s
	}
}

// allNegZero reports whether column j has nothing but −0: the first other element ends it.
func allNegZero[T Float](a Matrix[T], j int) bool {
	for i := range a.Rows {
		data, _ := a.from(i, j)
		if v := float64(data[0]); v != 0 || !math.Signbit(v) {
			return false
		}
	}
	return true
}
