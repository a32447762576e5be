package parfor

// How the participants of a loop claim chunks.

import "sync/atomic"

// participate claims and runs chunks as the given worker until none is left, and
// counts in taken the places it takes beyond its first.
func (t *team) participate(worker int, taken *int32) {
	if t.w.schedule.kind != static {
		for !t.claim(worker, worker) { // after a panic, chunks to its left still count
		}
		return
	}
	// A place is a thread's share: whoever is free takes those still open.
	for share := worker; ; *taken++ {
		t.claim(worker, share)
		if share = t.take(); share == 0 {
			return
		}
	}
}

// claim runs chunks, under Static those of one share, until none is left. It
// reports false where it ended by a panic instead, which it has recorded.
func (t *team) claim(worker, share int) (finished bool) {
	var at span
	defer func() {
		if finished {
			return
		}
		var p *Panic // stays nil for runtime.Goexit, which recover does not see
		if r := recover(); r != nil {
			if _, secondary := r.(abandoned); secondary {
				return // another participant has recorded the cause
			}
			p = wrapPanic(r, at)
		}
		t.fail.record(p, at)
	}()
	switch t.w.schedule.kind {
	case static:
		t.runShare(worker, share, &at)
	case dynamic:
		t.claimPieces(worker, &at)
	case guidedRatio:
		t.claimRounds(worker, &at)
	default:
		t.claimGuided(worker, &at)
	}
	return true
}

// stop reports whether a chunk that starts at lo must not begin.
func (t *team) stop(lo int) bool {
	return int64(lo) >= t.fail.stopAt.Load() || t.w.halted()
}

// runShare runs what one thread does under Static. The share, not the worker,
// gives the thread number, so equal loops map alike.
func (t *team) runShare(worker, thread int, at *span) {
	w := &t.w
	if w.schedule.chunk == 0 {
		if lo, hi := share(w.n, w.threads, thread); !t.stop(lo) {
			w.call(worker, thread, at, lo, hi)
		}
		return
	}
	for k := uint64(thread); k < w.schedule.chunks(w.n); k += uint64(w.threads) {
		lo, hi := piece(w.n, w.schedule.chunk, k)
		if t.stop(lo) {
			return
		}
		w.call(worker, thread, at, lo, hi)
	}
}

// claimPieces claims chunks of one size in order. Counting chunks, not
// iterations, leaves the counter room above any n.
func (t *team) claimPieces(thread int, at *span) {
	w := &t.w
	chunks := w.schedule.chunks(w.n)
	for {
		k := atomic.AddUint64(&t.cursor, 1) - 1
		if k >= chunks {
			return
		}
		lo, hi := piece(w.n, w.schedule.chunk, k)
		if t.stop(lo) {
			return
		}
		w.call(thread, thread, at, lo, hi)
	}
}

// claimGuided claims chunks in order that shrink with what remains: libgomp's
// share of it for Guided, half of that for Auto, which knows less.
func (t *team) claimGuided(thread int, at *span) {
	w := &t.w
	threads, chunk := w.threads, max(w.schedule.chunk, 1)
	if w.schedule.kind == auto {
		threads *= 2
	}
	for {
		start := atomic.LoadUint64(&t.cursor)
		lo := int(start)
		if lo >= w.n || t.stop(lo) {
			return
		}
		hi := lo + min(guidedLen(w.n-lo, threads, chunk), w.longest)
		if atomic.CompareAndSwapUint64(&t.cursor, start, uint64(hi)) {
			w.call(thread, thread, at, lo, hi)
		}
	}
}

// claimRounds claims the chunks of GuidedRatio in order.
func (t *team) claimRounds(thread int, at *span) {
	w := &t.w
	r := rounds{n: w.n, threads: w.threads, least: w.schedule.chunk, ratio: w.schedule.ratio}
	for {
		lo, hi, ok := r.chunk(atomic.AddUint64(&t.cursor, 1) - 1)
		if !ok || t.stop(lo) {
			return
		}
		w.call(thread, thread, at, lo, hi)
	}
}
