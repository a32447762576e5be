package linear

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// sparseRandom is sparse_problem of testdata/sparse.py: about a quarter of the elements
// are stored, column 1 has none, column 2 all; y depends on the first five.
func sparseRandom(t testing.TB, seed uint64, n, p int) (d Design, full kernels.Matrix[float64], y []float64) {
	t.Helper()
	s := splitmix64(seed)
	full, y = kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
	for i := range y {
		y[i] = s.uniform() - 0.5
	}
	indptr := []int{0}
	var indices []int32
	var data []float64
	for j := range p {
		for i := range n {
			u, v := s.uniform(), s.uniform()+0.5
			if j == 1 || u > 0.25 && j != 2 {
				continue
			}
			indices, data = append(indices, int32(i)), append(data, v)
			full.Data[j*n+i] = v
			if j < 5 {
				y[i] += float64(j+1) * math.Pow(-1, float64(j)) * v
			}
		}
		indptr = append(indptr, len(indices))
	}
	d, err := CSC(n, p, indptr, indices, data)
	if err != nil {
		t.Fatal(err)
	}
	return d, full, y
}

// checkedGap is formula A for any options, from the data alone: the gap and the primal
// objective of fit, divided by the sum of the weights.
func checkedGap(x kernels.Matrix[float64], y []float64, fit *Fit, o Options, alpha, l1Ratio float64) (gap, primal float64) {
	n, p := x.Rows, x.Cols
	s, total := o.SampleWeights, 0.0
	if s == nil {
		s = slices.Repeat([]float64{1}, n)
	}
	for _, v := range s {
		total += v
	}
	average := func(at func(i int) float64) (m float64) {
		for i := range n {
			m += s[i] * at(i) / total
		}
		return m
	}
	r, yMean := make([]float64, n), 0.0
	if !o.NoIntercept {
		yMean = average(func(i int) float64 { return y[i] })
	}
	var rr, ry, ww, l1 float64
	for i := range n {
		r[i] = y[i] - fit.Intercept
		for j, w := range fit.Coef {
			r[i] -= w * x.At(i, j)
		}
		rr += s[i] * r[i] * r[i]
		ry += s[i] * r[i] * (y[i] - yMean)
	}
	most := math.Inf(1)
	for j := range p {
		mean := average(func(i int) float64 { return x.At(i, j) })
		v := 1.0
		if o.PenaltyFactors != nil {
			v = o.PenaltyFactors[j]
		}
		if math.IsInf(v, 1) {
			continue
		}
		g := 0.0
		for i := range n {
			m := mean
			if o.NoIntercept {
				m = 0
			}
			g += s[i] * r[i] * (x.At(i, j) - m)
		}
		l2 := alpha * (1 - l1Ratio) * total * v
		a := alpha * l1Ratio * total * v
		if o.Standardize {
			variance := average(func(i int) float64 { return (x.At(i, j) - mean) * (x.At(i, j) - mean) })
			a, l2 = a*math.Sqrt(variance), l2*variance
		}
		w := fit.Coef[j]
		ww += l2 * w * w
		l1 += a * math.Abs(w)
		u := g - l2*w
		if !o.Positive {
			u = math.Abs(u)
		}
		if a > 0 && u > 0 {
			most = min(most, a/u)
		}
	}
	primal = (rr+ww)/2 + l1
	scale := 1.0
	if rr+ww > 0 {
		scale = min(ry/(rr+ww), most)
	}
	return (primal - (scale*ry - scale*scale*(rr+ww)/2)) / total, primal / total
}

// sparseOptions are every option that changes the solution, alone and together.
func sparseOptions(n, p int) map[string]Options {
	weights, factors := make([]float64, n), make([]float64, p)
	for i := range weights {
		weights[i] = float64(i%5) / 3
	}
	for j := range factors {
		factors[j] = 0.5 + float64(j%4)/2
	}
	excluded := slices.Clone(factors)
	excluded[0], excluded[3] = math.Inf(1), 3
	return map[string]Options{
		"plain":        {},
		"no intercept": {NoIntercept: true},
		"positive":     {Positive: true},
		"standardize":  {Standardize: true},
		"weights":      {SampleWeights: weights},
		"factors":      {PenaltyFactors: excluded},
		"random":       {Selection: Random, Seed: 3},
		"all columns":  {Algorithm: AllColumns},
		"all":          {SampleWeights: weights, PenaltyFactors: factors, Standardize: true, Positive: true},
		"all, no b":    {SampleWeights: weights, PenaltyFactors: factors, Standardize: true, NoIntercept: true},
	}
}

