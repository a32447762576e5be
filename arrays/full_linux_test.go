package arrays

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"golang.org/x/sys/unix"
)

// A small file system in memory, where root may mount one, is full before the mapping is
// written.
func TestFullFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("mount: ", err)
	}
	defer unix.Unmount(dir, 0)
	path := filepath.Join(dir, "a.npy")
	if err := SaveVector(path, []float64{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := Create[float64](path, kernels.RowMajor, 100, 100); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("Create: %v", err)
	}
	if err := Save(path, kernels.NewRowMajor(100, 100, make([]float64, 1e4))); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("Save: %v", err)
	}
	checkOnlyOne(t, dir)
}
