package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// loops are the ways to share a loop that results must not depend on.
var loops = []parfor.Loop{
	{Threads: 1},
	{},
	{Threads: 2, Schedule: parfor.Dynamic(1)},
	{Threads: 3, Schedule: parfor.Static(0)},
	{Threads: 5, Schedule: parfor.Guided(1)},
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panicked with %v, want %q", got, want)
		}
	}()
	f()
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func randSlice[T Float](rng *rand.Rand, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T((rng.Float64() - 0.3) * math.Exp(8*rng.Float64()))
	}
	return s
}

// inRows is the column-major x by rows, with a gap between them.
func inRows[T Float](x Matrix[T]) Matrix[T] {
	rows := Matrix[T]{Rows: x.Rows, Cols: x.Cols, Stride: x.Cols + 3, Data: make([]T, x.Rows*(x.Cols+3))}
	for i := range x.Rows {
		for j := range x.Cols {
			rows.Data[i*rows.Stride+j] = x.Data[j*x.Stride+i]
		}
	}
	return rows
}
