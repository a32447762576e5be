package linear

import "sync"

// cellBook takes in the cells that are done: a path of one l1_ratio on one fold each.
type cellBook struct {
	run   *cvRun
	mu    sync.Mutex
	count int
	known [][]bool
}

func newCellBook(run *cvRun) (*cellBook, error) {
	b := &cellBook{run: run, known: table[bool](len(run.L1Ratios), len(run.folds))}
	return b, nil
}

// done reports that a cell has come from the checkpoint.
func (b *cellBook) done(l, fold int) bool { return b.known[l][fold] }

// put takes in a cell, by alpha.
func (b *cellBook) put(l, fold int, mse, gaps []float64, iterations []int, reached []bool) error {
	b.keep(l, fold, mse, gaps, iterations, reached)
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

func (b *cellBook) close() error { return nil }
