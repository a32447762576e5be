package suite

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shell is a contender played by a shell script.
func shell(script string) program { return program{key: script, args: []string{"sh", "-c", script}} }

const sayHello = `echo '{"hello":{"versions":{"sh":"1"}}}'; `

func TestStart(t *testing.T) {
	for _, c := range []struct {
		name    string
		program program
		want    string // in the error; empty for none
	}{
		{"good", shell(sayHello + "cat"), ""},
		{"without arguments", program{reason: "no Python"}, "no Python"},
		{"not there", program{args: []string{"/nonexistent/python"}}, "no such file"},
		{"complaining", shell(`echo '{"error":"no numpy"}'`), "no numpy"},
		{"crashing", shell("echo boom >&2; exit 3"), "exit status 3: boom"},
		{"silent", shell("true"), "ended by itself"},
		{"babbling", shell("echo hi there"), "not understood"},
		{"of another tongue", shell("echo '{}'"), "no hello"},
	} {
		p, err := start(context.Background(), c.program)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("a program that is %s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("a program that is %s: error %v, want %q in it", c.name, err, c.want)
		}
		if p != nil {
			p.stop()
		}
	}
}

func TestDo(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{sayHello + `read l; echo '{"seconds":2,"info":{"epochs":7}}'`, ""},
		{sayHello + `read l; echo '{"error":"bad request"}'`, "bad request"},
		{sayHello + `read l; echo "out of memory" >&2; kill -9 $$`, "killed: out of memory"},
		{sayHello + `read l; echo nonsense`, "not understood"},
	} {
		p, err := start(context.Background(), shell(c.script))
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.do(context.Background(), request{Task: "x"})
		switch {
		case c.want == "" && (err != nil || r.Seconds != 2 || r.Info["epochs"] != 7):
			t.Errorf("%s: reply %+v, error %v", c.script, r, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want %q in it", c.script, err, c.want)
		}
		p.stop()
	}
}

// A process that hangs must end with the context, and what it started with it.
func TestHang(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	p, err := start(context.Background(), shell(sayHello+"sleep 1000 & sleep 1000"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.do(ctx, request{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want deadline exceeded", err)
	}
	p.kill()
	p.stop()
}

// All that can happen to a contender, in one workload: only right answers get a
// time, and nobody's failure is another's.
func TestMeasure(t *testing.T) {
	self := goPeer("")
	say := func(v float64) map[string]float64 { return map[string]float64{"say": v} }
	another := func(key string) program { p := self; p.key = key; return p }
	w := &workload{
		name: "played", unit: "thing", units: 1,
		check: func(got []float64, _ map[string]float64) error { return checkEqual(got, []float64{1}) },
		contenders: []contender{
			{who: "right", program: self, task: "test_answer", threads: 1, base: true},
			{who: "lying", program: self, task: "test_answer", threads: 1, params: say(2)},
			{who: "crashing", program: another("crash"), task: "test_crash", threads: 1},
			{who: "refusing", program: self, task: "test_error", threads: 1},
			{who: "unknown", program: self, task: "no such task", threads: 1},
			{who: "missing", program: program{key: "none", reason: "not to be had"}, threads: 1},
			{who: "lazy", program: shell(sayHello + `while read l; do echo '{"seconds":1}'; done`), threads: 1},
			{who: "serial", program: self, task: "test_answer", threads: 1, serial: true},
		},
	}
	tm := timing{reps: 3, fewest: 1, budget: time.Second, minSample: time.Millisecond}
	m := measure(context.Background(), w, tm, t.TempDir(), newProgress(io.Discard, 1))
	rows, peers := m.rows, m.peers
	want := map[string]struct{ status, reason string }{
		"right":    {ok, ""},
		"lying":    {wrong, "is 2, want 1"},
		"crashing": {failed, "exit status 3: it all went wrong"},
		"refusing": {failed, "not today"},
		"unknown":  {failed, "no task"},
		"missing":  {missing, "not to be had"},
		"lazy":     {failed, "answer.npy"}, // it claims a time but leaves no answer
		"serial":   {ok, ""},
	}
	for _, r := range rows {
		x := want[r.Who]
		if r.Status != x.status || !strings.Contains(r.Reason, x.reason) {
			t.Errorf("%s: %s %q, want %s %q", r.Who, r.Status, r.Reason, x.status, x.reason)
		}
		samples := 0
		if x.status == ok {
			samples = tm.reps
		}
		if len(r.Samples) != samples {
			t.Errorf("%s: %d samples, want %d", r.Who, len(r.Samples), samples)
		}
		if x.status == ok && r.Inner < 2 {
			t.Errorf("%s: a run of a microsecond was not repeated inside the timing", r.Who)
		}
	}
	if peers["none"].Missing != "not to be had" || peers["nogil"].Versions["Go"] == "" {
		t.Errorf("peers noted as %+v", peers)
	}
}

// An answer that turns wrong after the warm-up takes the times with it.
func TestWrongLater(t *testing.T) {
	asked := 0
	w := &workload{
		check: func([]float64, map[string]float64) error {
			if asked++; asked > 3 {
				return errors.New("no longer right")
			}
			return nil
		},
		contenders: []contender{{who: "turning", program: goPeer(""), task: "test_answer", threads: 1}},
	}
	m := measure(context.Background(), w, timing{reps: 5, fewest: 1, budget: time.Second}, t.TempDir(), newProgress(io.Discard, 1))
	if r := m.rows[0]; r.Status != wrong || len(r.Samples) != 0 {
		t.Errorf("status %s with samples %v, want wrong with none", r.Status, r.Samples)
	}
}

// Slow contenders run less often, and never less than the fewest.
func TestBudget(t *testing.T) {
	slow := shell(sayHello + `while read l; do cp "$ANSWER" "$DIR/answer.npy"; echo '{"seconds":3}'; done`)
	dir := t.TempDir()
	answer := filepath.Join(t.TempDir(), "one.npy")
	if err := saveVector(answer, []float64{1}); err != nil {
		t.Fatal(err)
	}
	slow.env = []string{"ANSWER=" + answer, "DIR=" + dir}
	w := &workload{
		check:      func([]float64, map[string]float64) error { return nil },
		contenders: []contender{{who: "slow", program: slow, threads: 1}},
	}
	for _, c := range []struct {
		budget time.Duration
		want   int
	}{{time.Second, 2}, {10 * time.Second, 3}, {time.Minute, 5}} {
		m := measure(context.Background(), w, timing{reps: 5, fewest: 2, budget: c.budget}, dir, newProgress(io.Discard, 1))
		if got := len(m.rows[0].Samples); got != c.want {
			t.Errorf("a run of 3 s within %v: %d samples, want %d (%s)", c.budget, got, c.want, m.rows[0].Reason)
		}
	}
}

// A directory whose run has died is removed; one in use is left alone.
func TestSweep(t *testing.T) {
	place := t.TempDir()
	used, dead := &scratch{}, filepath.Join(place, scratchPrefix+"dead")
	if err := used.add(place); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "lock"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	sweep(place)
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead run's directory is still there (%v)", err)
	}
	if _, err := os.Stat(used.dirs[0]); err != nil {
		t.Errorf("the living run's directory is gone: %v", err)
	}
	used.remove()
	if _, err := os.Stat(used.dirs[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("remove leaves its directory (%v)", err)
	}
}
