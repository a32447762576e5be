// The linear suite: regularisation paths and single fits beside the solvers of other
// languages, at equal duality gap. Every answer's gap is computed here, in plain Go
// that no solver shares, for every alpha. Each solver stops by a rule of its own, so a
// peer is given the loosest of its tolerances at which its worst gap reaches the
// workload's; the table shows the worst gap that each row ended with.

package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Linear is the suite of solvers.
const Linear = "linear"

// A regression is what a linear workload solves: X dense by columns or sparse (CSC),
// a column of y a task, alphas descending.
type regression struct {
	rows, cols, tasks int
	x                 []float64 // dense, else nil
	indptr            []int     // of a sparse X
	indices           []int32
	data              []float64
	y                 []float64
	alphas            []float64
	l1Ratio           float64
	intercept         bool
}

// each calls f for the elements of column j that are stored.
func (p *regression) each(j int, f func(i int, v float64)) {
	if p.x != nil {
		for i, v := range p.x[j*p.rows:][:p.rows] {
			f(i, v)
		}
		return
	}
	for k := p.indptr[j]; k < p.indptr[j+1]; k++ {
		f(int(p.indices[k]), p.data[k])
	}
}

// A mix is how the columns of a random design hang together.
type mix int

const (
	independent    mix = iota
	autoregressive     // correlation .95 between neighbours
	equicorrelated     // correlation .9 between all
	duplicated         // every second column repeats the one before it
)

// dense makes a design of standardised columns, and targets of unit variance: a sparse
// model with a signal of three times the noise.
func dense(rows, cols, tasks int, m mix, seed uint64) *regression {
	p := &regression{rows: rows, cols: cols, tasks: tasks, x: make([]float64, rows*cols), y: make([]float64, rows*tasks), l1Ratio: 1}
	rng := rand.New(rand.NewPCG(seed, uint64(m)))
	common := make([]float64, rows)
	for i := range common {
		common[i] = rng.NormFloat64()
	}
	for j := range cols {
		col := p.x[j*rows:][:rows]
		for i := range col {
			switch v := rng.NormFloat64(); {
			case m == autoregressive && j > 0:
				col[i] = .95*p.x[(j-1)*rows+i] + math.Sqrt(1-.95*.95)*v
			case m == equicorrelated:
				col[i] = math.Sqrt(.9)*common[i] + math.Sqrt(.1)*v
			case m == duplicated && j%2 == 1:
				col[i] = p.x[(j-1)*rows+i]
			default:
				col[i] = v
			}
		}
	}
	for j := range cols {
		standardize(p.x[j*rows:][:rows])
	}
	support := min(20, cols)
	for t := range tasks {
		for k := range support {
			c := rng.NormFloat64()
			j := k * (cols / support)
			for i, v := range p.x[j*rows:][:rows] {
				p.y[t*rows+i] += c * v
			}
		}
		noise := math.Sqrt(float64(support)) / 3
		for i := range rows {
			p.y[t*rows+i] += noise * rng.NormFloat64()
		}
		standardize(p.y[t*rows:][:rows])
	}
	return p
}

// standardize takes the mean off and scales to unit variance.
func standardize(v []float64) {
	m, squares := mean(v), 0.0
	for i := range v {
		v[i] -= m
		squares += v[i] * v[i]
	}
	scale := math.Sqrt(float64(len(v)) / squares)
	for i := range v {
		v[i] *= scale
	}
}

// sparse makes a CSC design of the given density with positive and negative elements.
func sparse(rows, cols int, density float64, intercept bool, seed uint64) *regression {
	p := &regression{rows: rows, cols: cols, tasks: 1, y: make([]float64, rows), l1Ratio: 1, intercept: intercept}
	rng := rand.New(rand.NewPCG(seed, 77))
	p.indptr = append(p.indptr, 0)
	for range cols {
		// Gaps between stored rows are geometric, so that every cell is stored alike often.
		for i := gap(rng, density); i < rows; i += 1 + gap(rng, density) {
			p.indices = append(p.indices, int32(i))
			p.data = append(p.data, rng.NormFloat64()+.5)
		}
		p.indptr = append(p.indptr, len(p.data))
	}
	for j := 0; j < cols; j += max(cols/100, 1) {
		c := rng.NormFloat64()
		p.each(j, func(i int, v float64) { p.y[i] += c * v })
	}
	for i := range p.y {
		p.y[i] += .1 * rng.NormFloat64()
	}
	standardize(p.y)
	if intercept {
		for i := range p.y {
			p.y[i]++
		}
	}
	return p
}

