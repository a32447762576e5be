package linear

// Cross-validation of data that is larger than memory. By moments it needs the rows once and in
// any order, so they may come in blocks: each group of rows (see cv_grams.go) collects its own
// until a piece is full, whose moments are then added up, beside other pieces and the reading.
// Pieces are those that are cut of a matrix in memory, so the bits are the same.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// RowReader is a matrix that is read in blocks of rows: what *arrays.Stream is, for a file.
type RowReader[T kernels.Float] interface {
	Dims() (rows, cols int)

	// Rows yields the rows lo … hi−1 in order, in blocks of whole rows, all of one layout, each
	// valid until the next; or, as the last pair, an error. It may be called on several
	// goroutines at once, and yields the same rows at every call.
	Rows(ctx context.Context, lo, hi int) iter.Seq2[kernels.Matrix[T], error]
}

// Stream returns what r reads as a design for [ElasticNetCV] and [LassoCV], whose result has the
// bits that [Dense] gives for the same rows, where the cross-validation is one by moments
// (see [Strategy]; what else is asked for is an error that wraps errors.ErrUnsupported, as are
// a fit or a path by themselves). It takes one reading, with a memory that does not depend on
// the number of rows: what ElasticNetCV.Fit says, without a limit of 1 GiB, and for each thread
// two pieces of 256 to 2048 rows (16 MB at most), and one more for each fold whose rows are
// not next to each other; beside these, y itself, and 64 bytes for each test row of a fold where
// predictions are needed. Before that, 4096 rows are read for a centre.
//
// What needs the rows again reads them again: SampleWeights need all of them for the centre; a
// Scorer, and folds whose test rows are no complement of those for training, the test rows for
// every eight alphas of an l1_ratio; a training set in which a column varies by less than 1e-5
// of its variance in all rows, its own once or twice; and a column of equal values all once. The R² of
// the model is not among the results: predict block by block, each by [Fit.Predict] of [Dense].
func Stream[T kernels.Float](r RowReader[T]) Design {
	rows, cols := r.Dims()
	if rows < 0 || cols < 0 || cols > math.MaxInt32 {
		panic("linear: Stream: negative size, or more than 2³¹−1 columns")
	}
	return &stream[T]{r, rows, cols}
}

type stream[T kernels.Float] struct {
	r          RowReader[T]
	rows, cols int
}

func (s *stream[T]) Dims() (rows, cols int) { return s.rows, s.cols }

func (s *stream[T]) problem(Options, []float64) (*problem, error) {
	return nil, fmt.Errorf("linear: a fit to a Stream, which only cross-validation takes: %w", errors.ErrUnsupported)
}

func (s *stream[T]) predict([]float64, []float64, float64) {
	panic("linear: Predict: a Stream; its blocks can be predicted")
}

// read yields the rows lo … hi−1 in blocks, each with the number of its first row.
func (s *stream[T]) read(ctx context.Context, lo, hi int) iter.Seq2[streamBlock[T], error] {
	return func(yield func(streamBlock[T], error) bool) {
		at := lo
		for x, err := range s.r.Rows(ctx, lo, hi) {
			if err == nil && (x.Misuse() != "" || x.Cols != s.cols || x.Rows > hi-at) {
				err = fmt.Errorf("linear: Stream: a block of %d×%d, where rows %d to %d of %d columns are due: %w", x.Rows, x.Cols, at, hi, s.cols, ErrParameter)
			}
			if !yield(streamBlock[T]{at, x}, err) || err != nil {
				return
			}
			at += x.Rows
		}
		if at < hi {
			yield(streamBlock[T]{}, fmt.Errorf("linear: Stream: rows end at %d of %d: %w", at, hi, io.ErrUnexpectedEOF))
		}
	}
}

type streamBlock[T kernels.Float] struct {
	row int
	x   kernels.Matrix[T]
}

