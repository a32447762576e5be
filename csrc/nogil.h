// Prototypes of all kernels, and the macros that compile each once per instruction set.
//
// The rules of this folder: C never allocates, locks, spawns, prints or calls back,
// and holds no state. Lengths are size_t, strides are in elements, outputs are
// restrict and overlap nothing. Go has checked everything before it calls. The first
// argument is a level of Go's package simd; it indexes the kernel's dispatch table.
//
// How a kernel is laid out: x.c holds its body once, under #ifdef NG_BODY, and below
// it the dispatch table. variants.h includes x.c again once per instruction set with
//
//   NG_BODY     defined, so that only the body is seen
//   NG_ID(f)    f_generic, f_avx2, f_avx512 or f_neon
//   NG_FN       static, and the target attribute of the set
//   NG_W        doubles in a vector: 2, 4 or 8
//   NG_SET      NG_GENERIC, NG_AVX2, NG_AVX512 or NG_NEON, for #if
//
// Floating point is never contracted or reordered: the same bits come from every
// set. gcc needs -std=c11 for that, clang the pragma below.
#ifndef NOGIL_H
#define NOGIL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#if defined(__x86_64__)
#define NG_X86 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define NG_ARM 1
#include <arm_neon.h>
#endif

// The levels of package simd.
#define NG_GENERIC 0
#define NG_AVX2 1
#define NG_AVX512 2
#define NG_NEON 3
#define NG_LEVELS 4

// NG_TABLE lists the variants of f by level. A level of another architecture gets
// the generic one: Go never asks for it, and no entry is left null.
#if NG_X86
#define NG_TABLE(f) {f##_generic, f##_avx2, f##_avx512, f##_generic}
#elif NG_ARM
#define NG_TABLE(f) {f##_generic, f##_generic, f##_generic, f##_neon}
#else
#define NG_TABLE(f) {f##_generic, f##_generic, f##_generic, f##_generic}
#endif

// sum.c: the fixed summation tree over the rows of each column, of doubles or (f32)
// floats. op is a SumOp of sum.go.
void ng_sum_row_major(int level, int op, int f32, size_t rows, size_t cols, size_t stride,
                      const char *data, double *restrict levels, double *restrict dst,
                      double *restrict skipped);
void ng_sum_col_major(int level, int op, int f32, size_t rows, size_t cols, size_t stride,
                      const char *data, double *restrict dst, double *restrict skipped);

// moments.c: count, mean and variance of each column, and more. what is a Moments of
// moments.go; a holds doubles or, where f32, floats; dst has planes ldd apart. merge adds
// to the nodes x those of the rows that follow.
void ng_moments(int level, int what, int col_major, int f32, size_t rows, size_t cols, size_t stride,
                const char *a, double *restrict levels, double *restrict dst, size_t ldd);
void ng_moments_merge(int level, int what, size_t cols, double *restrict x, size_t ldx,
                      const double *restrict y, size_t ldy);

// few.c: a statistic of each column of up to eight rows: op is a FewOp of few.go, type that of
// minmax.c. dst has one number a column, or five words; nans may be null.
void ng_few_rows(int level, int op, int skip, int type, int col_major, size_t rows, size_t cols, size_t stride,
                 const char *a, int64_t ddof, int stream, char *restrict dst, int64_t *restrict nans);

// divisors.c: the number of divisors. The tables of the first m odd primes, m a multiple
// of 16, are those of divisors.go: the prime (and one more at the end), its inverse
// modulo 2^32 and the largest quotient, the same in words of 16 bits, and modulo 2^64.
// ng_count_divisors takes at most 256 values and returns how many of their cofactors are left to ng_split_divisors.
#define NG_PRIMES                                                                          \
	size_t m, const uint32_t *prime, const uint32_t *inv32, const uint32_t *lim32,     \
		const uint16_t *words, const uint64_t *inv64, const uint64_t *lim64
size_t ng_count_divisors(int level, int ifma, size_t n, const uint64_t *values, uint64_t *restrict dst,
                         uint64_t *restrict hard, uint32_t *restrict where, NG_PRIMES);
void ng_split_divisors(int level, int ifma, size_t n, const uint64_t *hard, const uint32_t *where,
                       uint64_t *restrict dst);
size_t ng_factor(int level, int ifma, uint64_t n, uint64_t *restrict out, NG_PRIMES);
int ng_prime(uint64_t n);

