package table

// The cells of one block. A number is read from where its cell begins, and what ends it must
// be a separator, so that most cells are looked at once; everything else (quotes, missing
// values, spaces, words) goes through cell.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unsafe"
)

// field is what becomes of a column.
type field struct {
	name        string
	kind        Kind
	given       bool // a cell of another kind is an error
	skip, apart bool
	slot        int // among the columns of float64
}

// parser is what all blocks of a file share.
type parser struct {
	CSV
	file           string
	source         *source
	headerLines    int
	fields         []field
	floats         int  // how many columns are of float64
	others         bool // there are columns of Int64 or String
	ends           [256]bool
	missing        map[string]bool
	lengths        [256]uint64 // of those by their first byte, a bit each
	numericMissing bool        // a number is among missing, so that each cell must be compared
}

// batch is what a block comes to.
type batch struct {
	rows, lines int
	size        int // of the text, in bytes
	stride      int
	floats      []float64 // by slot, stride apart
	seen        []class   // by column
	ints        [][]int64 // by column where there are others, as are the next two and ends
	strings     [][]string
	missing     []bitmap
	err         error // about the block; lines count from it

	text    []byte // where cells of strings are put, end to end; never written twice
	scratch []byte // a cell without its quotes
}

// textBlock is how many bytes of cells share one allocation.
const textBlock = 1 << 16

// keep returns a string of the cell.
func (out *batch) keep(cell []byte) string {
	if len(cell) > cap(out.text)-len(out.text) {
		if len(cell) > textBlock/8 {
			return string(cell)
		}
		out.text = make([]byte, 0, textBlock)
	}
	begin := len(out.text)
	out.text = append(out.text, cell...)
	return unsafe.String(unsafe.SliceData(out.text[begin:]), len(cell))
}

func (out *batch) reset(p *parser, b block) {
	n := len(p.fields)
	if len(out.seen) != n {
		out.seen = make([]class, n)
	}
	if p.others && out.ints == nil {
		out.ints, out.strings, out.missing = make([][]int64, n), make([][]string, n), make([]bitmap, n)
	}
	out.rows, out.size, out.err = 0, b.n, nil
	out.lines = bytes.Count(b.text[:b.n], newline)
	out.stride = min(out.lines, b.n/n+1) // a record has a byte for each cell
	if need := out.stride * p.floats; cap(out.floats) < need {
		out.floats = make([]float64, need+need/8)
	}
	out.floats = out.floats[:cap(out.floats)]
	clear(out.seen)
	for j := range out.ints {
		out.ints[j], out.strings[j], out.missing[j] = out.ints[j][:0], out.strings[j][:0], out.missing[j][:0]
	}
}

// parse sets out to the records of b.
func (p *parser) parse(b block, out *batch) {
	out.reset(p, b)
	for i := p.blank(b, 0); i < b.n; i = p.blank(b, i) {
		var err error
		if i, err = p.record(b, i, out); err != nil {
			out.err = err
			return
		}
		out.rows++
	}
}

// blank returns where the next record begins.
func (p *parser) blank(b block, i int) int {
	for i < b.n {
		switch c := b.text[i]; {
		case c == '\n':
			i++
		case c == '\r' && b.text[i+1] == '\n':
			i += 2
		case c == p.Comment && c != 0:
			i += bytes.IndexByte(b.text[i:], '\n') + 1
		default:
			return i
		}
	}
	return i
}

// record reads the record at i and returns where it ends.
func (p *parser) record(b block, i int, out *batch) (int, error) {
	text, row := b.text, out.rows
	for j := range p.fields {
		f := &p.fields[j]
		end, ok := 0, false
		if f.kind == Float64 && !f.skip && !p.numericMissing {
			v, e, c := number(text, i)
			if c != 0 && p.ends[text[e]] && (text[e] != '\r' || text[e+1] == '\n') {
				out.floats[f.slot*out.stride+row] = v
				out.seen[j] |= c
				end, ok = e, true
			}
		}
		if !ok {
			cell, e, err := p.cellInto(b, i, &out.scratch)
			if err == nil && !f.skip {
				err = p.store(out, j, cell)
			}
			if err != nil {
				at := b.where(i, err)
				at.Name = f.name
				return 0, at
			}
			end = e
		}
		if text[end] != p.Comma {
			if j+1 < len(p.fields) {
				return 0, b.where(end, fmt.Errorf("the record ends after %d cells, the header has %d: %w", j+1, len(p.fields), ErrSyntax))
			}
			return b.after(end), nil
		}
		i = end + 1
	}
	return 0, b.where(i-1, fmt.Errorf("the record has more than the %d cells of the header: %w", len(p.fields), ErrSyntax))
}

// cell returns the cell at i without its quotes, and where it ends: at a separator or a line
// end.
func (p *parser) cell(b block, i int) (cell []byte, end int, err error) {
	var scratch []byte
	return p.cellInto(b, i, &scratch)
}

func (p *parser) cellInto(b block, i int, scratch *[]byte) (cell []byte, end int, err error) {
	if b.text[i] == '"' {
		return p.quoted(b, i+1, scratch)
	}
	end = p.find(b.text, i)
	for b.text[end] == '\r' && b.text[end+1] != '\n' {
		end = p.find(b.text, end+1)
	}
	if b.text[end] == '"' {
		return nil, 0, fmt.Errorf("a quote inside a cell that does not begin with one: %w", ErrSyntax)
	}
	return b.text[i:end], end, nil
}

