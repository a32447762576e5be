package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// TaskColumns is a dense column-major design, each column seen less its mean, for
// problems of many tasks: a coordinate is a row of coefficients, one for each task.
//
// The tasks of a row stand side by side, filled up with zeros to Stride, a multiple of 8
// (see [TaskStride]): r is rows×Stride, w and g are columns×Stride, all row-major and
// contiguous. No two of them overlap. The methods panic on shorter ones and on a column
// index out of range, write nothing beyond them, and may run at once on different w, g
// and r. Every sum over rows is one chain of fused multiply-adds in the order of the rows, task
// by task, so the bits depend on neither threads nor instruction set (without AVX2 they take
// long: libm does them).
type TaskColumns struct {
	X      Matrix[float64] // ColMajor
	Mean   []float64       // zeros where the design is not centred
	Norm2  []float64       // ‖X_j‖², 0 for a constant column
	Stride int
}

// TaskStride is tasks, rounded up to a multiple of 8.
func TaskStride(tasks int) int { return (tasks + 7) &^ 7 }

// Epoch does one pass of block coordinate descent for
//
//	½‖R‖² + Σ l1_j·‖w_j‖ + ½·Σ l2_j·‖w_j‖²,   R = Y − X·W
//
// over the columns cols in that order (Simon, Friedman and Hastie 2013): with
// u = X_jᵀR + ‖X_j‖²·w_j the row w_j becomes max(1 − l1_j/‖u‖, 0)·u / (‖X_j‖² + l2_j),
// and R follows. No column may have Norm2 + L2 = 0. pen.Positive has no meaning here.
// grams is what Blocks makes of cols, and scratch [TaskScratch](Stride) long. It returns
// Σ ½(‖X_j‖² + l2_j)·‖Δw_j‖², a lower bound of the decrease.
//
// It runs on the caller's thread: 4·rows·Stride flops a column that moves and half of
// that for one that does not. R is read and written once for each 16 columns.
func (c *TaskColumns) Epoch(cols []int32, pen Penalty, grams, w, r, scratch []float64) float64 {
	p := c.X.Cols
	if bad := c.misuse(cols, len(w), len(r), len(pen.L1) >= p && len(pen.L2) >= p &&
		len(grams) >= len(cols)*TaskBlock && len(scratch) >= TaskScratch(c.Stride)); bad != "" {
		panic("kernels: Epoch: " + bad)
	}
	return csrc.MultiEpoch(simd.Active(), c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, c.Norm2, pen.L1, pen.L2, grams, c.Stride, w, r, scratch)
}

// TaskBlock is how many columns [TaskColumns.Epoch] takes the products of from one reading of R.
const TaskBlock = csrc.MultiBlock

// TaskScratch is how long the scratch of an Epoch must be.
func TaskScratch(stride int) int { return 2 * TaskBlock * stride }

// Blocks sets row i of the len(cols)×TaskBlock matrix grams to the products of the column
// cols[i] with those of its block, TaskBlock of cols that begin at a multiple of TaskBlock, and
// those with columns beyond the end of cols to 0; in parallel, 2·rows·TaskBlock flops a column.
func (c *TaskColumns) Blocks(l parfor.Loop, cols []int32, grams []float64) {
	if bad := c.misuse(cols, c.X.Cols*c.Stride, c.X.Rows*c.Stride, len(grams) >= len(cols)*TaskBlock); bad != "" {
		panic("kernels: Blocks: " + bad)
	}
	l.Grain = max(l.Grain, columnGrain(c.X.Rows*TaskBlock*TaskBlock/8))
	l.For((len(cols)+TaskBlock-1)/TaskBlock, func(lo, hi int) {
		lo, hi = lo*TaskBlock, min(hi*TaskBlock, len(cols))
		csrc.MultiBlocks(simd.Active(), c.X.Rows, cols[lo:hi], c.X.Data, c.X.Stride, c.Mean, grams[lo*TaskBlock:])
	})
}

