package linear

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// A fit holds at most a tenth of its design and 4 MiB beside it, and its result: no form
// of a design is copied, widened or transposed. (A Gram matrix, where one is chosen, comes on
// top.) Everything that is allocated counts here, also what is given back in between.
func TestFitsDoNotCopyTheDesign(t *testing.T) {
	const n, p = 3000, 1000
	x, y := randomProblem(91, n, p, 1, 0.2)
	narrow := kernels.NewColMajor(n, p, make([]float32, n*p))
	for i, v := range x.Data {
		narrow.Data[i] = float32(v)
	}
	rows, narrowRows := byRows(x), byRows(narrow)
	// Every fifth row of each column.
	indptr, indices, values := []int{0}, []int32(nil), []float64(nil)
	for j := range p {
		for i := j % 5; i < n; i += 5 {
			indices, values = append(indices, int32(i)), append(values, x.At(i, j))
		}
		indptr = append(indptr, len(indices))
	}
	sparse := func() Design {
		d, err := CSC(n, p, indptr, indices, values)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = float64(1 + i%3)
	}
	for _, c := range []struct {
		name   string
		design func() Design
		bytes  int
	}{
		{"columns", func() Design { return Dense(x) }, 8 * n * p},
		{"float32 columns", func() Design { return Dense(narrow) }, 4 * n * p},
		{"rows", func() Design { return Dense(rows) }, 8 * n * p},
		{"float32 rows", func() Design { return Dense(narrowRows) }, 4 * n * p},
		{"sparse columns", sparse, 12 * len(values)},
	} {
		for _, s := range [][]float64{nil, weights} {
			m := ElasticNet{Options: Options{SampleWeights: s, Algorithm: WorkingSet, Loop: parfor.Loop{Threads: 1}}, Alpha: 0.02, L1Ratio: 0.9}
			var before, after runtime.MemStats
			d := c.design()
			spareBlocks = sync.Pool{}
			runtime.ReadMemStats(&before)
			f := mustFit(t, m, d, y)
			runtime.ReadMemStats(&after)
			if held, limit := int(after.TotalAlloc-before.TotalAlloc), c.bytes/10+4<<20; held > limit || !f.Converged || !slices.ContainsFunc(f.Coef, func(w float64) bool { return w != 0 }) {
				t.Errorf("%s, weighted %v: %d bytes, at most %d wanted; converged %v after %d passes", c.name, s != nil, held, limit, f.Converged, f.Iterations)
			}
		}
	}
}

// A path on a row-major design gathers its working set and perhaps a quarter of the design, whatever
// its certificates ask for, with room for as many.
func TestPathsGatherLittle(t *testing.T) {
	const n, p = 150, 3000
	x, y := randomProblem(92, n, p, 0.3, 0.5)
	for _, a := range []Algorithm{Auto, Covariance, WorkingSet} {
		spareBlocks = sync.Pool{}
		m := Path{L1Ratio: 1, NumAlphas: 30, Eps: 1e-2, Options: Options{Tol: 1e-5, Algorithm: a, Loop: parfor.Loop{Threads: 1}, ctx: context.Background()}}
		r, err := m.begin(Dense(byRows(x)), y)
		for err == nil && r.left() > 0 {
			err = r.step()
		}
		if err != nil {
			t.Fatal(err)
		}
		f := r.s.form.(*rowForm[float64])
		if held, room := len(f.cols), cap(f.block.X.Data)/n; 4*held > p || 2*room > p {
			t.Errorf("%v: %d columns gathered and room for %d, of %d", a, held, room, p)
		}
		if _, coef := r.fit.Support(len(r.alphas) - 1); 20*len(coef) < n {
			t.Errorf("%v: only %d coefficients", a, len(coef))
		}
	}
}
