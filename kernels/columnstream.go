package kernels

// Reductions over the columns of a matrix that comes in blocks of rows, because it is larger
// than memory. Each block goes through the same code as a matrix in memory; what it comes
// to is a node of the tree of csrc/sum.c, and nodes are merged as a binary counter counts, so
// that the result has the bits that the whole matrix would give.

import (
	"math"
	"math/bits"
	"slices"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// A ColumnStream reduces the columns of a matrix whose rows come block by block: [ColumnStream.Add]
// takes them in order, and [ColumnStream.Done] writes the results to the slice that the stream
// was made with. Its bits are those of the function of the same name on the whole matrix,
// however the rows are cut, at any number of threads.
//
// Beside dst it holds 8 bytes for each column, number that is kept of it (one for a sum, two
// for a norm, four for a variance, seven for a description) and binary digit of rows/128. A
// ColumnStream is for one goroutine at a time.
type ColumnStream[T Number] struct {
	cols, rows int
	ended      bool                        // by a block of rows that are no multiple of a leaf
	of         func(a Matrix[T]) reduction // of a block; all have the same planes, merge and done
	none       func()                      // writes the results of no rows
	again      func() func(Matrix[T]) reduction
	nodes      []part // of falling size, but for the last
	spare      []part // whose numbers are used again
}

// StreamSumColumns is [SumColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamSumColumns[T Float](dst []float64) *ColumnStream[T] {
	return sumStream(sums[T]{op: csrc.Sum, dst: dst})
}

// StreamMeanColumns is [MeanColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamMeanColumns[T Float](dst []float64) *ColumnStream[T] {
	return sumStream(sums[T]{op: csrc.Sum, dst: dst, finish: means})
}

// StreamNaNSumColumns is [NaNSumColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamNaNSumColumns[T Float](dst []float64, skipped []int) *ColumnStream[T] {
	checkSkipped("StreamNaNSumColumns", skipped, len(dst))
	return sumStream(sums[T]{op: csrc.NaNSum, dst: dst, skipped: skipped, finish: nanSums})
}

// StreamNaNMeanColumns is [NaNMeanColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamNaNMeanColumns[T Float](dst []float64, skipped []int) *ColumnStream[T] {
	checkSkipped("StreamNaNMeanColumns", skipped, len(dst))
	return sumStream(sums[T]{op: csrc.NaNSum, dst: dst, skipped: skipped, finish: means})
}

func sumStream[T Float](s sums[T]) *ColumnStream[T] {
	level := simd.Active()
	return &ColumnStream[T]{
		cols: len(s.dst),
		of:   func(a Matrix[T]) reduction { s.a = a; return s.reduction(level) },
		none: func() { s.a = Matrix[T]{Cols: len(s.dst), Stride: len(s.dst)}; s.serial(level) },
	}
}

// StreamSumColumnsInt is [SumColumnsInt] of a matrix of len(dst) columns that comes in blocks.
func StreamSumColumnsInt[T int32 | int64](dst []int64) *ColumnStream[T] {
	level, s := simd.Active(), intSum{dst: dst}
	return &ColumnStream[T]{
		cols: len(dst),
		of:   func(a Matrix[T]) reduction { return intReduction(level, &s, a) },
		none: func() { clear(dst) },
	}
}

// StreamVarColumns is [VarColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamVarColumns[T Float](dst []float64, ddof int) *ColumnStream[T] {
	return varStream[T](variance{dst: dst, ddof: ddof})
}

// StreamStdColumns is [StdColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamStdColumns[T Float](dst []float64, ddof int) *ColumnStream[T] {
	return varStream[T](variance{dst: dst, ddof: ddof, root: true})
}

// StreamNaNVarColumns is [NaNVarColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamNaNVarColumns[T Float](dst []float64, skipped []int, ddof int) *ColumnStream[T] {
	return varStream[T](variance{op: "StreamNaNVarColumns", dst: dst, skip: true, skipped: skipped, ddof: ddof})
}

// StreamNaNStdColumns is [NaNStdColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamNaNStdColumns[T Float](dst []float64, skipped []int, ddof int) *ColumnStream[T] {
	return varStream[T](variance{op: "StreamNaNStdColumns", dst: dst, skip: true, skipped: skipped, ddof: ddof, root: true})
}

