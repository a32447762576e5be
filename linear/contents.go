package linear

// The hash of a design's contents, for the key of a checkpoint: XXH3 with 128 bits over 1 MB at a
// time, on all threads, and so at the speed of memory.

import (
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// contents is a design whose elements can be hashed.
type contents interface {
	// hash returns the hashes of the pieces of X, which depend on what is in it and on its
	// layout, but not on what lies between its rows or columns, nor on threads.
	hash(l parfor.Loop) []xxh3.Uint128
}

// contents adds all of x to the hash.
func (h keyHash) contents(x Design, l parfor.Loop) {
	for _, sum := range x.(contents).hash(l) {
		h.ints(int(sum.Hi), int(sum.Lo))
	}
}

const hashPiece = 1 << 20

func (d *dense[T]) hash(l parfor.Loop) []xxh3.Uint128 {
	lines, length := d.x.Rows, d.x.Cols
	if d.x.Layout == kernels.ColMajor {
		lines, length = length, lines
	}
	if length == 0 {
		return nil
	}
	size := length * int(unsafe.Sizeof(*new(T)))
	each := max(1, hashPiece/size)
	return hashPieces(l, (lines+each-1)/each, func(piece int, h *xxh3.Hasher) {
		for i := piece * each; i < min((piece+1)*each, lines); i++ {
			h.Write(bytesOf(d.x.Data[i*d.x.Stride:][:length]))
		}
	})
}

func (d *csc) hash(l parfor.Loop) []xxh3.Uint128 {
	_, cols := d.Dims()
	each := max(1, cols*hashPiece/max(1, 12*d.x.Stored()))
	return hashPieces(l, (cols+each-1)/each, func(piece int, h *xxh3.Hasher) {
		for j := piece * each; j < min((piece+1)*each, cols); j++ {
			rows, values := d.x.Column(j)
			h.Write(bytesOf([]int{len(rows)}))
			h.Write(bytesOf(rows))
			h.Write(bytesOf(values))
		}
	})
}

// hashPieces returns the hash of what write writes for each piece.
func hashPieces(l parfor.Loop, pieces int, write func(piece int, h *xxh3.Hasher)) []xxh3.Uint128 {
	sums := make([]xxh3.Uint128, pieces)
	l.Progress, l.Schedule = nil, parfor.Dynamic(1)
	l.For(pieces, func(lo, hi int) {
		h := xxh3.New()
		for piece := lo; piece < hi; piece++ {
			h.Reset()
			write(piece, h)
			sums[piece] = h.Sum128()
		}
	})
	return sums
}

func bytesOf[T float32 | float64 | int32 | int](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(v[0])))
}
