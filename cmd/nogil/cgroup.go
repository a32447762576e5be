package main

// The limits of the control group that the process is in: version 2's cpu.max and memory.max,
// version 1's cpu.cfs_quota_us and memory.limit_in_bytes, the tightest on the way to the root.

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

type cgroup struct {
	CPUs   float64 `json:"cpus"`   // 0 where there is no limit
	Memory int64   `json:"memory"` // bytes
}

// readCgroup reads the files below root, which is "/" but in tests.
func readCgroup(root string) cgroup {
	var c cgroup
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return c
	}
	mounts := filepath.Join(root, "sys/fs/cgroup")
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // id:controllers:path
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			c.walk(filepath.Join(mounts, controller), parts[2])
			if controller == "" {
				c.walk(filepath.Join(mounts, "unified"), parts[2])
			}
		}
	}
	return c
}

// walk takes the limits of a group and of those above it.
func (c *cgroup) walk(mount, group string) {
	for dir := filepath.Clean("/" + group); ; dir = filepath.Dir(dir) {
		at := filepath.Join(mount, dir)
		quota, period := words(at, "cpu.max")
		if quota == 0 {
			quota, _ = words(at, "cpu.cfs_quota_us")
			period, _ = words(at, "cpu.cfs_period_us")
		}
		if quota > 0 && period > 0 && (c.CPUs == 0 || quota/period < c.CPUs) {
			c.CPUs = quota / period
		}
		memory, _ := words(at, "memory.max")
		if memory == 0 {
			memory, _ = words(at, "memory.limit_in_bytes")
		}
		// Version 1 says "no limit" by a number near 2⁶³.
		if memory > 0 && memory < 1<<60 && (c.Memory == 0 || int64(memory) < c.Memory) {
			c.Memory = int64(memory)
		}
		if dir == "/" {
			return
		}
	}
}

// words returns the first two numbers in a file, 0 for what is none.
func words(dir, name string) (first, second float64) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0, 0
	}
	fields := append(strings.Fields(string(text)), "", "")
	first, _ = strconv.ParseFloat(fields[0], 64)
	second, _ = strconv.ParseFloat(fields[1], 64)
	return first, second
}
