// The reductions suite: sums of columns in every shape beside the machine's own read speed
// and NumPy, and the other statistics beside nogil's own plain sum of the same bytes.

package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// Reductions is the suite of column reductions.
const Reductions = "reductions"

// A reducer is a reduction of nogil's that sets dst, and skipped where it counts NaN.
type reducer = func(l parfor.Loop, dst []float64, skipped []int, a kernels.Matrix[float64])

// A statistic is one of the reductions: nogil's functions of columns and of rows, and a plain
// one to check with, which sets dst to what a column comes to: one number or more, column
// after column.
type statistic struct {
	name          string
	each          int  // numbers a column
	nan           bool // on data with NaN in it
	columns, rows reducer
	plain         func(dst []float64, m moments)
	integer       bool // the first number of a column is an int
}

// statistics begins with those that a peer has, in the order that peers/worker.py knows.
var statistics = []statistic{
	{"sum", 1, false, simple(kernels.SumColumns[float64]), simple(kernels.SumRows[float64]), func(dst []float64, m moments) { dst[0] = m.sum }, false},
	{"mean", 1, false, simple(kernels.MeanColumns[float64]), simple(kernels.MeanRows[float64]), func(dst []float64, m moments) { dst[0] = m.mean }, false},
	{"var", 1, false, ddof(kernels.VarColumns[float64], 0), ddof(kernels.VarRows[float64], 0), func(dst []float64, m moments) { dst[0] = m.variance(0) }, false},
	{"min", 1, false, simple(kernels.MinColumns[float64]), simple(kernels.MinRows[float64]), func(dst []float64, m moments) { dst[0] = m.least }, false},
	{"max", 1, false, simple(kernels.MaxColumns[float64]), simple(kernels.MaxRows[float64]), func(dst []float64, m moments) { dst[0] = m.most }, false},
	{"nansum", 1, true, uncounted(kernels.NaNSumColumns[float64]), uncounted(kernels.NaNSumRows[float64]), func(dst []float64, m moments) { dst[0] = m.sum }, false},
	{"nanvar", 1, true, uncounted(nanDdof(kernels.NaNVarColumns[float64], 0)), uncounted(nanDdof(kernels.NaNVarRows[float64], 0)), func(dst []float64, m moments) { dst[0] = m.variance(0) }, false},
	{"describe", 5, true, summaries(kernels.DescribeColumns[float64]), summaries(kernels.DescribeRows[float64]), func(dst []float64, m moments) {
		copy(dst, []float64{m.count, m.mean, math.Sqrt(m.variance(1)), m.least, m.most})
	}, true},
	{"accurate", 1, false, simple(kernels.SumAccurateColumns[float64]), simple(kernels.SumAccurateRows[float64]), func(dst []float64, m moments) { dst[0] = m.sum }, false},
	{"exact", 1, false, simple(kernels.SumExactColumns[float64]), simple(kernels.SumExactRows[float64]), func(dst []float64, m moments) { dst[0] = m.sum }, false},
	{"std", 1, false, ddof(kernels.StdColumns[float64], 1), ddof(kernels.StdRows[float64], 1), func(dst []float64, m moments) { dst[0] = math.Sqrt(m.variance(1)) }, false},
	{"argmin", 1, false, places(kernels.ArgMinColumns[float64]), places(kernels.ArgMinRows[float64]), func(dst []float64, m moments) { dst[0] = m.leastAt }, true},
	{"argmax", 1, false, places(kernels.ArgMaxColumns[float64]), places(kernels.ArgMaxRows[float64]), func(dst []float64, m moments) { dst[0] = m.mostAt }, true},
	{"norm1", 1, false, norm(kernels.NormColumns[float64], 1), norm(kernels.NormRows[float64], 1), func(dst []float64, m moments) { dst[0] = m.sum }, false},
	{"norm2", 1, false, norm(kernels.NormColumns[float64], 2), norm(kernels.NormRows[float64], 2), func(dst []float64, m moments) { dst[0] = math.Sqrt(m.power) }, false},
	{"normmax", 1, false, norm(kernels.NormColumns[float64], math.Inf(1)), norm(kernels.NormRows[float64], math.Inf(1)), func(dst []float64, m moments) { dst[0] = m.most }, false},
	{"nanmean", 1, true, uncounted(kernels.NaNMeanColumns[float64]), uncounted(kernels.NaNMeanRows[float64]), func(dst []float64, m moments) { dst[0] = m.mean }, false},
	{"nanstd", 1, true, uncounted(nanDdof(kernels.NaNStdColumns[float64], 0)), uncounted(nanDdof(kernels.NaNStdRows[float64], 0)), func(dst []float64, m moments) { dst[0] = math.Sqrt(m.variance(0)) }, false},
	{"nanmin", 1, true, uncounted(kernels.NaNMinColumns[float64]), uncounted(kernels.NaNMinRows[float64]), func(dst []float64, m moments) { dst[0] = m.least }, false},
	{"nanmax", 1, true, uncounted(kernels.NaNMaxColumns[float64]), uncounted(kernels.NaNMaxRows[float64]), func(dst []float64, m moments) { dst[0] = m.most }, false},
	{"nanargmin", 1, true, uncounted(nanPlaces(kernels.NaNArgMinColumns[float64])), uncounted(nanPlaces(kernels.NaNArgMinRows[float64])), func(dst []float64, m moments) { dst[0] = m.leastAt }, true},
	{"nanargmax", 1, true, uncounted(nanPlaces(kernels.NaNArgMaxColumns[float64])), uncounted(nanPlaces(kernels.NaNArgMaxRows[float64])), func(dst []float64, m moments) { dst[0] = m.mostAt }, true},
	{"nannorm2", 1, true, uncounted(nanNorm(kernels.NaNNormColumns[float64], 2)), uncounted(nanNorm(kernels.NaNNormRows[float64], 2)), func(dst []float64, m moments) { dst[0] = math.Sqrt(m.power) }, false},
	{"nansum-counted", 1, true, kernels.NaNSumColumns[float64], kernels.NaNSumRows[float64], func(dst []float64, m moments) { dst[0] = m.sum }, false},
	{"nanargmin-counted", 1, true, nanPlaces(kernels.NaNArgMinColumns[float64]), nanPlaces(kernels.NaNArgMinRows[float64]), func(dst []float64, m moments) { dst[0] = m.leastAt }, true},
}

