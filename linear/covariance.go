package linear

// The second-order solver's outer loop: solve on the working set (active.go), compute the
// residual, and let in the columns that break their condition. The full gradient that this
// takes is mostly not computed: see reference.

import (
	"math"
	"slices"
)

// covariance goes to the target for the penalty at hand: from where the last call ended, or
// where nothing has a coefficient yet, by way of larger penalties. A support that grows with
// a falling penalty is nearly right all the time, where one that is far too large would
// lose its columns one by one.
func (s *solver) covariance() certificate {
	if s.act == nil {
		s.begin()
		if len(s.act.cols) == len(s.pen.free) {
			s.lower()
		}
		if s.outgrown() {
			return certificate{gap: math.Inf(1)}
		}
	}
	s.act.shrink()
	return s.rounds(s.target)
}

// lower solves for penalties from the largest on that leaves every coefficient 0 down to
// the penalty at hand, as well as the next needs it.
func (s *solver) lower() {
	const ratio, least = 0.75, 1e-9 // below, a smaller penalty changes next to nothing
	top, strong := 0.0, s.strong
	for _, j := range s.all {
		if s.pen.L1[j] > 0 {
			top = max(top, s.pen.size(s.xy[j])/s.pen.L1[j])
		}
	}
	s.strong = 2*ratio - 1
	for t := ratio * top; t > max(1, least*top) && s.iterations < s.maxIter && !s.stopped() && !s.outgrown(); t *= ratio {
		if s.pen.set(s.problem, s.all, t*s.alpha, s.l1Ratio) != nil {
			break
		}
		s.act.shrink()
		s.rounds(max(s.target, 1e-3*s.yy))
	}
	s.pen.set(s.problem, s.all, s.alpha, s.l1Ratio) // has been set before without an error
	s.strong = strong
}

// rounds solves on the working set and lets columns in until the gap is at most target.
func (s *solver) rounds(target float64) certificate {
	a := s.act
	a.penalize(s.pen)
	for round := 0; ; round++ {
		before := a.steps
		a.solve(0.3*target, s.yy, s.maxIter-s.iterations, s.stopped)
		cert := s.check()
		s.iterations += a.steps - before
		joined := s.let()
		if !(cert.gap > target) || s.outgrown() || s.iterations >= s.maxIter || s.stopped() || !joined && !a.moved && round > 0 {
			return cert
		}
	}
}

// begin makes the working set of the columns that have a coefficient or no penalty.
func (s *solver) begin() {
	s.act = takeActive(s.form, len(s.norm2), s.pen.Positive)
	s.ref = &reference{blind: true, norm: slices.Repeat([]float64{-1}, len(s.norm2))}
	s.xy = make([]float64, len(s.norm2))
	var first []int32
	for _, j := range s.all {
		s.ref.norm[j] = math.Sqrt(s.norm2[j])
		if s.w[j] != 0 || slices.Contains(s.pen.free, j) {
			first = append(first, j)
		}
	}
	s.refresh(nil, s.w)
	if s.problem.xy != nil {
		copy(s.xy, s.problem.xy)
	} else {
		s.gradient(s.all, s.xy)
	}
	s.ref.keep(s.residual(), s.xy)
	if f, ok := s.form.(sketched); ok {
		if sketch, centred := f.sketch(s.alphas > 1); sketch != nil {
			s.ref.draw(sketch, centred, s.residual(), s.xy)
		}
	}
	s.refresh(first, s.w)
	s.gradient(first, s.g)
	s.act.join(first, s.g, s.xy)
	for k, j := range first {
		s.act.w[k] = s.w[j]
	}
}

// check computes the residual of the working set's coefficients and what it proves. It leaves
// in s.near the columns outside the set whose gradient is at least s.strong times their l1,
// with their gradients in s.g.
func (s *solver) check() certificate {
	a := s.act
	s.work = s.work[:0]
	for k, j := range a.cols {
		s.w[j] = a.w[k]
		if a.w[k] != 0 {
			s.work = append(s.work, j)
		}
	}
	s.refresh(s.work, s.w)
	if s.free != nil {
		s.free.fit(s, s.w, s.g, s.step)
		for _, j := range s.free.cols {
			a.w[a.slot[j]] = s.w[j]
		}
	}
	s.gradient(a.cols, s.g)
	for k, j := range a.cols {
		a.g[k] = s.g[j]
	}
	rr, ry := s.products(a.cols, s.w, s.g)
	s.rr = rr
	s.look(rr)
	s.work = append(append(s.work[:0], a.cols...), s.near...)
	cert := s.lassoGap(s.work, rr, ry, 1)
	return cert
}

