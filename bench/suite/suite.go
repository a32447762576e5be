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
}

type entry struct {
	name string
	make func(*bench) (*workload, error)
}

// Articles is the suite of the five articles that nogil answers.
const Articles = "articles"

var suites = []suite{
	{Articles, []entry{
		{"colsum-f", func(b *bench) (*workload, error) { return b.colsum("colsum-f", true) }},
		{"colsum-c", func(b *bench) (*workload, error) { return b.colsum("colsum-c", false) }},
		{"divisors", (*bench).divisors},
		{"divisors-loop", (*bench).divisorsLoop},
		{"enet-cv", (*bench).enetCV},
		{"enet-fit", (*bench).enetFit},
		{"enet-cd", (*bench).enetCD},
		{"small-loop", (*bench).smallLoop},
		{"vector-add", (*bench).vectorAdd},
		{"dot", (*bench).dot},
		{"count", (*bench).count},
		{"io", (*bench).io},
	}},
	{Reductions, reductionLoads()},
	{Linear, linearLoads()},
	{Divisors, divisorLoads()},
}

func suiteNames() string {
	var names []string
	for _, s := range suites {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// runAll runs the workloads that are asked for and notes what they come to. A
// workload that cannot be made is noted with the reason.
func (b *bench) runAll(ctx context.Context, report *Report, progress io.Writer) error {
	var places []int
	for i, s := range b.suite.workloads {
		if b.only.MatchString(s.name) {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return fmt.Errorf("-run %q: no workload of that name", b.only)
	}
	peers := map[string]Peer{}
	for n, place := range places {
		s, start := b.suite.workloads[place], time.Now()
		fmt.Fprintf(progress, "[%d/%d] %s: making the data\n", n+1, len(places), s.name)
		w, err := s.make(b)
		if err != nil {
			report.Workloads = append(report.Workloads, WorkloadReport{Name: s.name, Error: err.Error()})
			continue
		}
		fmt.Fprintf(progress, "[%d/%d] %s: %s, %d contenders\n", n+1, len(places), s.name, w.shape, len(w.contenders))
		rows, seen := measure(ctx, w, b.timing, b.scratch.dirs[len(b.scratch.dirs)-1])
		w.done()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		maps.Copy(peers, seen)
		report.Workloads = append(report.Workloads, w.report(rows, b.threads, time.Since(start)))
	}
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		report.Peers = append(report.Peers, peers[name])
	}
	return nil
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