// A sparse fit reaches its tolerance by an independent reckoning, and is that of the same
// data in full.
func TestSparseEqualsDense(t *testing.T) {
	for seed, shape := range [][2]int{{60, 40}, {40, 120}, {200, 30}, {1, 5}} {
		n, p := shape[0], shape[1]
		d, full, y := sparseRandom(t, uint64(seed), n, p)
		for name, o := range sparseOptions(n, p) {
			if o.SampleWeights != nil && n == 1 {
				continue // whose only row weighs nothing
			}
			for _, l1Ratio := range []float64{1, 0.4} {
				o.Tol, o.MaxIter = 1e-13, 1e5
				m := ElasticNet{Options: o, Alpha: 0.02, L1Ratio: l1Ratio}
				got, err := m.Fit(d, y)
				if err != nil {
					t.Fatal(name, err)
				}
				gap, primal := checkedGap(full, y, got, o, m.Alpha, l1Ratio)
				if !got.Converged || !(gap <= 1e-11*(1+primal)) || !near(got.DualGap, gap, 1e-10*(1+primal)) {
					t.Errorf("%d×%d, %s, l1_ratio %v: gap %v of %v, it says %v", n, p, name, l1Ratio, gap, primal, got.DualGap)
				}
				want, err := m.Fit(Dense(full), y)
				if err != nil {
					t.Fatal(name, err)
				}
				_, wantPrimal := checkedGap(full, y, want, o, m.Alpha, l1Ratio)
				if !near(primal, wantPrimal, 1e-10*(1+primal)) {
					t.Errorf("%d×%d, %s, l1_ratio %v: objective %v, dense %v", n, p, name, l1Ratio, primal, wantPrimal)
				}
				if a, b := got.Predict(nil, d), got.Predict(nil, Dense(full)); !slices.EqualFunc(a, b, func(a, b float64) bool { return near(a, b, 1e-12) }) {
					t.Errorf("%s: predictions %v, dense %v", name, a, b)
				}
				if a, b := got.Score(d, y), want.Score(Dense(full), y); !near(a, b, 1e-6) && n > 1 {
					t.Errorf("%s: R² %v, dense %v", name, a, b)
				}
			}
		}
	}
}

// Weight 0 removes a row, weight 2 doubles it.
func TestSparseWeightsCountRows(t *testing.T) {
	_, full, y := sparseRandom(t, 9, 30, 12)
	weights := make([]float64, 30)
	var rows []int
	for i := range weights {
		weights[i] = float64(i % 3)
		for range i % 3 {
			rows = append(rows, i)
		}
	}
	repeated, repeatedY := kernels.NewColMajor(len(rows), 12, make([]float64, 12*len(rows))), make([]float64, len(rows))
	for k, i := range rows {
		repeatedY[k] = y[i]
		for j := range 12 {
			repeated.Data[j*len(rows)+k] = full.At(i, j)
		}
	}
	for _, standardize := range []bool{false, true} {
		m := ElasticNet{Options: Options{Tol: 1e-13, MaxIter: 1e5, Standardize: standardize}, Alpha: 0.03, L1Ratio: 0.7}
		want := mustFit(t, m, sparseOf(t, repeated), repeatedY)
		m.SampleWeights = weights
		got := mustFit(t, m, sparseOf(t, full), y)
		for j := range want.Coef {
			if !near(got.Coef[j], want.Coef[j], 1e-7) {
				t.Errorf("coefficient %d: %v, with rows repeated %v", j, got.Coef[j], want.Coef[j])
			}
		}
		if !near(got.Intercept, want.Intercept, 1e-7) {
			t.Errorf("intercept %v, with rows repeated %v", got.Intercept, want.Intercept)
		}
	}
}

