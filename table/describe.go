package table

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"os"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// Summary says what is in a column, as a data frame's describe does. Of a String column it
// has Count and Missing alone, the others are NaN.
type Summary struct {
	Name string
	Kind Kind
	kernels.Summary
	Missing int
}

// Describe returns the summary of each column, of Bool and Int64 (as float64) too. Its bits
// are those of [kernels.DescribeColumns]. Cost: one pass over the table.
func (t *Table) Describe(l parfor.Loop) []Summary {
	d := newReducer(t, describing)
	d.add(l, t)
	return d.describe(l)
}

// Describe returns the summary of each column of all pieces of a table, and how many rows
// there are; the pieces have the same columns. The bits are those of [Table.Describe] of the
// whole, whatever the pieces are. Beside a piece it takes some 2 MB.
func Describe(l parfor.Loop, pieces iter.Seq2[*Table, error]) ([]Summary, int, error) {
	d, err := reduce(l, pieces, describing)
	if d == nil {
		return nil, 0, err
	}
	return d.describe(l), d.rows, nil
}

// reduce takes in all pieces; of none, and where one is wrong, there is no reducer.
func reduce(l parfor.Loop, pieces iter.Seq2[*Table, error], begin func(columns int) *reduction) (*reducer, error) {
	var d *reducer
	for t, err := range pieces {
		if err != nil {
			return nil, err
		}
		if d == nil {
			d = newReducer(t, begin)
		}
		if err := sameColumns(d.columns, t.columns); err != nil {
			return nil, err
		}
		d.add(l, t)
	}
	return d, nil
}

// Sum is what the numbers of a column add up to, those that are missing left out.
type Sum struct {
	Name    string
	Sum     float64
	Missing int
}

// Sums returns the sum of each column but those of strings, of all pieces of a table, and
// how many rows there are. The bits are those of [kernels.NaNSumColumns] of the whole table.
func Sums(l parfor.Loop, pieces iter.Seq2[*Table, error]) ([]Sum, int, error) {
	d, err := reduce(l, pieces, summing)
	if d == nil {
		return nil, 0, err
	}
	return d.total(l), d.rows, nil
}

// Describe returns the summary of each column of a file of any size, and the number of rows,
// with a fixed memory of a few MB a thread. Bits and types are those of [Table.Describe] of
// the whole file; where a late cell changes a type the file is read twice. Errors are those
// of [CSV.Read].
func (c CSV) Describe(ctx context.Context, file string) ([]Summary, int, error) {
	d, err := c.reduce(ctx, file, describing)
	if err != nil {
		return nil, 0, err
	}
	return d.describe(parfor.Loop{Threads: c.Loop.Threads}), d.rows, nil
}

// Sums is [Sums] of a file of any size, in the way of [CSV.Describe].
func (c CSV) Sums(ctx context.Context, file string) ([]Sum, int, error) {
	d, err := c.reduce(ctx, file, summing)
	if err != nil {
		return nil, 0, err
	}
	return d.total(parfor.Loop{Threads: c.Loop.Threads}), d.rows, nil
}

// reduce reads a file and reduces its columns.
func (c CSV) reduce(ctx context.Context, file string, begin func(int) *reduction) (*reducer, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	defer f.Close()
	return c.reduceFrom(ctx, f, file, begin)
}

func (c CSV) reduceFrom(ctx context.Context, r io.Reader, name string, begin func(int) *reduction) (*reducer, error) {
	p, err := c.open(r, name)
	if err != nil {
		return nil, err
	}
	var d *reducer
	l := parfor.Loop{Threads: c.Loop.Threads}
	err = p.settle(ctx, func() func(*batch) error {
		d = newReducer(p.empty(), begin)
		return func(b *batch) error {
			d.add(l, b.table(p))
			return nil
		}
	})
	return d, err
}

// A reduction takes blocks of rows of the columns of float64.
type reduction struct {
	stream    *kernels.ColumnStream[float64]
	summaries []kernels.Summary
	sums      []float64
	instead   float64 // of NaN
}

func describing(columns int) *reduction {
	r := &reduction{summaries: make([]kernels.Summary, columns), instead: math.NaN()}
	r.stream = kernels.StreamDescribeColumns[float64](r.summaries)
	return r
}

// summing adds −0 for each value that is missing, which changes no sum.
func summing(columns int) *reduction {
	r := &reduction{sums: make([]float64, columns), instead: math.Copysign(0, -1)}
	r.stream = kernels.StreamSumColumns[float64](r.sums)
	return r
}

// reducer collects pieces of tables to blocks of the rows that a reduction takes.
type reducer struct {
	columns []Column // without cells
	missing []int
	rows    int
	*reduction
	block *slab
	room  int // rows of block
	used  int
}

// reducerBlock is about how many numbers a block has: they stay in the second cache.
const reducerBlock = 1 << 16

func newReducer(t *Table, begin func(columns int) *reduction) *reducer {
	d := &reducer{missing: make([]int, len(t.columns))}
	numbers := 0
	for _, c := range t.columns {
		d.columns = append(d.columns, Column{Name: c.Name, Kind: c.Kind})
		if c.Numeric() {
			numbers++
		}
	}
	d.room = 128
	for d.room*numbers < reducerBlock && d.room < 1<<14 {
		d.room *= 2
	}
	d.block = newSlab(d.room, numbers)
	d.reduction = begin(numbers)
	return d
}

func (d *reducer) add(l parfor.Loop, t *Table) {
	for row := 0; row < t.rows; {
		n := min(d.room-d.used, t.rows-row)
		slot := 0
		for j, c := range t.columns {
			if c.Kind == String {
				d.missing[j] += c.missing.count(row, row+n)
				continue
			}
			into := d.block.data[slot*d.block.stride+d.used:][:n]
			c.copyFloats(into, row)
			for i, v := range into {
				if v != v {
					d.missing[j]++
					into[i] = d.instead
				}
			}
			slot++
		}
		row += n
		if d.used += n; d.used == d.room {
			d.flush(l)
		}
	}
	d.rows += t.rows
}

func (d *reducer) flush(l parfor.Loop) {
	d.stream.Add(l, kernels.Matrix[float64]{
		Rows: d.used, Cols: len(d.summaries) + len(d.sums), Stride: d.block.stride, Layout: kernels.ColMajor, Data: d.block.data,
	})
	d.used = 0
}

func (d *reducer) finish(l parfor.Loop) {
	if d.used > 0 {
		d.flush(l)
	}
	d.stream.Done()
}

func (d *reducer) describe(l parfor.Loop) []Summary {
	d.finish(l)
	summaries, slot := make([]Summary, len(d.columns)), 0
	for j, c := range d.columns {
		s := &summaries[j]
		s.Name, s.Kind, s.Missing = c.Name, c.Kind, d.missing[j]
		if c.Kind == String {
			nan := math.NaN()
			s.Summary = kernels.Summary{Count: d.rows - s.Missing, Mean: nan, Std: nan, Min: nan, Max: nan}
			continue
		}
		s.Summary = d.summaries[slot]
		slot++
	}
	return summaries
}

// total returns the sums; that of no number is 0, not the −0 of summing.
func (d *reducer) total(l parfor.Loop) (sums []Sum) {
	d.finish(l)
	for j, c := range d.columns {
		if c.Numeric() {
			sums = append(sums, Sum{Name: c.Name, Sum: d.sums[len(sums)] + 0, Missing: d.missing[j]})
		}
	}
	return sums
}
