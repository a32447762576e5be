package kernels

import (
	"strings"
	"unsafe"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// DivisorTable returns d(0) … d(n), the numbers of positive divisors of each integer;
// d(0) is 0. It panics where n is negative. uint16 holds them all: the first number with
// 65536 divisors or more is 106858629141264000, whose table no machine holds.
//
// It takes about 4 machine cycles an entry below 10^8 and about half as many again at
// 10^10: a segmented sieve, n·ln ln n additions of which a third are left. l shares the
// segments; l.Grain is not used. Memory: the 2·(n+1) bytes of the result and, a thread,
// some 100 KB below 10^8 and 2 MB at most below 10^11.
func DivisorTable(l parfor.Loop, n int) []uint16 {
	if n < 0 {
		panic("kernels: DivisorTable: negative n")
	}
	d := newTable(n + 1)
	d[0] = 0
	fillDivisors(l, 1, d[1:])
	return d
}

const manyEntries = 1 << 16 // 128 KB

// newTable returns n entries, many of them as they come: make clears memory that has been used
// before, on one thread, in 0.2 ns an entry, which threads that then share the work cannot make
// up for. A strings.Builder is the way to memory that is not cleared.
func newTable(n int) []uint16 {
	if n < manyEntries {
		return make([]uint16, n)
	}
	var b strings.Builder
	b.Grow(2 * n)
	b.WriteByte(0) // so that the string has an address: that of all the entries
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.StringData(b.String()))), n)
}

// fillDivisors sets dst[i] to d(lo+i), lo > 0.
func fillDivisors(l parfor.Loop, lo uint64, dst []uint16) {
	if len(dst) == 0 {
		return
	}
	level, hi := simd.Active(), lo+uint64(len(dst))-1
	l.Threads, l.Grain = l.NumThreads(), 0
	sieves := make([]*csrc.DivisorSieve, l.Threads)
	sieves[0] = csrc.NewDivisorSieve(hi)
	block := sieves[0].Block()
	l.ForThread(ceilDiv(len(dst), block), func(thread, from, to int) {
		if sieves[thread] == nil {
			sieves[thread] = csrc.NewDivisorSieve(hi)
		}
		i, end := from*block, min(to*block, len(dst))
		csrc.DivisorTable(level, sieves[thread], lo+uint64(i), dst[i:end])
	})
}
