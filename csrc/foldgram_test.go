package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// foldRows are rows of a design in both layouts and types, by range and by index.
type foldRows[T Float] struct {
	x      []T
	stride int
	column bool
	index  []int32
	lo, n  int
	centre []float64
	y, w   []float64
}

func newFoldRows[T Float](rng *rand.Rand, m, p int, column, list bool) foldRows[T] {
	f := foldRows[T]{n: m + 5, lo: 2, column: column, centre: randSlice[float64](rng, p)}
	f.stride = p + 3
	lines := f.n
	if column {
		f.stride, lines = f.n+3, p
	}
	f.x = randSlice[T](rng, lines*f.stride+1)[1:]
	f.y, f.w = randSlice[float64](rng, f.n), randSlice[float64](rng, f.n)
	if list {
		f.index = make([]int32, m)
		for i := range f.index {
			f.index[i] = int32(rng.IntN(f.n))
		}
	}
	return f
}

// Columns around panels of 8 and tiles of 24; one row, few and many.
func TestFoldGram(t *testing.T) {
	t.Run("float64", testFoldGram[float64])
	t.Run("float32", testFoldGram[float32])
}

func testFoldGram[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(21, 22))
		for trial, p := range []int{0, 1, 5, 6, 7, 8, 13, 14, 15, 21, 22, 23, 30, 39, 47} {
			for _, m := range []int{0, 1, 2, 7, 30} {
				f := newFoldRows[T](rng, m, p, trial%2 == 0, m%2 == 0)
				root := f.w
				if trial%3 == 0 {
					root = nil
				}
				checkFoldGram(t, level, rng, f, m, p, root)
			}
		}
	})
}

func checkFoldGram[T Float](t *testing.T, level simd.Level, rng *rand.Rand, f foldRows[T], m, p int, root []float64) {
	side := FoldSide(p)
	ld := side + 8
	want := randSlice[float64](rng, side*ld)
	got, intact := guarded(side * ld)
	copy(got, want)
	scratch, safe := guarded(m * side)
	for _, add := range []bool{false, true} {
		packed := make([]float64, m*side)
		foldPackGo(0, side/8, m, f.lo, f.index, p, f.x, f.stride, f.column, f.centre, f.y, 0.5, root, packed)
		foldGramGo(0, side/8, m, p, packed, want, ld, add)
		// What lies above the diagonal is written by tiles of any height: not compared.
		for q, part := range []int{0, side / 16} {
			FoldPack(level, part, []int{side / 16, side / 8}[q], m, f.lo, f.index, p, f.x, f.stride, f.column, f.centre, f.y, 0.5, root, scratch)
		}
		if !sameBits(scratch, packed) {
			t.Fatalf("p=%d m=%d: packed %v, want %v", p, m, scratch, packed)
		}
		for q, part := range []int{0, side / 16} {
			FoldGram(level, part, []int{side / 16, side / 8}[q], m, p, scratch, got, ld, add)
		}
		for j := range side {
			if !sameBits(got[j*ld+j:][:ld-j], want[j*ld+j:][:ld-j]) {
				t.Fatalf("p=%d m=%d add=%v, column %d: %v, want %v", p, m, add, j, got[j*ld+j:][:ld-j], want[j*ld+j:][:ld-j])
			}
		}
	}
	if !intact() || !safe() {
		t.Fatalf("p=%d m=%d: wrote outside", p, m)
	}
}

func TestPackRowsAndFoldPredict(t *testing.T) {
	t.Run("float64", testFoldPredict[float64])
	t.Run("float32", testFoldPredict[float32])
}

func testFoldPredict[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(23, 24))
		for trial, m := range []int{1, 7, 8, 9, 16, 17, 23, 24, 25, 33, 47, 49} {
			for _, p := range []int{1, 2, 9, 20} {
				f := newFoldRows[T](rng, m, p, trial%2 == 0, p%2 == 0)
				checkFoldPredict(t, level, rng, f, m, p)
			}
		}
	})
}

