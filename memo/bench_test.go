package memo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func noise(n int) []float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	s := make([]float64, n)
	for i := range s {
		s[i] = rng.Float64()
	}
	return s
}

// BenchmarkKey hashes arrays; GOMAXPROCS (-cpu) says on how many threads.
func BenchmarkKey(b *testing.B) {
	for _, n := range []int{100, 1e4, 1e6, 2e7} {
		s := noise(n)
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			b.SetBytes(int64(8 * n))
			for b.Loop() {
				h := newHasher()
				h.memory(sliceBytes(unsafe.Pointer(&s[0]), len(s), 8))
				h.sum()
			}
		})
	}
}

// BenchmarkHit reads a result of 8 MB, and one of a number.
func BenchmarkHit(b *testing.B) {
	c, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	result := noise(1e6)
	f := Func(c, "large", "1", func(context.Context, int) ([]float64, error) { return result, nil })
	g := Func(c, "small", "1", func(context.Context, int) (float64, error) { return 1, nil })
	b.Run("bytes=8000000", func(b *testing.B) {
		for b.Loop() {
			if _, err := f(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bytes=8", func(b *testing.B) {
		for b.Loop() {
			if _, err := g(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}
