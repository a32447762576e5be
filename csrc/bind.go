//go:build cgo

package csrc

// The only file with import "C": each function passes its slices to the C kernel of the
// same name. C keeps no pointer and calls nothing back, so nothing escapes; the race
// detector is told what C reads and writes.
//
// -g1 keeps the lines of C for debuggers and profiles; go's -g would also describe the variables of
// every inlined copy, on which gcc spends a third of its time (few.c 5.4 s, now 3.5).

/*
#cgo CFLAGS: -O3 -g1 -std=c11 -Wall -Werror=ignored-attributes
#cgo LDFLAGS: -lm
#cgo noescape ng_sum_row_major
#cgo nocallback ng_sum_row_major
#cgo noescape ng_sum_col_major
#cgo nocallback ng_sum_col_major
#cgo noescape ng_few_rows
#cgo nocallback ng_few_rows
#cgo noescape ng_moments
#cgo nocallback ng_moments
#cgo noescape ng_moments_merge
#cgo nocallback ng_moments_merge
#cgo noescape ng_count_divisors
#cgo nocallback ng_count_divisors
#cgo noescape ng_split_divisors
#cgo nocallback ng_split_divisors
#cgo noescape ng_factor
#cgo nocallback ng_factor
#cgo noescape ng_prime
#cgo nocallback ng_prime
#cgo noescape ng_divisor_table
#cgo nocallback ng_divisor_table
#cgo noescape ng_divisor_range
#cgo nocallback ng_divisor_range
#cgo noescape ng_sum_table
#cgo nocallback ng_sum_table
#cgo noescape ng_span_of
#cgo nocallback ng_span_of
#cgo noescape ng_weigh
#cgo nocallback ng_weigh
#cgo noescape ng_cd_epoch
#cgo nocallback ng_cd_epoch
#cgo noescape ng_column_dots
#cgo nocallback ng_column_dots
#cgo noescape ng_column_squares
#cgo nocallback ng_column_squares
#cgo noescape ng_subtract_columns
#cgo nocallback ng_subtract_columns
#cgo noescape ng_row_sums
#cgo nocallback ng_row_sums
#cgo noescape ng_transpose
#cgo nocallback ng_transpose
#cgo noescape ng_gather
#cgo nocallback ng_gather
#cgo noescape ng_gram_subtract
#cgo nocallback ng_gram_subtract
#cgo noescape ng_csc_epoch
#cgo nocallback ng_csc_epoch
#cgo noescape ng_csc_dots
#cgo nocallback ng_csc_dots
#cgo noescape ng_csc_subtract
#cgo nocallback ng_csc_subtract
#cgo noescape ng_multi_epoch
#cgo nocallback ng_multi_epoch
#cgo noescape ng_multi_blocks
#cgo nocallback ng_multi_blocks
#cgo noescape ng_multi_dots
#cgo nocallback ng_multi_dots
#cgo noescape ng_multi_subtract
#cgo nocallback ng_multi_subtract
#cgo noescape ng_multi_gram_epoch
#cgo nocallback ng_multi_gram_epoch
#cgo noescape ng_multi_gram_dots
#cgo nocallback ng_multi_gram_dots
#cgo noescape ng_add
#cgo nocallback ng_add
#cgo noescape ng_min
#cgo nocallback ng_min
#cgo noescape ng_argmin
#cgo nocallback ng_argmin
#cgo noescape ng_int_sum
#cgo nocallback ng_int_sum
#cgo noescape ng_pairs
#cgo nocallback ng_pairs
#cgo noescape ng_active_move
#cgo nocallback ng_active_move
#cgo noescape ng_active_descend
#cgo nocallback ng_active_descend
#cgo noescape ng_sketch
#cgo nocallback ng_sketch
#cgo noescape ng_sketch_dots
#cgo nocallback ng_sketch_dots
#cgo noescape ng_sketch_gradients
#cgo nocallback ng_sketch_gradients
#cgo noescape ng_reach
#cgo nocallback ng_reach
#cgo noescape ng_factor_solve
#cgo nocallback ng_factor_solve
#cgo noescape ng_factor_append
#cgo nocallback ng_factor_append
#cgo noescape ng_factor_remove
#cgo nocallback ng_factor_remove
#cgo noescape ng_fold_pack
#cgo nocallback ng_fold_pack
#cgo noescape ng_fold_gram
#cgo nocallback ng_fold_gram
#cgo noescape ng_fold_centre
#cgo nocallback ng_fold_centre
#cgo noescape ng_path_follow
#cgo nocallback ng_path_follow
#cgo noescape ng_half_built
#cgo nocallback ng_half_built
#cgo noescape ng_half_pack
#cgo nocallback ng_half_pack
#cgo noescape ng_half_gram
#cgo nocallback ng_half_gram
#cgo noescape ng_half_mirror
#cgo nocallback ng_half_mirror
#cgo noescape ng_half_descend
#cgo nocallback ng_half_descend
#cgo noescape ng_pack_rows
#cgo nocallback ng_pack_rows
#cgo noescape ng_fold_predict
#cgo nocallback ng_fold_predict
#cgo noescape ng_exact_sum
#cgo nocallback ng_exact_sum
#cgo noescape ng_accurate_sum
#cgo nocallback ng_accurate_sum
#cgo noescape ng_dots
#cgo nocallback ng_dots
#cgo noescape ng_axpy
#cgo nocallback ng_axpy
#cgo noescape ng_scale
#cgo nocallback ng_scale
#include "nogil.h"
*/
import "C"

import (
	"unsafe"

	"github.com/nogil-go/nogil/simd"
)

// SumRowMajor sets dst[j] to what op makes of column j of the rows×len(dst) row-major
// matrix a, in sum.c's tree, and skipped[j] to how many NaN it skips (Sum does not, and
// takes a nil skipped). levels is scratch of SumScratch(rows, len(dst)). rows is positive.
func SumRowMajor[T Float](level simd.Level, op SumOp, rows, stride int, a []T, levels, dst, skipped []float64) {
	raceReadMatrix(rows, len(dst), stride, a)
	raceWrite(levels)
	raceWrite(dst)
	raceWrite(skipped)
	C.ng_sum_row_major(C.int(level), C.int(op), flag(unsafe.Sizeof(T(0)) == 4), C.size_t(rows), C.size_t(len(dst)), C.size_t(stride), chars(a),
		f64(levels), f64(dst), f64(skipped))
}

