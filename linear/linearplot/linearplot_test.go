package linearplot

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
)

// wave is a deterministic design of n rows and p columns; y depends on the first five.
func wave(n, p int) (linear.Design, []float64) {
	x, y := kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
	for j := range p {
		for i := range n {
			x.Data[j*n+i] = math.Sin(float64((i+1)*(j+3))) + 0.3*math.Cos(float64(i))
			if j < 5 {
				y[i] += float64(5-j) * math.Pow(-1, float64(j)) * x.Data[j*n+i]
			}
		}
	}
	for i := range y {
		y[i] += math.Sin(float64(7 * i * i))
	}
	return linear.Dense(x), y
}

func fitted(t testing.TB, p linear.Path, columns int) *linear.PathFit {
	t.Helper()
	x, y := wave(60, columns)
	p.L1Ratio = 1
	f, err := p.Fit(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// nonzero is how many columns are ever non-zero.
func nonzero(f *linear.PathFit) int {
	seen := map[int32]bool{}
	for i := range f.Alphas {
		columns, _ := f.Support(i)
		for _, j := range columns {
			seen[j] = true
		}
	}
	return len(seen)
}

// strokes parses an SVG and returns how many lines have the width of a coefficient, and
// all text.
func strokes(t *testing.T, svg []byte) (lines int, texts []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	inText := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return lines, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "text"
			for _, a := range e.Attr {
				if e.Name.Local == "path" && (strings.Contains(a.Value, "stroke-width:1.4") || strings.Contains(a.Value, "stroke-width:0.6")) {
					lines++
				}
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts = append(texts, string(e))
			}
		}
	}
}

// As many lines as there are columns ever non-zero, the largest with their names, the
// titles of both axes, and the counts.
func TestPathSVG(t *testing.T) {
	f := fitted(t, linear.Path{NumAlphas: 40}, 30)
	names := make([]string, 30)
	for j := range names {
		names[j] = fmt.Sprintf("feature <%d>", j)
	}
	for _, o := range []Options{{Names: names, Title: "A path"}, {XAxis: L1Norm, Labels: -1}, {Labels: 20}} {
		fig, err := Path(f, o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := fig.WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		lines, texts := strokes(t, b.Bytes())
		if want := nonzero(f); lines != want || want < 10 {
			t.Errorf("%+v: %d lines, want %d", o, lines, want)
		}
		all := strings.Join(texts, "|")
		columns, _ := f.Support(len(f.Alphas) - 1)
		wants := []string{"coefficient", "non-zero coefficients", fmt.Sprint(len(columns)), o.Title}
		switch {
		case o.Names != nil:
			wants = append(wants, "alpha", "feature <0>", "feature <4>")
		case o.XAxis == L1Norm:
			wants = append(wants, "L1 norm of the coefficients")
			if strings.Contains(all, "x0") {
				t.Errorf("names in %q", all)
			}
		default:
			wants = append(wants, "x0", "x1")
		}
		for _, want := range wants {
			if !strings.Contains(all, want) {
				t.Errorf("%+v: no %q in %q", o, want, all)
			}
		}
	}
}

// drawn is the PNG of fig, which is to have width×height pixels.
func drawn(t *testing.T, fig *Figure, width, height int) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := fig.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != width || size.Y != height {
		t.Errorf("%v pixels, want %d×%d", size, width, height)
	}
	return img
}

func TestPathPNG(t *testing.T) {
	fig, err := Path(fitted(t, linear.Path{NumAlphas: 60}, 40), Options{Width: 5, Height: 3, DPI: 100})
	if err != nil {
		t.Fatal(err)
	}
	img := drawn(t, fig, 500, 300)
	coloured := 0
	for x := range 500 {
		for y := range 300 {
			if r, g, b, _ := img.At(x, y).RGBA(); r != g || g != b {
				coloured++
			}
		}
	}
	if coloured < 500 {
		t.Errorf("%d coloured pixels", coloured)
	}
	if dir := os.Getenv("LINEARPLOT_DIR"); dir != "" { // to look at them
		show(t, dir)
	}
}

// show writes example figures where LINEARPLOT_DIR says.
func show(t *testing.T, dir string) {
	f := fitted(t, linear.Path{}, 40)
	for name, o := range map[string]Options{"alpha": {}, "norm": {XAxis: L1Norm, Title: "Coefficients of the Lasso", Labels: 12}} {
		fig, err := Path(f, o)
		if err != nil {
			t.Fatal(err)
		}
		writePNG(t, fig, filepath.Join(dir, name+".png"))
	}
}

func writePNG(t *testing.T, fig *Figure, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fig.WritePNG(file), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// One alpha, an alpha of 0 among others, and a path that is zero throughout are drawn;
// nothing at all is an error.
func TestPathEdges(t *testing.T) {
	for name, p := range map[string]linear.Path{
		"one":  {Alphas: []float64{0.1}},
		"zero": {Alphas: []float64{1, 0.1, 0}},
		"flat": {Alphas: []float64{1e3, 1e2}},
	} {
		for _, axis := range []XAxis{Alpha, L1Norm} {
			fig, err := Path(fitted(t, p, 8), Options{XAxis: axis})
			if err != nil {
				t.Fatal(name, err)
			}
			var svg, img bytes.Buffer
			if err := errors.Join(fig.WriteSVG(&svg), fig.WritePNG(&img)); err != nil {
				t.Error(name, err)
			}
			strokes(t, svg.Bytes())
			if _, err := png.Decode(&img); err != nil {
				t.Error(name, err)
			}
			if bytes.Contains(svg.Bytes(), []byte("NaN")) {
				t.Errorf("%s: NaN in the drawing", name)
			}
		}
	}
	for _, f := range []*linear.PathFit{{}, fitted(t, linear.Path{Alphas: []float64{0}}, 3)} {
		if _, err := Path(f, Options{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%d alphas: %v", len(f.Alphas), err)
		}
	}
	defer func() {
		if got := recover(); got != "linearplot: Path: Names are not as many as columns" {
			t.Errorf("panicked with %v", got)
		}
	}()
	Path(fitted(t, linear.Path{NumAlphas: 2}, 3), Options{Names: []string{"one"}})
}

func TestSpread(t *testing.T) {
	for _, y := range [][]vg.Length{{5}, {1, 1, 1}, {0, 50, 51, 100}, {98, 99, 100}, {0, 1, 2}} {
		got := append([]vg.Length(nil), y...)
		spread(got, 10, 0, 100)
		for i, v := range got {
			if v < 0 || v > 100 || i > 0 && v-got[i-1] < 10-1e-9 {
				t.Errorf("%v spreads to %v", y, got)
			}
		}
	}
}

// Package linear draws nothing itself.
func TestLinearDoesNotImportPlot(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/nogil-go/nogil/linear").Output()
	if err != nil {
		t.Skip("no go command:", err)
	}
	if strings.Contains(string(out), "gonum.org/v1/plot") {
		t.Error("linear imports gonum.org/v1/plot")
	}
}
