package linear

// Gradients that a path need not compute: references bound them, by gradients of other points,
// and by a sketch of the design in an eighth of its bytes.

import (
	"math"

	"github.com/nogil-go/nogil/kernels"
)

// reference bounds gradients without computing them. It keeps the residuals and gradients
// of two points. For r̂ the best affine combination of the two residuals, and ĝ that of the
// gradients, |X_jᵀr − ĝ_j| ≤ ‖X_j‖·‖r − r̂‖: along a path, on which residuals lie close to a
// line, most columns are seen to stay below their penalty at a cost of a few flops each.
//
// That bound is of all directions, and so √n times what a gradient mostly is. Where there is a
// sketch S of the columns, in 8 bits a number, X_jᵀr = a·X_jᵀy + X_jᵀ(r − a·y) is known from Xᵀy
// and S_jᵀ(r − a·y) to within 2⁻⁸·max|X_j|·√n·‖r − a·y‖, a few hundredths of l1_j at any alpha. It
// tells which columns of a few need a dot product, and where there are many it makes a new point,
// whose gradients are off by that: the fog.
type reference struct {
	norm []float64 // ‖X_j‖, −1 for columns that have no part in the problem
	r, g [2][]float64
	fog  [2]float64 // how far the gradients are off, in units of the sketch
	n    int        // how many points there are
	c    float64    // the combination is (1+c)·first − c·second
	d, e []float64

	sketch  *kernels.Sketch // nil for none
	blind   bool            // there is none, or it tells too little
	centred bool
	y, xy   []float64 // the residual and the gradient of w = 0
	yy      float64   // yᵀy, without weights
	vector  kernels.SketchVector
	hits    []int32

	// Of each column that is left: the size of its gradient in units of its l1 as it seems, +Inf where it
	// may be 1 or more.
	weight []float64
}

// noise is what rounding does to a gradient at most, of ‖X_j‖·‖r‖.
const noise = 0x1p-40

// keep makes r and g the first point, and the first the second.
func (f *reference) keep(r, g []float64) {
	if r == nil {
		return
	}
	f.turn(r, 0)
	f.g[0] = append(f.g[0][:0], g...)
}

// turn is keep before the gradients are there.
func (f *reference) turn(r []float64, fog float64) {
	f.r[0], f.r[1] = f.r[1], f.r[0]
	f.g[0], f.g[1] = f.g[1], f.g[0]
	f.r[0] = append(f.r[0][:0], r...)
	f.fog[0], f.fog[1] = fog, f.fog[0]
	f.n = min(f.n+1, 2)
}

// draw takes a sketch, of the columns less their means or not, y and xy being the residual and the
// gradient of w = 0.
func (f *reference) draw(sketch *kernels.Sketch, centred bool, y, xy []float64) {
	f.sketch, f.centred, f.blind = sketch, centred, false
	f.y, f.xy = append(f.y, y...), append(f.xy, xy...)
	for _, v := range y {
		f.yy += float64(v * v)
	}
}

// estimate finds the combination for r, and returns the bound of ‖r − r̂‖, and the combination's
// fog; rr is ‖r‖². The bound allows for the rounding of both gradients, which a combination of two
// points that are close to each other makes larger: c times.
func (f *reference) estimate(in form, r []float64, rr float64) (slack, fog float64) {
	f.d, f.e = append(f.d[:0], r...), append(f.e[:0], r...)
	f.c = 0
	for i, v := range f.r[0] {
		f.d[i] -= v
	}
	apart := 0.0 // ‖first − second‖
	if f.n == 2 {
		for i, v := range f.r[0] {
			f.e[i] = v - f.r[1][i]
		}
		if ee := in.inner(f.e, f.e); ee > 0 {
			f.c, apart = in.inner(f.d, f.e)/ee, math.Sqrt(ee)
		}
		for i, v := range f.e {
			f.d[i] -= float64(f.c * v)
		}
	}
	fog = float64(math.Abs(1+f.c)*f.fog[0]) + float64(math.Abs(f.c)*f.fog[1])
	slack = math.Sqrt(max(in.inner(f.d, f.d), 0))
	c := math.Abs(f.c)
	largest := math.Sqrt(rr) + slack + float64((c+1)*apart) // no norm of r, the first or the second is above it
	return slack + float64(2*noise*(1+c)*largest), fog
}

// reach appends to dst the columns whose gradient may be their l1 or more, being within
// slack·‖X_j‖ and the fog of its estimate, or whose estimate is near times their l1 or more.
func (f *reference) reach(dst []int32, slack, fog, near float64, pen kernels.Penalty) []int32 {
	return kernels.Reach(dst, f.g[0], f.g[max(f.n, 1)-1], f.c, slack, f.norm, fog, f.units(), near, pen)
}

func (f *reference) units() []float64 {
	if f.sketch == nil {
		return nil
	}
	return f.sketch.Unit
}

// project sets vector to r − a·y, and returns a and the fog of the gradients that follow from it.
func (f *reference) project(r []float64) (a, fog float64) {
	ry := 0.0
	for i, v := range r {
		ry += float64(v * f.y[i])
	}
	if f.yy > 0 {
		a = ry / f.yy
	}
	sum := 0.0
	f.d = f.d[:0]
	for i, v := range r {
		d := v - float64(a*f.y[i])
		f.d = append(f.d, d)
		sum += d
	}
	f.vector.Set(f.sketch, f.d)
	fog = f.vector.Fog
	if f.centred {
		// The sketch may be about other means, which are within 127 units of these: but for
		// rounding that is no difference, as the d add up to 0.
		fog += 256 * math.Abs(sum)
	}
	return a, fog
}

// narrow keeps of cols those that reach says by the sketch of r, and weighs them.
func (f *reference) narrow(cols []int32, r []float64, slack, near float64, pen *penalty) []int32 {
	a, fog := f.project(r)
	f.hits = resize(f.hits, len(cols))
	f.sketch.Dots(cols, &f.vector, f.hits)
	f.weight = f.weight[:0]
	n := 0
	for i, j := range cols {
		unit := f.sketch.Unit[j]
		g := pen.size(float64(a*f.xy[j]) + float64(float64(f.hits[i])*float64(f.vector.Unit*unit)))
		if bound := float64(slack*f.norm[j]) + float64(fog*unit); !(g+bound < pen.L1[j] && g < near*pen.L1[j]) {
			f.weight = append(f.weight, pen.weight(j, g, bound))
			cols[n] = j
			n++
		}
	}
	return cols[:n]
}

// weigh sets the weights of cols, by the estimates of reach.
func (f *reference) weigh(cols []int32, slack, fog float64, pen *penalty) {
	f.weight = f.weight[:0]
	first, second, units := f.g[0], f.g[max(f.n, 1)-1], f.units()
	for _, j := range cols {
		bound := float64(slack * f.norm[j])
		if fog != 0 {
			bound += float64(fog * units[j])
		}
		g := first[j] + float64(f.c*(first[j]-second[j]))
		f.weight = append(f.weight, pen.weight(j, pen.size(g), bound))
	}
}

// renew makes r a point whose gradients are those of the sketch.
func (f *reference) renew(r []float64) {
	a, fog := f.project(r)
	f.turn(r, fog)
	f.g[0] = resize(f.g[0], len(f.xy))
	f.sketch.Gradients(a, f.xy, &f.vector, f.g[0])
	f.c = 0
}
