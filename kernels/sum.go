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
	checkReduction("SumColumns", a, len(dst), a.Cols)
	sums[T]{a: a, op: csrc.Sum, dst: dst[:a.Cols]}.run(l)
}

// SumRows sets dst[i] to the sum of row i of a, Σ_j a[i,j]: it is [SumColumns] of the
// transposed view.
func SumRows[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	checkReduction("SumRows", a, len(dst), a.Rows)
	sums[T]{a: a.Transposed(), op: csrc.Sum, dst: dst[:a.Rows]}.run(l)
}

// NaNSumColumns is [SumColumns] without the NaN in a: dst[j] is the sum of the numbers in
// column j, 0 where there are none, and skipped[j] says how many NaN there are beside them.
// skipped may be nil; else it is at least as long as a has columns, or the call panics. It
// holds twice the partial sums of SumColumns.
func NaNSumColumns[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
	checkReduction("NaNSumColumns", a, len(dst), a.Cols)
	checkSkipped("NaNSumColumns", skipped, a.Cols)
	sums[T]{a: a, op: csrc.NaNSum, dst: dst[:a.Cols], skipped: skipped, finish: nanSums}.run(l)
}

// NaNSumRows is [NaNSumColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNSumRows[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
	checkReduction("NaNSumRows", a, len(dst), a.Rows)
	checkSkipped("NaNSumRows", skipped, a.Rows)
	sums[T]{a: a.Transposed(), op: csrc.NaNSum, dst: dst[:a.Rows], skipped: skipped, finish: nanSums}.run(l)
}

// nanSums makes the sums of nothing 0.
func nanSums(dst, skipped []float64, _, rows int) {
	for j, n := range skipped {
		if n == float64(rows) {
			dst[j] = 0
		}
	}
}

// checkReduction panics on misuse of op with a matrix a and a dst of have elements, which
// needs need.
func checkReduction[T Number](op string, a Matrix[T], have, need int) {
	bad := a.Misuse()
	if bad == "" && have < need {
		bad = shortDst
	}
	if bad != "" {
		panic("kernels: " + op + ": " + bad)
	}
}

func checkSkipped(op string, skipped []int, need int) {
	if skipped != nil && len(skipped) < need {
		panic("kernels: " + op + ": " + shortSkipped)
	}
}

// A sums is one of the functions that add up columns: what is added of which matrix, and
// where the results go.
type sums[T Float] struct {
	a       Matrix[T]
	op      csrc.SumOp
	dst     []float64
	skipped []int // for the numbers of NaN; may be nil
	mean    bool  // of sums and sums without NaN, as finish knows too
	// finish makes results of the sums in dst, which are of the columns from col on and of
	// so many rows. skipped is how many NaN were skipped, nil where op is csrc.Sum.
	finish func(dst, skipped []float64, col, rows int)
}

func (s sums[T]) run(l parfor.Loop) {
	level := simd.Active() // here, where its panic belongs to the caller
	switch rows, cols := s.a.Rows, s.a.Cols; {
	case cols == 0:
	case isFew(s.a):
		op := csrc.FewSum
		if s.mean {
			op = csrc.FewMean
		}
		fewFloats[T]{op: op, skip: s.op == csrc.NaNSum, a: s.a, dst: s.dst, skipped: s.skipped}.run(l)
	case rows == 0 || rows*cols < serialSize:
		s.serial(level)
	default:
		b := cut(s.a)
		if b.one() && l.Progress == nil && l.Trace == nil {
			s.serial(level) // without what a loop costs: 0.4 of 10 µs for 1 MB
			return
		}
		b.reduce(l, s.reduction(level))
	}
}

// reduction does a matrix that is worth a loop.
func (s sums[T]) reduction(level simd.Level) reduction {
	r := reduction{
		planes: 1,
		into:   s.dst,
		block:  func(p part) { s.block(level, p) },
		merge:  s.merge,
		done:   s.done,
	}
	if s.op != csrc.Sum {
		r.planes = 2
	}
	return r
}

// serial does a small matrix at once; the planes of its part are dst and scratch.
func (s sums[T]) serial(level simd.Level) {
	p := part{rows: s.a.Rows, cols: s.a.Cols, numbers: s.dst}
	if s.op != csrc.Sum {
		buf := borrow(2 * p.cols)
		defer buf.giveBack()
		p.numbers, p.stride = buf.s, p.cols
	}
	if p.rows == 0 {
		clear(p.numbers)
	} else {
		s.block(level, p)
	}
	if s.op != csrc.Sum {
		copy(s.dst, p.plane(0))
	}
	s.done(p)
}

// block sets p's planes to what its rows come to.
func (s sums[T]) block(level simd.Level, p part) {
	dst, skipped := p.plane(0), []float64(nil)
	if s.op != csrc.Sum {
		skipped = p.plane(1)
	}
	data, colMajor := s.a.from(p.row, p.col)
	if colMajor {
		csrc.SumColMajor(level, s.op, p.rows, s.a.Stride, data, dst, skipped)
		return
	}
	need := csrc.SumScratch(p.rows, p.cols)
	var small [512]float64
	levels := small[:]
	if need > len(small) {
		buf := borrow(need)
		defer buf.giveBack()
		levels = buf.s
	}
	csrc.SumRowMajor(level, s.op, p.rows, s.a.Stride, data, levels[:need], dst, skipped)
}

func (s sums[T]) merge(x, y part) {
	dst := x.plane(0)
	for j, v := range y.plane(0) {
		if dst[j] += v; dst[j] != dst[j] {
			dst[j] = math.NaN() // one NaN, whatever the hardware made
		}
	}
	if s.op != csrc.Sum {
		skipped := x.plane(1)
		for j, n := range y.plane(1) {
			skipped[j] += n
		}
	}
}

// done finishes the sums that stand in dst.
func (s sums[T]) done(p part) {
	var skipped []float64
	if s.op != csrc.Sum {
		skipped = p.plane(1)
	}
	if s.skipped != nil {
		for j, n := range skipped {
			s.skipped[p.col+j] = int(n)
		}
	}
	if s.finish != nil {
		s.finish(s.dst[p.col:][:p.cols], skipped, p.col, p.rows)
	}
}
