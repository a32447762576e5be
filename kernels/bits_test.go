package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// What all reductions of this package promise together: the same bits everywhere, an input that
// stays as it is, and no thread for a small matrix.

// A columnFunc is a reduction of columns: all that it writes.
type columnFunc[T Float] struct {
	name string
	of   func(l parfor.Loop, a Matrix[T]) []float64
}

func columnFuncs[T Float]() []columnFunc[T] {
	var all []columnFunc[T]
	add := func(name string, f func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T])) {
		all = append(all, columnFunc[T]{name, func(l parfor.Loop, a Matrix[T]) []float64 {
			dst, skipped := make([]float64, a.Cols), make([]int, a.Cols)
			f(l, dst, skipped, a)
			return append(dst, floatsOf(skipped)...)
		}})
	}
	for _, f := range columnSums[T]() {
		add(f.name, f.columns)
	}
	for _, f := range allExtrema[T]() {
		name := fmt.Sprintf("extremum, largest %v, skip %v", f.largest, f.skip)
		add(name, func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
			values := make([]T, a.Cols)
			f.columns(l, values, skipped, a)
			copy(dst, floatsOf(values))
		})
		add("place of "+name, func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
			at := make([]int, a.Cols)
			f.argColumns(l, at, skipped, a)
			copy(dst, floatsOf(at))
		})
	}
	add("Var", func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) { VarColumns(l, dst, a, 1) })
	add("NaNStd", func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) { NaNStdColumns(l, dst, skipped, a, 0) })
	add("SumAccurate", func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) { SumAccurateColumns(l, dst, a) })
	add("SumExact", func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) { SumExactColumns(l, dst, a) })
	return append(all, columnFunc[T]{"Describe", func(l parfor.Loop, a Matrix[T]) (numbers []float64) {
		dst := make([]Summary, a.Cols)
		DescribeColumns(l, dst, a)
		for _, s := range dst {
			numbers = append(numbers, float64(s.Count), s.Mean, s.Std, s.Min, s.Max)
		}
		return numbers
	}})
}

func floatsOf[T float32 | float64 | int](x []T) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = canonical(float64(v))
	}
	return y
}

// inGaps is what must not be read: NaN, or the least integer.
func inGaps[T Number]() (v T) {
	switch p := any(&v).(type) {
	case *int32:
		*p = math.MinInt32
	case *int64:
		*p = math.MinInt64
	default:
		v /= v
	}
	return v
}

// viewOf returns columns as a matrix whose rows or columns have gaps, offset elements into its
// memory and ending where that does, with zero rows appended.
func viewOf[T Number](columns [][]T, zeros int, layout Layout, gap, offset int) Matrix[T] {
	m := Matrix[T]{Rows: len(columns[0]) + zeros, Cols: len(columns), Layout: layout}
	n, length := m.runs()
	m.Stride = length + gap
	m.Data = make([]T, offset+(n-1)*m.Stride+length)[offset:]
	for i := range m.Data {
		m.Data[i] = inGaps[T]()
	}
	for j := range m.Cols {
		for i := range m.Rows {
			data, _ := m.from(i, j)
			if data[0] = 0; i < len(columns[j]) {
				data[0] = columns[j][i]
			}
		}
	}
	return m
}

// portableColumn returns numbers that any machine makes the same: of many sizes, in some
// columns such that squares leave the range of float64, with NaN, or without a number but −0.
func portableColumn[T Float](rng *rand.Rand, rows int) []T {
	x := make([]T, rows)
	kind, size := rng.IntN(9), rng.IntN(40)
	for i := range x {
		v := math.Ldexp(float64(rng.IntN(1<<30)-1<<28), rng.IntN(1+size))
		switch {
		case kind == 0:
			v = math.Ldexp(v, 600)
		case kind == 1:
			v = math.Ldexp(v, -700)
		case kind == 2 && rng.IntN(3) == 0:
			v = nan
		case kind == 3 && rng.IntN(rows) == 0:
			v = math.Inf(1)
		case kind == 4:
			v = math.Copysign(0, -1)
		}
		x[i] = T(v)
	}
	return x
}

