package linear_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/parfor"
)

// The programs of the README, so that what it shows runs. TestREADME holds the two
// together.

func Example() {
	// 4 observations of 2 features: y = 3 + 2·x₀, and x₁ is noise.
	x := kernels.NewRowMajor(4, 2, []float64{0, 1, 1, -1, 2, -1, 3, 1})
	y := []float64{3, 5, 7, 9}

	sums := make([]float64, 2)
	kernels.SumColumns(parfor.Loop{}, sums, x) // on all cores, the same bits on any number

	fit, err := linear.ElasticNet{Alpha: 0.1, L1Ratio: 1}.Fit(linear.Dense(x), y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %.2f %.2f\n", sums, fit.Coef, fit.Intercept)
	// Output: [6 0] [1.92 0.00] 3.12
}

func Example_parfor() {
	x, y := []float64{1, 4, 9, 16}, make([]float64, 4)
	parfor.For(len(x), func(lo, hi int) { // lo…hi is this call's part of 0…len(x)
		for i := lo; i < hi; i++ {
			y[i] = math.Sqrt(x[i])
		}
	})
	sum := parfor.Reduce(parfor.Loop{Threads: -1, Schedule: parfor.Guided(1)}, len(y),
		func(lo, hi int) (s float64) {
			for _, v := range y[lo:hi] {
				s += v
			}
			return s
		}, func(a, b float64) float64 { return a + b })
	fmt.Println(y, sum)
	// Output: [1 2 3 4] 10
}

func Example_path() {
	x := kernels.NewRowMajor(4, 2, []float64{0, 1, 1, -1, 2, -1, 3, 1})
	y := []float64{3, 5, 7, 9}
	path, err := linear.Path{L1Ratio: 1, NumAlphas: 3, Eps: 0.01}.Fit(context.Background(), linear.Dense(x), y)
	if err != nil {
		log.Fatal(err)
	}
	for i, alpha := range path.Alphas { // from the smallest alpha at which all coefficients are 0
		fmt.Printf("alpha %.3f: %.3f, R² %.3f\n", alpha, path.Coef(i), path.R2[i])
	}
	// Output:
	// alpha 2.500: [0.000 0.000], R² 0.000
	// alpha 0.250: [1.800 0.000], R² 0.990
	// alpha 0.025: [1.980 0.000], R² 1.000
}

func Example_crossValidation() {
	x := kernels.NewRowMajor(8, 2, []float64{0, 1, 1, -1, 2, -1, 3, 1, 4, 1, 5, -1, 6, -1, 7, 1})
	y := []float64{3, 5, 7, 9, 11, 13, 15, 17}
	cv, err := linear.ElasticNetCV{
		L1Ratios: []float64{0.5, 0.9, 1},
		Split:    linear.KFold{Folds: 4, Shuffle: true, Seed: 1},
	}.Fit(context.Background(), linear.Dense(x), y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("alpha %.4f, l1_ratio %v: %.2f; simplest as good: alpha %.4f\n", cv.Alpha, cv.L1Ratio, cv.Coef, cv.Alpha1SE)
	// Output: alpha 0.0105, l1_ratio 1: [2.00 0.00]; simplest as good: alpha 0.0113
}

func Example_divisors() {
	fmt.Println(kernels.CountDivisors(18401055938125660800), kernels.Factor(360))
	index := kernels.NewDivisorIndex(parfor.Loop{}, []int64{4, 7, 6, 8, 11, 9})
	fmt.Println(index.SumAtMost(7), index.SumAtMost(11))
	// Output:
	// 184320 [{2 3} {3 2} {5 1}]
	// 9 18
}

// Each Go block of the README stands in this file, line by line.
func TestREADME(t *testing.T) {
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 2 {
		t.Fatalf("%d Go blocks in the README, want 2 or more", len(blocks))
	}
	header := regexp.MustCompile(`(?s)package main.*?func main\(\) \{\n(.*)\n\}\n$`)
	for _, b := range blocks {
		code := header.ReplaceAllString(b[1], "$1")
		if !strings.Contains(flat(string(source)), flat(code)) {
			t.Errorf("not in readme_test.go:\n%s", code)
		}
	}
}

// flat drops the indentation.
func flat(code string) string {
	var lines []string
	for line := range strings.Lines(code) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