func checkFoldPredict[T Float](t *testing.T, level simd.Level, rng *rand.Rand, f foldRows[T], m, p int) {
	panels := (m + 7) / 8
	want := make([]float64, panels*8*p)
	got, intact := guarded(len(want))
	before := slices.Clone(f.x)
	packRowsGo(m, f.lo, f.index, p, f.x, f.stride, f.column, f.centre, want)
	PackRows(level, m, f.lo, f.index, p, f.x, f.stride, f.column, f.centre, got)
	if !sameBits(got, want) || !intact() || !slices.EqualFunc(f.x, before, func(a, b T) bool { return a == b || a != a && b != b }) {
		t.Fatalf("packed %d×%d: %v, want %v", m, p, got, want)
	}
	list := make([]int32, 0, p)
	for j := range p {
		if rng.IntN(3) > 0 {
			list = append(list, int32(j))
		}
	}
	w, b, ld := randSlice[float64](rng, 8*p), randSlice[float64](rng, 8), 8*panels+8
	predicted := make([]float64, 8*ld)
	out, intact := guarded(8 * ld)
	copy(out, predicted)
	foldPredictGo(panels, p, list, want, w, b, predicted, ld)
	FoldPredict(level, panels, p, list, got, w, b, out, ld)
	if !sameBits(out, predicted) || !intact() {
		t.Fatalf("predicted %d×%d: %v, want %v", m, p, out, predicted)
	}
}

// Rows of any number, kind and place, and any numbers in them: what the reference does, at every
// level. kind has a bit each for columns, a list, weights and special values.
func FuzzFoldRows(f *testing.F) {
	f.Add(uint64(1), uint8(9), uint8(25), uint8(1))
	f.Add(uint64(2), uint8(24), uint8(7), uint8(14))
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, kind uint8) {
		fuzzFoldRows[float64](t, seed, int(rows)%70, int(cols)%50, kind)
		fuzzFoldRows[float32](t, seed, int(rows)%70, int(cols)%50, kind)
	})
}

func fuzzFoldRows[T Float](t *testing.T, seed uint64, m, p int, kind uint8) {
	for _, level := range simd.Levels() {
		rng := rand.New(rand.NewPCG(seed, 27))
		f := newFoldRows[T](rng, m, p, kind&1 != 0, kind&2 != 0)
		root := f.w
		if kind&4 == 0 {
			root = nil
		}
		if kind&8 != 0 {
			special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.NaN(), 5e-324, -1e308, 1e-308}
			for i := range f.x {
				if rng.IntN(16) == 0 {
					f.x[i] = T(special[rng.IntN(len(special))])
				}
			}
		}
		checkFoldGram(t, level, rng, f, m, p, root)
		checkFoldPredict(t, level, rng, f, m, p)
	}
}

func TestFoldCentre(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(25, 26))
		for _, p := range []int{1, 2, 7, 8, 9, 15, 17, 30} {
			ld := FoldSide(p) + 8
			total, part := randSlice[float64](rng, p*ld), randSlice[float64](rng, p*ld)
			sum, shift := randSlice[float64](rng, p), randSlice[float64](rng, p)
			for _, part := range [][]float64{part, nil} {
				want := make([]float64, p*ld)
				got, intact := guarded(p * ld)
				foldCentreGo(0, p, ld, total, part, sum, shift, want)
				cut := p / 16 * 8
				FoldCentre(level, 0, cut, ld, total, part, sum, shift, got)
				FoldCentre(level, cut, p, ld, total, part, sum, shift, got)
				if !sameBits(got, want) || !intact() {
					t.Fatalf("%d columns: %v, want %v", p, got, want)
				}
				copy(got, total)
				if FoldCentre(level, 0, p, ld, got, part, sum, shift, got); !sameBits(got, want) {
					t.Fatalf("%d columns, in place: %v, want %v", p, got, want)
				}
			}
		}
	})
}
