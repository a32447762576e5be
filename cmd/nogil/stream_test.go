package main

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
)

// saveProblem saves rows of whole numbers, x3 = 3·x0 − x5 + noise, and weights in x1.
func saveProblem[T kernels.Number](t *testing.T, layout kernels.Layout, rows, cols int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	m := kernels.Matrix[T]{Rows: rows, Cols: cols, Stride: cols, Layout: layout, Data: make([]T, rows*cols)}
	across, down := 1, cols
	if layout == kernels.ColMajor {
		m.Stride, across, down = rows, rows, 1
	}
	for i := range rows {
		for j := range cols {
			m.Data[i*down+j*across] = T(rng.IntN(100))
		}
		row := m.Data[i*down:]
		row[3*across] = 3*row[0] + 7*row[2*across] + T(rng.IntN(20))
	}
	name := filepath.Join(t.TempDir(), "problem.npy")
	if err := arrays.Save(name, m); err != nil {
		t.Fatal(err)
	}
	return name
}

var secondsLine = regexp.MustCompile(`"seconds": [^\n]*`)

// TestStreamedCV: a file that is read in blocks gives what it gives in memory, to the last digit.
func TestStreamedCV(t *testing.T) {
	for _, file := range []string{
		saveProblem[float64](t, kernels.RowMajor, 5000, 6), saveProblem[float32](t, kernels.ColMajor, 5000, 6), saveProblem[int64](t, kernels.RowMajor, 300, 6),
	} {
		cache := t.TempDir()
		for _, flags := range []string{"", "--cache " + cache, "--cache " + cache + " --num-alphas 100", "--weights x1 --l1-ratio .5,1 --folds 3", "--drop x4 --standardize", "--columns x0,x2,x5"} {
			args := append([]string{"enet", "cv", file, "--target", "x3", "--json"}, strings.Fields(flags)...)
			want, got := must(t, args...), must(t, append(args, "--stream")...)
			if secondsLine.ReplaceAllString(got, "") != secondsLine.ReplaceAllString(want, "") {
				t.Errorf("%s: got\n%.600s\nin memory\n%.600s", flags, got, want)
			}
		}
	}
	file := saveProblem[float64](t, kernels.RowMajor, 300, 6)
	if out := must(t, "enet", "cv", file, "--target", "x3", "--stream", "--one-se"); !strings.Contains(out, "x0 ") {
		t.Errorf("--one-se: %s", out)
	}
	for flags, want := range map[string]string{
		"--target zzz": `no column "zzz"`, "--target x3 --drop zzz": `no column "zzz"`, "--target x3 --columns zzz": `no column "zzz"`,
		"--target x3 --folds 301": "Folds is 301", "--target x3 --tol 1e-13": "Tol is below",
	} {
		if r := runNogil(t, append([]string{"enet", "cv", file, "--stream"}, strings.Fields(flags)...)...); r.status != 1 || !strings.Contains(r.err, want) {
			t.Errorf("%s: status %d, %q", flags, r.status, r.err)
		}
	}
}

// TestLimitedCV: a file that memory does not hold four times is read in blocks by itself, and what
// cannot be done so is done in memory.
func TestLimitedCV(t *testing.T) {
	file := saveProblem[float64](t, kernels.RowMajor, 3000, 6) // 144 kB
	in := input{name: file, format: npyFile}
	if limit := memoryLimit(); limit <= 1<<20 || in.streams(&cli.Command{}) {
		t.Errorf("streams with a memory of %d bytes", limit)
	}
	before := debug.SetMemoryLimit(500 << 10)
	streams := in.streams(&cli.Command{})
	if debug.SetMemoryLimit(before); !streams {
		t.Error("does not stream with a memory of 500 kB")
	}
	c := nogil(t.Context(), "enet", "cv", file, "--target", "x3", "--tol", "1e-13")
	c.Env = append(c.Env, "GOMEMLIMIT=500KiB")
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "x0 ") {
		t.Errorf("%v, %s", err, out)
	}
}
