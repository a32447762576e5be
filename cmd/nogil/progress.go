package main

// How far a long command is: a bar that is drawn anew on a terminal, a line now and then
// elsewhere. Sixty lines of our own in place of a library.

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nogil-go/nogil/parfor"
)

type progress struct {
	w        io.Writer
	terminal bool
	what     string
	begin    time.Time

	mu       sync.Mutex
	estimate func(done, total int)
	shown    time.Time
	drawn    bool
}

// progress returns one for what is done; nil, which shows nothing, with --quiet.
func (a *app) progress(what string) *progress {
	if a.quiet {
		return nil
	}
	p := &progress{w: a.err, what: what, begin: time.Now()}
	p.shown, p.estimate = p.begin, parfor.TimeLeft(p.draw)
	if f, ok := a.err.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// The first picture comes after a second, others when they may have changed.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
	barWidth  = 30
)

// show tells that done of total are done; a total below 1 is not known.
func (p *progress) show(done, total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.estimate(done, total)
}

// draw shows what is done, if it is time to.
func (p *progress) draw(done, total int, left time.Duration) {
	now := time.Now()
	if every := p.every(); now.Sub(p.shown) < every || now.Sub(p.begin) < time.Second || left < 0 {
		return
	}
	p.shown, left = now, left.Round(time.Second)
	share := float64(done) / float64(total)
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %.0f %%, %v left\n", p.what, 100*share, left)
		return
	}
	full := int(share * barWidth)
	fmt.Fprintf(p.w, "\r\x1b[K%s [%s%s] %.0f %%, %v left", p.what, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), 100*share, left)
	p.drawn = true
}

func (p *progress) every() time.Duration {
	if p.terminal {
		return barEvery
	}
	return lineEvery
}

// end takes the bar away.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
