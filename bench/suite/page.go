// The report as one HTML page that needs nothing else: style and pictures are inside it,
// nothing is loaded and nothing runs.

package suite

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"countThreads": countThreads,
	"percent":      func(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) },
	"join":         strings.Join,
	"bytesize":     bytesize,
	"load":         load,
}).Parse(pageSource))

// A page is what the template shows.
type page struct {
	*Report
	Overview, Roofline template.HTML
	Facts              [][2]string
	LimitNames         []string // rows of the limits' table
	LimitCells         map[string][]string
	Drift              []string
	Loads              []pageLoad
	Lost               []string // workloads in which a peer is certainly faster
	Disturbed          int
	Versions           [][2]string
	Absent             []Peer
}

// A pageLoad is the section of a workload.
type pageLoad struct {
	*WorkloadReport
	Times, Memory, Scaling template.HTML
	Timelines              []pageTimeline
	Head                   []string
	Cells                  []pageRow
	Troubles               []string
	Disturbed              string
	Runs                   string
}

type pageTimeline struct {
	Timeline
	Picture template.HTML
	Busy    float64
}

type pageRow struct {
	Class string
	Cells []string
}

// anchor is the id of the workload's section.
func (l *WorkloadReport) anchor() string { return l.Suite + "-" + l.Name }

func (l pageLoad) Anchor() string { return l.anchor() }

// writePage writes the page.
func (r *Report) writePage(w io.Writer) error {
	p := page{Report: r, Overview: r.overviewPicture(), Roofline: r.rooflinePicture(), Facts: r.facts()}
	p.fillLimits()
	for i := range r.Workloads {
		l := &r.Workloads[i]
		section := l.section()
		if section.Disturbed != "" {
			p.Disturbed++
		}
		p.Loads = append(p.Loads, section)
		for _, t := range slices.Backward(r.Threads) {
			if best := l.best(t); best != nil {
				if best.Between.Level >= confidence && best.Between.High < 1 {
					p.Lost = append(p.Lost, fmt.Sprintf("%s (%s, %s ×)", l.Name, best.Who, significant(best.Ratio)))
				}
				break
			}
		}
	}
	p.fillPeers()
	return pageTemplate.Execute(w, p)
}

// facts describe the machine.
func (r *Report) facts() [][2]string {
	m := &r.Machine
	cpus := fmt.Sprintf("%d (%s)", m.Cores, orDash(m.Affinity))
	if m.CPULimit > 0 {
		cpus += fmt.Sprintf(", limited to %.3g", m.CPULimit)
	}
	memory := bytesize(m.Memory)
	if m.MemoryLimit > 0 {
		memory += ", limited to " + bytesize(m.MemoryLimit)
	}
	return [][2]string{
		{"Processor", orDash(m.CPU)},
		{"Cores", cpus},
		{"Caches", fmt.Sprintf("L1 %s, L2 %s, L3 %s", bytesize(int64(m.L1D)), bytesize(int64(m.L2)), bytesize(int64(m.L3)))},
		{"Memory", memory},
		{"Instruction sets", fmt.Sprintf("%s of %s", m.SIMD, strings.Join(m.SIMDLevels, ", "))},
		{"System", m.OS + ", " + m.Kernel},
		{"Go", m.Go},
		{"C compiler", orDash(m.CCompiler)},
		{"BLAS", m.BLAS},
		{"Frequency governor", orDash(m.Governor)},
		{"Load average", fmt.Sprintf("%s before, %s after", load(m.LoadAverage), load(m.LoadAfter))},
		{"Huge pages", orDash(m.HugePages)},
	}
}

// fillLimits makes the table of limits: a row each, a column for each number of threads.
func (p *page) fillLimits() {
	p.LimitCells = map[string][]string{}
	for _, l := range p.Limits {
		if p.LimitCells[l.Name] == nil {
			p.LimitNames = append(p.LimitNames, l.Name)
			p.LimitCells[l.Name] = make([]string, len(p.Threads))
		}
		if i := slices.Index(p.Threads, l.Threads); i >= 0 {
			p.LimitCells[l.Name][i] = l.figure()
		}
		if d := l.drift(); math.Abs(d) > driftLimit {
			p.Drift = append(p.Drift, fmt.Sprintf("%s with %s by %+.0f %%", l.Name, countThreads(l.Threads), 100*d))
		}
	}
}

// figure writes a limit's value in its unit.
func (l *Limit) figure() string {
	switch l.Unit {
	case "s":
		return duration(l.Value)
	case "B/s":
		return fmt.Sprintf("%.3g GB/s", l.Value/1e9)
	}
	return fmt.Sprintf("%.3g G%s", l.Value/1e9, l.Unit)
}

// section makes the pictures and the table of a workload.
func (l *WorkloadReport) section() pageLoad {
	s := pageLoad{WorkloadReport: l, Times: l.timesPicture(), Memory: l.memoryPicture(), Scaling: l.scalingPicture(), Disturbed: l.Noise.disturbed()}
	for _, t := range l.Timelines {
		if t.Threads > 1 || len(l.Timelines) == 1 {
			s.Timelines = append(s.Timelines, pageTimeline{t, t.picture(), t.busy()})
		}
	}
	for _, r := range l.Rows {
		if r.Status != missing {
			cells := make([]string, len(tableHead))
			copy(cells, l.cells(r))
			s.Cells = append(s.Cells, pageRow{r.class(), cells})
		}
		if r.Status != ok {
			reason, _, _ := strings.Cut(r.Reason, "\n")
			trouble := fmt.Sprintf("%s: %s: %s", strings.ToUpper(r.Status), r.Who, reason)
			if !slices.Contains(s.Troubles, trouble) {
				s.Troubles = append(s.Troubles, trouble)
			}
		}
	}
	s.dropSilent()
	if fewest, most := l.repeats(); most > 0 {
		s.Runs = fmt.Sprintf("medians of %d runs", most)
		if fewest < most {
			s.Runs = fmt.Sprintf("medians of %d to %d runs, fewest for the slowest", fewest, most)
		}
	}
	return s
}

// dropSilent takes out the columns in which no row has anything to say.
func (s *pageLoad) dropSilent() {
	var kept []int
	for column, name := range tableHead {
		if slices.ContainsFunc(s.Cells, func(r pageRow) bool { return r.Cells[column] != "-" && r.Cells[column] != "" }) {
			kept, s.Head = append(kept, column), append(s.Head, name)
		}
	}
	for i, r := range s.Cells {
		cells := make([]string, len(kept))
		for k, column := range kept {
			cells[k] = r.Cells[column]
		}
		s.Cells[i].Cells = cells
	}
}

// fillPeers lists the versions of what took part, and who could not.
func (p *page) fillPeers() {
	all := map[string]string{}
	for _, peer := range p.Peers {
		maps.Copy(all, peer.Versions)
		if peer.Missing != "" {
			p.Absent = append(p.Absent, peer)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p.Versions = append(p.Versions, [2]string{name, strings.Join(strings.Fields(all[name]), " ")})
	}
}

// Date is when the run began.
func (p page) Date() string { return p.Started.UTC().Format("2 January 2006, 15:04 UTC") }

// Took is how long it ran.
func (p page) Took() string {
	return roughly(time.Duration(p.Seconds * float64(time.Second)))
}
