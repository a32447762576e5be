package arrowtable

// Arrays of Arrow as columns of a table.

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/nogil-go/nogil/table"
)

// kind is that of a field's column, Auto where a table has none.
func (s *scan) kind(f arrow.Field) table.Kind {
	t := f.Type
	if d, ok := t.(*arrow.DictionaryType); ok {
		if t = d.ValueType; !text(t) {
			return table.Auto
		}
	}
	switch t.ID() {
	case arrow.INT64:
		if s.big[f.Name] {
			return table.Int64
		}
		return table.Float64
	case arrow.BOOL:
		return table.Bool
	case arrow.NULL, arrow.FLOAT64, arrow.FLOAT32, arrow.FLOAT16, arrow.INT32, arrow.INT16, arrow.INT8,
		arrow.UINT64, arrow.UINT32, arrow.UINT16, arrow.UINT8, arrow.DECIMAL32, arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256,
		arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
		return table.Float64
	}
	if text(t) {
		return table.String
	}
	return table.Auto
}

func text(t arrow.DataType) bool {
	return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING || t.ID() == arrow.STRING_VIEW
}

// empty is the table without rows.
func (s *scan) empty() (*table.Table, error) {
	columns := make([]table.Column, len(s.fields))
	for j, f := range s.fields {
		switch s.kind(f) {
		case table.Int64:
			columns[j] = table.IntColumn(f.Name, nil, nil)
		case table.Bool:
			columns[j] = table.BoolColumn(f.Name, nil)
		case table.String:
			columns[j] = table.StringColumn(f.Name, nil, nil)
		default:
			columns[j] = table.FloatColumn(f.Name, nil)
		}
	}
	return table.FromColumns(columns...)
}

// table is a view of a batch where its types allow.
func (s *scan) table(b batch) (*table.Table, error) {
	columns := make([]table.Column, len(s.fields))
	for j, f := range s.fields {
		a := b.columns[j]
		if int64(a.Len()) != b.rows {
			return nil, fmt.Errorf("column %q has %d rows in a batch of %d: %w", f.Name, a.Len(), b.rows, table.ErrSyntax)
		}
		var err error
		switch s.kind(f) {
		case table.Int64:
			columns[j] = table.IntColumn(f.Name, a.(*array.Int64).Values(), nulls(a))
		case table.Bool:
			columns[j] = bools(f.Name, a.(*array.Boolean))
		case table.String:
			columns[j], err = texts(f.Name, a)
		default:
			columns[j], err = s.floats(f.Name, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return table.FromColumns(columns...)
}

// nulls says where a has none, nil where that is nowhere.
func nulls(a arrow.Array) []bool {
	if a.NullN() == 0 {
		return nil
	}
	missing := make([]bool, a.Len())
	for i := range missing {
		missing[i] = a.IsNull(i)
	}
	return missing
}

func bools(name string, a *array.Boolean) table.Column {
	v := make([]float64, a.Len())
	for i := range v {
		if a.Value(i) {
			v[i] = 1
		}
	}
	return table.BoolColumn(name, withNulls(v, a))
}

// withNulls sets v to NaN where a is null.
func withNulls(v []float64, a arrow.Array) []float64 {
	if a.NullN() > 0 {
		for i := range v {
			if a.IsNull(i) {
				v[i] = math.NaN()
			}
		}
	}
	return v
}

// texts copies the strings of an array, or of the dictionary of one.
func texts(name string, a arrow.Array) (table.Column, error) {
	v := make([]string, a.Len())
	words, at := a, func(i int) int { return i }
	if d, ok := a.(*array.Dictionary); ok {
		words, at = d.Dictionary(), d.GetValueIndex
	}
	value, ok := words.(interface{ Value(int) string })
	if !ok {
		return table.Column{}, fmt.Errorf("column %q is of %T: %w", name, words, table.ErrSyntax)
	}
	for i := range v {
		if a.IsNull(i) {
			continue
		}
		if k := at(i); k < 0 || k >= words.Len() {
			return table.Column{}, fmt.Errorf("column %q has word %d of a dictionary of %d: %w", name, k, words.Len(), table.ErrSyntax)
		}
		v[i] = string(append([]byte(nil), value.Value(at(i))...)) // the array's memory is used again
	}
	return table.StringColumn(name, v, nulls(a)), nil
}

// floats is an array of numbers as float64: a view of one of float64 without nulls.
func (s *scan) floats(name string, a arrow.Array) (table.Column, error) {
	var v []float64
	switch a := a.(type) {
	case *array.Float64:
		if a.NullN() == 0 {
			return table.FloatColumn(name, a.Values()), nil
		}
		v = converted(a.Values())
	case *array.Float32:
		v = converted(a.Values())
	case *array.Float16:
		v = make([]float64, a.Len())
		for i := range v {
			v[i] = float64(a.Value(i).Float32())
		}
	case *array.Int64:
		v = converted(a.Values())
		for i, x := range v {
			if w := a.Value(i); math.Abs(x) >= 1<<53 && (w > 1<<53 || w < -1<<53) && !a.IsNull(i) {
				return table.Column{}, &bigError{name}
			}
		}
	case *array.Int32:
		v = converted(a.Values())
	case *array.Int16:
		v = converted(a.Values())
	case *array.Int8:
		v = converted(a.Values())
	case *array.Uint64:
		v = converted(a.Values())
	case *array.Uint32:
		v = converted(a.Values())
	case *array.Uint16:
		v = converted(a.Values())
	case *array.Uint8:
		v = converted(a.Values())
	default:
		return rareFloats(name, a)
	}
	return table.FloatColumn(name, withNulls(v, a)), nil
}

// rareFloats are those of dates, times and decimals.
func rareFloats(name string, a arrow.Array) (table.Column, error) {
	var v []float64
	switch a := a.(type) {
	case *array.Date32:
		v = converted(a.Values())
	case *array.Date64:
		v = converted(a.Values())
	case *array.Time32:
		v = converted(a.Values())
	case *array.Time64:
		v = converted(a.Values())
	case *array.Timestamp:
		v = converted(a.Values())
	case *array.Duration:
		v = converted(a.Values())
	case *array.Decimal32:
		v = decimals(a.Values(), a)
	case *array.Decimal64:
		v = decimals(a.Values(), a)
	case *array.Decimal128:
		v = decimals(a.Values(), a)
	case *array.Decimal256:
		v = decimals(a.Values(), a)
	case *array.Null:
		v = make([]float64, a.Len())
		for i := range v {
			v[i] = math.NaN()
		}
	default:
		return table.Column{}, fmt.Errorf("column %q is of %T: %w", name, a, table.ErrSyntax)
	}
	return table.FloatColumn(name, withNulls(v, a)), nil
}

type real interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func converted[T real](values []T) []float64 {
	v := make([]float64, len(values))
	for i, x := range values {
		v[i] = float64(x)
	}
	return v
}

func decimals[T interface{ ToFloat64(int32) float64 }](values []T, a arrow.Array) []float64 {
	scale := a.DataType().(arrow.DecimalType).GetScale()
	v := make([]float64, len(values))
	for i, x := range values {
		v[i] = x.ToFloat64(scale)
	}
	return v
}
