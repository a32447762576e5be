package linearplot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/linear"
)

func validated(t testing.TB, c linear.ElasticNetCV, columns int) *linear.CVFit {
	t.Helper()
	x, y := wave(60, columns)
	f, err := c.Fit(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A coloured line for each l1_ratio, with its name where there are several, a bar for each
// alpha where there is room, and both choices by name.
func TestCVSVG(t *testing.T) {
	for _, c := range []struct {
		cv    linear.ElasticNetCV
		o     Options
		lines int
		want  []string
	}{
		{linear.ElasticNetCV{L1Ratios: []float64{0.5, 0.9, 1}, NumAlphas: 30}, Options{Title: "Three", Names: []string{"no meaning"}, XAxis: L1Norm}, 6, // and as many in the key
			[]string{"Three", "l1_ratio 0.5", "l1_ratio 0.9", "l1_ratio 1", "alpha", "mean squared error"}},
		{linear.ElasticNetCV{NumAlphas: 20, Scorer: &linear.R2}, Options{Score: "R²"}, 1, []string{"alpha", "R²"}},
	} {
		f := validated(t, c.cv, 30)
		fig, err := CV(f, c.o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := fig.WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		lines, texts := strokes(t, b.Bytes())
		bars := strings.Count(b.String(), "stroke-width:0.6")
		if lines-bars != c.lines {
			t.Errorf("%+v: %d lines, want %d", c.o, lines-bars, c.lines)
		}
		if most := 3 * len(f.L1Ratios) * len(f.Alphas[0]); bars != most {
			t.Errorf("%+v: %d strokes of bars, want %d", c.o, bars, most)
		}
		all := strings.Join(texts, "|")
		best, simple := fmt.Sprintf("best: alpha %.3g", f.Alpha), fmt.Sprintf("1 SE: alpha %.3g", f.Alpha1SE)
		if len(f.L1Ratios) > 1 {
			best, simple = fmt.Sprintf("%s, l1_ratio %v", best, f.L1Ratio), fmt.Sprintf("%s, l1_ratio %v", simple, f.L1Ratio1SE)
		} else if strings.Contains(all, "l1_ratio") {
			t.Errorf("one l1_ratio is named in %q", all)
		}
		for _, want := range append(c.want, best, simple) {
			if !strings.Contains(all, want) {
				t.Errorf("%+v: no %q in %q", c.o, want, all)
			}
		}
	}
}

func TestCVPNG(t *testing.T) {
	fig, err := CV(validated(t, linear.ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 20}, 10), Options{Width: 4, Height: 3, DPI: 100})
	if err != nil {
		t.Fatal(err)
	}
	drawn(t, fig, 400, 300)
	if dir := os.Getenv("LINEARPLOT_DIR"); dir != "" { // to look at them
		for name, c := range map[string]struct {
			cv      linear.ElasticNetCV
			columns int
			o       Options
		}{
			"cv1":     {linear.ElasticNetCV{}, 40, Options{Title: "One l1_ratio"}},
			"cv3":     {linear.ElasticNetCV{L1Ratios: []float64{0.1, 0.5, 1}, Folds: 10}, 40, Options{}},
			"cv3wide": {linear.ElasticNetCV{L1Ratios: []float64{0.5, 0.9, 1}, Folds: 10}, 200, Options{Width: 12, Height: 7, Title: "Wide"}},
			"cvsmall": {linear.ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 8}, 5, Options{Width: 3.5, Height: 2.6}},
			"cv10":    {linear.ElasticNetCV{L1Ratios: []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}, NumAlphas: 1000}, 20, Options{}},
			"cvr2":    {linear.ElasticNetCV{Scorer: &linear.R2, NumAlphas: 30}, 5, Options{Score: "R²"}},
		} {
			fig, err := CV(validated(t, c.cv, c.columns), c.o)
			if err != nil {
				t.Fatal(err)
			}
			writePNG(t, fig, filepath.Join(dir, name+".png"))
		}
	}
}

// What cannot be drawn is left out, and nothing left is an error.
func TestCVEdges(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		fit   linear.CVFit
		lines int // -1 for an error
	}{
		"nothing":        {linear.CVFit{}, -1},
		"alpha 0":        {linear.CVFit{L1Ratios: []float64{1}, Alphas: [][]float64{{0}}, Mean: [][]float64{{3}}, StdErr: [][]float64{{1}}}, -1},
		"NaN":            {linear.CVFit{L1Ratios: []float64{1}, Alphas: [][]float64{{2, 1}}, Mean: [][]float64{{nan, math.Inf(1)}}, StdErr: [][]float64{{1, 1}}}, -1},
		"one point":      {linear.CVFit{L1Ratios: []float64{1}, Alpha: 1, Alpha1SE: 1, Alphas: [][]float64{{1}}, Mean: [][]float64{{3}}, StdErr: [][]float64{{nan}}}, 0},
		"one fold":       {linear.CVFit{L1Ratios: []float64{1}, Alpha: 1, Alpha1SE: 2, Alphas: [][]float64{{2, 1, 0}}, Mean: [][]float64{{3, 2, 1}}, StdErr: [][]float64{{nan, nan, nan}}}, 1},
		"best not drawn": {linear.CVFit{L1Ratios: []float64{0.5, 1}, L1Ratio: 0.5, Alphas: [][]float64{{0}, {2, 1}}, Mean: [][]float64{{1}, {4, 4}}, StdErr: [][]float64{{1}, {0, 0}}}, 1},
	} {
		fig, err := CV(&c.fit, Options{})
		if c.lines < 0 {
			if !errors.Is(err, ErrEmpty) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var b bytes.Buffer
		if err := fig.WriteSVG(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text := b.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Count(text, "stroke-width:1.4") != c.lines || !strings.Contains(text, "fill:#") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
