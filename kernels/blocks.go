package kernels

// How every reduction over the rows of each column is shared: a matrix is cut into blocks
// of rows × columns, a kernel brings each block down to a few numbers for each of its
// columns, and the blocks above each other are merged in the order of the tree of
// csrc/sum.c. The cut depends on the shape alone, and blocks of rows begin at multiples of
// 128·2^k, where that tree has a node, so that threads and schedules change no bit.

import (
	"math/bits"
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
	maxRun     = 1 << 12 // blocks of a run at most: below 2³¹ rows, which kernels count in 32 bits
	maxNumbers = 1 << 16 // numbers, about, that the tiles of a run come to, if they need scratch
)

// blocks is the cut of a matrix into blocks of rows × cols, the last of each possibly
// smaller.
type blocks struct {
	totalRows, totalCols int
	rows, cols           int
	joins                bool // neighbours of one row of blocks are as fast as one block
}

// cut returns the blocks of a, which is not empty.
func cut[T Number](a Matrix[T]) blocks {
	b := blocks{totalRows: a.Rows, totalCols: a.Cols}
	wide := max(blockSize/a.Rows/8*8, 8) // columns enough for one task
	switch {
	case a.Layout == ColMajor || a.Rows <= csrc.SumLeaf:
		b.cols = min(wide, a.Cols)
		b.joins = a.Layout == ColMajor || a.Rows <= 8 // no sums of many columns are kept in a cache
	default:
		tiles := ceilDiv(a.Cols, blockTile)
		b.cols = min(ceilDiv(ceilDiv(a.Cols, tiles), 8)*8, a.Cols) // even tiles of whole cache lines
	}
	for b.rows = blockRows; b.rows < a.Rows && b.rows*b.cols < blockSize; {
		b.rows *= 2
	}
	return b
}

// one is whether there is one block.
func (b blocks) one() bool { return b.rows >= b.totalRows && b.cols >= b.totalCols }

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

// A run is blocks first … first+n of a row or a column of them, which one call of C does.
type run struct{ first, n int }

// runs cuts so many blocks into runs: long ones first, then ever shorter ones, so that all
// threads end together. Aligned runs are of 2^k blocks at multiples of 2^k, nodes of the
// tree. How blocks make runs changes no bit, so here threads may count.
//
// Few long calls of C matter: with every core in C the Go runtime takes the processor of a
// call that lasts longer than 20 µs away, and the thread that it wakes for it takes a core
// from one that works. With a call for each block of 130 µs, that cost a tenth to a fifth.
func runs(blocks, threads, most int, aligned bool) []run {
	const ratio = 0.6 // of what is left, that goes to the next runs, one for each thread
	var list []run
	for first := 0; first < blocks; {
		n := max(min(int(ratio*float64(blocks-first))/threads, most), 1)
		if aligned {
			n = 1 << (bits.Len(uint(n)) - 1)
			if first > 0 {
				n = min(n, first&-first)
			}
		}
		list = append(list, run{first, n})
		first += n
	}
	return list
}

// inRuns returns the runs of so many blocks, and l as it shares them. Who asks for a schedule
// or for progress has them block by block.
func inRuns(l parfor.Loop, blocks, most int, aligned bool) (parfor.Loop, []run) {
	l.Grain = 0
	if l.Schedule != parfor.Auto || l.Progress != nil {
		most = 1
	}
	if l.Schedule == parfor.Auto {
		l.Schedule = parfor.Dynamic(1)
	}
	return l, runs(blocks, l.NumThreads(), most, aligned)
}

// forRuns calls body for blocks first … end, a run after the other, on the threads of l.
func forRuns(l parfor.Loop, blocks int, body func(first, end int)) {
	l, list := inRuns(l, blocks, maxRun, false)
	l.For(len(list), func(lo, hi int) {
		for _, r := range list[lo:hi] {
			body(r.first, r.first+r.n)
		}
	})
}

// reduce runs r on all blocks. l.Grain is not used. It borrows planes × columns numbers
// for each row of blocks or, where there is one such row, planes × one run of tiles a thread.
func (b blocks) reduce(l parfor.Loop, r reduction) {
	down, across := ceilDiv(b.totalRows, b.rows), ceilDiv(b.totalCols, b.cols)
	if down == 1 {
		most := maxRun
		if b.cols < b.totalCols && !b.joins {
			most = 1
		} else if r.planes > 1 || r.into == nil {
			most = min(most, max(maxNumbers/(r.planes*b.cols), 1))
		}
		l, tiles := inRuns(l, across, most, false)
		l.For(len(tiles), func(lo, hi int) { b.reduceTiles(tiles[lo:hi], r) })
		return
	}
	buf := borrow(down * r.planes * b.totalCols)
	defer buf.giveBack()
	inner, nodes := inRuns(l, down, maxRun, true)
	rowOf := func(i int) part { // the part of all columns of the rows from those of block i on
		return part{
			row: i * b.rows, rows: b.totalRows - i*b.rows, cols: b.totalCols,
			numbers: buf.s[i*r.planes*b.totalCols:][:r.planes*b.totalCols], stride: b.totalCols,
		}
	}
	inner.For(len(nodes)*across, func(lo, hi int) {
		for task := lo; task < hi; task++ {
			col, node := task%across*b.cols, nodes[task/across]
			p := rowOf(node.first).columns(col, min(b.cols, b.totalCols-col))
			p.rows = min(p.rows, node.n*b.rows)
			r.block(p)
		}
	})
	l.Progress, l.Trace = nil, nil // which count blocks
	l.Grain = columnGrain(len(nodes)*r.planes) / mergeTile
	l.For(ceilDiv(b.totalCols, mergeTile), func(lo, hi int) {
		col, end := lo*mergeTile, min(hi*mergeTile, b.totalCols)
		for ; col < end; col += mergeTile {
			n := min(mergeTile, end-col)
			r.finish(b.mergeColumns(nodes, r.merge, func(i int) part { return rowOf(i).columns(col, n) }))
		}
	})
}

// reduceTiles does runs of the tiles of a matrix that has one row of blocks.
func (b blocks) reduceTiles(tiles []run, r reduction) {
	for _, t := range tiles {
		p := part{rows: b.totalRows, col: t.first * b.cols}
		p.cols = min(t.n*b.cols, b.totalCols-p.col)
		if r.planes == 1 && r.into != nil {
			p.numbers = r.into[p.col:]
			r.block(p)
			r.finish(p)
			continue
		}
		buf := borrow(r.planes * p.cols)
		p.numbers, p.stride = buf.s, p.cols
		r.block(p)
		r.finish(p)
		buf.giveBack()
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

// mergeColumns merges the nodes of all rows as a binary counter counts. at(i) is the part
// from block i on.
func (b blocks) mergeColumns(nodes []run, merge func(x, y part), at func(i int) part) part {
	stack := make([]run, 0, 2*bits.UintSize) // of falling size, but for what is being merged
	rows := func(n run) part {
		p := at(n.first)
		p.rows = min(p.rows, n.n*b.rows)
		return p
	}
	join := func() {
		x, y := stack[len(stack)-2], stack[len(stack)-1]
		merge(rows(x), rows(y))
		stack = stack[:len(stack)-1]
		stack[len(stack)-1].n = x.n + y.n
	}
	for _, n := range nodes {
		stack = append(stack, n)
		for k := len(stack); k > 1 && stack[k-2].n == stack[k-1].n; k = len(stack) {
			join()
		}
	}
	for len(stack) > 1 {
		join()
	}
	return rows(stack[0])
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
