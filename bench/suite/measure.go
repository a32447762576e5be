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
	flops       float64 // operations on numbers of a run, 0 where they are not known
	footprint   float64 // bytes of the data, where a run goes over it more than once
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
	total     time.Duration // for all workloads; 0: as long as they take
	allotted  time.Duration // for this one, of total
	begun     time.Time     // when its data began to be made
}

// A lane is a contender while it is being measured.
type lane struct {
	contender
	process  *process
	row      Row
	reps     int
	seconds  float64   // that a run takes, from the warm-up
	busy     []float64 // processor time / time of each timed run
	timeline *Timeline
}

// A session is the measuring of one workload.
type session struct {
	*workload
	timing
	answer   string // the file that answers are left in
	watch    watch
	progress *progress
}

// measured is what comes of a session.
type measured struct {
	rows      []Row
	timelines []Timeline
	noise     Noise
	peers     map[string]Peer
}

// measure runs all contenders of w. It returns early, with what it has, when ctx
// ends.
func measure(ctx context.Context, w *workload, tm timing, dir string, p *progress) measured {
	processes := map[string]*process{}
	defer func() {
		for _, p := range processes {
			p.stop()
		}
	}()
	s := &session{workload: w, timing: tm, answer: filepath.Join(dir, "answer.npy"), progress: p}
	m := measured{peers: map[string]Peer{}}
	lanes := make([]*lane, len(w.contenders))
	for i, c := range w.contenders {
		lanes[i] = newLane(ctx, w, c, processes, m.peers)
	}
	for i, l := range lanes {
		l.warmUp(ctx, s)
		p.warming(i+1, len(lanes), lanes)
	}
	if tm.allotted > 0 {
		fit(lanes, tm.allotted-time.Since(tm.begun), tm.settle)
	}
	s.rounds(ctx, lanes)
	for _, l := range lanes {
		if l.base && ctx.Err() == nil {
			l.draw(ctx, s)
		}
		m.rows = append(m.rows, l.close(ctx))
		if l.timeline != nil {
			m.timelines = append(m.timelines, *l.timeline)
		}
	}
	m.noise = s.watch.noise()
	return m
}

// rounds takes the samples, one of each lane in turn.
func (s *session) rounds(ctx context.Context, lanes []*lane) {
	most := 0
	for _, l := range lanes {
		most = max(most, l.reps)
	}
	for rep := range most {
		for _, l := range lanes {
			if rep < l.reps && l.row.Status == ok && ctx.Err() == nil {
				l.sample(ctx, s)
				s.progress.sampled(lanes)
			}
		}
	}
}

// close returns the finished row: without times where an answer was wrong, with those
// that there are where the run was ended.
func (l *lane) close(ctx context.Context) Row {
	r := l.row
	if ctx.Err() != nil && (r.Status == ok || r.Status == cut) {
		r.Status, r.Reason = ok, ""
		if len(r.Samples) == 0 {
			r.Status, r.Reason = cut, "the run ended before its turn"
		}
	}
	if r.Status != ok {
		r.Samples = nil
	}
	if len(l.busy) > 0 && r.Status == ok {
		r.Busy = median(l.busy)
	}
	return r
}

