package kernels

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/nogil-go/nogil/parfor"
)

func TestSumColumnsInt(t *testing.T) {
	t.Run("int32", testSumColumnsInt[int32])
	t.Run("int64", testSumColumnsInt[int64])
}

// Every layout, stride and number of threads against the loop and math/big.
func testSumColumnsInt[T int32 | int64](t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 1))
	for k, shape := range minShapes {
		rows, cols := shape[0], shape[1]
		for _, gap := range []int{0, 3} {
			rm := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: make([]T, rows*(cols+gap)+1)[1:]}
			for i := range rm.Data {
				rm.Data[i] = T(rng.Uint64())
			}
			cm := Matrix[T]{Rows: rows, Cols: cols, Stride: rows + gap, Layout: ColMajor, Data: make([]T, cols*(rows+gap))}
			for j := range cols {
				for i := range rows {
					cm.Data[j*cm.Stride+i] = rm.Data[i*rm.Stride+j]
				}
			}
			for _, l := range []parfor.Loop{loops[0], loops[(k+gap)%len(loops)]} {
				checkIntSums(t, l, rm, cm)
			}
		}
	}
}

// bigSum is the true sum, hi·2³² + lo.
func bigSum[T int32 | int64](x []T) *big.Int {
	var hi, lo int64
	for _, v := range x {
		hi += int64(v) >> 32
		lo += int64(v) & (1<<32 - 1)
	}
	sum := new(big.Int).Lsh(big.NewInt(hi), 32)
	return sum.Add(sum, big.NewInt(lo))
}

func checkIntSums[T int32 | int64](t *testing.T, l parfor.Loop, rm, cm Matrix[T]) {
	t.Helper()
	want, fits := make([]int64, rm.Cols+1), true
	want[rm.Cols] = 77
	for j := range rm.Cols {
		column := cm.Data[j*cm.Stride:][:cm.Rows]
		for _, v := range column {
			want[j] += int64(v)
		}
		fits = fits && bigSum(column).IsInt64()
	}
	for _, m := range []Matrix[T]{rm, cm} {
		for name, f := range map[string]func(dst []int64) error{
			"SumColumnsInt":        func(dst []int64) error { SumColumnsInt(l, dst, m); return nil },
			"SumRowsInt":           func(dst []int64) error { SumRowsInt(l, dst, m.Transposed()); return nil },
			"SumColumnsIntChecked": func(dst []int64) error { return SumColumnsIntChecked(l, dst, m) },
			"SumRowsIntChecked":    func(dst []int64) error { return SumRowsIntChecked(l, dst, m.Transposed()) },
		} {
			dst := make([]int64, rm.Cols+1)
			dst[rm.Cols] = 77
			err := f(dst)
			if !slices.Equal(dst, want) {
				t.Fatalf("%s of %d×%d, stride %d, layout %d, %d threads: wrong, or written beyond dst", name, rm.Rows, rm.Cols, m.Stride, m.Layout, l.Threads)
			}
			if checked := len(name) > 13; checked && (err == nil) != fits {
				t.Fatalf("%s of %d×%d: error %v, all fit: %v", name, rm.Rows, rm.Cols, err, fits)
			}
		}
	}
}

// The true sum decides, whatever the sums on the way: the largest and the smallest that fit,
// one beyond each, and halves that cross.
func TestSumColumnsIntCheckedEdges(t *testing.T) {
	const most, least = math.MaxInt64, math.MinInt64
	for _, c := range []struct {
		column []int64
		err    string
	}{
		{nil, ""},
		{[]int64{most}, ""},
		{[]int64{least}, ""},
		{[]int64{most, 1, -1}, ""},
		{[]int64{most, most, -most, -most}, ""},
		{[]int64{least, -1, 1}, ""},
		{[]int64{most, 1}, "kernels: SumColumnsIntChecked: sum 9223372036854775808 of column 1 does not fit into int64"},
		{[]int64{least, -1}, "kernels: SumColumnsIntChecked: sum -9223372036854775809 of column 1 does not fit into int64"},
		{[]int64{most, most, most, most}, "kernels: SumColumnsIntChecked: sum 36893488147419103228 of column 1 does not fit into int64"},
		{[]int64{1 << 32, -1, 1<<31 - 1}, ""},
	} {
		n := len(c.column)
		data := append(make([]int64, n), c.column...) // a column of zeros before it
		data = append(data, c.column...)
		dst := make([]int64, 3)
		err := SumColumnsIntChecked(parfor.Loop{}, dst, NewColMajor(n, 3, data))
		wrapped := int64(0)
		for _, v := range c.column {
			wrapped += v
		}
		if !slices.Equal(dst, []int64{0, wrapped, wrapped}) {
			t.Errorf("%v: sums %v", c.column, dst)
		}
		if c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err || !errors.Is(err, ErrOverflow)) {
			t.Errorf("%v: error %v, want %q", c.column, err, c.err)
		}
	}
	err := SumRowsIntChecked(parfor.Loop{}, make([]int64, 2), NewRowMajor(2, 2, []int64{1, 2, least, least}))
	if want := "kernels: SumRowsIntChecked: sum -18446744073709551616 of row 1 does not fit into int64"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// Large blocks of extremes: carries between blocks must not be lost.
