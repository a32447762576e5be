package kernels

import (
	"sync"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// A reduction that counts rows must see each element once, merge neighbours only, the
// upper one of 128·2^k rows, and deliver every column once.
func TestReduce(t *testing.T) {
	shapes := append([][2]int{{1, 70000}, {127, 9000}, {128, 9000}, {129, 20000}, {5000, 9001}, {7 << 18, 1}}, sumShapes...)
	for _, shape := range shapes {
		for _, layout := range []Layout{RowMajor, ColMajor} {
			for _, l := range loops {
				testReduce(t, l, shape[0], shape[1], layout)
			}
		}
	}
}

func testReduce(t *testing.T, l parfor.Loop, rows, cols int, layout Layout) {
	b := cut(Matrix[float64]{Rows: rows, Cols: cols, Layout: layout})
	into, planes := make([]float64, cols), make([]float64, cols)
	var mu sync.Mutex
	fail := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		t.Errorf("%d×%d, layout %d: "+format, append([]any{rows, cols, layout}, args...)...)
	}
	b.reduce(l, reduction{
		planes: 2,
		into:   into,
		block: func(p part) {
			for j := range p.cols {
				p.plane(0)[j], p.plane(1)[j] = float64(p.rows), float64(p.row)
			}
		},
		merge: func(x, y part) {
			if k := x.rows / 128; x.row+x.rows != y.row || x.rows%128 != 0 || k&(k-1) != 0 || x.row%x.rows != 0 || y.rows > x.rows {
				fail("rows %d+%d merged with %d+%d", x.row, x.rows, y.row, y.rows)
			}
			for j := range x.cols {
				if x.plane(0)[j] != float64(x.rows) || x.plane(1)[j] != float64(x.row) || y.plane(0)[j] != float64(y.rows) || y.plane(1)[j] != float64(y.row) {
					fail("column %d: a part is not where it says", x.col+j)
				}
				x.plane(0)[j] += y.plane(0)[j]
			}
		},
		done: func(p part) {
			for j := range p.cols {
				planes[p.col+j] += p.plane(1)[j] + 1
			}
			if p.rows != rows {
				fail("done with %d rows", p.rows)
			}
		},
	})
	for j := range cols {
		if into[j] != float64(rows) || planes[j] != 1 {
			t.Fatalf("%d×%d, layout %d: column %d has %v rows, done %v times", rows, cols, layout, j, into[j], planes[j])
		}
	}
}

// Runs must cover all blocks in order, aligned ones be nodes of the tree, and the last be
// single, so that threads end together.
func TestRuns(t *testing.T) {
	for _, blocks := range []int{1, 2, 3, 7, 8, 37, 153, 1250, 5000} {
		for _, threads := range []int{1, 2, 3, 16} {
			for _, most := range []int{1, 5, maxRun} {
				for _, aligned := range []bool{false, true} {
					next := 0
					for _, r := range runs(blocks, threads, most, aligned) {
						if r.first != next || r.n < 1 || r.n > most {
							t.Fatalf("%d blocks, %d threads: run %v after block %d", blocks, threads, r, next)
						}
						if aligned && (r.n&(r.n-1) != 0 || r.first%r.n != 0) {
							t.Errorf("%d blocks, %d threads: run %v is no node", blocks, threads, r)
						}
						if next += r.n; next == blocks && threads > 1 && r.n != 1 {
							t.Errorf("%d blocks, %d threads: the last run is %v", blocks, threads, r)
						}
					}
					if next != blocks {
						t.Errorf("%d blocks, %d threads: runs end at %d", blocks, threads, next)
					}
				}
			}
		}
	}
}
