package arrays

import (
	"fmt"
	"os"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
)

// A Mode says what may be done to a mapped array, and what becomes of it.
type Mode uint8

const (
	ReadOnly    Mode = iota // NumPy's and joblib's mmap_mode="r"; writing ends the program
	ReadWrite               // "r+": what is written goes to the file, and to all who have mapped it
	CopyOnWrite             // "c": what is written is seen through this mapping only; the file stays
)

// An Array is a .npy file that is mapped into memory: Matrix is its elements where they are,
// without a copy, and is not to be used after Close.
//
// Pages are read when they are first touched, and those that nobody has written may leave
// memory again, so an array may be larger than the memory, and all processes that have mapped
// it share one copy. Where the file is made shorter by somebody, touching what is gone ends
// the program (SIGBUS); [OpenStream] reads files that may shrink.
type Array[T kernels.Number] struct {
	Matrix kernels.Matrix[T]
	Header Header

	path  string
	file  *os.File
	pages *mapping // nil where there is no element
	temp  string   // the name until Close, of a file that Create made; or ""
}

// Open maps the .npy file path, whose elements are T. It is numpy.load(path, mmap_mode=…) and
// joblib.load(path, mmap_mode=…).
//
// An array of one dimension is a matrix of one column, and a scalar one of 1×1. An error names
// the file and the byte that is wrong; those of another type or byte order, of three
// dimensions and more, and those whose elements are not aligned, which NumPy does not write,
// are such errors ([Load] takes the last and the byte order).
//
// It costs a few microseconds whatever the size. Where the system cannot map files (neither
// Unix nor macOS) the elements are read, and written back by Flush and Close.
func Open[T kernels.Number](path string, mode Mode) (*Array[T], error) {
	if mode > CopyOnWrite {
		panic("arrays: Open: unknown mode")
	}
	flags := os.O_RDONLY
	if mode == ReadWrite {
		flags = os.O_RDWR
	}
	f, h, err := openFile(path, flags)
	if err != nil {
		return nil, err
	}
	a := &Array[T]{Header: h, path: path, file: f}
	if err = a.mapped(mode); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

// mapped maps the file that a has open.
func (a *Array[T]) mapped(mode Mode) error {
	h := a.Header
	if err := checkMatrix[T](h, a.path); err != nil {
		return err
	}
	if h.BigEndian != nativeBig {
		return fault(a.path, h.Offset, ErrType, "elements in the other byte order, which Load can swap")
	}
	if h.Offset%int64(unsafe.Alignof(T(0))) != 0 {
		return fault(a.path, h.Offset, ErrFormat, "elements of %d bytes that begin here cannot be mapped, but loaded", h.Type.Size())
	}
	var data []T
	if n := h.elements(); n > 0 {
		m, err := mapFile(a.file, int(h.Offset+h.Bytes()), mode)
		if err != nil {
			return fmt.Errorf("arrays: %s: %w", a.path, err)
		}
		a.pages = m
		data = unsafe.Slice((*T)(unsafe.Pointer(&m.bytes[h.Offset])), n)
	}
	a.Matrix = matrix(h, data)
	return nil
}

// checkMatrix checks that h is a matrix of T.
func checkMatrix[T kernels.Number](h Header, path string) error {
	if len(h.Shape) > 2 {
		return fault(path, 0, ErrShape, "%s has %d dimensions, more than a matrix", shapeText(h.Shape), len(h.Shape))
	}
	if want := TypeOf[T](); h.Type != want {
		return fault(path, 0, ErrType, "elements are %v, not %v", h.Type, want)
	}
	return nil
}

func matrix[T kernels.Number](h Header, data []T) kernels.Matrix[T] {
	if h.Layout() == kernels.ColMajor {
		return kernels.NewColMajor(h.Rows(), h.Cols(), data)
	}
	return kernels.NewRowMajor(h.Rows(), h.Cols(), data)
}

// Flush waits until what was written is on the disk.
func (a *Array[T]) Flush() error {
	if a.pages == nil {
		return nil
	}
	if err := a.pages.flush(); err != nil {
		return fmt.Errorf("arrays: %s: %w", a.path, err)
	}
	return nil
}

// Close ends the mapping. An array that [Create] made gets its name now. A second Close does
// nothing.
func (a *Array[T]) Close() error {
	if a.file == nil {
		return nil
	}
	err := a.release()
	if a.temp != "" {
		if err == nil {
			err = os.Rename(a.temp, a.path)
		}
		if err != nil {
			os.Remove(a.temp)
		}
	}
	if err != nil {
		return fmt.Errorf("arrays: %s: %w", a.path, err)
	}
	return nil
}

// Discard ends the mapping of an array that [Create] made, and leaves no file. After Close it
// does nothing, so that it can be deferred.
func (a *Array[T]) Discard() {
	if a.file == nil {
		return
	}
	a.release()
	if a.temp != "" {
		os.Remove(a.temp)
	}
}

// release lets go of memory and file.
func (a *Array[T]) release() error {
	var err error
	if a.pages != nil {
		err = a.pages.close()
	}
	if e := a.file.Close(); err == nil {
		err = e
	}
	a.file, a.pages, a.Matrix = nil, nil, kernels.Matrix[T]{}
	return err
}
