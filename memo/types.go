package memo

// Which types arguments and results may have, and how each is taken.

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/nogil-go/nogil/kernels"
)

// A way is how a type is taken that is not taken apart.
type way uint8

const (
	plainKind  way = iota // by its kind
	matrixKind            // a kernels.Matrix
	binaryKind            // by its MarshalBinary, as an argument
)

var (
	matrixTypes = map[reflect.Type]bool{
		reflect.TypeFor[kernels.Matrix[float64]](): true,
		reflect.TypeFor[kernels.Matrix[float32]](): true,
		reflect.TypeFor[kernels.Matrix[int64]]():   true,
		reflect.TypeFor[kernels.Matrix[int32]]():   true,
	}
	binaryType      = reflect.TypeFor[encoding.BinaryMarshaler]()
	marshalerType   = reflect.TypeFor[json.Marshaler]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

func kindOf(t reflect.Type) way {
	switch {
	case matrixTypes[t]:
		return matrixKind
	case t.Kind() != reflect.Interface && t.Implements(binaryType):
		return binaryKind
	}
	return plainKind
}

// jsonItself reports whether values of type t write and read their own JSON.
func jsonItself(t reflect.Type) bool {
	return t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer &&
		t.Implements(marshalerType) && reflect.PointerTo(t).Implements(unmarshalerType)
}

// plain reports whether a type's memory is its content.
func plain(t reflect.Type) bool {
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Complex128 && kindOf(t) == plainKind
}

// used reports whether a field counts: all do but those with the tag memo:"-".
func used(f reflect.StructField) bool { return f.Tag.Get("memo") != "-" }

// reject returns why t can be no argument or, if asked, no result; or "".
func reject(t reflect.Type, result bool) string { return rejectIn(t, result, map[reflect.Type]bool{}) }

func rejectIn(t reflect.Type, result bool, seen map[reflect.Type]bool) string {
	if seen[t] || matrixTypes[t] || !result && kindOf(t) == binaryKind || result && jsonItself(t) {
		return ""
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return t.String() + " has no content"
	case reflect.Interface:
		if result {
			return t.String() + " does not say what to read back"
		}
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return rejectIn(t.Elem(), result, seen)
	case reflect.Map:
		if k := t.Key().Kind(); result && k != reflect.String && (k < reflect.Int || k > reflect.Uint64) {
			return t.String() + " has keys that are neither texts nor integers"
		}
		if bad := rejectIn(t.Key(), result, seen); bad != "" {
			return bad
		}
		return rejectIn(t.Elem(), result, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !used(f) {
				continue
			}
			if !f.IsExported() {
				return fmt.Sprintf("%v has the unexported field %s", t, f.Name)
			}
			if bad := rejectIn(f.Type, result, seen); bad != "" {
				return fmt.Sprintf("field %s: %s", f.Name, bad)
			}
		}
	}
	return ""
}

// signature is a type as a text that changes when its fields do.
func signature(t reflect.Type) string {
	var b strings.Builder
	sign(&b, t, map[reflect.Type]bool{})
	return b.String()
}

func sign(b *strings.Builder, t reflect.Type, seen map[reflect.Type]bool) {
	if t.PkgPath() != "" {
		b.WriteString(t.PkgPath() + ".")
	}
	b.WriteString(t.Name())
	if seen[t] || t.Name() != "" && kindOf(t) != plainKind {
		return
	}
	seen[t] = true
	b.WriteString(" " + t.Kind().String())
	switch t.Kind() {
	case reflect.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		sign(b, t.Elem(), seen)
	case reflect.Slice, reflect.Pointer:
		sign(b, t.Elem(), seen)
	case reflect.Map:
		sign(b, t.Key(), seen)
		sign(b, t.Elem(), seen)
	case reflect.Struct:
		b.WriteByte('{')
		for i := range t.NumField() {
			if f := t.Field(i); used(f) {
				b.WriteString(f.Name)
				b.WriteByte(' ')
				sign(b, f.Type, seen)
				b.WriteByte(';')
			}
		}
		b.WriteByte('}')
	}
}
