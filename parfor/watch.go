package parfor

// What watches a loop from outside: progress and the trace. A loop without
// either pays one comparison a chunk.

import (
	"context"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

// progressEvery is the least time between two reports of progress, but for the
// last.
const progressEvery = 100 * time.Millisecond

// watch observes one loop.
type watch struct {
	progress func(done, total int)
	total    int
	done     atomic.Int64
	last     atomic.Int64 // when progress was last reported
	telling  sync.Mutex   // one report at a time
	trace    *Trace
}

func newWatch(l Loop, total int) *watch {
	w := &watch{progress: l.Progress, total: total, trace: l.Trace}
	w.last.Store(int64(now()))
	return w
}

// chunk notes that a worker begins a chunk; the function it returns is deferred
// to note the end.
func (w *watch) chunk(worker, lo, hi int) func() {
	var region *trace.Region
	if w.trace != nil && trace.IsEnabled() {
		trace.Logf(context.Background(), "parfor", "thread %d: [%d, %d)", worker, lo, hi)
		region = trace.StartRegion(context.Background(), "parfor chunk")
	}
	start := time.Now()
	return func() {
		if w.trace != nil {
			w.trace.add(Span{Thread: worker, Lo: lo, Hi: hi, Start: start, End: time.Now()})
		}
		if region != nil {
			region.End()
		}
		if w.progress != nil {
			w.advance(hi - lo)
		}
	}
}

// advance counts iterations and reports them if it is time and nobody else does.
func (w *watch) advance(iterations int) {
	w.done.Add(int64(iterations))
	t := int64(now())
	if t-w.last.Load() < int64(progressEvery) || !w.telling.TryLock() {
		return
	}
	defer w.telling.Unlock()
	if t-w.last.Load() >= int64(progressEvery) && w.done.Load() != int64(w.total) {
		w.last.Store(t)
		w.progress(int(w.done.Load()), w.total)
	}
}

// complete reports the end of a loop that ran to its end.
func (w *watch) complete() {
	if w.progress != nil {
		w.telling.Lock()
		defer w.telling.Unlock()
		w.progress(int(w.done.Load()), w.total)
	}
}
