//go:build !cgo

package csrc

import "github.com/nogil-go/nogil/simd"

// Without cgo each kernel is its plain Go reference; bind.go has the docs.

func SumRowMajor[T Float](_ simd.Level, op SumOp, rows, stride int, a []T, levels, dst, skipped []float64) {
	sumRowMajorGo(op, rows, stride, a, levels, dst, skipped)
}

func SumColMajor[T Float](_ simd.Level, op SumOp, rows, stride int, a []T, dst, skipped []float64) {
	sumColMajorGo(op, rows, stride, a, dst, skipped)
}

func ColumnMoments[T Float](_ simd.Level, what Moments, colMajor bool, rows, cols, stride int, a []T, _, dst []float64, ldd int) {
	columnMomentsGo(what, colMajor, rows, cols, stride, a, dst, ldd)
}

func FewFloats[T Float](_ simd.Level, op FewOp, skip, colMajor bool, rows, cols, stride int, a []T, ddof int, _ bool, dst []float64, nans []int) {
	fewFloatsGo(op, skip, colMajor, rows, cols, stride, a, ddof, dst, nans)
}

func FewArgMin[T Number](_ simd.Level, colMajor bool, rows, stride int, a []T, _, largest, skip bool, dst, nans []int) {
	fewArgMinGo(colMajor, rows, stride, a, largest, skip, dst, nans)
}

func MergeMoments(_ simd.Level, what Moments, cols int, x []float64, ldx int, y []float64, ldy int) {
	mergeMomentsGo(what, cols, x, ldx, y, ldy)
}

func CountDivisors(_ simd.Level, _ bool, dst, values []uint64) { countDivisorsGo(dst, values) }

func CountDivisorsOf(_ simd.Level, _ bool, value uint64) uint64 { return countDivisors(value) }

func Factor(_ simd.Level, _ bool, out []uint64, n uint64) []uint64 { return factorGo(out, n) }

func IsPrime(n uint64) bool { return isPrimeGo(n) }

func DivisorRange(lo uint64, dst []uint32, primes []uint32, _ uint32, rest []uint64) {
	divisorRangeGo(lo, dst, primes, rest)
}

func SumTable[T uint8 | uint16](_ simd.Level, values []int64, base uint64, table []T) int64 {
	return sumTableGo(values, base, table)
}

func SpanOf[T int64 | uint64](_ simd.Level, values []T, atMost uint64) (n int, least, greatest uint64) {
	return spanOfGo(values, atMost)
}

func Weigh[T uint8 | uint16](_ simd.Level, times []uint8, d []T, sum []int64) {
	weighGo(times, d, sum)
}

func DivisorTable[T uint8 | uint16 | uint32](_ simd.Level, s *DivisorSieve, lo uint64, dst []T) {
	divisorTableGo(s, lo, dst)
}

func CDEpoch[T Float](_ simd.Level, n int, cols []int32, x []T, stride int, mean, weights, norm2, l1, l2 []float64, positive bool, w, r []float64) float64 {
	return cdEpochGo(n, cols, x, stride, mean, weights, norm2, l1, l2, positive, w, r)
}

func ColumnDots[T Float](_ simd.Level, n int, cols []int32, x []T, stride int, mean, r, g []float64) {
	columnDotsGo(n, cols, x, stride, mean, r, g)
}

func ColumnSquares[T Float](_ simd.Level, n int, cols []int32, x []T, stride int, mean, weights, norm2 []float64) {
	columnSquaresGo(n, cols, x, stride, mean, weights, norm2)
}

func SubtractColumns[T Float](_ simd.Level, n int, cols []int32, x []T, stride int, mean, weights, w, r []float64) {
	subtractColumnsGo(n, cols, x, stride, mean, weights, w, r)
}

func RowSums[T Float](_ simd.Level, n int, x []T, stride int, mean, v []float64, squares bool, g []float64) {
	rowSumsGo(n, x, stride, mean, v, squares, g)
}

func Transpose[T Float](n, k int, x []T, stride int, dst []T, ld int) {
	transposeGo(n, k, x, stride, dst, ld)
}

