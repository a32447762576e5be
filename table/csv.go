package table

// What users of CSV files say and get. A file is read in blocks of whole records (blocks.go)
// that are parsed side by side (parse.go) and put together in the order of the file.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/nogil-go/nogil/parfor"
)

// DefaultMissing are the cells that mean a missing value where [CSV] does not say otherwise:
// those of pandas' read_csv.
var DefaultMissing = []string{
	"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
	"<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
}

// CSV says how a file of separated values (RFC 4180) is read. The zero value is right for
// most: separated by commas, a first record of names, types found out.
//
// A cell may be in double quotes, in which two mean one, and then holds separators and line
// ends too. Lines end with \n or \r\n; empty ones are skipped. Spaces around a number do not
// matter; ±inf and infinity are numbers in any case of letters, as is nan where no Missing
// says so. true and false in any case are Bool. A number too large for float64 is ±Inf.
//
// A column whose cells are all numbers or missing is Float64, or Int64 where all are whole and one is
// larger than 2⁵³; one of true and false is Bool; any other String. The whole file decides:
// where a later cell does not fit what the first block showed, the file is read once more.
type CSV struct {
	Comma    byte            // what separates cells; 0 means ','
	Comment  byte            // lines that begin with it are skipped; 0 means none
	NoHeader bool            // the first record is one of cells; the names are x0, x1, …
	Names    []string        // in place of those of the header
	Missing  []string        // cells that mean a missing value; nil means DefaultMissing
	Types    map[string]Kind // of columns by name; a cell that does not fit is an error then
	Columns  []string        // which columns are read; nil means all
	Apart    []string        // lie behind the others in memory: see [Table.Matrix]

	// Loop says how many threads parse. Its Progress counts bytes read, of the file's size,
	// or of -1 where that is not known.
	Loop parfor.Loop
}

// ReadCSV reads a CSV file: CSV{}.Read without a context.
func ReadCSV(file string) (*Table, error) { return CSV{}.Read(context.Background(), file) }

// Read reads the file of that name. An error about its contents is a [*ParseError]: a record
// with more or fewer cells than the header, a quote at the wrong place, a cell that does not
// fit the type given. Other errors are those of the file system, of ctx, and of a name in the
// options that is not in the file (ErrName).
//
// Its cost is about 1 ns for each byte and thread; the table takes 8 bytes for each number, and
// while it is read some 2 MB a thread more, or 3 times the longest record. The result does not depend on Loop.
func (c CSV) Read(ctx context.Context, file string) (*Table, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	defer f.Close()
	return c.Decode(ctx, f, file)
}

