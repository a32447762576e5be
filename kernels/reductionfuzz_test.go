package kernels

// Fuzzing of the reductions: bytes are decoded into a view of any shape, layout, stride and
// offset, whose columns have numbers of many kinds; every column has the bits that it has
// alone, and some are held to what the docs promise by exact sums.

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// fuzzSizes are what rows and columns come from: around groups, vectors, leaves and blocks.
var fuzzSizes = []int{1, 2, 3, 4, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 130, 255, 256, 257, 383, 384, 385,
	511, 513, 640, 1000, 1023, 1024, 1025, 1151, 1152, 1153, 2047, 2049, 3000, 4095, 4097, 9000, 33000, 140000, 300000}

// fuzzKinds make the numbers of a column.
var fuzzKinds = []func(rng *rand.Rand) float64{
	func(rng *rand.Rand) float64 { return rng.Float64() },
	func(rng *rand.Rand) float64 { return rng.NormFloat64() },
	func(rng *rand.Rand) float64 { return 1e9 + rng.NormFloat64() },
	func(rng *rand.Rand) float64 { return math.Ldexp(rng.NormFloat64(), rng.IntN(120)-60) },
	func(rng *rand.Rand) float64 { // any bits at all
		if v := math.Float64frombits(rng.Uint64()); v-v == 0 {
			return v
		}
		return 1
	},
	func(*rand.Rand) float64 { return 0 },
	func(*rand.Rand) float64 { return math.Copysign(0, -1) },
	func(rng *rand.Rand) float64 { return float64(rng.IntN(7)-3) * 5e-324 },
	func(rng *rand.Rand) float64 { return float64(rng.IntN(3)-1) * 0x1p-149 }, // of float32
	func(rng *rand.Rand) float64 { return math.Ldexp(rng.Float64(), -1040) },
	func(rng *rand.Rand) float64 { return 1e308 * (1 - 2*rng.Float64()) },
	func(rng *rand.Rand) float64 { return math.Copysign(math.MaxFloat64, rng.NormFloat64()) },
	func(rng *rand.Rand) float64 { return math.Copysign(math.MaxFloat32, rng.NormFloat64()) },
	func(rng *rand.Rand) float64 { return 1e-170 * rng.NormFloat64() },
	func(rng *rand.Rand) float64 { return 1.4e-162 * float64(1+rng.IntN(2)) }, // whose squares are half of the least number
	func(rng *rand.Rand) float64 { return 1e150 * rng.NormFloat64() },
	func(rng *rand.Rand) float64 { return 0.1 },
	func(rng *rand.Rand) float64 { return float64(rng.IntN(9) - 4) },
	func(*rand.Rand) float64 { return nan },
	func(*rand.Rand) float64 { return math.Float64frombits(0xfff8000000000123) },
	func(*rand.Rand) float64 { return math.Inf(1) },
	func(*rand.Rand) float64 { return math.Inf(-1) },
}

// A fuzzCase is what bytes were decoded into.
type fuzzCase[T Float] struct {
	m       Matrix[T]
	columns [][]float64
	l       parfor.Loop
	ddof    int
	some    []int // the columns that are held to exact sums
}

// decode makes a case of data; what is missing there is 0. Most are small, to be many.
func decode[T Float](data []byte, rows, cols int) fuzzCase[T] {
	next := func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return int(b) % n
	}
	c := fuzzCase[T]{l: loops[next(len(loops))], ddof: next(8) - 2}
	layout, gap, offset := Layout(next(2)), max(next(80)-40, 0), next(9) // half have no gap
	rng := rand.New(rand.NewPCG(uint64(next(256)), 131))
	columns := make([][]T, cols)
	for j := range columns {
		often, seldom, odds := fuzzKinds[next(len(fuzzKinds))], fuzzKinds[next(len(fuzzKinds))], next(11)
		if len(data) == 0 { // the kinds of the columns before, mixed
			often, seldom, odds = fuzzKinds[rng.IntN(len(fuzzKinds))], fuzzKinds[rng.IntN(len(fuzzKinds))], rng.IntN(11)
		}
		columns[j] = make([]T, rows)
		c.columns = append(c.columns, make([]float64, rows))
		for i := range rows {
			v := often(rng)
			if rng.IntN(1<<odds) == 0 && odds > 0 {
				v = seldom(rng)
			}
			columns[j][i] = T(v)
			c.columns[j][i] = float64(T(v))
		}
	}
	c.m = viewOf(columns, 0, layout, gap, offset)
	for j := 0; j < cols; j += 1 + max(cols/8, cols*rows/8000) {
		c.some = append(c.some, j)
	}
	return c
}

