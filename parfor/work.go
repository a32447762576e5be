package parfor

// One loop as its participants see it: what to run, how it is cut, and how a
// participant claims its next chunk.

import (
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// work describes a loop. Exactly one of body and threadBody is set.
type work struct {
	body       func(lo, hi int)
	threadBody func(thread, lo, hi int)
	halt       *atomic.Bool // set by ForContext when nothing more may begin
	next, n    int          // what is left to run
	threads    int
	wakes      int // how many parked helpers it may wake
	longest    int // no chunk that the schedule leaves open is longer
	watch      *watch
	schedule   Schedule
}

// span is the range that a participant is working on.
type span struct{ lo, hi int }

// call runs the body on one chunk. worker is the participant that runs it, and
// thread the number that the body sees.
func (w *work) call(worker, thread int, at *span, lo, hi int) {
	at.lo, at.hi = lo, hi
	if w.watch != nil {
		w.watched(worker, thread, lo, hi)
		return
	}
	if w.body != nil {
		w.body(lo, hi)
		return
	}
	w.threadBody(thread, lo, hi)
}

// watched is call for a loop that is observed.
func (w *work) watched(worker, thread, lo, hi int) {
	defer w.watch.chunk(worker, lo, hi)()
	if w.body != nil {
		w.body(lo, hi)
		return
	}
	w.threadBody(thread, lo, hi)
}

// halted says that ForContext has ended the loop.
func (w *work) halted() bool { return w.halt != nil && w.halt.Load() }

// serial runs the whole loop on the caller, in order. Chunks keep the size that
// the schedule promises, since a body may count on it.
func (w *work) serial() {
	var at span
	defer func() {
		if r := recover(); r != nil {
			panic(wrapPanic(r, at))
		}
	}()
	chunk := w.schedule.chunk
	switch {
	case w.schedule.kind == auto, w.schedule.kind == guided, w.schedule.kind == guidedRatio:
		chunk = w.longest
	case chunk == 0:
		chunk = w.n
	}
	for w.next < w.n && !w.halted() {
		lo, hi := w.next, w.next+min(chunk, w.n-w.next)
		w.next = hi
		w.call(0, 0, &at, lo, hi)
	}
}

// wrapPanic gives a recovered value the stack and range it came from. It must
// run in the deferred call that recovered r, where the stack still shows the
// body. The panic of a loop within a loop passes through: the inner one knows best.
func wrapPanic(r any, at span) *Panic {
	if p, ok := r.(*Panic); ok {
		return p
	}
	return &Panic{Value: r, Stack: debug.Stack(), Lo: at.lo, Hi: at.hi}
}

// failure keeps the left-most failure of a loop.
type failure struct {
	mu     sync.Mutex
	stopAt atomic.Int64 // chunks from here on must not begin: all in a loop without failure
	lo     int
	panic  *Panic // nil for runtime.Goexit
	failed bool
}

func (f *failure) reset() {
	f.stopAt.Store(math.MaxInt64)
	f.failed, f.panic = false, nil
}

// record keeps the failure at the given range if it is the left-most so far.
// Chunks to its right no longer begin; those to its left still do, so that the
// failure that reaches the caller is the one a serial loop would have met.
func (f *failure) record(p *Panic, at span) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed && f.lo <= at.lo {
		return
	}
	f.failed, f.panic, f.lo = true, p, at.lo
	f.stopAt.Store(int64(at.lo))
}