// What follows makes reducers of the functions of package kernels.

type matrix = kernels.Matrix[float64]

func simple(f func(parfor.Loop, []float64, matrix)) reducer {
	return func(l parfor.Loop, dst []float64, _ []int, a matrix) { f(l, dst, a) }
}

func ddof(f func(parfor.Loop, []float64, matrix, int), ddof int) reducer {
	return func(l parfor.Loop, dst []float64, _ []int, a matrix) { f(l, dst, a, ddof) }
}

func norm(f func(parfor.Loop, []float64, matrix, float64), p float64) reducer {
	return func(l parfor.Loop, dst []float64, _ []int, a matrix) { f(l, dst, a, p) }
}

func places(f func(parfor.Loop, []int, matrix)) reducer {
	return func(l parfor.Loop, dst []float64, _ []int, a matrix) { f(l, memoryOf[int](dst), a) }
}

func summaries(f func(parfor.Loop, []kernels.Summary, matrix)) reducer {
	return func(l parfor.Loop, dst []float64, _ []int, a matrix) { f(l, memoryOf[kernels.Summary](dst), a) }
}

func nanDdof(f func(parfor.Loop, []float64, []int, matrix, int), ddof int) reducer {
	return func(l parfor.Loop, dst []float64, skipped []int, a matrix) { f(l, dst, skipped, a, ddof) }
}

func nanNorm(f func(parfor.Loop, []float64, []int, matrix, float64), p float64) reducer {
	return func(l parfor.Loop, dst []float64, skipped []int, a matrix) { f(l, dst, skipped, a, p) }
}

func nanPlaces(f func(l parfor.Loop, dst, skipped []int, a matrix)) reducer {
	return func(l parfor.Loop, dst []float64, skipped []int, a matrix) { f(l, memoryOf[int](dst), skipped, a) }
}

