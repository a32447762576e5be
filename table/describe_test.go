package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/parfor"
)

// someCSV has every kind of column, missing values, and some blocks.
func someCSV() string {
	return bigCSV(30_000, func(i int) string {
		return []string{"", "9007199254740993", "7"}[i%3]
	})
}

// bitsOf makes summaries comparable, NaN included.
func bitsOf(s []Summary) (b []any) {
	for _, v := range s {
		b = append(b, v.Name, v.Kind, v.Count, v.Missing)
		for _, f := range []float64{v.Mean, v.Std, v.Min, v.Max} {
			b = append(b, math.Float64bits(f))
		}
	}
	return b
}

// TestDescribe: a table, its pieces and the file have the bits of kernels.DescribeColumns.
func TestDescribe(t *testing.T) {
	text := someCSV()
	whole := read(t, CSV{}, text)
	numbers, err := whole.Numeric().Matrix()
	if err != nil {
		t.Fatal(err)
	}
	want := make([]kernels.Summary, numbers.Cols)
	kernels.DescribeColumns(parfor.Loop{}, want, numbers)
	got := whole.Describe(parfor.Loop{})
	for j, k := range []int{0, 1, 2} {
		if got[k].Summary != want[j] {
			t.Errorf("column %d: %v, want %v", k, got[k], want[j])
		}
	}
	if got[2].Kind != Int64 || got[2].Missing != 10_000 || got[3].Count != 30_000 || got[3].Mean == got[3].Mean {
		t.Errorf("got %v", got)
	}
	file := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3} {
		fromFile, rows, err := CSV{Loop: parfor.Loop{Threads: threads}}.Describe(t.Context(), file)
		if err != nil || rows != 30_000 || !reflect.DeepEqual(bitsOf(fromFile), bitsOf(got)) {
			t.Errorf("threads %d: %v, %v", threads, fromFile, err)
		}
	}
}

// TestSums: those of kernels.NaNSumColumns, of the whole and of pieces.
func TestSums(t *testing.T) {
	text := someCSV()
	file := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	whole := read(t, CSV{}, text)
	numbers, err := whole.Numeric().Matrix()
	if err != nil {
		t.Fatal(err)
	}
	want, skipped := make([]float64, numbers.Cols), make([]int, numbers.Cols)
	kernels.NaNSumColumns(parfor.Loop{}, want, skipped, numbers)
	fromFile, rows, err := CSV{}.Sums(t.Context(), file)
	if err != nil || rows != whole.Rows() {
		t.Fatal(rows, err)
	}
	fromTable, _, err := Sums(parfor.Loop{}, one(whole))
	if err != nil {
		t.Fatal(err)
	}
	for j := range want {
		for _, s := range []Sum{fromFile[j], fromTable[j]} {
			if s.Sum != want[j] || s.Missing != skipped[j] {
				t.Errorf("%s: %v, %d missing, want %v, %d", s.Name, s.Sum, s.Missing, want[j], skipped[j])
			}
		}
	}
	none, _, err := Sums(parfor.Loop{}, one(read(t, CSV{}, "a\nNA\n")))
	if err != nil || math.Float64bits(none[0].Sum) != 0 {
		t.Errorf("nothing adds up to %v", none)
	}
}

func one(tables ...*Table) iter.Seq2[*Table, error] {
	return func(yield func(*Table, error) bool) {
		for _, t := range tables {
			if !yield(t, nil) {
				return
			}
		}
	}
}

