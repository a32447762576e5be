// The arrays suite: column sums of files in the page cache, read as a stream, through a mapping
// and from memory, beside cat and NumPy; and results kept on disk beside joblib.Memory.

package suite

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/memo"
)

// Arrays is the suite of arrays on disk and of results kept there.
const Arrays = "arrays"

func arrayLoads() []entry {
	return []entry{
		{"file-30000x2000-c", func(b *bench) (*workload, error) { return b.fileSums("file-30000x2000-c", 30000, 2000, false) }},
		{"file-30000x2000-f", func(b *bench) (*workload, error) { return b.fileSums("file-30000x2000-f", 30000, 2000, true) }},
		{"file-6Mx10-c", func(b *bench) (*workload, error) { return b.fileSums("file-6Mx10-c", 6e6, 10, false) }},
		{"file-6Mx10-f", func(b *bench) (*workload, error) { return b.fileSums("file-6Mx10-f", 6e6, 10, true) }},
		{"memo-key", (*bench).memoKey},
		{"memo-hit", (*bench).memoHit},
	}
}

// fileSums is the column sums of one file.
func (b *bench) fileSums(name string, rows, cols int, fortran bool) (*workload, error) {
	rows = b.pick(rows, min(rows, 3000))
	w := &workload{name: name, unit: "element", inputs: map[string]string{}}
	a, err := b.scratch.floats(name+".npy", fortran, rows, cols)
	if err != nil {
		return nil, err
	}
	w.close = func() { b.scratch.drop(a) }
	fillUniform(a.float64s(), false)
	order := "C order"
	if fortran {
		order = "Fortran order"
	}
	w.shape = fmt.Sprintf("%d×%d %s", rows, cols, order)
	w.units, w.bytes, w.flops = float64(rows*cols), float64(8*rows*cols), float64(rows*cols)
	w.inputs["a"] = a.path
	sum := statistics[0]
	want := plainStatistic(sum, a.float64s(), rows, cols, fortran)
	w.check = func(got []float64, _ map[string]float64) error { return checkStatistic(got, want) }
	w.notes = append(w.notes, "goals: the stream 90 % of cat, the mapping 95 % of memory", "of read is here the share of cat's speed, on the same file in "+a.place())
	python := b.tools.pythonPeer("numpy", 0)
	w.plain(b.threads, contender{who: "(cat FILE > /dev/null)", task: "file_cat", limit: true})
	w.nogil(b, b.threads, contender{who: "nogil arrays.SumColumns, streamed", task: "file_stream", base: true})
	w.nogil(b, b.threads, contender{who: "nogil arrays.Open, mapped anew", task: "file_open"})
	w.nogil(b, b.threads, contender{who: "nogil, mapped before", task: "colsum"})
	for _, level := range b.levels { // in a process of its own, so that the others' memory is theirs
		c := contender{who: "nogil, in memory", task: "file_memory", program: goPeer(level), isa: level}
		c.program.key += " in memory"
		w.each(b.threads, c)
	}
	w.each(b.threads, contender{who: "numpy.memmap, mapped anew", program: python, task: "file_memmap", serial: true})
	w.each(b.threads, contender{who: "numpy.load, then the sums", program: python, task: "file_load", serial: true})
	return w, nil
}

func catTask(_ *goWorker, r request) (job, error) {
	var failed error
	return job{
		run: func() {
			if err := exec.Command("sh", "-c", `cat "$0" > /dev/null`, r.Inputs["a"]).Run(); err != nil {
				failed = err
			}
		},
		answer: func() []float64 { return nil },
		err:    func() error { return failed },
	}, nil
}

// fileJob is the job of a function that sets dst to sums, of a file that is known to be there.
func fileJob(r request, do func(path string, dst []float64) error) (job, error) {
	h, err := arrays.ReadHeader(r.Inputs["a"])
	if err != nil {
		return job{}, err
	}
	dst := make([]float64, h.Cols())
	return job{
		run: func() {
			if e := do(r.Inputs["a"], dst); e != nil {
				err = e
			}
		},
		answer: func() []float64 { return dst },
		err:    func() error { return err },
	}, nil
}

