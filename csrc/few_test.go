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

// eachFewWay calls check with all that may be said of results: where they go, whether NaN are skipped and
// counted.
func eachFewWay(rng *rand.Rand, check func(offset int, stream, skip, count bool)) {
	for way := range 8 {
		if stream, skip, count := way&1 > 0, way&2 > 0, way&4 > 0; skip || !count {
			check(rng.IntN(16), stream, skip, count)
		}
	}
}

func testFewRows[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(43, 44))
	eachFew(t, func(colMajor bool, rows, cols, stride int, a []T) {
		before := slices.Clone(a)
		for op := FewSum; op <= FewDescribe; op++ {
			words, ddof := op.Words(), rng.IntN(4)-1
			eachFewWay(rng, func(offset int, stream, skip, count bool) {
				mid, intact := guarded(offset + words*cols)
				fence, dst := slices.Clone(mid[:offset]), mid[offset:]
				nans, whole := fenced(cols)
				wantNaNs, want := make([]int, cols), make([]float64, words*cols)
				if !count {
					nans, wantNaNs = nil, nil
				}
				FewFloats(level, op, skip, colMajor, rows, cols, stride, a, ddof, stream, dst, nans)
				fewFloatsGo(op, skip, colMajor, rows, cols, stride, a, ddof, want, wantNaNs)
				if op == FewDescribe {
					clear(nans) // which it does not write
					clear(wantNaNs)
				}
				if !intact() || !whole() || !sameBits(mid[:offset], fence) || !sameBits(dst, want) || !slices.Equal(nans, wantNaNs) {
					t.Fatalf("%d with ddof %d of %d×%d+%d, column-major %v, stream %v, skip %v, offset %d:\n got %v %v\nwant %v %v\n of %v", op, ddof,
						rows, cols, stride, colMajor, stream, skip, offset, dst, nans, want, wantNaNs, a)
				}
			})
		}
		testFewExtremes(t, rng, level, colMajor, rows, cols, stride, a)
		for i := range a {
			if math.Float64bits(float64(a[i])) != math.Float64bits(float64(before[i])) {
				t.Fatalf("%d×%d: element %d has changed", rows, cols, i)
			}
		}
	})
}

// TestFewAsMany compares with what serves more rows: the statistic of a column is the same bits there.
func TestFewAsMany(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		eachFew(t, func(colMajor bool, rows, cols, stride int, a []float64) {
			sums := func(op SumOp) (dst, skipped []float64) {
				dst, skipped = make([]float64, cols), make([]float64, cols)
				if colMajor {
					SumColMajor(level, op, rows, stride, a, dst, skipped)
				} else {
					SumRowMajor(level, op, rows, stride, a, make([]float64, SumScratch(rows, cols)), dst, skipped)
				}
				return dst, skipped
			}
			moments := make([]float64, MomentsDescribe.Planes()*cols)
			ColumnMoments(level, MomentsDescribe, colMajor, rows, cols, stride, a, make([]float64, MomentsDescribe.Scratch(rows, cols)), moments, cols)
			got, want := make([]float64, 5*cols), make([]float64, 5*cols)
			check := func(op FewOp, skip bool) {
				FewFloats(level, op, skip, colMajor, rows, cols, stride, a, 1, false, got[:op.Words()*cols], nil)
				if n := op.Words() * cols; !sameBits(got[:n], want[:n]) {
					t.Fatalf("%d of %d×%d, column-major %v, skip %v: %v, want %v", op, rows, cols, colMajor, skip, got[:n], want[:n])
				}
			}
			plain, _ := sums(Sum)
			copy(want, plain)
			check(FewSum, false)
			all, skipped := sums(NaNSum)
			one, _ := sums(NaNSumAbs)
			for j := range cols {
				if want[j] = all[j]; skipped[j] == float64(rows) {
					want[j] = 0
				}
			}
			check(FewSum, true)
			copy(want, one)
			check(FewNorm1, true)
			for j := range cols {
				want[j] = Quotient(moments[MomentM2*cols+j], moments[MomentN*cols+j]-1, true)
			}
			check(FewStd, true)
			for j := range cols {
				words := summaryOf(momentAt(MomentsDescribe, moments[j:], cols))
				copy(want[5*j:], words[:])
			}
			check(FewDescribe, true)
		})
	})
}

