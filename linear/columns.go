package linear

import (
	"slices"
	"sync"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// columnForm is the form for column-major designs: passes read the user's columns.
type columnForm[T kernels.Float] struct {
	*target
	drawing[T]
	c *kernels.CenteredColumns[T]
}

// sketched is a form that can have a sketch.
type sketched interface {
	// sketch is the one that there is, or if many are to profit, a new one; nil where it is not worth
	// its while. It says whether columns are less their means.
	sketch(many bool) (_ *kernels.Sketch, centred bool)
}

// drawing is the sketch of a dense form, or what it takes to make one.
type drawing[T kernels.Float] struct {
	of      *target
	x       kernels.Matrix[T]
	mean    []float64
	centred bool
	drawn   *kernels.Sketch
}

// sketch is none where weights are further apart than sketchShare.
func (d *drawing[T]) sketch(many bool) (*kernels.Sketch, bool) {
	if unlike(d.of.weights, sketchShare(d.x.Rows)) {
		return nil, false
	}
	if d.drawn == nil && many {
		d.drawn = drawSketch(d.of.loop, d.x, d.mean)
	}
	return d.drawn, d.centred
}

// sketchShare is the least share of another weight that a weight may be beside a sketch. What the
// sketch tells begins with a·X_jᵀy, where |a| is up to the root of that ratio times ‖r‖/‖y‖ (both with
// weights), and X_jᵀy is rounded by up to rows/32 + 5 units in the last place, 2⁻⁵³: together that may
// be no more than the noise that the bounds allow for, 2⁻⁴⁰.
func sketchShare(rows int) float64 {
	root := float64(rows/32+5) * 0x1p-53 / noise
	return root * root
}

// sketchLeast is how many elements are worth a sketch: a second cache holds a smaller design itself.
var sketchLeast = 1 << 16

// drawSketch reads the design once; one that is larger than half a gigabyte would keep a context
// waiting.
func drawSketch[T kernels.Float](l parfor.Loop, x kernels.Matrix[T], mean []float64) *kernels.Sketch {
	if size := x.Rows * x.Cols; size < sketchLeast || size > 1<<26 || x.Rows > 1<<16 {
		return nil
	}
	return kernels.NewSketch(l, x, mean)
}

func (f *columnForm[T]) epoch(cols []int32, pen *penalty, w []float64) float64 {
	fall := 0.0
	for part := range f.parts(cols) {
		fall += f.c.Epoch(part, pen.Penalty, w, f.v)
	}
	return fall
}

func (f *columnForm[T]) subtract(cols []int32, d []float64) {
	for part := range f.parts(cols) {
		f.c.Subtract(part, d, f.v)
	}
}

func (f *columnForm[T]) refresh(cols []int32, w []float64) {
	f.reset()
	f.subtract(cols, w)
}

func (f *columnForm[T]) gradient(cols []int32, g []float64) {
	for part := range f.parts(cols) {
		f.c.Dots(f.loop, part, f.v, g)
	}
}

func (f *columnForm[T]) gram(dst []float64, stride int, rows, cols []int32) {
	for i, k := range f.pairs(len(rows), len(cols)) {
		f.c.Pairs(f.loop, rows[i[0]:i[1]], cols[k[0]:k[1]], dst[i[0]*stride+k[0]:], stride)
	}
}

// rowForm is the form for row-major designs: gradients read the rows as they lie; the
// columns that passes need are gathered side by side, and kept for the next pass.
type rowForm[T kernels.Float] struct {
	*target
	drawing[T]
	c     *kernels.CenteredRows[T]
	block *kernels.CenteredColumns[T] // the gathered columns
	slot  []int32                     // where in block a column is, or −1
	cols  []int32                     // which column is where in block
	slots []int32                     // scratch: those of the columns that are asked for
	pen   kernels.Penalty             // by slot, as are w and g
	w, g  []float64
	asked []int // by slot: the turn that it was last asked for in
	turn  int   // how often columns have been asked for
}

func newRowForm[T kernels.Float](t *target, c *kernels.CenteredRows[T], draw drawing[T]) *rowForm[T] {
	return &rowForm[T]{
		target: t, drawing: draw, c: c, slot: slices.Repeat([]int32{-1}, c.X.Cols),
		block: &kernels.CenteredColumns[T]{X: kernels.NewColMajor[T](c.X.Rows, 0, nil), Weights: c.Weights},
	}
}

// hold gathers the columns cols that are not there yet, and sets slots to where they are.
func (f *rowForm[T]) hold(cols []int32) {
	f.turn++
	missing := 0
	for _, j := range cols {
		if s := f.slot[j]; s >= 0 {
			f.asked[s] = f.turn
		} else {
			missing++
		}
	}
	if missing > 0 {
		f.drop(missing)
	}
	have := len(f.cols)
	f.slots = f.slots[:0]
	for _, j := range cols {
		if f.slot[j] < 0 {
			f.slot[j] = int32(len(f.cols))
			f.cols, f.asked = append(f.cols, j), append(f.asked, f.turn)
		}
		f.slots = append(f.slots, f.slot[j])
	}
	if len(f.cols) > have {
		f.gather(have)
	}
}

// drop takes the columns out of the block that nobody has asked for lately, if these and so many
// that are to come are more than the others.
func (f *rowForm[T]) drop(missing int) {
	const lately = 8 // turns: a round of the second-order solver asks four times
	kept := 0
	for _, t := range f.asked {
		if f.turn-t < lately {
			kept++
		}
	}
	if len(f.cols)+missing <= 2*kept+32 {
		return
	}
	n, b := f.c.X.Rows, f.block
	to := 0
	for s, j := range f.cols {
		if f.turn-f.asked[s] >= lately {
			f.slot[j] = -1
			continue
		}
		if f.slot[j] = int32(to); to != s {
			copy(b.X.Data[to*n:][:n], b.X.Data[s*n:][:n])
			b.Mean[to], b.Norm2[to] = b.Mean[s], b.Norm2[s]
		}
		f.cols[to], f.asked[to] = j, f.asked[s]
		to++
	}
	f.cols, f.asked = f.cols[:to], f.asked[:to]
}

// gather fills the block from slot have on.
func (f *rowForm[T]) gather(have int) {
	n, k, b := f.c.X.Rows, len(f.cols), f.block
	data := f.room(have*n, k*n)
	to := data[have*n:]
	for part := range f.wide().parts(f.cols[have:]) {
		f.c.Gather(f.loop, part, to)
		to = to[len(part)*n:]
	}
	b.X = kernels.NewColMajor(n, k, data)
	b.Mean, b.Norm2 = resize(b.Mean, k), resize(b.Norm2, k)
	f.pen.L1, f.pen.L2 = resize(f.pen.L1, k), resize(f.pen.L2, k)
	f.w, f.g = resize(f.w, k), resize(f.g, k)
	for s := have; s < k; s++ {
		b.Mean[s], b.Norm2[s] = f.c.Mean[f.cols[s]], f.c.Norm2[f.cols[s]]
	}
}

// spareBlocks are blocks of up to 64 MB that nobody uses: their pages need not be asked of the system for
// each path, which takes as long as filling them.
var spareBlocks sync.Pool

// room returns the data of the block, of which have are kept, with room for size numbers, and for more
// where all of the design is more.
func (f *rowForm[T]) room(have, size int) []T {
	old := f.block.X.Data
	if old == nil {
		if spare, ok := spareBlocks.Get().(*[]T); ok {
			old = *spare
		}
	}
	if size <= cap(old) {
		return old[:size]
	}
	data := make([]T, size, max(size, min(2*cap(old), f.c.X.Rows*f.c.X.Cols)))
	copy(data, old[:have])
	return data
}

// done gives the block back; f is of no use after it.
func (f *rowForm[T]) done() {
	if data := f.block.X.Data; cap(data) > 0 && cap(data) <= 1<<23 {
		spareBlocks.Put(&data)
	}
	f.block.X.Data = nil
}

func resize[E any](s []E, n int) []E { return slices.Grow(s, max(n-len(s), 0))[:n] }

func (f *rowForm[T]) epoch(cols []int32, pen *penalty, w []float64) (fall float64) {
	f.hold(cols)
	f.pen.Positive = pen.Positive
	for i, j := range cols {
		s := f.slots[i]
		f.w[s], f.pen.L1[s], f.pen.L2[s] = w[j], pen.L1[j], pen.L2[j]
	}
	for part := range f.parts(f.slots) {
		fall += f.block.Epoch(part, f.pen, f.w, f.v)
	}
	for i, j := range cols {
		w[j] = f.w[f.slots[i]]
	}
	return fall
}

func (f *rowForm[T]) subtract(cols []int32, d []float64) {
	var moving []int32
	for _, j := range cols {
		if d[j] != 0 {
			moving = append(moving, j)
		}
	}
	f.hold(moving)
	for i, j := range moving {
		f.w[f.slots[i]] = d[j]
	}
	for part := range f.parts(f.slots) {
		f.block.Subtract(part, f.w, f.v)
	}
}

func (f *rowForm[T]) refresh(cols []int32, w []float64) {
	f.reset()
	f.subtract(cols, w)
}

// gradient gathers the columns that are not there where the block then has a quarter of the design at
// most: a number costs a line of eight, and they are mostly asked for again. Else it reads the design.
func (f *rowForm[T]) gradient(cols []int32, g []float64) {
	missing := 0
	for _, j := range cols {
		if f.slot[j] < 0 {
			missing++
		}
	}
	if missing > 0 && 4*(len(f.cols)+missing) > f.c.X.Cols {
		f.allGradients(g)
		return
	}
	f.hold(cols)
	for part := range f.parts(f.slots) {
		f.block.Dots(f.loop, part, f.v, f.g)
	}
	for i, j := range cols {
		g[j] = f.g[f.slots[i]]
	}
}

// wide is the target with a step of whole kilobytes of a row.
func (f *rowForm[T]) wide() *target {
	return &target{ctx: f.ctx, step: max(f.step, 256)}
}

// allGradients reads the design, a block of columns at once.
func (f *rowForm[T]) allGradients(g []float64) {
	p, step := f.c.X.Cols, f.wide().step
	for lo := 0; lo < p && f.ctx.Err() == nil; lo += step {
		hi := min(lo+step, p)
		c := kernels.CenteredRows[T]{X: f.c.X, Mean: f.c.Mean[lo:hi], Norm2: f.c.Norm2[lo:hi], Weights: f.c.Weights}
		c.X.Cols, c.X.Data = hi-lo, f.c.X.Data[lo:]
		c.Dots(f.loop, f.v, g[lo:hi])
	}
}

func (f *rowForm[T]) gram(dst []float64, stride int, rows, cols []int32) {
	f.hold(slices.Concat(rows, cols))
	r, c := f.slots[:len(rows)], f.slots[len(rows):]
	for i, k := range f.pairs(len(rows), len(cols)) {
		f.block.Pairs(f.loop, r[i[0]:i[1]], c[k[0]:k[1]], dst[i[0]*stride+k[0]:], stride)
	}
}
