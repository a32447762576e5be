package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// Lengths around each vector width, at every offset from an alignment of 64 bytes, with
// and without streaming, into a third slice and in place.
func TestAdd(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testAdd[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testAdd[float32](t, level) })
	})
}

func testAdd[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 79, 80, 81, 100, 200} {
		for offset := range 64 / sizeOf[T]() {
			x := randSlice[T](rng, n+offset)[offset:]
			y := randSlice[T](rng, n)
			if n > 4 {
				x[1], y[2], x[3], y[3], x[4] = T(math.NaN()), T(math.Inf(1)), T(math.Copysign(0, -1)), T(math.Copysign(0, -1)), 1e-45
			}
			want := make([]T, n)
			addGo(want, x, y)
			for _, stream := range []bool{false, true} {
				all, intact := guardedNumbers[T](n + offset)
				for i := range offset {
					all[i] = 77
				}
				dst := all[offset:]
				Add(level, dst, x, y, stream)
				if !sameNumbers(dst, want) || !intact() || slices.ContainsFunc(all[:offset], func(v T) bool { return v != 77 }) {
					t.Fatalf("n = %d, offset %d, stream %v: %v, want %v", n, offset, stream, dst, want)
				}
			}
			Add(level, x, x, y, false)
			if !sameNumbers(x, want) {
				t.Fatalf("n = %d, offset %d, in place: %v, want %v", n, offset, x, want)
			}
		}
	}
}
