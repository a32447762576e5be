package parfor

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
)

// naturals yields 0, 1, … n-1 and counts in taken how many it has given.
func naturals(n int, taken *atomic.Int64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if taken != nil {
				taken.Add(1)
			}
			if !yield(i) {
				return
			}
		}
	}
}

func square(_ context.Context, x int) (int, error) { return x * x, nil }

func TestMapKeepsOrder(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		in := slices.Collect(naturals(300, nil))
		out, err := Map(t.Context(), l, in, square)
		if err != nil || len(out) != 300 {
			t.Fatal(len(out), err)
		}
		for i, v := range out {
			if v != i*i {
				t.Fatalf("out[%d] = %d", i, v)
			}
		}
	})
}

func TestMapNamesTheElementThatFailed(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		out, err := Map(t.Context(), l, slices.Collect(naturals(300, nil)), func(_ context.Context, x int) (int, error) {
			if x == 77 {
				return 0, io.EOF
			}
			return x, nil
		})
		var where *RangeError
		if !errors.As(err, &where) || where.Lo != 77 || where.Hi != 78 || where.Err != io.EOF || out != nil {
			t.Errorf("%v with %d results", err, len(out))
		}
	})
}

func TestMapErrStopKeepsResults(t *testing.T) {
	out, err := Map(t.Context(), Loop{Threads: 1}, []int{1, 2, 3, 4}, func(_ context.Context, x int) (int, error) {
		if x == 3 {
			return 0, ErrStop
		}
		return 10 * x, nil
	})
	if err != nil || !slices.Equal(out, []int{10, 20, 0, 0}) {
		t.Errorf("%v %v", out, err)
	}
}

func TestStreamYieldsInOrder(t *testing.T) {
	for _, threads := range []int{1, 2, 8} {
		for _, ahead := range []int{0, 1, 3, 100} {
			i := 0
			for r, err := range Stream(t.Context(), Loop{Threads: threads, LookAhead: ahead}, naturals(200, nil), square) {
				if err != nil || r != i*i {
					t.Fatalf("result %d is %d, %v", i, r, err)
				}
				i++
			}
			if i != 200 {
				t.Fatalf("%d results", i)
			}
		}
	}
}

// TestStreamTakesInputLazily: no more than LookAhead inputs are ahead.
func TestStreamTakesInputLazily(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		for _, threads := range []int{1, 2, 4} {
			const ahead = 5
			var taken atomic.Int64
			consumed := int64(0)
			l := Loop{Threads: threads, LookAhead: ahead, Unordered: unordered}
			for range Stream(t.Context(), l, naturals(math.MaxInt, &taken), square) {
				if got := taken.Load(); got > consumed+ahead {
					t.Fatalf("threads=%d: %d inputs taken after %d results", threads, got, consumed)
				}
				if consumed++; consumed == 500 {
					break // abandons it
				}
			}
		}
	}
}

// TestUnorderedStreamPassesASlowTask: the first task ends only when all other
// results have come.
func TestUnorderedStreamPassesASlowTask(t *testing.T) {
	const n = 50
	release := make(chan struct{})
	var got []int
	f := func(_ context.Context, x int) (int, error) {
		if x == 0 {
			<-release
		}
		return x, nil
	}
	for r, err := range Stream(t.Context(), Loop{Threads: 2, Unordered: true}, naturals(n, nil), f) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, r); len(got) == n-1 {
			close(release)
		}
	}
	if len(got) != n || got[n-1] != 0 {
		t.Errorf("%v", got)
	}
}

