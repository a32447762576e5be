package suite

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// faster returns the sample report with nogil's times on two threads multiplied.
func timed(factor float64) *Report {
	r := sample()
	l := &r.Workloads[0]
	for i := range l.Rows {
		row := &l.Rows[i]
		if row.Status == ok {
			row.Samples = []float64{1, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06}
			if row.Base && row.Threads == 2 {
				for k := range row.Samples {
					row.Samples[k] *= factor
				}
			}
		}
	}
	l.fill()
	return r
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, r *Report) string {
		path := filepath.Join(dir, name)
		if err := r.save(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old, slower, faster, little := save("old", timed(1)), save("slower", timed(1.5)), save("faster", timed(.5)), save("little", timed(1.04))
	other := timed(1)
	other.Machine.CPU = "Another CPU"
	other.Workloads[0].Rows = other.Workloads[0].Rows[:4]
	changed := save("other", other)
	for _, c := range []struct {
		paths []string
		err   error
		want  string
	}{
		{[]string{old, slower}, errSlower, "1 got slower and 0 faster"},
		{[]string{old, faster}, nil, "0 got slower and 1 faster"},
		{[]string{old, little}, nil, "0 got slower and 0 faster"},
		{[]string{old, old}, nil, "0 got slower and 0 faster"},
		{[]string{old, changed}, nil, "NOT ALIKE: processor: A CPU before, Another CPU after"},
		{[]string{old, changed}, nil, "3 rows of"},
	} {
		var out strings.Builder
		if err := compareFiles(c.paths, &out); !errors.Is(err, c.err) {
			t.Errorf("%v: error %v, want %v", c.paths, err, c.err)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: printed\n%s\nwithout %q", c.paths, out.String(), c.want)
		}
	}
	var out strings.Builder
	compareFiles([]string{old, slower}, &out)
	if !regexp.MustCompile(`2 +avx2 +nogil +1\.03 s +1\.5\d s +\+50\.0 % +0\.001 \(n=7\+7\) +slower`).MatchString(out.String()) {
		t.Errorf("printed\n%s", out.String())
	}
	if compareFiles([]string{old}, &out) == nil || compareFiles([]string{old, filepath.Join(dir, "none")}, &out) == nil {
		t.Error("a missing file is compared without complaint")
	}
}

// What is written for benchstat must be read by its own reader.
func TestBenchfmt(t *testing.T) {
	var out strings.Builder
	if err := sample().writeBenchfmt(&out); err != nil {
		t.Fatal(err)
	}
	reader, results := benchfmt.NewReader(strings.NewReader(out.String()), "out"), 0
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.Result:
			results++
			if results == 2 {
				if v, _ := r.Value("sec/op"); v != 8e-8 || string(r.Name) != "/suite=small/load=sums/by=nogil/isa=avx2/threads=1" {
					t.Errorf("the second result is %s of %v s", r.Name, v)
				}
			}
		case *benchfmt.SyntaxError:
			t.Error(r)
		}
	}
	// Two of the limits, three and two of nogil's, three of numpy's, one of the pool's.
	if err := reader.Err(); err != nil || results != 11 {
		t.Errorf("%d results, want 11 (%v)", results, err)
	}
}

func TestReadme(t *testing.T) {
	root := t.TempDir()
	results := filepath.Join(root, "results.json")
	if err := sample().save(results); err != nil {
		t.Fatal(err)
	}
	readme := filepath.Join(root, "README.md")
	if err := os.WriteFile(readme, []byte("before\n"+readmeBegin+"old\n"+readmeEnd+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeReadme([]string{results}, root, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + readmeBegin + "Measured on 9 September 2001: A CPU, 2 cores, 24 GiB, An OS, go1, gcc 12, BLAS OpenBLAS, numpy 2.\n\n" +
		"| workload | threads | nogil | peers: time (× nogil) |\n|---|---|---|---|\n" +
		"| `sums`: 3×4 | 1 | **50.0 ns** nogil, 1.9 GB/s, 80 % of read | numpy 110 ns (2.00); liar WRONG |\n" +
		"| `sums`: 3×4 | 2 | **25.0 ns** nogil, 3.8 GB/s, 80 % of read | numpy (1 thread) 110 ns (4.80); pool 100 ns (4.00) |\n" +
		readmeEnd + "after\n"
	if string(got) != want {
		t.Errorf("README is\n%s\nwant\n%s", got, want)
	}
	if _, err := loadReport(filepath.Join(root, measuredFile)); err != nil {
		t.Error(err)
	}
	two := sample()
	two.add(timed(1))
	if len(two.Workloads) != 1 || len(two.Workloads[0].Rows) != 2*len(sample().Workloads[0].Rows) {
		t.Errorf("two reports of one workload make %d workloads", len(two.Workloads))
	}
	if _, err := replaceMade("no marks", "x"); err == nil {
		t.Error("a README without marks is no error")
	}
}

// The table in the README must have the shape of what the command makes: its columns, and
// as many cells in every row. Where the results that it is made of are laid down beside it,
// it must be the very table that the command makes of them.
func TestReadmeIsMade(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), readmeBegin)
	stands, _, found := strings.Cut(rest, readmeEnd)
	if !found {
		t.Fatal("README.md has no place for the table")
	}
	rows, head := tableLines(stands), tableLines(sample().readme())[0]
	if len(rows) < 3 || rows[0] != head {
		t.Fatalf("the README's table begins with\n%.200q\nwant\n%s", rows, head)
	}
	for _, row := range rows {
		if strings.Count(row, "|") != strings.Count(head, "|") {
			t.Errorf("a row of the README's table has other columns:\n%s", row)
		}
	}
	report, err := loadReport("../../" + measuredFile)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if made := report.readme(); made != stands {
		t.Errorf("README.md has not what `go -C bench run . -readme ../%s` makes:\n%s", measuredFile, made)
	}
}

// tableLines are the lines of a table.
func tableLines(text string) []string {
	var rows []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return rows
}
