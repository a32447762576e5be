package parfor

// Results of a lazy sequence, computed ahead of their consumer: joblib's
// Parallel(return_as='generator', pre_dispatch=…).

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// Stream yields f(x) for each x of in, in order, or as they come where
// l.Unordered is set. Up to l.NumThreads() goroutines run f; each takes the next
// input when it is free, and no more than l.LookAhead inputs are ahead of the
// results that have been consumed, so in may be endless and memory stays bounded.
// With one thread, or within or beside another loop, f runs on the consumer, one
// input at a time. A Stream occupies the team: loops in f and in the consumer run
// on their caller.
//
// The first error ends the stream: results before it are yielded, then a
// [*RangeError] with the position of its input; ErrStop ends it without. When ctx
// ends, so does the stream, with an error that wraps ctx.Err(). A panic in f
// reaches the consumer as a [*Panic]. A consumer that breaks off waits only for the calls that
// run, whose ctx is cancelled. Nothing is started before the sequence is ranged
// over.
func Stream[T, R any](ctx context.Context, l Loop, in iter.Seq[T], f func(context.Context, T) (R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		threads := l.NumThreads()
		if threads == 1 || !shared.acquire() {
			serialStream(ctx, l, in, f, yield)
			return
		}
		defer shared.release()
		inner, cancel := context.WithCancel(ctx)
		next, stop := iter.Pull(in)
		ahead := l.LookAhead
		if ahead <= 0 {
			ahead = 2 * threads
		}
		s := &stream[T, R]{ctx: inner, f: f, next: next, tokens: make(chan struct{}, ahead),
			results: make(chan outcome[R], ahead), watch: newWatch(l, -1)}
		defer stop()
		defer s.workers.Wait()
		defer cancel()
		for worker := range threads {
			s.workers.Add(1)
			go s.work(worker)
		}
		go func() {
			s.workers.Wait()
			close(s.results)
		}()
		s.deliver(ctx, l.Unordered, yield)
	}
}

// outcome is what became of one input.
type outcome[R any] struct {
	index  int
	result R
	err    error
	panic  *Panic
	goexit bool
}

// stream is what the workers and the consumer of one Stream share.
type stream[T, R any] struct {
	ctx     context.Context
	f       func(context.Context, T) (R, error)
	tokens  chan struct{} // one for each input that is ahead of the consumer
	results chan outcome[R]
	workers sync.WaitGroup
	watch   *watch

	mu    sync.Mutex // guards next and taken
	next  func() (T, bool)
	taken int
	ended atomic.Bool // in has no more, or a worker has failed
}

// work takes inputs and sends outcomes until there are no more.
func (s *stream[T, R]) work(worker int) {
	defer s.workers.Done()
	for {
		select {
		case s.tokens <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		if !s.step(worker) {
			return
		}
	}
}

// step handles one input and reports whether there may be more.
func (s *stream[T, R]) step(worker int) (more bool) {
	var o outcome[R]
	returned := false
	defer func() {
		if !returned {
			s.ended.Store(true)
			o.goexit = true
			if r := recover(); r != nil {
				o.panic, o.goexit = wrapPanic(r, span{o.index, o.index + 1}), false
			}
			s.results <- o // never blocks: there is room for each token
		}
	}()
	x, index, ok := s.take()
	o.index = index
	if !ok {
		returned = true
		<-s.tokens
		return false
	}
	done := s.watch.chunk(worker, index, index+1)
	o.result, o.err = s.f(s.ctx, x)
	done()
	if o.err != nil {
		s.ended.Store(true)
	}
	returned = true
	s.results <- o
	return o.err == nil
}

// take pulls the next input.
func (s *stream[T, R]) take() (x T, index int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	index = s.taken
	if s.ended.Load() || s.ctx.Err() != nil {
		return x, index, false
	}
	if x, ok = s.next(); !ok {
		s.ended.Store(true)
		return x, index, false
	}
	s.taken++
	return x, index, true
}

// deliver yields the outcomes until the stream ends.
func (s *stream[T, R]) deliver(ctx context.Context, unordered bool, yield func(R, error) bool) {
	var zero R
	early := make(map[int]outcome[R]) // outcomes that wait for their turn
	for turn := 0; ; {
		o, ok := early[turn]
		if ok {
			delete(early, turn)
		} else {
			select {
			case o, ok = <-s.results:
			case <-ctx.Done():
				yield(zero, contextError(ctx))
				return
			}
			if !ok {
				if ctx.Err() != nil {
					yield(zero, contextError(ctx))
				} else {
					s.watch.complete()
				}
				return
			}
			if o.panic == nil && !o.goexit && !unordered && o.index != turn {
				early[o.index] = o
				continue
			}
		}
		switch {
		case o.panic != nil:
			panic(o.panic)
		case o.goexit:
			runtime.Goexit()
		case errors.Is(o.err, ErrStop):
			return
		case o.err != nil:
			yield(zero, &RangeError{Lo: o.index, Hi: o.index + 1, Err: o.err})
			return
		case !yield(o.result, nil):
			return
		}
		turn++
		<-s.tokens
	}
}

// serialStream runs f on the consumer.
func serialStream[T, R any](ctx context.Context, l Loop, in iter.Seq[T], f func(context.Context, T) (R, error), yield func(R, error) bool) {
	var zero R
	w := newWatch(l, -1)
	index := 0
	for x := range in {
		if ctx.Err() != nil {
			yield(zero, contextError(ctx))
			return
		}
		r, err := one(ctx, w, index, x, f)
		if errors.Is(err, ErrStop) {
			return
		}
		if err != nil {
			yield(zero, &RangeError{Lo: index, Hi: index + 1, Err: err})
			return
		}
		if !yield(r, nil) {
			return
		}
		index++
	}
	w.complete()
}

// one runs f on the input of the given index; only its panics are wrapped, not
// those of the consumer.
func one[T, R any](ctx context.Context, w *watch, index int, x T, f func(context.Context, T) (R, error)) (R, error) {
	defer func() {
		if r := recover(); r != nil {
			panic(wrapPanic(r, span{index, index + 1}))
		}
	}()
	defer w.chunk(0, index, index+1)()
	return f(ctx, x)
}
