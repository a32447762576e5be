package parfor

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestEveryIndexOnce(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 64, 1000, 4097} {
			var r ranges
			l.ForThread(n, r.add)
			r.check(t, n)
		}
	})
}

func TestEmptyRangeNeverCallsBody(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		l.For(0, func(lo, hi int) { t.Errorf("body(%d, %d)", lo, hi) })
	})
}

func TestNegativeN(t *testing.T) {
	for want, f := range map[string]func(){
		"parfor: For: negative n":                   func() { For(-1, func(lo, hi int) {}) },
		"parfor: ForThread: negative n":             func() { Loop{}.ForThread(-1, func(thread, lo, hi int) {}) },
		"parfor: ForContext: negative n":            func() { Loop{}.ForContext(t.Context(), -1, nil) },
		"parfor: Reduce: negative n":                func() { Reduce[int](Loop{}, -1, nil, nil) },
		"parfor: Static: negative chunk":            func() { Static(-1) },
		"parfor: Dynamic: negative chunk":           func() { Dynamic(-1) },
		"parfor: Guided: negative chunk":            func() { Guided(-1) },
		"parfor: GuidedRatio: negative chunk":       func() { GuidedRatio(0.5, -1) },
		"parfor: GuidedRatio: ratio outside (0, 1]": func() { GuidedRatio(0, 1) },
		"parfor: For2D: negative size":              func() { Loop{}.For2D(1, -1, nil) },
		"parfor: For2D: rows × cols overflows int":  func() { Loop{}.For2D(math.MaxInt, 2, nil) },
		"parfor: ForOrdered: negative n":            func() { Loop{}.ForOrdered(-1, nil) },
	} {
		if got := recovered(f); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}
}

// TestStaticChunkCyclesThreads is OpenMP's mapping: chunk k to thread k mod T.
func TestStaticChunkCyclesThreads(t *testing.T) {
	const n, threads = 1000, 3
	Loop{Threads: threads, Schedule: Static(7)}.ForThread(n, func(thread, lo, hi int) {
		if lo%7 != 0 || hi != min(lo+7, n) {
			t.Errorf("range [%d, %d)", lo, hi)
		}
		if want := lo / 7 % threads; thread != want {
			t.Errorf("chunk at %d went to thread %d, want %d", lo, thread, want)
		}
	})
}

func TestStaticLoopsMapAlike(t *testing.T) {
	for _, s := range []Schedule{Static(0), Static(7)} {
		var owner [2][1000]int
		for pass := range owner {
			Loop{Threads: 3, Schedule: s}.ForThread(1000, func(thread, lo, hi int) {
				for i := lo; i < hi; i++ {
					owner[pass][i] = thread
				}
			})
		}
		if owner[0] != owner[1] {
			t.Errorf("%v: two equal loops map iterations to different threads", s)
		}
	}
}

func TestDynamicHandsOutMultiples(t *testing.T) {
	const n = 1000
	for _, threads := range []int{1, 2, 8} {
		Loop{Threads: threads, Schedule: Dynamic(7)}.For(n, func(lo, hi int) {
			if hi-lo != 7 && !(hi == n && hi-lo == n%7) {
				t.Errorf("threads=%d: range [%d, %d)", threads, lo, hi)
			}
		})
	}
}

// TestGuidedSizesFollowTheFormula compares with libgomp's max(c, ⌈r/T⌉).
func TestGuidedSizesFollowTheFormula(t *testing.T) {
	const n, threads, chunk = 1000, 3, 7
	var r ranges
	Loop{Threads: threads, Schedule: Guided(chunk)}.ForThread(n, r.add)
	slices.SortFunc(r.calls, func(a, b call) int { return a.lo - b.lo })
	for _, c := range r.calls {
		left := n - c.lo
		want := min(max((left+threads-1)/threads, chunk), left)
		if c.hi-c.lo != want {
			t.Errorf("chunk at %d has length %d, want %d", c.lo, c.hi-c.lo, want)
		}
	}
}

