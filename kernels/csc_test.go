package kernels

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// sparseProblem draws a matrix with an empty column, a full one and a constant one, in
// compressed columns and in full, weights with zeros, and a vector.
func sparseProblem(t testing.TB, rng *rand.Rand, rows, cols int) (x CSC, full Matrix[float64], weight, y []float64) {
	t.Helper()
	full = NewColMajor(rows, cols, make([]float64, rows*cols))
	indptr := []int{0}
	var indices []int32
	var data []float64
	for j := range cols {
		for i := range rows {
			if j != 1 && (rng.IntN(5) == 0 || j == 2 || j == 3) {
				v := rng.NormFloat64() + 1
				if j == 3 {
					v = 0.1
				}
				full.Data[j*rows+i] = v
				indices, data = append(indices, int32(i)), append(data, v)
			}
		}
		indptr = append(indptr, len(indices))
	}
	for i := range rows {
		weight, y = append(weight, float64(i%4)*rng.Float64()), append(y, rng.NormFloat64())
	}
	x, err := NewCSC(rows, cols, indptr, indices, data)
	if err != nil {
		t.Fatal(err)
	}
	return x, full, weight, y
}

// Everything that the sparse columns do is what their definitions say of the full matrix,
// with any weights, and has the same bits in any loop.
func TestSparseColumns(t *testing.T) {
	const rows, cols = 57, 700
	x, full, weight, y := sparseProblem(t, rand.New(rand.NewPCG(5, 5)), rows, cols)
	all := make([]int32, cols)
	for j := range all {
		all[j] = int32(j)
	}
	for _, weight := range [][]float64{nil, weight} {
		for _, center := range []bool{false, true} {
			var first []float64
			for _, l := range loops {
				a := NewSparseColumns(l, x, weight, center)
				v, w, g := make([]float64, rows+1), make([]float64, cols), make([]float64, cols)
				for j := 0; j < cols; j += 3 {
					w[j] = float64(j%7) - 2
				}
				for i := range rows {
					v[i] = y[i]
					if weight != nil {
						v[i] *= weight[i]
					}
					v[rows] += v[i]
				}
				a.Subtract(all, w, v)
				a.Dots(l, all, v, g)
				if first == nil {
					checkSparse(t, a, full, weight, y, w, g, center)
				}
				if got := slices.Concat(a.Mean(), a.Norm2(), v, g); first == nil {
					first = got
				} else if !sameBits(first, got) {
					t.Errorf("%d threads give other bits", l.Threads)
				}
			}
		}
	}
}

// checkSparse compares means, norms and the gradient g at w with their definitions.
func checkSparse(t *testing.T, a *SparseColumns, full Matrix[float64], weight, y, w, g []float64, center bool) {
	s, total := slices.Repeat([]float64{1}, full.Rows), 0.0
	if weight != nil {
		s = weight
	}
	for _, v := range s {
		total += v
	}
	mean, yMean := make([]float64, full.Cols), 0.0
	for i := range s {
		if center {
			yMean += s[i] * y[i] / total
			for j := range mean {
				mean[j] += s[i] * full.At(i, j) / total
			}
		}
	}
	r := slices.Clone(y)
	for i := range r {
		r[i] -= yMean
		for j := range w {
			r[i] -= w[j] * (full.At(i, j) - mean[j])
		}
	}
	for j := range w {
		norm2, dot := 0.0, 0.0
		for i := range r {
			v := full.At(i, j) - mean[j]
			norm2 += s[i] * v * v
			dot += s[i] * v * r[i]
		}
		if j == 3 && center {
			norm2 = 0
			if a.Norm2()[j] != 0 {
				t.Errorf("a constant column has norm² %v", a.Norm2()[j])
			}
		}
		if !close64(a.Mean()[j], mean[j], 1e-13) || !close64(a.Norm2()[j], norm2, 1e-12) || !close64(g[j], dot, 1e-9) {
			t.Errorf("weights %v, center %v, column %d: mean %v, norm² %v, dot %v; want %v, %v, %v", weight != nil, center, j, a.Mean()[j], a.Norm2()[j], g[j], mean[j], norm2, dot)
		}
	}
	if !close64(a.Total(), total, 1e-14) {
		t.Errorf("total %v, want %v", a.Total(), total)
	}
}

