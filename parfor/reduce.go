package parfor

// Reductions whose result does not depend on the number of threads.

// reduceChunks is how many partial results a reduction makes at most: enough to
// balance uneven work on any common machine, few enough to merge in no time.
const reduceChunks = 256

// Reduce calls partial on consecutive ranges that cover [0, n), in parallel, and
// merges the results from left to right: merge(merge(p0, p1), p2) and so on. The
// ranges depend on n alone and the order of merging is fixed, so floating-point
// results have the same bits with any number of threads and any schedule, which
// OpenMP's reduction does not promise. n = 0 gives the zero T. The schedule of l
// hands out the ranges; l.Grain counts iterations. It panics if n is negative.
// Cost: min(n, 256) partial results of memory.
func Reduce[T any](l Loop, n int, partial func(lo, hi int) T, merge func(a, b T) T) T {
	if n < 0 {
		panic("parfor: Reduce: negative n")
	}
	var zero T
	if n == 0 {
		return zero
	}
	parts := make([]T, min(n, reduceChunks))
	if n < l.Grain {
		l.Threads = 1
	}
	l.Grain = 0
	if l.Schedule == Auto {
		l.Schedule = Dynamic(1)
	}
	l.For(len(parts), func(lo, hi int) {
		for k := lo; k < hi; k++ {
			parts[k] = partial(share(n, len(parts), k))
		}
	})
	sum := parts[0]
	for _, p := range parts[1:] {
		sum = merge(sum, p)
	}
	return sum
}
