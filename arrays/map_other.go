//go:build !unix

package arrays

import (
	"io"
	"os"
)

// A mapping is, where the system has none that this package knows, a copy of the first bytes
// of a file, which is written back.
type mapping struct {
	bytes []byte
	file  *os.File // what is written back to, or nil
}

func mapFile(f *os.File, n int, mode Mode) (*mapping, error) {
	m := &mapping{bytes: make([]byte, n)}
	if _, err := f.ReadAt(m.bytes, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if mode == ReadWrite {
		m.file = f
	}
	return m, nil
}

func (m *mapping) flush() error {
	if m.file == nil {
		return nil
	}
	if _, err := m.file.WriteAt(m.bytes, 0); err != nil {
		return err
	}
	return m.file.Sync()
}

func (m *mapping) close() error {
	if m.file == nil {
		return nil
	}
	_, err := m.file.WriteAt(m.bytes, 0)
	return err
}
