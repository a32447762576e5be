package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// sketchError is the largest error of a product by the sketch, as a part of what is allowed.
func sketchError[T Float](x Matrix[T], centre, d []float64) float64 {
	s := NewSketch(parfor.Loop{Threads: 1}, x, centre)
	var v SketchVector
	v.Set(s, d)
	dst := make([]int32, x.Cols)
	s.Dots(nil, &v, dst)
	worst := 0.0
	for j := range x.Cols {
		exact := 0.0
		for i := range x.Rows {
			exact += (float64(x.At(i, j)) - centre[j]) * d[i]
		}
		off := math.Abs(exact - float64(dst[j])*v.Unit*s.Unit[j])
		if off > 0 {
			worst = max(worst, off/(v.Fog*s.Unit[j]))
		}
	}
	return worst
}

// No product is further off than Fog says, also where all that is left out has one direction: then it
// comes near.
func TestSketchBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 31, 32, 200, 1000, 5000} {
		for _, spread := range []float64{0, 1, 6} {
			x, d, centre := NewColMajor(n, 9, make([]float64, 9*n)), make([]float64, n), make([]float64, 9)
			for i := range x.Data {
				x.Data[i] = rng.NormFloat64() * math.Exp(spread*rng.NormFloat64())
			}
			for i := range d {
				d[i] = rng.NormFloat64() * math.Exp(spread*rng.NormFloat64())
			}
			for j := range centre {
				centre[j] = rng.NormFloat64()
			}
			if worst := sketchError(x, centre, d); !(worst <= 1) {
				t.Errorf("%d rows, spread %v: %v of the bound", n, spread, worst)
			}
		}
	}
	const n = 500
	x, d := NewColMajor(n, 1, make([]float64, n)), slices.Repeat([]float64{1}, n)
	for i := range x.Data {
		x.Data[i] = 0.499 / 127
	}
	x.Data[0] = 1
	if worst := sketchError(x, []float64{0}, d); !(worst <= 1) || worst < 0.9 {
		t.Errorf("the worst case: %v of the bound", worst)
	}
}

func TestSketchOfNothing(t *testing.T) {
	for _, shape := range [][2]int{{0, 3}, {3, 0}, {5, 2}} {
		x := NewColMajor(shape[0], shape[1], make([]float32, shape[0]*shape[1]))
		s := NewSketch(parfor.Loop{}, x, make([]float64, shape[1]))
		for _, size := range []float64{0, 5e-324, 1, 1e300} {
			var v SketchVector
			v.Set(s, slices.Repeat([]float64{size}, shape[0]))
			dst := slices.Repeat([]int32{7}, shape[1])
			s.Dots(nil, &v, dst)
			if slices.ContainsFunc(dst, func(e int32) bool { return e != 0 && shape[0] > 0 }) || math.IsNaN(v.Fog) {
				t.Errorf("%v: %v, fog %v", shape, dst, v.Fog)
			}
		}
	}
}

func TestSketchIsOneForAllThreads(t *testing.T) {
	x, _ := NewColMajor(300, 2000, make([]float64, 600000)), 0
	rng := rand.New(rand.NewPCG(9, 9))
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	centre := make([]float64, 2000)
	want := NewSketch(parfor.Loop{Threads: 1}, x, centre)
	for _, threads := range []int{2, 3, 8} {
		got := NewSketch(parfor.Loop{Threads: threads, Grain: 1}, x, centre)
		if !slices.Equal(got.q, want.q) || !slices.Equal(got.Unit, want.Unit) {
			t.Errorf("%d threads: another sketch", threads)
		}
	}
}

// A sketch has the same bits in either layout, on any number of threads.
func TestSketchLayouts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 8))
	for _, n := range []int{1, 9, 200, 1030} {
		for _, p := range []int{1, 17, 150} {
			x, centre := NewColMajor(n, p, randSlice[float32](rng, n*p)), randSlice[float64](rng, p)
			want := NewSketch(parfor.Loop{Threads: 1}, x, centre)
			for _, threads := range []int{1, 3} {
				got := NewSketch(parfor.Loop{Threads: threads, Grain: 1}, inRows(x), centre)
				if !slices.Equal(got.q, want.q) || !slices.Equal(got.Unit, want.Unit) {
					t.Errorf("%d×%d, %d threads: other bits by rows", n, p, threads)
				}
			}
		}
	}
}

func TestSketchMisuse(t *testing.T) {
	x := NewColMajor(4, 2, make([]float64, 8))
	s, v := NewSketch(parfor.Loop{}, x, make([]float64, 2)), SketchVector{}
	v.Set(s, make([]float64, 4))
	for name, f := range map[string]func(){
		"short centre": func() { NewSketch(parfor.Loop{}, x, make([]float64, 1)) },
		"many rows":    func() { NewSketch(parfor.Loop{}, NewColMajor(1<<16+1, 1, make([]float32, 1<<16+1)), []float64{0}) },
		"short vector": func() { v.Set(s, make([]float64, 3)) },
		"no vector":    func() { s.Dots(nil, &SketchVector{}, make([]int32, 2)) },
		"short dst":    func() { s.Dots([]int32{0, 1}, &v, make([]int32, 1)) },
		"no column":    func() { s.Dots([]int32{2}, &v, make([]int32, 1)) },
		"short y":      func() { s.Gradients(1, make([]float64, 1), &v, make([]float64, 2)) },
		"short g":      func() { s.Gradients(1, make([]float64, 2), &v, make([]float64, 1)) },
		"other vector": func() { s.Gradients(1, make([]float64, 2), &SketchVector{}, make([]float64, 2)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkSketch(b *testing.B) {
	for _, shape := range [][2]int{{72, 7129}, {200, 5000}, {1000, 2000}} {
		n, p := shape[0], shape[1]
		x := NewColMajor(n, p, make([]float64, n*p))
		rng := rand.New(rand.NewPCG(1, 1))
		for i := range x.Data {
			x.Data[i] = rng.NormFloat64()
		}
		centre, name := make([]float64, p), fmt.Sprintf("n=%d/p=%d/threads=1", n, p)
		s := NewSketch(parfor.Loop{Threads: 1}, x, centre)
		b.Run("make/"+name, func(b *testing.B) {
			b.SetBytes(int64(8 * n * p))
			for b.Loop() {
				NewSketch(parfor.Loop{Threads: 1}, x, centre)
			}
		})
		var v SketchVector
		v.Set(s, x.Data[:n])
		dst := make([]int32, p)
		b.Run("dots/"+name, func(b *testing.B) {
			b.SetBytes(int64(s.ld * p))
			for b.Loop() {
				s.Dots(nil, &v, dst)
			}
		})
	}
}
