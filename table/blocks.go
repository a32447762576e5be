package table

// A text file in blocks of whole records. Most blocks have no quotes, and end behind their
// last line end, which is found from behind; with quotes, a line end counts where the number
// of quotes before it is even.

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

var newline = []byte{'\n'}

const (
	smallBlock = 1 << 19 // bytes, so that a block and its numbers stay in the second cache
	largeBlock = 1 << 24
	blockRows  = 64 // records that a block should have, so that each column gets whole cache lines
)

// blockSize is that of blocks of a file whose first record is so long. A header says little
// about the cells below it, but about their number.
func blockSize(record int, cells bool) int {
	if !cells {
		record *= 2
	}
	return min(max(smallBlock, blockRows*record), largeBlock)
}

// A source is a file, or a part of one, that can be read again.
type source struct {
	r     io.ReadSeeker
	begin int64 // where the records begin
	end   int64 // the size, -1 where it is not known
	block int
}

// newSource returns the source of what r has from where it stands; of one that cannot seek,
// a copy in memory.
func newSource(r io.Reader) (*source, error) {
	s := &source{end: -1, block: smallBlock}
	if seeker, ok := r.(io.ReadSeeker); ok {
		if at, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			s.r, s.begin = seeker, at
		}
	}
	if s.r == nil {
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		s.r, s.end = bytes.NewReader(text), int64(len(text))
	}
	if f, ok := r.(*os.File); ok && s.end < 0 {
		info, err := f.Stat()
		switch {
		case err != nil:
			return nil, err
		case info.IsDir():
			return nil, fmt.Errorf("%s is a directory", f.Name())
		case info.Mode().IsRegular():
			s.end = info.Size()
		}
	}
	return s, s.skipMark()
}

// skipMark passes the mark with which UTF-8 may begin.
func (s *source) skipMark() error {
	var mark [3]byte
	_, err := io.ReadFull(s.r, mark[:])
	if err == nil && mark == [3]byte{0xEF, 0xBB, 0xBF} {
		s.begin += 3
	}
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	return s.rewind()
}

func (s *source) rewind() error {
	_, err := s.r.Seek(s.begin, io.SeekStart)
	return err
}

// expect returns how many rows there will be, where the first bytes, so many, had so many.
func (s *source) expect(rows int, bytes int64) int {
	if s.end < 0 || bytes == 0 {
		return 0
	}
	return int(float64(rows)*max(float64(s.end-s.begin)/float64(bytes), 1)*1.01) + 1
}

// A block is text[:n] of whole records, the last with a line end, and wordPad bytes.
type block struct {
	text []byte
	n    int
}

// where makes err one about byte i of the block.
func (b block) where(i int, err error) *ParseError {
	i = min(i, b.n)
	return &ParseError{Line: 1 + bytes.Count(b.text[:i], newline), Column: i - bytes.LastIndexByte(b.text[:i], '\n'), Err: err}
}

// after is what follows the end e of a cell.
func (b block) after(e int) int {
	if b.text[e] == '\r' {
		e++
	}
	return e + 1
}

// blocks cuts a source. next is called by one goroutine at a time, recycle by any.
type blocks struct {
	p    *parser
	rest []byte // what has been read behind the last block
	read int64
	done bool
	free chan []byte
}

func newBlocks(p *parser) *blocks { return &blocks{p: p, free: make(chan []byte, 64)} }

func (s *blocks) recycle(b block) {
	select {
	case s.free <- b.text[:cap(b.text)]:
	default:
	}
}

func (s *blocks) buffer() []byte {
	select {
	case b := <-s.free:
		return b
	default:
		return make([]byte, s.p.source.block+len(s.rest)+wordPad)
	}
}

// next returns the next block, or io.EOF.
func (s *blocks) next() (block, error) {
	if s.done {
		return block{}, io.EOF
	}
	text := s.buffer()
	if need := len(s.rest) + wordPad + 1; len(text) < need {
		text = make([]byte, 2*need)
	}
	n := copy(text, s.rest)
	for {
		k, err := io.ReadFull(s.p.source.r, text[n:len(text)-wordPad-1])
		n += k
		s.read += int64(k)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return s.last(text, n)
		}
		if err != nil {
			return block{}, err
		}
		if progress := s.p.Loop.Progress; progress != nil {
			progress(int(s.p.source.begin+s.read), int(s.p.source.end))
		}
		if end := s.p.cut(text[:n]); end > 0 {
			s.rest = append(s.rest[:0], text[end:n]...)
			clear(text[end : end+wordPad])
			return block{text[:end+wordPad], end}, nil
		}
		text = append(text, make([]byte, len(text))...)
	}
}

// last returns the last block.
func (s *blocks) last(text []byte, n int) (block, error) {
	s.done = true
	if at := s.p.source.begin + s.read; s.p.source.end > at {
		return block{}, fmt.Errorf("ended at byte %d of %d: %w", at, s.p.source.end, io.ErrUnexpectedEOF)
	}
	if n == 0 {
		return block{}, io.EOF
	}
	if text[n-1] != '\n' {
		text[n] = '\n'
		n++
	}
	clear(text[n : n+wordPad])
	return block{text[:n+wordPad], n}, nil
}

// cut returns where the last whole record of text ends, 0 where none does. text begins with
// a record.
func (p *parser) cut(text []byte) int {
	if bytes.IndexByte(text, '"') < 0 {
		return bytes.LastIndexByte(text, '\n') + 1
	}
	if p.Comment != 0 {
		return p.cutComments(text)
	}
	end := 0
	for i := 0; ; {
		open := bytes.IndexByte(text[i:], '"')
		if open < 0 {
			open = len(text) - i
		}
		if k := bytes.LastIndexByte(text[i:i+open], '\n'); k >= 0 {
			end = i + k + 1
		}
		if i += open + 1; i >= len(text) {
			return end
		}
		closing := bytes.IndexByte(text[i:], '"')
		if closing < 0 {
			return end
		}
		i += closing + 1
	}
}

// cutComments is cut where comments may hold quotes.
func (p *parser) cutComments(text []byte) int {
	end, quoted := 0, false
	for i := 0; i < len(text); {
		k := bytes.IndexByte(text[i:], '\n')
		if k < 0 {
			return end
		}
		line := text[i : i+k]
		i += k + 1
		if !quoted && len(line) > 0 && line[0] == p.Comment {
			end = i
			continue
		}
		if bytes.Count(line, []byte{'"'})%2 == 1 {
			quoted = !quoted
		}
		if !quoted {
			end = i
		}
	}
	return end
}
