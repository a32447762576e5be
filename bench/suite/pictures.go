// The pictures of the report, each made from the report alone.

package suite

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Measures of the rows of a bar chart: a line of words, and the bar below it.
const (
	barRow    = 30
	barHeight = 9
	groupHead = 22
	axisFoot  = 30
)

// threadGroups are the numbers of threads in the order of the rows.
func (l *WorkloadReport) threadGroups() []int {
	var list []int
	for _, r := range l.Rows {
		if !slices.Contains(list, r.Threads) {
			list = append(list, r.Threads)
		}
	}
	return list
}

func countThreads(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return strconv.Itoa(n) + " threads"
}

// class is how a row's bar looks.
func (r *Row) class() string {
	switch {
	case r.Limit:
		return "limit"
	case r.Base:
		return "nogil"
	}
	return "peer"
}

// timesPicture shows the times of all contenders with their intervals, grouped by threads.
func (l *WorkloadReport) timesPicture() template.HTML {
	least, most := math.Inf(1), 0.0
	for _, r := range l.Rows {
		if r.Status == ok {
			least, most = min(least, r.Within.Low), max(most, r.Within.High)
		}
	}
	if most == 0 {
		return ""
	}
	p, s := &picture{}, scaleFor(least, most, 0, pictureWidth)
	rows := picture{}
	y := 0.0
	for _, t := range l.threadGroups() {
		rows.text("group", "start", 0, y+14, countThreads(t))
		y += groupHead
		for _, r := range l.Rows {
			if r.Threads != t || r.Status == missing || r.Status == cut {
				continue
			}
			rows.timeBar(&r, s, y)
			y += barRow
		}
		y += 4
	}
	p.axis(s, 0, y, tickTime)
	p.text("tick", "end", pictureWidth, y+26, s.axisNote())
	p.b.WriteString(rows.b.String())
	p.height = y + axisFoot
	return p.svg("Times of " + l.Name)
}

// timeBar is one row of timesPicture.
func (p *picture) timeBar(r *Row, s scale, y float64) {
	class := "label"
	if r.Base {
		class = "label strong"
	}
	who := r.Who
	if r.ISA != "" {
		who += ", " + r.ISA
	}
	if r.Serial && r.Threads > 1 {
		who += " (1 thread)"
	}
	if r.Status != ok {
		p.text("label bad", "start", 0, y+11, shorten(who+": "+strings.ToUpper(r.Status), 60))
		return
	}
	value := duration(r.Median)
	if r.Ratio > 0 && !r.Base {
		value = significant(r.Ratio) + " × · " + value
	}
	p.text(class, "start", 0, y+11, shorten(who, 60-len([]rune(value))))
	p.text(class, "end", pictureWidth, y+11, value)
	title := fmt.Sprintf("%s: median %s, %s to %s with %.0f %%, %d runs", who, duration(r.Median), duration(r.Within.Low), duration(r.Within.High), 100*r.Within.Level, len(r.Samples))
	p.rect(r.class(), 0, y+15, s.at(r.Median)-s.from, barHeight, title)
	if r.Within.High > r.Within.Low {
		p.whisker("whisker", s.at(r.Within.Low), s.at(r.Within.High), y+15+barHeight/2.)
	}
}

// memoryPicture shows what each contender's processes take for themselves.
func (l *WorkloadReport) memoryPicture() template.HTML {
	var rows []Row // of each contender the one with most threads
	most := 0.0
	for _, r := range slices.Backward(l.Rows) {
		if r.Memory > 0 && r.Status == ok && !r.Limit && !slices.ContainsFunc(rows, func(o Row) bool { return o.Who == r.Who && o.ISA == r.ISA }) {
			rows, most = append(rows, r), max(most, float64(r.Memory))
		}
	}
	if len(rows) == 0 {
		return ""
	}
	slices.Reverse(rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return boolsFirst(a.Base, b.Base) })
	p, s := &picture{}, scale{low: 0, high: most * 1.02, to: pictureWidth}
	for i, r := range rows {
		y := float64(i * barRow)
		value := bytesize(r.Memory)
		if r.Procs > 1 {
			value = fmt.Sprintf("%d processes · %s", r.Procs, value)
		}
		class := "label"
		if r.Base {
			class = "label strong"
		}
		p.text(class, "start", 0, y+11, shorten(r.Who, 60-len([]rune(value))))
		p.text(class, "end", pictureWidth, y+11, value)
		p.rect(r.class(), 0, y+15, s.at(float64(r.Memory)), barHeight, fmt.Sprintf("%s: %s, resident in all with mapped data %s", r.Who, value, bytesize(r.RSS)))
	}
	p.height = float64(len(rows)*barRow + 4)
	return p.svg("Peak memory of " + l.Name)
}

