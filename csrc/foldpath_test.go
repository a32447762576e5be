package csrc

import (
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// pathProblem is k paths on one random Gram matrix.
type pathProblem struct {
	ld, stride       int
	gram, shared     []float64
	state, param     []float64
	out, outAll      []float64
	intactS, intactO func() bool
}

func newPathProblem(rng *rand.Rand, p, k int, theta float64) pathProblem {
	q := pathProblem{ld: (p + 7) &^ 7}
	q.stride = q.ld + 8
	q.gram = make([]float64, q.ld*q.stride)
	small := randGram(rng, p, p)
	for j := range p {
		copy(q.gram[j*q.stride:], small[j*p:][:p])
	}
	q.shared = make([]float64, PathShared*q.ld)
	for j := range q.ld {
		for _, v := range []int{PathV1, PathV2, PathInvV1} {
			plane(q.shared, q.ld, v)[j] = 1
		}
		if j < p {
			plane(q.shared, q.ld, PathDiag)[j] = q.gram[j*q.stride+j]
			plane(q.shared, q.ld, PathXY)[j] = 100 * rng.NormFloat64()
			v := 0.5 + rng.Float64()
			plane(q.shared, q.ld, PathV1)[j], plane(q.shared, q.ld, PathInvV1)[j] = v, 1/v
		}
	}
	q.state, q.intactS = guarded(k * PathState * q.ld)
	q.out, q.intactO = guarded(5 * k)
	q.param = make([]float64, k*PathParams)
	for l := range k {
		clear(q.state[l*PathState*q.ld:][:PathState*q.ld])
		for j := range p {
			own := q.state[l*PathState*q.ld:]
			plane(own, q.ld, PathGrad)[j] = plane(q.shared, q.ld, PathXY)[j]
			plane(own, q.ld, PathGrad0)[j] = 1.1 * plane(q.shared, q.ld, PathXY)[j]
			if rng.IntN(2) == 0 {
				plane(own, q.ld, PathCoef)[j], plane(own, q.ld, PathCoef0)[j] = rng.NormFloat64(), rng.NormFloat64()
			}
		}
		copy(q.param[l*PathParams:], []float64{20 + float64(l), float64(l), 0.5, theta})
	}
	return q
}

// The paths of a pass do not see each other, and every level does what the reference does.
func TestPaths(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, p := range []int{1, 7, 8, 9, 16, 25, 40} {
			for k := 1; k <= MaxPaths; k++ {
				for _, theta := range []float64{0, 0.1} {
					seed := uint64(p*10 + k)
					testPaths(t, level, newPathProblem(rand.New(rand.NewPCG(seed, 1)), p, k, theta), newPathProblem(rand.New(rand.NewPCG(seed, 1)), p, k, theta), k, p%2 == 0)
				}
			}
		}
	})
}

func testPaths(t *testing.T, level simd.Level, want, got pathProblem, k int, positive bool) {
	ld := want.ld
	for step := range 6 {
		for l := range k {
			one := func(q pathProblem) (state, param, out []float64) {
				return q.state[l*PathState*ld:][:PathState*ld], q.param[l*PathParams:][:PathParams], q.out[5*l:][:5]
			}
			if step%3 == 0 {
				want.param[l*PathParams+PathTau] = float64(step) / 6
				got.param[l*PathParams+PathTau] = float64(step) / 6
				state, param, _ := one(want)
				pathPredictGo(ld, want.gram, want.stride, want.shared, state, param)
				state, param, _ = one(got)
				PathPredict(level, ld, got.gram, got.stride, got.shared, state, param)
			}
			state, param, out := one(want)
			pathGapGo(ld, positive, want.shared, state, param, out)
			state, param, out = one(got)
			PathGap(level, ld, positive, got.shared, state, param, out)
		}
		if !sameBits(got.out, want.out) {
			t.Fatalf("%d columns, %d paths, gap %d: %v, want %v", ld, k, step, got.out, want.out)
		}
		which := uint(0b1011+step) & (1<<k - 1)
		pathPassGo(ld, which, positive, want.gram, want.stride, want.shared, want.state, want.param, want.out)
		PathPass(level, ld, which, positive, got.gram, got.stride, got.shared, got.state, got.param, got.out)
		if !sameBits(got.out, want.out) || !sameBits(got.state, want.state) || !got.intactS() || !got.intactO() {
			t.Fatalf("%d columns, %d paths, pass %d: %v, want %v", ld, k, step, got.out, want.out)
		}
	}
}

// Paths of any number and length, and any part that is spared, go as the reference does.
func FuzzPaths(f *testing.F) {
	f.Add(uint64(1), uint8(40), uint8(3), 0.1, true)
	f.Add(uint64(2), uint8(7), uint8(1), 0.0, false)
	f.Fuzz(func(t *testing.T, seed uint64, cols, paths uint8, theta float64, positive bool) {
		p, k := int(cols)%80+1, int(paths)%MaxPaths+1
		for _, level := range simd.Levels() {
			problem := func() pathProblem { return newPathProblem(rand.New(rand.NewPCG(seed, 2)), p, k, theta) }
			testPaths(t, level, problem(), problem(), k, positive)
		}
	})
}
