//go:build cgo && race

package csrc

// The race detector does not look into C, and gcc takes half the time at -O1. The last -O
// counts: go sorts by file name.

/*
#cgo CFLAGS: -O1
*/
import "C"
