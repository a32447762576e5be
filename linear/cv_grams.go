package linear

// The moments that folds are fitted to: one pass over the data for all of them. Rows that are in
// the same training sets form a group, and are added up once; a training set is a sum of
// groups, or what all have less the others, whichever is fewer.

import (
	"context"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// rowMoments are kernels.Moments of rows in memory, of either type, or of a stream.
type rowMoments interface {
	// sums calls take for each piece, so many rows of a group from the place lo on, with its
	// moments in w.square, which take may exchange: those of a group in their order, one call at a
	// time.
	sums(ctx context.Context, loop parfor.Loop, groups []kernels.RowSet, step, ld int, pool workers, take func(group, lo int, w *foldWorker)) error

	// packRows is kernels.Moments.PackRows of no more rows than packable says, of all that are
	// wanted.
	packRows(ctx context.Context, rows kernels.RowSet, dst []float64) error
	packable(wanted int) int
}

// workers lends what a thread works with.
type workers interface {
	take() *foldWorker
	give(*foldWorker)
}

// rowDesign is a design that has moments of rows.
type rowDesign interface {
	Design
	rowMoments(centre, y []float64, yCentre float64, root []float64) rowMoments

	// nearMeans are the means of all rows or, of many, of 16 runs of 32 spread over them: any
	// centre near the data serves. With weights they are the weighted ones of all rows, since a
	// row that counts for nothing may hold anything.
	nearMeans(ctx context.Context, loop parfor.Loop, weights []float64) ([]float64, error)

	// fault returns what is wrong with the data, of which the squares of the columns are not
	// what they should be; nil where nothing is.
	fault(ctx context.Context, o Options, y, squares []float64) error
}

func (d *dense[T]) rowMoments(centre, y []float64, yCentre float64, root []float64) rowMoments {
	return &denseMoments[T]{kernels.Moments[T]{X: d.x, Centre: centre, Y: y, YCentre: yCentre, Root: root}}
}

func (d *dense[T]) fault(_ context.Context, o Options, y, _ []float64) error {
	_, err := d.problem(o, y)
	return err
}

// denseMoments are the moments of rows in memory.
type denseMoments[T kernels.Float] struct{ z kernels.Moments[T] }

// sums goes through group after group.
func (m *denseMoments[T]) sums(ctx context.Context, loop parfor.Loop, groups []kernels.RowSet, step, ld int, pool workers, take func(group, lo int, w *foldWorker)) error {
	type piece struct{ group, lo, hi int }
	var pieces []piece
	for g, r := range groups {
		for lo := 0; lo < r.N; lo += step {
			pieces = append(pieces, piece{g, lo, min(lo+step, r.N)})
		}
	}
	loop.Progress = nil
	z := m.z
	z.Stopped = func() bool { return ctx.Err() != nil }
	loop.ForOrdered(len(pieces), func(i int, ordered func(func())) {
		if ctx.Err() != nil {
			return
		}
		w := pool.take()
		defer pool.give(w)
		p := pieces[i]
		z.Set(groups[p.group].Part(p.lo, p.hi), w.pack, w.square, ld)
		ordered(func() {
			if ctx.Err() == nil { // else a piece before this one may be missing
				take(p.group, p.lo, w)
			}
		})
	})
	return ctx.Err()
}

func (m *denseMoments[T]) packRows(_ context.Context, rows kernels.RowSet, dst []float64) error {
	m.z.PackRows(rows, dst)
	return nil
}

func (m *denseMoments[T]) packable(wanted int) int { return wanted }

// How many rows nearMeans reads, where there are so many.
const nearRun, nearRuns = 32, 16

func (d *dense[T]) nearMeans(_ context.Context, loop parfor.Loop, weights []float64) ([]float64, error) {
	means := make([]float64, d.x.Cols)
	loop.Schedule, loop.Grain = parfor.Static(0), 64
	loop.For(len(means), func(lo, hi int) {
		if weights != nil {
			d.addWeighted(weights, lo, means[lo:hi])
		} else {
			d.addNear(lo, means[lo:hi])
		}
	})
	return means, nil
}

// addWeighted adds to sums the weighted means of the columns from number first on.
func (d *dense[T]) addWeighted(weights []float64, first int, sums []float64) {
	n := d.x.Rows
	for i, s := range weights {
		if s == 0 {
			continue
		}
		for j := range sums {
			sums[j] += float64(s / float64(n) * float64(d.at(i, first+j)))
		}
	}
}

// addNear adds to sums the means of the rows that nearMeans takes, of the columns from number
// first on.
func (d *dense[T]) addNear(first int, sums []float64) {
	n, count := d.x.Rows, 0
	for lo := range spread(n, nearRun, nearRuns) {
		hi := min(lo+nearRun, n)
		count += hi - lo
		if d.x.Layout == kernels.ColMajor {
			for j := range sums {
				for _, v := range d.x.Data[(first+j)*d.x.Stride+lo : (first+j)*d.x.Stride+hi] {
					sums[j] += float64(v)
				}
			}
			continue
		}
		for i := lo; i < hi; i++ {
			for j, v := range d.x.Data[i*d.x.Stride+first:][:len(sums)] {
				sums[j] += float64(v)
			}
		}
	}
	for j := range sums {
		sums[j] /= float64(count)
	}
}

// spread yields where runs of rows begin that cover n rows, or are spread over them.
func spread(n, run, runs int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		all := (n-1)/run + 1
		for r := range min(all, runs) {
			lo := r * run
			if all > runs {
				lo = int(int64(r) * int64(n-run) / int64(runs-1))
			}
			if !yield(lo) {
				return
			}
		}
	}
}

