package linear

import (
	"context"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// plainCV is the test error of each cell of f, by l1_ratio, alpha and fold, from fits to copies of the training
// rows.
func plainCV(t *testing.T, c ElasticNetCV, x Design, y []float64, f *CVFit) (mse [][][]float64) {
	t.Helper()
	folds, err := readFolds(c.Split, c.Folds, len(y), c.SampleWeights)
	if err != nil {
		t.Fatal(err)
	}
	for l, ratio := range f.L1Ratios {
		mse = append(mse, table[float64](len(f.Alphas[l]), len(folds)))
		for number := range folds {
			m := c.path(ratio)
			m.Alphas, m.Tol, m.MaxIter = f.Alphas[l], 1e-14, 100000
			train, test := folds[number].trainRows(len(y)), []int32(nil)
			for i := range folds[number].test.N {
				test = append(test, int32(folds[number].test.At(i)))
			}
			m.SampleWeights = pickRows(c.SampleWeights, train)
			path, err := m.Fit(context.Background(), copyRows(x, train), pickRows(y, train))
			if err != nil {
				t.Fatal(err)
			}
			tx, ty, weights := copyRows(x, test), pickRows(y, test), pickRows(c.SampleWeights, test)
			for a := range path.Alphas {
				mse[l][a][number] = c.score(ty, path.At(a).Predict(nil, tx), weights)
			}
		}
	}
	return mse
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
