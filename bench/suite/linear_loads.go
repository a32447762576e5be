// The workloads of the linear suite, with the goals that they were set.

package suite

import (
	"errors"
	"fmt"
	"math"
)

// linearPeers are the solvers of other languages for one kind of problem: what they are
// called, their task, and the tolerances to try, loosest first. Those of scikit-learn
// and celer are the gap itself; skglm's is of the subgradient, glum's of the gradient,
// adelie's and glmnet's of a squared step.
type linearPeer struct {
	who, peer, task string
	tolerances      []float64
	parallel        bool // it uses the threads that it is given
	blasAtOne       bool // its BLAS is held at one thread; else it is with one thread only
	asShipped       bool // its BLAS is never held
	params          map[string]float64
}

// decades are powers of ten from 10^first down to 10^last.
func decades(first, last int) []float64 {
	var list []float64
	for e := first; e >= last; e-- {
		list = append(list, math.Pow(10, float64(e)))
	}
	return list
}

func gapTolerances(tol float64) []float64 { return []float64{tol, tol / 10, tol / 100} }

// pathPeers are the peers that solve a path of a dense problem without intercept. At 1e-10
// glmnet's list begins where the first of them may do, because each of its tries takes from one
// second to a minute and a half: its gap goes with the root of its tolerance.
func pathPeers(tol float64) []linearPeer {
	glmnet := decades(-7, -24)
	if tol <= 1e-10 {
		glmnet = decades(-22, -24)
	}
	return []linearPeer{
		{who: "sklearn enet_path", peer: "sklearn", task: "sklearn_path", tolerances: gapTolerances(tol)},
		{who: "celer celer_path", peer: "celer", task: "celer_path", tolerances: gapTolerances(tol)},
		{who: "skglm Lasso.path", peer: "skglm", task: "skglm_path", tolerances: decades(-3, -13)},
		{who: "adelie grpnet", peer: "adelie", task: "adelie_path", tolerances: decades(-7, -24), parallel: true},
		{who: "R glmnet", peer: "glmnet", task: "path", tolerances: glmnet},
	}
}

// linearLoad is the workload of p: nogil's task at tol and, to show what tightness
// costs, at tight; then the peers.
func (b *bench) linearLoad(name, shape string, p *regression, tol, tight float64, task string, peers []linearPeer) (*workload, error) {
	w := &workload{name: name, units: float64(len(p.alphas)), unit: "alpha"}
	w.shape = fmt.Sprintf("%s, gap ≤ %g", shape, tol)
	w.params = map[string]float64{"l1_ratio": p.l1Ratio, "max_iter": 1e6, "intercept": 0, "tol": tol}
	if p.intercept {
		w.params["intercept"] = 1
	}
	w.check = p.reaches(tol)
	if err := b.linearData(w, p, "", nil); err != nil {
		return nil, err
	}
	w.nogil(b, b.threads, contender{who: "nogil", task: task, base: true})
	if tight > 0 {
		w.nogil(b, b.threads, contender{who: fmt.Sprintf("nogil to %g", tight), task: task, params: map[string]float64{"tol": tight}})
	}
	for _, peer := range peers {
		b.addPeer(w, peer)
	}
	return w, nil
}

// addPeer adds a peer at every number of threads, or once if it can only use one.
func (b *bench) addPeer(w *workload, peer linearPeer) {
	c := contender{who: peer.who, task: peer.task, tolerances: peer.tolerances, params: peer.params, serial: !peer.parallel && peer.peer != "sklearn"}
	for _, t := range b.threads {
		blas := 0
		if peer.blasAtOne || t == 1 && !peer.asShipped {
			blas = 1
		}
		c.threads, c.program = t, b.tools.linearPeer(peer.peer, blas)
		w.contenders = append(w.contenders, c)
		if c.serial {
			break
		}
	}
}

