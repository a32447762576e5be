package parfor

// How many threads a loop gets.

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// maxThreads bounds the team, so that a mistyped thread count cannot exhaust
// the machine.
const maxThreads = 1 << 14

// NumThreads is how many threads l resolves to now, at least 1: a loop uses at
// most that many. It panics if NOGIL_NUM_THREADS decides and is malformed.
func (l Loop) NumThreads() int { return l.threads(runtime.GOMAXPROCS(0)) }

// threads is NumThreads for the given GOMAXPROCS, which costs a lock to read.
func (l Loop) threads(cores int) int {
	t := l.Threads
	if t == 0 {
		t = defaultThreads(cores)
	}
	if t < 0 {
		t = max(cores+1+t, 1)
	}
	return min(t, maxThreads)
}

// defaultThreads is what Threads = 0 means. The variables are looked up each
// time, which costs 20 ns each, because programs set them at run time as they
// call omp_set_num_threads.
func defaultThreads(cores int) int {
	if v := os.Getenv("NOGIL_NUM_THREADS"); v != "" {
		t, err := strconv.Atoi(v)
		if err != nil || t == 0 {
			panic("parfor: NOGIL_NUM_THREADS: not a nonzero integer: " + strconv.Quote(v))
		}
		return t
	}
	if v := os.Getenv("OMP_NUM_THREADS"); v != "" {
		// OpenMP allows one count for each level of nesting; the first is ours.
		first, _, _ := strings.Cut(v, ",")
		if t, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && t > 0 {
			return t
		}
	}
	return cores
}
