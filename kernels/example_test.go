package kernels_test

import (
	"fmt"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

func ExampleSumColumns() {
	a := kernels.NewRowMajor(2, 3, []float64{
		1, 2, 3,
		4, 5, 6,
	})
	sums := make([]float64, 3)
	kernels.SumColumns(parfor.Loop{}, sums, a)
	fmt.Println(sums)
	// Output: [5 7 9]
}

func ExampleSumDivisorCounts() {
	values := []int64{4, 7, 6, 8, 11, 9}
	fmt.Println(kernels.SumDivisorCounts(parfor.Loop{}, values, 7)) // 3 + 2 + 4
	// Output: 9
}

func ExampleCountDivisors() {
	fmt.Println(kernels.CountDivisors(720720))
	// Output: 240
}
