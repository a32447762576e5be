// Vector add and dot product of the forum's thread, on vectors that no cache holds.
// The peers are NumPy, alone and with the vectors split among the threads or the
// processes of an executor; all of them write into the same mapped output.

package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/openblas"
	"github.com/nogil-go/nogil/parfor"
)

const (
	vectorSize = 40_000_000
	// dotTolerance is relative to the sum of the products, which are positive.
	dotTolerance = 1e-10
	// dotChunk is how many elements go into one call of blas64.Dot: few enough to
	// share evenly, many enough that the call costs nothing.
	dotChunk = 1 << 16
)

// vectors makes the named vectors; a and b are random, c is zeros.
func (b *bench) vectors(w *workload, names ...string) ([]*array, error) {
	n := b.pick(vectorSize, 10000)
	if fit := int(b.scratch.room()) / (8 * len(names)) / 1000 * 1000; fit < n {
		w.notes = append(w.notes, fmt.Sprintf("%d of %d elements, because memory is short", fit, n))
		n = fit
	}
	if n == 0 {
		return nil, errNoRoom
	}
	var list []*array
	w.close = func() {
		for _, a := range list {
			b.scratch.drop(a)
		}
	}
	for seed, name := range names {
		a, err := b.scratch.floats(w.name+"-"+name+".npy", false, n)
		if err != nil {
			w.done()
			return nil, err
		}
		list = append(list, a)
		w.inputs[name] = a.path
		if name != outputInput {
			fillVector(a.float64s(), uint64(seed))
		}
	}
	w.shape, w.units, w.bytes = fmt.Sprintf("%d float64", n), float64(n), float64(8*n*len(names))
	w.notes = append(w.notes, "mapped from "+list[0].place()+" by everyone")
	return list, nil
}

// fillVector writes uniform numbers in [0, 1), block by block with seeds of their
// own, so that they do not depend on the number of cores.
func fillVector(v []float64, seed uint64) {
	const block = 1 << 16
	split((len(v)+block-1)/block, runtime.GOMAXPROCS(0), func(lo, hi int) {
		for k := lo; k < hi; k++ {
			rng := rand.New(rand.NewPCG(4+seed, uint64(k)))
			for i := k * block; i < min((k+1)*block, len(v)); i++ {
				v[i] = rng.Float64()
			}
		}
	})
}

func (b *bench) vectorAdd() (*workload, error) {
	w := &workload{name: "vector-add", unit: "element", inputs: map[string]string{}}
	v, err := b.vectors(w, "a", "b", outputInput)
	if err != nil {
		return nil, err
	}
	w.flops = w.units
	w.notes = append(w.notes, "GB/s counts two reads and one write, not the line that a plain store reads first")
	x, y, z := v[0].float64s(), v[1].float64s(), v[2].float64s()
	w.reset = func() error {
		split(len(z), runtime.GOMAXPROCS(0), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				z[i] = math.NaN()
			}
		})
		return nil
	}
	w.check = func([]float64, map[string]float64) error { return checkAdded(x, y, z) }
	python := b.tools.pythonPeer("executors", 0)
	w.readLimit(b, v[0])
	w.nogil(b, b.threads, contender{who: "nogil kernels.Add", task: "add", base: true})
	w.plain(b.threads, contender{who: "nogil parfor, plain Go", task: "add_plain", isa: "Go"})
	w.gonum(b, "floats.AddTo", "gonum_add")
	w.each(b.threads, contender{who: "numpy.add", program: python, task: "add_numpy", serial: true})
	w.each(b.threads, contender{who: "ThreadPoolExecutor, numpy.add", program: python, task: "add_threads"})
	w.each(b.threads, contender{who: "ProcessPoolExecutor, numpy.add", program: python, task: "add_processes"})
	return w, nil
}

// checkAdded compares the output itself, wherever it was written from.
func checkAdded(x, y, z []float64) error {
	bad := make([]int, runtime.GOMAXPROCS(0))
	split(len(bad), len(bad), func(c, _ int) {
		bad[c] = -1
		for i := len(z) * c / len(bad); i < len(z)*(c+1)/len(bad); i++ {
			if z[i] != x[i]+y[i] {
				bad[c] = i
				return
			}
		}
	})
	for _, i := range bad {
		if i >= 0 {
			return fmt.Errorf("element %d is %v, want %v", i, z[i], x[i]+y[i])
		}
	}
	return nil
}

