package kernels

// Matrices of few rows: csrc/few.c makes their results in one pass, without partial results.

import (
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

const streamBytes = 1 << 25 // of results that no cache is expected to hold

// isFew reports whether a has few rows.
func isFew[T Number](a Matrix[T]) bool { return a.Rows > 0 && a.Rows <= csrc.FewRows }

// fewRuns calls body for the columns col … end of a, which has few rows, a run after the other.
func fewRuns[T Number](l parfor.Loop, a Matrix[T], body func(col, end int)) {
	wide := cut(a).cols
	forRuns(l, ceilDiv(a.Cols, wide), func(first, end int) { body(first*wide, min(end*wide, a.Cols)) })
}

// fewFloats is a statistic of T that comes to numbers of 64 bits; skipped may be nil.
type fewFloats[T Float] struct {
	level   simd.Level
	op      csrc.FewOp
	skip    bool
	ddof    int
	a       Matrix[T]
	dst     []float64
	skipped []int
}

// run calls columns by name where there is no loop, so that nothing is allocated. So does the other
// run below: one generic function for both took 7 to 10 ns more of 100 at 8×8.
func (f fewFloats[T]) run(l parfor.Loop) {
	f.level = simd.Active()
	if f.a.Rows*f.a.Cols < serialSize {
		f.columns(0, f.a.Cols)
		return
	}
	fewRuns(l, f.a, f.columns)
}

func (f fewFloats[T]) columns(col, end int) {
	data, colMajor := f.a.from(0, col)
	words := f.op.Words()
	stream := f.a.Cols*words*8 >= streamBytes
	csrc.FewFloats(f.level, f.op, f.skip, colMajor, f.a.Rows, end-col, f.a.Stride, data, f.ddof, stream, f.dst[words*col:words*end], between(f.skipped, col, end))
}

// fewExtremes are extremes of few rows or, where rows is not nil, the rows in which they stand.
type fewExtremes[T Number] struct {
	level         simd.Level
	extremum      extremum
	a             Matrix[T]
	dst           []T
	rows, skipped []int
}

func (f fewExtremes[T]) run(l parfor.Loop) {
	f.level = simd.Active()
	if f.a.Rows*f.a.Cols < serialSize {
		f.columns(0, f.a.Cols)
		return
	}
	fewRuns(l, f.a, f.columns)
}

func (f fewExtremes[T]) columns(col, end int) {
	data, colMajor := f.a.from(0, col)
	e, skipped := f.extremum, between(f.skipped, col, end)
	if f.rows != nil {
		stream := f.a.Cols*8 >= streamBytes
		csrc.FewArgMin(f.level, colMajor, f.a.Rows, f.a.Stride, data, stream, e.largest, e.skip, f.rows[col:end], skipped)
		return
	}
	stream := f.a.Cols*int(unsafe.Sizeof(T(0))) >= streamBytes
	csrc.FewMin(f.level, colMajor, f.a.Rows, f.a.Stride, data, stream, e.largest, e.skip, f.dst[col:end], skipped)
}

// between is s[col:end] of what may be nil.
func between(s []int, col, end int) []int {
	if s == nil {
		return nil
	}
	return s[col:end]
}