func streamTask(_ *goWorker, r request) (job, error) {
	l := r.loop()
	return fileJob(r, func(path string, dst []float64) error {
		s, err := arrays.OpenStream[float64](path)
		if err != nil {
			return err
		}
		defer s.Close()
		return arrays.SumColumns(context.Background(), l, dst, s)
	})
}

func openTask(_ *goWorker, r request) (job, error) {
	l := r.loop()
	return fileJob(r, func(path string, dst []float64) error {
		a, err := arrays.Open[float64](path, arrays.ReadOnly)
		if err != nil {
			return err
		}
		kernels.SumColumns(l, dst, a.Matrix)
		return a.Close()
	})
}

func memoryTask(_ *goWorker, r request) (job, error) {
	l := r.loop()
	m, err := arrays.Load[float64](r.Inputs["a"])
	if err != nil {
		return job{}, err
	}
	return fileJob(r, func(_ string, dst []float64) error {
		kernels.SumColumns(l, dst, m)
		return nil
	})
}

// memoKey asks for a small result of a large argument, which is there: it costs the key.
func (b *bench) memoKey() (*workload, error) {
	n := b.pick(20e6, 1e5)
	w, a, err := b.memo("memo-key", n, "mean")
	if err != nil {
		return nil, err
	}
	mean := describe(a.float64s()).mean
	w.check = func(got []float64, _ map[string]float64) error { return checkStatistic(got, []float64{mean}) }
	w.shape, w.bytes = fmt.Sprintf("an argument of %d numbers", n), float64(8*n)
	w.notes = append(w.notes, "goal: 5 GB/s a thread; the result, a number, is there")
	w.readLimit(b, a)
	b.memoPeers(w)
	return w, nil
}

// memoHit asks for a result of 8 MB, which is there.
func (b *bench) memoHit() (*workload, error) {
	n := b.pick(1e6, 1e4)
	w, a, err := b.memo("memo-hit", n, "scaled")
	if err != nil {
		return nil, err
	}
	want := slices.Clone(a.float64s())
	for i := range want {
		want[i] *= 2
	}
	w.check = func(got []float64, _ map[string]float64) error { return checkStatistic(got, want) }
	w.shape, w.bytes = fmt.Sprintf("a result of %d numbers", n), float64(8*n)
	w.notes = append(w.notes, "goal: 10 ms, argument of the same size included")
	b.memoPeers(w)
	return w, nil
}

// memo makes a workload with an argument of n numbers, and a directory for results.
func (b *bench) memo(name string, n int, function string) (*workload, *array, error) {
	dir, err := os.MkdirTemp(b.scratch.dirs[len(b.scratch.dirs)-1], "memo-")
	if err != nil {
		return nil, nil, err
	}
	a, err := b.scratch.floats(name+".npy", false, n)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	fillUniform(a.float64s(), false)
	w := &workload{
		name: name, unit: "call", units: 1,
		inputs: map[string]string{"a": a.path, "dir": dir, "function": function},
		close:  func() { b.scratch.drop(a); os.RemoveAll(dir) },
	}
	return w, a, nil
}

func (b *bench) memoPeers(w *workload) {
	w.plain(b.threads, contender{who: "nogil memo.Func", task: "memo", base: true})
	w.each(b.threads, contender{who: "joblib.Memory", program: b.tools.pythonPeer("joblib", 0), task: "memo_joblib", serial: true})
}

func memoTask(w *goWorker, r request) (job, error) {
	a, err := w.input(r, "a")
	if err != nil {
		return job{}, err
	}
	cache, err := memo.Open(filepath.Join(r.Inputs["dir"], "nogil"), memo.Options{})
	if err != nil {
		return job{}, err
	}
	name := r.Inputs["function"]
	f := memo.Func(cache, name, "1", func(_ context.Context, x []float64) ([]float64, error) {
		if name == "mean" {
			return []float64{describe(x).mean}, nil
		}
		scaled := slices.Clone(x)
		for i := range scaled {
			scaled[i] *= 2
		}
		return scaled, nil
	})
	x := a.float64s()
	got, err := f(context.Background(), x)
	if err != nil {
		return job{}, err
	}
	return job{
		run: func() {
			if got, err = f(context.Background(), x); err == nil && cache.Stats().Misses > 1 {
				got = []float64{math.NaN()} // which is no right answer
			}
		},
		answer: func() []float64 { return got },
		err:    func() error { return err },
	}, nil
}
