package main

// nogil divisors: numbers of divisors, of what is typed, of a range, of a file; and the sum
// over those at most n that the third article asks for.

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/table"
)

func (a *app) divisorsCommand() *cli.Command {
	return &cli.Command{
		Name:      "divisors",
		Usage:     "the number of divisors of numbers, ranges and files of numbers up to 2⁶⁴",
		ArgsUsage: "NUMBER | LO..HI | FILE …",
		Description: `Counts the divisors of each number up to 18446744073709551615, of each in a range, or of
each in a file (.npy or .npz of integers, or a CSV file of one column, or of which --columns
names one). With --at-most n it adds up the counts of all elements from 1 to n.

   nogil divisors 360 18401055938125660800
   nogil divisors --factor 360 18446744073709551557
   nogil divisors 1000000000000..1000000000010
   nogil divisors --at-most 7 4 7 6 8 11 9
   nogil divisors --at-most 500000 values.npy`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "factor", Usage: "write the prime factors too"},
			&cli.Int64Flag{Name: "at-most", Usage: "the sum of the numbers of divisors of all elements from 1 to `N`"},
		}, csvFlags()...),
		Action: a.action(a.divisors),
	}
}

func (a *app) divisors(ctx context.Context, c *cli.Command) error {
	if !c.Args().Present() {
		return usagef("divisors: no NUMBER, LO..HI or FILE is given")
	}
	if c.IsSet("at-most") {
		return a.sumDivisors(ctx, c)
	}
	w := newDivisorWriter(a, c.Bool("factor"))
	for _, arg := range c.Args().Slice() {
		lo, hi, kind := numberOrRange(arg)
		if kind == notNumber {
			values, err := a.integers(ctx, c, arg)
			if err != nil {
				return err
			}
			if err := w.values(ctx, values); err != nil {
				return err
			}
			continue
		}
		if err := w.between(ctx, lo, hi); err != nil {
			return err
		}
	}
	return w.end()
}

type argument uint8

const (
	notNumber argument = iota
	oneNumber
	numberRange
)

// numberOrRange reads "n" or "lo..hi".
func numberOrRange(arg string) (lo, hi uint64, kind argument) {
	first, last, isRange := strings.Cut(arg, "..")
	lo, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		return 0, 0, notNumber
	}
	if !isRange {
		return lo, lo, oneNumber
	}
	if hi, err = strconv.ParseUint(last, 10, 64); err != nil {
		return 0, 0, notNumber
	}
	return lo, hi, numberRange
}

// sumDivisors is --at-most: Σ d(v) over the elements from 1 to n. A range may sum to more than
// 64 bits hold, a file cannot.
func (a *app) sumDivisors(ctx context.Context, c *cli.Command) error {
	n, total := c.Int64("at-most"), new(big.Int)
	var typed []int64
	for _, arg := range c.Args().Slice() {
		lo, hi, kind := numberOrRange(arg)
		switch kind {
		case oneNumber:
			if lo <= math.MaxInt64 {
				typed = append(typed, int64(lo))
			}
		case numberRange:
			if hi = min(hi, uint64(max(n, 0))); lo <= hi {
				total.Add(total, summatory(hi))
				total.Sub(total, summatory(max(lo, 1)-1))
			}
		default:
			values, err := a.integers(ctx, c, arg)
			if err != nil {
				return err
			}
			total.Add(total, big.NewInt(kernels.SumDivisorCounts(a.loop(), values, n)))
		}
	}
	total.Add(total, big.NewInt(kernels.SumDivisorCounts(a.loop(), typed, n)))
	if a.json {
		return a.writeJSON(struct {
			AtMost int64    `json:"at_most"`
			Sum    *big.Int `json:"sum"`
		}{n, total})
	}
	_, err := fmt.Fprintln(a.out, total)
	return err
}

// summatory is d(1) + … + d(n).
func summatory(n uint64) *big.Int {
	hi, lo := kernels.SummatoryDivisors(n)
	sum := new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64)
	return sum.Or(sum, new(big.Int).SetUint64(lo))
}

// integers are the elements of a file.
func (a *app) integers(ctx context.Context, c *cli.Command, name string) ([]int64, error) {
	format, err := formatOf(name)
	if err != nil {
		return nil, fmt.Errorf("%q is neither a number, nor a range lo..hi, nor a file: %w", name, err)
	}
	in := &input{name: name, format: format, array: c.String("array")}
	switch format {
	case npyFile:
		h, err := arrays.ReadHeader(name)
		if err != nil {
			return nil, err
		}
		return intArray(name, "", h)
	case npzFile:
		m, err := in.oneArray()
		if err != nil {
			return nil, err
		}
		return intArray(name, m.Name, m.Header)
	case csvFile:
		return a.intColumn(ctx, c, name)
	}
	return nil, fmt.Errorf("%s: integers are read from .npy, .npz and CSV", name)
}

