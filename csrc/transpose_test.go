package csrc

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Rows around the eight that go at once; nothing beyond a column is written.
func TestTranspose(t *testing.T) {
	testTranspose[float64](t)
	testTranspose[float32](t)
}

func testTranspose[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(27, 28))
	for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, 40} {
		for _, k := range []int{0, 1, 3, 7, 8, 9, 70} {
			stride, ld := k+rng.IntN(3), n+rng.IntN(3)
			x := randSlice[T](rng, 1+n*stride)[1:]
			before := slices.Clone(x)
			got := randSlice[T](rng, 1+k*ld+1)
			want := slices.Clone(got)
			for i := range n {
				for c := range k {
					want[1+c*ld+i] = x[i*stride+c]
				}
			}
			for _, do := range []func(n, k int, x []T, stride int, dst []T, ld int){Transpose[T], transposeGo[T]} {
				clear(got[1 : 1+k*ld])
				for c := range k { // what is between the columns
					copy(got[1+c*ld+n:1+(c+1)*ld], want[1+c*ld+n:])
				}
				do(n, k, x, stride, got[1:], ld)
				if !slices.Equal(got, want) || !slices.Equal(x, before) {
					t.Fatalf("%d×%d, strides %d and %d: %v, want %v", n, k, stride, ld, got, want)
				}
			}
		}
	}
}

func BenchmarkTranspose(b *testing.B) {
	const n, p, k, ld = 200, 5000, 64, 232
	x, dst := randSlice[float64](rand.New(rand.NewPCG(1, 1)), n*p), make([]float64, k*ld)
	b.SetBytes(8 * n * (p / k * k))
	for b.Loop() {
		for j := 0; j+k <= p; j += k {
			Transpose(n, k, x[j:], p, dst, ld)
		}
	}
}