// SumColMajor is SumRowMajor for a column-major matrix, with the same bits.
func SumColMajor[T Float](level simd.Level, op SumOp, rows, stride int, a []T, dst, skipped []float64) {
	raceReadMatrix(len(dst), rows, stride, a)
	raceWrite(dst)
	raceWrite(skipped)
	C.ng_sum_col_major(C.int(level), C.int(op), flag(unsafe.Sizeof(T(0)) == 4), C.size_t(rows), C.size_t(len(dst)), C.size_t(stride), chars(a),
		f64(dst), f64(skipped))
}

// ColumnMoments sets the planes of dst, ldd apart, to what the rows of each of the cols
// columns of a come to, in the order of Moments. levels is scratch of
// what.Scratch(rows, cols). rows and cols are positive.
func ColumnMoments[T Float](level simd.Level, what Moments, colMajor bool, rows, cols, stride int, a []T, levels, dst []float64, ldd int) {
	if colMajor {
		raceReadMatrix(cols, rows, stride, a)
	} else {
		raceReadMatrix(rows, cols, stride, a)
	}
	raceWrite(levels)
	for f := range what.Planes() {
		raceWrite(dst[f*ldd:][:cols])
	}
	C.ng_moments(C.int(level), C.int(what), flag(colMajor), isF32[T](), C.size_t(rows), C.size_t(cols), C.size_t(stride),
		chars(a), f64(levels), f64(dst), C.size_t(ldd))
}

// FewFloats sets dst to what op comes to for each of the cols columns of a, which has one to FewRows
// rows; skip says that NaN are skipped, as FewDescribe does anyhow. Where it does, nans[j] is set to how
// many there are in column j; nans may be nil, and is where NaN are not skipped. stream says that dst is
// written past the caches.
func FewFloats[T Float](level simd.Level, op FewOp, skip, colMajor bool, rows, cols, stride int, a []T, ddof int, stream bool, dst []float64, nans []int) {
	raceReadBoth(colMajor, rows, cols, stride, a)
	raceWrite(dst)
	raceWrite(nans)
	C.ng_few_rows(C.int(level), C.int(op), flag(skip), C.int(typeCode[T]()), flag(colMajor), C.size_t(rows), C.size_t(cols), C.size_t(stride),
		chars(a), C.int64_t(ddof), flag(stream), chars(dst), words(nans))
}

// MergeMoments makes of x, cols columns in planes ldx apart, what its rows and those of y,
// which follow, come to.
func MergeMoments(level simd.Level, what Moments, cols int, x []float64, ldx int, y []float64, ldy int) {
	for f := range what.Planes() {
		raceWrite(x[f*ldx:][:cols])
		raceRead(y[f*ldy:][:cols])
	}
	C.ng_moments_merge(C.int(level), C.int(what), C.size_t(cols), f64(x), C.size_t(ldx), f64(y), C.size_t(ldy))
}

// CountDivisors sets dst[i] to the number of divisors of values[i], 0 for 0. ifma says
// that the CPU has AVX-512 IFMA and that level allows it. A call into C takes a
// millisecond at most, about.
func CountDivisors(level simd.Level, ifma bool, dst, values []uint64) {
	var hard [divisorBlock]uint64
	var where [divisorBlock]uint32
	for len(values) > 0 {
		n := min(len(values), divisorBlock)
		countBlock(level, ifma, dst[:n], values[:n], hard[:n], where[:n])
		dst, values = dst[n:], values[n:]
	}
}

// CountDivisorsOf is CountDivisors for one value.
func CountDivisorsOf(level simd.Level, ifma bool, value uint64) uint64 {
	dst, hard, where := [1]uint64{}, [1]uint64{}, [1]uint32{}
	countBlock(level, ifma, dst[:], []uint64{value}, hard[:], where[:])
	return dst[0]
}

// countBlock counts the divisors of at most divisorBlock values; hard and where are
// scratch of as many elements.
func countBlock(level simd.Level, ifma bool, dst, values, hard []uint64, where []uint32) {
	raceRead(values)
	raceWrite(dst)
	t := tables()
	n := int(C.ng_count_divisors(C.int(level), flag(ifma), C.size_t(len(values)), u64(values), u64(dst), u64(hard), u32(where),
		numPrimes, u32(t.prime), u32(t.inv32), u32(t.lim32), u16(t.words), u64(t.inv64), u64(t.lim64)))
	group := 16
	if ifma {
		group = 64
	}
	for i := 0; i < n; i += group {
		C.ng_split_divisors(C.int(level), flag(ifma), C.size_t(min(group, n-i)), u64(hard[i:]), u32(where[i:]), u64(dst))
	}
}

// Factor appends the prime factors of n > 0 to out in ascending order, each as often as it
// divides n: 63 at most.
func Factor(level simd.Level, ifma bool, out []uint64, n uint64) []uint64 {
	var p [64]uint64
	t := tables()
	count := C.ng_factor(C.int(level), flag(ifma), C.uint64_t(n), u64(p[:]),
		numPrimes, u32(t.prime), u32(t.inv32), u32(t.lim32), u16(t.words), u64(t.inv64), u64(t.lim64))
	return append(out, p[:count]...)
}

// IsPrime says whether n is a prime.
func IsPrime(n uint64) bool { return C.ng_prime(C.uint64_t(n)) != 0 }

// DivisorTable sets dst[i] to the number of divisors of lo+i. lo is positive, and no number
// above the limit of s, nor is a count beyond what T holds, or 2^16.
func DivisorTable[T uint8 | uint16 | uint32](level simd.Level, s *DivisorSieve, lo uint64, dst []T) {
	raceWrite(dst)
	raceWrite(s.words)
	C.ng_divisor_table(C.int(level), C.uint64_t(lo), C.size_t(len(dst)), C.size_t(unsafe.Sizeof(*new(T))), unsafe.Pointer(unsafe.SliceData(dst)), C.size_t(s.segment),
		C.uint32_t(s.limit), C.size_t(len(s.prime)), u32(s.prime), u16(s.pattern), u16(s.words), u32(s.next), u64(s.power), u64(s.mends))
}

