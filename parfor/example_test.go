package parfor_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/nogil-go/nogil/parfor"
)

func ExampleFor() {
	x := []float64{0, 1, 4, 9, 16, 25, 36, 49, 64, 81}
	parfor.For(len(x), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			x[i] = math.Sqrt(x[i])
		}
	})
	fmt.Println(x)
	// Output: [0 1 2 3 4 5 6 7 8 9]
}

func ExampleLoop_For() {
	// joblib: Parallel(n_jobs=2)(delayed(f)(i) for i in range(4)), one task at a time.
	names := []string{"a", "b", "c", "d"}
	sizes := make([]int, len(names))
	l := parfor.Loop{Threads: 2, Schedule: parfor.Dynamic(1)}
	l.For(len(names), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sizes[i] = len(names[i])
		}
	})
	fmt.Println(sizes)
	// Output: [1 1 1 1]
}

func ExampleLoop_ForThread() {
	// A histogram a thread, merged afterwards: no lock and no sharing.
	values := []int{3, 1, 2, 3, 3, 1, 0, 2}
	l := parfor.Loop{Threads: -1, Schedule: parfor.Static(0)}
	l.Threads = l.NumThreads() // fix it: the scratch below depends on it
	counts := make([][4]int, l.Threads)
	l.ForThread(len(values), func(thread, lo, hi int) {
		for _, v := range values[lo:hi] {
			counts[thread][v]++
		}
	})
	var total [4]int
	for _, c := range counts {
		for v, k := range c {
			total[v] += k
		}
	}
	fmt.Println(total)
	// Output: [1 2 2 3]
}

func ExampleLoop_ForContext() {
	errNegative := errors.New("negative value")
	x := []float64{1, 4, -9, 16}
	err := parfor.Loop{Schedule: parfor.Dynamic(1)}.ForContext(context.Background(), len(x),
		func(_ context.Context, lo, hi int) error {
			for i := lo; i < hi; i++ {
				if x[i] < 0 {
					return errNegative
				}
			}
			return nil
		})
	fmt.Println(err, errors.Is(err, errNegative))
	// Output: parfor: iterations [2, 3): negative value true
}

// A body that returns ErrStop is OpenMP's cancel and Cython's break.
func ExampleLoop_ForContext_stop() {
	x := []int{5, 8, 13, 21, 34}
	found := make([]bool, len(x))
	err := parfor.Loop{Threads: 1, Schedule: parfor.Dynamic(1)}.ForContext(context.Background(), len(x),
		func(_ context.Context, lo, hi int) error {
			if x[lo] == 13 {
				found[lo] = true
				return parfor.ErrStop
			}
			return nil
		})
	fmt.Println(found, err)
	// Output: [false false true false false] <nil>
}

// The last iteration's value survives the loop: OpenMP's lastprivate.
func ExampleLoop_For_lastprivate() {
	const n = 1000
	var last float64
	parfor.For(n, func(lo, hi int) {
		var y float64 // private to this range
		for i := lo; i < hi; i++ {
			y = math.Sqrt(float64(i))
		}
		if hi == n {
			last = y
		}
	})
	fmt.Printf("%.3f\n", last)
	// Output: 31.607
}

func ExampleReduce() {
	sum := parfor.Reduce(parfor.Loop{}, 1000,
		func(lo, hi int) float64 {
			s := 0.0
			for i := lo; i < hi; i++ {
				s += math.Sqrt(float64(i))
			}
			return s
		},
		func(a, b float64) float64 { return a + b })
	fmt.Printf("%.6f\n", sum)
	// Output: 21065.833111
}

// The loop with a synchronisation barrier of joblib's documentation: the team
// stays warm from one pass to the next.
func ExampleMap() {
	accumulator, passes := 0.0, 0
	squares := []float64{0, 1, 4, 9, 16}
	for accumulator < 1000 {
		roots, _ := parfor.Map(context.Background(), parfor.Loop{Threads: 2}, squares,
			func(_ context.Context, x float64) (float64, error) { return math.Sqrt(accumulator + x), nil })
		for _, r := range roots {
			accumulator += r
		}
		passes++
	}
	fmt.Printf("%.3f %d\n", accumulator, passes)
	// Output: 1136.597 14
}

// joblib: Parallel(n_jobs=2, return_as='generator', pre_dispatch=8)(…).
func ExampleStream() {
	words := slices.Values([]string{"many", "cores", "no", "lock"})
	count := func(_ context.Context, w string) (int, error) { return len(w), nil }
	l := parfor.Loop{Threads: 2, LookAhead: 8}
	for length, err := range parfor.Stream(context.Background(), l, words, count) {
		if err != nil {
			panic(err)
		}
		fmt.Println(length)
	}
	// Output:
	// 4
	// 5
	// 2
	// 4
}

// OpenMP: parallel for collapse(2).
func ExampleLoop_For2D() {
	const rows, cols = 3, 4
	var table [rows][cols]int
	parfor.Loop{}.For2D(rows, cols, func(rlo, rhi, clo, chi int) {
		for r := rlo; r < rhi; r++ {
			for c := clo; c < chi; c++ {
				table[r][c] = r * c
			}
		}
	})
	fmt.Println(table)
	// Output: [[0 0 0 0] [0 1 2 3] [0 2 4 6]]
}

// OpenMP: parallel for ordered.
func ExampleLoop_ForOrdered() {
	parfor.Loop{Threads: 4}.ForOrdered(4, func(i int, ordered func(func())) {
		root := math.Sqrt(float64(i)) // in parallel
		ordered(func() { fmt.Printf("%.3f\n", root) })
	})
	// Output:
	// 0.000
	// 1.000
	// 1.414
	// 1.732
}

// OpenMP: a parallel region with two loops and one barrier.
func ExampleLoop_Team() {
	const n = 8
	a, b := make([]int, n), make([]int, n)
	parfor.Loop{Threads: 2}.Team(func(m *parfor.Member) {
		m.For(n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				a[i] = i * i
			}
		})
		m.Barrier() // b needs all of a
		m.For(n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				b[i] = a[n-1-i]
			}
		})
	})
	fmt.Println(b)
	// Output: [49 36 25 16 9 4 1 0]
}

func ExampleTrace() {
	var tr parfor.Trace
	l := parfor.Loop{Threads: 2, Schedule: parfor.Dynamic(10), Trace: &tr}
	l.For(50, func(lo, hi int) {})
	fmt.Println(len(tr.Spans()), "chunks")
	f, err := os.CreateTemp("", "timeline*.svg")
	if err != nil {
		panic(err)
	}
	defer os.Remove(f.Name())
	fmt.Println(tr.WriteSVG(f), f.Close())
	// Output:
	// 5 chunks
	// <nil> <nil>
}