// foldGrams are the moments of groups of rows.
type foldGrams struct {
	z            rowMoments
	rows, p      int
	side, ld     int // of moments
	centre, root []float64
	yCentre      float64
	groups       []kernels.RowSet
	own          bool        // group 0 is all rows, the others the training sets of the folds
	keep         bool        // all groups, whatever their size
	outside      [][]int     // by fold: the groups that are not in its training set
	kept         [][]float64 // by group; nil where there is no room for all
	total        []float64
}

// foldBudget is how many bytes the moments of all groups may take; else they are made anew for
// each fold. Tests change it.
var foldBudget int64 = 1 << 30

// groupRows puts the n rows in groups of those that are in the same training sets, unless that
// makes more than two a fold.
func (m *foldGrams) groupRows(folds []fold, n int) bool {
	if m.testGroups(folds, n) {
		return true
	}
	group, count := make([]int32, n), int32(1)
	for _, f := range folds {
		listed := f.train
		if f.complement {
			listed = f.test
		}
		split := map[int32]int32{}
		for i := range listed.N {
			row := listed.At(i)
			to, ok := split[group[row]]
			if !ok {
				to = count
				split[group[row]] = to
				count++
			}
			group[row] = to
		}
	}
	m.groups = nil
	place := make([]int, count) // of each group that has rows, from 1
	for _, g := range group {
		if place[g] == 0 {
			m.groups = append(m.groups, kernels.RowSet{})
			place[g] = len(m.groups)
		}
		m.groups[place[g]-1].N++
	}
	if len(m.groups) > 2*len(folds)+2 {
		return false
	}
	for row, g := range group {
		r := &m.groups[place[g]-1]
		if r.Index == nil {
			r.Lo, r.Index = row, make([]int32, 0, 1)
		}
		r.Index = append(r.Index, int32(row))
	}
	for i := range m.groups {
		if r := &m.groups[i]; int(r.Index[r.N-1])-r.Lo == r.N-1 {
			r.Index = nil
		}
	}
	m.outside = make([][]int, len(folds))
	for number := range folds {
		for i, r := range m.groups {
			if !folds[number].trains(r.At(0)) {
				m.outside[number] = append(m.outside[number], i)
			}
		}
	}
	return true
}

// testGroups takes the test sets for the groups where they are the rows in order, each tested
// on by what the others are fitted to: then no list of rows is made.
func (m *foldGrams) testGroups(folds []fold, n int) bool {
	next := 0
	for _, f := range folds {
		if !f.complement || f.test.Index != nil || f.test.Lo != next {
			return false
		}
		next += f.test.N
	}
	if next < n {
		return false
	}
	for i, f := range folds {
		m.groups, m.outside = append(m.groups, f.test), append(m.outside, []int{i})
	}
	return true
}

// ownRows makes a group of each training set.
func (m *foldGrams) ownRows(folds []fold, n int) {
	m.own, m.groups = true, []kernels.RowSet{{N: n}}
	m.outside = make([][]int, len(folds))
	for i := range folds {
		list := folds[i].trainRows(n)
		m.groups = append(m.groups, kernels.RowSet{N: len(list), Index: list})
	}
}

// trains reports that a row is in the training set of f.
func (f *fold) trains(row int) bool {
	if f.complement {
		return !contains(f.test, row)
	}
	return contains(f.train, row)
}

func contains(r kernels.RowSet, row int) bool {
	if r.Index == nil {
		return row >= r.Lo && row < r.Lo+r.N
	}
	_, ok := slices.BinarySearch(r.Index, int32(row))
	return ok
}

// pieceRows is how many rows are added up before they are added to those before them: some
// milliseconds' work.
func (m *foldGrams) pieceRows() int { return max(256, min(2048, 1<<28/(m.side*m.side))) }

