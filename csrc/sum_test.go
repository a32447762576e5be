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

// value is the definition of an operation: what x adds. What is skipped adds what −0 does.
func value(op SumOp, x float64) (v float64, skipped bool) {
	if op != Sum && x != x {
		x, skipped = math.Copysign(0, -1), true
	}
	switch op {
	case NaNSumAbs:
		return math.Abs(x), skipped
	case NaNSumSquares:
		return x * x, skipped
	}
	return x, skipped
}

var sumOps = []SumOp{Sum, NaNSum, NaNSumAbs, NaNSumSquares}

func TestSum(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testSum[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testSum[float32](t, level) })
	})
}

func testSum[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(1, 2))
	// Rows: around a group, a leaf, eight leaves and a fold of the counter. Columns:
	// around each vector width, and the gap that makes rows lie far apart.
	for i, rows := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 127, 128, 129, 135, 136, 255, 257, 905, 1023, 1024, 1025, 1151, 1153, 2048, 3*1024 + 131} {
		for j, cols := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33} {
			if !leftOut(level, i, j) {
				checkSum[T](t, level, rng, rows, cols, []int{0, 0, 5, 40}[rng.IntN(4)])
			}
		}
	}
}

// checkSum holds both layouts of one random matrix to the definition, for all operations,
// and the last of them on a matrix with NaN.
func checkSum[T Float](t *testing.T, level simd.Level, rng *rand.Rand, rows, cols, gap int) {
	t.Helper()
	a := randSlice[T](rng, rows*(cols+gap)+1)[1:] // an odd offset
	b := make([]T, cols*(rows+gap))
	op := sumOps[rng.IntN(len(sumOps))]
	want, wantSkipped, column := make([]float64, cols), make([]float64, cols), make([]float64, rows)
	for j := range cols {
		for i := range rows {
			at := i*(cols+gap) + j
			if op != Sum && rng.IntN(9) == 0 {
				a[at] = T(math.NaN())
			}
			b[j*(rows+gap)+i] = a[at]
			v, skipped := value(op, float64(a[at]))
			if column[i] = v; skipped {
				wantSkipped[j]++
			}
		}
		want[j] = treeSum(column)
	}
	dst, intact := guarded(cols)
	skipped, skippedIntact := guarded(cols)
	if op == Sum {
		skipped, wantSkipped = nil, nil
	}
	levels, levelsIntact := guarded(SumScratch(rows, cols))
	SumRowMajor(level, op, rows, cols+gap, a, levels, dst, skipped)
	if !sameBits(dst, want) || !sameBits(skipped, wantSkipped) || !intact() || !skippedIntact() || !levelsIntact() {
		t.Fatalf("op %d, row-major %d×%d+%d: got %v, %v, want %v, %v, guards intact: %v, %v, %v",
			op, rows, cols, gap, dst, skipped, want, wantSkipped, intact(), skippedIntact(), levelsIntact())
	}
	clear(dst)
	clear(skipped)
	SumColMajor(level, op, rows, rows+gap, b, dst, skipped)
	if !sameBits(dst, want) || !sameBits(skipped, wantSkipped) || !intact() || !skippedIntact() {
		t.Fatalf("op %d, column-major %d×%d+%d: got %v, %v, want %v, %v, guards intact: %v, %v",
			op, rows, cols, gap, dst, skipped, want, wantSkipped, intact(), skippedIntact())
	}
}

// The reference itself must follow the definition, with and without cgo.
func TestSumReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, rows := range []int{1, 8, 129, 1025, 2*1024 + 257} {
		x := randSlice[float64](rng, rows)
		x[rows/2] = math.NaN()
		for _, op := range sumOps {
			column, want := make([]float64, rows), 0.0
			for i, v := range x {
				skipped := false
				if column[i], skipped = value(op, v); skipped {
					want++
				}
			}
			var got, skipped [1]float64
			sumColMajorGo(op, rows, rows, x, got[:], skipped[:])
			if !sameBits(got[:], []float64{treeSum(column)}) || skipped[0] != want {
				t.Errorf("op %d, %d rows: %v, %v, want %v, %v", op, rows, got[0], skipped[0], treeSum(column), want)
			}
		}
	}
}

// Signed zeros, infinities, denormals and NaN, in every position of a group; a NaN result
// is the one NaN.
func TestSumSpecialValues(t *testing.T) {
	inf, negZero := math.Inf(1), math.Copysign(0, -1)
	payload := math.Float64frombits(0xfff8000000000123)
	specials := []float64{negZero, 0, inf, -inf, payload, 5e-324, -5e-324, math.MaxFloat64, -math.MaxFloat64}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, rows := range []int{1, 5, 8, 9, 128, 1024, 1100} {
			for _, v := range specials {
				for _, w := range specials {
					x := make([]float64, rows)
					for i := range x {
						x[i] = negZero
					}
					x[rows/3], x[rows-1] = v, w
					want := treeSum(x)
					if want != want {
						want = math.NaN()
					}
					var row, col [1]float64
					SumRowMajor(level, Sum, rows, 1, x, make([]float64, SumScratch(rows, 1)), row[:], nil)
					SumColMajor(level, Sum, rows, rows, x, col[:], nil)
					if math.Float64bits(row[0]) != math.Float64bits(want) || math.Float64bits(col[0]) != math.Float64bits(want) {
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
		m, n, stride := int(rows)%3000+1, int(cols)%80, int(cols)%80+int(gap)%8
		a := randSlice[float64](rand.New(rand.NewPCG(seed, 0)), (m+8)*(n+8))
		for i := 0; i+8 <= len(special) && i/8 < len(a); i += 8 {
			a[i/8] = math.Float64frombits(binary.LittleEndian.Uint64(special[i:]))
		}
		op := sumOps[seed%uint64(len(sumOps))]
		want, wantSkipped := make([]float64, n), make([]float64, n)
		got, skipped, levels := make([]float64, n), make([]float64, n), make([]float64, SumScratch(m, n))
		sumRowMajorGo(op, m, stride, a, levels, want, wantSkipped)
		for _, level := range simd.Levels() {
			SumRowMajor(level, op, m, stride, a, levels, got, skipped)
			if !sameBits(got, want) || op != Sum && !sameBits(skipped, wantSkipped) {
				t.Fatalf("%v: op %d, %d×%d: %v, %v, want %v, %v", level, op, m, n, got, skipped, want, wantSkipped)
			}
		}
		sumColMajorGo(op, m, m+int(gap)%8, a, want, wantSkipped)
		for _, level := range simd.Levels() {
			SumColMajor(level, op, m, m+int(gap)%8, a, got, skipped)
			if !sameBits(got, want) || op != Sum && !sameBits(skipped, wantSkipped) {
				t.Fatalf("%v: op %d, column-major %d×%d: %v, %v, want %v, %v", level, op, m, n, got, skipped, want, wantSkipped)
			}
		}
	})
}
