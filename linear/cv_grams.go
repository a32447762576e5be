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

// rowMoments is kernels.Moments of either type.
type rowMoments interface {
	Set(rows kernels.RowSet, scratch, dst []float64, ld int)
	PackRows(rows kernels.RowSet, dst []float64)
}

// rowDesign is a design that has moments of rows.
type rowDesign interface {
	Design
	rowMoments(centre, y []float64, yCentre float64, root []float64) rowMoments
	nearMeans(weights []float64) []float64
}

func (d *dense[T]) rowMoments(centre, y []float64, yCentre float64, root []float64) rowMoments {
	return &kernels.Moments[T]{X: d.x, Centre: centre, Y: y, YCentre: yCentre, Root: root}
}

// nearMeans are the means of all rows or, of many, of 16 runs of 256 spread over them: any
// centre near the data serves. With weights they are the weighted ones of all rows, since a row
// that counts for nothing may hold anything.
func (d *dense[T]) nearMeans(weights []float64) []float64 {
	const run, runs = 256, 16
	n, means := d.x.Rows, make([]float64, d.x.Cols)
	if weights != nil {
		for i, s := range weights {
			if s == 0 {
				continue
			}
			for j := range means {
				means[j] += float64(s / float64(n) * float64(d.at(i, j)))
			}
		}
		return means
	}
	count := 0
	for lo := range spread(n, run, runs) {
		hi := min(lo+run, n)
		count += hi - lo
		if d.x.Layout == kernels.ColMajor {
			for j := range means {
				for _, v := range d.x.Data[j*d.x.Stride+lo : j*d.x.Stride+hi] {
					means[j] += float64(v)
				}
			}
			continue
		}
		for i := lo; i < hi; i++ {
			for j, v := range d.x.Data[i*d.x.Stride:][:d.x.Cols] {
				means[j] += float64(v)
			}
		}
	}
	for j := range means {
		means[j] /= float64(count)
	}
	return means
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
	outside      [][]int     // by fold: the groups that are not in its training set
	kept         [][]float64 // by group; nil where there is no room for all
	total        []float64
}

// foldBudget is how many bytes the moments of all groups may take; else they are made anew for
// each fold.
const foldBudget = 1 << 30

// groupRows puts the n rows in groups of those that are in the same training sets, unless that
// makes more than two a fold.
func (m *foldGrams) groupRows(folds []fold, n int) bool {
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

// add sets dst to the moments of rows, in pieces; square is scratch.
func (m *foldGrams) add(ctx context.Context, rows kernels.RowSet, w *foldWorker, dst []float64) error {
	step := m.pieceRows()
	m.z.Set(rows.Part(0, min(step, rows.N)), w.pack, dst, m.ld)
	for lo := step; lo < rows.N; lo += step {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m.z.Set(rows.Part(lo, min(lo+step, rows.N)), w.pack, w.square, m.ld)
		kernels.Axpy(parfor.Loop{Threads: 1}, 1, w.square, dst)
	}
	return nil
}

// sum makes the moments of all groups and their total, in parallel over pieces.
func (m *foldGrams) sum(ctx context.Context, loop parfor.Loop, pool *foldPool) error {
	size := m.side * m.ld
	m.total = pool.square(size)
	clear(m.total)
	if int64(len(m.groups))*int64(size)*8 <= foldBudget {
		m.kept = make([][]float64, len(m.groups))
	}
	type piece struct{ group, lo, hi int }
	var pieces []piece
	step := m.pieceRows()
	for g, r := range m.groups {
		for lo := 0; lo < r.N; lo += step {
			pieces = append(pieces, piece{g, lo, min(lo+step, r.N)})
		}
	}
	var spare []float64 // the group at hand, where none is kept
	loop.Progress = nil
	loop.ForOrdered(len(pieces), func(i int, ordered func(func())) {
		if ctx.Err() != nil {
			return
		}
		w := pool.take()
		defer pool.give(w)
		p := pieces[i]
		m.z.Set(m.groups[p.group].Part(p.lo, p.hi), w.pack, w.square, m.ld)
		ordered(func() {
			one := parfor.Loop{Threads: 1}
			if p.lo == 0 {
				if m.kept != nil {
					m.kept[p.group] = pool.square(size)
					spare = m.kept[p.group]
				} else if spare == nil {
					spare = make([]float64, size)
				}
				copy(spare, w.square)
			} else {
				kernels.Axpy(one, 1, w.square, spare)
			}
			if p.hi == m.groups[p.group].N && (p.group == 0 || !m.own) {
				kernels.Axpy(one, 1, spare, m.total)
			}
		})
	})
	return ctx.Err()
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
	one, outside := parfor.Loop{Threads: 1}, m.outside[number]
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
	clear(sum)
	for _, g := range from {
		part, err := m.of(ctx, g, w)
		if err != nil {
			return err
		}
		kernels.Axpy(one, sign, part, sum)
	}
	if sign < 0 {
		kernels.Axpy(one, 1, m.total, sum)
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
