package parfor

// How the participants of a loop claim chunks.

// participate claims and runs chunks as the given thread until none is left.
// After a panic it goes on: chunks to the left of the panic still count.
func (t *team) participate(thread int) {
	for !t.claim(thread) {
	}
}

// claim runs chunks until none is left, and reports false where it ended by a
// panic instead, which it has recorded.
func (t *team) claim(thread int) (finished bool) {
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
		t.claimShares(thread, &at)
	case dynamic:
		t.claimPieces(thread, &at)
	case guidedRatio:
		t.claimRounds(thread, &at)
	default:
		t.claimGuided(thread, &at)
	}
	return true
}

// stop reports whether a chunk that starts at lo must not begin.
func (t *team) stop(lo int) bool {
	return int64(lo) >= t.fail.stopAt.Load() || t.w.halted()
}

// claimShares claims what one thread does under Static. The share, not the
// claimer, gives the thread number, so equal loops map alike.
func (t *team) claimShares(thread int, at *span) {
	w := &t.w
	for {
		s := t.cursor.Add(1) - 1
		if s >= uint64(w.threads) {
			return
		}
		if w.schedule.chunk == 0 {
			if lo, hi := share(w.n, w.threads, int(s)); !t.stop(lo) {
				w.call(thread, int(s), at, lo, hi)
			}
			continue
		}
		for k := s; k < w.schedule.chunks(w.n); k += uint64(w.threads) {
			lo, hi := piece(w.n, w.schedule.chunk, k)
			if t.stop(lo) {
				break
			}
			w.call(thread, int(s), at, lo, hi)
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
		start := t.cursor.Load()
		lo := int(start)
		if lo >= w.n || t.stop(lo) {
			return
		}
		hi := lo + min(guidedLen(w.n-lo, threads, chunk), w.longest)
		if t.cursor.CompareAndSwap(start, uint64(hi)) {
			w.call(thread, thread, at, lo, hi)
		}
	}
}

// claimRounds claims the chunks of GuidedRatio in order.
func (t *team) claimRounds(thread int, at *span) {
	w := &t.w
	r := rounds{n: w.n, threads: w.threads, least: w.schedule.chunk, ratio: w.schedule.ratio}
	for {
		lo, hi, ok := r.chunk(t.cursor.Add(1) - 1)
		if !ok || t.stop(lo) {
			return
		}
		w.call(thread, thread, at, lo, hi)
	}
}
