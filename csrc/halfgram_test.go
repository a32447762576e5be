package csrc

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// between returns n elements of v between some more of it, and a check that those still stand.
func between[T comparable](n int, v T) (mid []T, intact func() bool) {
	all := make([]T, n+2*pad)
	for i := range all {
		all[i] = v
	}
	return all[pad : pad+n : pad+n], func() bool {
		for i, got := range all {
			if (i < pad || i >= pad+n) && got != v {
				return false
			}
		}
		return true
	}
}

// Rounding to bfloat16 is to the nearest, to even between two: 1 + 2⁻⁷ is the number after 1.
func TestHalf(t *testing.T) {
	for _, c := range []struct {
		v    float32
		want uint16
	}{
		{1, 0x3f80}, {1 + 0x1p-8, 0x3f80}, {1 + 0x1p-8 + 0x1p-20, 0x3f81}, {1 + 0x3p-8, 0x3f82},
		{-1 - 0x1p-7, 0xbf81}, {0, 0}, {float32(math.Copysign(0, -1)), 0x8000}, {0x1.ffp127, 0x7f80},
	} {
		if got := half(c.v); got != c.want {
			t.Errorf("half(%x) is %#x, want %#x", c.v, got, c.want)
		}
	}
	if whole(0x0041) != 0 || whole(0x8001) != 0 || whole(0x0080) != 0x1p-126 {
		t.Error("numbers too small to be normal are not zeros")
	}
}

// The tile unit's packing and products have the bits of the reference: slots around panels of 16
// and blocks of 32, rows around vectors of 8 and steps of 32, and numbers so small that the unit
// takes them for zeros.
func TestHalfGram(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testHalfGram[float64](t, 0) })
	t.Run("float32", func(t *testing.T) { testHalfGram[float32](t, 1) })
}

func testHalfGram[T Float](t *testing.T, kind int) {
	rng := rand.New(rand.NewPCG(11, 12))
	for trial, shape := range [][2]int{{1, 1}, {7, 15}, {8, 16}, {9, 17}, {31, 31}, {32, 32}, {33, 33}, {63, 47}, {64, 49}, {70, 96}, {100, 97}} {
		if instrumented && (trial/2+kind)%2 > 0 { // the reference is slow there
			continue
		}
		sameHalfGram[T](t, rng, shape[0], shape[1], trial%3, trial%2 == 1)
	}
}

// sameHalfGram compares what the tile unit makes of k columns, rows lo … lo+m−1, with the reference.
func sameHalfGram[T Float](t *testing.T, rng *rand.Rand, m, k, lo int, weighted bool) {
	if !HalfBuilt() || !simd.Tiles() {
		t.Skip("no tile unit here")
	}
	stride := lo + m + 2
	x := randSlice[T](rng, 1+stride*(k+2))[1:]
	for i := 0; i < len(x); i += 5 {
		x[i] *= 1e-18 // products of these are subnormal
	}
	mean, scale, cols := randSlice[float64](rng, k+2), make([]float64, k+2), make([]int32, k)
	for j := range scale {
		scale[j] = math.Ldexp(1, -j%40)
		if j%5 == 0 {
			mean[j] = 0
		}
	}
	for s := range cols {
		cols[s] = int32((s*7+1)%k + 1)
	}
	var root []float64
	if weighted {
		root = randSlice[float64](rng, lo+m)
	}
	blocks, nk := (k+31)/32, (m+31)/32
	size, ld := 2*blocks*nk*HalfTile, 32*blocks+5
	a, intactA := between(size, uint16(77))
	b, intactB := between(size, uint16(77))
	wantA, wantB := make([]uint16, size), make([]uint16, size)
	HalfPack(true, 0, blocks, m, lo, cols, x, stride, mean, scale, root, nk, a, b)
	HalfPack(true, blocks, 2*blocks, m, lo, cols, x, stride, mean, scale, root, nk, a, b)
	HalfPack(false, 0, 2*blocks, m, lo, cols, x, stride, mean, scale, root, nk, wantA, wantB)
	for i, v := range wantA {
		if a[i] != v || b[i] != wantB[i] {
			t.Fatalf("%d rows, %d slots: element %d of the panels is %#x and %#x, want %#x and %#x", m, k, i, a[i], b[i], v, wantB[i])
		}
	}
	g, intactG := between(32*blocks*ld, float32(77))
	want, _ := between(32*blocks*ld, float32(77))
	for _, add := range []bool{false, true} {
		HalfGram(true, 0, blocks, 0, (blocks+1)/2, nk, a, b, g, ld, add)
		HalfGram(true, 0, blocks, (blocks+1)/2, blocks, nk, a, b, g, ld, add)
		HalfGram(false, 0, blocks, 0, blocks, nk, a, b, want, ld, add)
	}
	HalfMirror(0, blocks, blocks, g, ld)
	halfMirrorGo(0, blocks, blocks, want, ld)
	for i, v := range want {
		if math.Float32bits(g[i]) != math.Float32bits(v) {
			t.Fatalf("%d rows, %d slots: element (%d, %d) is %v, want %v", m, k, i/ld, i%ld, g[i], v)
		}
	}
	if !intactA() || !intactB() || !intactG() {
		t.Errorf("%d rows, %d slots: wrote outside", m, k)
	}
}

