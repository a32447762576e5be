package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// rowsOf returns x by rows, with a stride of p+1.
func rowsOf[T Float](x Matrix[T]) Matrix[T] {
	rows := Matrix[T]{Rows: x.Rows, Cols: x.Cols, Stride: x.Cols + 1, Data: make([]T, x.Rows*(x.Cols+1))}
	for i := range x.Rows {
		for j := range x.Cols {
			rows.Data[i*rows.Stride+j] = x.At(i, j)
		}
	}
	return rows
}

func narrow(x Matrix[float64]) Matrix[float32] {
	m := Matrix[float32]{Rows: x.Rows, Cols: x.Cols, Stride: x.Stride, Layout: x.Layout}
	for _, v := range x.Data {
		m.Data = append(m.Data, float32(v))
	}
	return m
}

// Rows give the bits of columns: means, norms and products, for either type, with and
// without weights, on any threads.
func TestCenteredRows(t *testing.T) {
	x, y := columnsProblem(rand.New(rand.NewPCG(5, 5)))
	testCenteredRows(t, x, y)
	testCenteredRows(t, narrow(x), y)
}

func testCenteredRows[T Float](t *testing.T, x Matrix[T], y []float64) {
	rows := rowsOf(x)
	data := slices.Clone(rows.Data)
	weights, cols := make([]float64, x.Rows), []int32{7, 0, 39}
	for i := range weights {
		weights[i] = float64(i % 3)
	}
	all := make([]int32, x.Cols)
	for j := range all {
		all[j] = int32(j)
	}
	for _, weights := range [][]float64{nil, weights} {
		for _, center := range []bool{false, true} {
			want := NewWeightedColumns(parfor.Loop{Threads: 1}, x, weights, center)
			wantG := make([]float64, x.Cols)
			want.Dots(parfor.Loop{Threads: 1}, all, y, wantG)
			for _, l := range loops {
				c := NewCenteredRows(l, rows, weights, center)
				g := make([]float64, x.Cols)
				c.Dots(l, y, g)
				if !sameBits(c.Mean, want.Mean) || !sameBits(c.Norm2, want.Norm2) || !sameBits(g, wantG) {
					t.Errorf("weights %v, center %v: means %v, norms %v, dots %v; want %v, %v, %v", weights, center, c.Mean, c.Norm2, g, want.Mean, want.Norm2, wantG)
				}
				gathered := make([]T, 3*x.Rows)
				c.Gather(l, cols, gathered)
				for k, j := range cols {
					if !slices.Equal(gathered[k*x.Rows:][:x.Rows], x.Data[int(j)*x.Stride:][:x.Rows]) {
						t.Errorf("column %d is gathered wrong", j)
					}
				}
			}
		}
	}
	if !slices.Equal(data, rows.Data) {
		t.Error("x was changed")
	}
}

// A weight of 2 counts as two rows, one of 0 as none.
func TestWeightsAreRows(t *testing.T) {
	x, y := columnsProblem(rand.New(rand.NewPCG(6, 6)))
	weights := make([]float64, x.Rows)
	var long Matrix[float64]
	var yLong, ones []float64
	for i := range weights {
		weights[i] = float64(i % 3)
		for range i % 3 {
			long.Rows++
			yLong = append(yLong, y[i])
			ones = append(ones, 1)
		}
	}
	long = NewColMajor(long.Rows, x.Cols, make([]float64, long.Rows*x.Cols))
	for j := range x.Cols {
		at := j * long.Stride
		for i := range weights {
			for range i % 3 {
				long.Data[at] = x.At(i, j)
				at++
			}
		}
	}
	c, d := NewWeightedColumns(parfor.Loop{}, x, weights, true), NewCenteredColumns(parfor.Loop{}, long, true)
	v := make([]float64, x.Rows)
	for i := range v {
		v[i] = weights[i] * y[i]
	}
	var cols []int32
	for j := range x.Cols {
		if c.Norm2[j] > 0 {
			cols = append(cols, int32(j))
		}
		if !close64(c.Mean[j], d.Mean[j], 1e-14) || !close64(c.Norm2[j], d.Norm2[j], 1e-8) {
			t.Errorf("column %d: mean %v and norm² %v, want %v and %v", j, c.Mean[j], c.Norm2[j], d.Mean[j], d.Norm2[j])
		}
	}
	products, want := make([]float64, len(cols)), make([]float64, len(cols))
	c.Pairs(parfor.Loop{}, []int32{7}, cols, products, len(cols))
	d.Pairs(parfor.Loop{}, []int32{7}, cols, want, len(cols))
	w, wLong, pen := make([]float64, x.Cols), make([]float64, x.Cols), uniform(x.Cols, 3, 2)
	for range 5 {
		fall, wantFall := c.Epoch(cols, pen, w, v), d.Epoch(cols, pen, wLong, yLong)
		if !close64(fall, wantFall, 1e-8) {
			t.Errorf("fall %v, want %v", fall, wantFall)
		}
	}
	for k, j := range cols {
		if !close64(products[k], want[k], 1e-8) || !close64(w[j], wLong[j], 1e-8) {
			t.Errorf("column %d: product %v and w %v, want %v and %v", j, products[k], w[j], want[k], wLong[j])
		}
	}
}