// boolsFirst puts those that are true before the others.
func boolsFirst(a, b bool) int {
	rank := func(v bool) int {
		if v {
			return 0
		}
		return 1
	}
	return cmp.Compare(rank(a), rank(b))
}

// A curve is how a contender gains by threads.
type curve struct {
	who     string
	base    bool
	threads []int
	gain    []float64 // its time on the fewest threads / that on so many
	label   float64   // where its name stands
}

// curves are those of contenders that ran on several numbers of threads.
func (l *WorkloadReport) curves() []curve {
	var list []curve
	levels := l.levels()
	for _, r := range l.Rows {
		if r.Status != ok || r.Serial || r.Limit {
			continue
		}
		who := r.Who
		if len(levels[who]) > 1 {
			who += ", " + r.ISA
		}
		i := slices.IndexFunc(list, func(c curve) bool { return c.who == who })
		if i < 0 {
			i = len(list)
			list = append(list, curve{who: who, base: r.Base})
		}
		list[i].threads = append(list[i].threads, r.Threads)
		list[i].gain = append(list[i].gain, r.Median)
	}
	list = slices.DeleteFunc(list, func(c curve) bool { return len(c.threads) < 2 })
	for _, c := range list {
		alone := c.gain[0] * float64(c.threads[0])
		for i, m := range c.gain {
			c.gain[i] = alone / m
		}
	}
	return list
}

// levels are the instruction sets of each contender.
func (l *WorkloadReport) levels() map[string][]string {
	m := map[string][]string{}
	for _, r := range l.Rows {
		if !slices.Contains(m[r.Who], r.ISA) {
			m[r.Who] = append(m[r.Who], r.ISA)
		}
	}
	return m
}

// scalingPicture shows the gain by threads beside the ideal one.
func (l *WorkloadReport) scalingPicture() template.HTML {
	list := l.curves()
	if len(list) == 0 {
		return ""
	}
	most, best := 1, 1.0
	for _, c := range list {
		most, best = max(most, slices.Max(c.threads)), max(best, slices.Max(c.gain))
	}
	const left, right, top, bottom = 24, 190, 8, 190
	x := func(t int) float64 {
		return left + (right-left)*math.Log2(float64(t))/math.Log2(float64(most))
	}
	p := &picture{height: bottom + axisFoot}
	y := scale{low: 0, high: max(best, float64(most)) * 1.05, from: bottom, to: top}
	for _, v := range y.ticks() {
		p.line("grid", left, y.at(v), right, y.at(v))
		p.text("tick", "end", left-4, y.at(v)+4, tickNumber(v))
	}
	for _, t := range l.threadGroups() {
		p.text("tick", "middle", x(t), bottom+13, strconv.Itoa(t))
	}
	p.text("tick", "middle", (left+right)/2, bottom+26, "threads")
	for t := 1; t < most; t *= 2 { // the ideal is straight only where both axes are alike
		p.line("ideal", x(t), y.at(float64(t)), x(min(2*t, most)), y.at(float64(min(2*t, most))))
	}
	slices.SortFunc(list, func(a, b curve) int { return cmp.Compare(b.gain[len(b.gain)-1], a.gain[len(a.gain)-1]) })
	place := float64(top)
	for i, c := range list {
		end := y.at(c.gain[len(c.gain)-1])
		list[i].label = max(end+4, place+10)
		place = list[i].label + 3
	}
	// The names stand apart and above the foot: those too low push the others up.
	for i, floor := len(list)-1, float64(bottom); i >= 0; i-- {
		list[i].label = min(list[i].label, floor)
		floor = list[i].label - 13
	}
	for _, c := range list {
		class := "peer"
		if c.base {
			class = "nogil"
		}
		for i := 1; i < len(c.threads); i++ {
			p.line("curve "+class, x(c.threads[i-1]), y.at(c.gain[i-1]), x(c.threads[i]), y.at(c.gain[i]))
		}
		for i, t := range c.threads {
			p.dot(class, x(t), y.at(c.gain[i]), 3, fmt.Sprintf("%s, %s: %.2f times as fast", c.who, countThreads(t), c.gain[i]))
		}
		last := c.gain[len(c.gain)-1]
		p.line("leader", right+4, y.at(last), right+14, c.label-4)
		p.text("label "+class+"-text", "start", right+17, c.label, shorten(fmt.Sprintf("%.2f %s", last, c.who), 28))
	}
	return p.svg("Gain by threads of " + l.Name)
}

