package linear_test

import (
	"fmt"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
)

func ExampleElasticNet_Fit() {
	// y = 3 + 2·x₀, and a second column that has nothing to do with it.
	x := kernels.NewRowMajor(4, 2, []float64{
		0, 1,
		1, -1,
		2, -1,
		3, 1,
	})
	y := []float64{3, 5, 7, 9}
	fit, err := linear.ElasticNet{Alpha: 0.1, L1Ratio: 1}.Fit(linear.Dense(x), y)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("coef %.2f intercept %.2f converged %v\n", fit.Coef, fit.Intercept, fit.Converged)
	// Output: coef [1.92 0.00] intercept 3.12 converged true
}
