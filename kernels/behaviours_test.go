package kernels

import (
	"math"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// The square of 1.4e-162 vanishes, that of a sum of many does not: their difference is no variance.
func TestVarOfVanishingSquaresIsNotNegative(t *testing.T) {
	for _, rows := range []int{2, 9, 128, 129, 5000} {
		x := slices.Repeat([]float64{1.4e-162}, rows)
		x[0] = 0
		for _, m := range []Matrix[float64]{NewRowMajor(rows, 1, x), NewColMajor(rows, 1, x)} {
			var variance, std [1]float64
			VarColumns(parfor.Loop{}, variance[:], m, 0)
			NaNStdColumns(parfor.Loop{}, std[:], nil, m, 0)
			if !(variance[0] >= 0 && variance[0] < 1e-320) || !(std[0] >= 0) || math.Signbit(variance[0]) {
				t.Errorf("%d rows, layout %d: variance %v, deviation %v", rows, m.Layout, variance[0], std[0])
			}
		}
	}
}

// A NaN is found, or skipped and counted, wherever it stands: first, last, at the ends of
// vectors, leaves and blocks, in either layout.
func TestMinAndMaxWithNaNFirstAndLast(t *testing.T) {
	t.Run("float64", testNaNFirstAndLast[float64])
	t.Run("float32", testNaNFirstAndLast[float32])
}

func testNaNFirstAndLast[T Float](t *testing.T) {
	for _, rows := range []int{2, 3, 8, 9, 31, 33, 127, 128, 129, 1025, 40000} {
		for _, place := range []int{0, rows - 1} {
			columns := make([][]T, 3) // the middle one has the NaN
			for j := range columns {
				columns[j] = make([]T, rows)
				for i := range columns[j] {
					columns[j][i] = T(1 + (i+j)%2)
				}
			}
			columns[1][place] = T(nan)
			for _, layout := range []Layout{RowMajor, ColMajor} {
				m := viewOf(columns, 0, layout, 1, 1)
				for _, f := range allExtrema[T]() {
					dst, at, skipped := make([]T, 3), make([]int, 3), make([]int, 3)
					f.columns(loops[1], dst, skipped, m)
					f.argColumns(loops[1], at, nil, m)
					if found := math.IsNaN(float64(dst[1])); found == f.skip || dst[0] != dst[0] || dst[2] != dst[2] || !f.skip && at[1] != place || f.skip && (at[1] == place || skipped[1] != 1 || skipped[0] != 0) {
						t.Fatalf("%d rows, NaN in row %d, layout %d, largest %v, skip %v: %v at %v, %v skipped", rows, place, layout, f.largest, f.skip, dst, at, skipped)
					}
				}
			}
		}
	}
}

// Columns of up to eight rows have loops of their own, and those of two rows without gaps another.
func TestNaNAreCountedInFewRows(t *testing.T) {
	t.Run("float64", testNaNInFewRows[float64])
	t.Run("float32", testNaNInFewRows[float32])
}

func testNaNInFewRows[T Float](t *testing.T) {
	for rows := 1; rows <= 9; rows++ {
		for _, cols := range []int{1, 7, 8, 9, 33, 64, 70} {
			columns, want, wantSkipped := make([][]T, cols), make([]float64, cols), make([]int, cols)
			for j := range columns {
				columns[j] = make([]T, rows)
				for i := range columns[j] {
					columns[j][i] = T(1 + i + j)
					if (3*i+j)%4 == 0 {
						columns[j][i] = T(nan)
						wantSkipped[j]++
					} else {
						want[j] += float64(1 + i + j)
					}
				}
			}
			for _, layout := range []Layout{RowMajor, ColMajor} {
				for gap := range 2 {
					got, skipped := make([]float64, cols), make([]int, cols)
					NaNSumColumns(parfor.Loop{}, got, skipped, viewOf(columns, 0, layout, gap, 0))
					if !sameBits(got, want) || !slices.Equal(skipped, wantSkipped) {
						t.Fatalf("%d×%d, layout %d, gap %d: %v, %v skipped, want %v, %v", rows, cols, layout, gap, got, skipped, want, wantSkipped)
					}
				}
			}
		}
	}
}

// However blocks make runs, two nodes merge only where they have as many rows, or the second has
// the last rows of all.
func TestNodesMergeAsABinaryCounterCounts(t *testing.T) {
	for n := 1; n <= 40; n++ {
		b := blocks{totalRows: n*blockRows - 5, totalCols: 1, rows: blockRows, cols: 1}
		for threads := 1; threads <= 4; threads++ {
			for _, most := range []int{1, 4, maxRun} {
				merges := func(x, y part) {
					if x.row+x.rows != y.row || x.rows != y.rows && y.row+y.rows != b.totalRows || y.rows > x.rows {
						t.Fatalf("%d blocks, %d threads, runs of %d: rows %d…%d merge with %d…%d", n, threads, most, x.row, x.row+x.rows, y.row, y.row+y.rows)
					}
				}
				all := b.mergeColumns(runs(n, threads, most, true), merges, func(i int) part {
					return part{row: i * b.rows, rows: b.totalRows - i*b.rows, cols: 1}
				})
				if all.row != 0 || all.rows != b.totalRows {
					t.Fatalf("%d blocks: rows %d…%d in the end", n, all.row, all.row+all.rows)
				}
			}
		}
	}
}
