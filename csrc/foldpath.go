package csrc

import "math"

// Of the arrays that foldpath.c describes: how many planes and parameters there are, and which
// is which.
const (
	PathDiag = iota
	PathV1
	PathV2
	PathInvV1
	PathXY
	PathShared // planes of shared
)

const (
	PathCoef = iota
	PathGrad
	PathCoef0
	PathGrad0
	PathInv
	PathState // planes of a state
)

const (
	PathA = iota
	PathB
	PathTau
	PathTheta
	PathParams
)

// What a plan and a run hold, and a grid for each path and alpha.
const (
	PlanYY     = iota // yᵀy
	PlanYMean         // what intercepts begin with
	PlanTarget        // the gap to reach
	PlanAim           // the gap to aim at
	PlanMost          // passes for an alpha
	PlanSlow          // passes after which a path that has not reached the target is late
	PathPlan
)

const (
	RunAlpha  = iota
	RunPasses // of this alpha, −1 before it begins
	runColumn // where a pass goes on
	runWhich
	RunLate  // by path: the alpha from which it is left to another solver, or −1
	runSpare = RunLate + MaxPaths
	runAims  = runSpare + MaxPaths
	PathRun  = runAims + MaxPaths
)

const pathGrid = 3 // a, b and tau

const pathDecides, pathPredicts, pathGaps, pathTakes = 192, 10, 4, 20 // as in foldpath.c

// PathFollowing is what PathFollow is given: foldpath.c says what the arrays are.
type PathFollowing struct {
	P, LD, Stride, Paths, Alphas int
	Positive                     bool
	Gram, Shared, Mean           []float64
	Plan, Grid                   []float64
	State, Params, Out, Run      []float64
	Models                       []float64
	Lists                        []int32
}

// PathModels is how many elements of Models a path takes, PathLists how many of Lists.
func PathModels(p, alphas int) int { return 8*pathGroups(alphas)*(p+1) + 3*alphas + 8*p }
func PathLists(p, alphas int) int  { return pathGroups(alphas) * (p + 1) }

func pathGroups(alphas int) int { return (alphas + 7) / 8 }

// MaxPaths is how many paths PathFollow takes at once.
const MaxPaths = 4

func plane(s []float64, ld, which int) []float64 { return s[which*ld:][:ld] }

// followGo subtracts d times the column from g.
func followGo(g, column []float64, d float64) {
	for i, x := range column[:len(g)] {
		g[i] = math.FMA(x, 0-d, g[i])
	}
}

func pathPredictGo(ld int, gram []float64, stride int, shared, state, param []float64) (zeros int) {
	w, g, inv := plane(state, ld, PathCoef), plane(state, ld, PathGrad), plane(state, ld, PathInv)
	w0, g0 := plane(state, ld, PathCoef0), plane(state, ld, PathGrad0)
	diag, v2, tau := plane(shared, ld, PathDiag), plane(shared, ld, PathV2), param[PathTau]
	for j := range inv {
		inv[j] = 1 / (diag[j] + float64(param[PathB]*v2[j]))
	}
	if tau == 0 {
		copy(w0, w)
		copy(g0, g)
		return 0
	}
	for j, old := range g {
		g[j] = old + float64(tau*(old-g0[j]))
		g0[j] = old
	}
	for j, old := range w {
		if old == 0 && w0[j] == 0 {
			continue
		}
		next := old + float64(tau*(old-w0[j]))
		kept := next
		if old == 0 || next*old < 0 {
			kept = 0
		}
		w0[j], w[j] = old, kept
		if kept != next {
			followGo(g, gram[j*stride:], kept-next)
			zeros++
		}
	}
	return zeros
}

const pathBlock = 16 // coordinates between which a pass may be interrupted

func (f *PathFollowing) passGo(budget *float64) bool {
	from := int(f.Run[runColumn])
	to := from
	if from == 0 {
		clear(f.Out)
	}
	for more := true; more && to < f.LD; more = *budget >= 0 {
		next, moved := min(to+pathBlock, f.LD), 0.0
		for l := range f.Paths {
			if int(f.Run[runWhich])>>l&1 != 0 {
				n := f.blockGo(l, to, next)
				f.Out[2*l] += n
				moved += n
			}
		}
		*budget -= float64(pathDecides*(next-to)) + moved*float64(f.LD)
		to = next
	}
	if f.Run[runColumn] = float64(to); to == f.LD {
		f.Run[runColumn] = 0
	}
	return to == f.LD
}

