package table

import (
	"fmt"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
)

// Kind is the type of a column.
type Kind uint8

const (
	Auto    Kind = iota // in options: whatever holds all cells
	Float64             // numbers, NaN where missing. Whole numbers up to 2⁵³ are exact
	Int64               // whole numbers of which one is larger than 2⁵³
	Bool                // 1 for true, 0 for false, NaN where missing
	String
)

var kinds = []string{"auto", "float64", "int64", "bool", "string"}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MarshalText returns the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText takes the name.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kinds, string(text))
	if i < 0 {
		return fmt.Errorf("table: %q is no Kind: %w", text, ErrKind)
	}
	*k = Kind(i)
	return nil
}

// Column is a named column of a table.
type Column struct {
	Name string
	Kind Kind

	slab    *slab // of Float64 and Bool
	slot    int
	floats  []float64
	ints    []int64
	strings []string
	missing bitmap // of Int64 and String
}

// A slab holds columns of numbers side by side, stride apart.
type slab struct {
	data   []float64
	stride int
}

// Floats returns the numbers of a Float64 or Bool column, a view; nil for other kinds.
func (c Column) Floats() []float64 { return c.floats }

// Ints returns the numbers of an Int64 column, 0 where missing, a view; nil for other kinds.
func (c Column) Ints() []int64 { return c.ints }

// Strings returns the cells of a String column, "" where missing, a view; nil for other kinds.
func (c Column) Strings() []string { return c.strings }

// Missing reports whether row i has no value. It panics where there is no row i.
func (c Column) Missing(i int) bool {
	switch c.Kind {
	case Int64:
		_ = c.ints[i]
		return c.missing.at(i)
	case String:
		_ = c.strings[i]
		return c.missing.at(i)
	}
	return c.floats[i] != c.floats[i]
}

// Numeric reports that the column is one of numbers: not String.
func (c Column) Numeric() bool { return c.Kind != String }

// copyFloats sets dst to the column from row on as float64, which rounds an Int64 beyond 2⁵³.
func (c Column) copyFloats(dst []float64, row int) {
	if c.Kind != Int64 {
		copy(dst, c.floats[row:])
		return
	}
	for i := range dst {
		dst[i] = float64(c.ints[row+i])
		if c.missing.at(row + i) {
			dst[i] = math.NaN()
		}
	}
}

// rows returns the column, of Int64 or String, of the rows whose numbers keep holds.
func (c Column) rows(keep []int) Column {
	switch c.Kind {
	case Int64:
		ints, missing := make([]int64, len(keep)), bitmap(nil)
		for k, i := range keep {
			ints[k] = c.ints[i]
			if c.missing.at(i) {
				missing.set(k)
			}
		}
		c.ints, c.missing = ints, missing
	case String:
		texts, missing := make([]string, len(keep)), bitmap(nil)
		for k, i := range keep {
			texts[k] = c.strings[i]
			if c.missing.at(i) {
				missing.set(k)
			}
		}
		c.strings, c.missing = texts, missing
	}
	return c
}

// bitmap has a bit for each row, 0 beyond its end.
type bitmap []uint64

func (b bitmap) at(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 != 0 }