// fuzzReductions is a target that hands each case to the check for its type.
func fuzzReductions(f *testing.F, check64 func(*testing.T, fuzzCase[float64]), check32 func(*testing.T, fuzzCase[float32])) {
	rng := rand.New(rand.NewPCG(132, 1))
	seeds := 60
	if instrumented {
		seeds = 15
	}
	for k := range seeds {
		seed := make([]byte, 8+rng.IntN(30))
		for i := range seed {
			seed[i] = byte(rng.Uint32())
		}
		f.Add(uint8(rng.IntN(len(fuzzSizes)-4)), uint8(rng.IntN(len(fuzzSizes)-4)), k%3 == 0, seed)
	}
	f.Add(uint8(len(fuzzSizes)-1), uint8(1), false, []byte{1, 2, 0, 0, 1, 7}) // several blocks
	f.Add(uint8(len(fuzzSizes)-7), uint8(22), true, []byte{2, 2, 0, 0, 1, 7})
	f.Fuzz(func(t *testing.T, r, c uint8, single bool, data []byte) {
		rows, cols := fuzzSizes[int(r)%len(fuzzSizes)], fuzzSizes[int(c)%len(fuzzSizes)]
		most := 1 << 13
		if len(data) > 5 && data[5]%16 == 7 { // a seed of the numbers: seldom, so that there are several blocks
			most = 1 << 19
		}
		if rows > most {
			rows = most
		}
		cols = min(cols, most/rows)
		if single {
			check32(t, decode[float32](data, rows, cols))
		} else {
			check64(t, decode[float64](data, rows, cols))
		}
	})
}

// run calls both forms of a reduction, and fails where they differ or write too much.
func (c fuzzCase[T]) run(t *testing.T, name string, columns, rows func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T])) (dst []float64, skipped []int) {
	t.Helper()
	n := c.m.Cols
	for k := range 2 {
		before, beforeSkipped := dst, skipped
		dst, skipped = make([]float64, n+1), make([]int, n+1)
		dst[n], skipped[n] = 77, 77
		if k == 0 {
			columns(c.l, dst, skipped, c.m)
		} else {
			rows(c.l, dst, skipped, c.m.Transposed())
		}
		if dst[n] != 77 || skipped[n] != 77 {
			t.Fatalf("%s, %s: written beyond the end", name, c)
		}
		dst, skipped = dst[:n], skipped[:n]
		if k > 0 && (!sameBits(dst, before) || !slices.Equal(skipped, beforeSkipped)) {
			t.Fatalf("%s, %s: rows differ from columns", name, c)
		}
	}
	return dst, skipped
}

func (c fuzzCase[T]) String() string {
	return big.NewInt(int64(c.m.Rows)).String() + "×" + big.NewInt(int64(c.m.Cols)).String() + ", layout " + string('0'+rune(c.m.Layout))
}

// exactColumn is what is true of a column, the NaN left out.
type exactColumn struct {
	count, nans int
	up, down    bool       // there is +Inf, −Inf
	sum, abs    *big.Float // of the finite numbers
	least, most float64
	negZero     bool // there is nothing but −0
}

const exactBits = 2200 // from 2^1024 down to 2^-1074, and room for the sum

func exactlyOf(x []float64) exactColumn {
	e := exactColumn{sum: new(big.Float).SetPrec(exactBits), abs: new(big.Float).SetPrec(exactBits), least: math.Inf(1), most: math.Inf(-1), negZero: true}
	f := new(big.Float)
	for _, v := range x {
		if v != v {
			e.nans++
			continue
		}
		e.count++
		e.up, e.down = e.up || v > math.MaxFloat64, e.down || v < -math.MaxFloat64
		e.least, e.most = min(e.least, v), max(e.most, v)
		e.negZero = e.negZero && v == 0 && math.Signbit(v)
		if v-v == 0 && v != 0 {
			e.sum.Add(e.sum, f.SetFloat64(v))
			e.abs.Add(e.abs, f.Abs(f))
		}
	}
	e.negZero = e.negZero && e.count > 0
	return e
}

