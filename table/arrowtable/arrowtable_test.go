package arrowtable

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/table"
)

// show writes a table as one line a column: its name, kind and cells.
func show(t *table.Table) string {
	var s strings.Builder
	for _, c := range t.Columns() {
		fmt.Fprintf(&s, "%s %v", c.Name, c.Kind)
		for i := range t.Rows() {
			switch {
			case c.Missing(i):
				s.WriteString(" ?")
			case c.Kind == table.String:
				fmt.Fprintf(&s, " %q", c.Strings()[i])
			case c.Kind == table.Int64:
				fmt.Fprintf(&s, " %d", c.Ints()[i])
			default:
				fmt.Fprintf(&s, " %v", c.Floats()[i])
			}
		}
		s.WriteString("\n")
	}
	return s.String()
}

// TestTypes: every type that pyarrow writes, from the three formats.
func TestTypes(t *testing.T) {
	want := `f float64 1.5 ? 3
i float64 1 2 ?
big int64 1152921504606846977 ? 3
b bool 1 ? 0
s string "a" ? "c"
d float64 18262 18262 18262
ts float64 1.5778368e+15 1.5778368e+15 1.5778368e+15
dec float64 1.25 1.25 1.25
cat string "x" "y" ?
u8 float64 1 2 3
h float64 1 2 3
n float64 ? ? ?
`
	for _, name := range []string{"types.parquet", "types.arrow", "types.arrows"} {
		got, err := Read(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if s := show(got); s != want {
			t.Errorf("%s: got\n%s", name, s)
		}
		o := Options{Columns: []string{"u8", "f", "h"}, Apart: []string{"f"}}
		if got, err = o.Read(t.Context(), filepath.Join("testdata", name)); err != nil {
			t.Fatal(err)
		}
		x, names, y, err := got.XY("f")
		if err != nil || !slices.Equal(names, []string{"u8", "h"}) || y[0] != 1.5 || x.At(2, 1) != 3 {
			t.Errorf("%s: %v %v %v %v", name, names, x, y, err)
		}
	}
	empty, err := Read("testdata/empty.parquet")
	if err != nil || empty.Rows() != 0 || len(empty.Columns()) != 12 {
		t.Errorf("empty: %v", err)
	}
}

func TestErrors(t *testing.T) {
	text := filepath.Join(t.TempDir(), "t.parquet")
	if err := os.WriteFile(text, []byte("a,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		o    Options
		file string
		want string
		is   error
	}{
		{Options{}, "testdata/nested.parquet", `testdata/nested.parquet: column "l" is of the type list<element: int64, nullable>, which no column of a table has; leave it out: wrong type`, table.ErrKind},
		{Options{Columns: []string{"z"}}, "testdata/types.arrow", `testdata/types.arrow: there is no column "z": wrong name`, table.ErrName},
		{Options{}, text, text + ": neither Parquet nor Arrow: malformed", table.ErrSyntax},
		{Options{}, "/nowhere", "table: open /nowhere: no such file or directory", os.ErrNotExist},
	} {
		_, err := tt.o.Read(t.Context(), tt.file)
		if err == nil || err.Error() != tt.want || !errors.Is(err, tt.is) {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	if got, err := (Options{Columns: []string{"a"}}).Read(t.Context(), "testdata/nested.parquet"); err != nil || show(got) != "a float64 1\n" {
		t.Errorf("beside a nested column: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Options{}).Read(ctx, "testdata/types.parquet"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// write makes files of many batches.
func write(t *testing.T, rows int, cell func(i int) int64) (parquetFile, arrowFile string) {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Float64}, {Name: "k", Type: arrow.PrimitiveTypes.Int64}}, nil)
	dir := t.TempDir()
	parquetFile, arrowFile = filepath.Join(dir, "t.parquet"), filepath.Join(dir, "t.arrow")
	p, err := os.Create(parquetFile)
	if err != nil {
		t.Fatal(err)
	}
	pw, err := pqarrow.NewFileWriter(schema, p, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(10_000)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	a, err := os.Create(arrowFile)
	if err != nil {
		t.Fatal(err)
	}
	aw, err := ipc.NewFileWriter(a, ipc.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	for lo := 0; lo < rows; lo += 7000 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := lo; i < min(lo+7000, rows); i++ {
			b.Field(0).(*array.Float64Builder).Append(float64(i) / 3)
			b.Field(1).(*array.Int64Builder).Append(cell(i))
		}
		r := b.NewRecordBatch()
		if err := errors.Join(pw.Write(r), aw.Write(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(pw.Close(), aw.Close()); err != nil {
		t.Fatal(err)
	}
	a.Close()
	return parquetFile, arrowFile
}

// TestBatches: many batches are one table, and their description has its bits.
func TestBatches(t *testing.T) {
	const rows = 100_000
	p, a := write(t, rows, func(i int) int64 {
		if i == rows-1 {
			return 1<<53 + 1 // the last cell makes the column Int64
		}
		return int64(i)
	})
	for _, name := range []string{p, a} {
		var done, total int
		got, err := Options{Progress: func(d, n int) { done, total = d, n }}.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		c := got.Columns()
		if got.Rows() != rows || c[0].Floats()[rows-1] != float64(rows-1)/3 || c[1].Kind != table.Int64 || c[1].Ints()[rows-1] != 1<<53+1 || c[1].Ints()[5] != 5 {
			t.Errorf("%s: wrong", name)
		}
		if done != total || done == 0 {
			t.Errorf("%s: progress ended at %d of %d", name, done, total)
		}
		summaries, n, err := Options{}.Describe(t.Context(), parfor.Loop{}, name)
		if want := got.Describe(parfor.Loop{}); err != nil || n != rows || !slices.Equal(summaries, want) {
			t.Errorf("%s: got %v, want %v, %v", name, summaries, want, err)
		}
		sums, n, err := Options{Columns: []string{"k"}}.Sums(t.Context(), parfor.Loop{Threads: 1}, name)
		if err != nil || n != rows || len(sums) != 1 || math.Abs(sums[0].Sum-(float64(rows-1)*(rows-2)/2+1<<53)) > 2 {
			t.Errorf("%s: sums %v, %v", name, sums, err)
		}
	}
}

// TestDamaged: no file that is cut or changed makes a crash, or takes memory that it does not
// justify.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"types.parquet", "types.arrow", "types.arrows"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), name)
		try := func(text []byte) {
			if err := os.WriteFile(file, text, 0o666); err != nil {
				t.Fatal(err)
			}
			Read(file)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		runs := 0
		for i := 0; i < len(text); i += 1 + len(text)/60 {
			try(text[:i])
			for _, flip := range []byte{0xFF, 0x01, 0x80} {
				damaged := slices.Clone(text)
				damaged[i] ^= flip
				try(damaged)
			}
			runs += 4
		}
		runtime.ReadMemStats(&after)
		if mean := (after.TotalAlloc - before.TotalAlloc) / uint64(runs); mean > freeBytes/4 {
			t.Errorf("%s: %d bytes for each of %d damaged files", name, mean, runs)
		}
	}
}

// FuzzRead: no crash.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"types.parquet", "types.arrow", "types.arrows", "nested.parquet"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		Read(file)
	})
}
