package arrays

// Arrays larger than memory: a file is read in blocks, by pread and never through a mapping,
// so that a file that shrinks is an error and not the end of the program. A few goroutines
// read ahead into a ring of buffers, block i always into the next free one, while the caller
// works on what has come.

import (
	"context"
	"fmt"
	"iter"
	"os"
	"sync"

	"github.com/nogil-go/nogil/kernels"
)

const (
	streamLeaf    = 128     // rows: blocks begin at multiples, where the tree of sums has leaves
	streamBuffer  = 1 << 20 // bytes in a buffer, about: it stays in a core's second cache
	streamPanel   = 4 << 20 // bytes in a buffer where 128 rows are more, so that pieces of them are long
	streamBuffers = 6       // buffers in the ring
	streamReaders = 2       // goroutines that read ahead: one copies less than a core can sum
)

// A Stream reads the elements of a .npy file in blocks, with a memory of a few MB whatever the
// file's size. It may be read any number of times, by several goroutines at once.
type Stream[T kernels.Number] struct {
	Header Header

	path string
	file *os.File
}

// A Block is rows Row… and columns Col… of an array: all of Matrix, which is valid until the
// next block comes.
type Block[T kernels.Number] struct {
	Row, Col int
	Matrix   kernels.Matrix[T]
}

