// The aligned table, and what is said around it.

package suite

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// print writes the report as a reader at a terminal wants it: the machine, the
// table, the notes, and what could not be measured.
func (r *Report) print(w io.Writer) {
	if r.Ended != "" {
		fmt.Fprintf(w, "INCOMPLETE: %s; what follows was measured before that.\n\n", r.Ended)
	}
	r.Machine.print(w)
	fmt.Fprintln(w)
	t := table{colour: colours(w)}
	t.add(plain, tableHead...)
	for _, load := range r.Workloads {
		t.heading(load.Name + ": " + load.Shape)
		for _, row := range load.Rows {
			if row.Status != missing {
				t.add(row.style(), load.cells(row)...)
			}
		}
	}
	t.print(w, t.dropSilent("><<>>>>>>>>>>"))
	fmt.Fprintln(w, `
time: median; spread: (slowest − fastest) / median; of limit: share of the machine's own speed of reading the same memory
with as many threads, or of its roofline, measured in the same run; cores: processor time / time; memory: peak of what only
the contender's processes have, not the mapped data; × nogil: the median, round by round, of how many times nogil's time
with as many threads.`)
	r.printNotes(w)
	r.printNoise(w)
	r.printMissing(w)
	r.printVersions(w)
}

var tableHead = []string{"threads", "isa", "by", "time", "spread", "per unit", "GB/s", "of limit", "worst gap", "cores", "memory", "× nogil", "95 % interval"}

// cells are the columns of one row, as tableHead names them.
func (l *WorkloadReport) cells(r Row) []string {
	c := []string{r.threads(), orDash(r.ISA), r.Who}
	if r.Status != ok {
		return append(c, strings.ToUpper(r.Status)) // the reason stands below the table
	}
	per, gbps, share, gap, busy, memory := "-", "-", "-", "-", "-", "-"
	if r.PerUnit > 0 {
		per = duration(r.PerUnit) + "/" + l.Unit
	}
	if r.GBps > 0 {
		gbps = strconv.FormatFloat(r.GBps, 'f', 1, 64)
	}
	switch {
	case r.OfRead > 0 && !r.Limit:
		share = fmt.Sprintf("%.0f %%", 100*r.OfRead)
	case r.OfRoof > 0:
		share = fmt.Sprintf("%.0f %%", 100*r.OfRoof)
	}
	if g, given := r.Info["worst gap"]; given {
		gap = fmt.Sprintf("%.0e", g)
	}
	if r.Busy > 0 {
		busy = strconv.FormatFloat(r.Busy, 'f', 2, 64)
	}
	if r.Memory > 0 {
		memory = bytesize(r.Memory)
	}
	ratio, between := r.ratio()
	return append(c, duration(r.Median), fmt.Sprintf("%.0f %%", 100*r.Spread), per, gbps, share, gap, busy, memory, ratio, between)
}

// threads says how many the row uses, and of how many it could have had.
func (r *Row) threads() string {
	if r.Serial && r.Threads > 1 {
		return "1 of " + strconv.Itoa(r.Threads)
	}
	return strconv.Itoa(r.Threads)
}

// ratio writes the ratio and its interval; an interval of fewer samples than 95 % take is
// marked with what it is worth.
func (r *Row) ratio() (ratio, between string) {
	if r.Ratio <= 0 {
		return "-", "-"
	}
	ratio = significant(r.Ratio)
	if r.Between == nil || r.Between.Level == 0 || r.Between.Low == r.Between.High {
		return ratio, "-" // one sample, or nogil itself
	}
	between = significant(r.Between.Low) + " – " + significant(r.Between.High)
	if r.Between.Level < confidence {
		between += fmt.Sprintf(" (%.0f %%)", 100*r.Between.Level)
	}
	return ratio, between
}

// style is bold for nogil, dim for the machine's limits, and says with colour who wins
// where the interval of the ratio leaves no doubt.
func (r *Row) style() string {
	switch {
	case r.Status == wrong || r.Status == failed:
		return red
	case r.Limit:
		return dim
	case r.Base:
		return bold
	case r.Between != nil && r.Between.Level >= confidence && r.Between.High < 1:
		return red
	case r.Between != nil && r.Between.Level >= confidence && r.Between.Low > 1:
		return green
	}
	return plain
}

// Styles of a terminal (ECMA-48).
const (
	plain = ""
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	reset = "\x1b[0m"
)

// colours says whether w wants them: a terminal, unless NO_COLOR is set (no-color.org).
func colours(w io.Writer) bool { return terminalWidth(w) > 0 && os.Getenv("NO_COLOR") == "" }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// duration writes seconds with three digits and a fitting unit.
func duration(seconds float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}} {
		if seconds >= u.size {
			return significant(seconds/u.size) + " " + u.name
		}
	}
	return significant(seconds*1e9) + " ns"
}