// blockGo goes through the coordinates from lo up to hi of path l, and returns how many moved.
func (f *PathFollowing) blockGo(l, lo, hi int) (moved float64) {
	diag, v1, v2 := plane(f.Shared, f.LD, PathDiag), plane(f.Shared, f.LD, PathV1), plane(f.Shared, f.LD, PathV2)
	own, par := f.state(l), f.param(l)
	w, g, inv := plane(own, f.LD, PathCoef), plane(own, f.LD, PathGrad), plane(own, f.LD, PathInv)
	for j := lo; j < hi; j++ {
		l1, u := float64(par[PathA]*v1[j]), float64(diag[j]*w[j])
		step := -w[j]
		if high := math.FMA(g[j], inv[j], float64((u+l1)*inv[j])-w[j]); high < step && !f.Positive {
			step = high
		}
		if low := math.FMA(g[j], inv[j], float64((u-l1)*inv[j])-w[j]); low > step {
			step = low
		}
		if !(math.Abs(step) > float64(float64(par[PathTheta]*l1)*inv[j])) {
			continue
		}
		w[j] += step
		f.Out[2*l+1] += float64(float64(0.5*float64(step*step)) * (diag[j] + float64(par[PathB]*v2[j])))
		moved++
		followGo(g, f.Gram[j*f.Stride:], step)
	}
	return moved
}

func pathGapGo(ld int, positive bool, shared, state, param, out []float64) {
	w, g, xy := plane(state, ld, PathCoef), plane(state, ld, PathGrad), plane(shared, ld, PathXY)
	v1, v2, inv1 := plane(shared, ld, PathV1), plane(shared, ld, PathV2), plane(shared, ld, PathInvV1)
	var sum [4][8]float64
	most := 0.0
	for j, coef := range w {
		shrunk := v2[j] * coef
		sum[0][j%8] += float64(g[j] * coef)
		sum[1][j%8] += float64(xy[j] * coef)
		sum[2][j%8] += float64(v1[j] * math.Abs(coef))
		sum[3][j%8] += float64(shrunk * coef)
		x := g[j] - float64(param[PathB]*shrunk)
		if !positive {
			x = math.Abs(x)
		}
		if x *= inv1[j]; x > most {
			most = x
		}
	}
	for s := range sum {
		out[s] = fold8(sum[s])
	}
	out[4] = most
}

func (f *PathFollowing) state(l int) []float64 { return f.State[l*PathState*f.LD:][:PathState*f.LD] }
func (f *PathFollowing) param(l int) []float64 { return f.Params[l*PathParams:][:PathParams] }
func (f *PathFollowing) list(l, group int) []int32 {
	return f.Lists[l*PathLists(f.P, f.Alphas)+group*(f.P+1):][:f.P+1]
}

// models returns the coefficients of path l, its intercepts, what is told by alpha, and the
// group at hand.
func (f *PathFollowing) models(l int) (w, shift, told, stage []float64) {
	size, groups := PathModels(f.P, f.Alphas), pathGroups(f.Alphas)
	all := f.Models[l*size:][:size]
	w, all = all[:8*groups*f.P], all[8*groups*f.P:]
	shift, all = all[:8*groups], all[8*groups:]
	return w, shift, all[:3*f.Alphas], all[3*f.Alphas:]
}

func (f *PathFollowing) groupGo(l, number, n int) {
	w, shift, _, stage := f.models(l)
	clear(stage[n*f.P:])
	list, count, less := f.list(l, number), int32(0), [8]float64{}
	for j, mean := range f.Mean[:f.P] {
		to, any := w[(number*f.P+j)*8:][:8], false
		for c := range to {
			to[c] = stage[c*f.P+j]
			any = any || to[c] != 0
		}
		if !any {
			continue
		}
		count++
		list[count] = int32(j)
		for c, v := range to {
			less[c] -= float64(v * mean)
		}
	}
	list[0] = count
	for c := range n {
		shift[8*number+c] = f.Plan[PlanYMean] + less[c]
	}
}

