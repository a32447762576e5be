package main

// nogil describe and nogil sum, of files of any size.

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/table"
)

func (a *app) describeCommand() *cli.Command {
	return &cli.Command{
		Name:      "describe",
		Usage:     "count, mean, std, min, max and missing of each column of a file of any size",
		ArgsUsage: "FILE",
		Description: `Describes the columns as a data frame's describe does: std is of a sample (ddof 1), and
missing values (NaN) are counted and left out. CSV, Parquet, Arrow and .npy files are read in
pieces, with a few MB of memory whatever their size.

   nogil describe houses.csv
   nogil describe --json --columns area,price houses.parquet
   nogil describe matrix.npy

` + formats,
		Flags:  csvFlags(),
		Action: a.action(a.describe),
	}
}

// summaryJSON is a table.Summary in JSON.
type summaryJSON struct {
	Column  string     `json:"column"`
	Type    table.Kind `json:"type"`
	Count   int        `json:"count"`
	Missing int        `json:"missing"`
	Mean    number     `json:"mean"`
	Std     number     `json:"std"`
	Min     number     `json:"min"`
	Max     number     `json:"max"`
}

// columnsJSON is what describe and sum write.
type columnsJSON struct {
	Rows    int `json:"rows"`
	Columns any `json:"columns"`
}

// writeColumns writes a line for each column, and how many rows there are.
func (a *app) writeColumns(cells [][]string, rows int) error {
	if err := grid(a.out, cells); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%d rows\n", rows)
	return err
}

func (a *app) describe(ctx context.Context, c *cli.Command) error {
	in, err := a.input(c, "describe")
	if err != nil {
		return err
	}
	summaries, rows, err := a.summaries(ctx, in)
	in.progress.end()
	if err != nil {
		return err
	}
	if a.json {
		list := make([]summaryJSON, len(summaries))
		for j, s := range summaries {
			list[j] = summaryJSON{s.Name, s.Kind, s.Count, s.Missing, number(s.Mean), number(s.Std), number(s.Min), number(s.Max)}
		}
		return a.writeJSON(columnsJSON{rows, list})
	}
	cells := [][]string{{"column", "type", "count", "missing", "mean", "std", "min", "max"}}
	for _, s := range summaries {
		cells = append(cells, []string{
			s.Name, s.Kind.String(), strconv.Itoa(s.Count), strconv.Itoa(s.Missing), short(s.Mean), short(s.Std), short(s.Min), short(s.Max),
		})
	}
	return a.writeColumns(cells, rows)
}

func (a *app) summaries(ctx context.Context, in *input) ([]table.Summary, int, error) {
	switch in.format {
	case csvFile:
		return in.csv.Describe(ctx, in.name)
	case npyFile:
		return a.arraySummaries(ctx, in)
	case parquetFile, arrowFile:
		return in.arrow().Describe(ctx, a.loop(), in.name)
	}
	return table.Describe(a.loop(), in.whole(ctx))
}

func (a *app) arraySummaries(ctx context.Context, in *input) ([]table.Summary, int, error) {
	h, err := arrays.ReadHeader(in.name)
	if err != nil {
		return nil, 0, err
	}
	var s []kernels.Summary
	switch h.Type {
	case arrays.Float64:
		s, err = describeFloats[float64](ctx, a.loop(), in.name)
	case arrays.Float32:
		s, err = describeFloats[float32](ctx, a.loop(), in.name)
	case arrays.Int64:
		s, err = describeInts[int64](ctx, a.loop(), in.name)
	default:
		s, err = describeInts[int32](ctx, a.loop(), in.name)
	}
	if err != nil {
		return nil, 0, err
	}
	list := make([]table.Summary, len(s))
	for j := range s {
		list[j] = table.Summary{Name: "x" + strconv.Itoa(j), Kind: table.Float64, Summary: s[j], Missing: h.Rows() - s[j].Count}
	}
	list, err = chosen(list, in.columns, func(s table.Summary) string { return s.Name })
	return list, h.Rows(), err
}

// chosen are the elements of the names that --columns gives.
func chosen[T any](list []T, names []string, name func(T) string) ([]T, error) {
	if len(names) == 0 {
		return list, nil
	}
	var some []T
	for _, n := range names {
		j := slices.IndexFunc(list, func(x T) bool { return name(x) == n })
		if j < 0 {
			return nil, fmt.Errorf("there is no column %q", n)
		}
		some = append(some, list[j])
	}
	return some, nil
}