// An epoch is that of the full matrix.
func TestSparseEpoch(t *testing.T) {
	const rows, cols = 80, 60
	x, full, _, y := sparseProblem(t, rand.New(rand.NewPCG(6, 6)), rows, cols)
	l := parfor.Loop{Threads: 1}
	a, c := NewSparseColumns(l, x, nil, true), NewCenteredColumns(l, full, true)
	var order []int32
	pen := Penalty{L1: make([]float64, cols), L2: make([]float64, cols)}
	for j := range cols {
		if c.Norm2[j] > 0 {
			order = append(order, int32(j))
		}
		pen.L1[j], pen.L2[j] = 1+float64(j%5), float64(j%3)
	}
	slices.Reverse(order)
	for _, pen.Positive = range []bool{false, true} {
		v, r := append(slices.Clone(y), 0), slices.Clone(y)
		for _, u := range y {
			v[rows] += u
		}
		w, want := make([]float64, cols), make([]float64, cols)
		for range 5 {
			got, fall := a.Epoch(order, pen, w, v), c.Epoch(order, pen, want, r)
			if !close64(got, fall, 1e-10) {
				t.Errorf("fall %v, want %v", got, fall)
			}
		}
		for j := range w {
			if !close64(w[j], want[j], 1e-11) {
				t.Errorf("positive %v: w[%d] is %v, want %v", pen.Positive, j, w[j], want[j])
			}
		}
		for _, j := range order {
			a.Clear(j, v)
		}
		for i, u := range v[:rows] {
			if used := slices.ContainsFunc(order, func(j int32) bool { return full.At(i, int(j)) != 0 }); used != (u == 0) {
				t.Errorf("after Clear, v[%d] is %v", i, u)
			}
		}
	}
}

func TestNewCSCRefuses(t *testing.T) {
	for _, c := range []struct {
		indptr  []int
		indices []int32
		data    []float64
		text    string
	}{
		{[]int{0, 1}, []int32{0}, []float64{1}, "indptr has 2 elements, must have 3"},
		{[]int{0, 1, 2}, []int32{0, 1}, []float64{1}, "2 indices for 1 data"},
		{[]int{-1, 1, 2}, []int32{0, 1}, []float64{1, 2}, "indptr[0] is -1"},
		{[]int{0, 2, 1}, []int32{0, 1}, []float64{1, 2}, "column 1 runs from 2 to 1"},
		{[]int{0, 1, 3}, []int32{0, 1}, []float64{1, 2}, "column 1 runs from 1 to 3 of 2"},
		{[]int{5, 6, 7}, []int32{0, 1}, []float64{1, 2}, "column 0 runs from 5 to 6 of 2"},
		{[]int{0, 1, 2}, []int32{0, 3}, []float64{1, 2}, "column 1 has an element in row 3 of 3"},
		{[]int{0, 1, 2}, []int32{-1, 1}, []float64{1, 2}, "column 0 has an element in row -1 of 3"},
		{[]int{0, 0, 2}, []int32{1, 1}, []float64{1, 2}, "column 1 has two elements in row 1"},
		{[]int{0, 0, 2}, []int32{2, 1}, []float64{1, 2}, "column 1 has row 1 after row 2"},
	} {
		_, err := NewCSC(3, 2, c.indptr, c.indices, c.data)
		if !errors.Is(err, ErrCSC) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want an error with %q", err, c.text)
		}
	}
	for _, empty := range [][2]int{{0, 0}, {0, 2}, {4, 0}, {4, 2}} {
		x, err := NewCSC(empty[0], empty[1], make([]int, empty[1]+1), nil, nil)
		if err != nil || x.Stored() != 0 {
			t.Fatal(err)
		}
		a := NewSparseColumns(parfor.Loop{}, x, nil, true)
		v, w := make([]float64, empty[0]+1), make([]float64, empty[1])
		cols := []int32{0, 1}[:empty[1]]
		a.Dots(parfor.Loop{}, cols, v, w)
		a.Subtract(cols, w, v)
	}
	view, err := NewCSC(3, 1, []int{1, 2}, []int32{0, 2}, []float64{1, 2})
	if index, values := view.Column(0); err != nil || view.Stored() != 1 || index[0] != 2 || values[0] != 2 {
		t.Errorf("a view of the second column is %v, %v, %v", index, values, err)
	}
}