func (b *bitmap) set(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

// count returns how many bits of lo…hi are set.
func (b bitmap) count(lo, hi int) (n int) {
	for i := lo; i < min(hi, 64*len(b)); i++ {
		if b.at(i) {
			n++
		}
	}
	return n
}

// Table is a number of columns of the same length. It is a view: Select, Drop and Matrix
// share its memory. The zero value has no columns and no rows.
type Table struct {
	rows    int
	columns []Column
}

// New returns the table of the columns of m, a view of them where m is column-major and a
// transposed copy otherwise. names nil means "x0", "x1", …. It panics where the shape of m
// is wrong or names are not as many as its columns, and returns an error that wraps ErrName
// where two are the same.
func New(names []string, m kernels.Matrix[float64]) (*Table, error) {
	if bad := m.Misuse(); bad != "" {
		panic("table: New: " + bad)
	}
	if names == nil {
		names = numbered(m.Cols)
	}
	if len(names) != m.Cols {
		panic("table: New: names are not as many as columns")
	}
	if err := checkNames(names); err != nil {
		return nil, err
	}
	s := &slab{m.Data, m.Stride}
	if m.Layout != kernels.ColMajor {
		s = newSlab(m.Rows, m.Cols)
		for i := range m.Rows {
			for j, v := range m.Data[i*m.Stride:][:m.Cols] {
				s.data[j*s.stride+i] = v
			}
		}
	}
	t := &Table{rows: m.Rows}
	for j, name := range names {
		t.columns = append(t.columns, s.column(name, Float64, j, m.Rows))
	}
	return t, nil
}

// newSlab returns room for cols columns of rows rows, whose stride is no multiple of a page,
// which would put one row of all columns into the same set of the caches.
func newSlab(rows, cols int) *slab {
	stride := (rows + 7) &^ 7
	if stride%512 == 0 && cols > 1 {
		stride += 8
	}
	s := &slab{make([]float64, stride*cols), stride}
	hugePages(s.data)
	return s
}

func (s *slab) column(name string, kind Kind, slot, rows int) Column {
	return Column{Name: name, Kind: kind, slab: s, slot: slot, floats: s.floats(slot, rows)}
}

func (s *slab) floats(slot, rows int) []float64 {
	if rows == 0 {
		return []float64{}
	}
	return s.data[slot*s.stride:][:rows:rows]
}

// numbered returns the names x0, x1, ….
func numbered(n int) []string {
	names := make([]string, n)
	for j := range names {
		names[j] = fmt.Sprintf("x%d", j)
	}
	return names
}

// checkNames returns an error where a name stands twice.
func checkNames(names []string) error {
	at := make(map[string]int, len(names))
	for j, name := range names {
		if first, twice := at[name]; twice {
			return fmt.Errorf("table: columns %d and %d are both named %q: %w", first+1, j+1, name, ErrName)
		}
		at[name] = j
	}
	return nil
}

// Rows returns the number of rows.
func (t *Table) Rows() int { return t.rows }

// Columns returns the columns, in the order of the file. The slice must not be changed.
func (t *Table) Columns() []Column { return t.columns }

// Names returns the names of the columns in a new slice.
func (t *Table) Names() []string {
	names := make([]string, len(t.columns))
	for j, c := range t.columns {
		names[j] = c.Name
	}
	return names
}

// Column returns the column of a name, or an error that wraps ErrName.
func (t *Table) Column(name string) (Column, error) {
	for _, c := range t.columns {
		if c.Name == name {
			return c, nil
		}
	}
	return Column{}, fmt.Errorf("table: there is no column %q: %w", name, ErrName)
}

// Floats returns the column of a name as float64: a view of a Float64 or Bool column, a copy
// of an Int64 one. It returns an error that wraps ErrName where there is none, ErrKind where
// it is of strings.
func (t *Table) Floats(name string) ([]float64, error) {
	c, err := t.Column(name)
	switch {
	case err != nil:
		return nil, err
	case c.Kind == String:
		return nil, fmt.Errorf("table: column %q is of strings: %w", name, ErrKind)
	case c.Kind == Int64:
		v := make([]float64, t.rows)
		c.copyFloats(v, 0)
		return v, nil
	}
	return c.floats, nil
}

// Select returns the table of the columns of these names, in this order: a view. It returns
// an error that wraps ErrName where one is not there or stands twice.
func (t *Table) Select(names ...string) (*Table, error) {
	at := make(map[string]int, len(t.columns))
	for j, c := range t.columns {
		at[c.Name] = j
	}
	s := &Table{rows: t.rows, columns: make([]Column, 0, len(names))}
	for _, name := range names {
		j, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("table: there is no column %q: %w", name, ErrName)
		}
		s.columns = append(s.columns, t.columns[j])
	}
	return s, checkNames(names)
}

// Drop returns the table without the columns of these names: a view. It returns an error that
// wraps ErrName where one is not there.
func (t *Table) Drop(names ...string) (*Table, error) {
	if _, err := t.Select(names...); err != nil {
		return nil, err
	}
	s := &Table{rows: t.rows}
	for _, c := range t.columns {
		if !slices.Contains(names, c.Name) {
			s.columns = append(s.columns, c)
		}
	}
	return s, nil
}