// testFewExtremes is of any type; of integers there are no NaN to skip.
func testFewExtremes[T Number](t *testing.T, rng *rand.Rand, level simd.Level, colMajor bool, rows, cols, stride int, a []T) {
	isFloat := T(1)/2 != 0
	largest := rng.IntN(2) > 0
	eachFewWay(rng, func(offset int, stream, skip, count bool) {
		if skip && !isFloat {
			return
		}
		mid, intact := guardedNumbers[T](offset + cols)
		want, got := make([]T, offset+cols), mid[offset:]
		copy(want, mid[:offset])
		nans, whole := fenced(cols)
		at, atWhole := fenced(offset + cols)
		atNaNs, wantAt, wantNaNs := make([]int, cols), make([]int, offset+cols), make([]int, cols)
		if !count {
			nans, wantNaNs, atNaNs = nil, nil, nil
		}
		FewMin(level, colMajor, rows, stride, a, stream, largest, skip, got, nans)
		FewArgMin(level, colMajor, rows, stride, a, stream, largest, skip, at[offset:], atNaNs)
		fewMinGo(colMajor, rows, stride, a, largest, skip, want[offset:], wantNaNs)
		what := fmt.Sprintf("%d×%d+%d, column-major %v, stream %v, skip %v, largest %v, offset %d", rows, cols, stride, colMajor, stream, skip, largest, offset)
		if !intact() || !whole() || !atWhole() || !slices.Equal(nans, wantNaNs) || !slices.Equal(atNaNs, wantNaNs) {
			t.Fatalf("%s: %v and %v NaN, want %v, or written beside dst", what, nans, atNaNs, wantNaNs)
		}
		for j := range mid {
			if g, w := mid[j], want[j]; g != w && (g == g || w == w) || isFloat && !sameBits([]float64{float64(g)}, []float64{float64(w)}) {
				t.Fatalf("%s: minimum of column %d is %v, want %v", what, j-offset, g, w)
			}
		}
		fewArgMinGo(colMajor, rows, stride, a, largest, skip, wantAt[offset:], wantNaNs)
		if !slices.Equal(at, wantAt) {
			t.Fatalf("%s:\n row %v\nwant %v\n  of %v", what, at[offset:], wantAt[offset:], a)
		}
	})
}

// TestFewIntegers has few values, so that there are ties, and those at the ends of the type, which a
// maximum must not negate.
func TestFewIntegers(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		testFewIntegers[int32](t, level)
		testFewIntegers[int64](t, level)
	})
}

func testFewIntegers[T int32 | int64](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(45, 46))
	least := identity[T](true)
	values := []T{least, least + 1, -3, -1, 0, 1, 2, T(1) << 30, -least - 2, -(least + 1)}
	eachFew(t, func(colMajor bool, rows, cols, stride int, b []float32) {
		a := make([]T, len(b))
		for i := range a {
			a[i] = values[rng.IntN(len(values))]
		}
		testFewExtremes(t, rng, level, colMajor, rows, cols, stride, a)
	})
}

// TestFewNormsOutOfRange is of 2-norms whose squares overflow or vanish, beside others, and of all powers
// of two that a double has.
func TestFewNormsOutOfRange(t *testing.T) {
	if FewRows == 0 {
		t.Skip("no loops over few rows where an int has 32 bits")
	}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(47, 48))
		const cols = 2099 // exponents −1074 … 1024
		for _, rows := range []int{1, 2, 3, 5, 8} {
			for _, colMajor := range []bool{false, true} {
				a, stride := make([]float64, rows*cols), cols
				if colMajor {
					stride = rows
				}
				for i := range a {
					j := i % stride
					if colMajor {
						j = i / stride
					}
					a[i] = math.Ldexp(2*rng.Float64()-1, j-1074+1-60*rng.IntN(2))
					if rng.IntN(9) == 0 {
						a[i] = []float64{0, math.NaN(), math.Inf(-1)}[rng.IntN(3)]
					}
				}
				for _, skip := range []bool{false, true} {
					got, want := make([]float64, cols), make([]float64, cols)
					FewFloats(level, FewNorm2, skip, colMajor, rows, cols, stride, a, 0, false, got, nil)
					fewFloatsGo(FewNorm2, skip, colMajor, rows, cols, stride, a, 0, want, nil)
					for j := range want {
						if math.Float64bits(got[j]) != math.Float64bits(want[j]) {
							t.Fatalf("%d rows, column-major %v, skip %v, column %d: %v, want %v", rows, colMajor, skip, j, got[j], want[j])
						}
					}
				}
			}
		}
	})
}
