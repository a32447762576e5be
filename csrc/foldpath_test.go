package csrc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// newPaths is k paths of p columns on one random Gram matrix, over some alphas.
func newPaths(rng *rand.Rand, p, k, alphas int, positive bool) (f PathFollowing, intact []func() bool) {
	ld := (p + 7) &^ 7
	guard := func(n int) []float64 {
		s, in := guarded(n)
		clear(s)
		intact = append(intact, in)
		return s
	}
	f = PathFollowing{
		P: p, LD: ld, Stride: ld + 8, Paths: k, Alphas: alphas, Positive: positive,
		Gram: make([]float64, ld*(ld+8)), Shared: make([]float64, PathShared*ld), Mean: randSlice[float64](rng, p),
		State: guard(k * PathState * ld), Params: guard(k * PathParams), Out: guard(2 * k), Run: guard(PathRun),
		Models: guard(k * PathModels(p, alphas)), Lists: make([]int32, k*PathLists(p, alphas)),
	}
	small := randGram(rng, p, p)
	yy := 0.0
	for j := range ld {
		for _, v := range []int{PathV1, PathV2, PathInvV1} {
			plane(f.Shared, ld, v)[j] = 1
		}
		if j >= p {
			continue
		}
		copy(f.Gram[j*f.Stride:], small[j*p:][:p])
		v, xy := 0.5+rng.Float64(), 100*rng.NormFloat64()
		plane(f.Shared, ld, PathDiag)[j], plane(f.Shared, ld, PathXY)[j] = f.Gram[j*f.Stride+j], xy
		plane(f.Shared, ld, PathV1)[j], plane(f.Shared, ld, PathInvV1)[j] = v, 1/v
		yy += xy * xy / f.Gram[j*f.Stride+j]
	}
	for l := range k {
		copy(plane(f.state(l), ld, PathGrad), plane(f.Shared, ld, PathXY))
		copy(plane(f.state(l), ld, PathGrad0), plane(f.Shared, ld, PathXY))
		for alpha := range alphas {
			f.Grid = append(f.Grid, 100/float64(alpha+1), float64(l), []float64{0, 0.5, 0.9}[min(alpha, 2)])
		}
	}
	f.Plan = []float64{PlanYY: yy, PlanYMean: rng.Float64(), PlanTarget: 1e-4 * yy, PlanAim: 1e-5 * yy, PlanMost: 40, PlanSlow: 7}
	f.Run[RunPasses] = -1
	for l := range MaxPaths {
		f.Run[RunLate+l] = -1
	}
	return f, intact
}

// Every level does what the reference does: pass by pass, and with all passes in one call.
func TestPaths(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, p := range []int{1, 7, 8, 9, 16, 25, 40} {
			for k := 1; k <= MaxPaths; k++ {
				for _, budget := range []float64{0, math.Inf(1)} {
					testPaths(t, level, uint64(p*10+k), p, k, budget, p%2 == 0)
				}
			}
		}
	})
}

func testPaths(t *testing.T, level simd.Level, seed uint64, p, k int, budget float64, positive bool) {
	const alphas = 18
	want, _ := newPaths(rand.New(rand.NewPCG(seed, 1)), p, k, alphas, positive)
	got, intact := newPaths(rand.New(rand.NewPCG(seed, 1)), p, k, alphas, positive)
	calls := 0
	for done := false; !done; calls++ {
		done = want.followGo(budget)
		if PathFollow(level, &got, budget) != done {
			t.Fatalf("%d columns, %d paths: done is not %v after %d calls", p, k, done, calls+1)
		}
		ok := sameBits(got.State, want.State) && sameBits(got.Models, want.Models) && sameBits(got.Run, want.Run) && slices.Equal(got.Lists, want.Lists)
		for _, in := range intact {
			ok = ok && in()
		}
		if !ok {
			t.Fatalf("%d columns, %d paths, call %d: run %v, want %v", p, k, calls, got.Run, want.Run)
		}
	}
	if calls > 1 == math.IsInf(budget, 1) {
		t.Errorf("%d columns, %d paths: %d calls at a budget of %v", p, k, calls, budget)
	}
}

// Alphas at which no coefficient leaves zero count in the budget, too.
func TestPathsOfNothing(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		f, _ := newPaths(rand.New(rand.NewPCG(1, 1)), 40, 2, 18, false)
		for i := 0; i < len(f.Grid); i += pathGrid {
			f.Grid[i] = 1e6
		}
		calls := 1
		for !PathFollow(level, &f, 4000) {
			calls++
		}
		if calls != 9 {
			t.Errorf("%d calls for 18 alphas of 2720 elements", calls)
		}
	})
}

// Paths of any number and length go as the reference does, however often they are interrupted.
func FuzzPaths(f *testing.F) {
	f.Add(uint64(1), uint8(40), uint8(3), 1e4, true)
	f.Add(uint64(2), uint8(7), uint8(1), 0.0, false)
	f.Add(uint64(3), uint8(9), uint8(2), -1.0, true)
	f.Add(uint64(4), uint8(9), uint8(2), math.NaN(), true)
	f.Fuzz(func(t *testing.T, seed uint64, cols, paths uint8, budget float64, positive bool) {
		p, k := int(cols)%80+1, int(paths)%MaxPaths+1
		for _, level := range simd.Levels() {
			want, _ := newPaths(rand.New(rand.NewPCG(seed, 2)), p, k, 9, positive)
			got, _ := newPaths(rand.New(rand.NewPCG(seed, 2)), p, k, 9, positive)
			want.followGo(math.Inf(1))
			for !PathFollow(level, &got, budget) {
			}
			if !sameBits(got.State, want.State) || !sameBits(got.Models, want.Models) || !slices.Equal(got.Lists, want.Lists) {
				t.Fatalf("%d columns, %d paths, level %v: other bits", p, k, level)
			}
		}
	})
}
