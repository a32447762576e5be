package arrays

// The header of a .npy file: numpy/lib/format.py has its definition. It is a Python
// dictionary after a magic string and a length, and comes from anywhere, so it is read by a
// scanner of the few forms that it can have, which says at which byte it goes wrong, and
// nothing that it claims is believed before the size of the file bears it out.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
)

// A Type is what the elements of an array are.
type Type uint8

const (
	Float64 Type = iota + 1
	Float32
	Int64
	Int32
)

var typeNames = [...]string{Float64: "float64", Float32: "float32", Int64: "int64", Int32: "int32"}
var typeCodes = [...]string{Float64: "f8", Float32: "f4", Int64: "i8", Int32: "i4"}

// String is NumPy's name of the type.
func (t Type) String() string {
	if t < Float64 || t > Int32 {
		return fmt.Sprintf("Type(%d)", uint8(t))
	}
	return typeNames[t]
}

// Size is how many bytes an element takes.
func (t Type) Size() int {
	if t == Float64 || t == Int64 {
		return 8
	}
	return 4
}

// TypeOf is the type of the elements T.
func TypeOf[T kernels.Number]() Type {
	switch any(T(0)).(type) {
	case float64:
		return Float64
	case float32:
		return Float32
	case int64:
		return Int64
	}
	return Int32
}

// A Header says what a .npy file holds.
type Header struct {
	Type      Type
	BigEndian bool  // the most significant byte of an element comes first
	Fortran   bool  // columns are contiguous, else rows (NumPy's order "F" and "C")
	Shape     []int // none for a scalar
	Offset    int64 // of the first element in the file
}

// Rows is the number of rows as a matrix: an array of one dimension is one column, a scalar a
// matrix of 1×1.
func (h Header) Rows() int {
	if len(h.Shape) == 0 {
		return 1
	}
	return h.Shape[0]
}

// Cols is the number of columns as a matrix.
func (h Header) Cols() int {
	if len(h.Shape) < 2 {
		return 1
	}
	return h.Shape[1]
}

// Layout is the order of the elements. One column is contiguous.
func (h Header) Layout() kernels.Layout {
	if h.Fortran || len(h.Shape) < 2 {
		return kernels.ColMajor
	}
	return kernels.RowMajor
}

// Bytes is the size of the elements in the file.
func (h Header) Bytes() int64 { return int64(h.elements()) * int64(h.Type.Size()) }

func (h Header) elements() int {
	n := 1
	for _, d := range h.Shape {
		n *= d
	}
	return n
}

// ReadHeader reads the header of the .npy file path and checks that the file is as long as it
// says. It costs a read of a few KB.
func ReadHeader(path string) (Header, error) {
	f, h, err := openFile(path, os.O_RDONLY)
	if err != nil {
		return Header{}, err
	}
	return h, f.Close()
}

// openFile opens a .npy file and reads its header, which is true to the file's size.
func openFile(path string, flags int) (*os.File, Header, error) {
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, Header{}, fmt.Errorf("arrays: %w", err)
	}
	h, err := fileHeader(f, path)
	if err != nil {
		f.Close()
		return nil, Header{}, err
	}
	return f, h, nil
}

func fileHeader(f *os.File, path string) (Header, error) {
	info, err := f.Stat()
	if err != nil {
		return Header{}, fmt.Errorf("arrays: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Header{}, fault(path, 0, ErrFormat, "not a regular file")
	}
	return readHeader(f, path, info.Size())
}

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16 // bytes; those of plain arrays have a few hundred, and NumPy itself takes 10000
	maxDims   = 64      // NumPy's
	maxEmpty  = 1 << 24 // the largest dimension of an array without elements: results may be as long
)