func Gather[T Float](n int, cols []int32, x []T, stride int, dst []T, ld int) {
	gatherGo(n, cols, x, stride, dst, ld)
}

func GramSubtract(_ simd.Level, cols []int32, gram []float64, stride int, w, g []float64) {
	gramSubtractGo(cols, gram, stride, w, g)
}

func Pairs[T Float](_ simd.Level, n int, a, b []int32, x []T, stride int, mean, weights, dst []float64, ld int) {
	pairsGo(n, a, b, x, stride, mean, weights, dst, ld)
}

func Reach(_ simd.Level, dst []int32, first, second []float64, c, slack float64, norm []float64, fog float64, unit []float64, near float64, l1 []float64, positive bool) int {
	return reachGo(dst, first, second, c, slack, norm, fog, unit, near, l1, positive)
}

func Sketch[T Float](_ simd.Level, n, p int, x []T, stride int, centre []float64, ld int, q []int8, scale []float64) {
	sketchGo(n, p, x, stride, centre, ld, q, scale)
}

func SketchDots(_ simd.Level, ld int, cols []int32, q []int8, d []int16, dst []int32) {
	sketchDotsGo(ld, cols, q, d, dst)
}

func SketchGradients(_ simd.Level, ld int, q []int8, d []int16, a float64, y []float64, unit float64, scale, g []float64) {
	sketchGradientsGo(ld, q, d, a, y, unit, scale, g)
}

func HalfBuilt() bool { return false }

func HalfPack[T Float](_ bool, p0, p1, m, lo int, cols []int32, x []T, stride int, mean, scale, root []float64, nk int, a, b []uint16) {
	halfPackGo(p0, p1, m, lo, cols, x, stride, mean, scale, root, nk, a, b)
}

func HalfGram(_ bool, i0, i1, j0, j1, nk int, a, b []uint16, g []float32, ld int, add bool) {
	halfGramGo(i0, i1, j0, j1, nk, a, b, g, ld, add)
}

func HalfMirror(j0, j1, nb int, g []float32, ld int) { halfMirrorGo(j0, j1, nb, g, ld) }

func HalfDescend(_ simd.Level, gram []float32, ld int, l1, l2 []float64, positive bool, w, g []float64) float64 {
	return halfDescendGo(gram, ld, l1, l2, positive, w, g)
}

func ActiveMove(_ simd.Level, slots []int32, d, gram []float64, ld int, g []float64) {
	activeMoveGo(slots, d, gram, ld, g)
}

func ActiveDescend(_ simd.Level, list []int32, gram []float64, ld int, l1, l2 []float64, positive bool, w, g []float64) float64 {
	return activeDescendGo(list, gram, ld, l1, l2, positive, w, g)
}

func FactorSolve(_ simd.Level, l []float64, ld int, inv, b []float64) { factorSolveGo(l, ld, inv, b) }

func FactorAppend(_ simd.Level, l []float64, ld int, inv []float64, q float64, b []float64) float64 {
	return factorAppendGo(l, ld, inv, q, b)
}

func FactorRemove(_ simd.Level, k int, l []float64, ld int, inv, v []float64) {
	factorRemoveGo(k, l, ld, inv, v)
}

func CSCEpoch(a *CSC, cols []int32, l1, l2 []float64, positive bool, w, v []float64) float64 {
	return cscEpochGo(a, cols, l1, l2, positive, w, v)
}

func CSCDots(a *CSC, cols []int32, v, g []float64) { cscDotsGo(a, cols, v, g) }

func CSCSubtract(a *CSC, cols []int32, w, v []float64) { cscSubtractGo(a, cols, w, v) }

func MultiEpoch(_ simd.Level, n int, cols []int32, x []float64, stride int, mean, norm2, l1, l2, grams []float64, t int, w, r, scratch []float64) float64 {
	return multiEpochGo(n, cols, x, stride, mean, norm2, l1, l2, grams, t, w, r, scratch)
}