// linearData writes the problem where the contenders find it, and one vector more where
// that has a name.
func (b *bench) linearData(w *workload, p *regression, extra string, values []float64) error {
	w.inputs = map[string]string{}
	var made []*array
	w.close = func() {
		for _, a := range made {
			b.scratch.drop(a)
		}
	}
	put := func(name string, v []float64, shape ...int) error {
		a, err := b.scratch.floats(w.name+"-"+name+".npy", true, shape...)
		if err != nil {
			return err
		}
		copy(a.float64s(), v)
		made = append(made, a)
		w.inputs[name] = a.path
		return nil
	}
	yShape := []int{p.rows}
	if p.tasks > 1 {
		yShape = append(yShape, p.tasks)
	}
	err := errors.Join(put("y", p.y, yShape...), put("alphas", p.alphas, len(p.alphas)))
	if extra != "" {
		err = errors.Join(err, put(extra, values, len(values)))
	}
	if p.x != nil {
		err = errors.Join(err, put("x", p.x, p.rows, p.cols))
	} else {
		err = errors.Join(err, put("x_data", p.data, len(p.data)),
			put("x_indices", floats(p.indices), len(p.indices)), put("x_indptr", floats(p.indptr), len(p.indptr)))
	}
	if err != nil {
		w.close()
	}
	return err
}

func floats[T int | int32](v []T) []float64 {
	f := make([]float64, len(v))
	for i, x := range v {
		f[i] = float64(x)
	}
	return f
}

// A maker makes a workload under the given name.
type maker func(b *bench, name string) (*workload, error)

// linearPath is a path of 100 alphas down to a thousandth of the largest.
func linearPath(rows, cols int, m mix, tol, tight float64, peers []linearPeer) maker {
	return func(b *bench, name string) (*workload, error) {
		n, k, alphas := b.pick(rows, 20), b.pick(cols, 50), b.pick(100, 5)
		p := dense(n, k, 1, m, 1)
		p.grid(alphas, 1e-3)
		return b.linearLoad(name, fmt.Sprintf("%d×%d, %d alphas", n, k, alphas), p, tol, tight, "linear_path", peers)
	}
}

// linearFit is one fit at a thousandth of the largest useful alpha.
func linearFit(rows, cols int) maker {
	const tol = 1e-6
	gaps := gapTolerances(tol)
	return func(b *bench, name string) (*workload, error) {
		n, k := b.pick(rows, 60), b.pick(cols, 20)
		p := dense(n, k, 1, independent, 2)
		p.grid(1, 1e-3)
		return b.linearLoad(name, fmt.Sprintf("%d×%d, one fit", n, k), p, tol, linearTight, "linear_fit", []linearPeer{
			{who: "sklearn, no Gram", peer: "sklearn", task: "sklearn_path", tolerances: gaps, params: map[string]float64{"gram": 0}},
			{who: "sklearn, Gram", peer: "sklearn", task: "sklearn_path", tolerances: gaps},
			{who: "glum", peer: "glum", task: "glum_path", tolerances: decades(-3, -10)},
			{who: "celer celer_path", peer: "celer", task: "celer_path", tolerances: gaps},
			{who: "R glmnet", peer: "glmnet", task: "path", tolerances: decades(-7, -24)},
		})
	}
}

// linearSparse is a path of 30 alphas down to last on a sparse design.
func linearSparse(last float64, intercept bool) maker {
	const tol = 1e-6
	return func(b *bench, name string) (*workload, error) {
		n, k, alphas, density := b.pick(20000, 200), b.pick(50000, 300), b.pick(30, 4), .002
		if b.quick {
			density = .04
		}
		p := sparse(n, k, density, intercept, 3)
		p.grid(alphas, last)
		shape := fmt.Sprintf("%d×%d sparse, %d alphas to %g", n, k, alphas, last)
		return b.linearLoad(name, shape, p, tol, linearTight, "linear_path", []linearPeer{
			{who: "sklearn", peer: "sklearn", task: "sklearn_path", tolerances: gapTolerances(tol)},
			{who: "celer celer_path", peer: "celer", task: "celer_path", tolerances: gapTolerances(tol)},
			{who: "skglm Lasso.path", peer: "skglm", task: "skglm_path", tolerances: decades(-3, -13)},
		})
	}
}

