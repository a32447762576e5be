package kernels

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
)

// MeanColumns sets dst[j] to the mean of column j of a: its sum, as [SumColumns] adds it in
// float64, divided by the number of rows. The mean of no rows is NaN. Bits, cost and panics
// are those of SumColumns.
func MeanColumns[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	checkReduction("MeanColumns", a, len(dst), a.Cols)
	sums[T]{a: a, op: csrc.Sum, dst: dst[:a.Cols], mean: true, finish: means}.run(l)
}

// MeanRows sets dst[i] to the mean of row i of a: [MeanColumns] of the transposed view.
func MeanRows[T Float](l parfor.Loop, dst []float64, a Matrix[T]) {
	checkReduction("MeanRows", a, len(dst), a.Rows)
	sums[T]{a: a.Transposed(), op: csrc.Sum, dst: dst[:a.Rows], mean: true, finish: means}.run(l)
}

// NaNMeanColumns is [MeanColumns] without the NaN in a: dst[j] is the mean of the numbers in
// column j, NaN where there are none, and skipped[j] says how many NaN there are beside them.
// skipped may be nil; else it is at least as long as a has columns, or the call panics.
func NaNMeanColumns[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
	checkReduction("NaNMeanColumns", a, len(dst), a.Cols)
	checkSkipped("NaNMeanColumns", skipped, a.Cols)
	sums[T]{a: a, op: csrc.NaNSum, dst: dst[:a.Cols], skipped: skipped, mean: true, finish: means}.run(l)
}

// NaNMeanRows is [NaNMeanColumns] of the transposed view: dst[i] and skipped[i] are of row i.
func NaNMeanRows[T Float](l parfor.Loop, dst []float64, skipped []int, a Matrix[T]) {
	checkReduction("NaNMeanRows", a, len(dst), a.Rows)
	checkSkipped("NaNMeanRows", skipped, a.Rows)
	sums[T]{a: a.Transposed(), op: csrc.NaNSum, dst: dst[:a.Rows], skipped: skipped, mean: true, finish: means}.run(l)
}

// means divides sums by the numbers of their terms; what has none is NaN.
func means(dst, skipped []float64, _, rows int) {
	n := float64(rows)
	for j, s := range dst {
		if skipped != nil {
			n = float64(rows) - skipped[j]
		}
		if dst[j] = s / n; n == 0 {
			dst[j] = math.NaN()
		}
	}
}
