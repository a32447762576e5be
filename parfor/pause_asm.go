//go:build amd64 || arm64

package parfor

// pause tells the core n > 0 times that the caller is waiting in a loop, which
// frees it for its sibling thread and keeps the memory bus quiet.
//
//go:noescape
func pause(n uint32)
