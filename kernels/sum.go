package kernels

import (
	"math"
	"sync"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// How column sums are split. None of these can change a bit of the result: blocks of
// rows begin at multiples of a power of two of leaves, and are combined as the tree does.
const (
	sumBlock = 1 << 18 // elements, about, of one task
	sumTile  = 8192    // columns at most side by side: 64 KB of partial sums stay in L2
	sumRows  = 1024    // rows at least in a task, so that few partial sums are written
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
	dst = dst[:a.Cols]
	switch {
	case a.Cols == 0:
		return
	case a.Rows == 0:
		clear(dst)
		return
	case a.Rows*a.Cols < serialSize:
		sumBlockInto(simd.Active(), dst, a, 0, a.Rows, 0)
	default:
		sumBlocks(l, dst, a)
	}
	for j, s := range dst {
		if s != s {
			dst[j] = math.NaN() // one NaN, whatever the hardware made
		}
	}
}

// sumBlocks sums blocks of rows × tiles of columns in parallel, then the partial sums of
// each column in the tree's order. The split depends on the shape alone.
func sumBlocks[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	level := simd.Active() // here, where its panic belongs to the caller
	rows, cols := blockShape(a)
	down, across := ceilDiv(a.Rows, rows), ceilDiv(a.Cols, cols)
	partial := dst
	if down > 1 {
		buf := borrow(down * a.Cols)
		defer buf.giveBack()
		partial = buf.s
	}
	l.Grain = 0
	l.For(down*across, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			i, j := task/across*rows, task%across*cols
			n := min(cols, a.Cols-j)
			sumBlockInto(level, partial[task/across*a.Cols+j:][:n], a, i, min(rows, a.Rows-i), j)
		}
	})
	for step := 1; step < down; step *= 2 {
		for b := 0; b+step < down; b += 2 * step {
			x, y := partial[b*a.Cols:][:a.Cols], partial[(b+step)*a.Cols:][:a.Cols]
			for j := range x {
				x[j] += y[j]
			}
		}
	}
	copy(dst, partial)
}

// blockShape is how many rows and columns a task has: some columns, or rows of up to
// sumTile columns, of about sumBlock elements, but at least sumRows rows.
func blockShape[T Float](a Matrix[T]) (rows, cols int) {
	if a.Layout == ColMajor {
		cols = min(max(sumBlock/a.Rows/8*8, 8), a.Cols) // the kernel takes eight at once
	} else {
		tiles := ceilDiv(a.Cols, sumTile)
		cols = min(ceilDiv(ceilDiv(a.Cols, tiles), 8)*8, a.Cols) // even tiles of whole cache lines
	}
	for rows = sumRows; rows < a.Rows && rows*cols < sumBlock; {
		rows *= 2
	}
	return rows, cols
}

// sumBlockInto sums rows i…i+rows of the columns from j on, as many as dst has.
func sumBlockInto[T Float](level simd.Level, dst []float64, a Matrix[T], i, rows, j int) {
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

// A buffer is scratch that is kept between calls, so that no call pays for its pages.
type buffer struct{ s []float64 }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func borrow(n int) *buffer {
	b := buffers.Get().(*buffer)
	if cap(b.s) < n {
		b.s = make([]float64, n)
	}
	b.s = b.s[:n]
	return b
}

func (b *buffer) giveBack() { buffers.Put(b) }
