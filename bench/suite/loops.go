// Loops that do next to nothing or only count: joblib's sqrt(i²) for i in range(10),
// whose cost is the loop's own, and the forum's counting loop, which cannot be
// shared under an interpreter lock.

package suite

import (
	"fmt"
	"math"

	"github.com/nogil-go/nogil/parfor"
)

const smallLoopSize = 10

// joblib's backends, as worker.py numbers them.
const (
	backendDefault   = 0
	backendThreading = 1
	backendLoky      = 2
)

func (b *bench) smallLoop() (*workload, error) {
	w := &workload{
		name: "small-loop", shape: "sqrt(i²), i < 10", units: 1, unit: "loop",
		notes: []string{"the whole loop is timed, with its start; joblib keeps its pool between loops"},
		check: func(got []float64, _ map[string]float64) error {
			return checkEqual(got, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
		},
	}
	python := b.tools.pythonPeer("joblib", 0)
	joblib := func(who string, threads []int, backend float64) {
		w.each(threads, contender{who: who, program: python, task: "small_joblib", params: map[string]float64{"backend": backend}})
	}
	w.plain(b.threads, contender{who: "nogil parfor.Loop.For", task: "small_parfor", base: true})
	w.plain(b.threads, contender{who: "plain Go loop", task: "small_plain", serial: true})
	w.eachLibrary(b, "small_library", "")
	joblib("joblib, n_jobs=1", []int{1}, backendDefault)
	joblib("joblib, threading", above(b.threads, 1), backendThreading)
	joblib("joblib, loky processes", above(b.threads, 1), backendLoky)
	executors := b.tools.pythonPeer("executors", 0)
	w.each(above(b.threads, 1), contender{who: "ThreadPoolExecutor", program: executors, task: "small_threads"})
	w.each(above(b.threads, 1), contender{who: "ProcessPoolExecutor", program: executors, task: "small_processes"})
	return w, nil
}

// above returns the numbers over least.
func above(threads []int, least int) []int {
	var list []int
	for _, t := range threads {
		if t > least {
			list = append(list, t)
		}
	}
	return list
}

func smallPlainTask(*goWorker, request) (job, error) {
	out := make([]float64, smallLoopSize)
	return job{run: func() { squareRoots(out, 0, len(out)) }, answer: func() []float64 { return out }}, nil
}

func smallParforTask(_ *goWorker, r request) (job, error) {
	out, loop := make([]float64, smallLoopSize), r.loop()
	return job{
		run:    func() { loop.For(len(out), func(lo, hi int) { squareRoots(out, lo, hi) }) },
		answer: func() []float64 { return out },
	}, nil
}

// squareRoots is the body of the loop; inlined into a plain loop the compiler
// could move work out of the timed part.
//
//go:noinline
func squareRoots(out []float64, lo, hi int) {
	for i := lo; i < hi; i++ {
		out[i] = math.Sqrt(float64(i * i))
	}
}

const (
	countTasks = 16
	countTo    = 1_000_000
)

func (b *bench) count() (*workload, error) {
	to := b.pick(countTo, 1000)
	w := &workload{
		name: "count", shape: fmt.Sprintf("%d tasks counting to %d", countTasks, to),
		units: float64(countTasks * to), unit: "step",
		notes:  []string{"a compiled loop against an interpreted one: the peers show what their lock costs, not what Go gains"},
		params: map[string]float64{"tasks": countTasks, "to": float64(to)},
		check: func(got []float64, _ map[string]float64) error {
			return checkEqual(got, []float64{float64(countTasks * to)})
		},
	}
	python := b.tools.pythonPeer("executors", 0)
	w.plain(b.threads, contender{who: "nogil parfor", task: "count", base: true})
	w.each([]int{1}, contender{who: "Python loop", program: python, task: "count_plain"})
	w.each(b.threads, contender{who: "ThreadPoolExecutor", program: python, task: "count_threads"})
	w.each(b.threads, contender{who: "ProcessPoolExecutor", program: python, task: "count_processes"})
	return w, nil
}

func countTask(_ *goWorker, r request) (job, error) {
	tasks, to, loop, total := int(r.Params["tasks"]), int(r.Params["to"]), r.loop(), 0
	return job{
		run: func() {
			total = parfor.Reduce(loop, tasks, func(lo, hi int) int {
				sum := 0
				for range hi - lo {
					sum += countUp(to)
				}
				return sum
			}, func(a, b int) int { return a + b })
		},
		answer: func() []float64 { return []float64{float64(total)} },
	}, nil
}

// countUp counts to n, one step after the other.
//
//go:noinline
func countUp(n int) int {
	i := 0
	for i < n {
		i++
	}
	return i
}