// Dots sets row j of g to X_jᵀR for the columns j in cols, which must all differ, in
// parallel: 2·rows·Stride flops a column. R is read from the first cache, 128 rows at once.
func (c *TaskColumns) Dots(l parfor.Loop, cols []int32, r, g []float64) {
	if bad := c.misuse(cols, len(g), len(r), true); bad != "" {
		panic("kernels: Dots: " + bad)
	}
	level := simd.Active()
	l.Grain = max(l.Grain, columnGrain(c.X.Rows*c.Stride/8))
	if serial(l) || len(cols) < l.Grain {
		csrc.MultiDots(level, c.X.Rows, cols, c.X.Data, c.X.Stride, c.Mean, c.Stride, r, g)
		return
	}
	l.For(len(cols), func(lo, hi int) {
		csrc.MultiDots(level, c.X.Rows, cols[lo:hi], c.X.Data, c.X.Stride, c.Mean, c.Stride, r, g)
	})
}

// Subtract subtracts Σ X_j·w_j over the columns j in cols from R, one after the other, in
// parallel over the rows: 2·rows·Stride flops a column with w_j ≠ 0.
func (c *TaskColumns) Subtract(l parfor.Loop, cols []int32, w, r []float64) {
	if bad := c.misuse(cols, len(w), len(r), true); bad != "" {
		panic("kernels: Subtract: " + bad)
	}
	level := simd.Active()
	l.Grain = max(l.Grain, columnGrain(len(cols)*c.Stride/8))
	l.For(c.X.Rows, func(lo, hi int) {
		csrc.MultiSubtract(level, hi-lo, cols, c.X.Data[min(lo, len(c.X.Data)):], c.X.Stride, c.Mean, c.Stride, w, r[lo*c.Stride:])
	})
}

func (c *TaskColumns) misuse(cols []int32, byColumn, byRow int, rest bool) string {
	if bad := c.X.Misuse(); bad != "" {
		return bad
	}
	p, n := c.X.Cols, c.X.Rows
	if c.Stride < 0 || c.Stride%8 != 0 {
		return "Stride is no multiple of 8"
	}
	return checkColumns(p, cols, rest && c.X.Layout == ColMajor && len(c.Mean) >= p && len(c.Norm2) >= p &&
		byColumn >= p*c.Stride && byRow >= n*c.Stride)
}

// TaskGram is the Gram matrix G = XᵀX of Size columns, row i at Data[i·Stride], and the
// products B = XᵀY with the tasks, Size×Tasks, Tasks a multiple of 8 as in [TaskColumns].
// With it a pass costs 2·Size²·Tasks flops, however many rows there are.
type TaskGram struct {
	Size, Stride, Tasks int
	Data, B             []float64
}

// Epoch is [TaskColumns.Epoch] over all columns, for coefficients w of Size×Tasks and
// penalties of Size. scratch is [TaskScratch](Tasks) long.
func (m *TaskGram) Epoch(pen Penalty, w, scratch []float64) float64 {
	if m.short(w) || len(pen.L1) < m.Size || len(pen.L2) < m.Size || len(scratch) < TaskScratch(m.Tasks) {
		panic("kernels: Epoch: " + shortArgument)
	}
	return csrc.MultiGramEpoch(simd.Active(), m.Data, m.Stride, pen.L1[:m.Size], pen.L2[:m.Size], m.Tasks, m.B, w[:m.Size*m.Tasks], scratch)
}

// Dots sets g to the gradient B − G·w.
func (m *TaskGram) Dots(w, g []float64) {
	if m.short(w) || m.short(g) {
		panic("kernels: Dots: " + shortArgument)
	}
	csrc.MultiGramDots(simd.Active(), m.Size, m.Data, m.Stride, m.Tasks, m.B, w, g)
}

func (m *TaskGram) short(a []float64) bool {
	return m.Size < 0 || m.Tasks < 0 || m.Tasks%8 != 0 || m.Stride < m.Size || len(m.B) < m.Size*m.Tasks ||
		m.Size > 0 && len(m.Data) < (m.Size-1)*m.Stride+m.Size || len(a) < m.Size*m.Tasks
}