// Decode is [CSV.Read] of r, which errors call name. It reads from where r stands; an r
// without a working Seek is read into memory first.
func (c CSV) Decode(ctx context.Context, r io.Reader, name string) (*Table, error) {
	p, err := c.open(r, name)
	if err != nil {
		return nil, err
	}
	var into *assembler
	err = p.settle(ctx, func() func(*batch) error {
		into = newAssembler(p.empty(), c.Apart)
		read := int64(0)
		return func(b *batch) error {
			read += int64(b.size)
			into.add(b.table(p), p.source.expect(into.rows+b.rows, read))
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return into.table(), nil
}

// Scan yields the file in pieces of whole rows, in order, each valid until the next: for
// files that are larger than memory. The types of columns are those given, or what the first
// block (some half a megabyte, at least) shows; a later cell that does not fit is an error.
// Errors are those of [CSV.Read], and end the sequence. Where the pieces are cut depends on
// the file alone.
func (c CSV) Scan(ctx context.Context, file string) iter.Seq2[*Table, error] {
	return func(yield func(*Table, error) bool) {
		err := c.scan(ctx, file, func(t *Table) bool { return yield(t, nil) })
		if err != nil {
			yield(nil, err)
		}
	}
}

// errStop ends a pass whose consumer wants no more.
var errStop = errors.New("stopped")

func (c CSV) scan(ctx context.Context, file string, yield func(*Table) bool) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("table: %w", err)
	}
	defer f.Close()
	p, err := c.open(f, file)
	if err != nil {
		return err
	}
	if err := p.infer(); err != nil {
		return err
	}
	for j := range p.fields {
		p.fields[j].given = true
	}
	err = p.pass(ctx, func(b *batch) error {
		if !yield(b.table(p)) {
			return errStop
		}
		return nil
	})
	if err == errStop {
		return nil
	}
	return err
}

// open reads the header and checks the options against it.
func (c CSV) open(r io.Reader, name string) (*parser, error) {
	if c.Comma == 0 {
		c.Comma = ','
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Missing == nil {
		c.Missing = DefaultMissing
	}
	s, err := newSource(r)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	p := &parser{CSV: c, file: name, source: s, missing: make(map[string]bool, len(c.Missing))}
	p.ends[c.Comma], p.ends['\n'], p.ends['\r'] = true, true, true
	for _, m := range c.Missing {
		p.addMissing(m)
	}
	names, err := p.header()
	if err != nil {
		return nil, err
	}
	return p, p.plan(names)
}

func (c *CSV) check() error {
	for _, b := range []byte{c.Comma, c.Comment} {
		if strings.IndexByte("\"\r\n+-.eE0123456789", b) >= 0 && b != 0 || b >= 0x80 {
			return fmt.Errorf("table: %q cannot separate cells or begin a comment: %w", b, ErrSyntax)
		}
	}
	if c.Comma == c.Comment {
		return fmt.Errorf("table: %q cannot both separate cells and begin a comment: %w", c.Comma, ErrSyntax)
	}
	for name, kind := range c.Types {
		if kind > String {
			panic("table: CSV: unknown Kind of column " + name)
		}
	}
	return nil
}

// plan says what becomes of each column.
func (p *parser) plan(names []string) error {
	if err := checkNames(names); err != nil {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	used := append(append([]string{}, p.Columns...), p.Apart...)
	for name := range p.Types {
		used = append(used, name)
	}
	for _, name := range used {
		if !slices.Contains(names, name) {
			return fmt.Errorf("table: %s has no column %q: %w", p.file, name, ErrName)
		}
	}
	p.fields = make([]field, len(names))
	for j, name := range names {
		kind := p.Types[name]
		p.fields[j] = field{
			name: name, kind: max(kind, Float64), given: kind != Auto,
			skip: p.Columns != nil && !slices.Contains(p.Columns, name), apart: slices.Contains(p.Apart, name),
		}
	}
	p.place()
	return nil
}

// place gives each column its slot among those of its kind.
func (p *parser) place() {
	p.floats, p.others = 0, false
	for _, f := range p.fields {
		p.others = p.others || !f.skip && (f.kind == Int64 || f.kind == String)
	}
	for _, apart := range []bool{false, true} {
		for j := range p.fields {
			if f := &p.fields[j]; f.apart == apart && !f.skip && (f.kind == Float64 || f.kind == Bool) {
				f.slot = p.floats
				p.floats++
			}
		}
	}
}

// infer finds the types of columns that were not given, from the first block.
func (p *parser) infer() error {
	b, err := newBlocks(p).next()
	if err != nil && err != io.EOF {
		return p.locate(err, p.headerLines)
	}
	if err == nil {
		var out batch
		p.parse(b, &out)
		p.resolve(out.seen)
	}
	if err := p.source.rewind(); err != nil {
		return p.locate(err, 0)
	}
	return nil
}

// resolve sets the kinds to what has been seen and reports whether one has changed.
func (p *parser) resolve(seen []class) (changed bool) {
	for j, s := range seen {
		f := &p.fields[j]
		kind := Float64
		switch numbers := s & (classWhole | classBig | classFloat); {
		case f.given || f.skip || f.kind == String:
			kind = f.kind
		case s&classText != 0 || s&classBool != 0 && numbers != 0:
			kind = String
		case s&classBool != 0:
			kind = Bool
		case numbers&classBig != 0 && numbers&classFloat == 0:
			kind = Int64
		}
		changed = changed || kind != f.kind
		f.kind = kind
	}
	p.place()
	return changed
}

// settle reads the file, once more where a later block shows other types than the first.
// begin is called before each time.
func (p *parser) settle(ctx context.Context, begin func() func(*batch) error) error {
	if err := p.infer(); err != nil {
		return err
	}
	for {
		each := begin()
		seen := make([]class, len(p.fields))
		err := p.pass(ctx, func(b *batch) error {
			for j, s := range b.seen {
				seen[j] |= s
			}
			return each(b)
		})
		if err != nil || !p.resolve(seen) {
			return err
		}
		if err := p.source.rewind(); err != nil {
			return p.locate(err, 0)
		}
	}
}

// pass reads the blocks behind the header and gives them to each, in order.
func (p *parser) pass(ctx context.Context, each func(*batch) error) error {
	blocks := newBlocks(p)
	free := make(chan *batch, 64) // batches that have been consumed
	type input struct {
		block block
		err   error
	}
	inputs := func(yield func(input) bool) {
		for {
			b, err := blocks.next()
			if err == io.EOF || !yield(input{b, err}) || err != nil {
				return
			}
		}
	}
	parse := func(_ context.Context, in input) (*batch, error) {
		var out *batch
		select {
		case out = <-free:
		default:
			out = new(batch)
		}
		if out.err = in.err; in.err == nil {
			p.parse(in.block, out)
			blocks.recycle(in.block)
		}
		return out, nil
	}
	lines := p.headerLines
	l := p.Loop
	l.Progress = nil
	for b, err := range parfor.Stream(ctx, l, inputs, parse) {
		if err == nil && b.err != nil {
			err = p.locate(b.err, lines)
		}
		if err == nil {
			lines += b.lines
			err = each(b)
		}
		if err != nil {
			return err
		}
		select {
		case free <- b:
		default:
		}
	}
	return nil
}

// locate makes an error about a block that begins behind so many lines one about the file.
func (p *parser) locate(err error, lines int) error {
	var e *ParseError
	if errors.As(err, &e) {
		e.File = p.file
		e.Line += lines
		return e
	}
	return fmt.Errorf("table: %s: %w", p.file, err)
}

// maxColumns is where a file of separators is taken for an attack on memory, of which each
// column takes some 500 bytes.
const maxColumns = 1 << 20

// header returns the names of the columns, and leaves the source behind the header.
func (p *parser) header() ([]string, error) {
	blocks := newBlocks(p)
	b, err := blocks.next()
	if err == io.EOF {
		return nil, p.locate(&ParseError{Line: 1, Column: 1, Err: fmt.Errorf("the file is empty: %w", ErrSyntax)}, 0)
	}
	if err != nil {
		return nil, p.locate(err, 0)
	}
	if err := p.magic(b.text); err != nil {
		return nil, p.locate(err, 0)
	}
	start := p.blank(b, 0)
	if start == b.n && p.Names == nil {
		return nil, p.locate(&ParseError{Line: 1, Column: 1, Err: fmt.Errorf("there is no record: %w", ErrSyntax)}, 0)
	}
	var names []string
	end := start
	for more := start < b.n; more; {
		text, e, err := p.cell(b, end)
		if err != nil {
			return nil, p.locate(b.where(end, err), 0)
		}
		name := strings.TrimSpace(string(text))
		if p.NoHeader || name == "" {
			name = fmt.Sprintf("x%d", len(names))
		}
		names = append(names, name)
		if more = b.text[e] == p.Comma; len(names) > maxColumns {
			return nil, p.locate(b.where(end, fmt.Errorf("more than %d columns: %w", maxColumns, ErrSyntax)), 0)
		}
		end = b.after(e)
	}
	if p.NoHeader {
		end = start
	}
	if p.Names != nil {
		if len(p.Names) != len(names) && start < b.n {
			return nil, p.locate(b.where(start, fmt.Errorf("%d names were given for a record of %d cells: %w", len(p.Names), len(names), ErrName)), 0)
		}
		names = p.Names
	}
	p.headerLines = bytes.Count(b.text[:end], newline)
	p.source.begin += int64(end)
	p.source.block = blockSize(end-start, p.NoHeader)
	return names, p.source.rewind()
}

// magic returns an error for a file that is surely no text.
func (p *parser) magic(text []byte) error {
	for _, m := range []struct{ begin, what string }{
		{"\x1f\x8b", "compressed with gzip"}, {"\x28\xb5\x2f\xfd", "compressed with zstd"}, {"PK\x03\x04", "a zip archive"},
		{"PAR1", "a Parquet file"}, {"ARROW1", "an Arrow file"}, {"\x93NUMPY", "an array of NumPy"},
		{"\xff\xfe", "in UTF-16"}, {"\xfe\xff", "in UTF-16"},
	} {
		if bytes.HasPrefix(text, []byte(m.begin)) {
			return &ParseError{Line: 1, Column: 1, Err: fmt.Errorf("this is %s, not CSV: %w", m.what, ErrSyntax)}
		}
	}
	return nil
}