// intArray is the whole array, of any shape.
func intArray(name, member string, h arrays.Header) ([]int64, error) {
	switch h.Type {
	case arrays.Int64:
		x, err := loadAs[int64](name, member)
		return x.Data, err
	case arrays.Int32:
		x, err := loadAs[int32](name, member)
		values := make([]int64, len(x.Data))
		for i, v := range x.Data {
			values[i] = int64(v)
		}
		return values, err
	}
	return nil, fmt.Errorf("%s: the elements are %v, not integers", name, h.Type)
}

// intColumn is a column of a CSV file. A first line that is a number is one of cells.
func (a *app) intColumn(ctx context.Context, c *cli.Command, name string) ([]int64, error) {
	read := table.CSV{NoHeader: c.Bool("no-header"), Columns: c.StringSlice("columns"), Loop: a.loop()}
	if len(read.Columns) == 0 {
		read.Columns = nil
	}
	t, err := read.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	if first := t.Columns()[0].Name; !read.NoHeader && len(t.Columns()) == 1 {
		if _, err := strconv.ParseInt(first, 10, 64); err == nil {
			read.NoHeader = true
			if t, err = read.Read(ctx, name); err != nil {
				return nil, err
			}
		}
	}
	if len(t.Columns()) != 1 {
		return nil, usagef("%s has the columns %q: choose one by --columns", name, t.Names())
	}
	column := t.Columns()[0]
	values := make([]int64, 0, t.Rows())
	for i := range t.Rows() {
		switch {
		case column.Missing(i):
			continue
		case column.Kind == table.Int64:
			values = append(values, column.Ints()[i])
			continue
		case column.Kind != table.Float64 || column.Floats()[i] != math.Trunc(column.Floats()[i]) || math.Abs(column.Floats()[i]) > 1<<53:
			return nil, fmt.Errorf("%s: row %d of column %q is no integer", name, i+1, column.Name)
		}
		values = append(values, int64(column.Floats()[i]))
	}
	return values, nil
}

// divisorWriter writes a number and its count, a line each, or an array of JSON.
type divisorWriter struct {
	a      *app
	w      *bufio.Writer
	factor bool
	any    bool
}

func newDivisorWriter(a *app, factor bool) *divisorWriter {
	return &divisorWriter{a: a, w: bufio.NewWriter(a.out), factor: factor}
}

// between writes what there is for lo…hi.
func (w *divisorWriter) between(ctx context.Context, lo, hi uint64) error {
	for first, counts := range kernels.CountDivisorsRange(w.a.loop(), lo, hi) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for i, d := range counts {
			if err := w.write(first+uint64(i), uint64(d)); err != nil {
				return err
			}
		}
	}
	return nil
}

// errNegative is about an element that has no number of divisors.
var errNegative = errors.New("is negative")

func (w *divisorWriter) values(ctx context.Context, values []int64) error {
	const block = 1 << 14
	counts, unsigned := make([]uint64, block), make([]uint64, block)
	for ; len(values) > 0; values = values[min(block, len(values)):] {
		part := values[:min(block, len(values))]
		for i, v := range part {
			if v < 0 {
				return fmt.Errorf("%d %w", v, errNegative)
			}
			unsigned[i] = uint64(v)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		kernels.CountDivisorsEach(w.a.loop(), counts, unsigned[:len(part)])
		for i := range part {
			if err := w.write(unsigned[i], counts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

type divisorJSON struct {
	N       uint64      `json:"n"`
	Count   uint64      `json:"divisors"`
	Factors [][2]uint64 `json:"factors,omitempty"` // primes and their powers
}

func (w *divisorWriter) write(n, count uint64) error {
	var powers []kernels.PrimePower
	if w.factor && n > 0 {
		powers = kernels.Factor(n)
	}
	if !w.a.json {
		line := strconv.AppendUint(w.w.AvailableBuffer(), n, 10)
		line = append(line, ' ')
		line = strconv.AppendUint(line, count, 10)
		for _, p := range powers {
			line = append(line, ' ')
			line = strconv.AppendUint(line, p.Prime, 10)
			if p.Exponent > 1 {
				line = append(line, '^')
				line = strconv.AppendUint(line, uint64(p.Exponent), 10)
			}
		}
		_, err := w.w.Write(append(line, '\n'))
		return err
	}
	j := divisorJSON{N: n, Count: count}
	for _, p := range powers {
		j.Factors = append(j.Factors, [2]uint64{p.Prime, uint64(p.Exponent)})
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	w.w.WriteString(w.separator())
	_, err = w.w.Write(text)
	return err
}

// separator is what stands before the next element of the array.
func (w *divisorWriter) separator() string {
	if w.any {
		return ",\n  "
	}
	w.any = true
	return "[\n  "
}

func (w *divisorWriter) end() error {
	if w.a.json {
		if !w.any {
			w.w.WriteString("[")
		}
		w.w.WriteString("\n]\n")
	}
	return w.w.Flush()
}