// readHeader reads a header from r, of which there are size bytes.
func readHeader(r io.Reader, path string, size int64) (Header, error) {
	var pre [12]byte // magic, version, length: 2 bytes in version 1, 4 from 2 on
	n, err := readFull(r, path, pre[:10], 0)
	if bad := min(n, len(magic)); string(pre[:bad]) != magic[:bad] {
		return Header{}, fault(path, 0, ErrFormat, "magic string %q", pre[:bad])
	}
	if err != nil {
		return Header{}, err
	}
	start, length := int64(10), int64(binary.LittleEndian.Uint16(pre[8:]))
	switch major := pre[6]; {
	case major < 1 || major > 3:
		return Header{}, fault(path, 6, ErrFormat, "version %d.%d", major, pre[7])
	case major > 1:
		if _, err := readFull(r, path, pre[10:], 10); err != nil {
			return Header{}, err
		}
		start, length = 12, int64(binary.LittleEndian.Uint32(pre[8:]))
	}
	if length > maxHeader {
		return Header{}, fault(path, 8, ErrFormat, "header of %d bytes, more than %d", length, maxHeader)
	}
	if length > size-start {
		return Header{}, fault(path, 8, ErrTruncated, "header of %d bytes in a file of %d", length, size)
	}
	text := make([]byte, length)
	if _, err := readFull(r, path, text, start); err != nil {
		return Header{}, err
	}
	h, err := parseHeader(text, path, start)
	if err != nil {
		return Header{}, err
	}
	h.Offset = start + length
	if have := size - h.Offset; have < h.Bytes() {
		return Header{}, fault(path, size, ErrTruncated, "%d bytes of elements where shape %s of %v has %d",
			have, shapeText(h.Shape), h.Type, h.Bytes())
	}
	return h, nil
}

// readFull fills b from r, which stands at byte at.
func readFull(r io.Reader, path string, b []byte, at int64) (int, error) {
	n, err := io.ReadFull(r, b)
	switch err {
	case nil:
		return n, nil
	case io.EOF, io.ErrUnexpectedEOF:
		return n, fault(path, at+int64(n), ErrTruncated, "end of file")
	}
	return n, fmt.Errorf("arrays: %s: byte %d: %w", path, at+int64(n), err)
}

// A scanner reads Python's literals. Its first error stays.
type scanner struct {
	text []byte
	at   int
	path string
	base int64 // of text in the file
	err  error
}

// fail notes an error at byte i of the text.
func (s *scanner) fail(i int, sentinel error, format string, args ...any) {
	if s.err == nil {
		s.err = fault(s.path, s.base+int64(i), sentinel, format, args...)
	}
	s.at = len(s.text)
}

func (s *scanner) skip() {
	for s.at < len(s.text) && bytes.IndexByte([]byte(" \t\r\n"), s.text[s.at]) >= 0 {
		s.at++
	}
}

// take reports whether c comes next, and passes it.
func (s *scanner) take(c byte) bool {
	s.skip()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) want(c byte) {
	if !s.take(c) {
		s.fail(s.at, ErrFormat, "header without the %q that belongs here", c)
	}
}

// quoted is a string without escapes, which NumPy never writes.
func (s *scanner) quoted() string {
	s.skip()
	start := s.at
	if s.at == len(s.text) || s.text[s.at] != '\'' && s.text[s.at] != '"' {
		s.fail(start, ErrFormat, "header without the string that belongs here")
		return ""
	}
	end := bytes.IndexByte(s.text[start+1:], s.text[start])
	if end < 0 {
		s.fail(start, ErrFormat, "string in the header without an end")
		return ""
	}
	s.at = start + 1 + end + 1
	return string(s.text[start+1:][:end])
}

// word is the letters or digits that come next.
func (s *scanner) word() string {
	s.skip()
	start := s.at
	for s.at < len(s.text) && (s.text[s.at] >= '0' && s.text[s.at] <= '9' || s.text[s.at]|0x20 >= 'a' && s.text[s.at]|0x20 <= 'z') {
		s.at++
	}
	return string(s.text[start:s.at])
}

