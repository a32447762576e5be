package limits

import (
	"testing"
	"time"

	"github.com/nogil-go/nogil/simd"
)

// levels are those that this machine runs.
func levels() []int {
	list := []int{Portable}
	for _, l := range simd.Levels() {
		switch l.String() {
		case "avx2":
			list = append(list, AVX2)
		case "avx512":
			list = append(list, AVX512)
		}
	}
	return list
}

// Every word must be read, as often as asked, and the operations counted must be those
// that the result shows.
func TestLoopsDoWhatTheySay(t *testing.T) {
	a := make([]uint64, 640)
	want := uint64(0)
	for i := range a {
		a[i] = uint64(i)*0x9e3779b97f4a7c15 + 1
		want += 3 * a[i]
	}
	for _, l := range levels() {
		if got := read(l, a, 3); got != want {
			t.Errorf("level %d: sum %d, want %d", l, got, want)
		}
		// s·1 + 1 adds one a round to every lane, which began at 1 + its chain.
		sink := []float64{1, 1, 0}
		before := flops(l, 0, sink)
		empty := sink[2]
		done := flops(l, 10, sink)
		if before != 0 || done != 2*(sink[2]-empty) {
			t.Errorf("level %d: %v operations for no rounds, %v for ten, which added %v", l, before, done, sink[2]-empty)
		}
	}
}

// The figures must be of this world: a machine reads its cache no slower than a tenth of
// a GB/s, and no operation takes no time.
func TestFigures(t *testing.T) {
	const during = 2 * time.Millisecond
	for name, v := range map[string]float64{
		"Flops": Flops(Portable, 2, during), "Read": Read(Portable, 2, 16<<10, during, true), "Read uncached": Read(Portable, 1, 1<<20, during, false),
	} {
		if v < 1e7 || v > 1e15 {
			t.Errorf("%s is %v a second", name, v)
		}
	}
	for name, v := range map[string]float64{"Call": Call(), "Wake": Wake()} {
		if v <= 0 || v > 1 {
			t.Errorf("%s takes %v s", name, v)
		}
	}
}
