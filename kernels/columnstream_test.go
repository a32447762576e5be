package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// A streamed is a reduction in both forms; dst has cols·each numbers.
type streamed[T Number] struct {
	name   string
	whole  func(l parfor.Loop, dst []float64, a Matrix[T])
	stream func(dst []float64) (s *ColumnStream[T], write func())
}

// pair makes a streamed of two functions whose result is D, brought to float64 by put.
func pair[T Number, D any](name string, put func(dst []float64, d []D), whole func(l parfor.Loop, d []D, a Matrix[T]), stream func(d []D) *ColumnStream[T]) streamed[T] {
	return streamed[T]{
		name,
		func(l parfor.Loop, dst []float64, a Matrix[T]) {
			d := make([]D, a.Cols)
			whole(l, d, a)
			put(dst, d)
		},
		func(dst []float64) (*ColumnStream[T], func()) {
			d := make([]D, len(dst)/5)
			return stream(d), func() { put(dst, d) }
		},
	}
}

// skipping makes a streamed of two functions that skip NaN; how many is part of the result.
func skipping[T Float](name string, whole func(l parfor.Loop, d []float64, skipped []int, a Matrix[T]), stream func(d []float64, skipped []int) *ColumnStream[T]) streamed[T] {
	put := func(dst, d []float64, skipped []int) {
		for j, v := range d {
			dst[2*j], dst[2*j+1] = v, float64(skipped[j])
		}
	}
	return streamed[T]{
		name,
		func(l parfor.Loop, dst []float64, a Matrix[T]) {
			d, skipped := make([]float64, a.Cols), make([]int, a.Cols)
			whole(l, d, skipped, a)
			put(dst, d, skipped)
		},
		func(dst []float64) (*ColumnStream[T], func()) {
			d, skipped := make([]float64, len(dst)/5), make([]int, len(dst)/5)
			return stream(d, skipped), func() { put(dst, d, skipped) }
		},
	}
}

func putNumbers[D Number](dst []float64, d []D) {
	for j, v := range d {
		dst[j] = float64(v)
	}
}

func putInt64(dst []float64, d []int64) {
	for j, v := range d {
		dst[j] = math.Float64frombits(uint64(v))
	}
}

func putSummaries(dst []float64, d []Summary) {
	for j, v := range d {
		copy(dst[5*j:], []float64{float64(v.Count), v.Mean, v.Std, v.Min, v.Max})
	}
}

func streamedFloats[T Float]() []streamed[T] {
	norm := func(name string, p float64) streamed[T] {
		return pair(name, putNumbers[float64], func(l parfor.Loop, d []float64, a Matrix[T]) { NormColumns(l, d, a, p) },
			func(d []float64) *ColumnStream[T] { return StreamNormColumns[T](d, p) })
	}
	return []streamed[T]{
		pair("sum", putNumbers[float64], SumColumns[T], StreamSumColumns[T]),
		pair("mean", putNumbers[float64], MeanColumns[T], StreamMeanColumns[T]),
		pair("var", putNumbers[float64], func(l parfor.Loop, d []float64, a Matrix[T]) { VarColumns(l, d, a, 1) },
			func(d []float64) *ColumnStream[T] { return StreamVarColumns[T](d, 1) }),
		pair("std", putNumbers[float64], func(l parfor.Loop, d []float64, a Matrix[T]) { StdColumns(l, d, a, 0) },
			func(d []float64) *ColumnStream[T] { return StreamStdColumns[T](d, 0) }),
		pair("describe", putSummaries, DescribeColumns[T], StreamDescribeColumns[T]),
		pair("min", putNumbers[T], MinColumns[T], StreamMinColumns[T]),
		pair("max", putNumbers[T], MaxColumns[T], StreamMaxColumns[T]),
		skipping("sum without NaN", NaNSumColumns[T], StreamNaNSumColumns[T]),
		skipping("mean without NaN", NaNMeanColumns[T], StreamNaNMeanColumns[T]),
		skipping("var without NaN", func(l parfor.Loop, d []float64, n []int, a Matrix[T]) { NaNVarColumns(l, d, n, a, 1) },
			func(d []float64, n []int) *ColumnStream[T] { return StreamNaNVarColumns[T](d, n, 1) }),
		skipping("std without NaN", func(l parfor.Loop, d []float64, n []int, a Matrix[T]) { NaNStdColumns(l, d, n, a, 0) },
			func(d []float64, n []int) *ColumnStream[T] { return StreamNaNStdColumns[T](d, n, 0) }),
		norm("norm 1", 1), norm("norm 2", 2), norm("norm Inf", math.Inf(1)),
	}
}

func streamedInts[T int32 | int64]() []streamed[T] {
	put := func(dst []float64, d []T) {
		for j, v := range d {
			dst[j] = math.Float64frombits(uint64(v))
		}
	}
	return []streamed[T]{
		pair("sum", putInt64, SumColumnsInt[T], StreamSumColumnsInt[T]),
		pair("min", put, MinColumns[T], StreamMinColumns[T]),
		pair("max", put, MaxColumns[T], StreamMaxColumns[T]),
	}
}

// A matrix in blocks gives the bits of the whole one, whatever the blocks.
func TestColumnStream(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testColumnStream(t, streamedFloats[float64](), randSlice[float64]) })
	t.Run("float32", func(t *testing.T) { testColumnStream(t, streamedFloats[float32](), randSlice[float32]) })
	t.Run("int64", func(t *testing.T) { testColumnStream(t, streamedInts[int64](), randInts[int64]) })
	t.Run("int32", func(t *testing.T) { testColumnStream(t, streamedInts[int32](), randInts[int32]) })
}

