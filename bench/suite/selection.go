// The selection: what `make bench` measures, some of every suite in five minutes. Its
// workloads are those that the README shows; contenders that are slow, take long to be
// calibrated, or resemble another are left to `make bench-full`, and every workload gets a part of the time, within
// which slow contenders run less often, so that it ends in time on slow machines too.

package suite

import (
	"cmp"
	"regexp"
	"slices"
	"time"
)

const (
	// selectionTime is for the workloads; installing and compiling the peers, and the
	// machine's limits, come on top.
	selectionTime = 288 * time.Second
	// reserve is what a workload leaves to each of those after it.
	reserve = 7 * time.Second
)

// selected are the workloads of the selection: patterns on suite/name, and for each what
// is left out, a pattern on the contenders' names in the table, and the time that it may
// take, if its warm-up allows.
var selected = []struct {
	workload, without *regexp.Regexp
	most              time.Duration
}{
	{pattern(`articles/colsum-.`), regexp.MustCompile(`clang|oneTBB|Polars|multiprocessing`), 29 * time.Second},
	{pattern(`articles/divisors-loop`), regexp.MustCompile(`clang|oneTBB|conc|pargo|Numba`), 20 * time.Second},
	{pattern(`articles/enet-cv`), regexp.MustCompile(`joblib`), 36 * time.Second},
	{pattern(`articles/(vector-add|dot)`), regexp.MustCompile(`ProcessPoolExecutor`), 11 * time.Second},
	{pattern(`articles/io`), nil, 20 * time.Second},
	{pattern(`articles/.*`), nil, 14 * time.Second},
	{pattern(`parfor/(region-10us|for-dynamic-1)`), regexp.MustCompile(`clang|pargo|errgroup`), 14 * time.Second},
	{pattern(`reductions/(sum-30000x2000-c|sum-20Mx2-c|describe-f)`), nil, 14 * time.Second},
	{pattern(`divisors/(bits64|table)`), nil, 9 * time.Second},
	{pattern(`linear/path-200x5000`), regexp.MustCompile(`sklearn|skglm|celer|adelie`), 16 * time.Second},
	{pattern(`arrays/file-30000x2000-f`), regexp.MustCompile(`numpy.load`), 10 * time.Second},
}

func pattern(s string) *regexp.Regexp { return regexp.MustCompile(`^(` + s + `)$`) }

// A share is what a workload has of the selection: contenders left out, nil for none, and
// the most time.
type share struct {
	without *regexp.Regexp
	most    time.Duration
}

// selection is of every suite what is selected.
func selection() []suite {
	var found []suite
	for _, s := range suites {
		part := suite{name: s.name, only: map[string]share{}}
		for _, e := range s.workloads {
			for _, p := range selected {
				if p.workload.MatchString(s.name + "/" + e.name) {
					part.workloads = append(part.workloads, e)
					part.only[e.name] = share{p.without, p.most}
					break
				}
			}
		}
		if len(part.workloads) > 0 {
			found = append(found, part)
		}
	}
	return found
}

// allotted is the time for a workload where there is left for it and the others after
// it; 0, which is no bound, where the run has none.
func allotted(total, spent, most time.Duration, after int) time.Duration {
	if total == 0 {
		return 0
	}
	return max(min(total-spent-time.Duration(after)*reserve, most), time.Millisecond)
}

// fit lowers the number of runs of those who run most often until all fit into the time,
// down to one.
func fit(lanes []*lane, left, settle time.Duration) {
	runs := func(most int) (sum time.Duration) {
		for _, l := range lanes {
			sum += time.Duration(min(l.reps, most)) * (settle + time.Duration(l.seconds*float64(time.Second)))
		}
		return sum
	}
	if len(lanes) == 0 {
		return
	}
	most := slices.MaxFunc(lanes, func(a, b *lane) int { return cmp.Compare(a.reps, b.reps) }).reps
	for most > 1 && runs(most) > left {
		most--
	}
	for _, l := range lanes {
		l.reps = min(l.reps, most)
	}
}
