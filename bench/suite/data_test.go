package suite

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestArrayRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	a, err := createArray(path, float64Type, true, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{1, 2, math.Inf(1), -0.5, math.MaxFloat64, 7}
	copy(a.float64s(), want)
	a.close()
	b, err := openArray(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if !slices.Equal(b.float64s(), want) || !slices.Equal(b.shape, []int{3, 2}) || !b.fortran {
		t.Errorf("read back %v of shape %v, Fortran %v", b.float64s(), b.shape, b.fortran)
	}
	if _, err := loadVector(filepath.Join(t.TempDir(), "none.npy")); err == nil {
		t.Error("a file that is not there is read without complaint")
	}
}

func TestBadArrays(t *testing.T) {
	good := string(header(float64Type, false, []int{2})) + strings.Repeat("\x00", 16)
	for name, text := range map[string]string{
		"empty":           "",
		"no magic string": "PK" + good[2:],
		"cut in header":   good[:100],
		"cut in data":     good[:len(good)-1],
		"no description":  strings.Replace(good, "descr", "DESCR", 1),
		"other type":      strings.Replace(good, "<f8", "<f4", 1),
	} {
		path := filepath.Join(t.TempDir(), "bad.npy")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := openArray(path, false); err == nil {
			t.Errorf("a file that is %s is read without complaint", name)
		}
	}
}

// python is one with NumPy: the benchmark's own, else the system's.
func python(t *testing.T) string {
	for _, p := range []string{filepath.Join("..", ".venv", "bin", "python"), "python3"} {
		if path, err := exec.LookPath(p); err == nil && exec.Command(path, "-c", "import numpy").Run() == nil {
			return path
		}
	}
	t.Skip("no Python with NumPy here")
	return ""
}

// NumPy must read what createArray writes, and loadVector what NumPy writes.
func TestNumPyReadsArrays(t *testing.T) {
	py, dir := python(t), t.TempDir()
	in, out := filepath.Join(dir, "in.npy"), filepath.Join(dir, "out.npy")
	a, err := createArray(in, float64Type, true, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	copy(a.float64s(), []float64{1, 2, 3, 4, 5, 6})
	a.close()
	script := `
import sys, numpy as np
a = np.load(sys.argv[1], mmap_mode="r")
assert a.shape == (2, 3) and a.flags.f_contiguous and a[1, 0] == 2, a
np.save(sys.argv[2], a.sum(axis=0))
`
	if said, err := exec.Command(py, "-c", script, in, out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	got, err := loadVector(out)
	if err != nil || !slices.Equal(got, []float64{3, 7, 11}) {
		t.Errorf("NumPy's sums are read as %v (%v)", got, err)
	}
}

// A peer whose package does not import must say so, and take no part.
func TestWorkerWithoutPackage(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no Python here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "numpy.py"), []byte(`raise ImportError("numpy is broken here")`), 0o644); err != nil {
		t.Fatal(err)
	}
	p := program{args: []string{"python3", "../peers/worker.py", "numpy"}, env: []string{"PYTHONPATH=" + dir, "PYTHONDONTWRITEBYTECODE=1"}}
	if _, err := start(context.Background(), p); err == nil || !strings.Contains(err.Error(), "ImportError: numpy is broken here") {
		t.Errorf("error %v, want the ImportError", err)
	}
}

// Without Python and without a compiler every peer has a reason, and no program.
func TestToolsMissing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"requirements.txt", "requirements-numba.txt", "peers/openmp.c", "peers/tbb.cpp", "peers/loops.h", "peers/worker.h", "peers/colsum_prange.pyx", "trial/trial.c"} {
		b, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PYTHON", "/nonexistent/python3")
	t.Setenv("CC", "/nonexistent/cc")
	t.Setenv("PATH", "/nonexistent/bin")
	var log strings.Builder
	tools := findTools(context.Background(), suites[:1], dir, false, &log)
	for name, p := range map[string]program{
		"numpy": tools.pythonPeer("numpy", 0), "cython": tools.pythonPeer("cython", 0), "openmp": tools.openmpPeer("v", "q"),
		"clang": tools.nativePeer("OpenMP, clang", "v", "q"), "tbb": tools.nativePeer("oneTBB", "v", "q"), "numba": tools.compiledPython("numba", 1),
	} {
		if len(p.args) != 0 || !strings.Contains(p.reason, "/nonexistent/") && !strings.Contains(p.reason, "not found in $PATH") {
			t.Errorf("%s: args %v, reason %q", name, p.args, p.reason)
		}
	}
}

