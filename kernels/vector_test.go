package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

func TestVectorOperations(t *testing.T) {
	t.Run("float64", testVectorOperations[float64])
	t.Run("float32", testVectorOperations[float32])
}

func testVectorOperations[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(95, 1))
	for _, n := range []int{0, 1, 33, serialSize - 1, serialSize, dotBlock + 1, 3*vectorBlock + 7, 3*dotBlock + 17} {
		x, y := randSlice[T](rng, n+1)[1:], randSlice[T](rng, n+3)[3:]
		scaled, added := make([]T, n), make([]T, n)
		squares, wide := 0.0, make([]float64, n)
		for i, v := range x {
			scaled[i], added[i] = v*1.1, y[i]+T(v*1.1)
			squares += float64(v) * float64(v)
			wide[i] = float64(v)
		}
		var norm, dot float64
		for k, l := range loops {
			if instrumented && n > 3*serialSize && k > 0 && k != 3 {
				continue
			}
			z := append([]T(nil), y...)
			Axpy(l, 1.1, x, z)
			if !sameNumbers(z, added) {
				t.Fatalf("Axpy of %d, %d threads: wrong", n, l.Threads)
			}
			z = append(z[:0], x...)
			Scale(l, 1.1, z)
			if !sameNumbers(z, scaled) {
				t.Fatalf("Scale of %d, %d threads: wrong", n, l.Threads)
			}
			want := treeSum(wide)
			if n == 0 {
				want = 0
			}
			if got := Sum(l, x); math.Float64bits(got) != math.Float64bits(want) {
				t.Fatalf("Sum of %d, %d threads: %v, want %v", n, l.Threads, got, want)
			}
			if k == 0 {
				norm, dot = Norm2(l, x), Dot(l, x, y)
			}
			if Norm2(l, x) != norm || Dot(l, x, y) != dot || !(math.Abs(norm-math.Sqrt(squares)) <= 1e-12*norm) {
				t.Fatalf("Norm2 or Dot of %d, %d threads: other bits, or wrong", n, l.Threads)
			}
		}
		Axpy(parfor.Loop{}, 2, x, x) // in place
		for i, v := range x {
			if float64(v) != float64(T(3*wide[i])) && math.Abs(float64(v)-3*wide[i]) > 1e-6*math.Abs(wide[i]) {
				t.Fatalf("Axpy in place of %d: %v for %v", n, v, wide[i])
			}
		}
	}
	mustPanic(t, "kernels: Axpy: lengths differ", func() { Axpy(parfor.Loop{}, 1, make([]T, 2), make([]T, 3)) })
	mustPanic(t, "kernels: Dot: lengths differ", func() { Dot(parfor.Loop{}, make([]T, 2), make([]T, 3)) })
}

func TestNorm2OfExtremes(t *testing.T) {
	nan, inf, huge := math.NaN(), math.Inf(1), math.MaxFloat64
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, 0},
		{[]float64{0, math.Copysign(0, -1)}, 0},
		{[]float64{3, -4}, 5},
		{[]float64{3e200, 4e200}, 5e200},
		{[]float64{3e-200, -4e-200}, 5e-200},
		{[]float64{-huge}, huge},
		{[]float64{huge, huge}, inf},
		{[]float64{5e-324}, 5e-324},
		{[]float64{3 * 5e-324, 4 * 5e-324}, 5 * 5e-324},
		{[]float64{0x1p-1022}, 0x1p-1022},
		{[]float64{1, -inf}, inf},
		{[]float64{1, nan, 2}, nan},
		{[]float64{inf, nan}, nan},
	} {
		if got := Norm2(parfor.Loop{}, c.x); !(math.Abs(got-c.want) <= 4e-16*c.want) && math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("Norm2 of %v = %v, want %v", c.x, got, c.want)
		}
	}
	if got := Norm2(parfor.Loop{}, []float32{3e38, 4e-45, -1e38}); !(math.Abs(got-math.Sqrt(10)*1e38) < 1e32) {
		t.Errorf("Norm2 of large float32: %v", got)
	}
}

func TestVectorOperationsAllocateNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	x, y, l := make([]float64, 100), make([]float64, 100), parfor.Loop{}
	x[0] = 1
	if n := testing.AllocsPerRun(100, func() {
		Dot(l, x, y)
		Axpy(l, 2, x, y)
		Scale(l, 1, x)
		Sum(l, x)
		Norm2(l, x)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVectors(b *testing.B) {
	for _, n := range []int{100, 100000, 20000000} {
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = 1, float64(i)
		}
		for _, threads := range []int{1, 0} {
			l := parfor.Loop{Threads: threads}
			for _, op := range []struct {
				name  string
				bytes int
				f     func()
			}{
				{"dot", 16, func() { Dot(l, x, y) }},
				{"axpy", 24, func() { Axpy(l, 1e-9, x, y) }},
				{"scale", 16, func() { Scale(l, 1, x) }},
				{"sum", 8, func() { Sum(l, x) }},
				{"norm2", 8, func() { Norm2(l, x) }},
			} {
				b.Run(fmt.Sprintf("op=%s/n=%d/threads=%d", op.name, n, l.NumThreads()), func(b *testing.B) {
					b.SetBytes(int64(op.bytes * n))
					for b.Loop() {
						op.f()
					}
				})
			}
		}
	}
}
