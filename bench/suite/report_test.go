package suite

import (
	"math"
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

// The intervals must be those of the binomial distribution: for nine samples the second
// and the eighth, with 1 − 2·(1 + 9)/2⁹.
func TestMedianInterval(t *testing.T) {
	for _, c := range []struct {
		n    int
		want Interval
	}{
		{1, Interval{1, 1, 0}},
		{3, Interval{1, 3, .75}},
		{5, Interval{1, 5, .9375}},
		{6, Interval{1, 6, .96875}},
		{8, Interval{1, 8, 1 - 2./256}},
		{9, Interval{2, 8, 1 - 20./512}},
		{20, Interval{6, 15, 1 - 2*21700./(1<<20)}},
	} {
		x := make([]float64, c.n)
		for i := range x {
			x[i] = float64(c.n - i)
		}
		got := medianInterval(x)
		if got.Low != c.want.Low || got.High != c.want.High || math.Abs(got.Level-c.want.Level) > 1e-12 {
			t.Errorf("%d samples: %+v, want %+v", c.n, got, c.want)
		}
	}
}

// What slows a round for all must not show in the ratio.
func TestPairedRatios(t *testing.T) {
	w := WorkloadReport{Units: 1, Rows: []Row{
		{Who: "nogil", Threads: 1, Base: true, Status: ok, Samples: []float64{1, 5, 1, 2, 1, 1, 9}},
		{Who: "peer", Threads: 1, Status: ok, Samples: []float64{2, 10, 2, 4, 2, 2.2, 18}},
	}}
	w.fill()
	r := w.Rows[1]
	if r.Ratio != 2 || r.Between.Low != 2 || r.Between.High != 2.2 || r.Between.Level < confidence {
		t.Errorf("ratio %v within %+v, want 2 within 2 and 2.2 at 95 %%", r.Ratio, r.Between)
	}
	if r.Median != 2.2 || r.Within.Low != 2 || r.Within.High != 18 {
		t.Errorf("median %v within %+v, want 2.2 within 2 and 18", r.Median, r.Within)
	}
}

// Colour only tells what the interval leaves no doubt about.
func TestStyle(t *testing.T) {
	sure := func(low, high float64) *Interval { return &Interval{low, high, .96} }
	for _, c := range []struct {
		row  Row
		want string
	}{
		{Row{Status: ok, Base: true}, bold},
		{Row{Status: ok, Limit: true}, dim},
		{Row{Status: ok, Ratio: 2, Between: sure(1.9, 2.1)}, green},
		{Row{Status: ok, Ratio: .5, Between: sure(.4, .6)}, red},
		{Row{Status: ok, Ratio: 1.1, Between: sure(.9, 1.2)}, plain},
		{Row{Status: ok, Ratio: 2, Between: &Interval{1.9, 2.1, .75}}, plain},
		{Row{Status: wrong}, red},
	} {
		if got := c.row.style(); got != c.want {
			t.Errorf("%+v: style %q, want %q", c.row, got, c.want)
		}
	}
	coloured := table{colour: true}
	coloured.add(bold, "a", "b")
	var out strings.Builder
	coloured.print(&out, "<<")
	if out.String() != bold+"a  b"+reset+"\n" {
		t.Errorf("coloured: %q", out.String())
	}
}

// sample is a report with a row of every kind.
func sample() *Report {
	w := &workload{name: "sums", shape: "3×4", units: 12, unit: "element", notes: []string{"a note"}}
	rows := []Row{
		{Who: "(memory read)", Threads: 1, Limit: true, Bytes: 96, Status: ok, Samples: []float64{4e-8}},
		{Who: "(memory read)", Threads: 2, Limit: true, Bytes: 96, Status: ok, Samples: []float64{2e-8}},
		{Who: "nogil", Threads: 1, ISA: "avx2", Base: true, Bytes: 96, Status: ok, Samples: []float64{8e-8, 4e-8, 5e-8},
			Busy: 0.99, Memory: 3 << 20, RSS: 5 << 20, Procs: 1},
		{Who: "nogil", Threads: 2, ISA: "avx2", Base: true, Bytes: 96, Status: ok, Samples: []float64{2.5e-8, 2.5e-8}},
		{Who: "numpy", Threads: 1, Serial: true, Bytes: 96, Status: ok, Samples: []float64{1.6e-7, 8e-8, 1.1e-7}},
		{Who: "pool", Threads: 2, Bytes: 96, Status: ok, Samples: []float64{1e-7}},
		{Who: "liar", Threads: 1, Bytes: 96, Status: wrong, Reason: "sum 0 is 1, want 2"},
		{Who: "ghost", Threads: 1, Bytes: 96, Status: missing, Reason: "not installed"},
	}
	sums := w.report(rows, []int{1, 2}, time.Second)
	sums.Suite, sums.Noise = "small", Noise{Steal: .02, Others: .01}
	return &Report{
		Schema: schema, Started: time.Unix(1e9, 0).UTC(), Seconds: 1.5, Command: []string{"-quick"}, Threads: []int{1, 2},
		Machine: Machine{CPU: "A CPU", Cores: 2, GOMAXPROCS: 2, L1D: 48 << 10, L2: 2 << 20, L3: 480 << 20, Memory: 24 << 30,
			SIMD: "avx2", SIMDLevels: []string{"generic", "avx2"}, OS: "An OS", Kernel: "Linux 6", Go: "go1", CCompiler: "gcc 12", BLAS: "OpenBLAS",
			Modules: map[string]string{"m": "v1"}, Affinity: "0-1", Governor: "none", LoadAverage: "0.10 0 0", LoadAfter: "1.20 0 0"},
		Peers:     []Peer{{Program: "python", Versions: map[string]string{"numpy": "2"}}},
		Workloads: []WorkloadReport{sums},
	}
}

const sampleTable = `A CPU, 2 cores (GOMAXPROCS 2), L1 48 KiB, L2 2 MiB, L3 480 MiB, memory 24 GiB
An OS, Linux 6, go1, gcc 12, BLAS OpenBLAS
instruction set avx2 of generic, avx2
processors 0-1, frequency governor none, load average before 0.10, after 1.20

threads  isa   by                time  spread         per unit  GB/s  of limit  cores  memory  × nogil       95 % interval

sums: 3×4
      1  -     (memory read)  40.0 ns     0 %                -   2.4         -      -       -        -                   -
      1  avx2  nogil          50.0 ns    80 %  4.17 ns/element   1.9      80 %   0.99   3 MiB     1.00                   -
      1  -     numpy           110 ns    73 %  9.17 ns/element   0.9      36 %      -       -     2.00  2.00 – 2.20 (75 %)
      1  -     liar             WRONG
      2  -     (memory read)  20.0 ns     0 %                -   4.8         -      -       -        -                   -
      2  avx2  nogil          25.0 ns     0 %  2.08 ns/element   3.8      80 %      -       -     1.00                   -
 1 of 2  -     numpy           110 ns    73 %  9.17 ns/element   0.9      18 %      -       -     4.80  3.20 – 6.40 (50 %)
      2  -     pool            100 ns     0 %  8.33 ns/element   1.0      20 %      -       -     4.00                   -
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
		"NOISY: sums: while it was measured the hypervisor took 2.0 % of the processors.\n",
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
