package linear

// How rows are split into training and test sets: the splitters of scikit-learn, each with
// the same folds as there, and the user's own lists.

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
)

// KFold splits the rows into Folds test sets as equal as can be, the first n mod Folds of
// them one row larger, each with all other rows to train on: in order, or with Shuffle in
// the random order that Seed draws. Folds 0 means 5. Without Shuffle the folds are those of
// scikit-learn's KFold.
type KFold struct {
	Folds   int
	Shuffle bool
	Seed    uint64
}

// Split yields the training and the test rows of each fold, both ascending, in new slices.
// It panics where Folds is below 2 or above n.
func (k KFold) Split(n int) iter.Seq2[[]int, []int] {
	mustSplit(k.check(n), "linear: KFold: Folds is below 2 or above the number of rows")
	return complements(n, k.tests(n))
}

func (k KFold) folds() int { return cmp.Or(k.Folds, 5) }

func (k KFold) check(n int) error {
	if k.folds() < 2 || k.folds() > n {
		return fmt.Errorf("linear: Folds is %d, must be at least 2 and at most the %d rows: %w", k.folds(), n, ErrParameter)
	}
	return nil
}

func (k KFold) tests(n int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		order := firstRows(n)
		if k.Shuffle {
			rand.New(rand.NewPCG(k.Seed, 0)).Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		folds := k.folds()
		for f := range folds {
			size := n / folds
			if f < n%folds {
				size++
			}
			test := slices.Clone(order[:size])
			order = order[size:]
			slices.Sort(test)
			if !yield(test) {
				return
			}
		}
	}
}

// GroupKFold splits groups of rows: rows of one group are all in the training set or all in
// the test set. Groups has the group of each row, any numbers. The largest group goes first,
// each into the test set that has the fewest rows so far, which gives the folds of
// scikit-learn's GroupKFold. Folds 0 means 5.
type GroupKFold struct {
	Folds  int
	Groups []int
}

// Split yields the training and the test rows of each fold, both ascending, in new slices.
// It panics where Groups is not n long, or Folds below 2 or above the number of groups.
func (k GroupKFold) Split(n int) iter.Seq2[[]int, []int] {
	mustSplit(k.check(n), "linear: GroupKFold: Folds is below 2 or above the number of groups")
	return complements(n, k.tests(n))
}

func (k GroupKFold) folds() int { return cmp.Or(k.Folds, 5) }

func (k GroupKFold) check(n int) error {
	if len(k.Groups) != n {
		panic("linear: GroupKFold: the length of Groups is not the number of rows")
	}
	if groups := len(k.rows()); k.folds() < 2 || k.folds() > groups {
		return fmt.Errorf("linear: Folds is %d, must be at least 2 and at most the %d groups: %w", k.folds(), groups, ErrParameter)
	}
	return nil
}

// rows returns the rows of each group.
func (k GroupKFold) rows() map[int][]int {
	rows := map[int][]int{}
	for i, g := range k.Groups {
		rows[g] = append(rows[g], i)
	}
	return rows
}

func (k GroupKFold) tests(int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		rows := k.rows()
		groups := make([]int, 0, len(rows))
		for g := range rows {
			groups = append(groups, g)
		}
		// Equal sizes from the last group down, which is scikit-learn's ascending sort read backwards.
		slices.SortFunc(groups, func(a, b int) int {
			return cmp.Or(cmp.Compare(len(rows[b]), len(rows[a])), cmp.Compare(b, a))
		})
		tests := make([][]int, k.folds())
		for _, g := range groups {
			lightest := 0
			for f := range tests {
				if len(tests[f]) < len(tests[lightest]) {
					lightest = f
				}
			}
			tests[lightest] = append(tests[lightest], rows[g]...)
		}
		for _, test := range tests {
			slices.Sort(test)
			if !yield(test) {
				return
			}
		}
	}
}

// TimeSeriesSplit is for rows in the order of time: each test set is TestSize rows, the last
// one at the end, and is trained for on rows before it, all but the Gap rows just before, and
// no more than MaxTrain of them. Folds 0 means 5, TestSize 0 means n/(Folds+1), and MaxTrain 0
// all. The folds are those of scikit-learn's TimeSeriesSplit.
type TimeSeriesSplit struct {
	Folds                   int
	MaxTrain, TestSize, Gap int
}