// uncounted does not ask for the number of NaN.
func uncounted(f reducer) reducer {
	return func(l parfor.Loop, dst []float64, _ []int, a matrix) { f(l, dst, nil, a) }
}

// memoryOf is the memory of s as elements of another type, all of whose fields have 8 bytes.
func memoryOf[T int | kernels.Summary](s []float64) []T {
	var one T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*8/int(unsafe.Sizeof(one)))
}

// numbers makes the results of s in dst, which may have integers among them, numbers.
func (s *statistic) numbers(dst []float64) []float64 {
	if !s.integer {
		return dst
	}
	list := slices.Clone(dst)
	for j := 0; j < len(list); j += s.each {
		list[j] = float64(int64(math.Float64bits(list[j])))
	}
	return list
}

// moments are what a column comes to: squares are of the differences from the mean, power of
// the numbers themselves.
type moments struct{ count, sum, mean, squares, power, least, most, leastAt, mostAt float64 }

func (m moments) variance(ddof float64) float64 {
	if m.count <= ddof {
		return math.NaN()
	}
	return m.squares / (m.count - ddof)
}

// describe is the plainest way to all of a column's numbers: two passes, without NaN.
func describe(c []float64) moments {
	d := moments{least: math.Inf(1), most: math.Inf(-1)}
	var s exact
	for i, v := range c {
		if v == v {
			d.count++
			s.add(v)
			d.power += v * v
			if v < d.least {
				d.least, d.leastAt = v, float64(i)
			}
			if v > d.most {
				d.most, d.mostAt = v, float64(i)
			}
		}
	}
	d.sum = s.value()
	d.mean = d.sum / d.count
	if d.count == 0 {
		d.least, d.most, d.leastAt, d.mostAt = math.NaN(), math.NaN(), -1, -1
	}
	for _, v := range c {
		if v == v {
			d.squares += (v - d.mean) * (v - d.mean)
		}
	}
	return d
}

// reductionLoads lists the workloads, with the goals that they were set.
func reductionLoads() []entry {
	var loads []entry
	add := func(name, goal string, rows, cols int, fortran bool, op string) {
		loads = append(loads, entry{name, func(b *bench) (*workload, error) {
			w, err := b.reduction(name, rows, cols, fortran, op)
			if err == nil {
				w.notes = append(w.notes, "goal: "+goal)
			}
			return w, err
		}})
	}
	for _, s := range []struct {
		name, goal string
		rows, cols int
	}{
		{"30000x10000", "95 % of the read speed, 1.9 × NumPy on 2 threads", 30000, 10000},
		{"30000x2000", "95 % of the read speed, 1.9 × NumPy on 2 threads", 30000, 2000},
		{"20Mx2", "80 % of the read speed", 20e6, 2},
		{"10Mx3", "80 % of the read speed", 10e6, 3},
		{"5Mx8", "80 % of the read speed", 5e6, 8},
		{"2x20M", "80 % of the read speed, of which the sums that are written are no part", 2, 20e6},
		{"8x5M", "80 % of the read speed, of which the sums that are written are no part", 8, 5e6},
		{"512x256", "60 % of the second cache's read speed on one thread", 512, 256},
		{"8x8", "150 ns", 8, 8},
	} {
		add("sum-"+s.name+"-c", s.goal, s.rows, s.cols, false, "sum")
		add("sum-"+s.name+"-f", s.goal, s.rows, s.cols, true, "sum")
	}
	for _, s := range statistics[1:10] {
		add(s.name+"-c", "1.3 × the plain sum's time", 30000, 2000, false, s.name)
		add(s.name+"-f", "1.3 × the plain sum's time", 30000, 2000, true, s.name)
	}
	return append(loads, besideSumLoads()...)
}

