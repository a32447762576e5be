package suite

import (
	"context"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a contender takes must be seen: the memory of its process and of those that it
// started, and its processor time.
func TestUsage(t *testing.T) {
	py, err := exec.LookPath("python3")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("Linux and Python are needed")
	}
	hog := `import sys,subprocess,time,json
print('{"hello":{"versions":{}}}', flush=True)
kids=[subprocess.Popen([sys.executable,"-c","import sys;b=bytearray(40<<20);b[::4096]=b'x'*len(b[::4096])\nfor l in sys.stdin: sum(range(100000))"],stdin=subprocess.PIPE)]
for line in sys.stdin:
    kids[0].stdin.write(b"x\n"); kids[0].stdin.flush()
    b=bytearray(80<<20); b[::4096]=b'x'*len(b[::4096]); del b
    t=time.perf_counter()
    while time.perf_counter()-t<.2: pass
    open(json.loads(line)["answer"],"wb").write(open(sys.argv[1],"rb").read())
    print('{"seconds":%g}'%(time.perf_counter()-t), flush=True)
`
	dir := t.TempDir()
	one := filepath.Join(dir, "one.npy")
	if err := saveVector(one, []float64{1}); err != nil {
		t.Fatal(err)
	}
	w := &workload{
		check:      func([]float64, map[string]float64) error { return nil },
		contenders: []contender{{who: "hog", program: program{key: "hog", args: []string{py, "-c", hog, one}}, threads: 1}},
	}
	tm := timing{reps: 2, fewest: 1, budget: time.Second, settle: 200 * time.Millisecond}
	r := measure(context.Background(), w, tm, dir, newProgress(io.Discard, 1)).rows[0]
	if r.Status != ok {
		t.Fatal(r.Reason)
	}
	if r.Procs != 2 || r.Memory < 120<<20 || r.Memory > 200<<20 || r.RSS < r.Memory {
		t.Errorf("%d processes, %d MiB private, %d MiB resident; want 2, about 130 and a little more", r.Procs, r.Memory>>20, r.RSS>>20)
	}
	// A machine that is shared may give it less than it asks for, never more.
	if r.Busy < .1 || r.Busy > 1.6 {
		t.Errorf("%.2f cores busy, want about 1", r.Busy)
	}
}

// Who did nothing took no part.
func TestWorking(t *testing.T) {
	g := group{1, 2, 3, 4}
	got := g.working(map[int]float64{1: 5, 2: 1, 3: 1}, map[int]float64{1: 5, 2: 1, 3: 1.5, 4: .1})
	if !slices.Equal(got, group{1, 3, 4}) {
		t.Errorf("working are %v, want 1, 3 and 4", got)
	}
}

func TestStatusFields(t *testing.T) {
	got := statusFields("Name:\tx y\nVmHWM:\t  123 kB\nThreads:\t4\nRssAnon:\t7 kB\n")
	if len(got) != 2 || got["VmHWM"] != 123 || got["RssAnon"] != 7 {
		t.Errorf("read %v", got)
	}
}

func TestNoise(t *testing.T) {
	a := parseProcessorTime("cpu  100 5 50 1000 10 1 2 20 0 0")
	if a.busy != 158 || a.idle != 1010 || a.steal != 20 {
		t.Errorf("read %+v", a)
	}
	if parseProcessorTime("cpu x") != (processorTime{}) {
		t.Error("nonsense is read as something")
	}
	w := watch{total: processorTime{busy: 300, idle: 90, steal: 10}, ours: 2.6}
	n := w.noise()
	if math.Abs(n.Steal-.025) > 1e-12 || math.Abs(n.Others-.1) > 1e-12 {
		t.Errorf("noise %+v, want .025 and .1", n)
	}
	for _, part := range []string{"took 2.5 %", "used 10.0 %"} {
		if !strings.Contains(n.disturbed(), part) {
			t.Errorf("%q lacks %q", n.disturbed(), part)
		}
	}
	if (Noise{.001, .01}).disturbed() != "" {
		t.Error("a quiet machine is called disturbed")
	}
}

// The limits of a container, as both versions of control groups write them.
func TestControlGroup(t *testing.T) {
	write := func(root string, files map[string]string) {
		for name, text := range files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := cgroupRoot
	defer func() { cgroupRoot = before }()
	for _, c := range []struct {
		name    string
		files   map[string]string
		memory  int64
		limited bool
		used    int64
		cpus    float64
	}{
		{"version 2", map[string]string{"memory.max": "2147483648\n", "memory.current": "1000\n", "memory.stat": "anon 5\ninactive_file 300\n", "cpu.max": "150000 100000\n"}, 2 << 30, true, 700, 1.5},
		{"version 2, no limit", map[string]string{"memory.max": "max\n", "cpu.max": "max 100000\n"}, 0, false, 0, 0},
		{"version 1", map[string]string{"memory/memory.limit_in_bytes": "1048576\n", "memory/memory.usage_in_bytes": "77\n", "cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1 << 20, true, 77, 1},
		{"version 1, no limit", map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n", "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0, false, 0, 0},
		{"none", nil, 0, false, 0, 0},
	} {
		cgroupRoot = t.TempDir()
		write(cgroupRoot, c.files)
		memory, limited := memoryLimit()
		if memory != c.memory || limited != c.limited || memoryUsed() != c.used || cpuLimit() != c.cpus {
			t.Errorf("%s: limit %d (%v), used %d, processors %v", c.name, memory, limited, memoryUsed(), cpuLimit())
		}
		if c.cpus == 1 && cores() != 1 {
			t.Errorf("%s: %d cores, want 1", c.name, cores())
		}
	}
}

// The time left is that of the rounds to come, and of the workloads to come.
func TestProgress(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out, 3)
	p.begin("sums")
	p.began = time.Now().Add(-10 * time.Second)
	lanes := []*lane{{reps: 5, seconds: 2, row: Row{Status: ok, Samples: []float64{1}}}, {reps: 9, seconds: 9, row: Row{Status: failed}}}
	p.warming(1, 1, lanes)
	// 8 s left here; two workloads of 18 s.
	if want := "[1/3] sums: making the data\n[1/3] sums: about 44 s left\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	out.Reset()
	p.width = 60
	p.sampled(lanes)
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[K[1/3] sums ████░░░░") || !strings.Contains(got, "about 44 s left") {
		t.Errorf("drew %q", got)
	}
	p.end()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Error("the line is left standing")
	}
}
