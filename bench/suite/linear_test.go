package suite

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The independent certificate must agree with the older dualGap, which shares no code
// with it, and be zero at the largest alpha.
func TestCertificate(t *testing.T) {
	p := dense(30, 8, 1, autoregressive, 5)
	p.l1Ratio = .7
	p.grid(2, .1)
	zero := make([]float64, 8)
	if c := p.certificate(zero, []float64{0}, p.alphas[0]); c.gap > 1e-12*c.yy {
		t.Errorf("gap %v at the largest alpha", c.gap)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	coef := make([]float64, 8)
	for j := range coef {
		coef[j] = .1 * rng.NormFloat64()
	}
	want, yy := dualGap(problem{rows: 30, cols: 8, x: p.x, y: p.y}, coef, 0, p.alphas[1], p.l1Ratio)
	if c := p.certificate(coef, []float64{0}, p.alphas[1]); !near(c.gap, want, 1e-12) || !near(c.yy, yy, 1e-12) {
		t.Errorf("gap %v of %v, want %v of %v", c.gap, c.yy, want, yy)
	}
}

// A sparse design has the density that was asked for, and rows in order.
func TestSparse(t *testing.T) {
	p := sparse(2000, 50, .02, true, 1)
	if got := float64(len(p.data)) / (2000 * 50); math.Abs(got-.02) > .003 {
		t.Errorf("density %v, want .02", got)
	}
	for j := range p.cols {
		last := -1
		p.each(j, func(i int, _ float64) {
			if i <= last || i >= p.rows {
				t.Fatalf("column %d: row %d after %d", j, i, last)
			}
			last = i
		})
	}
}
