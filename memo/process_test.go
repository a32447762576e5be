//go:build darwin || linux

package memo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roleVariable makes the test binary one of the processes of the tests below.
const roleVariable = "NOGIL_MEMO_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "compute":
		os.Exit(computeRole(os.Args[1], 20*time.Millisecond))
	case "hang":
		os.Exit(computeRole(os.Args[1], time.Hour))
	case "full disk":
		os.Exit(fullDiskRole(os.Args[1]))
	}
}

// play starts this binary in a role on the cache dir.
func play(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// computeRole asks for one result, and notes in a file that it computes it.
func computeRole(dir string, takes time.Duration) int {
	c, err := Open(dir, Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	f := Func(c, "shared", "1", func(context.Context, int) ([]float64, error) {
		log, err := os.OpenFile(filepath.Join(dir, "computed"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(log, os.Getpid())
		log.Close()
		time.Sleep(takes)
		return make([]float64, 1000), nil
	})
	if got, err := f(context.Background(), 1); err != nil || len(got) != 1000 {
		fmt.Fprintln(os.Stderr, len(got), err)
		return 1
	}
	return 0
}

// Of many processes one computes, and the others wait for it.
func TestProcesses(t *testing.T) {
	dir := t.TempDir()
	var all []*exec.Cmd
	for range 6 {
		cmd := play(t, "compute", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "computed")); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("computed by %q, %v", b, err)
	}
}

// A process that is killed while it computes holds nobody up.
func TestKilledProcess(t *testing.T) {
	dir := t.TempDir()
	cmd := play(t, "hang", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for { // until it computes
		if _, err := os.Stat(filepath.Join(dir, "computed")); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.AfterFunc(20*time.Millisecond, func() { cmd.Process.Kill() })
	if err := play(t, "compute", dir).Run(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the killed process ended well")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "computed")); err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("computed by %q, %v", b, err)
	}
}

// fullDiskRole computes a result for which there is no room: RLIMIT_FSIZE makes writes fail as
// a full disk does.
func fullDiskRole(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	c, err := Open(dir, Options{})
	if err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	f := Func(c, "large", "1", func(context.Context, int) ([]float64, error) { return make([]float64, 1000), nil })
	for range 2 {
		if got, err := f(context.Background(), 1); err != nil || len(got) != 1000 {
			fmt.Fprintln(os.Stderr, len(got), err)
			return 1
		}
	}
	if s := c.Stats(); s != (Stats{Misses: 2, Failed: 2}) {
		fmt.Fprintf(os.Stderr, "%+v\n", s)
		return 1
	}
	return 0
}

// Where there is no room, the result is returned all the same, and nothing is left half written.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := play(t, "full disk", dir)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if !strings.Contains(log.String(), "result not kept") {
		t.Errorf("said %q", log.String())
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = errors.New(path)
		}
		return err
	})
	if err != nil {
		t.Errorf("left: %v", err)
	}
}