// timelinePicture draws who ran when.
func (t *Timeline) picture() template.HTML {
	rows, total := 0, 0.0
	for _, s := range t.Spans {
		rows, total = max(rows, int(s[0])+1), max(total, s[2])
	}
	rows = max(rows, min(t.Threads, 64))
	step := 16.0
	if rows > 8 {
		step = max(128/float64(rows), 4)
	}
	const left = 20
	p, s := &picture{}, scale{low: 0, high: total, from: left, to: pictureWidth}
	foot := float64(rows)*step + 4
	p.axis(s, 0, foot, tickTime)
	for r := range rows {
		p.line("lane", left, (float64(r)+.5)*step, pictureWidth, (float64(r)+.5)*step)
		if step >= 12 {
			p.text("tick", "end", left-5, float64(r)*step+step-4, strconv.Itoa(r))
		}
	}
	for _, span := range t.Spans {
		p.rect("nogil", s.at(span[1]), span[0]*step+1, s.at(span[2])-s.at(span[1]), step-2,
			fmt.Sprintf("thread %.0f: %s to %s", span[0], duration(max(span[1], 1e-9)), duration(span[2])))
	}
	p.height = foot + 16
	return p.svg(fmt.Sprintf("Timeline of %s on %s", t.Who, countThreads(t.Threads)))
}

// busy is the share of the threads' time that is covered by chunks.
func (t *Timeline) busy() float64 {
	covered, total := 0.0, 0.0
	for _, s := range t.Spans {
		covered, total = covered+s[2]-s[1], max(total, s[2])
	}
	if total == 0 {
		return 0
	}
	return min(covered/(total*float64(t.Threads)), 1)
}

// best is the row of the fastest peer with so many threads; nogil's own other rows and the
// machine's limits are no peers.
func (l *WorkloadReport) best(threads int) *Row {
	var best *Row
	for i := range l.Rows {
		r := &l.Rows[i]
		if r.Status == ok && r.Threads == threads && !r.Base && !r.Limit && r.Ratio > 0 && !strings.HasPrefix(r.Who, "nogil") &&
			(best == nil || r.Ratio < best.Ratio) {
			best = r
		}
	}
	return best
}

// overviewPicture shows nogil against the best peer of each workload, with all threads.
func (r *Report) overviewPicture() template.HTML {
	type entry struct {
		load *WorkloadReport
		row  *Row
	}
	var list []entry
	low, high := .8, 1.25
	for i := range r.Workloads {
		l := &r.Workloads[i]
		for _, t := range slices.Backward(r.Threads) {
			if best := l.best(t); best != nil {
				list = append(list, entry{l, best})
				low, high = min(low, best.Between.Low), max(high, best.Between.High)
				break
			}
		}
	}
	if len(list) == 0 {
		return ""
	}
	p, s := &picture{}, scale{low / 1.1, high * 1.1, 4, pictureWidth - 4, true}
	foot := float64(len(list) * barRow)
	p.ratioAxis(s, foot)
	for i, e := range list {
		y := float64(i * barRow)
		class, verdict := "peer", e.row.Between
		switch {
		case verdict.Level >= confidence && verdict.Low > 1:
			class = "nogil"
		case verdict.Level >= confidence && verdict.High < 1:
			class = "worse"
		}
		value := significant(e.row.Ratio) + " ×"
		p.link(e.load.anchor(), func() {
			p.text("label strong", "start", 0, y+11, e.load.Name)
			p.text("label", "end", pictureWidth, y+11, shorten(e.row.Who, 50-len(e.load.Name)-len(value))+"  "+value)
		})
		p.whisker(class+"-line", s.at(verdict.Low), s.at(verdict.High), y+20)
		p.dot(class, s.at(e.row.Ratio), y+20, 4, fmt.Sprintf("%s, %s: %s × nogil's time, %s to %s", e.load.Name, e.row.Who, significant(e.row.Ratio),
			significant(verdict.Low), significant(verdict.High)))
	}
	p.height = foot + axisFoot
	return p.svg("nogil against the best peer of each workload")
}

// ratioAxis has decades, halves where there is room, and a line at one.
func (p *picture) ratioAxis(s scale, y float64) {
	steps := []float64{1}
	if s.high/s.low < 200 {
		steps = []float64{1, 2, 5}
	}
	for decade := math.Pow(10, math.Floor(math.Log10(s.low))); decade <= s.high; decade *= 10 {
		for _, m := range steps {
			if v := decade * m; v >= s.low && v <= s.high {
				class := "grid"
				if math.Abs(v-1) < 1e-9 {
					class = "one"
				}
				p.line(class, s.at(v), 0, s.at(v), y)
				p.text("tick", "middle", min(max(s.at(v), 12), pictureWidth-12), y+12, strconv.FormatFloat(v, 'g', 3, 64))
			}
		}
	}
	p.text("tick", "start", 0, y+26, "← the peer is faster")
	p.text("tick", "end", pictureWidth, y+26, "nogil is faster →")
}