func TestCollect(t *testing.T) {
	const a, b = "x,y,s,n\n1,2,p,9007199254740993\n", "x,y,s,n\n3,NA,q,9007199254740995\n5,6,,\n"
	both, err := Collect(one(read(t, CSV{}, a), read(t, CSV{}, b)), 0, "x")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(both), "x float64 1 3 5\ny float64 2 ? 6\ns string \"p\" \"q\" ?\nn int64 9007199254740993 9007199254740995 ?\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	if both.columns[0].slot != 1 {
		t.Error("x is not apart")
	}
	for _, other := range []string{"x,y\n1,2\n", "x,y,s,m\n1,2,p,9007199254740993\n", "x,y,s,n\n1,2,3,9007199254740993\n"} {
		if _, err := Collect(one(read(t, CSV{}, a), read(t, CSV{}, other)), 2); err == nil {
			t.Errorf("%q fits %q", other, a)
		}
	}
	if none, err := Collect(one(), 0); err != nil || none.Rows() != 0 {
		t.Error("no pieces are no table")
	}
}

// TestWriteCSV: what is written reads back as it was.
func TestWriteCSV(t *testing.T) {
	const text = "a,\"b,\"\"c\",s,t,n\n1.5,-0,\"x\ny\",true,9007199254740993\n,1e300,,false,\n5e-324,0.1,\"p,q\",,1\n"
	first := read(t, CSV{}, text)
	var out bytes.Buffer
	if err := first.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	if got, want := show(read(t, CSV{}, out.String())), show(first); got != want {
		t.Errorf("got\n%s\nwant\n%s\nby\n%s", got, want, out.String())
	}
	out.Reset()
	if err := read(t, CSV{}, "a\n1\nNA\n").WriteCSV(&out); err != nil || out.String() != "a\n1\n\"\"\n" {
		t.Errorf("one column: %q", out.String())
	}
}

func TestModel(t *testing.T) {
	m := Model{Names: []string{"a", "b"}, Target: "y", Alpha: 0.1, L1Ratio: 1, Fit: &linear.Fit{
		Coef: []float64{1.0 / 3, 0}, Intercept: -2e-17, DualGap: math.NaN(), Converged: true, Algorithm: linear.Covariance,
	}}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Fit.DualGap == back.Fit.DualGap {
		t.Error("the gap is no longer NaN")
	}
	back.Fit.DualGap, m.Fit.DualGap = 0, 0
	if !reflect.DeepEqual(m, back) {
		t.Errorf("got %v, want %v", back, m)
	}
	if w, err := m.Coefficient("a"); err != nil || w != 1.0/3 {
		t.Error(w, err)
	}
	if _, err := m.Coefficient("z"); !errors.Is(err, ErrName) {
		t.Error(err)
	}
	y, err := m.Predict(read(t, CSV{}, "b,other,a\n1,x,3\nNA,x,3\n"))
	if err != nil || y[0] != float64(1.0/3*3)-2e-17 || y[1] == y[1] {
		t.Errorf("%v, %v", y, err)
	}
	if _, err := m.Predict(read(t, CSV{}, "c\n1\n")); !errors.Is(err, ErrName) || !strings.Contains(err.Error(), `["a" "b"]`) {
		t.Error(err)
	}
	for _, bad := range []string{`{}`, `{"format":"nogil model 2"}`, `{"format":"nogil model 1","coefficients":[{"name":"a"},{"name":"a"}]}`, `[`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s is a model", bad)
		}
	}
}

// A file that becomes shorter while it is read is an error that names the file, and says where it ended.
func TestShrinkingFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "shrinks.csv")
	for what, read := range map[string]func(c CSV) error{
		"Read":     func(c CSV) error { _, err := c.Read(t.Context(), name); return err },
		"Describe": func(c CSV) error { _, _, err := c.Describe(t.Context(), name); return err },
		"Sums":     func(c CSV) error { _, _, err := c.Sums(t.Context(), name); return err },
	} {
		text := "a,b\n" + strings.Repeat("1.25,2.5\n", 1<<20)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var cut sync.Once
		err := read(CSV{Loop: parfor.Loop{Progress: func(done, total int) {
			cut.Do(func() {
				if err := os.Truncate(name, int64(len(text)-9*1000)); err != nil {
					t.Error(err)
				}
			})
		}}})
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "ended at byte") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