// nearMeans are those of dense, with the same bits.
func (s *stream[T]) nearMeans(ctx context.Context, _ parfor.Loop, weights []float64) ([]float64, error) {
	means := make([]float64, s.cols)
	if weights != nil {
		for b, err := range s.read(ctx, 0, s.rows) {
			if err != nil {
				return nil, err
			}
			for i := range b.x.Rows {
				if weights[b.row+i] != 0 {
					addRow(means, b.x, i, weights[b.row+i]/float64(s.rows))
				}
			}
		}
		return means, nil
	}
	count := 0
	for lo := range spread(s.rows, nearRun, nearRuns) {
		hi := min(lo+nearRun, s.rows)
		count += hi - lo
		for b, err := range s.read(ctx, lo, hi) {
			if err != nil {
				return nil, err
			}
			for i := range b.x.Rows {
				addRow(means, b.x, i, 1)
			}
		}
	}
	for j := range means {
		means[j] /= float64(count)
	}
	return means, nil
}

func addRow[T kernels.Float](sum []float64, x kernels.Matrix[T], i int, weight float64) {
	for j := range sum {
		sum[j] += float64(weight * float64(x.At(i, j)))
	}
}

// fault is what [dense.fault] finds, by one more reading.
func (s *stream[T]) fault(ctx context.Context, o Options, y, squares []float64) error {
	weights, err := rowWeights(o.SampleWeights)
	if err != nil {
		return err
	}
	if _, _, err := newTarget(y, weights, &o); err != nil {
		return err
	}
	first, constant := make([]T, s.cols), slices.Repeat([]bool{true}, s.cols)
	begun := false
	for b, err := range s.read(ctx, 0, s.rows) {
		if err != nil {
			return err
		}
		for i := range b.x.Rows {
			if weights != nil && weights[b.row+i] == 0 {
				continue
			}
			for j := range first {
				v := b.x.At(i, j)
				if !finite(float64(v)) {
					return elementError(b.row+i, j, float64(v))
				}
				if !begun {
					first[j] = v
				}
				constant[j] = constant[j] && v == first[j]
			}
			begun = true
		}
	}
	for j, q := range squares {
		if !finite(q) || q == 0 && !constant[j] {
			return columnError(j, q)
		}
	}
	return nil
}

func (s *stream[T]) rowMoments(centre, y []float64, yCentre float64, root []float64) rowMoments {
	return &streamMoments[T]{s, kernels.Moments[T]{Centre: centre, Y: y, YCentre: yCentre, Root: root}}
}

// streamMoments are the moments of rows of a stream; z.X is that of a piece.
type streamMoments[T kernels.Float] struct {
	s *stream[T]
	z kernels.Moments[T]
}

// sums reads the rows of all groups once.
func (m *streamMoments[T]) sums(ctx context.Context, loop parfor.Loop, groups []kernels.RowSet, step, ld int, pool workers, take func(group, lo int, w *foldWorker)) error {
	type sum struct {
		group, lo int
		w         *foldWorker
	}
	g := newGatherer(m, groups, step)
	loop.LookAhead, loop.Unordered, loop.Progress = loop.NumThreads(), false, nil
	for s, err := range parfor.Stream(ctx, loop, g.pieces(ctx), func(_ context.Context, p *gathered[T]) (sum, error) {
		w := pool.take()
		p.z.Set(kernels.RowSet{N: p.z.X.Rows}, w.pack, w.square, ld)
		done := sum{p.group, p.lo, w}
		g.giveBack(p)
		return done, nil
	}) {
		if err != nil {
			return rangeCause(err)
		}
		take(s.group, s.lo, s.w)
		pool.give(s.w)
	}
	return cmp.Or(g.err, ctx.Err()) // pieces are left out once the context has ended
}

// packRows reads the rows, of which there are not too many.
func (m *streamMoments[T]) packRows(ctx context.Context, rows kernels.RowSet, dst []float64) error {
	g := newGatherer(m, []kernels.RowSet{rows}, rows.N)
	for p := range g.pieces(ctx) {
		p.z.PackRows(kernels.RowSet{N: rows.N}, dst)
	}
	return g.err
}

// packable is how many rows packRows takes: 2 MB of them.
func (m *streamMoments[T]) packable(int) int { return max(1<<18/max(m.s.cols, 1), 8) &^ 7 }

