package csrc

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// treeSum is the definition, written as a recursion: whole leaves split at the largest
// power of two, a leaf adds its groups in order, a group is padded with −0.
func treeSum(x []float64) float64 {
	if len(x) <= SumLeaf {
		s := math.Copysign(0, -1)
		for ; len(x) > 0; x = x[min(8, len(x)):] {
			var g [8]float64
			for k := range g {
				g[k] = math.Copysign(0, -1)
			}
			copy(g[:], x)
			s += ((g[0] + g[1]) + (g[2] + g[3])) + ((g[4] + g[5]) + (g[6] + g[7]))
		}
		return s
	}
	half := SumLeaf
	for 2*half < len(x) {
		half *= 2
	}
	return treeSum(x[:half]) + treeSum(x[half:])
}

func TestSum(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testSum[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testSum[float32](t, level) })
	})
}

func testSum[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(1, 2))
	// Rows: around a group, a leaf, eight leaves and a fold of the counter. Columns:
	// around each vector width.
	for _, rows := range []int{1, 2, 7, 8, 9, 15, 16, 17, 127, 128, 129, 135, 136, 255, 257, 1023, 1024, 1025, 1151, 1153, 2048, 3*1024 + 131} {
		for _, cols := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33} {
			for _, gap := range []int{0, 5} {
				checkSum[T](t, level, rng, rows, cols, gap)
			}
		}
	}
}

// checkSum holds both layouts of one random matrix to the definition.
func checkSum[T Float](t *testing.T, level simd.Level, rng *rand.Rand, rows, cols, gap int) {
	t.Helper()
	a := randSlice[T](rng, rows*(cols+gap)+1)[1:] // an odd offset
	b := make([]T, cols*(rows+gap))
	want, column := make([]float64, cols), make([]float64, rows)
	for j := range cols {
		for i := range rows {
			v := a[i*(cols+gap)+j]
			b[j*(rows+gap)+i], column[i] = v, float64(v)
		}
		want[j] = treeSum(column)
	}
	dst, intact := guarded(cols)
	levels, levelsIntact := guarded(SumLevels(rows) * cols)
	SumRowMajor(level, rows, cols+gap, a, levels, dst)
	if !sameBits(dst, want) || !intact() || !levelsIntact() {
		t.Fatalf("row-major %d×%d+%d: got %v, want %v, guards intact: %v, %v", rows, cols, gap, dst, want, intact(), levelsIntact())
	}
	clear(dst)
	SumColMajor(level, rows, rows+gap, b, dst)
	if !sameBits(dst, want) || !intact() {
		t.Fatalf("column-major %d×%d+%d: got %v, want %v, guards intact: %v", rows, cols, gap, dst, want, intact())
	}
}

// The reference itself must follow the definition, with and without cgo.
func TestSumReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, rows := range []int{1, 8, 129, 1025, 2*1024 + 257} {
		x := randSlice[float64](rng, rows)
		var got [1]float64
		sumColMajorGo(rows, 1, rows, x, got[:])
		if want := treeSum(x); math.Float64bits(got[0]) != math.Float64bits(want) {
			t.Errorf("%d rows: %v, want %v", rows, got[0], want)
		}
	}
}

// Signed zeros, infinities, denormals and NaN, in every position of a group.
func TestSumSpecialValues(t *testing.T) {
	inf, negZero := math.Inf(1), math.Copysign(0, -1)
	specials := []float64{negZero, 0, inf, -inf, math.NaN(), 5e-324, -5e-324, math.MaxFloat64, -math.MaxFloat64}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, rows := range []int{1, 9, 128, 1024, 1100} {
			for _, v := range specials {
				for _, w := range specials {
					x := make([]float64, rows)
					for i := range x {
						x[i] = negZero
					}
					x[rows/3], x[rows-1] = v, w
					want := treeSum(x)
					var row, col [1]float64
					SumRowMajor(level, rows, 1, x, make([]float64, SumLevels(rows)), row[:])
					SumColMajor(level, rows, rows, x, col[:])
					if !sameBits(row[:], []float64{want}) || !sameBits(col[:], []float64{want}) {
						t.Errorf("%d rows with %v and %v: row-major %v, column-major %v, want %v", rows, v, w, row[0], col[0], want)
					}
				}
			}
		}
	})
}

func FuzzSum(f *testing.F) {
	f.Add(uint16(300), uint8(9), uint8(2), uint64(1), []byte{})
	f.Add(uint16(1025), uint8(1), uint8(0), uint64(2), []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x7f})
	f.Fuzz(func(t *testing.T, rows uint16, cols, gap uint8, seed uint64, special []byte) {
		m, n, stride := int(rows)%3000+1, int(cols)%40, int(cols)%40+int(gap)%8
		a := randSlice[float64](rand.New(rand.NewPCG(seed, 0)), m*stride)
		for i := 0; i+8 <= len(special) && i/8 < len(a); i += 8 {
			a[i/8] = math.Float64frombits(binary.LittleEndian.Uint64(special[i:]))
		}
		want, got, levels := make([]float64, n), make([]float64, n), make([]float64, SumLevels(m)*n)
		sumRowMajorGo(m, n, stride, a, levels, want)
		for _, level := range simd.Levels() {
			SumRowMajor(level, m, stride, a, levels, got)
			if !sameBits(got, want) {
				t.Fatalf("%v: %d×%d: %v, want %v", level, m, n, got, want)
			}
		}
	})
}
