package memo

// The key of a call: 128 bits of XXH3 (Collet, https://github.com/Cyan4973/xxHash) over the
// argument's types and content. XXH3 reads memory at the speed at which it comes, and zeebo's
// is in assembly for SSE2, AVX2, AVX-512 and NEON; it is no cryptographic hash, so a cache is
// not for arguments that somebody makes in order to collide.

import (
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
	"github.com/zeebo/xxh3"
)

// ErrArgument is what an error wraps where an argument holds, behind an interface, what
// cannot be hashed, or is a cycle.
var ErrArgument = errors.New("argument cannot be hashed")

const (
	keyScheme = "nogil memo 1" // changes when keys do
	chunkSize = 1 << 20        // bytes that are hashed at a time, beside others
	maxDepth  = 1000           // of values in each other; more is a cycle
)

// A hasher adds up what a key is made of.
type hasher struct{ h *xxh3.Hasher }

func newHasher() hasher { return hasher{xxh3.New()} }

// sum is the hash as text.
func (h hasher) sum() string {
	b := h.h.Sum128().Bytes()
	return hex.EncodeToString(b[:])
}

func (h hasher) number(v uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	h.h.Write(b[:])
}

func (h hasher) text(s string) {
	h.number(uint64(len(s)))
	h.h.WriteString(s)
}

// memory adds an array's bytes.
func (h hasher) memory(b []byte) {
	h.chunks(len(b), func(lo, hi int) []byte { return b[lo:hi] })
}

// chunks adds n bytes, of which at returns some. They are hashed in chunks, by as many threads
// as there are, and the hashes of the chunks are added: the length alone says how.
func (h hasher) chunks(n int, at func(lo, hi int) []byte) {
	h.number(uint64(n))
	if n <= chunkSize {
		h.h.Write(at(0, n))
		return
	}
	sums := make([][16]byte, (n+chunkSize-1)/chunkSize)
	parfor.For(len(sums), func(lo, hi int) {
		for k := lo; k < hi; k++ {
			sums[k] = xxh3.Hash128(at(k*chunkSize, min((k+1)*chunkSize, n))).Bytes()
		}
	})
	for _, s := range sums {
		h.h.Write(s[:])
	}
}

// matrix adds the elements of m, and which of them are neighbours, but not what lies in gaps
// between them.
func matrix[T kernels.Number](h hasher, m kernels.Matrix[T]) error {
	if bad := m.Misuse(); bad != "" {
		return fmt.Errorf("memo: matrix: %s: %w", bad, ErrArgument)
	}
	h.number(uint64(m.Layout))
	h.number(uint64(m.Rows))
	h.number(uint64(m.Cols))
	runs, length := m.Rows, m.Cols
	if m.Layout == kernels.ColMajor {
		runs, length = length, runs
	}
	size := int(unsafe.Sizeof(T(0)))
	b, run, stride := sliceBytes(unsafe.Pointer(unsafe.SliceData(m.Data)), len(m.Data), size), length*size, m.Stride*size
	if stride == run || runs <= 1 {
		h.memory(b[:runs*run])
		return nil
	}
	h.chunks(runs*run, func(lo, hi int) []byte {
		packed := make([]byte, 0, hi-lo)
		for ; lo < hi; lo = lo - lo%run + run {
			from := lo/run*stride + lo%run
			packed = append(packed, b[from:from+min(run-lo%run, hi-lo)]...)
		}
		return packed
	})
	return nil
}

func sliceBytes(p unsafe.Pointer, n, size int) []byte { return unsafe.Slice((*byte)(p), n*size) }

// value adds v, whose type types.go has approved.
func (h hasher) value(v reflect.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("memo: values in a cycle, or deeper than %d: %w", maxDepth, ErrArgument)
	}
	switch kindOf(v.Type()) {
	case matrixKind:
		return h.anyMatrix(v.Interface())
	case binaryKind:
		return h.marshaled(v)
	}
	switch v.Kind() {
	case reflect.Bool:
		h.number(uint64(bit(v.Bool())))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.number(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.number(v.Uint())
	case reflect.Float32, reflect.Float64:
		h.number(math.Float64bits(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		h.number(math.Float64bits(real(v.Complex())))
		h.number(math.Float64bits(imag(v.Complex())))
	case reflect.String:
		h.text(v.String())
	case reflect.Slice, reflect.Array:
		return h.list(v, depth)
	case reflect.Map:
		return h.table(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if used(v.Type().Field(i)) {
				if err := h.value(v.Field(i), depth+1); err != nil {
					return err
				}
			}
		}
	case reflect.Pointer, reflect.Interface:
		return h.behind(v, depth)
	}
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// list adds a slice or an array: numbers by their memory, else one by one. No slice and an
// empty one differ.
func (h hasher) list(v reflect.Value, depth int) error {
	if v.Kind() == reflect.Slice {
		h.number(uint64(bit(v.IsNil())))
		if plain(v.Type().Elem()) {
			h.memory(sliceBytes(v.UnsafePointer(), v.Len(), int(v.Type().Elem().Size())))
			return nil
		}
	}
	h.number(uint64(v.Len()))
	for i := range v.Len() {
		if err := h.value(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// table adds a map: its entries in the order of their hashes.
func (h hasher) table(v reflect.Value, depth int) error {
	h.number(uint64(bit(v.IsNil())))
	var sums []string
	for it := v.MapRange(); it.Next(); {
		entry := newHasher()
		if err := entry.value(it.Key(), depth+1); err != nil {
			return err
		}
		if err := entry.value(it.Value(), depth+1); err != nil {
			return err
		}
		sums = append(sums, entry.sum())
	}
	slices.Sort(sums)
	h.number(uint64(len(sums)))
	for _, s := range sums {
		h.text(s)
	}
	return nil
}

// behind adds what a pointer or an interface leads to; of the latter the type too.
func (h hasher) behind(v reflect.Value, depth int) error {
	h.number(uint64(bit(v.IsNil())))
	if v.IsNil() {
		return nil
	}
	if v.Kind() == reflect.Interface {
		if bad := reject(v.Elem().Type(), false); bad != "" {
			return fmt.Errorf("memo: %s: %w", bad, ErrArgument)
		}
		h.text(signature(v.Elem().Type()))
	}
	return h.value(v.Elem(), depth+1)
}

func (h hasher) anyMatrix(v any) error {
	switch m := v.(type) {
	case kernels.Matrix[float64]:
		return matrix(h, m)
	case kernels.Matrix[float32]:
		return matrix(h, m)
	case kernels.Matrix[int64]:
		return matrix(h, m)
	default:
		return matrix(h, m.(kernels.Matrix[int32]))
	}
}

// marshaled adds what the value says of itself in binary; a nil pointer says nothing.
func (h hasher) marshaled(v reflect.Value) error {
	none := v.Kind() == reflect.Pointer && v.IsNil()
	h.number(uint64(bit(none)))
	if none {
		return nil
	}
	b, err := v.Interface().(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return fmt.Errorf("memo: %v: %w: %w", v.Type(), ErrArgument, err)
	}
	h.memory(b)
	return nil
}
