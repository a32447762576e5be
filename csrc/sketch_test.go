package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/nogil-go/nogil/simd"
)

// Rows around the 32 of a step and every vector; columns around the four of a block; constant
// columns, denormals, numbers near the largest and half-way between two, and odd offsets.
func TestSketch(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		testSketch[float64](t, level)
		testSketch[float32](t, level)
	})
}

func testSketch[T Float](t *testing.T, level simd.Level) {
	rng := rand.New(rand.NewPCG(81, 82))
	for _, n := range []int{1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 200} {
		for _, p := range []int{0, 1, 3, 4, 5, 9, 261} {
			stride, ld := n+pad, (n+31)&^31
			x := randSlice[T](rng, 1+p*stride)[1:]
			centre, scale, want := randSlice[float64](rng, p), make([]float64, p), make([]float64, p)
			for j := range p {
				column := x[j*stride:][:n]
				switch rng.IntN(8) {
				case 0:
					for i := range column {
						column[i] = T(centre[j])
					}
					centre[j] = float64(T(centre[j]))
				case 1:
					centre[j] = 0
					for i := range column {
						column[i] = T(5e-324)
					}
				case 2:
					centre[j] = 0
					column[rng.IntN(n)] = T(math.Ldexp(float64(rng.IntN(3)-1), 126+896*int(unsafe.Sizeof(x[0])/8)))
				case 3:
					centre[j] = 0
					for i := range column {
						column[i] = T(rng.IntN(255)-127) / 2
					}
					column[0] = 127
				}
			}
			before := slices.Clone(x)
			all, q := slices.Repeat([]int8{99}, p*ld+2), make([]int8, p*ld)
			Sketch(level, n, p, x, stride, centre, ld, all[1:p*ld+1], scale)
			sketchGo(n, p, x, stride, centre, ld, q, want)
			if !slices.Equal(all[1:p*ld+1], q) || !sameBits(scale, want) || all[0] != 99 || all[p*ld+1] != 99 {
				t.Fatalf("%d×%d: %v %v, want %v %v", n, p, all, scale, q, want)
			}
			if !slices.Equal(x, before) {
				t.Fatalf("%d×%d: x has changed", n, p)
			}
			testSketchDots(t, level, rng, ld, p, q)
		}
	}
}

func testSketchDots(t *testing.T, level simd.Level, rng *rand.Rand, ld, p int, q []int8) {
	limit := math.MaxInt32 / 127 / ld
	d := make([]int16, ld)
	for i := range d {
		d[i] = int16(rng.IntN(2*min(limit, math.MaxInt16)+1) - min(limit, math.MaxInt16))
	}
	for _, k := range []int{-1, 0, 1, 3, 4, 5, 11} {
		var cols []int32
		if k >= 0 {
			cols = make([]int32, k)
			for i := range cols {
				if p == 0 {
					return
				}
				cols[i] = int32(rng.IntN(p))
			}
		} else {
			k = p
		}
		all, want := slices.Repeat([]int32{-77}, k+2), make([]int32, k)
		SketchDots(level, ld, cols, q, d, all[1:k+1])
		sketchDotsGo(ld, cols, q, d, want)
		if !slices.Equal(all[1:k+1], want) || all[0] != -77 || all[k+1] != -77 {
			t.Fatalf("%d rows, columns %v: %v, want %v", ld, cols, all, want)
		}
	}
	y, scale, want := randSlice[float64](rng, p), randSlice[float64](rng, p), make([]float64, p)
	g, intact := guarded(p)
	SketchGradients(level, ld, q, d, 0.3, y, 0.7, scale, g)
	sketchGradientsGo(ld, q, d, 0.3, y, 0.7, scale, want)
	if !sameBits(g, want) || !intact() {
		t.Fatalf("%d rows: %v, want %v", ld, g, want)
	}
}

// The largest products that 32 bits hold.
func TestSketchDotsAtTheLimit(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, ld := range []int{32, 512, 4096, 65536} {
			limit := min(math.MaxInt16, math.MaxInt32/127/ld)
			q, d, dst := slices.Repeat([]int8{127}, 2*ld), slices.Repeat([]int16{int16(limit)}, ld), make([]int32, 2)
			for i := range ld {
				q[ld+i] = -127
			}
			SketchDots(level, ld, nil, q, d, dst)
			if want := int32(127 * ld * limit); dst[0] != want || dst[1] != -want {
				t.Errorf("%d rows: %v, want ±%d", ld, dst, want)
			}
		}
	})
}

func FuzzSketch(f *testing.F) {
	f.Add(uint64(1), uint8(33), uint8(5), 0.5)
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols uint8, size float64) {
		n, p := int(rows)+1, int(cols)%9
		if !(math.Abs(size) < 1e100) {
			t.Skip()
		}
		rng, ld := rand.New(rand.NewPCG(seed, 1)), (n+31)&^31
		x, centre := make([]float64, n*p), randSlice[float64](rng, p)
		for i := range x {
			x[i] = size * rng.NormFloat64()
		}
		want, wantUnit := make([]int8, ld*p), make([]float64, p)
		sketchGo(n, p, x, n, centre, ld, want, wantUnit)
		for _, level := range simd.Levels() {
			q, unit := make([]int8, ld*p), make([]float64, p)
			Sketch(level, n, p, x, n, centre, ld, q, unit)
			if !slices.Equal(q, want) || !sameBits(unit, wantUnit) {
				t.Fatalf("%v: %v %v, want %v %v", level, q, unit, want, wantUnit)
			}
			testSketchDots(t, level, rng, ld, p, q)
		}
	})
}