// Split yields the training and the test rows of each fold, both ascending, in new slices.
// It panics where Folds is below 2, a field is negative, or the first training set empty.
func (k TimeSeriesSplit) Split(n int) iter.Seq2[[]int, []int] {
	mustSplit(k.check(n), "linear: TimeSeriesSplit: too many Folds or too few rows")
	return func(yield func(train, test []int) bool) {
		folds, size := k.folds(), k.size(n)
		rows := firstRows(n)
		for f := range folds {
			start := n - (folds-f)*size
			end, from := start-k.Gap, 0
			if k.MaxTrain > 0 {
				from = max(end-k.MaxTrain, 0)
			}
			if !yield(slices.Clone(rows[from:end]), slices.Clone(rows[start:start+size])) {
				return
			}
		}
	}
}

func (k TimeSeriesSplit) folds() int     { return cmp.Or(k.Folds, 5) }
func (k TimeSeriesSplit) size(n int) int { return cmp.Or(k.TestSize, n/(k.folds()+1)) }

func (k TimeSeriesSplit) check(n int) error {
	for _, field := range []struct {
		name         string
		value, least int
	}{{"Folds", k.folds(), 2}, {"MaxTrain", k.MaxTrain, 0}, {"TestSize", k.TestSize, 0}, {"Gap", k.Gap, 0}} {
		if field.value < field.least {
			return fmt.Errorf("linear: %s is %d, must be at least %d: %w", field.name, field.value, field.least, ErrParameter)
		}
	}
	// Divided, not multiplied, so that nothing overflows.
	if size := k.size(n); size == 0 || k.Gap >= n || (n-k.Gap-1)/size < k.folds() {
		return fmt.Errorf("linear: Folds is %d, too many for %d rows with tests of %d rows and a gap of %d: %w", k.folds(), n, size, k.Gap, ErrParameter)
	}
	return nil
}

// LeaveOneOut tests each row by itself, on a model of all others.
type LeaveOneOut struct{}

// Split yields the training and the test row of each fold, in new slices, the former
// ascending. It panics where n is below 2.
func (k LeaveOneOut) Split(n int) iter.Seq2[[]int, []int] {
	mustSplit(k.check(n), "linear: LeaveOneOut: fewer than 2 rows")
	return complements(n, k.tests(n))
}

func (k LeaveOneOut) check(n int) error {
	if n < 2 {
		return fmt.Errorf("linear: leaving one out of %d rows leaves none: %w", n, ErrParameter)
	}
	return nil
}

func (k LeaveOneOut) tests(n int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for i := range n {
			if !yield([]int{i}) {
				return
			}
		}
	}
}

// Fold is one training set and one test set, as numbers of rows. Train nil means all rows
// but those of Test.
type Fold struct{ Train, Test []int }

// Splits are the user's own folds. A fit takes lists in any order, and rows that are in
// several, but none that has a row twice.
type Splits []Fold

// Split yields the lists as they are, and for Train nil a new one, ascending.
func (s Splits) Split(n int) iter.Seq2[[]int, []int] {
	return func(yield func(train, test []int) bool) {
		for _, f := range s {
			if f.Train == nil {
				f.Train = complement(n, f.Test)
			}
			if !yield(f.Train, f.Test) {
				return
			}
		}
	}
}

// checkedSplitter is a Splitter that knows what it cannot split.
type checkedSplitter interface {
	Splitter
	check(n int) error
}

// complements yields each test set with all other rows to train on.
func complements(n int, tests iter.Seq[[]int]) iter.Seq2[[]int, []int] {
	return func(yield func(train, test []int) bool) {
		for test := range tests {
			if !yield(complement(n, test), test) {
				return
			}
		}
	}
}

// complement returns the rows that are not in test, ascending.
func complement(n int, test []int) []int {
	out := make([]bool, n)
	for _, i := range test {
		if i >= 0 && i < n { // a fit says what is wrong with others
			out[i] = true
		}
	}
	train := make([]int, 0, n)
	for i := range n {
		if !out[i] {
			train = append(train, i)
		}
	}
	return train
}

// mustSplit panics where err is what a fit would return.
func mustSplit(err error, misuse string) {
	if err != nil {
		panic(misuse)
	}
}

// firstRows are 0, 1, … n−1.
func firstRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}