func MultiBlocks(_ simd.Level, n int, cols []int32, x []float64, stride int, mean, grams []float64) {
	multiBlocksGo(n, cols, x, stride, mean, grams)
}

func MultiDots(_ simd.Level, n int, cols []int32, x []float64, stride int, mean []float64, t int, r, g []float64) {
	multiDotsGo(n, cols, x, stride, mean, t, r, g)
}

func MultiSubtract(_ simd.Level, n int, cols []int32, x []float64, stride int, mean []float64, t int, w, r []float64) {
	multiSubtractGo(n, cols, x, stride, mean, t, w, r)
}

func MultiGramEpoch(_ simd.Level, gram []float64, stride int, l1, l2 []float64, t int, b, w, scratch []float64) float64 {
	return multiGramEpochGo(gram, stride, l1, l2, t, b, w, scratch)
}

func MultiGramDots(_ simd.Level, k int, gram []float64, stride, t int, b, w, g []float64) {
	multiGramDotsGo(k, gram, stride, t, b, w, g)
}

func Add[T Float](_ simd.Level, dst, x, y []T, _ bool) { addGo(dst, x, y) }

func Min[T Number](_ simd.Level, colMajor bool, rows, stride int, a []T, largest, skip bool, dst []T, nans []int64) {
	minGo(colMajor, rows, stride, a, largest, skip, dst, nans)
}

func FewMin[T Number](_ simd.Level, colMajor bool, rows, stride int, a []T, _, largest, skip bool, dst []T, nans []int) {
	fewMinGo(colMajor, rows, stride, a, largest, skip, dst, nans)
}

func MaxAbs[T Float](_ simd.Level, colMajor bool, rows, stride int, a, dst []T, nans []int64) {
	maxAbsGo(colMajor, rows, stride, a, dst, nans)
}

func ArgMin[T Number](_ simd.Level, colMajor bool, rows, stride int, a []T, largest, skip bool, best []T, index, nans []int64) {
	argMinGo(colMajor, rows, stride, a, largest, skip, best, index, nans)
}

func IntSum[T Int](_ simd.Level, colMajor bool, rows, stride int, a []T, lo, hi []int64) {
	intSumGo(colMajor, rows, stride, a, lo, hi)
}

func ExactSum[T Float](_ simd.Level, colMajor bool, rows, cols, stride int, a []T, acc []int64, accStride int) {
	exactSumGo(colMajor, rows, cols, stride, a, acc, accStride)
}

func AccurateSum[T Float](_ simd.Level, colMajor bool, rows, stride int, a []T, _, s, c []float64) {
	accurateSumGo(colMajor, rows, stride, a, s, c)
}

func Dots[T Float](_ simd.Level, x, y []T, block int, scale float64, dst []float64) {
	dotsGo(x, y, block, scale, dst)
}

func Axpy[T Float](_ simd.Level, alpha T, x, y []T) { axpyGo(alpha, x, y) }

func Scale[T Float](_ simd.Level, alpha T, x []T) { scaleGo(alpha, x) }

func FoldPack[T Float](_ simd.Level, q0, q1, m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, y []float64, yCentre float64, root, packed []float64) {
	foldPackGo(q0, q1, m, lo, index, p, x, stride, byColumn, centre, y, yCentre, root, packed)
}

func FoldGram(_ simd.Level, j0, j1, m, p int, packed, dst []float64, ld int, add bool) {
	foldGramGo(j0, j1, m, p, packed, dst, ld, add)
}

func FoldCentre(_ simd.Level, j0, j1, ld int, total, part, sum, shift, gram []float64) {
	foldCentreGo(j0, j1, ld, total, part, sum, shift, gram)
}

func PathFollow(_ simd.Level, f *PathFollowing, budget float64) bool { return f.followGo(budget) }

func PackRows[T Float](_ simd.Level, m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, dst []float64) {
	packRowsGo(m, lo, index, p, x, stride, byColumn, centre, dst)
}

func FoldPredict(_ simd.Level, panels, p int, list []int32, x, w, b, dst []float64, ld int) {
	foldPredictGo(panels, p, list, x, w, b, dst, ld)
}
