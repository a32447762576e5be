package kernels

import (
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// Descent on the Gram matrix goes where descent on the residual goes, and its gradient
// stays Xᵀr.
func TestGramFollowsResidual(t *testing.T) {
	x, y := columnsProblem(rand.New(rand.NewPCG(3, 3)))
	for j := range 2 { // without the constant and the far column, which cost digits
		copy(x.Data[(3+j)*x.Stride:][:x.Rows], x.Data[(20+j)*x.Stride:])
	}
	c := NewCenteredColumns(parfor.Loop{}, x, true)
	p := x.Cols
	var cols []int32
	gram := Matrix[float64]{Rows: p, Cols: p, Stride: p + 2, Data: make([]float64, p*(p+2))}
	for j := range p {
		cols = append(cols, int32(j))
		for k := range p {
			for i := range x.Rows {
				gram.Data[j*gram.Stride+k] += (x.At(i, j) - c.Mean[j]) * (x.At(i, k) - c.Mean[k])
			}
		}
	}
	m := NewGramMatrix(gram)
	pen := uniform(p, 3, 2)
	g, w, wGram := make([]float64, p), make([]float64, p), make([]float64, p)
	c.Dots(parfor.Loop{}, cols, y, g)
	r := append([]float64(nil), y...)
	for range 30 {
		fall := c.Epoch(cols, pen, w, r)
		if got := m.Epoch(cols, pen, wGram, g); !close64(got, fall, 1e-8) {
			t.Fatalf("fall %v, by the residual %v", got, fall)
		}
		for j := range w {
			if !close64(wGram[j], w[j], 1e-8) {
				t.Fatalf("w[%d] = %v, by the residual %v", j, wGram[j], w[j])
			}
		}
	}
	want := make([]float64, p)
	c.Dots(parfor.Loop{}, cols, r, want)
	for j := range g {
		if !close64(g[j], want[j], 1e-8) {
			t.Errorf("gradient %d: %v, want %v", j, g[j], want[j])
		}
	}
	shift := make([]float64, p)
	shift[7], shift[9] = 2, -3
	m.Subtract([]int32{7, 9}, shift, g)
	for j := range g {
		if v := want[j] - 2*gram.At(7, j) + 3*gram.At(9, j); !close64(g[j], v, 1e-8) {
			t.Errorf("gradient %d less 2·G₇ − 3·G₉: %v, want %v", j, g[j], v)
		}
	}
}

func TestGramMisuse(t *testing.T) {
	mustPanic(t, "kernels: NewGramMatrix: not square", func() { NewGramMatrix(NewRowMajor(2, 3, make([]float64, 6))) })
	mustPanic(t, "kernels: NewGramMatrix: stride smaller than a row or column", func() {
		NewGramMatrix(Matrix[float64]{Rows: 2, Cols: 2, Stride: 1, Data: make([]float64, 6)})
	})
	m := NewGramMatrix(NewRowMajor(2, 2, make([]float64, 4)))
	two, pen := make([]float64, 2), uniform(2, 1, 1)
	mustPanic(t, "kernels: Epoch: argument shorter than the matrix", func() { m.Epoch(nil, pen, two[:1], two) })
	mustPanic(t, "kernels: Epoch: argument shorter than the matrix", func() { m.Epoch(nil, uniform(1, 1, 1), two, two) })
	mustPanic(t, "kernels: Epoch: column index out of range", func() { m.Epoch([]int32{2}, pen, two, two) })
	mustPanic(t, "kernels: Subtract: argument shorter than the matrix", func() { m.Subtract(nil, two, two[:1]) })
	mustPanic(t, "kernels: Subtract: column index out of range", func() { m.Subtract([]int32{-1}, two, two) })
}
