package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/nogil-go/nogil/parfor"
)

// A columnSum is one of the functions of this package that adds up columns or rows, and what
// it makes of one column: its definition.
type columnSum[T Float] struct {
	name          string
	columns, rows func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T])
	of            func(x []float64) float64
	skips         bool
}

func columnSums[T Float]() []columnSum[T] {
	type plain = func(l parfor.Loop, dst []float64, a Matrix[T])
	type norm = func(l parfor.Loop, dst []float64, a Matrix[T], p float64)
	type nanNorm = func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T], p float64)
	ignore := func(f plain) func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
		return func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) { f(l, dst, a) }
	}
	all := []columnSum[T]{
		{"Sum", ignore(SumColumns[T]), ignore(SumRows[T]), sumOf, false},
		{"Mean", ignore(MeanColumns[T]), ignore(MeanRows[T]), meanOf, false},
		{"NaNSum", NaNSumColumns[T], NaNSumRows[T], func(x []float64) float64 { return sumOf(numbersOf(x)) }, true},
		{"NaNMean", NaNMeanColumns[T], NaNMeanRows[T], nanMeanOf, true},
	}
	for _, p := range []float64{1, 2, math.Inf(1)} {
		of := func(x []float64) float64 { return normOf(x, p) }
		withP := func(f norm) func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
			return ignore(func(l parfor.Loop, dst []float64, a Matrix[T]) { f(l, dst, a, p) })
		}
		skip := func(f nanNorm) func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
			return func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) { f(l, dst, skipped, a, p) }
		}
		all = append(all,
			columnSum[T]{"Norm", withP(NormColumns[T]), withP(NormRows[T]), of, false},
			columnSum[T]{"NaNNorm", skip(NaNNormColumns[T]), skip(NaNNormRows[T]), func(x []float64) float64 { return of(numbersOf(x)) }, true})
	}
	return all
}

// numbersOf has −0, which adds nothing, for every NaN; it is empty where there is no number.
func numbersOf(x []float64) []float64 {
	x = slices.Clone(x)
	if countNaN(x) == len(x) {
		return nil
	}
	for i, v := range x {
		if v != v {
			x[i] = math.Copysign(0, -1)
		}
	}
	return x
}

func countNaN(x []float64) (n int) {
	for _, v := range x {
		if v != v {
			n++
		}
	}
	return n
}

// canonical makes one NaN of all.
func canonical(v float64) float64 {
	if v != v {
		return math.NaN()
	}
	return v
}

func sumOf(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return canonical(treeSum(x))
}

func meanOf(x []float64) float64 { return canonical(sumOf(x) / float64(len(x))) }

func nanMeanOf(x []float64) float64 {
	return canonical(sumOf(numbersOf(x)) / float64(len(x)-countNaN(x)))
}

func normOf(x []float64, p float64) float64 {
	y, most := make([]float64, len(x)), 0.0
	for i, v := range x {
		if v != v {
			return math.NaN()
		}
		y[i] = math.Abs(v)
		most = max(most, y[i])
	}
	switch {
	case len(x) == 0:
		return 0
	case p == 1:
		return sumOf(y)
	case p > 2 || most == 0 || math.IsInf(most, 1):
		return most
	}
	squares := func(e int) float64 {
		z := make([]float64, len(y))
		for i, v := range y {
			z[i] = math.Ldexp(v, -e)
			z[i] *= z[i]
		}
		return sumOf(z)
	}
	if s := squares(0); s >= 0x1p-900 && s <= math.MaxFloat64 {
		return math.Sqrt(s)
	}
	e := math.Ilogb(most)
	return math.Ldexp(math.Sqrt(squares(e)), e)
}

// wildColumn returns n numbers of one of the kinds that sums must cope with.
func wildColumn[T Float](rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i, v := range randSlice[T](rng, n) {
		x[i] = float64(v)
	}
	some := func(v float64) {
		for range 1 + n/50 {
			x[rng.IntN(n)] = float64(T(v))
		}
	}
	switch rng.IntN(12) {
	case 0:
		some(math.NaN())
	case 1:
		some(math.Inf(1))
	case 2:
		some(math.Inf(1))
		some(math.Inf(-1))
	case 3: // squares overflow
		some(1e200)
		some(-1e308)
	case 4: // squares underflow
		for i, v := range x {
			x[i] = float64(T(v * 1e-180))
		}
	case 5:
		clear(x)
	case 6: // denormals
		for i := range x {
			x[i] = float64(rng.IntN(5)-2) * 5e-324
		}
	case 7:
		for i := range x {
			x[i] = math.NaN()
		}
	case 8:
		for i := range x {
			x[i] = math.Copysign(0, -1)
		}
	case 9:
		some(math.Inf(1))
		some(math.NaN())
	}
	return x
}

