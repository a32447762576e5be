package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// taskProblem is columnsProblem with many tasks; its column 3 is constant.
func taskProblem(tasks int) (c *TaskColumns, cols []int32, y []float64) {
	rng := rand.New(rand.NewPCG(11, 11))
	x, _ := columnsProblem(rng)
	centred := NewCenteredColumns(parfor.Loop{}, x, true)
	c = &TaskColumns{X: x, Mean: centred.Mean, Norm2: centred.Norm2, Stride: TaskStride(tasks)}
	y = make([]float64, x.Rows*c.Stride)
	for i := range x.Rows {
		for k := range tasks {
			y[i*c.Stride+k] = rng.NormFloat64()
		}
	}
	for j := range x.Cols {
		if c.Norm2[j] > 0 && j != 4 { // and 4 is far from zero, which costs digits
			cols = append(cols, int32(j))
		}
	}
	return c, cols, y
}

// gramOfTasks is the Gram matrix of the columns cols and their products with y.
func gramOfTasks(c *TaskColumns, cols []int32, y []float64) *TaskGram {
	k := len(cols)
	m := &TaskGram{Size: k, Stride: k + 3, Tasks: c.Stride, Data: make([]float64, k*(k+3)), B: make([]float64, k*c.Stride)}
	for a, j := range cols {
		for i := range c.X.Rows {
			v := c.X.At(i, int(j)) - c.Mean[j]
			for b, l := range cols {
				m.Data[a*m.Stride+b] += v * (c.X.At(i, int(l)) - c.Mean[l])
			}
			for t := range c.Stride {
				m.B[a*c.Stride+t] += v * y[i*c.Stride+t]
			}
		}
	}
	return m
}

// Both forms descend to the optimum: they agree, keep R = Y − X·W, lower the objective by
// what they say, and end where the conditions of optimality hold.
func TestTaskEpochs(t *testing.T) {
	for _, tasks := range []int{1, 5, 8, 20, 33} {
		c, cols, y := taskProblem(tasks)
		p, stride := c.X.Cols, c.Stride
		l1 := 7 * math.Sqrt(float64(tasks)) // about the length of a gradient of noise
		pen := Penalty{L1: slices.Repeat([]float64{l1}, p), L2: slices.Repeat([]float64{2}, p)}
		m := gramOfTasks(c, cols, y)
		w, r, compact := make([]float64, p*stride), slices.Clone(y), make([]float64, m.Size*stride)
		scratch, grams := make([]float64, TaskScratch(stride)), make([]float64, len(cols)*TaskBlock)
		c.Blocks(parfor.Loop{}, cols, grams)
		objective := func() (f float64) {
			for _, v := range r {
				f += v * v / 2
			}
			for j := range p {
				norm := 0.0
				for _, v := range w[j*stride:][:stride] {
					norm += v * v
				}
				f += l1*math.Sqrt(norm) + norm
			}
			return f
		}
		last := objective()
		for range 150 {
			fall, gramFall := c.Epoch(cols, pen, grams, w, r, scratch), m.Epoch(pen, compact, scratch)
			now := objective()
			if last-now < fall-1e-9*last || !close64(fall, gramFall, 1e-8) {
				t.Fatalf("%d tasks: the objective fell by %v, less than %v; on the Gram matrix %v", tasks, last-now, fall, gramFall)
			}
			last = now
		}
		fresh, g, gramG := slices.Clone(y), make([]float64, p*stride), make([]float64, m.Size*stride)
		c.Subtract(parfor.Loop{}, cols, w, fresh)
		c.Dots(parfor.Loop{}, cols, fresh, g)
		m.Dots(compact, gramG)
		zero := 0
		for a, j := range cols {
			norm, gNorm := 0.0, 0.0
			for k := range stride {
				at := int(j)*stride + k
				if !close64(compact[a*stride+k], w[at], 1e-9) || !close64(gramG[a*stride+k], g[at], 1e-8) {
					t.Fatalf("%d tasks, column %d: by the Gram matrix w %v, gradient %v; by the residual %v, %v", tasks, j, compact[a*stride+k], gramG[a*stride+k], w[at], g[at])
				}
				norm += w[at] * w[at]
				gNorm += g[at] * g[at]
			}
			if norm == 0 {
				zero++
				if math.Sqrt(gNorm) > l1+1e-9 {
					t.Errorf("%d tasks, column %d is zero, its gradient %v", tasks, j, math.Sqrt(gNorm))
				}
				continue
			}
			for k := range stride {
				at := int(j)*stride + k
				if want := w[at] * (l1/math.Sqrt(norm) + 2); !close64(g[at], want, 1e-8) {
					t.Errorf("%d tasks, column %d: gradient %v, want %v", tasks, j, g[at], want)
				}
			}
		}
		if zero == 0 || zero == len(cols) {
			t.Errorf("%d tasks: %d of %d columns are zero", tasks, zero, len(cols))
		}
	}
}

