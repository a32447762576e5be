package kernels

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestViews(t *testing.T) {
	data := []float64{1, 2, 3, 4, 5, 6}
	for name, m := range map[string]Matrix[float64]{
		"row-major":    NewRowMajor(2, 3, data),
		"column-major": NewColMajor(2, 3, []float64{1, 4, 2, 5, 3, 6}),
		"gonum":        FromDense(mat.NewDense(2, 3, data)),
		"gonum slice":  FromDense(mat.NewDense(3, 4, []float64{0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6}).Slice(1, 3, 1, 4).(*mat.Dense)),
	} {
		for i := range 2 {
			for j := range 3 {
				if got, want := m.At(i, j), float64(3*i+j+1); got != want {
					t.Errorf("%s: At(%d, %d) = %v, want %v", name, i, j, got, want)
				}
				if got, want := m.Transposed().At(j, i), m.At(i, j); got != want {
					t.Errorf("%s: Transposed().At(%d, %d) = %v, want %v", name, j, i, got, want)
				}
			}
		}
	}
	m := NewRowMajor(2, 3, data)
	if &m.Data[0] != &data[0] {
		t.Error("NewRowMajor copied the data")
	}
	mustPanic(t, "kernels: At: index out of range", func() { m.At(0, 3) })
	mustPanic(t, "kernels: At: index out of range", func() { m.At(-1, 0) })
	mustPanic(t, "kernels: At: data shorter than the matrix", func() { Matrix[float64]{Rows: 1, Cols: 1, Stride: 1}.At(0, 0) })
	mustPanic(t, "kernels: FromDense: nil matrix", func() { FromDense(nil) })
}

func TestMatrixMisuse(t *testing.T) {
	mustPanic(t, "kernels: NewRowMajor: negative size", func() { NewRowMajor(-1, 3, []float64{}) })
	mustPanic(t, "kernels: NewColMajor: negative size", func() { NewColMajor(1, -3, []float32{}) })
	mustPanic(t, "kernels: NewRowMajor: data shorter than the matrix", func() { NewRowMajor(2, 3, make([]int64, 5)) })
	mustPanic(t, "kernels: NewColMajor: data shorter than the matrix", func() { NewColMajor[float64](1, 1, nil) })
	for _, c := range []struct {
		m    Matrix[float64]
		want string
	}{
		{Matrix[float64]{Rows: 2, Cols: 3, Stride: 2, Data: make([]float64, 9)}, shortStride},
		{Matrix[float64]{Rows: 4, Cols: 1, Stride: 3, Layout: ColMajor, Data: make([]float64, 9)}, shortStride},
		{Matrix[float64]{Rows: 2, Cols: 3, Stride: 5, Data: make([]float64, 7)}, shortData},
		{Matrix[float64]{Rows: 2, Cols: 3, Stride: 5, Data: make([]float64, 8)}, ""},
		{Matrix[float64]{Rows: 1, Cols: 1, Stride: 1, Layout: 2, Data: make([]float64, 9)}, unknownLayout},
		{Matrix[float64]{Rows: math.MaxInt, Cols: 2, Stride: math.MaxInt, Data: make([]float64, 9)}, shortData},
		{Matrix[float64]{Rows: math.MaxInt, Cols: math.MaxInt, Stride: math.MaxInt, Data: make([]float64, 9)}, shortData},
		{Matrix[float64]{Rows: 0, Cols: 5, Stride: 5}, ""},
		{Matrix[float64]{Rows: 5, Cols: 0, Stride: 0}, ""},
		{Matrix[float64]{Rows: 5, Cols: -1, Stride: 0}, negativeSize},
	} {
		if got := c.m.Transposed().Misuse(); got != c.want {
			t.Errorf("%+v transposed: %q, want %q", c.m, got, c.want)
		}
		if got := c.m.Misuse(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.m, got, c.want)
		}
	}
}
