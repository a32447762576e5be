package table

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

func read(t *testing.T, c CSV, text string) *Table {
	t.Helper()
	got, err := c.Decode(context.Background(), strings.NewReader(text), "t.csv")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// show writes a table as one line a column: its name, kind and cells.
func show(t *Table) string {
	var s strings.Builder
	for _, c := range t.Columns() {
		fmt.Fprintf(&s, "%s %v", c.Name, c.Kind)
		for i := range t.Rows() {
			switch {
			case c.Missing(i):
				s.WriteString(" ?")
			case c.Kind == String:
				fmt.Fprintf(&s, " %q", c.Strings()[i])
			case c.Kind == Int64:
				fmt.Fprintf(&s, " %d", c.Ints()[i])
			default:
				fmt.Fprintf(&s, " %v", c.Floats()[i])
			}
		}
		s.WriteString("\n")
	}
	return s.String()
}

func TestCSV(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    CSV
		text string
		want string
	}{
		{"plain", CSV{}, "a,b\n1,2.5\n-3,1e3\n", "a float64 1 -3\nb float64 2.5 1000\n"},
		{"no end of line", CSV{}, "a,b\n1,2", "a float64 1\nb float64 2\n"},
		{"crlf", CSV{}, "a,b\r\n1,x\r\n2,\r\n", "a float64 1 2\nb string \"x\" ?\n"},
		{"header only", CSV{}, "a,b\n", "a float64\nb float64\n"},
		{"header without end of line", CSV{}, "a,b", "a float64\nb float64\n"},
		{"blank lines", CSV{}, "\n\r\na,b\n\n1,2\n\r\n3,4\n\n", "a float64 1 3\nb float64 2 4\n"},
		{"byte order mark", CSV{}, "\xEF\xBB\xBFa\n1\n", "a float64 1\n"},
		{"missing", CSV{}, "a,b,c\nNA,,null\n1,x,NaN\n", "a float64 ? 1\nb string ? \"x\"\nc float64 ? ?\n"},
		{"missing given", CSV{Missing: []string{"-999", "?"}}, "a,b\n-999,?\n1,NA\n", "a float64 ? 1\nb string ? \"NA\"\n"},
		{"quotes", CSV{}, "a,\"b,\n\"\"c\"\"\"\n\"1\",\"x,y\"\n2,\"p\nq\"\"\"\n", "a float64 1 2\nb,\n\"c\" string \"x,y\" \"p\\nq\\\"\"\n"},
		{"quoted missing", CSV{}, "a\n\"\"\n\"NA\"\n1\n", "a float64 ? ? 1\n"},
		{"delimiter", CSV{Comma: ';'}, "a;b\n1;x,y\n", "a float64 1\nb string \"x,y\"\n"},
		{"tabs", CSV{Comma: '\t'}, "a\tb\n1\t2\n", "a float64 1\nb float64 2\n"},
		{"comments", CSV{Comment: '#'}, "# it's \"so\na,b\n#x\n1,2\n#\n3,4\n# end", "a float64 1 3\nb float64 2 4\n"},
		{"no header", CSV{NoHeader: true}, "1,x\n2,y\n", "x0 float64 1 2\nx1 string \"x\" \"y\"\n"},
		{"names", CSV{NoHeader: true, Names: []string{"p", "q"}}, "1,x\n", "p float64 1\nq string \"x\"\n"},
		{"names in place", CSV{Names: []string{"p", "q"}}, "a,a\n1,x\n", "p float64 1\nq string \"x\"\n"},
		{"unnamed", CSV{}, ",b\n0,1\n", "x0 float64 0\nb float64 1\n"},
		{"spaces", CSV{}, "a, b\n 1 ,  2\n", "a float64 1\nb float64 2\n"},
		{"bools", CSV{}, "a,b,c\ntrue,TRUE,1\nFalse,,true\n", "a bool 1 0\nb bool 1 ?\nc string \"1\" \"true\"\n"},
		{"big", CSV{}, "a,b,c\n9007199254740993,9007199254740993,9007199254740993\nNA,1.5,x\n1,2,3\n",
			"a int64 9007199254740993 ? 1\nb float64 9.007199254740992e+15 1.5 2\nc string \"9007199254740993\" \"x\" \"3\"\n"},
		{"beyond int64", CSV{}, "a\n9223372036854775808\n1\n", "a float64 9.223372036854776e+18 1\n"},
		{"least", CSV{}, "a\n-9223372036854775807\n1\n", "a int64 -9223372036854775807 1\n"},
		{"inf", CSV{}, "a\ninf\n-Infinity\n1e999\n", "a float64 +Inf -Inf +Inf\n"},
		{"words", CSV{}, "a\n1\n1x\n", "a string \"1\" \"1x\"\n"},
		{"hex and underscores", CSV{}, "a,b\n0x10,1_0\n", "a string \"0x10\"\nb string \"1_0\"\n"},
		{"cr inside", CSV{}, "a,b\nx\ry,1\r2\n", "a string \"x\\ry\"\nb string \"1\\r2\"\n"},
		{"types", CSV{Types: map[string]Kind{"a": String, "b": Int64, "c": Bool, "d": Float64}}, "a,b,c,d\n1,2,1,3\n,,,\n",
			"a string \"1\" ?\nb int64 2 ?\nc bool 1 ?\nd float64 3 ?\n"},
		{"columns", CSV{Columns: []string{"c", "a"}}, "a,b,c\n1,x,3\n", "a float64 1\nc float64 3\n"},
		{"apart", CSV{Apart: []string{"a"}}, "a,b,c\n1,2,3\n", "a float64 1\nb float64 2\nc float64 3\n"},
		{"nul", CSV{}, "a\n\x00\n", "a string \"\\x00\"\n"},
		{"a name twice, quoted", CSV{}, "a,\"a \"\"\"\n1,2\n", "a float64 1\na \" float64 2\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(read(t, tt.c, tt.text)); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestCSVErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    CSV
		text string
		want string
		is   error
	}{
		{"short record", CSV{}, "a,b\n1,2\n\n3\n", `t.csv:4:2: the record ends after 1 cells, the header has 2: malformed`, ErrSyntax},
		{"long record", CSV{}, "a,b\n1,2,3\n", `t.csv:2:4: the record has more than the 2 cells of the header: malformed`, ErrSyntax},
		{"not a number", CSV{Types: map[string]Kind{"b": Float64}}, "a,b\n\"x\ny\",1\n2,abc\n", `t.csv:4:3: column "b": "abc" is no float64: wrong type`, ErrKind},
		{"a float for an int", CSV{Types: map[string]Kind{"a": Int64}}, "a\n1\n1.5\n", `t.csv:3:1: column "a": "1.5" is no int64: wrong type`, ErrKind},
		{"no bool", CSV{Types: map[string]Kind{"a": Bool}}, "a\n2\n", `t.csv:2:1: column "a": "2" is no bool: wrong type`, ErrKind},
		{"bare quote", CSV{}, "a,b\n5\" pipe,1\n", `t.csv:2:1: column "a": a quote inside a cell that does not begin with one: malformed`, ErrSyntax},
		{"after the quote", CSV{}, "a,b\n\"x\"y,1\n", `t.csv:2:1: column "a": 'y' after the closing quote: malformed`, ErrSyntax},
		{"open quote", CSV{}, "a,b\n1,2\n\"x,1\n", `t.csv:3:1: column "a": a quote is not closed: malformed`, ErrSyntax},
		{"empty", CSV{}, "", `t.csv:1:1: the file is empty: malformed`, ErrSyntax},
		{"blank", CSV{}, "\n\n", `t.csv:1:1: there is no record: malformed`, ErrSyntax},
		{"names twice", CSV{}, "a,b,a\n1,2,3\n", `t.csv: table: columns 1 and 3 are both named "a": wrong name`, ErrName},
		{"names too few", CSV{Names: []string{"a"}}, "a,b\n", `t.csv:1:1: 1 names were given for a record of 2 cells: wrong name`, ErrName},
		{"no such column", CSV{Columns: []string{"z"}}, "a,b\n", `table: t.csv has no column "z": wrong name`, ErrName},
		{"gzip", CSV{}, "\x1f\x8b\x08\x00", `t.csv:1:1: this is compressed with gzip, not CSV: malformed`, ErrSyntax},
		{"parquet", CSV{}, "PAR1\x15\x04", `t.csv:1:1: this is a Parquet file, not CSV: malformed`, ErrSyntax},
		{"utf-16", CSV{}, "\xff\xfea\x00", `t.csv:1:1: this is in UTF-16, not CSV: malformed`, ErrSyntax},
		{"delimiter", CSV{Comma: '.'}, "a\n", `table: '.' cannot separate cells or begin a comment: malformed`, ErrSyntax},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.c.Decode(context.Background(), strings.NewReader(tt.text), "t.csv")
			if err == nil || err.Error() != tt.want || !errors.Is(err, tt.is) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if _, err := ReadCSV("/nowhere/t.csv"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := ReadCSV(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
}

// bigCSV is some megabytes: so many blocks.
func bigCSV(rows int, cell func(i int) string) string {
	var s strings.Builder
	s.WriteString("id,x,late,text\n")
	for i := range rows {
		fmt.Fprintf(&s, "%d,%v,%s,\"row, %d\"\n", i, math.Sin(float64(i)), cell(i), i)
	}
	return s.String()
}

// TestCSVBlocks: the same table from any number of threads, across blocks.
func TestCSVBlocks(t *testing.T) {
	const rows = 60_000
	text := bigCSV(rows, func(i int) string { return strconv.Itoa(i % 7) })
	var first string
	for _, threads := range []int{1, 2, 5} {
		got := read(t, CSV{Loop: parfor.Loop{Threads: threads}}, text)
		if got.Rows() != rows {
			t.Fatalf("%d rows", got.Rows())
		}
		for i, v := range got.Columns()[1].Floats() {
			if v != math.Sin(float64(i)) {
				t.Fatalf("row %d: %v", i, v)
			}
		}
		if s := got.Columns()[3].Strings()[rows-1]; s != fmt.Sprintf("row, %d", rows-1) {
			t.Errorf("last text is %q", s)
		}
		if s := show(got); first == "" {
			first = s
		} else if s != first {
			t.Error("threads change the table")
		}
	}
}

// TestCSVLateTypes: a cell in the last block decides about the type.
func TestCSVLateTypes(t *testing.T) {
	const rows = 60_000
	for late, want := range map[string]Kind{"word": String, "1.5": Float64, "9007199254740993": Int64, "true": String, "": Float64} {
		text := bigCSV(rows, func(i int) string {
			if i == rows-1 {
				return late
			}
			return "7"
		})
		got := read(t, CSV{}, text).Columns()[2]
		if got.Kind != want {
			t.Errorf("%q: %v, want %v", late, got.Kind, want)
		}
		if want == String && (got.Strings()[0] != "7" || got.Strings()[rows-1] != late) {
			t.Errorf("%q: cells %q, %q", late, got.Strings()[0], got.Strings()[rows-1])
		}
	}
	got := read(t, CSV{}, bigCSV(rows, func(i int) string { return map[bool]string{true: "9007199254740993", false: "1.5"}[i < rows-1] })).Columns()[2]
	if got.Kind != Float64 || got.Floats()[rows-1] != 1.5 {
		t.Errorf("whole numbers, then a fraction: %v", got.Kind)
	}
}

// TestCSVScan: the pieces, one after another, are the table; late surprises are errors with
// their line.
func TestCSVScan(t *testing.T) {
	const rows = 60_000
	file := filepath.Join(t.TempDir(), "t.csv")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(bigCSV(rows, strconv.Itoa))
	row, pieces := 0, 0
	for piece, err := range (CSV{}).Scan(t.Context(), file) {
		if err != nil {
			t.Fatal(err)
		}
		pieces++
		for i, v := range piece.Columns()[0].Floats() {
			if v != float64(row) || piece.Columns()[3].Strings()[i] != fmt.Sprintf("row, %d", row) {
				t.Fatalf("row %d: %v", row, v)
			}
			row++
		}
	}
	if row != rows || pieces < 3 {
		t.Errorf("%d rows in %d pieces", row, pieces)
	}
	for range (CSV{}).Scan(t.Context(), file) {
		break // leaves nothing behind
	}
	write(bigCSV(rows, func(i int) string { return map[bool]string{true: "x", false: "1"}[i == rows-1] }))
	var last error
	for _, err := range (CSV{}).Scan(t.Context(), file) {
		last = err
	}
	var where *ParseError
	if !errors.As(last, &where) || where.Line != rows+1 || where.Name != "late" || !errors.Is(last, ErrKind) {
		t.Errorf("got %v", last)
	}
}

func TestCSVCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (CSV{}).Decode(ctx, strings.NewReader("a\n1\n"), "t"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestCSVJustifiedMemory: neither a header nor lines that promise much make room for it.
func TestCSVJustifiedMemory(t *testing.T) {
	for name, text := range map[string]string{
		"a wide header and blank lines": strings.Repeat(",", 200_000) + "\n" + strings.Repeat("\n", 500_000),
		"short rows, then a long cell":  "a\n1\n1\n" + strings.Repeat("x", 1<<20),
		"one open quote":                "a\n\"" + strings.Repeat("x\n", 1<<19),
	} {
		c := CSV{}
		if strings.HasPrefix(name, "a wide") {
			c.Names = numbered(200_001)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.Decode(t.Context(), strings.NewReader(text), "t")
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(60*len(text)+1000*len(c.Names)) {
			t.Errorf("%s: %d bytes for a file of %d", name, got, len(text))
		}
	}
}

// FuzzCSV compares with encoding/csv, and one thread with a cut after each record.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\n\"x\"\"\ny\"\n", "a,b\r\n,\r\n", "a\nx\ry\n", "a\n\"", "x,y\n1,\"2\"\n\n3,4", "\xEF\xBB\xBFa\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		types := map[string]Kind{}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\xEF\xBB\xBF")))
		want, err := r.ReadAll()
		if err == nil && len(want) > 0 {
			for _, name := range want[0] {
				types[name] = String
			}
		}
		c := CSV{Missing: []string{}, Types: types, Loop: parfor.Loop{Threads: 1}}
		got, gotErr := c.Decode(t.Context(), strings.NewReader(text), "t")
		CSV{}.Decode(t.Context(), strings.NewReader(text), "t")
		if gotErr != nil || err != nil || strings.Contains(text, "\r") || len(types) < len(want[0]) {
			return // encoding/csv drops \r before \n in quotes; names may differ
		}
		if got.Rows() != len(want)-1 {
			t.Fatalf("%d rows, want %d", got.Rows(), len(want)-1)
		}
		for j, col := range got.Columns() {
			for i, cell := range col.Strings() {
				if cell != want[i+1][j] {
					t.Fatalf("row %d, column %d: %q, want %q", i, j, cell, want[i+1][j])
				}
			}
		}
	})
}

func TestTableViews(t *testing.T) {
	tab := read(t, CSV{Apart: []string{"y"}}, "a,y,b,s,c\n1,10,2,p,3\n4,20,5,q,6\n7,30,8,r,9\n")
	if got := tab.Names(); !slices.Equal(got, []string{"a", "y", "b", "s", "c"}) {
		t.Fatal(got)
	}
	x, names, y, err := tab.Numeric().XY("y")
	if err != nil || !slices.Equal(names, []string{"a", "b", "c"}) || !slices.Equal(y, []float64{10, 20, 30}) {
		t.Fatal(names, y, err)
	}
	if &x.Data[0] != &tab.Columns()[0].Floats()[0] || x.At(2, 2) != 9 || x.At(1, 1) != 5 || &y[0] != &tab.Columns()[1].Floats()[0] {
		t.Error("X or y is no view")
	}
	if _, err := tab.Matrix(); !errors.Is(err, ErrKind) {
		t.Errorf("got %v", err)
	}
	s, err := tab.Select("c", "a")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Matrix()
	if err != nil || m.At(0, 0) != 3 || m.At(2, 1) != 7 || &m.Data[0] == &tab.Columns()[4].Floats()[0] {
		t.Error("columns in another order are copied")
	}
	for _, err := range []error{second(tab.Select("a", "a")), second(tab.Select("z")), second(tab.Drop("z")), second(tab.Floats("z")), second(tab.Column("z"))} {
		if !errors.Is(err, ErrName) {
			t.Errorf("got %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestDropMissing(t *testing.T) {
	tab := read(t, CSV{Apart: []string{"a"}}, "a,b,s,n\n1,NA,p,9007199254740993\n2,5,q,\n3,6,,7\n4,7,r,8\n5,8,s,9\n")
	got := show(tab.DropMissing())
	if want := "a float64 4 5\nb float64 7 8\ns string \"r\" \"s\"\nn int64 8 9\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	whole, _ := tab.Select("a")
	if whole.DropMissing() != whole {
		t.Error("nothing is missing, and it was copied")
	}
}
