package kernels

import (
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

const (
	addBlock  = 1 << 16 // elements of a task: 512 KB of each vector of float64
	addStream = 1 << 25 // bytes from which no cache is expected to hold dst
)

// Add sets dst[i] to x[i] + y[i], in the type of all three. dst may be x or y itself, but
// overlap neither otherwise. It moves 24 bytes an element of float64, 12 of float32: from 32 MB
// on, dst is written past the caches (unless it is x or y). l.Grain is not used. It panics where
// the lengths of x and y differ or dst is shorter, and writes dst[:len(x)] only.
func Add[T Float](l parfor.Loop, dst, x, y []T) {
	if len(x) != len(y) {
		panic("kernels: Add: lengths differ")
	}
	if len(dst) < len(x) {
		panic("kernels: Add: " + shortDst)
	}
	level, n := simd.Active(), len(x)
	if n < serialSize {
		csrc.Add(level, dst[:n], x, y, false)
		return
	}
	stream := n*int(unsafe.Sizeof(T(0))) >= addStream && unsafe.SliceData(dst) != unsafe.SliceData(x) && unsafe.SliceData(dst) != unsafe.SliceData(y)
	l.Grain = 0
	l.For(ceilDiv(n, addBlock), func(lo, hi int) {
		i, end := lo*addBlock, min(hi*addBlock, n)
		csrc.Add(level, dst[i:end], x[i:end], y[i:end], stream)
	})
}
