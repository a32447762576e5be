package parfor

// The team: helper goroutines that live across loops, and the protocol by which
// they join one.
//
// A loop opens by publishing its work, the number of places it has for helpers,
// and a new generation number. A helper that notices takes a place by one atomic
// subtraction, claims chunks until none is left, and leaves by an addition. The
// caller claims chunks as well, closes the loop when none is left, and waits for
// the helpers that joined, never for those that did not. A goroutine that starts
// late therefore costs nothing but its help: a barrier, which must wait for
// every thread, cannot promise that.
//
// Dispatch through a channel or a WaitGroup costs 15 µs or more each time a
// helper has gone to sleep. Here helpers stay awake for a few microseconds after
// each loop, so a loop that follows at once reaches them in a tenth of one
// microsecond, without a system call.

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// line keeps words that different cores write apart: two cache lines, since
	// the prefetcher of amd64 fetches pairs.
	line = 128

	// noPlace in join means that the loop takes no more helpers. Helpers that
	// come too late count it down, never to a place: there are too few of them.
	noPlace = math.MinInt32 / 2

	// spinFor is how long a helper stays awake after a loop, and how long the
	// caller waits awake for a helper's last chunk: about what a wake costs.
	spinFor = 30 * time.Microsecond

	// idleFor is how long the team rests before its helpers end: between one and
	// two of these after the last loop.
	idleFor = 5 * time.Second

	// pausesPerLook is how long a waiting goroutine pauses between two looks at
	// the word it waits for, and looksPerClock how often it looks between two
	// readings of the clock. maxLooks ends the wait where the clock stands still,
	// as it does within testing/synctest.
	pausesPerLook = 4
	looksPerClock = 8
	maxLooks      = 1 << 12
)

// team is one set of helpers. A loop owns it between acquire and release.
type team struct {
	busy   atomic.Uint32
	doomed atomic.Bool  // a Shutdown waits for the loop to end
	credit atomic.Int64 // nanoseconds of work that Auto did without a wake
	_      [line]byte

	gen     atomic.Uint32 // counts loops: what waiting helpers watch
	cores   atomic.Int32  // GOMAXPROCS when the last loop opened
	w       work
	helpers []*helper // written by the owner while no loop is open
	_       [line]byte

	join atomic.Int32 // places left for helpers
	_    [line]byte

	left     atomic.Int32 // helpers that joined and left
	expected atomic.Int32 // how many the sleeping caller waits for
	waiting  atomic.Bool  // the caller sleeps, or is about to; whoever clears this sends on allLeft
	_        [line]byte

	cursor atomic.Uint64 // the next chunk, share or index to claim
	_      [line]byte

	awake  atomic.Int32 // helpers that are not parked
	toWake atomic.Int32 // helpers that the loop still wants woken
	asked  atomic.Int32 // the next helper to look at for waking
	_      [line]byte

	fail    failure
	retire  *time.Timer   // dismisses helpers that nobody has needed for a while
	rested  uint32        // the generation when retire last fired
	allLeft chan struct{} // wakes the caller
	exited  chan struct{} // one message per helper that ends
}

// shared is the team of the program.
var shared = newTeam()

func newTeam() *team {
	t := &team{allLeft: make(chan struct{}, 1), exited: make(chan struct{})}
	t.join.Store(noPlace)
	return t
}

// acquire takes the team for one loop and reports whether it was free.
func (t *team) acquire() bool { return t.busy.CompareAndSwap(0, 1) }

// release gives the team back. A Shutdown that came meanwhile is carried out.
func (t *team) release() {
	if t.doomed.Load() {
		t.dismiss()
	}
	t.busy.Store(0)
	if t.doomed.Load() {
		t.shutdown() // it came between the two lines above
	}
}

// run runs w on the team, which the caller has acquired, and releases it.
func (t *team) run(w *work, cores int) {
	t.open(w, cores)
	returned := false
	defer func() {
		if !returned { // the body called runtime.Goexit on this goroutine
			t.close()
			t.release()
		}
	}()
	t.participate(0)
	returned = true
	t.close()
	failed, p := t.fail.any, t.fail.panic
	t.release()
	if !failed {
		return
	}
	if p == nil {
		runtime.Goexit() // as the body did on a helper
	}
	panic(p)
}

