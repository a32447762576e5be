package parfor

import (
	"math"
	"slices"
	"testing"
)

func sumRange(x []float64) func(lo, hi int) float64 {
	return func(lo, hi int) float64 {
		s := 0.0
		for _, v := range x[lo:hi] {
			s += v
		}
		return s
	}
}

// TestReduceHasTheSameBitsAtAnyThreadCount uses terms of very different size, so
// that any other order of addition shows.
func TestReduceHasTheSameBitsAtAnyThreadCount(t *testing.T) {
	for _, n := range []int{1, 2, 255, 256, 257, 10000} {
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Exp(30*math.Sin(float64(i))) * math.Cos(float64(3*i))
		}
		add := func(a, b float64) float64 { return a + b }
		want := Reduce(Loop{Threads: 1}, n, sumRange(x), add)
		eachLoop(t, func(t *testing.T, l Loop) {
			for range 5 {
				if got := Reduce(l, n, sumRange(x), add); math.Float64bits(got) != math.Float64bits(want) {
					t.Fatalf("n=%d: %v, want %v", n, got, want)
				}
			}
		})
	}
}

func TestReduceMergesInOrder(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		got := Reduce(l, 1000,
			func(lo, hi int) []int {
				s := make([]int, 0, hi-lo)
				for i := lo; i < hi; i++ {
					s = append(s, i)
				}
				return s
			},
			func(a, b []int) []int { return append(a, b...) })
		if len(got) != 1000 || !slices.IsSorted(got) {
			t.Errorf("%d elements, sorted: %v", len(got), slices.IsSorted(got))
		}
	})
}

// TestReductionOperators runs each operator of OpenMP's reduction clause.
func TestReductionOperators(t *testing.T) {
	const n = 777
	val := func(i int) int { return (i*7919 + 13) % 1009 }
	for name, op := range map[string]func(a, b int) int{
		"+":   func(a, b int) int { return a + b },
		"*":   func(a, b int) int { return a * b },
		"&":   func(a, b int) int { return a & b },
		"|":   func(a, b int) int { return a | b },
		"^":   func(a, b int) int { return a ^ b },
		"min": func(a, b int) int { return min(a, b) },
		"max": func(a, b int) int { return max(a, b) },
		"&&":  func(a, b int) int { return min(a, 1) * min(b, 1) },
		"||":  func(a, b int) int { return max(min(a, 1), min(b, 1)) },
	} {
		fold := func(lo, hi int) int {
			acc := val(lo)
			for i := lo + 1; i < hi; i++ {
				acc = op(acc, val(i))
			}
			return acc
		}
		want := fold(0, n)
		if got := Reduce(Loop{Threads: 3}, n, fold, op); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestReduceOfNothingIsZero(t *testing.T) {
	got := Reduce(Loop{}, 0,
		func(lo, hi int) string { t.Error("partial was called"); return "x" },
		func(a, b string) string { t.Error("merge was called"); return "y" })
	if got != "" {
		t.Errorf("%q", got)
	}
}

func TestReducePanics(t *testing.T) {
	r := recovered(func() {
		Reduce(Loop{Threads: 2}, 1000, func(lo, hi int) int { panic(lo) }, func(a, b int) int { return a + b })
	})
	if p, ok := r.(*Panic); !ok || p.Value != 0 {
		t.Errorf("panic %v", r)
	}
}