// DivisorRange sets dst[i] to the number of divisors of lo+i, lo > 0. The primes are those up
// to limit, whose successor's cube is above the last number; rest is scratch of len(dst).
func DivisorRange(lo uint64, dst []uint32, primes []uint32, limit uint32, rest []uint64) {
	raceWrite(dst)
	raceWrite(rest[:len(dst)])
	C.ng_divisor_range(C.uint64_t(lo), C.size_t(len(dst)), u32(dst), C.size_t(len(primes)), u32(primes), C.uint32_t(limit), u64(rest))
}

// SumTable adds table[v − base] over the values v with 0 < v − base < len(table).
func SumTable[T uint8 | uint16](level simd.Level, values []int64, base uint64, table []T) int64 {
	raceRead(values)
	raceRead(table)
	return int64(C.ng_sum_table(C.int(level), C.size_t(len(values)), (*C.int64_t)(unsafe.SliceData(values)), C.uint64_t(base), C.uint64_t(len(table)-1),
		C.size_t(unsafe.Sizeof(*new(T))), unsafe.Pointer(unsafe.SliceData(table))))
}

// SpanOf returns how many values v there are with 1 ≤ v ≤ atMost, the least and the greatest.
func SpanOf[T int64 | uint64](level simd.Level, values []T, atMost uint64) (n int, least, greatest uint64) {
	raceRead(values)
	var out [3]uint64
	C.ng_span_of(C.int(level), C.size_t(len(values)), (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(values))), C.uint64_t(atMost), u64(out[:]))
	return int(out[0]), out[1], out[2]
}

// Weigh sets sum[b] to the sum of times[i]·d[i] over the b-th 64 of the places.
func Weigh[T uint8 | uint16](level simd.Level, times []uint8, d []T, sum []int64) {
	raceRead(times)
	raceRead(d)
	raceWrite(sum)
	C.ng_weigh(C.int(level), C.size_t(len(times)), (*C.uint8_t)(unsafe.SliceData(times)),
		C.size_t(unsafe.Sizeof(*new(T))), unsafe.Pointer(unsafe.SliceData(d)), (*C.int64_t)(unsafe.SliceData(sum)))
}

// CDEpoch does one pass of coordinate descent over the columns cols of the column-major
// x of n rows: w and the residual r, times weights where there are any, change. l1 and l2
// are the penalties by column; positive keeps w ≥ 0. No column has norm2 + l2 = 0. It
// returns Σ ½(norm2 + l2)·Δw², which the objective has fallen by at least.
func CDEpoch[T Float](level simd.Level, n int, cols []int32, x []T, stride int, mean, weights, norm2, l1, l2 []float64, positive bool, w, r []float64) float64 {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean, norm2, l1, l2)
	raceRead(weights)
	raceWriteAt(cols, w)
	raceWrite(r[:n])
	return float64(C.ng_cd_epoch(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), chars(x), C.size_t(stride), f64(mean),
		f64(weights), isF32[T](), f64(norm2), f64(l1), f64(l2), flag(positive), f64(w), f64(r)))
}

// ColumnDots sets g[j] to the dot product of r and column j, less its mean, for j in cols.
func ColumnDots[T Float](level simd.Level, n int, cols []int32, x []T, stride int, mean, r, g []float64) {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean)
	raceRead(r[:n])
	raceWriteAt(cols, g)
	C.ng_column_dots(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), chars(x), C.size_t(stride), f64(mean), isF32[T](), f64(r), f64(g))
}

// ColumnSquares sets norm2[j] to the weighted sum of the squares of column j, less its
// mean, for j in cols.
func ColumnSquares[T Float](level simd.Level, n int, cols []int32, x []T, stride int, mean, weights, norm2 []float64) {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean)
	raceRead(weights)
	raceWriteAt(cols, norm2)
	C.ng_column_squares(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), chars(x), C.size_t(stride), f64(mean),
		f64(weights), isF32[T](), f64(norm2))
}

// SubtractColumns subtracts from r each column j in cols, less its mean, times w[j] and
// the weights.
func SubtractColumns[T Float](level simd.Level, n int, cols []int32, x []T, stride int, mean, weights, w, r []float64) {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean, w)
	raceRead(weights)
	raceWrite(r[:n])
	C.ng_subtract_columns(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), chars(x), C.size_t(stride), f64(mean),
		f64(weights), isF32[T](), f64(w), f64(r))
}

// RowSums sets g[j] to Σ v_i·(x_ij − mean_j), or of the squares of the differences, for
// the first len(g) columns of the row-major x of n rows. A nil v is ones. The bits are
// those of ColumnDots and ColumnSquares.
func RowSums[T Float](level simd.Level, n int, x []T, stride int, mean, v []float64, squares bool, g []float64) {
	raceReadMatrix(n, len(g), stride, x)
	raceRead(mean[:len(g)])
	raceRead(v)
	raceWrite(g)
	C.ng_row_sums(C.int(level), C.size_t(n), C.size_t(len(g)), chars(x), C.size_t(stride), f64(mean), f64(v), flag(squares), isF32[T](), f64(g))
}

// Transpose sets dst[c·ld+i] to x[i·stride+c] for n rows and k columns, n ≤ ld.
func Transpose[T Float](n, k int, x []T, stride int, dst []T, ld int) {
	raceReadMatrix(n, k, stride, x)
	raceWriteMatrix(k, n, ld, dst)
	C.ng_transpose(C.size_t(n), C.size_t(k), chars(x), C.size_t(stride), isF32[T](), chars(dst), C.size_t(ld))
}

// Gather sets dst[c·ld+i] to x[i·stride+cols[c]] for n rows, n ≤ ld.
func Gather[T Float](n int, cols []int32, x []T, stride int, dst []T, ld int) {
	for i := range n {
		raceReadColumns(1, cols, 1, x[i*stride:])
	}
	raceWriteMatrix(len(cols), n, ld, dst)
	C.ng_gather(C.size_t(n), C.size_t(len(cols)), i32(cols), chars(x), C.size_t(stride), isF32[T](), chars(dst), C.size_t(ld))
}

