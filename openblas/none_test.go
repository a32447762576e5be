//go:build !cgo || noopenblas

package openblas

import (
	"testing"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
)

func TestNothingRegistered(t *testing.T) {
	if impl, ok := blas64.Implementation().(gonum.Implementation); !ok {
		t.Errorf("blas64 runs on %T, want gonum's own", impl)
	}
	if impl, ok := blas32.Implementation().(gonum.Implementation); !ok {
		t.Errorf("blas32 runs on %T, want gonum's own", impl)
	}
	if SetThreads(2) {
		t.Error("SetThreads(2) is true without OpenBLAS")
	}
	if n, c := Threads(), Config(); n != 0 || c != "" {
		t.Errorf("Threads, Config are %d, %q, want 0 and the empty string", n, c)
	}
}
