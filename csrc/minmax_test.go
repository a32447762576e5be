package csrc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/nogil-go/nogil/simd"
)

// fewValues returns numbers with many ties, zeros of both signs, extremes and, in a float
// type, infinities and, where asked, NaN of several payloads.
func fewValues[T Number](rng *rand.Rand, n int, nan bool) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(rng.IntN(40) - 20)
		switch k := rng.IntN(60); {
		case k == 0:
			s[i] = identity[T](false)
		case k == 1:
			s[i] = identity[T](true)
		case k == 2:
			s[i] = T(math.Copysign(0, -1))
		case k < 5 && nan:
			setNaN(&s[i], uint64(i))
		}
	}
	return s
}

// setNaN makes a float NaN, of either sign and any payload.
func setNaN[T Number](p *T, payload uint64) {
	switch p := any(p).(type) {
	case *float64:
		*p = math.Float64frombits(0x7ff8000000000000 | payload<<63 | payload)
	case *float32:
		*p = math.Float32frombits(0x7fc00000 | uint32(payload)<<31 | uint32(payload)&0xffff)
	}
}

// sameNumbers compares bit by bit, all NaNs being one.
func sameNumbers[T Number](a, b []T) bool {
	return slices.EqualFunc(a, b, func(x, y T) bool {
		return x != x && y != y || x == y && math.Signbit(float64(x)) == math.Signbit(float64(y))
	})
}

func TestMin(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testMin[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testMin[float32](t, level) })
		t.Run("int32", func(t *testing.T) { testMin[int32](t, level) })
		t.Run("int64", func(t *testing.T) { testMin[int64](t, level) })
	})
}

func testMin[T Number](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(21, 22))
	isFloat := T(1)/2 != 0
	// Around a group of eight rows, a vector, four of them in a column, and four places of a narrow matrix.
	for i, rows := range []int{1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 300, 1030} {
		for j, cols := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 33, 63, 67} {
			if leftOut(level, i, j) {
				continue
			}
			for _, nan := range []bool{false, true} {
				a := fewValues[T](rng, (rows+2)*(cols+2), nan)
				for _, skip := range []bool{false, isFloat} {
					checkMin(t, level, a, rows, cols, rng.IntN(2)*2, skip)
				}
			}
		}
	}
}

// checkMin holds all kernels to their references, with gap elements between rows or columns.
func checkMin[T Number](t *testing.T, level simd.Level, a []T, rows, cols, gap int, skip bool) {
	t.Helper()
	for _, colMajor := range []bool{false, true} {
		for _, largest := range []bool{false, true} {
			what := fmt.Sprintf("%d×%d, gap %d, column-major %v, largest %v, skip %v", rows, cols, gap, colMajor, largest, skip)
			stride := cols + gap
			if colMajor {
				stride = rows + gap
			}
			end := (rows-1)*stride + cols
			if colMajor {
				end = (cols-1)*stride + rows
			}
			exact := exactly(a[:max(end, 0)])
			before := slices.Clone(exact)
			want, wantN := make([]T, cols), make([]int64, cols)
			got, intact := guardedNumbers[T](cols)
			gotN, intactN := guardedNumbers[int64](cols)
			minGo(colMajor, rows, stride, exact, largest, skip, want, wantN)
			Min(level, colMajor, rows, stride, exact, largest, skip, got, gotN)
			if !sameNumbers(got, want) || skip && !slices.Equal(gotN, wantN) || !intact() || !intactN() {
				t.Fatalf("Min %s: got %v, %v, want %v, %v, guards %v %v", what, got, gotN, want, wantN, intact(), intactN())
			}
			wantAt := make([]int64, cols)
			gotAt, intactAt := guardedNumbers[int64](cols)
			argMinGo(colMajor, rows, stride, exact, largest, skip, want, wantAt, wantN)
			ArgMin(level, colMajor, rows, stride, exact, largest, skip, got, gotAt, gotN)
			if !sameNumbers(got, want) || !slices.Equal(gotAt, wantAt) || skip && !slices.Equal(gotN, wantN) || !intact() || !intactAt() || !intactN() {
				t.Fatalf("ArgMin %s: got %v, %v, %v, want %v, %v, %v, guards %v %v %v", what, got, gotAt, gotN, want, wantAt, wantN, intact(), intactAt(), intactN())
			}
			if skip {
				checkMaxAbs(t, level, exact, rows, stride, colMajor, want, wantN, got, gotN)
			}
			if !intact() || !intactN() || !sameBytes(before, exact) {
				t.Fatalf("%s: written outside the results", what)
			}
		}
	}
}

// checkMaxAbs is checkMin for MaxAbs, with the places for the results.
func checkMaxAbs[T Number](t *testing.T, level simd.Level, a []T, rows, stride int, colMajor bool, want []T, wantN []int64, got []T, gotN []int64) {
	t.Helper()
	switch a := any(a).(type) {
	case []float64:
		maxAbsGo(colMajor, rows, stride, a, any(want).([]float64), wantN)
		MaxAbs(level, colMajor, rows, stride, a, any(got).([]float64), gotN)
	case []float32:
		maxAbsGo(colMajor, rows, stride, a, any(want).([]float32), wantN)
		MaxAbs(level, colMajor, rows, stride, a, any(got).([]float32), gotN)
	}
	if !sameNumbers(got, want) || !slices.Equal(gotN, wantN) {
		t.Fatalf("MaxAbs %d×%d, stride %d, column-major %v: got %v, %v, want %v, %v", rows, len(want), stride, colMajor, got, gotN, want, wantN)
	}
}

// guardedNumbers is guarded for any type.
func guardedNumbers[T Number](n int) (mid []T, intact func() bool) {
	all := make([]T, n+2*pad)
	for i := range all {
		all[i] = 77
	}
	return all[pad : pad+n : pad+n], func() bool {
		for i, v := range all {
			if (i < pad || i >= pad+n) && v != 77 {
				return false
			}
		}
		return true
	}
}

func sameBytes[T Number](a, b []T) bool {
	raw := func(s []T) []byte {
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(T(0))))
	}
	return bytes.Equal(raw(a), raw(b))
}

func FuzzMin(f *testing.F) {
	f.Add(uint8(33), uint8(9), uint64(1), []byte{})
	f.Add(uint8(200), uint8(1), uint64(2), []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0x80})
	f.Fuzz(func(t *testing.T, r, c uint8, seed uint64, special []byte) {
		rows, cols, gap := 5*int(r)+1, int(c)%40, int(seed/2%3)
		rng := rand.New(rand.NewPCG(seed, 23))
		n := (rows + 2) * (cols + 2)
		wide, narrow := fewValues[float64](rng, n, seed%2 == 0), fewValues[float32](rng, n, seed%2 == 0)
		whole := fewValues[int64](rng, n, false)
		for i := 0; i+8 <= len(special) && i/8 < n; i += 8 {
			bits := binary.LittleEndian.Uint64(special[i:])
			wide[i/8], narrow[i/8], whole[i/8] = math.Float64frombits(bits), math.Float32frombits(uint32(bits)), int64(bits)
		}
		for _, level := range simd.Levels() {
			for _, skip := range []bool{false, true} {
				checkMin(t, level, wide, rows, cols, gap, skip)
				checkMin(t, level, narrow, rows, cols, gap, skip)
			}
			checkMin(t, level, whole, rows, cols, gap, false)
		}
	})
}
