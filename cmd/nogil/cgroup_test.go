package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCgroup: the tightest limit on the way to the root, of both versions.
func TestCgroup(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  cgroup
	}{
		"version 2": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
			"sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.max": "536870912\n",
		}, cgroup{1.5, 512 << 20}},
		"version 1": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x\n", "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "200000\n", "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1048576\n",
		}, cgroup{2, 1 << 20}},
		"none": {nil, cgroup{}},
	} {
		root := t.TempDir()
		for file, text := range tt.files {
			file = filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := readCgroup(root); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
