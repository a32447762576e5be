package kernels

// Minima and maxima of columns and rows, and where they stand: the rules of csrc/minmax.c,
// under which the minimum is associative, so that a matrix may be cut in any way.

import (
	"math"
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// MinColumns sets dst[j] to the minimum of column j of a. A column with a NaN has the minimum
// math.NaN(), and −0 is less than 0, so that the bits depend on neither threads, schedule,
// instruction set, layout nor alignment.
//
// It reads a once: rows·cols·(4 or 8) bytes and as many comparisons; matrices below 32768
// elements are done on the caller's thread. Beside a and dst it holds at most
// cols·⌈rows/1024⌉ numbers of 8 bytes. l.Grain is not used. It panics where a's shape is
// wrong, dst is shorter than a.Cols, or a has columns but no rows: nothing has no minimum. It
// writes dst[:a.Cols] only, which must not overlap a.
func MinColumns[T Number](l parfor.Loop, dst []T, a Matrix[T]) {
	extremes(l, extremum{op: "MinColumns"}, dst, nil, a)
}

// MinRows sets dst[i] to the minimum of row i of a: [MinColumns] of the transposed view.
func MinRows[T Number](l parfor.Loop, dst []T, a Matrix[T]) {
	extremes(l, extremum{op: "MinRows"}, dst, nil, a.Transposed())
}

// MaxColumns sets dst[j] to the maximum of column j of a, as [MinColumns] does the minimum: a
// NaN wins, and 0 is greater than −0.
func MaxColumns[T Number](l parfor.Loop, dst []T, a Matrix[T]) {
	extremes(l, extremum{op: "MaxColumns", largest: true}, dst, nil, a)
}

// MaxRows sets dst[i] to the maximum of row i of a: [MaxColumns] of the transposed view.
func MaxRows[T Number](l parfor.Loop, dst []T, a Matrix[T]) {
	extremes(l, extremum{op: "MaxRows", largest: true}, dst, nil, a.Transposed())
}

// NaNMinColumns is [MinColumns] without the NaN in a: dst[j] is the minimum of the numbers in
// column j, and skipped[j] says how many NaN there are beside them. Where there is nothing
// else, dst[j] is math.NaN() and skipped[j] is a.Rows. skipped may be nil; else it is at least
// as long as a has columns, or the call panics. It holds twice as much.
func NaNMinColumns[T Float](l parfor.Loop, dst []T, skipped []int, a Matrix[T]) {
	extremes(l, extremum{op: "NaNMinColumns", skip: true}, dst, skipped, a)
}

// NaNMinRows is [NaNMinColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNMinRows[T Float](l parfor.Loop, dst []T, skipped []int, a Matrix[T]) {
	extremes(l, extremum{op: "NaNMinRows", skip: true}, dst, skipped, a.Transposed())
}

// NaNMaxColumns is [MaxColumns] without the NaN in a, as [NaNMinColumns] is [MinColumns].
func NaNMaxColumns[T Float](l parfor.Loop, dst []T, skipped []int, a Matrix[T]) {
	extremes(l, extremum{op: "NaNMaxColumns", largest: true, skip: true}, dst, skipped, a)
}

// NaNMaxRows is [NaNMaxColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNMaxRows[T Float](l parfor.Loop, dst []T, skipped []int, a Matrix[T]) {
	extremes(l, extremum{op: "NaNMaxRows", largest: true, skip: true}, dst, skipped, a.Transposed())
}

// ArgMinColumns sets dst[j] to the first row in which column j of a has its minimum: the first
// NaN where there is one, and of 0 and −0, which are equal here, the first, as NumPy's argmin
// does. Cost, bits and panics are those of [MinColumns]; it holds twice as much.
func ArgMinColumns[T Number](l parfor.Loop, dst []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "ArgMinColumns"}, dst, nil, a)
}

// ArgMinRows sets dst[i] to the first column in which row i of a has its minimum:
// [ArgMinColumns] of the transposed view.
func ArgMinRows[T Number](l parfor.Loop, dst []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "ArgMinRows"}, dst, nil, a.Transposed())
}

// ArgMaxColumns sets dst[j] to the first row in which column j of a has its maximum, as
// [ArgMinColumns] does for the minimum.
func ArgMaxColumns[T Number](l parfor.Loop, dst []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "ArgMaxColumns", largest: true}, dst, nil, a)
}

// ArgMaxRows sets dst[i] to the first column in which row i of a has its maximum:
// [ArgMaxColumns] of the transposed view.
func ArgMaxRows[T Number](l parfor.Loop, dst []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "ArgMaxRows", largest: true}, dst, nil, a.Transposed())
}