// size is Σ|x|, +Inf where it overflows.
func (e exactColumn) size() float64 {
	v, _ := e.abs.Float64()
	return v
}

// isSum says whether got is a sum of e's numbers, or 1/over of it, within bound; NaN where nan
// is set, 0 for nothing, and anything but a wrong number where a part may overflow.
func (e exactColumn) isSum(got float64, over int, nan bool, bound float64) bool {
	want := new(big.Float).SetPrec(exactBits).Quo(e.sum, new(big.Float).SetInt64(int64(max(over, 1))))
	switch {
	case nan || e.up && e.down:
		return math.Float64bits(got) == math.Float64bits(math.NaN())
	case e.up || e.down:
		return math.IsInf(got, 0) && e.up == (got > 0) || got != got && math.IsInf(e.size(), 1)
	case e.negZero:
		return got == 0 && math.Signbit(got)
	case got-got != 0:
		return e.size() > 0.999*math.MaxFloat64
	}
	diff, _ := want.Sub(want, new(big.Float).SetFloat64(got)).Float64()
	return math.Abs(diff) <= bound
}

// treeBound is the documented factor of Σ|x| for the error of a sum of n numbers.
func treeBound(n int) float64 { return (19 + math.Max(0, math.Log2(float64(n)/128))) * 0x1p-53 }

func FuzzSumsAndMeans(f *testing.F) {
	fuzzReductions(f, checkSumsAndMeans[float64], checkSumsAndMeans[float32])
}

func checkSumsAndMeans[T Float](t *testing.T, c fuzzCase[T]) {
	for _, f := range columnSums[T]() {
		if f.name == "Norm" || f.name == "NaNNorm" {
			continue
		}
		got, skipped := c.run(t, f.name, f.columns, f.rows)
		for j, x := range c.columns {
			if want := f.of(x); math.Float64bits(got[j]) != math.Float64bits(want) || f.skips && skipped[j] != countNaN(x) {
				t.Fatalf("%s, %s: column %d is %v, by itself %v; %d NaN", f.name, c, j, got[j], want, skipped[j])
			}
		}
		for _, j := range c.some {
			e, over := exactlyOf(c.columns[j]), 1
			nan, bound := e.nans > 0 && !f.skips, treeBound(c.m.Rows+127)*e.size()
			if f.name == "Mean" || f.name == "NaNMean" {
				over = e.count
				nan = nan || over == 0
				bound = bound/float64(over) + 0x1p-52*math.Abs(got[j]) + 0x1p-1074
			}
			if f.name == "NaNMean" && e.negZero {
				e.negZero = math.Signbit(got[j])
			}
			if !e.isSum(got[j], over, nan, bound) {
				t.Fatalf("%s, %s: column %d is %v, exactly %v / %d within %v", f.name, c, j, got[j], e.sum.Text('g', 20), over, bound)
			}
		}
	}
}

func FuzzAccurateSums(f *testing.F) {
	fuzzReductions(f, checkAccurateSums[float64], checkAccurateSums[float32])
}

func checkAccurateSums[T Float](t *testing.T, c fuzzCase[T]) {
	type plain = func(l parfor.Loop, dst []float64, a Matrix[T])
	ignore := func(f plain) func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) {
		return func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) { f(l, dst, a) }
	}
	accurate, _ := c.run(t, "SumAccurate", ignore(SumAccurateColumns[T]), ignore(SumAccurateRows[T]))
	exact, _ := c.run(t, "SumExact", ignore(SumExactColumns[T]), ignore(SumExactRows[T]))
	for j, x := range c.columns {
		alone := []float64{SumAccurate(loops[0], x), SumExact(loops[0], x)}
		if !sameBits(alone, []float64{accurate[j], exact[j]}) {
			t.Fatalf("%s: column %d is %v and %v, by itself %v", c, j, accurate[j], exact[j], alone)
		}
	}
	for _, j := range c.some {
		e := exactlyOf(c.columns[j])
		want, _ := e.sum.Float64()
		bound := 0x1p-53*math.Abs(want) + math.Pow(130+2*math.Log2(float64(c.m.Rows)), 2)*0x1p-106*e.size()
		if !e.isSum(accurate[j], 1, e.nans > 0, bound) {
			t.Fatalf("SumAccurate, %s: column %d is %v, want %v within %v", c, j, accurate[j], want, bound)
		}
		switch {
		case e.nans > 0 || e.up && e.down:
			want = nan
		case e.up || e.down:
			want = math.Inf(1)
			if e.down {
				want = -want
			}
		case e.negZero:
			want = math.Copysign(0, -1)
		case want == 0:
			want = 0
		}
		if math.Float64bits(exact[j]) != math.Float64bits(want) {
			t.Fatalf("SumExact, %s: column %d is %v, want %v", c, j, exact[j], want)
		}
	}
}

