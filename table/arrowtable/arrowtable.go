// Package arrowtable reads Parquet and Arrow files into tables of package table, with
// github.com/apache/arrow-go, whose many dependencies are the reason why it is a package of
// its own.
//
// Columns of numbers, decimals among them, become Float64; of int64 Int64 where one is larger
// than 2⁵³; dates, times and durations Float64 in the file's unit, since 1970 where they are
// points in time; of bool Bool; of text, and dictionaries of it, String. A null is a missing
// value. Nested columns (lists, structures, maps, unions) are an error that names the column,
// unless Options.Columns leaves them out.
package arrowtable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/table"
)

// Options say how a file is read. The zero value is right for most.
type Options struct {
	Columns []string // which columns are read; nil means all
	Apart   []string // lie behind the others in memory: see [table.Table.Matrix]

	// Progress, where not nil, is told how many of the rows have been read; of an Arrow file
	// how many of its batches. total is -1 where that is not known.
	Progress func(done, total int)
}

// Read reads a Parquet or Arrow (IPC, file or stream) file, as its first bytes tell: the zero
// Options' Read without a context.
func Read(file string) (*table.Table, error) { return Options{}.Read(context.Background(), file) }

// Read reads the file of that name. What is wrong with it is an error that names the file and wraps
// table.ErrSyntax or table.ErrKind, or table.ErrName for a column in the options that is not
// there. Beside the table it takes the memory of one batch of rows.
func (o Options) Read(ctx context.Context, file string) (*table.Table, error) {
	var t *table.Table
	err := o.settle(ctx, file, func(s *scan) (err error) {
		t, err = table.Collect(s.pieces(ctx), int(min(s.rows, s.size)), o.Apart...) // a hostile file may promise any number
		return err
	})
	return t, err
}

// Describe returns the summary of each column of a file of any size, and the number of rows,
// with the memory of a batch of rows. Types and bits are those of [table.Table.Describe] of
// the whole.
func (o Options) Describe(ctx context.Context, l parfor.Loop, file string) (summaries []table.Summary, rows int, err error) {
	err = o.settle(ctx, file, func(s *scan) (err error) {
		summaries, rows, err = table.Describe(l, s.pieces(ctx))
		return err
	})
	return summaries, rows, err
}

// Sums returns the sum of each column of numbers of a file of any size, and the number of
// rows: see [table.Sums].
func (o Options) Sums(ctx context.Context, l parfor.Loop, file string) (sums []table.Sum, rows int, err error) {
	err = o.settle(ctx, file, func(s *scan) (err error) {
		sums, rows, err = table.Sums(l, s.pieces(ctx))
		return err
	})
	return sums, rows, err
}

// scan is one pass over a file.
type scan struct {
	Options
	file *os.File
	size int64
	big  map[string]bool // columns that are Int64
	source
}

// source is an open file. Its functions may panic: see guard.
type source struct {
	fields []arrow.Field               // of the columns that are read
	rows   int64                       // as the file says, 0 where it does not
	total  int                         // of what Progress counts, -1 where that is not known
	next   func() (b batch, err error) // io.EOF behind the last
	close  func() error
}

// batch is some rows of the fields of a source, of which Progress counts done by now.
type batch struct {
	columns []arrow.Array
	rows    int64
	done    int
}

// bigError says that a column of int64 has a number that float64 has not.
type bigError struct{ column string }

func (e *bigError) Error() string { return "a number beyond 2⁵³ in column " + e.column }

// settle runs do, again with the columns as Int64 that turn out to need it.
func (o Options) settle(ctx context.Context, name string, do func(*scan) error) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("table: %w", err)
	}
	defer f.Close()
	s := &scan{Options: o, file: f, big: map[string]bool{}}
	for {
		err := s.open(ctx)
		if err == nil {
			err = do(s)
			guard(s.close)
		}
		var big *bigError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &big) || s.big[big.column]:
			return fail(name, err)
		}
		s.big[big.column] = true
	}
}

// open tells the format by the first bytes.
func (s *scan) open(ctx context.Context) error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.size = info.Size()
	begin := make([]byte, 6)
	n, err := s.file.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch begin = begin[:n]; {
	case bytes.HasPrefix(begin, []byte("PAR1")):
		return guard(func() error { return s.openParquet(ctx) })
	case string(begin) == "ARROW1":
		return guard(s.openArrowFile)
	case bytes.HasPrefix(begin, []byte("\xff\xff\xff\xff")):
		return guard(s.openArrowStream)
	}
	return fmt.Errorf("neither Parquet nor Arrow: %w", table.ErrSyntax)
}

// fail puts the name of the file into an error; what a reader says without a reason of ours
// is about the format.
func fail(name string, err error) error {
	for _, known := range []error{
		table.ErrSyntax, table.ErrKind, table.ErrName, fs.ErrNotExist, fs.ErrPermission, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, known) {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return fmt.Errorf("%s: %w: %w", name, err, table.ErrSyntax)
}

// guard makes a panic of the reader, which malformed files can cause, an error.
func guard(read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the reader failed: %v: %w", r, table.ErrSyntax)
		}
	}()
	return read()
}

// pieces yields the rows in batches; first, so that a file without rows has its columns, none.
func (s *scan) pieces(ctx context.Context) iter.Seq2[*table.Table, error] {
	return func(yield func(*table.Table, error) bool) {
		if !yield(s.empty()) {
			return
		}
		for {
			var b batch
			var t *table.Table
			err := ctx.Err()
			if err == nil {
				err = guard(func() (err error) {
					if b, err = s.next(); err == nil {
						t, err = s.table(b)
					}
					return err
				})
			}
			if err == io.EOF || !yield(t, err) || err != nil {
				return
			}
			if s.Progress != nil {
				s.Progress(b.done, s.total)
			}
		}
	}
}

// chosen sets the fields that are read and returns which they are, or an error for a name
// that is not there, one that stands twice, and a type that no column of a table has.
func (s *scan) chosen(all []arrow.Field) (list []int, err error) {
	for _, name := range append(slices.Clone(s.Columns), s.Apart...) {
		if !slices.ContainsFunc(all, func(f arrow.Field) bool { return f.Name == name }) {
			return nil, fmt.Errorf("there is no column %q: %w", name, table.ErrName)
		}
	}
	s.fields = nil
	seen := map[string]bool{}
	for j, f := range all {
		if s.Columns != nil && !slices.Contains(s.Columns, f.Name) {
			continue
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("two columns are named %q: %w", f.Name, table.ErrName)
		}
		if seen[f.Name] = true; s.kind(f) == table.Auto {
			return nil, fmt.Errorf("column %q is of the type %v, which no column of a table has; leave it out: %w", f.Name, f.Type, table.ErrKind)
		}
		list, s.fields = append(list, j), append(s.fields, f)
	}
	return list, nil
}
