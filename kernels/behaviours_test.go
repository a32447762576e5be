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
