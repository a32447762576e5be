//go:build unix

package linear

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/nogil-go/nogil/kernels"
)

// readOnly returns a copy of s in pages that cannot be written: a write ends the program.
func readOnly[T kernels.Float](t *testing.T, s []T) []T {
	size := len(s) * int(unsafe.Sizeof(s[0]))
	pages, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { syscall.Munmap(pages) })
	mapped := unsafe.Slice((*T)(unsafe.Pointer(&pages[0])), len(s))
	copy(mapped, s)
	if err := syscall.Mprotect(pages, syscall.PROT_READ); err != nil {
		t.Skip(err)
	}
	return mapped
}

// Data that cannot be written are fitted like any: mapped files, shared memory.
func TestReadOnlyData(t *testing.T) {
	x, y := randomProblem(92, 60, 30, 1, 0.3)
	narrow := make([]float32, len(x.Data))
	for i, v := range x.Data {
		narrow[i] = float32(v)
	}
	rows := byRows(x)
	rows.Data = readOnly(t, rows.Data)
	weights := make([]float64, 60)
	for i := range weights {
		weights[i] = float64(i % 3)
	}
	x.Data = readOnly(t, x.Data)
	for name, d := range map[string]Design{
		"columns": Dense(x), "rows": Dense(rows), "float32": Dense(kernels.NewColMajor(60, 30, readOnly(t, narrow))),
	} {
		for algorithm := range Covariance + 1 {
			m := ElasticNet{Options: Options{
				Tol: 1e-8, Algorithm: algorithm, Init: readOnly(t, make([]float64, 30)),
				SampleWeights: readOnly(t, weights), PenaltyFactors: readOnly(t, weights[1:31]),
			}, Alpha: 0.01, L1Ratio: 0.5}
			if f, err := m.Fit(d, readOnly(t, y)); err != nil || !f.Converged {
				t.Errorf("%s: %+v, %v", name, f, err)
			}
		}
	}
}
