// A contender's process: started once, fed requests, stopped at the end. Whatever
// goes wrong in it (it is missing, it crashes, it hangs) becomes an error that
// says so; it never ends the benchmark.

package suite

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits on how long a process may be silent. Starting includes importing
// scikit-learn from a cold disk.
const (
	startLimit = 2 * time.Minute
	runLimit   = 5 * time.Minute
	stopLimit  = 2 * time.Second
)

// A program is how to start a contender. Programs with the same key share one
// process for the length of a workload.
type program struct {
	key  string
	args []string
	env  []string // beside the benchmark's own environment
	// reason tells, where args is empty, why the program cannot be had.
	reason string
}

type process struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	lines    chan []byte // closed when the process closes its output
	stderr   *tail
	versions map[string]string
}

// start runs p and waits for its hello.
func start(ctx context.Context, p program) (*process, error) {
	if len(p.args) == 0 {
		return nil, errors.New(p.reason)
	}
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.WaitDelay = stopLimit
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	proc := &process{cmd: cmd, stdin: stdin, lines: make(chan []byte, 1), stderr: &tail{}}
	cmd.Stderr = proc.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go proc.read(stdout)
	var h hello
	err = proc.receive(ctx, startLimit, &h)
	if err == nil && h.Error != "" {
		err = errors.New(h.Error)
	}
	if err == nil && h.Hello == nil {
		err = errors.New("it does not speak the benchmark's protocol: no hello")
	}
	if err != nil {
		proc.stop()
		return nil, err
	}
	proc.versions = h.Hello.Versions
	return proc, nil
}

func (p *process) read(stdout io.Reader) {
	defer close(p.lines)
	r := bufio.NewReader(stdout)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		p.lines <- line
	}
}

// do sends a request and waits for its reply.
func (p *process) do(ctx context.Context, r request) (reply, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return reply{}, err
	}
	if _, err := p.stdin.Write(append(line, '\n')); err != nil {
		return reply{}, p.died()
	}
	var answer reply
	if err := p.receive(ctx, runLimit, &answer); err != nil {
		return reply{}, err
	}
	if answer.Error != "" {
		return reply{}, errors.New(answer.Error)
	}
	return answer, nil
}

// receive decodes the next line into v.
func (p *process) receive(ctx context.Context, limit time.Duration, v any) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		p.kill()
		return fmt.Errorf("no answer in %v", limit)
	case line, ok := <-p.lines:
		if !ok {
			return p.died()
		}
		if err := json.Unmarshal(line, v); err != nil {
			return fmt.Errorf("answer not understood: %q: %w", line, err)
		}
		return nil
	}
}

// died returns how the process ended and the last that it said.
func (p *process) died() error {
	err := p.cmd.Wait()
	words := "the process ended by itself"
	if err != nil {
		words = "the process ended: " + err.Error()
	}
	if said := p.stderr.last(); said != "" {
		words += ": " + said
	}
	return errors.New(words)
}

// ownGroup puts the process into a group of its own, so that pools of worker
// processes end with it, and an interrupt at the terminal reaches the benchmark
// alone, which then ends everything in order.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// id is that of the process, and of the group of all that it starts.
func (p *process) id() int { return p.cmd.Process.Pid }

// kill ends the process and its whole group.
func (p *process) kill() { syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// stop ends the process: by closing its input, which is how it is asked to, and
// by force where it does not listen.
func (p *process) stop() {
	p.stdin.Close()
	timer := time.AfterFunc(stopLimit, p.kill)
	for range p.lines {
	}
	p.cmd.Wait()
	timer.Stop()
	p.kill() // what it may have started
}

// tail keeps the end of what a process writes to its standard error.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 8192

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if extra := len(t.buf) - tailSize; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(b), nil
}

// last returns the last line that is not empty.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
