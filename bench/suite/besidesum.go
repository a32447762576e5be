// All statistics of columns and rows beside nogil's own plain sum of the same bytes: one
// workload a shape, one row a statistic, so that "× nogil" is what a statistic costs in sums.

package suite

import (
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// sampledColumns is how many columns of an answer are checked at most, evenly spread:
// statistics of 20 million columns take longer to check than to compute.
const sampledColumns = 1 << 16

func sampleStep(cols int) int { return (cols + sampledColumns - 1) / sampledColumns }

// besideSumLoads lists the workloads: plain-… are of numbers, nan-… of numbers and NaN, rows-…
// of rows, types-… of other types than float64.
func besideSumLoads() []entry {
	var loads []entry
	add := func(name string, make func(b *bench, name string) (*workload, error)) {
		loads = append(loads, entry{name, func(b *bench) (*workload, error) {
			w, err := make(b, name)
			if err == nil {
				w.notes = append(w.notes, "goal: 1.3 × the plain sum's time; the sum is the row that all are compared with")
			}
			return w, err
		}})
	}
	for _, s := range []struct {
		name       string
		rows, cols int
	}{{"30000x2000", 30000, 2000}, {"20Mx2", 20e6, 2}, {"10Mx3", 10e6, 3}, {"5Mx8", 5e6, 8}, {"2x20M", 2, 20e6}, {"8x5M", 8, 5e6}} {
		for k, order := range []string{"-c", "-f"} {
			fortran := k == 1
			add("plain-"+s.name+order, func(b *bench, name string) (*workload, error) {
				return b.besideSum(name, s.rows, s.cols, fortran, false, false)
			})
			add("nan-"+s.name+order, func(b *bench, name string) (*workload, error) {
				return b.besideSum(name, s.rows, s.cols, fortran, true, false)
			})
			if s.cols == 2000 {
				add("rows-"+s.name+order, func(b *bench, name string) (*workload, error) {
					return b.besideSum(name, s.rows, s.cols, fortran, false, true)
				})
				add("types-"+s.name+order, func(b *bench, name string) (*workload, error) {
					return b.typesBesideSum(name, s.rows, s.cols, fortran)
				})
			}
		}
	}
	return loads
}

// besideSum is a workload of all statistics of a matrix of float64, with or without NaN, of its
// columns or rows.
func (b *bench) besideSum(name string, rows, cols int, fortran, nan, byRows bool) (*workload, error) {
	w, list, err := b.besideSumData(name, rows, cols, fortran, "a")
	if err != nil {
		return nil, err
	}
	a := list[0]
	fillUniform(a.float64s(), nan)
	w.params["rows"] = 0
	rows, cols = a.shape[0], a.shape[1]
	if byRows {
		w.params["rows"], fortran, rows, cols = 1, !fortran, cols, rows
	}
	facts := describeEvery(sampleStep(cols), a.float64s(), rows, cols, fortran)
	w.check = func(got []float64, _ map[string]float64) error {
		s := statistics[int(got[0])]
		want := make([]float64, s.each*len(facts))
		for j, m := range facts {
			if s.plain(want[s.each*j:][:s.each], m); !s.nan && m.count < float64(rows) {
				want[j] = math.NaN()
			}
		}
		return checkStatistic(got[1:], want)
	}
	for op, s := range statistics {
		if s.nan == nan || op == 0 {
			c := contender{who: "nogil " + s.name, task: "beside_sum", params: map[string]float64{"op": float64(op)}, base: op == 0}
			w.nogil(b, b.threads, c)
		}
	}
	return w, nil
}

// besideSumData makes a workload without contenders, and its inputs.
func (b *bench) besideSumData(name string, rows, cols int, fortran bool, inputs ...string) (*workload, []*array, error) {
	rows, cols = b.pick(rows, min(rows, 300)), b.pick(cols, min(cols, 40))
	order := "C order"
	if fortran {
		order = "Fortran order"
	}
	w := &workload{name: name, shape: fmt.Sprintf("%d×%d %s", rows, cols, order), unit: "element",
		units: float64(rows * cols), bytes: float64(8 * rows * cols), inputs: map[string]string{}, params: map[string]float64{}}
	var list []*array
	w.close = func() {
		for _, a := range list {
			b.scratch.drop(a)
		}
	}
	for _, in := range inputs {
		a, err := b.scratch.floats(name+"-"+in+".npy", fortran, rows, cols)
		if err != nil {
			w.close()
			return nil, nil, err
		}
		list = append(list, a)
		w.inputs[in] = a.path
	}
	return w, list, nil
}

// besideSumTask answers with the number of the statistic and a sample of its results. The
// memory of results is there before, where NumPy makes it in each call.
func besideSumTask(w *goWorker, r request) (job, error) {
	a, err := w.input(r, "a")
	if err != nil {
		return job{}, err
	}
	op := int(r.Params["op"])
	s, m, loop := &statistics[op], a.matrix(), r.loop()
	f, n := s.columns, m.Cols
	if r.Params["rows"] == 1 {
		f, n = s.rows, m.Rows
	}
	dst := w.output(s.each*n + n)
	skipped := memoryOf[int](dst[s.each*n:])
	dst = dst[:s.each*n]
	return job{
		run: func() { f(loop, dst, skipped, m) },
		answer: func() []float64 {
			list := []float64{float64(op)}
			for j := 0; j < n; j += sampleStep(n) {
				list = append(list, s.numbers(dst[s.each*j:][:s.each])...)
			}
			return list
		},
	}, nil
}

// A typed is a reduction of a matrix of another type.
type typed struct {
	name, input string
	job         func(l parfor.Loop, a *array) job
	plain       func(m moments) float64
}

// typedStatistics begins with the sum of float64. An input has the same bytes for all types, so
// that of four bytes there are twice as many rows.
var typedStatistics = []typed{
	{"sum, float64", "float64", typedJob(kernels.SumColumns[float64]), func(m moments) float64 { return m.sum }},
	{"sum, float32", "float32", typedJob(kernels.SumColumns[float32]), func(m moments) float64 { return m.sum }},
	{"mean, float32", "float32", typedJob(kernels.MeanColumns[float32]), func(m moments) float64 { return m.mean }},
	{"var, float32", "float32", typedJob(func(l parfor.Loop, dst []float64, a kernels.Matrix[float32]) { kernels.VarColumns(l, dst, a, 0) }), func(m moments) float64 { return m.variance(0) }},
	{"norm2, float32", "float32", typedJob(func(l parfor.Loop, dst []float64, a kernels.Matrix[float32]) { kernels.NormColumns(l, dst, a, 2) }), func(m moments) float64 { return math.Sqrt(m.power) }},
	{"min, float32", "float32", typedJob(kernels.MinColumns[float32]), func(m moments) float64 { return m.least }},
	{"argmin, float32", "float32", typedJob(kernels.ArgMinColumns[float32]), func(m moments) float64 { return m.leastAt }},
	{"sum, int32", "int32", typedJob(kernels.SumColumnsInt[int32]), func(m moments) float64 { return m.sum }},
	{"checked sum, int32", "int32", typedJob(checked(kernels.SumColumnsIntChecked[int32])), func(m moments) float64 { return m.sum }},
	{"min, int32", "int32", typedJob(kernels.MinColumns[int32]), func(m moments) float64 { return m.least }},
	{"sum, int64", "int64", typedJob(kernels.SumColumnsInt[int64]), func(m moments) float64 { return m.sum }},
	{"checked sum, int64", "int64", typedJob(checked(kernels.SumColumnsIntChecked[int64])), func(m moments) float64 { return m.sum }},
	{"min, int64", "int64", typedJob(kernels.MinColumns[int64]), func(m moments) float64 { return m.least }},
}

func typedJob[D kernels.Number | int, T kernels.Number](f func(l parfor.Loop, dst []D, a kernels.Matrix[T])) func(l parfor.Loop, a *array) job {
	return func(l parfor.Loop, a *array) job {
		m := typedMatrix[T](a)
		dst := make([]D, m.Cols)
		return job{run: func() { f(l, dst, m) }, answer: func() []float64 {
			list := make([]float64, len(dst))
			for j, v := range dst {
				list[j] = float64(v)
			}
			return list
		}}
	}
}

// checked leaves out the error: without a result the answer is wrong.
func checked[T int32 | int64](f func(parfor.Loop, []int64, kernels.Matrix[T]) error) func(parfor.Loop, []int64, kernels.Matrix[T]) {
	return func(l parfor.Loop, dst []int64, a kernels.Matrix[T]) {
		if f(l, dst, a) != nil {
			clear(dst)
		}
	}
}

// typedMatrix is the memory of a as a matrix of T with as many columns.
func typedMatrix[T kernels.Number](a *array) kernels.Matrix[T] {
	rows, cols := a.shape[0]*8/int(unsafe.Sizeof(T(0))), a.shape[1]
	data := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(a.data))), rows*cols)
	if a.fortran {
		return kernels.NewColMajor(rows, cols, data)
	}
	return kernels.NewRowMajor(rows, cols, data)
}