// Every function, on every shape, in both layouts, with gaps and offsets, on any number of
// threads, has the bits of its definition.
func TestColumnSums(t *testing.T) {
	t.Run("float64", testColumnSums[float64])
	t.Run("float32", testColumnSums[float32])
}

func testColumnSums[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, shape := range [][2]int{{1, 1}, {8, 8}, {2, 33}, {7, 12}, {130, 33}, {1, 40000}, {3, 20011}, {40000, 1}, {150000, 2}, {9000, 5}, {2500, 130}} {
		if instrumented && shape[0]*shape[1] > 1<<16 { // the smaller ones are large enough for threads
			continue
		}
		checkColumnSums(t, rng, columnSums[T](), shape[0], shape[1], rng.IntN(4))
	}
}

func checkColumnSums[T Float](t *testing.T, rng *rand.Rand, all []columnSum[T], rows, cols, gap int) {
	rm := Matrix[T]{Rows: rows, Cols: cols, Stride: cols + gap, Data: make([]T, rows*(cols+gap)+1)[1:]}
	cm := Matrix[T]{Rows: rows, Cols: cols, Stride: rows + gap, Layout: ColMajor, Data: make([]T, cols*(rows+gap)+1)[1:]}
	columns := make([][]float64, cols)
	for j := range cols {
		columns[j] = wildColumn[T](rng, rows)
		for i, v := range columns[j] {
			rm.Data[i*rm.Stride+j], cm.Data[j*cm.Stride+i], columns[j][i] = T(v), T(v), float64(T(v))
		}
	}
	dst, skipped := make([]float64, cols+1), make([]int, cols+1)
	for _, f := range all {
		want, wantSkipped := make([]float64, cols), make([]int, cols)
		for j, x := range columns {
			want[j] = f.of(x)
			if f.skips {
				wantSkipped[j] = countNaN(x)
			}
		}
		for k, m := range []Matrix[T]{rm, cm} {
			l := loops[rng.IntN(len(loops))]
			clear(skipped)
			dst[cols], skipped[cols] = 77, 77
			if k == rng.IntN(2) {
				f.columns(l, dst, skipped, m)
			} else {
				f.rows(l, dst, skipped, m.Transposed())
			}
			if dst[cols] != 77 || skipped[cols] != 77 || !slices.Equal(skipped[:cols], wantSkipped) {
				t.Fatalf("%s %d×%d+%d, layout %d: wrong number of NaN, or written beyond the end", f.name, rows, cols, gap, m.Layout)
			}
			for j, v := range dst[:cols] {
				if math.Float64bits(v) != math.Float64bits(want[j]) {
					t.Fatalf("%s %d×%d+%d, layout %d, %d threads: column %d: %v, want %v", f.name, rows, cols, gap, m.Layout, l.Threads, j, v, want[j])
				}
			}
			if f.skips {
				f.columns(l, dst[:cols], nil, m) // the numbers need not be asked for
			}
		}
	}
}

