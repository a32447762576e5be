//go:build cgo && !noopenblas

package openblas

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/cblas128"
	"gonum.org/v1/gonum/blas/cblas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/netlib/blas/netlib"
)

func TestRegistered(t *testing.T) {
	for name, impl := range map[string]any{
		"blas64":   blas64.Implementation(),
		"blas32":   blas32.Implementation(),
		"cblas128": cblas128.Implementation(),
		"cblas64":  cblas64.Implementation(),
	} {
		if _, ok := impl.(netlib.Implementation); !ok {
			t.Errorf("%s runs on %T, want netlib.Implementation", name, impl)
		}
	}
}

// TestGemmIsOpenBLAS tells OpenBLAS's product from gonum's by what each does
// with 0·NaN: gonum skips the zeros of A, and so loses the NaN of B, while
// OpenBLAS multiplies every element. The control, gonum's own product, keeps the
// test honest should a later gonum multiply too.
func TestGemmIsOpenBLAS(t *testing.T) {
	const n = 4
	zeros, nans := make([]float64, n*n), make([]float64, n*n)
	zeros32, nans32 := make([]float32, n*n), make([]float32, n*n)
	for i := range nans {
		nans[i], nans32[i] = math.NaN(), float32(math.NaN())
	}

	c := make([]float64, n*n)
	gonum.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, zeros, n, nans, n, 0, c, n)
	if c[0] != 0 {
		t.Fatalf("gonum's own product of 0 and NaN is %v: the test cannot tell the two apart", c[0])
	}

	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, square64(n, zeros), square64(n, nans), 0, square64(n, c))
	c32 := make([]float32, n*n)
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, square32(n, zeros32), square32(n, nans32), 0, square32(n, c32))
	for i := range c {
		if !math.IsNaN(c[i]) || c32[i] == c32[i] {
			t.Fatalf("element %d of 0·NaN: blas64 gives %v, blas32 %v, want NaN: this is not OpenBLAS", i, c[i], c32[i])
		}
	}
}

// TestGemmAgrees compares products with gonum's within the bound of a sum of k
// rounded products, γ_k Σ|a||b| with γ_k ≈ k·2⁻⁵³ (Higham 2002, §3.5), once for
// each of the two.
func TestGemmAgrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, dims := range [][3]int{{1, 1, 1}, {3, 5, 7}, {64, 65, 63}, {130, 17, 300}} {
		m, n, k := dims[0], dims[1], dims[2]
		a, b := randomSlice(rng, m*k), randomSlice(rng, k*n)
		got, want := make([]float64, m*n), make([]float64, m*n)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas64.General{Rows: m, Cols: k, Stride: k, Data: a},
			blas64.General{Rows: k, Cols: n, Stride: n, Data: b},
			0, blas64.General{Rows: m, Cols: n, Stride: n, Data: got})
		gonum.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, want, n)
		for i := range got {
			var size float64
			for l := range k {
				size += math.Abs(a[i/n*k+l] * b[l*n+i%n])
			}
			if bound := 2 * float64(k+1) * 0x1p-53 * size; math.Abs(got[i]-want[i]) > bound {
				t.Fatalf("m=%d n=%d k=%d: element %d is %v, gonum's %v", m, n, k, i, got[i], want[i])
			}
		}
	}
}

func TestThreads(t *testing.T) {
	if got := Threads(); got != 1 {
		t.Fatalf("OpenBLAS has %d threads after import, want 1", got)
	}
	defer SetThreads(1)
	want := 2
	if strings.Contains(Config(), "SINGLE_THREADED") {
		want = 1
	}
	if !SetThreads(2) {
		t.Error("SetThreads(2) is false, want true")
	}
	if got := Threads(); got != want {
		t.Errorf("OpenBLAS has %d threads after SetThreads(2), want %d", got, want)
	}
}

func TestConfig(t *testing.T) {
	if got := Config(); !strings.Contains(got, "OpenBLAS") {
		t.Errorf("Config is %q, want OpenBLAS's description", got)
	}
}

func square64(n int, data []float64) blas64.General {
	return blas64.General{Rows: n, Cols: n, Stride: n, Data: data}
}

func square32(n int, data []float32) blas32.General {
	return blas32.General{Rows: n, Cols: n, Stride: n, Data: data}
}

func randomSlice(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}
