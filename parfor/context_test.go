package parfor

import (
	"context"
	"errors"
	"io"
	"math"
	"sync/atomic"
	"testing"
	"time"
)

func TestForContextCoversTheRange(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		for _, n := range []int{0, 1, 100} {
			var r ranges
			err := l.ForContext(t.Context(), n, func(_ context.Context, lo, hi int) error {
				r.add(0, lo, hi)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			r.check(t, n)
		}
	})
}

// TestErrorKeepsTypeAndRange: the original error reaches the caller with the
// range it came from, and the team works afterwards.
func TestErrorKeepsTypeAndRange(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		err := l.ForContext(t.Context(), 100, func(_ context.Context, lo, hi int) error {
			if lo <= 30 && 30 < hi {
				return io.ErrUnexpectedEOF
			}
			return nil
		})
		var where *RangeError
		if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &where) {
			t.Fatalf("error %v", err)
		}
		if where.Lo > 30 || where.Hi <= 30 {
			t.Errorf("range [%d, %d) without 30", where.Lo, where.Hi)
		}
		var again ranges
		l.ForThread(100, again.add)
		again.check(t, 100)
	})
}

// TestOneFailureAmongManyLongTasksReturnsEarly: tasks that have begun see ctx
// cancelled, and the others never begin.
func TestOneFailureAmongManyLongTasksReturnsEarly(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		var begun atomic.Int32
		err := Loop{Threads: threads, Schedule: Dynamic(1)}.ForContext(t.Context(), 1000,
			func(ctx context.Context, lo, hi int) error {
				begun.Add(1)
				if lo == 0 {
					return io.EOF
				}
				<-ctx.Done()
				return nil
			})
		if !errors.Is(err, io.EOF) {
			t.Errorf("threads=%d: %v", threads, err)
		}
		if b := int(begun.Load()); b > threads {
			t.Errorf("threads=%d: %d tasks began", threads, b)
		}
	}
}

func TestErrStopIsNoError(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		err := l.ForContext(t.Context(), 1000, func(_ context.Context, lo, hi int) error {
			if lo > 0 {
				return ErrStop
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestErrStopKeepsChunksFromBeginning(t *testing.T) {
	const huge = math.MaxInt // would take years
	for _, threads := range []int{1, 2} {
		err := Loop{Threads: threads, Schedule: Dynamic(1)}.ForContext(t.Context(), huge,
			func(_ context.Context, lo, hi int) error { return ErrStop })
		if err != nil {
			t.Error(err)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	cause := errors.New("the reason")
	eachLoop(t, func(t *testing.T, l Loop) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		err := l.ForContext(ctx, 100, func(context.Context, int, int) error {
			t.Error("the body ran")
			return nil
		})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("error %v", err)
		}
	})
}

func TestCancellationStopsTheLoop(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		var after atomic.Int32
		err := Loop{Threads: threads, Schedule: Dynamic(1)}.ForContext(ctx, math.MaxInt,
			func(ctx context.Context, lo, hi int) error {
				if ctx.Err() != nil {
					after.Add(1)
				}
				if lo == 100 {
					cancel()
				}
				return nil
			})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if a := int(after.Load()); a >= threads {
			t.Errorf("threads=%d: %d bodies began after the end", threads, a)
		}
	}
}

func TestDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	err := Loop{Threads: 2, Schedule: Dynamic(1)}.ForContext(ctx, math.MaxInt,
		func(ctx context.Context, lo, hi int) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestPanicInForContext(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		r := recovered(func() {
			l.ForContext(t.Context(), 10, func(context.Context, int, int) error { panic("text") })
		})
		if p, ok := r.(*Panic); !ok || p.Value != "text" {
			t.Errorf("panic %v", r)
		}
	})
}