func TestTaskDots(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	x := NewColMajor(200, 333, randSlice[float64](rng, 200*333))
	centred := NewCenteredColumns(parfor.Loop{}, x, true)
	c := &TaskColumns{X: x, Mean: centred.Mean, Norm2: centred.Norm2, Stride: 24}
	r := randSlice[float64](rng, 200*24)
	var cols []int32
	for j := range 333 {
		cols = append(cols, int32(j))
	}
	var first []float64
	for _, l := range loops {
		g := make([]float64, 333*24)
		c.Dots(l, cols, r, g)
		if first == nil {
			first = g
		}
		if !sameBits(first, g) {
			t.Errorf("%d threads give other bits", l.Threads)
		}
	}
	for _, at := range [][2]int{{0, 0}, {77, 13}, {332, 23}} {
		want, size := 0.0, 0.0
		for i := range 200 {
			v := (x.At(i, at[0]) - c.Mean[at[0]]) * r[i*24+at[1]]
			want += v
			size += math.Abs(v)
		}
		if got := first[at[0]*24+at[1]]; math.Abs(got-want) > 1e-13*size {
			t.Errorf("column %d, task %d: %v, want %v", at[0], at[1], got, want)
		}
	}
}

func TestTaskMisuse(t *testing.T) {
	two, four := make([]float64, 2), make([]float64, 32)
	c := &TaskColumns{X: NewColMajor(3, 2, make([]float64, 6)), Mean: two, Norm2: two, Stride: 8}
	const short, out = "argument shorter than the matrix", "column index out of range"
	pen := Penalty{L1: two, L2: two}
	long := make([]float64, TaskScratch(8))
	mustPanic(t, "kernels: Epoch: "+short, func() { c.Epoch(nil, pen, nil, four[:15], four, long) })
	mustPanic(t, "kernels: Epoch: "+short, func() { c.Epoch(nil, Penalty{L1: two}, nil, four, four, long) })
	mustPanic(t, "kernels: Epoch: "+short, func() { c.Epoch(nil, pen, nil, four, four, long[1:]) })
	mustPanic(t, "kernels: Epoch: "+short, func() { c.Epoch([]int32{0, 1}, pen, four[:31], four, four, long) })
	mustPanic(t, "kernels: Epoch: "+out, func() { c.Epoch([]int32{2}, pen, four, four, four, long) })
	mustPanic(t, "kernels: Blocks: "+short, func() { c.Blocks(parfor.Loop{}, []int32{0, 1}, four[:31]) })
	mustPanic(t, "kernels: Blocks: "+out, func() { c.Blocks(parfor.Loop{}, []int32{2}, four) })
	mustPanic(t, "kernels: Dots: "+short, func() { c.Dots(parfor.Loop{}, nil, four[:23], four) })
	mustPanic(t, "kernels: Subtract: "+out, func() { c.Subtract(parfor.Loop{}, []int32{-1}, four, four) })
	mustPanic(t, "kernels: Subtract: Stride is no multiple of 8", func() {
		(&TaskColumns{X: c.X, Mean: two, Norm2: two, Stride: 9}).Subtract(parfor.Loop{}, nil, four, four)
	})
	mustPanic(t, "kernels: Subtract: "+short, func() {
		(&TaskColumns{X: NewRowMajor(3, 2, make([]float64, 6)), Mean: two, Norm2: two, Stride: 8}).Subtract(parfor.Loop{}, nil, four, four)
	})
	m := &TaskGram{Size: 2, Stride: 2, Tasks: 8, Data: make([]float64, 4), B: four}
	mustPanic(t, "kernels: Epoch: "+short, func() { m.Epoch(pen, four[:15], long) })
	mustPanic(t, "kernels: Epoch: "+short, func() { m.Epoch(Penalty{L2: two}, four, long) })
	mustPanic(t, "kernels: Epoch: "+short, func() { m.Epoch(pen, four, long[1:]) })
	mustPanic(t, "kernels: Dots: "+short, func() { m.Dots(four, four[:15]) })
	for _, bad := range []TaskGram{{Size: 2, Stride: 1, Tasks: 8, Data: m.Data, B: four}, {Size: 2, Stride: 2, Tasks: 7, Data: m.Data, B: four},
		{Size: 2, Stride: 2, Tasks: 8, Data: m.Data[:3], B: four}, {Size: 2, Stride: 2, Tasks: 8, Data: m.Data, B: four[:15]}} {
		mustPanic(t, "kernels: Dots: "+short, func() { bad.Dots(four, four) })
	}
}

