package arrays

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// npy is a file of version 1 with the header text and the given number of bytes behind it.
func npy(text string, data int) []byte {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(append(b, text...), make([]byte, data)...)
}

func writeFile(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Files as NumPy 2.3 writes them, here too where there is no Python:
//
//	python3 -c "import numpy as np, sys; np.save(sys.stdout.buffer, np.array([[1.5, -2], [3, 4]]))"
//	python3 -c "import numpy as np, sys; np.save(sys.stdout.buffer, np.asfortranarray(np.array([[1, -2, 3], [4, 5, 6]], dtype='i4')))"
var (
	goldenC = npy(fmt.Sprintf("%-117s\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }"), 0)
	goldenF = npy(fmt.Sprintf("%-117s\n", "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }"), 0)
)

func init() {
	for _, v := range []uint64{0x3ff8000000000000, 0xc000000000000000, 0x4008000000000000, 0x4010000000000000} {
		goldenC = binary.LittleEndian.AppendUint64(goldenC, v)
	}
	for _, v := range []int32{1, 4, -2, 5, 3, 6} {
		goldenF = binary.LittleEndian.AppendUint32(goldenF, uint32(v))
	}
}

// What is saved has NumPy's bytes, and they are read.
func TestGolden(t *testing.T) {
	dir := t.TempDir()
	c, f := kernels.NewRowMajor(2, 2, []float64{1.5, -2, 3, 4}), kernels.NewColMajor(2, 3, []int32{1, 4, -2, 5, 3, 6})
	testGolden(t, filepath.Join(dir, "c.npy"), goldenC, c)
	testGolden(t, filepath.Join(dir, "f.npy"), goldenF, f)
}

func testGolden[T kernels.Number](t *testing.T, path string, want []byte, m kernels.Matrix[T]) {
	t.Helper()
	if err := Save(path, m); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || !slices.Equal(b, want) {
		t.Errorf("saved %q, want %q", b, want)
	}
	got, err := Load[T](writeFile(t, want))
	if err != nil || got.Layout != m.Layout || !slices.Equal(got.Data, m.Data) {
		t.Errorf("loaded %v, %v", got, err)
	}
}

// Files that are no arrays, that lie, or that end too soon: an error that names the file, the
// byte and the reason.
func TestHostileFiles(t *testing.T) {
	const ok = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"
	replace := func(old, new string) []byte { return npy(strings.Replace(ok, old, new, 1), 48) }
	long := append([]byte(magic), 2, 0, 0xff, 0xff, 0xff, 0xff)
	for _, c := range []struct {
		what string
		file []byte
		at   int
		want error
	}{
		{"empty", nil, 0, ErrTruncated},
		{"half a magic string", []byte(magic[:3]), 3, ErrTruncated},
		{"a text", []byte("x,y\n1,2\n3,4\n5,6\n"), 0, ErrFormat},
		{"no version", []byte(magic), 6, ErrTruncated},
		{"version 4", append([]byte(magic), 4, 0, 1, 0, ' '), 6, ErrFormat},
		{"version 0", append([]byte(magic), 0, 0, 1, 0, ' '), 6, ErrFormat},
		{"no length", append([]byte(magic), 2, 0, 1, 0), 10, ErrTruncated},
		{"a header of 4 GB", append(long, ok...), 8, ErrFormat},
		{"a header longer than the file", npy(ok, 48)[:40], 8, ErrTruncated},
		{"an empty header", npy("", 48), 10, ErrFormat},
		{"not a dictionary", npy("(1, 2)", 48), 10, ErrFormat},
		{"a dictionary without an end", npy("{'descr': '<f8'", 48), 25, ErrFormat},
		{"something behind it", npy(ok+" 5", 48), 10 + len(ok) + 1, ErrFormat},
		{"no shape", npy("{'descr': '<f8', 'fortran_order': False}", 48), 10 + 40, ErrFormat},
		{"a key twice", replace("'fortran_order': False", "'descr': '<f8'"), 27, ErrFormat},
		{"a foreign key", replace("'descr'", "'desc'"), 11, ErrFormat},
		{"a string without an end", npy("{'descr", 48), 11, ErrFormat},
		{"no string", npy("{descr: '<f8'}", 48), 11, ErrFormat},
		{"no colon", replace("'descr':", "'descr'"), 19, ErrFormat},
		{"fortran_order of 1", replace("False", "1"), 43, ErrFormat},
		{"objects", replace("<f8", "|O"), 20, ErrType},
		{"structures", replace("'<f8'", "[('a', '<f8')]"), 20, ErrType},
		{"texts", replace("<f8", "<U8"), 20, ErrType},
		{"halves", replace("<f8", "<f2"), 20, ErrType},
		{"booleans", replace("<f8", "|b1"), 20, ErrType},
		{"complex numbers", replace("<f8", "<c16"), 20, ErrType},
		{"unsigned integers", replace("<f8", "<u8"), 20, ErrType},
		{"the byte order of any machine", replace("<f8", "=f8"), 20, ErrType},
		{"no type", replace("<f8", ""), 20, ErrType},
		{"a negative size", replace("2, 3", "-2, 3"), 61, ErrFormat},
		{"a size that is none", replace("2, 3", "2, x"), 64, ErrFormat},
		{"a tuple without an end", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3", 48), 65, ErrFormat},
		{"a size beyond int", replace("2, 3", "99999999999999999999, 3"), 61, ErrShape},
		{"sizes whose product overflows", replace("2, 3", "4294967296, 4294967296"), 10, ErrShape},
		{"a product that overflows to something small", replace("2, 3", "2305843009213693953, 8"), 10, ErrShape},
		{"nothing times much", replace("2, 3", "0, 1099511627776"), 10, ErrShape},
		{"65 dimensions", replace("2, 3", strings.Repeat("1,", 65)), 61 + 2*64, ErrShape},
		{"a terabyte that is not there", replace("2, 3", "100000000000, 3"), -1, ErrTruncated},
		{"one byte too few", npy(ok, 47), 10 + len(ok) + 47, ErrTruncated},
	} {
		path := writeFile(t, c.file)
		for how, err := range hostile(path) {
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) || c.at >= 0 && !strings.Contains(err.Error(), fmt.Sprintf("byte %d:", c.at)) {
				t.Errorf("%s: %s: %v, want byte %d and %v", c.what, how, err, c.at, c.want)
			}
		}
	}
	// And what is strange but right.
	for _, text := range []string{
		"{'shape':(2,3),'fortran_order':False,\"descr\":\"<f8\"}\n",
		"  {'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }   \n",
	} {
		if m, err := Load[float64](writeFile(t, npy(text, 48))); err != nil || m.Rows != 2 || m.Cols != 3 {
			t.Errorf("%q: %v, %v", text, m, err)
		}
	}
}

// hostile tries all ways to read a file.
func hostile(path string) map[string]error {
	all := map[string]error{}
	_, all["ReadHeader"] = ReadHeader(path)
	_, all["Load"] = Load[float64](path)
	_, all["OpenStream"] = OpenStream[float64](path)
	for _, mode := range []Mode{ReadOnly, ReadWrite, CopyOnWrite} {
		_, all[fmt.Sprint("Open ", mode)] = Open[float64](path, mode)
	}
	return all
}

// A file of another type, of three dimensions, or whose elements cannot be aligned.
func TestNotThatMatrix(t *testing.T) {
	other := writeFile(t, npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", 48))
	cube := writeFile(t, npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 1), }", 48))
	odd := writeFile(t, npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", 48))
	for how, err := range hostile(other) {
		if how != "ReadHeader" && !errors.Is(err, ErrType) {
			t.Errorf("another type: %s: %v", how, err)
		}
	}
	for how, err := range hostile(cube) {
		if how != "ReadHeader" && !errors.Is(err, ErrShape) {
			t.Errorf("three dimensions: %s: %v", how, err)
		}
	}
	if h, err := ReadHeader(cube); err != nil || !slices.Equal(h.Shape, []int{2, 3, 1}) {
		t.Errorf("header %v, %v", h, err)
	}
	for how, err := range hostile(odd) {
		if strings.HasPrefix(how, "Open ") && !errors.Is(err, ErrFormat) || !strings.HasPrefix(how, "Open ") && err != nil {
			t.Errorf("not aligned: %s: %v", how, err)
		}
	}
	for how, err := range hostile(t.TempDir()) {
		if err == nil {
			t.Errorf("a directory: %s", how)
		}
	}
	for how, err := range hostile(filepath.Join(t.TempDir(), "none.npy")) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no file: %s: %v", how, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(goldenC)
	f.Add(goldenF)
	f.Add(npy("{'descr': '>i4', 'fortran_order': True, 'shape': (3,), }", 12))
	f.Add(npy("{\"shape\": (), 'descr': '<f4', 'fortran_order': False}", 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := writeFile(t, b)
		h, err := ReadHeader(path)
		if err != nil {
			for how, e := range hostile(path) {
				if e == nil {
					t.Fatalf("%s reads what has no header: %v", how, err)
				}
			}
			return
		}
		if h.Offset+h.Bytes() > int64(len(b)) {
			t.Fatalf("%v in %d bytes", h, len(b))
		}
		fuzzLoad[float64](t, path, h, b)
		fuzzLoad[float32](t, path, h, b)
		fuzzLoad[int64](t, path, h, b)
		fuzzLoad[int32](t, path, h, b)
	})
}

// fuzzLoad holds loading, mapping and streaming to the bytes.
func fuzzLoad[T kernels.Number](t *testing.T, path string, h Header, b []byte) {
	m, err := Load[T](path)
	if (err == nil) != (h.Type == TypeOf[T]() && len(h.Shape) <= 2) {
		t.Fatalf("%v: %v", h, err)
	}
	if err != nil {
		return
	}
	want := b[h.Offset:][:h.Bytes()]
	if !h.BigEndian && !slices.Equal(asBytes(m.Data), want) {
		t.Fatalf("%v: other elements", h)
	}
	if a, err := Open[T](path, ReadOnly); err == nil {
		if a.Matrix.Misuse() != "" || !slices.Equal(asBytes(a.Matrix.Data), want) {
			t.Fatalf("%v: other elements mapped", h)
		}
		a.Close()
	}
	s, err := OpenStream[T](path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for block, err := range s.Blocks(t.Context()) {
		if err != nil || block.Matrix.Misuse() != "" {
			t.Fatalf("%v: %v, %v", h, err, block.Matrix.Misuse())
		}
		n += block.Matrix.Rows * block.Matrix.Cols
	}
	if n != m.Rows*m.Cols {
		t.Fatalf("%v: %d elements streamed", h, n)
	}
}
