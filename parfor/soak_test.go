package parfor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// soakRegions is how many regions TestSoak runs: NOGIL_SOAK, else enough for
// every path in a second.
func soakRegions(t *testing.T) int {
	n := 10000
	if testing.Short() || raceEnabled {
		n = 2000
	}
	if v := os.Getenv("NOGIL_SOAK"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatalf("NOGIL_SOAK=%q: %v", v, err)
		}
	}
	return n
}

// TestSoak runs regions with random options from two goroutines, while
// GOMAXPROCS changes; some panic, fail, stop, are cancelled or exit. Each must
// give the right answer or failure, and no goroutine may remain.
// NOGIL_SOAK=1000000 runs a million.
func TestSoak(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	before := runtime.NumGoroutine()
	regions := soakRegions(t)
	var wg sync.WaitGroup
	for caller := range 2 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(caller)))
			for k := range regions / 2 {
				if err := soakOnce(rng); err != nil {
					t.Errorf("region %d of caller %d: %v", k, caller, err)
					return
				}
				if caller == 0 && k%500 == 0 {
					runtime.GOMAXPROCS(1 + k/500%4)
				}
			}
		})
	}
	wg.Wait()
	Shutdown()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// soakOnce runs one region and checks its outcome.
func soakOnce(rng *rand.Rand) error {
	n := rng.IntN(200)
	l := Loop{Threads: 1 + rng.IntN(5), Schedule: schedules[rng.IntN(len(schedules))], Grain: rng.IntN(20)}
	at := rng.IntN(200) // where it fails, if there is such an iteration
	switch rng.IntN(10) {
	case 0:
		return soakPanic(l, n, at)
	case 1:
		return soakError(l, n, at)
	case 2:
		return soakGoexit(l, n, at)
	case 3:
		want := n * (n - 1) / 2
		if got := Reduce(l, n, sumInts, func(a, b int) int { return a + b }); got != want {
			return fmt.Errorf("reduce %+v n=%d: %d, want %d", l, n, got, want)
		}
		return nil
	case 4:
		return soakOrdered(l, n)
	case 5:
		return soakTeam(l, n)
	case 6:
		return soakStream(l, n, at)
	case 7:
		return soakTeamPanic(l, at)
	case 8:
		if rng.IntN(20) == 0 {
			Shutdown()
		}
	}
	counts := make([]int, l.NumThreads())
	l.ForThread(n, func(thread, lo, hi int) { counts[thread] += sumInts(lo, hi) })
	if got, want := sumOf(counts), n*(n-1)/2; got != want {
		return fmt.Errorf("for %+v n=%d: %d, want %d", l, n, got, want)
	}
	return nil
}

func sumInts(lo, hi int) int { return (hi*(hi-1) - lo*(lo-1)) / 2 }

func sumOf(x []int) int {
	s := 0
	for _, v := range x {
		s += v
	}
	return s
}

func soakPanic(l Loop, n, at int) error {
	r := recovered(func() {
		l.For(n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				if i >= at {
					panic(i)
				}
			}
		})
	})
	if p, ok := r.(*Panic); at < n && (!ok || p.Value != at) || at >= n && r != nil {
		return fmt.Errorf("panic %+v n=%d at=%d: %v", l, n, at, r)
	}
	return nil
}

func soakError(l Loop, n, at int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := l.ForContext(ctx, n, func(_ context.Context, lo, hi int) error {
		if lo <= at && at < hi {
			if at%2 == 0 {
				cancel()
				return context.Canceled
			}
			return io.EOF
		}
		return nil
	})
	want := io.EOF
	if at%2 == 0 {
		want = context.Canceled
	}
	if at < n && !errors.Is(err, want) || at >= n && err != nil {
		return fmt.Errorf("error %+v n=%d at=%d: %v", l, n, at, err)
	}
	return nil
}

func soakGoexit(l Loop, n, at int) error {
	returned := make(chan bool)
	go func() {
		r := false
		defer func() { returned <- r }()
		l.For(n, func(lo, hi int) {
			if lo <= at && at < hi {
				runtime.Goexit()
			}
		})
		r = true
	}()
	if r := <-returned; r != (at >= n) {
		return fmt.Errorf("goexit %+v n=%d at=%d: returned %v", l, n, at, r)
	}
	return nil
}

func soakOrdered(l Loop, n int) error {
	next := 0
	wrong := false
	l.ForOrdered(n, func(i int, ordered func(func())) {
		ordered(func() {
			wrong = wrong || i != next
			next++
		})
	})
	if wrong || next != n {
		return fmt.Errorf("ordered %+v n=%d: %d parts, wrong order: %v", l, n, next, wrong)
	}
	return nil
}

func soakTeam(l Loop, n int) error {
	sums := make([]int, l.NumThreads())
	total := 0
	l.Team(func(m *Member) {
		m.For(n, func(lo, hi int) { sums[m.Thread()] += sumInts(lo, hi) })
		m.Barrier()
		m.Single(func() { total = sumOf(sums) })
	})
	if want := n * (n - 1) / 2; total != want {
		return fmt.Errorf("team %+v n=%d: %d, want %d", l, n, total, want)
	}
	return nil
}

func soakStream(l Loop, n, at int) error {
	got := 0
	for r, err := range Stream(context.Background(), l, naturals(n, nil), square) {
		if err != nil || r != got*got {
			return fmt.Errorf("stream %+v n=%d: result %d is %d, %v", l, n, got, r, err)
		}
		if got++; got > at {
			break
		}
	}
	if got != min(n, at+1) {
		return fmt.Errorf("stream %+v n=%d at=%d: %d results", l, n, at, got)
	}
	return nil
}

func soakTeamPanic(l Loop, at int) error {
	r := recovered(func() {
		l.Team(func(m *Member) {
			m.Barrier()
			if m.Thread() == at%m.Threads() {
				panic(at)
			}
			m.Barrier()
		})
	})
	if p, ok := r.(*Panic); !ok || p.Value != at {
		return fmt.Errorf("team %+v at=%d: %v", l, at, r)
	}
	return nil
}
