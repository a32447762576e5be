package table

import "slices"

// assembler puts batches together. The columns of float64 go into one slab, made for the
// number of rows that the first batch lets expect.
type assembler struct {
	parser *parser
	rows   int
	room   int // rows that slab has room for
	slab   *slab
	rest   []Column // of Int64 and String, by column
	bytes  int64    // of the lines so far
}

func (a *assembler) add(b *batch) error {
	p := a.parser
	if a.rest == nil && p.others {
		a.rest = make([]Column, len(p.fields))
	}
	a.bytes += int64(b.size)
	a.grow(b.rows)
	for j, f := range p.fields {
		switch {
		case f.skip:
		case f.kind == Int64 || f.kind == String:
			c := &a.rest[j]
			c.ints, c.strings = append(c.ints, b.ints[j]...), append(c.strings, b.strings[j]...)
			c.missing.join(a.rows, b.missing[j])
		default:
			copy(a.slab.data[f.slot*a.slab.stride+a.rows:][:b.rows], b.floats[f.slot*b.stride:])
		}
	}
	a.rows += b.rows
	return nil
}

// grow makes room for n more rows: for as many as the file has, if all are like those so far.
func (a *assembler) grow(n int) {
	rows := a.rows + n
	if a.slab != nil && rows <= a.room {
		return
	}
	want := rows + rows/4
	if s := a.parser.source; s.end > 0 && a.bytes > 0 {
		left := float64(s.end-s.begin)/float64(a.bytes) - 1
		want = rows + int(float64(rows)*left*1.01) + 1
	}
	for j := range a.rest {
		switch c := &a.rest[j]; a.parser.fields[j].kind {
		case Int64:
			c.ints = slices.Grow(c.ints, want-a.rows)
		case String:
			c.strings = slices.Grow(c.strings, want-a.rows)
		}
	}
	old := a.slab
	a.slab, a.room = newSlab(want, a.parser.floats), want
	for slot := range a.parser.floats {
		if old != nil {
			copy(a.slab.data[slot*a.slab.stride:], old.data[slot*old.stride:][:a.rows])
		}
	}
}

func (a *assembler) table() *Table {
	if a.slab == nil {
		a.grow(0)
	}
	t := &Table{rows: a.rows, columns: make([]Column, 0, len(a.parser.fields))}
	for j, f := range a.parser.fields {
		var c Column
		switch {
		case f.skip:
			continue
		case f.kind == Int64 || f.kind == String:
			if a.rest != nil {
				c = a.rest[j]
			}
			c.Name, c.Kind = f.name, f.kind
			c.ints, c.strings = slices.Clip(c.ints), slices.Clip(c.strings)
		default:
			c = a.slab.column(f.name, f.kind, f.slot, a.rows)
		}
		t.columns = append(t.columns, c)
	}
	return t
}

// table is a view of the batch.
func (b *batch) table(p *parser) *Table {
	t := &Table{rows: b.rows}
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

// join sets the bits of other, the rows of which begin at row.
func (b *bitmap) join(row int, other bitmap) {
	for i := range len(other) * 64 {
		if other.at(i) {
			b.set(row + i)
		}
	}
}
