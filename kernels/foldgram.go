package kernels

import (
	"cmp"
	"runtime"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// RowSet is some rows of a matrix: the N from Lo on, or those in Index where that is not nil.
type RowSet struct {
	Lo, N int
	Index []int32 // N of them
}

// Part returns the rows from the place lo up to the place hi of r.
func (r RowSet) Part(lo, hi int) RowSet {
	if r.Index != nil {
		return RowSet{N: hi - lo, Index: r.Index[lo:hi:hi]}
	}
	return RowSet{Lo: r.Lo + lo, N: hi - lo}
}

// At returns the row at place i.
func (r RowSet) At(i int) int {
	if r.Index != nil {
		return int(r.Index[i])
	}
	return r.Lo + i
}

// List lists the rows.
func (r RowSet) List() []int32 {
	list := make([]int32, r.N)
	for i := range list {
		list[i] = int32(r.At(i))
	}
	return list
}

func (r RowSet) misuse(rows int) string {
	if r.Index == nil {
		if r.N < 0 || r.Lo < 0 || r.Lo+r.N > rows {
			return rowNotThere
		}
		return ""
	}
	if len(r.Index) != r.N {
		return rowNotThere
	}
	for _, i := range r.Index {
		if i < 0 || int(i) >= rows {
			return rowNotThere
		}
	}
	return ""
}

// Moments of rows are the products of all pairs of their columns, the target and a constant:
// ZᵀZ for Z = √s·(x − Centre, y − YCentre, 1), a row of Z for a row of x. So the moments of a
// union of rows are the sum of theirs, and those of a complement a difference: what
// cross-validation fits to, in one pass over the data.
type Moments[T Float] struct {
	X       Matrix[T]
	Centre  []float64 // subtracted from the columns, near their means, so that no digits cancel
	Y       []float64
	YCentre float64
	Root    []float64   // the square roots of the weights of the rows, nil for ones
	Stopped func() bool // nil, or asked each millisecond or two whether Set shall return, with nothing of worth
}

// MomentSide returns how many rows and columns the moments of p columns take: p+2, filled up to a
// multiple of 8.
func MomentSide(p int) int { return csrc.FoldSide(p) }

// momentRows is how many rows are packed at once: up to 1 MB of them, for a cache.
func momentRows(side int) int { return max(64, min(256, 1<<17/side&^7)) }

// MomentScratch returns how much scratch [Moments.Set] takes for p columns, 1 MB as a rule.
func MomentScratch(p int) int { return momentRows(MomentSide(p)) * MomentSide(p) }

// Set makes dst the lower triangle of the moments of rows: element (i, j), i ≥ j, at dst[j·ld + i].
// Column Cols of Z is y and the next is the constant. dst is MomentSide(X.Cols) columns, ld
// apart, and what is above the diagonal is undefined. Cost: rows·(p+2)² flops, on the caller's
// thread, two of them, a product and a sum, one instruction. The bits do not depend on the
// instruction set: an element is one chain of fused multiply-adds over each 64 to 256 rows,
// how many depending on p alone, and these are added in order. It panics where a length or a row is wrong.
func (m *Moments[T]) Set(rows RowSet, scratch, dst []float64, ld int) {
	p, side := m.X.Cols, MomentSide(m.X.Cols)
	bad := cmp.Or(m.X.Misuse(), rows.misuse(m.X.Rows))
	if bad == "" && (len(m.Centre) < p || len(m.Y) < m.X.Rows || m.Root != nil && len(m.Root) < m.X.Rows ||
		len(scratch) < MomentScratch(p) || ld < side || len(dst) < (side-1)*ld+side) {
		bad = shortArgument
	}
	if bad != "" {
		panic("kernels: Moments: " + bad)
	}
	step, b := momentRows(side), &breath{stopped: m.Stopped}
	for lo := 0; lo < rows.N || lo == 0; lo += step {
		if m.Stopped != nil && m.Stopped() {
			return
		}
		part, level := rows.Part(lo, min(lo+step, rows.N)), simd.Active()
		b.calls(side/8, func(int) int { return 8 * 16 * part.N }, func(q0, q1 int) {
			csrc.FoldPack(level, q0, q1, part.N, part.Lo, part.Index, p, m.X.Data, m.X.Stride, m.X.Layout == ColMajor, m.Centre, m.Y, m.YCentre, m.Root, scratch)
		})
		b.calls(side/8, func(j int) int { return 8 * (side - 8*j) * part.N }, func(j0, j1 int) {
			csrc.FoldGram(level, j0, j1, part.N, p, scratch, dst, ld, lo > 0)
		})
	}
	b.breathe()
}

// breath makes calls of C so short, some 20 µs, and lets the scheduler have a look so often, some
// times in 10 ms, that the monitor of the Go runtime leaves the thread alone: docs/PARFOR.md.
type breath struct {
	work    int
	stopped func() bool // nil, or asked then whether no more calls shall be made
}

const (
	shortCall = 1 << 19 // fused steps
	longWork  = 1 << 26
)

// calls calls f for the parts of [0, n), each one or of no more than shortCall by work.
func (b *breath) calls(n int, work func(i int) int, f func(lo, hi int)) {
	for lo := 0; lo < n; {
		hi, sum := lo+1, work(lo)
		for hi < n && sum+work(hi) <= shortCall {
			sum += work(hi)
			hi++
		}
		f(lo, hi)
		lo = hi
		if b.work += sum; b.work > longWork {
			if b.breathe(); b.stopped != nil && b.stopped() {
				return
			}
		}
	}
}

// breathe lets the scheduler have a look, if there was work worth one.
func (b *breath) breathe() {
	if b.work > shortCall {
		runtime.Gosched()
	}
	b.work = 0
}

// PackRows copies rows, less Centre, to panels of 8 rows: element (8r+l, j) to dst[(r·p + j)·8 + l],
// with zeros where the rows end. It panics where dst is shorter than p times the number of rows
// filled up to a multiple of 8.
func (m *Moments[T]) PackRows(rows RowSet, dst []float64) {
	bad := cmp.Or(m.X.Misuse(), rows.misuse(m.X.Rows))
	if bad == "" && (len(m.Centre) < m.X.Cols || len(dst) < (rows.N+7)&^7*m.X.Cols) {
		bad = shortArgument
	}
	if bad != "" {
		panic("kernels: PackRows: " + bad)
	}
	csrc.PackRows(simd.Active(), rows.N, rows.Lo, rows.Index, m.X.Cols, m.X.Data, m.X.Stride, m.X.Layout == ColMajor, m.Centre, dst)
}

// CentreMoments sets gram, the matrix of len(sum) columns ld apart, to total − part − sum·shiftᵀ, all
// of it, and the elements beyond its rows to 0, from the lower triangles of moments: with the
// sums of the columns and their means that is the centred Gram matrix of the rows of total
// that are not those of part, which may be nil. total may be gram. 2 to 3 flops an element of
// the triangle. It panics where a slice is short.
func CentreMoments(total, part, sum, shift, gram []float64, ld int) {
	p := len(sum)
	if least := p * ld; ld < p || len(total) < least || part != nil && len(part) < least || len(gram) < least || len(shift) < p {
		panic("kernels: CentreMoments: " + shortArgument)
	}
	b := &breath{}
	b.calls((p+7)/8, func(int) int { return 8 * 16 * p }, func(j0, j1 int) {
		csrc.FoldCentre(simd.Active(), 8*j0, min(8*j1, p), ld, total, part, sum, shift, gram)
	})
}

// PredictPacked sets dst[c·ld + i] to b[c] + Σ x_ij·w[8·j + c] over the columns j in list, for 8
// models c and the 8·panels rows i that x holds in the form of [Moments.PackRows], of p columns:
// 16 flops for each row and column in list. The bits do not depend on the instruction set: each
// is one chain of fused multiply-adds in the order of list. It panics where a slice is short or
// a column not there.
func PredictPacked(panels, p int, list []int32, x, w, b, dst []float64, ld int) {
	ok := panels >= 0 && p >= 0 && len(x) >= 8*panels*p && len(w) >= 8*p && len(b) >= 8 && ld >= 8*panels && len(dst) >= 7*ld+8*panels
	if bad := checkColumns(p, list, ok); bad != "" {
		panic("kernels: PredictPacked: " + bad)
	}
	csrc.FoldPredict(simd.Active(), panels, p, list, x, w, b, dst, ld)
}