// Random shapes: every reduction has the same bits in both layouts, with any gap and offset, on
// any number of threads and schedule, and, by a hash that was taken once, at any instruction
// set, of any processor and in plain Go.
func TestSameBitsOfRandomShapes(t *testing.T) {
	hash := sha256.New()
	rng := rand.New(rand.NewPCG(101, 1))
	draws := 200
	if instrumented {
		draws = 24
	}
	for draw := range draws {
		if draw%2 == 0 {
			sameBitsOfOne[float64](t, rng, draw, hash.Write)
		} else {
			sameBitsOfOne[float32](t, rng, draw, hash.Write)
		}
	}
	const want = "95796c1ca2b9fc23"
	if got := fmt.Sprintf("%x", hash.Sum(nil)[:8]); draws == 200 && got != want {
		t.Errorf("bits other than elsewhere at %v: %s, want %s", simd.Active(), got, want)
	}
	if os.Getenv("NOGIL_SIMD") != "" || instrumented { // slow, and bits are no matter of memory
		return
	}
	for _, level := range simd.Levels() {
		if level == simd.Active() {
			continue
		}
		self := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		self.Env = append(os.Environ(), "NOGIL_SIMD="+level.String())
		out, err := self.CombinedOutput()
		if failed := new(exec.ExitError); errors.As(err, &failed) {
			t.Errorf("at %v: %v\n%s", level, err, out)
		} else if err != nil {
			t.Logf("not tried at %v: %v", level, err) // as where an emulator runs the test
		}
	}
}

func sameBitsOfOne[T Float](t *testing.T, rng *rand.Rand, draw int, write func([]byte) (int, error)) {
	t.Helper()
	shares := loops[rng.IntN(len(loops)):][:1]
	rows, cols := 1+rng.IntN(300), 1+rng.IntN(20)
	switch draw % 100 { // of a size that is worth threads
	case 3, 4:
		rows, shares = 4000+rng.IntN(5000), loops[2:]
		cols = serialSize/rows + 1 + rng.IntN(4)
	case 7, 8:
		rows, shares = 1+rng.IntN(9), loops[2:]
		cols = serialSize/rows + 1 + rng.IntN(4000)
	}
	columns := make([][]T, cols)
	for j := range columns {
		columns[j] = portableColumn[T](rng, rows)
	}
	var views []Matrix[T]
	for _, layout := range []Layout{RowMajor, ColMajor} {
		views = append(views, viewOf(columns, 0, layout, 0, 0), viewOf(columns, 0, layout, 1+rng.IntN(9), 1+rng.IntN(15)))
	}
	for _, f := range columnFuncs[T]() {
		want := f.of(loops[0], views[0])
		for _, m := range views {
			for _, l := range shares {
				if !sameBits(f.of(l, m), want) {
					t.Fatalf("%s of %d×%d, draw %d: other bits in layout %d, stride %d, with %+v", f.name, rows, cols, draw, m.Layout, m.Stride, l)
				}
			}
		}
		for _, v := range want {
			_, _ = write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))) // a hash takes all
		}
	}
}

// Zero rows appended change no bit of a sum or a norm, as long as a sum is not −0.
func TestSameBitsUnderAppendedZeroRows(t *testing.T) {
	t.Run("float64", testAppendedZeroRows[float64])
	t.Run("float32", testAppendedZeroRows[float32])
}

func testAppendedZeroRows[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(102, 1))
	most := []int{8, 200, 5000, 40000}
	for draw := range 40 {
		if instrumented && draw >= 12 {
			break
		}
		rows, zeros := 1+rng.IntN(2000), 1+rng.IntN(most[draw%len(most)])
		columns := make([][]T, 1+rng.IntN(9))
		for j := range columns {
			for _, v := range wildColumn[T](rng, rows) {
				columns[j] = append(columns[j], T(v))
			}
		}
		for _, f := range columnSums[T]() {
			if f.name == "Mean" || f.name == "NaNMean" {
				continue
			}
			want, got := make([]float64, len(columns)), make([]float64, len(columns))
			wantSkipped, skipped := make([]int, len(columns)), make([]int, len(columns))
			f.columns(loops[0], want, wantSkipped, viewOf(columns, 0, ColMajor, 0, 0))
			for j, v := range want {
				if v == 0 && math.Signbit(v) && f.name != "Norm" && f.name != "NaNNorm" {
					want[j] = 0
				}
			}
			for _, layout := range []Layout{RowMajor, ColMajor} {
				f.columns(loops[draw%len(loops)], got, skipped, viewOf(columns, zeros, layout, draw%3, draw%2))
				if !sameBits(got, want) || !slices.Equal(skipped, wantSkipped) {
					t.Fatalf("%s of %d rows, layout %d: %d zero rows change %v to %v, or the number of NaN", f.name, rows, layout, zeros, want, got)
				}
			}
		}
	}
}

