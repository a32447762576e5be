package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// MaxPaths is how many paths a [GramPaths] takes.
const MaxPaths = csrc.MaxPaths

// GramPaths is coordinate descent for up to MaxPaths problems
//
//	½·wᵀG·w − qᵀw + a·Σ v1_j·|w_j| + ½·b·Σ v2_j·w_j²
//
// that share G = XᵀX and q = Xᵀy and differ in a and b, such as those of several l1_ratios. A
// column of G is read once for all that it moves in. The bits of each depend on neither the
// others nor the instruction set. It is not for concurrent use.
type GramPaths struct {
	Positive bool // no coefficient may be negative

	p, ld, stride              int
	gram                       []float64
	shared, state, params, out []float64
}

// PathWidth returns what a column of the Gram matrix of p columns is filled up to, with zeros.
func PathWidth(p int) int { return (p + 7) &^ 7 }

// NewGramPaths returns paths problems of p columns: 8·(5 + 5·paths)·p bytes.
func NewGramPaths(p, paths int) *GramPaths {
	if p < 0 || paths < 1 || paths > MaxPaths {
		panic("kernels: NewGramPaths: number of columns or paths out of range")
	}
	ld := PathWidth(p)
	return &GramPaths{
		p: p, ld: ld, shared: make([]float64, csrc.PathShared*ld), state: make([]float64, paths*csrc.PathState*ld),
		params: make([]float64, paths*csrc.PathParams), out: make([]float64, 2*paths),
	}
}

// Reset makes G, q, v1 and v2 those of new problems, and all coefficients 0. gram holds the
// columns of G stride apart, PathWidth(p) elements each, of which those beyond p are 0, and so
// are the rows, columns and the q of columns that have no part in the problem. It goes on to
// PathWidth(p) columns, of which those beyond p are read but do not count. It is a view.
// v1 must be positive and finite. It panics where a slice is short.
func (s *GramPaths) Reset(gram []float64, stride int, q, v1, v2 []float64) {
	if stride < s.ld || len(gram) < s.ld*stride || len(q) < s.p || len(v1) < s.p || len(v2) < s.p {
		panic("kernels: GramPaths: " + shortArgument)
	}
	s.gram, s.stride = gram, stride
	clear(s.state)
	clear(s.shared)
	clear(s.params)
	for j := range s.ld {
		s.plane(csrc.PathV1)[j], s.plane(csrc.PathInvV1)[j] = 1, 1
	}
	for j := range s.p {
		s.plane(csrc.PathDiag)[j], s.plane(csrc.PathXY)[j] = gram[j*stride+j], q[j]
		s.plane(csrc.PathV1)[j], s.plane(csrc.PathInvV1)[j], s.plane(csrc.PathV2)[j] = v1[j], 1/v1[j], v2[j]
	}
	for l := range len(s.out) / 2 {
		copy(s.own(l)[csrc.PathGrad*s.ld:], s.plane(csrc.PathXY))
		copy(s.own(l)[csrc.PathGrad0*s.ld:], s.plane(csrc.PathXY))
	}
}

func (s *GramPaths) plane(which int) []float64 { return s.shared[which*s.ld:][:s.ld] }

func (s *GramPaths) own(l int) []float64 {
	return s.state[l*csrc.PathState*s.ld:][:csrc.PathState*s.ld]
}

func (s *GramPaths) param(l int) []float64 { return s.params[l*csrc.PathParams:][:csrc.PathParams] }

// Next goes on to the penalties a > 0 and b ≥ 0 of problem l, and in a straight line by tau
// times the way from the coefficients at the last call to those now; a coefficient that would
// become or change sign through 0 is 0. 2·p flops for each of these, and 5·p.
func (s *GramPaths) Next(l int, a, b, tau float64) {
	par := s.param(l)
	par[csrc.PathA], par[csrc.PathB], par[csrc.PathTau] = a, b, tau
	csrc.PathPredict(simd.Active(), s.ld, s.gram, s.stride, s.shared, s.own(l), par)
}

// Spare sets the violation of a coordinate's optimality condition, in units of its penalty
// a·v1_j, that Pass leaves as it is.
func (s *GramPaths) Spare(l int, theta float64) { s.param(l)[csrc.PathTheta] = theta }

// Pass does a cyclic pass over all columns for the problems whose bit is set in which: 2·p
// flops for each coefficient that moves.
func (s *GramPaths) Pass(which uint) {
	csrc.PathPass(simd.Active(), s.ld, which, s.Positive, s.gram, s.stride, s.shared, s.state, s.params, s.out)
}

// Moved returns how many coefficients of problem l the last Pass has moved, and a lower bound of
// the decrease of the objective.
func (s *GramPaths) Moved(l int) (coefs int, fall float64) { return int(s.out[2*l]), s.out[2*l+1] }

// Coef returns the coefficients of problem l: a view.
func (s *GramPaths) Coef(l int) []float64 { return s.own(l)[csrc.PathCoef*s.ld:][:s.p] }

// PathProducts are what a duality gap is made of: Σ g_j·w_j for g = q − G·w, Σ q_j·w_j,
// Σ v1_j·|w_j|, Σ v2_j·w_j², and the largest |g_j − b·v2_j·w_j| / v1_j (with Positive of what is
// positive).
type PathProducts struct{ GW, QW, L1, L2, Most float64 }

// Products returns those of problem l: 12·p flops.
func (s *GramPaths) Products(l int) PathProducts {
	var out [5]float64
	csrc.PathGap(simd.Active(), s.ld, s.Positive, s.shared, s.own(l), s.param(l), out[:])
	return PathProducts{out[0], out[1], out[2], out[3], out[4]}
}
