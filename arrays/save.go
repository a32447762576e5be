package arrays

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
)

// Create makes a .npy file of rows×cols zeros and maps it for writing, which NumPy does with
// lib.format.open_memmap(path, mode="w+"). The file has its name only after [Array.Close]:
// until then nobody sees it half written, and where the program ends or calls
// [Array.Discard] what was at path stays (a file .path….tmp may be left by a program that
// was killed).
//
// The disk's room is taken now, so that a full disk is an error here. It panics where a size
// is negative or the layout unknown.
func Create[T kernels.Number](path string, layout kernels.Layout, rows, cols int) (*Array[T], error) {
	switch {
	case rows < 0 || cols < 0:
		panic("arrays: Create: negative size")
	case layout > kernels.ColMajor:
		panic("arrays: Create: unknown layout")
	}
	h := Header{Type: TypeOf[T](), BigEndian: nativeBig, Fortran: layout == kernels.ColMajor, Shape: []int{rows, cols}}
	if !fits(h.Shape, h.Type.Size()) {
		return nil, fmt.Errorf("arrays: %s: %d×%d is more than memory can hold: %w", path, rows, cols, ErrShape)
	}
	text := h.format()
	h.Offset = int64(len(text))
	f, err := createTemp(path)
	if err != nil {
		return nil, fmt.Errorf("arrays: %w", err)
	}
	a := &Array[T]{Header: h, path: path, file: f, temp: f.Name()}
	if err = reserve(f, h.Offset+h.Bytes()); err == nil {
		_, err = f.WriteAt(text, 0)
	}
	if err != nil {
		err = fmt.Errorf("arrays: %s: %w", path, err)
	} else {
		err = a.mapped(ReadWrite)
	}
	if err != nil {
		a.Discard()
		return nil, err
	}
	return a, nil
}

// Save writes a to the .npy file path, in a's order: numpy.save and joblib.dump. The file
// appears under its name when it is complete; an error leaves what was there.
func Save[T kernels.Number](path string, a kernels.Matrix[T]) error {
	if bad := a.Misuse(); bad != "" {
		panic("arrays: Save: " + bad)
	}
	h := Header{Type: TypeOf[T](), Fortran: a.Layout == kernels.ColMajor, Shape: []int{a.Rows, a.Cols}}
	return save(path, h, a)
}

// SaveVector is [Save] of an array of one dimension.
func SaveVector[T kernels.Number](path string, v []T) error {
	return save(path, Header{Type: TypeOf[T](), Shape: []int{len(v)}}, kernels.NewColMajor(len(v), 1, v))
}

func save[T kernels.Number](path string, h Header, a kernels.Matrix[T]) error {
	f, err := createTemp(path)
	if err != nil {
		return fmt.Errorf("arrays: %w", err)
	}
	err = write(f, h, a)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("arrays: %s: %w", path, err)
	}
	return nil
}

// write writes header and elements, run by run where there are gaps between them.
func write[T kernels.Number](w io.Writer, h Header, a kernels.Matrix[T]) error {
	runs, length := a.Rows, a.Cols
	if a.Layout == kernels.ColMajor {
		runs, length = a.Cols, a.Rows
	}
	if a.Stride == length && runs > 0 {
		runs, length = 1, runs*length
	}
	b := bufio.NewWriterSize(w, 1<<16)
	b.Write(h.format())
	for i := range runs {
		b.Write(asBytes(a.Data[i*a.Stride:][:length])) // the first error stays for Flush
	}
	return b.Flush()
}

// asBytes is the memory of s.
func asBytes[T kernels.Number](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(T(0))))
}

// createTemp makes a new file beside path, with the rights that one at path would get.
func createTemp(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for {
		name := filepath.Join(dir, fmt.Sprintf(".%s.%08x.tmp", base, rand.Uint32()))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !os.IsExist(err) {
			return f, err
		}
	}
}

// zeros writes n zeros.
func zeros(f *os.File, n int64) error {
	block := make([]byte, min(n, 1<<20))
	for at := int64(0); at < n; at += int64(len(block)) {
		if _, err := f.WriteAt(block[:min(n-at, int64(len(block)))], at); err != nil {
			return err
		}
	}
	return nil
}
