package suite

import (
	"context"
	"io"
	"math"
	"path/filepath"
	"slices"
	"testing"
)

// The folds must be KFold's: contiguous, the first ones longer by one.
func TestFoldRows(t *testing.T) {
	var got []int
	for f := range 3 {
		lo, hi := foldRows(11, 3, f)
		got = append(got, lo, hi)
	}
	if want := []int{0, 4, 4, 8, 8, 11}; !slices.Equal(got, want) {
		t.Errorf("bounds %v, want %v", got, want)
	}
}

// crossed is a small grid, and its right answer.
func crossed(t *testing.T) (c *crossing, good []float64) {
	t.Helper()
	c = &crossing{regression: dense(30, 6, 1, independent, 5), l1Ratios: []float64{.5, 1}, folds: 3, alphas: 4, eps: 1e-2, tol: 1e-4, within: 1e-2}
	c.intercept = true
	c.makeGrid()
	if err := c.solve(&bench{config: config{threads: []int{1}}}); err != nil {
		t.Fatal(err)
	}
	best := slices.Index(c.exact, slices.Min(c.exact))
	good = append(slices.Concat(c.grid, c.exact), c.grid[best], c.l1Ratios[best/c.alphas])
	return c, good
}

// A grid that differs in an alpha, in an error or in its choice must be refused.
func TestCrossingAgrees(t *testing.T) {
	c, good := crossed(t)
	info := map[string]float64{}
	if err := c.agrees(good, info); err != nil || info["off"] != 0 {
		t.Fatal(err, info)
	}
	cells := len(c.grid)
	worst := slices.Index(c.exact, slices.Max(c.exact))
	for name, change := range map[string]func(a []float64){
		"another alpha":          func(a []float64) { a[1] *= 1.001 },
		"another error":          func(a []float64) { a[cells+3] *= 1.1 },
		"a NaN":                  func(a []float64) { a[cells] = math.NaN() },
		"a worse choice":         func(a []float64) { a[2*cells], a[2*cells+1] = c.grid[worst], c.l1Ratios[worst/c.alphas] },
		"a choice of nowhere":    func(a []float64) { a[len(a)-2] = 12345 },
		"an l1_ratio of nowhere": func(a []float64) { a[len(a)-1] = 0.7 },
	} {
		bad := slices.Clone(good)
		change(bad)
		if c.agrees(bad, map[string]float64{}) == nil {
			t.Errorf("a grid with %s is taken", name)
		}
	}
	if c.agrees(good[:3], map[string]float64{}) == nil {
		t.Error("a grid cut short is taken")
	}
}

// Who is to reach scikit-learn's gap is wrong above it, once it is known.
func TestCrossingMatchesGaps(t *testing.T) {
	c, good := crossed(t)
	match := func(gap float64) map[string]float64 { return map[string]float64{"match": 1, "median gap": gap} }
	if err := c.agrees(good, match(1e-5)); err != nil {
		t.Errorf("without scikit-learn: %v", err)
	}
	if err := c.agrees(good, map[string]float64{"sets": 1, "median gap": 2e-6}); err != nil {
		t.Fatal(err)
	}
	if c.agrees(good, match(3e-6)) == nil || c.agrees(good, match(1e-6)) != nil {
		t.Error("a gap above scikit-learn's is taken, or one below is not")
	}
}

// Who is not asked for has no row; nogil always has.
func TestBy(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.json")
	args := []string{"-quick", "-nopeers", "-threads", "1", "-run", "^article$", "-by", "sklearn.*shipped", "-out", out}
	if err := run(context.Background(), CV, args, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	report, err := loadReport(out)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, r := range report.Workloads[0].Rows {
		who = append(who, r.Who)
	}
	if want := []string{"nogil", "sklearn ElasticNetCV as shipped"}; !slices.Equal(who, want) {
		t.Errorf("rows of %q, want %q", who, want)
	}
}
