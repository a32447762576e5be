// The results as Go's benchmarks print them, a line for each sample, which is what
// benchstat reads (golang.org/design/14313-benchmark-format):
//
//	benchstat -col /by results.txt
//	benchstat old.txt new.txt

package suite

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// writeBenchfmt writes the samples of all contenders that are right.
func (r *Report) writeBenchfmt(w io.Writer) error {
	b := bufio.NewWriter(w) // keeps the first error for Flush
	fmt.Fprintf(b, "goos: %s\ngoarch: %s\npkg: github.com/nogil-go/nogil/bench\ncpu: %s\n", runtime.GOOS, r.Machine.Arch, r.Machine.CPU)
	fmt.Fprintf(b, "date: %s\n", r.Started.UTC().Format("2006-01-02T15:04:05Z"))
	for i := range r.Workloads {
		l := &r.Workloads[i]
		for k := range l.Rows {
			l.writeSamples(b, &l.Rows[k])
		}
	}
	return b.Flush()
}

// writeSamples writes those of a row, unless it stands beside other threads already.
func (l *WorkloadReport) writeSamples(b io.Writer, r *Row) {
	if r.Status != ok || r.Serial && r.Threads > 1 {
		return
	}
	for _, s := range r.Samples {
		fmt.Fprintf(b, "%s %d %.6g ns/op", l.benchName(r), max(r.Inner, 1), s*1e9)
		if r.Bytes > 0 {
			fmt.Fprintf(b, " %.6g MB/s", r.Bytes/s/1e6)
		}
		if r.Memory > 0 {
			fmt.Fprintf(b, " %d private-B", r.Memory)
		}
		fmt.Fprintln(b)
	}
}

// benchName is the name of a row's benchmark, of words without blanks.
func (l *WorkloadReport) benchName(r *Row) string {
	name := fmt.Sprintf("Benchmark/suite=%s/load=%s/by=%s", l.Suite, l.Name, r.Who)
	if r.ISA != "" {
		name += "/isa=" + r.ISA
	}
	name += fmt.Sprintf("/threads=%d", r.Threads)
	return strings.Join(strings.Fields(name), "_")
}
