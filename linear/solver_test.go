package linear

import (
	"math"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// gapOf computes the documented gap, over all columns and from the data alone.
func gapOf(x kernels.Matrix[float64], y []float64, f *Fit, alpha, l1Ratio float64) float64 {
	n := float64(len(y))
	l1, l2 := alpha*l1Ratio*n, alpha*(1-l1Ratio)*n
	c := kernels.NewCenteredColumns(parfor.Loop{}, x, true)
	yMean := 0.0
	for _, v := range y {
		yMean += v / n
	}
	predicted := f.Predict(nil, Dense(x))
	var rr, ry, abs, ww, largest, squares float64
	for i, v := range y {
		r := v - predicted[i]
		rr += r * r
		ry += r * (v - yMean)
	}
	for j, w := range f.Coef {
		g := 0.0
		for i, v := range y {
			g += (x.At(i, j) - c.Mean[j]) * (v - predicted[i])
		}
		abs += math.Abs(w)
		ww += w * w
		squares += g * g
		largest = max(largest, math.Abs(g-l2*w))
	}
	primal := (rr+l2*ww)/2 + l1*abs
	if l1 == 0 {
		return (primal - (ry - rr/2 - squares/(2*l2))) / n
	}
	s := min(ry/(rr+l2*ww), l1/largest)
	return (primal - (s*ry - s*s*(rr+l2*ww)/2)) / n
}

func TestDualGapIsTheDocumentedOne(t *testing.T) {
	x, y := randomProblem(31, 80, 60, 1, 0.5)
	for _, l1Ratio := range []float64{1, 0.7, 0} {
		for _, alpha := range []float64{0.1, 0.01} {
			for maxIter := 1; maxIter < 8; maxIter++ {
				m := ElasticNet{Options: Options{MaxIter: maxIter, Tol: 1e-6}, Alpha: alpha, L1Ratio: l1Ratio}
				f := mustFit(t, m, Dense(x), y)
				if want := gapOf(x, y, f, alpha, l1Ratio); !near(f.DualGap, want, 1e-9*want+1e-14) {
					t.Errorf("l1_ratio %v, alpha %v, %d passes: gap %v, want %v", l1Ratio, alpha, maxIter, f.DualGap, want)
				}
			}
		}
	}
}

// Without a penalty, and with one too small to count, the gradient decides.
func TestLeastSquaresStopsByTheGradient(t *testing.T) {
	x, y := randomProblem(32, 50, 10, 0, 0.7)
	for i := range y {
		y[i] *= 1e4
	}
	c := kernels.NewCenteredColumns(parfor.Loop{}, x, true)
	for _, alpha := range []float64{0, 5e-324} {
		for _, tol := range []float64{1e-3, 1e-9} {
			f := mustFit(t, ElasticNet{Options: Options{Tol: tol}, Alpha: alpha, L1Ratio: 0.5}, Dense(x), y)
			yy, steepest, mean := 0.0, 0.0, 0.0
			for _, v := range y {
				mean += v / float64(len(y))
			}
			predicted := f.Predict(nil, Dense(x))
			for j := range f.Coef {
				g := 0.0
				for i, v := range y {
					g += (x.At(i, j) - c.Mean[j]) * (v - predicted[i])
				}
				steepest = max(steepest, math.Abs(g)/math.Sqrt(c.Norm2[j]))
			}
			for _, v := range y {
				yy += (v - mean) * (v - mean)
			}
			if ratio := steepest / math.Sqrt(yy); !f.Converged || ratio > tol || ratio < tol*1e-4 {
				t.Errorf("alpha %v, tol %v: relative gradient %v, %+v", alpha, tol, ratio, f)
			}
		}
	}
}

// wideSolver is a problem in which most columns break their condition at first.
func wideSolver(t *testing.T, m ElasticNet) *solver {
	t.Helper()
	x, y := randomProblem(33, 150, 1000, 0, 0)
	p, err := Dense(x).problem(m.Options, y)
	if err != nil {
		t.Fatal(err)
	}
	s := newSolver(p, &m.Options)
	if err := s.penalize(m.Alpha, m.L1Ratio); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWorkingSetTakesTheWorstFirst(t *testing.T) {
	s := wideSolver(t, ElasticNet{Alpha: 1e-5, L1Ratio: 1})
	s.certify(s.all)
	s.pick()
	if len(s.work) != 100 {
		t.Fatalf("%d columns in the first working set, want 100 of %d", len(s.work), len(s.all))
	}
	least, left := math.Inf(1), 0.0
	for _, j := range s.all {
		if slices.Contains(s.work, j) {
			least = min(least, s.excess(j))
		} else {
			left = max(left, s.excess(j))
		}
	}
	if left <= 0 || left > least {
		t.Errorf("a column with excess %v was left out for one with %v", left, least)
	}
	if cert, err := s.solve(); err != nil || cert.gap > s.target {
		t.Errorf("%+v, %v", cert, err)
	}
}

// What is screened is zero at the optimum, and far from it something is.
func TestScreeningIsSafe(t *testing.T) {
	m := ElasticNet{Options: Options{Tol: 1e-12, MaxIter: 1e5}, Alpha: 0.05, L1Ratio: 0.9}
	optimum := wideSolver(t, m)
	if cert, err := optimum.solve(); err != nil || cert.gap > optimum.target {
		t.Fatal(cert, err)
	}
	s := wideSolver(t, m)
	screened := 0
	for range 12 {
		s.epoch(s.cols, s.pen, s.w)
		s.screen(s.certify(s.cols))
		for _, j := range s.all {
			if !slices.Contains(s.cols, j) && optimum.w[j] != 0 {
				t.Fatalf("column %d was dropped, its coefficient is %v", j, optimum.w[j])
			}
		}
		screened = len(s.all) - len(s.cols)
	}
	if screened < 500 {
		t.Errorf("%d of %d columns were screened", screened, len(s.all))
	}
}
