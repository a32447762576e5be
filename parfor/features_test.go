package parfor

import (
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFor2DCoversRectangles(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		for _, size := range [][2]int{{0, 5}, {5, 0}, {1, 1}, {1, 100}, {100, 1}, {7, 13}, {64, 64}} {
			rows, cols := size[0], size[1]
			seen := make([]atomic.Int32, rows*cols)
			l.For2D(rows, cols, func(rlo, rhi, clo, chi int) {
				if rlo >= rhi || clo >= chi {
					t.Errorf("empty rectangle [%d, %d) × [%d, %d)", rlo, rhi, clo, chi)
				}
				for r := rlo; r < rhi; r++ {
					for c := clo; c < chi; c++ {
						seen[r*cols+c].Add(1)
					}
				}
			})
			for i := range seen {
				if n := seen[i].Load(); n != 1 {
					t.Fatalf("%d×%d: pair %d came %d times", rows, cols, i, n)
				}
			}
		}
	})
}

// TestCollapseKeepsOrder: within a range, pairs come in row-major order.
func TestCollapseKeepsOrder(t *testing.T) {
	last := make([]int, 3)
	Loop{Threads: 3, Schedule: Dynamic(10)}.ForThread(7*13, func(thread, lo, hi int) {
		at := lo
		rectangles(lo, hi, 13, func(rlo, rhi, clo, chi int) {
			for r := rlo; r < rhi; r++ {
				for c := clo; c < chi; c++ {
					if r*13+c != at {
						t.Errorf("pair %d, want %d", r*13+c, at)
					}
					at++
				}
			}
		})
		last[thread] = at
	})
}

func TestOrderedIsStrictlyIncreasing(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		var order []int // no lock: ordered gives mutual exclusion, and -race checks it
		l.ForOrdered(300, func(i int, ordered func(func())) {
			if i%5 == 3 {
				return // leaves it out
			}
			ordered(func() { order = append(order, i) })
		})
		if len(order) != 240 || !slices.IsSorted(order) {
			t.Errorf("%d parts, in order: %v", len(order), slices.IsSorted(order))
		}
	})
}

func TestOrderedPanicReleasesThoseWhoWait(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		var ran atomic.Int32
		r := recovered(func() {
			l.ForOrdered(100, func(i int, ordered func(func())) {
				if i == 40 {
					runtime.Gosched()
					panic("at 40")
				}
				ordered(func() { ran.Add(1) })
			})
		})
		if p, ok := r.(*Panic); !ok || p.Value != "at 40" || ran.Load() != 40 {
			t.Errorf("panic %v after %d ordered parts", r, ran.Load())
		}
	})
}

func TestOrderedTwice(t *testing.T) {
	r := recovered(func() {
		Loop{Threads: 2}.ForOrdered(1, func(i int, ordered func(func())) {
			ordered(func() {})
			ordered(func() {})
		})
	})
	if p, ok := r.(*Panic); !ok || p.Value != "parfor: ForOrdered: ordered called twice in one iteration" {
		t.Errorf("panic %v", r)
	}
}

func TestTeamStartsAllMembers(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		all := meet(threads)
		var seen ranges
		Loop{Threads: threads, Grain: math.MaxInt}.Team(func(m *Member) {
			if m.Threads() != threads {
				t.Errorf("%d threads, want %d", m.Threads(), threads)
			}
			all()
			seen.add(m.Thread(), m.Thread(), m.Thread()+1)
		})
		seen.check(t, threads)
	}
}

func TestNestedTeamHasOneMember(t *testing.T) {
	Loop{Threads: 2}.Team(func(m *Member) {
		Loop{Threads: 4}.Team(func(inner *Member) {
			if inner.Threads() != 1 || inner.Thread() != 0 {
				t.Errorf("member %d of %d", inner.Thread(), inner.Threads())
			}
			inner.Barrier()
			inner.Single(func() {})
		})
	})
}

func TestBarrierSeparatesPhases(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		const phases = 200
		count := make([]int, threads) // no lock: the barrier orders, and -race checks it
		Loop{Threads: threads}.Team(func(m *Member) {
			for phase := range phases {
				count[m.Thread()]++
				m.Barrier()
				for other, c := range count {
					if c != phase+1 {
						t.Errorf("phase %d: member %d is at %d", phase, other, c)
					}
				}
				m.Barrier()
			}
		})
	}
}

func TestMemberThatReturnsIsNotWaitedFor(t *testing.T) {
	Loop{Threads: 4}.Team(func(m *Member) {
		for range m.Thread() {
			m.Barrier()
		}
	})
}

func TestSingleRunsOnceAndIsAwaited(t *testing.T) {
	value := 0 // no lock
	Loop{Threads: 4}.Team(func(m *Member) {
		for i := range 100 {
			m.Single(func() { value++ })
			if value != i+1 {
				t.Errorf("value %d after %d", value, i+1)
			}
			m.Barrier()
		}
	})
}