func TestGrainKeepsShortLoopsOnTheCaller(t *testing.T) {
	l := Loop{Threads: 4, Schedule: Static(0), Grain: 100}
	for n, want := range map[int]int{99: 1, 100: 4} {
		var r ranges
		l.ForThread(n, r.add)
		if len(r.calls) != want {
			t.Errorf("n=%d was cut into %d ranges, want %d", n, len(r.calls), want)
		}
	}
}

// TestBodiesRunAtTheSameTime fails by hanging if they do not.
func TestBodiesRunAtTheSameTime(t *testing.T) {
	for _, s := range []Schedule{Static(0), Static(1), Dynamic(1), Guided(1)} {
		for _, threads := range []int{2, 5} {
			for range 100 {
				both := meet(threads)
				Loop{Threads: threads, Schedule: s}.For(threads, func(lo, hi int) { both() })
			}
		}
	}
}

func TestThreadNumbersAreExclusive(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		inUse := make([]atomic.Bool, l.NumThreads())
		l.ForThread(500, func(thread, lo, hi int) {
			if !inUse[thread].CompareAndSwap(false, true) {
				t.Errorf("two calls with thread %d at once", thread)
			}
			runtime.Gosched()
			inUse[thread].Store(false)
		})
	})
}

func TestPrivateCopiesAreIndependent(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		counts := make([]int, l.NumThreads()) // no lock: -race would tell
		l.ForThread(1000, func(thread, lo, hi int) { counts[thread] += hi - lo })
		total := 0
		for _, c := range counts {
			total += c
		}
		if total != 1000 {
			t.Errorf("total %d", total)
		}
	})
}

func TestNestedLoopsAreSerial(t *testing.T) {
	Loop{Threads: 2, Schedule: Static(0)}.For(2, func(lo, hi int) {
		var r ranges
		Loop{Threads: 4, Schedule: Static(0)}.ForThread(100, r.add)
		r.check(t, 100)
		for _, c := range r.calls {
			if c.thread != 0 {
				t.Errorf("nested loop used thread %d", c.thread)
			}
		}
	})
}

func TestConcurrentCallersDoNotOversubscribe(t *testing.T) {
	var running, most atomic.Int32
	var wg sync.WaitGroup
	const callers, threads = 4, 3
	for range callers {
		wg.Go(func() {
			for range 50 {
				var r ranges
				Loop{Threads: threads, Schedule: Dynamic(1)}.ForThread(40, func(thread, lo, hi int) {
					now := running.Add(1)
					for {
						m := most.Load()
						if now <= m || most.CompareAndSwap(m, now) {
							break
						}
					}
					runtime.Gosched()
					r.add(thread, lo, hi)
					running.Add(-1)
				})
				r.check(t, 40)
			}
		})
	}
	wg.Wait()
	if m := most.Load(); m > callers+threads-1 {
		t.Errorf("%d bodies ran at once", m)
	}
}

func TestGOMAXPROCSChangesWhileLoopsRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for i := range 200 {
		runtime.GOMAXPROCS(i%4 + 1)
		if got := (Loop{Threads: -1}).NumThreads(); got != i%4+1 {
			t.Fatalf("NumThreads %d under GOMAXPROCS %d", got, i%4+1)
		}
		var r ranges
		Loop{Schedule: Dynamic(1)}.ForThread(30, func(thread, lo, hi int) {
			if lo == 15 {
				runtime.GOMAXPROCS((i+1)%4 + 1)
			}
			r.add(thread, lo, hi)
		})
		r.check(t, 30)
	}
}

func TestShutdownEndsHelpersAndLoopsGoOn(t *testing.T) {
	for range 20 {
		both := meet(2)
		Loop{Threads: 2, Schedule: Static(0)}.For(2, func(lo, hi int) { both() })
		Shutdown()
		if n := helpersRunning(); n != 0 {
			t.Fatalf("%d helpers after Shutdown", n)
		}
	}
}

