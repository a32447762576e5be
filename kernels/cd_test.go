package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

func close64(a, b, tol float64) bool { return math.Abs(a-b) <= tol*(1+math.Abs(b)) }

// columnsProblem is a 70×40 design whose column 3 is constant and column 4 far from 0.
func columnsProblem(rng *rand.Rand) (x Matrix[float64], y []float64) {
	x = Matrix[float64]{Rows: 70, Cols: 40, Stride: 73, Layout: ColMajor, Data: make([]float64, 40*73)}
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	for i := range 70 {
		x.Data[3*73+i] = 0.1
		x.Data[4*73+i] += 1e6
	}
	for range 70 {
		y = append(y, rng.NormFloat64())
	}
	return x, y
}

func TestCenteredColumns(t *testing.T) {
	x, y := columnsProblem(rand.New(rand.NewPCG(1, 1)))
	data := slices.Clone(x.Data)
	var cols []int32
	for j := range x.Cols {
		cols = append(cols, int32(j))
	}
	for _, center := range []bool{true, false} {
		var first []float64
		for _, l := range loops {
			c := NewCenteredColumns(l, x, center)
			g := make([]float64, x.Cols)
			c.Dots(l, cols, y, g)
			for j := range x.Cols {
				var mean, norm2, dot float64
				for i := range x.Rows {
					mean += x.At(i, j) / float64(x.Rows)
				}
				if !center {
					mean = 0
				}
				for i := range x.Rows {
					v := x.At(i, j) - mean
					norm2 += v * v
					dot += v * y[i]
				}
				if center && j == 3 {
					norm2 = 0
					if c.Norm2[j] != 0 {
						t.Errorf("a constant column has norm² %v", c.Norm2[j])
					}
				}
				if !close64(c.Mean[j], mean, 1e-13) || !close64(c.Norm2[j], norm2, 1e-9) || !close64(g[j], dot, 1e-9) {
					t.Errorf("center %v, column %d: mean %v, norm² %v, dot %v; want %v, %v, %v", center, j, c.Mean[j], c.Norm2[j], g[j], mean, norm2, dot)
				}
			}
			all := slices.Concat(c.Mean, c.Norm2, g)
			if first == nil {
				first = all
			} else if !sameBits(first, all) {
				t.Errorf("center %v: %d threads give other bits", center, l.Threads)
			}
		}
	}
	if !slices.Equal(data, x.Data) {
		t.Error("x was changed")
	}
}

// What counts as constant: a variation of 2⁻⁴⁸ of the mean, or squares that underflow.
func TestConstantColumns(t *testing.T) {
	for _, c := range []struct {
		a, b     float64
		constant bool
	}{{1, 1 + 1e-12, false}, {1, 1 + 0x1p-52, true}, {-1e9, -1e9 - 1e-3, false}, {1e-140, -1e-140, false}, {1e-150, -1e-150, true}} {
		got := NewCenteredColumns(parfor.Loop{}, NewColMajor(4, 1, []float64{c.a, c.b, c.a, c.b}), true).Norm2[0]
		if (got == 0) != c.constant {
			t.Errorf("%v and %v: norm² %v, constant: %v", c.a, c.b, got, c.constant)
		}
	}
}

// An epoch lowers the objective by at least what it says, and keeps r = y − X·w.
func TestEpoch(t *testing.T) {
	x, y := columnsProblem(rand.New(rand.NewPCG(2, 2)))
	c := NewCenteredColumns(parfor.Loop{}, x, true)
	var cols []int32
	for j := range x.Cols {
		if c.Norm2[j] > 0 {
			cols = append(cols, int32(j))
		}
	}
	const l1, l2 = 3, 2
	pen := uniform(x.Cols, l1, l2)
	w, r := make([]float64, x.Cols), slices.Clone(y)
	objective := func() (p float64) {
		for _, v := range r {
			p += v * v / 2
		}
		for _, v := range w {
			p += l1*math.Abs(v) + l2*v*v/2
		}
		return p
	}
	p, fall := objective(), 1.0
	for range 200 {
		fall = c.Epoch(cols, pen, w, r)
		q := objective()
		if p-q < fall-1e-9*p {
			t.Fatalf("the objective fell by %v, less than %v", p-q, fall)
		}
		p = q
	}
	if fall > 1e-20*p {
		t.Errorf("still falling by %v after 200 epochs", fall)
	}
	fresh := slices.Clone(y)
	c.Subtract(cols, w, fresh)
	for i := range r {
		if !close64(r[i], fresh[i], 1e-9) {
			t.Errorf("r[%d] = %v, y − X·w is %v", i, r[i], fresh[i])
		}
	}
	g := make([]float64, x.Cols)
	c.Dots(parfor.Loop{}, cols, r, g)
	for _, j := range cols { // the conditions of optimality
		want := l1*sign(w[j]) + l2*w[j]
		if w[j] != 0 && !close64(g[j], want, 1e-8) || w[j] == 0 && math.Abs(g[j]) > l1 {
			t.Errorf("column %d: w %v, gradient %v, want %v", j, w[j], g[j], want)
		}
	}
}