// NaNArgMinColumns is [ArgMinColumns] without the NaN in a: skipped[j] says how many there are
// in column j. Where there is nothing else, dst[j] is −1 and skipped[j] is a.Rows. skipped may
// be nil; else it is at least as long as a has columns, or the call panics. It holds three
// numbers where [MinColumns] holds one.
func NaNArgMinColumns[T Float](l parfor.Loop, dst, skipped []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "NaNArgMinColumns", skip: true}, dst, skipped, a)
}

// NaNArgMinRows is [NaNArgMinColumns] of the transposed view: dst[i], a column, and skipped[i]
// are of row i.
func NaNArgMinRows[T Float](l parfor.Loop, dst, skipped []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "NaNArgMinRows", skip: true}, dst, skipped, a.Transposed())
}

// NaNArgMaxColumns is [ArgMaxColumns] without the NaN in a, as [NaNArgMinColumns] is
// [ArgMinColumns].
func NaNArgMaxColumns[T Float](l parfor.Loop, dst, skipped []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "NaNArgMaxColumns", largest: true, skip: true}, dst, skipped, a)
}

// NaNArgMaxRows is [NaNArgMaxColumns] of the transposed view: dst[i], a column, and skipped[i]
// are of row i.
func NaNArgMaxRows[T Float](l parfor.Loop, dst, skipped []int, a Matrix[T]) {
	argExtremes(l, extremum{op: "NaNArgMaxRows", largest: true, skip: true}, dst, skipped, a.Transposed())
}

// An extremum says which of the functions above is at work.
type extremum struct {
	op            string
	largest, skip bool
}

// nothing is what a minimum panics with where it has nothing to be of.
const nothing = "minimum or maximum of nothing"

// check panics on misuse of op on the columns of a, the result of which has n places.
func (e extremum) check(bad string, rows, cols, n int) {
	switch {
	case bad != "":
	case n < cols:
		bad = shortDst
	case rows == 0 && cols > 0:
		bad = nothing
	default:
		return
	}
	panic("kernels: " + e.op + ": " + bad)
}

func extremes[T Number](l parfor.Loop, e extremum, dst []T, skipped []int, a Matrix[T]) {
	e.check(a.Misuse(), a.Rows, a.Cols, len(dst))
	checkSkipped(e.op, skipped, a.Cols)
	if a.Cols == 0 {
		return
	}
	if isFew(a) {
		fewExtremes[T]{extremum: e, a: a, dst: dst, skipped: skipped}.run(l)
		return
	}
	level := simd.Active()
	if a.Rows*a.Cols < serialSize {
		buf := borrow(2 * a.Cols)
		defer buf.giveBack()
		p := whole(a, buf)
		minPart(level, e, a, p)
		minDone(e, dst, skipped, p)
		return
	}
	cut(a).reduce(l, minReduction(level, e, dst, skipped, a))
}

// minReduction does a matrix that is worth a loop.
func minReduction[T Number](level simd.Level, e extremum, dst []T, skipped []int, a Matrix[T]) reduction {
	r := reduction{
		planes: 1,
		block:  func(p part) { minPart(level, e, a, p) },
		merge: func(x, y part) {
			if isInt64[T]() {
				mergeMin(e, ints(x.plane(0)), nil, ints(y.plane(0)), nil)
			} else {
				mergeMin(e, x.plane(0), e.counts(x), y.plane(0), e.counts(y))
			}
		},
		done: func(p part) { minDone(e, dst, skipped, p) },
	}
	if e.skip {
		r.planes = 2
	}
	return r
}

// counts is the plane with the numbers of NaN, if there is one.
func (e extremum) counts(p part) []int64 {
	if !e.skip {
		return nil
	}
	return ints(p.plane(1))
}

// minDone writes the result of p's columns.
func minDone[T Number](e extremum, dst []T, skipped []int, p part) {
	dst = dst[p.col:][:p.cols]
	if isInt64[T]() {
		copy(dst, numbers[T](p.plane(0)))
	} else {
		for j, v := range p.plane(0) {
			dst[j] = T(v)
		}
	}
	for j, n := range e.counts(p) {
		if n == int64(p.rows) {
			dst[j] = T(math.NaN())
		}
		if skipped != nil {
			skipped[p.col+j] = int(n)
		}
	}
	for j, v := range dst {
		if v != v {
			dst[j] = T(math.NaN()) // one NaN, whatever the hardware made
		}
	}
}