// GramSubtract subtracts from g each column j of gram in cols, times w[j].
func GramSubtract(level simd.Level, cols []int32, gram []float64, stride int, w, g []float64) {
	raceReadColumns(len(g), cols, stride, gram)
	raceReadAt(cols, w)
	raceWrite(g)
	C.ng_gram_subtract(C.int(level), C.size_t(len(g)), C.size_t(len(cols)), i32(cols), f64(gram), C.size_t(stride), f64(w), f64(g))
}

// Pairs sets dst[i*ld+k] to the weighted product of columns a[i] and b[k] of the column-major
// x of n rows, each less its mean, n being positive.
func Pairs[T Float](level simd.Level, n int, a, b []int32, x []T, stride int, mean, weights, dst []float64, ld int) {
	raceReadColumns(n, a, stride, x)
	raceReadColumns(n, b, stride, x)
	raceReadAt(a, mean)
	raceReadAt(b, mean)
	raceRead(weights)
	for i := range a {
		raceWrite(dst[i*ld:][:len(b)])
	}
	C.ng_pairs(C.int(level), C.size_t(n), C.size_t(len(a)), i32(a), C.size_t(len(b)), i32(b), chars(x), C.size_t(stride),
		f64(mean), f64(weights), isF32[T](), f64(dst), C.size_t(ld))
}

// Reach lists in dst the columns j < len(dst) whose gradient, first[j] + c·(first[j] − second[j])
// to within slack·norm[j] + fog·unit[j], may be l1[j] or more, or seems to be near·l1[j] or more,
// and returns how many there are. Where fog is 0, unit is not read.
func Reach(level simd.Level, dst []int32, first, second []float64, c, slack float64, norm []float64, fog float64, unit []float64, near float64, l1 []float64, positive bool) int {
	for _, s := range [][]float64{first, second, norm, l1} {
		raceRead(s[:len(dst)])
	}
	if fog != 0 {
		raceRead(unit[:len(dst)])
	}
	raceWrite(dst)
	return int(C.ng_reach(C.int(level), C.size_t(len(dst)), f64(first), f64(second), C.double(c), C.double(slack), f64(norm),
		C.double(fog), f64(unit), C.double(near), f64(l1), flag(positive), i32(dst)))
}

// Sketch sets q and scale to p columns of n numbers in 8 bits: see sketch.c. Columns of q have ld
// elements, a multiple of 32, those beyond n being 0.
func Sketch[T Float](level simd.Level, n, p int, x []T, stride int, centre []float64, ld int, q []int8, scale []float64) {
	raceReadMatrix(p, n, stride, x)
	raceRead(centre[:p])
	raceWrite(q[:p*ld])
	raceWrite(scale[:p])
	C.ng_sketch(C.int(level), C.size_t(n), C.size_t(p), chars(x), C.size_t(stride), isF32[T](), f64(centre), C.size_t(ld),
		(*C.int8_t)(unsafe.SliceData(q)), f64(scale))
}

// SketchDots sets dst[i] to the product of column cols[i] of q, or column i where cols is nil,
// with d, of ld elements with |d_i|·127·ld < 2³¹.
func SketchDots(level simd.Level, ld int, cols []int32, q []int8, d []int16, dst []int32) {
	if cols != nil {
		raceReadColumns(ld, cols, ld, q)
	} else {
		raceRead(q[:len(dst)*ld])
	}
	raceRead(d[:ld])
	raceWrite(dst)
	C.ng_sketch_dots(C.int(level), C.size_t(ld), C.size_t(len(dst)), i32(cols), (*C.int8_t)(unsafe.SliceData(q)),
		(*C.int16_t)(unsafe.SliceData(d)), i32(dst))
}

// SketchGradients sets g[j] to a·y[j] + s·(unit·scale[j]), s being what SketchDots says of column j.
func SketchGradients(level simd.Level, ld int, q []int8, d []int16, a float64, y []float64, unit float64, scale, g []float64) {
	raceRead(q[:len(g)*ld])
	raceRead(d[:ld])
	raceRead(y[:len(g)])
	raceRead(scale[:len(g)])
	raceWrite(g)
	C.ng_sketch_gradients(C.int(level), C.size_t(ld), C.size_t(len(g)), (*C.int8_t)(unsafe.SliceData(q)),
		(*C.int16_t)(unsafe.SliceData(d)), C.double(a), f64(y), C.double(unit), f64(scale), f64(g))
}

// ActiveMove subtracts Σ d[c]·G_slots[c] from g, G being len(g)×len(g) with columns ld apart.
func ActiveMove(level simd.Level, slots []int32, d, gram []float64, ld int, g []float64) {
	raceReadColumns(len(g), slots, ld, gram)
	raceRead(d[:len(slots)])
	raceWrite(g)
	C.ng_active_move(C.int(level), C.size_t(len(g)), C.size_t(len(slots)), i32(slots), f64(d), f64(gram), C.size_t(ld), f64(g))
}

// ActiveDescend does a pass of coordinate descent over the columns in list with the
// len(g)×len(g) Gram matrix gram: w and the gradient g change. No column has a diagonal
// element + l2 of 0. It returns what CDEpoch does.
func ActiveDescend(level simd.Level, list []int32, gram []float64, ld int, l1, l2 []float64, positive bool, w, g []float64) float64 {
	raceReadColumns(len(g), list, ld, gram)
	raceReadAt(list, l1, l2)
	raceWriteAt(list, w)
	raceWrite(g)
	return float64(C.ng_active_descend(C.int(level), C.size_t(len(g)), C.size_t(len(list)), i32(list), f64(gram), C.size_t(ld),
		f64(l1), f64(l2), flag(positive), f64(w), f64(g)))
}

// HalfBuilt reports that the compiler knew the tile unit: what tiles asks for below is there.
func HalfBuilt() bool { return C.ng_half_built() != 0 }