// divisortable.c: the numbers of divisors of lo … lo+n−1, lo > 0, as numbers of size (1, 2
// or 4) bytes, all below 2^16. The m primes from 2 on go up to limit at least, which is 256 or more
// and the square root of the last number or more; pattern and the scratch of a segment
// are those of divisortable.go.
void ng_divisor_table(int level, uint64_t lo, size_t n, size_t size, void *restrict dst,
                      size_t segment, uint32_t limit, size_t m, const uint32_t *prime,
                      const uint16_t *pattern, uint16_t *w, uint32_t *next, uint64_t *power,
                      uint64_t *mends);

// divisorrange.c: the numbers of divisors of lo … lo+n−1, lo > 0. The m primes from 2 on go
// up to limit, whose successor's cube is above the last number; rest is scratch.
void ng_divisor_range(uint64_t lo, size_t n, uint32_t *restrict dst, size_t m, const uint32_t *prime,
                      uint32_t limit, uint64_t *restrict rest);

// divisorquery.c: the sum of table[v − base] over the values v with 0 < v − base ≤ count,
// of a table of size (1 or 2) bytes an element.
int64_t ng_sum_table(int level, size_t n, const int64_t *values, uint64_t base, uint64_t count,
                     size_t size, const void *table);
// How many values there are with 1 ≤ v ≤ at_most, the least and the greatest, to out[0…3):
// 0, 0, 0 for none. And sum[b] = Σ times·d over the b-th 64 of n places.
void ng_span_of(int level, size_t n, const uint64_t *values, uint64_t at_most, uint64_t *restrict out);
void ng_weigh(int level, size_t n, const uint8_t *times, size_t size, const void *d, int64_t *restrict sum);

// cd.c: coordinate descent on the columns cols[0…k) of a dense column-major design of n
// rows, each less its mean. x points to doubles or, where f32 is set, floats. Arrays by column have an
// entry for every column of x; weights, one a row, may be null for ones, and with weights
// r is the residual times its weights.
#define NG_COLUMNS                                                                         \
	size_t n, size_t k, const int32_t *cols, const char *x, size_t stride, const double *mean
double ng_cd_epoch(int level, NG_COLUMNS, const double *weights, int f32, const double *norm2,
                   const double *l1, const double *l2, int positive, double *restrict w,
                   double *restrict r);
void ng_column_dots(int level, NG_COLUMNS, int f32, const double *r, double *restrict g);
void ng_column_squares(int level, NG_COLUMNS, const double *weights, int f32,
                       double *restrict norm2);
void ng_subtract_columns(int level, NG_COLUMNS, const double *weights, int f32, const double *w,
                         double *restrict r);

// rows.c: Σ v_i·(x_ij − mean_j) of each column of an n×p row-major design, or of the squares;
// v may be null for ones.
void ng_row_sums(int level, size_t n, size_t p, const char *x, size_t stride, const double *mean,
                 const double *v, int squares, int f32, double *restrict g);

// transpose.c: dst[c·ld + i] = x[i·stride + c], or x[i·stride + cols[c]], for n rows and k columns.
void ng_transpose(size_t n, size_t k, const char *x, size_t stride, int f32, char *restrict dst, size_t ld);
void ng_gather(size_t n, size_t k, const int32_t *cols, const char *x, size_t stride, int f32, char *restrict dst,
               size_t ld);

// gram.c: the gradient on a p×p Gram matrix.
void ng_gram_subtract(int level, size_t p, size_t k, const int32_t *cols, const double *gram,
                      size_t stride, const double *w, double *restrict g);

// csc.c: coordinate descent on the columns cols[0…k) of a sparse design in compressed
// columns, each less its offset and then less the mean of what is left. v is the weighted
// residual, v[rows] its sum; weight may be null for ones. No level: one body serves every set.
double ng_csc_epoch(size_t k, const int32_t *cols, const ptrdiff_t *indptr, const int32_t *indices,
                    const double *data, const double *weight, double total,
                    const double *offset, const double *mean, const double *norm2,
                    const double *l1, const double *l2, int positive, size_t rows, double *restrict w, double *restrict v);
void ng_csc_dots(size_t k, const int32_t *cols, const ptrdiff_t *indptr, const int32_t *indices,
                 const double *data, const double *offset, const double *mean, size_t rows,
                 const double *v, double *restrict g);
void ng_csc_subtract(size_t k, const int32_t *cols, const ptrdiff_t *indptr, const int32_t *indices,
                     const double *data, const double *weight, double total,
                     const double *offset, const double *mean, const double *w, size_t rows, double *restrict v);

// multitask.c: block coordinate descent on the columns of cd.c, all t tasks of a column at
// once; t is a multiple of 8, r is n×t, w and g are p×t, b is k×t. blocks sets grams, of
// k×NG_MULTI_BLOCK, to the products of each column in cols with those of its block of that many,
// which epoch needs. Its scratch is 2·NG_MULTI_BLOCK·t, that of gram_epoch 4·t.
#define NG_MULTI_BLOCK 16
double ng_multi_epoch(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                      const double *mean, const double *norm2, const double *l1, const double *l2,
                      const double *grams, size_t t, double *restrict w, double *restrict r,
                      double *restrict scratch);
