// Two result files side by side: what got faster or slower, and whether that is more than
// chance. The test is Mann and Whitney's, which assumes nothing of the distributions
// (golang.org/x/perf/benchmath, as in benchstat).

package suite

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/perf/benchmath"
)

// compareThreshold is the least change of a median that counts: of many rows that have not
// changed, one in twenty differs by the test alone.
const compareThreshold = 0.05

// errSlower is the verdict of a comparison, for the exit status.
var errSlower = errors.New("nogil got slower")

// A change is a row that both files have.
type change struct {
	load, who, isa string
	threads        int
	ours           bool // a row of nogil's
	before, after  float64
	p              float64
	samples        [2]int
}

// verdict is faster, slower, or ~ where the samples do not show it or it is too little.
func (c *change) verdict() string {
	switch delta := c.delta(); {
	case c.p > benchmath.DefaultThresholds.CompareAlpha || delta < compareThreshold && delta > -compareThreshold:
		return "~"
	case delta > 0:
		return "slower"
	}
	return "faster"
}

func (c *change) delta() float64 { return c.after/c.before - 1 }

// rowKey names a row in both files.
type rowKey struct {
	suite, load, who, isa string
	threads               int
}

// compareReports pairs the rows of two reports and says how many of the first the second
// lacks.
func compareReports(before, after *Report) (changes []change, lost int) {
	rows := map[rowKey]*Row{}
	after.eachRow(func(k rowKey, r *Row) { rows[k] = r })
	before.eachRow(func(k rowKey, old *Row) {
		r := rows[k]
		if r == nil {
			lost++
			return
		}
		a, b := benchmath.NewSample(old.Samples, &benchmath.DefaultThresholds), benchmath.NewSample(r.Samples, &benchmath.DefaultThresholds)
		test := benchmath.AssumeNothing.Compare(a, b)
		changes = append(changes, change{
			load: k.load, who: k.who, isa: k.isa, threads: k.threads, ours: r.Base,
			before: old.Median, after: r.Median, p: test.P, samples: [2]int{len(old.Samples), len(r.Samples)},
		})
	})
	return changes, lost
}

// eachRow calls f for every row that has times, once, where it runs on its own threads.
func (r *Report) eachRow(f func(rowKey, *Row)) {
	for i := range r.Workloads {
		l := &r.Workloads[i]
		for k := range l.Rows {
			row := &l.Rows[k]
			if row.Status == ok && !(row.Serial && row.Threads > 1) {
				f(rowKey{l.Suite, l.Name, row.Who, row.ISA, row.Threads}, row)
			}
		}
	}
}

// compareFiles prints the comparison of two files; the error is errSlower where one of
// nogil's rows got slower.
func compareFiles(paths []string, w io.Writer) error {
	if len(paths) != 2 {
		return fmt.Errorf("-compare wants two files, the older first, and got %d", len(paths))
	}
	before, err := loadReport(paths[0])
	if err != nil {
		return err
	}
	after, err := loadReport(paths[1])
	if err != nil {
		return err
	}
	changes, lost := compareReports(before, after)
	if len(changes) == 0 {
		return errors.New("the two files have no row in common")
	}
	for _, d := range differences(&before.Machine, &after.Machine) {
		fmt.Fprintf(w, "NOT ALIKE: %s\n", d)
	}
	printChanges(w, changes)
	slower, faster := 0, 0
	for _, c := range changes {
		switch v := c.verdict(); {
		case c.ours && v == "slower":
			slower++
		case c.ours && v == "faster":
			faster++
		}
	}
	fmt.Fprintf(w, "\nOf nogil's rows %d got slower and %d faster, by %.0f %% at least and with p ≤ %.2g (Mann-Whitney).", slower, faster, 100*compareThreshold, benchmath.DefaultThresholds.CompareAlpha)
	if lost > 0 {
		fmt.Fprintf(w, " %d rows of %s are not in %s.", lost, paths[0], paths[1])
	}
	fmt.Fprintln(w)
	if slower > 0 {
		return errSlower
	}
	return nil
}

// differences are what makes two machines hard to compare.
func differences(a, b *Machine) []string {
	var list []string
	note := func(what, before, after string) {
		if before != after {
			list = append(list, fmt.Sprintf("%s: %s before, %s after", what, orDash(before), orDash(after)))
		}
	}
	note("processor", a.CPU, b.CPU)
	note("processors used", a.Affinity, b.Affinity)
	note("instruction set", a.SIMD, b.SIMD)
	note("Go", a.Go, b.Go)
	note("C compiler", a.CCompiler, b.CCompiler)
	note("kernel", a.Kernel, b.Kernel)
	return list
}

func printChanges(w io.Writer, changes []change) {
	t := table{colour: colours(w)}
	t.add(plain, "threads", "isa", "by", "before", "after", "change", "p", "")
	load := ""
	for _, c := range changes {
		if c.load != load {
			load = c.load
			t.heading(load)
		}
		verdict, style := c.verdict(), plain
		switch {
		case verdict == "slower" && c.ours:
			style = red
		case verdict == "faster" && c.ours:
			style = green
		}
		t.add(style, fmt.Sprint(c.threads), orDash(c.isa), c.who, duration(c.before), duration(c.after),
			fmt.Sprintf("%+.1f %%", 100*c.delta()), fmt.Sprintf("%.3f (n=%d+%d)", c.p, c.samples[0], c.samples[1]), verdict)
	}
	var out strings.Builder
	t.print(&out, "><<>>>><")
	io.WriteString(w, out.String())
}
