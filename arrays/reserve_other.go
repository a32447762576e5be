//go:build !linux

package arrays

import "os"

// reserve makes f n bytes long and finds room for all of them now, so that a full disk is an
// error here and no fault where the mapping is written.
func reserve(f *os.File, n int64) error { return zeros(f, n) }