func FuzzVariances(f *testing.F) { fuzzReductions(f, checkVariances[float64], checkVariances[float32]) }

func checkVariances[T Float](t *testing.T, c fuzzCase[T]) {
	type form = func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T])
	with := func(f func(l parfor.Loop, dst []float64, a Matrix[T], ddof int)) form {
		return func(l parfor.Loop, dst []float64, _ []int, a Matrix[T]) { f(l, dst, a, c.ddof) }
	}
	skip := func(f func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T], ddof int)) form {
		return func(l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) { f(l, dst, skipped, a, c.ddof) }
	}
	variance, _ := c.run(t, "Var", with(VarColumns[T]), with(VarRows[T]))
	std, _ := c.run(t, "Std", with(StdColumns[T]), with(StdRows[T]))
	nanVariance, skipped := c.run(t, "NaNVar", skip(NaNVarColumns[T]), skip(NaNVarRows[T]))
	nanStd, stdSkipped := c.run(t, "NaNStd", skip(NaNStdColumns[T]), skip(NaNStdRows[T]))
	for j, x := range c.columns {
		v, n := nanVarOf(x, c.ddof)
		alone := []float64{varOf(x, c.ddof), v, canonical(math.Sqrt(variance[j])), canonical(math.Sqrt(v))}
		if got := []float64{variance[j], nanVariance[j], std[j], nanStd[j]}; !sameBits(got, alone) || skipped[j] != n || stdSkipped[j] != n {
			t.Fatalf("%s: variances and deviations of column %d are %v, by itself %v", c, j, got, alone)
		}
	}
	for _, j := range c.some {
		e := exactlyOf(c.columns[j])
		if e.nans == 0 && !sameBits(variance[j:][:1], nanVariance[j:][:1]) || e.nans > 0 && variance[j] == variance[j] {
			t.Fatalf("%s: the variance of column %d with %d NaN is %v, without %v", c, j, e.nans, variance[j], nanVariance[j])
		}
		if !e.isVariance(nanVariance[j], c.columns[j], c.ddof) {
			t.Fatalf("%s: the variance of column %d is %v, want %v", c, j, nanVariance[j], exactVar(c.columns[j], c.ddof))
		}
	}
}

// isVariance says whether got is the variance of x, which e is of, with the error and the
// exceptions that the doc of VarColumns names.
func (e exactColumn) isVariance(got float64, x []float64, ddof int) bool {
	if e.up || e.down || e.count == 0 || e.count <= ddof {
		return math.Float64bits(got) == math.Float64bits(math.NaN())
	}
	n, rest := float64(e.count), float64(e.count-ddof)
	if got-got != 0 {
		return !(e.most-e.least <= 1e152)
	}
	want := exactVar(x, ddof)
	bound := 1.01 * 260 * (25 + math.Max(0, math.Log2(float64(len(x)+127)/128))) * 0x1p-53 * want
	return math.Abs(got-want) <= bound+(16*n*0x1p-1074)/rest+0x1p-1074 && !math.Signbit(got)
}

func FuzzDescriptions(f *testing.F) {
	fuzzReductions(f, checkDescriptions[float64], checkDescriptions[float32])
}

