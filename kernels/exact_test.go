package kernels

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// bigSum64 is the sum of finite numbers, exact in 2300 bits, and that of their magnitudes.
func exactOracle[T Float](x []T) (sum, size *big.Float) {
	sum, size = new(big.Float).SetPrec(2300), new(big.Float).SetPrec(2300)
	for _, v := range x {
		f := new(big.Float).SetFloat64(float64(v))
		sum.Add(sum, f)
		size.Add(size, f.Abs(f))
	}
	return sum, size
}

// wildSlice returns numbers that cancel, of sizes that differ by 2^spread.
func wildSlice[T Float](rng *rand.Rand, n, spread int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(rng.NormFloat64() * math.Exp2(float64(rng.IntN(spread+1)-spread/2)))
		if i > 0 && rng.IntN(2) == 0 {
			s[i] = -s[rng.IntN(i)]
		}
	}
	return s
}

var exactShapes = [][2]int{{1, 1}, {8, 8}, {130, 33}, {1025, 70}, {40000, 3}, {20000, 1}, {300, 130}, {3, 11000}, {131, 600}}

func TestSumExactAndAccurate(t *testing.T) {
	t.Run("float64", testSumExactAndAccurate[float64])
	t.Run("float32", testSumExactAndAccurate[float32])
}

// Both against math/big with their bounds, at every layout, stride and number of threads.
func testSumExactAndAccurate[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(81, 1))
	for k, shape := range exactShapes {
		rows, cols := shape[0], shape[1]
		for g, gap := range []int{0, 3} {
			if instrumented && (k+g)%2 > 0 { // the oracle is slow
				continue
			}
			rm := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: wildSlice[T](rng, rows*(cols+gap)+1, 40*(k%3))[1:]}
			checkExactSums(t, rm, loops[(k+gap)%len(loops)])
		}
	}
}

func checkExactSums[T Float](t *testing.T, rm Matrix[T], l parfor.Loop) {
	t.Helper()
	rows, cols := rm.Rows, rm.Cols
	cm := Matrix[T]{Rows: rows, Cols: cols, Stride: rows + 1, Layout: ColMajor, Data: make([]T, cols*(rows+1))}
	want, bound := make([]float64, cols), make([]float64, cols)
	for j := range cols {
		for i := range rows {
			cm.Data[j*cm.Stride+i] = rm.Data[i*rm.Stride+j]
		}
		sum, size := exactOracle(cm.Data[j*cm.Stride:][:rows])
		want[j], _ = sum.Float64()
		total, _ := size.Float64()
		const u = 0x1p-53
		bound[j] = 2*u*math.Abs(want[j]) + math.Pow(130+2*math.Log2(float64(rows)), 2)*u*u*total
	}
	var accurate []float64
	for _, m := range []Matrix[T]{rm, cm} {
		for _, threads := range []parfor.Loop{loops[0], l} {
			for name, f := range map[string]func(dst []float64){
				"SumExactColumns":    func(dst []float64) { SumExactColumns(threads, dst, m) },
				"SumExactRows":       func(dst []float64) { SumExactRows(threads, dst, m.Transposed()) },
				"SumAccurateColumns": func(dst []float64) { SumAccurateColumns(threads, dst, m) },
				"SumAccurateRows":    func(dst []float64) { SumAccurateRows(threads, dst, m.Transposed()) },
			} {
				what := fmt.Sprintf("%s of %d×%d, stride %d, layout %d, %d threads", name, rows, cols, m.Stride, m.Layout, threads.Threads)
				dst := make([]float64, cols+1)
				dst[cols] = 77
				f(dst)
				if dst[cols] != 77 {
					t.Fatalf("%s: written beyond dst", what)
				}
				dst = dst[:cols]
				if name[3] == 'E' {
					if !sameBits(dst, want) {
						t.Fatalf("%s: not the nearest double", what)
					}
					continue
				}
				if accurate == nil {
					accurate = dst
				}
				if !sameBits(dst, accurate) {
					t.Fatalf("%s: other bits", what)
				}
				for j, v := range dst {
					if !(math.Abs(v-want[j]) <= bound[j]) {
						t.Fatalf("%s: column %d is %v, want %v within %v", what, j, v, want[j], bound[j])
					}
				}
			}
		}
	}
}

// No order shows in an exact sum.
func TestSumExactOfPermutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(82, 1))
	for _, n := range []int{10, 1000, 50000} {
		x := wildSlice[float64](rng, n, 120)
		want := SumExact(parfor.Loop{}, x)
		for range 10 {
			rng.Shuffle(n, func(i, k int) { x[i], x[k] = x[k], x[i] })
			if got := SumExact(parfor.Loop{}, x); math.Float64bits(got) != math.Float64bits(want) {
				t.Errorf("%d numbers: %v, and permuted %v", n, want, got)
			}
		}
	}
}