// The shape of the goal: 500 rows, 20 tasks. The floor is 2·n·t flops a column.
func BenchmarkTasks(b *testing.B) {
	rng := rand.New(rand.NewPCG(13, 13))
	const n, p, tasks = 500, 2000, 20
	x := NewColMajor(n, p, randSlice[float64](rng, n*p))
	centred := NewCenteredColumns(parfor.Loop{}, x, true)
	c := &TaskColumns{X: x, Mean: centred.Mean, Norm2: centred.Norm2, Stride: TaskStride(tasks)}
	r, w, scratch := randSlice[float64](rng, n*c.Stride), make([]float64, p*c.Stride), make([]float64, TaskScratch(c.Stride))
	var cols []int32
	for j := range p {
		cols = append(cols, int32(j))
	}
	report := func(b *testing.B, flops int) {
		b.ReportMetric(float64(flops)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "Gflop/s")
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("dots/n=%d/p=%d/isa=%v/threads=%d", n, p, simd.Active(), threads), func(b *testing.B) {
			for b.Loop() {
				c.Dots(parfor.Loop{Threads: threads}, cols, r, w)
			}
			report(b, 2*n*p*c.Stride)
		})
	}
	pen := Penalty{L1: make([]float64, p), L2: slices.Repeat([]float64{1}, p)}
	grams := make([]float64, p*TaskBlock)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("blocks/n=%d/p=%d/isa=%v/threads=%d", n, p, simd.Active(), threads), func(b *testing.B) {
			for b.Loop() {
				c.Blocks(parfor.Loop{Threads: threads}, cols, grams)
			}
			report(b, 2*n*p*TaskBlock)
		})
	}
	b.Run(fmt.Sprintf("epoch/n=%d/p=%d/isa=%v", n, p, simd.Active()), func(b *testing.B) {
		for b.Loop() {
			c.Epoch(cols, pen, grams, w, r, scratch)
		}
		report(b, 4*n*p*c.Stride)
	})
	const k = 300
	m := &TaskGram{Size: k, Stride: k, Tasks: c.Stride, Data: make([]float64, k*k), B: r[:k*c.Stride]}
	for i := range k {
		m.Data[i*k+i] = 1e4
	}
	b.Run(fmt.Sprintf("gram/k=%d/isa=%v", k, simd.Active()), func(b *testing.B) {
		for b.Loop() {
			m.Epoch(pen, w, scratch)
		}
		report(b, 2*k*k*c.Stride)
	})
}