// OpenStream opens the .npy file path, whose elements are T, for reading in blocks. It takes
// what [Load] takes.
func OpenStream[T kernels.Number](path string) (*Stream[T], error) {
	f, h, err := openFile(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	if err := checkMatrix[T](h, path); err != nil {
		f.Close()
		return nil, err
	}
	return &Stream[T]{Header: h, path: path, file: f}, nil
}

// Close closes the file.
func (s *Stream[T]) Close() error { return s.file.Close() }

// Blocks is the array in the order of the file: in row-major order blocks of rows, and where
// rows are long, panels of their columns; in column-major order blocks of columns, and where
// they are long, pieces of one. Blocks begin at multiples of 128 rows, of which all but the
// last have a multiple too. The last pair has an error where there was one: that of ctx, one
// that wraps [ErrTruncated] where the file has become shorter, or the system's.
func (s *Stream[T]) Blocks(ctx context.Context) iter.Seq2[Block[T], error] {
	return s.read(ctx, s.natural())
}

// RowBlocks is the array in blocks of whole rows, a multiple of 128 of them in all but the
// last. A file in column-major order is read at as many places as it has columns. A block
// of 128 rows may be larger than a buffer: it then takes as much memory as it needs.
func (s *Stream[T]) RowBlocks(ctx context.Context) iter.Seq2[Block[T], error] {
	return s.read(ctx, s.wholeRows())
}

// Dims returns the number of rows and columns.
func (s *Stream[T]) Dims() (rows, cols int) { return s.Header.Rows(), s.Header.Cols() }

// Rows yields the matrices of [Stream.RowBlocks] of the rows lo … hi−1: what linear.Stream takes
// for a cross-validation. It panics where they are not there.
func (s *Stream[T]) Rows(ctx context.Context, lo, hi int) iter.Seq2[kernels.Matrix[T], error] {
	if lo < 0 || hi < lo || hi > s.Header.Rows() {
		panic("arrays: Rows: a row that is not there")
	}
	g := s.wholeRows()
	g.first, g.totalRows = lo, hi-lo
	return func(yield func(kernels.Matrix[T], error) bool) {
		for b, err := range s.read(ctx, g) {
			if !yield(b.Matrix, err) {
				return
			}
		}
	}
}

// A grid is how an array, from a row on, is cut into blocks: tiles of rows×cols, those of one
// row of tiles after the other, or of one column of tiles.
type grid struct {
	first                int
	totalRows, totalCols int
	rows, cols           int
	down                 bool // tiles of a column follow each other
}

// natural is the grid that reads the file from front to back, or nearly so.
func (s *Stream[T]) natural() grid {
	g, size := s.wholeRows(), s.Header.Type.Size()
	switch fit := streamBuffer / size; {
	case s.Header.Layout() == kernels.RowMajor:
		if panel := streamPanel / size / streamLeaf; panel < g.cols {
			g.cols = panel
		}
	case g.totalRows > fit:
		g.rows, g.cols, g.down = fit, 1, true
	default:
		g.rows, g.cols, g.down = g.totalRows, min(fit/max(g.totalRows, 1), g.totalCols), true
	}
	return g
}

// wholeRows is the grid of blocks of 128·2^k rows, about a buffer each.
func (s *Stream[T]) wholeRows() grid {
	g := grid{totalRows: s.Header.Rows(), totalCols: s.Header.Cols()}
	g.rows, g.cols = min(streamLeaf, g.totalRows), g.totalCols
	for g.rows < g.totalRows && 2*g.rows*g.cols*s.Header.Type.Size() <= streamBuffer {
		g.rows *= 2
	}
	return g
}

// blocks is the number of blocks.
func (g grid) blocks() int {
	if g.totalRows == 0 || g.totalCols == 0 {
		return 0
	}
	return ceilDiv(g.totalRows, g.rows) * ceilDiv(g.totalCols, g.cols)
}

// at is where block i lies, and how large it is.
func (g grid) at(i int) (row, col, rows, cols int) {
	if g.down {
		n := ceilDiv(g.totalRows, g.rows)
		row, col = i%n*g.rows, i/n*g.cols
	} else {
		n := ceilDiv(g.totalCols, g.cols)
		row, col = i/n*g.rows, i%n*g.cols
	}
	return g.first + row, col, min(g.rows, g.totalRows-row), min(g.cols, g.totalCols-col)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// readBlock reads block i of g into buf.
func (s *Stream[T]) readBlock(g grid, i int, buf []T) (Block[T], error) {
	row, col, rows, cols := g.at(i)
	m := kernels.Matrix[T]{Rows: rows, Cols: cols, Layout: s.Header.Layout(), Data: buf[:rows*cols]}
	run, runs, first, stride := cols, rows, row*s.Header.Cols()+col, s.Header.Cols()
	if m.Layout == kernels.ColMajor {
		run, runs, first, stride = rows, cols, col*s.Header.Rows()+row, s.Header.Rows()
	}
	m.Stride = run
	if run == stride { // no gaps between them
		run, runs = run*runs, 1
	}
	size := s.Header.Type.Size()
	for k := range runs {
		at := s.Header.Offset + int64((first+k*stride)*size)
		n, err := s.file.ReadAt(asBytes(m.Data[k*run:][:run]), at)
		if n < run*size {
			return Block[T]{}, s.readError(at+int64(n), err)
		}
	}
	if s.Header.BigEndian != nativeBig {
		swap(m.Data)
	}
	return Block[T]{row, col, m}, nil
}

func (s *Stream[T]) readError(at int64, err error) error {
	if info, e := s.file.Stat(); e == nil && info.Size() <= at {
		return fault(s.path, at, ErrTruncated, "end of file, where the header has %d bytes of elements from byte %d on",
			s.Header.Bytes(), s.Header.Offset)
	}
	return fmt.Errorf("arrays: %s: byte %d: %w", s.path, at, err)
}

// An ahead reads the blocks of a grid ahead into a ring of buffers.
type ahead[T kernels.Number] struct {
	s    *Stream[T]
	g    grid
	n    int // blocks
	free chan []T
	come []chan arrival[T] // block i comes in i modulo their number
	stop chan struct{}

	claim sync.Mutex // who holds it takes the next buffer, for the next block
	next  int
}

// An arrival is a block and the buffer that it lies in, or what went wrong.
type arrival[T kernels.Number] struct {
	block Block[T]
	buf   []T
	err   error
}

// read reads the blocks of g ahead.
func (s *Stream[T]) read(ctx context.Context, g grid) iter.Seq2[Block[T], error] {
	return func(yield func(Block[T], error) bool) {
		a := ahead[T]{s: s, g: g, n: g.blocks(), stop: make(chan struct{})}
		ring := min(streamBuffers, a.n)
		a.free, a.come = make(chan []T, ring), make([]chan arrival[T], ring)
		for k := range a.come {
			a.come[k] = make(chan arrival[T], 1)
			a.free <- make([]T, g.rows*g.cols)
		}
		var readers sync.WaitGroup
		defer readers.Wait()
		defer close(a.stop)
		for range min(streamReaders, a.n) {
			readers.Go(a.read)
		}
		a.deliver(ctx, yield)
	}
}

// read is what a reader does.
func (a *ahead[T]) read() {
	for {
		i, buf := a.take()
		if i == a.n {
			return
		}
		b, err := a.s.readBlock(a.g, i, buf)
		a.come[i%len(a.come)] <- arrival[T]{b, buf, err} // never waits: the buffer of i − ring is free again
	}
}

// take returns the next block to read and a buffer for it; n where there is none.
func (a *ahead[T]) take() (i int, buf []T) {
	a.claim.Lock()
	defer a.claim.Unlock()
	if a.next == a.n {
		return a.n, nil
	}
	select {
	case buf = <-a.free:
		a.next++
		return a.next - 1, buf
	case <-a.stop:
		return a.n, nil
	}
}

// deliver hands the blocks over in their order.
func (a *ahead[T]) deliver(ctx context.Context, yield func(Block[T], error) bool) {
	for i := range a.n {
		var got arrival[T]
		select {
		case got = <-a.come[i%len(a.come)]:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			got.err = context.Cause(ctx)
		}
		if got.err != nil {
			yield(Block[T]{}, got.err)
			return
		}
		if !yield(got.block, nil) {
			return
		}
		a.free <- got.buf
	}
}
