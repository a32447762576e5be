//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
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