func TestColumnSumsMisuse(t *testing.T) {
	m := NewRowMajor(2, 3, make([]float64, 6))
	one, three := make([]float64, 1), make([]float64, 3)
	for name, f := range map[string]func(dst []float64, skipped []int, a Matrix[float64]){
		"MeanColumns":    func(dst []float64, _ []int, a Matrix[float64]) { MeanColumns(parfor.Loop{}, dst, a) },
		"NaNSumColumns":  func(dst []float64, s []int, a Matrix[float64]) { NaNSumColumns(parfor.Loop{}, dst, s, a) },
		"NaNMeanColumns": func(dst []float64, s []int, a Matrix[float64]) { NaNMeanColumns(parfor.Loop{}, dst, s, a) },
		"NormColumns":    func(dst []float64, _ []int, a Matrix[float64]) { NormColumns(parfor.Loop{}, dst, a, 2) },
		"NaNNormColumns": func(dst []float64, s []int, a Matrix[float64]) { NaNNormColumns(parfor.Loop{}, dst, s, a, 1) },
		"MeanRows":       func(dst []float64, _ []int, a Matrix[float64]) { MeanRows(parfor.Loop{}, dst, a) },
		"NaNSumRows":     func(dst []float64, s []int, a Matrix[float64]) { NaNSumRows(parfor.Loop{}, dst, s, a) },
		"NaNMeanRows":    func(dst []float64, s []int, a Matrix[float64]) { NaNMeanRows(parfor.Loop{}, dst, s, a) },
		"NormRows":       func(dst []float64, _ []int, a Matrix[float64]) { NormRows(parfor.Loop{}, dst, a, 2) },
		"NaNNormRows":    func(dst []float64, s []int, a Matrix[float64]) { NaNNormRows(parfor.Loop{}, dst, s, a, 1) },
	} {
		mustPanic(t, "kernels: "+name+": dst shorter than the result", func() { f(one, nil, m) })
		mustPanic(t, "kernels: "+name+": data shorter than the matrix", func() { f(three, nil, Matrix[float64]{Rows: 2, Cols: 3, Stride: 3}) })
		if name[:3] == "NaN" {
			mustPanic(t, "kernels: "+name+": skipped shorter than the result", func() { f(three, []int{1}, m) })
		}
	}
	mustPanic(t, "kernels: NormColumns: p is not 1, 2 or +Inf", func() { NormColumns(parfor.Loop{}, three, m, 3) })
	mustPanic(t, "kernels: NaNNormRows: p is not 1, 2 or +Inf", func() { NaNNormRows(parfor.Loop{}, three, nil, m, math.NaN()) })
}

func TestNothingHasNoMeanAndNoNorm(t *testing.T) {
	for _, f := range columnSums[float64]() {
		dst, skipped := []float64{77, 77}, []int{77, 77}
		f.columns(parfor.Loop{}, dst, skipped, NewColMajor[float64](0, 2, nil))
		if want := f.of(nil); !sameBits(dst, []float64{want, want}) || f.skips && skipped[0] != 0 {
			t.Errorf("%s of nothing = %v, %v, want %v", f.name, dst, skipped, want)
		}
		f.columns(parfor.Loop{}, nil, nil, NewColMajor[float64](5, 0, nil)) // no columns: nothing to do
	}
}

func TestAllNaN(t *testing.T) {
	for _, n := range []int{1, 9, 200000} {
		x, dst, skipped := make([]float64, n), []float64{77}, []int{77}
		for i := range x {
			x[i] = math.NaN()
		}
		NaNSumColumns(parfor.Loop{}, dst, skipped, NewColMajor(n, 1, x))
		if math.Float64bits(dst[0]) != 0 || skipped[0] != n {
			t.Errorf("%d NaN: sum %v of which %d skipped, want 0", n, dst[0], skipped[0])
		}
		NaNMeanColumns(parfor.Loop{}, dst, skipped, NewColMajor(n, 1, x))
		if !math.IsNaN(dst[0]) || skipped[0] != n {
			t.Errorf("%d NaN: mean %v of which %d skipped, want NaN", n, dst[0], skipped[0])
		}
	}
}

