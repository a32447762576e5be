//go:build !cgo

package limits

import "github.com/nogil-go/nogil/bench/readlimit"

// Without C the limits are those of plain Go, and a call is one of Go's.

func flops(_, rounds int, sink []float64) float64 {
	a, b := sink[0], sink[1]
	s := [4]float64{a, a + 1, a + 2, a + 3}
	for range 4 * rounds {
		s[0], s[1], s[2], s[3] = s[0]*a+b, s[1]*a+b, s[2]*a+b, s[3]*a+b
	}
	sink[2] = s[0] + s[1] + s[2] + s[3]
	return 2 * 4 * 4 * float64(rounds)
}

func read(_ int, a []uint64, rounds int) uint64 {
	sum := uint64(0)
	for range rounds {
		sum += readlimit.Sum(a, 1)
	}
	return sum
}

//go:noinline
func nothing() {}