// add sets dst to the moments of rows, in pieces; w.square is scratch.
func (m *foldGrams) add(ctx context.Context, rows kernels.RowSet, w *foldWorker, dst []float64) error {
	one := parfor.Loop{Threads: 1}
	return m.z.sums(ctx, one, []kernels.RowSet{rows}, m.pieceRows(), m.ld, oneWorker{w}, func(_, lo int, w *foldWorker) {
		if lo == 0 {
			inParts(ctx, len(dst), func(i, k int) { copy(dst[i:k], w.square[i:k]) })
		} else {
			addTo(ctx, dst, w.square, 1)
		}
	})
}

// inParts calls f for parts of n elements, of which there are half a billion bytes where there are
// many columns, until ctx is done: what comes of that is of no worth.
func inParts(ctx context.Context, n int, f func(lo, hi int)) {
	for lo := 0; lo < n && ctx.Err() == nil; lo += 1 << 20 {
		f(lo, min(lo+1<<20, n))
	}
}

// addTo adds sign·from to dst, in parts.
func addTo(ctx context.Context, dst, from []float64, sign float64) {
	one := parfor.Loop{Threads: 1}
	inParts(ctx, len(dst), func(lo, hi int) { kernels.Axpy(one, sign, from[lo:hi], dst[lo:hi]) })
}

// oneWorker is lent and given back in turn.
type oneWorker struct{ w *foldWorker }

func (o oneWorker) take() *foldWorker { return o.w }
func (o oneWorker) give(*foldWorker)  {}

// sum makes the moments of all groups and their total, in parallel over pieces.
func (m *foldGrams) sum(ctx context.Context, loop parfor.Loop, pool *foldPool) error {
	size := m.side * m.ld
	m.total = pool.square(size)
	if m.keep || int64(len(m.groups))*int64(size)*8 <= foldBudget {
		m.kept = make([][]float64, len(m.groups))
		err := m.z.sums(ctx, loop, m.groups, m.pieceRows(), m.ld, pool, func(g, lo int, w *foldWorker) {
			if lo == 0 {
				m.kept[g], w.square = w.square, pool.square(size)
			} else {
				addTo(ctx, m.kept[g], w.square, 1)
			}
		})
		if err == nil {
			m.addUp(loop)
		}
		return err
	}
	inParts(ctx, size, func(lo, hi int) { clear(m.total[lo:hi]) })
	step, group := m.pieceRows(), make([]float64, size)
	return m.z.sums(ctx, loop, m.groups, step, m.ld, pool, func(g, lo int, w *foldWorker) {
		if lo == 0 {
			inParts(ctx, size, func(i, k int) { copy(group[i:k], w.square[i:k]) })
		} else {
			addTo(ctx, group, w.square, 1)
		}
		if lo+step >= m.groups[g].N && (g == 0 || !m.own) {
			addTo(ctx, m.total, group, 1)
		}
	})
}

// addUp sets total to the sum of the groups that are kept, in their order: column by column, so
// that a column of it stays in the first cache.
func (m *foldGrams) addUp(loop parfor.Loop) {
	one, from := parfor.Loop{Threads: 1}, m.kept
	if m.own {
		from = from[:1]
	}
	loop.Progress, loop.Schedule = nil, parfor.Dynamic(16)
	loop.For(m.side, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			column := m.total[j*m.ld+j : j*m.ld+m.side]
			clear(column)
			for _, square := range from {
				kernels.Axpy(one, 1, square[j*m.ld+j:][:len(column)], column)
			}
		}
	})
}

// of returns the moments of group g: kept, or made again in spare.
func (m *foldGrams) of(ctx context.Context, g int, w *foldWorker) ([]float64, error) {
	if m.kept != nil {
		return m.kept[g], nil
	}
	if w.group == nil {
		w.group = make([]float64, len(w.square))
	}
	return w.group, m.add(ctx, m.groups[g], w, w.group)
}