void ng_multi_blocks(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                     const double *mean, double *restrict grams);
void ng_multi_dots(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                   const double *mean, size_t t, const double *r, double *restrict g);
void ng_multi_subtract(int level, size_t n, size_t k, const int32_t *cols, const double *x,
                       size_t stride, const double *mean, size_t t, const double *w,
                       double *restrict r);
double ng_multi_gram_epoch(int level, size_t k, const double *gram, size_t stride, const double *l1,
                           const double *l2, size_t t, const double *b, double *restrict w,
                           double *restrict scratch);
void ng_multi_gram_dots(int level, size_t k, const double *gram, size_t stride, size_t t,
                        const double *b, const double *w, double *restrict g);

// add.c: dst = x + y, of doubles or floats; dst may be x or y itself.
void ng_add(int level, int f32, size_t n, const char *x, const char *y, char *dst, int stream);

// minmax.c: the least of each column (of is 0), the greatest (1) or the greatest |x| (2), and
// where it first stands. type is 0 for double, 1 for float, 2 for int32_t, 3 for int64_t; dst and
// best have that type. Where skip is set NaN are skipped, and nans says how many.
void ng_min(int level, int type, int by_rows, size_t rows, size_t cols, size_t stride, const char *a,
            int of, int skip, char *restrict dst, int64_t *restrict nans);
void ng_argmin(int level, int type, int by_rows, size_t rows, size_t cols, size_t stride, const char *a,
               int of, int skip, char *restrict best, int64_t *restrict index, int64_t *restrict nans);
// pairs.c: dst[i*ld + k] is the product of columns a[i] and b[k] of x, each less its mean,
// with weights or, if they are null, without.
void ng_pairs(int level, size_t n, size_t na, const int32_t *a, size_t nb, const int32_t *b,
              const char *x, size_t stride, const double *mean, const double *weights, int f32,
              double *restrict dst, size_t ld);

// reach.c: lists in dst the columns whose gradient may reach l1 or seems to reach near·l1, and returns
// how many. dst has room for p.
size_t ng_reach(int level, size_t p, const double *first, const double *second, double c, double slack,
                const double *norm, double fog, const double *unit, double near, const double *l1,
                int positive, int32_t *restrict dst);

// sketch.c: the columns of an n×p matrix in 8 bits a number, ld ≥ n numbers each, ld being a multiple
// of 32; dst[i], the product of column cols[i], or i where cols is null, with d, of ld numbers; and for
// all columns g_j, a·y_j plus that product times unit·scale_j. |d_i|·127·ld is at most 2³¹ − 1.
void ng_sketch(int level, size_t n, size_t p, const char *x, size_t stride, int f32, const double *centre,
               size_t ld, int8_t *restrict q, double *restrict scale);
void ng_sketch_dots(int level, size_t ld, size_t k, const int32_t *cols, const int8_t *q, const int16_t *d,
                    int32_t *restrict dst);
void ng_sketch_gradients(int level, size_t ld, size_t p, const int8_t *q, const int16_t *d, double a,
                         const double *y, double unit, const double *scale, double *restrict g);

// active.c: coordinate descent on the Gram matrix of a working set, and the Cholesky factor
// of its active columns. Both matrices are column-major with columns ld apart.
void ng_active_move(int level, size_t m, size_t k, const int32_t *slot, const double *d,
                    const double *gram, size_t ld, double *restrict g);
double ng_active_descend(int level, size_t m, size_t k, const int32_t *list, const double *gram,
                         size_t ld, const double *l1, const double *l2, int positive,
                         double *restrict w, double *restrict g);
void ng_factor_solve(int level, size_t m, const double *l, size_t ld, const double *inv,
                     double *restrict b);
double ng_factor_append(int level, size_t m, double *restrict l, size_t ld, const double *inv, double q,
                        double *restrict b);
void ng_factor_remove(int level, size_t m, size_t k, double *restrict l, size_t ld, double *restrict inv,
                      double *restrict v);

// halfgram.c: Gram matrices of bfloat16 by the tile unit of AMX, which the caller has asked the
// kernel for, and coordinate descent on them. Panels are of 16 slots, blocks of 32, steps of 32
// rows, nk of them in a panel; halfgram.go has the order. pack writes the panels p0 … p1−1 of a and
// b for the m rows from lo on of the k columns cols; gram sets, or adds to, the blocks (i, j) with
// i0 ≤ i < i1, j0 ≤ j < j1 and i ≥ j.
int ng_half_built(void);
void ng_half_pack(size_t p0, size_t p1, size_t m, size_t lo, size_t k, const int32_t *cols, const char *x,
                  size_t stride, int f32, const double *mean, const double *scale, const double *root,
                  size_t nk, uint16_t *restrict a, uint16_t *restrict b);
