package linear

import (
	"context"
	"sync"
)

// cellBook takes in the cells that are done: a path of one l1_ratio on one fold each.
type cellBook struct {
	run   *cvRun
	mu    sync.Mutex
	count int
	known [][]bool // from the checkpoint
	file  *checkpoint
}

// newCellBook opens the checkpoint, if there is to be one, and takes over what it has. key is a
// hash of what the cells depend on.
func newCellBook(ctx context.Context, run *cvRun, key func(context.Context) ([32]byte, error)) (*cellBook, error) {
	b := &cellBook{run: run, known: table[bool](len(run.L1Ratios), len(run.folds))}
	if run.c.Checkpoint == "" {
		return b, nil
	}
	hash, err := key(ctx)
	if err != nil {
		return nil, err
	}
	alphas := len(run.Alphas[0])
	if b.file, err = openCheckpoint(run.c.Checkpoint, hash, len(run.L1Ratios), len(run.folds), alphas); err != nil {
		return nil, err
	}
	reached := make([]bool, alphas)
	for l := range run.L1Ratios {
		for fold := range run.folds {
			mse, gaps, saved, ok := b.file.cell(l, fold)
			if !ok {
				continue
			}
			iterations := make([]int, alphas)
			for a, it := range saved {
				reached[a], iterations[a] = it >= 0, max(it, ^it)
			}
			b.known[l][fold] = true
			b.count++
			b.keep(l, fold, mse, gaps, iterations, reached)
		}
	}
	return b, nil
}

// done reports that a cell has come from the checkpoint.
func (b *cellBook) done(l, fold int) bool { return b.known[l][fold] }

// put takes in a cell, by alpha. In the checkpoint the complement of the iterations stands for
// a fit that has not reached Tol.
func (b *cellBook) put(l, fold int, mse, gaps []float64, iterations []int, reached []bool) error {
	b.keep(l, fold, mse, gaps, iterations, reached)
	if b.file != nil {
		saved := make([]int, len(iterations))
		for a, it := range iterations {
			if saved[a] = it; !reached[a] {
				saved[a] = ^it
			}
		}
		if err := b.file.save(l, fold, mse, gaps, saved); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count++; b.run.c.Loop.Progress != nil {
		b.run.c.Loop.Progress(b.count, len(b.known)*len(b.run.folds))
	}
	return nil
}

func (b *cellBook) keep(l, fold int, mse, gaps []float64, iterations []int, reached []bool) {
	for a := range mse {
		b.run.MSEPath[l][a][fold], b.run.GapPath[l][a][fold] = mse[a], gaps[a]
		b.run.IterationsPath[l][a][fold], b.run.ConvergedPath[l][a][fold] = iterations[a], reached[a]
	}
}

func (b *cellBook) close() error {
	if b.file == nil {
		return nil
	}
	return b.file.close()
}

// key is a hash of what the cells depend on: the settings, y, the alphas and folds, and X: its
// contents, or where the run goes by moments and so begins with all of XᵀX and Xᵀy, these.
func (run *cvRun) key(ctx context.Context) ([32]byte, error) {
	h := newKeyHash("nogil cross-validation 5")
	h.settings(run)
	for i := range run.folds {
		h.fold(&run.folds[i])
	}
	if run.tall != nil {
		m := &run.tall.m
		for j := range m.p + 2 {
			h.floats(m.total[j*m.ld+j : j*m.ld+m.p+2])
		}
		return h.sum(), nil
	}
	err := h.design(ctx, run)
	return h.sum(), err
}