// sparseOf stores what is not zero.
func sparseOf(t testing.TB, x kernels.Matrix[float64]) Design {
	t.Helper()
	indptr := []int{0}
	var indices []int32
	var data []float64
	for j := range x.Cols {
		for i := range x.Rows {
			if v := x.At(i, j); v != 0 {
				indices, data = append(indices, int32(i)), append(data, v)
			}
		}
		indptr = append(indptr, len(indices))
	}
	d, err := CSC(x.Rows, x.Cols, indptr, indices, data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What the solver may do with a form: Gram matrices, products, and states that are mixed.
func TestSparseForm(t *testing.T) {
	const n, p = 50, 20
	d, full, y := sparseRandom(t, 4, n, p)
	weights := make([]float64, n)
	total := 0.0
	for i := range weights {
		weights[i] = float64(i % 4)
		total += weights[i]
	}
	for _, o := range []Options{{}, {NoIntercept: true}, {SampleWeights: weights}, {SampleWeights: weights, NoIntercept: true}} {
		prob, err := d.problem(o, y)
		if err != nil {
			t.Fatal(err)
		}
		centred := func(j, i int) float64 { return full.At(i, j) - prob.mean[j] }
		weight := func(i int) float64 {
			if o.SampleWeights == nil {
				return 1
			}
			return weights[i] * prob.total / total
		}
		cols, g := []int32{3, 0, 2, 17, 5}, make([]float64, 25)
		prob.gram(g, 5, cols, cols)
		for a, j := range cols {
			for b, l := range cols {
				want := 0.0
				for i := range n {
					want += weight(i) * centred(int(j), i) * centred(int(l), i)
				}
				if !near(g[5*a+b], want, 1e-11) {
					t.Fatalf("%+v: column %d · column %d is %v, want %v", o, j, l, g[5*a+b], want)
				}
			}
		}
		w := make([]float64, p)
		first := slices.Clone(prob.residual())
		w[0], w[2], w[5] = 0.5, -2, 1
		prob.refresh(cols, w)
		prob.gradient(cols, make([]float64, p))
		r := make([]float64, n)
		var rr, ry, mixed float64
		for i := range r {
			yc := y[i] - prob.yMean
			r[i] = yc - 0.5*centred(0, i) + 2*centred(2, i) - centred(5, i)
			rr += weight(i) * r[i] * r[i]
			ry += weight(i) * r[i] * yc
			mixed += weight(i) * math.Pow(0.7*r[i]+0.3*yc, 2)
		}
		if gotRR, gotRY := prob.products(cols, w, nil); !near(gotRR, rr, 1e-10) || !near(gotRY, ry, 1e-10) {
			t.Fatalf("%+v: ‖r‖² %v and rᵀy %v, want %v and %v", o, gotRR, gotRY, rr, ry)
		}
		state := prob.residual()
		for i := range state {
			state[i] = 0.7*state[i] + 0.3*first[i]
		}
		if got := prob.inner(state, state); !near(got, mixed, 1e-10) {
			t.Fatalf("%+v: a mixture has the square %v, want %v", o, got, mixed)
		}
	}
}

func TestSparseSameBitsOnAnyThreads(t *testing.T) {
	d, _, y := sparseRandom(t, 8, 900, 400)
	var first *Fit
	for _, l := range []parfor.Loop{{Threads: 1}, {}, {Threads: 3, Schedule: parfor.Dynamic(1)}} {
		f := mustFit(t, ElasticNet{Options: Options{Tol: 1e-9, Loop: l}, Alpha: 0.005, L1Ratio: 0.9}, d, y)
		if first == nil {
			first = f
		}
		if !sameFit(f, first) {
			t.Errorf("%d threads give other bits", l.Threads)
		}
	}
}

// Columns and targets far from zero cost digits, but what is certified is true.
func TestSparseFarFromZero(t *testing.T) {
	_, full, y := sparseRandom(t, 6, 80, 10)
	for i := range full.Rows {
		full.Data[2*full.Rows+i] += 1e3 // the full column
		y[i] += 1e4
	}
	m := ElasticNet{Options: Options{Tol: 1e-9, MaxIter: 1e5}, Alpha: 0.01, L1Ratio: 0.5}
	f := mustFit(t, m, sparseOf(t, full), y)
	if gap, _ := checkedGap(full, y, f, m.Options, m.Alpha, m.L1Ratio); !f.Converged || !near(gap, f.DualGap, 1e-9) {
		t.Errorf("gap %v, it says %v, converged %v", gap, f.DualGap, f.Converged)
	}
}

func TestSparseBadData(t *testing.T) {
	for _, c := range []struct {
		indptr  []int
		indices []int32
		data    []float64
		target  error
		text    string
	}{
		{[]int{0, 1, 2}, []int32{0, 5}, []float64{1, 2}, kernels.ErrCSC, "column 1 has an element in row 5 of 3"},
		{[]int{0, 0, 2}, []int32{2, 1}, []float64{1, 2}, kernels.ErrCSC, "not sorted"},
		{[]int{0, 0, 2}, []int32{1, 2}, []float64{1, math.NaN()}, ErrNotFinite, "X[2, 1] is NaN"},
		{[]int{0, 1, 2}, []int32{1, 2}, []float64{math.Inf(-1), 1}, ErrNotFinite, "X[1, 0] is -Inf"},
	} {
		if d, err := CSC(3, 2, c.indptr, c.indices, c.data); d != nil || !errors.Is(err, c.target) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want an error with %q", err, c.text)
		}
	}
	good := func(scale float64) Design {
		d, err := CSC(3, 2, []int{0, 1, 3}, []int32{1, 0, 2}, []float64{1, 2, scale})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	tiny, err := CSC(3, 1, []int{0, 1}, []int32{1}, []float64{1e-170})
	if err != nil {
		t.Fatal(err)
	}
	m, y := ElasticNet{Alpha: 0.1, L1Ratio: 1}, []float64{1, 2, 4}
	for _, c := range []struct {
		d       Design
		y       []float64
		weights []float64
		target  error
		text    string
	}{
		{good(1e200), y, nil, ErrRange, "column 1 of X"},
		{tiny, y, nil, ErrRange, "column 0 of X"},
		{good(1), []float64{1, math.NaN(), 2}, nil, ErrNotFinite, "y[1] is NaN"},
		{good(1), []float64{1e200, 0, 0}, nil, ErrRange, "squares of y"},
		{good(1), y, []float64{0, 0, 0}, ErrParameter, "SampleWeights"},
	} {
		m.SampleWeights = c.weights
		if f, err := m.Fit(c.d, c.y); f != nil || !errors.Is(err, c.target) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %+v, %v; want an error with %q", f, err, c.text)
		}
	}
	m.SampleWeights = nil
	mustPanic(t, "linear: Fit: the length of y is not the number of rows", func() { m.Fit(good(1), y[:2]) })
	empty, err := CSC(0, 2, []int{0, 0, 0}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(empty, nil); !errors.Is(err, ErrNoRows) {
		t.Errorf("no rows: %v", err)
	}
	none, err := CSC(3, 0, []int{0}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := mustFit(t, m, none, y); len(f.Coef) != 0 || !near(f.Intercept, 7.0/3, 1e-15) || !f.Converged {
		t.Errorf("no columns: %+v", f)
	}
}

// The objective at Tol 1e-12 agrees with that of scikit-learn's sparse fit.
func TestSparseAgreesWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/sparse.json") // written by testdata/sparse.py
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Seed           uint64
		N, P           int
		Alpha          float64
		L1Ratio        float64 `json:"l1_ratio"`
		Intercept      bool
		Positive       bool
		Weights        []float64
		Objective, Gap float64
		B              float64
		Coef           []float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, g := range golden {
		name := fmt.Sprintf("%d×%d, alpha %v, l1_ratio %v, intercept %v, positive %v, weights %v", g.N, g.P, g.Alpha, g.L1Ratio, g.Intercept, g.Positive, g.Weights != nil)
		d, full, y := sparseRandom(t, g.Seed, g.N, g.P)
		m := ElasticNet{Options: Options{Tol: 1e-12, MaxIter: 1e6, NoIntercept: !g.Intercept, Positive: g.Positive, SampleWeights: g.Weights}, Alpha: g.Alpha, L1Ratio: g.L1Ratio}
		f := mustFit(t, m, d, y)
		gap, got := checkedGap(full, y, f, m.Options, g.Alpha, g.L1Ratio)
		if !f.Converged || math.Abs(got-g.Objective) > gap+g.Gap+1e-14*got {
			t.Errorf("%s: objective %v, scikit-learn %v, gaps %v and %v", name, got, g.Objective, gap, g.Gap)
		}
		for j, want := range g.Coef {
			if !near(f.Coef[j], want, 1e-5*(1+math.Abs(want))) {
				t.Errorf("%s: coefficient %d is %v, want %v", name, j, f.Coef[j], want)
			}
		}
		if !near(f.Intercept, g.B, 1e-5*(1+math.Abs(g.B))) {
			t.Errorf("%s: intercept %v, want %v", name, f.Intercept, g.B)
		}
	}
}

// Whatever is stored where, a fit ends with a gap that is true.
func FuzzSparseFit(f *testing.F) {
	f.Add(uint64(1), uint8(20), uint8(10), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, options uint8) {
		rng := rand.New(rand.NewPCG(seed, 5))
		n, p := 1+int(rows%60), int(cols%60)
		full, y := kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
		for k := range full.Data {
			if rng.IntN(4) == 0 {
				full.Data[k] = math.Round(4 * rng.NormFloat64()) // ties, and constant columns
			}
		}
		for i := range y {
			y[i] = rng.NormFloat64()
		}
		o := Options{Tol: 1e-9, MaxIter: 1e4, NoIntercept: options&1 != 0, Positive: options&2 != 0}
		m := ElasticNet{Options: o, Alpha: 0.05 + rng.Float64(), L1Ratio: 0.2 + 0.8*rng.Float64()}
		fit, err := m.Fit(sparseOf(t, full), y)
		if err != nil {
			t.Fatal(err)
		}
		if gap, primal := checkedGap(full, y, fit, o, m.Alpha, m.L1Ratio); !near(gap, fit.DualGap, 1e-10*(1+primal)) {
			t.Errorf("%d×%d, %+v: gap %v of %v, it says %v", n, p, o, gap, primal, fit.DualGap)
		}
	})
}

// Of a column that has an element in every row an offset costs nothing, however far it is from
// zero and whatever the scale: a fit that says that it has converged has, and at a mean of 10⁶
// deviations one to a Tol of 1e-12 does.
func TestSparseFullColumnsFarFromZero(t *testing.T) {
	for _, n := range []int{4, 30} {
		for _, scale := range []float64{1e-120, 1, 1e120} {
			for _, yScale := range []float64{1e-100, 1} {
				_, x, y := sparseRandom(t, 16, n, 3)
				weights := make([]float64, n)
				for i := range n {
					for j := range 3 {
						x.Data[j*n+i] = scale * (1e6 + float64((i*7+j*5)%11) + 0.3*float64(i*j))
					}
					y[i] = yScale * (float64(i%5) + x.At(i, 1)/scale)
					weights[i] = float64(1 + i%3)
				}
				for _, o := range []Options{{}, {Standardize: true}, {SampleWeights: weights}, {Algorithm: WorkingSet}} {
					o.Tol, o.MaxIter = 1e-12, 20000
					m := ElasticNet{Options: o, Alpha: 0.01 * scale * yScale, L1Ratio: 0.9}
					if o.Standardize {
						m.Alpha = 0.01 * yScale
					}
					got, want := mustFit(t, m, sparseOf(t, x), y), mustFit(t, m, Dense(x), y)
					if !got.Converged {
						t.Errorf("n %d, scale %v, y %v, %+v: gap %v, not converged", n, scale, yScale, o, got.DualGap)
					}
					for j, w := range want.Coef {
						if !(math.Abs(got.Coef[j]-w)*scale <= 1e-5*yScale) {
							t.Errorf("n %d, scale %v, y %v, %+v: w[%d] is %v, dense %v", n, scale, yScale, o, j, got.Coef[j], w)
						}
					}
				}
			}
		}
	}
}
