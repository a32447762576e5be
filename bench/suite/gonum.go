// gonum's own functions of vectors, in Go's assembler, on one core: the peer that Go
// engineers have at hand.

package suite

import (
	vectors "gonum.org/v1/gonum/floats"

	"github.com/nogil-go/nogil/parfor"
)

// gonum adds a function of gonum's as a contender.
func (w *workload) gonum(b *bench, who, task string) {
	w.each(b.threads, contender{who: "gonum " + who, program: libraryPeer("gonum"), task: task, serial: true})
}

// gonumColumnsTask sums each column where it lies in one piece, and else adds up the rows.
func gonumColumnsTask(w *goWorker, r request) (job, error) {
	a, err := w.input(r, "a")
	if err != nil {
		return job{}, err
	}
	v, rows, cols := a.float64s(), a.shape[0], a.shape[1]
	sums := make([]float64, cols)
	run := func() {
		clear(sums)
		for i := range rows {
			vectors.Add(sums, v[i*cols:(i+1)*cols])
		}
	}
	if a.fortran {
		run = func() {
			for j := range sums {
				sums[j] = vectors.Sum(v[j*rows : (j+1)*rows])
			}
		}
	}
	return job{run: run, answer: func() []float64 { return sums }}, nil
}

func gonumAddTask(w *goWorker, r request) (job, error) {
	return vectorTask(w, r, func(_ parfor.Loop, x, y, z []float64) { vectors.AddTo(z, x, y) })
}

func gonumDotTask(w *goWorker, r request) (job, error) {
	return productTask(w, r, func(_ parfor.Loop, x, y []float64) float64 { return vectors.Dot(x, y) })
}
