package table

// Sparse data in the format of svmlight and libsvm: a line is a target and, for each feature
// that is not 0, its index and value.

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/nogil-go/nogil/linear"
)

// SVMLight says how a file in the format of svmlight and libsvm is read. The zero value is
// right for most. A line is
//
//	target [qid:number] index:value index:value … [# comment]
//
// with ascending indices; empty lines are skipped. scikit-learn's load_svmlight_file reads
// the same.
type SVMLight struct {
	// Base says what the first feature's index is: 1, as the formats have it, or 0. Its zero
	// value finds out: 0 where that index occurs, as scikit-learn's zero_based="auto".
	Base Base

	// Columns is how many features there are, scikit-learn's n_features; 0 means as many as
	// the largest index says, of which a file may have no more than it has bytes, or 2²⁰.
	Columns int
}

// Base is the index of the first feature.
type Base uint8

const (
	AutoBase Base = iota
	ZeroBase
	OneBase
)

// Sparse is what a file of svmlight holds: the compressed columns that [linear.CSC] takes.
type Sparse struct {
	Rows, Cols int
	IndPtr     []int     // column j is Indices and Data[IndPtr[j]:IndPtr[j+1]]
	Indices    []int32   // rows, ascending in each column
	Data       []float64 // values
	Y          []float64 // targets
	QID        []int64   // the query of each row, nil where the file has none
}

// ReadSVMLight reads a file with the zero [SVMLight].
func ReadSVMLight(file string) (*Sparse, error) { return SVMLight{}.Read(file) }

// Design returns the data as a design: a view.
func (s *Sparse) Design() (linear.Design, error) {
	return linear.CSC(s.Rows, s.Cols, s.IndPtr, s.Indices, s.Data)
}

// Read reads the file of that name. What is wrong in it is a [*ParseError]: a target or value
// that is no finite number, an index that is negative, too large, 0 with OneBase, or not above the one
// before it. While it reads, it takes the size of the file and twice that of the result.
func (o SVMLight) Read(file string) (*Sparse, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	defer f.Close()
	return o.Decode(f, file)
}

// Decode is [SVMLight.Read] of r, which errors call name.
func (o SVMLight) Decode(r io.Reader, name string) (*Sparse, error) {
	if o.Base > OneBase || o.Columns < 0 {
		panic("table: SVMLight: unknown Base or negative Columns")
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("table: %s: %w", name, err)
	}
	n := len(text)
	if n > 0 && text[n-1] != '\n' {
		text = append(text, '\n')
		n++
	}
	p := svmParser{SVMLight: o, block: block{append(text, make([]byte, wordPad)...), n}, starts: []int{0}}
	err = p.lines()
	if err == nil {
		err = p.settle()
	}
	if e, ok := err.(*ParseError); ok {
		e.File = name
	}
	if err != nil {
		return nil, err
	}
	return p.columns(), nil
}

// svmParser collects rows.
type svmParser struct {
	SVMLight
	block
	starts  []int // of each row in indices and values
	indices []int32
	values  []float64
	y       []float64
	qid     []int64
	queries bool
	zero    bool  // index 0 occurs
	largest int64 // index
	at      int   // where in the text that is
}

func (p *svmParser) lines() error {
	for i := 0; i < p.n; {
		end := i + bytes.IndexByte(p.text[i:p.n], '\n')
		next := end + 1
		if k := bytes.IndexByte(p.text[i:end], '#'); k >= 0 {
			end = i + k
		}
		if i = p.space(i, end); i < end {
			if err := p.line(i, end); err != nil {
				return err
			}
		}
		i = next
	}
	return nil
}

func (p *svmParser) space(i, end int) int {
	for i < end && (p.text[i] == ' ' || p.text[i] == '\t' || p.text[i] == '\r') {
		i++
	}
	return i
}

