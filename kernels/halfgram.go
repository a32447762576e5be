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
	n, k := c.X.Rows, len(cols)
	bad := c.misuse(cols, len(scale), n)
	if bad == "" && root != nil && len(root) < n {
		bad = shortArgument
	}
	if bad != "" {
		panic("kernels: Half: " + bad)
	}
	blocks := ceilDiv(max(k, 1), 32)
	g := &HalfGram{Slots: k, Stride: 32*blocks + 16} // not a power of two, whose rows would share a place in the cache
	g.Data = make([]float32, 32*blocks*g.Stride)
	h := halfPass[T]{c: c, loop: l, cols: cols, scale: scale, root: root, g: g, blocks: blocks, steps: halfSteps(n, k), tiles: Tiles()}
	h.loop.Schedule = parfor.Dynamic(1)
	h.a = make([]uint16, 2*blocks*h.steps*csrc.HalfTile)
	h.b = make([]uint16, len(h.a))
	for lo := 0; lo < n; lo += 32 * h.steps {
		if stopped != nil && stopped() {
			return g
		}
		h.rows(lo)
	}
	h.loop.For(blocks, func(lo, hi int) { csrc.HalfMirror(lo, hi, blocks, g.Data, g.Stride) })
	return g
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
	c             *CenteredColumns[T]
	loop          parfor.Loop
	cols          []int32
	scale, root   []float64
	g             *HalfGram
	a, b          []uint16
	blocks, steps int
	tiles         bool
}

// rows adds the products of the rows from lo on: packs them, then multiplies block by block
// of up to 1 MB on the left, which stay in the second cache, with all on the right.
func (h *halfPass[T]) rows(lo int) {
	x, m := &h.c.X, min(32*h.steps, h.c.X.Rows-lo)
	h.loop.For(2*h.blocks, func(p0, p1 int) {
		csrc.HalfPack(h.tiles, p0, p1, m, lo, h.cols, x.Data, x.Stride, h.c.Mean, h.scale, h.root, h.steps, h.a, h.b)
	})
	step := max(1, 512/h.steps)
	for i := 0; i < h.blocks; i += step {
		end := min(i+step, h.blocks)
		h.loop.For(end, func(j0, j1 int) {
			csrc.HalfGram(h.tiles, i, end, j0, j1, h.steps, h.a, h.b, h.g.Data, h.g.Stride, lo > 0)
		})
	}
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
