package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// foldMoments is random rows with a target and, for weighted ones, roots of weights.
func foldMoments(rng *rand.Rand, n, p int, layout Layout, weighted bool) *Moments[float64] {
	x := NewRowMajor(n, p, randSlice[float64](rng, n*p))
	if layout == ColMajor {
		x = NewColMajor(n, p, x.Data)
	}
	m := &Moments[float64]{X: x, Centre: randSlice[float64](rng, p), Y: randSlice[float64](rng, n), YCentre: rng.Float64()}
	if weighted {
		for range n {
			m.Root = append(m.Root, rng.Float64())
		}
	}
	return m
}

// z is element j of row i of Z.
func (m *Moments[T]) z(i, j int) float64 {
	root := 1.0
	if m.Root != nil {
		root = m.Root[i]
	}
	switch p := m.X.Cols; {
	case j < p:
		return (float64(m.X.At(i, j)) - m.Centre[j]) * root
	case j == p:
		return (m.Y[i] - m.YCentre) * root
	}
	return root
}

// fenced is n zeros between marks, and a function that says whether these are as they were.
func fenced(n int) (inner []float64, intact func() bool) {
	const mark = 12345.5
	all := slices.Repeat([]float64{mark}, n+16)
	inner = all[8 : 8+n : 8+n]
	clear(inner)
	return inner, func() bool {
		return !slices.ContainsFunc(slices.Concat(all[:8], all[8+n:]), func(v float64) bool { return v != mark })
	}
}

// Moments, centred or not, are the products by plain loops, with no row, one, as many as are
// packed at once, and one more, of a range or a list; nothing beside dst is written.
func TestMomentsArePlainProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(71, 72))
	for _, p := range []int{0, 1, 5, 6, 7, 14, 22, 23, 40} {
		step := momentRows(MomentSide(p))
		for _, count := range []int{0, 1, 9, step, step + 1} {
			n := count + 7
			layout := []Layout{RowMajor, ColMajor}[(p+count)%2]
			m := foldMoments(rng, n, p, layout, count%2 == 1)
			rows := RowSet{Lo: 3, N: count}
			if p%2 == 0 {
				rows = RowSet{N: count, Index: rows.List()}
				slices.Reverse(rows.Index)
			}
			ld := MomentSide(p) + 8
			dst, intact := fenced((MomentSide(p)-1)*ld + MomentSide(p))
			scratch, scratchIntact := fenced(MomentScratch(p))
			m.Set(rows, scratch, dst, ld)
			for j := range p + 2 {
				for i := j; i < p+2; i++ {
					want, size := 0.0, 0.0
					for k := range count {
						v := m.z(rows.At(k), i) * m.z(rows.At(k), j)
						want, size = want+v, size+math.Abs(v)
					}
					if got := dst[j*ld+i]; !(math.Abs(got-want) <= 1e-13*size) {
						t.Fatalf("%d columns, %d rows: element %d, %d is %v, want %v", p, count, i, j, got, want)
					}
				}
			}
			if !intact() || !scratchIntact() {
				t.Errorf("%d columns, %d rows: written beside dst or scratch", p, count)
			}
		}
	}
}

// Moments of many columns are given up in the midst of a block of rows.
func TestMomentsStop(t *testing.T) {
	const p = 1500
	m := foldMoments(rand.New(rand.NewPCG(1, 1)), 1, p, ColMajor, false)
	ld, asked := MomentSide(p), 0
	m.Stopped = func() bool {
		asked++
		return asked > 1
	}
	m.X, m.Y = NewColMajor(300, p, make([]float64, 300*p)), make([]float64, 300)
	m.Root = nil
	dst := slices.Repeat([]float64{math.NaN()}, ld*ld)
	m.Set(RowSet{N: 300}, make([]float64, MomentScratch(p)), dst, ld)
	if asked < 2 || !math.IsNaN(dst[(p-1)*ld+p-1]) {
		t.Errorf("asked %d times, and the last column is %v", asked, dst[(p-1)*ld+p-1])
	}
}

func TestCentreMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(73, 74))
	for _, p := range []int{0, 1, 7, 8, 9, 17, 33} {
		for _, part := range [][]float64{randSlice[float64](rng, p*(p+9)), nil} {
			ld := p + 9
			total, sum, shift := randSlice[float64](rng, p*ld), randSlice[float64](rng, p), make([]float64, p)
			for j, v := range sum {
				shift[j] = v / 3
			}
			gram, intact := fenced(p * ld)
			CentreMoments(total, part, sum, shift, gram, ld)
			for j := range p {
				for i := range ld {
					lo, hi, want := min(i, j), max(i, j), 0.0
					if i < p {
						if want = total[lo*ld+hi]; part != nil {
							want -= part[lo*ld+hi]
						}
						want -= float64(sum[hi] * shift[lo])
					}
					if got := gram[j*ld+i]; got != want {
						t.Fatalf("%d columns: element %d, %d is %v, want %v", p, i, j, got, want)
					}
				}
			}
			if !intact() {
				t.Errorf("%d columns: written beside gram", p)
			}
		}
	}
}

