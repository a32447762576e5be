package linear

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/nogil-go/nogil/kernels"
)

// splitmix64 draws the numbers of testdata/golden.py.
type splitmix64 uint64

func (s *splitmix64) uniform() float64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return float64((z^z>>31)>>11) * 0x1p-53
}

// randomProblem is random_problem of testdata/golden.py.
func randomProblem(seed uint64, n, p int, shift, correlation float64) (kernels.Matrix[float64], []float64) {
	s := splitmix64(seed)
	common, y := make([]float64, n), make([]float64, n)
	for i := range common {
		common[i] = s.uniform() - 0.5
	}
	for i := range y {
		y[i] = s.uniform() - 0.5
	}
	x := kernels.NewColMajor(n, p, make([]float64, n*p))
	for j := range p {
		for i := range n {
			v := (s.uniform()-0.5)*(1-correlation) + correlation*common[i] + shift
			x.Data[j*n+i] = v
			if j < 5 {
				y[i] += float64(j+1) * math.Pow(-1, float64(j)) * v
			}
		}
	}
	return x, y
}

// diabetes is the 442×10 data of Efron et al. 2004.
func diabetes(t testing.TB) (kernels.Matrix[float64], []float64) {
	file, err := os.Open("../bench/testdata/diabetes.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n, p := len(rows)-1, len(rows[0])-1
	x, y := kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
	for i, row := range rows[1:] {
		for j, text := range row {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			if j < p {
				x.Data[j*n+i] = v
			} else {
				y[i] = v
			}
		}
	}
	return x, y
}

// objective is the one of the package comment.
func objective(x kernels.Matrix[float64], y []float64, f *Fit, alpha, l1Ratio float64) (p float64) {
	for i, v := range f.Predict(nil, Dense(x)) {
		p += (y[i] - v) * (y[i] - v) / float64(2*len(y))
	}
	for _, w := range f.Coef {
		p += alpha*l1Ratio*math.Abs(w) + alpha*(1-l1Ratio)/2*w*w
	}
	return p
}

// goldenCase is a line of testdata/golden.json.
type goldenCase struct {
	Problem                                []float64
	Alpha                                  float64
	L1Ratio                                float64 `json:"l1_ratio"`
	Intercept, Positive, Weighted, Float32 bool
	Objective, Gap, B                      float64
	Coef                                   []float64
}

func (g *goldenCase) data(t *testing.T) (x kernels.Matrix[float64], y []float64, o Options) {
	if len(g.Problem) == 0 {
		x, y = diabetes(t)
	} else {
		a := g.Problem
		x, y = randomProblem(uint64(a[0]), int(a[1]), int(a[2]), a[3], a[4])
	}
	if g.Float32 {
		for i, v := range x.Data {
			x.Data[i] = float64(float32(v))
		}
	}
	o = Options{Tol: 1e-11, MaxIter: 1e6, NoIntercept: !g.Intercept, Positive: g.Positive}
	if g.Weighted {
		for i := range y {
			o.SampleWeights = append(o.SampleWeights, float64(i%4)/2)
		}
	}
	return x, y, o
}

// designs returns x in every form that a problem may have.
func designs(t *testing.T, x kernels.Matrix[float64], single bool) map[string]Design {
	all := map[string]Design{"columns": Dense(x), "rows": Dense(byRows(x)), "sparse": sparse(t, x)}
	if single {
		narrow := kernels.NewColMajor(x.Rows, x.Cols, make([]float32, len(x.Data)))
		for i, v := range x.Data {
			narrow.Data[i] = float32(v)
		}
		all["float32 columns"], all["float32 rows"] = Dense(narrow), Dense(byRows(narrow))
	}
	return all
}

// byRows returns x by rows, with a stride of p+1.
func byRows[T kernels.Float](x kernels.Matrix[T]) kernels.Matrix[T] {
	rows := kernels.Matrix[T]{Rows: x.Rows, Cols: x.Cols, Stride: x.Cols + 1, Data: make([]T, x.Rows*(x.Cols+1))}
	for i := range x.Rows {
		for j := range x.Cols {
			rows.Data[i*rows.Stride+j] = x.At(i, j)
		}
	}
	return rows
}

// sparse returns x with the elements that are not 0.
func sparse(t *testing.T, x kernels.Matrix[float64]) Design {
	indptr, indices, data := []int{0}, []int32(nil), []float64(nil)
	for j := range x.Cols {
		for i := range x.Rows {
			if v := x.At(i, j); v != 0 {
				indices, data = append(indices, int32(i)), append(data, v)
			}
		}
		indptr = append(indptr, len(data))
	}
	d, err := CSC(x.Rows, x.Cols, indptr, indices, data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Objectives agree with scikit-learn's to the sum of both gaps, which are 1e-11 of the size
// of y, for every kind of problem and however it is given and solved: 272 problems of n
// below, at and above p, correlations to .99, l1_ratios, weights, signs and intercepts.
func TestFitAgreesWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/golden.json") // written by testdata/golden.py
	if err != nil {
		t.Fatal(err)
	}
	var golden []goldenCase
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for i, g := range golden {
		if instrumented && i%9 > 0 {
			continue
		}
		x, y, o := g.data(t)
		for name, d := range designs(t, x, g.Float32) {
			o.Algorithm, o.Selection = Algorithm(i%4), Selection(i/4%2)
			g.compare(t, name, x, y, o, mustFit(t, ElasticNet{Options: o, Alpha: g.Alpha, L1Ratio: g.L1Ratio}, d, y))
		}
		if g.Intercept {
			d, finish := gramDesign(t, x, y, o)
			o.SampleWeights, o.Algorithm, o.Selection = nil, Auto, Cyclic
			f := mustFit(t, ElasticNet{Options: o, Alpha: g.Alpha, L1Ratio: g.L1Ratio}, d, nil)
			finish(f)
			_, _, o = g.data(t)
			g.compare(t, "Gram", x, y, o, f)
		}
	}
}

func (g *goldenCase) compare(t *testing.T, name string, x kernels.Matrix[float64], y []float64, o Options, f *Fit) {
	t.Helper()
	v := examine(x, y, f, o, g.Alpha, g.L1Ratio)
	rounding := 1e-14 * (v.objective + v.size)
	if diff := math.Abs(v.objective - g.Objective); !f.Converged || v.gap > o.Tol*v.size+rounding || diff > max(v.gap, 0)+g.Gap+rounding {
		t.Errorf("%s %+v, algorithm %d, selection %d: objective %v, %.2g from scikit-learn's; gaps %.2g and %.2g of %.2g; says %.2g, %d passes, converged %v",
			name, *g, o.Algorithm, o.Selection, v.objective, diff, v.gap, g.Gap, v.size, f.DualGap, f.Iterations, f.Converged)
	}
	for j, want := range append(slices.Clone(g.Coef), g.B) {
		if got := append(slices.Clone(f.Coef[:len(g.Coef)]), f.Intercept)[j]; math.Abs(got-want) > 1e-3*(1+math.Abs(want)) {
			t.Errorf("%s %+v: coefficient %d is %v", name, *g, j, got)
		}
	}
}

// gramDesign returns the products of x and y, weighted and centred, as a design, and what
// gives a fit its intercept.
func gramDesign(t *testing.T, x kernels.Matrix[float64], y []float64, o Options) (Design, func(*Fit)) {
	c := newChecker(x, y, o)
	p, scale := x.Cols, float64(x.Rows)/c.total
	g, xty := kernels.NewRowMajor(p, p, make([]float64, p*p)), make([]float64, p)
	for j := range p {
		xty[j] = c.product(c.column(j), c.y) * scale
		for k := range j + 1 {
			g.Data[j*p+k] = c.product(c.column(j), c.column(k)) * scale
			g.Data[k*p+j] = g.Data[j*p+k]
		}
	}
	d, err := Gram(g, xty, c.product(c.y, c.y)*scale, x.Rows)
	if err != nil {
		t.Fatal(err)
	}
	return d, func(f *Fit) {
		f.Intercept = y[0] - c.y[0]
		for j, w := range f.Coef {
			f.Intercept -= w * c.mean(x, j)
		}
	}
}