func (b *bench) dot() (*workload, error) {
	w := &workload{name: "dot", unit: "element", inputs: map[string]string{}}
	v, err := b.vectors(w, "a", "b")
	if err != nil {
		return nil, err
	}
	x, y := v[0].float64s(), v[1].float64s()
	w.flops = 2 * w.units
	want := exactDot(x, y)
	w.check = func(got []float64, _ map[string]float64) error {
		if len(got) != 1 || !(math.Abs(got[0]-want) <= dotTolerance*want) {
			return fmt.Errorf("dot product is %v, want %v", got, want)
		}
		return nil
	}
	blas := "gonum"
	if openblas.Config() != "" {
		blas = "OpenBLAS"
	}
	shipped, held := b.tools.pythonPeer("executors", 0), b.tools.pythonPeer("executors", 1)
	many := above(b.threads, 1)
	w.readLimit(b, v[0])
	w.nogil(b, b.threads, contender{who: "nogil kernels.Dot", task: "dot", base: true})
	w.plain(b.threads, contender{who: "nogil parfor, blas64.Dot", task: "dot_blas", isa: blas})
	w.gonum(b, "floats.Dot", "gonum_dot")
	w.each(b.threads, contender{who: "numpy.dot, BLAS at 1", program: held, task: "dot_numpy", serial: true})
	w.each(many, contender{who: "numpy.dot as shipped", program: shipped, task: "dot_numpy"})
	w.each(many, contender{who: "ThreadPoolExecutor, numpy.dot as shipped", program: shipped, task: "dot_threads"})
	w.each(b.threads, contender{who: "ThreadPoolExecutor, numpy.dot, BLAS at 1", program: held, task: "dot_threads"})
	w.each(many, contender{who: "ProcessPoolExecutor, numpy.dot as shipped", program: shipped, task: "dot_processes"})
	w.each(b.threads, contender{who: "ProcessPoolExecutor, numpy.dot, BLAS at 1", program: held, task: "dot_processes"})
	return w, nil
}

// exactDot is the dot product with the errors of adding carried along.
func exactDot(x, y []float64) float64 {
	parts := make([]exact, runtime.GOMAXPROCS(0))
	split(len(parts), len(parts), func(c, _ int) {
		for i := len(x) * c / len(parts); i < len(x)*(c+1)/len(parts); i++ {
			parts[c].add(x[i] * y[i])
		}
	})
	var sum exact
	for _, p := range parts {
		sum.add(p.high)
		sum.add(p.low)
	}
	return sum.value()
}

// addTask is z = x + y by the kernel, addPlainTask by a loop in Go.
func addTask(w *goWorker, r request) (job, error) {
	return vectorTask(w, r, func(l parfor.Loop, x, y, z []float64) { kernels.Add(l, z, x, y) })
}

func addPlainTask(w *goWorker, r request) (job, error) {
	return vectorTask(w, r, func(l parfor.Loop, x, y, z []float64) {
		l.For(len(z), func(lo, hi int) {
			x, y, z := x[lo:hi], y[lo:hi], z[lo:hi]
			for i := range z {
				z[i] = x[i] + y[i]
			}
		})
	})
}

func vectorTask(w *goWorker, r request, add func(l parfor.Loop, x, y, z []float64)) (job, error) {
	in, err := w.inputs(r, "a", "b", outputInput)
	if err != nil {
		return job{}, err
	}
	x, y, z, loop := in[0].float64s(), in[1].float64s(), in[2].float64s(), r.loop()
	return job{run: func() { add(loop, x, y, z) }, answer: func() []float64 { return nil }}, nil
}

// dotTask is x·y by the kernel, dotBLASTask by chunks of blas64.Dot.
func dotTask(w *goWorker, r request) (job, error) { return productTask(w, r, kernels.Dot) }

func dotBLASTask(w *goWorker, r request) (job, error) {
	return productTask(w, r, func(l parfor.Loop, x, y []float64) float64 {
		return parfor.Reduce(l, len(x), func(lo, hi int) (sum float64) {
			for ; lo < hi; lo += dotChunk {
				end := min(lo+dotChunk, hi)
				sum += blas64.Dot(blas64.Vector{N: end - lo, Inc: 1, Data: x[lo:end]}, blas64.Vector{N: end - lo, Inc: 1, Data: y[lo:end]})
			}
			return sum
		}, func(a, b float64) float64 { return a + b })
	})
}

func productTask(w *goWorker, r request, dot func(l parfor.Loop, x, y []float64) float64) (job, error) {
	in, err := w.inputs(r, "a", "b")
	if err != nil {
		return job{}, err
	}
	x, y, loop, product := in[0].float64s(), in[1].float64s(), r.loop(), 0.0
	return job{run: func() { product = dot(loop, x, y) }, answer: func() []float64 { return []float64{product} }}, nil
}
