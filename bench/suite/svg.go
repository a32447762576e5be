// Pictures are drawn as SVG with a few shapes. Colours come from the page's style by
// class, so that they follow its light and dark. All pictures are 400 units wide: on a
// telephone one fills the width and its text stays readable, on a screen they stand side
// by side.

package suite

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

const pictureWidth = 400

// A picture is an SVG being drawn.
type picture struct {
	b      strings.Builder
	height float64
}

func (p *picture) rect(class string, x, y, w, h float64, title string) {
	fmt.Fprintf(&p.b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f">`, class, x, y, max(w, 0.5), h)
	if title != "" {
		fmt.Fprintf(&p.b, "<title>%s</title>", template.HTMLEscapeString(title))
	}
	p.b.WriteString("</rect>\n")
}

func (p *picture) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&p.b, `<line class="%s" x1="%.2f" y1="%.2f" x2="%.2f" y2="%.2f"/>`+"\n", class, x1, y1, x2, y2)
}

func (p *picture) dot(class string, x, y, r float64, title string) {
	fmt.Fprintf(&p.b, `<circle class="%s" cx="%.2f" cy="%.2f" r="%.2f"><title>%s</title></circle>`+"\n",
		class, x, y, r, template.HTMLEscapeString(title))
}

// text writes at a baseline; anchor is start, middle or end.
func (p *picture) text(class, anchor string, x, y float64, words string) {
	fmt.Fprintf(&p.b, `<text class="%s" text-anchor="%s" x="%.2f" y="%.2f">%s</text>`+"\n",
		class, anchor, x, y, template.HTMLEscapeString(words))
}

// link makes what draw draws a link to a place in the page.
func (p *picture) link(id string, draw func()) {
	fmt.Fprintf(&p.b, `<a href="#%s">`, template.HTMLEscapeString(id))
	draw()
	p.b.WriteString("</a>")
}

// whisker is an interval with caps, at the height y.
func (p *picture) whisker(class string, x1, x2, y float64) {
	p.line(class, x1, y, x2, y)
	p.line(class, x1, y-3, x1, y+3)
	p.line(class, x2, y-3, x2, y+3)
}

// svg closes the picture; label says what it shows to those who cannot see it.
func (p *picture) svg(label string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" role="img" aria-label="%s">`+"\n%s</svg>",
		pictureWidth, p.height, template.HTMLEscapeString(label), p.b.String()))
}

// A scale maps values to a stretch of an axis.
type scale struct {
	low, high float64 // values at its ends
	from, to  float64 // the ends, in units of the picture
	log       bool
}

// scaleFor is linear from zero, or logarithmic where the values lie so far apart that the
// small ones would vanish.
func scaleFor(least, most, from, to float64) scale {
	if least > 0 && most/least > 50 {
		return scale{math.Pow(10, math.Floor(math.Log10(least*.7))), most * 1.02, from, to, true}
	}
	return scale{0, most * 1.02, from, to, false}
}

func (s scale) at(v float64) float64 {
	share := (v - s.low) / (s.high - s.low)
	if s.log {
		share = math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return s.from + (s.to-s.from)*min(max(share, 0), 1)
}

// ticks are round values on the scale: decades, or a few steps of 1, 2 or 5.
func (s scale) ticks() []float64 {
	var list []float64
	if s.log {
		decades := math.Log10(s.high / s.low)
		step := math.Pow(10, max(math.Ceil(decades/6), 1))
		for v := s.low; v <= s.high; v *= step {
			list = append(list, v)
		}
		return list
	}
	step := math.Pow(10, math.Floor(math.Log10(s.high/2)))
	for _, m := range []float64{5, 2} {
		if s.high/(step*m) >= 2 {
			step *= m
			break
		}
	}
	for v := s.low; v <= s.high; v += step {
		list = append(list, v)
	}
	return list
}

// axis draws ticks with labels below y and grid lines up to top.
func (p *picture) axis(s scale, top, y float64, label func(float64) string) {
	for _, v := range s.ticks() {
		x := s.at(v)
		anchor := "middle"
		switch {
		case x < 20:
			anchor = "start"
		case x > pictureWidth-20:
			anchor = "end"
		}
		p.line("grid", x, top, x, y)
		p.text("tick", anchor, x, y+12, label(v))
	}
}

// axisNote says what kind of axis it is, where that is not the plain one.
func (s scale) axisNote() string {
	if s.log {
		return "logarithmic scale"
	}
	return ""
}

// shorten cuts words that do not fit into so many letters.
func shorten(words string, letters int) string {
	r := []rune(words)
	if len(r) <= letters {
		return words
	}
	return string(r[:letters-1]) + "…"
}

// tickTime writes a time on an axis without digits that say nothing.
func tickTime(seconds float64) string {
	if seconds == 0 {
		return "0"
	}
	for _, u := range []struct {
		size float64
		name string
	}{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}} {
		if seconds >= u.size*.9999 {
			return tickNumber(seconds/u.size) + " " + u.name
		}
	}
	return tickNumber(seconds*1e9) + " ns"
}

func tickNumber(v float64) string {
	return strconv.FormatFloat(v, 'g', 3, 64)
}