// uniform is the penalty that is the same for p columns.
func uniform(p int, l1, l2 float64) Penalty {
	return Penalty{L1: slices.Repeat([]float64{l1}, p), L2: slices.Repeat([]float64{l2}, p)}
}

func sign(v float64) float64 { return math.Copysign(1, v) }

func TestColumnsMisuse(t *testing.T) {
	x := NewColMajor(3, 2, make([]float64, 6))
	mustPanic(t, "kernels: NewCenteredColumns: not column-major", func() {
		NewCenteredColumns(parfor.Loop{}, NewRowMajor(3, 2, make([]float64, 6)), true)
	})
	short := x
	short.Data = short.Data[:5]
	mustPanic(t, "kernels: NewCenteredColumns: data shorter than the matrix", func() { NewCenteredColumns(parfor.Loop{}, short, true) })
	c := NewCenteredColumns(parfor.Loop{}, x, true)
	w, r, pen := make([]float64, 2), make([]float64, 3), uniform(2, 1, 1)
	mustPanic(t, "kernels: Epoch: argument shorter than the matrix", func() { c.Epoch(nil, pen, w[:1], r) })
	mustPanic(t, "kernels: Epoch: argument shorter than the matrix", func() { c.Epoch(nil, uniform(1, 1, 1), w, r) })
	mustPanic(t, "kernels: Epoch: column index out of range", func() { c.Epoch([]int32{2}, pen, w, r) })
	mustPanic(t, "kernels: Dots: argument shorter than the matrix", func() { c.Dots(parfor.Loop{}, nil, r[:2], w) })
	mustPanic(t, "kernels: Subtract: column index out of range", func() { c.Subtract([]int32{-1}, w, r) })
	mustPanic(t, "kernels: Epoch: argument shorter than the matrix", func() { (&CenteredColumns[float64]{X: x}).Epoch([]int32{1}, pen, w, r) })
	mustPanic(t, "kernels: Dots: data shorter than the matrix", func() { (&CenteredColumns[float64]{X: short, Mean: w, Norm2: w}).Dots(parfor.Loop{}, nil, r, w) })
	for _, empty := range []Matrix[float64]{
		NewColMajor[float64](0, 2, nil), NewColMajor[float64](2, 0, nil),
		{Rows: 0, Cols: 2, Stride: 5, Layout: ColMajor}, {Rows: 2, Cols: 0, Stride: 5, Layout: ColMajor},
	} {
		c := NewCenteredColumns(parfor.Loop{}, empty, true)
		c.Epoch(nil, pen, make([]float64, 2), make([]float64, 2))
	}
}

// An epoch in which every column moves: 8·n flops and 8·n bytes of X a column.
func BenchmarkEpoch(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, shape := range [][2]int{{442, 10}, {2000, 500}, {100000, 50}} {
		n, p := shape[0], shape[1]
		x := NewColMajor(n, p, randSlice[float64](rng, n*p))
		c := NewCenteredColumns(parfor.Loop{}, x, true)
		y, w := randSlice[float64](rng, n), make([]float64, p)
		var cols []int32
		for j := range p {
			cols = append(cols, int32(j))
		}
		b.Run(fmt.Sprintf("n=%d/p=%d/isa=%v", n, p, simd.Active()), func(b *testing.B) {
			b.SetBytes(int64(8 * n * p))
			pens := []Penalty{uniform(p, 0, 1), uniform(p, 1, 1)}
			for i := 0; b.Loop(); i++ {
				c.Epoch(cols, pens[i%2], w, y)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*p), "ns/column")
		})
	}
}