// HalfPack writes the panels p0 … p1−1 of a and b, of nk steps each, for the m rows from lo on of
// the columns cols of x: (x_ij − mean_j)·scale_j·root_i, root being nil for ones, rounded to
// bfloat16, and zeros beyond. tiles says that AMX is there and allowed, else the reference runs.
func HalfPack[T Float](tiles bool, p0, p1, m, lo int, cols []int32, x []T, stride int, mean, scale, root []float64, nk int, a, b []uint16) {
	if !tiles {
		halfPackGo(p0, p1, m, lo, cols, x, stride, mean, scale, root, nk, a, b)
		return
	}
	if first, last := min(16*p0, len(cols)), min(16*p1, len(cols)); last > first {
		raceReadColumns(m, cols[first:last], stride, x[lo:])
	}
	raceWrite(a[p0*nk*HalfTile : p1*nk*HalfTile])
	raceWrite(b[p0*nk*HalfTile : p1*nk*HalfTile])
	C.ng_half_pack(C.size_t(p0), C.size_t(p1), C.size_t(m), C.size_t(lo), C.size_t(len(cols)), i32(cols), chars(x), C.size_t(stride), isF32[T](),
		f64(mean), f64(scale), f64(root), C.size_t(nk), u16(a), u16(b))
}

// HalfGram sets the blocks of 32×32 of g with i0 ≤ i < i1, j0 ≤ j < j1 and i ≥ j to the products of
// the panels of a and b, or adds them.
func HalfGram(tiles bool, i0, i1, j0, j1, nk int, a, b []uint16, g []float32, ld int, add bool) {
	if !tiles {
		halfGramGo(i0, i1, j0, j1, nk, a, b, g, ld, add)
		return
	}
	raceRead(a[2*i0*nk*HalfTile : 2*i1*nk*HalfTile])
	raceRead(b[2*j0*nk*HalfTile : 2*j1*nk*HalfTile])
	for i := 32 * max(i0, j0); i < 32*i1; i++ {
		raceWrite(g[i*ld+32*j0:][:32*(min(j1, i/32+1)-j0)])
	}
	C.ng_half_gram(C.size_t(i0), C.size_t(i1), C.size_t(j0), C.size_t(j1), C.size_t(nk), u16(a), u16(b), f32(g), C.size_t(ld), flag(add))
}

// HalfMirror copies the blocks below the diagonal of nb×nb in the columns j0 … j1−1 to their place
// above.
func HalfMirror(j0, j1, nb int, g []float32, ld int) {
	for j := 32 * j0; j < 32*j1; j++ {
		raceWrite(g[j*ld+(j&^31)+32:][:32*nb-j&^31-32])
	}
	C.ng_half_mirror(C.size_t(j0), C.size_t(j1), C.size_t(nb), f32(g), C.size_t(ld))
}

// HalfDescend is ActiveDescend over all slots 0 … len(w)−1, in that order, of a matrix of floats.
func HalfDescend(level simd.Level, gram []float32, ld int, l1, l2 []float64, positive bool, w, g []float64) float64 {
	raceRead(gram)
	raceRead(l1)
	raceRead(l2)
	raceWrite(w)
	raceWrite(g)
	return float64(C.ng_half_descend(C.int(level), C.size_t(len(w)), f32(gram), C.size_t(ld), f64(l1), f64(l2), flag(positive), f64(w), f64(g)))
}

// FoldPack packs the panels from q0 up to q1 of 8 columns of Z each: see foldgram.c. The rows are the
// m from lo on, or index where that is not nil; root may be nil for ones. packed has
// m·FoldSide(p) elements.
func FoldPack[T Float](level simd.Level, q0, q1, m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, y []float64, yCentre float64, root, packed []float64) {
	raceReadRowsOf(m, lo, index, p, x, stride, byColumn)
	raceRead(centre)
	raceRead(y)
	raceRead(root)
	raceWrite(packed)
	C.ng_fold_pack(C.int(level), C.size_t(q0), C.size_t(q1), C.size_t(m), C.size_t(lo), i32(index), C.size_t(p), chars(x), C.size_t(stride), flag(byColumn), isF32[T](),
		f64(centre), f64(y), C.double(yCentre), f64(root), f64(packed))
}

// FoldGram sets dst, or adds to it, the lower triangle of ZᵀZ of m packed rows, in the columns of
// the panels from j0 up to j1, ld apart.
func FoldGram(level simd.Level, j0, j1, m, p int, packed, dst []float64, ld int, add bool) {
	raceRead(packed)
	raceWrite(dst)
	C.ng_fold_gram(C.int(level), C.size_t(j0), C.size_t(j1), C.size_t(m), C.size_t(p), f64(packed), f64(dst), C.size_t(ld), flag(add))
}

// FoldCentre sets the columns from j0 up to j1 of gram, and their mirror, of len(sum) columns ld
// apart, to total − part − sum·shiftᵀ, from lower triangles. j0 is a multiple of 8, and j1 one or
// len(sum). part may be nil; total may be gram.
func FoldCentre(level simd.Level, j0, j1, ld int, total, part, sum, shift, gram []float64) {
	raceRead(total)
	raceRead(part)
	raceRead(sum)
	raceRead(shift)
	raceWrite(gram)
	C.ng_fold_centre(C.int(level), C.size_t(j0), C.size_t(j1), C.size_t(len(sum)), C.size_t(ld), f64(total), f64(part), f64(sum), f64(shift), f64(gram))
}

// PathFollow goes on with paths over their alphas, for about budget updates of elements of
// gradients, and reports whether they are at their end: see foldpath.c.
func PathFollow(level simd.Level, f *PathFollowing, budget float64) bool {
	raceRead(f.Gram)
	raceRead(f.Shared)
	raceRead(f.Mean)
	raceRead(f.Plan)
	raceRead(f.Grid)
	raceWrite(f.State)
	raceWrite(f.Params)
	raceWrite(f.Out)
	raceWrite(f.Run)
	raceWrite(f.Models)
	raceWrite(f.Lists)
	return C.ng_path_follow(C.int(level), C.size_t(f.P), C.size_t(f.LD), C.size_t(f.Paths), C.size_t(f.Alphas), flag(f.Positive),
		f64(f.Gram), C.size_t(f.Stride), f64(f.Shared), f64(f.Mean), f64(f.Plan), f64(f.Grid), f64(f.State), f64(f.Params), f64(f.Out),
		f64(f.Run), f64(f.Models), i32(f.Lists), C.double(budget)) != 0
}