func varStream[T Float](v variance) *ColumnStream[T] {
	checkSkipped(v.op, v.skipped, len(v.dst))
	m := moments[T]{level: simd.Active(), what: csrc.MomentsVar}
	if v.skip {
		m.what = csrc.MomentsNaNVar
	}
	return &ColumnStream[T]{
		cols: len(v.dst),
		of:   func(a Matrix[T]) reduction { m.a = a; return m.reduction(v.done) },
		none: func() { v.none(len(v.dst)) },
	}
}

// StreamDescribeColumns is [DescribeColumns] of a matrix of len(dst) columns that comes in
// blocks.
func StreamDescribeColumns[T Float](dst []Summary) *ColumnStream[T] {
	s, m := summaries(dst), moments[T]{level: simd.Active(), what: csrc.MomentsDescribe}
	return &ColumnStream[T]{
		cols: len(dst),
		of:   func(a Matrix[T]) reduction { m.a = a; return m.reduction(s.done) },
		none: s.none,
	}
}

// StreamMinColumns is [MinColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamMinColumns[T Number](dst []T) *ColumnStream[T] {
	return minStream(extremum{op: "StreamMinColumns"}, dst)
}

// StreamMaxColumns is [MaxColumns] of a matrix of len(dst) columns that comes in blocks.
func StreamMaxColumns[T Number](dst []T) *ColumnStream[T] {
	return minStream(extremum{op: "StreamMaxColumns", largest: true}, dst)
}

func minStream[T Number](e extremum, dst []T) *ColumnStream[T] {
	level := simd.Active()
	return &ColumnStream[T]{
		cols: len(dst),
		of:   func(a Matrix[T]) reduction { return minReduction(level, e, dst, nil, a) },
		none: func() { e.check("", 0, len(dst), len(dst)) },
	}
}

// StreamNormColumns is [NormColumns] of a matrix of len(dst) columns that comes in blocks. For
// p = 2 a column of zeros, and one whose squares leave the range of float64, must be read
// again: see [ColumnStream.Done].
func StreamNormColumns[T Float](dst []float64, p float64) *ColumnStream[T] {
	n := norms[T]{op: "StreamNormColumns", p: p, dst: dst}
	switch {
	case p == 1:
		return sumStream(sums[T]{op: csrc.NaNSumAbs, dst: dst, finish: n.finish1})
	case p == 2:
		return norm2Stream(n)
	case math.IsInf(p, 1):
		return maxNormStream(n)
	}
	panic("kernels: StreamNormColumns: p is not 1, 2 or +Inf")
}

func maxNormStream[T Float](n norms[T]) *ColumnStream[T] {
	level := simd.Active()
	return &ColumnStream[T]{
		cols: len(n.dst),
		of:   func(a Matrix[T]) reduction { n.a = a; return n.maxReduction(level) },
		none: func() { clear(n.dst) },
	}
}

// norm2Stream adds up squares, and notes the columns for which that was not enough. Their
// largest |x| are found when the rows come again, and in a third turn the squares of what is
// scaled by them: what rescale does in memory.
func norm2Stream[T Float](n norms[T]) *ColumnStream[T] {
	level := simd.Active()
	var columns []int
	s := sumStream(sums[T]{op: csrc.NaNSumSquares, dst: n.dst, finish: func(dst, skipped []float64, _, _ int) {
		for j, v := range dst {
			if dst[j] = math.Sqrt(v); outOfRange[T](v) && skipped[j] == 0 {
				columns = append(columns, j)
			}
		}
		n.finish1(dst, skipped, 0, 0)
	}})
	s.none = func() { clear(n.dst) }
	most := norms[T]{}
	third := func() func(Matrix[T]) reduction {
		columns = slices.DeleteFunc(columns, func(j int) bool {
			n.dst[j] = most.dst[j]
			return !(n.dst[j] > 0 && n.dst[j] <= math.MaxFloat64)
		})
		s.again = nil
		if len(columns) == 0 {
			return nil
		}
		return func(a Matrix[T]) reduction { return scaledReduction(level, a, n.dst, most.dst, columns) }
	}
	s.again = func() func(Matrix[T]) reduction {
		if len(columns) == 0 {
			return nil
		}
		most.dst, most.skip, s.again = make([]float64, len(n.dst)), true, third
		return func(a Matrix[T]) reduction { most.a = a; return most.maxReduction(level) }
	}
	return s
}

