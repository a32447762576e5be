package csrc

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// eachLevel runs test once for each instruction set of this machine.
func eachLevel(t *testing.T, test func(t *testing.T, level simd.Level)) {
	for _, level := range simd.Levels() {
		t.Run(level.String(), func(t *testing.T) { test(t, level) })
	}
}

// guard is a NaN that no kernel makes: it surrounds what a kernel may write.
var guard = math.Float64frombits(0x7ff8dead0000beef)

const pad = 3 // odd, so that slices start off every alignment

// guarded returns n elements between guards, and a check that the guards still stand.
func guarded(n int) (mid []float64, intact func() bool) {
	all := make([]float64, n+2*pad)
	for i := range all {
		all[i] = guard
	}
	return all[pad : pad+n : pad+n], func() bool {
		for i, v := range all {
			if (i < pad || i >= pad+n) && math.Float64bits(v) != math.Float64bits(guard) {
				return false
			}
		}
		return true
	}
}

// exactly returns a copy of a that ends where its memory does, so that AddressSanitizer sees a
// read beyond it, and begins off every alignment.
func exactly[T any](a []T) []T {
	c := make([]T, pad+len(a))[pad:]
	copy(c, a)
	return c
}

// sameBits compares bit by bit, all NaNs being one.
func sameBits(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(a[i] != a[i] && b[i] != b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// randSlice returns n numbers of wildly different sizes, so that every other order of
// summation shows in the bits.
func randSlice[T Float](rng *rand.Rand, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T((rng.Float64() - 0.3) * math.Exp(12*rng.Float64()))
	}
	return s
}

// leftOut reports that a test of all pairs of two lists of sizes leaves out the pair i, j:
// none, and where tests are slow all but a sixth, in which every size still stands.
func leftOut(level simd.Level, i, j int) bool { return instrumented && (i+j+int(level))%6 != 0 }
