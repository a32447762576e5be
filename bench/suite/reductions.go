// The reductions suite: sums of columns in every shape beside the machine's own read speed
// and NumPy, and the other statistics beside nogil's own plain sum of the same bytes.

package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// Reductions is the suite of column reductions.
const Reductions = "reductions"

// A statistic is one of the reductions: nogil's function, and a plain one to check with,
// which sets dst, one number a column or more, column after column.
type statistic struct {
	name  string
	each  int // numbers a column
	nogil func(l parfor.Loop, dst []float64, a kernels.Matrix[float64])
	plain func(dst, column []float64)
	nan   bool // on data with NaN in it
}

var statistics = []statistic{
	{"sum", 1, kernels.SumColumns[float64], func(dst, c []float64) { dst[0] = describe(c).sum }, false},
	{"mean", 1, kernels.MeanColumns[float64], func(dst, c []float64) { dst[0] = describe(c).mean }, false},
	{"var", 1, func(l parfor.Loop, dst []float64, a kernels.Matrix[float64]) { kernels.VarColumns(l, dst, a, 0) },
		func(dst, c []float64) { dst[0] = describe(c).squares / float64(len(c)) }, false},
	{"min", 1, kernels.MinColumns[float64], func(dst, c []float64) { dst[0] = slices.Min(c) }, false},
	{"max", 1, kernels.MaxColumns[float64], func(dst, c []float64) { dst[0] = slices.Max(c) }, false},
	{"nansum", 1, func(l parfor.Loop, dst []float64, a kernels.Matrix[float64]) { kernels.NaNSumColumns(l, dst, nil, a) },
		func(dst, c []float64) { dst[0] = describe(c).sum }, true},
	{"nanvar", 1, func(l parfor.Loop, dst []float64, a kernels.Matrix[float64]) {
		kernels.NaNVarColumns(l, dst, nil, a, 0)
	},
		func(dst, c []float64) { d := describe(c); dst[0] = d.squares / d.count }, true},
	{"describe", 5, describeColumns, func(dst, c []float64) {
		d := describe(c)
		copy(dst, []float64{d.count, d.mean, math.Sqrt(d.squares / (d.count - 1)), d.least, d.most})
	}, true},
	{"accurate", 1, kernels.SumAccurateColumns[float64], func(dst, c []float64) { dst[0] = describe(c).sum }, false},
	{"exact", 1, kernels.SumExactColumns[float64], func(dst, c []float64) { dst[0] = describe(c).sum }, false},
}

func describeColumns(l parfor.Loop, dst []float64, a kernels.Matrix[float64]) {
	all := make([]kernels.Summary, a.Cols)
	kernels.DescribeColumns(l, all, a)
	for j, s := range all {
		copy(dst[5*j:], []float64{float64(s.Count), s.Mean, s.Std, s.Min, s.Max})
	}
}

type moments struct{ count, sum, mean, squares, least, most float64 }

// describe is the plainest way to all of a column's numbers: two passes, without NaN.
func describe(c []float64) moments {
	d := moments{least: math.Inf(1), most: math.Inf(-1)}
	var s exact
	for _, v := range c {
		if v == v {
			d.count++
			s.add(v)
			d.least, d.most = min(d.least, v), max(d.most, v)
		}
	}
	d.sum = s.value()
	d.mean = d.sum / d.count
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
	for _, s := range statistics[1:] {
		add(s.name+"-c", "1.3 × the plain sum's time", 30000, 2000, false, s.name)
		add(s.name+"-f", "1.3 × the plain sum's time", 30000, 2000, true, s.name)
	}
	return loads
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
	split(cols, runtime.GOMAXPROCS(0), func(lo, hi int) {
		column := make([]float64, rows)
		for j := lo; j < hi; j++ {
			for i := range column {
				if fortran {
					column[i] = a[j*rows+i]
				} else {
					column[i] = a[i*cols+j]
				}
			}
			s.plain(want[s.each*j:][:s.each], column)
		}
	})
	return want
}

// checkStatistic allows the rounding of a sum of one sign added in order.
func checkStatistic(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	for j, g := range got {
		if !(math.Abs(g-want[j]) <= 1e-8*math.Abs(want[j])) {
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
	s := statistics[int(r.Params["op"])]
	m, dst, loop := a.matrix(), w.output(s.each*a.shape[1]), r.loop()
	return job{
		run:    func() { s.nogil(loop, dst, m) },
		answer: func() []float64 { return dst },
	}, nil
}
