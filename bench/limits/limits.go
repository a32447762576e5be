// Package limits measures what the machine can do at best: read each cache and the
// memory, multiply and add, call C, wake a goroutine. Kernels are held against these.
package limits

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nogil-go/nogil/bench/readlimit"
)

// Levels of instruction sets, as limits.h numbers them.
const (
	Portable = iota
	AVX2
	AVX512
)

// Flops returns double-precision operations a second on the given number of threads, a
// fused multiply-add being two, measured for about the given time.
func Flops(level, threads int, during time.Duration) float64 {
	return perSecond(threads, during, func(int) func(rounds int) float64 {
		sink := []float64{1 - 1e-9, 1e-9, 0}
		return func(rounds int) float64 { return flops(level, 1000*rounds, sink) }
	})
}

// Read returns bytes a second of threads that each read a block of their own of the given
// size, over and over. Blocks past the caches are read as readlimit does, four streams
// at a time.
func Read(level, threads, size int, during time.Duration, cached bool) float64 {
	words := max(size/8/64, 1) * 64
	return perSecond(threads, during, func(int) func(rounds int) float64 {
		block := make([]uint64, words)
		for i := range block {
			block[i] = uint64(i)
		}
		return func(rounds int) float64 {
			if cached {
				read(level, block, rounds)
			} else {
				for range rounds {
					readlimit.Sum(block, 1)
				}
			}
			return float64(8 * words * rounds)
		}
	})
}

// perSecond runs a loop on each thread until a run of all takes the given time, and
// returns what they did a second.
func perSecond(threads int, during time.Duration, prepare func(thread int) func(rounds int) float64) float64 {
	loops := make([]func(int) float64, threads)
	for t := range loops {
		loops[t] = prepare(t)
	}
	for rounds := 1; ; {
		done := make([]float64, threads)
		var wg sync.WaitGroup
		start := time.Now()
		for t := range loops {
			wg.Go(func() { done[t] = loops[t](rounds) })
		}
		wg.Wait()
		took := time.Since(start)
		if took >= during/2 {
			total := 0.0
			for _, d := range done {
				total += d
			}
			return total / took.Seconds()
		}
		rounds *= int(min(max(1.2*during.Seconds()/max(took.Seconds(), 1e-9), 2), 100))
	}
}

// Call returns the seconds of a call into C.
func Call() float64 {
	const calls = 100_000
	start := time.Now()
	for range calls {
		nothing()
	}
	return time.Since(start).Seconds() / calls
}

// Wake returns the seconds from waking a parked goroutine until it runs on another
// processor, at the median of some times. The waker stays busy meanwhile, as the caller
// of a parallel loop does.
func Wake() float64 {
	const times = 21
	wake, done := make(chan struct{}), atomic.Int64{}
	var began time.Time
	go func() {
		for range wake {
			done.Store(int64(time.Since(began)))
		}
	}()
	defer close(wake)
	var took []float64
	for range times {
		time.Sleep(200 * time.Microsecond) // until it and its thread sleep
		done.Store(0)
		began = time.Now()
		wake <- struct{}{}
		for done.Load() == 0 {
			if runtime.GOMAXPROCS(0) == 1 {
				runtime.Gosched()
			}
		}
		took = append(took, float64(done.Load())*1e-9)
	}
	slices.Sort(took)
	return took[times/2]
}
