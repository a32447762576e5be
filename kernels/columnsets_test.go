package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// testSets are five sets of weights for the n×p x, the first of ones. Each R but one adds up to zero.
func testSets[T Float](rng *rand.Rand, x Matrix[T]) []ColumnSet {
	n, p := x.Rows, x.Cols
	var sets []ColumnSet
	for k := range 5 {
		s := ColumnSet{Mean: make([]float64, p), Norm2: make([]float64, p)}
		if k > 0 {
			s.Weights = make([]float64, n)
			for i := range s.Weights {
				s.Weights[i] = float64(rng.IntN(3))
			}
			s.Weights[0] = 1
		}
		if k != 2 {
			s.R, s.G = make([]float64, n), make([]float64, p)
			for i := 1; i < n; i++ {
				e := math.Round(100 * rng.NormFloat64())
				if s.Weights != nil {
					e *= s.Weights[i]
				}
				s.R[i] += e
				s.R[0] -= e
			}
			if k == 3 { // as where y is far from 0 and its mean has been rounded
				for i := range s.R {
					s.R[i] += 5
				}
			}
		}
		sets = append(sets, s)
	}
	return sets
}

// Several sets of weights give what each gives by itself, to rounding, and the same bits on all threads.
func TestFillColumnSets(t *testing.T) {
	testFillColumnSets[float64](t)
	testFillColumnSets[float32](t)
}

func testFillColumnSets[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 7, 33, 200, manyTogether + 1} {
		const p = 70
		x := NewColMajor(n, p, make([]T, p*n))
		for i := range x.Data {
			x.Data[i] = T(rng.NormFloat64() + 3)
		}
		for i := range n {
			x.Data[5*n+i] = 7 // constant
		}
		x.Data[6*n+n/2] = 1e5 // far from the others
		for _, center := range []bool{false, true} {
			sets := testSets(rng, x)
			FillColumnSets(parfor.Loop{Threads: 3, Grain: 1}, x, center, sets)
			for k, s := range sets {
				var g []float64
				if s.R != nil {
					g = make([]float64, p)
				}
				c := NewColumnsAndDots(parfor.Loop{Threads: 1}, x, s.Weights, center, s.R, g)
				rr := 0.0
				for _, v := range s.R {
					rr += v * v
				}
				for j := range p {
					size := math.Sqrt(c.Norm2[j])
					if math.Abs(s.Mean[j]-c.Mean[j]) > 1e-13*(math.Abs(c.Mean[j])+size) || math.Abs(s.Norm2[j]-c.Norm2[j]) > 1e-12*c.Norm2[j] ||
						s.R != nil && math.Abs(s.G[j]-g[j]) > 1e-12*(size*math.Sqrt(rr)+1e-3*math.Abs(g[j])) && c.Norm2[j] > 0 {
						t.Errorf("%d rows, center %v, set %d, column %d: another mean, norm or product", n, center, k, j)
					}
				}
				if k == 0 && (!slices.Equal(c.Mean, s.Mean) || !slices.Equal(c.Norm2, s.Norm2) || !slices.Equal(g, s.G)) {
					t.Errorf("%d rows, center %v: the first set has other bits", n, center)
				}
			}
			for name, other := range map[string]func([]ColumnSet){
				"on one thread":      func(again []ColumnSet) { FillColumnSets(parfor.Loop{Threads: 1}, x, center, again) },
				"by rows":            func(again []ColumnSet) { FillColumnSets(parfor.Loop{Threads: 1}, inRows(x), center, again) },
				"by rows on threads": func(again []ColumnSet) { FillColumnSets(parfor.Loop{Threads: 3, Grain: 1}, inRows(x), center, again) },
			} {
				again := slices.Clone(sets)
				for k := range again {
					a := &again[k]
					a.Mean, a.Norm2, a.G = make([]float64, p), make([]float64, p), slices.Clone(a.G)
					clear(a.G)
				}
				other(again)
				for k, s := range sets {
					if a := again[k]; !slices.Equal(a.Mean, s.Mean) || !slices.Equal(a.Norm2, s.Norm2) || !slices.Equal(a.G, s.G) {
						t.Errorf("%d rows, center %v, set %d: other bits %s", n, center, k, name)
					}
				}
			}
		}
	}
}

func BenchmarkFillColumnSets(b *testing.B) {
	const n, p = 200, 5000
	rng := rand.New(rand.NewPCG(3, 4))
	x := NewColMajor(n, p, make([]float64, p*n))
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	sets := append(testSets(rng, x), testSets(rng, x)[1:]...)
	for _, k := range []int{1, 6, 9} {
		b.Run(fmt.Sprintf("n=%d/p=%d/sets=%d/threads=1", n, p, k), func(b *testing.B) {
			for b.Loop() {
				FillColumnSets(parfor.Loop{Threads: 1}, x, true, sets[:k])
			}
		})
	}
}