// scaledReduction sets dst[j] to the 2-norm of column j, whose largest |x| is most[j].
func scaledReduction[T Float](level simd.Level, a Matrix[T], dst, most []float64, columns []int) reduction {
	return reduction{
		planes: 1,
		block: func(p part) {
			buf := borrow(rescaleRows)
			defer buf.giveBack()
			squares := p.plane(0)
			clear(squares)
			for _, j := range columns {
				if j >= p.col && j < p.col+p.cols {
					squares[j-p.col] = scaledSquares(level, a, p, j, math.Ilogb(most[j]), buf.s)
				}
			}
		},
		merge: func(x, y part) {
			for j, v := range y.plane(0) {
				x.plane(0)[j] += v
			}
		},
		done: func(p part) {
			for _, j := range columns {
				if j >= p.col && j < p.col+p.cols {
					dst[j] = math.Ldexp(math.Sqrt(p.plane(0)[j-p.col]), math.Ilogb(most[j]))
				}
			}
		},
	}
}

// Add takes the next rows of the matrix. All blocks but the last have a multiple of 128 rows;
// those of 128·2^k rows that begin at multiples of it cost least, beside what the function on
// the whole matrix costs a merge of cols numbers a block. It panics where a's shape is wrong,
// a has not as many columns as the stream, or follows one that was the last.
func (s *ColumnStream[T]) Add(l parfor.Loop, a Matrix[T]) {
	bad := a.Misuse()
	switch {
	case bad != "":
	case a.Cols != s.cols:
		bad = "not the stream's number of columns"
	case s.ended && a.Rows > 0:
		bad = "rows after some that are no multiple of 128"
	}
	if bad != "" {
		panic("kernels: ColumnStream.Add: " + bad)
	}
	s.ended = s.ended || a.Rows%csrc.SumLeaf != 0
	for a.Rows > 0 && a.Cols > 0 {
		node := a
		node.Rows = s.nodeRows(a.Rows)
		s.push(l, node)
		if a.Rows -= node.Rows; a.Rows > 0 {
			a.Data, _ = a.from(node.Rows, 0)
		}
	}
}

// nodeRows is how many of the next rows make a node of the tree: 128·2^k of them that begin
// at a multiple of it, or what is left of a leaf.
func (s *ColumnStream[T]) nodeRows(rows int) int {
	leaves := rows / csrc.SumLeaf
	if leaves == 0 {
		return rows
	}
	leaves = 1 << (bits.Len(uint(leaves)) - 1)
	if at := s.rows / csrc.SumLeaf; at > 0 {
		leaves = min(leaves, at&-at)
	}
	return leaves * csrc.SumLeaf
}

// push reduces a, which is a node of the tree, and merges it with those before it that it
// completes.
func (s *ColumnStream[T]) push(l parfor.Loop, a Matrix[T]) {
	r := s.of(a)
	node := s.newNode(r.planes, a.Rows)
	r.into = nil
	r.done = func(p part) {
		for k := range r.planes {
			copy(node.plane(k)[p.col:], p.plane(k))
		}
	}
	cut(a).reduce(l, r)
	s.rows += a.Rows
	s.nodes = append(s.nodes, node)
	for n := len(s.nodes); n > 1 && ceilDiv(s.nodes[n-1].rows, csrc.SumLeaf) == s.nodes[n-2].rows/csrc.SumLeaf; n-- {
		s.mergeLast(r)
	}
}

func (s *ColumnStream[T]) newNode(planes, rows int) part {
	p := part{cols: s.cols, stride: s.cols}
	if n := len(s.spare); n > 0 {
		p, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		p.numbers = make([]float64, planes*s.cols)
	}
	p.row, p.rows = s.rows, rows
	return p
}

// mergeLast makes one of the last two nodes.
func (s *ColumnStream[T]) mergeLast(r reduction) {
	n := len(s.nodes)
	x, y := &s.nodes[n-2], s.nodes[n-1]
	r.merge(*x, y)
	x.rows += y.rows
	s.nodes, s.spare = s.nodes[:n-1], append(s.spare, y)
}

// Done writes the results of all rows that have come. It returns true where they are needed
// once more, from the first on, which only [StreamNormColumns] with p = 2 ever asks for: then
// the results of some columns are not there yet. After that the stream is used up.
func (s *ColumnStream[T]) Done() (again bool) {
	if s.rows == 0 {
		if s.cols > 0 {
			s.none()
		}
		return false
	}
	r := s.of(Matrix[T]{})
	for len(s.nodes) > 1 {
		s.mergeLast(r)
	}
	r.finish(s.nodes[0])
	s.rows, s.ended, s.nodes, s.spare = 0, false, nil, nil
	if s.again == nil {
		return false
	}
	of := s.again()
	if of == nil {
		return false
	}
	s.of = of
	return true
}
