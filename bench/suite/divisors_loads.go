// The workloads of the divisors suite: one integer, batches of each size, tables, ranges,
// sums and the article's queries, with the goals that they were set.

package suite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// Divisors is the suite of the divisor counts.
const Divisors = "divisors"

// divisorLoads lists the workloads; the sizes are the counts of numbers.
func divisorLoads() []entry {
	var loads []entry
	for _, s := range []struct {
		bits, n int
		goal    string
	}{{20, 100000, "0.029"}, {32, 20000, "0.15"}, {40, 10000, "0.30"}, {48, 5000, "0.55"}, {64, 2000, "5"}} {
		name := fmt.Sprintf("bits%d", s.bits)
		loads = append(loads, entry{name, func(b *bench) (*workload, error) {
			goal := fmt.Sprintf("goal: %s µs a number on one thread, FLINT and PARI at 10 times nogil's", s.goal)
			shape := fmt.Sprintf("%d random %d-bit numbers", b.pick(s.n, 50), s.bits)
			return b.countWorkload(name, shape, goal, "counts", b.threads, randomBits(b.pick(s.n, 50), s.bits))
		}})
	}
	semiprime := func(name, task, goal string, n int) entry {
		return entry{name, func(b *bench) (*workload, error) {
			shape := fmt.Sprintf("%d products of two 32-bit primes", b.pick(n, 5))
			threads := b.threads
			if task == "counts_single" {
				threads = []int{1}
			}
			return b.countWorkload(name, shape, goal, task, threads, semiprimes(b.pick(n, 5)))
		}}
	}
	return append(loads,
		semiprime("semiprime-one", "counts_single", "goal: 40 µs a number, one call each", 200),
		semiprime("semiprime-batch", "counts", "goal: 20 µs a number on one thread, one call for all", 1000),
		entry{"table", func(b *bench) (*workload, error) {
			return b.tableWorkload("table", "divisor_table", "goal: 2.3 ns an entry on one thread, 1.8 times as fast on two")
		}},
		entry{"range", func(b *bench) (*workload, error) {
			return b.tableWorkload("range", "divisor_range", "the same numbers as a stream of segments")
		}},
		entry{"summatory14", func(b *bench) (*workload, error) {
			return b.summatoryWorkload("summatory14", 14, "3239062263181054", "goal: 50 ms")
		}},
		entry{"summatory18", func(b *bench) (*workload, error) {
			return b.summatoryWorkload("summatory18", 18, "41600963003695964400", "goal: 1 s")
		}},
		entry{"queries", (*bench).coldQueries},
		entry{"divisors-loop", (*bench).divisorsLoop},
	)
}

// everyLevel adds a contender at every level of this machine, or at those that were asked
// for; the first and best may be the base.
func (w *workload) everyLevel(b *bench, threads []int, c contender, base bool) {
	levels := b.levels
	if len(levels) == 1 {
		levels = nil
		for _, l := range slices.Backward(simd.Levels()) {
			levels = append(levels, l.String())
		}
	}
	for i, level := range levels {
		c.program, c.isa, c.base = goPeer(level), level, base && i == 0
		w.each(threads, c)
	}
}

// countWorkload counts the divisors of each value, beside FLINT and PARI. Everybody's
// answers must be those of kernels.CountDivisors here, and so each other's.
func (b *bench) countWorkload(name, shape, goal, task string, threads []int, numbers []uint64) (*workload, error) {
	values, err := createArray(filepath.Join(b.scratch.dirs[0], name+".npy"), int64Type, false, len(numbers))
	if err != nil {
		return nil, err
	}
	copy(values.words(), numbers)
	want := make([]float64, len(numbers))
	for i, v := range numbers {
		want[i] = float64(kernels.CountDivisors(v))
	}
	w := &workload{
		name: name, shape: shape, notes: []string{goal}, units: float64(len(numbers)), unit: "number",
		inputs: map[string]string{"values": values.path},
		check:  func(got []float64, _ map[string]float64) error { return checkEqual(got, want) },
		close:  func() { b.scratch.drop(values) },
	}
	w.everyLevel(b, threads, contender{who: "nogil kernels." + counters[task], task: task}, true)
	for _, peer := range []string{"FLINT", "PARI"} {
		w.each(threads, contender{who: peer, serial: true, isa: "C", program: b.tools.divisorPeer(peer, values.path)})
	}
	return w, nil
}

// counters are the functions that the tasks call.
var counters = map[string]string{"counts": "CountDivisorsEach", "counts_single": "CountDivisors"}

