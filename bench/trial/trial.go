// Package trial counts divisors by trial division in C, as the article on
// parallel scipy.weave did. The benchmark runs this loop under parfor and the same
// source under OpenMP, so that the two loop runtimes are compared and nothing
// else. [Sum] does in C, or in Go where cgo is off, what the comment says:
//
//	for v in values: if 1 ≤ v ≤ atMost: sum += number of k with k | v
//
// It costs √v divisions a value; package kernels has the far faster way. Values
// up to atMost must be below 2^31.
package trial

import (
	"math"

	"github.com/nogil-go/nogil/parfor"
)

// chunk is how many values a thread takes at a time at least: about a
// millisecond of divisions.
const chunk = 1024

// Sum returns the number of divisors of all values in [1, atMost], with the
// values split by parfor as OpenMP's guided schedule splits them.
func Sum(l parfor.Loop, values []int64, atMost int64) int64 {
	if atMost > math.MaxInt32 {
		panic("trial: Sum: atMost ≥ 2^31")
	}
	l.Schedule = parfor.Guided(chunk)
	partial := make([]padded, l.NumThreads())
	l.ForThread(len(values), func(thread, lo, hi int) {
		partial[thread].sum += sum(values[lo:hi], atMost)
	})
	total := int64(0)
	for i := range partial {
		total += partial[i].sum
	}
	return total
}

// Part is Sum without threads, for loops of others.
func Part(values []int64, atMost int64) int64 {
	if atMost > math.MaxInt32 {
		panic("trial: Part: atMost ≥ 2^31")
	}
	return sum(values, atMost)
}

// padded keeps the sums of two threads out of each other's cache lines.
type padded struct {
	sum int64
	_   [120]byte
}

// sumGo is trial_sum of trial.c in Go.
func sumGo(values []int64, atMost int64) int64 {
	sum := int64(0)
	for _, v := range values {
		if v >= 1 && v <= atMost {
			sum += divisors(uint32(v))
		}
	}
	return sum
}

func divisors(v uint32) int64 {
	count, k := int64(0), uint32(1)
	for ; k*k < v; k++ {
		if v%k == 0 {
			count += 2
		}
	}
	if k*k == v {
		count++
	}
	return count
}
