package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

func TestVectorOperations(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testVectorOperations[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testVectorOperations[float32](t, level) })
	})
}

// Lengths around each vector and the 32 lanes, at odd offsets, with special values.
func testVectorOperations[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(91, 92))
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 1000} {
		for _, special := range []bool{false, true} {
			x, y := randSlice[T](rng, n+3)[3:], randSlice[T](rng, n+1)[1:]
			if special && n > 4 {
				x[0], x[1], x[2], y[3], y[4] = T(math.NaN()), T(math.Inf(1)), T(math.Copysign(0, -1)), T(math.Inf(-1)), 5e-45
			}
			scales := []float64{1, 0x1p-600}
			if sizeOf[T]() == 4 {
				scales = scales[:1]
			}
			for _, scale := range scales {
				for _, block := range []int{1, 7, 32, 100, 2000} {
					got, intact := guardedNumbers[float64](max((n+block-1)/block, 1))
					want := make([]float64, len(got))
					dotsGo(x, y, block, scale, want)
					Dots(level, x, y, block, scale, got)
					if !sameBits(got, want) || !intact() {
						t.Fatalf("dots of %d in blocks of %d, scale %v: %v, want %v", n, block, scale, got, want)
					}
				}
			}
			got, intact := guardedNumbers[T](n)
			copy(got, y)
			want, before := slices.Clone(y), slices.Clone(x)
			axpyGo(1.1, x, want)
			Axpy(level, 1.1, x, got)
			if !sameNumbers(got, want) || !intact() || !sameBytes(x, before) {
				t.Fatalf("axpy of %d: %v, want %v", n, got, want)
			}
			scaleGo(-0.3, want)
			Scale(level, -0.3, got)
			if !sameNumbers(got, want) || !intact() {
				t.Fatalf("scale of %d: %v, want %v", n, got, want)
			}
		}
	}
}