func TestSumColumnsIntCheckedLarge(t *testing.T) {
	const rows = 1 << 20
	x := make([]int64, rows)
	for i := range x {
		x[i] = math.MinInt64
		if i < rows/2 {
			x[i] = math.MaxInt64
		}
	}
	for _, m := range []Matrix[int64]{NewRowMajor(rows, 1, x), NewColMajor(rows, 1, x), NewRowMajor(rows/4, 4, x)} {
		dst := make([]int64, m.Cols)
		if err := SumColumnsIntChecked(parfor.Loop{}, dst, m); err != nil || dst[0] != -rows/2/int64(m.Cols) {
			t.Errorf("%d columns, layout %d: %v, %v", m.Cols, m.Layout, dst, err)
		}
	}
}

func TestSumColumnsIntMisuse(t *testing.T) {
	m := NewRowMajor(2, 3, make([]int32, 6))
	mustPanic(t, "kernels: SumColumnsInt: dst shorter than the result", func() { SumColumnsInt(parfor.Loop{}, make([]int64, 2), m) })
	mustPanic(t, "kernels: SumRowsIntChecked: dst shorter than the result", func() { SumRowsIntChecked(parfor.Loop{}, make([]int64, 1), m) })
	m.Stride = 1
	mustPanic(t, "kernels: SumRowsInt: stride smaller than a row or column", func() { SumRowsInt(parfor.Loop{}, make([]int64, 2), m) })
}

func TestSumColumnsIntSmallAllocatesNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	m, dst := NewRowMajor(8, 8, make([]int64, 64)), make([]int64, 8)
	if n := testing.AllocsPerRun(100, func() {
		SumColumnsInt(parfor.Loop{}, dst, m)
		if err := SumRowsIntChecked(parfor.Loop{}, dst, m); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// fuzzInts are the numbers of a column: of any size, all alike, few different, and those at the ends.
func fuzzInts[T int32 | int64](rng *rand.Rand, rows int) []T {
	x, kind, shift := make([]T, rows), rng.IntN(4), rng.IntN(64)
	least := T(-1) << (8*unsafe.Sizeof(T(0)) - 1)
	ends := []T{0, 1, -1, least, ^least}
	for i := range x {
		switch kind {
		case 0:
			x[i] = T(int64(rng.Uint64()) >> shift)
		case 1:
			x[i] = ends[shift%len(ends)]
		case 2:
			x[i] = T(rng.IntN(5) - 2)
		default:
			x[i] = ends[rng.IntN(len(ends))]
		}
	}
	return x
}

// checkInts holds sums and extremes of a view, and of the same columns in the other layout, to loops.
func checkInts[T int32 | int64](t *testing.T, rng *rand.Rand, rows, cols int, layout Layout, gap, offset int, l parfor.Loop) {
	columns := make([][]T, cols)
	for j := range columns {
		columns[j] = fuzzInts[T](rng, rows)
	}
	rm, cm := viewOf(columns, 0, layout, gap, offset), viewOf(columns, 0, ColMajor-layout, rng.IntN(4), rng.IntN(9))
	if layout == ColMajor {
		rm, cm = cm, rm
	}
	checkIntSums(t, l, rm, cm)
	for _, f := range plainExtrema[T]() {
		checkExtrema(t, rm, cm, f, l)
	}
}

func FuzzIntegers(f *testing.F) {
	rng := rand.New(rand.NewPCG(52, 2))
	for range 40 {
		f.Add(uint8(rng.IntN(len(fuzzSizes))), uint8(rng.IntN(len(fuzzSizes))), uint8(rng.Uint32()), uint8(rng.Uint32()), rng.Uint64())
	}
	f.Add(uint8(len(fuzzSizes)-1), uint8(0), uint8(0), uint8(0), uint64(0)) // several blocks
	f.Add(uint8(4), uint8(len(fuzzSizes)-3), uint8(7), uint8(3), uint64(64))
	f.Fuzz(func(t *testing.T, r, c, gap, offset uint8, seed uint64) {
		most := 1 << 13
		if seed%64 == 0 { // seldom, so that there are several blocks
			most = 1 << 19
		}
		rows := min(fuzzSizes[int(r)%len(fuzzSizes)], most)
		cols := min(fuzzSizes[int(c)%len(fuzzSizes)], most/rows)
		g, o, l := max(int(gap)%80-40, 0), int(offset)%9, loops[seed%uint64(len(loops))] // half have no gap
		checkInts[int32](t, rand.New(rand.NewPCG(seed, 52)), rows, cols, Layout(offset>>7), g, o, l)
		checkInts[int64](t, rand.New(rand.NewPCG(seed, 53)), rows, cols, Layout(offset>>7), g, o, l)
	})
}
