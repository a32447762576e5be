// Where the data lies while the benchmark runs: in shared memory (/dev/shm) where
// that has room, else in the directory for temporary files. Everything in it is
// removed at the end; what a killed run left behind, by the next run.

package suite

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

const scratchPrefix = "nogil-bench-"

// A scratch is a directory in each of the places that data may lie in, best first.
type scratch struct {
	dirs  []string
	locks []*os.File
}

func newScratch() (*scratch, error) {
	s := &scratch{}
	for _, place := range []string{"/dev/shm", os.TempDir()} {
		if err := s.add(place); err != nil && place != "/dev/shm" {
			s.remove()
			return nil, err
		}
	}
	return s, nil
}

// add makes a directory in place. It holds a lock as long as this process lives,
// which is how another run knows that the directory is in use.
func (s *scratch) add(place string) error {
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: no directory", place)
	}
	sweep(place)
	dir, err := os.MkdirTemp(place, scratchPrefix)
	if err != nil {
		return err
	}
	s.dirs = append(s.dirs, dir)
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	s.locks = append(s.locks, lock)
	return unix.Flock(int(lock.Fd()), unix.LOCK_EX)
}

// sweep removes the directories in place whose lock nobody holds.
func sweep(place string) {
	old, _ := filepath.Glob(filepath.Join(place, scratchPrefix+"*"))
	for _, dir := range old {
		lock, err := os.Open(filepath.Join(dir, "lock"))
		if err != nil {
			continue // another's, or being made just now
		}
		if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}

func (s *scratch) remove() {
	for _, dir := range s.dirs {
		os.RemoveAll(dir)
	}
	for _, lock := range s.locks {
		lock.Close()
	}
}

// errNoRoom says that neither place can take an array.
var errNoRoom = errors.New("no room")

// path returns the name of a new file of about the given size, in the first place
// that has room for it.
func (s *scratch) path(name string, size int) (string, error) {
	for _, dir := range s.dirs {
		if int64(size) <= room(dir) {
			return filepath.Join(dir, name), nil
		}
	}
	return "", fmt.Errorf("%w for %s of %d MB in %v", errNoRoom, name, size>>20, s.dirs)
}

// room returns how many bytes the best place can take.
func (s *scratch) room() int64 {
	most := int64(0)
	for _, dir := range s.dirs {
		most = max(most, room(dir))
	}
	return most
}

// floats makes an array of zeros in the scratch.
func (s *scratch) floats(name string, fortran bool, shape ...int) (*array, error) {
	path, err := s.path(name, 8*product(shape)+headerSize)
	if err != nil {
		return nil, err
	}
	return createArray(path, float64Type, fortran, shape...)
}

// drop lets go of an array that floats made.
func (s *scratch) drop(a *array) {
	a.close()
	os.Remove(a.path)
}

// room returns what dir's file system can take without starving the programs that
// work on it: nine tenths of its free space, and three quarters of the memory that
// is available, because the data must stay in memory to be worth timing.
func room(dir string) int64 {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0
	}
	free := int64(float64(fs.Bavail) * float64(fs.Bsize) * 0.9)
	return min(free, availableMemory()/4*3)
}

// availableMemory is what the kernel or a control group would still hand out.
func availableMemory() int64 {
	available := int64(math.MaxInt64)
	if kb, ok := meminfo("MemAvailable"); ok {
		available = kb << 10
	}
	if limit, ok := memoryLimit(); ok {
		available = min(available, max(limit-memoryUsed(), 0))
	}
	return available
}

// number reads a file that holds a number and nothing else.
func number(path string) (int64, bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
	return n, err == nil
}

// meminfo reads a line of /proc/meminfo, in kilobytes.
func meminfo(key string) (int64, bool) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) >= 2 && string(f[0]) == key+":" {
			n, err := strconv.ParseInt(string(f[1]), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