// Packed rows times the coefficients of eight models are their predictions.
func TestPredictPacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(75, 76))
	for _, p := range []int{0, 1, 8, 13} {
		for _, count := range []int{0, 1, 7, 8, 9, 24, 25, 33} {
			m := foldMoments(rng, count+4, p, []Layout{RowMajor, ColMajor}[count%2], false)
			rows, panels := RowSet{Lo: 2, N: count}, (count+7)/8
			x, xIntact := fenced(8 * panels * p)
			m.PackRows(rows, x)
			var list []int32
			for j := 0; j < p; j += 2 {
				list = append(list, int32(j))
			}
			w, b, ld := randSlice[float64](rng, 8*p), randSlice[float64](rng, 8), 8*panels+5
			dst, intact := fenced(7*ld + 8*panels)
			PredictPacked(panels, p, list, x, w, b, dst, ld)
			for c := range 8 {
				for i := range count {
					want := b[c]
					for _, j := range list {
						want = math.FMA(m.z(i+2, int(j)), w[8*int(j)+c], want)
					}
					if got := dst[c*ld+i]; got != want {
						t.Fatalf("%d columns, %d rows: model %d, row %d is %v, want %v", p, count, c, i, got, want)
					}
				}
			}
			if !intact() || !xIntact() {
				t.Errorf("%d columns, %d rows: written beside", p, count)
			}
		}
	}
}

// Paths side by side are those alone, bit by bit, with any number of columns and others that have
// ended; they end where the optimality conditions hold.
func TestGramPathsEndAtTheOptimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(77, 78))
	for _, p := range []int{1, 7, 8, 9, 15, 16, 17, 33} {
		for _, positive := range []bool{false, true} {
			m := foldMoments(rng, 4*p+8, p, ColMajor, false)
			for i := range m.X.Data {
				m.X.Data[i] = rng.NormFloat64() // so that passes end soon
			}
			side := MomentSide(p)
			total, gram := make([]float64, side*side), make([]float64, side*side)
			m.Set(RowSet{N: m.X.Rows}, make([]float64, MomentScratch(p)), total, side)
			CentreMoments(total, nil, make([]float64, p), make([]float64, p), gram, side)
			q, v1, v2 := make([]float64, p), make([]float64, p), make([]float64, p)
			for j := range q {
				q[j], v1[j], v2[j] = total[j*side+p], 0.5+rng.Float64(), rng.Float64()
			}
			largest := slices.MaxFunc(q, func(a, b float64) int { return int(math.Copysign(1, math.Abs(a)-math.Abs(b))) })
			solve := func(left int, which ...int) (*GramPaths, *PathModels) { // after left calls that were left
				s, models := NewGramPaths(p, MaxPaths), &PathModels{}
				s.Positive = positive
				s.Reset(gram, side, q, v1, v2)
				plan := &PathPlan{YY: total[p*side+p], Mean: make([]float64, p), MaxPasses: 300, Slow: 1000}
				for _, l := range which {
					var steps []PathStep
					for _, scale := range []float64{0.5, 0.2, 0.1} {
						steps = append(steps, PathStep{scale * math.Abs(largest), float64(l), 0.5})
					}
					plan.Steps = append(plan.Steps, steps)
				}
				models.Reset(p, 3, len(which))
				for s.Begin(plan, models, 0); left > 0; left-- {
					csrc.PathFollow(simd.Active(), &s.f, 1)
				}
				s.Reset(gram, side, q, v1, v2)
				models.Reset(p, 3, len(which))
				s.Begin(plan, models, 0)
				for !s.Follow() {
				}
				return s, models
			}
			all, models := solve(0, 0, 1, 2, 3)
			for l := range MaxPaths {
				a, b := 0.1*math.Abs(largest), float64(l)
				w := all.Coef(l)
				if again, then := solve(l+1, 0, 1, 2, 3); !sameBits(w, again.Coef(l)) || !slices.Equal(models.Of(l).Passes, then.Of(l).Passes) {
					t.Errorf("%d columns: after %d calls that were left path %d has other bits", p, l+1, l)
				}
				if alone, _ := solve(0, l); !sameBits(w, alone.Coef(0)) {
					t.Errorf("%d columns: path %d alone has other bits", p, l)
				}
				model := models.Of(l)
				for j, v := range w {
					if got := model.W[8*j+2]; got != v || v != 0 && !slices.Contains(model.List(0), int32(j)) {
						t.Errorf("%d columns, path %d: the model of the last alpha has %v at %d, want %v", p, l, got, j, v)
					}
				}
				for j, v := range w {
					g := q[j] - b*v2[j]*v
					for k, u := range w {
						g -= gram[j*side+k] * u
					}
					bad := math.Abs(g) - a*v1[j] // of a coefficient that is zero
					if positive {
						bad = g - a*v1[j]
					}
					if v != 0 {
						bad = math.Abs(g - math.Copysign(a*v1[j], v))
					}
					if bad > 1e-8*a || positive && v < 0 {
						t.Errorf("%d columns, positive %v, path %d: coefficient %d is %v with gradient %v, penalty %v", p, positive, l, j, v, g, a*v1[j])
					}
				}
			}
		}
	}
}

