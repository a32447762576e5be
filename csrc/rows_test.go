package csrc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// Columns around each vector width and the panel of 128; rows around the 32 lanes.
func TestRowSums(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(17, 18))
		for _, n := range []int{0, 1, 2, 31, 32, 33, 65, 100} {
			for _, p := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 127, 128, 129, 300} {
				testRowSums[float64](t, level, rng, n, p)
				testRowSums[float32](t, level, rng, n, p)
			}
		}
	})
}

func testRowSums[T Float](t *testing.T, level simd.Level, rng *rand.Rand, n, p int) {
	stride := p + rng.IntN(3)
	x := randSlice[T](rng, n*stride+1)[1:]
	mean, v := randSlice[float64](rng, p), randSlice[float64](rng, n)
	before := slices.Clone(x)
	want := make([]float64, p)
	got, intact := guarded(p)
	for _, squares := range []bool{false, true} {
		for _, v := range [][]float64{nil, v} {
			rowSumsGo(n, x, stride, mean, v, squares, want)
			RowSums(level, n, x, stride, mean, v, squares, got)
			if !sameBits(got, want) || !intact() || !slices.Equal(x, before) {
				t.Fatalf("%d×%d, squares %v: %v, want %v, guards intact: %v", n, p, squares, got, want, intact())
			}
		}
	}
}

// Both layouts give the same bits.
func TestRowSumsAreColumnDots(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for _, n := range []int{0, 1, 33, 200} {
		c := newProblem[float64](rng, n, 40, 1, true)
		rows := make([]float64, n*40)
		for i := range n {
			for j := range 40 {
				rows[i*40+j] = c.x[j*c.stride+i]
			}
		}
		r := randSlice[float64](rng, n)
		want, got := make([]float64, 40), make([]float64, 40)
		columnDotsGo(n, c.cols, c.x, c.stride, c.mean, r, want)
		RowSums(simd.Active(), n, rows, 40, c.mean, r, false, got)
		if !sameBits(got, want) {
			t.Fatalf("dots of %d rows: %v, want %v", n, got, want)
		}
		RowSums(simd.Active(), n, rows, 40, c.mean, c.weights, true, got)
		if !sameBits(got, c.norm2) {
			t.Fatalf("squares of %d rows: %v, want %v", n, got, c.norm2)
		}
	}
}

// Beside the columns of the other layout.
func BenchmarkRowSums(b *testing.B) {
	for _, shape := range [][3]int{{200, 5000, 5000}, {2000, 500, 500}, {2000, 500, 501}, {1000, 2048, 2048}, {10000, 1000, 1000}} {
		n, p, stride := shape[0], shape[1], shape[2]
		rng := rand.New(rand.NewPCG(1, 1))
		x, mean, r, g := make([]float64, n*stride), make([]float64, p), randSlice[float64](rng, n), make([]float64, p)
		for i := range x {
			x[i] = rng.Float64()
		}
		cols := make([]int32, p)
		for j := range cols {
			cols[j] = int32(j)
		}
		name := fmt.Sprintf("n=%d/p=%d/stride=%d/threads=1", n, p, stride)
		b.Run("rows/"+name, func(b *testing.B) {
			b.SetBytes(int64(8 * n * p))
			for b.Loop() {
				RowSums(simd.Active(), n, x, stride, mean, r, false, g)
			}
		})
		b.Run("columns/"+name, func(b *testing.B) {
			b.SetBytes(int64(8 * n * p))
			for b.Loop() {
				ColumnDots(simd.Active(), n, cols, x, n, mean, r, g)
			}
		})
	}
}
