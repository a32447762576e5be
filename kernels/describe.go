package kernels

// What one looks at first in a table, in one pass over memory: csrc/moments.c has the
// formulas.

import (
	"math"
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// A Summary describes the numbers in a column or row, the NaN there left out.
type Summary struct {
	Count     int     // how many
	Mean, Std float64 // Std with ddof 1, as of a sample: NaN for fewer than two numbers
	Min, Max  float64 // 0 where they are −0
}

// DescribeColumns sets dst[j] to the [Summary] of column j of a, as a data frame's describe
// does. In a column without a number all but Count is math.NaN().
//
// Mean has the bits of the sum of the numbers in the tree of [SumColumns], divided by Count;
// Std those of [NaNStdColumns] with ddof 1, of which the doc comment of [VarColumns] gives
// the error. So no bit depends on threads, schedule, instruction set, layout, stride or
// alignment. An infinity makes Std NaN, and Mean infinite or, with one of each sign, NaN.
//
// It reads a once, rows·cols·(4 or 8) bytes, for 10 operations an element; matrices below
// 32768 elements are done on the caller's thread. Beside a and dst it holds at most
// cols·⌈rows/1024⌉ partial results of 56 bytes and 448 KB·log2(rows) a thread. l.Grain is
// not used. It panics where a's shape is wrong or dst is shorter than a.Cols; it writes
// dst[:a.Cols] only.
func DescribeColumns[T Float](l parfor.Loop, dst []Summary, a Matrix[T]) {
	describe(l, "DescribeColumns", dst, a)
}

// DescribeRows sets dst[i] to the [Summary] of row i of a: [DescribeColumns] of the transposed
// view.
func DescribeRows[T Float](l parfor.Loop, dst []Summary, a Matrix[T]) {
	describe(l, "DescribeRows", dst, a.Transposed())
}

func describe[T Float](l parfor.Loop, op string, dst []Summary, a Matrix[T]) {
	checkReduction(op, a, len(dst), a.Cols)
	s, m := summaries(dst[:a.Cols]), moments[T]{level: simd.Active(), what: csrc.MomentsDescribe, a: a}
	switch {
	case a.Cols == 0:
	case a.Rows == 0:
		s.none()
	case isFew(a):
		fewFloats[T]{op: csrc.FewDescribe, a: a, dst: s.words()}.run(l)
	case a.Rows*a.Cols < serialSize:
		buf := borrow(m.need())
		defer buf.giveBack()
		s.done(m.all(buf.s))
	default:
		cut(a).reduce(l, m.reduction(s.done))
	}
}

type summaries []Summary

// words is the memory of s, five words each, where an int is one.
func (s summaries) words() []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s))), csrc.FewDescribe.Words()*len(s))
}

// none writes the summaries of columns of no rows.
func (s summaries) none() {
	for j := range s {
		s[j] = summary(0, 0, 0, 0, 0)
	}
}

// done writes the summaries of p's columns.
func (s summaries) done(p part) {
	n, m2, sum := p.plane(csrc.MomentN), p.plane(csrc.MomentM2), p.plane(csrc.MomentSum)
	lo, hi := p.plane(csrc.MomentMin), p.plane(csrc.MomentMax)
	for j := range n {
		s[p.col+j] = summary(n[j], sum[j], m2[j], lo[j], hi[j])
	}
}

func summary(n, sum, m2, lo, hi float64) Summary {
	if n == 0 {
		nan := math.NaN()
		return Summary{Mean: nan, Std: nan, Min: nan, Max: nan}
	}
	return Summary{
		Count: int(n),
		Mean:  csrc.Quotient(sum, n, false),
		Std:   csrc.Quotient(m2, n-1, true),
		Min:   lo + 0, // −0 + 0 is 0
		Max:   hi + 0,
	}
}
