// Package suite holds the workloads that nogil is measured by, their peers and the
// measuring: processes that take turns (measure.go), the same bytes for all (scratch.go),
// answers that are checked before a time counts, and a report. The programs bench and
// bench/… below it name a suite each and do no more.
//
// A new suite is an entry in suites and a file of workloads; a workload names its data,
// its contenders and its check, and each contender a task: of this program (worker.go),
// or of a peer's (peers/).
package suite

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A bench is what the makers of workloads work with.
type bench struct {
	config
	tools   *tools
	scratch *scratch
}

// A suite is a list of workloads in the order of the table. Each is made when its turn
// comes, so that the data of one at a time lies in memory.
type suite struct {
	name      string
	workloads []entry
	only      map[string]share // those of the selection, by workload
}

type entry struct {
	name string
	make func(*bench) (*workload, error)
}

// Articles is the suite of the five articles that nogil answers.
const Articles = "articles"

// Names of suites that are made of others.
const (
	Selection = "selection" // some of each, for five minutes
	All       = "all"
)

var suites = []suite{
	{name: Articles, workloads: []entry{
		{"colsum-f", func(b *bench) (*workload, error) { return b.colsum("colsum-f", true) }},
		{"colsum-c", func(b *bench) (*workload, error) { return b.colsum("colsum-c", false) }},
		{"divisors", (*bench).divisors},
		{"divisors-loop", (*bench).divisorsLoop},
		{"enet-cv", func(b *bench) (*workload, error) {
			return b.enetCV("enet-cv", append(sklearnCV, threadsOrProcesses...))
		}},
		{"enet-fit", (*bench).enetFit},
		{"enet-cd", (*bench).enetCD},
		{"small-loop", (*bench).smallLoop},
		{"vector-add", (*bench).vectorAdd},
		{"dot", (*bench).dot},
		{"count", (*bench).count},
		{"io", (*bench).io},
	}},
	{name: Parfor, workloads: parforLoads()},
	{name: Reductions, workloads: reductionLoads()},
	{name: Linear, workloads: linearLoads()},
	{name: CV, workloads: cvLoads()},
	{name: Divisors, workloads: divisorLoads()},
	{name: Arrays, workloads: arrayLoads()},
}

// findSuites returns the suites that a list of names stands for.
func findSuites(list string) ([]suite, error) {
	var found []suite
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
		switch {
		case name == All:
			found = append(found, suites...)
		case name == Selection:
			found = append(found, selection()...)
		case i >= 0:
			found = append(found, suites[i])
		default:
			return nil, fmt.Errorf("-suite %q: want some of %s, with commas between them", name, suiteNames())
		}
	}
	return found, nil
}

