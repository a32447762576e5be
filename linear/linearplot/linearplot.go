// Package linearplot draws what package linear computes, as SVG or PNG, with
// gonum.org/v1/plot: the coefficients along a path of alphas, as glmnet's plot does, and the
// test errors of a cross-validation. It is a package of its own so that linear stays free of
// drawing.
package linearplot

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/nogil-go/nogil/linear"
)

// ErrEmpty is what errors of a figure wrap that has nothing to show.
var ErrEmpty = errors.New("nothing to draw")

// XAxis is what a path is drawn against.
type XAxis uint8

const (
	Alpha  XAxis = iota // on a logarithmic scale, the penalty falling to the right; an alpha of 0 is left out
	L1Norm              // Σ|w_j|
)

// Options are how a figure is drawn. The zero value is right for most.
type Options struct {
	Title  string
	XAxis  XAxis
	Names  []string // of the columns of the design; nil means "x0", "x1", …
	Labels int      // how many coefficients, the largest at the end of the path, are named; 0 means 8, −1 none
	Score  string   // what CV's upright axis says, for a Scorer of one's own; "" means "mean squared error"
	Width  float64  // in inches; 0 means 7
	Height float64  // in inches; 0 means 4.5
	DPI    int      // of a PNG; 0 means 144
}

func (o Options) withDefaults() Options {
	o.Labels, o.DPI = cmp.Or(o.Labels, len(palette)), cmp.Or(o.DPI, 144)
	o.Width, o.Height = cmp.Or(o.Width, 7), cmp.Or(o.Height, 4.5)
	return o
}

// Figure is a drawing, to be written in any format.
type Figure struct {
	plot *plot.Plot
	o    Options
}

// top is the room above the frame for the axis of counts.
const top = 34

// Path returns the figure of the coefficients of fit: a line for each column that is ever
// non-zero, the largest coloured (colours of Okabe and Ito, which the colour-blind can
// tell apart) and named at their ends, and on top how many are non-zero. It returns an
// error that wraps [ErrEmpty] where fit has no alpha to show, and panics where Names are
// not as many as columns.
func Path(fit *linear.PathFit, o Options) (*Figure, error) {
	o = o.withDefaults()
	points, err := readPath(fit, o.XAxis)
	if err != nil {
		return nil, err
	}
	if o.Names != nil && len(o.Names) != points.columns {
		panic("linearplot: Path: Names are not as many as columns")
	}
	p := o.axes("coefficient")
	zero := plotter.NewFunction(func(float64) float64 { return 0 })
	zero.Color, zero.Width, zero.Samples = gray(0xbb), vg.Points(0.5), 2
	p.Add(zero)
	points.addLines(p, o)
	p.X.Min, p.X.Max = slices.Min(points.x), slices.Max(points.x)
	if len(points.lines) == 0 {
		p.Y.Min, p.Y.Max = 0, 0
	}
	widen(&p.X, o.XAxis == Alpha)
	widen(&p.Y, false)
	p.Add(counts{points})
	return &Figure{plot: p, o: o}, nil
}

// axes returns a plot with nothing in it.
func (o Options) axes(y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Title.Padding = o.Title, vg.Points(top)
	p.Y.Label.Text, p.Y.Label.Padding = y, vg.Points(4)
	if o.XAxis == L1Norm {
		p.X.Label.Text = "L1 norm of the coefficients"
	} else {
		p.X.Label.Text = "alpha"
		p.X.Scale, p.X.Tick.Marker = plot.InvertedScale{Normalizer: plot.LogScale{}}, plot.LogTicks{Prec: -1}
	}
	return p
}

// WriteSVG writes the figure as SVG.
func (f *Figure) WriteSVG(w io.Writer) error {
	c := vgsvg.New(vg.Length(f.o.Width)*vg.Inch, vg.Length(f.o.Height)*vg.Inch)
	f.draw(draw.New(c))
	_, err := c.WriteTo(w)
	return err
}

// WritePNG writes the figure as PNG.
func (f *Figure) WritePNG(w io.Writer) error {
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(f.o.Width)*vg.Inch, vg.Length(f.o.Height)*vg.Inch), vgimg.UseDPI(f.o.DPI))
	f.draw(draw.New(c))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