// PackRows copies m rows of p columns, those from lo on or those in index, less centre, to
// panels of 8 rows in dst.
func PackRows[T Float](level simd.Level, m, lo int, index []int32, p int, x []T, stride int, byColumn bool, centre, dst []float64) {
	raceReadRowsOf(m, lo, index, p, x, stride, byColumn)
	raceRead(centre)
	raceWrite(dst)
	C.ng_pack_rows(C.int(level), C.size_t(m), C.size_t(lo), i32(index), C.size_t(p), chars(x), C.size_t(stride), flag(byColumn), isF32[T](), f64(centre), f64(dst))
}

// FoldPredict sets dst[c·ld + i] to b[c] + Σ x_ij·w[8·j + c] over the columns in list, for the
// rows of panels panels in x and 8 models.
func FoldPredict(level simd.Level, panels, p int, list []int32, x, w, b, dst []float64, ld int) {
	raceRead(list)
	raceRead(x)
	raceRead(w)
	raceRead(b)
	raceWrite(dst)
	C.ng_fold_predict(C.int(level), C.size_t(panels), C.size_t(p), C.size_t(len(list)), i32(list), f64(x), f64(w), f64(b), f64(dst), C.size_t(ld))
}

// FactorSolve sets b to (L·Lᵀ)⁻¹b for the lower triangle l of len(b) rows, column-major with
// columns ld apart, inv being the reciprocals of its diagonal.
func FactorSolve(level simd.Level, l []float64, ld int, inv, b []float64) {
	raceReadMatrix(len(b), len(b), ld, l)
	raceRead(inv[:len(b)])
	raceWrite(b)
	C.ng_factor_solve(C.int(level), C.size_t(len(b)), f64(l), C.size_t(ld), f64(inv), f64(b))
}

// FactorAppend sets b, and row len(b) of l up to its diagonal element, to L⁻¹b, and returns
// q − ‖b‖², the square of that element.
func FactorAppend(level simd.Level, l []float64, ld int, inv []float64, q float64, b []float64) float64 {
	for c := range b {
		raceWrite(l[c*ld : c*ld+len(b)+1])
	}
	raceRead(inv[:len(b)])
	raceWrite(b)
	return float64(C.ng_factor_append(C.int(level), C.size_t(len(b)), f64(l), C.size_t(ld), f64(inv), C.double(q), f64(b)))
}

// FactorRemove takes row and column k out of the matrix whose factor l is; v is scratch of
// as many elements as l has rows.
func FactorRemove(level simd.Level, k int, l []float64, ld int, inv, v []float64) {
	for c := range v {
		raceWrite(l[c*ld : c*ld+len(v)])
	}
	raceWrite(inv[:len(v)])
	raceWrite(v)
	C.ng_factor_remove(C.int(level), C.size_t(len(v)), C.size_t(k), f64(l), C.size_t(ld), f64(inv), f64(v))
}

// CSCEpoch does one pass of coordinate descent over the columns cols: w and the weighted
// residual v, whose last element is its sum, change. l1 and l2 are the penalties by
// column; no column has norm2 + l2 = 0. It returns what CDEpoch does.
func CSCEpoch(a *CSC, cols []int32, l1, l2 []float64, positive bool, w, v []float64) float64 {
	raceReadCSC(a, cols)
	raceReadAt(cols, a.Offset, a.Mean, a.Norm2, l1, l2)
	raceRead(a.Weight)
	raceWriteAt(cols, w)
	raceWrite(v)
	return float64(C.ng_csc_epoch(C.size_t(len(cols)), i32(cols), size(a.Indptr), i32(a.Indices), f64(a.Data), f64(a.Weight), C.double(a.Total),
		f64(a.Offset), f64(a.Mean), f64(a.Norm2), f64(l1), f64(l2), flag(positive), C.size_t(len(v)-1), f64(w), f64(v)))
}

// CSCDots sets g[j] to the product of column j, less its mean, and the weighted residual
// v, whose last element is its sum, for j in cols.
func CSCDots(a *CSC, cols []int32, v, g []float64) {
	raceReadCSC(a, cols)
	raceReadAt(cols, a.Offset, a.Mean)
	raceRead(v)
	raceWriteAt(cols, g)
	C.ng_csc_dots(C.size_t(len(cols)), i32(cols), size(a.Indptr), i32(a.Indices), f64(a.Data), f64(a.Offset), f64(a.Mean), C.size_t(len(v)-1), f64(v), f64(g))
}

// CSCSubtract takes each column j in cols, weighted, times w[j] out of the weighted
// residual v, and out of its last element what that takes out of the sum.
func CSCSubtract(a *CSC, cols []int32, w, v []float64) {
	raceReadCSC(a, cols)
	raceReadAt(cols, a.Offset, a.Mean, w)
	raceRead(a.Weight)
	raceWrite(v)
	C.ng_csc_subtract(C.size_t(len(cols)), i32(cols), size(a.Indptr), i32(a.Indices), f64(a.Data), f64(a.Weight), C.double(a.Total),
		f64(a.Offset), f64(a.Mean), f64(w), C.size_t(len(v)-1), f64(v))
}

// MultiEpoch does one pass of block coordinate descent over the columns cols of the
// column-major x of n rows: the n×t residual r and the rows cols of the p×t coefficients w
// change. t is a multiple of 8. l1 and l2 are the penalties by column; no column has
// norm2 + l2 = 0. grams is what MultiBlocks makes of cols, scratch 2·MultiBlock·t long. It
// returns Σ ½(norm2 + l2)·‖Δw‖², which the objective has fallen by at least.
func MultiEpoch(level simd.Level, n int, cols []int32, x []float64, stride int, mean, norm2, l1, l2, grams []float64, t int, w, r, scratch []float64) float64 {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean, norm2, l1, l2)
	raceRead(grams[:len(cols)*MultiBlock])
	raceWriteRows(cols, t, w)
	raceWrite(r[:n*t])
	raceWrite(scratch)
	return float64(C.ng_multi_epoch(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), f64(x), C.size_t(stride),
		f64(mean), f64(norm2), f64(l1), f64(l2), f64(grams), C.size_t(t), f64(w), f64(r), f64(scratch)))
}

