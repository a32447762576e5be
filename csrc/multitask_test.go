package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// multiProblem is a column-major design, its means and norms, penalties, and a residual
// and coefficients of t tasks between guards.
type multiProblem struct {
	n, p, t, stride           int
	x, mean, norm2, l1, l2    []float64
	cols                      []int32
	w, r, wantW, wantR        []float64
	wIntact, rIntact, gIntact func() bool
	g, wantG                  []float64
}

func newMulti(rng *rand.Rand, n, p, t int) *multiProblem {
	m := &multiProblem{n: n, p: p, t: t, stride: n + rng.IntN(3)}
	m.x = randSlice[float64](rng, p*m.stride+1)[1:]
	m.mean, m.norm2, m.l1, m.l2 = randSlice[float64](rng, p), make([]float64, p), make([]float64, p), make([]float64, p)
	for j := range p {
		for _, v := range m.x[j*m.stride:][:n] {
			m.norm2[j] += (v - m.mean[j]) * (v - m.mean[j])
		}
		m.l1[j], m.l2[j] = 1e5*rng.Float64(), 1+rng.Float64()
		m.cols = append(m.cols, int32(j))
	}
	rng.Shuffle(p, func(i, j int) { m.cols[i], m.cols[j] = m.cols[j], m.cols[i] })
	m.w, m.wIntact = guarded(p * t)
	m.r, m.rIntact = guarded(n * t)
	m.g, m.gIntact = guarded(p * t)
	copy(m.w, randSlice[float64](rng, p*t))
	copy(m.r, randSlice[float64](rng, n*t))
	clear(m.g)
	m.wantW, m.wantR, m.wantG = slices.Clone(m.w), slices.Clone(m.r), slices.Clone(m.g)
	return m
}

// same runs every kernel and its reference and compares them.
func (m *multiProblem) same(t *testing.T, level simd.Level) {
	t.Helper()
	before := slices.Clone(m.x)
	scratch, scratchIntact := guarded(2 * MultiBlock * m.t)
	grams, gramsIntact := guarded(m.p * MultiBlock)
	wantGrams := slices.Repeat([]float64{7}, m.p*MultiBlock)
	multiBlocksGo(m.n, m.cols, m.x, m.stride, m.mean, wantGrams)
	MultiBlocks(level, m.n, m.cols, m.x, m.stride, m.mean, grams)
	if !sameBits(grams, wantGrams) || !gramsIntact() {
		t.Fatalf("blocks, %d×%d: %v\nwant %v", m.n, m.p, grams, wantGrams)
	}
	for range 2 {
		want := multiEpochGo(m.n, m.cols, m.x, m.stride, m.mean, m.norm2, m.l1, m.l2, grams, m.t, m.wantW, m.wantR, make([]float64, MultiBlock*m.t))
		got := MultiEpoch(level, m.n, m.cols, m.x, m.stride, m.mean, m.norm2, m.l1, m.l2, grams, m.t, m.w, m.r, scratch)
		m.compare(t, "epoch", got, want)
		multiDotsGo(m.n, m.cols, m.x, m.stride, m.mean, m.t, m.wantR, m.wantG)
		MultiDots(level, m.n, m.cols, m.x, m.stride, m.mean, m.t, m.r, m.g)
		multiSubtractGo(m.n, m.cols, m.x, m.stride, m.mean, m.t, m.wantW, m.wantR)
		MultiSubtract(level, m.n, m.cols, m.x, m.stride, m.mean, m.t, m.w, m.r)
		m.compare(t, "dots and subtract", 0, 0)
	}
	stride := m.p + 1
	gram, b := make([]float64, m.p*stride), slices.Clone(m.wantG)
	for i := range gram {
		gram[i] = math.Sin(float64(i))
	}
	for i := range m.p {
		gram[i*stride+i] = m.norm2[i]
	}
	want := multiGramEpochGo(gram, stride, m.l1, m.l2, m.t, b, m.wantW, make([]float64, multiTile*m.t))
	got := MultiGramEpoch(level, gram, stride, m.l1, m.l2, m.t, b, m.w, scratch)
	multiGramDotsGo(m.p, gram, stride, m.t, b, m.wantW, m.wantG)
	MultiGramDots(level, m.p, gram, stride, m.t, b, m.w, m.g)
	m.compare(t, "gram", got, want)
	if !scratchIntact() || !sameBits(before, m.x) {
		t.Fatal("x was changed, or scratch overrun")
	}
}

func (m *multiProblem) compare(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !sameBits([]float64{got}, []float64{want}) || !sameBits(m.w, m.wantW) || !sameBits(m.r, m.wantR) || !sameBits(m.g, m.wantG) {
		t.Fatalf("%s, %d×%d, %d tasks: fall %v, want %v\nw %v\nwant %v\ng %v\nwant %v", what, m.n, m.p, m.t, got, want, m.w, m.wantW, m.g, m.wantG)
	}
	if !m.wIntact() || !m.rIntact() || !m.gIntact() {
		t.Fatalf("%s, %d×%d, %d tasks: written beyond an array", what, m.n, m.p, m.t)
	}
}

// Tasks in one to four blocks of three vectors of every set, rows around what is visited at
// once (256, 128 of 24 tasks), columns around the tiles of four and the blocks of sixteen.
func TestMultiTask(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		rng := rand.New(rand.NewPCG(41, 42))
		for i, n := range []int{0, 1, 2, 95, 127, 128, 129, 260} {
			for j, p := range []int{0, 1, 4, 7, 16, 17, 35} {
				if leftOut(level, i, j) {
					continue
				}
				for _, tasks := range []int{8, 16, 24, 32} {
					newMulti(rng, n, p, tasks).same(t, level)
				}
			}
		}
	})
}

// The bits of ‖u‖² are those of its definition.
func TestSquares8(t *testing.T) {
	u := randSlice[float64](rand.New(rand.NewPCG(43, 44)), 16)
	var s [8]float64
	for l := range s {
		first, second := float64(u[l]*u[l]), float64(u[l+8]*u[l+8])
		s[l] = first + second
	}
	if got, want := squares8(u), ((s[0]+s[4])+(s[2]+s[6]))+((s[1]+s[5])+(s[3]+s[7])); got != want {
		t.Errorf("squares8 = %v, want %v", got, want)
	}
}

// Whatever the numbers are, every level does with them what the reference does.
func FuzzMultiTask(f *testing.F) {
	f.Add(uint64(1), uint8(40), uint8(5), uint8(2))
	f.Add(uint64(2), uint8(0), uint8(3), uint8(9))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, math.MaxFloat64, 1e308, 1e-308}
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, kind uint8) {
		for _, level := range simd.Levels() {
			rng := rand.New(rand.NewPCG(seed, 6))
			m := newMulti(rng, int(rows), int(cols%40), 8*(1+int(kind%5)))
			if kind >= 128 {
				for _, s := range [][]float64{m.x, m.mean, m.norm2, m.l1, m.l2, m.w} {
					for i := range s {
						if rng.IntN(5) == 0 {
							s[i] = special[rng.IntN(len(special))]
						}
					}
				}
				copy(m.wantW, m.w)
			}
			m.same(t, level)
		}
	})
}
