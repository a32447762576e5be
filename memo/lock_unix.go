//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package memo

import (
	"os"

	"golang.org/x/sys/unix"
)

func tryLock(f *os.File) (got bool, err error) {
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
	case nil:
		return true, nil
	case unix.EWOULDBLOCK, unix.EINTR:
		return false, nil
	default:
		return false, os.NewSyscallError("flock", err)
	}
}

// removeLocked removes the file of a lock that is held.
func removeLocked(_ *os.File, path string) { os.Remove(path) }