// What is too short or not there is misuse, whatever the size.
func TestFoldMisuse(t *testing.T) {
	const p = 9
	rng := rand.New(rand.NewPCG(79, 80))
	m, side := foldMoments(rng, 20, p, RowMajor, true), MomentSide(p)
	long := func(n int) []float64 { return make([]float64, n) }
	dst, scratch := long(side*side), long(MomentScratch(p))
	for i, f := range []func(){
		func() { m.Set(RowSet{N: 20}, scratch[1:], dst, side) },
		func() { m.Set(RowSet{N: 20}, scratch, dst[1:], side) },
		func() { m.Set(RowSet{N: 20}, scratch, dst, side-1) },
	} {
		mustPanicAt(t, i, "kernels: Moments: "+shortArgument, f)
	}
	for i, r := range []RowSet{{N: 21}, {Lo: -1, N: 2}, {Lo: 20, N: 1}, {N: 1, Index: []int32{20}}, {N: 1, Index: []int32{-1}}, {N: 2, Index: []int32{1}}} {
		mustPanicAt(t, i, "kernels: Moments: "+rowNotThere, func() { m.Set(r, scratch, dst, side) })
		mustPanicAt(t, i, "kernels: PackRows: "+rowNotThere, func() { m.PackRows(r, long(24*p)) })
	}
	mustPanic(t, "kernels: PackRows: "+shortArgument, func() { m.PackRows(RowSet{N: 17}, long(24*p-1)) })
	for i, f := range []func(){
		func() { CentreMoments(long(p*p-1), nil, long(p), long(p), long(p*p), p) },
		func() { CentreMoments(long(p*p), long(p*p-1), long(p), long(p), long(p*p), p) },
		func() { CentreMoments(long(p*p), nil, long(p), long(p-1), long(p*p), p) },
		func() { CentreMoments(long(p*p), nil, long(p), long(p), long(p*p-1), p) },
		func() { CentreMoments(long(p*p), nil, long(p), long(p), long(p*p), p-1) },
	} {
		mustPanicAt(t, i, "kernels: CentreMoments: "+shortArgument, f)
	}
	for i, f := range []func(){
		func() { NewGramPaths(-1, 1) }, func() { NewGramPaths(1, 0) }, func() { NewGramPaths(1, MaxPaths+1) },
	} {
		mustPanicAt(t, i, "kernels: NewGramPaths: number of columns or paths out of range", f)
	}
	s := NewGramPaths(p, 2)
	paths := func(p, n int) *PathModels {
		m := &PathModels{}
		m.Reset(p, 0, n)
		return m
	}
	for i, f := range []func(){
		func() { s.Reset(long(16*15), 15, long(p), long(p), long(p)) },
		func() { s.Reset(long(16*16-1), 16, long(p), long(p), long(p)) },
		func() { s.Reset(long(16*16), 16, long(p-1), long(p), long(p)) },
		func() { s.Reset(long(16*16), 16, long(p), long(p-1), long(p)) },
		func() { s.Reset(long(16*16), 16, long(p), long(p), long(p-1)) },
		func() { s.Begin(&PathPlan{Steps: make([][]PathStep, 3), Mean: long(p)}, paths(p, 3), 0) },
		func() { s.Begin(&PathPlan{Steps: make([][]PathStep, 2), Mean: long(p)}, paths(p, 2), 1) },
		func() { s.Begin(&PathPlan{Steps: make([][]PathStep, 2), Mean: long(p)}, paths(p-1, 2), 0) },
		func() { s.Begin(&PathPlan{Steps: make([][]PathStep, 2), Mean: long(p - 1)}, paths(p, 2), 0) },
		func() { s.Begin(&PathPlan{Steps: [][]PathStep{{{A: 1}}}, Mean: long(p)}, paths(p, 1), 0) },
	} {
		mustPanicAt(t, i, "kernels: GramPaths: "+shortArgument, f)
	}
}

func mustPanicAt(t *testing.T, i int, want string, f func()) {
	t.Helper()
	t.Run(fmt.Sprint(i), func(t *testing.T) { t.Helper(); mustPanic(t, want, f) })
}