func TestReductionsLeaveTheirInput(t *testing.T) {
	rng := rand.New(rand.NewPCG(103, 1))
	for _, shape := range [][2]int{{8, 8}, {6000, 7}} { // alone and in a loop
		columns := make([][]float64, shape[1])
		for j := range columns {
			columns[j] = wildColumn[float64](rng, shape[0])
		}
		for _, layout := range []Layout{RowMajor, ColMajor} {
			m := viewOf(columns, 0, layout, 2, 1)
			before := slices.Clone(m.Data)
			for _, f := range columnFuncs[float64]() {
				if f.of(parfor.Loop{}, m); !sameBits(m.Data, before) {
					t.Fatalf("%s of %d×%d, layout %d: the input was changed", f.name, m.Rows, m.Cols, layout)
				}
			}
		}
		x := make([]int64, shape[0]*shape[1])
		for i := range x {
			x[i] = int64(rng.Uint64())
		}
		before, dst := slices.Clone(x), make([]int64, shape[1])
		SumColumnsInt(parfor.Loop{}, dst, NewRowMajor(shape[0], shape[1], x))
		_ = SumColumnsIntChecked(parfor.Loop{}, dst, NewColMajor(shape[0], shape[1], x)) // that it overflows is no matter
		if !slices.Equal(before, x) {
			t.Fatalf("sums of integers, %d×%d: the input was changed", shape[0], shape[1])
		}
	}
}

// A matrix of 8×8 starts no loop, so no second thread; one of 200×200 does.
func TestSmallMatricesTakeNoSecondThread(t *testing.T) {
	for _, n := range []int{8, 200} {
		for _, f := range columnFuncs[float64]() {
			trace := new(parfor.Trace)
			f.of(parfor.Loop{Threads: 4, Trace: trace}, NewRowMajor(n, n, slices.Repeat([]float64{1}, n*n)))
			if chunks := len(trace.Spans()); (chunks > 0) != (n > 8) {
				t.Errorf("%s of %d×%d: a loop of %d chunks", f.name, n, n, chunks)
			}
		}
	}
}

func TestSumOfNothingIsZero(t *testing.T) {
	for name, got := range map[string][]float64{
		"SumColumns":    sumsOf(SumColumns[float64], NewRowMajor[float64](0, 2, nil)),
		"SumRows":       sumsOf(SumRows[float64], NewColMajor[float64](2, 0, nil)),
		"SumColumns32":  sumsOf(SumColumns[float32], NewColMajor[float32](0, 2, nil)),
		"SumExact":      {SumExact[float64](parfor.Loop{}, nil), 0},
		"SumAccurate":   {SumAccurate[float64](parfor.Loop{}, nil), 0},
		"Sum, a vector": {Sum(parfor.Loop{}, []float64{}), 0},
	} {
		if !sameBits(got, []float64{0, 0}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSumOfNegativeZerosIsNegativeZero(t *testing.T) {
	negZero := math.Copysign(0, -1)
	for _, rows := range []int{1, 7, 8, 9, 129, 40000} {
		x := slices.Repeat([]float64{negZero}, 2*rows)
		for _, m := range []Matrix[float64]{NewRowMajor(rows, 2, x), NewColMajor(rows, 2, x)} {
			if got := sumsOf(SumColumns[float64], m); !sameBits(got, []float64{negZero, negZero}) {
				t.Errorf("%d times −0, layout %d: %v", rows, m.Layout, got)
			}
		}
	}
}

func sumsOf[T Float](f func(parfor.Loop, []float64, Matrix[T]), m Matrix[T]) []float64 {
	dst := []float64{77, 77}
	f(parfor.Loop{}, dst, m)
	return dst
}
