// Divisor counts: the article on parallel scipy.weave. Given n, the sum of the
// numbers of divisors of those of a million integers that are ≤ n; thirteen n's.
// First nogil's own way against the article's, then the article's loop itself
// under parfor and under OpenMP, which compares the loop runtimes alone.

package suite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/nogil-go/nogil/bench/trial"
	"github.com/nogil-go/nogil/kernels"
)

const (
	divisorsValues = 1_000_000
	divisorsMax    = 1_000_000
)

// divisorsQueries are the article's, in units of a tenth of divisorsMax.
var divisorsQueries = []int64{1, 4, 1, 2, 4, 5, 1, 1, 2, 3, 4, 1, 2}

// divisors compares the fast kernel with the article's loop under OpenMP.
func (b *bench) divisors() (*workload, error) {
	w, err := b.divisorsData("divisors")
	if err != nil {
		return nil, err
	}
	w.notes = append(w.notes, "the article took 4.78 s on one thread and 1.54 s on four, on the machine of its day")
	w.nogil(b, b.threads, contender{who: "nogil kernels.SumDivisorCounts", task: "divisors", base: true})
	w.each(b.threads, contender{who: "OpenMP trial division", program: b.tools.openmpPeer(w.inputs["values"], w.inputs["queries"])})
	return w, nil
}

// divisorsLoop compares parfor with OpenMP on the article's loop.
func (b *bench) divisorsLoop() (*workload, error) {
	w, err := b.divisorsData("divisors-loop")
	if err != nil {
		return nil, err
	}
	w.notes = append(w.notes, "the same C function, guided chunks of at least 1024 values under both")
	w.plain(b.threads, contender{who: "nogil parfor, trial division", task: "trial", base: true, isa: "C"})
	for _, p := range nativePeers {
		w.each(b.threads, contender{who: p.name, isa: "C", program: b.tools.nativePeer(p.name, "trial", w.inputs["values"], w.inputs["queries"])})
	}
	w.eachLibrary(b, "trial_library", "C")
	w.each(b.threads, contender{who: "Numba prange", program: b.tools.compiledPython("numba", 0), task: "trial_numba"})
	return w, nil
}

// divisorsData makes values and queries, and the answers by a sieve.
func (b *bench) divisorsData(name string) (*workload, error) {
	n, most := b.pick(divisorsValues, 2000), b.pick(divisorsMax, 10000)
	dir := b.scratch.dirs[0]
	values, err := createArray(filepath.Join(dir, name+"-values.npy"), int64Type, false, n)
	if err != nil {
		return nil, err
	}
	queries, err := createArray(filepath.Join(dir, name+"-queries.npy"), int64Type, false, len(divisorsQueries))
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(3, 0))
	for i := range values.int64s() {
		values.int64s()[i] = 1 + rng.Int64N(int64(most))
	}
	for i, q := range divisorsQueries {
		queries.int64s()[i] = q * int64(most) / 10
	}
	want := sieveSums(values.int64s(), queries.int64s(), most)
	return &workload{
		name: name, shape: fmt.Sprintf("%d values, %d queries", n, len(divisorsQueries)),
		notes: []string{fmt.Sprintf("values uniform in [1, %d]; the queries are %d·%v", most, most/10, divisorsQueries)},
		units: float64(n * len(divisorsQueries)), unit: "value",
		inputs: map[string]string{"values": values.path, "queries": queries.path},
		check:  func(got []float64, _ map[string]float64) error { return checkEqual(got, want) },
		close:  func() { b.scratch.drop(values); b.scratch.drop(queries) },
	}, nil
}

// sieveSums answers the queries from a table of d(1) … d(most).
func sieveSums(values, queries []int64, most int) []float64 {
	d := make([]int64, most+1)
	for k := 1; k <= most; k++ {
		for m := k; m <= most; m += k {
			d[m]++
		}
	}
	sums := make([]float64, len(queries))
	for i, q := range queries {
		for _, v := range values {
			if v <= q {
				sums[i] += float64(d[v])
			}
		}
	}
	return sums
}

// checkEqual compares whole numbers.
func checkEqual(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Errorf("number %d is %v, want %v", i, got[i], want[i])
		}
	}
	return nil
}

func divisorsTask(w *goWorker, r request) (job, error) {
	loop := r.loop()
	return queryTask(w, r, func(values []int64, n int64) int64 { return kernels.SumDivisorCounts(loop, values, n) })
}

func trialTask(w *goWorker, r request) (job, error) {
	loop := r.loop()
	return queryTask(w, r, func(values []int64, n int64) int64 { return trial.Sum(loop, values, n) })
}

// queryTask answers all queries with the given function.
func queryTask(w *goWorker, r request, sum func(values []int64, n int64) int64) (job, error) {
	in, err := w.inputs(r, "values", "queries")
	if err != nil {
		return job{}, err
	}
	values, queries := in[0].int64s(), in[1].int64s()
	sums := make([]float64, len(queries))
	return job{
		run: func() {
			for i, q := range queries {
				sums[i] = float64(sum(values, q))
			}
		},
		answer: func() []float64 { return sums },
	}, nil
}
