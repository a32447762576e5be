package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// cdProblem is a random column-major design with its means, weights (or none) and norms.
type cdProblem[T Float] struct {
	n, p, stride         int
	x                    []T
	mean, weights, norm2 []float64
	cols                 []int32
}

func newProblem[T Float](rng *rand.Rand, n, p, gap int, weighted bool) cdProblem[T] {
	c := cdProblem[T]{n: n, p: p, stride: n + gap, mean: make([]float64, p), norm2: make([]float64, p)}
	c.x = randSlice[T](rng, p*c.stride+1)[1:]
	for j := range p {
		for _, v := range c.x[j*c.stride:][:n] {
			c.mean[j] += float64(v) / float64(n)
		}
		c.cols = append(c.cols, int32(j))
	}
	if weighted {
		c.weights = scaled(rng, n, 1)
		for i := range n {
			c.weights[i] *= float64(rng.IntN(4))
		}
	}
	columnSquaresGo(n, c.cols, c.x, c.stride, c.mean, c.weights, c.norm2)
	rng.Shuffle(p, func(i, j int) { c.cols[i], c.cols[j] = c.cols[j], c.cols[i] })
	return c
}

// Rows around the 32 lanes and around each vector width; columns from none up; either
// type, with and without weights.
func eachProblem(t *testing.T, test64 func(*testing.T, simd.Level, *rand.Rand, cdProblem[float64]), test32 func(*testing.T, simd.Level, *rand.Rand, cdProblem[float32])) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 39, 47, 63, 64, 65, 97, 442} {
			for _, p := range []int{0, 1, 2, 5} {
				for _, gap := range []int{0, 3} {
					for _, weighted := range []bool{false, true} {
						test64(t, level, rng, newProblem[float64](rng, n, p, gap, weighted))
						test32(t, level, rng, newProblem[float32](rng, n, p, gap, weighted))
					}
				}
			}
		}
	})
}

// scaled returns n penalties of about size.
func scaled(rng *rand.Rand, n int, size float64) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = size * (0.5 + rng.Float64())
	}
	return s
}

func TestCDEpoch(t *testing.T) { eachProblem(t, testCDEpoch[float64], testCDEpoch[float32]) }

func testCDEpoch[T Float](t *testing.T, level simd.Level, rng *rand.Rand, c cdProblem[T]) {
	x, weights := slices.Clone(c.x), slices.Clone(c.weights)
	w, wIntact := guarded(c.p)
	r, rIntact := guarded(c.n)
	copy(w, randSlice[float64](rng, c.p))
	copy(r, randSlice[float64](rng, c.n))
	wantW, wantR := slices.Clone(w), slices.Clone(r)
	for i, size := range []float64{1e3, 1, 0, 0} { // some, most and all coordinates move
		l1, l2, positive := scaled(rng, c.p, size), scaled(rng, c.p, 0.5), i == 3
		want := cdEpochGo(c.n, c.cols, c.x, c.stride, c.mean, c.weights, c.norm2, l1, l2, positive, wantW, wantR)
		got := CDEpoch(level, c.n, c.cols, c.x, c.stride, c.mean, c.weights, c.norm2, l1, l2, positive, w, r)
		if got != want || !sameBits(w, wantW) || !sameBits(r, wantR) || !wIntact() || !rIntact() {
			t.Fatalf("%d×%d, weighted %v, l1 about %v: fall %v, want %v\nw %v\nwant %v\nguards intact: %v, %v", c.n, c.p, c.weights != nil, size, got, want, w, wantW, wIntact(), rIntact())
		}
	}
	if !slices.Equal(x, c.x) || !slices.Equal(weights, c.weights) {
		t.Fatal("an argument was changed")
	}
}

func TestColumnSums(t *testing.T) {
	eachProblem(t, testColumnSums[float64], testColumnSums[float32])
}

func testColumnSums[T Float](t *testing.T, level simd.Level, rng *rand.Rand, c cdProblem[T]) {
	r := randSlice[float64](rng, c.n)
	want := make([]float64, c.p)
	got, intact := guarded(c.p)
	check := func(name string) {
		if !sameBits(got, want) || !intact() {
			t.Fatalf("%s %d×%d, weighted %v: %v, want %v, guards intact: %v", name, c.n, c.p, c.weights != nil, got, want, intact())
		}
	}
	columnDotsGo(c.n, c.cols, c.x, c.stride, c.mean, r, want)
	ColumnDots(level, c.n, c.cols, c.x, c.stride, c.mean, r, got)
	check("dots")
	copy(want, c.norm2)
	ColumnSquares(level, c.n, c.cols, c.x, c.stride, c.mean, c.weights, got)
	check("squares")
}

func TestSubtractColumns(t *testing.T) {
	eachProblem(t, testSubtractColumns[float64], testSubtractColumns[float32])
}

