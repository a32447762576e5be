package parfor

// The Auto schedule: it runs the first iterations on the caller, measures them,
// and asks for help only where help pays. A loop too short for that costs two or
// three readings of the clock (25 ns each) more than the plain loop.

import (
	"math"
	"time"
)

const (
	// growth is the ratio of the lengths of two measured chunks. A loop that
	// stays serial is cut log₁₆ n times.
	growth = 16

	// readable is the time above which the clock's own cost does not matter.
	readable = 500 * time.Nanosecond

	// awakeWorth is the least remaining work worth sharing with a helper that is
	// awake.
	awakeWorth = 2 * time.Microsecond

	// wakeCost is what waking a parked helper costs the caller.
	wakeCost = 15 * time.Microsecond

	// wakeShare bounds what wakes may cost: one part in this many of the work.
	wakeShare = 20

	// fairChunk is the shortest chunk by time: claiming one costs a hundredth.
	fairChunk = 5 * time.Microsecond
)

// epoch is where the package's clock starts: time.Since reads one clock, and
// time.Now two.
var epoch = time.Now()

func now() time.Duration { return time.Since(epoch) }

// auto runs w by measuring it. w.threads is more than one.
func (t *team) auto(w *work, cores int) {
	if t.busy.Load() != 0 {
		w.threads = 1
		w.serial()
		return
	}
	perIteration := w.measure(t)
	if w.next == w.n || w.halted() {
		return
	}
	w.divide(perIteration)
	if t.acquire() {
		t.credit.Store(0)
		t.run(w, cores)
		return
	}
	w.threads = 1
	w.serial()
}

// divide sets how many threads, wakes and chunks what is left of w is worth.
func (w *work) divide(perIteration float64) {
	left := perIteration * float64(w.n-w.next)
	w.threads = min(w.threads, 1+int(min(left/float64(awakeWorth), maxThreads)))
	w.wakes = 1 + int(min(left/float64(2*wakeCost), maxThreads))
	chunk := min(float64(fairChunk)/perIteration, float64(w.n-w.next)/float64(2*w.threads))
	w.schedule.chunk = max(int(chunk), 1)
}

// measure runs the first iterations of w, moves w.next behind them, and returns
// the time of one in nanoseconds. It goes on to the end where a second thread
// would not pay.
func (w *work) measure(t *team) float64 {
	var at span
	defer func() {
		if r := recover(); r != nil {
			panic(wrapPanic(r, at))
		}
	}()
	left := 0.0
	start := now()
	for chunk := 1; !w.halted(); chunk = min(chunk, math.MaxInt/growth) * growth {
		lo, hi := w.next, w.next+min(chunk, w.longest, w.n-w.next)
		w.next = hi
		w.call(0, 0, &at, lo, hi)
		if hi == w.n {
			break
		}
		end := now()
		took := end - start
		start = end
		perIteration := max(float64(took), 1) / float64(hi-lo)
		left = perIteration * float64(w.n-hi)
		if took >= readable && t.worth(left) {
			return perIteration
		}
	}
	if left > float64(awakeWorth) {
		t.credit.Add(int64(min(left, wakeShare*float64(wakeCost))))
	}
	return 0
}

// worth reports whether left nanoseconds of work should be shared. With a helper
// awake little is enough. Else the work done alone since the last wake must add
// up, so that wakes cost at most a twentieth of the time even if the helper
// turns out not to help; a burst of short loops soon has its helper awake.
func (t *team) worth(left float64) bool {
	if left < float64(awakeWorth) {
		return false
	}
	return t.awake.Load() > 0 || left+float64(t.credit.Load()) >= wakeShare*float64(wakeCost)
}
