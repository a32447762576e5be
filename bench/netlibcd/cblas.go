//go:build cgo && !noopenblas

// The build with CBLAS, which package openblas links.

package netlibcd

import (
	"math"

	"gonum.org/v1/netlib/blas/netlib"

	_ "github.com/nogil-go/nogil/openblas"
)

// Reason tells why the baseline cannot run in this build; it is empty where it can.
const Reason = ""

var cblas netlib.Implementation

// A Problem is to minimise, over coefficients w and an intercept b,
//
//	‖y − b − X·w‖² / (2·rows) + alpha·l1Ratio·‖w‖₁ + alpha·(1−l1Ratio)·‖w‖² / 2
//
// and how far that has come.
type Problem struct {
	rows, cols  int
	x, y, norm2 []float64 // centred
	meanX       []float64
	meanY       float64
	l1, l2      float64 // the penalties, on the scale of the objective times rows
	w, r        []float64
	fit         Fit
}

// New copies the column-major X and y, centres them, and starts from zero.
func New(rows, cols int, x, y []float64, alpha, l1Ratio float64) *Problem {
	p := &Problem{rows: rows, cols: cols, x: make([]float64, rows*cols), y: make([]float64, rows),
		norm2: make([]float64, cols), meanX: make([]float64, cols), w: make([]float64, cols),
		l1: alpha * l1Ratio * float64(rows), l2: alpha * (1 - l1Ratio) * float64(rows)}
	for j := range cols {
		xj := p.column(j)
		p.meanX[j] = subtractMean(xj, x[j*rows:][:rows])
		p.norm2[j] = cblas.Ddot(rows, xj, 1, xj, 1)
	}
	p.meanY = subtractMean(p.y, y)
	p.Reset()
	return p
}

// Reset starts again from zero.
func (p *Problem) Reset() {
	clear(p.w)
	p.r, p.fit = append(p.r[:0], p.y...), Fit{}
}

// subtractMean writes v less its mean to dst and returns the mean.
func subtractMean(dst, v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	mean := sum / float64(len(v))
	for i, x := range v {
		dst[i] = x - mean
	}
	return mean
}

func (p *Problem) column(j int) []float64 { return p.x[j*p.rows:][:p.rows] }

// Epoch updates every coefficient once, and returns the largest change and the
// largest coefficient.
func (p *Problem) Epoch() (change, largest float64) {
	p.fit.Epochs++
	for j, q := range p.norm2 {
		if q == 0 {
			continue
		}
		xj, old := p.column(j), p.w[j]
		u := cblas.Ddot(p.rows, xj, 1, p.r, 1) + q*old
		p.w[j] = math.Copysign(max(math.Abs(u)-p.l1, 0), u) / (q + p.l2)
		if d := p.w[j] - old; d != 0 {
			cblas.Daxpy(p.rows, -d, xj, 1, p.r, 1)
			change = max(change, math.Abs(d))
		}
		largest = max(largest, math.Abs(p.w[j]))
	}
	return change, largest
}

// Solve does epochs until the duality gap is at most tol·‖y − mean(y)‖², or maxIter
// of them. It looks at the gap when an epoch's largest change is at most tol times the
// largest coefficient, and after the last epoch, as scikit-learn does.
func (p *Problem) Solve(tol float64, maxIter int) Fit {
	yy := cblas.Ddot(p.rows, p.y, 1, p.y, 1)
	for p.fit.Epochs < maxIter {
		change, largest := p.Epoch()
		if change <= tol*largest || p.fit.Epochs == maxIter {
			if p.fit.Gap = p.gap(); p.fit.Gap <= tol*yy {
				break
			}
		}
	}
	return p.Fit()
}

// Fit returns what has been reached.
func (p *Problem) Fit() Fit {
	fit := p.fit
	fit.Coef, fit.Intercept = p.w, p.meanY
	for j, c := range p.w {
		fit.Intercept -= c * p.meanX[j]
	}
	return fit
}

// gap is the duality gap with the dual point scaled best (Massias, Gramfort and
// Salmon 2018, section 3), the ridge term counted as part of the data.
func (p *Problem) gap() float64 {
	steepest, norm1, norm2 := 0.0, 0.0, 0.0
	for j, c := range p.w {
		steepest = max(steepest, math.Abs(cblas.Ddot(p.rows, p.column(j), 1, p.r, 1)-p.l2*c))
		norm1, norm2 = norm1+math.Abs(c), norm2+c*c
	}
	curve, ry := cblas.Ddot(p.rows, p.r, 1, p.r, 1)+p.l2*norm2, cblas.Ddot(p.rows, p.r, 1, p.y, 1)
	if curve == 0 { // y is its mean, and w is zero
		return 0
	}
	s := ry / curve
	if steepest > 0 {
		s = max(min(s, p.l1/steepest), -p.l1/steepest)
	}
	return curve/2 + p.l1*norm1 - (s*ry - s*s*curve/2)
}