// Any shape, rows and weights have the bits of the reference.
func FuzzHalfGram(f *testing.F) {
	f.Add(uint64(1), uint8(33), uint8(33), uint8(1), true, false)
	f.Add(uint64(2), uint8(100), uint8(5), uint8(0), false, true)
	f.Fuzz(func(t *testing.T, seed uint64, rows, slots, lo uint8, weighted, single bool) {
		rng, m, k := rand.New(rand.NewPCG(seed, 3)), int(rows)+1, int(slots)%130+1
		if single {
			sameHalfGram[float32](t, rng, m, k, int(lo), weighted)
		} else {
			sameHalfGram[float64](t, rng, m, k, int(lo), weighted)
		}
	})
}

// A pass on a matrix of floats has the bits of the reference at every level.
func TestHalfDescend(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, m := range []int{0, 1, 7, 8, 9, 15, 16, 17, 33, 64, 67} {
			for _, positive := range []bool{false, true} {
				sameHalfDescend(t, rng, level, m, positive, 1e-4)
			}
		}
	})
}

// A pass has the bits of the reference for any number of slots and any size of penalties.
func FuzzHalfDescend(f *testing.F) {
	f.Add(uint64(1), uint8(40), true, 1e-4)
	f.Add(uint64(2), uint8(9), false, 0.5)
	f.Fuzz(func(t *testing.T, seed uint64, m uint8, positive bool, penalty float64) {
		if math.IsNaN(penalty) || math.IsInf(penalty, 0) {
			return
		}
		for _, level := range simd.Levels() {
			sameHalfDescend(t, rand.New(rand.NewPCG(seed, 4)), level, int(m), positive, math.Abs(penalty))
		}
	})
}

func sameHalfDescend(t *testing.T, rng *rand.Rand, level simd.Level, m int, positive bool, penalty float64) {
	ld := m + 3
	gram, l1, l2 := make([]float32, m*ld), randSlice[float64](rng, m), make([]float64, m)
	for i := range m {
		for j := range i {
			gram[i*ld+j] = float32(rng.Float64() - 0.5)
			gram[j*ld+i] = gram[i*ld+j]
		}
		gram[i*ld+i], l1[i], l2[i] = float32(m), math.Abs(l1[i])*penalty, float64(i%3)
	}
	w, intactW := guarded(m)
	g, intactG := guarded(m)
	copy(w, randSlice[float64](rng, m))
	copy(g, randSlice[float64](rng, m))
	wantW, wantG := append([]float64(nil), w...), append([]float64(nil), g...)
	for range 3 {
		got, want := HalfDescend(level, gram, ld, l1, l2, positive, w, g), halfDescendGo(gram, ld, l1, l2, positive, wantW, wantG)
		if got != want || !sameBits(w, wantW) || !sameBits(g, wantG) || !intactW() || !intactG() {
			t.Fatalf("%v, m=%d, positive %v: fell by %v, want %v", level, m, positive, got, want)
		}
	}
}
