// Package readlimit reads memory as fast as the machine can, which is the limit
// that kernels bound by memory are held against: [Sum] does nothing else.
package readlimit

import "sync"

// Sum returns the sum of the words of a, wrapping, read by the given number of
// goroutines, each of which reads one contiguous part. It does not use parfor, so
// that the yardstick does not depend on what it measures.
func Sum(a []uint64, threads int) uint64 {
	sums := make([]uint64, threads)
	var wg sync.WaitGroup
	for t := range threads {
		wg.Go(func() { sums[t] = read(a[len(a)*t/threads : len(a)*(t+1)/threads]) })
	}
	wg.Wait()
	sum := uint64(0)
	for _, s := range sums {
		sum += s
	}
	return sum
}

// readGo is read_words of read.c in Go, with one stream.
func readGo(a []uint64) uint64 {
	var s [8]uint64
	for len(a) >= 8 {
		b := a[:8:8]
		s[0] += b[0]
		s[1] += b[1]
		s[2] += b[2]
		s[3] += b[3]
		s[4] += b[4]
		s[5] += b[5]
		s[6] += b[6]
		s[7] += b[7]
		a = a[8:]
	}
	for _, w := range a {
		s[0] += w
	}
	return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7]
}
