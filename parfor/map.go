package parfor

// One call for each element: joblib's Parallel()(delayed(f)(x) for x in in).

import "context"

// Map returns f(in[0]), f(in[1]), … computed in parallel. The elements are taken
// for tasks: Auto means Dynamic(1), and a chunk is joblib's batch_size. The first
// error cancels ctx for the calls that run, keeps others from beginning, and is
// returned as a [*RangeError] of the one element, with nil results; ErrStop gives
// the results so far, zero where f has not run, and no error. What ForContext says
// of ctx and of panics holds here.
func Map[T, R any](ctx context.Context, l Loop, in []T, f func(context.Context, T) (R, error)) ([]R, error) {
	out := make([]R, len(in))
	if l.Schedule = l.Schedule.resolve(); l.Schedule == Auto {
		l.Schedule = Dynamic(1)
	}
	err := l.ForContext(ctx, len(in), func(ctx context.Context, lo, hi int) error {
		for i := lo; i < hi; i++ {
			if i > lo && ctx.Err() != nil {
				return ctx.Err()
			}
			r, err := f(ctx, in[i])
			if err != nil {
				return located{&RangeError{Lo: i, Hi: i + 1, Err: err}}
			}
			out[i] = r
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// located is an error whose range is known better than that of its chunk.
type located struct{ *RangeError }
