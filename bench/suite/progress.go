// How far the run is and how long it will take: one line that is drawn anew on a
// terminal, and plain lines where the output goes elsewhere.

package suite

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A progress writes it. The time left is that of the rounds still to come, known from the
// warm-up, and for each workload still to come the mean of those that are done.
type progress struct {
	w        io.Writer
	width    int // of the terminal; 0 where there is none
	total    int // workloads
	place    int // of the present one, from 1
	name     string
	finished time.Duration // what the workloads before it took
	began    time.Time     // when it did
	drawn    bool          // a line stands that is to be drawn over
}

func newProgress(w io.Writer, workloads int) *progress {
	return &progress{w: w, width: terminalWidth(w), total: workloads}
}

// terminalWidth is the number of columns, or 0 where w is no terminal.
func terminalWidth(w io.Writer) int {
	f, isFile := w.(*os.File)
	if !isFile {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return max(int(size.Col), 40)
}

// begin announces a workload.
func (p *progress) begin(name string) {
	if p.place > 0 {
		p.finished += time.Since(p.began)
	}
	p.place, p.name, p.began = p.place+1, name, time.Now()
	p.say("making the data")
}

// say tells something about the present workload: in the line, or as a line.
func (p *progress) say(what string) {
	if p.width > 0 {
		p.draw(what, -1)
		return
	}
	fmt.Fprintf(p.w, "[%d/%d] %s: %s\n", p.place, p.total, p.name, what)
}

// warming says which contender is being warmed up, of how many.
func (p *progress) warming(done, of int, lanes []*lane) {
	switch {
	case p.width > 0:
		p.draw(fmt.Sprintf("warming up %d of %d", done, of), -1)
	case done == of:
		p.say(p.remaining(lanes))
	}
}

// sampled redraws the line after a run.
func (p *progress) sampled(lanes []*lane) {
	if p.width == 0 {
		return
	}
	done, all := 0.0, 0.0
	for _, l := range lanes {
		if l.row.Status == ok {
			done += l.seconds * float64(len(l.row.Samples))
			all += l.seconds * float64(l.reps)
		}
	}
	p.draw(p.remaining(lanes), done/max(all, 1e-9))
}

// remaining says how much time is left, in all.
func (p *progress) remaining(lanes []*lane) string {
	left := 0.0
	for _, l := range lanes {
		if l.row.Status == ok {
			left += l.seconds * float64(l.reps-len(l.row.Samples))
		}
	}
	here := time.Duration(left * float64(time.Second))
	sofar := p.finished + time.Since(p.began) + here
	return "about " + roughly(here+sofar/time.Duration(max(p.place, 1))*time.Duration(p.total-p.place)) + " left"
}

// roughly writes a duration to the second, or the minute.
func roughly(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// barWidth is that of the bar in the line.
const barWidth = 20

// draw draws the line; a share below 0 has no bar.
func (p *progress) draw(what string, share float64) {
	bar := ""
	if share >= 0 {
		full := min(int(share*barWidth+.5), barWidth)
		bar = strings.Repeat("█", full) + strings.Repeat("░", barWidth-full) + " "
	}
	line := []rune(fmt.Sprintf("[%d/%d] %s %s%s", p.place, p.total, p.name, bar, what))
	fmt.Fprintf(p.w, "\r\x1b[K%s", string(line[:min(len(line), p.width-1)]))
	p.drawn = true
}

// end takes the line away.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.drawn = false
}
