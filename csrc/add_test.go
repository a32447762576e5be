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
		rng := rand.New(rand.NewPCG(17, 18))
		for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100} {
			for offset := range 8 {
				x := randSlice[float64](rng, n+offset)[offset:]
				y := randSlice[float64](rng, n)
				if n > 4 {
					x[1], y[2], x[3], y[3] = math.NaN(), math.Inf(1), math.Copysign(0, -1), math.Copysign(0, -1)
				}
				want := make([]float64, n)
				addGo(want, x, y)
				for _, stream := range []bool{false, true} {
					all, intact := guarded(n + offset)
					for i := range offset {
						all[i] = guard
					}
					dst := all[offset:]
					Add(level, dst, x, y, stream)
					if !sameBits(dst, want) || !intact() || slices.ContainsFunc(all[:offset], func(v float64) bool { return v == v }) {
						t.Fatalf("n = %d, offset %d, stream %v: %v, want %v", n, offset, stream, dst, want)
					}
				}
				Add(level, x, x, y, false)
				if !sameBits(x, want) {
					t.Fatalf("n = %d, offset %d, in place: %v, want %v", n, offset, x, want)
				}
			}
		}
	})
}
