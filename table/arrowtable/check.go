package arrowtable

// arrow-go makes room for as many fields as the metadata of a file promises before it looks
// for them, which a damaged file turns into the end of the process. So the lengths of the
// vectors in that metadata are compared with its size before. It is written in FlatBuffers
// (flatbuffers.dev/internals): little-endian, a table begins with the distance to a list of where
// its members are, a vector with its length.

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/nogil-go/nogil/table"
)

// Members of the tables of Arrow's Schema.fbs, File.fbs and Message.fbs.
const (
	footerSchema, footerDictionaries, footerBatches = 1, 2, 3
	messageHeader                                   = 2
	schemaFields, schemaMetadata                    = 1, 2
	fieldChildren                                   = 5
	fieldMetadata                                   = 6

	blockSize = 24 // bytes of a Block of a footer
)

// flat is a buffer of FlatBuffers. Reading outside it panics, which guard makes an error.
type flat struct {
	b      []byte
	fields int // that may still come
}

func (f *flat) u32(at int) int { return int(binary.LittleEndian.Uint32(f.b[at:])) }

// root returns where the outermost table is.
func (f *flat) root() int { return f.u32(0) }

// member returns where member i of the table at t is, 0 where it is not there.
func (f *flat) member(t, i int) int {
	list := t - int(int32(f.u32(t)))
	size := int(binary.LittleEndian.Uint16(f.b[list:]))
	if 4+2*i+2 > size {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(f.b[list+4+2*i:]))
	if offset == 0 {
		return 0
	}
	return t + offset
}

// table returns where the table is that member i of t refers to, 0 where there is none.
func (f *flat) table(t, i int) int {
	at := f.member(t, i)
	if at == 0 {
		return 0
	}
	return at + f.u32(at)
}

// vector returns where the elements of member i of t are, of so many bytes each, and how
// many; an error where they are more than the buffer has.
func (f *flat) vector(t, i, size int) (at, n int, err error) {
	if at = f.table(t, i); at == 0 {
		return 0, 0, nil
	}
	n = f.u32(at)
	if at += 4; n > (len(f.b)-at)/size {
		return 0, 0, fmt.Errorf("a list of %d in metadata of %d bytes: %w", n, len(f.b), table.ErrSyntax)
	}
	return at, n, nil
}

// schema checks the schema at t.
func (f *flat) schema(t int) error {
	if _, _, err := f.vector(t, schemaMetadata, 4); err != nil {
		return err
	}
	f.fields = len(f.b)
	return f.list(t, schemaFields, 0)
}

// mostNested is how deep fields may be in each other.
const mostNested = 64

// list checks the fields in member i of t.
func (f *flat) list(t, i, depth int) error {
	at, n, err := f.vector(t, i, 4)
	if err != nil {
		return err
	}
	if f.fields -= n; f.fields < 0 || depth > mostNested {
		return fmt.Errorf("fields within fields without end: %w", table.ErrSyntax)
	}
	for ; n > 0; n-- {
		field := at + f.u32(at)
		if _, _, err := f.vector(field, fieldMetadata, 4); err != nil {
			return err
		}
		if err := f.list(field, fieldChildren, depth+1); err != nil {
			return err
		}
		at += 4
	}
	return nil
}

// checkArrowFile checks the footer of an Arrow file.
func (s *scan) checkArrowFile() error {
	const magic = "ARROW1"
	end := s.size - int64(len(magic)) - 4
	var tail [4]byte
	if end < 0 {
		return io.ErrUnexpectedEOF
	}
	if _, err := s.file.ReadAt(tail[:], end); err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(tail[:]))
	if size > end {
		return fmt.Errorf("a footer of %d bytes in a file of %d: %w", size, s.size, table.ErrSyntax)
	}
	f := flat{b: make([]byte, size)}
	if _, err := s.file.ReadAt(f.b, end-size); err != nil {
		return err
	}
	for _, blocks := range []int{footerDictionaries, footerBatches} {
		if _, _, err := f.vector(f.root(), blocks, blockSize); err != nil {
			return err
		}
	}
	return f.schema(f.table(f.root(), footerSchema))
}

// checkArrowStream checks the schema that a stream of so many bytes begins with.
func checkArrowStream(r io.ReaderAt, total int64) error {
	var begin [8]byte // a mark, which early versions lack, and the size of the message
	if _, err := r.ReadAt(begin[:], 0); err != nil {
		return err
	}
	at, size := int64(8), int64(binary.LittleEndian.Uint32(begin[4:]))
	if mark := binary.LittleEndian.Uint32(begin[:]); mark != math.MaxUint32 {
		at, size = 4, int64(mark)
	}
	if size > total-at {
		return fmt.Errorf("a schema of %d bytes in %d: %w", size, total, table.ErrSyntax)
	}
	f := flat{b: make([]byte, size)}
	if _, err := r.ReadAt(f.b, at); err != nil {
		return err
	}
	return f.schema(f.table(f.root(), messageHeader))
}

// checkParquetSchema checks the schema of Arrow that the metadata of a Parquet file may have: a
// stream without rows, in base64.
func checkParquetSchema(meta metadata.KeyValueMetadata) error {
	text := meta.FindValue("ARROW:schema")
	if text == nil {
		return nil
	}
	stream, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(*text, "="))
	if err != nil {
		return err
	}
	return checkArrowStream(bytes.NewReader(stream), int64(len(stream)))
}
