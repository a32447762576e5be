//go:build cgo

// The build with a C compiler.

package readlimit

/*
#cgo CFLAGS: -O3 -std=c11 -Wall
#cgo noescape read_words
#cgo nocallback read_words
#include "read.h"
*/
import "C"

import "unsafe"

// Compiler names the C compiler, and is empty in a build without one.
func Compiler() string { return C.GoString(C.read_compiler()) }

func read(a []uint64) uint64 {
	return uint64(C.read_words((*C.uint64_t)(unsafe.SliceData(a)), C.size_t(len(a))))
}