// A gatherer collects the rows of groups in pieces.
type gatherer[T kernels.Float] struct {
	m      *streamMoments[T]
	groups []kernels.RowSet
	step   int            // rows of a piece
	next   []int          // by group: the place of the row that is due
	open   []*gathered[T] // by group: the piece that is not full, or nil
	err    error          // why there are no more

	mu    sync.Mutex
	spare []*gathered[T]
}

// gathered is a piece: the rows of a group from the place lo on.
type gathered[T kernels.Float] struct {
	group, lo int
	z         kernels.Moments[T]
}

func newGatherer[T kernels.Float](m *streamMoments[T], groups []kernels.RowSet, step int) *gatherer[T] {
	return &gatherer[T]{m: m, groups: groups, step: step, next: make([]int, len(groups)), open: make([]*gathered[T], len(groups))}
}

// pieces yields the pieces as they fill; each is to be given back.
func (g *gatherer[T]) pieces(ctx context.Context) iter.Seq[*gathered[T]] {
	lo, hi := math.MaxInt, 0
	for _, r := range g.groups {
		lo, hi = min(lo, r.At(0)), max(hi, r.At(r.N-1)+1)
	}
	return func(yield func(*gathered[T]) bool) {
		for b, err := range g.m.s.read(ctx, lo, hi) {
			if err != nil {
				g.err = err
				return
			}
			for k := range g.groups {
				if !g.gather(k, b, yield) {
					return
				}
			}
		}
	}
}

// gather takes the rows of group k out of a block.
func (g *gatherer[T]) gather(k int, b streamBlock[T], yield func(*gathered[T]) bool) bool {
	r, end := g.groups[k], b.row+b.x.Rows
	for g.next[k] < r.N && r.At(g.next[k]) < end {
		if g.open[k] == nil {
			g.open[k] = g.take(k, b.x.Layout)
		}
		p, from, n := g.open[k], r.At(g.next[k]), 1
		most := min(g.step-p.z.X.Rows, r.N-g.next[k], end-from)
		if r.Index == nil {
			n = most
		}
		for n < most && r.At(g.next[k]+n) == from+n {
			n++
		}
		g.copyRows(p, b, from, n)
		if g.next[k] += n; p.z.X.Rows == g.step || g.next[k] == r.N {
			g.open[k] = nil
			if !yield(p) {
				return false
			}
		}
	}
	return true
}

// copyRows appends n rows from number from on to p.
func (g *gatherer[T]) copyRows(p *gathered[T], b streamBlock[T], from, n int) {
	x, to, all := &p.z.X, p.z.X.Rows, &g.m.z
	first := from - b.row
	switch {
	case x.Layout == kernels.ColMajor:
		for j := range x.Cols {
			copy(x.Data[j*x.Stride+to:], b.x.Data[j*b.x.Stride+first:][:n])
		}
	case b.x.Stride == x.Cols:
		copy(x.Data[to*x.Cols:], b.x.Data[first*x.Cols:][:n*x.Cols])
	default:
		for i := range n {
			copy(x.Data[(to+i)*x.Cols:], b.x.Data[(first+i)*b.x.Stride:][:x.Cols])
		}
	}
	copy(p.z.Y[to:], all.Y[from:][:n])
	if all.Root != nil {
		copy(p.z.Root[to:], all.Root[from:][:n])
	}
	x.Rows += n
}

// take returns an empty piece for group k.
func (g *gatherer[T]) take(k int, layout kernels.Layout) *gathered[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	var p *gathered[T]
	if n := len(g.spare); n > 0 {
		p, g.spare = g.spare[n-1], g.spare[:n-1]
	} else {
		p = &gathered[T]{z: g.m.z}
		p.z.X = kernels.Matrix[T]{Cols: g.m.s.cols, Stride: g.m.s.cols, Layout: layout, Data: make([]T, g.step*g.m.s.cols)}
		if layout == kernels.ColMajor {
			p.z.X.Stride = g.step
		}
		p.z.Y = make([]float64, g.step)
		if g.m.z.Root != nil {
			p.z.Root = make([]float64, g.step)
		}
	}
	p.group, p.lo, p.z.X.Rows = k, g.next[k], 0
	return p
}

func (g *gatherer[T]) giveBack(p *gathered[T]) {
	g.mu.Lock()
	g.spare = append(g.spare, p)
	g.mu.Unlock()
}