// MultiBlocks sets row c of the len(cols)×MultiBlock matrix grams to the products of the
// column cols[c], less its mean, with those of its block: cols from c rounded down to a
// multiple of MultiBlock on. Products with columns that are not there are 0.
func MultiBlocks(level simd.Level, n int, cols []int32, x []float64, stride int, mean, grams []float64) {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean)
	raceWrite(grams[:len(cols)*MultiBlock])
	C.ng_multi_blocks(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), f64(x), C.size_t(stride), f64(mean), f64(grams))
}

// MultiDots sets row j of the p×t matrix g to the product of column j, less its mean, and
// the n×t matrix r, for j in cols.
func MultiDots(level simd.Level, n int, cols []int32, x []float64, stride int, mean []float64, t int, r, g []float64) {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean)
	raceRead(r[:n*t])
	raceWriteRows(cols, t, g)
	C.ng_multi_dots(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), f64(x), C.size_t(stride), f64(mean), C.size_t(t), f64(r), f64(g))
}

// MultiSubtract subtracts from r the product of each column j in cols, less its mean, and
// row j of w.
func MultiSubtract(level simd.Level, n int, cols []int32, x []float64, stride int, mean []float64, t int, w, r []float64) {
	raceReadColumns(n, cols, stride, x)
	raceReadAt(cols, mean)
	raceReadRows(cols, t, w)
	raceWrite(r[:n*t])
	C.ng_multi_subtract(C.int(level), C.size_t(n), C.size_t(len(cols)), i32(cols), f64(x), C.size_t(stride), f64(mean), C.size_t(t), f64(w), f64(r))
}

// MultiGramEpoch does what MultiEpoch does, on the k×k Gram matrix of the columns: b is
// XᵀY, w the coefficients, both k×t, and scratch 4·t long. No diagonal element + l2 is 0.
func MultiGramEpoch(level simd.Level, gram []float64, stride int, l1, l2 []float64, t int, b, w, scratch []float64) float64 {
	raceReadMatrix(len(l1), len(l1), stride, gram)
	raceRead(l1)
	raceRead(l2)
	raceRead(b)
	raceWrite(w)
	raceWrite(scratch)
	return float64(C.ng_multi_gram_epoch(C.int(level), C.size_t(len(l1)), f64(gram), C.size_t(stride), f64(l1), f64(l2),
		C.size_t(t), f64(b), f64(w), f64(scratch)))
}

// MultiGramDots sets the k×t matrix g to b − gram·w.
func MultiGramDots(level simd.Level, k int, gram []float64, stride, t int, b, w, g []float64) {
	raceReadMatrix(k, k, stride, gram)
	raceRead(b)
	raceRead(w)
	raceWrite(g)
	C.ng_multi_gram_dots(C.int(level), C.size_t(k), f64(gram), C.size_t(stride), C.size_t(t), f64(b), f64(w), f64(g))
}

// Add sets dst[i] to x[i] + y[i]; stream says to write past the caches.
func Add[T Float](level simd.Level, dst, x, y []T, stream bool) {
	raceRead(x)
	raceRead(y)
	raceWrite(dst)
	C.ng_add(C.int(level), isF32[T](), C.size_t(len(x)), chars(x), chars(y), chars(dst), flag(stream))
}

// Min sets dst[j] to the minimum, or the maximum, of column j of the rows×len(dst) matrix a:
// NaN where there is one, −0 before 0. With skip NaN counts for nothing but nans[j], which
// has the number of them, and dst[j] of a column without a number is ±Inf. rows is below
// 2³¹.
func Min[T Number](level simd.Level, colMajor bool, rows, stride int, a []T, largest, skip bool, dst []T, nans []int64) {
	raceReadBoth(colMajor, rows, len(dst), stride, a)
	raceWrite(dst)
	raceWrite(nans)
	C.ng_min(C.int(level), C.int(typeCode[T]()), flag(!colMajor), C.size_t(rows), C.size_t(len(dst)), C.size_t(stride), chars(a),
		flag(largest), flag(skip), chars(dst), i64(nans))
}

// MaxAbs sets dst[j] to the largest |x| of column j of a, NaN skipped, −Inf where there is nothing
// else, and nans[j] to how many NaN there are. rows is below 2³¹.
func MaxAbs[T Float](level simd.Level, colMajor bool, rows, stride int, a, dst []T, nans []int64) {
	raceReadBoth(colMajor, rows, len(dst), stride, a)
	raceWrite(dst)
	raceWrite(nans)
	C.ng_min(C.int(level), C.int(typeCode[T]()), flag(!colMajor), C.size_t(rows), C.size_t(len(dst)), C.size_t(stride), chars(a),
		2, 1, chars(dst), i64(nans))
}

// FewMin sets dst[j] to the minimum, or the maximum, of column j of a, which has one to FewRows rows:
// NaN where there is one or, with skip, nothing else. nans and stream are those of FewFloats.
func FewMin[T Number](level simd.Level, colMajor bool, rows, stride int, a []T, stream, largest, skip bool, dst []T, nans []int) {
	raceReadBoth(colMajor, rows, len(dst), stride, a)
	raceWrite(dst)
	raceWrite(nans)
	C.ng_few_rows(C.int(level), C.int(fewMin.extremeOp(largest)), flag(skip), C.int(typeCode[T]()), flag(colMajor), C.size_t(rows), C.size_t(len(dst)),
		C.size_t(stride), chars(a), 0, flag(stream), chars(dst), words(nans))
}

// FewArgMin sets dst[j] to the first row with what FewMin finds: the first NaN where there is one or,
// with skip, −1 where there is nothing else.
func FewArgMin[T Number](level simd.Level, colMajor bool, rows, stride int, a []T, stream, largest, skip bool, dst, nans []int) {
	raceReadBoth(colMajor, rows, len(dst), stride, a)
	raceWrite(dst)
	raceWrite(nans)
	C.ng_few_rows(C.int(level), C.int(fewArgMin.extremeOp(largest)), flag(skip), C.int(typeCode[T]()), flag(colMajor), C.size_t(rows), C.size_t(len(dst)),
		C.size_t(stride), chars(a), 0, flag(stream), (*C.char)(unsafe.Pointer(words(dst))), words(nans))
}

