// The program around the workloads: its flags, its worker role, its report.

package suite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nogil-go/nogil/simd"
)

// Main runs the named suite as a program: [Articles], or what -suite names instead. It
// serves as the worker process of every contender of nogil's too.
func Main(name string) {
	if os.Getenv(roleVariable) != "" {
		if err := workerMain(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx, name, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errInterrupted):
		os.Exit(130) // as a shell says it of a program that Ctrl-C ended
	case errors.Is(err, errSlower):
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(2)
}

// errInterrupted is that of a run that was ended by a signal, and has reported what it had.
var errInterrupted = errors.New("interrupted")

// config is what the command line asks for.
type config struct {
	suites  []suite
	only    *regexp.Regexp
	by      *regexp.Regexp
	threads []int
	levels  []string
	quick   bool
	nopeers bool
	prepare bool
	out     string
	dir     string
	show    string // a file of results to report again
	readme  string // one to make the README's table of
	compare bool   // two result files, which are
	files   []string
	timeout time.Duration
	timing  timing
}

func parse(name string, args []string, stderr io.Writer) (config, error) {
	c := config{timing: timing{fewest: 3, minSample: 20 * time.Millisecond, settle: 50 * time.Millisecond}}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&name, "suite", name, "the `suites` of workloads, of "+suiteNames())
	only := f.String("run", "", "only the workloads whose name matches this `regexp`")
	by := f.String("by", "", "only nogil and those whose name in the table matches this `regexp`")
	threads := f.String("threads", "1,"+strconv.Itoa(cores()), "numbers of threads")
	levels := f.String("simd", "", "instruction sets, of "+levelNames()+" (default the best)")
	f.BoolVar(&c.quick, "quick", false, "small sizes and few runs: shows that everything works, and measures nothing of worth")
	f.BoolVar(&c.nopeers, "nopeers", false, "nogil alone")
	f.BoolVar(&c.prepare, "prepare", false, "only install and compile the peers")
	f.StringVar(&c.out, "out", "", "JSON `file` for the results (default RESULTS/TIME.json)")
	f.StringVar(&c.show, "report", "", "only report the results of this JSON `file` again")
	f.StringVar(&c.readme, "readme", "", "only put the results of this JSON `file`, and of those named after it, into README.md")
	f.BoolVar(&c.compare, "compare", false, "only compare two JSON files, the older first; status 1 if nogil got slower")
	results := f.String("results", "", "`directory` for the results (default DIR/results)")
	f.StringVar(&c.dir, "dir", ".", "the bench `directory`, with the sources of the peers")
	f.IntVar(&c.timing.reps, "reps", 7, "timed runs of each contender; slow ones get fewer, at least 3")
	f.DurationVar(&c.timing.budget, "budget", 0, "time for the runs of each contender, above the fewest (default 8s; 6s for the selection, which ends in five minutes)")
	f.DurationVar(&c.timeout, "timeout", 0, "end after this time and report what there is")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if c.compare || c.readme != "" {
		c.files = f.Args()
		return c, nil
	}
	if f.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	var err error
	if c.suites, err = findSuites(name); err != nil {
		return c, err
	}
	if c.timing.budget <= 0 {
		c.timing.budget = 8 * time.Second
		if name == Selection {
			c.timing.budget, c.timing.fewest, c.timing.total = 6*time.Second, 1, selectionTime
		}
	}
	if c.only, err = regexp.Compile(*only); err != nil {
		return c, fmt.Errorf("-run: %w", err)
	}
	if c.by, err = regexp.Compile(*by); err != nil {
		return c, fmt.Errorf("-by: %w", err)
	}
	if c.threads, err = parseThreads(*threads); err != nil {
		return c, err
	}
	if c.levels, err = parseLevels(*levels); err != nil {
		return c, err
	}
	if c.timing.reps < 1 {
		return c, fmt.Errorf("-reps %d: want at least 1", c.timing.reps)
	}
	if c.quick {
		c.timing = timing{reps: min(c.timing.reps, 2), fewest: 1, budget: time.Second, minSample: time.Millisecond}
	}
	if *results == "" {
		*results = filepath.Join(c.dir, "results")
	}
	if c.out == "" {
		c.out = filepath.Join(*results, time.Now().UTC().Format("20060102-150405")+".json")
	}
	return c, nil
}

// parseThreads reads a list such as 1,2; a number named twice counts once.
func parseThreads(list string) ([]int, error) {
	var threads []int
	seen := map[int]bool{}
	for word := range strings.SplitSeq(list, ",") {
		t, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || t < 1 {
			return nil, fmt.Errorf("-threads %q: want positive numbers with commas between them", list)
		}
		if !seen[t] {
			seen[t] = true
			threads = append(threads, t)
		}
	}
	return threads, nil
}

// parseLevels reads a list such as avx2,avx512 of what this machine has. No list
// means the level that is active anyway.
func parseLevels(list string) ([]string, error) {
	if list == "" {
		return []string{simd.Active().String()}, nil
	}
	levels := strings.Split(list, ",")
	for _, l := range levels {
		if !strings.Contains(","+levelNames()+",", ","+l+",") {
			return nil, fmt.Errorf("-simd %q: this machine has %s", l, levelNames())
		}
	}
	return levels, nil
}

func levelNames() string {
	var names []string
	for _, l := range simd.Levels() {
		names = append(names, l.String())
	}
	return strings.Join(names, ",")
}

// run is the whole program: the peers, the workloads, the report.
func run(ctx context.Context, name string, args []string, stdout, stderr io.Writer) error {
	c, err := parse(name, args, stderr)
	if err != nil {
		return err
	}
	switch {
	case c.compare:
		return compareFiles(c.files, stdout)
	case c.readme != "":
		return writeReadme(append([]string{c.readme}, c.files...), filepath.Join(c.dir, ".."), stdout)
	case c.show != "":
		return showAgain(c.show, stdout)
	}
	tools := findTools(ctx, c.suites, c.dir, c.nopeers, stderr)
	if c.prepare {
		return tools.complete(ctx, c.suites)
	}
	scratch, err := newScratch()
	if err != nil {
		return err
	}
	defer scratch.remove()
	b := &bench{config: c, tools: tools, scratch: scratch}
	report := &Report{Schema: schema, Started: time.Now(), Command: args, Quick: c.quick, Threads: c.threads, Machine: describeMachine()}
	limited := ctx
	if c.timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("the %v of -timeout were over", c.timeout))
		defer cancel()
	}
	if err := b.runAll(limited, report, stderr); err != nil {
		return err
	}
	report.fillRoofs()
	if limited.Err() != nil && len(report.Workloads) == 0 {
		return fmt.Errorf("nothing was measured: %w", context.Cause(limited))
	}
	report.Machine.LoadAfter = firstLine("/proc/loadavg")
	report.Seconds = time.Since(report.Started).Seconds()
	report.print(stdout)
	if err := report.saveAll(c.out); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nAll samples: %s; for benchstat: %s; with pictures: %s. The run took %s.\n",
		c.out, beside(c.out, ".txt"), beside(c.out, ".html"), elapsed(time.Since(report.Started)))
	if ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

// showAgain reports saved results: on stdout, and in the files beside them.
func showAgain(path string, stdout io.Writer) error {
	report, err := loadReport(path)
	if err != nil {
		return err
	}
	report.print(stdout)
	return report.saveAll(path)
}
