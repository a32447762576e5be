package linear

// Folds of a cross-validation as results that are kept: package memo does not know this one, nor
// this one it. What connects them is a function of a value that memo can hash.

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
)

// A CVFold is the work of one fold of a cross-validation. Key is a SHA-256 of all that its
// results depend on: X, y, the rows of the fold, l1_ratios, alphas, options and the Scorer's name.
type CVFold struct {
	Key string

	work func(context.Context) (FoldErrors, error) `memo:"-"`
}

// FoldErrors are the results of one fold, by l1_ratio and alpha: what [CVFit] has of it.
type FoldErrors struct {
	MSE, Gaps  [][]float64
	Iterations [][]int
	Converged  [][]bool
}

// ComputeFold does the work of a fold: the function that memo.Func makes one for
// [ElasticNetCV.Memo] of. It panics where f is not what a cross-validation has given to Memo.
func ComputeFold(ctx context.Context, f CVFold) (FoldErrors, error) {
	if f.work == nil {
		panic("linear: ComputeFold: a fold of no cross-validation")
	}
	return f.work(ctx)
}

// putCell takes in the path of l1_ratio number l, by alpha; it keeps no slice.
type putCell func(l int, mse, gaps []float64, iterations []int, reached []bool) error

// foldTask is l1_ratios of a fold that are done at a time.
type foldTask struct {
	fold int
	ls   []int
}

// tasks are those that are left to do: the l1_ratios of a fold together, or each by itself; with
// a Memo, whole folds.
func (b *cellBook) tasks(together bool) (tasks []foldTask) {
	for number := range b.run.folds {
		var ls []int
		for l := range b.run.L1Ratios {
			if !b.done(l, number) {
				ls = append(ls, l)
			}
		}
		switch {
		case ls == nil:
		case b.run.c.Memo != nil:
			tasks = append(tasks, foldTask{number, firstRows(len(b.run.L1Ratios))})
		case together:
			tasks = append(tasks, foldTask{number, ls})
		default:
			for i := range ls {
				tasks = append(tasks, foldTask{number, ls[i : i+1]})
			}
		}
	}
	return tasks
}

// do does a task: work calls put for each of its l1_ratios, unless a Memo knows the results.
func (b *cellBook) do(ctx context.Context, t foldTask, work func(context.Context, putCell) error) error {
	c := b.run.c
	if c.Memo == nil {
		return work(ctx, func(l int, mse, gaps []float64, iterations []int, reached []bool) error {
			return b.put(l, t.fold, mse, gaps, iterations, reached)
		})
	}
	compute := func(ctx context.Context) (FoldErrors, error) {
		k := len(b.run.L1Ratios)
		r := FoldErrors{make([][]float64, k), make([][]float64, k), make([][]int, k), make([][]bool, k)}
		err := work(ctx, func(l int, mse, gaps []float64, iterations []int, reached []bool) error {
			r.MSE[l], r.Gaps[l] = slices.Clone(mse), slices.Clone(gaps)
			r.Iterations[l], r.Converged[l] = slices.Clone(iterations), slices.Clone(reached)
			return nil
		})
		return r, err
	}
	r, err := c.Memo(ctx, CVFold{b.run.foldKey(t.fold), compute})
	if err != nil {
		return err
	}
	for l, alphas := range b.run.Alphas {
		n := len(alphas)
		if len(r.MSE) <= l || len(r.Gaps) <= l || len(r.Iterations) <= l || len(r.Converged) <= l ||
			len(r.MSE[l]) != n || len(r.Gaps[l]) != n || len(r.Iterations[l]) != n || len(r.Converged[l]) != n {
			return fmt.Errorf("linear: Memo has returned another shape than that of fold %d: %w", t.fold, ErrParameter)
		}
		if b.done(l, t.fold) {
			continue
		}
		if err := b.put(l, t.fold, r.MSE[l], r.Gaps[l], r.Iterations[l], r.Converged[l]); err != nil {
			return err
		}
	}
	return nil
}

// keyHash is a hash of numbers.
type keyHash struct{ hash.Hash }

func newKeyHash(what string) keyHash {
	h := keyHash{sha256.New()}
	h.Write([]byte(what))
	return h
}

func (h keyHash) sum() [32]byte { return [32]byte(h.Sum(nil)) }

func (h keyHash) ints(v ...int) {
	for _, i := range v {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(i)))
	}
}

func (h keyHash) floats(v []float64) {
	h.ints(len(v))
	data := make([]byte, 0, 8*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
	}
	h.Write(data)
}

func (h keyHash) set(r kernels.RowSet) {
	h.ints(r.Lo, r.N, len(r.Index))
	for _, i := range r.Index {
		h.ints(int(i))
	}
}

var flag = map[bool]int{true: 1}

// settings adds what all cells depend on beside X.
func (h keyHash) settings(run *cvRun) {
	c, o := run.c, &run.c.Options
	n, p := run.x.Dims()
	h.ints(n, p, int(run.Strategy), o.maxIter(), flag[o.NoIntercept], flag[o.Positive], flag[o.Standardize], int(o.Selection), int(o.Seed), int(o.Algorithm))
	h.floats([]float64{o.tol()})
	for _, v := range [][]float64{o.SampleWeights, o.PenaltyFactors, o.Init, run.L1Ratios, run.y} {
		h.floats(v)
	}
	for _, alphas := range run.Alphas {
		h.floats(alphas)
	}
	if c.Scorer != nil {
		h.Write([]byte(c.Scorer.Name))
		h.ints(flag[c.Scorer.GreaterIsBetter])
	}
}

func (h keyHash) fold(f *fold) {
	h.ints(flag[f.complement])
	h.set(f.test)
	h.set(f.train)
}

// foldKey is the key of a fold, where there is a Memo.
func (run *cvRun) foldKey(number int) string {
	h := newKeyHash("nogil cross-validation, one fold 2")
	h.Write(run.digest[:])
	h.fold(&run.folds[number])
	return fmt.Sprintf("%x", h.sum())
}

// digestAll is a hash of X and of all else that every fold depends on.
func (run *cvRun) digestAll(ctx context.Context) error {
	h := newKeyHash("nogil cross-validation, data 2")
	err := h.design(ctx, run)
	h.settings(run)
	if run.tall != nil {
		for _, r := range run.tall.m.groups { // whose order is that of the sums
			h.set(r)
		}
	}
	run.digest = h.sum()
	return err
}

// design adds X, which a run hashes once.
func (h keyHash) design(ctx context.Context, run *cvRun) error {
	var err error
	if run.content == nil {
		var x [32]byte
		x, err = run.x.(contents).hash(ctx, run.c.Loop)
		run.content = x[:]
	}
	h.Write(run.content)
	if d, ok := run.x.(interface{ layout() kernels.Layout }); ok && run.tall == nil {
		h.ints(int(d.layout())) // products of rows and of columns have bits of their own
	}
	return err
}

func (d *dense[T]) layout() kernels.Layout { return d.x.Layout }
