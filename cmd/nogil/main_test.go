package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
)

var update = flag.Bool("update", false, "write testdata/help.txt anew")

// TestMain makes the test binary the command itself where asCommand is set: so each test runs
// a process of its own, as a user would.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		if last, err := strconv.Atoi(os.Getenv(interruptAt)); err == nil {
			afterCell = func(ctx context.Context, done int) {
				if self, err := os.FindProcess(os.Getpid()); done == last && err == nil && self.Signal(os.Interrupt) == nil {
					<-ctx.Done()
				}
			}
		}
		status := status()
		if name := os.Getenv(peakFile); name != "" {
			// Not rusage's peak, which has the memory of the process that started this one in it.
			text, _ := os.ReadFile("/proc/self/status")
			os.WriteFile(name, text, 0o666)
		}
		os.Exit(status)
	}
	os.Exit(m.Run())
}

const (
	asCommand   = "NOGIL_TEST_AS_COMMAND"
	peakFile    = "NOGIL_TEST_PEAK_FILE"    // gets what Linux says of the command's memory
	interruptAt = "NOGIL_TEST_INTERRUPT_AT" // after which cell of a cross-validation the command interrupts itself
)

// nogil returns the command with its arguments.
func nogil(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1", "NOGIL_NUM_THREADS=2", "GORACE=atexit_sleep_ms=0")
	return c
}

// result is what a command has written and its exit status.
type result struct {
	out, err string
	status   int
}

func runNogil(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	c := nogil(t.Context(), args...)
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// must runs a command that succeeds and returns what it writes.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := runNogil(t, args...)
	if r.status != 0 {
		t.Fatalf("%q: status %d\n%s", args, r.status, r.err)
	}
	return r.out
}

