package kernels_test

import (
	"fmt"
	"math"

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

func ExampleVarColumns() {
	a := kernels.NewRowMajor(3, 2, []float64{
		1, 10,
		2, 20,
		6, 30,
	})
	variances := make([]float64, 2)
	kernels.VarColumns(parfor.Loop{}, variances, a, 1) // of a sample
	fmt.Println(variances)
	// Output: [7 100]
}

func ExampleDescribeColumns() {
	a := kernels.NewRowMajor(4, 2, []float64{
		1, 10,
		2, math.NaN(),
		6, 30,
		3, 20,
	})
	summaries := make([]kernels.Summary, 2)
	kernels.DescribeColumns(parfor.Loop{}, summaries, a)
	for _, s := range summaries {
		fmt.Printf("%d values, mean %g, sd %.3f, from %g to %g\n", s.Count, s.Mean, s.Std, s.Min, s.Max)
	}
	// Output:
	// 4 values, mean 3, sd 2.160, from 1 to 6
	// 3 values, mean 20, sd 10.000, from 10 to 30
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