func (f *Figure) draw(c draw.Canvas) {
	margin := vg.Points(8)
	above := margin
	if f.o.Title == "" {
		above = vg.Points(top)
	}
	f.plot.Draw(draw.Crop(c, margin, -margin, margin, -above))
}

// path is what is drawn of a PathFit.
type path struct {
	columns int
	x       []float64 // of each alpha that is drawn
	nonzero []int     // how many coefficients are not zero there
	lines   []line    // the largest at the end first
}

type line struct {
	column int
	y      []float64
}

func readPath(fit *linear.PathFit, axis XAxis) (*path, error) {
	p := &path{}
	of := map[int32]int{} // where the line of a column is
	for i, alpha := range fit.Alphas {
		columns, coef := fit.Support(i)
		norm := 0.0
		for _, w := range coef {
			norm += math.Abs(w)
		}
		switch {
		case axis == L1Norm:
			p.x = append(p.x, norm)
		case alpha > 0:
			p.x = append(p.x, alpha)
		default:
			continue
		}
		p.nonzero = append(p.nonzero, len(columns))
		at := len(p.x) - 1
		for k, j := range columns {
			l, ok := of[j]
			if !ok {
				l = len(p.lines)
				of[j] = l
				p.lines = append(p.lines, line{int(j), make([]float64, len(fit.Alphas))})
			}
			p.lines[l].y[at] = coef[k]
		}
		p.columns = len(fit.Coef(i))
	}
	if len(p.x) == 0 {
		return nil, fmt.Errorf("linearplot: Path: of %d alphas: %w", len(fit.Alphas), ErrEmpty)
	}
	for l := range p.lines {
		p.lines[l].y = p.lines[l].y[:len(p.x)]
	}
	slices.SortStableFunc(p.lines, func(a, b line) int {
		last := len(p.x) - 1
		return cmp.Or(cmp.Compare(math.Abs(b.y[last]), math.Abs(a.y[last])), cmp.Compare(a.column, b.column))
	})
	return p, nil
}

// palette is that of Okabe and Ito, the yellow darkened, so that it can be seen on white.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	color.RGBA{0xb8, 0xa9, 0x00, 0xff}, color.RGBA{0x22, 0x22, 0x22, 0xff},
}

// dashes tell apart what has the same colour.
var dashes = [][]vg.Length{nil, {vg.Points(5), vg.Points(2)}, {vg.Points(1.5), vg.Points(1.5)}}

func gray(v uint8) color.Color { return color.RGBA{v, v, v, 0xff} }

// addLines adds the lines, the largest last, so that they lie on top, and their names.
func (p *path) addLines(to *plot.Plot, o Options) {
	named := names{}
	for rank := len(p.lines) - 1; rank >= 0; rank-- {
		l := p.lines[rank]
		first := slices.IndexFunc(l.y, func(w float64) bool { return w != 0 })
		from := max(first-1, 0) // a line begins where it leaves zero
		xy := make(plotter.XYs, len(p.x)-from)
		for i := range xy {
			xy[i] = plotter.XY{X: p.x[from+i], Y: l.y[from+i]}
		}
		drawn := &plotter.Line{XYs: xy, LineStyle: draw.LineStyle{Color: gray(0x9e), Width: vg.Points(0.6)}}
		if rank < o.Labels {
			drawn.Color, drawn.Width = palette[rank%len(palette)], vg.Points(1.4)
			drawn.Dashes = dashes[rank/len(palette)%len(dashes)]
			name := "x" + strconv.Itoa(l.column)
			if o.Names != nil {
				name = o.Names[l.column]
			}
			named = append(named, end{name, drawn.Color, xy[len(xy)-1]})
		}
		to.Add(drawn)
		if len(xy) == 1 { // a line of one point cannot be seen
			to.Add(dot(xy[0], drawn.Color))
		}
	}
	if len(named) > 0 {
		to.Add(named)
	}
}

// dot is a point that is to be seen.
func dot(at plotter.XY, c color.Color) plot.Plotter {
	return &plotter.Scatter{XYs: plotter.XYs{at}, GlyphStyle: draw.GlyphStyle{Color: c, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}}
}

