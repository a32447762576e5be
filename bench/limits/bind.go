//go:build cgo

package limits

/*
#cgo CFLAGS: -O3 -std=gnu11 -Wall
#cgo noescape limits_flops
#cgo nocallback limits_flops
#cgo noescape limits_read
#cgo nocallback limits_read
#cgo nocallback limits_nothing
#include "limits.h"
*/
import "C"

import "unsafe"

func flops(level, rounds int, sink []float64) float64 {
	return float64(C.limits_flops(C.int(level), C.size_t(rounds), (*C.double)(unsafe.SliceData(sink))))
}

func read(level int, a []uint64, rounds int) uint64 {
	return uint64(C.limits_read(C.int(level), (*C.uint64_t)(unsafe.SliceData(a)), C.size_t(len(a)), C.size_t(rounds)))
}

func nothing() { C.limits_nothing() }
