package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The test binary is a worker too, when it is started as one; then it knows some
// tasks more, with which contenders are played.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		goTasks["test_answer"] = testAnswer
		goTasks["test_crash"] = func(*goWorker, request) (job, error) {
			fmt.Fprintln(os.Stderr, "it all went wrong")
			os.Exit(3)
			return job{}, nil
		}
		goTasks["test_error"] = func(*goWorker, request) (job, error) { return job{}, errors.New("not today") }
		if err := workerMain(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// testAnswer answers with the number of threads, or with the parameter "say".
func testAnswer(_ *goWorker, r request) (job, error) {
	value := float64(r.Threads)
	if say, given := r.Params["say"]; given {
		value = say
	}
	spin := 0
	return job{
		run:    func() { spin += countUp(1000) },
		answer: func() []float64 { return []float64{value} },
	}, nil
}

// The whole program, small and without peers: every workload of every suite must run,
// every answer must be right, and what is left out must be named.
func TestQuickRun(t *testing.T) {
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel() // most of the time goes into starting processes
			quickRun(t, s)
		})
	}
}

func quickRun(t *testing.T, s suite) {
	out := filepath.Join(t.TempDir(), "results", "out.json")
	var table, progress strings.Builder
	if err := run(context.Background(), s.name, []string{"-quick", "-nopeers", "-threads", "1,2", "-reps", "1", "-out", out}, &table, &progress); err != nil {
		t.Fatal(err)
	}
	report, err := loadReport(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Workloads) != len(s.workloads) {
		t.Errorf("%d workloads in the report, want %d", len(report.Workloads), len(s.workloads))
	}
	for i, w := range report.Workloads {
		if w.Name != s.workloads[i].name || w.Error != "" {
			t.Errorf("workload %d is %s with error %q, want %s", i, w.Name, w.Error, s.workloads[i].name)
		}
		for _, r := range w.Rows {
			ours := r.Base || r.Limit
			if ours && (r.Status != ok || len(r.Samples) == 0 || !(r.Median > 0)) {
				t.Errorf("%s by %s with %d threads: %s %s, samples %v", w.Name, r.Who, r.Threads, r.Status, r.Reason, r.Samples)
			}
			if r.Base && r.Ratio != 1 {
				t.Errorf("%s: the base's ratio is %v", w.Name, r.Ratio)
			}
		}
		if !strings.Contains(table.String(), "\n"+w.Name+": "+w.Shape) {
			t.Errorf("the table lacks %s", w.Name)
		}
		if want := fmt.Sprintf("[%d/%d] %s", i+1, len(s.workloads), w.Name); !strings.Contains(progress.String(), want) {
			t.Errorf("the progress lacks %q", want)
		}
	}
	if !strings.Contains(table.String(), " contenders: "+errNotAsked.Error()) {
		t.Error("the output does not say that peers are missing, and why")
	}
	if m := report.Machine; m.Cores < 1 || m.Go == "" || m.Kernel == "" || m.SIMD == "" || len(m.SIMDLevels) == 0 {
		t.Errorf("machine not described: %+v", m)
	}
}

