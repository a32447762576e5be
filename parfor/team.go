package parfor

// The team: helper goroutines that live across loops, and the protocol by which
// they join one.
//
// A loop opens by publishing its work and a new generation number. A helper that
// notices joins by one atomic addition, claims chunks until none is left, and
// leaves by another. The caller claims chunks as well, closes the loop when none
// is left, and waits for the helpers that joined, never for those that did not.
// A goroutine that starts late therefore costs nothing but its help: a barrier,
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

	// closed in join means that the loop takes no more helpers.
	closed = 1 << 31

	// spinFor is how long a helper stays awake after a loop, and how long the
	// caller waits awake for a helper's last chunk: about what a wake costs.
	spinFor = 30 * time.Microsecond

	// pausesPerLook is how long a waiting goroutine pauses between two looks at
	// the word it waits for.
	pausesPerLook = 4
)

// team is one set of helpers. A loop owns it between acquire and release.
type team struct {
	busy    atomic.Uint32
	helpers []*helper // written by the owner while the loop is closed
	doomed  atomic.Bool
	_       [line]byte

	gen atomic.Uint32 // counts loops; what waiting helpers watch
	w   work
	_   [line]byte

	join atomic.Uint32 // helpers that joined, and closed
	_    [line]byte

	left     atomic.Uint32 // helpers that joined and left
	expected atomic.Uint32 // how many the sleeping caller waits for
	waiting  atomic.Bool   // the caller sleeps, or is about to; whoever clears this sends on allLeft
	_        [line]byte

	cursor atomic.Uint64 // the next chunk, slot or index to claim
	_      [line]byte

	wakes atomic.Uint32 // the next helper to look at for waking
	fail  failure

	allLeft chan struct{} // wakes the caller
	exited  chan struct{} // one message per helper that ends
}

// shared is the team of the program.
var shared = newTeam()

func newTeam() *team {
	t := &team{allLeft: make(chan struct{}, 1), exited: make(chan struct{})}
	t.join.Store(closed)
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
func (t *team) run(w *work) {
	t.open(w)
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

// open publishes w and wakes a helper if none is awake.
func (t *team) open(w *work) {
	t.hire(w.threads - 1)
	t.w = *w
	t.fail.reset()
	t.cursor.Store(0)
	t.wakes.Store(0)
	t.left.Store(0)
	t.join.Store(0)
	t.gen.Add(1)
	t.wake(1)
}

// close ends the loop: no helper joins any more, and all that joined have left.
func (t *team) close() {
	joined := t.join.Or(closed)
	t.await(joined)
	t.w = work{} // keep nothing of the caller's alive
}

// await returns when joined helpers have left.
func (t *team) await(joined uint32) {
	if t.left.Load() == joined {
		return
	}
	if runtime.GOMAXPROCS(0) > 1 {
		for start := time.Now(); time.Since(start) < spinFor; {
			for range 8 {
				if t.left.Load() == joined {
					return
				}
				pause(pausesPerLook)
			}
		}
	}
	t.expected.Store(joined)
	for t.left.Load() != joined { // a helper that is late to leave an earlier loop may wake us too soon
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

// participate claims and runs chunks as the given thread until none is left.
// After a panic it goes on: chunks to the left of the panic still count.
func (t *team) participate(thread int) {
	for !t.claimChunks(thread) {
	}
}

// claimChunks runs chunks until none is left, and reports false where it ended
// by a panic instead, which it has recorded.
func (t *team) claimChunks(thread int) (finished bool) {
	var at span
	defer func() {
		if finished {
			return
		}
		var p *Panic // stays nil for runtime.Goexit, which recover does not see
		if r := recover(); r != nil {
			p = wrapPanic(r, at)
		}
		t.fail.record(p, at)
	}()
	switch t.w.schedule.kind {
	case static:
		t.claimSlots(&at)
	case dynamic:
		t.claimPieces(thread, &at)
	default:
		t.claimGuided(thread, &at)
	}
	return true
}

// stop reports whether a chunk that starts at lo must not begin.
func (t *team) stop(lo int) bool {
	return int64(lo) >= t.fail.stopAt.Load() || t.w.halted()
}

// claimSlots claims whole threads' shares. The share, not the claimer, gives the
// thread number, so equal loops map alike.
func (t *team) claimSlots(at *span) {
	w := &t.w
	for {
		s := t.cursor.Add(1) - 1
		if s >= uint64(w.threads) {
			return
		}
		if w.schedule.chunk == 0 {
			if lo, hi := slot(w.n, w.threads, int(s)); !t.stop(lo) {
				w.call(int(s), at, lo, hi)
			}
			continue
		}
		for k := s; k < w.schedule.chunks(w.n); k += uint64(w.threads) {
			lo, hi := piece(w.n, w.schedule.chunk, k)
			if t.stop(lo) {
				break
			}
			w.call(int(s), at, lo, hi)
		}
	}
}

// claimPieces claims chunks of one size in order. Counting chunks, not
// iterations, leaves the counter room above any n.
func (t *team) claimPieces(thread int, at *span) {
	w := &t.w
	chunks := w.schedule.chunks(w.n)
	for {
		k := t.cursor.Add(1) - 1
		if k >= chunks {
			return
		}
		lo, hi := piece(w.n, w.schedule.chunk, k)
		if t.stop(lo) {
			return
		}
		w.call(thread, at, lo, hi)
	}
}

// claimGuided claims chunks in order that shrink with what remains.
func (t *team) claimGuided(thread int, at *span) {
	w := &t.w
	for {
		start := t.cursor.Load()
		lo := int(start)
		if lo >= w.n || t.stop(lo) {
			return
		}
		hi := lo + guidedLen(w.n-lo, w.threads, max(w.schedule.chunk, 1))
		if t.cursor.CompareAndSwap(start, uint64(hi)) {
			w.call(thread, at, lo, hi)
		}
	}
}

// hire sees to it that there are at least n helpers.
func (t *team) hire(n int) {
	for len(t.helpers) < n {
		h := &helper{team: t, seen: t.gen.Load(), wake: make(chan struct{}, 1)}
		t.helpers = append(t.helpers, h)
		go h.work()
	}
}

// wake wakes up to n parked helpers of those that the loop wants. Each helper
// that joins wakes two more, so all are awake after log₂ steps.
func (t *team) wake(n int) {
	for n > 0 {
		i := int(t.wakes.Add(1)) - 1
		if i >= t.w.threads-1 {
			return
		}
		if t.helpers[i].rouse() {
			n--
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
