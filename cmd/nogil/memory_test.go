//go:build linux

package main

import (
	"bytes"
	"fmt"
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

// writeLarge makes a CSV file and an array of about size bytes, of columns whose sums are
// known: x0 counts 0, 1, 2, 0, …, x1 is 0.5.
func writeLarge(t *testing.T, dir string, size int) (csvFile, arrayFile string, rows int) {
	t.Helper()
	const line = "0,0.5,12.25,-3.125\n1,0.5,12.25,-3.125\n2,0.5,12.25,-3.125\n"
	csvFile, arrayFile = filepath.Join(dir, "large.csv"), filepath.Join(dir, "large.npy")
	f, err := os.Create(csvFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := bytes.Repeat([]byte(line), 2_000)
	rows = size / len(text) * 6_000
	fmt.Fprintln(f, "x0,x1,x2,x3")
	for range size / len(text) {
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	a, err := arrays.Create[float64](arrayFile, kernels.RowMajor, rows, size/8/rows)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Discard()
	for i := range rows {
		row := a.Matrix.Data[i*a.Matrix.Stride:]
		row[0], row[1] = float64(i%3), 0.5
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return csvFile, arrayFile, rows
}

// checkSums looks for the sums in the output of nogil sum.
func checkSums(t *testing.T, out string, rows int) {
	t.Helper()
	fields := strings.Fields(out)
	for i, want := range map[int]string{3: "x0", 4: strconv.Itoa(rows), 6: "x1", 7: strconv.FormatFloat(float64(rows)/2, 'f', -1, 64)} {
		if i >= len(fields) || fields[i] != want {
			t.Fatalf("field %d of %q is not %s", i, out, want)
		}
	}
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakOf runs a command and returns what it writes and its largest resident memory.
func peakOf(t *testing.T, c *exec.Cmd) (string, int64) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "peak")
	c.Env = append(c.Env, peakFile+"="+name)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%q: %v", c.Args, err)
	}
	text, err := os.ReadFile(name)
	m := peakLine.FindSubmatch(text)
	if err != nil || m == nil {
		t.Fatalf("%q: no peak: %v", c.Args, err)
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), kb << 10
}

// TestMemory: sums and descriptions of a file of 96 MB take little more memory than those of
// one of 1 MB.
func TestMemory(t *testing.T) {
	if instrumented {
		t.Skip("the instruments take memory")
	}
	peak := map[string]int64{}
	for _, size := range []int{1 << 20, 96 << 20} {
		csvFile, arrayFile, rows := writeLarge(t, t.TempDir(), size)
		for _, file := range []string{csvFile, arrayFile} {
			for _, command := range []string{"sum", "describe"} {
				out, used := peakOf(t, nogil(t.Context(), command, file))
				if command == "sum" {
					checkSums(t, out, rows)
				}
				name := command + " " + filepath.Base(file)
				if more := used - peak[name]; peak[name] > 0 && more > 32<<20 {
					t.Errorf("%s: %d MB more for a file of %d MB", name, more>>20, size>>20)
				}
				t.Logf("%s: %d MB for a file of %d MB", name, used>>20, size>>20)
				peak[name] = used
			}
		}
	}
}

// TestStreamedCVMemory: a cross-validation of a file of 96 MB that is read in blocks takes little
// more memory than one of 1 MB.
func TestStreamedCVMemory(t *testing.T) {
	if instrumented {
		t.Skip("the instruments take memory")
	}
	var peaks [2]int64
	for i, rows := range []int{2_000, 190_000} {
		file := saveProblem[float64](t, kernels.RowMajor, rows, 64)
		out, used := peakOf(t, nogil(t.Context(), "enet", "cv", file, "--target", "x3", "--stream", "--num-alphas", "5"))
		if !strings.Contains(out, "x0 ") {
			t.Errorf("got %s", out)
		}
		peaks[i] = used
	}
	t.Logf("%d and %d MB", peaks[0]>>20, peaks[1]>>20)
	if more := peaks[1] - peaks[0]; more > 48<<20 {
		t.Errorf("%d MB more for 95 MB more", more>>20)
	}
}

// TestLargerThanMemory gives a process 512 MB, its page cache included, and a file of 2 GB.
// It wants root, a control group of either version, and NOGIL_SOAK.
func TestLargerThanMemory(t *testing.T) {
	if os.Getenv("NOGIL_SOAK") == "" {
		t.Skip("NOGIL_SOAK is not set")
	}
	const limit = 512 << 20
	group := limitedGroup(t, limit)
	csvFile, arrayFile, rows := writeLarge(t, t.TempDir(), 4*limit)
	for _, file := range []string{csvFile, arrayFile} {
		for _, command := range []string{"sum", "describe"} {
			c := exec.CommandContext(t.Context(), "sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(group, "cgroup.procs"), os.Args[0], command, file)
			c.Env = append(os.Environ(), asCommand+"=1")
			out, used := peakOf(t, c)
			if command == "sum" {
				checkSums(t, out, rows)
			}
			t.Logf("%s %s: peak %d MB", command, filepath.Base(file), used>>20)
		}
	}
	file := saveProblem[float64](t, kernels.RowMajor, limit/64, 16) // 1 GB
	c := exec.CommandContext(t.Context(), "sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(group, "cgroup.procs"), os.Args[0], "enet", "cv", file, "--target", "x3")
	c.Env = append(os.Environ(), asCommand+"=1")
	out, used := peakOf(t, c)
	if !strings.Contains(out, "x0 ") {
		t.Errorf("got %s", out)
	}
	t.Logf("enet cv of 1 GB: peak %d MB", used>>20)
}

// limitedGroup makes a control group with so much memory.
func limitedGroup(t *testing.T, limit int) string {
	t.Helper()
	for _, g := range [][2]string{{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"}} {
		dir := filepath.Join(g[0], fmt.Sprintf("nogil-test-%d", os.Getpid()))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { os.Remove(dir) })
		if os.WriteFile(filepath.Join(dir, g[1]), []byte(strconv.Itoa(limit)), 0o644) == nil {
			return dir
		}
	}
	t.Skip("no control group can be made here")
	return ""
}