func TestSparseMisuse(t *testing.T) {
	mustPanic(t, "kernels: NewCSC: negative size", func() { NewCSC(-1, 1, nil, nil, nil) })
	if wide := math.MaxInt32; wide < math.MaxInt {
		mustPanic(t, "kernels: NewCSC: more than 2³¹−1 rows or columns", func() { NewCSC(1, wide+1, nil, nil, nil) })
	}
	x, _ := NewCSC(2, 1, []int{0, 1}, []int32{1}, []float64{3})
	mustPanic(t, "kernels: NewSparseColumns: the length of weight is not the number of rows", func() {
		NewSparseColumns(parfor.Loop{}, x, make([]float64, 1), true)
	})
	a := NewSparseColumns(parfor.Loop{}, x, nil, true)
	one, v := make([]float64, 1), make([]float64, 3)
	const short, out = "argument shorter than the matrix", "column index out of range"
	mustPanic(t, "kernels: Epoch: "+short, func() { a.Epoch(nil, Penalty{L1: one}, one, v) })
	mustPanic(t, "kernels: Epoch: "+short, func() { a.Epoch(nil, Penalty{L1: one, L2: one}, one, v[:2]) })
	mustPanic(t, "kernels: Epoch: "+out, func() { a.Epoch([]int32{1}, Penalty{L1: one, L2: one}, one, v) })
	mustPanic(t, "kernels: Dots: "+short, func() { a.Dots(parfor.Loop{}, nil, v, nil) })
	mustPanic(t, "kernels: Subtract: "+out, func() { a.Subtract([]int32{-1}, one, v) })
	mustPanic(t, "kernels: Clear: "+out, func() { a.Clear(1, v) })
}

// A gradient of the goal's shape: the floor is 12 bytes a stored element from memory. And
// passes over columns that the cache holds.
func BenchmarkCSC(b *testing.B) {
	const rows, cols, stored = 20000, 50000, 40
	rng := rand.New(rand.NewPCG(7, 7))
	indptr := []int{0}
	var indices []int32
	for range cols {
		row := map[int32]bool{}
		for len(row) < stored {
			row[int32(rng.IntN(rows))] = true
		}
		start := len(indices)
		for i := range row {
			indices = append(indices, i)
		}
		slices.Sort(indices[start:])
		indptr = append(indptr, len(indices))
	}
	x, err := NewCSC(rows, cols, indptr, indices, randSlice[float64](rng, len(indices)))
	if err != nil {
		b.Fatal(err)
	}
	a := NewSparseColumns(parfor.Loop{}, x, nil, true)
	v, w, g := randSlice[float64](rng, rows+1), make([]float64, cols), make([]float64, cols)
	all := make([]int32, cols)
	for j := range all {
		all[j] = int32(j)
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("dots/n=%d/p=%d/threads=%d", rows, cols, threads), func(b *testing.B) {
			b.SetBytes(12 * cols * stored)
			for b.Loop() {
				a.Dots(parfor.Loop{Threads: threads}, all, v, g)
			}
		})
	}
	some := make([]int32, 1000)
	for j := range some {
		some[j] = int32(50 * j)
	}
	pen := Penalty{L1: make([]float64, cols), L2: make([]float64, cols)}
	b.Run(fmt.Sprintf("epoch/n=%d/p=%d", rows, len(some)), func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			for _, j := range some {
				pen.L2[j] = float64(i % 2)
			}
			a.Epoch(some, pen, w, v)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(some)), "ns/column")
	})
}
