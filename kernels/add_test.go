package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/nogil-go/nogil/parfor"
)

func TestAdd(t *testing.T) {
	t.Run("float64", testAdd[float64])
	t.Run("float32", testAdd[float32])
}

func testAdd[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	streamed := addStream/int(unsafe.Sizeof(T(0))) + 3
	for _, n := range []int{0, 1, serialSize - 1, serialSize, 3*addBlock + 7, streamed} {
		x, y := repeated[T](rng, n), repeated[T](rng, n)
		want := make([]T, n)
		for i := range x {
			want[i] = x[i] + y[i]
		}
		for k, l := range loops {
			if instrumented && n == streamed && k != 2 { // each takes a second
				continue
			}
			dst := make([]T, n+1)
			dst[n] = 77
			Add(l, dst, x, y)
			if !sameNumbers(dst[:n], want) || dst[n] != 77 {
				t.Fatalf("n = %d, %d threads: wrong, or written beyond", n, l.Threads)
			}
		}
		Add(parfor.Loop{}, y, x, y)
		if !sameNumbers(y, want) {
			t.Fatalf("n = %d: wrong in place", n)
		}
	}
	mustPanic(t, "kernels: Add: lengths differ", func() { Add(parfor.Loop{}, make([]float64, 3), make([]float64, 2), make([]float64, 3)) })
	mustPanic(t, "kernels: Add: dst shorter than the result", func() { Add(parfor.Loop{}, make([]float64, 1), make([]float64, 2), make([]float64, 2)) })
}

// repeated is n numbers, the same after every 10007: random ones are slow where code is instrumented.
func repeated[T Float](rng *rand.Rand, n int) []T {
	s := randSlice[T](rng, min(n, 10007))
	for len(s) < n {
		s = append(s, s[:min(len(s), n-len(s))]...)
	}
	return s
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{1000, 100000, 40000000} {
		x, dst := make([]float64, n), make([]float64, n)
		b.Run(fmt.Sprintf("n=%d/threads=1", n), func(b *testing.B) {
			b.SetBytes(int64(24 * n))
			for b.Loop() {
				Add(parfor.Loop{Threads: 1}, dst, x, x)
			}
		})
	}
}