// Every level that is asked for must have rows, measured by a process at that level.
func TestLevels(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.json")
	args := []string{"-quick", "-nopeers", "-threads", "1", "-run", "^colsum-f$", "-simd", levelNames(), "-out", out}
	if err := run(context.Background(), Articles, args, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	report, err := loadReport(out)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range report.Workloads[0].Rows {
		if r.Base {
			rows = append(rows, r.ISA)
		}
	}
	if got := strings.Join(rows, ","); got != levelNames() {
		t.Errorf("rows of levels %s, want %s", got, levelNames())
	}
	for _, p := range report.Peers {
		if level, named := strings.CutPrefix(p.Program, "nogil "); named && p.Versions["NOGIL_SIMD"] != level {
			t.Errorf("the process of %s ran at %s", level, p.Versions["NOGIL_SIMD"])
		}
	}
}

func TestCommandLine(t *testing.T) {
	if c, err := parse("none", []string{"-suite", Articles}, io.Discard); err != nil || len(c.suites) != 1 || c.suites[0].name != Articles {
		t.Errorf("-suite gives %v and error %v", c.suites, err)
	}
	for _, bad := range [][]string{
		{"-threads", "0"}, {"-threads", "1,x"}, {"-threads", ""}, {"-simd", "mmx"}, {"-run", "("}, {"-reps", "0"}, {"stray"}, {"-what"}, {"-suite", "none"},
	} {
		if _, err := parse(Articles, bad, io.Discard); err == nil {
			t.Errorf("parse(%q) finds nothing wrong", bad)
		}
	}
	c, err := parse(Articles, []string{"-threads", "1, 2,1", "-reps", "5"}, io.Discard)
	if err != nil || !slices.Equal(c.threads, []int{1, 2}) || c.timing.reps != 5 {
		t.Errorf("parse gives threads %v, reps %d, error %v", c.threads, c.timing.reps, err)
	}
	if err := run(context.Background(), Articles, []string{"-nopeers", "-run", "no such thing"}, io.Discard, io.Discard); err == nil {
		t.Error("a -run that matches nothing is no error")
	}
}

// A run that is interrupted says so and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	err := run(ctx, Articles, []string{"-quick", "-nopeers", "-out", filepath.Join(dir, "out.json")}, io.Discard, io.Discard)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("run returns %v, want context canceled", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// A run that is interrupted, or whose time is up, after something was measured reports
// that, and says why there is no more.
func TestKeepsWhatIsDone(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	out := filepath.Join(t.TempDir(), "out.json")
	second := writerFunc(func(b []byte) {
		if strings.Contains(string(b), "[2/2]") {
			cancel(errors.New("Ctrl-C was pressed"))
		}
	})
	var table strings.Builder
	args := []string{"-quick", "-nopeers", "-threads", "1", "-run", "^(small-loop|count)$", "-out", out}
	if err := run(ctx, Articles, args, &table, second); !errors.Is(err, errInterrupted) {
		t.Errorf("run returns %v, want %v", err, errInterrupted)
	}
	report, err := loadReport(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Workloads) != 1 || report.Workloads[0].Name != "small-loop" || report.Ended != "Ctrl-C was pressed" {
		t.Errorf("the report has %d workloads and ended because %q", len(report.Workloads), report.Ended)
	}
	if !strings.HasPrefix(table.String(), "INCOMPLETE: Ctrl-C was pressed") {
		t.Errorf("the table does not say that it is incomplete:\n%s", table.String())
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

// In the middle of a workload the rows that have samples stay, and the others are cut.
func TestKeepsRows(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	runs := 0
	w := &workload{
		check: func([]float64, map[string]float64) error {
			if runs++; runs == 5 { // two warm-ups of each, and the first sample
				cancel()
			}
			return nil
		},
		contenders: []contender{
			{who: "first", program: goPeer(""), task: "test_answer", threads: 1},
			{who: "second", program: goPeer(""), task: "test_answer", threads: 1},
		},
	}
	rows := measure(ctx, w, timing{reps: 5, fewest: 1, budget: time.Second}, t.TempDir(), newProgress(io.Discard, 1)).rows
	if r := rows[0]; r.Status != ok || len(r.Samples) != 1 {
		t.Errorf("the first has status %s and %d samples, want ok and one", r.Status, len(r.Samples))
	}
	if r := rows[1]; r.Status != cut || len(r.Samples) != 0 {
		t.Errorf("the second has status %s and %d samples, want %s and none", r.Status, len(r.Samples), cut)
	}
}

func TestSuites(t *testing.T) {
	chosen, err := findSuites("reductions,linear")
	if err != nil || len(chosen) != 2 {
		t.Errorf("findSuites gives %d suites, error %v", len(chosen), err)
	}
	some, err := findSuites(Selection)
	if err != nil || len(some) < len(suites)-1 {
		t.Errorf("the selection has %d suites of %d (%v)", len(some), len(suites), err)
	}
	all, err := findSuites(All)
	if err != nil || len(all) != len(suites) {
		t.Errorf("all is %d suites of %d (%v)", len(all), len(suites), err)
	}
	for _, s := range some {
		if len(s.workloads) == 0 {
			t.Errorf("the selection has an empty suite %s", s.name)
		}
	}
	c, err := parse(All, []string{"-run", "^linear/path-200x5000$"}, io.Discard)
	if err != nil || len(c.choose()) != 1 {
		t.Errorf("-run with the suite's name chooses %d (%v)", len(c.choose()), err)
	}
}
