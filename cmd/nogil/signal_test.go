//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInterrupted: Ctrl-C ends what would take hours, with status 130 and a line that says so.
func TestInterrupted(t *testing.T) {
	var errs bytes.Buffer
	c := nogil(t.Context(), "divisors", "1000000000000..9000000000000")
	c.Stderr = &errs
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "1000000000000 169\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, lines)
	c.Wait()
	if c.ProcessState.ExitCode() != statusInterrupted || !strings.HasSuffix(errs.String(), "nogil: interrupted\n") {
		t.Errorf("status %d, %q", c.ProcessState.ExitCode(), errs.String())
	}
}

// TestInterruptedCV: Ctrl-C keeps the cells that are done, and the same command goes on from them to
// the result, to the last digit, of one that was not interrupted.
func TestInterruptedCV(t *testing.T) {
	data, kept := writeProblem(t, 300, 120), filepath.Join(t.TempDir(), "cv.checkpoint")
	args := []string{"enet", "cv", data, "--target", "y", "--json", "--tol", "1e-10", "--l1-ratio", ".1,.5,1", "--folds", "10", "--num-alphas", "20"}
	want := must(t, args...)
	args = append(args, "--checkpoint", kept)
	var errs bytes.Buffer
	c := nogil(t.Context(), args...)
	c.Env, c.Stderr = append(c.Env, interruptAt+"=5"), &errs
	c.Run()
	if c.ProcessState.ExitCode() != statusInterrupted || !strings.Contains(errs.String(), "what is done is kept in "+kept) {
		t.Errorf("status %d, %q", c.ProcessState.ExitCode(), errs.String())
	}
	part, err := os.Stat(kept)
	if err != nil {
		t.Fatal(err)
	}
	r := runNogil(t, args...)
	if r.status != 0 || secondsLine.ReplaceAllString(r.out, "") != secondsLine.ReplaceAllString(want, "") {
		t.Errorf("status %d, other digits: %.400s, %s", r.status, r.out, r.err)
	}
	if all, err := os.Stat(kept); err != nil || all.Size() <= part.Size() {
		t.Errorf("%v: nothing was left to do", err)
	}
}
