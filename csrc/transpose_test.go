package csrc

import (
	"fmt"
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

// Columns in any order, some of them twice, around the eight that go at once.
func TestGather(t *testing.T) {
	testGather[float64](t)
	testGather[float32](t)
}

func testGather[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(29, 28))
	for _, n := range []int{0, 1, 2, 9, 40, 100} {
		for _, k := range []int{0, 1, 2, 7, 8, 9, 30} {
			const p = 21
			stride, ld, cols := p+rng.IntN(3), n+rng.IntN(3), make([]int32, k)
			for c := range cols {
				cols[c] = int32(rng.IntN(p))
			}
			x := randSlice[T](rng, 1+n*stride)[1:]
			before := slices.Clone(x)
			got := randSlice[T](rng, 1+k*ld+1)
			want := slices.Clone(got)
			for c, j := range cols {
				for i := range n {
					want[1+c*ld+i] = x[i*stride+int(j)]
				}
			}
			byGo := slices.Clone(got)
			gatherGo(n, cols, x, stride, byGo[1:], ld)
			Gather(n, cols, x, stride, got[1:], ld)
			if !slices.Equal(got, want) || !slices.Equal(byGo, want) || !slices.Equal(x, before) {
				t.Fatalf("%d rows, columns %v, strides %d and %d: %v, want %v", n, cols, stride, ld, got, want)
			}
		}
	}
}

func BenchmarkTranspose(b *testing.B) {
	for _, shape := range [][3]int{{200, 5000, 64}, {200, 5000, 128}, {2000, 500, 32}, {10000, 1000, 8}, {10000, 1000, 16}, {10000, 1000, 32}, {10000, 1000, 64}} {
		n, p, k := shape[0], shape[1], shape[2]
		ld := (n+7)&^7 | 8
		x, dst := randSlice[float64](rand.New(rand.NewPCG(1, 1)), n*p), make([]float64, k*ld)
		b.Run(fmt.Sprintf("n=%d/p=%d/columns=%d/threads=1", n, p, k), func(b *testing.B) {
			b.SetBytes(int64(8 * n * (p / k * k)))
			for b.Loop() {
				for j := 0; j+k <= p; j += k {
					Transpose(n, k, x[j:], p, dst, ld)
				}
			}
		})
	}
}