// TestAbandonedStreamLeavesNothingBehind breaks off while tasks run; their ctx is
// cancelled, and the team is free afterwards.
func TestAbandonedStreamLeavesNothingBehind(t *testing.T) {
	for range 50 {
		f := func(ctx context.Context, x int) (int, error) {
			if x == 0 {
				return x, nil
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}
		for range Stream(t.Context(), Loop{Threads: 4}, naturals(math.MaxInt, nil), f) {
			break
		}
		both := meet(2)
		Loop{Threads: 2, Schedule: Static(0)}.For(2, func(lo, hi int) { both() })
	}
}

func TestStreamWithIterPull(t *testing.T) {
	next, stop := iter.Pull2(Stream(t.Context(), Loop{Threads: 2}, naturals(math.MaxInt, nil), square))
	for i := range 10 {
		if r, err, ok := next(); r != i*i || err != nil || !ok {
			t.Errorf("%d %v %v", r, err, ok)
		}
	}
	stop()
}

func TestStreamYieldsResultsBeforeTheError(t *testing.T) {
	for _, threads := range []int{1, 4} {
		f := func(_ context.Context, x int) (int, error) {
			if x >= 20 {
				return 0, io.EOF
			}
			return x, nil
		}
		n := 0
		var failed error
		for r, err := range Stream(t.Context(), Loop{Threads: threads}, naturals(math.MaxInt, nil), f) {
			if failed = err; err == nil && r != n {
				t.Errorf("result %d is %d", n, r)
			}
			n++
		}
		var where *RangeError
		if n != 21 || !errors.As(failed, &where) || where.Lo != 20 || !errors.Is(failed, io.EOF) {
			t.Errorf("threads=%d: %d results, then %v", threads, n, failed)
		}
	}
}

func TestStreamErrStop(t *testing.T) {
	for _, threads := range []int{1, 4} {
		n := 0
		for _, err := range Stream(t.Context(), Loop{Threads: threads}, naturals(math.MaxInt, nil), func(_ context.Context, x int) (int, error) {
			if x == 20 {
				return 0, ErrStop
			}
			return x, nil
		}) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		if n != 20 {
			t.Errorf("threads=%d: %d results", threads, n)
		}
	}
}

func TestStreamCancelled(t *testing.T) {
	for _, threads := range []int{1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		n := 0
		for _, err := range Stream(ctx, Loop{Threads: threads}, naturals(math.MaxInt, nil), square) {
			last = err
			if n++; n == 10 {
				cancel()
			}
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("threads=%d: %v", threads, last)
		}
	}
}

func TestStreamPanics(t *testing.T) {
	for _, threads := range []int{1, 4} {
		l := Loop{Threads: threads}
		drain := func(in iter.Seq[int], f func(context.Context, int) (int, error), each func(int)) any {
			return recovered(func() {
				for r := range Stream(t.Context(), l, in, f) {
					each(r)
				}
			})
		}
		nothing := func(int) {}
		r := drain(naturals(100, nil), func(_ context.Context, x int) (int, error) {
			if x == 30 {
				panic("in f")
			}
			return x, nil
		}, nothing)
		if p, ok := r.(*Panic); !ok || p.Value != "in f" || p.Lo != 30 {
			t.Errorf("threads=%d: %v", threads, r)
		}
		r = drain(func(yield func(int) bool) { yield(1); panic("in in") }, square, nothing)
		if p, ok := r.(*Panic); r != "in in" && (!ok || p.Value != "in in") {
			t.Errorf("threads=%d: %v", threads, r)
		}
		if r = drain(naturals(100, nil), square, func(int) { panic("consumer") }); r != "consumer" {
			t.Errorf("threads=%d: %v", threads, r)
		}
		var again ranges
		l.ForThread(100, again.add)
		again.check(t, 100)
	}
}

func TestStreamGoexit(t *testing.T) {
	for _, threads := range []int{1, 4} {
		ended := make(chan bool)
		go func() {
			defer func() { ended <- true }()
			for range Stream(t.Context(), Loop{Threads: threads}, naturals(100, nil), func(_ context.Context, x int) (int, error) {
				if x == 10 {
					runtime.Goexit()
				}
				return x, nil
			}) {
			}
			t.Error("the stream ended")
		}()
		<-ended
	}
}

func TestStreamReportsProgress(t *testing.T) {
	for _, threads := range []int{1, 3} {
		last := 0
		l := Loop{Threads: threads, Progress: func(done, total int) {
			if total != -1 || done < last {
				t.Errorf("progress(%d, %d) after %d", done, total, last)
			}
			last = done
		}}
		for range Stream(t.Context(), l, naturals(100, nil), square) {
		}
		if last != 100 {
			t.Errorf("threads=%d: the last report said %d", threads, last)
		}
	}
}
