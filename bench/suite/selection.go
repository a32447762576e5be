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
	selectionTime = 280 * time.Second
	// reserve is what a workload leaves to each of those after it.
	reserve = 9 * time.Second
	// atMost is what a workload may take, if its warm-up allows.
	atMost = 24 * time.Second
)

// selected are the workloads of the selection: patterns on suite/name, and for each what
// is left out, a pattern on the contenders' names in the table.
var selected = []struct{ workload, without *regexp.Regexp }{
	{pattern(`articles/colsum-.`), regexp.MustCompile(`clang|oneTBB|Polars|multiprocessing`)},
	{pattern(`articles/divisors-loop`), regexp.MustCompile(`clang|oneTBB|conc|pargo|Numba`)},
	{pattern(`articles/enet-cv`), regexp.MustCompile(`joblib`)},
	{pattern(`articles/(vector-add|dot)`), regexp.MustCompile(`ProcessPoolExecutor`)},
	{pattern(`articles/.*`), nil},
	{pattern(`parfor/(region-10us|for-dynamic-1)`), regexp.MustCompile(`clang|pargo|errgroup`)},
	{pattern(`reductions/(sum-30000x2000-c|sum-20Mx2-c|describe-f)`), nil},
	{pattern(`divisors/(bits64|table)`), nil},
	{pattern(`linear/path-200x5000`), regexp.MustCompile(`sklearn|skglm|celer|adelie`)},
	{pattern(`arrays/file-30000x2000-f`), regexp.MustCompile(`numpy.load`)},
}

func pattern(s string) *regexp.Regexp { return regexp.MustCompile(`^(` + s + `)$`) }

// selection is of every suite what is selected.
func selection() []suite {
	var found []suite
	for _, s := range suites {
		part := suite{name: s.name, without: map[string]*regexp.Regexp{}}
		for _, e := range s.workloads {
			for _, p := range selected {
				if p.workload.MatchString(s.name + "/" + e.name) {
					part.workloads = append(part.workloads, e)
					part.without[e.name] = p.without
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
func allotted(total, spent time.Duration, after int) time.Duration {
	if total == 0 {
		return 0
	}
	return max(min(total-spent-time.Duration(after)*reserve, atMost), time.Millisecond)
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
