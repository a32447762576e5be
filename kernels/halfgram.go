package kernels

import (
	"cmp"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// HalfGram is the Gram matrix of some columns, each at a slot, from elements that were rounded to
// bfloat16, which has 8 bits of a fraction. It is symmetric, and up to rounding in float32 it is the
// Gram matrix of columns whose elements are off by 2⁻⁹ of themselves at most. Data holds a column of
// the matrix every Stride elements; 4·k² bytes for k slots.
type HalfGram struct {
	Slots, Stride int
	Data          []float32
}

// Tiles reports whether [CenteredColumns.Half] is fast: the CPU has AMX, the operating system lets
// it be used, and the compiler that built the package knew it.
func Tiles() bool { return csrc.HalfBuilt() && simd.Tiles() }

// Half returns the products of the columns cols, which must differ, each times its scale and
// every row times the root of its weight; root is nil for ones. scale has an entry for every column
// of the design and should make norms about 1 to √n, so that nothing leaves the range of float32.
// Where stopped is not nil it is asked before each 512 or 1024 rows, and Half returns early, with
// nothing of worth, once it says so. It panics as [CenteredColumns.Dots] does, and where root is short.
//
// Cost: a pass over the columns and n·k² flops in bfloat16, 900 a nanosecond with AMX and a few
// without (see [Tiles]); 2 to 4 KB a column of scratch. The bits depend neither on threads nor on
// whether AMX is there: within 32 rows one chain of fused steps over the even rows and one over the
// odd, in float32, whose sum is added to that of the rows before (Intel's Software Developer's
// Manual, TDPBF16PS).
func (c *CenteredColumns[T]) Half(l parfor.Loop, cols []int32, scale, root []float64, stopped func() bool) *HalfGram {
	if bad := cmp.Or(c.misuse(cols, len(scale), c.X.Rows), shortRoot(root, c.X.Rows)); bad != "" {
		panic("kernels: Half: " + bad)
	}
	h := newHalfPass(l, c.X, c.Mean, cols, scale, root)
	return h.run(stopped)
}

// Half is [CenteredColumns.Half], to the bit. Columns are transposed on the way, 64 at a time in half
// a megabyte of scratch a thread.
func (c *CenteredRows[T]) Half(l parfor.Loop, cols []int32, scale, root []float64, stopped func() bool) *HalfGram {
	if bad := cmp.Or(c.misuse(len(scale), c.X.Rows), checkColumns(c.X.Cols, cols, true), shortRoot(root, c.X.Rows)); bad != "" {
		panic("kernels: Half: " + bad)
	}
	h := newHalfPass(l, c.X, c.Mean, cols, scale, root)
	return h.run(stopped)
}

func shortRoot(root []float64, n int) string {
	if root != nil && len(root) < n {
		return shortArgument
	}
	return ""
}

// halfSteps is how many steps of 32 rows are multiplied at once: 16, so that up to 1024 columns of
// them lie in the second cache, and 32 for more columns, where reading and writing the sums is what
// costs.
func halfSteps(n, k int) int {
	if k > 1024 {
		return min(32, ceilDiv(max(n, 1), 32))
	}
	return min(16, ceilDiv(max(n, 1), 32))
}

// halfPass is one Gram matrix in the making.
type halfPass[T Float] struct {
	x             Matrix[T]
	mean          []float64
	loop          parfor.Loop
	cols          []int32
	scale, root   []float64
	g             *HalfGram
	a, b          []uint16
	blocks, steps int
	tiles         bool
}

func newHalfPass[T Float](l parfor.Loop, x Matrix[T], mean []float64, cols []int32, scale, root []float64) *halfPass[T] {
	k := len(cols)
	blocks, steps := ceilDiv(max(k, 1), 32), halfSteps(x.Rows, k)
	g := &HalfGram{Slots: k, Stride: 32*blocks + 16} // not a power of two, whose rows would share a place in the cache
	g.Data = make([]float32, 32*blocks*g.Stride)
	h := &halfPass[T]{x: x, mean: mean, loop: l, cols: cols, scale: scale, root: root, g: g, blocks: blocks, steps: steps, tiles: Tiles()}
	h.loop.Schedule = parfor.Dynamic(1)
	h.a = make([]uint16, 2*blocks*steps*csrc.HalfTile)
	h.b = make([]uint16, len(h.a))
	return h
}

func (h *halfPass[T]) run(stopped func() bool) *HalfGram {
	for lo := 0; lo < h.x.Rows; lo += 32 * h.steps {
		if stopped != nil && stopped() {
			return h.g
		}
		h.rows(lo)
	}
	h.loop.For(h.blocks, func(lo, hi int) { csrc.HalfMirror(lo, hi, h.blocks, h.g.Data, h.g.Stride) })
	return h.g
}

// rows adds the products of the rows from lo on: packs them, then multiplies block by block
// of up to 1 MB on the left, which stay in the second cache, with all on the right.
func (h *halfPass[T]) rows(lo int) {
	m := min(32*h.steps, h.x.Rows-lo)
	if h.x.Layout == ColMajor {
		h.loop.For(2*h.blocks, func(p0, p1 int) {
			csrc.HalfPack(h.tiles, p0, p1, m, lo, h.cols, h.x.Data, h.x.Stride, h.mean, h.scale, h.root, h.steps, h.a, h.b)
		})
	} else {
		h.loop.For(ceilDiv(h.blocks, 2), func(i0, i1 int) {
			h.packRows(4*i0, min(4*i1, 2*h.blocks), m, lo)
		})
	}
	step := max(1, 512/h.steps)
	for i := 0; i < h.blocks; i += step {
		end := min(i+step, h.blocks)
		h.loop.For(end, func(j0, j1 int) {
			csrc.HalfGram(h.tiles, i, end, j0, j1, h.steps, h.a, h.b, h.g.Data, h.g.Stride, lo > 0)
		})
	}
}

// packRows packs the panels p0 … p1−1 of the m rows from lo on of a row-major design, four at a time:
// transposed, as the first four panels of a design of 64 columns.
func (h *halfPass[T]) packRows(p0, p1, m, lo int) {
	const panel, wide = 16, 4 * 16
	var mean, scale [wide]float64
	var local [wide]int32
	for c := range local {
		local[c] = int32(c)
	}
	root, ld := h.root, oddLines(m)
	if root != nil {
		root = root[lo:]
	}
	x := takeScratch[T](wide * ld)
	size := h.steps * csrc.HalfTile
	for p := p0; p < p1; p += 4 {
		cols := h.cols[min(panel*p, len(h.cols)):min(panel*p+wide, len(h.cols))]
		gather(h.x, lo, m, cols, x, ld)
		for c, j := range cols {
			mean[c], scale[c] = h.mean[j], h.scale[j]
		}
		csrc.HalfPack(h.tiles, 0, min(4, p1-p), m, 0, local[:len(cols)], x, ld, mean[:], scale[:], root, h.steps, h.a[p*size:], h.b[p*size:])
	}
	giveScratch(x)
}

// Descend is a pass of coordinate descent for ½·dᵀG·d − g·d + Σ l1·|w+d| + ½·Σ l2·(w+d)², d being
// how far w moves, over all slots in order, with the updates of [GramMatrix.Epoch]; g becomes
// g − G·d. All slices have a number for every slot, none of them with G_jj + l2_j = 0. It returns
// what Epoch does, and panics where a slice is short. 2·k flops and 4·k bytes a slot that moves; the
// bits do not depend on the instruction set.
func (g *HalfGram) Descend(pen Penalty, w, grad []float64) float64 {
	if bad := cmp.Or(pen.misuse(g.Slots), shorter(g.Slots, w, grad)); bad != "" {
		panic("kernels: Descend: " + bad)
	}
	return csrc.HalfDescend(simd.Active(), g.Data, g.Stride, pen.L1, pen.L2, pen.Positive, w[:g.Slots], grad[:g.Slots])
}

func shorter(n int, a, b []float64) string {
	if len(a) < n || len(b) < n {
		return shortArgument
	}
	return ""
}
