package parfor

// The loops themselves: what each checks, and whether the team or the caller
// alone runs it.

import "runtime"

// Loop says how a range is shared. The zero value uses every thread that the
// process may use and cuts the range by measured time.
type Loop struct {
	// Threads is how many threads share the loop: OpenMP's num_threads, joblib's
	// n_jobs. 0 takes NOGIL_NUM_THREADS, else OMP_NUM_THREADS, else GOMAXPROCS,
	// read anew by each loop. -1 means all of GOMAXPROCS, -2 all but one, and so
	// on by joblib's max(cpu+1+n, 1). More threads than cores are allowed, for
	// bodies that wait.
	Threads int

	// Schedule says how the range is cut: Auto, Static, Dynamic, Guided,
	// GuidedRatio or Runtime.
	Schedule Schedule

	// Grain is the fewest iterations worth a second thread: a shorter loop runs
	// on its caller (OpenMP's if clause, Cython's use_threads_if).
	Grain int

	// Unordered makes Stream yield results as they come (joblib's
	// return_as='generator_unordered') instead of in the order of the inputs.
	Unordered bool

	// LookAhead is how many inputs Stream takes ahead of the results that have
	// been consumed (joblib's pre_dispatch). 0 means twice the threads.
	LookAhead int

	// Progress, where not nil, is told how many of the total iterations are done
	// (joblib's verbose): about ten times a second while chunks end, and once
	// when the loop has completed. Calls come from any thread, one at a time.
	// Stream, which does not know the total, passes -1 for it. [TimeLeft] adds
	// an estimate of the time left.
	Progress func(done, total int)

	// Trace, where not nil, records which thread ran which chunk when.
	Trace *Trace
}

// For calls body on disjoint ranges [lo, hi) that cover [0, n), as the zero Loop
// does. It panics if n is negative, and returns when every call has returned.
func For(n int, body func(lo, hi int)) { Loop{}.For(n, body) }

// For calls body on disjoint ranges [lo, hi) that cover [0, n), on up to
// l.NumThreads() goroutines, the caller's among them, and returns when every
// call has returned. It is OpenMP's parallel for and Cython's prange. No range
// is empty, so n = 0 never calls body. A panic in body reaches the caller as a
// [*Panic]. It panics if n is negative. Cost: no allocation; the order of the
// calls is not fixed.
func (l Loop) For(n int, body func(lo, hi int)) {
	if n < 0 {
		panic("parfor: For: negative n")
	}
	l.run(&work{body: body, n: n})
}

// ForThread is For for bodies that need state of their own: thread is in
// [0, l.NumThreads()), and no two calls with the same thread run at once
// (OpenMP's omp_get_thread_num, Cython's threadid). With Static the chunk of a
// given place always goes to the same thread. A caller that sizes scratch by
// NumThreads sets Threads to the answer, since the default may change between
// the two calls.
func (l Loop) ForThread(n int, body func(thread, lo, hi int)) {
	if n < 0 {
		panic("parfor: ForThread: negative n")
	}
	l.run(&work{threadBody: body, n: n})
}

// run cuts w by l and runs it, on the team where a second thread is wanted and
// the team is free, else on the caller.
func (l Loop) run(w *work) {
	if w.n == 0 {
		return
	}
	w.schedule = l.Schedule.resolve()
	w.longest = w.n
	if l.Progress != nil || l.Trace != nil {
		w.watch = newWatch(l, w.n)
	}
	if l.Progress != nil || w.halt != nil {
		w.longest = max(w.n/openChunks, 1)
	}
	l.dispatch(w)
	if w.watch != nil && !w.halted() {
		w.watch.complete()
	}
}

// openChunks is into how many parts, at least, a loop is cut that reports
// progress or can be cancelled, where its schedule leaves that open.
const openChunks = 1000

// dispatch decides who runs w.
func (l Loop) dispatch(w *work) {
	w.threads = 1
	if w.n < l.Grain || l.Threads == 1 {
		w.serial()
		return
	}
	cores := runtime.GOMAXPROCS(0)
	w.threads = int(min(uint64(l.threads(cores)), w.schedule.chunks(w.n)))
	w.wakes = w.threads - 1
	switch {
	case w.threads > 1 && w.schedule.kind == auto && w.threads <= cores:
		shared.auto(w, cores)
	case w.threads > 1 && shared.acquire():
		shared.run(w, cores)
	default:
		w.threads = 1
		w.serial()
	}
}