// fillTyped writes numbers in [0, 1000), whole ones where T is of integers, from those of
// fillUniform, and describes the columns.
func fillTyped[T kernels.Number](a *array) []moments {
	m := typedMatrix[T](a)
	uniform := make([]float64, len(m.Data))
	fillUniform(uniform, false)
	split(len(uniform), runtime.GOMAXPROCS(0), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			m.Data[i] = T(1000 * uniform[i])
			uniform[i] = float64(m.Data[i])
		}
	})
	return describeEvery(1, uniform, m.Rows, m.Cols, a.fortran)
}

// typesBesideSum is a workload of matrices of several types and the same bytes.
func (b *bench) typesBesideSum(name string, rows, cols int, fortran bool) (*workload, error) {
	inputs := []string{"float64", "float32", "int32", "int64"}
	w, list, err := b.besideSumData(name, rows, cols, fortran, inputs...)
	if err != nil {
		return nil, err
	}
	facts := map[string][]moments{}
	for k, fill := range []func(*array) []moments{fillTyped[float64], fillTyped[float32], fillTyped[int32], fillTyped[int64]} {
		facts[inputs[k]] = fill(list[k])
	}
	w.check = func(got []float64, _ map[string]float64) error {
		s := typedStatistics[int(got[0])]
		var want []float64
		for _, m := range facts[s.input] {
			want = append(want, s.plain(m))
		}
		return checkStatistic(got[1:], want)
	}
	w.notes = append(w.notes, "all types have the same bytes: of those of four bytes there are twice as many elements")
	for op, s := range typedStatistics {
		w.nogil(b, b.threads, contender{who: "nogil " + s.name, task: "types_beside_sum", params: map[string]float64{"op": float64(op)}, base: op == 0})
	}
	return w, nil
}

func typesBesideSumTask(w *goWorker, r request) (job, error) {
	op := int(r.Params["op"])
	s := typedStatistics[op]
	a, err := w.input(r, s.input)
	if err != nil {
		return job{}, err
	}
	j := s.job(r.loop(), a)
	results := j.answer
	j.answer = func() []float64 { return append([]float64{float64(op)}, results()...) }
	return j, nil
}