func describeFloats[T kernels.Float](ctx context.Context, l parfor.Loop, name string) ([]kernels.Summary, error) {
	s, err := arrays.OpenStream[T](name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	dst := make([]kernels.Summary, s.Header.Cols())
	return dst, arrays.DescribeColumns(ctx, l, dst, s)
}

func describeInts[T int32 | int64](ctx context.Context, l parfor.Loop, name string) ([]kernels.Summary, error) {
	s, err := arrays.OpenStream[T](name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	dst := make([]kernels.Summary, s.Header.Cols())
	stream := kernels.StreamDescribeColumns[float64](dst)
	var room []float64
	for b, err := range s.RowBlocks(ctx) {
		if err != nil {
			return nil, err
		}
		x := widen(b.Matrix, room)
		room = x.Data
		stream.Add(l, x)
	}
	stream.Done()
	return dst, nil
}

func (a *app) sumCommand() *cli.Command {
	return &cli.Command{
		Name:      "sum",
		Usage:     "the sum of each column of a file of any size",
		ArgsUsage: "FILE",
		Description: `Adds up each column, with the same bits on any number of threads. Missing values of
tables are left out and counted, as in a data frame; NaN in an array of NumPy is a number like
others, as in numpy.sum(axis=0). Sums of integers in arrays are exact or an error.

   nogil sum larger-than-memory.npy
   nogil sum --columns price,area houses.csv
   nogil sum --json houses.parquet

` + formats,
		Flags:  csvFlags(),
		Action: a.action(a.sum),
	}
}

type sumJSON struct {
	Column  string `json:"column"`
	Sum     any    `json:"sum"` // number or int64
	Missing int    `json:"missing"`
}

func (a *app) sum(ctx context.Context, c *cli.Command) error {
	in, err := a.input(c, "sum")
	if err != nil {
		return err
	}
	sums, rows, err := a.sums(ctx, in)
	in.progress.end()
	if err != nil {
		return err
	}
	if a.json {
		return a.writeJSON(columnsJSON{rows, sums})
	}
	cells := [][]string{{"column", "sum", "missing"}}
	for _, s := range sums {
		text := fmt.Sprint(s.Sum)
		if v, ok := s.Sum.(number); ok {
			text = exact(float64(v))
		}
		cells = append(cells, []string{s.Column, text, strconv.Itoa(s.Missing)})
	}
	return a.writeColumns(cells, rows)
}

func (a *app) sums(ctx context.Context, in *input) ([]sumJSON, int, error) {
	var sums []table.Sum
	var rows int
	var err error
	switch in.format {
	case csvFile:
		sums, rows, err = in.csv.Sums(ctx, in.name)
	case npyFile:
		return a.arraySums(ctx, in)
	case parquetFile, arrowFile:
		sums, rows, err = in.arrow().Sums(ctx, a.loop(), in.name)
	default:
		sums, rows, err = table.Sums(a.loop(), in.whole(ctx))
	}
	var list []sumJSON
	for _, s := range sums {
		list = append(list, sumJSON{s.Name, number(s.Sum), s.Missing})
	}
	return list, rows, err
}

func (a *app) arraySums(ctx context.Context, in *input) ([]sumJSON, int, error) {
	h, err := arrays.ReadHeader(in.name)
	if err != nil {
		return nil, 0, err
	}
	var list []sumJSON
	switch h.Type {
	case arrays.Float64:
		list, err = sumFloats[float64](ctx, a.loop(), in.name)
	case arrays.Float32:
		list, err = sumFloats[float32](ctx, a.loop(), in.name)
	case arrays.Int64:
		list, err = sumInts[int64](ctx, a.loop(), in.name)
	default:
		list, err = sumInts[int32](ctx, a.loop(), in.name)
	}
	if err != nil {
		return nil, 0, err
	}
	list, err = chosen(list, in.columns, func(s sumJSON) string { return s.Column })
	return list, h.Rows(), err
}

func sumFloats[T kernels.Float](ctx context.Context, l parfor.Loop, name string) ([]sumJSON, error) {
	s, err := arrays.OpenStream[T](name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	dst := make([]float64, s.Header.Cols())
	if err := arrays.SumColumns(ctx, l, dst, s); err != nil {
		return nil, err
	}
	list := make([]sumJSON, len(dst))
	for j, v := range dst {
		list[j] = sumJSON{Column: "x" + strconv.Itoa(j), Sum: number(v)}
	}
	return list, nil
}

// sumInts adds integers, and returns an error where a sum is beyond int64. The sum of the
// same numbers as float64 tells: it is wrong by less than 2⁶³ where |sum| is below 2¹¹⁰.
func sumInts[T int32 | int64](ctx context.Context, l parfor.Loop, name string) ([]sumJSON, error) {
	s, err := arrays.OpenStream[T](name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	dst, about := make([]int64, s.Header.Cols()), make([]float64, s.Header.Cols())
	whole, near := kernels.StreamSumColumnsInt[T](dst), kernels.StreamSumColumns[float64](about)
	var room []float64
	for b, err := range s.RowBlocks(ctx) {
		if err != nil {
			return nil, err
		}
		x := widen(b.Matrix, room)
		room = x.Data
		whole.Add(l, b.Matrix)
		near.Add(l, x)
	}
	whole.Done()
	near.Done()
	list := make([]sumJSON, len(dst))
	for j, v := range dst {
		if math.Abs(about[j]-float64(v)) > 1<<62 {
			return nil, fmt.Errorf("%s: the sum of column x%d, about %s, is beyond 64 bits", name, j, short(about[j]))
		}
		list[j] = sumJSON{Column: "x" + strconv.Itoa(j), Sum: v}
	}
	return list, nil
}
