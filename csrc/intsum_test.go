package csrc

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

func TestIntSum(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("int32", func(t *testing.T) { testIntSum[int32](t, level) })
		t.Run("int64", func(t *testing.T) { testIntSum[int64](t, level) })
	})
}

func testIntSum[T Int](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(41, 42))
	// Around a group of eight rows, a vector, and four of them in a column.
	for _, rows := range []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 127, 300} {
		for _, cols := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33} {
			a := make([]T, (rows+2)*(cols+2))
			for i := range a {
				a[i] = []T{T(rng.Uint64()), T(rng.Uint64()), identity[T](false), identity[T](true), -1, 0}[rng.IntN(6)]
			}
			for _, colMajor := range []bool{false, true} {
				stride, end := cols+2, (rows-1)*(cols+2)+cols
				if colMajor {
					stride, end = rows+1, (cols-1)*(rows+1)+rows
				}
				exact := exactly(a[:max(end, 0)])
				wantLo, wantHi := make([]int64, cols), make([]int64, cols)
				lo, loIntact := guardedNumbers[int64](cols)
				hi, hiIntact := guardedNumbers[int64](cols)
				for _, halves := range []bool{false, true} {
					if halves {
						intSumGo(colMajor, rows, stride, exact, wantLo, wantHi)
						IntSum(level, colMajor, rows, stride, exact, lo, hi)
					} else {
						intSumGo(colMajor, rows, stride, exact, wantLo, nil)
						IntSum(level, colMajor, rows, stride, exact, lo, nil)
					}
					if !slices.Equal(lo, wantLo) || halves && !slices.Equal(hi, wantHi) || !loIntact() || !hiIntact() {
						t.Fatalf("%d×%d, column-major %v, halves %v: %v %v, want %v %v", rows, cols, colMajor, halves, lo, hi, wantLo, wantHi)
					}
				}
			}
		}
	}
}
