package table

import (
	"fmt"
	"iter"
	"slices"
)

// FloatColumn returns a column of Float64, a view of v: NaN is a missing value.
func FloatColumn(name string, v []float64) Column {
	return Column{Name: name, Kind: Float64, slab: &slab{v, len(v)}, floats: v}
}

// BoolColumn returns a column of Bool, a view of v: 1 is true, 0 false, NaN a missing value.
func BoolColumn(name string, v []float64) Column {
	c := FloatColumn(name, v)
	c.Kind = Bool
	return c
}

// IntColumn returns a column of Int64, a view of v. missing nil means that no value is. It
// panics where missing is not as long as v.
func IntColumn(name string, v []int64, missing []bool) Column {
	return Column{Name: name, Kind: Int64, ints: v, missing: bitmapOf("IntColumn", missing, len(v))}
}

// StringColumn returns a column of String, a view of v. missing nil means that no cell is. It
// panics where missing is not as long as v.
func StringColumn(name string, v []string, missing []bool) Column {
	return Column{Name: name, Kind: String, strings: v, missing: bitmapOf("StringColumn", missing, len(v))}
}

func bitmapOf(op string, missing []bool, n int) (b bitmap) {
	if missing != nil && len(missing) != n {
		panic("table: " + op + ": missing is not as long as the column")
	}
	for i, m := range missing {
		if m {
			b.set(i)
		}
	}
	return b
}

func (c Column) len() int {
	switch c.Kind {
	case Int64:
		return len(c.ints)
	case String:
		return len(c.strings)
	}
	return len(c.floats)
}

// FromColumns returns the table of these columns, a view. It panics where their lengths are
// not the same, and returns an error that wraps ErrName where two names are.
func FromColumns(columns ...Column) (*Table, error) {
	t := &Table{columns: columns}
	for j, c := range columns {
		if j > 0 && c.len() != t.rows {
			panic("table: FromColumns: columns of different lengths")
		}
		t.rows = c.len()
	}
	return t, checkNames(t.Names())
}

// Collect returns the table of all pieces, one below the other, which have the same columns;
// those of Float64 and Bool lie side by side, the columns named apart behind the others (see
// [Table.Matrix]). Pieces are copied. rows is how many rows there will be, 0 where that is not
// known: too few or many costs time, or address space.
func Collect(pieces iter.Seq2[*Table, error], rows int, apart ...string) (*Table, error) {
	var a *assembler
	for t, err := range pieces {
		if err != nil {
			return nil, err
		}
		if a == nil {
			a = newAssembler(t, apart)
			a.grow(rows)
		}
		if err := a.check(t); err != nil {
			return nil, err
		}
		a.add(t, 0)
	}
	if a == nil {
		return &Table{}, nil
	}
	return a.table(), nil
}

// assembler puts pieces of a table together. The columns of float64 go into one slab.
type assembler struct {
	columns []Column // those of Int64 and String have their cells, the others their slots
	slots   int
	slab    *slab
	rows    int
	room    int // rows that slab has room for
}

// newAssembler makes room for the columns of t.
func newAssembler(t *Table, apart []string) *assembler {
	a := &assembler{columns: make([]Column, len(t.columns))}
	for _, last := range []bool{false, true} {
		for j, c := range t.columns {
			if slices.Contains(apart, c.Name) != last {
				continue
			}
			a.columns[j] = Column{Name: c.Name, Kind: c.Kind}
			if c.Kind == Float64 || c.Kind == Bool {
				a.columns[j].slot = a.slots
				a.slots++
			}
		}
	}
	return a
}

// check returns an error where the columns of t are not those of the pieces before.
func (a *assembler) check(t *Table) error { return sameColumns(a.columns, t.columns) }

func sameColumns(before, now []Column) error {
	if len(now) != len(before) {
		return fmt.Errorf("table: a piece has %d columns, those before have %d: %w", len(now), len(before), ErrSyntax)
	}
	for j, c := range now {
		if c.Name != before[j].Name || c.Kind != before[j].Kind {
			return fmt.Errorf("table: column %d of a piece is %q of %v, before it was %q of %v: %w",
				j+1, c.Name, c.Kind, before[j].Name, before[j].Kind, ErrKind)
		}
	}
	return nil
}

// add appends the rows of t. total is how many rows there will be, as far as is known.
func (a *assembler) add(t *Table, total int) {
	if a.slab == nil || a.rows+t.rows > a.room {
		a.grow(max(total, a.rows+t.rows+a.rows/4))
	}
	for j := range a.columns {
		c, more := &a.columns[j], &t.columns[j]
		switch c.Kind {
		case Int64, String:
			c.ints, c.strings = append(c.ints, more.ints...), append(c.strings, more.strings...)
			c.missing.join(a.rows, more.missing)
		default:
			copy(a.slab.data[c.slot*a.slab.stride+a.rows:][:t.rows], more.floats)
		}
	}
	a.rows += t.rows
}

// grow makes room for so many rows.
func (a *assembler) grow(rows int) {
	old := a.slab
	a.slab, a.room = newSlab(rows, a.slots), rows
	for j := range a.columns {
		switch c := &a.columns[j]; {
		case c.Kind == Int64:
			c.ints = slices.Grow(c.ints, rows-a.rows)
		case c.Kind == String:
			c.strings = slices.Grow(c.strings, rows-a.rows)
		case old != nil:
			copy(a.slab.data[c.slot*a.slab.stride:], old.data[c.slot*old.stride:][:a.rows])
		}
	}
}

func (a *assembler) table() *Table {
	if a.slab == nil {
		a.grow(0)
	}
	t := &Table{rows: a.rows, columns: a.columns}
	for j := range t.columns {
		c := &t.columns[j]
		if c.Kind == Int64 || c.Kind == String {
			c.ints, c.strings = slices.Clip(c.ints), slices.Clip(c.strings)
			continue
		}
		*c = a.slab.column(c.Name, c.Kind, c.slot, a.rows)
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