func (p *svmParser) line(i, end int) error {
	y, e, err := p.number(i, end, "target")
	if err != nil {
		return err
	}
	qid, before := int64(0), int64(-1)
	for i = p.space(e, end); i < end; i = p.space(i, end) {
		if bytes.HasPrefix(p.text[i:end], []byte("qid:")) && before < 0 {
			v, e, c := number(p.text, i+4)
			if c != classWhole || !p.stops(e, end) {
				return p.where(i, fmt.Errorf("qid is no whole number: %w", ErrSyntax))
			}
			qid, p.queries, i = int64(v), true, e
			continue
		}
		v, e, c := number(p.text, i)
		if c != classWhole || p.text[e] != ':' {
			return p.where(i, fmt.Errorf("an index and a colon are expected: %w", ErrSyntax))
		}
		index := int64(v)
		switch {
		case index < 0 || index == 0 && p.Base == OneBase:
			return p.where(i, fmt.Errorf("index %d: %w", index, ErrSyntax))
		case index <= before:
			return p.where(i, fmt.Errorf("index %d after %d: %w", index, before, ErrSyntax))
		case index > math.MaxInt32:
			return p.where(i, fmt.Errorf("index %d is above 2³¹−1: %w", index, ErrSyntax))
		}
		if index > p.largest {
			p.largest, p.at = index, i
		}
		p.zero = p.zero || index == 0
		value, after, err := p.number(e+1, end, "value")
		if err != nil {
			return err
		}
		p.indices, p.values = append(p.indices, int32(index)), append(p.values, value)
		before, i = index, after
	}
	p.starts, p.y, p.qid = append(p.starts, len(p.indices)), append(p.y, y), append(p.qid, qid)
	return nil
}

// stops reports that a number may end at i.
func (p *svmParser) stops(i, end int) bool { return i >= end || p.space(i, end) > i }

// number reads a finite number at i, which is called what.
func (p *svmParser) number(i, end int, what string) (v float64, after int, err error) {
	v, after, c := number(p.text, i)
	if c == 0 || after > end || !p.stops(after, end) || v-v != 0 {
		stop := i
		for stop < end && p.text[stop] > ' ' {
			stop++
		}
		return 0, 0, p.where(i, fmt.Errorf("%s %q is no finite number: %w", what, shorten(p.text[i:stop]), ErrSyntax))
	}
	return v, after, nil
}

// settle decides about base and columns.
func (p *svmParser) settle() error {
	if p.Base == AutoBase {
		p.Base = OneBase
		if p.zero || len(p.indices) == 0 {
			p.Base = ZeroBase
		}
	}
	columns := int64(0)
	if len(p.indices) > 0 {
		columns = p.largest + 1
		if p.Base == OneBase {
			columns--
		}
	}
	if p.Columns > 0 && columns > int64(p.Columns) {
		return p.where(p.at, fmt.Errorf("index %d is beyond the %d columns: %w", p.largest, p.Columns, ErrSyntax))
	}
	if p.Columns == 0 && columns > max(1<<20, int64(p.n)) {
		return p.where(p.at, fmt.Errorf("index %d makes more columns than the file has bytes: give Columns where that is meant: %w", p.largest, ErrSyntax))
	}
	if p.Columns == 0 {
		p.Columns = int(columns)
	}
	return nil
}

// columns sorts the rows into columns, by counting.
func (p *svmParser) columns() *Sparse {
	s := &Sparse{
		Rows: len(p.y), Cols: p.Columns, IndPtr: make([]int, p.Columns+1),
		Indices: make([]int32, len(p.indices)), Data: make([]float64, len(p.indices)), Y: p.y,
	}
	if p.queries {
		s.QID = p.qid
	}
	base := int32(0)
	if p.Base == OneBase {
		base = 1
	}
	for k := range p.indices {
		p.indices[k] -= base
		s.IndPtr[p.indices[k]+1]++
	}
	for j := range p.Columns {
		s.IndPtr[j+1] += s.IndPtr[j]
	}
	next := append([]int(nil), s.IndPtr...)
	for i := range s.Rows {
		for k := p.starts[i]; k < p.starts[i+1]; k++ {
			at := next[p.indices[k]]
			next[p.indices[k]]++
			s.Indices[at], s.Data[at] = int32(i), p.values[k]
		}
	}
	return s
}
