// What a run takes of the machine beside time: memory and processor time of a
// contender's process and of all that it started. It is read from /proc, outside the
// timed part; elsewhere it is unknown.

package suite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A footprint is the memory of a group of processes.
type footprint struct {
	processes int
	// rss is the sum of the processes' resident high-water marks. It counts a shared
	// page once for each process that touches it, the mapped data too.
	rss int64
	// private is the same without what is mapped from files or shared: the memory that
	// the group alone takes, each page once.
	private int64
}

// A group lists the processes of a contender, the worker first.
type group []int

// groupOf lists the worker and all that it started, by the kernel's lists of each
// thread's children.
func groupOf(worker int) group {
	list := group{worker}
	for i := 0; i < len(list); i++ {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", list[i]))
		for _, path := range threads {
			b, _ := os.ReadFile(path) // it may have ended meanwhile
			for pid := range strings.FieldsSeq(string(b)) {
				if id, err := strconv.Atoi(pid); err == nil {
					list = append(list, id)
				}
			}
		}
	}
	return list
}

// resetPeaks sets the high-water marks back to what is resident now, and says whether
// the system could.
func (g group) resetPeaks() bool {
	could := true
	for _, pid := range g {
		err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
		could = could && (err == nil || errors.Is(err, os.ErrNotExist)) // it may have ended
	}
	return could && runtime.GOOS == "linux"
}

// peak adds up the high-water marks since resetPeaks.
func (g group) peak() footprint {
	f := footprint{}
	for _, pid := range g {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		kb := statusFields(string(status))
		f.processes++
		f.rss += kb["VmHWM"] << 10
		// What is mapped stays mapped over a run, so the rest of the peak was private.
		f.private += max(kb["RssAnon"], kb["VmHWM"]-kb["RssFile"]-kb["RssShmem"]) << 10
	}
	return f
}

// statusFields reads the lines "Name:   123 kB".
func statusFields(status string) map[string]int64 {
	fields := map[string]int64{}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		if number, isSize := strings.CutSuffix(strings.TrimSpace(value), " kB"); isSize {
			fields[name], _ = strconv.ParseInt(number, 10, 64)
		}
	}
	return fields
}

// cpuSeconds is the processor time of each process so far.
func (g group) cpuSeconds() map[int]float64 {
	used := map[int]float64{}
	for _, pid := range g {
		if s, ok := processClock(pid); ok {
			used[pid] = s
		}
	}
	return used
}

// working leaves out the processes that did nothing between two readings, such as the pools
// of other contenders of the same worker. Without clocks nobody is left out.
func (g group) working(before, after map[int]float64) group {
	return slices.DeleteFunc(slices.Clone(g), func(pid int) bool {
		from, had := before[pid]
		to, has := after[pid]
		return pid != g[0] && had && has && from == to
	})
}

// spent is the processor time between two readings: of the worker, and of the others.
func spent(workerID int, before, after map[int]float64) (worker, others float64) {
	for pid, s := range after {
		if pid == workerID {
			worker = s - before[pid]
		} else {
			others += s - before[pid]
		}
	}
	return worker, others
}