// Numeric returns the table without its columns of strings: a view.
func (t *Table) Numeric() *Table {
	s := &Table{rows: t.rows}
	for _, c := range t.columns {
		if c.Numeric() {
			s.columns = append(s.columns, c)
		}
	}
	return s
}

// DropMissing returns the table of the rows in which no column misses its value: t itself
// where that is all of them, else a copy.
func (t *Table) DropMissing() *Table {
	keep := make([]int, 0, t.rows)
	for i := range t.rows {
		if !slices.ContainsFunc(t.columns, func(c Column) bool { return c.Missing(i) }) {
			keep = append(keep, i)
		}
	}
	if len(keep) == t.rows {
		return t
	}
	into, slot := newSlab(len(keep), len(t.columns)), 0
	s := &Table{rows: len(keep), columns: make([]Column, len(t.columns))}
	for _, j := range t.memoryOrder() {
		c := t.columns[j]
		if c.slab == nil {
			s.columns[j] = c.rows(keep)
			continue
		}
		s.columns[j] = into.column(c.Name, c.Kind, slot, len(keep))
		for k, i := range keep {
			s.columns[j].floats[k] = c.floats[i]
		}
		slot++
	}
	return s
}

// memoryOrder returns the columns in the order in which they lie in memory.
func (t *Table) memoryOrder() []int {
	order := make([]int, len(t.columns))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return t.columns[a].slot - t.columns[b].slot })
	return order
}

// Matrix returns all columns as a column-major matrix of float64, missing values as NaN. It
// is a view, without a copy, where the columns lie side by side (or at equal distances) in
// memory, as those of Float64 and Bool that were read from one file do, also when the first
// or last were dropped or they were read with CSV.Apart. Otherwise, or where a column is
// Int64, it is a copy. It returns an error that wraps ErrKind where a column is of strings.
func (t *Table) Matrix() (kernels.Matrix[float64], error) {
	for _, c := range t.columns {
		if c.Kind == String {
			return kernels.Matrix[float64]{}, fmt.Errorf("table: column %q is of strings: %w", c.Name, ErrKind)
		}
	}
	if m, ok := t.view(); ok {
		return m, nil
	}
	s := newSlab(t.rows, len(t.columns))
	for j, c := range t.columns {
		c.copyFloats(s.floats(j, t.rows), 0)
	}
	return kernels.Matrix[float64]{Rows: t.rows, Cols: len(t.columns), Stride: s.stride, Layout: kernels.ColMajor, Data: s.data}, nil
}

// view returns the columns as a matrix where that takes no copy.
func (t *Table) view() (m kernels.Matrix[float64], ok bool) {
	m = kernels.Matrix[float64]{Rows: t.rows, Cols: len(t.columns), Stride: t.rows, Layout: kernels.ColMajor}
	if t.rows == 0 || len(t.columns) == 0 {
		return m, true
	}
	first, step := t.columns[0], 1
	if len(t.columns) > 1 {
		step = t.columns[1].slot - first.slot
	}
	for j, c := range t.columns {
		if c.slab == nil || c.slab != first.slab || step < 1 || c.slot != first.slot+j*step {
			return m, false
		}
	}
	m.Stride, m.Data = step*first.slab.stride, first.slab.data[first.slot*first.slab.stride:]
	return m, true
}

// XY returns what a fit takes: the column named target as y, and the others as X with their
// names. Each is a view where [Table.Matrix] says so; to have that wherever the target stands
// in the file, read it with CSV{Apart: []string{target}}. Errors are those of Matrix and Floats.
func (t *Table) XY(target string) (x kernels.Matrix[float64], names []string, y []float64, err error) {
	if y, err = t.Floats(target); err != nil {
		return x, nil, nil, err
	}
	features, err := t.Drop(target)
	if err != nil {
		return x, nil, nil, err
	}
	x, err = features.Matrix()
	return x, features.Names(), y, err
}
