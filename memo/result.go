package memo

// How a result lies on disk: result.json, and a .npy file for every matrix and every longer
// slice of numbers. JSON has shortest decimals, which read back to the same bits, and texts for
// what it has no number for.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
)

const (
	resultFile = "result.json"
	shortSlice = 64 // numbers below which a slice stands in result.json
)

// errDamaged is what an error wraps where files are not what was written.
var errDamaged = errors.New("damaged")

// A result is the files of one result in a directory, and their checksums.
type result struct {
	dir  string
	sums map[string]string
}

// write writes v.
func (r *result) write(v reflect.Value) error {
	var b bytes.Buffer
	if err := r.encode(&b, v); err != nil {
		return err
	}
	b.WriteByte('\n')
	r.sums[resultFile] = checksum(b.Bytes())
	return os.WriteFile(filepath.Join(r.dir, resultFile), b.Bytes(), 0o666)
}

func checksum(b []byte) string {
	h := newHasher()
	h.memory(b)
	return h.sum()
}

// read sets v to what was written.
func (r *result) read(v reflect.Value) error {
	b, err := os.ReadFile(filepath.Join(r.dir, resultFile))
	if err != nil {
		return err
	}
	if checksum(b) != r.sums[resultFile] {
		return fmt.Errorf("%s: %w", resultFile, errDamaged)
	}
	return r.decode(b, v)
}

// encode appends v as JSON.
func (r *result) encode(b *bytes.Buffer, v reflect.Value) error {
	t := v.Type()
	switch {
	case matrixTypes[t]:
		return r.encodeMatrix(b, v.Interface())
	case jsonItself(t):
		text, err := json.Marshal(v.Interface())
		b.Write(text)
		return err
	}
	switch t.Kind() {
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		writeFloat(b, v.Float(), t.Bits())
	case reflect.Complex64, reflect.Complex128:
		b.WriteByte('[')
		writeFloat(b, real(v.Complex()), t.Bits()/2)
		b.WriteByte(',')
		writeFloat(b, imag(v.Complex()), t.Bits()/2)
		b.WriteByte(']')
	case reflect.String:
		writeText(b, v.String())
	case reflect.Slice, reflect.Array:
		return r.encodeList(b, v)
	case reflect.Map:
		return r.encodeMap(b, v)
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("null")
			return nil
		}
		b.WriteByte('[')
		defer b.WriteByte(']')
		return r.encode(b, v.Elem())
	case reflect.Struct:
		return r.encodeStruct(b, v)
	}
	return nil
}

func (r *result) encodeStruct(b *bytes.Buffer, v reflect.Value) error {
	next := byte('{')
	for i := range v.NumField() {
		if f := v.Type().Field(i); used(f) {
			b.WriteByte(next)
			writeText(b, f.Name)
			b.WriteByte(':')
			if err := r.encode(b, v.Field(i)); err != nil {
				return err
			}
			next = ','
		}
	}
	if next == '{' {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return nil
}

func (r *result) encodeMap(b *bytes.Buffer, v reflect.Value) error {
	if v.IsNil() {
		b.WriteString("null")
		return nil
	}
	keys := v.MapKeys()
	text := func(k reflect.Value) string { return fmt.Sprint(k.Interface()) }
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(text(a), text(b)) })
	b.WriteByte('[') // of pairs, because a key may be any text
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('[')
		if err := r.encode(b, k); err != nil {
			return err
		}
		b.WriteByte(',')
		if err := r.encode(b, v.MapIndex(k)); err != nil {
			return err
		}
		b.WriteByte(']')
	}
	b.WriteByte(']')
	return nil
}

