package parfor

// Loops that can fail, stop early, and be cancelled.

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// ForContext is For for bodies that can fail. The first error cancels ctx for the
// other bodies, keeps chunks that have not begun from beginning, and is returned
// as a [*RangeError]. A body that returns [ErrStop] ends the loop in the same way
// without an error: OpenMP's cancel, Cython's break. When ctx is cancelled or its
// deadline passes, ForContext returns an error that wraps ctx.Err() and its cause
// once the bodies that run have returned; it never abandons one.
// It panics if n is negative.
func (l Loop) ForContext(ctx context.Context, n int, body func(ctx context.Context, lo, hi int) error) error {
	if n < 0 {
		panic("parfor: ForContext: negative n")
	}
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		halt      atomic.Bool
		cancelled atomic.Bool
		once      sync.Once
		err       error
	)
	l.run(&work{n: n, halt: &halt, body: func(lo, hi int) {
		if ctx.Err() != nil {
			cancelled.Store(true)
			halt.Store(true)
			return
		}
		if e := body(inner, lo, hi); e != nil {
			once.Do(func() {
				halt.Store(true)
				cancel()
				if !errors.Is(e, ErrStop) {
					err = locate(e, lo, hi)
				}
			})
		}
	}})
	if err == nil && cancelled.Load() {
		return contextError(ctx)
	}
	return err
}

// contextError is why ctx ended, and the cause where the canceller gave one.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return fmt.Errorf("parfor: %w", err)
	}
	return fmt.Errorf("parfor: %w: %w", err, cause)
}

// locate wraps a body's error with its range.
func locate(err error, lo, hi int) error {
	if exact, ok := err.(located); ok {
		return exact.RangeError
	}
	return &RangeError{Lo: lo, Hi: hi, Err: err}
}
