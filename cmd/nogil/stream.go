package main

// enet cv of a .npy file that is larger than memory: linear.Stream reads it in blocks.

import (
	"context"
	"fmt"
	"iter"
	"math"
	"os"
	"runtime/debug"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/table"
)

// rowReader is a file that is read in blocks, as numbers of float64.
type rowReader interface {
	linear.RowReader[float64]
	choose(columns []int) rowReader // only these columns of the file
	Close() error
}

// openRows opens a .npy file of any type.
func openRows(name string) (rowReader, error) {
	h, err := arrays.ReadHeader(name)
	if err != nil {
		return nil, err
	}
	switch h.Type {
	case arrays.Float64:
		return rowsOf[float64](name)
	case arrays.Float32:
		return rowsOf[float32](name)
	case arrays.Int64:
		return rowsOf[int64](name)
	}
	return rowsOf[int32](name)
}

func rowsOf[T kernels.Number](name string) (rowReader, error) {
	s, err := arrays.OpenStream[T](name)
	if err != nil {
		return nil, err
	}
	all := make([]int, s.Header.Cols())
	for j := range all {
		all[j] = j
	}
	return &chosenRows[T]{s, all}, nil
}

// chosenRows are columns of a file.
type chosenRows[T kernels.Number] struct {
	*arrays.Stream[T]
	columns []int
}

func (r *chosenRows[T]) choose(columns []int) rowReader { return &chosenRows[T]{r.Stream, columns} }

func (r *chosenRows[T]) Dims() (rows, cols int) { return r.Header.Rows(), len(r.columns) }

func (r *chosenRows[T]) Rows(ctx context.Context, lo, hi int) iter.Seq2[kernels.Matrix[float64], error] {
	return func(yield func(kernels.Matrix[float64], error) bool) {
		var data []float64
		for b, err := range r.Stream.Rows(ctx, lo, hi) {
			m := kernels.Matrix[float64]{Rows: b.Rows, Cols: len(r.columns), Stride: len(r.columns), Layout: b.Layout}
			if m.Layout == kernels.ColMajor {
				m.Stride = m.Rows
			}
			if n := m.Rows * m.Cols; cap(data) < n {
				data = make([]float64, n)
			}
			m.Data = data[:m.Rows*m.Cols]
			r.copyBlock(m, b)
			if !yield(m, err) {
				return
			}
		}
	}
}

func (r *chosenRows[T]) copyBlock(to kernels.Matrix[float64], from kernels.Matrix[T]) {
	if to.Layout == kernels.ColMajor {
		for k, j := range r.columns {
			for i, v := range from.Data[j*from.Stride:][:from.Rows] {
				to.Data[k*to.Stride+i] = float64(v)
			}
		}
		return
	}
	for i := range to.Rows {
		row, dst := from.Data[i*from.Stride:][:from.Cols], to.Data[i*to.Stride:][:to.Cols]
		for k, j := range r.columns {
			dst[k] = float64(row[j])
		}
	}
}

// streams reports that a file is to be read in blocks: where --stream asks for it, and where
// memory does not hold it four times, for the reader, two copies and the work.
func (in *input) streams(c *cli.Command) bool {
	if in.format != npyFile || c.Bool("drop-missing") {
		return false
	}
	info, err := os.Stat(in.name)
	return c.Bool("stream") || err == nil && info.Size() > memoryLimit()/4
}

// memoryLimit is the least of what GOMEMLIMIT, the control group and the machine allow.
func memoryLimit() int64 {
	least := debug.SetMemoryLimit(-1)
	if group := readCgroup("/").Memory; group > 0 {
		least = min(least, group)
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int64
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kb); err == nil && kb < math.MaxInt64>>10 {
			least = min(least, kb<<10)
		}
	}
	return least
}

// stream states the problem of a file that is read in blocks. One reading is for the target and the
// weights.
func (p *problem) stream(ctx context.Context, in *input, c *cli.Command) error {
	all, err := openRows(in.name)
	if err != nil {
		return err
	}
	p.blocks = all
	n, cols := all.Dims()
	header, err := table.New(nil, kernels.NewColMajor[float64](0, cols, nil))
	if err != nil {
		return err
	}
	place := make(map[string]int, cols)
	for j, name := range header.Names() {
		place[name] = j
	}
	apart := []string{p.target}
	if weights := c.String("weights"); weights != "" {
		apart = append(apart, weights)
	}
	chosen := header
	if len(in.columns) > 0 {
		chosen, err = header.Select(in.columns...)
	}
	if err == nil {
		chosen, err = chosen.Drop(c.StringSlice("drop")...)
	}
	if err != nil {
		return err
	}
	if _, err := header.Select(apart...); err != nil {
		return err
	}
	var columns, aside []int
	for _, name := range chosen.Names() {
		if name != p.target && name != c.String("weights") {
			p.names, columns = append(p.names, name), append(columns, place[name])
		}
	}
	for _, name := range apart {
		aside = append(aside, place[name])
	}
	values, err := gather(ctx, all.choose(aside), n)
	if err != nil {
		return err
	}
	if p.y = values[0]; len(values) > 1 {
		p.options.SampleWeights = values[1]
	}
	p.blocks = all.choose(columns)
	p.x = linear.Stream(p.blocks)
	return nil
}

// gather reads whole columns.
func gather(ctx context.Context, r rowReader, rows int) ([][]float64, error) {
	_, cols := r.Dims()
	values := make([][]float64, cols)
	for j := range values {
		values[j] = make([]float64, 0, rows)
	}
	for b, err := range r.Rows(ctx, 0, rows) {
		if err != nil {
			return nil, err
		}
		for i := range b.Rows {
			for j := range values {
				values[j] = append(values[j], b.At(i, j))
			}
		}
	}
	return values, nil
}

// score sets the R² of a model of a stream, by one more reading.
func (p *problem) score(ctx context.Context, fit *linear.Fit) error {
	predicted := make([]float64, len(p.y))
	at := 0
	for b, err := range p.blocks.Rows(ctx, 0, len(p.y)) {
		if err != nil {
			return err
		}
		fit.Predict(predicted[at:at+b.Rows], linear.Dense(b))
		at += b.Rows
	}
	p.r2 = linear.R2.Func(p.y, predicted, p.options.SampleWeights)
	return nil
}
