package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// dotOf is Dot's definition: 32 lanes a block that fold in halves, and the blocks as the tree
// of the sums.
func dotOf[T Float](x, y []T, scale float64) float64 {
	if len(x) > dotBlock {
		half := dotBlock
		for 2*half < len(x) {
			half *= 2
		}
		return dotOf(x[:half], y[:half], scale) + dotOf(x[half:], y[half:], scale)
	}
	var lane [32]float64
	for i, v := range x {
		lane[i%32] += float64(float64(float64(v)*scale) * float64(float64(y[i])*scale))
	}
	for h := 16; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}

// A vector's norm, sum and dot product have the bits of their definition in plain Go, on any
// number of threads and schedule, at any alignment, and with zeros appended; csrc's tests hold
// the instruction sets to the same definition.
func TestVectorsHaveTheBitsOfTheirDefinition(t *testing.T) {
	t.Run("float64", testVectorBits[float64])
	t.Run("float32", testVectorBits[float32])
}

func testVectorBits[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(133, 1))
	for k, n := range []int{1, 31, 32, 33, 1000, dotBlock - 1, dotBlock, dotBlock + 1, 2*dotBlock + 5, 3*dotBlock + 17, 5 * dotBlock} {
		if instrumented && n > 2*dotBlock {
			continue
		}
		x, y := randSlice[T](rng, n), randSlice[T](rng, n)
		scale := 1.0
		switch {
		case k%3 == 1 && T(1e-200) > 0: // whose squares vanish
			for i := range x {
				x[i] *= T(1e-200)
			}
			most := 0.0
			for _, v := range x {
				most = max(most, math.Abs(float64(v)))
			}
			scale = math.Ldexp(1, -math.Ilogb(most)-1)
		}
		dot, norm, sum := dotOf(x, y, 1), math.Sqrt(dotOf(x, x, scale))/scale, Sum(loops[0], x)
		for zeros, l := range loops {
			zeros *= 50001 // none, then beyond the ends of blocks
			if zeros > 0 && instrumented {
				zeros = 1001
			}
			offset := rng.IntN(9)
			longX := slices.Concat(make([]T, offset), x, make([]T, zeros))[offset:]
			longY := slices.Concat(make([]T, offset), y, make([]T, zeros))[offset:]
			if !sameBits([]float64{Dot(l, longX, longY), Norm2(l, longX), Sum(l, longX)}, []float64{dot, norm, sum}) {
				t.Fatalf("%d elements and %d zeros, offset %d, %+v: Dot %v, want %v; Norm2 %v, want %v; Sum %v, want %v", n, zeros, offset, l,
					Dot(l, longX, longY), dot, Norm2(l, longX), norm, Sum(l, longX), sum)
			}
		}
	}
}

// FuzzVectors holds the operations on vectors to what their docs say.
func FuzzVectors(f *testing.F) { fuzzReductions(f, checkVectors[float64], checkVectors[float32]) }

func checkVectors[T Float](t *testing.T, c fuzzCase[T]) {
	column := func(j int) []T {
		x := make([]T, 1+c.m.Rows)[1:]
		for i, v := range c.columns[j%len(c.columns)] {
			x[i] = T(v)
		}
		return x
	}
	for _, j := range c.some {
		x, y := column(j), column(j+1)
		alpha, n := T(fuzzKinds[j%len(fuzzKinds)](rand.New(rand.NewPCG(uint64(j), 134)))), len(x)
		added, scaled, moved := slices.Clone(x), slices.Clone(x), slices.Clone(y)
		for i, v := range x {
			added[i], scaled[i], moved[i] = v+y[i], v*alpha, y[i]+T(alpha*v)
		}
		got := make([]T, n+1)
		got[n] = 77
		if Add(c.l, got, x, y); !sameValues(got[:n], added) || got[n] != 77 {
			t.Fatalf("Add of %d: %v + %v = %v", n, x, y, got)
		}
		copy(got, x)
		if Scale(c.l, alpha, got[:n]); !sameValues(got[:n], scaled) || got[n] != 77 {
			t.Fatalf("Scale of %d: %v · %v = %v", n, alpha, x, got)
		}
		copy(got, y)
		if Axpy(c.l, alpha, x, got[:n]); !sameValues(got[:n], moved) || got[n] != 77 {
			t.Fatalf("Axpy of %d: %v · %v + %v = %v", n, alpha, x, y, got)
		}
		wide := c.columns[j]
		if got, want := Sum(c.l, x), sumOf(wide); math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("Sum of %d: %v, want %v", n, got, want)
		}
		if dot, want := Dot(c.l, x, y), dotOf(x, y, 1); math.Float64bits(canonical(dot)) != math.Float64bits(canonical(want)) || !isDot(dot, x, y) {
			t.Fatalf("Dot of %d: %v, by its definition %v", n, dot, want)
		}
		e := exactlyOf(wide)
		if norm := Norm2(c.l, x); !e.isNorm(norm, wide, 2, e.nans > 0, dotFactor(n)) {
			t.Fatalf("Norm2 of %d: %v", n, norm)
		}
	}
}

// sameValues is equality of bits, of any NaN with any other.
func sameValues[T Float](a, b []T) bool {
	return slices.EqualFunc(a, b, func(x, y T) bool {
		return math.Float64bits(canonical(float64(x))) == math.Float64bits(canonical(float64(y)))
	})
}

// dotFactor is the documented factor of Σ|x·y| for the error of a dot product of n elements.
func dotFactor(n int) float64 {
	return (6 + float64(min(n, dotBlock)+31)/32 + math.Max(0, math.Ceil(math.Log2(float64(n)/dotBlock)))) * 0x1p-53
}

// isDot says whether got is the dot product within its bound, beside products that overflow or
// are NaN.
func isDot[T Float](got float64, x, y []T) bool {
	sum, size := new(big.Float).SetPrec(2*exactBits), new(big.Float).SetPrec(2*exactBits)
	p, f := new(big.Float).SetPrec(120), new(big.Float)
	for i, v := range x {
		w := float64(y[i])
		if math.IsNaN(float64(v)*w) || math.IsInf(float64(v), 0) || math.IsInf(w, 0) {
			return got-got != 0
		}
		p.Mul(p.SetFloat64(float64(v)), f.SetFloat64(w))
		sum.Add(sum, p)
		size.Add(size, p.Abs(p))
	}
	total, _ := size.Float64()
	if got-got != 0 {
		return total > 0.999*math.MaxFloat64
	}
	diff, _ := sum.Sub(sum, f.SetFloat64(got)).Float64()
	return math.Abs(diff) <= dotFactor(len(x))*total+float64(len(x))*0x1p-1074
}
