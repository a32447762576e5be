package arrays

import (
	"encoding/binary"
	"io"
	"os"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
)

// Load reads the .npy file path, whose elements are T, into memory: numpy.load and
// joblib.load. It takes what [Open] takes, and elements of the other byte order, which are
// swapped.
func Load[T kernels.Number](path string) (kernels.Matrix[T], error) {
	f, h, err := openFile(path, os.O_RDONLY)
	if err != nil {
		return kernels.Matrix[T]{}, err
	}
	defer f.Close()
	return load[T](f, h, path, h.elements())
}

// load reads the elements behind the header h from r. It holds at first as many of them as
// are known to be there.
func load[T kernels.Number](r io.Reader, h Header, path string, known int) (kernels.Matrix[T], error) {
	if err := checkMatrix[T](h, path); err != nil {
		return kernels.Matrix[T]{}, err
	}
	n := h.elements()
	data := make([]T, min(n, known))
	for read := 0; read < n; {
		if read == len(data) { // as much again, for so much was really there
			data = append(data, make([]T, min(n-read, max(read, 1<<17)))...)
		}
		at := h.Offset + int64(read*h.Type.Size())
		if _, err := readFull(r, path, asBytes(data[read:]), at); err != nil {
			return kernels.Matrix[T]{}, err
		}
		read = len(data)
	}
	if h.BigEndian != nativeBig {
		swap(data)
	}
	return matrix(h, data), nil
}

// swap exchanges the byte order of s.
func swap[T kernels.Number](s []T) {
	b, size := asBytes(s), int(unsafe.Sizeof(T(0)))
	for ; len(b) > 0; b = b[size:] {
		if size == 8 {
			binary.LittleEndian.PutUint64(b, binary.BigEndian.Uint64(b))
		} else {
			binary.LittleEndian.PutUint32(b, binary.BigEndian.Uint32(b))
		}
	}
}