// numpy #29772: the mean of float32 in float32 stops growing at 2^24.
func TestMeanOfManyFloat32Ones(t *testing.T) {
	n := 1 << 25
	if instrumented {
		n = 1 << 20
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	for _, m := range []Matrix[float32]{NewColMajor(n, 1, x), NewRowMajor(n/2, 2, x), NewRowMajor(2, n/2, x)} {
		dst := make([]float64, m.Cols)
		MeanColumns(parfor.Loop{}, dst, m)
		for _, v := range dst {
			if v != 1 {
				t.Fatalf("mean of %d×%d ones = %v", m.Rows, m.Cols, v)
			}
		}
	}
}

// numpy's test of pairwise summation: 2 + 1e5·eps in float32.
func TestSumOfTwoAndManyEps(t *testing.T) {
	const eps = 0x1p-23
	x := make([]float32, 1e5+1)
	for i := range x {
		x[i] = eps
	}
	x[0] = 2
	var s [1]float64
	SumColumns(parfor.Loop{}, s[:], NewColMajor(len(x), 1, x))
	if want := 2 + 1e5*eps; math.Abs(s[0]-want) > 1e-12 {
		t.Errorf("2 + 1e5·eps = %v, want %v", s[0], want)
	}
}

func TestSumOf500Tenths(t *testing.T) {
	x := slices.Repeat([]float64{0.1}, 500)
	var s [1]float64
	SumColumns(parfor.Loop{}, s[:], NewColMajor(500, 1, x))
	if math.Abs(s[0]-50) > 1e-13 {
		t.Errorf("500 · 0.1 = %v", s[0])
	}
}

// Columns of ±Inf and of ±MAX, in both layouts (numpy's test_sum_inf_nan).
func TestSumOfInfAndMaxColumns(t *testing.T) {
	inf, most, nan := math.Inf(1), math.MaxFloat64, math.NaN()
	columns := [][]float64{{inf, inf, 1, 2}, {-inf, 0, 1, -inf}, {inf, -inf, 0, 0}, {most, most, 0, 0}, {most, -most, 3, 0}, {-most, 0, -most, 0}, {nan, inf, 0, 1}}
	want := []float64{inf, -inf, nan, inf, 3, -inf, nan}
	var data, got []float64
	for _, c := range columns {
		data = append(data, c...)
	}
	got = make([]float64, len(columns))
	SumColumns(parfor.Loop{}, got, NewColMajor(4, len(columns), data))
	if !sameBits(got, want) {
		t.Errorf("column-major: %v, want %v", got, want)
	}
	byRows := NewRowMajor(4, len(columns), make([]float64, len(data)))
	for j, c := range columns {
		for i, v := range c {
			byRows.Data[i*byRows.Stride+j] = v
		}
	}
	SumColumns(parfor.Loop{}, got, byRows)
	if !sameBits(got, want) {
		t.Errorf("row-major: %v, want %v", got, want)
	}
}

// Views of size 1 and slices of slices agree with the elements they show.
func TestSumsOfViews(t *testing.T) {
	data := randSlice[float64](rand.New(rand.NewPCG(5, 6)), 60)
	whole := NewRowMajor(6, 10, data)
	for _, v := range []Matrix[float64]{
		{Rows: 1, Cols: 1, Stride: 10, Data: data[37:38]},
		{Rows: 1, Cols: 4, Stride: 10, Data: data[13:17]},
		{Rows: 4, Cols: 1, Stride: 10, Data: data[13:44]},
		{Rows: 3, Cols: 4, Stride: 10, Data: data[12:36]},
		{Rows: 3, Cols: 2, Stride: 20, Data: data[4:46]},
		whole, whole.Transposed(),
	} {
		columns, rows := make([]float64, v.Cols), make([]float64, v.Rows)
		SumColumns(parfor.Loop{}, columns, v)
		SumRows(parfor.Loop{}, rows, v)
		for j := range columns {
			x := make([]float64, v.Rows)
			for i := range x {
				x[i] = v.At(i, j)
			}
			if columns[j] != treeSum(x) {
				t.Errorf("%d×%d: column %d: %v, want %v", v.Rows, v.Cols, j, columns[j], treeSum(x))
			}
		}
		for i := range rows {
			x := make([]float64, v.Cols)
			for j := range x {
				x[j] = v.At(i, j)
			}
			if rows[i] != treeSum(x) {
				t.Errorf("%d×%d: row %d: %v, want %v", v.Rows, v.Cols, i, rows[i], treeSum(x))
			}
		}
	}
}

// Norms agree with gonum's to the last digits, in all of float64's range.
func TestNormAgainstGonum(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, n := range []int{1, 2, 100, 5000} {
		for _, scale := range []float64{1, 1e154, 1e300, 1e-154, 1e-200, 1e-320} {
			x := make([]float64, n)
			for i := range x {
				x[i] = rng.NormFloat64() * scale
			}
			for _, p := range []float64{1, 2, math.Inf(1)} {
				var got [1]float64
				NormColumns(parfor.Loop{}, got[:], NewColMajor(n, 1, x), p)
				if want := floats.Norm(x, p); math.Abs(got[0]-want) > 1e-13*want+5e-324 {
					t.Errorf("%d-norm of %d numbers near %v = %v, gonum has %v", int(p), n, scale, got[0], want)
				}
			}
		}
	}
}

// FuzzSumAgainstExact holds sums to the bound of their documentation, and to the values that
// decide them where there is no number to be near to.
func FuzzSumAgainstExact(f *testing.F) {
	f.Add(uint16(300), uint8(3), uint8(1), uint8(0), true, uint64(1))
	f.Add(uint16(1030), uint8(9), uint8(0), uint8(3), false, uint64(77))
	f.Fuzz(func(t *testing.T, r uint16, c, gap, offset uint8, col bool, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 21))
		rows, cols := int(r)%3000+1, int(c)%20+1
		m := Matrix[float64]{Rows: rows, Cols: cols, Stride: cols + int(gap)%9}
		if col {
			m.Layout, m.Stride = ColMajor, rows+int(gap)%9
		}
		n, length := m.runs()
		m.Data = make([]float64, int(offset)%9+(n-1)*m.Stride+length)[int(offset)%9:] // ends where its memory does
		for j := range cols {
			for i, v := range wildColumn[float64](rng, rows) {
				if col {
					m.Data[j*m.Stride+i] = v
				} else {
					m.Data[i*m.Stride+j] = v
				}
			}
		}
		dst := make([]float64, cols)
		SumColumns(loops[seed%uint64(len(loops))], dst, m)
		for j, got := range dst {
			checkExact(t, m, j, got)
		}
	})
}

