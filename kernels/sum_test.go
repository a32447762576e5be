package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// treeSum is the fixed tree as a recursion: see package csrc, whose tests hold the
// kernels to the same definition.
func treeSum(x []float64) float64 {
	if len(x) <= 128 {
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
	half := 128
	for 2*half < len(x) {
		half *= 2
	}
	return treeSum(x[:half]) + treeSum(x[half:])
}

// Shapes from one element to several blocks of rows and tiles of columns.
var sumShapes = [][2]int{
	{1, 1}, {1, 9}, {9, 1}, {8, 8}, {130, 33}, {1025, 70}, {4100, 17}, {300000, 2}, {2500, 130}, {3, 20011}, {1300, 8200},
}

func TestSumColumns(t *testing.T) {
	t.Run("float64", testSumColumns[float64])
	t.Run("float32", testSumColumns[float32])
}

func testSumColumns[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for k, shape := range sumShapes {
		rows, cols := shape[0], shape[1]
		if instrumented && rows*cols > 1<<20 {
			continue
		}
		for g, gap := range []int{0, 3} {
			if instrumented && (k+g)%2 > 0 {
				continue
			}
			rm := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: randSlice[T](rng, rows*(cols+gap)+1)[1:]}
			cm := Matrix[T]{Rows: rows, Cols: cols, Stride: rows + gap, Layout: ColMajor, Data: make([]T, cols*(rows+gap))}
			want, column := make([]float64, cols), make([]float64, rows)
			for j := range cols {
				for i := range rows {
					v := rm.Data[i*rm.Stride+j]
					cm.Data[j*cm.Stride+i], column[i] = v, float64(v)
				}
				want[j] = treeSum(column)
			}
			before := slices.Clone(rm.Data)
			for _, l := range loops {
				for _, m := range []Matrix[T]{rm, cm} {
					dst := make([]float64, cols+1)
					dst[cols] = 77
					SumColumns(l, dst, m)
					if !sameBits(dst[:cols], want) || dst[cols] != 77 {
						t.Fatalf("%d×%d+%d, layout %d, %d threads: wrong bits, or written beyond dst", rows, cols, gap, m.Layout, l.Threads)
					}
					clear(dst[:cols])
					SumRows(l, dst, m.Transposed())
					if !sameBits(dst[:cols], want) || dst[cols] != 77 {
						t.Fatalf("%d×%d+%d, layout %d, %d threads: SumRows of the transpose differs", rows, cols, gap, m.Layout, l.Threads)
					}
				}
			}
			if !slices.Equal(before, rm.Data) {
				t.Fatal("the matrix was changed")
			}
		}
	}
}

func TestSumColumnsEdges(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		column []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{math.Copysign(0, -1), math.Copysign(0, -1)}, math.Copysign(0, -1)},
		{[]float64{math.Copysign(0, -1), 0}, 0},
		{[]float64{1, nan, inf}, nan},
		{[]float64{inf, -inf}, nan},
		{[]float64{math.Float64frombits(0xfff8000000000123)}, nan}, // its payload goes
		{[]float64{inf, math.MaxFloat64}, inf},
		{[]float64{5e-324, 5e-324}, 1e-323},
	} {
		dst := []float64{77}
		SumColumns(parfor.Loop{}, dst, NewColMajor(len(c.column), 1, c.column))
		if !sameBits(dst, []float64{c.want}) {
			t.Errorf("sum of %v = %v (%#x), want %v", c.column, dst[0], math.Float64bits(dst[0]), c.want)
		}
	}
}

// The sums of 1…v are exact, forwards and backwards (numpy's test_sum).
func TestSumColumnsOfIntegers(t *testing.T) {
	for _, v := range []int{0, 1, 2, 7, 8, 9, 15, 16, 19, 127, 128, 1024, 1235, 40000} {
		x := make([]float32, v)
		for i := range x {
			x[i] = float32(i + 1)
		}
		for range 2 {
			var got [1]float64
			SumColumns(parfor.Loop{}, got[:], NewRowMajor(v, 1, x))
			if want := float64(v) * float64(v+1) / 2; got[0] != want {
				t.Errorf("sum of 1…%d = %v, want %v", v, got[0], want)
			}
			slices.Reverse(x)
		}
	}
}

func TestSumColumnsMisuse(t *testing.T) {
	m := NewRowMajor(2, 3, make([]float64, 6))
	mustPanic(t, "kernels: SumColumns: dst shorter than the result", func() { SumColumns(parfor.Loop{}, make([]float64, 2), m) })
	mustPanic(t, "kernels: SumRows: dst shorter than the result", func() { SumRows(parfor.Loop{}, make([]float64, 1), m) })
	m.Stride = 2
	mustPanic(t, "kernels: SumRows: stride smaller than a row or column", func() { SumRows(parfor.Loop{}, make([]float64, 3), m) })
	mustPanic(t, "kernels: SumColumns: stride smaller than a row or column", func() { SumColumns(parfor.Loop{}, make([]float64, 3), m) })
	m.Stride = 4
	mustPanic(t, "kernels: SumColumns: data shorter than the matrix", func() { SumColumns(parfor.Loop{}, make([]float64, 3), m) })
}

func TestSumColumnsSmallAllocatesNothing(t *testing.T) {
	if instrumented {
		t.Skip("instrumented code allocates")
	}
	m, dst := NewRowMajor(8, 8, make([]float64, 64)), make([]float64, 8)
	if n := testing.AllocsPerRun(100, func() { SumColumns(parfor.Loop{}, dst, m) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSumColumns(f *testing.F) {
	f.Add(uint16(1100), uint16(70), uint8(2), false, uint64(1))
	f.Add(uint16(3), uint16(9000), uint8(0), true, uint64(2))
	f.Fuzz(func(t *testing.T, r, c uint16, gap uint8, col bool, seed uint64) {
		rows, cols := int(r)%4000, int(c)%9000
		if rows*cols > 1<<20 {
			t.Skip("too large")
		}
		rng := rand.New(rand.NewPCG(seed, 3))
		m := Matrix[float64]{Rows: rows, Cols: cols, Stride: cols + int(gap)%9}
		if col {
			m.Layout, m.Stride = ColMajor, rows+int(gap)%9
		}
		m.Data = randSlice[float64](rng, m.Stride*max(rows, cols, 1))
		got := make([]float64, cols)
		SumColumns(loops[seed%uint64(len(loops))], got, m)
		column := make([]float64, rows)
		for j := range cols {
			for i := range rows {
				column[i] = m.At(i, j)
			}
			want := treeSum(column)
			if rows == 0 {
				want = 0
			}
			if !sameBits(got[j:j+1], []float64{want}) {
				t.Fatalf("column %d of %d×%d: %v, want %v", j, rows, cols, got[j], want)
			}
		}
	})
}

func BenchmarkSumColumns(b *testing.B) {
	for _, shape := range [][2]int{{8, 8}, {1000, 100}, {30000, 1000}} {
		rows, cols := shape[0], shape[1]
		data, dst := make([]float64, rows*cols), make([]float64, cols)
		for _, m := range []Matrix[float64]{NewRowMajor(rows, cols, data), NewColMajor(rows, cols, data)} {
			for _, threads := range []int{1, 0} {
				l := parfor.Loop{Threads: threads}
				b.Run(fmt.Sprintf("rows=%d/cols=%d/layout=%d/threads=%d", rows, cols, m.Layout, l.NumThreads()), func(b *testing.B) {
					b.SetBytes(int64(8 * rows * cols))
					for b.Loop() {
						SumColumns(l, dst, m)
					}
				})
			}
		}
	}
}