func TestRowsMisuse(t *testing.T) {
	x := NewRowMajor(3, 2, make([]float64, 6))
	mustPanic(t, "kernels: NewCenteredRows: not row-major", func() {
		NewCenteredRows(parfor.Loop{}, NewColMajor(3, 2, make([]float64, 6)), nil, true)
	})
	mustPanic(t, "kernels: NewCenteredRows: weights are not one a row", func() { NewCenteredRows(parfor.Loop{}, x, make([]float64, 2), true) })
	mustPanic(t, "kernels: NewCenteredColumns: weights are not one a row", func() {
		NewWeightedColumns(parfor.Loop{}, NewColMajor(3, 2, make([]float64, 6)), make([]float64, 4), true)
	})
	short := x
	short.Data = short.Data[:5]
	mustPanic(t, "kernels: NewCenteredRows: data shorter than the matrix", func() { NewCenteredRows(parfor.Loop{}, short, nil, true) })
	c := NewCenteredRows(parfor.Loop{}, x, nil, true)
	mustPanic(t, "kernels: Dots: argument shorter than the matrix", func() { c.Dots(parfor.Loop{}, make([]float64, 2), make([]float64, 2)) })
	mustPanic(t, "kernels: Gather: argument shorter than the matrix", func() { c.Gather(parfor.Loop{}, []int32{0}, make([]float64, 2)) })
	mustPanic(t, "kernels: Gather: column index out of range", func() { c.Gather(parfor.Loop{}, []int32{2}, make([]float64, 9)) })
	for _, empty := range []Matrix[float64]{NewRowMajor[float64](0, 2, nil), NewRowMajor[float64](2, 0, nil), {Rows: 0, Cols: 2, Stride: 5}} {
		c := NewCenteredRows(parfor.Loop{}, empty, nil, true)
		c.Dots(parfor.Loop{}, make([]float64, 2), make([]float64, 2))
		c.Gather(parfor.Loop{}, []int32{0, 1}[:empty.Cols], nil)
	}
}

// The gradient of a row-major design: one reading of it.
func BenchmarkRowDots(b *testing.B) {
	for _, shape := range [][2]int{{10000, 100}, {10000, 1000}, {1000, 5000}} {
		benchmarkRowDots(b, shape[0], shape[1])
	}
}

func benchmarkRowDots(b *testing.B, n, p int) {
	rng := rand.New(rand.NewPCG(4, 4))
	c := NewCenteredRows(parfor.Loop{}, NewRowMajor(n, p, randSlice[float64](rng, n*p)), nil, true)
	d := NewCenteredColumns(parfor.Loop{}, NewColMajor(n, p, c.X.Data), true)
	r, g, cols := randSlice[float64](rng, n), make([]float64, p), make([]int32, p)
	for j := range cols {
		cols[j] = int32(j)
	}
	b.Run(fmt.Sprintf("rows/n=%d/p=%d/threads=1", n, p), func(b *testing.B) {
		b.SetBytes(int64(8 * n * p))
		for b.Loop() {
			c.Dots(parfor.Loop{Threads: 1}, r, g)
		}
	})
	b.Run(fmt.Sprintf("columns/n=%d/p=%d/threads=1", n, p), func(b *testing.B) {
		b.SetBytes(int64(8 * n * p))
		for b.Loop() {
			d.Dots(parfor.Loop{Threads: 1}, cols, r, g)
		}
	})
}
