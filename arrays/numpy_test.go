package arrays

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// python runs a program under the benchmark's NumPy, or any, and skips where there is none.
func python(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	for _, p := range []string{"../bench/.venv/bin/python", "python3"} {
		if exec.Command(p, "-c", "import numpy").Run() != nil {
			continue
		}
		full, err := exec.LookPath(p)
		if err != nil {
			t.Fatal(err)
		}
		if full, err = filepath.Abs(full); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(full, append([]string{"-c", program}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("python: %v\n%s", err, out)
		}
		return string(out)
	}
	t.Skip("no Python with NumPy here")
	return ""
}

// What NumPy writes, of every type, order and version, is read with the same elements.
func TestNumPyWrites(t *testing.T) {
	dir := t.TempDir()
	python(t, dir, `
import numpy as np
for name in "float64 float32 int64 int32".split():
    a = (np.arange(15).reshape(5, 3) - 7).astype(name)
    for order in "CF":
        for version in (1, 2, 3):
            with open(f"{name}-{order}-{version}.npy", "wb") as f:
                np.lib.format.write_array(f, np.asarray(a, order=order), version=(version, 0))
    np.save(f"{name}-big.npy", a.astype(a.dtype.newbyteorder(">")))
    np.save(f"{name}-vector.npy", a[:, 1])
    np.save(f"{name}-scalar.npy", a[2, 1])
    np.save(f"{name}-empty.npy", a[:0])
np.savez("stored.npz", x=np.arange(6.).reshape(2, 3), y=np.arange(70000, dtype="i4"))
np.savez_compressed("deflated.npz", x=np.arange(6.).reshape(2, 3), y=np.arange(70000, dtype="i4"))
`)
	t.Run("float64", func(t *testing.T) { testNumPyWrites[float64](t, dir) })
	t.Run("float32", func(t *testing.T) { testNumPyWrites[float32](t, dir) })
	t.Run("int64", func(t *testing.T) { testNumPyWrites[int64](t, dir) })
	t.Run("int32", func(t *testing.T) { testNumPyWrites[int32](t, dir) })
	for _, file := range []string{"stored.npz", "deflated.npz"} {
		path := filepath.Join(dir, file)
		all, err := Members(path)
		if err != nil || len(all) != 2 || all[0].Name != "x" || all[1].Name != "y" || all[1].Header.Type != Int32 {
			t.Fatalf("members %v, %v", all, err)
		}
		x, err := LoadMember[float64](path, "x")
		if err != nil || x.Rows != 2 || x.Cols != 3 || x.At(1, 2) != 5 {
			t.Errorf("x = %v, %v", x, err)
		}
		y, err := LoadMember[int32](path, "y")
		if err != nil || y.Rows != 70000 || y.At(69999, 0) != 69999 {
			t.Errorf("y of %d rows, %v", y.Rows, err)
		}
		if _, err := LoadMember[int32](path, "z"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("z: %v", err)
		}
	}
}

func testNumPyWrites[T kernels.Number](t *testing.T, dir string) {
	name := TypeOf[T]().String()
	check := func(file string, rows, cols int, first T, step func(i, j int) T) {
		t.Helper()
		path := filepath.Join(dir, name+file)
		look := func(how string, m kernels.Matrix[T], err error) {
			t.Helper()
			if err != nil || m.Rows != rows || m.Cols != cols {
				t.Fatalf("%s: %s: %d×%d, %v", file, how, m.Rows, m.Cols, err)
			}
			for i := range rows {
				for j := range cols {
					if m.At(i, j) != step(i, j) {
						t.Errorf("%s: %s: element (%d, %d) is %v, want %v", file, how, i, j, m.At(i, j), step(i, j))
					}
				}
			}
		}
		m, err := Load[T](path)
		look("Load", m, err)
		a, err := Open[T](path, ReadOnly)
		if file == "-big.npy" {
			if !errors.Is(err, ErrType) {
				t.Errorf("Open of the other byte order: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		look("Open", a.Matrix, nil)
	}
	matrix := func(i, j int) T { return T(3*i+j) - 7 }
	for _, order := range []string{"C", "F"} {
		for _, version := range []string{"1", "2", "3"} {
			check("-"+order+"-"+version+".npy", 5, 3, 0, matrix)
		}
	}
	check("-big.npy", 5, 3, 0, matrix)
	check("-vector.npy", 5, 1, 0, func(i, _ int) T { return matrix(i, 1) })
	check("-scalar.npy", 1, 1, 0, func(_, _ int) T { return matrix(2, 1) })
	check("-empty.npy", 0, 3, 0, nil)
}

// What is written here NumPy reads, and its mapping too.
func TestNumPyReads(t *testing.T) {
	dir := t.TempDir()
	data := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	c := kernels.Matrix[float64]{Rows: 2, Cols: 3, Stride: 4, Data: data}
	f := kernels.Matrix[int32]{Rows: 2, Cols: 3, Stride: 2, Layout: kernels.ColMajor, Data: []int32{1, 4, 2, 5, 3, 6}}
	for _, err := range []error{
		Save(filepath.Join(dir, "c.npy"), c),
		Save(filepath.Join(dir, "f.npy"), f),
		Save(filepath.Join(dir, "none.npy"), kernels.NewRowMajor(0, 3, []float32{})),
		SaveVector(filepath.Join(dir, "v.npy"), []int64{5, -6}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := Create[float32](filepath.Join(dir, "made.npy"), kernels.ColMajor, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Matrix.Data {
		a.Matrix.Data[i] = float32(i)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(python(t, dir, `
import numpy as np
for name in "c f none v made".split():
    for mode in (None, "r+", "c"):
        if name == "none" and mode: continue
        a = np.load(name + ".npy", mmap_mode=mode)
        print(a.dtype, a.shape, a.flags.f_contiguous, a.tolist(), sep="|".replace(" ", ""))
`))
	_ = got
	want := []string{
		"float64|(2,3)|False|[[1.0,2.0,3.0],[5.0,6.0,7.0]]",
		"int32|(2,3)|True|[[1,2,3],[4,5,6]]",
		"float32|(0,3)|True|[]",
		"int64|(2,)|True|[5,-6]",
		"float32|(3,2)|True|[[0.0,3.0],[1.0,4.0],[2.0,5.0]]",
	}
	text := strings.Join(got, "")
	for _, w := range want {
		n := strings.Count(text, w)
		if n != 3 && !(strings.HasPrefix(w, "float32|(0") && n == 1) {
			t.Errorf("NumPy read %s %d times in %s", w, n, text)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || slices.ContainsFunc(left, func(s string) bool { return strings.HasSuffix(s, ".tmp") }) {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