// training makes q the problem of the training set of a fold, in w.square.
func (m *foldGrams) training(ctx context.Context, number int, w *foldWorker, q *foldProblem, o *Options) error {
	outside := m.outside[number]
	if !m.own && len(outside) == 1 {
		part, err := m.of(ctx, outside[0], w)
		if err == nil {
			q.set(m, m.total, part, w.square, o)
		}
		return err
	}
	sign, from := -1.0, outside
	switch {
	case m.own:
		sign, from = 1, []int{number + 1}
	case 2*len(outside) > len(m.groups):
		sign, from = 1, nil
		for g := range m.groups {
			if !slices.Contains(outside, g) {
				from = append(from, g)
			}
		}
	}
	sum := w.room()
	inParts(ctx, len(sum), func(lo, hi int) { clear(sum[lo:hi]) })
	for _, g := range from {
		part, err := m.of(ctx, g, w)
		if err != nil {
			return err
		}
		addTo(ctx, sum, part, sign)
	}
	if sign < 0 {
		addTo(ctx, sum, m.total, 1)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	q.set(m, sum, nil, w.square, o)
	return nil
}

// foldProblem is what the rows of a training set come to: the centred Gram matrix, in full,
// with columns ld apart, and what goes with it.
type foldProblem struct {
	gram      []float64
	p, ld     int
	total     float64   // the sum of the weights
	shift     []float64 // the means of the columns less the centre, zeros without intercept
	yShift    float64
	xy, norm2 []float64 // Xᵀy, ‖X_j‖², 0 for a column that explains nothing
	yy        float64
	scale     []float64 // σ_j with Standardize, else nil
	cancelled bool      // a column varies so little beside the total that digits are lost
	raw, sums []float64 // Σ s·(x − centre)² and Σ s·(x − centre)
	q         *foldGrams
}

// set makes the problem of the moments total less part, which may be nil, with square, which may
// be total, for its Gram matrix.
func (q *foldProblem) set(m *foldGrams, total, part, square []float64, o *Options) {
	p, ld := m.p, m.ld
	at := func(i, j int) float64 {
		if part != nil {
			return total[j*ld+i] - part[j*ld+i]
		}
		return total[j*ld+i]
	}
	*q = foldProblem{
		gram: square, p: p, ld: ld, q: m, total: at(p+1, p+1), yy: at(p, p), raw: resize(q.raw, p), sums: resize(q.sums, p),
		shift: resize(q.shift, p), xy: resize(q.xy, p), norm2: resize(q.norm2, p),
	}
	t := at(p+1, p)
	if !o.NoIntercept {
		q.yShift = t / q.total
		q.yy = max(q.yy-float64(t*q.yShift), 0)
	}
	for j := range p {
		q.raw[j], q.xy[j], q.sums[j], q.shift[j] = at(j, j), at(p, j), 0, 0
		if !o.NoIntercept {
			q.sums[j] = at(p+1, j)
			q.shift[j] = q.sums[j] / q.total
			q.xy[j] -= float64(q.sums[j] * q.yShift)
		}
	}
	kernels.CentreMoments(total, part, q.sums, q.shift, square, ld)
	for j := range p {
		q.norm2[j] = square[j*ld+j]
	}
}

// judge finds the columns that explain nothing, and whether others, y or the weights have lost too
// many digits to the total, of which all is what each and y add up to in all rows, of weight rows. exact says that
// the moments are no difference.
func (q *foldProblem) judge(all []float64, weight float64, exact bool, o *Options) {
	q.cancelled = false
	for j, v := range q.norm2 {
		size := math.Abs(q.q.centre[j] + q.shift[j])
		if o.NoIntercept {
			size = 0
		}
		switch {
		case flat(all[j], weight, size):
			q.norm2[j] = 0
		case exact && flat(v, q.total, max(size, math.Sqrt(all[j]/weight))):
			q.norm2[j] = 0
		case !exact && !(v > 1e-5*all[j]):
			q.cancelled = true
		}
	}
	if !exact && !(q.yy >= 1e-5*all[q.p] && q.total > 1e-5*weight) {
		q.cancelled = true
	}
	if o.Standardize {
		q.scale = deviations(q.norm2, q.total)
	}
}

// flat reports that squares of weight total are those of a constant column of that size.
func flat(squares, total, size float64) bool {
	return squares < 0x1p-970 || math.Sqrt(squares) <= 0x1p-48*math.Sqrt(total)*size
}

// drop makes the columns that have no part in the problem zeros.
func (q *foldProblem) drop(without []int32) {
	for _, j := range without {
		q.xy[j] = 0
		clear(q.gram[int(j)*q.ld:][:q.p])
		for i := range q.p {
			q.gram[i*q.ld+int(j)] = 0
		}
	}
}

// problem is q for the solver of one fit.
func (q *foldProblem) problem() *problem {
	view := kernels.Matrix[float64]{Rows: q.p, Cols: q.p, Stride: q.ld, Layout: kernels.ColMajor, Data: q.gram}
	f := &gramForm{m: kernels.NewGramMatrix(view), xy: q.xy, g: slices.Clone(q.xy), yy: q.yy}
	return &problem{form: f, rows: int(min(q.total, math.MaxInt32)), total: q.total, norm2: q.norm2, yy: q.yy, scale: q.scale, mean: q.shift, yMean: q.yShift}
}
