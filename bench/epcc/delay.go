package main

// Bodies that pass a known time, as EPCC's delay does, and how a test is timed.

import "time"

var sink float32

// delay adds length floats one after the other.
//
//go:noinline
func delay(length int) float32 {
	a := float32(0)
	for i := range length {
		a += float32(i)
	}
	return a
}

// calibrate returns the length that takes ns nanoseconds.
func calibrate(ns float64) int {
	best := time.Hour
	for range 50 {
		start := time.Now()
		sink = delay(100000)
		best = min(best, time.Since(start))
	}
	return int(ns/float64(best.Nanoseconds())*100000 + 0.5)
}

// measure repeats test until it takes a millisecond, as EPCC does, and returns
// the nanoseconds of one.
func measure(test func(inner int)) float64 {
	for inner := 16; ; inner *= 2 {
		start := time.Now()
		test(inner)
		if t := time.Since(start); t > time.Millisecond {
			return float64(t.Nanoseconds()) / float64(inner)
		}
	}
}
