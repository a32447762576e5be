package csrc

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// Columns: around a vector, a line of results, and four places of two lines, with a rest.
var fewCols = []int{1, 2, 3, 7, 8, 9, 31, 33, 64, 71, 257, 300}

// eachFew calls check with matrices of few rows, in both layouts, with and without NaN.
func eachFew[T Float](t *testing.T, check func(colMajor bool, rows, cols, stride int, a []T)) {
	rng := rand.New(rand.NewPCG(41, 42))
	specials := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, 5e-324, math.MaxFloat64}
	for rows := 1; rows <= FewRows; rows++ {
		for _, cols := range fewCols {
			for _, colMajor := range []bool{false, true} {
				n, length := rows, cols
				if colMajor {
					n, length = cols, rows
				}
				gap := 3 * rng.IntN(2)
				a := randSlice[T](rng, (n-1)*(length+gap)+length+1)[1:]
				for range len(a) / 4 * rng.IntN(2) {
					a[rng.IntN(len(a))] = T(specials[rng.IntN(len(specials))])
				}
				check(colMajor, rows, cols, length+gap, a)
			}
		}
	}
}

func TestFewRows(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testFewRows[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testFewRows[float32](t, level) })
	})
}

func testFewRows[T Float](t *testing.T, level simd.Level) {
	offset := 0
	eachFew(t, func(colMajor bool, rows, cols, stride int, a []T) {
		offset = (offset + 1) % 8
		each := func(name string, words int, got, want func(dst []float64, nans []int)) {
			for _, count := range []bool{false, true} {
				dst, intact := guarded(offset + words*cols + 1)
				var nans, wantNaNs []int
				if count {
					nans, wantNaNs = make([]int, cols), make([]int, cols)
				}
				expected := make([]float64, words*cols)
				want(expected, wantNaNs)
				got(dst[offset:][:words*cols], nans)
				if !intact() || !sameBits(dst[offset:][:words*cols], expected) || !slices.Equal(nans, wantNaNs) {
					t.Fatalf("%s of %d×%d+%d, column-major %v:\n got %v %v\nwant %v %v", name, rows, cols, stride, colMajor,
						dst[offset:][:words*cols], nans, expected, wantNaNs)
				}
			}
		}
		stream := offset%2 == 0
		for _, op := range []SumOp{Sum, NaNSum} {
			for _, mean := range []bool{false, true} {
				each(fmt.Sprintf("sum %d, mean %v", op, mean), 1,
					func(dst []float64, nans []int) {
						FewSums(level, op, mean, colMajor, rows, stride, a, stream, dst, nans)
					},
					func(dst []float64, nans []int) { fewSumsGo(op, mean, colMajor, rows, stride, a, dst, nans) })
			}
		}
		for _, what := range allMoments {
			words := 1
			if what == MomentsDescribe {
				words = 5
			}
			ddof, root := offset%4-1, offset > 4
			each(fmt.Sprintf("moments %d, ddof %d, root %v", what, ddof, root), words,
				func(dst []float64, nans []int) {
					FewMoments(level, what, colMajor, rows, cols, stride, a, ddof, root, stream, dst, nans)
				},
				func(dst []float64, nans []int) {
					fewMomentsGo(what, colMajor, rows, cols, stride, a, ddof, root, dst, nans)
				})
		}
		for _, skip := range []bool{false, true} {
			got, want := make([]T, cols), make([]T, cols)
			nans, wantNaNs := make([]int, cols), make([]int, cols)
			FewMin(level, colMajor, rows, stride, a, stream, skip, got, nans)
			fewMinGo(colMajor, rows, stride, a, stream, skip, want, wantNaNs)
			for j := range got {
				g, w := float64(got[j]), float64(want[j])
				if !sameBits([]float64{g}, []float64{w}) || skip && nans[j] != wantNaNs[j] {
					t.Fatalf("minimum of %d×%d, column-major %v, skip %v: column %d is %v (%d NaN), want %v (%d)", rows, cols, colMajor, skip, j, g, nans[j], w, wantNaNs[j])
				}
			}
		}
	})
}
