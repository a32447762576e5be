package linear

import (
	"context"
	"errors"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// cells fits and tests every path on copies of its rows.
func (run *cvRun) cells(ctx context.Context) error {
	n, folds := len(run.y), len(run.folds)
	loop := run.c.Loop
	loop.Schedule = parfor.Dynamic(1)
	err := loop.ForContext(ctx, len(run.L1Ratios)*folds, func(ctx context.Context, lo, hi int) error {
		for cell := lo; cell < hi; cell++ {
			l, number := cell/folds, cell%folds
			f := &run.folds[number]
			m := run.c.path(run.L1Ratios[l])
			m.Alphas, m.Loop.Threads = run.Alphas[l], 1
			train := f.trainRows(n)
			m.SampleWeights = pickRows(run.c.SampleWeights, train)
			path, err := m.Fit(ctx, copyRows(run.x, train), pickRows(run.y, train))
			if err != nil {
				return err
			}
			run.score(l, number, path)
		}
		return nil
	})
	if ranged := (*parfor.RangeError)(nil); errors.As(err, &ranged) {
		return ranged.Err
	}
	return err
}

func (run *cvRun) score(l, number int, path *PathFit) {
	f := &run.folds[number]
	var test []int32
	for i := range f.test.n {
		test = append(test, int32(f.test.at(i)))
	}
	x, y, weights := copyRows(run.x, test), pickRows(run.y, test), pickRows(run.c.SampleWeights, test)
	for a := range path.Alphas {
		predicted := path.At(a).Predict(nil, x)
		run.GapPath[l][a][number], run.IterationsPath[l][a][number] = path.DualGaps[a], path.Iterations[a]
		run.ConvergedPath[l][a][number] = path.Converged[a]
		score := meanSquaredError
		if run.c.Scorer != nil {
			score = run.c.Scorer.Func
		}
		run.MSEPath[l][a][number] = score(y, predicted, weights)
	}
}

func pickRows(v []float64, index []int32) []float64 {
	if v == nil {
		return nil
	}
	picked := make([]float64, len(index))
	for i, row := range index {
		picked[i] = v[row]
	}
	return picked
}

// copyRows is the design of some rows of x.
func copyRows(x Design, index []int32) Design {
	switch d := x.(type) {
	case *dense[float64]:
		return Dense(copyMatrix(d.x, index))
	case *dense[float32]:
		return Dense(copyMatrix(d.x, index))
	case *csc:
		return copySparse(d, index)
	}
	panic("linear: CV: unknown design")
}

func copyMatrix[T kernels.Float](x kernels.Matrix[T], index []int32) kernels.Matrix[T] {
	picked := kernels.NewColMajor(len(index), x.Cols, make([]T, len(index)*x.Cols))
	for j := range x.Cols {
		for i, row := range index {
			picked.Data[j*len(index)+i] = x.At(int(row), j)
		}
	}
	return picked
}

func copySparse(d *csc, index []int32) Design {
	n, p := d.Dims()
	place := make([]int32, n) // 1 + the row's new number
	for i, row := range index {
		place[row] = int32(i) + 1
	}
	indptr, indices, data := []int{0}, []int32(nil), []float64(nil)
	for j := range p {
		rows, values := d.x.Column(j)
		for k, i := range rows {
			if place[i] > 0 {
				indices, data = append(indices, place[i]-1), append(data, values[k])
			}
		}
		indptr = append(indptr, len(data))
	}
	picked, err := CSC(len(index), p, indptr, indices, data)
	if err != nil {
		panic(err)
	}
	return picked
}