func argExtremes[T Number](l parfor.Loop, e extremum, dst, skipped []int, a Matrix[T]) {
	e.check(a.Misuse(), a.Rows, a.Cols, len(dst))
	checkSkipped(e.op, skipped, a.Cols)
	if a.Cols == 0 {
		return
	}
	if isFew(a) {
		fewExtremes[T]{extremum: e, a: a, rows: dst, skipped: skipped}.run(l)
		return
	}
	planes := 2
	if e.skip {
		planes = 3
	}
	level := simd.Active()
	if a.Rows*a.Cols < serialSize {
		buf := borrow(planes * a.Cols)
		defer buf.giveBack()
		p := whole(a, buf)
		argPart(level, e, a, p)
		argDone(dst, skipped, p)
		return
	}
	cut(a).reduce(l, reduction{
		planes: planes,
		block:  func(p part) { argPart(level, e, a, p) },
		merge: func(x, y part) {
			if isInt64[T]() {
				mergeArg(e, ints(x.plane(0)), ints(x.plane(1)), ints(y.plane(0)), ints(y.plane(1)))
			} else {
				mergeArg(e, x.plane(0), ints(x.plane(1)), y.plane(0), ints(y.plane(1)))
			}
			if e.skip {
				addCounts(ints(x.plane(2)), ints(y.plane(2)))
			}
		},
		done: func(p part) { argDone(dst, skipped, p) },
	})
}

// argDone writes the result of p's columns.
func argDone(dst, skipped []int, p part) {
	for j, i := range ints(p.plane(1)) {
		dst[p.col+j] = int(i)
	}
	if skipped != nil {
		for j, n := range ints(p.plane(2)) {
			skipped[p.col+j] = int(n)
		}
	}
}

// whole is the part that is all of a, in the memory of buf.
func whole[T Number](a Matrix[T], buf *buffer) part {
	return part{rows: a.Rows, cols: a.Cols, numbers: buf.s, stride: a.Cols}
}

// Plane 0 of a part has the values: as they are where they are int64, else as float64,
// which holds the other types exactly.
func isInt64[T Number]() bool { return unsafe.Sizeof(T(0)) == 8 && T(1)/2 == 0 }

// minPart sets p's planes to what its rows come to.
func minPart[T Number](level simd.Level, e extremum, a Matrix[T], p part) {
	data, colMajor := a.from(p.row, p.col)
	csrc.Min(level, colMajor, p.rows, a.Stride, data, e.largest, e.skip, numbers[T](p.plane(0)), e.counts(p))
	spread[T](p.plane(0))
}

// argPart is minPart with rows in plane 1 and, where NaN are skipped, their numbers in plane 2.
func argPart[T Number](level simd.Level, e extremum, a Matrix[T], p part) {
	data, colMajor := a.from(p.row, p.col)
	index, nans := ints(p.plane(1)), []int64(nil)
	if e.skip {
		nans = ints(p.plane(2))
	}
	csrc.ArgMin(level, colMajor, p.rows, a.Stride, data, e.largest, e.skip, numbers[T](p.plane(0)), index, nans)
	for j, i := range index {
		if i >= 0 {
			index[j] = i + int64(p.row)
		}
	}
	spread[T](p.plane(0))
}

func addCounts(x, y []int64) {
	for j, n := range y {
		x[j] += n
	}
}

// numbers is the memory of s as that many numbers of T, packed.
func numbers[T Number](s []float64) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// spread makes packed numbers of half the size float64, in place, from the last.
func spread[T Number](s []float64) {
	if unsafe.Sizeof(T(0)) == unsafe.Sizeof(s[0]) {
		return
	}
	packed := numbers[T](s)
	for j := len(s) - 1; j >= 0; j-- {
		s[j] = float64(packed[j])
	}
}

// mergeMin takes y, and the NaN counted beside it, into x.
func mergeMin[T Number](e extremum, x []T, nx []int64, y []T, ny []int64) {
	for j, v := range y {
		if e.largest {
			x[j] = max(x[j], v)
		} else {
			x[j] = min(x[j], v)
		}
	}
	addCounts(nx, ny)
}

// mergeArg takes y and its rows iy into x and its rows ix.
func mergeArg[T Number](e extremum, x []T, ix []int64, y []T, iy []int64) {
	for j, v := range y {
		b := x[j]
		better, tie := v < b, v == b || v != v && b != b
		if e.largest {
			better = v > b
		}
		if (v != v) != (b != b) {
			better = (v != v) != e.skip
		}
		if better || tie && iy[j] < ix[j] {
			x[j], ix[j] = v, iy[j]
		}
	}
}
