package arrays

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	f()
}

func TestMisuse(t *testing.T) {
	mustPanic(t, "arrays: Open: unknown mode", func() { Open[float64]("x", 3) })
	mustPanic(t, "arrays: Create: negative size", func() { Create[float64]("x", kernels.RowMajor, -1, 2) })
	mustPanic(t, "arrays: Create: unknown layout", func() { Create[float64]("x", 2, 1, 2) })
	mustPanic(t, "arrays: Save: data shorter than the matrix", func() { Save("x", kernels.Matrix[int32]{Rows: 1, Cols: 1, Stride: 1}) })
	path, _ := saved[float64](t, kernels.RowMajor, 3, 2)
	s, err := OpenStream[float64](path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mustPanic(t, "arrays: SumColumns: dst shorter than the result", func() { SumColumns(t.Context(), parfor.Loop{}, make([]float64, 1), s) })
}

// What is written through a mapping goes where the mode says.
func TestModes(t *testing.T) {
	path, m := saved[int32](t, kernels.ColMajor, 300, 7)
	first := func() int32 {
		t.Helper()
		got, err := Load[int32](path)
		if err != nil {
			t.Fatal(err)
		}
		return got.Data[0]
	}
	open := func(mode Mode) *Array[int32] {
		t.Helper()
		a, err := Open[int32](path, mode)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	other := open(ReadOnly)
	defer other.Close()
	if !slices.Equal(other.Matrix.Data, m.Data) {
		t.Fatal("other elements")
	}
	private := open(CopyOnWrite)
	private.Matrix.Data[0] = 5
	if first() != m.Data[0] || private.Matrix.Data[0] != 5 {
		t.Error("copy on write wrote to the file, or not at all")
	}
	if err := private.Close(); err != nil || first() != m.Data[0] {
		t.Errorf("copy on write: %v", err)
	}
	shared := open(ReadWrite)
	shared.Matrix.Data[0] = 6
	if err := shared.Flush(); err != nil || first() != 6 {
		t.Errorf("written: %v", err)
	}
	shared.Matrix.Data[0] = 7
	for range 2 {
		if err := shared.Close(); err != nil {
			t.Error(err)
		}
	}
	if first() != 7 || shared.Matrix.Data != nil {
		t.Error("Close lost what was written, or left the matrix")
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if a, err := Open[int32](path, CopyOnWrite); err != nil { // which takes no right to write
		t.Error(err)
	} else {
		a.Close()
	}
}

// A created file has its name when it is closed, and not before; one that is discarded never.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	for round, keep := range []bool{false, true, false, true} {
		before, _ := os.ReadFile(path)
		a, err := Create[float64](path, kernels.RowMajor, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(a.Matrix.Data, func(v float64) bool { return v != 0 }); i >= 0 || a.Matrix.Rows != 3 || a.Matrix.Cols != 2 {
			t.Fatalf("element %d of %d×%d is not 0", i, a.Matrix.Rows, a.Matrix.Cols)
		}
		a.Matrix.Data[5] = float64(round)
		if now, _ := os.ReadFile(path); !slices.Equal(now, before) {
			t.Fatal("the file changed before Close")
		}
		if keep {
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		}
		a.Discard()
		if !keep {
			if now, _ := os.ReadFile(path); !slices.Equal(now, before) {
				t.Fatal("the file changed by Discard")
			}
		} else if m, err := Load[float64](path); err != nil || m.At(2, 1) != float64(round) {
			t.Fatalf("%v, %v", m, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 1 || len(left) == 1 && left[0].Name() != "a.npy" {
			t.Fatalf("left behind: %v", left)
		}
	}
	for _, shape := range [][2]int{{0, 5}, {5, 0}, {0, 0}} {
		a, err := Create[int64](path, kernels.ColMajor, shape[0], shape[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if h, err := ReadHeader(path); err != nil || !slices.Equal(h.Shape, shape[:]) {
			t.Errorf("%v, %v", h, err)
		}
	}
	if _, err := Create[int64](path, kernels.RowMajor, 1<<40, 1<<40); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("more than memory can hold: %v", err)
	}
	if _, err := Create[int64](filepath.Join(dir, "none", "a.npy"), kernels.RowMajor, 1, 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if err := Save(filepath.Join(dir, "none", "a.npy"), kernels.NewRowMajor(1, 1, []int32{1})); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

// A view with gaps is saved without them; a vector stays one.
func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	for _, layout := range []kernels.Layout{kernels.RowMajor, kernels.ColMajor} {
		data := make([]float32, 100*1000)
		for i := range data {
			data[i] = float32(i)
		}
		m := kernels.Matrix[float32]{Rows: 90, Cols: 99, Stride: 1000, Layout: layout, Data: data}
		if err := Save(path, m); err != nil {
			t.Fatal(err)
		}
		got, err := Load[float32](path)
		if err != nil || got.Rows != 90 || got.Cols != 99 || got.Layout != layout || got.Stride > 99 {
			t.Fatalf("%d×%d, %v", got.Rows, got.Cols, err)
		}
		for i := range m.Rows {
			for j := range m.Cols {
				if got.At(i, j) != m.At(i, j) {
					t.Fatalf("element (%d, %d) is %v, want %v", i, j, got.At(i, j), m.At(i, j))
				}
			}
		}
	}
	if err := SaveVector(path, []float64{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if h, err := ReadHeader(path); err != nil || !slices.Equal(h.Shape, []int{3}) || h.Rows() != 3 || h.Cols() != 1 {
		t.Errorf("%v, %v", h, err)
	}
}
