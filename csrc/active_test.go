package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// Rows around 8 lanes and blocks of 256; columns around tiles of 2 and 4 and panels of 16.
func TestPairs(t *testing.T) {
	t.Run("float64", testPairs[float64])
	t.Run("float32", testPairs[float32])
}

func testPairs[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 255, 256, 257, 515} {
			for trial, p := range [][2]int{{0, 1}, {1, 0}, {1, 1}, {2, 3}, {3, 4}, {4, 4}, {5, 9}, {9, 5}, {13, 17}, {4, 33}} {
				columns, stride := max(p[0], p[1]), n+3
				x := randSlice[T](rng, columns*stride+1)[1:]
				mean := randSlice[float64](rng, columns)
				var weights []float64
				if trial%2 == 1 {
					weights = randSlice[float64](rng, n)
				}
				all := make([]int32, columns)
				for j := range all {
					all[j] = int32(j)
				}
				a, b := all[:p[0]], slices.Clone(all[:p[1]])
				slices.Reverse(b)
				ld := len(b) + 2
				want := make([]float64, len(a)*ld)
				got, intact := guarded(len(a) * ld)
				for i := range got { // what lies between the rows stays
					want[i], got[i] = float64(i), float64(i)
				}
				before := slices.Clone(x)
				pairsGo(n, a, b, x, stride, mean, weights, want, ld)
				Pairs(level, n, a, b, x, stride, mean, weights, got, ld)
				if !sameBits(got, want) || !intact() || !slices.Equal(x, before) {
					t.Fatalf("%d rows, %d×%d columns: %v, want %v, guards intact: %v", n, len(a), len(b), got, want, intact())
				}
			}
		}
	})
}

// randGram returns XᵀX of p random columns with columns ld apart.
func randGram(rng *rand.Rand, p, ld int) []float64 {
	n := 2*p + 3
	x, all := make([]float64, n*p), make([]int32, p)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	for j := range all {
		all[j] = int32(j)
	}
	gram := make([]float64, p*ld)
	pairsGo(n, all, all, x, n, make([]float64, p), nil, gram, ld)
	return gram
}

func TestActiveDescendAndMove(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, p := range []int{1, 2, 3, 7, 8, 9, 16, 17, 25, 40} {
			gram, ld := randGram(rng, p, p+3), p+3
			list := make([]int32, p)
			l1, l2 := make([]float64, p), make([]float64, p)
			for j := range list {
				list[j], l1[j], l2[j] = int32(j), 3*rng.Float64(), rng.Float64()
			}
			rng.Shuffle(p, func(i, j int) { list[i], list[j] = list[j], list[i] })
			list = list[:p-p/5]
			for _, positive := range []bool{false, true} {
				w, wIntact := guarded(p)
				g, gIntact := guarded(p)
				for j := range w {
					w[j], g[j] = 0, 20*rng.NormFloat64()
				}
				wantW, wantG := slices.Clone(w), slices.Clone(g)
				for range 4 {
					want := activeDescendGo(list, gram, ld, l1, l2, positive, wantW, wantG)
					got := ActiveDescend(level, list, gram, ld, l1, l2, positive, w, g)
					if got != want || !sameBits(w, wantW) || !sameBits(g, wantG) || !wIntact() || !gIntact() {
						t.Fatalf("p %d: fall %v, want %v\nw %v\nwant %v\nguards intact: %v, %v", p, got, want, w, wantW, wIntact(), gIntact())
					}
				}
				activeMoveGo(list, l1, gram, ld, wantG)
				ActiveMove(level, list, l1, gram, ld, g)
				if !sameBits(g, wantG) || !gIntact() {
					t.Fatalf("p %d: move: %v, want %v", p, g, wantG)
				}
			}
		}
	})
}

// A factor that gains and loses rows stays the factor of the rows it has, at every level with
// the same bits, and nothing outside its triangle is written.
func TestFactor(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, p := range []int{1, 2, 3, 5, 8, 9, 17, 33, 42} {
			gram, ld := randGram(rng, p, p), p+3
			l, lIntact := guarded(p * ld)
			inv, invIntact := guarded(p)
			clear(l)
			clear(inv)
			wantL, wantInv := slices.Clone(l), slices.Clone(inv)
			var rows []int
			join := func(j int) {
				b := make([]float64, len(rows))
				for c, k := range rows {
					b[c] = gram[j*p+k]
				}
				wantB := slices.Clone(b)
				want := factorAppendGo(wantL, ld, wantInv, gram[j*p+j], wantB)
				got := FactorAppend(level, l, ld, inv, gram[j*p+j], b)
				if got != want || !sameBits(b, wantB) || !(got > 0) {
					t.Fatalf("append to %d rows: %v %v, want %v %v", len(rows), got, b, want, wantB)
				}
				m := len(rows)
				l[m*ld+m], inv[m] = math.Sqrt(got), 1/math.Sqrt(got)
				wantL[m*ld+m], wantInv[m] = l[m*ld+m], inv[m]
				rows = append(rows, j)
			}
			for j := range p {
				join(j)
			}
			for range p/2 + 1 {
				k := rng.IntN(len(rows))
				v, vIntact := guarded(len(rows))
				FactorRemove(level, k, l, ld, inv, v)
				factorRemoveGo(k, wantL, ld, wantInv, make([]float64, len(rows)))
				gone := rows[k]
				rows = slices.Delete(rows, k, k+1)
				if !vIntact() {
					t.Fatal("wrote outside scratch")
				}
				if len(rows) > 3 && rng.IntN(2) == 0 {
					join(gone)
				}
			}
			m := len(rows)
			for c := range m {
				if !sameBits(l[c*ld+c:c*ld+m], wantL[c*ld+c:c*ld+m]) {
					t.Fatalf("p %d: column %d is %v, want %v", p, c, l[c*ld+c:c*ld+m], wantL[c*ld+c:c*ld+m])
				}
			}
			b, bIntact := guarded(m)
			for i := range b {
				b[i] = rng.NormFloat64()
			}
			wantB, rhs := slices.Clone(b), slices.Clone(b)
			FactorSolve(level, l, ld, inv, b)
			factorSolveGo(wantL, ld, wantInv, wantB)
			if !sameBits(b, wantB) || !lIntact() || !invIntact() || !bIntact() {
				t.Fatalf("p %d: solution %v, want %v", p, b, wantB)
			}
			for i, j := range rows {
				for c, k := range rows {
					rhs[i] -= gram[j*p+k] * b[c]
				}
				if math.Abs(rhs[i]) > 1e-12 {
					t.Errorf("p %d: row %d of A·x − b is %v", p, i, rhs[i])
				}
			}
		}
	})
}
