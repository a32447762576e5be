package linear

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// listed is what s yields.
func listed(s Splitter, n int) (folds []Fold) {
	for train, test := range s.Split(n) {
		folds = append(folds, Fold{train, test})
	}
	return folds
}

// Folds are those of scikit-learn, index by index.
func TestSplittersAgreeWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/split.json") // written by testdata/split.py
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Kind     string
		N, Folds int
		Groups   []int
		MaxTrain int `json:"max_train"`
		TestSize int `json:"test_size"`
		Gap      int
		Want     [][2][]int
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, g := range golden {
		var s Splitter
		switch g.Kind {
		case "KFold":
			s = KFold{Folds: g.Folds}
		case "GroupKFold":
			s = GroupKFold{Folds: g.Folds, Groups: g.Groups}
		default:
			s = TimeSeriesSplit{Folds: g.Folds, MaxTrain: g.MaxTrain, TestSize: g.TestSize, Gap: g.Gap}
		}
		var want []Fold
		for _, f := range g.Want {
			want = append(want, Fold{f[0], f[1]})
		}
		if got := listed(s, g.N); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v of %d:\n%v, want\n%v", s, g.N, got, want)
		}
	}
}

// Shuffled folds are a partition drawn by the seed alone, and every size is as without.
func TestKFoldShuffle(t *testing.T) {
	const n = 103
	first := listed(KFold{Folds: 10, Shuffle: true, Seed: 1}, n)
	if !reflect.DeepEqual(first, listed(KFold{Folds: 10, Shuffle: true, Seed: 1}, n)) {
		t.Error("the same seed gives other folds")
	}
	if reflect.DeepEqual(first, listed(KFold{Folds: 10, Shuffle: true, Seed: 2}, n)) {
		t.Error("another seed gives the same folds")
	}
	var all []int
	for f, plain := range listed(KFold{Folds: 10}, n) {
		if len(first[f].Test) != len(plain.Test) || !slices.IsSorted(first[f].Test) || slices.Equal(first[f].Test, plain.Test) {
			t.Errorf("fold %d tests %v", f, first[f].Test)
		}
		all = append(all, first[f].Test...)
	}
	if slices.Sort(all); !slices.Equal(all, firstRows(n)) {
		t.Errorf("not a partition: %v", all)
	}
}

// A loop over folds may end early.
func TestSplitMayStop(t *testing.T) {
	for _, s := range []Splitter{KFold{}, GroupKFold{Folds: 2, Groups: []int{0, 1, 2, 3, 4, 5}}, TimeSeriesSplit{}, LeaveOneOut{}, Splits{{Test: []int{0}}, {Test: []int{1}}}} {
		for range s.Split(6) {
			break
		}
	}
}

// What cannot be split is an error that names what is wrong, and misuse of Split.
func TestSplitErrors(t *testing.T) {
	const (
		kFold = "linear: KFold: Folds is below 2 or above the number of rows"
		group = "linear: GroupKFold: Folds is below 2 or above the number of groups"
		time  = "linear: TimeSeriesSplit: too many Folds or too few rows"
	)
	for _, c := range []struct {
		s          Splitter
		want, bads string
	}{
		{KFold{Folds: 1}, "Folds is 1", kFold},
		{KFold{Folds: -2}, "Folds is -2", kFold},
		{KFold{Folds: 7}, "Folds is 7, must be at least 2 and at most the 6 rows", kFold},
		{GroupKFold{Folds: 4, Groups: []int{1, 1, 2, 2, 3, 3}}, "Folds is 4, must be at least 2 and at most the 3 groups", group},
		{TimeSeriesSplit{Folds: 1}, "Folds is 1", time},
		{TimeSeriesSplit{Folds: 6}, "Folds is 6, too many for 6 rows", time},
		{TimeSeriesSplit{Folds: 2, TestSize: 3}, "too many for 6 rows with tests of 3 rows", time},
		{TimeSeriesSplit{Folds: 2, TestSize: 1, Gap: 4}, "a gap of 4", time},
		{TimeSeriesSplit{Folds: 2, TestSize: math.MaxInt/2 + 1, Gap: math.MaxInt/2 + 1}, "too many", time},
		{TimeSeriesSplit{Folds: 2, TestSize: -1}, "TestSize is -1", time},
		{TimeSeriesSplit{Folds: 2, Gap: -1}, "Gap is -1", time},
		{TimeSeriesSplit{Folds: 2, MaxTrain: -1}, "MaxTrain is -1", time},
	} {
		if err := c.s.(checkedSplitter).check(6); !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.s, err, c.want)
		}
		mustPanic(t, c.bads, func() { c.s.Split(6) })
	}
	if err := (LeaveOneOut{}).check(1); !errors.Is(err, ErrParameter) {
		t.Errorf("one row: %v", err)
	}
	mustPanic(t, "linear: LeaveOneOut: fewer than 2 rows", func() { LeaveOneOut{}.Split(1) })
	mustPanic(t, "linear: GroupKFold: the length of Groups is not the number of rows", func() { GroupKFold{Groups: []int{1}}.check(6) })
}

// Lists are yielded as they are, and what is not tested where there is none to train on.
func TestSplits(t *testing.T) {
	s := Splits{{Train: []int{2, 0, 1}, Test: []int{2, 5}}, {Test: []int{4, 1}}, {Test: []int{9, -1, 0}}}
	want := []Fold{s[0], {[]int{0, 2, 3, 5}, s[1].Test}, {[]int{1, 2, 3, 4, 5}, s[2].Test}}
	if got := listed(s, 6); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s[1].Train != nil {
		t.Errorf("Splits were changed: %v", s)
	}
	want = want[:0]
	for i := range 4 {
		want = append(want, Fold{complement(4, []int{i}), []int{i}})
	}
	if got := listed(LeaveOneOut{}, 4); !reflect.DeepEqual(got, want) {
		t.Errorf("LeaveOneOut: %v", got)
	}
}

// A fit takes the folds of a splitter, and returns what is wrong with it.
func TestCVTakesSplitters(t *testing.T) {
	x, y := randomProblem(5, 12, 3, 0, 0)
	c := ElasticNetCV{NumAlphas: 5, Folds: 3}
	want := mustCV(t, c, Dense(x), y)
	var own Splits
	for _, f := range listed(KFold{Folds: 3}, 12) {
		own = append(own, f)
	}
	for _, c.Split = range []Splitter{KFold{Folds: 3}, own, Splits{{Test: own[0].Test}, {Test: own[1].Test}, {Test: own[2].Test}}} {
		if got := mustCV(t, c, Dense(x), y); !reflect.DeepEqual(got.MSEPath, want.MSEPath) {
			t.Errorf("%+v: %v, want %v", c.Split, got.MSEPath, want.MSEPath)
		}
	}
	for _, c.Split = range []Splitter{KFold{Folds: 13}, GroupKFold{Groups: make([]int, 12)}, TimeSeriesSplit{Folds: 12}, Splits{{Test: []int{12}}}} {
		if _, err := c.Fit(t.Context(), Dense(x), y); !errors.Is(err, ErrParameter) {
			t.Errorf("%+v: %v", c.Split, err)
		}
	}
	for _, s := range []Scorer{MSE, MAE, R2} {
		c.Split, c.Scorer = KFold{Folds: 3}, &s
		got := mustCV(t, c, Dense(x), y)
		if s.Name == MSE.Name != reflect.DeepEqual(got.MSEPath, want.MSEPath) {
			t.Errorf("%s: %v", s.Name, got.MSEPath)
		}
	}
}
