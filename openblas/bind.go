//go:build cgo && !noopenblas

// The build that links OpenBLAS. The three functions declared here are in no
// BLAS but OpenBLAS, so a program that links has it; declaring them by hand
// spares looking for cblas.h, which every system keeps in another directory.
// Homebrew keeps OpenBLAS out of the linker's way, hence the paths.

package openblas

/*
#cgo LDFLAGS: -lopenblas
#cgo darwin,arm64 LDFLAGS: -L/opt/homebrew/opt/openblas/lib
#cgo darwin,amd64 LDFLAGS: -L/usr/local/opt/openblas/lib
#cgo freebsd LDFLAGS: -L/usr/local/lib

extern void  openblas_set_num_threads(int n);
extern int   openblas_get_num_threads(void);
extern char *openblas_get_config(void);
*/
import "C"

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/cblas128"
	"gonum.org/v1/gonum/blas/cblas64"
	"gonum.org/v1/netlib/blas/netlib"
)

// mu serialises the changes of OpenBLAS's thread count, which it does not lock.
var mu sync.Mutex

func init() {
	setThreads(1)
	blas64.Use(netlib.Implementation{})
	blas32.Use(netlib.Implementation{})
	cblas128.Use(netlib.Implementation{})
	cblas64.Use(netlib.Implementation{})
}

func setThreads(n int) bool {
	mu.Lock()
	defer mu.Unlock()
	C.openblas_set_num_threads(C.int(min(n, math.MaxInt32)))
	return true
}

func threads() int {
	mu.Lock()
	defer mu.Unlock()
	return int(C.openblas_get_num_threads())
}

func config() string { return C.GoString(C.openblas_get_config()) }