// The data must not depend on how many cores make it, and the sums that answers
// are held against must be right.
func TestFillColumns(t *testing.T) {
	const rows, cols = 37, 11
	for _, fortran := range []bool{true, false} {
		var first []float64
		for _, procs := range []int{1, 3} {
			before := runtime.GOMAXPROCS(procs)
			a := make([]float64, rows*cols)
			sums := fillColumns(a, rows, cols, fortran)
			runtime.GOMAXPROCS(before)
			if first == nil {
				first = a
			}
			if !slices.Equal(a, first) {
				t.Errorf("Fortran %v: other data with %d cores", fortran, procs)
			}
			want := make([]float64, cols)
			for i := range rows {
				for j := range cols {
					at := i*cols + j
					if fortran {
						at = j*rows + i
					}
					want[j] += a[at]
				}
			}
			if err := checkSums(sums, want); err != nil {
				t.Errorf("Fortran %v, %d cores: %v", fortran, procs, err)
			}
		}
	}
}

// Where there is no room a workload is an error, named in the report; the others run.
func TestNoRoom(t *testing.T) {
	b := &bench{config: config{quick: true, threads: []int{1}}, tools: &tools{noPython: errNotAsked}, scratch: &scratch{dirs: []string{"/nonexistent"}}}
	for name, make := range map[string]func() (*workload, error){
		"colsum": func() (*workload, error) { return b.colsum("colsum-f", true) },
		"add":    b.vectorAdd,
		"dot":    b.dot,
		"enet":   b.enetFit,
		"cv":     func() (*workload, error) { return b.enetCV("enet-cv", nil) },
	} {
		if _, err := make(); !errors.Is(err, errNoRoom) {
			t.Errorf("%s: error %v, want no room", name, err)
		}
	}
}

func TestExactSum(t *testing.T) {
	var s exact
	for _, v := range []float64{1, 1e100, 1, -1e100} {
		s.add(v)
	}
	if got := s.value(); got != 2 {
		t.Errorf("1 + 1e100 + 1 − 1e100 = %v, want 2", got)
	}
}

// Wrong answers must be found.
func TestChecks(t *testing.T) {
	if err := checkSums([]float64{1, 2}, []float64{1, 2}); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]float64{{1, 2.0001}, {1}, {1, math.NaN()}, {1, 2, 3}, nil} {
		if checkSums(bad, []float64{1, 2}) == nil {
			t.Errorf("checkSums takes %v for 1, 2", bad)
		}
		if checkEqual(bad, []float64{1, 2}) == nil {
			t.Errorf("checkEqual takes %v for 1, 2", bad)
		}
	}
	if err := checkCoef([]float64{0, 3}, []float64{0, 3}); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]float64{{1e-6, 3}, {0, math.NaN()}, {0}} {
		if checkCoef(bad, []float64{0, 3}) == nil {
			t.Errorf("checkCoef takes %v for 0, 3", bad)
		}
	}
	x, y := []float64{1, 2}, []float64{10, 20}
	if err := checkAdded(x, y, []float64{11, 22}); err != nil {
		t.Error(err)
	}
	if checkAdded(x, y, []float64{11, math.NaN()}) == nil {
		t.Error("checkAdded takes NaN for 22")
	}
}

func TestSieveSums(t *testing.T) {
	// The article's example, and all of it.
	got := sieveSums([]int64{4, 7, 6, 8, 11, 9}, []int64{7, 11, 3}, 11)
	if want := []float64{9, 18, 0}; !slices.Equal(got, want) {
		t.Errorf("sums %v, want %v", got, want)
	}
}

// The solutions of the toy problem of scikit-learn's own tests have no gap, and
// what is no solution has one.
func TestDualGap(t *testing.T) {
	p := problem{rows: 3, cols: 1, x: []float64{-1, 0, 1}, y: []float64{-1, 0, 1}}
	for _, c := range []struct{ alpha, l1, coef float64 }{{0.1, 1, 0.85}, {0.5, 1, 0.25}, {1, 1, 0}, {0.5, 0.3, 0.50819672}} {
		if gap, _ := dualGap(p, []float64{c.coef}, 0, c.alpha, c.l1); !(math.Abs(gap) < 1e-8) {
			t.Errorf("alpha %v, l1_ratio %v: gap %v at the solution", c.alpha, c.l1, gap)
		}
		if gap, _ := dualGap(p, []float64{c.coef + 0.1}, 0, c.alpha, c.l1); !(gap > 1e-4) {
			t.Errorf("alpha %v, l1_ratio %v: gap %v beside the solution", c.alpha, c.l1, gap)
		}
		if gap, _ := dualGap(p, []float64{c.coef}, 0.1, c.alpha, c.l1); !(gap > 1e-4) {
			t.Errorf("alpha %v, l1_ratio %v: gap %v with a wrong intercept", c.alpha, c.l1, gap)
		}
	}
}
