package memo

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// lock takes the lock of the file path, which the end of the process frees, however it ends.
// While somebody else has it, it asks again and again, so that ctx can end the wait.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	const longest = 20 * time.Millisecond
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, longest) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if os.IsNotExist(err) { // somebody has removed the whole directory
			if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		got, err := tryLock(f)
		if got && same(f, path) {
			return func() {
				removeLocked(f, path)
				f.Close()
			}, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// same reports whether path still is the file f: who has the lock removes the file, and who
// then gets a lock of what was removed has nothing.
func same(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}
