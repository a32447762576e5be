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

// fenced is n zeros between fences, and says whether these are as they were.
func fenced(n int) (mid []int, intact func() bool) {
	all := make([]int, n+2)
	all[0], all[n+1] = 77, 77
	return all[1 : n+1], func() bool { return all[0] == 77 && all[n+1] == 77 }
}

func testFewRows[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(43, 44))
	eachFew(t, func(colMajor bool, rows, cols, stride int, a []T) {
		offset, ddof, root, largest := rng.IntN(8), rng.IntN(4)-1, rng.IntN(2) > 0, rng.IntN(2) > 0
		each := func(name string, words int, got func(stream bool, dst []float64, nans []int), want func(dst []float64, nans []int)) {
			for k := range 4 {
				stream, count := k&1 > 0, k&2 > 0
				mid, intact := guarded(offset + words*cols)
				fence, dst := slices.Clone(mid[:offset]), mid[offset:]
				nans, whole := fenced(cols)
				wantNaNs, expected := make([]int, cols), make([]float64, words*cols)
				if !count {
					nans, wantNaNs = nil, nil
				}
				want(expected, wantNaNs)
				got(stream, dst, nans)
				if !intact() || !whole() || !sameBits(mid[:offset], fence) || !sameBits(dst, expected) || !slices.Equal(nans, wantNaNs) {
					t.Fatalf("%s of %d×%d+%d, column-major %v, stream %v, offset %d:\n got %v %v\nwant %v %v", name, rows, cols, stride, colMajor,
						stream, offset, dst, nans, expected, wantNaNs)
				}
			}
		}
		for _, op := range []SumOp{Sum, NaNSum} {
			for _, mean := range []bool{false, true} {
				each(fmt.Sprintf("sum %d, mean %v", op, mean), 1,
					func(stream bool, dst []float64, nans []int) {
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
			each(fmt.Sprintf("moments %d, ddof %d, root %v", what, ddof, root), words,
				func(stream bool, dst []float64, nans []int) {
					FewMoments(level, what, colMajor, rows, cols, stride, a, ddof, root, stream, dst, nans)
				},
				func(dst []float64, nans []int) {
					fewMomentsGo(what, colMajor, rows, cols, stride, a, ddof, root, dst, nans)
				})
		}
		for k := range 4 {
			stream, skip := k&1 > 0, k&2 > 0
			mid, intact := guardedNumbers[T](offset + cols)
			want, got := make([]T, offset+cols), mid[offset:]
			copy(want, mid[:offset])
			nans, whole := fenced(cols)
			wantNaNs := make([]int, cols)
			FewMin(level, colMajor, rows, stride, a, stream, largest, skip, got, nans)
			fewMinGo(colMajor, rows, stride, a, largest, skip, want[offset:], wantNaNs)
			if !intact() || !whole() || skip && !slices.Equal(nans, wantNaNs) {
				t.Fatalf("minimum of %d×%d, column-major %v, stream %v: %v NaN, want %v, or written beside dst", rows, cols, colMajor, stream, nans, wantNaNs)
			}
			for j := range mid {
				if g, w := float64(mid[j]), float64(want[j]); !sameBits([]float64{g}, []float64{w}) {
					t.Fatalf("minimum of %d×%d, column-major %v, stream %v, skip %v: column %d is %v, want %v", rows, cols, colMajor, stream, skip, j-offset, g, w)
				}
			}
		}
	})
}
