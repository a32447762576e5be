package parfor

import (
	"math"
	"runtime"
	"testing"
)

func TestThreadsFollowJoblibsFormula(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for threads, want := range map[int]int{
		1: 1, 2: 2, 100: 100, -1: 4, -2: 3, -4: 1, -5: 1, -1000: 1, math.MaxInt: maxThreads,
	} {
		if got := (Loop{Threads: threads}).NumThreads(); got != want {
			t.Errorf("Threads %d under 4 cores: %d, want %d", threads, got, want)
		}
	}
}

func TestThreadsFromTheEnvironment(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, c := range []struct {
		nogil, omp string
		want       int
	}{
		{"", "", 4},
		{"3", "", 3},
		{"3", "2", 3},
		{"-2", "", 3},
		{"", "2", 2},
		{"", " 2 , 7", 2},
		{"", "0", 4},
		{"", "-1", 4},
		{"", "many", 4},
	} {
		t.Setenv("NOGIL_NUM_THREADS", c.nogil)
		t.Setenv("OMP_NUM_THREADS", c.omp)
		if got := (Loop{}).NumThreads(); got != c.want {
			t.Errorf("NOGIL_NUM_THREADS=%q OMP_NUM_THREADS=%q: %d threads, want %d", c.nogil, c.omp, got, c.want)
		}
	}
}

func TestMalformedNumThreadsPanics(t *testing.T) {
	for _, v := range []string{"0", "two", "2,3", "1e3", " 2"} {
		t.Setenv("NOGIL_NUM_THREADS", v)
		want := `parfor: NOGIL_NUM_THREADS: not a nonzero integer: "` + v + `"`
		if got := recovered(func() { For(2, func(lo, hi int) {}) }); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
		if got := recovered(func() { Loop{Threads: 2}.For(2, func(lo, hi int) {}) }); got != nil {
			t.Errorf("panic %v where the variable does not decide", got)
		}
	}
}
