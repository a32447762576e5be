package kernels

// What coordinate descent needs to know of columns, for several sets of weights: a cross-validation
// has one for each fold. X is read once, and the sums for all sets are products of a column with a
// matrix of as many columns (csrc/multitask.c), whose lanes are sets: 200×5000 with six sets went from
// 4.5 to 2.3 ms.

import (
	"slices"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// ColumnSet is what [NewColumnsAndDots] computes for one set of weights.
type ColumnSet struct {
	Weights     []float64 // of the rows, nil for ones
	R           []float64 // nil where no products are asked for
	Mean, Norm2 []float64 // what is written; Mean holds zeros before
	G           []float64 // what is written where R is not nil
}

// FillColumnSets is [NewColumnsAndDots] for several sets of weights and a matrix of either layout, to the
// rounding of its sums, which reads columns of up to 1 MB once for all of them: 9 flops an element for each
// set. Of a row-major matrix of up to 4096 rows each thread has some columns at a time in scratch of a megabyte;
// one of more rows is read as it lies, three times for each set. It panics as that does, and where Mean or
// Norm2 are shorter than there are columns. The bits depend on neither threads nor instruction set nor layout,
// and those of the first set are as if it were alone.
func FillColumnSets[T Float](l parfor.Loop, x Matrix[T], center bool, sets []ColumnSet) {
	if bad := x.Misuse(); bad != "" {
		panic("kernels: NewCenteredColumns: " + bad)
	}
	for _, s := range sets {
		if s.Weights != nil && len(s.Weights) != x.Rows {
			panic("kernels: NewCenteredColumns: weights are not one a row")
		}
		if len(s.Mean) < x.Cols || len(s.Norm2) < x.Cols || s.R != nil && (len(s.R) < x.Rows || len(s.G) < x.Cols) {
			panic("kernels: NewCenteredColumns: " + shortArgument)
		}
	}
	if x.Rows == 0 || x.Cols == 0 || len(sets) == 0 {
		return
	}
	if x.Layout == RowMajor && x.Rows > manyTogether { // a tile is few columns, whose rows are too far apart
		for _, s := range sets {
			fillByRows(l, x, center, s)
		}
		return
	}
	f := newColumnFills(l, x, center, sets)
	f.few = max(1, 1<<17/x.Rows) // columns that stay in a second cache
	long := center && f.few == 1 && x.Layout == ColMajor
	if len(sets) > 1 {
		f.few = max(1, 1<<12/x.Rows) // and in a first
	}
	for i := range f.fills {
		if f.fills[i].centre = center && !long; long { // sums worth sharing the rows for
			f.fills[i].center(l, f.cols, f.fills[i].total)
		}
	}
	eachTile(l, x, func(tile Matrix[T], lo int) { f.of(tile, lo).run() })
}

// fillByRows fills s from a row-major x: it reads the rows for means, norms and products.
func fillByRows[T Float](l parfor.Loop, x Matrix[T], center bool, s ColumnSet) {
	c := NewCenteredRows(l, x, s.Weights, center)
	copy(s.Mean, c.Mean)
	copy(s.Norm2, c.Norm2)
	if s.R != nil {
		c.Dots(l, s.R, s.G)
	}
}

// columnFills are ColumnSets at work.
type columnFills[T Float] struct {
	cols  []int32
	few   int // columns at a time
	fills []columnFill[T]

	// Where the products of columns with all weights and all R come together: these, a row of t
	// for each row of x, and where each set's are, or −1.
	t         int
	by        []float64
	mean, dot []int
	sumR      []float64 // of each set's R
}

// manyTogether is how many rows at most have their sums in one chain.
const manyTogether = 4096

func newColumnFills[T Float](l parfor.Loop, x Matrix[T], center bool, sets []ColumnSet) *columnFills[T] {
	f := &columnFills[T]{cols: make([]int32, x.Cols)}
	for j := range f.cols {
		f.cols[j] = int32(j)
	}
	for _, s := range sets {
		c := CenteredColumns[T]{X: x, Mean: s.Mean, Norm2: s.Norm2, Weights: s.Weights}
		f.fills = append(f.fills, columnFill[T]{CenteredColumns: c, r: s.R, g: s.G, total: sumOfWeights(l, s.Weights, x.Rows)})
	}
	if _, wide := any(x.Data).([]float64); !wide || len(sets) == 1 || x.Rows > manyTogether {
		return f
	}
	var vectors [][]float64
	add := func(v []float64, there bool) int {
		if !there {
			return -1
		}
		vectors = append(vectors, v)
		return len(vectors) - 1
	}
	for _, s := range sets[1:] {
		f.mean = append(f.mean, add(s.Weights, center))
		f.dot = append(f.dot, add(s.R, s.R != nil))
		f.sumR = append(f.sumR, Sum(parfor.Loop{Threads: 1}, s.R[:min(x.Rows, len(s.R))]))
	}
	f.t = (len(vectors) + 7) &^ 7
	f.by = make([]float64, x.Rows*f.t)
	for k, v := range vectors {
		for i := range x.Rows {
			f.by[i*f.t+k] = 1
			if v != nil {
				f.by[i*f.t+k] = v[i]
			}
		}
	}
	return f
}

// of is f for a tile, the columns of the matrix from lo on.
func (f *columnFills[T]) of(tile Matrix[T], lo int) *columnFills[T] {
	part := *f
	part.cols, part.fills = f.cols[:tile.Cols], slices.Clone(f.fills)
	for i := range part.fills {
		s := &part.fills[i]
		s.X, s.Mean, s.Norm2, s.g = tile, s.Mean[lo:], s.Norm2[lo:], s.g[min(lo, len(s.g)):]
	}
	return &part
}

func (f *columnFills[T]) run() {
	g := make([]float64, f.few*f.t)
	for lo := 0; lo < len(f.cols); lo += f.few {
		cols := f.cols[lo:min(lo+f.few, len(f.cols))]
		if f.t > 0 {
			f.together(cols, g)
			continue
		}
		for i := range f.fills {
			f.fills[i].fill(cols)
		}
	}
}

// together fills for cols, which are neighbours. The first set's means serve the others as an origin:
//
//	Σ (x − mean)·R = Σ (x − origin)·R − (mean − origin)·ΣR
//
// where ΣR is but the rounding of what y was centred by, which shows where y is far from 0. Where
// means are far from the origin, as where a column has a single large number, rounding would show.
func (f *columnFills[T]) together(cols []int32, g []float64) {
	first := &f.fills[0]
	first.fill(cols)
	lo, n, stride := int(cols[0]), first.X.Rows, first.X.Stride
	origin := first.Mean[lo:][:len(cols)]
	x := any(first.X.Data).([]float64)
	csrc.MultiDots(simd.Active(), n, f.cols[:len(cols)], x[lo*stride:], stride, origin, f.t, f.by, g)
	for i := range f.mean {
		s := &f.fills[i+1]
		if k := f.mean[i]; k >= 0 {
			for c := range cols {
				s.Mean[lo+c] = origin[c] + g[c*f.t+k]/s.total
			}
		}
		s.squares(cols)
		if k := f.dot[i]; k >= 0 {
			for c := range cols {
				s.g[lo+c] = g[c*f.t+k] - float64((s.Mean[lo+c]-origin[c])*f.sumR[i])
			}
		}
		for c, j := range cols {
			if far := s.Mean[j] - origin[c]; float64(far*far)*s.total > 64*s.Norm2[j] {
				s.Mean[j] = 0
				s.fill(cols[c : c+1])
			}
		}
	}
}

// columnFill is one of them.
type columnFill[T Float] struct {
	CenteredColumns[T]
	r, g   []float64
	total  float64 // of the weights
	centre bool
}

// fill is for cols, which are neighbours.
func (f *columnFill[T]) fill(cols []int32) {
	if f.centre {
		f.center(parfor.Loop{Threads: 1}, cols, f.total)
	}
	f.squares(cols)
	if f.r != nil {
		f.dots(cols)
	}
}

// squares sets the norms, which are 0 for constant columns.
func (f *columnFill[T]) squares(cols []int32) {
	lo, hi := int(cols[0]), int(cols[0])+len(cols)
	csrc.ColumnSquares(simd.Active(), f.X.Rows, cols, f.X.Data, f.X.Stride, f.Mean, f.Weights, f.Norm2)
	clearConstants(f.Mean[lo:hi], f.Norm2[lo:hi], f.total)
}

func (f *columnFill[T]) dots(cols []int32) {
	csrc.ColumnDots(simd.Active(), f.X.Rows, cols, f.X.Data, f.X.Stride, f.Mean, f.r, f.g)
}