func checkDescriptions[T Float](t *testing.T, c fuzzCase[T]) {
	got, rows := make([]Summary, c.m.Cols+1), make([]Summary, c.m.Cols+1)
	got[c.m.Cols].Count, rows[c.m.Cols].Count = 77, 77
	DescribeColumns(c.l, got, c.m)
	DescribeRows(c.l, rows, c.m.Transposed())
	if !sameSummaries(got, rows) || got[c.m.Cols] != (Summary{Count: 77}) {
		t.Fatalf("%s: rows differ from columns, or written beyond dst", c)
	}
	for j, x := range c.columns {
		if want := summaryOf(x); !sameSummaries(got[j:][:1], []Summary{want}) {
			t.Fatalf("%s: column %d is %v, by the other functions %v", c, j, got[j], want)
		}
	}
	for _, j := range c.some {
		e, s := exactlyOf(c.columns[j]), got[j]
		if s.Count != e.count {
			t.Fatalf("%s: column %d has %d numbers, want %d", c, j, s.Count, e.count)
		}
		if e.count == 0 {
			if !sameBits([]float64{s.Mean, s.Std, s.Min, s.Max}, []float64{nan, nan, nan, nan}) {
				t.Fatalf("%s: column %d without a number is %v", c, j, s)
			}
			continue
		}
		bound := treeBound(c.m.Rows+127)*e.size()/float64(e.count) + 0x1p-52*math.Abs(s.Mean) + 0x1p-1074
		if !e.isSum(s.Mean, e.count, false, bound) || s.Min != e.least || s.Max != e.most || math.Signbit(s.Min) && s.Min == 0 || math.Signbit(s.Max) && s.Max == 0 {
			t.Fatalf("%s: column %d is %v, its least %v and its greatest %v", c, j, s, e.least, e.most)
		}
	}
}

func FuzzNorms(f *testing.F) { fuzzReductions(f, checkNorms[float64], checkNorms[float32]) }

func checkNorms[T Float](t *testing.T, c fuzzCase[T]) {
	k := 0
	for _, f := range columnSums[T]() {
		if f.name != "Norm" && f.name != "NaNNorm" {
			continue
		}
		p := []float64{1, 2, math.Inf(1)}[k/2]
		k++
		got, skipped := c.run(t, f.name, f.columns, f.rows)
		for j, x := range c.columns {
			if want := f.of(x); math.Float64bits(got[j]) != math.Float64bits(want) || f.skips && skipped[j] != countNaN(x) {
				t.Fatalf("%v-%s, %s: column %d is %v, by itself %v; %d NaN", p, f.name, c, j, got[j], want, skipped[j])
			}
		}
		for _, j := range c.some {
			e := exactlyOf(c.columns[j])
			if nan := e.nans > 0 && !f.skips; !e.isNorm(got[j], c.columns[j], p, nan, treeBound(c.m.Rows+127)) {
				t.Fatalf("%v-%s, %s: column %d is %v", p, f.name, c, j, got[j])
			}
		}
	}
}

// isNorm says whether got is the p-norm of the numbers of x, which e is of, where a sum may be
// off by bound. No norm overflows that float64 can hold.
func (e exactColumn) isNorm(got float64, x []float64, p float64, nan bool, bound float64) bool {
	want := e.abs
	switch {
	case nan:
		return math.Float64bits(got) == math.Float64bits(math.NaN())
	case e.up || e.down:
		return math.IsInf(got, 1)
	case e.count == 0:
		return math.Float64bits(got) == 0
	case p > 2:
		return math.Float64bits(got) == math.Float64bits(math.Max(math.Abs(e.least), math.Abs(e.most)))
	case p == 2:
		want = new(big.Float).SetPrec(2 * exactBits)
		for _, v := range x {
			if v == v && v != 0 {
				f := new(big.Float).SetPrec(120).SetFloat64(v)
				want.Add(want, f.Mul(f, f))
			}
		}
		want.SetPrec(200).Sqrt(want)
		bound = bound/2 + 0x1p-52
	}
	about, _ := want.Float64()
	if math.IsInf(got, 1) || math.Signbit(got) {
		return about*(1+bound) > math.MaxFloat64
	}
	diff, _ := new(big.Float).Sub(want, new(big.Float).SetFloat64(got)).Float64()
	return math.Abs(diff) <= bound*got+0x1p-1074
}

func FuzzExtremaOfViews(f *testing.F) {
	fuzzReductions(f, checkExtremaOf[float64], checkExtremaOf[float32])
}

func checkExtremaOf[T Float](t *testing.T, c fuzzCase[T]) {
	columns := make([][]T, c.m.Cols)
	for j, x := range c.columns {
		columns[j] = make([]T, len(x))
		for i, v := range x {
			columns[j][i] = T(v)
		}
	}
	other := viewOf(columns, 0, ColMajor-c.m.Layout, 2, 1)
	rm, cm := c.m, other
	if rm.Layout == ColMajor {
		rm, cm = cm, rm
	}
	for _, f := range allExtrema[T]() {
		checkExtrema(t, rm, cm, f, c.l)
	}
}