func randInts[T int32 | int64](rng *rand.Rand, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(rng.Uint64())
	}
	return s
}

func testColumnStream[T Number](t *testing.T, all []streamed[T], random func(*rand.Rand, int) []T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, shape := range [][2]int{{1, 1}, {127, 3}, {128, 9}, {129, 2}, {1025, 70}, {5000, 17}, {40000, 1}, {3000, 130}} {
		rows, cols := shape[0], shape[1]
		m := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + 1, Data: random(rng, rows*(cols+1))}
		for _, layout := range []Layout{RowMajor, ColMajor} {
			m := m
			if layout == ColMajor {
				m = Matrix[T]{Rows: rows, Cols: cols, Stride: rows + 1, Layout: layout, Data: random(rng, cols*(rows+1))}
			}
			for k, o := range all {
				want, got := make([]float64, 5*cols), make([]float64, 5*cols)
				o.whole(parfor.Loop{}, want, m)
				for _, step := range []int{128, 3 * 128, 1024, 7 * 1024, rows} {
					s, write := o.stream(got)
					stream(loops[(k+step)%len(loops)], s, m, step)
					write()
					if !sameBits(got, want) {
						t.Fatalf("%s of %d×%d, layout %d, in blocks of %d rows: other bits", o.name, rows, cols, layout, step)
					}
				}
			}
		}
	}
}

// stream feeds m to s by step rows at a time, as often as it is wanted.
func stream[T Number](l parfor.Loop, s *ColumnStream[T], m Matrix[T], step int) (turns int) {
	for again := true; again; turns++ {
		for i := 0; i < m.Rows; i += step {
			block := m
			block.Rows = min(step, m.Rows-i)
			block.Data, _ = m.from(i, 0)
			s.Add(l, block)
		}
		again = s.Done()
	}
	return turns
}

// NaN, infinities, zeros of both signs, and squares beyond the range of float64: the same
// bits, and only where a norm needs them are the rows asked for again.
func TestColumnStreamEdges(t *testing.T) {
	nan, inf, zero := math.NaN(), math.Inf(1), math.Copysign(0, -1)
	columns := [][]float64{
		{nan}, {1, 2, 3}, {nan, 1}, {inf, 1}, {inf, -inf}, {zero}, {0, zero}, {1e200, -3e200}, {1e-200, 5e-324}, {1e200, nan}, {1e308, 1e308, 1e308},
	}
	for j, pattern := range columns {
		const rows = 700
		m := Matrix[float64]{Rows: rows, Cols: 2, Stride: 2, Data: make([]float64, 2*rows)}
		for i := range rows {
			m.Data[2*i], m.Data[2*i+1] = pattern[min(i*len(pattern)/rows, len(pattern)-1)], float64(i)
		}
		for _, o := range streamedFloats[float64]() {
			want, got := make([]float64, 10), make([]float64, 10)
			o.whole(parfor.Loop{}, want, m)
			s, write := o.stream(got)
			turns := stream(parfor.Loop{}, s, m, 256)
			write()
			if !sameBits(got, want) {
				t.Errorf("column %d: %s is %v, want %v", j, o.name, got, want)
			}
			if turns > 1 && o.name != "norm 2" || turns > 3 || turns == 1 && o.name == "norm 2" && j >= 5 && j != 9 {
				t.Errorf("column %d: %s in %d turns", j, o.name, turns)
			}
		}
	}
}

func TestColumnStreamOfNothing(t *testing.T) {
	none := NewRowMajor(0, 2, []float64{})
	for _, o := range streamedFloats[float64]() {
		want, got := make([]float64, 10), make([]float64, 10)
		s, write := o.stream(got)
		if o.name == "min" || o.name == "max" {
			mustPanic(t, "kernels: Stream"+map[string]string{"min": "Min", "max": "Max"}[o.name]+"Columns: minimum or maximum of nothing", func() { s.Done() })
			continue
		}
		o.whole(parfor.Loop{}, want, none)
		if s.Add(parfor.Loop{}, none); s.Done() {
			t.Errorf("%s of nothing is wanted again", o.name)
		}
		if write(); !sameBits(got, want) {
			t.Errorf("%s of nothing is %v, want %v", o.name, got, want)
		}
	}
	s := StreamSumColumns[float64](nil)
	s.Add(parfor.Loop{}, Matrix[float64]{Rows: 5})
	s.Done()
}

func TestColumnStreamMisuse(t *testing.T) {
	s := StreamSumColumns[float64](make([]float64, 2))
	add := func(rows, cols int) func() {
		return func() { s.Add(parfor.Loop{}, NewRowMajor(rows, cols, make([]float64, rows*cols))) }
	}
	mustPanic(t, "kernels: ColumnStream.Add: not the stream's number of columns", add(128, 3))
	mustPanic(t, "kernels: ColumnStream.Add: data shorter than the matrix", func() {
		s.Add(parfor.Loop{}, Matrix[float64]{Rows: 2, Cols: 2, Stride: 2})
	})
	add(129, 2)()
	mustPanic(t, "kernels: ColumnStream.Add: rows after some that are no multiple of 128", add(128, 2))
	mustPanic(t, "kernels: StreamNormColumns: p is not 1, 2 or +Inf", func() { StreamNormColumns[float64](nil, 3) })
}
