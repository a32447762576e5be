package kernels

import (
	"sync"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
)

// eachTile calls f in parallel for some columns of x at a time, which has rows: column-major tiles, the
// first column of each being column lo of x. Of a column-major x they are views. Of a row-major one they
// are in scratch of the thread, a megabyte or sixteen columns: x is read once, in runs of its rows,
// and f may look at a tile as often as it likes, in a second cache.
func eachTile[T Float](l parfor.Loop, x Matrix[T], f func(tile Matrix[T], lo int)) {
	if x.Layout == ColMajor {
		l.Grain = max(l.Grain, columnGrain(x.Rows))
		l.For(x.Cols, func(lo, hi int) { f(x.columns(lo, hi), lo) })
		return
	}
	const line = 16
	wide := tileColumns(x.Rows)
	l.Grain = max(l.Grain, ceilDiv(columnGrain(x.Rows), line))
	l.For(ceilDiv(x.Cols, line), func(lo, hi int) {
		lo, hi = lo*line, min(hi*line, x.Cols)
		tile := Matrix[T]{Rows: x.Rows, Stride: oddLines(x.Rows), Layout: ColMajor}
		tile.Data = takeScratch[T](wide * tile.Stride)
		for ; lo < hi; lo += wide {
			tile.Cols = min(wide, hi-lo)
			csrc.Transpose(x.Rows, tile.Cols, x.Data[lo:], x.Stride, tile.Data, tile.Stride)
			f(tile, lo)
		}
		giveScratch(tile.Data)
	})
}

// scratches are those of tiles that nobody uses. Asking the system for a megabyte takes as long as
// filling it.
var scratches sync.Pool

func takeScratch[T Float](n int) []T {
	if s, ok := scratches.Get().(*[]T); ok && cap(*s) >= n {
		return (*s)[:n]
	}
	return make([]T, n)
}

func giveScratch[T Float](s []T) { scratches.Put(&s) }

// tileColumns is how many columns of n rows are a tile: whole cache lines of a row, up to a kilobyte of it.
func tileColumns(n int) int { return max(16, min(128, 1<<17/n&^7)) }

// oddLines is n, filled up to an odd number of cache lines of float64, so that columns so far apart do
// not share a place in the first cache.
func oddLines(n int) int { return (n+7)&^7 | 8 }

// columns is columns lo … hi−1 of a column-major matrix.
func (m Matrix[T]) columns(lo, hi int) Matrix[T] {
	m.Cols, m.Data = hi-lo, m.Data[lo*m.Stride:]
	return m
}

// gather sets dst[k·ld … k·ld+m) to the m rows from lo on of column cols[k] of the row-major x. Neighbours
// go together.
func gather[T Float](x Matrix[T], lo, m int, cols []int32, dst []T, ld int) {
	const worth = 8                        // neighbours
	data, alone := x.Data[lo*x.Stride:], 0 // columns alone … k−1 are still to come
	for k := 0; k < len(cols); {
		run := 1
		for k+run < len(cols) && cols[k+run] == cols[k]+int32(run) {
			run++
		}
		if run >= worth {
			csrc.Gather(m, cols[alone:k], data, x.Stride, dst[alone*ld:], ld)
			csrc.Transpose(m, run, data[cols[k]:], x.Stride, dst[k*ld:], ld)
			alone = k + run
		}
		k += run
	}
	csrc.Gather(m, cols[alone:], data, x.Stride, dst[min(alone*ld, len(dst)):], ld)
}
