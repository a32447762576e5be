package linear

import (
	"fmt"
	"math"
	"slices"

	"github.com/nogil-go/nogil/kernels"
)

// fold is what one fold fits to and tests on.
type fold struct {
	test, train kernels.RowSet // in ascending order
	complement  bool           // train is all that is not in test, and not listed
}

// readFolds returns the folds that split makes of n rows, or so many contiguous ones, or what
// is wrong with them.
func readFolds(split Splitter, folds, n int, weights []float64) ([]fold, error) {
	if split == nil && (folds < 0 || folds == 1) {
		return nil, fmt.Errorf("linear: Folds is %d, must be at least 2: %w", folds, ErrParameter)
	}
	var all []fold
	if split == nil {
		if folds == 0 {
			folds = 5
		}
		if folds > n {
			return nil, fmt.Errorf("linear: Folds is %d, more than the %d rows: %w", folds, n, ErrParameter)
		}
		for f, lo := 0, 0; f < folds; f++ {
			m := n / folds
			if f < n%folds {
				m++
			}
			all = append(all, fold{test: kernels.RowSet{Lo: lo, N: m}, complement: true})
			lo += m
		}
	} else {
		if own, ok := split.(checkedSplitter); ok {
			if err := own.check(n); err != nil {
				return nil, err
			}
		}
		reader := foldReader{n: n, mark: make([]uint8, n)}
		for train, test := range split.Split(n) {
			f, err := reader.read(len(all), train, test)
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("linear: Split has made no fold of %d rows: %w", n, ErrParameter)
		}
	}
	if weights != nil {
		return all, checkWeights(all, weights)
	}
	return all, nil
}

// foldReader reads lists of rows.
type foldReader struct {
	n    int
	mark []uint8 // by row: 1 where it is in test, 2 in train; zeros between folds
}

func (r *foldReader) read(number int, train, test []int) (fold, error) {
	var f fold
	var err error
	if f.test, err = r.list("test", number, test, 1); err != nil {
		return f, err
	}
	if f.train, err = r.list("training", number, train, 2); err != nil {
		return f, err
	}
	f.complement = !slices.Contains(r.mark, 0) && !slices.Contains(r.mark, 3)
	if f.complement {
		f.train = kernels.RowSet{}
	}
	clear(r.mark)
	return f, nil
}

// list checks and keeps one list.
func (r *foldReader) list(what string, number int, list []int, bit uint8) (kernels.RowSet, error) {
	if len(list) == 0 {
		return kernels.RowSet{}, fmt.Errorf("linear: fold %d of Split has no %s rows: %w", number, what, ErrParameter)
	}
	lo, hi := math.MaxInt, 0
	for _, i := range list {
		if i < 0 || i >= r.n {
			return kernels.RowSet{}, fmt.Errorf("linear: fold %d of Split has the %s row %d, of %d rows: %w", number, what, i, r.n, ErrParameter)
		}
		if r.mark[i]&bit != 0 {
			return kernels.RowSet{}, fmt.Errorf("linear: fold %d of Split has the %s row %d twice: %w", number, what, i, ErrParameter)
		}
		r.mark[i] |= bit
		lo, hi = min(lo, i), max(hi, i+1)
	}
	kept := kernels.RowSet{Lo: lo, N: len(list)}
	if hi-lo > len(list) {
		kept.Index = make([]int32, 0, len(list))
		for i, m := range r.mark[lo:hi] {
			if m&bit != 0 {
				kept.Index = append(kept.Index, int32(lo+i))
			}
		}
	}
	return kept, nil
}

// checkWeights returns an error for a fold without a weight in its training or test rows.
func checkWeights(folds []fold, weights []float64) error {
	nonzero := 0
	for _, s := range weights {
		if s != 0 {
			nonzero++
		}
	}
	for number, f := range folds {
		test, train := 0, 0
		for i := range f.test.N {
			if weights[f.test.At(i)] != 0 {
				test++
			}
		}
		for i := range f.train.N {
			if weights[f.train.At(i)] != 0 {
				train++
			}
		}
		if f.complement {
			train = nonzero - test
		}
		if test == 0 || train == 0 {
			what := "test"
			if test > 0 {
				what = "training"
			}
			return fmt.Errorf("linear: SampleWeights are all 0 in the %s rows of fold %d: %w", what, number, ErrParameter)
		}
	}
	return nil
}

// trainRows lists the training rows of f, of n in all.
func (f *fold) trainRows(n int) []int32 {
	list := make([]int32, 0, n)
	if !f.complement {
		for i := range f.train.N {
			list = append(list, int32(f.train.At(i)))
		}
		return list
	}
	next := 0
	for i := range int32(n) {
		if next < f.test.N && f.test.At(next) == int(i) {
			next++
		} else {
			list = append(list, i)
		}
	}
	return list
}
