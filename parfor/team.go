package parfor

// The team: helper goroutines that live across loops, and the protocol by which
// they join one.
//
// A loop opens by publishing its work and, in one word, a new generation number
// and the places it has for helpers. A helper that notices takes a place by one
// atomic subtraction, claims chunks until none is left, and leaves by an
// addition. The caller claims chunks as well, closes the loop when none is left,
// and waits for the helpers that joined, never for those that did not. A
// goroutine that starts late therefore costs nothing but its help: a barrier,
// which must wait for every thread, cannot promise that.
//
// Dispatch through a channel or a WaitGroup costs 15 µs or more each time a
// helper has gone to sleep. Here helpers stay awake for a few microseconds after
// each loop, so a loop that follows at once reaches them in a tenth of one
// microsecond, without a system call.

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// line keeps words that different cores write apart: two cache lines, since
	// the prefetcher of amd64 fetches pairs.
	line = 128

	// The low half of a team's state is noPlace plus the places left for
	// helpers. Helpers that come too late count it down below noPlace, never into
	// the upper half: there are too few of them.
	noPlace = 1 << 30

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
	pausesPerLook = 1
	looksPerClock = 16
	maxLooks      = 1 << 13
)

// team is one set of helpers. A loop owns it between acquire and release.
//
// Fields that are no atomic types although several goroutines use them belong to
// the owner while no helper has a place; they are reset by plain stores, since a
// helper sees them only after it has taken its place. What a loop does not need
// reset is not written: each line written is one more that helpers must fetch.
type team struct {
	busy   atomic.Uint32
	doomed atomic.Bool  // a Shutdown waits for the loop to end
	credit atomic.Int64 // nanoseconds of work that Auto did without a wake
	taken  int32        // places that the caller has taken itself
	fail   failure
	_      [line]byte

	state atomic.Uint64 // the loop's generation, and below it its places: what waiting helpers watch
	w     work          // the loop
	_     [line]byte

	_      [0]atomic.Uint64 // aligns cursor where words have 32 bits
	cursor uint64           // the next chunk or index to claim
	_      [line]byte

	left     int32        // places that helpers have taken and left
	expected atomic.Int32 // how many the sleeping caller waits for
	waiting  atomic.Bool  // the caller sleeps, or is about to; whoever clears this sends on allLeft
	_        [line]byte

	awake   atomic.Int32 // helpers that are not parked
	cores   atomic.Int32 // GOMAXPROCS when the last loop opened
	at      atomic.Int32 // the processor of the caller when it last woke a helper
	wanted  atomic.Int32 // places that the last loop had
	toWake  atomic.Int32 // helpers that the loop still wants woken
	asked   atomic.Int32 // the next helper to look at for waking
	helpers []*helper    // written by the owner while no loop is open
	_       [line]byte

	retire  *time.Timer   // dismisses helpers that nobody has needed for a while
	rested  uint32        // the generation when retire last fired
	allLeft chan struct{} // wakes the caller
	exited  chan struct{} // one message per helper that ends
}

// generation and places take a state apart.
func generation(state uint64) uint32 { return uint32(state >> 32) }
func places(state uint64) int        { return int(uint32(state)) - noPlace }

// nextState has the generation after that of state and the given places.
func nextState(state uint64, places int) uint64 {
	return (state>>32+1)<<32 | uint64(noPlace+places)
}

// shared is the team of the program.
var shared = newTeam()

func newTeam() *team {
	t := &team{allLeft: make(chan struct{}, 1), exited: make(chan struct{})}
	t.fail.reset()
	t.state.Store(noPlace)
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
			t.fail.reset()
			t.release()
		}
	}()
	t.participate(0, &t.taken)
	returned = true
	t.close()
	if !t.fail.failed {
		t.release()
		return
	}
	p := t.fail.panic
	t.fail.reset()
	t.release()
	if p == nil {
		runtime.Goexit() // as the body did on a helper
	}
	panic(p)
}

// open publishes w and wakes a helper if too few are awake.
func (t *team) open(w *work, cores int) {
	places := w.threads - 1
	t.hire(places)
	if t.cores.Load() != int32(cores) {
		t.cores.Store(int32(cores))
	}
	if t.wanted.Load() != int32(places) {
		t.wanted.Store(int32(places))
	}
	t.w = *w
	t.taken, t.cursor, t.left = 0, uint64(w.next), 0
	t.state.Store(nextState(t.state.Load(), places))
	// A helper that parks after this reading sees the new generation first.
	if missing := min(int32(places)-t.awake.Load(), int32(w.wakes)); missing > 0 {
		t.asked.Store(0)
		t.at.Store(cpu())
		t.toWake.Store(missing)
		t.wake(1)
	}
}

// close ends the loop: no helper joins any more, and all that joined have left.
func (t *team) close() {
	free := 0
	for s := t.state.Load(); places(s) > 0; s = t.state.Load() {
		if t.state.CompareAndSwap(s, s-uint64(places(s))) {
			free = places(s)
		}
	}
	t.await(int32(t.w.threads-1-free) - t.taken)
	if t.toWake.Load() > 0 {
		t.toWake.Store(0)
	}
	t.w.body, t.w.threadBody, t.w.halt, t.w.watch = nil, nil, nil, nil // keep nothing of the caller's alive
}

// take takes a place and returns its number, at least 1, or 0 where none is left.
func (t *team) take() int {
	if places(t.state.Load()) <= 0 {
		return 0
	}
	return max(places(t.state.Add(^uint64(0)))+1, 0)
}

// await returns when helpers have left the given number of places.
func (t *team) await(joined int32) {
	if t.cores.Load() > 1 {
		var start time.Duration
		for look := 0; look < maxLooks; look++ {
			if atomic.LoadInt32(&t.left) == joined {
				return
			}
			pause(pausesPerLook)
			if look%looksPerClock == 0 {
				if t := now(); look == 0 {
					start = t
				} else if t-start > spinFor {
					break
				}
			}
		}
	}
	t.expected.Store(joined)
	for atomic.LoadInt32(&t.left) != joined { // a helper late to leave an earlier loop may wake us too soon
		t.waiting.Store(true)
		if atomic.LoadInt32(&t.left) == joined && t.waiting.CompareAndSwap(true, false) {
			return
		}
		<-t.allLeft
	}
}

// leave tells the caller that a helper is done with the places it took.
func (t *team) leave(places int32) {
	left := atomic.AddInt32(&t.left, places)
	if t.waiting.Load() && left == t.expected.Load() && t.waiting.CompareAndSwap(true, false) {
		t.allLeft <- struct{}{}
	}
}

// hire sees to it that there are at least n helpers.
func (t *team) hire(n int) {
	if len(t.helpers) < n {
		t.at.Store(cpu())
	}
	for len(t.helpers) < n {
		h := &helper{team: t, index: int32(len(t.helpers)), seen: generation(t.state.Load()), wake: make(chan struct{}, 1), woken: true}
		h.at.Store(-1)
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
	if g := generation(t.state.Load()); g != t.rested {
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
	t.state.Store(nextState(t.state.Load(), 0)) // for those awake
	for _, h := range t.helpers {
		h.rouse()
	}
	for range t.helpers {
		<-t.exited
	}
	t.helpers = nil
}