// files makes the arrays that the tests read, and returns their folder.
func files(t *testing.T) string {
	dir := t.TempDir()
	save := func(name string, err error) {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	save("floats", arrays.Save(filepath.Join(dir, "floats.npy"), kernels.NewRowMajor(3, 2, []float64{1, 2, 3, math.NaN(), 5, 6})))
	save("ints", arrays.SaveVector(filepath.Join(dir, "ints.npy"), []int64{4, 7, 6, 8, 11, 9}))
	save("overflow", arrays.SaveVector(filepath.Join(dir, "overflow.npy"), []int64{math.MaxInt64, 1}))
	save("csv", os.WriteFile(filepath.Join(dir, "ints.csv"), []byte("4\n7\n6\n8\n11\n9\n"), 0o666))
	save("ragged", os.WriteFile(filepath.Join(dir, "ragged.csv"), []byte("a,b\n1,2\n3\n"), 0o666))
	save("infinite", os.WriteFile(filepath.Join(dir, "infinite.csv"), []byte("y,area\n1,2\n3,inf\n5,1e200\n"), 0o666))
	save("junk", os.WriteFile(filepath.Join(dir, "junk.npy"), []byte("no array"), 0o666))
	return dir
}

func TestCommands(t *testing.T) {
	dir := files(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, tt := range []struct {
		args     []string
		status   int
		out, err string // regular expressions, each somewhere in it; "" for nothing at all
	}{
		{[]string{}, 0, "COMMANDS", ""},
		{[]string{"--version"}, 0, "nogil version", ""},
		{[]string{"info"}, 0, `(?s)CPU.*instruction set .*threads .*control group`, ""},
		{[]string{"info", "x"}, 2, "", "takes no argument"},
		{[]string{"frobnicate"}, 2, "", `"frobnicate" is no command of nogil`},
		{[]string{"enet", "frobnicate"}, 2, "", `"frobnicate" is no command of nogil enet`},
		{[]string{"describe"}, 2, "", "no FILE is given"},
		{[]string{"describe", "a", "b"}, 2, "", "one FILE is expected"},
		{[]string{"describe", "--frobnicate", "a"}, 2, "", "flag provided but not defined: -frobnicate"},
		{[]string{"describe", "--delimiter", "ab", "testdata/houses.csv"}, 2, "", "must be one ASCII character"},
		{[]string{"describe", "/nowhere.csv"}, 1, "", "no such file"},
		{[]string{"describe", in("ragged.csv")}, 1, "", `ragged.csv:3:2: the record ends after 1 cells, the header has 2`},
		{[]string{"describe", in("junk.npy")}, 1, "", "does not begin as a .npy file does"},
		{[]string{"describe", "testdata/houses.csv"}, 0, `(?s)area +float64 +7 +1 .*city +string +8 +0 +- .*8 rows`, ""},
		{[]string{"describe", "--columns", "rooms", "testdata/houses.csv"}, 0, `^column.*\nrooms.*\n8 rows\n$`, ""},
		{[]string{"describe", "--columns", "zzz", "testdata/houses.csv"}, 1, "", `no column "zzz"`},
		{[]string{"describe", in("floats.npy")}, 0, `x1 +float64 +2 +1 +4 `, ""},
		{[]string{"describe", in("ints.npy")}, 0, `x0 +float64 +6 +0 +7.5 `, ""},
		{[]string{"sum", "testdata/houses.csv"}, 0, `(?s)area +592 +1\nrooms +27 +0`, ""},
		{[]string{"sum", in("floats.npy")}, 0, `x0 +9 +0\nx1 +NaN +0`, ""},
		{[]string{"sum", in("ints.npy")}, 0, `x0 +45 `, ""},
		{[]string{"sum", in("overflow.npy")}, 1, "", "beyond 64 bits"},
		{[]string{"divisors"}, 2, "", "is given"},
		{[]string{"divisors", "360", "10..12"}, 0, `^360 24\n10 4\n11 2\n12 6\n$`, ""},
		{[]string{"divisors", "--factor", "360", "18446744073709551615", "0", "1"}, 0, `^360 24 2\^3 3\^2 5\n18446744073709551615 128 3 5 17 257 641 65537 6700417\n0 0\n1 1\n$`, ""},
		{[]string{"divisors", "--at-most", "7", "4", "7", "6", "8", "11", "9"}, 0, `^9\n$`, ""},
		{[]string{"divisors", "--at-most", "7", in("ints.npy")}, 0, `^9\n$`, ""},
		{[]string{"divisors", "--at-most", "7", in("ints.csv")}, 0, `^9\n$`, ""},
		{[]string{"divisors", "--at-most", "100", "1..10"}, 0, `^27\n$`, ""},
		{[]string{"divisors", "--at-most", "7", "5..10"}, 0, `^8\n$`, ""},
		{[]string{"divisors", "--at-most", "7", "9..4", "0..1"}, 0, `^1\n$`, ""},                                                // 9..4 is empty
		{[]string{"divisors", "--at-most", "1000000000000000000", "1..1000000000000000000"}, 0, `^41600963003695964400\n$`, ""}, // D(10^18), above 2^64: A057494 in the OEIS
		{[]string{"divisors", in("ints.csv"), "5..4"}, 0, `^4 3\n7 2\n6 4\n8 4\n11 2\n9 3\n$`, ""},
		{[]string{"divisors", "18446744073709551616"}, 1, "", "neither a number"},
		{[]string{"divisors", in("floats.npy")}, 1, "", "not integers"},
		{[]string{"enet", "fit", "testdata/houses.csv"}, 2, "", "give the column that is explained by --target"},
		{[]string{"enet", "fit", "--target", "price", "testdata/houses.csv"}, 1, "", `columns of strings: \["city"\]; leave them out by --drop city`},
		{[]string{"enet", "fit", "--target", "price", "--drop", "city", "testdata/houses.csv"}, 1, "", `column "area" misses 1 of 8 values, the first in row 3; --drop-missing`},
		{[]string{"enet", "fit", "--target", "zzz", "testdata/houses.csv"}, 1, "", `no column "zzz"`},
		{[]string{"enet", "fit", "--target", "price", "--drop", "city", "--drop-missing", "--alpha", "-1", "testdata/houses.csv"}, 1, "", "Alpha is -1"},
		{[]string{"enet", "fit", "--target", "y", in("infinite.csv")}, 1, "", `X\[1, 0\] is \+Inf: not finite \(column 0 of X is "area"\)`},
		{[]string{"enet", "fit", "--target", "price", "--tol", "0", "testdata/houses.csv"}, 2, "", "--tol must be above 0"},
		{[]string{"enet", "fit", "--target", "price", "--plot", "x", "testdata/houses.csv"}, 2, "", "flag provided but not defined"},
		{[]string{"enet", "cv", "--target", "price", "--plot", "x.pdf", "testdata/houses.csv"}, 2, "", "must end in .svg or .png"},
		{[]string{"enet", "fit", "--target", "price", "--drop", "city", "--drop-missing", "--l1-ratio", "1", "testdata/houses.csv"}, 0, `(?s)rows +7\n.*area +9\.`, "1 rows with missing values"},
		{[]string{"enet", "fit", "--alpha", "0.01", "testdata/tiny.svm"}, 0, `(?s)columns +3, 3 with a coefficient`, ""},
		{[]string{"enet", "fit", "--target", "y", "testdata/tiny.svm"}, 2, "", "no meaning for the libsvm file"},
		{[]string{"enet", "path", "--target", "price", "--columns", "rooms,year", "--num-alphas", "3", "testdata/houses.csv"}, 0, `(?s)^alpha .*(\n.*){3}\n$`, ""},
		{[]string{"enet", "cv", "--target", "price", "--columns", "rooms,year", "--folds", "99", "testdata/houses.csv"}, 1, "", "Folds is 99"},
		{[]string{"enet", "predict", "testdata/houses.csv"}, 2, "", "model"},
		{[]string{"enet", "predict", "--model", "testdata/houses.csv", "testdata/houses.csv"}, 1, "", "invalid character"},
		{[]string{"bench", "--frobnicate"}, 2, "", "flag provided"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			r := runNogil(t, tt.args...)
			if r.status != tt.status {
				t.Errorf("status %d, want %d", r.status, tt.status)
			}
			for what, text := range map[string][2]string{"stdout": {r.out, tt.out}, "stderr": {r.err, tt.err}} {
				if text[1] == "" && text[0] != "" || !regexp.MustCompile(text[1]).MatchString(text[0]) {
					t.Errorf("%s is %q, want %q", what, text[0], text[1])
				}
			}
		})
	}
}

// TestJSON: every command with --json writes one value of JSON that has these members.
func TestJSON(t *testing.T) {
	dir := files(t)
	fit := []string{"--target", "price", "--columns", "rooms,year", "testdata/houses.csv"}
	model := filepath.Join(dir, "model.json")
	must(t, append([]string{"enet", "fit", "--out", model}, fit...)...)
	for _, tt := range []struct {
		args []string
		want string // as Go prints what the function picks
		pick func(any) any
	}{
		{[]string{"info"}, "true", func(v any) any { return member(v, "simd", "level") != nil && member(v, "cpu", "name") != "" }},
		{[]string{"describe", "testdata/houses.csv"}, "8 [area float64 7 1 <nil>]", func(v any) any {
			c := member(v, "columns").([]any)
			return fmt.Sprint(member(v, "rows"), []any{member(c[0], "column"), member(c[0], "type"), member(c[0], "count"), member(c[0], "missing"), member(c[2], "mean")})
		}},
		{[]string{"sum", filepath.Join(dir, "floats.npy")}, "[9 <nil>]", func(v any) any {
			c := member(v, "columns").([]any)
			return []any{member(c[0], "sum"), member(c[1], "sum")}
		}},
		{[]string{"divisors", "--factor", "12", "7"}, "[map[divisors:6 factors:[[2 2] [3 1]] n:12] map[divisors:2 factors:[[7 1]] n:7]]", func(v any) any { return v }},
		{[]string{"divisors", "5..4"}, "[]", func(v any) any { return v }},
		{[]string{"divisors", "--at-most", "7", "4", "7"}, "5", func(v any) any { return member(v, "sum") }},
		{[]string{"divisors", "--at-most", "1000000000000000000", "1..1000000000000000000"}, "4.1600963003695964e+19", func(v any) any { return member(v, "sum") }},
		{append([]string{"enet", "fit"}, fit...), "8 2 true", func(v any) any {
			return fmt.Sprint(member(v, "rows"), member(v, "columns"), member(v, "converged"))
		}},
		{append([]string{"enet", "path", "--alphas", "1,10"}, fit...), "[10 1]", func(v any) any {
			p := member(v, "path").([]any)
			return []any{member(p[0], "alpha"), member(p[1], "alpha")}
		}},
		{append([]string{"enet", "cv", "--folds", "2", "--l1-ratio", ".5,1", "--num-alphas", "4"}, fit...), "2 4 2", func(v any) any {
			grid := member(v, "grid").([]any)
			mse := member(grid[1], "mse_path").([]any)
			return fmt.Sprint(len(grid), len(mse), len(mse[0].([]any)))
		}},
		{[]string{"enet", "predict", "--model", model, "testdata/houses.csv"}, "[price 8]", func(v any) any {
			return fmt.Sprint([]any{member(v, "target"), len(member(v, "predictions").([]any))})
		}},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			for _, args := range [][]string{append([]string{"--json"}, tt.args...), append(append([]string{}, tt.args...), "--json")} {
				var v any
				if err := json.Unmarshal([]byte(must(t, args...)), &v); err != nil {
					t.Fatal(err)
				}
				if got := strings.ReplaceAll(fmt.Sprint(tt.pick(v)), "  ", " "); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
		})
	}
}

