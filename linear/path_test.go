package linear

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// correlatedProblem draws n×p normal data of a kind of correlation, and y from 20 of the
// columns with noise of a tenth of its variance.
func correlatedProblem(seed uint64, n, p int, kind string) (kernels.Matrix[float64], []float64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := kernels.NewColMajor(n, p, make([]float64, n*p))
	common := make([]float64, n)
	for i := range common {
		common[i] = rng.NormFloat64()
	}
	for j := range p {
		for i := range n {
			v := rng.NormFloat64()
			switch {
			case kind == "ar.95" && j > 0:
				v = 0.95*x.At(i, j-1) + math.Sqrt(1-0.95*0.95)*v
			case kind == "equi.9":
				v = math.Sqrt(0.9)*common[i] + math.Sqrt(0.1)*v
			case kind == "duplicates" && j%3 == 1:
				v = x.At(i, j-1)
			}
			x.Data[j*n+i] = v
		}
	}
	y := make([]float64, n)
	for range 20 {
		j, b := rng.IntN(p), rng.NormFloat64()
		for i := range y {
			y[i] += b * x.At(i, j)
		}
	}
	signal := 0.0
	for _, v := range y {
		signal += v * v / float64(n)
	}
	for i := range y {
		y[i] += math.Sqrt(signal/10) * rng.NormFloat64()
	}
	return x, y
}

func BenchmarkPath(b *testing.B) {
	for _, shape := range [][2]int{{200, 5000}, {72, 7129}, {1000, 512}, {1000, 1024}, {1000, 2048}} {
		for _, kind := range []string{"none", "ar.95", "equi.9", "duplicates"} {
			for _, tol := range []float64{1e-6, 1e-10} {
				b.Run(fmt.Sprintf("n=%d/p=%d/corr=%s/tol=%g", shape[0], shape[1], kind, tol), func(b *testing.B) {
					x, y := correlatedProblem(1, shape[0], shape[1], kind)
					m := Path{Options: Options{Tol: tol, Loop: parfor.Loop{Threads: 1}}, L1Ratio: 1}
					var f *PathFit
					for b.Loop() {
						var err error
						if f, err = m.Fit(context.Background(), Dense(x), y); err != nil {
							b.Fatal(err)
						}
					}
					report(b, f, tol)
				})
			}
		}
	}
}

// report adds the steps, the largest support, and how many alphas missed the gap.
func report(b *testing.B, f *PathFit, tol float64) {
	steps, most, missed := 0, 0, 0
	for i := range f.Alphas {
		columns, _ := f.Support(i)
		steps, most = steps+f.Iterations[i], max(most, len(columns))
		if !f.Converged[i] {
			missed++
		}
	}
	b.ReportMetric(float64(steps), "steps")
	b.ReportMetric(float64(most), "support")
	b.ReportMetric(float64(missed), "missed")
}

// pathGap computes the duality gap (formula A) on the scale of the objective times n, and
// ‖y − ȳ‖², from the data alone.
func pathGap(x kernels.Matrix[float64], y, w []float64, alpha, l1Ratio float64, m Options) (gap, yy float64) {
	n, p := x.Rows, x.Cols
	mean := func(v func(i int) float64) (s float64) {
		if m.NoIntercept {
			return 0
		}
		for i := range n {
			s += v(i) / float64(n)
		}
		return s
	}
	yMean := mean(func(i int) float64 { return y[i] })
	r := make([]float64, n)
	for i := range r {
		r[i] = y[i] - yMean
		yy += r[i] * r[i]
	}
	columns := make([][]float64, p)
	for j := range p {
		c := make([]float64, n)
		mj := mean(func(i int) float64 { return x.At(i, j) })
		for i := range c {
			c[i] = x.At(i, j) - mj
			r[i] -= w[j] * c[i]
		}
		columns[j] = c
	}
	var norm, ry, l1 float64
	for i, v := range r {
		norm += v * v
		ry += v * (y[i] - yMean)
	}
	most := math.Inf(1)
	for j, c := range columns {
		v := 1.0
		if m.PenaltyFactors != nil {
			v = m.PenaltyFactors[j]
		}
		a, b := alpha*l1Ratio*float64(n)*v, alpha*(1-l1Ratio)*float64(n)*v
		norm += b * w[j] * w[j]
		l1 += a * math.Abs(w[j])
		g := -b * w[j]
		for i, v := range c {
			g += v * r[i]
		}
		if !m.Positive {
			g = math.Abs(g)
		}
		if v > 0 && g > 0 {
			most = min(most, a/g)
		}
	}
	s := min(ry/norm, most)
	return norm/2 + l1 - (s*ry - s*s*norm/2), yy
}

func mustPath(t *testing.T, m Path, x Design, y []float64) *PathFit {
	t.Helper()
	f, err := m.Fit(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every alpha of a path has the gap asked for, by a computation of its own, and the reported
// gap is not below it.
func TestPathReachesItsGap(t *testing.T) {
	factors := make([]float64, 300)
	for j := range factors {
		factors[j] = []float64{1, 0.5, 2, 1, 3}[j%5]
	}
	factors[7], factors[100] = 0, 0
	for _, shape := range [][2]int{{30, 300}, {90, 60}, {60, 60}, {12, 300}} {
		for _, kind := range []string{"none", "ar.95", "equi.9", "duplicates"} {
			x, y := correlatedProblem(uint64(shape[0]), shape[0], shape[1], kind)
			for c, m := range []Path{
				{L1Ratio: 1},
				{L1Ratio: 1, Options: Options{Positive: true}},
				{L1Ratio: 0.5},
				{L1Ratio: 0.9, Options: Options{NoIntercept: true}},
				{L1Ratio: 1, Options: Options{PenaltyFactors: factors[:shape[1]]}},
				{L1Ratio: 1, Options: Options{Algorithm: WorkingSet, MaxIter: 1e6}, Eps: 1e-1},
			} {
				m.NumAlphas = 25
				for _, m.Tol = range []float64{1e-4, 1e-8, 1e-12} {
					f := mustPath(t, m, Dense(x), y)
					if len(f.Alphas) != 25 {
						t.Fatalf("%d alphas", len(f.Alphas))
					}
					for i, alpha := range f.Alphas {
						gap, yy := pathGap(x, y, f.Coef(i), alpha, m.L1Ratio, m.Options)
						if !f.Converged[i] || gap > m.Tol*yy+1e-14*yy {
							t.Errorf("%v %s, case %d, tol %g, alpha %d: gap %.3g of ‖y‖², converged %v", shape, kind, c, m.Tol, i, gap/yy, f.Converged[i])
						}
						if n := float64(shape[0]); gap > f.DualGaps[i]*n*(1+1e-9)+1e-14*yy {
							t.Errorf("%v %s, case %d, tol %g, alpha %d: reported gap %.3g, is %.3g", shape, kind, c, m.Tol, i, f.DualGaps[i]*n/yy, gap/yy)
						}
					}
				}
			}
		}
	}
}