// rooflinePicture shows what each kernel reaches of what the machine can do.
func (r *Report) rooflinePicture() template.HTML {
	if len(r.Threads) == 0 {
		return ""
	}
	threads := r.Threads[len(r.Threads)-1]
	peak := r.limitOf(peakFlops, threads)
	var points []roofPoint
	for i := range r.Workloads {
		l := &r.Workloads[i]
		k := slices.IndexFunc(l.Rows, func(row Row) bool {
			return row.Base && row.Status == ok && row.OfRoof > 0 && row.Threads == min(threads, l.mostThreads())
		})
		if k >= 0 {
			row := &l.Rows[k]
			points = append(points, roofPoint{l.Name, row.Flops / row.Bytes, row.Flops / row.Median, row.OfRoof, row.Level, row.Threads})
		}
	}
	if peak == 0 || len(points) == 0 {
		return ""
	}
	const left, top, bottom = 44, 10, 250
	x := scale{1. / 64, 16, left, pictureWidth - 8, true}
	slowest := r.limitOf(readMemory, threads) * x.low
	for _, pt := range points {
		slowest = min(slowest, pt.speed)
	}
	y := scale{slowest / 2, peak * 2, bottom, top, true}
	p := &picture{height: bottom + axisFoot}
	p.roofAxes(x, y, left, top, bottom)
	place := 0.0
	for _, name := range []string{readL1, readL2, readL3, readMemory} {
		place = p.roof(x, y, name, r.limitOf(name, threads), peak, place)
	}
	p.text("tick", "end", pictureWidth-8, y.at(peak)-5, fmt.Sprintf("multiply-add, %s: %.3g Gflop/s", countThreads(threads), peak/1e9))
	p.roofPoints(x, y, points)
	return p.svg("Roofline")
}

type roofPoint struct {
	name             string
	intensity, speed float64
	share            float64
	level            string
	threads          int
}

func (l *WorkloadReport) mostThreads() int { return slices.Max(l.threadGroups()) }

func (p *picture) roofAxes(x, y scale, left, top, bottom float64) {
	for v := x.low; v <= x.high; v *= 4 {
		p.line("grid", x.at(v), top, x.at(v), bottom)
		label := strconv.FormatFloat(v, 'g', 3, 64)
		if v < 1 {
			label = "1/" + strconv.FormatFloat(1/v, 'g', 3, 64)
		}
		p.text("tick", "middle", x.at(v), bottom+13, label)
	}
	for v := math.Pow(10, math.Ceil(math.Log10(y.low))); v <= y.high; v *= 10 {
		p.line("grid", left, y.at(v), pictureWidth-8, y.at(v))
		p.text("tick", "end", left-4, y.at(v)+4, strconv.FormatFloat(v/1e9, 'g', 3, 64))
	}
	p.text("tick", "middle", (left+pictureWidth)/2, bottom+27, "operations a byte")
	p.text("tick", "start", 0, top+2, "Gflop/s")
}

// roof draws one slope up to the peak, with its name below its left end but at least a line
// below place, and returns where that is.
func (p *picture) roof(x, y scale, name string, speed, peak, place float64) float64 {
	if speed == 0 {
		return place
	}
	from := max(x.low, y.low/speed)
	knee := min(peak/speed, x.high)
	p.line("roof", x.at(from), y.at(from*speed), x.at(knee), y.at(min(knee*speed, peak)))
	p.line("roof", x.at(knee), y.at(peak), x.at(x.high), y.at(peak))
	place = max(y.at(from*speed)+11, place+11)
	p.text("tick", "start", x.at(from)+4, place, strings.TrimPrefix(name, "read "))
	return place
}

// roofPoints draws the kernels, with their names beside them where there is room.
func (p *picture) roofPoints(x, y scale, points []roofPoint) {
	slices.SortFunc(points, func(a, b roofPoint) int { return cmp.Compare(b.speed, a.speed) })
	place := 0.0
	for _, pt := range points {
		px, py := x.at(pt.intensity), y.at(pt.speed)
		words := fmt.Sprintf("%s %.0f %%", pt.name, 100*pt.share)
		p.dot("nogil", px, py, 4, fmt.Sprintf("%s on %s: %.3g Gflop/s, %.0f %% of the roof of %s", pt.name, countThreads(pt.threads), pt.speed/1e9, 100*pt.share, pt.level))
		ty := max(py+4, place+12)
		p.text("label nogil-text", "start", px+8, ty, words)
		place = ty
	}
}
