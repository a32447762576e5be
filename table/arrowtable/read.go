package arrowtable

// The two readers of arrow-go, held to a memory that the file justifies.

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

const (
	batchCells = 1 << 20 // numbers of one batch of rows, about
	mostRows   = 1 << 16
	leastRows  = 1 << 10

	// Compressed data may become so many times larger; more is taken for an attack.
	mostInflation = 1 << 10
	freeBytes     = 1 << 26 // that are given in any case
)

// limited is an allocator that refuses what the size of a file does not justify.
type limited struct {
	memory.Allocator
	most int
}

func newLimited(size int64) *limited {
	return &limited{Allocator: memory.NewGoAllocator(), most: int(min(max(size, 0), 1<<40)*mostInflation + freeBytes)}
}

func (l *limited) check(size int) {
	if size < 0 || size > l.most {
		panic(fmt.Sprintf("%d bytes asked for", size))
	}
}

func (l *limited) Allocate(size int) []byte {
	l.check(size)
	return l.Allocator.Allocate(size)
}

func (l *limited) Reallocate(size int, b []byte) []byte {
	l.check(size)
	return l.Allocator.Reallocate(size, b)
}

// openParquet reads the footer and begins to read the columns.
func (s *scan) openParquet(ctx context.Context) error {
	mem := newLimited(s.size)
	props := parquet.NewReaderProperties(mem)
	props.BufferedStreamEnabled = true
	pq, err := file.NewParquetReader(io.NewSectionReader(s.file, 0, s.size), file.WithReadProps(props))
	if err != nil {
		return err
	}
	if err := checkParquetSchema(pq.MetaData().KeyValueMetadata()); err != nil {
		return err
	}
	r, err := pqarrow.NewFileReader(pq, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		return err
	}
	schema, err := r.Schema()
	if err != nil {
		return err
	}
	chosen, err := s.chosen(schema.Fields())
	if err != nil {
		return err
	}
	var leaves []int
	for _, j := range chosen {
		leaves = append(leaves, r.Manifest.Fields[j].ColIndex)
	}
	s.source.rows, s.total, s.close = pq.NumRows(), int(pq.NumRows()), pq.Close
	if len(leaves) == 0 || s.source.rows <= 0 {
		s.next = func() (batch, error) { return batch{}, io.EOF }
		return nil
	}
	r.Props.BatchSize = int64(min(max(batchCells/len(leaves), leastRows), mostRows))
	records, err := r.GetRecordReader(ctx, leaves, nil)
	if err != nil {
		return err
	}
	done := int64(0)
	s.next = func() (batch, error) {
		record, err := records.Read()
		switch {
		case err == io.EOF && done < s.source.rows || err == nil && record.NumRows() == 0:
			return batch{}, fmt.Errorf("%d rows of %d: %w", done, s.source.rows, io.ErrUnexpectedEOF)
		case err != nil:
			return batch{}, err
		}
		done += record.NumRows()
		return batch{record.Columns(), record.NumRows(), int(done)}, nil
	}
	return nil
}

func (s *scan) arrowOptions() []ipc.Option {
	return []ipc.Option{ipc.WithAllocator(newLimited(s.size)), ipc.WithBodySizeLimit(s.size), ipc.WithMetadataSizeLimit(s.size)}
}

func (s *scan) openArrowFile() error {
	if err := s.checkArrowFile(); err != nil {
		return err
	}
	r, err := ipc.NewFileReader(io.NewSectionReader(s.file, 0, s.size), s.arrowOptions()...)
	if err != nil {
		return err
	}
	s.source.rows, s.total, s.close = 0, r.NumRecords(), r.Close
	i := 0
	return s.batches(r.Schema(), func() (arrow.RecordBatch, error) {
		if i == s.total {
			return nil, io.EOF
		}
		i++
		return r.RecordBatch(i - 1)
	})
}

func (s *scan) openArrowStream() error {
	if err := checkArrowStream(s.file, s.size); err != nil {
		return err
	}
	r, err := ipc.NewReader(io.NewSectionReader(s.file, 0, s.size), s.arrowOptions()...)
	if err != nil {
		return err
	}
	s.source.rows, s.total, s.close = 0, -1, func() error { r.Release(); return nil }
	return s.batches(r.Schema(), r.Read)
}

// batches makes record batches the source.
func (s *scan) batches(schema *arrow.Schema, read func() (arrow.RecordBatch, error)) error {
	chosen, err := s.chosen(schema.Fields())
	if err != nil {
		return err
	}
	done := 0
	s.next = func() (batch, error) {
		record, err := read()
		if err != nil {
			return batch{}, err
		}
		done++
		b := batch{rows: record.NumRows(), done: done}
		for _, j := range chosen {
			b.columns = append(b.columns, record.Column(j))
		}
		return b, nil
	}
	return nil
}
