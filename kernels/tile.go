package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
)

// eachTile calls f in parallel for some columns of x at a time, which has rows: column-major tiles, the
// first column of each being column lo of x. Of a column-major x they are views. Of a row-major one they
// are in scratch of the thread, half a megabyte or eight columns: x is read once, in runs of its rows,
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
		tile.Data = make([]T, min(wide, hi-lo)*tile.Stride)
		for ; lo < hi; lo += wide {
			tile.Cols = min(wide, hi-lo)
			csrc.Transpose(x.Rows, tile.Cols, x.Data[lo:], x.Stride, tile.Data, tile.Stride)
			f(tile, lo)
		}
	})
}

// tileColumns is how many columns of n rows are a tile: whole cache lines of a row, up to a kilobyte.
func tileColumns(n int) int { return max(8, min(128, 1<<16/n&^7)) }

// oddLines is n, filled up to an odd number of cache lines of float64, so that columns so far apart do
// not share a place in the first cache.
func oddLines(n int) int { return (n+7)&^7 | 8 }

// columns is columns lo … hi−1 of a column-major matrix.
func (m Matrix[T]) columns(lo, hi int) Matrix[T] {
	m.Cols, m.Data = hi-lo, m.Data[lo*m.Stride:]
	return m
}
