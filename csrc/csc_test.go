package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// newCSC draws a sparse design whose columns have these numbers of stored elements, and
// its columns in some order. It begins inside its arrays, as a view of columns does.
func newCSC(rng *rand.Rand, rows int, stored []int, weighted bool) (*CSC, []int32) {
	a := &CSC{Indptr: []int{pad}, Indices: make([]int32, pad), Total: float64(rows)}
	var cols []int32
	for j, m := range stored {
		row := rng.Perm(rows)[:min(m, rows)]
		slices.Sort(row)
		for _, i := range row {
			a.Indices = append(a.Indices, int32(i))
		}
		a.Indptr = append(a.Indptr, len(a.Indices))
		cols = append(cols, int32(j))
	}
	rng.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	a.Data = randSlice[float64](rng, len(a.Indices))
	if weighted {
		a.Weight = make([]float64, rows)
		a.Total = 0
		for i := range a.Weight {
			a.Weight[i] = rng.Float64()
			a.Total += a.Weight[i]
		}
	}
	a.Offset = make([]float64, len(stored))
	for j := range a.Offset {
		if j%3 == 1 {
			a.Offset[j] = rng.NormFloat64()
		}
	}
	a.Mean, a.Norm2 = randSlice[float64](rng, len(stored)), make([]float64, len(stored))
	for j := range a.Norm2 {
		_, x := a.column(int32(j))
		for _, v := range x {
			a.Norm2[j] += v * v
		}
		a.Norm2[j]++
	}
	return a, cols
}

// Columns around the 8 lanes and the 48 elements that are asked for ahead.
var storedSizes = []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 47, 48, 49, 200, 0, 5}

func TestCSC(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for _, rows := range []int{0, 1, 8, 60, 300} {
		for _, stored := range [][]int{nil, {0}, {9}, storedSizes} {
			for _, weighted := range []bool{false, true} {
				for _, positive := range []bool{false, true} {
					testCSC(t, rng, rows, stored, weighted, positive)
				}
			}
		}
	}
}

func testCSC(t *testing.T, rng *rand.Rand, rows int, stored []int, weighted, positive bool) {
	a, cols := newCSC(rng, rows, stored, weighted)
	p := len(stored)
	l1, l2 := make([]float64, p), randSlice[float64](rng, p)
	for j := range l2 {
		l2[j] = max(l2[j], 0)
	}
	before := CSC{Indptr: slices.Clone(a.Indptr), Indices: slices.Clone(a.Indices), Data: slices.Clone(a.Data)}
	w, wIntact := guarded(p)
	v, vIntact := guarded(rows + 1)
	g, gIntact := guarded(p)
	copy(w, randSlice[float64](rng, p))
	copy(v, randSlice[float64](rng, rows+1))
	copy(g, w)
	wantW, wantV, wantG := slices.Clone(w), slices.Clone(v), slices.Clone(w)
	for _, size := range []float64{1e4, 1, 0} { // some, most and all coordinates move
		for j := range l1 {
			l1[j] = size * rng.Float64()
		}
		want := cscEpochGo(a, cols, l1, l2, positive, wantW, wantV)
		got := CSCEpoch(a, cols, l1, l2, positive, w, v)
		if got != want || !sameBits(w, wantW) || !sameBits(v, wantV) {
			t.Fatalf("epoch, %d×%d, l1 %v: fall %v, want %v\nw %v\nwant %v", rows, p, size, got, want, w, wantW)
		}
		cscDotsGo(a, cols, wantV, wantG)
		CSCDots(a, cols, v, g)
		cscSubtractGo(a, cols, wantW, wantV)
		CSCSubtract(a, cols, w, v)
		if !sameBits(g, wantG) || !sameBits(v, wantV) {
			t.Fatalf("%d×%d: dots %v, want %v; v %v, want %v", rows, p, g, wantG, v, wantV)
		}
	}
	if !wIntact() || !vIntact() || !gIntact() {
		t.Fatal("written beyond an array")
	}
	if !slices.Equal(before.Indptr, a.Indptr) || !slices.Equal(before.Indices, a.Indices) || !sameBits(before.Data, a.Data) {
		t.Fatal("the design was changed")
	}
}

// The bits of a dot product are those of its definition.
func TestDot8(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	x, v := randSlice[float64](rng, 19), randSlice[float64](rng, 100)
	index := make([]int32, 19)
	var lane [8]float64
	for k := range index {
		index[k] = int32(5 * k)
		product := float64((x[k] - 0.5) * v[5*k])
		lane[k%8] += product
	}
	want := ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
	if got := dot8(index, x, 0.5, v); got != want {
		t.Errorf("dot8 = %v, want %v", got, want)
	}
}

// Whatever the numbers are, C does with them what the reference does.
func FuzzCSC(f *testing.F) {
	f.Add(uint64(1), uint8(40), uint8(5), uint8(7))
	f.Add(uint64(2), uint8(0), uint8(3), uint8(4))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, math.MaxFloat64, 1e308, 1e-308}
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, kind uint8) {
		rng := rand.New(rand.NewPCG(seed, 3))
		stored := make([]int, cols%30)
		for j := range stored {
			stored[j] = rng.IntN(60)
		}
		a, order := newCSC(rng, int(rows), stored, kind&1 != 0)
		p := len(stored)
		w, v := randSlice[float64](rng, p), randSlice[float64](rng, int(rows)+1)
		l1, l2 := randSlice[float64](rng, p), randSlice[float64](rng, p)
		if kind&4 != 0 {
			for _, s := range [][]float64{a.Data, a.Mean, a.Norm2, w, v, l1, l2} {
				for i := range s {
					if rng.IntN(4) == 0 {
						s[i] = special[rng.IntN(len(special))]
					}
				}
			}
		}
		wantW, wantV := slices.Clone(w), slices.Clone(v)
		want := cscEpochGo(a, order, l1, l2, kind&2 != 0, wantW, wantV)
		got := CSCEpoch(a, order, l1, l2, kind&2 != 0, w, v)
		if !sameBits([]float64{got}, []float64{want}) || !sameBits(w, wantW) || !sameBits(v, wantV) {
			t.Fatalf("fall %v, want %v; w %v, want %v", got, want, w, wantW)
		}
		g, wantG := slices.Clone(w), slices.Clone(w)
		CSCDots(a, order, v, g)
		cscDotsGo(a, order, v, wantG)
		if !sameBits(g, wantG) {
			t.Fatalf("dots %v, want %v", g, wantG)
		}
	})
}