// ArgMin sets index[j] to the first row with the minimum, or the maximum, of column j, and
// best[j] to it: the first NaN where there is one. With skip NaN are skipped, nans[j] says how many,
// and index[j] is −1 where there is nothing else. rows is positive and below 2³¹.
func ArgMin[T Number](level simd.Level, colMajor bool, rows, stride int, a []T, largest, skip bool, best []T, index, nans []int64) {
	raceReadBoth(colMajor, rows, len(best), stride, a)
	raceWrite(best)
	raceWrite(index)
	raceWrite(nans)
	C.ng_argmin(C.int(level), C.int(typeCode[T]()), flag(!colMajor), C.size_t(rows), C.size_t(len(best)), C.size_t(stride), chars(a),
		flag(largest), flag(skip), chars(best), i64(index), i64(nans))
}

// IntSum sets lo[j] to the sum of column j of the rows×len(lo) matrix a, in 64 bits that
// wrap; or, where hi is not nil, lo[j] to the sum of the low 32 bits of each element and
// hi[j] to that of the high ones, signed. rows is below 2³¹.
func IntSum[T Int](level simd.Level, colMajor bool, rows, stride int, a []T, lo, hi []int64) {
	raceReadBoth(colMajor, rows, len(lo), stride, a)
	raceWrite(lo)
	raceWrite(hi)
	C.ng_int_sum(C.int(level), flag(sizeOf[T]() == 4), flag(!colMajor), C.size_t(rows), C.size_t(len(lo)), C.size_t(stride), chars(a), i64(lo), i64(hi))
}

// ExactSum adds column j of the rows×cols matrix a to accumulator j, whose chunk k is
// acc[k*accStride+j]. rows is below 2³¹, and all that was added since ExactCarry.
func ExactSum[T Float](level simd.Level, colMajor bool, rows, cols, stride int, a []T, acc []int64, accStride int) {
	raceReadBoth(colMajor, rows, cols, stride, a)
	for k := range ExactChunks {
		raceWrite(acc[k*accStride:][:cols])
	}
	C.ng_exact_sum(C.int(level), flag(sizeOf[T]() == 4), flag(!colMajor), C.size_t(rows), C.size_t(cols), C.size_t(stride), chars(a), i64(acc), C.size_t(accStride))
}

// AccurateSum sets s[j] + c[j] to the sum of column j of the rows×len(s) matrix a, s[j] being
// the rounded sum and c[j] what the rounding left out. levels is scratch of
// 2·SumLevels(rows)·len(s), for row-major matrices. rows is positive.
func AccurateSum[T Float](level simd.Level, colMajor bool, rows, stride int, a []T, levels, s, c []float64) {
	raceReadBoth(colMajor, rows, len(s), stride, a)
	raceWrite(levels)
	raceWrite(s)
	raceWrite(c)
	C.ng_accurate_sum(C.int(level), flag(sizeOf[T]() == 4), flag(!colMajor), C.size_t(rows), C.size_t(len(s)), C.size_t(stride), chars(a), f64(levels), f64(s), f64(c))
}

// Dots sets dst[k] to the dot product of scale·x and scale·y over the k-th block of so many
// elements: 32 lanes that fold in halves. dst has a place for each block, and one for none.
func Dots[T Float](level simd.Level, x, y []T, block int, scale float64, dst []float64) {
	raceRead(x)
	raceRead(y)
	raceWrite(dst)
	C.ng_dots(C.int(level), flag(sizeOf[T]() == 4), C.size_t(len(x)), C.size_t(block), chars(x), chars(y), C.double(scale), f64(dst))
}

// Axpy adds alpha·x[i] to y[i]. x may be y itself.
func Axpy[T Float](level simd.Level, alpha T, x, y []T) {
	raceRead(x)
	raceWrite(y)
	C.ng_axpy(C.int(level), flag(sizeOf[T]() == 4), C.size_t(len(x)), C.double(alpha), chars(x), chars(y))
}

// Scale multiplies each x[i] by alpha.
func Scale[T Float](level simd.Level, alpha T, x []T) {
	raceWrite(x)
	C.ng_scale(C.int(level), flag(sizeOf[T]() == 4), C.size_t(len(x)), C.double(alpha), chars(x))
}

// raceReadBoth is the read of a matrix of either layout.
func raceReadBoth[T any](colMajor bool, rows, cols, stride int, a []T) {
	if colMajor {
		rows, cols = cols, rows
	}
	raceReadMatrix(rows, cols, stride, a)
}

// chars is the start of s as C's char: void would cost a check of the pointer, and what is
// larger than an element may reach beyond the slice.
func chars[T any](s []T) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(s))) }

// words is s for C, where an int has 64 bits; else FewRows is 0, and nobody asks.
func words(s []int) *C.int64_t { return (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(s))) }

func i64(s []int64) *C.int64_t { return (*C.int64_t)(unsafe.SliceData(s)) }

func isF32[T Float]() C.int { return flag(unsafe.Sizeof(*new(T)) == 4) }

func f64(s []float64) *C.double  { return (*C.double)(unsafe.SliceData(s)) }
func f32(s []float32) *C.float   { return (*C.float)(unsafe.SliceData(s)) }
func i32(s []int32) *C.int32_t   { return (*C.int32_t)(unsafe.SliceData(s)) }
func u16(s []uint16) *C.uint16_t { return (*C.uint16_t)(unsafe.SliceData(s)) }
func u32(s []uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.SliceData(s)) }
func u64(s []uint64) *C.uint64_t { return (*C.uint64_t)(unsafe.SliceData(s)) }

// size is of the lengths in s: a ptrdiff_t is as wide as an int wherever Go runs.
func size(s []int) *C.ptrdiff_t { return (*C.ptrdiff_t)(unsafe.Pointer(unsafe.SliceData(s))) }

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
