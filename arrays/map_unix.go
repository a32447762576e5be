//go:build unix

package arrays

import (
	"os"

	"golang.org/x/sys/unix"
)

// A mapping is the first bytes of a file as memory.
type mapping struct{ bytes []byte }

// mapFile maps the first n > 0 bytes of f.
func mapFile(f *os.File, n int, mode Mode) (*mapping, error) {
	prot, flags := unix.PROT_READ, unix.MAP_SHARED
	if mode != ReadOnly {
		prot |= unix.PROT_WRITE
	}
	if mode == CopyOnWrite {
		flags = unix.MAP_PRIVATE
	}
	b, err := unix.Mmap(int(f.Fd()), 0, n, prot, flags)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return &mapping{b}, nil
}

// flush waits until what was written through the mapping is on the disk.
func (m *mapping) flush() error {
	return os.NewSyscallError("msync", unix.Msync(m.bytes, unix.MS_SYNC))
}

func (m *mapping) close() error { return os.NewSyscallError("munmap", unix.Munmap(m.bytes)) }
