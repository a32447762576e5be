//go:build cgo

// The build with a C compiler: trial.c is compiled at -O3, as its OpenMP twin is.

package trial

/*
#cgo CFLAGS: -O3 -std=c11 -Wall
#cgo noescape trial_sum
#cgo nocallback trial_sum
#include "trial.h"
*/
import "C"

import "unsafe"

func sum(values []int64, atMost int64) int64 {
	return int64(C.trial_sum((*C.int64_t)(unsafe.SliceData(values)), C.size_t(len(values)), C.int64_t(atMost), 1))
}
