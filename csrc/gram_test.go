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
		gram[j*stride+j] = 1e6 * (1 + rng.Float64())
		if rng.IntN(4) > 0 {
			cols = append(cols, int32(j))
		}
	}
	before := slices.Clone(gram)
	w, wIntact := guarded(p)
	g, gIntact := guarded(p)
	copy(w, randSlice[float64](rng, p))
	copy(g, randSlice[float64](rng, p))
	wantW, wantG := slices.Clone(w), slices.Clone(g)
	for i, size := range []float64{1e3, 1, 0, 0} {
		l1, l2, positive := scaled(rng, p, size), scaled(rng, p, 0.5), i == 3
		want := gramEpochGo(cols, gram, stride, l1, l2, positive, wantW, wantG)
		if got := GramEpoch(level, cols, gram, stride, l1, l2, positive, w, g); got != want || !sameBits(w, wantW) || !sameBits(g, wantG) {
			t.Fatalf("epoch, p = %d+%d, l1 about %v: fall %v, want %v; w %v, want %v", p, gap, size, got, want, w, wantW)
		}
		gramSubtractGo(cols, gram, stride, wantW, wantG)
		GramSubtract(level, cols, gram, stride, w, g)
		if !sameBits(g, wantG) {
			t.Fatalf("subtract, p = %d+%d: %v, want %v", p, gap, g, wantG)
		}
	}
	if !wIntact() || !gIntact() || !slices.Equal(gram, before) {
		t.Fatalf("p = %d+%d: guards intact: %v, %v; gram unchanged: %v", p, gap, wIntact(), gIntact(), slices.Equal(gram, before))
	}
}