// look fills s.near.
func (s *solver) look(rr float64) {
	s.near = s.near[:0]
	if r := s.residual(); r != nil {
		slack, fog := s.ref.estimate(s.form, r, rr)
		s.reach(slack, fog)
		if s.ref.blind {
			s.ref.weigh(s.near, slack, fog, s.pen)
		} else {
			s.resolve(r, noise*math.Sqrt(rr))
		}
		s.thin()
	}
	if 4*len(s.near) <= len(s.all) && s.residual() != nil {
		s.gradient(s.near, s.g)
	} else {
		s.gradient(s.all, s.g)
		s.ref.keep(s.residual(), s.g)
		s.near = s.near[:0]
		for _, j := range s.all {
			if s.act.slot[j] < 0 {
				s.near = append(s.near, j)
			}
		}
	}
	kept := s.near[:0]
	for _, j := range s.near {
		if s.pen.size(s.g[j]) >= s.strong*s.pen.L1[j] {
			kept = append(kept, j)
		}
	}
	s.near = kept
}

// reach fills s.near with the columns outside the working set that the reference cannot exclude.
func (s *solver) reach(slack, fog float64) {
	s.near = s.ref.reach(s.near[:0], slack, fog, s.strong, s.pen.Penalty)
	n := 0
	for _, j := range s.near { // by signs, as no branch predictor knows which are outside
		s.near[n] = j
		n += int(uint32(s.act.slot[j])>>31) &^ int(math.Float64bits(s.ref.norm[j])>>63)
	}
	s.near = s.near[:n]
}

// resolve takes columns out of s.near by the sketch: one by one, or where there are many by a new
// reference. Where that leaves more than half of them, as with columns of which a few numbers are
// far larger than the others, the sketch is given up.
func (s *solver) resolve(r []float64, slack float64) {
	many := len(s.near)
	if many <= len(s.all)/8 {
		s.near = s.ref.narrow(s.near, r, slack, s.strong, s.pen)
		return
	}
	s.ref.renew(r)
	s.reach(slack, s.ref.fog[0])
	s.ref.weigh(s.near, slack, s.ref.fog[0], s.pen)
	if 2*len(s.near) > many {
		s.ref.blind = true
	}
}

// thin takes columns out of s.near that cannot break their condition and that let would leave out: it
// has no room for them, others being nearer. Their gradients need not be computed.
func (s *solver) thin() {
	sure, room := s.violation[:0], s.act.room()
	for _, w := range s.ref.weight {
		if !math.IsInf(w, 1) {
			sure = append(sure, w)
		}
	}
	if len(sure) <= room {
		return
	}
	least := math.Inf(1)
	if room > 0 {
		slices.Sort(sure)
		least = sure[len(sure)-room]
	}
	n := 0
	for i, j := range s.near {
		if s.ref.weight[i] >= least {
			s.near[n] = j
			n++
		}
	}
	s.near = s.near[:n]
}

// let takes the nearest of s.near into the working set, and reports whether one of them
// breaks its condition. Of those that do, at most half as many as the set has come at once,
// and 20; others only while the set is not much larger than the support.
func (s *solver) let() (broken bool) {
	n := 0
	for i, j := range s.near {
		if s.pen.size(s.g[j]) > s.pen.L1[j] {
			s.near[n], s.near[i] = j, s.near[n]
			n++
		}
	}
	most := max(20, len(s.act.cols)/2)
	s.nearest(s.near[:n], most)
	if n >= most {
		s.near = s.near[:most]
	} else {
		room := max(0, s.act.room()-n)
		s.nearest(s.near[n:], room)
		s.near = s.near[:min(len(s.near), n+room)]
	}
	s.act.join(s.near, s.g, s.xy)
	s.act.penalize(s.pen)
	return n > 0
}

// nearest puts the most with the largest gradients, in units of their l1, first, where there
// are more than that.
func (s *solver) nearest(cols []int32, most int) {
	if len(cols) <= most || most == 0 {
		return
	}
	ratio := func(j int32) float64 { return s.pen.size(s.g[j]) / s.pen.L1[j] }
	ratios := s.violation[:0]
	for _, j := range cols {
		ratios = append(ratios, ratio(j))
	}
	slices.Sort(ratios)
	least, n := ratios[len(ratios)-most], 0
	for i, j := range cols {
		if ratio(j) > least {
			cols[n], cols[i] = j, cols[n]
			n++
		}
	}
	for i := n; i < len(cols) && n < most; i++ {
		if j := cols[i]; ratio(j) == least {
			cols[n], cols[i] = j, cols[n]
			n++
		}
	}
}
