package linear

// The hash of a design's content, for the keys of checkpoints and of kept folds: XXH3 with 128 bits
// over pieces of about 1 MB, on all threads, and SHA-256 over these. Dense designs are hashed row
// after row, so that layouts and streams of the same numbers have one hash; by columns that costs
// a transposition of each piece in the second cache.

import (
	"context"
	"encoding/binary"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// contents is a design whose content can be hashed.
type contents interface {
	// hash depends on what is in X, on its shape and type, but not on the layout, on what lies
	// between rows or columns, nor on threads.
	hash(ctx context.Context, l parfor.Loop) ([32]byte, error)
}

const hashPiece = 1 << 20

// hashRows is how many rows of p numbers a piece has.
func hashRows[T kernels.Float](p int) int {
	return max(1, hashPiece/int(unsafe.Sizeof(*new(T)))/max(p, 1))
}

func (d *dense[T]) hash(ctx context.Context, l parfor.Loop) ([32]byte, error) {
	n, p := d.Dims()
	each := hashRows[T](p)
	sums := make([]xxh3.Uint128, (n+each-1)/each)
	hashPieces(l, len(sums), func(lo, hi int) {
		var room []T
		h := xxh3.New()
		for piece := lo; piece < hi && ctx.Err() == nil; piece++ {
			h.Reset()
			from, to := piece*each, min((piece+1)*each, n)
			if d.x.Layout == kernels.RowMajor {
				for i := from; i < to && p > 0; i++ {
					h.Write(bytesOf(d.x.Data[i*d.x.Stride:][:p]))
				}
			} else {
				room = rowsOf(room, d.x, from, to)
				h.Write(bytesOf(room))
			}
			sums[piece] = h.Sum128()
		}
	})
	return denseHash[T](n, p, sums), ctx.Err()
}

// rowsOf copies rows lo … hi−1 of x, which is by columns, by rows.
func rowsOf[T kernels.Float](dst []T, x kernels.Matrix[T], lo, hi int) []T {
	if size := (hi - lo) * x.Cols; cap(dst) < size {
		dst = make([]T, size)
	} else {
		dst = dst[:size]
	}
	for j := range x.Cols {
		for i, v := range x.Data[j*x.Stride:][lo:hi] {
			dst[i*x.Cols+j] = v
		}
	}
	return dst
}

func (s *stream[T]) hash(ctx context.Context, _ parfor.Loop) ([32]byte, error) {
	var sums []xxh3.Uint128
	each, h, room := hashRows[T](s.cols), xxh3.New(), make([]T, s.cols)
	for b, err := range s.read(ctx, 0, s.rows) {
		if err != nil {
			return [32]byte{}, err
		}
		for i := range b.x.Rows {
			for j := range room {
				room[j] = b.x.At(i, j)
			}
			h.Write(bytesOf(room))
			if (b.row+i+1)%each == 0 || b.row+i+1 == s.rows {
				sums = append(sums, h.Sum128())
				h.Reset()
			}
		}
	}
	return denseHash[T](s.rows, s.cols, sums), nil
}

func denseHash[T kernels.Float](rows, cols int, sums []xxh3.Uint128) [32]byte {
	return allPieces("dense", sums, rows, cols, int(unsafe.Sizeof(*new(T))))
}

// hash goes column after column.
func (d *csc) hash(ctx context.Context, l parfor.Loop) ([32]byte, error) {
	n, p := d.Dims()
	each := max(1, p*hashPiece/max(1, 12*d.x.Stored()))
	sums := make([]xxh3.Uint128, (p+each-1)/each)
	hashPieces(l, len(sums), func(lo, hi int) {
		h := xxh3.New()
		for piece := lo; piece < hi && ctx.Err() == nil; piece++ {
			h.Reset()
			for j := piece * each; j < min((piece+1)*each, p); j++ {
				rows, values := d.x.Column(j)
				h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(rows))))
				h.Write(bytesOf(rows))
				h.Write(bytesOf(values))
			}
			sums[piece] = h.Sum128()
		}
	})
	return allPieces("sparse", sums, n, p), ctx.Err()
}

func hashPieces(l parfor.Loop, pieces int, body func(lo, hi int)) {
	l.Progress, l.Schedule, l.Grain = nil, parfor.Dynamic(1), 1
	l.For(pieces, body)
}

func allPieces(what string, sums []xxh3.Uint128, shape ...int) [32]byte {
	h := newKeyHash(what)
	h.ints(shape...)
	for _, sum := range sums {
		h.ints(int(sum.Hi), int(sum.Lo))
	}
	return h.sum()
}

// bytesOf is the memory of v, which is the same on all machines that are little-endian.
func bytesOf[T float32 | float64 | int32](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(v[0])))
}
