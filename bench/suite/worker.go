// nogil's own side of the benchmark: a worker process like every peer's, so that
// nobody has the advantage of running inside the measuring program. One is started
// for each instruction set asked for, which is how several are compared in one run.

package suite

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// roleVariable makes this program a worker instead of the benchmark. It is an
// environment variable and no argument because a test binary can play the part too.
const roleVariable = "NOGIL_BENCH_ROLE"

// A job is one task, prepared: run alone is timed.
type job struct {
	run     func()
	answer  func() []float64          // nil where run leaves the answer itself
	info    func() map[string]float64 // nil where there is nothing to tell
	err     func() error              // what went wrong in run; nil where nothing can
	seconds func() float64            // what all runs took by another clock; nil for this one
}

// goTasks are the tasks that this program knows how to do.
var goTasks = map[string]func(w *goWorker, r request) (job, error){
	"read":               readTask,
	"limit":              limitTask,
	"colsum":             colsumTask,
	"divisors":           divisorsTask,
	"trial":              trialTask,
	"enet_fit":           enetFitTask,
	"enet_netlib_fit":    enetNetlibFitTask,
	"enet_epochs":        enetEpochsTask,
	"enet_netlib_epochs": enetNetlibEpochsTask,
	"small_plain":        smallPlainTask,
	"small_library":      smallLibraryTask,
	"trial_library":      trialLibraryTask,
	"construct":          constructTask,
	"region":             regionTask,
	"small_parfor":       smallParforTask,
	"add":                addTask,
	"add_plain":          addPlainTask,
	"dot":                dotTask,
	"dot_blas":           dotBLASTask,
	"gonum_columns":      gonumColumnsTask,
	"gonum_add":          gonumAddTask,
	"gonum_dot":          gonumDotTask,
	"count":              countTask,
	"io":                 ioTask,
	"serve":              serveTask,
	"linear_fit":         linearFitTask,
	"linear_path":        linearPathTask,
	"linear_multitask":   linearMultiTaskTask,
	"cv":                 cvTask,

	"reduce":           reduceTask,
	"beside_sum":       besideSumTask,
	"types_beside_sum": typesBesideSumTask,
	"counts":           countsTask,
	"counts_single":    countsSingleTask,
	"divisor_table":    divisorTableTask,
	"divisor_range":    divisorRangeTask,
	"summatory":        summatoryTask,
	"first_index":      indexTask,
	"first_sums":       sumsTask,
	"cold_index":       coldTask("first_index"),
	"cold_sums":        coldTask("first_sums"),

	"file_cat":    catTask,
	"file_stream": streamTask,
	"file_open":   openTask,
	"file_memory": memoryTask,
	"memo":        memoTask,
}

// goWorker holds what stays from one request to the next.
type goWorker struct {
	arrays map[string]*array
	result []float64 // what output lends
}

// workerMain serves requests until its input ends.
func workerMain(in io.Reader, out io.Writer) error {
	w := &goWorker{arrays: map[string]*array{}}
	versions := map[string]string{"Go": runtime.Version(), "NOGIL_SIMD": simd.Active().String()}
	replies := json.NewEncoder(out)
	if err := replies.Encode(map[string]any{"hello": map[string]any{"versions": versions}}); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		answer := reply{}
		err := json.Unmarshal(lines.Bytes(), &r)
		if err == nil {
			answer, err = w.serve(r)
		}
		if err != nil {
			answer = reply{Error: err.Error()}
		}
		if err := replies.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

// serve does one request.
func (w *goWorker) serve(r request) (reply, error) {
	task, known := goTasks[r.Task]
	if !known {
		return reply{}, fmt.Errorf("no task %q", r.Task)
	}
	if r.Trace {
		r.trace = &parfor.Trace{}
	}
	j, err := task(w, r)
	if err != nil {
		return reply{}, err
	}
	runtime.GC() // the garbage of the last request is not this one's
	used, start := processorSeconds(), time.Now()
	for range r.Inner {
		j.run()
	}
	answer := reply{Seconds: time.Since(start).Seconds(), CPU: processorSeconds() - used, Spans: r.spans(start)}
	if j.err != nil {
		if err := j.err(); err != nil {
			return reply{}, err
		}
	}
	if j.info != nil {
		answer.Info = j.info()
	}
	if j.seconds != nil {
		answer.Seconds = j.seconds()
	}
	if j.answer == nil {
		return answer, nil
	}
	return answer, saveVector(r.Answer, j.answer())
}

// input returns a mapped input; it stays mapped for later requests.
func (w *goWorker) input(r request, name string) (*array, error) {
	path, given := r.Inputs[name]
	if !given {
		return nil, fmt.Errorf("task %s: no input %q", r.Task, name)
	}
	if a := w.arrays[path]; a != nil {
		return a, nil
	}
	a, err := openArray(path, name == outputInput)
	if err != nil {
		return nil, err
	}
	w.arrays[path] = a
	return a, nil
}

// output is memory for the n numbers of a result, which is kept between requests and filled
// with NaN: no run pays for its pages, nor for the garbage collector's returning them.
func (w *goWorker) output(n int) []float64 {
	if cap(w.result) < n {
		w.result = make([]float64, n)
	}
	w.result = w.result[:n]
	for i := range w.result {
		w.result[i] = math.NaN()
	}
	return w.result
}

// outputInput is the input that tasks write their result into.
const outputInput = "c"

// inputs is input for several names.
func (w *goWorker) inputs(r request, names ...string) ([]*array, error) {
	list := make([]*array, len(names))
	for i, name := range names {
		a, err := w.input(r, name)
		if err != nil {
			return nil, err
		}
		list[i] = a
	}
	return list, nil
}

// loop is the parallel loop that the request asks for.
func (r request) loop() parfor.Loop { return parfor.Loop{Threads: r.Threads, Trace: r.trace} }

// spans are what the traced loops recorded, in seconds from the start. Chunks of a thread
// with less than a thousandth of the whole between them are one span: a picture shows no
// more.
func (r request) spans(start time.Time) [][3]float64 {
	if r.trace == nil {
		return nil
	}
	least := time.Since(start).Seconds() / 1000
	var spans [][3]float64
	last := map[int]int{} // each thread's place in spans
	for _, s := range r.trace.Spans() {
		from, to := s.Start.Sub(start).Seconds(), s.End.Sub(start).Seconds()
		if k, seen := last[s.Thread]; seen && from-spans[k][2] < least {
			spans[k][2] = max(spans[k][2], to)
			continue
		}
		last[s.Thread] = len(spans)
		spans = append(spans, [3]float64{float64(s.Thread), from, to})
	}
	return spans
}

// processorSeconds is the processor time of this process and of those that it started
// and that have ended.
func processorSeconds() float64 {
	total := 0.0
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if unix.Getrusage(who, &u) == nil {
			total += float64(u.Utime.Sec+u.Stime.Sec) + 1e-6*float64(u.Utime.Usec+u.Stime.Usec)
		}
	}
	return total
}

// goPeer is this program as a worker at the given level; an empty level is the
// one that the machine or NOGIL_SIMD chooses.
func goPeer(level string) program {
	p := program{key: "nogil"}
	self, err := os.Executable()
	if err != nil {
		p.reason = err.Error()
		return p
	}
	p.args, p.env = []string{self}, []string{roleVariable + "=worker"}
	if level != "" {
		p.key, p.env = "nogil "+level, append(p.env, "NOGIL_SIMD="+level)
	}
	return p
}