// open publishes w and wakes a helper if too few are awake.
func (t *team) open(w *work, cores int) {
	places := w.threads - 1
	t.hire(places)
	t.cores.Store(int32(cores))
	t.w = *w
	t.fail.reset()
	t.cursor.Store(uint64(w.next))
	t.left.Store(0)
	t.asked.Store(0)
	t.toWake.Store(0)
	t.join.Store(int32(places))
	t.gen.Add(1)
	// A helper that parks after this reading sees the new generation first.
	if missing := min(int32(places)-t.awake.Load(), int32(w.wakes)); missing > 0 {
		t.toWake.Store(missing)
		t.wake(1)
	}
}

// close ends the loop: no helper joins any more, and all that joined have left.
func (t *team) close() {
	free := max(t.join.Swap(noPlace), 0)
	t.await(int32(t.w.threads) - 1 - free)
	t.w = work{} // keep nothing of the caller's alive
}

// await returns when all the helpers that joined have left.
func (t *team) await(joined int32) {
	if t.left.Load() == joined {
		return
	}
	if t.cores.Load() > 1 {
		start := now()
		for look := 1; look < maxLooks; look++ {
			if t.left.Load() == joined {
				return
			}
			pause(pausesPerLook)
			if look%looksPerClock == 0 && now()-start > spinFor {
				break
			}
		}
	}
	t.expected.Store(joined)
	for t.left.Load() != joined { // a helper late to leave an earlier loop may wake us too soon
		t.waiting.Store(true)
		if t.left.Load() == joined && t.waiting.CompareAndSwap(true, false) {
			return
		}
		<-t.allLeft
	}
}

// leave tells the caller that a helper is done with the loop.
func (t *team) leave() {
	left := t.left.Add(1)
	if t.waiting.Load() && left == t.expected.Load() && t.waiting.CompareAndSwap(true, false) {
		t.allLeft <- struct{}{}
	}
}

// hire sees to it that there are at least n helpers.
func (t *team) hire(n int) {
	for len(t.helpers) < n {
		h := &helper{team: t, seen: t.gen.Load(), wake: make(chan struct{}, 1)}
		t.helpers = append(t.helpers, h)
		t.awake.Add(1)
		go h.work()
		if t.retire == nil {
			t.retire = time.AfterFunc(idleFor, t.rest)
		}
	}
}

// rest dismisses the helpers if no loop has run since the call before, else comes
// back later.
func (t *team) rest() {
	if !t.acquire() {
		time.AfterFunc(idleFor, t.rest) // a loop runs
		return
	}
	if t.retire == nil {
		t.release() // dismissed meanwhile
		return
	}
	if g := t.gen.Load(); g != t.rested {
		t.rested = g
		t.retire.Reset(idleFor)
	} else {
		t.dismiss()
	}
	t.release()
}

// wake wakes up to n parked helpers, as long as the loop wants more. Each helper
// that joins wakes two, so all are awake after log₂ steps: a wake costs its
// waker more than most chunks.
func (t *team) wake(n int) {
	for ; n > 0 && t.toWake.Load() > 0; n-- {
		if t.toWake.Add(-1) < 0 {
			return
		}
		for {
			i := int(t.asked.Add(1)) - 1
			if i >= len(t.helpers) {
				return
			}
			if t.helpers[i].rouse() {
				break
			}
		}
	}
}

// Shutdown ends the helpers of the team and returns when they have gone. While a
// loop runs it returns at once, and the helpers end with the loop. The next loop
// starts new ones. Programs need it only to please a leak checker, and before
// the end of a testing/synctest bubble in which a loop ran.
func Shutdown() { shared.shutdown() }

func (t *team) shutdown() {
	t.doomed.Store(true)
	if t.acquire() {
		t.release()
	}
}

// dismiss ends all helpers. The caller owns the team and no loop is open.
func (t *team) dismiss() {
	t.doomed.Store(false)
	if t.retire != nil {
		t.retire.Stop()
		t.retire = nil
	}
	for _, h := range t.helpers {
		h.dismissed.Store(true)
	}
	t.gen.Add(1) // for those awake
	for _, h := range t.helpers {
		h.rouse()
	}
	for range t.helpers {
		<-t.exited
	}
	t.helpers = nil
}
