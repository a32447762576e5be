package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

func TestDot(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, n := range []int{0, 1, 31, 33, dotBlock, dotBlock + 1, 3*dotBlock + 17} {
		x, y := randSlice[float64](rng, n), randSlice[float64](rng, n)
		var want, size float64
		for i := range x {
			want += x[i] * y[i]
			size += math.Abs(x[i] * y[i])
		}
		first := Dot(loops[0], x, y)
		if math.Abs(first-want) > 1e-12*size {
			t.Errorf("n = %d: %v, want %v", n, first, want)
		}
		for _, l := range loops[1:] {
			if got := Dot(l, x, y); got != first {
				t.Errorf("n = %d, %d threads: %v, on one thread %v", n, l.Threads, got, first)
			}
		}
	}
	mustPanic(t, "kernels: Dot: lengths differ", func() { Dot(parfor.Loop{}, make([]float64, 2), make([]float64, 3)) })
}

func BenchmarkDot(b *testing.B) {
	x := make([]float64, 1024)
	b.SetBytes(16 * 1024)
	for b.Loop() {
		Dot(parfor.Loop{Threads: 1}, x, x)
	}
}
