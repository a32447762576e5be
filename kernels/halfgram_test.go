package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// halfDesign is a design of columns far from 0 and of very different sizes, with the scales of them.
func halfDesign[T Float](n, p int, weights []float64) (*CenteredColumns[T], []float64) {
	rng := rand.New(rand.NewPCG(15, uint64(n*p)))
	x := make([]T, n*p)
	for i := range x {
		x[i] = T((rng.NormFloat64() + 100) * math.Ldexp(1, i/n%60-30))
	}
	c := NewWeightedColumns(parfor.Loop{}, NewColMajor(n, p, x), weights, true)
	scale := make([]float64, p)
	for j, q := range c.Norm2 {
		if scale[j] = 1; q > 0 {
			scale[j] = math.Ldexp(1, -math.Ilogb(q)/2)
		}
	}
	return c, scale
}

// Products of rounded columns are those of the columns up to what rounding can do, weighted or
// not, and do not depend on the loop.
func TestHalf(t *testing.T) {
	t.Run("float64", testHalf[float64])
	t.Run("float32", testHalf[float32])
}

func testHalf[T Float](t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {40, 3}, {700, 33}, {530, 40}, {70, 150}} {
		n, p := shape[0], shape[1]
		for _, weighted := range []bool{false, true} {
			var weights, root []float64
			if weighted {
				for i := range n {
					weights, root = append(weights, float64((i+1)%3)), append(root, math.Sqrt(float64((i+1)%3)))
				}
			}
			c, scale := halfDesign[T](n, p, weights)
			cols := make([]int32, 0, p)
			for j := p - 1; j >= 0; j-- {
				cols = append(cols, int32(j))
			}
			exact := make([]float64, p*p)
			c.Pairs(parfor.Loop{}, cols, cols, exact, p)
			var first *HalfGram
			for _, l := range loops {
				g := c.Half(l, cols, scale, root, nil)
				if first == nil {
					first = g
				}
				if !slices.Equal(g.Data, first.Data) {
					t.Fatalf("%d×%d: a loop gives other bits", n, p)
				}
			}
			r := &CenteredRows[T]{X: inRows(c.X), Mean: c.Mean, Norm2: c.Norm2, Weights: weights}
			some := append(slices.Clone(cols[p/2:]), cols[:p/3]...)
			slices.Sort(some[:len(some)/2])
			for name, cols := range map[string][]int32{"descending": cols, "some": some} {
				want := c.Half(parfor.Loop{Threads: 1}, cols, scale, root, nil)
				for _, l := range loops {
					if g := r.Half(l, cols, scale, root, nil); !slices.Equal(g.Data, want.Data) {
						t.Fatalf("%d×%d, weighted %v, %s: other bits by rows", n, p, weighted, name)
					}
				}
			}
			for i := range p {
				for k := range p {
					norms := math.Sqrt(exact[i*p+i]*exact[k*p+k]) * scale[cols[i]] * scale[cols[k]]
					got, want := float64(first.Data[i*first.Stride+k]), exact[i*p+k]*scale[cols[i]]*scale[cols[k]]
					if !(math.Abs(got-want) <= 0x1p-7*norms) {
						t.Errorf("%d×%d, weighted %v: product (%d, %d) is %v, want %v", n, p, weighted, i, k, got, want)
					}
				}
			}
		}
	}
}

func TestHalfMisuse(t *testing.T) {
	c, scale := halfDesign[float64](9, 4, nil)
	mustPanic(t, "kernels: Half: "+shortArgument, func() { c.Half(parfor.Loop{}, []int32{0}, scale[:3], nil, nil) })
	mustPanic(t, "kernels: Half: "+shortArgument, func() { c.Half(parfor.Loop{}, []int32{0}, scale, make([]float64, 8), nil) })
	mustPanic(t, "kernels: Half: "+columnNotThere, func() { c.Half(parfor.Loop{}, []int32{4}, scale, nil, nil) })
	g := c.Half(parfor.Loop{}, []int32{0, 1}, scale, nil, func() bool { return true })
	two := make([]float64, 2)
	mustPanic(t, "kernels: Descend: "+shortArgument, func() { g.Descend(Penalty{L1: two, L2: two[:1]}, two, two) })
	mustPanic(t, "kernels: Descend: "+shortArgument, func() { g.Descend(Penalty{L1: two, L2: two}, two, two[:1]) })
}

func BenchmarkHalf(b *testing.B) {
	for _, shape := range [][2]int{{10000, 1000}, {10000, 5000}} {
		n, p := shape[0], shape[1]
		x := make([]float64, n*p)
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range x {
			x[i] = rng.Float64() - 0.5
		}
		c := &CenteredColumns[float64]{X: NewColMajor(n, p, x), Mean: make([]float64, p), Norm2: make([]float64, p)}
		cols, scale := make([]int32, p), slices.Repeat([]float64{0.5}, p)
		for j := range cols {
			cols[j] = int32(j)
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("isa=amx:%v/n=%d/p=%d/threads=%d", Tiles(), n, p, threads), func(b *testing.B) {
				for range b.N {
					c.Half(parfor.Loop{Threads: threads}, cols, scale, nil, nil)
				}
			})
		}
		g := c.Half(parfor.Loop{}, cols, scale, nil, nil)
		l1 := make([]float64, p)
		b.Run(fmt.Sprintf("pass/n=%d/p=%d", n, p), func(b *testing.B) {
			w, grad := make([]float64, p), make([]float64, p)
			for i := range b.N {
				for j := range grad {
					grad[j] = float64((i+j)%7) - 3
				}
				g.Descend(Penalty{L1: l1, L2: l1}, w, grad)
			}
		})
	}
}
