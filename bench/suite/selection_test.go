package suite

import (
	"testing"
	"time"
)

// Every pattern of the selection must still stand for a workload.
func TestSelected(t *testing.T) {
	for _, p := range selected {
		found := false
		for _, s := range suites {
			for _, e := range s.workloads {
				found = found || p.workload.MatchString(s.name+"/"+e.name)
			}
		}
		if !found {
			t.Errorf("no workload is named %v", p.workload)
		}
	}
}

func TestAllotted(t *testing.T) {
	const most = 24 * time.Second
	for _, c := range []struct {
		total, spent time.Duration
		after        int
		want         time.Duration
	}{
		{0, time.Hour, 5, 0}, // no bound
		{100 * time.Second, 0, 2, most},
		{100 * time.Second, 70 * time.Second, 2, 30*time.Second - 2*reserve},
		{100 * time.Second, 90 * time.Second, 3, time.Millisecond}, // late: as little as may be
	} {
		if got := allotted(c.total, c.spent, most, c.after); got != c.want {
			t.Errorf("allotted(%v, %v, %d) = %v, want %v", c.total, c.spent, c.after, got, c.want)
		}
	}
}

// Those who run most often give way first, and each keeps a run; one that has run
// enough in its warm-up stays so.
func TestFit(t *testing.T) {
	for _, c := range []struct {
		left time.Duration
		want [3]int
	}{
		{time.Hour, [3]int{7, 3, 0}},
		{13 * time.Second, [3]int{4, 3, 0}}, // 4 + 9 s
		{12 * time.Second, [3]int{3, 3, 0}},
		{9 * time.Second, [3]int{2, 2, 0}}, // 8 s
		{0, [3]int{1, 1, 0}},
	} {
		lanes := []*lane{{reps: 7, seconds: 0.5}, {reps: 3, seconds: 2.5}, {reps: 0, seconds: 100}}
		fit(lanes, c.left, 500*time.Millisecond)
		if got := [3]int{lanes[0].reps, lanes[1].reps, lanes[2].reps}; got != c.want {
			t.Errorf("within %v they run %v times, want %v", c.left, got, c.want)
		}
	}
	fit(nil, 0, 0)
}
