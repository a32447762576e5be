//go:build !linux

package suite

// processClock is not known here.
func processClock(int) (seconds float64, ok bool) { return 0, false }