// widen gives an axis on which everything is at one place a range.
func widen(a *plot.Axis, log bool) {
	switch {
	case a.Min < a.Max:
	case log:
		a.Min, a.Max = a.Min/2, a.Max*2
	default:
		a.Min, a.Max = a.Min-1, a.Max+1
	}
}

// labelStyle is of the small print: names and counts.
func labelStyle(c color.Color) draw.TextStyle {
	return draw.TextStyle{
		Color: c, Font: font.From(plot.DefaultFont, vg.Points(9)),
		Handler: text.Plain{Fonts: font.DefaultCache}, YAlign: draw.YCenter,
	}
}

// names writes the names of lines at their right ends, moved apart where they would
// overlap.
type names []end

type end struct {
	name  string
	color color.Color
	at    plotter.XY
}

func (n names) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	sorted := slices.SortedFunc(slices.Values(n), func(a, b end) int { return cmp.Compare(a.at.Y, b.at.Y) })
	y := make([]vg.Length, len(sorted))
	for i, e := range sorted {
		y[i] = trY(e.at.Y)
	}
	spread(y, vg.Points(10), c.Min.Y, c.Max.Y)
	for i, e := range sorted {
		c.FillText(labelStyle(e.color), vg.Point{X: trX(e.at.X) + vg.Points(4), Y: y[i]}, e.name)
	}
}

// GlyphBoxes reserves the room that the names take.
func (n names) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	boxes := make([]plot.GlyphBox, len(n))
	for i, e := range n {
		style := labelStyle(e.color)
		width := style.Width(e.name) + vg.Points(6)
		boxes[i] = plot.GlyphBox{X: p.X.Norm(e.at.X), Y: p.Y.Norm(e.at.Y), Rectangle: vg.Rectangle{Max: vg.Point{X: width}}}
	}
	return boxes
}

// spread moves ascending y apart to a distance of at least gap, inside [lo, hi] where there
// is room: groups that touch stay centred on where they would be.
func spread(y []vg.Length, gap, lo, hi vg.Length) {
	for range 2 * len(y) {
		for i := 1; i < len(y); i++ {
			if short := gap - (y[i] - y[i-1]); short > 0 {
				y[i-1] -= short / 2
				y[i] += short / 2
			}
		}
	}
	for i := range y { // what is left of an overlap goes up
		least := lo
		if i > 0 {
			least = y[i-1] + gap
		}
		y[i] = max(y[i], least)
	}
	for i := len(y) - 1; i >= 0; i-- {
		most := hi
		if i < len(y)-1 {
			most = y[i+1] - gap
		}
		y[i] = min(y[i], most)
	}
}

// counts draws the axis above the frame: how many coefficients are not zero.
type counts struct{ *path }

func (n counts) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	style := draw.LineStyle{Color: color.Black, Width: vg.Points(0.5)}
	y := c.Max.Y + vg.Points(2)
	c.StrokeLine2(style, c.Min.X, y, c.Max.X, y)
	label := labelStyle(color.Black)
	label.XAlign, label.YAlign = draw.XCenter, draw.YBottom
	last := vg.Length(math.Inf(-1))
	for _, i := range n.ticks(trX) {
		x := trX(n.x[i])
		if x-last < vg.Points(24) {
			continue
		}
		last = x
		c.StrokeLine2(style, x, y, x, y+vg.Points(4))
		c.FillText(label, vg.Point{X: x, Y: y + vg.Points(5)}, strconv.Itoa(n.nonzero[i]))
	}
	c.FillText(label, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: y + vg.Points(17)}, "non-zero coefficients")
}

// ticks are about eight alphas at equal distances on paper, from left to right.
func (n counts) ticks(trX func(float64) vg.Length) (at []int) {
	order := make([]int, len(n.x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(trX(n.x[a]), trX(n.x[b])) })
	first, end := trX(n.x[order[0]]), trX(n.x[order[len(order)-1]])
	next := first
	for k, i := range order {
		if x := trX(n.x[i]); x >= next || k == len(order)-1 {
			at = append(at, i)
			next = x + (end-first)/8
		}
	}
	return at
}
