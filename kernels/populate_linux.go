package kernels

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// populate has the system enter the pages of b, which are about to be written, into the
// process's table at once, which takes half the time of as many faults. It is advice: before
// Linux 5.14 nothing happens, and then nothing is lost.
func populate(b []byte) {
	page := os.Getpagesize()
	first := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & uintptr(page-1))
	if n := (len(b) - first) / page * page; n > 0 {
		_ = unix.Madvise(b[first:first+n], unix.MADV_POPULATE_WRITE)
	}
}
