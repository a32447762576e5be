package linearplot

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nogil-go/nogil/linear"
)

// CV returns the figure of a cross-validation: the mean test error against alpha, the penalty
// falling to the right, with bars of one standard error either way, a coloured line with its
// name for each l1_ratio, and upright lines through the two choices, the best and the one
// within a standard error of it. An alpha of 0, and a mean that is not finite, is left out.
// Of the options XAxis, Names and Labels have no meaning. It returns an error that wraps
// [ErrEmpty] where nothing is left.
func CV(fit *linear.CVFit, o Options) (*Figure, error) {
	o = o.withDefaults()
	o.XAxis = Alpha
	curves := readCurves(fit)
	if len(curves) == 0 {
		return nil, fmt.Errorf("linearplot: CV: of %d l1_ratios: %w", len(fit.L1Ratios), ErrEmpty)
	}
	p := o.axes(cmp.Or(o.Score, "mean squared error"))
	for _, c := range curves {
		p.Add(bars{c})
	}
	for _, c := range curves {
		p.Add(&plotter.Line{XYs: c.mean, LineStyle: c.style})
		if len(c.mean) == 1 {
			p.Add(dot(c.mean[0], c.style.Color))
		}
	}
	if len(curves) > 1 {
		p.Add(key(curves))
	}
	chosen := readChoices(fit, curves)
	for _, c := range chosen {
		if !math.IsNaN(c.at.Y) {
			p.Add(dot(c.at, c.color))
		}
	}
	p.Add(chosen)
	widen(&p.X, true)
	widen(&p.Y, false)
	return &Figure{plot: p, o: o}, nil
}

// curve is what is drawn of one l1_ratio.
type curve struct {
	l1Ratio float64
	name    string
	style   draw.LineStyle
	mean    plotter.XYs
	stdErr  []float64
}

func readCurves(fit *linear.CVFit) (curves []curve) {
	for l, alphas := range fit.Alphas {
		c := curve{l1Ratio: fit.L1Ratios[l], name: "l1_ratio " + strconv.FormatFloat(fit.L1Ratios[l], 'g', 4, 64)}
		c.style = draw.LineStyle{Color: palette[l%len(palette)], Width: vg.Points(1.4), Dashes: dashes[l/len(palette)%len(dashes)]}
		for a, alpha := range alphas {
			mean := fit.Mean[l][a]
			if !(alpha > 0) || math.IsNaN(mean) || math.IsInf(mean, 0) {
				continue
			}
			stdErr := fit.StdErr[l][a]
			if math.IsNaN(stdErr) || math.IsInf(stdErr, 0) { // one fold has none
				stdErr = 0
			}
			c.mean, c.stdErr = append(c.mean, plotter.XY{X: alpha, Y: mean}), append(c.stdErr, stdErr)
		}
		if len(c.mean) > 0 {
			curves = append(curves, c)
		}
	}
	return curves
}

// bars draws the standard errors of a curve, where they lie close only some of them.
type bars struct{ curve }

func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	style := draw.LineStyle{Color: pale(b.style.Color), Width: vg.Points(0.6)}
	last := vg.Length(math.Inf(-1))
	for i, m := range b.mean {
		x, half := trX(m.X), vg.Points(1.3)
		if b.stdErr[i] == 0 || x-last < vg.Points(3) {
			continue
		}
		last = x
		lo, hi := trY(m.Y-b.stdErr[i]), trY(m.Y+b.stdErr[i])
		c.StrokeLine2(style, x, lo, x, hi)
		c.StrokeLine2(style, x-half, lo, x+half, lo)
		c.StrokeLine2(style, x-half, hi, x+half, hi)
	}
}

// DataRange makes room for the bars.
func (b bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = plotter.XYRange(b.mean)
	for i, m := range b.mean {
		ymin, ymax = min(ymin, m.Y-b.stdErr[i]), max(ymax, m.Y+b.stdErr[i])
	}
	return xmin, xmax, ymin, ymax
}

// sample is how long a stroke is that stands before a name.
const sample = 14

// key names the curves at the right of the frame, clear of all lines.
type key []curve

func (k key) Plot(c draw.Canvas, p *plot.Plot) {
	for i, curve := range k {
		x, y := c.Max.X+vg.Points(6), c.Max.Y-vg.Points(float64(6+12*i))
		c.StrokeLine2(curve.style, x, y-vg.Points(1), x+vg.Points(sample), y-vg.Points(1))
		c.FillText(labelStyle(curve.style.Color), vg.Point{X: x + vg.Points(sample+3), Y: y}, curve.name)
	}
}

// GlyphBoxes reserves the room that the key takes.
func (k key) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	var width vg.Length
	for _, curve := range k {
		width = max(width, labelStyle(color.Black).Width(curve.name)+vg.Points(sample+10))
	}
	return []plot.GlyphBox{{X: 1, Y: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{X: width}}}}
}

// pale mixes c with white, so that bars stay behind lines.
func pale(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	mix := func(v uint32) uint8 { return uint8((v>>8*2 + 0xff*3) / 5) }
	return color.RGBA{mix(r), mix(g), mix(b), 0xff}
}

// choices are the upright lines, and what is written above them.
type choices []choice

type choice struct {
	name  string
	color color.Color
	at    plotter.XY // Y is NaN where the curve has no such point
	dash  []vg.Length
}

// readChoices returns the best and the 1-standard-error choice, as one where they are the
// same, and none whose alpha cannot be drawn.
func readChoices(fit *linear.CVFit, curves []curve) (chosen choices) {
	add := func(name string, alpha, l1Ratio float64, dash []vg.Length) {
		if !(alpha > 0) {
			return
		}
		name += " " + strconv.FormatFloat(alpha, 'g', 3, 64)
		if len(fit.L1Ratios) > 1 {
			name += ", l1_ratio " + strconv.FormatFloat(l1Ratio, 'g', 4, 64)
		}
		c := choice{name, color.Black, plotter.XY{X: alpha, Y: math.NaN()}, dash}
		for _, curve := range curves {
			at := slices.IndexFunc(curve.mean, func(m plotter.XY) bool { return m.X == alpha })
			if curve.l1Ratio == l1Ratio && at >= 0 {
				c.color, c.at.Y = curve.style.Color, curve.mean[at].Y
			}
		}
		chosen = append(chosen, c)
	}
	if fit.Alpha == fit.Alpha1SE && fit.L1Ratio == fit.L1Ratio1SE {
		add("best and 1 SE: alpha", fit.Alpha, fit.L1Ratio, nil)
		return chosen
	}
	add("1 SE: alpha", fit.Alpha1SE, fit.L1Ratio1SE, dashes[1])
	add("best: alpha", fit.Alpha, fit.L1Ratio, nil)
	return chosen
}

// Plot draws the lines, and the names in rows above the frame, each after a sample of its
// line: two names may take more room than there is beside each other.
func (s choices) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	for i, e := range s {
		x, y := trX(e.at.X), c.Max.Y+vg.Points(float64(8+12*(len(s)-1-i)))
		line := draw.LineStyle{Color: gray(0x55), Width: vg.Points(0.8), Dashes: e.dash}
		c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y)
		style := labelStyle(e.color)
		width := style.Width(e.name) + vg.Points(sample+3)
		left := max(min(x-width/2, c.Max.X-width), c.Min.X)
		c.StrokeLine2(line, left, y-vg.Points(1), left+vg.Points(sample), y-vg.Points(1))
		c.FillText(style, vg.Point{X: left + vg.Points(sample+3), Y: y}, e.name)
	}
}
