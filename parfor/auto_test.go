package parfor

import (
	"runtime"
	"testing"
	"time"
)

// TestAutoSharesLongLoops fails by hanging if no helper comes.
func TestAutoSharesLongLoops(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))))
	helped := make(chan struct{})
	var r ranges
	Loop{Threads: 2}.ForThread(1000, func(thread, lo, hi int) {
		r.add(thread, lo, hi)
		if thread != 0 {
			select {
			case <-helped:
			default:
				close(helped)
			}
			return
		}
		for start := time.Now(); time.Since(start) < 100*time.Microsecond; {
			pause(10)
		}
		if lo > 300 {
			<-helped
		}
	})
	r.check(t, 1000)
}

// TestAutoWithMoreThreadsThanCores: such a loop says that its bodies wait, so it
// is shared at once.
func TestAutoWithMoreThreadsThanCores(t *testing.T) {
	threads := 4 * runtime.GOMAXPROCS(0)
	all := meet(threads)
	Loop{Threads: threads}.For(threads, func(lo, hi int) { all() })
}

func TestWorth(t *testing.T) {
	for _, c := range []struct {
		left   time.Duration
		credit time.Duration
		awake  int32
		want   bool
	}{
		{left: awakeWorth - 1, awake: 1, want: false},
		{left: awakeWorth, awake: 1, want: true},
		{left: awakeWorth, awake: 0, want: false},
		{left: wakeShare * wakeCost, want: true},
		{left: 20 * time.Microsecond, credit: wakeShare*wakeCost - 20*time.Microsecond, want: true},
		{left: 20 * time.Microsecond, credit: wakeShare*wakeCost - 21*time.Microsecond, want: false},
	} {
		tm := newTeam()
		tm.awake.Store(c.awake)
		tm.credit.Store(int64(c.credit))
		if got := tm.worth(float64(c.left)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestMeasureStopsWhereHelpPays: the rest of a long loop is left to the team, and
// work that stays on the caller adds up to a wake.
func TestMeasureStopsWhereHelpPays(t *testing.T) {
	tm := newTeam()
	slow := func(lo, hi int) { time.Sleep(time.Duration(hi-lo) * time.Millisecond) }
	w := &work{n: 100, longest: 100, body: slow}
	if per := w.measure(tm); w.next != 1 || per < float64(time.Millisecond) {
		t.Errorf("stopped at %d with %v ns each", w.next, per)
	}
	w = &work{n: 10, longest: 10, body: func(lo, hi int) {}}
	if per := w.measure(tm); w.next == 10 && per != 0 {
		t.Errorf("%v ns each at the end", per)
	}
}

// TestDivide: a short rest gets few threads, but always the wake that a burst of
// short loops has saved up for; chunks last fairChunk where the rest is long.
func TestDivide(t *testing.T) {
	for _, c := range []struct {
		n, threads                int
		each                      time.Duration
		wantThreads, wakes, chunk int
	}{
		{n: 25, threads: 16, each: time.Microsecond, wantThreads: 13, wakes: 1, chunk: 1},
		{n: 3, threads: 16, each: time.Microsecond, wantThreads: 2, wakes: 1, chunk: 1},
		{n: 1000000, threads: 2, each: 100 * time.Nanosecond, wantThreads: 2, wakes: 3334, chunk: 50},
		{n: 10, threads: 2, each: time.Hour, wantThreads: 2, wakes: 1 + maxThreads, chunk: 1},
	} {
		w := &work{n: c.n, threads: c.threads}
		w.divide(float64(c.each))
		if w.threads != c.wantThreads || w.wakes != c.wakes || w.schedule.chunk != c.chunk {
			t.Errorf("%+v: %d threads, %d wakes, chunk %d", c, w.threads, w.wakes, w.schedule.chunk)
		}
	}
}
