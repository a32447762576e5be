package parfor

// The record of a loop and its picture: one row a thread, one bar a chunk. It
// shows at a glance why a loop is not faster: idle ends, late starts, one long
// chunk. The same chunks appear as regions in runtime/trace while that runs.

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Trace records who ran which chunk when. The zero value is ready for use; one
// Trace may watch several loops, which then follow each other in the picture.
// Recording costs about 0.2 µs a chunk.
type Trace struct {
	mu    sync.Mutex
	spans []Span
}

// Span is one chunk [Lo, Hi) as it ran. Thread 0 is the loop's caller.
type Span struct {
	Thread, Lo, Hi int
	Start, End     time.Time
}

func (t *Trace) add(s Span) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spans = append(t.spans, s)
}

// Spans returns what has been recorded so far, by time of start.
func (t *Trace) Spans() []Span {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := slices.Clone(t.spans)
	slices.SortStableFunc(s, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return s
}

// The picture's measures in pixels.
const (
	svgWidth  = 960 // of the time axis
	svgLeft   = 80  // for the names of the rows
	svgTop    = 10
	svgRow    = 26
	svgBar    = 20
	svgBottom = 40
	svgTicks  = 8
)

// WriteSVG draws what has been recorded: a row for each thread, a bar for each
// chunk, the time below. Hovering over a bar shows its range and its duration.
func (t *Trace) WriteSVG(w io.Writer) error {
	spans := t.Spans()
	rows, total := 0, time.Duration(1)
	var start time.Time
	if len(spans) > 0 {
		start = spans[0].Start
	}
	for _, s := range spans {
		rows = max(rows, s.Thread+1)
		total = max(total, s.End.Sub(start))
	}
	x := func(d time.Duration) float64 { return svgLeft + svgWidth*float64(d)/float64(total) }
	height := svgTop + rows*svgRow + svgBottom

	b := bufio.NewWriter(w) // keeps the first error for Flush
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		svgLeft+svgWidth+svgLeft, height)
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	for r := range rows {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">thread %d</text>`+"\n", svgLeft-8, svgTop+r*svgRow+svgBar-5, r)
	}
	for _, s := range spans {
		from, took := s.Start.Sub(start), s.End.Sub(s.Start)
		fmt.Fprintf(b, `<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="#4878a8" stroke="white" stroke-width="0.5"><title>[%d, %d) in %v, from %v</title></rect>`+"\n",
			x(from), svgTop+s.Thread*svgRow, max(x(from+took)-x(from), 0.5), svgBar, s.Lo, s.Hi, took, from)
	}
	for i := range svgTicks + 1 {
		d := total * time.Duration(i) / svgTicks
		fmt.Fprintf(b, `<text x="%.2f" y="%d" text-anchor="middle">%v</text>`+"\n", x(d), height-svgBottom/2, round(d, total))
	}
	fmt.Fprintln(b, "</svg>")
	return b.Flush()
}

// round shortens d to what a tick of an axis of the given length can show.
func round(d, axis time.Duration) time.Duration {
	unit := time.Duration(1)
	for unit*1000 < axis {
		unit *= 10
	}
	return d.Round(unit)
}
