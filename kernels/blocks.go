package kernels

// How every reduction over the rows of each column is shared: a matrix is cut into blocks
// of rows × columns, a kernel brings each block down to a few numbers for each of its
// columns, and the blocks above each other are merged in the order of the tree of
// csrc/sum.c. The cut depends on the shape alone, and blocks of rows begin at multiples of
// 128·2^k, where that tree has a node, so that threads and schedules change no bit.

import (
	"sync"
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
)

const (
	blockSize  = 1 << 18 // elements, about, of one task
	blockRows  = 1024    // rows at least in a task, so that few partial results are written
	blockTile  = 8192    // columns at most side by side where there are more rows than a leaf
	mergeTile  = 1024    // columns of one task where blocks are merged
	pageOfPool = 512     // numbers: what is borrowed is rounded up to pages of 4 KB
)

// blocks is the cut of a matrix into blocks of rows × cols, the last of each possibly
// smaller.
type blocks struct {
	totalRows, totalCols int
	rows, cols           int
}

// cut returns the blocks of a, which is not empty.
func cut[T Number](a Matrix[T]) blocks {
	b := blocks{totalRows: a.Rows, totalCols: a.Cols}
	wide := max(blockSize/a.Rows/8*8, 8) // columns enough for one task
	switch {
	case a.Layout == ColMajor || a.Rows <= csrc.SumLeaf:
		b.cols = min(wide, a.Cols)
	default:
		tiles := ceilDiv(a.Cols, blockTile)
		b.cols = min(ceilDiv(ceilDiv(a.Cols, tiles), 8)*8, a.Cols) // even tiles of whole cache lines
	}
	for b.rows = blockRows; b.rows < a.Rows && b.rows*b.cols < blockSize; {
		b.rows *= 2
	}
	return b
}

// A part is what the rows row…row+rows of the columns col…col+cols have come to: planes of
// one number a column.
type part struct {
	row, rows, col, cols int
	numbers              []float64
	stride               int // from plane to plane
}

// plane returns number k of each column.
func (p part) plane(k int) []float64 { return p.numbers[k*p.stride:][:p.cols:p.cols] }

// ints is the same memory as integers of 64 bits.
func ints(s []float64) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// columns is p's columns col…col+cols.
func (p part) columns(col, cols int) part {
	p.numbers = p.numbers[col-p.col:]
	p.col, p.cols = col, cols
	return p
}

// A reduction brings the rows of each column down to a few numbers. Its functions run on
// any thread, at once for different parts.
type reduction struct {
	planes int             // how many numbers
	block  func(p part)    // sets p's planes to what its rows come to
	merge  func(x, y part) // sets x's planes to what the rows of x and those of y, which follow, come to
	done   func(p part)    // takes the result of all rows of p's columns; may be nil
	into   []float64       // gets plane 0 of the result; may be nil
}

// reduce runs r on all blocks. l.Grain is not used. It borrows planes × columns numbers
// for each row of blocks or, where there is one such row, planes × one tile a thread.
func (b blocks) reduce(l parfor.Loop, r reduction) {
	l.Grain = 0
	down, across := ceilDiv(b.totalRows, b.rows), ceilDiv(b.totalCols, b.cols)
	if down == 1 {
		l.For(across, func(lo, hi int) { b.reduceTiles(lo, hi, r) })
		return
	}
	buf := borrow(down * r.planes * b.totalCols)
	defer buf.giveBack()
	rowOf := func(i int) part { // the part of all columns of a row of blocks
		return part{
			row: i * b.rows, rows: min(b.rows, b.totalRows-i*b.rows), cols: b.totalCols,
			numbers: buf.s[i*r.planes*b.totalCols:][:r.planes*b.totalCols], stride: b.totalCols,
		}
	}
	l.For(down*across, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			col := task % across * b.cols
			r.block(rowOf(task/across).columns(col, min(b.cols, b.totalCols-col)))
		}
	})
	l.Progress, l.Trace = nil, nil // which count blocks
	l.Grain = columnGrain(down*r.planes) / mergeTile
	l.For(ceilDiv(b.totalCols, mergeTile), func(lo, hi int) {
		col, end := lo*mergeTile, min(hi*mergeTile, b.totalCols)
		for ; col < end; col += mergeTile {
			n := min(mergeTile, end-col)
			r.finish(b.mergeColumns(down, r.merge, func(i int) part { return rowOf(i).columns(col, n) }))
		}
	})
}

// reduceTiles runs tiles lo…hi of a matrix that has one row of blocks.
func (b blocks) reduceTiles(lo, hi int, r reduction) {
	buf := borrow(r.planes * b.cols)
	defer buf.giveBack()
	for ; lo < hi; lo++ {
		p := part{rows: b.totalRows, col: lo * b.cols, numbers: buf.s, stride: b.cols}
		p.cols = min(b.cols, b.totalCols-p.col)
		if r.planes == 1 && r.into != nil {
			p.numbers = r.into[p.col:]
		}
		r.block(p)
		r.finish(p)
	}
}

func (r reduction) finish(p part) {
	if r.into != nil && unsafe.SliceData(p.numbers) != unsafe.SliceData(r.into[p.col:]) {
		copy(r.into[p.col:], p.plane(0))
	}
	if r.done != nil {
		r.done(p)
	}
}

// mergeColumns merges the parts at(0) … at(down−1) as a binary counter counts.
func (b blocks) mergeColumns(down int, merge func(x, y part), at func(i int) part) part {
	for step := 1; step < down; step *= 2 {
		for i := 0; i+step < down; i += 2 * step {
			x, y := at(i), at(i+step)
			x.rows = min(step*b.rows, b.totalRows-x.row)
			y.rows = min(step*b.rows, b.totalRows-y.row)
			merge(x, y)
		}
	}
	p := at(0)
	p.rows = b.totalRows
	return p
}

// A buffer is scratch that is kept between calls, so that no call pays for its pages.
type buffer struct{ s []float64 }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func borrow(n int) *buffer {
	b := buffers.Get().(*buffer)
	if cap(b.s) < n {
		b.s = make([]float64, ceilDiv(n, pageOfPool)*pageOfPool)
	}
	b.s = b.s[:n]
	return b
}

func (b *buffer) giveBack() { buffers.Put(b) }
