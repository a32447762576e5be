package linear

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
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

// The objective at Tol 1e-12 agrees with scikit-learn's to 1e-9, and the gap is a bound
// of what is left.
func TestFitAgreesWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/golden.json") // written by testdata/golden.py
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Problem      string
		Args         []float64
		Alpha        float64
		L1Ratio      float64 `json:"l1_ratio"`
		Intercept    bool
		Objective, B float64
		Coef         []float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, g := range golden {
		x, y := diabetes(t)
		if g.Problem == "random" {
			x, y = randomProblem(uint64(g.Args[0]), int(g.Args[1]), int(g.Args[2]), g.Args[3], g.Args[4])
		}
		m := ElasticNet{Options: Options{Tol: 1e-12, MaxIter: 1e6, NoIntercept: !g.Intercept}, Alpha: g.Alpha, L1Ratio: g.L1Ratio}
		f, err := m.Fit(Dense(x), y)
		if err != nil {
			t.Fatal(err)
		}
		got := objective(x, y, f, g.Alpha, g.L1Ratio)
		if !f.Converged || math.Abs(got-g.Objective) > 1e-9*g.Objective {
			t.Errorf("%s %v alpha %v l1_ratio %v intercept %v: objective %v, scikit-learn %v (relative %.2g), gap %v, %d iterations, converged %v",
				g.Problem, g.Args, g.Alpha, g.L1Ratio, g.Intercept, got, g.Objective, (got-g.Objective)/g.Objective, f.DualGap, f.Iterations, f.Converged)
		}
		if got-g.Objective > f.DualGap+1e-13*got {
			t.Errorf("%s %v: objective %v exceeds %v by more than the gap %v", g.Problem, g.Args, got, g.Objective, f.DualGap)
		}
		for j, want := range g.Coef {
			if math.Abs(f.Coef[j]-want) > 1e-4*(1+math.Abs(want)) {
				t.Errorf("%s %v alpha %v l1_ratio %v: coefficient %d is %v, want %v", g.Problem, g.Args, g.Alpha, g.L1Ratio, j, f.Coef[j], want)
			}
		}
		if math.Abs(f.Intercept-g.B) > 1e-4*(1+math.Abs(g.B)) {
			t.Errorf("%s %v: intercept %v, want %v", g.Problem, g.Args, f.Intercept, g.B)
		}
	}
}
