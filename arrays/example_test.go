package arrays_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// example is a file of 4×3 numbers in a directory of its own, and what removes it.
func example() (path string, remove func()) {
	dir, err := os.MkdirTemp("", "arrays")
	if err != nil {
		panic(err)
	}
	path = filepath.Join(dir, "x.npy")
	x := kernels.NewRowMajor(4, 3, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	if err := arrays.Save(path, x); err != nil {
		panic(err)
	}
	return path, func() { os.RemoveAll(dir) }
}

func ExampleOpen() {
	path, remove := example()
	defer remove()
	x, err := arrays.Open[float64](path, arrays.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Close()
	sums := make([]float64, x.Matrix.Cols)
	kernels.SumColumns(parfor.Loop{}, sums, x.Matrix)
	fmt.Println(sums)
	// Output: [22 26 30]
}

func ExampleOpenStream() {
	path, remove := example()
	defer remove()
	x, err := arrays.OpenStream[float64](path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Close()
	all := make([]kernels.Summary, x.Header.Cols())
	if err := arrays.DescribeColumns(context.Background(), parfor.Loop{}, all, x); err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range all {
		fmt.Printf("%d numbers, mean %g, from %g to %g\n", s.Count, s.Mean, s.Min, s.Max)
	}
	// Output:
	// 4 numbers, mean 5.5, from 1 to 10
	// 4 numbers, mean 6.5, from 2 to 11
	// 4 numbers, mean 7.5, from 3 to 12
}

func ExampleCreate() {
	path, remove := example()
	defer remove()
	x, err := arrays.Create[int32](path, kernels.ColMajor, 2, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Discard() // unless it is closed
	copy(x.Matrix.Data, []int32{1, 2, 3, 4})
	if err := x.Close(); err != nil {
		fmt.Println(err)
		return
	}
	h, err := arrays.ReadHeader(path)
	fmt.Println(h.Type, h.Shape, h.Fortran, err)
	// Output: int32 [2 2] true <nil>
}