// What no plain sum gets right, special values, zeros and nothing.
func TestSumExactAndAccurateOfSpecialValues(t *testing.T) {
	nan, inf, negZero, huge := math.NaN(), math.Inf(1), math.Copysign(0, -1), math.MaxFloat64
	ones := func(n int, v float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = v
		}
		return x
	}
	for _, c := range []struct {
		name            string
		x               []float64
		exact, accurate float64
	}{
		{"nothing", nil, 0, 0},
		{"−0 alone", []float64{negZero, negZero}, negZero, negZero},
		{"−0 alone, many", ones(40000, negZero), negZero, negZero},
		{"−0 and 0", []float64{negZero, 0}, 0, 0},
		{"cancels", []float64{1, -1}, 0, 0},
		{"large and small", []float64{1, 1e100, 1, -1e100}, 2, 2},
		{"500 × 0.1", ones(500, 0.1), 50, 50},
		{"overflow on the way", []float64{huge, huge, -huge}, huge, inf},
		{"overflow", []float64{huge, huge}, inf, inf},
		{"denormals", []float64{5e-324, 5e-324, -5e-324}, 5e-324, 5e-324},
		{"Inf", []float64{1, inf, 2}, inf, inf},
		{"−Inf", []float64{-inf, huge}, -inf, -inf},
		{"Inf and −Inf", []float64{inf, 1, -inf}, nan, nan},
		{"NaN", []float64{inf, math.Float64frombits(0xfff8000000000123)}, nan, nan},
	} {
		got := []float64{SumExact(parfor.Loop{}, c.x), SumAccurate(parfor.Loop{}, c.x)}
		if !sameBits(got, []float64{c.exact, c.accurate}) {
			t.Errorf("%s: exact %v, accurate %v, want %v, %v", c.name, got[0], got[1], c.exact, c.accurate)
		}
	}
}

func TestSumExactMisuse(t *testing.T) {
	m := NewRowMajor(2, 3, make([]float32, 6))
	mustPanic(t, "kernels: SumExactColumns: dst shorter than the result", func() { SumExactColumns(parfor.Loop{}, make([]float64, 2), m) })
	mustPanic(t, "kernels: SumAccurateRows: dst shorter than the result", func() { SumAccurateRows(parfor.Loop{}, make([]float64, 1), m) })
	m.Stride = 1
	mustPanic(t, "kernels: SumExactRows: stride smaller than a row or column", func() { SumExactRows(parfor.Loop{}, make([]float64, 2), m) })
	dst := []float64{77, 77}
	SumExactColumns(parfor.Loop{}, dst, NewRowMajor(0, 2, []float64{}))
	if !sameBits(dst, []float64{0, 0}) {
		t.Errorf("sums of no rows: %v", dst)
	}
}

func TestSumExactSmallAllocatesNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	x, m, dst := make([]float64, 64), NewRowMajor(8, 8, make([]float64, 64)), make([]float64, 8)
	if n := testing.AllocsPerRun(100, func() {
		SumExact(parfor.Loop{}, x)
		SumAccurate(parfor.Loop{}, x)
		SumExactColumns(parfor.Loop{}, dst, m)
		SumAccurateRows(parfor.Loop{}, dst, m)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSumExact(f *testing.F) {
	f.Add(uint16(1100), uint16(7), uint8(0), uint64(1))
	f.Add(uint16(3), uint16(900), uint8(3), uint64(2))
	f.Fuzz(func(t *testing.T, r, c uint16, gap uint8, seed uint64) {
		rows, cols, g := int(r)%40000+1, int(c)%9000+1, int(gap)%5
		if rows*cols > 1<<16 {
			t.Skip("too large")
		}
		rng := rand.New(rand.NewPCG(seed, 83))
		rm := Matrix[float64]{Rows: rows, Cols: cols, Stride: cols + g, Data: wildSlice[float64](rng, rows*(cols+g), int(seed%1000))}
		checkExactSums(t, rm, loops[seed%uint64(len(loops))])
	})
}

func BenchmarkSumExact(b *testing.B) {
	rng := rand.New(rand.NewPCG(84, 1))
	for _, shape := range [][2]int{{8, 8}, {1000, 250}, {30000, 1000}, {10000000, 3}} {
		rows, cols := shape[0], shape[1]
		data, dst := make([]float64, rows*cols), make([]float64, cols)
		for i := range data {
			data[i] = rng.NormFloat64()
		}
		for _, m := range []Matrix[float64]{NewRowMajor(rows, cols, data), NewColMajor(rows, cols, data)} {
			l := parfor.Loop{Threads: 1}
			for name, f := range map[string]func(){
				"sum":      func() { SumColumns(l, dst, m) },
				"accurate": func() { SumAccurateColumns(l, dst, m) },
				"exact":    func() { SumExactColumns(l, dst, m) },
			} {
				b.Run(fmt.Sprintf("op=%s/n=%d/p=%d/layout=%d/threads=1", name, rows, cols, m.Layout), func(b *testing.B) {
					b.SetBytes(int64(8 * rows * cols))
					for b.Loop() {
						f()
					}
				})
			}
		}
	}
}
