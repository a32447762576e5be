package parfor

// One helper: it waits, joins a loop, helps, leaves, and waits again.

import (
	"runtime"
	"sync/atomic"
	"time"
)

type helper struct {
	team      *team
	seen      uint32 // the last generation it acted on
	joined    bool   // it owes the team a leave
	wake      chan struct{}
	_         [line]byte
	parked    atomic.Bool // it sleeps, or is about to; whoever clears this sends on wake
	dismissed atomic.Bool
	_         [line]byte
}

// work is the helper's life.
func (h *helper) work() {
	t := h.team
	defer func() {
		if h.joined { // the body called runtime.Goexit: another goroutine takes over
			h.joined = false
			t.leave()
			go h.work()
			return
		}
		t.exited <- struct{}{}
	}()
	for {
		h.await()
		if h.dismissed.Load() {
			return
		}
		h.help()
	}
}

// await returns when there is a generation that the helper has not seen.
func (h *helper) await() {
	t := h.team
	if runtime.GOMAXPROCS(0) > 1 {
		for start := time.Now(); time.Since(start) < spinFor; {
			for range 8 {
				if g := t.gen.Load(); g != h.seen {
					h.seen = g
					return
				}
				pause(pausesPerLook)
			}
		}
	}
	h.parked.Store(true)
	// Look again: an opener that ran before the line above did not see it.
	if t.gen.Load() == h.seen || !h.parked.CompareAndSwap(true, false) {
		<-h.wake
	}
	h.seen = t.gen.Load()
}

// rouse wakes the helper if it is parked, and reports whether it was.
func (h *helper) rouse() bool {
	if !h.parked.Load() || !h.parked.CompareAndSwap(true, false) {
		return false
	}
	h.wake <- struct{}{}
	return true
}

// help joins the loop that is open, if one is, and works until it has no more
// chunks.
func (h *helper) help() {
	t := h.team
	id := t.join.Add(1)
	if id&closed != 0 {
		return // too late: the loop has ended without this helper
	}
	h.joined = true
	h.seen = t.gen.Load() // no other loop can open before this helper leaves
	if int(id) < t.w.threads {
		t.wake(2)
		t.participate(int(id))
	}
	h.joined = false
	t.leave()
}
