package arrays

// Reductions over the columns of an array that is read in blocks.

import (
	"context"
	"fmt"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// SumColumns is [kernels.SumColumns] of the array that s reads, with the same bits.
func SumColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, s *Stream[T]) error {
	return reduce(ctx, l, "SumColumns", dst, s, kernels.StreamSumColumns[T])
}

// MeanColumns is [kernels.MeanColumns] of the array that s reads, with the same bits.
func MeanColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, s *Stream[T]) error {
	return reduce(ctx, l, "MeanColumns", dst, s, kernels.StreamMeanColumns[T])
}

// VarColumns is [kernels.VarColumns] of the array that s reads, with the same bits.
func VarColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, s *Stream[T], ddof int) error {
	return reduce(ctx, l, "VarColumns", dst, s, func(dst []float64) *kernels.ColumnStream[T] {
		return kernels.StreamVarColumns[T](dst, ddof)
	})
}

// StdColumns is [kernels.StdColumns] of the array that s reads, with the same bits.
func StdColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, s *Stream[T], ddof int) error {
	return reduce(ctx, l, "StdColumns", dst, s, func(dst []float64) *kernels.ColumnStream[T] {
		return kernels.StreamStdColumns[T](dst, ddof)
	})
}

// NaNSumColumns is [kernels.NaNSumColumns] of the array that s reads, with the same bits; skipped
// may be nil.
func NaNSumColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, skipped []int, s *Stream[T]) error {
	return reduce(ctx, l, "NaNSumColumns", dst, s, skipping("NaNSumColumns", skipped, s, kernels.StreamNaNSumColumns[T]))
}

// NaNMeanColumns is [kernels.NaNMeanColumns] of the array that s reads, with the same bits;
// skipped may be nil.
func NaNMeanColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, skipped []int, s *Stream[T]) error {
	return reduce(ctx, l, "NaNMeanColumns", dst, s, skipping("NaNMeanColumns", skipped, s, kernels.StreamNaNMeanColumns[T]))
}

// NaNVarColumns is [kernels.NaNVarColumns] of the array that s reads, with the same bits; skipped
// may be nil.
func NaNVarColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, skipped []int, s *Stream[T], ddof int) error {
	return reduce(ctx, l, "NaNVarColumns", dst, s, skipping("NaNVarColumns", skipped, s, func(dst []float64, skipped []int) *kernels.ColumnStream[T] {
		return kernels.StreamNaNVarColumns[T](dst, skipped, ddof)
	}))
}

// NaNStdColumns is [kernels.NaNStdColumns] of the array that s reads, with the same bits; skipped
// may be nil.
func NaNStdColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, skipped []int, s *Stream[T], ddof int) error {
	return reduce(ctx, l, "NaNStdColumns", dst, s, skipping("NaNStdColumns", skipped, s, func(dst []float64, skipped []int) *kernels.ColumnStream[T] {
		return kernels.StreamNaNStdColumns[T](dst, skipped, ddof)
	}))
}

// skipping makes streams of some columns after the others, each with its part of skipped.
func skipping[T kernels.Float](op string, skipped []int, s *Stream[T], stream func(dst []float64, skipped []int) *kernels.ColumnStream[T]) func(dst []float64) *kernels.ColumnStream[T] {
	if skipped != nil && len(skipped) < s.Header.Cols() {
		panic("arrays: " + op + ": skipped shorter than the result")
	}
	return func(dst []float64) *kernels.ColumnStream[T] {
		var part []int
		if skipped != nil {
			part, skipped = skipped[:len(dst)], skipped[len(dst):]
		}
		return stream(dst, part)
	}
}

// DescribeColumns is [kernels.DescribeColumns] of the array that s reads, with the same bits.
func DescribeColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []kernels.Summary, s *Stream[T]) error {
	return reduce(ctx, l, "DescribeColumns", dst, s, kernels.StreamDescribeColumns[T])
}

// NormColumns is [kernels.NormColumns] of the array that s reads, with the same bits. For
// p = 2 the file is read again where a column is all zeros or its squares leave the range of
// float64.
func NormColumns[T kernels.Float](ctx context.Context, l parfor.Loop, dst []float64, s *Stream[T], p float64) error {
	return reduce(ctx, l, "NormColumns", dst, s, func(dst []float64) *kernels.ColumnStream[T] {
		return kernels.StreamNormColumns[T](dst, p)
	})
}

// MinColumns is [kernels.MinColumns] of the array that s reads, with the same bits. Where the
// array has no rows the error wraps [ErrEmpty].
func MinColumns[T kernels.Number](ctx context.Context, l parfor.Loop, dst []T, s *Stream[T]) error {
	if err := s.notEmpty(); err != nil {
		return err
	}
	return reduce(ctx, l, "MinColumns", dst, s, kernels.StreamMinColumns[T])
}

// MaxColumns is [kernels.MaxColumns] of the array that s reads, with the same bits. Where the
// array has no rows the error wraps [ErrEmpty].
func MaxColumns[T kernels.Number](ctx context.Context, l parfor.Loop, dst []T, s *Stream[T]) error {
	if err := s.notEmpty(); err != nil {
		return err
	}
	return reduce(ctx, l, "MaxColumns", dst, s, kernels.StreamMaxColumns[T])
}

func (s *Stream[T]) notEmpty() error {
	if s.Header.Rows() == 0 && s.Header.Cols() > 0 {
		return fmt.Errorf("arrays: %s: minimum or maximum of %w", s.path, ErrEmpty)
	}
	return nil
}

// SumColumnsInt is [kernels.SumColumnsInt] of the array that s reads.
func SumColumnsInt[T int32 | int64](ctx context.Context, l parfor.Loop, dst []int64, s *Stream[T]) error {
	return reduce(ctx, l, "SumColumnsInt", dst, s, kernels.StreamSumColumnsInt[T])
}

// reduce feeds the blocks of s to reductions of some columns each, which stream makes.
func reduce[T kernels.Number, D any](ctx context.Context, l parfor.Loop, op string, dst []D, s *Stream[T], stream func(dst []D) *kernels.ColumnStream[T]) error {
	if len(dst) < s.Header.Cols() {
		panic("arrays: " + op + ": dst shorter than the result")
	}
	g := s.natural()
	var tiles []*kernels.ColumnStream[T]
	for col := 0; col < g.totalCols; col += g.cols {
		tiles = append(tiles, stream(dst[col:min(col+g.cols, g.totalCols)]))
	}
	if g.totalRows == 0 {
		for _, t := range tiles {
			t.Done()
		}
		return nil
	}
	for again := true; again; {
		again = false
		for b, err := range s.read(ctx, g) {
			if err != nil {
				return err
			}
			k := b.Col / g.cols
			if tiles[k] == nil { // which has had enough
				continue
			}
			tiles[k].Add(l, b.Matrix)
			if b.Row+b.Matrix.Rows == g.totalRows {
				if tiles[k].Done() {
					again = true
				} else {
					tiles[k] = nil
				}
			}
		}
	}
	return nil
}
