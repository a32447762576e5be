package csrc

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// bigSum is the sum, exact in 2200 bits and rounded once.
func bigSum[T Float](x []T) float64 {
	sum := new(big.Float).SetPrec(2300)
	nan, inf, negInf := false, false, false
	for _, v := range x {
		switch f := float64(v); {
		case f != f:
			nan = true
		case math.IsInf(f, 1):
			inf = true
		case math.IsInf(f, -1):
			negInf = true
		default:
			sum.Add(sum, new(big.Float).SetFloat64(f))
		}
	}
	switch {
	case nan || inf && negInf:
		return math.NaN()
	case inf:
		return math.Inf(1)
	case negInf:
		return math.Inf(-1)
	}
	s, _ := sum.Float64()
	return s + 0 // −0 is 0 here
}

// exactKinds are data of ever wider range; the last has what is not finite.
var exactKinds = []func(rng *rand.Rand) float64{
	func(rng *rand.Rand) float64 { return rng.Float64() },
	func(rng *rand.Rand) float64 { return rng.NormFloat64() },
	func(rng *rand.Rand) float64 { return rng.NormFloat64() * math.Exp2(float64(rng.IntN(60))) },
	func(rng *rand.Rand) float64 { return rng.NormFloat64() * math.Exp2(float64(rng.IntN(2000)-1060)) },
	func(rng *rand.Rand) float64 { return (rng.Float64() - 0.5) * math.MaxFloat64 },
	func(rng *rand.Rand) float64 { return math.Float64frombits(rng.Uint64() >> 11) }, // denormals
	func(rng *rand.Rand) float64 { return float64(rng.IntN(3)-1) * math.Exp2(float64(100*rng.IntN(3))) },
	func(rng *rand.Rand) float64 {
		return []float64{1, math.MaxFloat64, -math.MaxFloat64, 5e-324, math.Copysign(0, -1), 0x1p970}[rng.IntN(6)]
	},
	func(rng *rand.Rand) float64 {
		return []float64{1, 1, 1, 1, 1, 1, 1, 1, math.Inf(1), math.Inf(-1), math.NaN()}[rng.IntN(11)]
	},
}

func TestExactSum(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testExactSum[float64](t, level) })
		t.Run("float32", func(t *testing.T) { testExactSum[float32](t, level) })
	})
}

func testExactSum[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(61, 62))
	// Around a vector, a group of eight rows and a strip of 128 vectors.
	for i, shape := range [][2]int{{0, 3}, {1, 1}, {2, 5}, {3, 8}, {7, 9}, {8, 16}, {9, 17}, {127, 3}, {128, 8}, {129, 9}, {300, 2}, {1023, 1}, {1025, 1}, {2200, 1}, {130, 33}} {
		for kind, value := range exactKinds {
			if leftOut(level, i, kind) {
				continue
			}
			rows, cols := shape[0], shape[1]
			a := make([]T, (rows+2)*(cols+2))
			for i := range a {
				a[i] = T(value(rng))
			}
			for _, colMajor := range []bool{false, true} {
				stride, end := cols+2, (rows-1)*(cols+2)+cols
				if colMajor {
					stride, end = rows+1, (cols-1)*(rows+1)+rows
				}
				checkExactSum(t, level, kind, colMajor, rows, cols, stride, exactly(a[:max(end, 0)]))
			}
		}
	}
}

func checkExactSum[T Float](t *testing.T, level simd.Level, kind int, colMajor bool, rows, cols, stride int, a []T) {
	t.Helper()
	const gap = 2 // between chunks
	got, intact := guardedNumbers[int64](ExactChunks * (cols + gap))
	ref := make([]int64, ExactChunks*(cols+gap))
	clear(got)
	ExactSum(level, colMajor, rows, cols, stride, a, got, cols+gap)
	exactSumGo(colMajor, rows, cols, stride, a, ref, cols+gap)
	for j := range cols {
		column := make([]T, rows)
		for i := range column {
			column[i] = element(colMajor, stride, a, i, j)
		}
		want := []float64{bigSum(column), bigSum(column)}
		if v := []float64{ExactValue(got[j:], cols+gap), ExactValue(ref[j:], cols+gap)}; !sameBits(v, want) {
			t.Fatalf("kind %d, %d×%d, column-major %v, column %d: %v, reference %v, want %v", kind, rows, cols, colMajor, j, v[0], v[1], want[0])
		}
	}
	for k := range ExactChunks {
		if slices.ContainsFunc(got[k*(cols+gap)+cols:(k+1)*(cols+gap)], func(v int64) bool { return v != 0 }) {
			t.Fatal("written between the chunks")
		}
	}
	if !intact() {
		t.Fatal("written beyond the accumulators")
	}
}

// The rounding alone: halves to even, up into the next binade, to Inf, among denormals, and
// with the bit that decides far below.
func TestExactValue(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, 0},
		{[]float64{1, 0x1p-53}, 1},
		{[]float64{1, 0x1p-53, 0x1p-1074}, 1 + 0x1p-52},
		{[]float64{1, 0x1p-53, -0x1p-1074}, 1},
		{[]float64{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
		{[]float64{-1, -0x1p-53, -0x1p-1074}, -1 - 0x1p-52},
		{[]float64{2 - 0x1p-52, 0x1p-53}, 2},
		{[]float64{math.MaxFloat64, 0x1p970}, math.Inf(1)},
		{[]float64{math.MaxFloat64, 0x1p970, -5e-324}, math.MaxFloat64},
		{[]float64{-math.MaxFloat64, -math.MaxFloat64}, math.Inf(-1)},
		{[]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64},
		{[]float64{5e-324, 5e-324, -5e-324}, 5e-324},
		{[]float64{0x1p-1022, -5e-324}, 0x1p-1022 - 5e-324},
		{[]float64{0x1p-1021, 5e-324}, 0x1p-1021},
		{[]float64{0x1p-1021, 5e-324, 5e-324}, 0x1p-1021 + 1e-323},
		{[]float64{-1e300, 1e300}, 0},
	} {
		acc := make([]int64, ExactChunks)
		exactSumGo(true, len(c.x), 1, max(len(c.x), 1), c.x, acc, 1)
		if got := ExactValue(acc, 1); math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("%v: %v, want %v", c.x, got, c.want)
		}
	}
}

func FuzzExactSum(f *testing.F) {
	f.Add(uint16(300), uint64(1), []byte{})
	f.Add(uint16(2000), uint64(5), []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, n uint16, seed uint64, special []byte) {
		rng := rand.New(rand.NewPCG(seed, 63))
		x := make([]float64, int(n)%3000+1)
		for i := range x {
			x[i] = exactKinds[seed%uint64(len(exactKinds))](rng)
		}
		for i := 0; i+8 <= len(special) && i/8 < len(x); i += 8 {
			x[i/8] = math.Float64frombits(binary.LittleEndian.Uint64(special[i:]))
		}
		for _, level := range simd.Levels() {
			checkExactSum(t, level, -1, true, len(x), 1, len(x), x)
			checkExactSum(t, level, -1, false, len(x)/9, 9, 9, x)
		}
	})
}
