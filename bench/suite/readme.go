// The table of the README, made from a result file, so that no figure in it is typed by
// hand. The file itself goes into docs, where a test holds the README against it.

package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Marks around the part of README.md that is made.
const (
	readmeBegin = "<!-- made by go -C bench run . -readme FILE -->\n"
	readmeEnd   = "<!-- end of what is made -->\n"
)

// measuredFile is what the README's figures come from, in the root directory.
const measuredFile = "docs/measured.json"

// writeReadme puts the table of result files into README.md, and the results without
// their pictures and the places of one machine into measuredFile. Several files are for a machine that is free for
// minutes at a time; they must be of one machine.
func writeReadme(paths []string, root string, stdout io.Writer) error {
	report, err := loadReport(paths[0])
	if err != nil {
		return err
	}
	for _, path := range paths[1:] {
		more, err := loadReport(path)
		if err != nil {
			return err
		}
		if d := differences(&report.Machine, &more.Machine); len(d) > 0 {
			return fmt.Errorf("%s is of another machine: %s", path, strings.Join(d, "; "))
		}
		report.add(more)
	}
	name := filepath.Join(root, "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	made, err := replaceMade(string(text), report.readme())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	report.Command = nil
	for i := range report.Workloads {
		report.Workloads[i].Timelines = nil
	}
	if err := report.save(filepath.Join(root, measuredFile)); err != nil {
		return err
	}
	if err := saveWhole(name, func(w io.Writer) error { _, err := io.WriteString(w, made); return err }); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s and %s are written.\n", name, filepath.Join(root, measuredFile))
	return nil
}

// add takes in the workloads and peers of another report; rows of a workload that both
// have stand together.
func (r *Report) add(more *Report) {
	r.Peers, r.Seconds = append(r.Peers, more.Peers...), r.Seconds+more.Seconds
	for _, w := range more.Workloads {
		i := slices.IndexFunc(r.Workloads, func(o WorkloadReport) bool { return o.Suite == w.Suite && o.Name == w.Name && o.Shape == w.Shape })
		if i < 0 {
			r.Workloads = append(r.Workloads, w)
			continue
		}
		r.Workloads[i].Rows = append(r.Workloads[i].Rows, w.Rows...)
	}
}

// replaceMade puts made between the marks of a text.
func replaceMade(text, made string) (string, error) {
	before, rest, found := strings.Cut(text, readmeBegin)
	_, after, closed := strings.Cut(rest, readmeEnd)
	if !found || !closed {
		return "", errors.New("it has no place for the table: " + strings.TrimSpace(readmeBegin) + " … " + strings.TrimSpace(readmeEnd))
	}
	return before + readmeBegin + made + readmeEnd + after, nil
}

// readme is the part of README.md that is made: the machine, and a row for each workload
// and number of threads.
func (r *Report) readme() string {
	var b bytes.Buffer
	m := &r.Machine
	fmt.Fprintf(&b, "Measured on %s: %s, %d cores, %s, %s, %s, %s, BLAS %s%s.\n\n",
		r.Started.UTC().Format("2 January 2006"), orDash(m.CPU), m.Cores, bytesize(m.Memory), m.OS, m.Go, orDash(m.CCompiler), firstWords(m.BLAS, 2), r.peerVersions())
	b.WriteString("| workload | threads | nogil | peers: time (× nogil) |\n|---|---|---|---|\n")
	for i := range r.Workloads {
		l := &r.Workloads[i]
		for _, t := range l.threadGroups() {
			if base := l.baseOf(t); base != nil {
				fmt.Fprintf(&b, "| `%s`: %s | %d | %s | %s |\n", l.Name, cell(l.Shape), t, cell(base.readmeCell()), cell(l.readmePeers(t)))
			}
		}
	}
	return b.String()
}

// cell keeps a text inside its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// baseOf is nogil's row with so many threads, the first where there are several.
func (l *WorkloadReport) baseOf(threads int) *Row {
	for i := range l.Rows {
		if r := &l.Rows[i]; r.Base && r.Threads == threads && r.Status == ok {
			return r
		}
	}
	return nil
}

func (r *Row) readmeCell() string {
	text := "**" + duration(r.Median) + "** " + strings.TrimPrefix(r.Who, "nogil ")
	if r.GBps > 0 {
		text += fmt.Sprintf(", %.1f GB/s", r.GBps)
	}
	switch {
	case r.OfRead > 0:
		text += fmt.Sprintf(", %.0f %% of read", 100*r.OfRead)
	case r.OfRoof > 0:
		text += fmt.Sprintf(", %.0f %% of the roof", 100*r.OfRoof)
	}
	return text
}

// readmePeers lists the others with so many threads. A ratio of which the interval leaves
// open who is faster has a ≈.
func (l *WorkloadReport) readmePeers(threads int) string {
	var list []string
	for i := range l.Rows {
		r := &l.Rows[i]
		if r.Threads != threads || r.Base || r.Limit || r.Status == missing || r.Status == cut {
			continue
		}
		who := r.Who
		if base := l.baseOf(threads); base != nil && base.Who == r.Who {
			who += " at " + r.ISA
		}
		if r.Serial && threads > 1 {
			who += " (1 thread)"
		}
		if r.Status != ok {
			list = append(list, who+" "+strings.ToUpper(r.Status))
			continue
		}
		ratio := significant(r.Ratio)
		if r.Between != nil && r.Between.Low <= 1 && r.Between.High >= 1 {
			ratio = "≈ " + ratio
		}
		list = append(list, fmt.Sprintf("%s %s (%s)", who, duration(r.Median), ratio))
	}
	return strings.Join(list, "; ")
}

// peerVersions names the packages that a reader knows.
func (r *Report) peerVersions() string {
	all := map[string]string{}
	for _, p := range r.Peers {
		for name, v := range p.Versions {
			all[strings.ToLower(name)] = v
		}
	}
	text := ""
	for _, name := range []string{"numpy", "sklearn", "joblib", "cython", "numba", "polars", "celer", "skglm", "adelie", "glum", "glmnet", "flint", "pari"} {
		if v := all[name]; v != "" {
			v = v[max(strings.IndexAny(v, "0123456789"), 0):] // PARI's begins with words
			text += ", " + name + " " + firstWords(v, 1)
		}
	}
	return text
}

// firstWords are the first n of a text.
func firstWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(n, len(words))], " ")
}