// reduction is one statistic of the columns of one matrix.
func (b *bench) reduction(name string, rows, cols int, fortran bool, op string) (*workload, error) {
	which := slices.IndexFunc(statistics, func(s statistic) bool { return s.name == op })
	s := statistics[which]
	rows, cols = b.pick(rows, min(rows, 300)), b.pick(cols, min(cols, 40))
	w := &workload{name: name, unit: "element", inputs: map[string]string{}, params: map[string]float64{"op": float64(which)}}
	a, err := b.scratch.floats(name+".npy", fortran, rows, cols)
	if err != nil {
		return nil, err
	}
	w.close = func() { b.scratch.drop(a) }
	fillUniform(a.float64s(), s.nan)
	order := "C order"
	if fortran {
		order = "Fortran order"
	}
	w.shape = fmt.Sprintf("%d×%d %s", rows, cols, order)
	w.units, w.bytes = float64(rows*cols), float64(8*rows*cols)
	w.inputs["a"], w.inputs["read"] = a.path, a.path
	want := plainStatistic(s, a.float64s(), rows, cols, fortran)
	w.check = func(got []float64, _ map[string]float64) error { return checkStatistic(got, want) }
	if op == "sum" {
		w.flops = w.units
		w.plain(b.threads, contender{who: "(memory read)", task: "read", limit: true})
	} else {
		w.nogil(b, b.threads, contender{who: "(nogil's plain sum)", task: "colsum", limit: true})
		w.notes = append(w.notes, "of read is here the share of the plain sum's speed, on the same bytes")
	}
	if moved := float64(rows+1) / float64(rows); op == "sum" && moved > 1.1 {
		w.notes = append(w.notes, fmt.Sprintf("the sums are %.0f %% of the bytes read: of read × %.3f is the share of bytes moved", 100*(moved-1), moved))
	}
	w.nogil(b, b.threads, contender{who: "nogil " + op, task: "reduce", base: true})
	w.each(b.threads, contender{who: "numpy " + op, program: b.tools.pythonPeer("numpy", 0), task: "reduce_numpy", serial: true})
	return w, nil
}

// fillUniform makes numbers in [0, 1), one in a hundred of them NaN if asked. Every block
// has a seed of its own, so that the numbers do not depend on the cores.
func fillUniform(a []float64, nan bool) {
	const block = 1 << 16
	split((len(a)+block-1)/block, runtime.GOMAXPROCS(0), func(lo, hi int) {
		for k := lo; k < hi; k++ {
			rng := rand.New(rand.NewPCG(11, uint64(k)))
			for i := k * block; i < min((k+1)*block, len(a)); i++ {
				a[i] = rng.Float64()
				if nan && rng.IntN(100) == 0 {
					a[i] = math.NaN()
				}
			}
		}
	})
}

// plainStatistic is s of every column, by plain loops.
func plainStatistic(s statistic, a []float64, rows, cols int, fortran bool) []float64 {
	want := make([]float64, s.each*cols)
	for j, m := range describeEvery(1, a, rows, cols, fortran) {
		s.plain(want[s.each*j:][:s.each], m)
	}
	return want
}

// describeEvery describes every step-th column.
func describeEvery(step int, a []float64, rows, cols int, fortran bool) []moments {
	list := make([]moments, (cols+step-1)/step)
	split(len(list), runtime.GOMAXPROCS(0), func(lo, hi int) {
		column := make([]float64, rows)
		for k := lo; k < hi; k++ {
			j := k * step
			for i := range column {
				if fortran {
					column[i] = a[j*rows+i]
				} else {
					column[i] = a[i*cols+j]
				}
			}
			list[k] = describe(column)
		}
	})
	return list
}

// checkStatistic allows the rounding of a sum of one sign added in order; NaN must be NaN.
func checkStatistic(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	for j, g := range got {
		if !(math.Abs(g-want[j]) <= 1e-8*math.Abs(want[j])) && (g == g || want[j] == want[j]) {
			return fmt.Errorf("number %d is %v, want %v", j, g, want[j])
		}
	}
	return nil
}

func reduceTask(w *goWorker, r request) (job, error) {
	a, err := w.input(r, "a")
	if err != nil {
		return job{}, err
	}
	s := &statistics[int(r.Params["op"])]
	m, dst, loop := a.matrix(), w.output(s.each*a.shape[1]), r.loop()
	return job{
		run:    func() { s.columns(loop, dst, nil, m) },
		answer: func() []float64 { return s.numbers(dst) },
	}, nil
}
