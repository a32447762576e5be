package linear

import (
	"context"
	"fmt"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// Fits, paths and cross-validations of wide, square and tall data in both layouts: a fit at a
// twentieth of the largest alpha, a path of 50 alphas to a hundredth of it, both at Tol 1e-6, and these
// alphas on 5 folds at Tol 1e-4.
func BenchmarkLayouts(b *testing.B) {
	for _, shape := range [][2]int{{200, 5000}, {100, 20000}, {1000, 2048}, {2000, 500}, {10000, 100}, {10000, 1000}, {100000, 50}} {
		columns, y := cvData(shape[0], shape[1])
		rows := byRows(columns)
		top, err := Path{L1Ratio: 1}.AlphaMax(Dense(columns), y)
		if err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			o := Options{Tol: 1e-6, MaxIter: 100000, Loop: parfor.Loop{Threads: threads}}
			run := map[string]func(x kernels.Matrix[float64]) error{
				"fit": func(x kernels.Matrix[float64]) error {
					_, err := Lasso{Options: o, Alpha: 0.05 * top}.Fit(Dense(x), y)
					return err
				},
				"path": func(x kernels.Matrix[float64]) error {
					_, err := Path{Options: o, L1Ratio: 1, NumAlphas: 50, Eps: 1e-2}.Fit(context.Background(), Dense(x), y)
					return err
				},
				"cv": func(x kernels.Matrix[float64]) error {
					o := o
					o.Tol = 1e-4
					_, err := LassoCV{Options: o, NumAlphas: 50, Eps: 1e-2}.Fit(context.Background(), Dense(x), y)
					return err
				},
			}
			for _, what := range []string{"fit", "path", "cv"} {
				for layout, x := range []kernels.Matrix[float64]{columns, rows} {
					b.Run(fmt.Sprintf("%s/n=%d/p=%d/threads=%d/%s", what, shape[0], shape[1], threads, []string{"columns", "rows"}[layout]), func(b *testing.B) {
						for b.Loop() {
							if err := run[what](x); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
		}
	}
}
