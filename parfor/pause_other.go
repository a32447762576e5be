//go:build !amd64 && !arm64

package parfor

// pause stands in for the instruction that this architecture lacks.
//
//go:noinline
func pause(n uint32) {}