func randomBits(n, width int) []uint64 {
	rng := rand.New(rand.NewPCG(uint64(width), 1))
	v := make([]uint64, n)
	for i := range v {
		v[i] = 1<<(width-1) | rng.Uint64()>>(65-width)
	}
	return v
}

// semiprimes are products of two random primes of 32 bits.
func semiprimes(n int) []uint64 {
	rng := rand.New(rand.NewPCG(2, 2))
	prime := func() uint64 {
		for {
			if p := 1<<31 | rng.Uint64()>>33; new(big.Int).SetUint64(p).ProbablyPrime(0) {
				return p
			}
		}
	}
	v := make([]uint64, n)
	for i := range v {
		v[i] = prime() * prime()
	}
	return v
}

// tableWorkload counts all numbers up to 10^8; the answer is their sum.
func (b *bench) tableWorkload(name, task, goal string) (*workload, error) {
	n := b.pick(100_000_000, 100_000)
	_, want := kernels.SummatoryDivisors(uint64(n))
	w := &workload{
		name: name, shape: fmt.Sprintf("d(1) … d(%d)", n), notes: []string{goal}, units: float64(n), unit: "entry",
		inputs: map[string]string{}, params: map[string]float64{"n": float64(n)},
		check: func(got []float64, _ map[string]float64) error { return checkEqual(got, []float64{float64(want)}) },
	}
	who := map[string]string{"divisor_table": "DivisorTable", "divisor_range": "CountDivisorsRange"}[task]
	w.everyLevel(b, b.threads, contender{who: "nogil kernels." + who, task: task}, true)
	return w, nil
}

// summatoryWorkload is D(10^power), in two parts of 32 and 96 bits.
func (b *bench) summatoryWorkload(name string, power int, want, goal string) (*workload, error) {
	if b.quick {
		power, want = 7, "162725364"
	}
	whole, _ := new(big.Int).SetString(want, 10)
	high, low := new(big.Int).DivMod(whole, big.NewInt(1<<32), new(big.Int))
	parts := []float64{float64(high.Int64()), float64(low.Int64())}
	w := &workload{
		name: name, shape: fmt.Sprintf("D(10^%d)", power), notes: []string{goal, "beside A057494 of the OEIS"}, units: 1, unit: "sum",
		inputs: map[string]string{}, params: map[string]float64{"n": math.Pow10(power)},
		check: func(got []float64, _ map[string]float64) error { return checkEqual(got, parts) },
	}
	w.plain([]int{1}, contender{who: "nogil kernels.SummatoryDivisors", task: "summatory", isa: "Go", base: true})
	return w, nil
}

// coldQueries are the article's 13 queries, each time in a new process, which has built
// no table yet.
func (b *bench) coldQueries() (*workload, error) {
	w, err := b.divisorsData("queries")
	if err != nil {
		return nil, err
	}
	w.notes = append(w.notes, "goal: 5 ms on one thread, cold: each run is the first of a new process, whose values are in memory",
		"the article took 4.78 s on one thread and 1.54 s on four, on the machine of its day")
	w.everyLevel(b, b.threads, contender{who: "nogil kernels.DivisorIndex", task: "cold_index"}, true)
	w.everyLevel(b, b.threads, contender{who: "nogil kernels.SumDivisorCounts", task: "cold_sums"}, false)
	w.each(b.threads, contender{who: "OpenMP trial division", isa: "C", program: b.tools.openmpPeer(w.inputs["values"], w.inputs["queries"])})
	return w, nil
}

// divisorPeer is the worker of FLINT or PARI on the given values.
func (t *tools) divisorPeer(name, values string) program {
	p := program{key: name}
	if t.none {
		p.reason = errNotAsked.Error()
		return p
	}
	path, err := t.compileDivisors(context.Background(), name)
	if err != nil {
		p.reason = err.Error()
		return p
	}
	p.args = []string{path, values}
	return p
}

// compileDivisors compiles peers/divisors.c with a library.
func (t *tools) compileDivisors(ctx context.Context, name string) (string, error) {
	library := map[string]string{"FLINT": "-lflint", "PARI": "-lpari"}[name]
	source, worker := filepath.Join(t.dir, "peers", "divisors.c"), filepath.Join(t.dir, "peers", "worker.h")
	flags := []string{"-O3", "-std=gnu11", "-DPEER_" + name}
	sum, err := hash(append(flags, library), source, worker)
	if err != nil {
		return "", err
	}
	return t.make(ctx, "divisors-"+name+"-"+sum[:12], func(out string) error {
		if _, err := output(ctx, compiler(ctx), append(flags, "-o", out, source, library)...); err != nil {
			return fmt.Errorf("no %s with headers (Debian: lib%s-dev): %w", name, library[2:], err)
		}
		return nil
	})
}

