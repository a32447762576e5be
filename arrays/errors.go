package arrays

import (
	"errors"
	"fmt"
)

// What is wrong with a file. Every error of this package that is about a file names it and,
// where one byte is to blame, that byte, and wraps one of these or the operating system's.
var (
	ErrFormat    = errors.New("not an array file of NumPy's")      // wrong magic, version or header
	ErrType      = errors.New("element type not taken")            // objects, structures, or not the one asked for
	ErrShape     = errors.New("shape not taken")                   // too many dimensions, or a size beyond all memory
	ErrTruncated = errors.New("file shorter than its header says") // it was cut, or shrank while it was read
	ErrEmpty     = errors.New("no rows")                           // minimum of nothing
)

// fault is an error about one byte of a file.
func fault(path string, at int64, sentinel error, format string, args ...any) error {
	return fmt.Errorf("arrays: %s: byte %d: %s: %w", path, at, fmt.Sprintf(format, args...), sentinel)
}
