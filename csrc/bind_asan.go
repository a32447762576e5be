//go:build cgo && asan

package csrc

// Under AddressSanitizer gcc takes two minutes for these kernels at -O3, and half a minute
// at -O1, which checks the same loads and stores. The last -O counts: go sorts by file name.

/*
#cgo CFLAGS: -O1
*/
import "C"