void ng_half_gram(size_t i0, size_t i1, size_t j0, size_t j1, size_t nk, const uint16_t *a,
                  const uint16_t *b, float *g, size_t ld, int add);
void ng_half_mirror(size_t j0, size_t j1, size_t nb, float *gram, size_t ld);
double ng_half_descend(int level, size_t m, const float *gram, size_t ld, const double *l1, const double *l2,
                       int positive, double *restrict w, double *restrict g);

// foldgram.c: packs the panels q0 to q1−1 of Z for m rows of the n×p design x, those from lo on or
// those in index, Z being its columns less centre, y less y_centre, and ones, each row times root
// (null for ones). dst has p+2 elements filled up to a multiple of 8 for each row.
void ng_fold_pack(int level, size_t q0, size_t q1, size_t m, size_t lo, const int32_t *index, size_t p, const char *x,
                  size_t stride, int by_column, int f32, const double *centre, const double *y, double y_centre,
                  const double *root, double *restrict dst);

// Sets dst to, or adds to it, the lower triangle of ZᵀZ: the columns of panels j0 to j1−1, of which dst
// has as many elements, ld apart.
void ng_fold_gram(int level, size_t j0, size_t j1, size_t m, size_t p, const double *packed, double *restrict dst,
                  size_t ld, int add);

// gram = total − part − sum·shiftᵀ, from lower triangles: the columns j0 to j1−1, with their mirror.
void ng_fold_centre(int level, size_t j0, size_t j1, size_t p, size_t ld, const double *total, const double *part,
                    const double *sum, const double *shift, double *gram);

// foldpath.c: follows k ≤ 4 paths on one Gram matrix over their alphas, for about budget updates
// of elements of gradients; not 0 at their end. foldpath.c says what the arrays are.
int ng_path_follow(int level, size_t p, size_t ld, size_t k, size_t alphas, int positive, const double *gram,
                   size_t stride, const double *shared, const double *mean, const double *plan, const double *grid,
                   double *restrict state, double *restrict param, double *restrict out, double *restrict run,
                   double *restrict models, int32_t *restrict lists, double budget);

// foldtest.c: rows less centre, in panels of 8, and what eight models predict for them.
void ng_pack_rows(int level, size_t m, size_t lo, const int32_t *index, size_t p, const char *x, size_t stride,
                  int by_column, int f32, const double *centre, double *restrict dst);
void ng_fold_predict(int level, size_t r, size_t p, size_t n, const int32_t *list, const double *x, const double *w,
                     const double *b, double *restrict dst, size_t ld);

// intsum.c: the sums of columns of int32_t (narrow) or int64_t: in 64 bits that wrap where hi
// is null, else as hi·2³² + lo.
void ng_int_sum(int level, int narrow, int by_rows, size_t rows, size_t cols, size_t stride,
                const char *a, int64_t *restrict lo, int64_t *restrict hi);

// exact.c: adds each column to a superaccumulator of 69 chunks, acc_stride apart. rows is below
// 2³¹.
void ng_exact_sum(int level, int f32, int by_rows, size_t rows, size_t cols, size_t stride,
                  const char *a, int64_t *acc, size_t acc_stride);

// accurate.c: the sum of each column, s + c, with its rounding errors in c. levels is scratch.
void ng_accurate_sum(int level, int f32, int by_rows, size_t rows, size_t cols, size_t stride,
                     const char *a, double *restrict levels, double *restrict s, double *restrict c);

// vector.c: operations on vectors of double or, with f32, float. dst[k] is the dot product of
// the k-th block of so many elements.
void ng_dots(int level, int f32, size_t n, size_t block, const char *x, const char *y, double scale,
             double *restrict dst);
void ng_axpy(int level, int f32, size_t n, double alpha, const char *x, char *y);
void ng_scale(int level, int f32, size_t n, double alpha, char *x);

// ng_fence orders streamed stores before what follows.
static inline void ng_fence(int stream) {
#if NG_X86
	if (stream) _mm_sfence();
#endif
	(void)stream;
}

// ng_soft is sign(u)·max(|u| − l1, 0) / den, or 0 in place of what is negative.
static inline double ng_soft(double u, double l1, double den, int positive) {
	if (u > l1) return (u - l1) / den;
	if (u < -l1 && !positive) return (u + l1) / den;
	return 0;
}

#endif
