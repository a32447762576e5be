package kernels

// Sums of integers by columns and rows, in 64 bits that wrap, or checked.

import (
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// ErrOverflow is what the checked sums wrap: a sum does not fit into int64.
var ErrOverflow = errors.New("does not fit into int64")

// SumColumnsInt sets dst[j] to the sum of column j of a, Σ_i a[i,j], in 64 bits that wrap as
// Go's do; the sum of no rows is 0. A sum of int32 wraps from 2³² rows on only.
//
// It reads a once: rows·cols·(4 or 8) bytes and as many additions; matrices below 32768
// elements are summed on the caller's thread. Beside a and dst it holds at most
// cols·⌈rows/1024⌉ numbers of 8 bytes. Threads, schedule, instruction set and layout change
// nothing, because the order of integers does not matter. l.Grain is not used. It panics
// where a's shape is wrong or dst is shorter than a.Cols; it writes dst[:a.Cols] only, which
// must not overlap a.
func SumColumnsInt[T int32 | int64](l parfor.Loop, dst []int64, a Matrix[T]) {
	sumInts(l, "SumColumnsInt", false, dst, a)
}

// SumRowsInt sets dst[i] to the sum of row i of a: [SumColumnsInt] of the transposed view.
func SumRowsInt[T int32 | int64](l parfor.Loop, dst []int64, a Matrix[T]) {
	sumInts(l, "SumRowsInt", false, dst, a.Transposed())
}

// SumColumnsIntChecked is [SumColumnsInt] with an error where a sum does not fit into int64:
// it names the first such column and its sum, and wraps [ErrOverflow]. The true sum decides,
// not the sums on the way to it. All of dst[:a.Cols] is written, and wraps. It holds twice
// as much.
func SumColumnsIntChecked[T int32 | int64](l parfor.Loop, dst []int64, a Matrix[T]) error {
	j, sum := sumInts(l, "SumColumnsIntChecked", true, dst, a)
	if sum != nil {
		return fmt.Errorf("kernels: SumColumnsIntChecked: sum %v of column %d %w", sum, j, ErrOverflow)
	}
	return nil
}

// SumRowsIntChecked is [SumColumnsIntChecked] of the transposed view: its error names a row.
func SumRowsIntChecked[T int32 | int64](l parfor.Loop, dst []int64, a Matrix[T]) error {
	i, sum := sumInts(l, "SumRowsIntChecked", true, dst, a.Transposed())
	if sum != nil {
		return fmt.Errorf("kernels: SumRowsIntChecked: sum %v of row %d %w", sum, i, ErrOverflow)
	}
	return nil
}

// sumInts does the sums and, where they are checked, returns the first column whose sum does
// not fit, and that sum.
func sumInts[T int32 | int64](l parfor.Loop, op string, checked bool, dst []int64, a Matrix[T]) (first int, sum *big.Int) {
	checkReduction(op, a, len(dst), a.Cols)
	switch {
	case a.Cols == 0:
		return 0, nil
	case a.Rows == 0:
		clear(dst[:a.Cols])
		return 0, nil
	}
	level := simd.Active()
	if a.Rows*a.Cols < serialSize {
		buf := borrow(2 * a.Cols)
		defer buf.giveBack()
		p := whole(a, buf)
		sumIntBlock(level, ints(p.plane(0)), highHalves(checked, p), a, p)
		return finishInts(dst, checked, p)
	}
	s := intSum{checked: checked, dst: dst}
	cut(a).reduce(l, intReduction(level, &s, a))
	return s.first, s.sum
}

// An intSum takes results; mu guards the first sum that does not fit.
type intSum struct {
	checked bool
	dst     []int64
	mu      sync.Mutex
	first   int
	sum     *big.Int
}

// intReduction does a matrix that is worth a loop.
func intReduction[T int32 | int64](level simd.Level, s *intSum, a Matrix[T]) reduction {
	high := func(p part) []int64 { return highHalves(s.checked, p) }
	r := reduction{
		planes: 1,
		block:  func(p part) { sumIntBlock(level, ints(p.plane(0)), high(p), a, p) },
		merge:  func(x, y part) { addInts(ints(x.plane(0)), high(x), ints(y.plane(0)), high(y)) },
		done: func(p part) {
			first, sum := finishInts(s.dst, s.checked, p)
			s.mu.Lock()
			defer s.mu.Unlock()
			if sum != nil && (s.sum == nil || first < s.first) {
				s.first, s.sum = first, sum
			}
		},
	}
	if s.checked {
		r.planes = 2
	}
	return r
}

// highHalves is the plane with the high halves, where there is one.
func highHalves(checked bool, p part) []int64 {
	if !checked {
		return nil
	}
	return ints(p.plane(1))
}

// finishInts writes the results of p's columns, and returns the first that does not fit.
func finishInts(dst []int64, checked bool, p part) (first int, sum *big.Int) {
	lo, hi := ints(p.plane(0)), highHalves(checked, p)
	copy(dst[p.col:], lo)
	for j, h := range hi {
		dst[p.col+j] += h << 32
		if h != int64(int32(h)) && sum == nil {
			first = p.col + j
			sum = new(big.Int).Lsh(big.NewInt(h), 32)
			sum.Add(sum, big.NewInt(lo[j]))
		}
	}
	return first, sum
}

// addInts adds the sums y to x, halves to halves.
func addInts(x, hx, y, hy []int64) {
	for j, v := range y {
		x[j] += v
	}
	for j, h := range hy {
		hx[j] += h
	}
	carry(x, hx)
}

// sumIntBlock sets lo and hi to the sums of the rows of p.
func sumIntBlock[T int32 | int64](level simd.Level, lo, hi []int64, a Matrix[T], p part) {
	data, colMajor := a.from(p.row, p.col)
	k := fold(a, p)
	if k == 0 {
		csrc.IntSum(level, colMajor, p.rows, a.Stride, data, lo, hi)
		carry(lo, hi)
		return
	}
	var low, high [wideCols]int64
	n, full := k*p.cols, p.rows/k
	wide, wideHi := low[:n], high[:n]
	if hi == nil {
		wideHi = nil
	}
	csrc.IntSum(level, false, full, n, data, wide, wideHi)
	csrc.IntSum(level, false, p.rows-full*k, a.Stride, data[full*n:], lo, hi)
	carry(lo, hi)
	for w := 0; w < n; w += p.cols {
		addInts(lo, hi, wide[w:][:p.cols], wideHi[min(w, len(wideHi)):][:len(hi)])
	}
}

// carry moves what a low half has above 32 bits to the high one, so that it cannot overflow.
func carry(lo, hi []int64) {
	for j := range hi {
		hi[j] += lo[j] >> 32
		lo[j] &= 1<<32 - 1
	}
}
