package kernels

import (
	"runtime"
	"slices"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// MaxPaths is how many paths a [GramPaths] takes.
const MaxPaths = csrc.MaxPaths

// GramPaths is coordinate descent for up to MaxPaths problems
//
//	½·wᵀG·w − qᵀw + a·Σ v1_j·|w_j| + ½·b·Σ v2_j·w_j²
//
// that share G = XᵀX and q = Xᵀy and differ in a and b, such as those of several l1_ratios, each
// over a path of a and b. A column of G is read once for all that it moves in. The bits of each
// depend on neither the others nor the instruction set. It is not for concurrent use.
type GramPaths struct {
	Positive bool // no coefficient may be negative

	f csrc.PathFollowing
}

// PathWidth returns what a column of the Gram matrix of p columns is filled up to, with zeros.
func PathWidth(p int) int { return (p + 7) &^ 7 }

// NewGramPaths returns paths problems of p columns: 8·(5 + 5·paths)·p bytes.
func NewGramPaths(p, paths int) *GramPaths {
	if p < 0 || paths < 1 || paths > MaxPaths {
		panic("kernels: NewGramPaths: number of columns or paths out of range")
	}
	ld := PathWidth(p)
	return &GramPaths{f: csrc.PathFollowing{
		P: p, LD: ld, Shared: make([]float64, csrc.PathShared*ld), State: make([]float64, paths*csrc.PathState*ld),
		Params: make([]float64, paths*csrc.PathParams), Out: make([]float64, 2*paths),
		Plan: make([]float64, csrc.PathPlan), Run: make([]float64, csrc.PathRun),
	}}
}

// Reset makes G, q, v1 and v2 those of new problems, and all coefficients 0. gram holds the
// columns of G stride apart, PathWidth(p) elements each, of which those beyond p are 0, and so
// are the rows, columns and the q of columns that have no part in the problem. It goes on to
// PathWidth(p) columns, of which those beyond p are read but do not count. It is a view.
// v1 must be positive and finite. It panics where a slice is short.
func (s *GramPaths) Reset(gram []float64, stride int, q, v1, v2 []float64) {
	f := &s.f
	if stride < f.LD || len(gram) < f.LD*stride || len(q) < f.P || len(v1) < f.P || len(v2) < f.P {
		panic("kernels: GramPaths: " + shortArgument)
	}
	f.Gram, f.Stride, f.Paths, f.Alphas = gram, stride, 0, 0
	clear(f.State)
	clear(f.Shared)
	clear(f.Params)
	for j := range f.LD {
		s.plane(csrc.PathV1)[j], s.plane(csrc.PathInvV1)[j] = 1, 1
	}
	for j := range f.P {
		s.plane(csrc.PathDiag)[j], s.plane(csrc.PathXY)[j] = gram[j*stride+j], q[j]
		s.plane(csrc.PathV1)[j], s.plane(csrc.PathInvV1)[j], s.plane(csrc.PathV2)[j] = v1[j], 1/v1[j], v2[j]
	}
	for l := range len(f.Out) / 2 {
		copy(s.own(l)[csrc.PathGrad*f.LD:], s.plane(csrc.PathXY))
		copy(s.own(l)[csrc.PathGrad0*f.LD:], s.plane(csrc.PathXY))
	}
}

func (s *GramPaths) plane(which int) []float64 { return s.f.Shared[which*s.f.LD:][:s.f.LD] }

func (s *GramPaths) own(l int) []float64 {
	return s.f.State[l*csrc.PathState*s.f.LD:][:csrc.PathState*s.f.LD]
}

// PathStep is an alpha of a path: the penalties a > 0 and b ≥ 0, and how far it begins on the
// straight line through the coefficients at the last two alphas, in units of the way between
// these; a coefficient that would become or change sign through 0 is 0.
type PathStep struct{ A, B, Tau float64 }

// PathPlan says how problems are followed along their paths.
type PathPlan struct {
	Steps       [][]PathStep // by problem, of which there may be fewer than paths, and alpha: as many for each
	YY          float64      // yᵀy
	Mean        []float64    // of the columns: an intercept is YMean − Σ Mean_j·w_j
	YMean       float64
	Target, Aim float64 // the duality gap that counts as reached, and the one at which a problem is done
	MaxPasses   int     // at one alpha
	Slow        int     // after so many passes a problem that has not reached Target is late, and left
}

// Begin makes plan what Follow does, and models from number first on where it leaves the results.
// It panics where a slice is short.
func (s *GramPaths) Begin(plan *PathPlan, models *PathModels, first int) {
	f := &s.f
	if len(plan.Steps) > len(f.Out)/2 || len(plan.Mean) < f.P || models.p != f.P || first+len(plan.Steps) > models.paths {
		panic("kernels: GramPaths: " + shortArgument)
	}
	f.Positive, f.Paths, f.Alphas, f.Mean, f.Grid = s.Positive, len(plan.Steps), models.alphas, plan.Mean, f.Grid[:0]
	for _, steps := range plan.Steps {
		if len(steps) != models.alphas {
			panic("kernels: GramPaths: " + shortArgument)
		}
		for _, step := range steps {
			f.Grid = append(f.Grid, step.A, step.B, step.Tau)
		}
	}
	f.Plan[csrc.PlanYY], f.Plan[csrc.PlanYMean] = plan.YY, plan.YMean
	f.Plan[csrc.PlanTarget], f.Plan[csrc.PlanAim] = plan.Target, plan.Aim
	f.Plan[csrc.PlanMost], f.Plan[csrc.PlanSlow] = float64(plan.MaxPasses), float64(plan.Slow)
	clear(f.Run) // of following that was left in the midst of a pass, too
	f.Run[csrc.RunPasses] = -1
	for l := range MaxPaths {
		f.Run[csrc.RunLate+l] = -1
	}
	f.Models = models.all[first*csrc.PathModels(f.P, f.Alphas):]
	f.Lists = models.lists[first*csrc.PathLists(f.P, f.Alphas):]
}

// Follow goes on with the problems for about a millisecond, alpha by alpha, and reports whether they
// are at their end. At each alpha it does cyclic passes over all columns until the duality gap is
// at most the part of Aim that care says, 2·p flops for each coefficient that moves. A
// coordinate stays as it is where its optimality condition holds to a part of its penalty a·v1_j: half
// of what such a gap allows, gap/Σ a·v1_j·|w_j|, and an eighth of that after each pass that moves
// nothing. care is 8 times the share of columns with a coefficient in the eight alphas
// before, but from ⅛ to 1: where few have one, passes cost little and much is left to explain.
func (s *GramPaths) Follow() bool {
	for range 64 {
		if csrc.PathFollow(simd.Active(), &s.f, 1<<17) {
			return true
		}
	}
	runtime.Gosched() // see breath
	return false
}

// Late returns the alpha at which problem l was left, with the coefficients Coef, or −1.
func (s *GramPaths) Late(l int) int { return int(s.f.Run[csrc.RunLate+l]) }

// Coef returns the coefficients of problem l: a view.
func (s *GramPaths) Coef(l int) []float64 { return s.own(l)[csrc.PathCoef*s.f.LD:][:s.f.P] }

// PathModels are the results of following some paths.
type PathModels struct {
	p, alphas, paths int
	all              []float64
	lists            []int32
}

// Reset makes room for paths of alphas alphas each, of p columns: 8 bytes for each coefficient,
// and 64 and 4 for each column and eight alphas.
func (m *PathModels) Reset(p, alphas, paths int) {
	m.p, m.alphas, m.paths = p, alphas, paths
	models, lists := paths*csrc.PathModels(p, alphas), paths*csrc.PathLists(p, alphas)
	m.all, m.lists = slices.Grow(m.all[:0], models)[:models], slices.Grow(m.lists[:0], lists)[:lists]
}

// PathModel is the results of one path, in groups of eight alphas, as [PredictPacked] takes them.
// Those of a path that was late end before that alpha, in W, Shift and List.
type PathModel struct {
	W      []float64 // (alpha/8, column, alpha%8)
	Shift  []float64 // intercepts by alpha
	Gaps   []float64 // duality gaps, passes, and 1 where the gap is at most Target, by alpha
	Passes []float64
	Hits   []float64
	p      int
	lists  []int32
}

// Of returns the results of path l: views.
func (m *PathModels) Of(l int) *PathModel {
	groups := (m.alphas + 7) / 8
	all := m.all[l*csrc.PathModels(m.p, m.alphas):]
	cut := func(n int) []float64 {
		s := all[:n:n]
		all = all[n:]
		return s
	}
	return &PathModel{
		W: cut(8 * groups * m.p), Shift: cut(8 * groups), Gaps: cut(m.alphas), Passes: cut(m.alphas), Hits: cut(m.alphas),
		p: m.p, lists: m.lists[l*csrc.PathLists(m.p, m.alphas):][:groups*(m.p+1)],
	}
}

// List returns the columns that any of the eight alphas of a group has a coefficient for.
func (m *PathModel) List(group int) []int32 {
	list := m.lists[group*(m.p+1):][:m.p+1]
	return list[1 : 1+list[0]]
}

// Clear makes all groups from one on zeros.
func (m *PathModel) Clear(group int) {
	clear(m.W[8*m.p*group:])
	clear(m.lists[group*(m.p+1):])
}

// Put makes w coefficient j at an alpha, where it is 0 now.
func (m *PathModel) Put(alpha int, j int32, w float64) {
	if w == 0 {
		return
	}
	at := (*[8]float64)(m.W[(alpha/8*m.p+int(j))*8:])
	if *at == [8]float64{} {
		list := m.lists[alpha/8*(m.p+1):]
		list[0]++
		list[list[0]] = j
	}
	at[alpha%8] = w
}
