package parfor

// What several tests share.

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain checks that Shutdown leaves no goroutine behind after all tests.
func TestMain(m *testing.M) {
	code := m.Run()
	Shutdown()
	if left := helpersRunning(); left != 0 && code == 0 {
		fmt.Printf("FAIL: %d helpers outlive Shutdown\n", left)
		code = 1
	}
	os.Exit(code)
}

// helpersRunning counts the goroutines that run a helper. An ending goroutine may
// be visible for an instant after it has reported its end.
func helpersRunning() int {
	n := 0
	for range 100 {
		buf := make([]byte, 1<<20)
		n = strings.Count(string(buf[:runtime.Stack(buf, true)]), "parfor.(*helper).work(")
		if n == 0 {
			return 0
		}
		time.Sleep(time.Millisecond)
	}
	return n
}

// schedules are one of each kind, with and without a chunk size.
var schedules = []Schedule{Auto, Static(0), Static(1), Static(7), Dynamic(0), Dynamic(7), Guided(0), Guided(7), GuidedRatio(0.5, 3), Runtime}

// eachLoop runs a subtest for every schedule and a few thread counts.
func eachLoop(t *testing.T, f func(t *testing.T, l Loop)) {
	t.Helper()
	for _, s := range schedules {
		for _, threads := range []int{1, 2, 3, 8} {
			t.Run(fmt.Sprintf("%v/threads=%d", s, threads), func(t *testing.T) {
				f(t, Loop{Threads: threads, Schedule: s})
			})
		}
	}
}

// ranges records the calls of a body.
type ranges struct {
	mu    sync.Mutex
	calls []call
}

type call struct{ thread, lo, hi int }

func (r *ranges) add(thread, lo, hi int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call{thread, lo, hi})
}

// check fails unless the calls cover [0, n) once, with no empty range.
func (r *ranges) check(t *testing.T, n int) {
	t.Helper()
	starts := make(map[int]int, len(r.calls))
	for _, c := range r.calls {
		if c.lo >= c.hi {
			t.Fatalf("n=%d: empty range [%d, %d)", n, c.lo, c.hi)
		}
		if _, twice := starts[c.lo]; twice {
			t.Fatalf("n=%d: two ranges start at %d", n, c.lo)
		}
		starts[c.lo] = c.hi
	}
	at := 0
	for range r.calls {
		hi, ok := starts[at]
		if !ok {
			t.Fatalf("n=%d: no range starts at %d", n, at)
		}
		at = hi
	}
	if at != n {
		t.Fatalf("n=%d: the ranges end at %d", n, at)
	}
}

// recovered calls f and returns what it panicked with, or nil.
func recovered(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

// meet returns when parties goroutines have called the returned function, and so
// proves that they run at the same time.
func meet(parties int) func() {
	var wg sync.WaitGroup
	wg.Add(parties)
	return func() {
		wg.Done()
		wg.Wait()
	}
}
