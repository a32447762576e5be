//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package memo

import "os"

// tryLock has nothing to ask here: only the goroutines of one process wait for each other.
func tryLock(*os.File) (got bool, err error) { return true, nil }

func removeLocked(*os.File, string) {}