// member follows the names into v.
func member(v any, names ...string) any {
	for _, n := range names {
		v = v.(map[string]any)[n]
	}
	return v
}

// TestHelp compares the help of all commands with testdata/help.txt.
func TestHelp(t *testing.T) {
	var all strings.Builder
	for _, command := range [][]string{
		{}, {"info"}, {"describe"}, {"sum"}, {"divisors"}, {"enet"}, {"enet", "fit"}, {"enet", "path"}, {"enet", "cv"}, {"enet", "predict"}, {"bench"},
	} {
		fmt.Fprintf(&all, "$ nogil %s\n", strings.Join(append(command, "--help"), " "))
		all.WriteString(must(t, append(command, "--help")...) + "\n")
	}
	const golden = "testdata/help.txt"
	got := regexp.MustCompile(`VERSION:\n   .*`).ReplaceAllString(all.String(), "VERSION:\n   (version)")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the help has changed (go test ./cmd/nogil -run Help -update): got\n%s", got)
	}
}

// writeProblem makes a CSV file of y = 3·a − 2·d + noise among n columns.
func writeProblem(t *testing.T, rows, columns int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var s strings.Builder
	for j := range columns {
		fmt.Fprintf(&s, "c%d,", j)
	}
	s.WriteString("y\n")
	x := make([]float64, columns)
	for range rows {
		for j := range x {
			x[j] = r.NormFloat64()
			fmt.Fprintf(&s, "%v,", x[j])
		}
		fmt.Fprintf(&s, "%v\n", 3*x[0]-2*x[3]+r.NormFloat64()/10)
	}
	file := filepath.Join(t.TempDir(), "problem.csv")
	if err := os.WriteFile(file, []byte(s.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNewUser: from a CSV file to a cross-validated model with its picture, and predictions
// of rows whose columns stand in another order.
func TestNewUser(t *testing.T) {
	data, dir := writeProblem(t, 200, 6), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	out := must(t, "enet", "cv", data, "--target", "y", "--l1-ratio", ".5,.9,1", "--folds", "10", "--plot", in("cv.svg"), "--out", in("model.json"))
	for _, want := range []string{"alpha", "l1_ratio", "c0 ", "c3 ", "test error"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	must(t, "enet", "cv", data, "--target", "y", "--plot", in("cv.png"))
	for name, begin := range map[string]string{"cv.svg": "<?xml", "cv.png": "\x89PNG"} {
		if text, err := os.ReadFile(in(name)); err != nil || !strings.HasPrefix(string(text), begin) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(in("new.csv"), []byte("c5,extra,c3,c4,c2,c1,c0\n0,x,1,0,0,0,1\n0,y,0,0,0,0,\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	must(t, "enet", "predict", in("new.csv"), "--model", in("model.json"), "--out", in("p.csv"))
	text, err := os.ReadFile(in("p.csv"))
	var y float64
	if n, _ := fmt.Sscanf(string(text), "y\n%g\n\"\"\n", &y); err != nil || n != 1 || math.Abs(y-1) > 0.2 {
		t.Errorf("predictions are %q", text)
	}
	if r := runNogil(t, "enet", "predict", data, "--model", in("model.json"), "--out", in("p.csv")); !strings.Contains(r.err, "R² of the predictions is 0.99") {
		t.Errorf("got %q", r.err)
	}
	if err := os.WriteFile(in("few.csv"), []byte("c0,c1,c2\n1,2,3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := runNogil(t, "enet", "predict", in("few.csv"), "--model", in("model.json")); r.status != 1 || !strings.Contains(r.err, `["c3" "c4" "c5"]`) {
		t.Errorf("missing columns: status %d, %q", r.status, r.err)
	}
}

// TestWriteFile: what fails half way leaves what was there, and nothing else.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	if err := os.WriteFile(name, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	err := writeFile(name, func(w io.Writer) error {
		w.Write([]byte("half"))
		return full
	})
	text, _ := os.ReadFile(name)
	entries, _ := os.ReadDir(dir)
	if !errors.Is(err, full) || string(text) != "old" || len(entries) != 1 {
		t.Errorf("%v, %q, %d files", err, text, len(entries))
	}
}
