// nogil's side of the linear suite.

package suite

import (
	"context"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
)

// linearDesign returns the design of a request, made anew for every run, because what a
// Design keeps of one fit would serve the next; and the columns.
func linearDesign(w *goWorker, r request) (design func() (linear.Design, error), cols int, err error) {
	if _, isDense := r.Inputs["x"]; isDense {
		x, err := w.input(r, "x")
		if err != nil {
			return nil, 0, err
		}
		m := kernels.NewColMajor(x.shape[0], x.shape[1], x.float64s())
		return func() (linear.Design, error) { return linear.Dense(m), nil }, m.Cols, nil
	}
	list, err := w.inputs(r, "x_data", "x_indices", "x_indptr", "y")
	if err != nil {
		return nil, 0, err
	}
	rows := list[3].shape[0]
	cols = list[2].shape[0] - 1
	indices, indptr := integers[int32](list[1].float64s()), integers[int](list[2].float64s())
	return func() (linear.Design, error) {
		return linear.CSC(rows, cols, indptr, indices, list[0].float64s())
	}, cols, nil
}

// linearInputs returns the design of a request, its columns, and the inputs of the names.
func linearInputs(w *goWorker, r request, names ...string) (design func() (linear.Design, error), cols int, list []*array, err error) {
	if design, cols, err = linearDesign(w, r); err == nil {
		list, err = w.inputs(r, names...)
	}
	return design, cols, list, err
}

func integers[T int | int32](v []float64) []T {
	list := make([]T, len(v))
	for i, x := range v {
		list[i] = T(x)
	}
	return list
}

// linearOptions are those that every task shares.
func linearOptions(r request) linear.Options {
	return linear.Options{Tol: r.Params["tol"], MaxIter: int(r.Params["max_iter"]), NoIntercept: r.Params["intercept"] == 0, Loop: r.loop()}
}

// linearFitTask is one fit.
func linearFitTask(w *goWorker, r request) (job, error) {
	design, _, list, err := linearInputs(w, r, "y", "alphas")
	if err != nil {
		return job{}, err
	}
	m := linear.ElasticNet{Options: linearOptions(r), Alpha: list[1].float64s()[0], L1Ratio: r.Params["l1_ratio"]}
	var fit *linear.Fit
	var failure error
	return job{
		run: func() {
			x, err := design()
			if err == nil {
				fit, err = m.Fit(x, list[0].float64s())
			}
			failure = err
		},
		answer: func() []float64 { return append(fit.Coef, fit.Intercept) },
		info:   func() map[string]float64 { return map[string]float64{"epochs": float64(fit.Iterations)} },
		err:    func() error { return failure },
	}, nil
}

// linearPathTask is one path.
func linearPathTask(w *goWorker, r request) (job, error) {
	design, cols, list, err := linearInputs(w, r, "y", "alphas")
	if err != nil {
		return job{}, err
	}
	m := linear.Path{Options: linearOptions(r), Alphas: list[1].float64s(), L1Ratio: r.Params["l1_ratio"]}
	var fit *linear.PathFit
	var failure error
	return job{
		run: func() {
			x, err := design()
			if err == nil {
				fit, err = m.Fit(context.Background(), x, list[0].float64s())
			}
			failure = err
		},
		answer: func() []float64 {
			all := make([]float64, 0, (cols+1)*len(m.Alphas))
			for i := range m.Alphas {
				all = append(append(all, fit.Coef(i)...), fit.Intercept(i))
			}
			return all
		},
		info: func() map[string]float64 {
			passes := 0
			for _, n := range fit.Iterations {
				passes += n
			}
			return map[string]float64{"epochs": float64(passes)}
		},
		err: func() error { return failure },
	}, nil
}

// linearMultiTaskTask is one fit of several tasks.
func linearMultiTaskTask(w *goWorker, r request) (job, error) {
	design, cols, list, err := linearInputs(w, r, "y", "alphas")
	if err != nil {
		return job{}, err
	}
	y := kernels.NewColMajor(list[0].shape[0], list[0].shape[1], list[0].float64s())
	m := linear.MultiTaskElasticNet{Options: linearOptions(r), Alpha: list[1].float64s()[0], L1Ratio: r.Params["l1_ratio"]}
	var fit *linear.MultiTaskFit
	var failure error
	return job{
		run: func() {
			x, err := design()
			if err == nil {
				fit, err = m.Fit(x, y)
			}
			failure = err
		},
		answer: func() []float64 {
			all := make([]float64, 0, (cols+1)*y.Cols)
			for t := range y.Cols {
				for j := range cols {
					all = append(all, fit.Coef.At(j, t))
				}
			}
			return append(all, fit.Intercept...)
		},
		info: func() map[string]float64 { return map[string]float64{"epochs": float64(fit.Iterations)} },
		err:  func() error { return failure },
	}, nil
}