// linearTasks is the multi-task Lasso at one share of the largest useful alpha.
func linearTasks(share float64) maker {
	const tol = 1e-6
	return func(b *bench, name string) (*workload, error) {
		n, k, tasks := b.pick(500, 40), b.pick(2000, 60), b.pick(20, 3)
		p := dense(n, k, tasks, independent, 4)
		p.grid(1, share)
		return b.linearLoad(name, fmt.Sprintf("%d×%d, %d tasks", n, k, tasks), p, tol, linearTight, "linear_multitask", []linearPeer{
			{who: "sklearn MultiTaskElasticNet", peer: "sklearn", task: "sklearn_multitask", tolerances: gapTolerances(tol)},
			{who: "skglm MultiTaskLasso", peer: "skglm", task: "skglm_multitask", tolerances: decades(-3, -13)},
		})
	}
}

// linearTight is the gap that nogil is driven to beside the workload's own.
const linearTight = 1e-10

// goal is the entry of a workload that notes the goal it was set.
func goal(name, goal string, m maker) entry {
	return entry{name, func(b *bench) (*workload, error) {
		w, err := m(b, name)
		if err == nil {
			w.notes = append(w.notes, "goal: "+goal)
		}
		return w, err
	}}
}

// linearLoads lists the suite's workloads, each with the goal it was set.
func linearLoads() []entry {
	path := func(rows, cols int, m mix, peers []linearPeer) maker {
		return linearPath(rows, cols, m, 1e-6, linearTight, peers)
	}
	tight := func(cols int) maker { return linearPath(1000, cols, independent, 1e-10, 0, pathPeers(1e-10)) }
	all := pathPeers(1e-6)
	fastest := all[3:] // where columns hang together the others take minutes
	const correlated = "100 ms"
	return []entry{
		goal("path-200x5000", "36 ms, 8 × the fastest peer, 30 × scikit-learn; to 1e-10 in 1.3 × that time", path(200, 5000, independent, all)),
		goal("path-72x7129", "7 ms, 12 × the fastest peer; to 1e-10 in 1.3 × that time", path(72, 7129, independent, all)),
		goal("path-200x5000-ar", correlated, path(200, 5000, autoregressive, fastest)),
		goal("path-200x5000-equi", correlated, path(200, 5000, equicorrelated, fastest)),
		goal("path-200x5000-twins", correlated, path(200, 5000, duplicated, fastest)),
		goal("path-72x7129-ar", correlated, path(72, 7129, autoregressive, fastest)),
		goal("path-72x7129-equi", correlated, path(72, 7129, equicorrelated, fastest)),
		goal("path-72x7129-twins", correlated, path(72, 7129, duplicated, fastest)),
		goal("path-1000x512", "4 × glmnet", tight(512)),
		goal("path-1000x1024", "6 × glmnet", tight(1024)),
		goal("path-1000x2048", "6 × glmnet", tight(2048)),
		goal("fit-10000x100", "1.5 × scikit-learn, 2 × glum", linearFit(10000, 100)),
		goal("fit-10000x1000", "2 × scikit-learn, 2 × glum", linearFit(10000, 1000)),
		goal("fit-10000x5000", "2.5 × scikit-learn, 2 × glum", linearFit(10000, 5000)),
		goal("sparse-.01", "2 × the fastest peer", linearSparse(1e-2, false)),
		goal("sparse-.001", "1.5 × the fastest peer", linearSparse(1e-3, false)),
		goal("sparse-.01-intercept", "50 × scikit-learn", linearSparse(1e-2, true)),
		goal("tasks-.3", "3 × scikit-learn", linearTasks(.3)),
		goal("tasks-.1", "3 × scikit-learn", linearTasks(.1)),
		goal("tasks-.03", "3 × scikit-learn", linearTasks(.03)),
	}
}
