// The measuring itself. Every contender is a process that stays up and maps the
// same files; one warm-up run each shows that it works, that its answer is right
// and how long it takes; then they take turns, A B A B, so that what the machine
// does beside them meets all alike. The answer of every run is checked, and a
// contender with a wrong one is reported as wrong, without a time.

package suite

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"time"
)

// A workload is something to do, and those who do it.
type workload struct {
	name, shape string
	notes       []string
	bytes       float64 // memory traffic of a run, 0 where memory is not the limit
	units       float64
	unit        string
	inputs      map[string]string // name to .npy file
	params      map[string]float64
	contenders  []contender
	// check says what is wrong with an answer.
	check func(answer []float64, info map[string]float64) error
	// reset clears what a run leaves in shared places, so that the next cannot
	// live on it; nil where there is nothing to clear.
	reset func() error
	// close lets go of the data.
	close func()
}

// A contender is one row of the table, to be.
type contender struct {
	who     string
	program program
	task    string
	threads int
	serial  bool // it can only use one thread; shown beside every number of threads
	base    bool
	limit   bool
	isa     string
	bytes   float64            // its memory traffic, where it is not the workload's
	params  map[string]float64 // beside the workload's
	// tolerances are values of the parameter "tol", loosest first, for a solver whose
	// own stopping rule is not the workload's: the first with a right answer is kept.
	tolerances []float64
}

// timing says how the measuring is done.
type timing struct {
	reps      int           // runs that count, of each contender
	fewest    int           // of a slow one
	budget    time.Duration // a contender gets no more than this if it has its fewest
	minSample time.Duration // a run is repeated inside the timed part until it takes this long
	settle    time.Duration // pause before each run, for the threads of the one before to go to sleep
}

// A lane is a contender while it is being measured.
type lane struct {
	contender
	process *process
	row     Row
	reps    int
}

// measure runs all contenders of w. It returns early, with what it has, when ctx
// ends.
func measure(ctx context.Context, w *workload, tm timing, dir string) ([]Row, map[string]Peer) {
	processes := map[string]*process{}
	defer func() {
		for _, p := range processes {
			p.stop()
		}
	}()
	peers := map[string]Peer{}
	lanes := make([]*lane, len(w.contenders))
	for i, c := range w.contenders {
		lanes[i] = newLane(ctx, w, c, processes, peers)
	}
	answer := filepath.Join(dir, "answer.npy")
	most := 0
	for _, l := range lanes {
		l.warmUp(ctx, w, tm, answer)
		most = max(most, l.reps)
	}
	for rep := range most {
		for _, l := range lanes {
			if rep < l.reps && l.row.Status == ok {
				l.sample(ctx, w, tm, answer)
			}
		}
	}
	rows := make([]Row, 0, len(lanes))
	for _, l := range lanes {
		if l.row.Status != ok {
			l.row.Samples = nil
		}
		rows = append(rows, l.row)
	}
	return rows, peers
}

// newLane starts the contender's process, if no other contender has.
func newLane(ctx context.Context, w *workload, c contender, processes map[string]*process, peers map[string]Peer) *lane {
	l := &lane{contender: c}
	if l.bytes == 0 {
		l.bytes = w.bytes
	}
	l.row = Row{Who: c.who, Threads: c.threads, Serial: c.serial, Base: c.base, Limit: c.limit, ISA: c.isa, Bytes: l.bytes, Status: ok, Inner: 1}
	key := c.program.key
	if _, seen := peers[key]; !seen {
		p, err := start(ctx, c.program)
		if err != nil {
			peers[key] = Peer{Program: key, Missing: err.Error()}
		} else {
			peers[key], processes[key] = Peer{Program: key, Versions: p.versions}, p
		}
	}
	l.process = processes[key]
	if l.process == nil {
		l.row.Status, l.row.Reason = missing, peers[key].Missing
	}
	return l
}

// warmUp runs a contender until one run is long enough to be timed, and decides
// how often it will run.
func (l *lane) warmUp(ctx context.Context, w *workload, tm timing, answer string) {
	l.reps = tm.reps
	l.calibrate(ctx, w, tm, answer)
	for l.row.Status == ok {
		seconds := l.run(ctx, w, tm, answer)
		if l.row.Status != ok {
			return
		}
		if short := tm.minSample.Seconds() / seconds; short > 1 && l.row.Inner < 1<<24 {
			l.row.Inner = int(math.Ceil(float64(l.row.Inner) * min(short*1.2, 100)))
			continue
		}
		l.reps = min(tm.reps, max(tm.fewest, int(tm.budget.Seconds()/seconds)))
		return
	}
}

// calibrate finds the loosest of the contender's tolerances at which it is right.
func (l *lane) calibrate(ctx context.Context, w *workload, tm timing, answer string) {
	for i, tol := range l.tolerances {
		if l.row.Status != ok {
			return
		}
		l.params = maps.Clone(l.params)
		if l.params == nil {
			l.params = map[string]float64{}
		}
		l.params["tol"] = tol
		l.run(ctx, w, tm, answer)
		if l.row.Status != wrong || i == len(l.tolerances)-1 {
			return
		}
		l.row.Status, l.row.Reason = ok, ""
	}
}

func (l *lane) sample(ctx context.Context, w *workload, tm timing, answer string) {
	if seconds := l.run(ctx, w, tm, answer); l.row.Status == ok {
		l.row.Samples = append(l.row.Samples, seconds/float64(l.row.Inner))
	}
}

// run does one run and checks its answer; what goes wrong is noted in the row.
func (l *lane) run(ctx context.Context, w *workload, tm timing, answer string) float64 {
	fail := func(status string, err error) float64 {
		l.row.Status, l.row.Reason = status, err.Error()
		return 0
	}
	if w.reset != nil {
		if err := w.reset(); err != nil {
			return fail(failed, err)
		}
	}
	os.Remove(answer) // an old answer must not be taken for a new one
	time.Sleep(tm.settle)
	params := map[string]float64{}
	maps.Copy(params, w.params)
	maps.Copy(params, l.params)
	threads := l.threads
	if l.serial {
		threads = 1
	}
	reply, err := l.process.do(ctx, request{l.task, threads, l.row.Inner, w.inputs, params, answer})
	if err != nil {
		return fail(failed, err)
	}
	l.row.Info = map[string]float64{}
	maps.Copy(l.row.Info, reply.Info)
	if tol, given := l.params["tol"]; given {
		l.row.Info["tol"] = tol
	}
	got, err := loadVector(answer)
	if err != nil {
		return fail(failed, err)
	}
	if !l.limit {
		if err := w.check(got, l.row.Info); err != nil {
			return fail(wrong, err)
		}
	}
	if !(reply.Seconds > 0) {
		return fail(failed, fmt.Errorf("it says that it took %v seconds", reply.Seconds))
	}
	return reply.Seconds
}

// done lets go of the data, if there is any.
func (w *workload) done() {
	if w.close != nil {
		w.close()
	}
}
