//go:build darwin || linux

package arrays

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

const roleVariable = "NOGIL_ARRAYS_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		os.Exit(fullDiskRole(os.Args[1]))
	}
	os.Exit(m.Run())
}

// fullDiskRole writes where there is no room: RLIMIT_FSIZE makes writes fail as a full disk
// does.
func fullDiskRole(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	path := filepath.Join(dir, "a.npy")
	if err := SaveVector(path, []float64{1}); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100000, Max: 100000}); err != nil {
		fmt.Println(err)
		return 1
	}
	_, created := Create[float64](path, kernels.RowMajor, 1000, 1000)
	for _, err := range []error{Save(path, kernels.NewRowMajor(1000, 1000, make([]float64, 1e6))), created} {
		if !errors.Is(err, syscall.EFBIG) {
			fmt.Println("error:", err)
			return 1
		}
	}
	return 0
}

// Where there is no room, what was there before stays, and nothing is left beside it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), roleVariable+"=full disk")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkOnlyOne(t, dir)
}

func checkOnlyOne(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "a.npy" {
		t.Errorf("left: %v, %v", left, err)
	}
	if m, err := Load[float64](filepath.Join(dir, "a.npy")); err != nil || m.Rows != 1 {
		t.Errorf("what was there is %v, %v", m, err)
	}
}