func (r *result) encodeList(b *bytes.Buffer, v reflect.Value) error {
	if v.Kind() == reflect.Slice {
		elem := v.Type().Elem()
		switch {
		case v.IsNil():
			b.WriteString("null")
			return nil
		case elem.Kind() == reflect.Uint8:
			writeBase64(b, v.Bytes())
			return nil
		case arrayType(elem) != 0 && v.Len() >= shortSlice:
			return r.encodeArray(b, v)
		}
	}
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := r.encode(b, v.Index(i)); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

// writeFloat writes the shortest decimal with v's bits, or a text for what is no number.
func writeFloat(b *bytes.Buffer, v float64, bits int) {
	switch {
	case math.IsInf(v, 0), math.Float64bits(v) == math.Float64bits(math.NaN()):
		fmt.Fprintf(b, `"%g"`, v)
	case v != v:
		fmt.Fprintf(b, `"NaN:%016x"`, math.Float64bits(v))
	default:
		b.WriteString(strconv.FormatFloat(v, 'g', -1, bits))
	}
}

func writeText(b *bytes.Buffer, s string) {
	if !utf8.ValidString(s) {
		writeBase64(b, []byte(s))
		return
	}
	text, _ := json.Marshal(s) // has no error
	b.Write(text)
}

func writeBase64(b *bytes.Buffer, s []byte) {
	fmt.Fprintf(b, `{"base64":"%s"}`, base64.StdEncoding.EncodeToString(s))
}

// arrayType is the type of .npy file that holds slices of t; 0 where none does.
func arrayType(t reflect.Type) arrays.Type {
	if kindOf(t) != plainKind || jsonItself(t) {
		return 0
	}
	switch t.Kind() {
	case reflect.Float64:
		return arrays.Float64
	case reflect.Float32:
		return arrays.Float32
	case reflect.Int64:
		return arrays.Int64
	case reflect.Int32:
		return arrays.Int32
	case reflect.Int:
		if t.Size() == 8 {
			return arrays.Int64
		}
		return arrays.Int32
	}
	return 0
}

func (r *result) encodeMatrix(b *bytes.Buffer, m any) error {
	switch m := m.(type) {
	case kernels.Matrix[float64]:
		return saveArray(r, b, m, false)
	case kernels.Matrix[float32]:
		return saveArray(r, b, m, false)
	case kernels.Matrix[int64]:
		return saveArray(r, b, m, false)
	default:
		return saveArray(r, b, m.(kernels.Matrix[int32]), false)
	}
}

// encodeArray writes a slice of numbers.
func (r *result) encodeArray(b *bytes.Buffer, v reflect.Value) error {
	switch arrayType(v.Type().Elem()) {
	case arrays.Float64:
		return saveArray(r, b, column[float64](v), true)
	case arrays.Float32:
		return saveArray(r, b, column[float32](v), true)
	case arrays.Int64:
		return saveArray(r, b, column[int64](v), true)
	default:
		return saveArray(r, b, column[int32](v), true)
	}
}

// column is the memory of a slice of T, whatever T is called there.
func column[T kernels.Number](v reflect.Value) kernels.Matrix[T] {
	return kernels.NewColMajor(v.Len(), 1, unsafe.Slice((*T)(v.UnsafePointer()), v.Len()))
}

// saveArray writes a .npy file, and its name as JSON.
func saveArray[T kernels.Number](r *result, b *bytes.Buffer, m kernels.Matrix[T], vector bool) error {
	h := newHasher()
	if err := matrix(h, m); err != nil {
		return err
	}
	name := fmt.Sprintf("%d.npy", len(r.sums))
	r.sums[name] = h.sum()
	fmt.Fprintf(b, `{"npy":"%s"}`, name)
	if vector {
		return arrays.SaveVector(filepath.Join(r.dir, name), m.Data)
	}
	return arrays.Save(filepath.Join(r.dir, name), m)
}

// loadArray reads the .npy file that text names.
func loadArray[T kernels.Number](r *result, text []byte) (kernels.Matrix[T], error) {
	var ref struct{ NPY string }
	if err := strict(text, &ref); err != nil {
		return kernels.Matrix[T]{}, err
	}
	want, there := r.sums[ref.NPY]
	if !there {
		return kernels.Matrix[T]{}, fmt.Errorf("file %q: %w", ref.NPY, errDamaged)
	}
	m, err := arrays.Load[T](filepath.Join(r.dir, ref.NPY))
	if err != nil {
		return m, err
	}
	h := newHasher()
	if err := matrix(h, m); err != nil || h.sum() != want {
		return m, fmt.Errorf("%s: %w", ref.NPY, errDamaged)
	}
	return m, nil
}

// strict is json.Unmarshal with an error that says damaged.
func strict(text []byte, v any) error { return damage(json.Unmarshal(text, v)) }

func damage(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

// decode sets v to what encode made text of.
func (r *result) decode(text []byte, v reflect.Value) error {
	text = bytes.TrimSpace(text)
	t := v.Type()
	switch {
	case len(text) == 0:
		return errDamaged
	case matrixTypes[t]:
		return r.decodeMatrix(text, v)
	case jsonItself(t):
		return strict(text, v.Addr().Interface())
	}
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(string(text) == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(string(text), 10, t.Bits())
		v.SetInt(n)
		return damage(err)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		n, err := strconv.ParseUint(string(text), 10, t.Bits())
		v.SetUint(n)
		return damage(err)
	case reflect.Float32, reflect.Float64:
		f, err := readFloat(text, t.Bits())
		v.SetFloat(f)
		return err
	case reflect.Complex64, reflect.Complex128:
		return readComplex(text, v)
	case reflect.String:
		s, err := readText(text)
		v.SetString(s)
		return err
	case reflect.Slice, reflect.Array:
		return r.decodeList(text, v)
	case reflect.Map:
		return r.decodeMap(text, v)
	case reflect.Pointer:
		return r.decodePointer(text, v)
	case reflect.Struct:
		return r.decodeStruct(text, v)
	}
	return nil
}

func readFloat(text []byte, bits int) (float64, error) {
	s := strings.Trim(string(text), `"`)
	if payload, is := strings.CutPrefix(s, "NaN:"); is {
		n, err := strconv.ParseUint(payload, 16, 64)
		return math.Float64frombits(n), damage(err)
	}
	if s == "NaN" {
		return math.NaN(), nil
	}
	f, err := strconv.ParseFloat(s, bits)
	return f, damage(err)
}

func readComplex(text []byte, v reflect.Value) error {
	var parts [2]json.RawMessage
	if err := strict(text, &parts); err != nil {
		return err
	}
	re, err := readFloat(parts[0], v.Type().Bits()/2)
	if err != nil {
		return err
	}
	im, err := readFloat(parts[1], v.Type().Bits()/2)
	v.SetComplex(complex(re, im))
	return err
}

func readText(text []byte) (string, error) {
	if text[0] == '{' {
		b, err := readBase64(text)
		return string(b), err
	}
	var s string
	err := strict(text, &s)
	return s, err
}

func readBase64(text []byte) ([]byte, error) {
	var ref struct{ Base64 []byte }
	err := strict(text, &ref)
	return ref.Base64, err
}

func (r *result) decodePointer(text []byte, v reflect.Value) error {
	var one []json.RawMessage
	if err := strict(text, &one); err != nil || one == nil {
		return err
	}
	if len(one) != 1 {
		return errDamaged
	}
	p := reflect.New(v.Type().Elem())
	v.Set(p)
	return r.decode(one[0], p.Elem())
}

func (r *result) decodeStruct(text []byte, v reflect.Value) error {
	var fields map[string]json.RawMessage
	if err := strict(text, &fields); err != nil {
		return err
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !used(f) {
			continue
		}
		if fields[f.Name] == nil {
			return fmt.Errorf("no field %s: %w", f.Name, errDamaged)
		}
		if err := r.decode(fields[f.Name], v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *result) decodeMap(text []byte, v reflect.Value) error {
	var pairs [][2]json.RawMessage
	if err := strict(text, &pairs); err != nil || pairs == nil {
		return err
	}
	m := reflect.MakeMapWithSize(v.Type(), len(pairs))
	for _, p := range pairs {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := r.decode(p[0], key); err != nil {
			return err
		}
		if err := r.decode(p[1], value); err != nil {
			return err
		}
		m.SetMapIndex(key, value)
	}
	v.Set(m)
	return nil
}

func (r *result) decodeList(text []byte, v reflect.Value) error {
	if v.Kind() == reflect.Slice && text[0] == '{' {
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return r.decodeArray(text, v)
		}
		b, err := readBase64(text)
		if b == nil {
			b = []byte{}
		}
		v.SetBytes(b)
		return err
	}
	var list []json.RawMessage
	if err := strict(text, &list); err != nil {
		return err
	}
	if v.Kind() == reflect.Slice && list != nil {
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	}
	if len(list) != v.Len() {
		return errDamaged
	}
	for i, text := range list {
		if err := r.decode(text, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *result) decodeMatrix(text []byte, v reflect.Value) error {
	switch p := v.Addr().Interface().(type) {
	case *kernels.Matrix[float64]:
		return loadInto(r, text, p)
	case *kernels.Matrix[float32]:
		return loadInto(r, text, p)
	case *kernels.Matrix[int64]:
		return loadInto(r, text, p)
	default:
		return loadInto(r, text, p.(*kernels.Matrix[int32]))
	}
}

func loadInto[T kernels.Number](r *result, text []byte, p *kernels.Matrix[T]) (err error) {
	*p, err = loadArray[T](r, text)
	return err
}

// decodeArray sets v to a slice of numbers.
func (r *result) decodeArray(text []byte, v reflect.Value) error {
	switch arrayType(v.Type().Elem()) {
	case arrays.Float64:
		return loadSlice[float64](r, text, v)
	case arrays.Float32:
		return loadSlice[float32](r, text, v)
	case arrays.Int64:
		return loadSlice[int64](r, text, v)
	case arrays.Int32:
		return loadSlice[int32](r, text, v)
	}
	return errDamaged
}

func loadSlice[T kernels.Number](r *result, text []byte, v reflect.Value) error {
	m, err := loadArray[T](r, text)
	if err != nil {
		return err
	}
	v.Set(reflect.NewAt(v.Type(), unsafe.Pointer(&m.Data)).Elem())
	return nil
}

// gone reports whether err says that a file is not there, as where the entry has been removed.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
