// The limits of the control group, as docker run --cpus and --memory set them. A
// container sees its own group at the root of /sys/fs/cgroup, in version 2 as in 1.

package suite

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// cgroupRoot is where the files are; tests put others there.
var cgroupRoot = "/sys/fs/cgroup"

// cgroupNumber reads the first of the files that holds a number.
func cgroupNumber(files ...string) (int64, bool) {
	for _, f := range files {
		if n, ok := number(filepath.Join(cgroupRoot, f)); ok {
			return n, true
		}
	}
	return 0, false
}

// memoryLimit is the group's limit. Version 1 writes a huge number where there is none.
func memoryLimit() (int64, bool) {
	n, ok := cgroupNumber("memory.max", "memory/memory.limit_in_bytes")
	if !ok || n > math.MaxInt64/2 {
		return 0, false
	}
	return n, true
}

// memoryUsed is what the group has of it, without the files that the kernel keeps cached
// and gives up when memory is short.
func memoryUsed() int64 {
	used, _ := cgroupNumber("memory.current", "memory/memory.usage_in_bytes")
	for _, f := range []string{"memory.stat", "memory/memory.stat"} {
		b, err := os.ReadFile(filepath.Join(cgroupRoot, f))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name == "inactive_file" {
				cached, _ := strconv.ParseInt(value, 10, 64)
				return max(used-cached, 0)
			}
		}
	}
	return used
}

// cpuLimit is how many processors the group may keep busy, or 0 where it may all.
func cpuLimit() float64 {
	b, err := os.ReadFile(filepath.Join(cgroupRoot, "cpu.max"))
	if err == nil { // "quota period" in µs, or "max period"
		f := strings.Fields(string(b))
		if len(f) == 2 {
			quota, err1 := strconv.ParseFloat(f[0], 64)
			period, err2 := strconv.ParseFloat(f[1], 64)
			if err1 == nil && err2 == nil && period > 0 {
				return quota / period
			}
		}
		return 0
	}
	quota, have := cgroupNumber("cpu/cpu.cfs_quota_us")
	period, _ := cgroupNumber("cpu/cpu.cfs_period_us")
	if !have || quota <= 0 || period <= 0 {
		return 0
	}
	return float64(quota) / float64(period)
}

// cores is how many threads are worth having: those of Go, but no more than the group's
// limit, below which Go does not go under two.
func cores() int {
	n := runtime.GOMAXPROCS(0)
	if limit := cpuLimit(); limit > 0 {
		n = min(n, max(int(math.Ceil(limit)), 1))
	}
	return n
}
