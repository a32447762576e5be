// Column sums of a 30000×10000 matrix of float64, 2.4 GB: the article on Cython's
// prange. It was Fortran-ordered there; its C-ordered twin stands beside it.

package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"github.com/nogil-go/nogil/bench/readlimit"
	"github.com/nogil-go/nogil/kernels"
)

const (
	colsumRows = 30000
	colsumCols = 10000
	// colsumTolerance is for the relative error of a sum of 30000 numbers of one
	// sign, added one after the other, with two digits to spare.
	colsumTolerance = 1e-12
)

// colsum makes the matrix, with as many columns as there is room for.
func (b *bench) colsum(name string, fortran bool) (*workload, error) {
	rows, cols := b.pick(colsumRows, 300), b.pick(colsumCols, 200)
	w := &workload{name: name, unit: "element", inputs: map[string]string{}}
	if fit := int(b.scratch.room()) / (8 * rows) / 100 * 100; fit < cols {
		w.notes = append(w.notes, fmt.Sprintf("%d of %d columns, because memory is short", fit, cols))
		cols = fit
	}
	if cols == 0 {
		return nil, errNoRoom
	}
	a, err := b.scratch.floats(name+".npy", fortran, rows, cols)
	if err != nil {
		return nil, err
	}
	want := fillColumns(a.float64s(), rows, cols, fortran)
	order := "C order"
	if fortran {
		order = "Fortran order"
	}
	w.shape = fmt.Sprintf("%d×%d %s", rows, cols, order)
	w.units, w.bytes, w.flops = float64(rows*cols), float64(8*rows*cols), float64(rows*cols)
	w.notes = append(w.notes, fmt.Sprintf("uniform numbers in [0, 1), %.2g GB, mapped from %s by everyone", w.bytes/1e9, a.place()))
	w.inputs["a"] = a.path
	w.check = func(got []float64, _ map[string]float64) error { return checkSums(got, want) }
	w.close = func() { b.scratch.drop(a) }

	w.readLimit(b, a)
	w.nogil(b, b.threads, contender{who: "nogil kernels.SumColumns", task: "colsum", base: true})
	w.each(b.threads, contender{who: "numpy.sum(axis=0)", program: b.tools.pythonPeer("numpy", 0), task: "colsum_numpy", serial: true})
	w.gonum(b, "floats", "gonum_columns")
	w.each(b.threads, contender{who: "Cython prange", program: b.tools.pythonPeer("cython", 0), task: "colsum_cython"})
	w.each(b.threads, contender{who: "Numba prange", program: b.tools.compiledPython("numba", 0), task: "colsum_numba"})
	for _, p := range nativePeers {
		w.each(b.threads, contender{who: p.name, program: b.tools.nativePeer(p.name, "colsum", a.path)})
	}
	if fortran { // a data frame's columns lie one after the other
		for _, t := range b.threads {
			w.each([]int{t}, contender{who: "Polars", program: b.tools.compiledPython("polars", t), task: "colsum_polars"})
		}
	}
	w.each(b.threads, contender{who: "multiprocessing.Pool", program: b.tools.pythonPeer("pool", 0), task: "colsum_pool"})
	return w, nil
}

// fillColumns writes the matrix and returns its exact column sums, rounded. Every
// line of memory (a column in Fortran order, a row in C order) has a seed of its
// own, so the numbers do not depend on how many cores make them.
func fillColumns(a []float64, rows, cols int, fortran bool) []float64 {
	cores := runtime.GOMAXPROCS(0)
	if fortran {
		want := make([]float64, cols)
		split(cols, cores, func(lo, hi int) {
			for j := lo; j < hi; j++ {
				var s exact
				rng := rand.New(rand.NewPCG(1, uint64(j)))
				for i := range rows {
					v := rng.Float64()
					a[j*rows+i] = v
					s.add(v)
				}
				want[j] = s.value()
			}
		})
		return want
	}
	parts := make([][]exact, cores)
	split(cores, cores, func(c, _ int) {
		parts[c] = make([]exact, cols)
		for i := rows * c / cores; i < rows*(c+1)/cores; i++ {
			rng := rand.New(rand.NewPCG(2, uint64(i)))
			for j := range cols {
				v := rng.Float64()
				a[i*cols+j] = v
				parts[c][j].add(v)
			}
		}
	})
	want := make([]float64, cols)
	for j := range cols {
		var s exact
		for _, p := range parts {
			s.add(p[j].high)
			s.add(p[j].low)
		}
		want[j] = s.value()
	}
	return want
}

// exact is a sum with the rounding errors carried along (Neumaier), for numbers to
// be checked against.
type exact struct{ high, low float64 }

func (e *exact) add(v float64) {
	s := e.high + v
	if math.Abs(e.high) >= math.Abs(v) {
		e.low += (e.high - s) + v
	} else {
		e.low += (v - s) + e.high
	}
	e.high = s
}

func (e *exact) value() float64 { return e.high + e.low }

// checkSums compares sums of numbers of one sign.
func checkSums(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d sums, want %d", len(got), len(want))
	}
	for j, g := range got {
		if !(math.Abs(g-want[j]) <= colsumTolerance*math.Abs(want[j])) {
			return fmt.Errorf("sum %d is %v, want %v", j, g, want[j])
		}
	}
	return nil
}

func colsumTask(w *goWorker, r request) (job, error) {
	a, err := w.input(r, "a")
	if err != nil {
		return job{}, err
	}
	m, dst, loop := a.matrix(), w.output(a.shape[1]), r.loop()
	return job{
		run:    func() { kernels.SumColumns(loop, dst, m) },
		answer: func() []float64 { return dst },
	}, nil
}

// readTask reads an array as fast as the machine can.
func readTask(w *goWorker, r request) (job, error) {
	a, err := w.input(r, "read")
	if err != nil {
		return job{}, err
	}
	sum := uint64(0)
	return job{
		run:    func() { sum += readlimit.Sum(a.words(), r.Threads) },
		answer: func() []float64 { return []float64{float64(sum)} },
	}, nil
}
