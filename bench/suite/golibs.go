// The loops of other Go libraries, as peers of parfor's: conc and pargo. They run in a
// worker of this program, on the same functions.

package suite

import (
	"sync/atomic"

	"github.com/exascience/pargo/parallel"
	"github.com/sourcegraph/conc/iter"

	"github.com/nogil-go/nogil/bench/trial"
)

// A goLibrary runs a body on parts of a range, by no more than the given goroutines, the
// parts of at least grain elements where it can be told.
type goLibrary struct {
	name string
	loop func(threads, n, grain int, body func(lo, hi int))
}

var goLibraries = []goLibrary{
	{"conc", func(threads, n, grain int, body func(lo, hi int)) {
		chunks := make([]struct{}, (n+grain-1)/grain)
		iter.Iterator[struct{}]{MaxGoroutines: threads}.ForEachIdx(chunks, func(i int, _ *struct{}) {
			body(i*grain, min((i+1)*grain, n))
		})
	}},
	{"pargo", func(threads, n, _ int, body func(lo, hi int)) {
		parallel.Range(0, n, threads, body)
	}},
}

// libraryPeer is a worker of this program that serves one library alone.
func libraryPeer(name string) program {
	p := goPeer("")
	p.key = name
	return p
}

// library finds one by its name; tasks name it in their parameters by its place.
func (r request) library() goLibrary { return goLibraries[int(r.Params["library"])] }

// eachLibrary adds the libraries as contenders of a task.
func (w *workload) eachLibrary(b *bench, task, isa string) {
	for i, l := range goLibraries {
		w.each(b.threads, contender{who: l.name, isa: isa, program: libraryPeer(l.name), task: task, params: map[string]float64{"library": float64(i)}})
	}
}

func smallLibraryTask(_ *goWorker, r request) (job, error) {
	out, l := make([]float64, smallLoopSize), r.library()
	return job{
		run:    func() { l.loop(r.Threads, len(out), 1, func(lo, hi int) { squareRoots(out, lo, hi) }) },
		answer: func() []float64 { return out },
	}, nil
}

func trialLibraryTask(w *goWorker, r request) (job, error) {
	l := r.library()
	return queryTask(w, r, func(values []int64, n int64) int64 {
		var total atomic.Int64
		l.loop(r.Threads, len(values), 1024, func(lo, hi int) { total.Add(trial.Part(values[lo:hi], n)) })
		return total.Load()
	})
}