func checkExact(t *testing.T, m Matrix[float64], j int, got float64) {
	t.Helper()
	sum, abs := new(big.Float).SetPrec(2200), new(big.Float).SetPrec(2200)
	up, down := false, false
	for i := range m.Rows {
		v := m.At(i, j)
		if v != v {
			up, down = true, true
			break
		}
		if math.IsInf(v, 0) {
			up, down = up || v > 0, down || v < 0
			continue
		}
		sum.Add(sum, new(big.Float).SetFloat64(v))
		abs.Add(abs, new(big.Float).SetFloat64(math.Abs(v)))
	}
	total, _ := abs.Float64()
	switch {
	case up && down:
		if got == got {
			t.Errorf("sum of NaN, or of Inf and −Inf: %v", got)
		}
	case up || down:
		if !math.IsInf(got, 0) || up != (got > 0) {
			t.Errorf("sum with an Inf: %v", got)
		}
	case math.IsInf(total, 1): // partial sums may overflow
	default:
		leaves := (m.Rows + 127) / 128
		bound := (19 + math.Ceil(math.Log2(float64(leaves)))) * 0x1p-53 * total
		diff, _ := new(big.Float).Sub(sum, new(big.Float).SetFloat64(got)).Float64()
		if !(math.Abs(diff) <= bound) {
			t.Errorf("column %d of %d rows: %v is off by %v, the bound is %v", j, m.Rows, got, diff, bound)
		}
	}
}

// Columns that must be read again have the norms that each has alone, near to or far from one
// another and beside columns whose squares are in range.
func TestNorm2OfColumnsReadAgain(t *testing.T) {
	const rows, cols = 700, 90
	factor := map[int]float64{0: 0, 1: 1e-170, 2: 1e170, 5: 1e-300, 21: 0x1p-1060, 22: 1e300, 38: 0, 39: 1e-200, 60: 1e200, 89: 1e-160}
	for _, layout := range []Layout{RowMajor, ColMajor} {
		a := Matrix[float64]{Rows: rows, Cols: cols, Stride: cols, Layout: layout, Data: make([]float64, rows*cols)}
		if layout == ColMajor {
			a.Stride = rows
		}
		want, column := make([]float64, cols), make([]float64, rows)
		for j := range cols {
			f, special := factor[j]
			for i := range column {
				if column[i] = float64(i%13) - 4; special {
					column[i] *= f
				}
				data, _ := a.from(i, j)
				data[0] = column[i]
			}
			NormColumns(parfor.Loop{Threads: 1}, want[j:], NewColMajor(rows, 1, column), 2)
			if naive := Norm2(parfor.Loop{Threads: 1}, column); math.Abs(want[j]-naive) > 1e-14*naive {
				t.Fatalf("column %d: norm %v, want %v", j, want[j], naive)
			}
		}
		for _, l := range loops {
			got := make([]float64, cols)
			NormColumns(l, got, a, 2)
			for j, g := range got {
				if math.Float64bits(g) != math.Float64bits(want[j]) {
					t.Errorf("layout %d, %+v: norm of column %d is %v, want %v", layout, l, j, g, want[j])
				}
			}
		}
	}
}