// parseHeader reads the dictionary, which stands at byte base of the file.
func parseHeader(text []byte, path string, base int64) (Header, error) {
	s, h := scanner{text: text, path: path, base: base}, Header{}
	seen := map[string]bool{}
	for s.want('{'); s.err == nil && !s.take('}'); {
		at := s.at
		key := s.quoted()
		s.want(':')
		if seen[key] {
			s.fail(at, ErrFormat, "key %q twice in the header", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			s.descr(&h)
		case "fortran_order":
			at := s.at
			switch s.word() {
			case "True":
				h.Fortran = true
			case "False":
			default:
				s.fail(at, ErrFormat, "fortran_order that is neither True nor False")
			}
		case "shape":
			s.shape(&h)
		default:
			s.fail(at, ErrFormat, "key %q in the header", key)
		}
		if !s.take(',') && s.err == nil {
			s.want('}')
			break
		}
	}
	if s.skip(); s.err == nil && s.at < len(text) {
		s.fail(s.at, ErrFormat, "more than a dictionary in the header")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			s.fail(len(text), ErrFormat, "header without %q", key)
		}
	}
	switch {
	case s.err != nil:
	case !fits(h.Shape, h.Type.Size()):
		s.fail(0, ErrShape, "%s of %v is more than memory can hold", shapeText(h.Shape), h.Type)
	case h.elements() == 0 && slices.Max(h.Shape) > maxEmpty:
		s.fail(0, ErrShape, "%s is nothing, of a size that no file bears out", shapeText(h.Shape))
	}
	return h, s.err
}

// descr reads the element type: "<f8" and its like.
func (s *scanner) descr(h *Header) {
	s.skip()
	at := s.at
	if s.take('[') || s.take('(') {
		s.fail(at, ErrType, "structured elements")
		return
	}
	code := s.quoted()
	for t := Float64; t <= Int32; t++ {
		if len(code) == 3 && code[1:] == typeCodes[t] {
			h.Type = t
		}
	}
	switch {
	case s.err != nil:
	case strings.HasSuffix(code, "O"):
		s.fail(at, ErrType, "Python objects, which only Python can load")
	case h.Type == 0 || code[0] != '<' && code[0] != '>':
		s.fail(at, ErrType, "elements of type %q, which is none of <f8, <f4, <i8 and <i4", code)
	default:
		h.BigEndian = code[0] == '>'
	}
}

// shape reads a tuple of sizes; Python 2 wrote them with an L.
func (s *scanner) shape(h *Header) {
	h.Shape = []int{}
	for s.want('('); s.err == nil && !s.take(')'); {
		s.skip()
		at := s.at
		d, err := strconv.ParseUint(strings.TrimSuffix(s.word(), "L"), 10, 64)
		switch {
		case err != nil && !isRange(err):
			s.fail(at, ErrFormat, "shape with something that is no size")
		case err != nil || d > math.MaxInt:
			s.fail(at, ErrShape, "a size beyond all memory")
		case len(h.Shape) == maxDims:
			s.fail(at, ErrShape, "more than %d dimensions", maxDims)
		}
		h.Shape = append(h.Shape, int(d))
		if !s.take(',') && s.err == nil {
			s.want(')')
			break
		}
	}
}

func isRange(err error) bool {
	e, is := err.(*strconv.NumError)
	return is && e.Err == strconv.ErrRange
}

// fits reports whether an array's size in bytes is an int. A dimension of 0 hides no others,
// because their product may be asked for without it.
func fits(shape []int, size int) bool {
	n := size
	for _, d := range shape {
		if d = max(d, 1); n > math.MaxInt/d {
			return false
		}
		n *= d
	}
	return true
}

// shapeText is the shape as Python writes it.
func shapeText(shape []int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, d := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(d))
	}
	if len(shape) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}

// nativeBig is whether this machine puts the most significant byte first.
var nativeBig = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 0
}()

// headerAlign is what headers are padded to, with the elements behind them: NumPy's choice.
const headerAlign = 64

// format is the header as version 1 writes it, in this machine's byte order.
func (h Header) format() []byte {
	order, bytesFirst := "False", '<'
	if h.Fortran {
		order = "True"
	}
	if nativeBig {
		bytesFirst = '>'
	}
	text := fmt.Sprintf("{'descr': '%c%s', 'fortran_order': %s, 'shape': %s, }", bytesFirst, typeCodes[h.Type], order, shapeText(h.Shape))
	size := (len(magic) + 4 + len(text) + 1 + headerAlign - 1) / headerAlign * headerAlign
	b := make([]byte, 0, size)
	b = append(b, magic...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(size-len(magic)-4))
	b = append(b, text...)
	for len(b) < size-1 {
		b = append(b, ' ')
	}
	return append(b, '\n')
}
