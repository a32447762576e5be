package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// Columns around blocks of 32 and every vector; none, few and all within reach, and numbers
// that are none.
func TestReach(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(71, 72))
		odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, 1e308, 0}
		for _, p := range []int{0, 1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 97, 300} {
			for trial := range 24 {
				first, second := randSlice[float64](rng, p+1)[1:], randSlice[float64](rng, p)
				norm, l1 := randSlice[float64](rng, p+1)[1:], randSlice[float64](rng, p)
				if trial%3 == 0 && p > 0 {
					for _, s := range [][]float64{first, second, norm, l1} {
						s[rng.IntN(p)] = odd[rng.IntN(len(odd))]
					}
				}
				c, slack, fog := rng.NormFloat64(), float64(trial%2), float64(trial%3/2)
				unit := randSlice[float64](rng, p)
				near := rng.Float64()
				positive := trial%4 < 2
				all := slices.Repeat([]int32{-7}, p+2)
				want := make([]int32, p)
				want = want[:reachGo(want, first, second, c, slack, norm, fog, unit, near, l1, positive)]
				n := Reach(level, all[1:p+1], first, second, c, slack, norm, fog, unit, near, l1, positive)
				if !slices.Equal(all[1:n+1], want) || all[0] != -7 || all[p+1] != -7 {
					t.Fatalf("%d columns: %v, want %v between -7", p, all, want)
				}
			}
		}
	})
}