func gap(rng *rand.Rand, density float64) int {
	return int(min(math.Log(1-rng.Float64())/math.Log(1-density), 1<<40))
}

// grid sets n alphas from the largest useful one down to last times that.
func (p *regression) grid(n int, last float64) {
	s := p.certificate(make([]float64, p.cols*p.tasks), make([]float64, p.tasks), 0)
	for k := range n {
		a := s.steepest / (float64(p.rows) * p.l1Ratio)
		if n > 1 {
			a *= math.Pow(last, float64(k)/float64(n-1))
		} else {
			a *= last
		}
		p.alphas = append(p.alphas, a)
	}
}

// A certificate is what the independent checker says about one answer.
type certificate struct {
	gap      float64 // formula A: P − D, times the number of rows
	yy       float64 // ‖y_c‖²
	steepest float64 // max_j ‖X_jᵀR − b·w_j‖
}

// certificate computes the duality gap at the given coefficients (task by task) and
// intercepts. Fercoq, Gramfort and Salmon 2015, with the ridge term folded into the
// data; Ndiaye et al. 2015 for several tasks.
func (p *regression) certificate(coef, intercepts []float64, alpha float64) certificate {
	n := float64(p.rows)
	a, b := alpha*p.l1Ratio*n, alpha*(1-p.l1Ratio)*n
	r, centre, ry, c := make([]float64, len(p.y)), make([]float64, p.tasks), 0.0, certificate{}
	rr := 0.0
	for t := range p.tasks {
		rt, y := r[t*p.rows:][:p.rows], p.y[t*p.rows:][:p.rows]
		for i := range rt {
			rt[i] = y[i] - intercepts[t]
		}
		for j := range p.cols {
			if w := coef[t*p.cols+j]; w != 0 {
				p.each(j, func(i int, v float64) { rt[i] -= w * v })
			}
		}
		my := 0.0
		if p.intercept {
			centre[t], my = mean(rt), mean(y)
		}
		for i := range rt {
			rt[i] -= centre[t] // the best intercept: its error is not the coefficients'
			rr, ry = rr+rt[i]*rt[i], ry+rt[i]*(y[i]-my)
			c.yy += (y[i] - my) * (y[i] - my)
		}
	}
	norm1, norm2 := 0.0, 0.0
	for j := range p.cols {
		dots, squares := 0.0, 0.0
		for t := range p.tasks {
			w, dot := coef[t*p.cols+j], 0.0
			rt := r[t*p.rows:][:p.rows]
			p.each(j, func(i int, v float64) { dot += v * rt[i] })
			dot -= b * w
			dots, squares = dots+dot*dot, squares+w*w
		}
		c.steepest = max(c.steepest, math.Sqrt(dots))
		norm1, norm2 = norm1+math.Sqrt(squares), norm2+squares
	}
	curve := rr + b*norm2
	s := 0.0
	if curve > 0 {
		s = ry / curve
	}
	if c.steepest > 0 {
		s = max(min(s, a/c.steepest), -a/c.steepest)
	}
	c.gap = .5*curve + a*norm1 - (s*ry - .5*s*s*curve)
	return c
}

// reaches returns a check that every alpha's gap is at most tol·‖y_c‖², and notes the
// worst and the median gap of the answer.
func (p *regression) reaches(tol float64) func([]float64, map[string]float64) error {
	return func(got []float64, info map[string]float64) error {
		size := (p.cols + 1) * p.tasks
		if len(got) != size*len(p.alphas) {
			return fmt.Errorf("%d numbers, want %d", len(got), size*len(p.alphas))
		}
		gaps := make([]float64, len(p.alphas))
		split(len(gaps), 2, func(lo, hi int) {
			for k := lo; k < hi; k++ {
				row := got[k*size:][:size]
				c := p.certificate(row[:p.cols*p.tasks], row[p.cols*p.tasks:], p.alphas[k])
				gaps[k] = c.gap / c.yy
			}
		})
		worst := 0.0
		for _, g := range gaps {
			worst = max(worst, g) // NaN stays
		}
		info["worst gap"], info["median gap"] = worst, median(gaps)
		if !(worst <= tol*1.001) {
			return fmt.Errorf("its worst duality gap is %.2g·‖y‖², want %g", worst, tol)
		}
		return nil
	}
}