// find returns where the next separator, line end or quote is.
func (p *parser) find(text []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	comma := uint64(p.Comma) * ones
	for {
		w := binary.LittleEndian.Uint64(text[i:])
		// A byte of x-ones has its top bit set where that of x is 0, and wrongly only above such a one.
		c, n, r, q := w^comma, w^'\n'*ones, w^'\r'*ones, w^'"'*ones
		hit := ((c-ones)&^c | (n-ones)&^n | (r-ones)&^r | (q-ones)&^q) & tops
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
		i += 8
	}
}

// quoted returns the cell in quotes whose first byte is at i.
func (p *parser) quoted(b block, i int, scratch *[]byte) (cell []byte, end int, err error) {
	first, twice := i, false
	for {
		k := bytes.IndexByte(b.text[i:b.n], '"')
		if k < 0 {
			return nil, 0, fmt.Errorf("a quote is not closed: %w", ErrSyntax)
		}
		if i += k + 1; b.text[i] != '"' {
			break
		}
		twice = true
		i++
	}
	cell = b.text[first : i-1]
	if c := b.text[i]; !p.ends[c] || c == '\r' && b.text[i+1] != '\n' {
		return nil, 0, fmt.Errorf("%q after the closing quote: %w", c, ErrSyntax)
	}
	if twice {
		*scratch = append((*scratch)[:0], cell...)
		kept := 0
		for k := 0; k < len(cell); k++ {
			(*scratch)[kept] = cell[k]
			kept++
			if cell[k] == '"' {
				k++
			}
		}
		cell = (*scratch)[:kept]
	}
	return cell, i, nil
}

// store puts a cell into column j.
func (p *parser) store(out *batch, j int, cell []byte) error {
	f := &p.fields[j]
	missing := p.isMissing(cell)
	if f.kind == String {
		text := ""
		if missing {
			out.missing[j].set(out.rows)
		} else {
			text = out.keep(cell)
		}
		out.strings[j] = append(out.strings[j], text)
		return nil
	}
	v, whole, c := math.NaN(), int64(0), class(0)
	if !missing {
		v, whole, c = value(bytes.TrimSpace(cell))
	}
	if f.given && !fits(f.kind, v, c) {
		return fmt.Errorf("%q is no %v: %w", shorten(cell), f.kind, ErrKind)
	}
	out.seen[j] |= c
	if f.kind == Int64 {
		if missing {
			out.missing[j].set(out.rows)
		}
		out.ints[j] = append(out.ints[j], whole)
		return nil
	}
	out.floats[f.slot*out.stride+out.rows] = v
	return nil
}

// isMissing reports that a cell means a missing value. Most that do not have another length,
// or first byte, than all that do.
func (p *parser) isMissing(cell []byte) bool {
	if len(cell) == 0 {
		return p.missing[""]
	}
	return p.lengths[cell[0]]>>min(len(cell), 63)&1 != 0 && p.missing[string(cell)]
}

// addMissing makes a cell mean a missing value.
func (p *parser) addMissing(cell string) {
	p.missing[cell] = true
	if cell != "" {
		p.lengths[cell[0]] |= 1 << min(len(cell), 63)
	}
	if _, c := wholeCell([]byte(cell)); c != 0 {
		p.numericMissing = true
	}
}

// fits reports that a column of that kind holds a cell of that class.
func fits(kind Kind, v float64, c class) bool {
	switch {
	case c == 0:
		return true
	case kind == Float64:
		return c&(classWhole|classBig|classFloat) != 0
	case kind == Int64:
		return c&(classWhole|classBig) != 0
	}
	return c == classBool || c == classWhole && (v == 0 || v == 1)
}

// wholeCell returns the number that is all of a cell.
func wholeCell(cell []byte) (float64, class) {
	padded := append(append(make([]byte, 0, 64), cell...), ",\x00\x00\x00\x00\x00\x00\x00"...)
	v, end, c := number(padded, 0)
	if end != len(cell) {
		return 0, 0
	}
	return v, c
}

// value returns what a cell says that is not missing.
func value(cell []byte) (v float64, whole int64, c class) {
	if v, c := wholeCell(cell); c != 0 {
		if c != classFloat {
			whole, _ = strconv.ParseInt(string(cell), 10, 64)
		}
		return v, whole, c
	}
	if len(cell) > len("+infinity") {
		return math.NaN(), 0, classText
	}
	switch strings.ToLower(string(cell)) {
	case "true":
		return 1, 0, classBool
	case "false":
		return 0, 0, classBool
	case "inf", "+inf", "infinity", "+infinity":
		return math.Inf(1), 0, classFloat
	case "-inf", "-infinity":
		return math.Inf(-1), 0, classFloat
	case "nan", "+nan", "-nan":
		return math.NaN(), 0, classFloat
	}
	return math.NaN(), 0, classText
}

// shorten is what an error says of a cell.
func shorten(cell []byte) []byte {
	if len(cell) > 60 {
		return append(append([]byte{}, cell[:60]...), "…"...)
	}
	return cell
}

// table is a view of the batch.
func (b *batch) table(p *parser) *Table {
	t := &Table{rows: b.rows, columns: make([]Column, 0, len(p.fields))}
	s := &slab{b.floats, b.stride}
	for j, f := range p.fields {
		switch {
		case f.skip:
			continue
		case f.kind == Int64 || f.kind == String:
			t.columns = append(t.columns, Column{Name: f.name, Kind: f.kind, ints: b.ints[j], strings: b.strings[j], missing: b.missing[j]})
		default:
			t.columns = append(t.columns, s.column(f.name, f.kind, f.slot, b.rows))
		}
	}
	return t
}

// empty is the table without rows.
func (p *parser) empty() *Table {
	var b batch
	if n := len(p.fields); p.others {
		b.ints, b.strings, b.missing = make([][]int64, n), make([][]string, n), make([]bitmap, n)
	}
	return b.table(p)
}
