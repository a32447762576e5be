package parfor_test

import (
	"context"
	"errors"
	"fmt"
	"math"

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