// newLane starts the contender's process, if no other contender has.
func newLane(ctx context.Context, w *workload, c contender, processes map[string]*process, peers map[string]Peer) *lane {
	l := &lane{contender: c}
	if l.bytes == 0 {
		l.bytes = w.bytes
	}
	l.row = Row{Who: c.who, Threads: c.threads, Serial: c.serial, Base: c.base, Limit: c.limit, ISA: c.isa, Bytes: l.bytes, Status: ok, Inner: 1}
	if !c.limit {
		l.row.Flops, l.row.Footprint = w.flops, w.footprint
		if w.flops > 0 && w.footprint == 0 {
			l.row.Footprint = l.bytes
		}
	}
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

// coldLimit is the longest first run, in seconds, after which there is a second one before a
// run counts for anything: the first may compile, allocate, or start threads. Where time is
// short, one that takes a second does that within it.
func (t timing) coldLimit() float64 {
	if t.allotted > 0 {
		return 1
	}
	return 4
}

// warmUp runs a contender until it is warm and one run is long enough to be timed, and
// decides how often it will run.
func (l *lane) warmUp(ctx context.Context, s *session) {
	l.reps = s.reps
	l.calibrate(ctx, s)
	for cold := true; l.row.Status == ok; cold = false {
		l.seconds = l.run(ctx, s)
		if l.row.Status != ok {
			return
		}
		if cold && l.seconds < s.coldLimit() {
			continue
		}
		if short := s.minSample.Seconds() / l.seconds; short > 1 && l.row.Inner < 1<<24 {
			l.row.Inner = int(math.Ceil(float64(l.row.Inner) * min(short*1.2, 100)))
			continue
		}
		l.reps = min(s.reps, max(s.fewest, int(s.budget.Seconds()/l.seconds)))
		if s.fewest == 1 && l.seconds > s.budget.Seconds() { // it has run once, and that is enough
			l.reps, l.row.Samples = 0, []float64{l.seconds / float64(l.row.Inner)}
		}
		return
	}
}

// calibrate finds the loosest of the contender's tolerances at which it is right.
func (l *lane) calibrate(ctx context.Context, s *session) {
	for i, tol := range l.tolerances {
		if l.row.Status != ok {
			return
		}
		l.params = maps.Clone(l.params)
		if l.params == nil {
			l.params = map[string]float64{}
		}
		l.params["tol"] = tol
		l.run(ctx, s)
		if l.row.Status != wrong || i == len(l.tolerances)-1 {
			return
		}
		l.row.Status, l.row.Reason = ok, ""
	}
}

// sample is a run that counts.
func (l *lane) sample(ctx context.Context, s *session) {
	busy := len(l.busy)
	if seconds := l.run(ctx, s); l.row.Status == ok {
		l.row.Samples = append(l.row.Samples, seconds/float64(l.row.Inner))
		return
	}
	l.busy = l.busy[:busy]
}

// drawLimit is the longest run that is repeated for its picture.
const drawLimit = 2.0

// draw runs nogil's contender once more, with its parallel loops recorded.
func (l *lane) draw(ctx context.Context, s *session) {
	if l.row.Status != ok || l.seconds/float64(l.row.Inner) > drawLimit {
		return
	}
	r := l.request(s)
	r.Inner, r.Trace = 1, true
	answer, err := l.process.do(ctx, r)
	if err == nil && len(answer.Spans) > 0 {
		l.timeline = &Timeline{Who: l.who, Threads: l.threads, Spans: answer.Spans}
	}
}

// request is what a run asks for.
func (l *lane) request(s *session) request {
	params := map[string]float64{}
	maps.Copy(params, s.params)
	maps.Copy(params, l.params)
	threads := l.threads
	if l.serial {
		threads = 1
	}
	return request{Task: l.task, Threads: threads, Inner: l.row.Inner, Inputs: s.inputs, Params: params, Answer: s.answer}
}

// run does one run and checks its answer; what goes wrong is noted in the row.
func (l *lane) run(ctx context.Context, s *session) float64 {
	fail := func(status string, err error) float64 {
		if ctx.Err() != nil {
			status = cut
		}
		l.row.Status, l.row.Reason = status, err.Error()
		return 0
	}
	if s.reset != nil {
		if err := s.reset(); err != nil {
			return fail(failed, err)
		}
	}
	os.Remove(s.answer) // an old answer must not be taken for a new one
	time.Sleep(s.settle)
	reply, err := l.ask(ctx, s)
	if err != nil {
		return fail(failed, err)
	}
	l.row.Info = map[string]float64{}
	maps.Copy(l.row.Info, reply.Info)
	if tol, given := l.params["tol"]; given {
		l.row.Info["tol"] = tol
	}
	got, err := loadVector(s.answer)
	if err != nil {
		return fail(failed, err)
	}
	if !l.limit {
		if err := s.check(got, l.row.Info); err != nil {
			return fail(wrong, err)
		}
	}
	if !(reply.Seconds > 0) {
		return fail(failed, fmt.Errorf("it says that it took %v seconds", reply.Seconds))
	}
	return reply.Seconds
}

// ask has the process do one run, and reads around it what the run takes of memory and
// of the processors.
func (l *lane) ask(ctx context.Context, s *session) (reply, error) {
	id := l.process.id()
	before := groupOf(id)
	reset, clocks := before.resetPeaks(), before.cpuSeconds()
	s.watch.begin()
	answer, err := l.process.do(ctx, l.request(s))
	after := groupOf(id)
	clocksAfter := after.cpuSeconds()
	worker, others := spent(id, clocks, clocksAfter)
	s.watch.end(worker + others)
	if err != nil {
		return answer, err
	}
	if answer.CPU > 0 {
		worker = answer.CPU // of the timed part alone
	}
	l.busy = append(l.busy, (worker+others)/answer.Seconds)
	if peak := after.working(clocks, clocksAfter).peak(); reset {
		l.row.Memory, l.row.RSS, l.row.Procs = max(l.row.Memory, peak.private), max(l.row.RSS, peak.rss), peak.processes
	}
	return answer, nil
}

// done lets go of the data, if there is any.
func (w *workload) done() {
	if w.close != nil {
		w.close()
	}
}