func countsTask(w *goWorker, r request) (job, error) {
	return countTaskOf(w, r, func(dst, values []uint64) { kernels.CountDivisorsEach(r.loop(), dst, values) })
}

func countsSingleTask(w *goWorker, r request) (job, error) {
	return countTaskOf(w, r, func(dst, values []uint64) {
		for i, v := range values {
			dst[i] = kernels.CountDivisors(v)
		}
	})
}

func countTaskOf(w *goWorker, r request, count func(dst, values []uint64)) (job, error) {
	a, err := w.input(r, "values")
	if err != nil {
		return job{}, err
	}
	values := slices.Clone(a.words())
	dst := make([]uint64, len(values))
	return job{
		run: func() { count(dst, values) },
		answer: func() []float64 {
			counts := make([]float64, len(dst))
			for i, d := range dst {
				counts[i] = float64(d)
			}
			return counts
		},
	}, nil
}

func divisorTableTask(_ *goWorker, r request) (job, error) {
	var d []uint16
	return job{
		run: func() { d = kernels.DivisorTable(r.loop(), int(r.Params["n"])) },
		answer: func() []float64 {
			sum := 0
			for _, k := range d {
				sum += int(k)
			}
			return []float64{float64(sum)}
		},
	}, nil
}

func divisorRangeTask(_ *goWorker, r request) (job, error) {
	sum := uint64(0)
	return job{
		run: func() {
			sum = 0
			for _, counts := range kernels.CountDivisorsRange(r.loop(), 1, uint64(r.Params["n"])) {
				some := uint64(0) // sum belongs to a closure: each addition would wait for the one before to be stored
				for _, d := range counts {
					some += uint64(d)
				}
				sum += some
			}
		},
		answer: func() []float64 { return []float64{float64(sum)} },
	}, nil
}

func summatoryTask(_ *goWorker, r request) (job, error) {
	var hi, lo uint64
	return job{
		run:    func() { hi, lo = kernels.SummatoryDivisors(uint64(r.Params["n"])) },
		answer: func() []float64 { return []float64{float64(hi<<32 | lo>>32), float64(lo & math.MaxUint32)} },
	}, nil
}

// indexTask answers all queries from one index.
func indexTask(w *goWorker, r request) (job, error) {
	return firstTask(w, r, func(l parfor.Loop, values, queries []int64, sums []float64) {
		x := kernels.NewDivisorIndex(l, values)
		for i, q := range queries {
			sums[i] = float64(x.SumAtMost(q))
		}
	})
}

// sumsTask answers each query by a call of its own.
func sumsTask(w *goWorker, r request) (job, error) {
	return firstTask(w, r, func(l parfor.Loop, values, queries []int64, sums []float64) {
		for i, q := range queries {
			sums[i] = float64(kernels.SumDivisorCounts(l, values, q))
		}
	})
}

// firstTask answers the queries over a copy of the values, which lies in memory as the
// array of any program does that has just made it.
func firstTask(w *goWorker, r request, answer func(l parfor.Loop, values, queries []int64, sums []float64)) (job, error) {
	in, err := w.inputs(r, "values", "queries")
	if err != nil {
		return job{}, err
	}
	values, queries := slices.Clone(in[0].int64s()), in[1].int64s()
	sums := make([]float64, len(queries))
	return job{
		run:    func() { answer(r.loop(), values, queries, sums) },
		answer: func() []float64 { return sums },
	}, nil
}

// coldTask does another task in a new process for each run and takes that process's time.
func coldTask(task string) func(*goWorker, request) (job, error) {
	return func(_ *goWorker, r request) (job, error) {
		var seconds float64
		var failed error
		child := r
		child.Task, child.Inner = task, 1
		return job{
			run: func() {
				took, err := firstRun(child)
				seconds += took
				failed = errors.Join(failed, err)
			},
			seconds: func() float64 { return seconds },
			err:     func() error { return failed },
		}, nil
	}
}

// firstRun has a new process do r and leave the answer.
func firstRun(r request) (seconds float64, err error) {
	p, err := start(context.Background(), goPeer(os.Getenv("NOGIL_SIMD")))
	if err != nil {
		return 0, err
	}
	defer p.stop()
	answer, err := p.do(context.Background(), r)
	return answer.Seconds, err
}
