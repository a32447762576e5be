// Arrays in .npy files, mapped into memory. The benchmark writes its data once;
// every contender, whatever its language, maps the same file, so all of them work
// on the very same bytes and none holds a copy. NumPy's own format is used because
// NumPy is the one peer that cannot be taught another.

package suite

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nogil-go/nogil/kernels"
)

// Element types of .npy files: little-endian, as all the machines that the
// benchmark runs on are.
const (
	float64Type = "<f8"
	int64Type   = "<i8"
)

// headerSize is the size that a header is padded to. A page keeps the data
// aligned for every vector width, and NumPy takes headers of up to 64 KB.
const headerSize = 4096

const magic = "\x93NUMPY\x01\x00"

// An array is a mapped .npy file.
type array struct {
	path    string
	dtype   string
	shape   []int
	fortran bool
	mapped  []byte
	data    []byte
}

// createArray makes a file of zeros and maps it for writing.
func createArray(path, dtype string, fortran bool, shape ...int) (*array, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := headerSize + 8*product(shape)
	if err := f.Truncate(int64(size)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	mapped, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("%s: mmap: %w", path, err)
	}
	copy(mapped, header(dtype, fortran, shape))
	return &array{path, dtype, shape, fortran, mapped, mapped[headerSize:]}, nil
}

// openArray maps an existing file, for writing too if asked.
func openArray(path string, writable bool) (*array, error) {
	flags, prot := os.O_RDONLY, unix.PROT_READ
	if writable {
		flags, prot = os.O_RDWR, unix.PROT_READ|unix.PROT_WRITE
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < int64(len(magic))+2 {
		return nil, fmt.Errorf("%s: no .npy file: %d bytes", path, info.Size())
	}
	mapped, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), prot, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("%s: mmap: %w", path, err)
	}
	a := &array{path: path, mapped: mapped}
	if err := a.parse(); err != nil {
		a.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// place is the directory that scratch data lies in, as a reader knows it.
func (a *array) place() string { return filepath.Dir(filepath.Dir(a.path)) }

// close unmaps the file; the slices into it must not be used afterwards.
func (a *array) close() { unix.Munmap(a.mapped) }

func (a *array) float64s() []float64 {
	if a.dtype != float64Type {
		panic("bench: float64s: array of " + a.dtype)
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(a.data))), product(a.shape))
}

// matrix is the array as a matrix of its order.
func (a *array) matrix() kernels.Matrix[float64] {
	if a.fortran {
		return kernels.NewColMajor(a.shape[0], a.shape[1], a.float64s())
	}
	return kernels.NewRowMajor(a.shape[0], a.shape[1], a.float64s())
}

func (a *array) int64s() []int64 {
	if a.dtype != int64Type {
		panic("bench: int64s: array of " + a.dtype)
	}
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(a.data))), product(a.shape))
}

// words are the bits of the elements, for what only reads them.
func (a *array) words() []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(a.data))), product(a.shape))
}

// header returns magic string, length and description, padded with spaces and
// closed by a newline, as the format demands.
func header(dtype string, fortran bool, shape []int) []byte {
	dims, order := "", "False"
	for _, d := range shape {
		dims += strconv.Itoa(d) + ","
	}
	if fortran {
		order = "True"
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", dtype, order, dims)
	h := make([]byte, 0, headerSize)
	h = append(h, magic...)
	h = binary.LittleEndian.AppendUint16(h, uint16(headerSize-len(magic)-2))
	h = append(h, text...)
	h = append(h, strings.Repeat(" ", headerSize-1-len(h))...)
	return append(h, '\n')
}

var description = regexp.MustCompile(`'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\)`)

// parse reads the header of a mapped file and finds its data.
func (a *array) parse() error {
	if string(a.mapped[:len(magic)]) != magic {
		return fmt.Errorf("no .npy file of version 1.0")
	}
	start := len(magic) + 2 + int(binary.LittleEndian.Uint16(a.mapped[len(magic):]))
	if start > len(a.mapped) {
		return fmt.Errorf("header cut short")
	}
	m := description.FindSubmatch(a.mapped[:start])
	if m == nil {
		return fmt.Errorf("header not understood: %q", a.mapped[len(magic)+2:start])
	}
	a.dtype, a.fortran = string(m[1]), string(m[2]) == "True"
	if a.dtype != float64Type && a.dtype != int64Type {
		return fmt.Errorf("elements of type %s", a.dtype)
	}
	for dim := range strings.SplitSeq(string(m[3]), ",") {
		if dim = strings.TrimSpace(dim); dim == "" {
			continue
		}
		d, err := strconv.Atoi(dim)
		if err != nil {
			return fmt.Errorf("shape (%s): %w", m[3], err)
		}
		a.shape = append(a.shape, d)
	}
	a.data = a.mapped[start:]
	if len(a.data) < 8*product(a.shape) {
		return fmt.Errorf("%d bytes of data for shape %v", len(a.data), a.shape)
	}
	return nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// saveVector writes v as a one-dimensional file.
func saveVector(path string, v []float64) error {
	a, err := createArray(path, float64Type, false, len(v))
	if err != nil {
		return err
	}
	defer a.close()
	copy(a.float64s(), v)
	return nil
}

// loadVector reads a file of float64, flattened.
func loadVector(path string) ([]float64, error) {
	a, err := openArray(path, false)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if a.dtype != float64Type {
		return nil, fmt.Errorf("%s: elements of type %s, want %s", path, a.dtype, float64Type)
	}
	return append([]float64(nil), a.float64s()...), nil
}