func (f *PathFollowing) beginGo(alpha int, budget *float64) {
	which := 0
	for l := range f.Paths {
		if f.Run[RunLate+l] >= 0 {
			continue
		}
		care := 0.0
		if alpha >= 8 && f.P > 0 {
			care = 8 * float64(f.list(l, alpha/8-1)[0]) / float64(f.P)
		}
		f.Run[runAims+l], f.Run[runSpare+l] = f.Plan[PlanAim]*max(0.125, min(1, care)), 0.5
		copy(f.param(l), f.Grid[(l*f.Alphas+alpha)*pathGrid:][:pathGrid])
		zeros := pathPredictGo(f.LD, f.Gram, f.Stride, f.Shared, f.state(l), f.param(l))
		*budget -= float64((pathPredicts + zeros) * f.LD)
		which |= 1 << l
	}
	f.Run[runWhich], f.Run[RunPasses] = float64(which), 0
}

func (f *PathFollowing) gapGo(l int) (gap, l1 float64) {
	var v [5]float64
	param := f.param(l)
	pathGapGo(f.LD, f.Positive, f.Shared, f.state(l), param, v[:])
	ry := f.Plan[PlanYY] - v[1]
	ridge := max(ry-v[0], 0) + float64(param[PathB]*v[3])
	scale, most, least := 1.0, math.Inf(1), 0.0
	if v[4] > 0 {
		most = param[PathA] / v[4]
	}
	if !f.Positive {
		least = -most
	}
	if ridge > 0 {
		scale = ry / ridge
	}
	scale = max(min(scale, most), least)
	l1 = float64(param[PathA] * v[2])
	dual := float64(scale*ry) - float64(float64(float64(0.5*scale)*scale)*ridge)
	return max(float64(0.5*ridge)+l1-dual, 0), l1
}

func (f *PathFollowing) judgeGo(alpha int, budget *float64) {
	which, pass := int(f.Run[runWhich]), f.Run[RunPasses]
	for l := range f.Paths {
		if which>>l&1 == 0 {
			continue
		}
		gap, l1 := f.gapGo(l)
		*budget -= float64(pathGaps * f.LD)
		_, _, told, _ := f.models(l)
		reached, still, spare, aim := 0.0, false, &f.Run[runSpare+l], f.Run[runAims+l]
		if gap <= f.Plan[PlanTarget] {
			reached = 1
		}
		told[alpha], told[f.Alphas+alpha], told[2*f.Alphas+alpha] = gap, pass, reached
		if pass > 0 {
			moved, fall := f.Out[2*l], f.Out[2*l+1]
			still = *spare == 0 && (moved == 0 || fall <= 0x1p-100*f.Plan[PlanYY])
			if moved == 0 {
				if *spare /= 8; *spare < 1e-3 {
					*spare = 0
				}
			}
		}
		done := gap <= aim || still || pass >= f.Plan[PlanMost]
		if slow := pass == f.Plan[PlanSlow]; done || slow {
			which &^= 1 << l
			if !done && reached == 0 {
				f.Run[RunLate+l] = float64(alpha)
				if alpha%8 > 0 {
					f.groupGo(l, alpha/8, alpha%8)
				}
			}
			continue
		}
		theta := 0.0
		if l1 > 0 {
			theta = *spare * aim / l1
		}
		f.param(l)[PathTheta] = min(theta, 0.5)
	}
	f.Run[runWhich] = float64(which)
}

func (f *PathFollowing) followGo(budget float64) bool {
	alpha := int(f.Run[RunAlpha])
	for more := true; more && alpha < f.Alphas; more = budget >= 0 {
		if f.Run[RunPasses] < 0 {
			f.beginGo(alpha, &budget)
		}
		for {
			if f.Run[runColumn] == 0 {
				f.judgeGo(alpha, &budget)
			}
			if f.Run[runWhich] == 0 {
				break
			}
			if !f.passGo(&budget) {
				return false
			}
			if f.Run[RunPasses]++; budget < 0 {
				return false
			}
		}
		for l := range f.Paths {
			if f.Run[RunLate+l] >= 0 {
				continue
			}
			_, _, _, stage := f.models(l)
			copy(stage[alpha%8*f.P:][:f.P], plane(f.state(l), f.LD, PathCoef))
			if alpha%8 == 7 || alpha+1 == f.Alphas {
				f.groupGo(l, alpha/8, alpha%8+1)
			}
			budget -= pathTakes * float64(f.LD)
		}
		alpha++
		f.Run[RunAlpha], f.Run[RunPasses] = float64(alpha), -1
	}
	return alpha == f.Alphas
}
