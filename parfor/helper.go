package parfor

// One helper: it waits, joins a loop, helps, leaves, and waits again.

import (
	"sync/atomic"
	"time"
)

type helper struct {
	team      *team
	index     int32
	seen      uint32        // the last generation it looked at
	taken     int32         // places that it has yet to leave
	idleSince time.Duration // when it last left a loop or was woken
	patience  time.Duration // how long it stays awake
	wake      chan struct{}
	woken     bool         // it has not had a place since it was woken
	at        atomic.Int32 // the processor that it woke on, -1 while it is parked
	_         [line]byte
	parked    atomic.Bool // it sleeps, or is about to; whoever clears this sends on wake
	dismissed atomic.Bool
	_         [line]byte
}

// work is the helper's life.
func (h *helper) work() {
	t := h.team
	defer func() {
		if n := h.taken; n > 0 { // the body called runtime.Goexit: another goroutine takes over
			h.taken = 0
			t.leave(n)
			go h.work()
			return
		}
		t.awake.Add(-1)
		t.exited <- struct{}{}
	}()
	h.idleSince, h.patience = now(), 2*spinFor
	for !h.dismissed.Load() {
		h.help()
		h.await()
	}
}

// help joins the loop that is open, if it has a place, and works until no chunk
// is left.
func (h *helper) help() {
	t := h.team
	place := t.take()
	if place == 0 {
		if h.index < t.wanted.Load() { // it was late for a short loop: the next may follow
			h.idleSince = now()
		}
		return
	}
	h.taken = 1
	h.seen = generation(t.state.Load()) // no other loop can open before this helper leaves
	if t.toWake.Load() > 0 {
		t.wake(2)
	}
	if h.woken {
		h.woken = false
		h.spread()
	}
	t.participate(place, &h.taken)
	n := h.taken
	h.taken = 0
	t.leave(n)
	h.idleSince = now()
}

// await returns when a generation has come that the helper has not seen.
func (h *helper) await() {
	t := h.team
	if h.watch() {
		h.patience = spinFor
		return
	}
	// In this order: an opener that counts a helper as awake must not find it
	// parked as well, and wake it instead of another.
	t.awake.Add(-1)
	h.at.Store(-1)
	h.parked.Store(true)
	// Look again: an opener that came before the lines above counts on us.
	if generation(t.state.Load()) == h.seen || !h.parked.CompareAndSwap(true, false) {
		<-h.wake
	}
	t.awake.Add(1)
	h.woken = true
	// A wake takes longer than many a loop. Having paid for it, wait for the next.
	h.idleSince, h.patience = now(), 2*spinFor
	h.seen = generation(t.state.Load())
}

// watch waits awake for a new generation and reports whether one came. It does
// not wait where that could keep a goroutine with work from a core.
func (h *helper) watch() bool {
	t := h.team
	for look := 1; look < maxLooks; look++ {
		if g := generation(t.state.Load()); g != h.seen {
			h.seen = g
			return true
		}
		pause(pausesPerLook)
		if look%looksPerClock == 0 && (now()-h.idleSince > h.patience || t.awake.Load() >= t.cores.Load()) {
			return false
		}
	}
	return false
}

// rouse wakes the helper if it is parked, and reports whether it was.
func (h *helper) rouse() bool {
	if !h.parked.Load() || !h.parked.CompareAndSwap(true, false) {
		return false
	}
	h.wake <- struct{}{}
	return true
}