func TestShutdownFromABodyEndsHelpersWithTheLoop(t *testing.T) {
	Loop{Threads: 3, Schedule: Dynamic(1)}.For(10, func(lo, hi int) { Shutdown() })
	if n := helpersRunning(); n != 0 {
		t.Errorf("%d helpers after the loop", n)
	}
}

func TestForAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	body := func(lo, hi int) {}
	for _, s := range schedules {
		l := Loop{Threads: 2, Schedule: s}
		l.For(100, body) // starts the team
		if got := testing.AllocsPerRun(100, func() { l.For(100, body) }); got != 0 {
			t.Errorf("%v: %v allocations", s, got)
		}
	}
}

type customError struct{ code int }

func (e *customError) Error() string { return fmt.Sprintf("custom %d", e.code) }

func failingBody(i int) { panic(&customError{i}) }

func TestPanicReachesCallerWithValueAndStack(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		r := recovered(func() {
			l.For(100, func(lo, hi int) {
				if lo <= 60 && 60 < hi {
					failingBody(60)
				}
			})
		})
		p, ok := r.(*Panic)
		if !ok {
			t.Fatalf("panic value %T", r)
		}
		var custom *customError
		if !errors.As(p, &custom) || custom.code != 60 {
			t.Errorf("does not unwrap to the original: %v", p.Value)
		}
		if !strings.Contains(string(p.Stack), "failingBody") {
			t.Errorf("the stack does not show the body:\n%s", p.Stack)
		}
		if p.Lo > 60 || p.Hi <= 60 {
			t.Errorf("range [%d, %d) without 60", p.Lo, p.Hi)
		}
		var again ranges
		l.ForThread(100, again.add)
		again.check(t, 100)
	})
}

func TestPanicWithoutErrorUnwrapsToNil(t *testing.T) {
	p := recovered(func() { For(1, func(lo, hi int) { panic("text") }) }).(*Panic)
	if p.Value != "text" || p.Unwrap() != nil || !strings.Contains(p.Error(), "text") {
		t.Errorf("%#v", p)
	}
}

// TestLeftMostPanicWins: what reaches the caller is what a serial loop would have
// met first, whatever the timing.
func TestLeftMostPanicWins(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		for _, first := range []int{0, 1, 30, 99} {
			r := recovered(func() {
				l.For(100, func(lo, hi int) {
					for i := lo; i < hi; i++ {
						if i >= first {
							panic(i)
						}
						runtime.Gosched()
					}
				})
			})
			if p, ok := r.(*Panic); !ok || p.Value != first {
				t.Errorf("first=%d: %v", first, r)
			}
		}
	})
}

func TestNestedPanicKeepsTheInnerRange(t *testing.T) {
	r := recovered(func() {
		Loop{Threads: 2, Schedule: Static(0)}.For(2, func(lo, hi int) {
			Loop{Threads: 1, Schedule: Dynamic(5)}.For(20, func(lo, hi int) {
				if lo == 10 {
					panic("inner")
				}
			})
		})
	})
	if p := r.(*Panic); p.Value != "inner" || p.Lo != 10 || p.Hi != 15 {
		t.Errorf("%v in [%d, %d)", p.Value, p.Lo, p.Hi)
	}
}

// TestGoexitInABody ends the calling goroutine, as in a serial loop, and hangs
// nothing, whichever thread it happens on.
func TestGoexitInABody(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		for _, at := range []int{0, 50, 99} {
			ended := make(chan bool)
			go func() {
				returned := false
				defer func() { ended <- returned }()
				l.For(100, func(lo, hi int) {
					if lo <= at && at < hi {
						runtime.Goexit()
					}
				})
				returned = true
			}()
			if <-ended {
				t.Errorf("the loop returned after Goexit at %d", at)
			}
			var again ranges
			l.ForThread(100, again.add)
			again.check(t, 100)
		}
	})
}
