//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package linear

import (
	"errors"
	"os"
	"syscall"
)

// lockFile makes f this process's alone until it is closed or the process ends, or returns an
// error where it is another's. A file system without locks has none.
func lockFile(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return err
	}
	return nil
}