func TestMemberForCoversTheRange(t *testing.T) {
	for _, s := range schedules {
		var loops [3]ranges
		Loop{Threads: 4, Schedule: s}.Team(func(m *Member) {
			for k := range loops { // nowait: members may be in different loops
				m.For(100*(k+1)+7, func(lo, hi int) { loops[k].add(m.Thread(), lo, hi) })
			}
		})
		for k := range loops {
			loops[k].check(t, 100*(k+1)+7)
		}
	}
}

func TestPanicOfAMemberReleasesTheBarrier(t *testing.T) {
	for _, thrower := range []int{0, 1, 3} {
		var passed atomic.Bool
		r := recovered(func() {
			Loop{Threads: 4}.Team(func(m *Member) {
				if m.Thread() == thrower {
					panic("member")
				}
				m.Barrier()
				passed.Store(true)
			})
		})
		if passed.Load() {
			t.Errorf("thrower %d: a barrier opened without it", thrower)
		}
		if p, ok := r.(*Panic); !ok || p.Value != "member" {
			t.Errorf("thrower %d: panic %v", thrower, r)
		}
	}
}

func TestGoexitOfAMemberReleasesTheBarrier(t *testing.T) {
	for _, at := range []int{0, 2} {
		ended := make(chan bool)
		go func() {
			defer func() { ended <- true }()
			Loop{Threads: 3}.Team(func(m *Member) {
				if m.Thread() == at {
					runtime.Goexit()
				}
				m.Barrier()
			})
			t.Error("Team returned")
		}()
		<-ended
	}
}

func TestProgress(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		calls, last := 0, 0 // no lock: one call at a time, and -race checks it
		l.Progress = func(done, total int) {
			if total != 500 || done < last || done > total {
				t.Errorf("progress(%d, %d) after %d", done, total, last)
			}
			calls, last = calls+1, done
		}
		l.For(500, func(lo, hi int) {})
		if last != 500 {
			t.Errorf("the last of %d calls said %d", calls, last)
		}
	})
}

// TestProgressRateWithOneThread uses a false clock: a loop of ten seconds reports
// ten times a second.
func TestProgressRateWithOneThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		l := Loop{Threads: 1, Progress: func(done, total int) { calls++ }}
		l.For(10000, func(lo, hi int) { time.Sleep(time.Duration(hi-lo) * time.Millisecond) })
		if calls < 90 || calls > 101 {
			t.Errorf("%d reports in ten seconds", calls)
		}
	})
}

// TestHelpersRetire uses a false clock: helpers end when no loop has come for a
// while, and not before.
func TestHelpersRetire(t *testing.T) {
	Shutdown() // helpers of earlier tests live outside the bubble
	synctest.Test(t, func(t *testing.T) {
		l := Loop{Threads: 3, Schedule: Static(0)}
		for range 5 {
			all := meet(3)
			l.For(3, func(lo, hi int) { all() })
			time.Sleep(idleFor * 9 / 10)
			if n := hired(); n != 2 {
				t.Fatalf("%d helpers soon after a loop", n)
			}
		}
		time.Sleep(3 * idleFor)
		if n := helpersRunning(); n != 0 {
			t.Errorf("%d helpers after a long rest", n)
		}
		all := meet(3)
		l.For(3, func(lo, hi int) { all() })
		Shutdown()
	})
}

// hired is how many helpers the team has.
func hired() int {
	for !shared.acquire() {
		runtime.Gosched()
	}
	defer shared.release()
	return len(shared.helpers)
}

func TestPanicInSingleReleasesTheOthers(t *testing.T) {
	r := recovered(func() {
		Loop{Threads: 4}.Team(func(m *Member) { m.Single(func() { panic("single") }) })
	})
	if p, ok := r.(*Panic); !ok || p.Value != "single" {
		t.Errorf("panic %v", r)
	}
}

func TestGoexitInForOrderedReleasesThoseWhoWait(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		ended := make(chan bool)
		go func() {
			defer func() { ended <- true }()
			Loop{Threads: threads}.ForOrdered(100, func(i int, ordered func(func())) {
				if i == 40 {
					runtime.Goexit()
				}
				ordered(func() {})
			})
			t.Error("ForOrdered returned")
		}()
		<-ended
	}
}

// TestLastPrivateIsTheLastIteration holds the example of OpenMP's lastprivate to
// every schedule.
func TestLastPrivateIsTheLastIteration(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		last := -1
		l.For(1000, func(lo, hi int) {
			private := -1
			for i := lo; i < hi; i++ {
				private = i
			}
			if hi == 1000 {
				last = private
			}
		})
		if last != 999 {
			t.Errorf("last %d", last)
		}
	})
}