// significant writes x > 0 with three digits, at most three of them decimals.
func significant(x float64) string {
	decimals := 2
	switch {
	case x >= 100:
		decimals = 0
	case x >= 10:
		decimals = 1
	case x < 1:
		decimals = 3
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

func (r *Report) printNotes(w io.Writer) {
	fmt.Fprintln(w)
	for _, l := range r.Workloads {
		notes := l.Notes
		if fewest, most := l.repeats(); fewest < most {
			notes = append(slices.Clip(notes), fmt.Sprintf("medians of %d to %d runs, fewest for the slowest", fewest, most))
		} else if most > 0 {
			notes = append(slices.Clip(notes), fmt.Sprintf("medians of %d runs", most))
		}
		fmt.Fprintf(w, "%s: %s.\n", l.Name, strings.Join(notes, "; "))
		if l.Error != "" {
			fmt.Fprintf(w, "%s: NOT MEASURED: %s\n", l.Name, l.Error)
		}
	}
}

// printNoise names the workloads that others disturbed.
func (r *Report) printNoise(w io.Writer) {
	for _, l := range r.Workloads {
		if d := l.Noise.disturbed(); d != "" {
			fmt.Fprintf(w, "NOISY: %s: while it was measured %s.\n", l.Name, d)
		}
	}
}

// repeats returns the fewest and the most samples of a row.
func (l *WorkloadReport) repeats() (fewest, most int) {
	for _, r := range l.Rows {
		if n := len(r.Samples); n > 0 {
			if fewest == 0 || n < fewest {
				fewest = n
			}
			most = max(most, n)
		}
	}
	return fewest, most
}

// printMissing names every row that has no time, with the reason; rows of one
// reason share a line, and those that nobody asked for are only counted.
func (r *Report) printMissing(w io.Writer) {
	type absence struct{ status, reason string }
	rows := map[absence][]string{}
	var order []absence
	for _, l := range r.Workloads {
		for _, row := range l.Rows {
			if row.Status == ok {
				continue
			}
			a := absence{row.Status, row.Reason}
			if rows[a] == nil {
				order = append(order, a)
			}
			if name := l.Name + " by " + row.Who; !slices.Contains(rows[a], name) {
				rows[a] = append(rows[a], name)
			}
		}
	}
	for i, a := range order {
		if i == 0 {
			fmt.Fprintln(w)
		}
		reason, _, _ := strings.Cut(a.reason, "\n")
		names := strings.Join(rows[a], ", ")
		if reason == errNotAsked.Error() {
			names = fmt.Sprintf("%d contenders", len(rows[a]))
		}
		fmt.Fprintf(w, "%s: %s: %s.\n", strings.ToUpper(a.status), names, reason)
	}
}

// printVersions names what the peers ran on, all of them together; the JSON file
// has it for each.
func (r *Report) printVersions(w io.Writer) {
	all := map[string]string{}
	for _, p := range r.Peers {
		maps.Copy(all, p.Versions)
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words = append(words, name+" "+strings.Join(strings.Fields(all[name]), " "))
	}
	if len(words) > 0 {
		fmt.Fprintf(w, "\n%s.\n", strings.Join(words, ", "))
	}
}

func (m *Machine) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d cores (GOMAXPROCS %d), L1 %s, L2 %s, L3 %s, memory %s", orDash(m.CPU), m.Cores, m.GOMAXPROCS,
		bytesize(int64(m.L1D)), bytesize(int64(m.L2)), bytesize(int64(m.L3)), bytesize(m.Memory))
	if m.MemoryLimit > 0 {
		fmt.Fprintf(w, " (limited to %s)", bytesize(m.MemoryLimit))
	}
	cc := m.CCompiler
	if cc == "" {
		cc = "no C compiler"
	}
	fmt.Fprintf(w, "\n%s, %s, %s, %s, BLAS %s\ninstruction set %s of %s\n", m.OS, m.Kernel, m.Go, cc, m.BLAS,
		m.SIMD, strings.Join(m.SIMDLevels, ", "))
	fmt.Fprintf(w, "processors %s", orDash(m.Affinity))
	if m.CPULimit > 0 {
		fmt.Fprintf(w, " (limited to %.3g)", m.CPULimit)
	}
	fmt.Fprintf(w, ", frequency governor %s, load average before %s, after %s\n", orDash(m.Governor), load(m.LoadAverage), load(m.LoadAfter))
}

// load is the first of the three numbers of a load average.
func load(average string) string {
	first, _, _ := strings.Cut(average, " ")
	return orDash(first)
}

func bytesize(n int64) string {
	switch {
	case n <= 0:
		return "unknown"
	case n >= 1<<30:
		return fmt.Sprintf("%.3g GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.3g KiB", float64(n)/(1<<10))
}

// elapsed writes a duration for the lines of progress.
func elapsed(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// A table aligns cells. text/tabwriter would align every column to one side;
// here numbers stand at the right and words at the left.
type table struct {
	rows   []tableRow
	colour bool
}

type tableRow struct {
	cells   []string
	style   string
	heading string // instead of cells: a line of its own
}

func (t *table) add(style string, cells ...string) {
	t.rows = append(t.rows, tableRow{cells: slices.Clone(cells), style: style})
}

func (t *table) heading(line string) { t.rows = append(t.rows, tableRow{heading: line}) }

// dropSilent takes out the columns in which no row has anything to say, and returns the
// sides of the others.
func (t *table) dropSilent(sides string) string {
	for i := len(sides) - 1; i >= 0; i-- {
		if slices.ContainsFunc(t.rows[1:], func(row tableRow) bool { return i < len(row.cells) && row.cells[i] != "-" }) {
			continue
		}
		for k, row := range t.rows {
			if i < len(row.cells) {
				t.rows[k].cells = slices.Delete(row.cells, i, i+1)
			}
		}
		sides = sides[:i] + sides[i+1:]
	}
	return sides
}

// print writes the table; sides says for each column whether it stands at the
// left (<) or at the right (>).
func (t *table) print(w io.Writer, sides string) {
	widths := make([]int, len(sides))
	for _, row := range t.rows {
		for i, c := range row.cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range t.rows {
		if row.heading != "" {
			fmt.Fprintf(w, "\n%s\n", row.heading)
			continue
		}
		var line strings.Builder
		for i, c := range row.cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if sides[i] == '>' {
				line.WriteString(pad + c + "  ")
			} else {
				line.WriteString(c + pad + "  ")
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if t.colour && row.style != plain {
			text = row.style + text + reset
		}
		fmt.Fprintln(w, text)
	}
}
