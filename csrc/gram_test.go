package csrc

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// Sizes around each vector width, any stride, all or a part of the columns.
func TestGram(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, p := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 70} {
			for _, gap := range []int{0, 3} {
				testGram(t, level, rng, p, gap)
			}
		}
	})
}

func testGram(t *testing.T, level simd.Level, rng *rand.Rand, p, gap int) {
	stride := p + gap
	gram := randSlice[float64](rng, p*stride+1)[1:]
	var cols []int32
	for j := range p {
		if rng.IntN(4) > 0 {
			cols = append(cols, int32(j))
		}
	}
	before := slices.Clone(gram)
	w := randSlice[float64](rng, p)
	if p > 1 {
		w[1] = 0
	}
	g, intact := guarded(p)
	copy(g, randSlice[float64](rng, p))
	want := slices.Clone(g)
	gramSubtractGo(cols, gram, stride, w, want)
	GramSubtract(level, cols, gram, stride, w, g)
	if !sameBits(g, want) || !intact() || !slices.Equal(gram, before) {
		t.Fatalf("p = %d+%d: %v, want %v; guards intact: %v; gram unchanged: %v", p, gap, g, want, intact(), slices.Equal(gram, before))
	}
}
