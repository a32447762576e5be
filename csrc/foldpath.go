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

// MaxPaths is how many paths PathPass takes at once.
const MaxPaths = 4

func plane(s []float64, ld, which int) []float64 { return s[which*ld:][:ld] }

// followGo subtracts d times the column from g.
func followGo(g, column []float64, d float64) {
	for i, x := range column[:len(g)] {
		g[i] = math.FMA(x, 0-d, g[i])
	}
}

func pathPredictGo(ld int, gram []float64, stride int, shared, state, param []float64) {
	w, g, inv := plane(state, ld, PathCoef), plane(state, ld, PathGrad), plane(state, ld, PathInv)
	w0, g0 := plane(state, ld, PathCoef0), plane(state, ld, PathGrad0)
	diag, v2, tau := plane(shared, ld, PathDiag), plane(shared, ld, PathV2), param[PathTau]
	for j := range inv {
		inv[j] = 1 / (diag[j] + float64(param[PathB]*v2[j]))
	}
	if tau == 0 {
		copy(w0, w)
		copy(g0, g)
		return
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
		}
	}
}

func pathPassGo(ld int, which uint, positive bool, gram []float64, stride int, shared, state, param, out []float64) {
	diag, v1, v2 := plane(shared, ld, PathDiag), plane(shared, ld, PathV1), plane(shared, ld, PathV2)
	for l := range len(param) / PathParams {
		own, par := state[l*PathState*ld:], param[l*PathParams:]
		w, g, inv := plane(own, ld, PathCoef), plane(own, ld, PathGrad), plane(own, ld, PathInv)
		moved, fall := 0.0, 0.0
		for j := 0; j < ld && which>>l&1 != 0; j++ {
			l1, u := float64(par[PathA]*v1[j]), float64(diag[j]*w[j])
			step := -w[j]
			if high := math.FMA(g[j], inv[j], float64((u+l1)*inv[j])-w[j]); high < step && !positive {
				step = high
			}
			if low := math.FMA(g[j], inv[j], float64((u-l1)*inv[j])-w[j]); low > step {
				step = low
			}
			if !(math.Abs(step) > float64(float64(par[PathTheta]*l1)*inv[j])) {
				continue
			}
			w[j] += step
			fall += float64(float64(0.5*float64(step*step)) * (diag[j] + float64(par[PathB]*v2[j])))
			moved++
			followGo(g, gram[j*stride:], step)
		}
		out[2*l], out[2*l+1] = moved, fall
	}
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
