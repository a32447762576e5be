package kernels

import (
	"slices"
	"testing"
)

func TestReach(t *testing.T) {
	first, second := []float64{1, -3, 0.5, -2}, []float64{2, -3, 0.5, 0}
	norm, l1 := []float64{1, 1, 2, 1}, []float64{2, 2, 2, 5}
	unit := []float64{0, 0, 0.5, 0.25}
	pen := Penalty{L1: l1}
	// With c = 1 the estimates are 0, −3, 0.5 and −4.
	for _, c := range []struct {
		slack, fog, near float64
		positive         bool
		want             []int32
	}{
		{0, 0, 1, false, []int32{9, 1}},
		{0.75, 0, 1, false, []int32{9, 1, 2}},
		{1, 0, 1, false, []int32{9, 1, 2, 3}},
		{1, 0, 1, true, []int32{9, 2}},
		{0, 0, 0.8, false, []int32{9, 1, 3}},
		{0, 3, 1, false, []int32{9, 1, 2}},
		{0, 4, 1, false, []int32{9, 1, 2, 3}},
		{1, 0, 0, true, []int32{9, 0, 2}},
	} {
		pen.Positive = c.positive
		if got := Reach([]int32{9}, first, second, 1, c.slack, norm, c.fog, unit, c.near, pen); !slices.Equal(got, c.want) {
			t.Errorf("slack %v, near %v, positive %v: %v, want %v", c.slack, c.near, c.positive, got, c.want)
		}
	}
	if got := Reach(nil, nil, nil, 0, 0, nil, 0, nil, 0, Penalty{}); len(got) != 0 {
		t.Errorf("no columns: %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a short norm does not panic")
		}
	}()
	Reach(nil, first, second, 0, 0, norm[:3], 0, nil, 1, pen)
}