func suiteNames() string {
	names := []string{Selection, All}
	for _, s := range suites {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// A choice is a workload that is asked for.
type choice struct {
	suite string
	entry
	share
}

// choose lists the workloads of the suites whose name, alone or as suite/name, matches.
func (c config) choose() []choice {
	var chosen []choice
	for _, s := range c.suites {
		for _, e := range s.workloads {
			if c.only.MatchString(e.name) || c.only.MatchString(s.name+"/"+e.name) {
				chosen = append(chosen, choice{s.name, e, s.only[e.name]})
			}
		}
	}
	return chosen
}

// runAll runs the workloads that are asked for and notes what they come to. A
// workload that cannot be made is noted with the reason. When ctx ends it returns with
// what there is.
func (b *bench) runAll(ctx context.Context, report *Report, out io.Writer) error {
	chosen := b.choose()
	if len(chosen) == 0 {
		return fmt.Errorf("-run %q: no workload of that name", b.only)
	}
	p := newProgress(out, len(chosen))
	defer p.end()
	var noLimits error
	report.Limits, noLimits = b.measureLimits(ctx, nil)
	peers := map[string]Peer{}
	begun := time.Now()
	for i, c := range chosen {
		if ctx.Err() != nil {
			break
		}
		start := time.Now()
		p.begin(c.name)
		w, err := c.make(b)
		if err != nil {
			report.Workloads = append(report.Workloads, WorkloadReport{Suite: c.suite, Name: c.name, Error: err.Error()})
			continue
		}
		w.contenders = slices.DeleteFunc(w.contenders, func(p contender) bool {
			left := c.without != nil && c.without.MatchString(p.who)
			return !p.base && !p.limit && (left || !b.by.MatchString(p.who))
		})
		p.say(fmt.Sprintf("%s, %d contenders", w.shape, len(w.contenders)))
		tm := b.timingOf(c.suite)
		tm.allotted = allotted(b.timing.total, start.Sub(begun), c.most, len(chosen)-i-1)
		tm.begun = start
		m := measure(ctx, w, tm, b.scratch.dirs[len(b.scratch.dirs)-1], p)
		w.done()
		maps.Copy(peers, m.peers)
		r := w.report(m.rows, b.threads, time.Since(start))
		r.Suite, r.Noise, r.Timelines = c.suite, m.noise, m.timelines
		if ctx.Err() == nil || r.measured() {
			report.Workloads = append(report.Workloads, r)
		}
	}
	if noLimits == nil {
		report.Limits, noLimits = b.measureLimits(ctx, report.Limits)
	}
	switch {
	case ctx.Err() != nil:
		report.Ended = context.Cause(ctx).Error()
	case noLimits != nil:
		report.Ended = "the machine's limits: " + noLimits.Error()
	}
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		report.Peers = append(report.Peers, peers[name])
	}
	return nil
}

// slowSuites are those whose slow peers may run once: some take minutes, and calibrating
// them has run them before.
var slowSuites = map[string]bool{Linear: true, CV: true}

func (c config) timingOf(suite string) timing {
	t := c.timing
	if slowSuites[suite] {
		t.fewest = 1
	}
	return t
}

// measured says whether any contender has a time.
func (w *WorkloadReport) measured() bool {
	return slices.ContainsFunc(w.Rows, func(r Row) bool { return r.Status == ok })
}

// report groups the rows by threads, with those that can only use one thread
// shown beside each, and computes what follows.
func (w *workload) report(rows []Row, threads []int, took time.Duration) WorkloadReport {
	r := WorkloadReport{Name: w.name, Shape: w.shape, Notes: w.notes, Units: w.units, Unit: w.unit, Seconds: took.Seconds()}
	for _, t := range rowThreads(rows, threads) {
		for _, row := range rows {
			if row.Threads == t || row.Serial {
				row.Threads = t
				r.Rows = append(r.Rows, row)
			}
		}
	}
	r.fill()
	return r
}

// rowThreads are the numbers of threads that the rows have: those asked for, then
// what a workload adds to them.
func rowThreads(rows []Row, asked []int) []int {
	var threads []int
	for _, t := range asked {
		if slices.ContainsFunc(rows, func(r Row) bool { return r.Threads == t }) {
			threads = append(threads, t)
		}
	}
	for _, r := range rows {
		if !r.Serial && !slices.Contains(threads, r.Threads) {
			threads = append(threads, r.Threads)
		}
	}
	return threads
}

// nogil adds a contender of nogil's own at every level asked for and at the given
// numbers of threads.
func (w *workload) nogil(b *bench, threads []int, c contender) {
	for _, level := range b.levels {
		c.program, c.isa = goPeer(level), level
		w.each(threads, c)
	}
}

// plain adds one that has no levels, because none of nogil's C kernels is in it.
func (w *workload) plain(threads []int, c contender) {
	c.program = goPeer("")
	w.each(threads, c)
}

// each adds c at every number of threads, or once if it can only use one.
func (w *workload) each(threads []int, c contender) {
	for _, t := range threads {
		c.threads = t
		w.contenders = append(w.contenders, c)
		if c.serial {
			return
		}
	}
}

// readLimit adds the machine's own speed of reading a's memory.
func (w *workload) readLimit(b *bench, a *array) {
	w.inputs["read"] = a.path
	w.plain(b.threads, contender{who: "(memory read)", task: "read", limit: true, bytes: float64(len(a.data))})
}

// pick returns the full size, or the quick one.
func (b *bench) pick(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// split runs body on contiguous parts of range(n), one a core, for making and
// checking data. It is not parfor, because parfor is what is measured.
func split(n, cores int, body func(lo, hi int)) {
	var wg sync.WaitGroup
	for c := range cores {
		wg.Go(func() { body(n*c/cores, n*(c+1)/cores) })
	}
	wg.Wait()
}
