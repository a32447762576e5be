package arrays

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve makes f n bytes long and finds room for all of them now, so that a full disk is an
// error here and no fault where the mapping is written.
func reserve(f *os.File, n int64) error {
	err := unix.EINTR
	for err == unix.EINTR {
		err = toErrno(unix.Fallocate(int(f.Fd()), 0, 0, n))
	}
	switch {
	case err == 0:
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		return zeros(f, n)
	}
	return os.NewSyscallError("fallocate", err)
}

func toErrno(err error) unix.Errno {
	if err == nil {
		return 0
	}
	return err.(unix.Errno)
}
