package suite

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestMedianAndSpread(t *testing.T) {
	for _, c := range []struct {
		x              []float64
		median, spread float64
	}{
		{[]float64{3}, 3, 0},
		{[]float64{4, 1, 2}, 2, 1.5},
		{[]float64{8, 1, 2, 4}, 3, 7.0 / 3},
	} {
		before := append([]float64(nil), c.x...)
		if m, s := median(c.x), spread(c.x); m != c.median || s != c.spread {
			t.Errorf("%v: median %v and spread %v, want %v and %v", c.x, m, s, c.median, c.spread)
		}
		if !reflect.DeepEqual(c.x, before) {
			t.Errorf("median changed its argument %v to %v", before, c.x)
		}
	}
}

// sample is a report with a row of every kind.
func sample() *Report {
	w := &workload{name: "sums", shape: "3×4", units: 12, unit: "element", notes: []string{"a note"}}
	rows := []Row{
		{Who: "(memory read)", Threads: 1, Limit: true, Bytes: 96, Status: ok, Samples: []float64{4e-8}},
		{Who: "(memory read)", Threads: 2, Limit: true, Bytes: 96, Status: ok, Samples: []float64{2e-8}},
		{Who: "nogil", Threads: 1, ISA: "avx2", Base: true, Bytes: 96, Status: ok, Samples: []float64{8e-8, 4e-8, 5e-8}},
		{Who: "nogil", Threads: 2, ISA: "avx2", Base: true, Bytes: 96, Status: ok, Samples: []float64{2.5e-8, 2.5e-8}},
		{Who: "numpy", Threads: 1, Serial: true, Bytes: 96, Status: ok, Samples: []float64{1e-7}},
		{Who: "liar", Threads: 1, Bytes: 96, Status: wrong, Reason: "sum 0 is 1, want 2"},
		{Who: "ghost", Threads: 1, Bytes: 96, Status: missing, Reason: "not installed"},
	}
	return &Report{
		Schema: schema, Started: time.Unix(1e9, 0).UTC(), Seconds: 1.5, Command: []string{"-quick"}, Threads: []int{1, 2},
		Machine: Machine{CPU: "A CPU", Cores: 2, GOMAXPROCS: 2, L1D: 48 << 10, L2: 2 << 20, L3: 480 << 20, Memory: 24 << 30,
			SIMD: "avx2", SIMDLevels: []string{"generic", "avx2"}, OS: "An OS", Kernel: "Linux 6", Go: "go1", CCompiler: "gcc 12", BLAS: "OpenBLAS",
			Modules: map[string]string{"m": "v1"}},
		Peers:     []Peer{{Program: "python", Versions: map[string]string{"numpy": "2"}}},
		Workloads: []WorkloadReport{w.report(rows, []int{1, 2}, time.Second)},
	}
}

const sampleTable = `A CPU, 2 cores (GOMAXPROCS 2), L1 48 KiB, L2 2 MiB, L3 480 MiB, memory 24 GiB
An OS, Linux 6, go1, gcc 12, BLAS OpenBLAS
instruction set avx2 of generic, avx2

kernel  shape  threads  isa   by                time  spread         per unit  GB/s  of read  × nogil

sums    3×4          1  -     (memory read)  40.0 ns     0 %                -   2.4        -        -
sums    3×4          1  avx2  nogil          50.0 ns    80 %  4.17 ns/element   1.9     80 %     1.00
sums    3×4          1  -     numpy           100 ns     0 %  8.33 ns/element   1.0     40 %     2.00
sums    3×4          1  -     liar             WRONG
sums    3×4          2  -     (memory read)  20.0 ns     0 %                -   4.8        -        -
sums    3×4          2  avx2  nogil          25.0 ns     0 %  2.08 ns/element   3.8     80 %     1.00
sums    3×4     1 of 2  -     numpy           100 ns     0 %  8.33 ns/element   1.0     20 %     4.00
`

func TestTable(t *testing.T) {
	var out strings.Builder
	sample().print(&out)
	if got := out.String(); !strings.HasPrefix(got, sampleTable) {
		t.Errorf("printed:\n%s\nwant it to start:\n%s", got, sampleTable)
	}
	for _, want := range []string{
		"sums: a note; medians of 1 to 3 runs, fewest for the slowest.\n",
		"WRONG: sums by liar: sum 0 is 1, want 2.\n",
		"MISSING: sums by ghost: not installed.\n",
		"numpy 2.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed:\n%s\nlacks %q", out.String(), want)
		}
	}
}

func TestFigures(t *testing.T) {
	for seconds, want := range map[float64]string{
		123.4: "123 s", 1: "1.00 s", 0.0999: "99.9 ms", 4.5e-6: "4.50 µs", 1e-9: "1.00 ns", 2.5e-10: "0.250 ns",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("duration(%v) = %q, want %q", seconds, got, want)
		}
	}
	for n, want := range map[int64]string{0: "unknown", 512 << 10: "512 KiB", 3 << 29: "1.5 GiB"} {
		if got := bytesize(n); got != want {
			t.Errorf("bytesize(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestReportRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "out.json")
	want := sample()
	if err := want.save(path); err != nil {
		t.Fatal(err)
	}
	got, err := loadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back:\n%+v\nwant:\n%+v", got, want)
	}
	if err := os.WriteFile(path, []byte(`{"schema": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadReport(path); err == nil {
		t.Error("a report of another schema is read without complaint")
	}
}
