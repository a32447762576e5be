package csrc

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

var allMoments = []Moments{MomentsVar, MomentsNaNVar, MomentsDescribe}

// columnMoments runs ColumnMoments between guards, planes gap apart, and returns the planes
// without the gaps.
func columnMoments[T Float](t *testing.T, level simd.Level, what Moments, colMajor bool, rows, cols, stride int, a []T) []float64 {
	t.Helper()
	const gap = 2
	ld := cols + gap
	dst, intact := guarded(what.Planes()*ld - gap)
	levels, levelsIntact := guarded(what.Scratch(rows, cols))
	for i := range dst {
		dst[i] = guard
	}
	ColumnMoments(level, what, colMajor, rows, cols, stride, a, levels, dst, ld)
	if !intact() || !levelsIntact() {
		t.Fatalf("%d×%d+%d, what %d, column-major %v: written beyond its end", rows, cols, stride, what, colMajor)
	}
	var out []float64
	for f := range what.Planes() {
		out = append(out, dst[f*ld:][:cols]...)
		if f+1 < what.Planes() && !sameBits(dst[f*ld+cols:][:gap], []float64{guard, guard}) {
			t.Fatalf("%d×%d+%d, what %d, column-major %v: written between planes", rows, cols, stride, what, colMajor)
		}
	}
	return out
}

// checkMoments holds both layouts of the row-major a to the reference.
func checkMoments[T Float](t *testing.T, level simd.Level, rows, cols, gap int, a []T) {
	t.Helper()
	b := make([]T, (cols-1)*(rows+gap)+rows)
	for j := range cols {
		for i := range rows {
			b[j*(rows+gap)+i] = a[i*(cols+gap)+j]
		}
	}
	for _, what := range allMoments {
		want := make([]float64, what.Planes()*cols)
		columnMomentsGo(what, false, rows, cols, cols+gap, a, want, cols)
		for _, colMajor := range []bool{false, true} {
			data, stride := a, cols+gap
			if colMajor {
				data, stride = b, rows+gap
			}
			if got := columnMoments(t, level, what, colMajor, rows, cols, stride, data); !sameBits(got, want) {
				t.Fatalf("%d×%d+%d, what %d, column-major %v:\n got %v\nwant %v", rows, cols, gap, what, colMajor, got, want)
			}
		}
	}
}

// Rows: around a group, a leaf, as many leaves as a vector has lanes, and a fold of the
// counter. Columns: around each vector width.
var (
	momentRows = []int{1, 2, 7, 8, 9, 16, 127, 128, 129, 255, 257, 513, 1023, 1024, 1025, 1153, 2048, 2*1024 + 131}
	momentCols = []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 31, 32, 33, 39}
)

func TestMoments(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testMoments[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testMoments[float32](t, level) })
	})
}

func testMoments[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i, rows := range momentRows {
		for j, cols := range momentCols {
			if leftOut(level, i, j) {
				continue
			}
			for _, gap := range []int{0, 5} {
				// No element beyond the last row, and an odd offset.
				a := randSlice[T](rng, (rows-1)*(cols+gap)+cols+1)[1:]
				checkMoments(t, level, rows, cols, gap, a)
				for range len(a) / 6 {
					a[rng.IntN(len(a))] = T(math.NaN())
				}
				checkMoments(t, level, rows, cols, gap, a)
			}
		}
	}
}

// Wide enough for a second tile of columns.
func TestMomentsTiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	eachLevel(t, func(t *testing.T, level simd.Level) {
		checkMoments(t, level, 140, 1031, 0, randSlice[float64](rng, 140*1031))
	})
}

// Signed zeros, infinities, denormals and NaN, in every position of a group and of a leaf.
func TestMomentsSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	specials := []float64{math.Copysign(0, -1), 0, 1, inf, -inf, nan, 5e-324, math.MaxFloat64, -math.MaxFloat64}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, rows := range []int{1, 2, 9, 128, 300, 1024, 1100} {
			for _, fill := range []float64{0, nan} {
				for _, v := range specials {
					x := make([]float64, rows*len(specials))
					for i := range x {
						x[i] = fill
					}
					for j, w := range specials {
						x[rows/3*len(specials)+j], x[(rows-1)*len(specials)+j] = v, w
					}
					checkMoments(t, level, rows, len(specials), 0, x)
				}
			}
		}
	})
}

// The order of the rows is that of the tree: parts cut at 128·2^k merge to the same bits.
func TestMergeMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, what := range allMoments {
			for _, cols := range momentCols {
				rows, cut := 700, 512
				a := randSlice[float64](rng, rows*cols)
				for i := range cut / 2 * cols {
					if i%cols%3 == 0 {
						a[i] = math.NaN()
					}
				}
				planes := what.Planes()
				want := make([]float64, planes*cols)
				columnMomentsGo(what, false, rows, cols, cols, a, want, cols)
				x, intact := guarded(planes * cols)
				columnMomentsGo(what, false, cut, cols, cols, a, x, cols)
				y := make([]float64, planes*(cols+1))
				columnMomentsGo(what, false, rows-cut, cols, cols, a[cut*cols:], y, cols+1)
				MergeMoments(level, what, cols, x, cols, y, cols+1)
				if !sameBits(x, want) || !intact() {
					t.Fatalf("what %d, %d columns: got %v, want %v", what, cols, x, want)
				}
			}
		}
	})
}

// The sum is that of the summation tree, whose bits SumColumns has.
func TestMomentsSum(t *testing.T) {
	x := randSlice[float64](rand.New(rand.NewPCG(11, 12)), 3000)
	eachLevel(t, func(t *testing.T, level simd.Level) {
		got := columnMoments(t, level, MomentsDescribe, true, 3000, 1, 3000, x)
		if want := treeSum(x); math.Float64bits(got[4]) != math.Float64bits(want) {
			t.Errorf("sum %v, want %v", got[4], want)
		}
	})
}

func FuzzMoments(f *testing.F) {
	f.Add(uint16(300), uint8(9), uint8(2), uint64(1), []byte{})
	f.Add(uint16(1025), uint8(1), uint8(0), uint64(2), []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f})
	f.Fuzz(func(t *testing.T, rows uint16, cols, gap uint8, seed uint64, special []byte) {
		m, n, stride := int(rows)%3000+1, int(cols)%40+1, int(cols)%40+1+int(gap)%8
		a := randSlice[float64](rand.New(rand.NewPCG(seed, 0)), (m-1)*stride+n)
		for i := 0; i+8 <= len(special); i += 8 {
			a[i*31%len(a)] = math.Float64frombits(binary.LittleEndian.Uint64(special[i:]))
		}
		for _, level := range simd.Levels() {
			checkMoments(t, level, m, n, stride-n, a)
		}
	})
}

func BenchmarkMoments(b *testing.B) {
	const rows, cols = 1024, 128 // 1 MB: in L2
	a, dst := randSlice[float64](rand.New(rand.NewPCG(1, 2)), rows*cols), make([]float64, 7*cols)
	levels := make([]float64, MomentsDescribe.Scratch(rows, cols))
	for _, level := range simd.Levels() {
		for _, what := range allMoments {
			for _, colMajor := range []bool{false, true} {
				stride := cols
				if colMajor {
					stride = rows
				}
				b.Run(fmt.Sprintf("isa=%v/what=%d/colmajor=%v", level, what, colMajor), func(b *testing.B) {
					b.SetBytes(8 * rows * cols)
					for b.Loop() {
						ColumnMoments(level, what, colMajor, rows, cols, stride, a, levels, dst, cols)
					}
				})
			}
		}
	}
}
