package csrc

import (
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

func TestAccurateSum(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testAccurateSum[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testAccurateSum[float32](t, level) })
	})
}

func testAccurateSum[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(71, 72))
	// Around a vector, a group, a leaf, eight leaves and folds of the counter.
	for i, rows := range []int{1, 2, 7, 8, 9, 16, 127, 128, 129, 136, 257, 1023, 1024, 1025, 1153, 2048, 3*1024 + 131} {
		for j, cols := range []int{0, 1, 2, 3, 5, 7, 8, 9, 16, 17, 33} {
			if leftOut(level, i, j) {
				continue
			}
			value := exactKinds[rng.IntN(len(exactKinds))]
			a := make([]T, (rows+2)*(cols+2))
			for i := range a {
				a[i] = T(value(rng))
			}
			for _, colMajor := range []bool{false, true} {
				checkAccurateSum(t, level, colMajor, rows, cols, a)
			}
		}
	}
}

func checkAccurateSum[T Float](t *testing.T, level simd.Level, colMajor bool, rows, cols int, a []T) {
	t.Helper()
	stride, end := cols+2, (rows-1)*(cols+2)+cols
	if colMajor {
		stride, end = rows+1, (cols-1)*(rows+1)+rows
	}
	a = exactly(a[:max(end, 0)])
	s, sIntact := guarded(cols)
	c, cIntact := guarded(cols)
	levels, levelsIntact := guarded(2 * SumLevels(rows) * cols)
	wantS, wantC := make([]float64, cols), make([]float64, cols)
	AccurateSum(level, colMajor, rows, stride, a, levels, s, c)
	accurateSumGo(colMajor, rows, stride, a, wantS, wantC)
	if !sameBits(s, wantS) || !sameBits(c, wantC) || !sIntact() || !cIntact() || !levelsIntact() {
		t.Fatalf("%d×%d, column-major %v: %v + %v, want %v + %v", rows, cols, colMajor, s, c, wantS, wantC)
	}
}

func FuzzAccurateSum(f *testing.F) {
	f.Add(uint16(300), uint8(9), uint64(1))
	f.Add(uint16(1025), uint8(1), uint64(2))
	f.Fuzz(func(t *testing.T, r uint16, c uint8, seed uint64) {
		rows, cols := int(r)%3000+1, int(c)%20
		rng := rand.New(rand.NewPCG(seed, 73))
		a := make([]float64, (rows+2)*(cols+2))
		for i := range a {
			a[i] = exactKinds[seed%uint64(len(exactKinds))](rng)
		}
		for _, level := range simd.Levels() {
			checkAccurateSum(t, level, false, rows, cols, a)
			checkAccurateSum(t, level, true, rows, cols, a)
		}
	})
}