func testSubtractColumns[T Float](t *testing.T, level simd.Level, rng *rand.Rand, c cdProblem[T]) {
	w := randSlice[float64](rng, c.p)
	if c.p > 1 {
		w[1] = 0
	}
	r, intact := guarded(c.n)
	copy(r, randSlice[float64](rng, c.n))
	want := slices.Clone(r)
	subtractColumnsGo(c.n, c.cols, c.x, c.stride, c.mean, c.weights, w, want)
	SubtractColumns(level, c.n, c.cols, c.x, c.stride, c.mean, c.weights, w, r)
	if !sameBits(r, want) || !intact() {
		t.Fatalf("%d×%d: %v, want %v, guards intact: %v", c.n, c.p, r, want, intact())
	}
}

// Whatever the numbers are, every level does with them what the reference does.
func TestSpecialValues(t *testing.T) {
	inf := math.Inf(1)
	special := []float64{0, math.Copysign(0, -1), 1, -1, inf, -inf, math.NaN(), 5e-324, math.MaxFloat64, -math.MaxFloat64, 1e308, 1e-308}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(15, 16))
		draw := func(n int) []float64 {
			s := make([]float64, n)
			for i := range s {
				s[i] = rng.NormFloat64()
				if rng.IntN(3) == 0 {
					s[i] = special[rng.IntN(len(special))]
				}
			}
			return s
		}
		for range 3000 {
			n, p := rng.IntN(40), 1+rng.IntN(4)
			x, gram, mean, norm2, w, r := draw(n*p), draw(p*p), draw(p), draw(p), draw(p), draw(n)
			l1, l2, positive, weights := draw(p), draw(p), rng.IntN(2) == 0, [][]float64{nil, draw(n)}[rng.IntN(2)]
			cols := []int32{0, 1, 2, 3}[:p]
			wantW, wantR, wantG := slices.Clone(w), slices.Clone(r), slices.Clone(mean)
			want := []float64{cdEpochGo(n, cols, x, n, mean, weights, norm2, l1, l2, positive, wantW, wantR)}
			got := []float64{CDEpoch(level, n, cols, x, n, mean, weights, norm2, l1, l2, positive, w, r)}
			columnDotsGo(n, cols, x, n, mean, wantR, wantG)
			g := slices.Clone(mean)
			ColumnDots(level, n, cols, x, n, mean, r, g)
			if !sameBits(got, want) || !sameBits(w, wantW) || !sameBits(r, wantR) || !sameBits(g, wantG) {
				t.Fatalf("x %v mean %v norm2 %v l1 %v l2 %v:\nfall %v w %v g %v\nwant %v, %v, %v", x, mean, norm2, l1, l2, got, w, g, want, wantW, wantG)
			}
			gramSubtractGo(cols, gram, p, wantW, wantG)
			GramSubtract(level, cols, gram, p, w, g)
			if !sameBits(g, wantG) {
				t.Fatalf("gram %v w %v: g %v, want %v", gram, w, g, wantG)
			}
		}
	})
}

// The bits of a dot product are those of its definition: 32 lanes, folded in halves.
func TestDot32(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	x, y := randSlice[float64](rng, 77), randSlice[float64](rng, 77)
	var fold func(lanes []float64) float64
	fold = func(lanes []float64) float64 {
		if len(lanes) == 1 {
			return lanes[0]
		}
		half := make([]float64, len(lanes)/2)
		for l := range half {
			half[l] = lanes[l] + lanes[l+len(half)]
		}
		return fold(half)
	}
	lanes := make([]float64, 32)
	for i := range x {
		product := float64((x[i] - 2) * y[i])
		lanes[i%32] = lanes[i%32] + product
	}
	if got, want := dot32(x, 2, y), fold(lanes); got != want {
		t.Errorf("dot32 = %v, want %v", got, want)
	}
}

func FuzzCDEpoch(f *testing.F) {
	f.Add(uint64(1), uint8(40), uint8(5), 1.0)
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols uint8, l1 float64) {
		if !(l1 >= 0) {
			t.Skip("no penalty")
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		c := newProblem[float64](rng, int(rows), int(cols)%20, int(seed%4), seed%3 == 0)
		y := randSlice[float64](rng, c.n)
		l1s, ones, positive := slices.Repeat([]float64{l1}, c.p), slices.Repeat([]float64{1}, c.p), seed%2 == 1
		wantW, wantR := make([]float64, c.p), slices.Clone(y)
		want := cdEpochGo(c.n, c.cols, c.x, c.stride, c.mean, c.weights, c.norm2, l1s, ones, positive, wantW, wantR)
		for _, level := range simd.Levels() {
			w, r := make([]float64, c.p), slices.Clone(y)
			got := CDEpoch(level, c.n, c.cols, c.x, c.stride, c.mean, c.weights, c.norm2, l1s, ones, positive, w, r)
			if !sameBits([]float64{got}, []float64{want}) || !sameBits(w, wantW) || !sameBits(r, wantR) {
				t.Fatalf("%v: fall %v, want %v; w %v, want %v", level, got, want, w, wantW)
			}
		}
	})
}
