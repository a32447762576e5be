// The sum of each column, by a summation tree that is fixed by the number of rows
// alone, so that every instruction set, layout, alignment and split gives the same
// bits. It is the plain loop `dst[j] += a[i][j]` in another order:
//
//   group  8 rows: ((x0+x1)+(x2+x3)) + ((x4+x5)+(x6+x7)); a short one is padded with −0
//   leaf   16 groups, 128 rows, added one after the other to −0
//   tree   leaves combine as a binary counter counts, the rest from the right
//
// The error is at most (3 + 16 + log2(rows/128))·u·Σ|x|, where the plain loop's grows
// with rows. It costs nothing: eight rows at once are also what keeps memory busy
// (one sequential stream reaches 2/3 of the bandwidth), and the accumulator is touched
// once per eight rows. Floats are widened and summed as doubles.
#include "nogil.h"

#ifdef NG_BODY

NG_INLINE NG_V NG_ID(at)(const void *a, size_t i, int f32) {
	return f32 ? NG_LOADF((const float *)a + i) : NG_LOAD((const double *)a + i);
}

// tree8 adds the n ≤ 8 rows of a group that begins at element i, NG_W columns at once.
NG_INLINE NG_V NG_ID(tree8)(const void *a, size_t i, size_t stride, size_t n, int f32) {
	const NG_V none = -(NG_V){0};
#define X(k) ((k) < n ? NG_ID(at)(a, i + (k)*stride, f32) : none)
	return ((X(0) + X(1)) + (X(2) + X(3))) + ((X(4) + X(5)) + (X(6) + X(7)));
#undef X
}

// group_rows adds the n ≤ 8 rows from element i on to dst, the vector lanes being columns.
NG_INLINE void NG_ID(group_rows)(size_t n, size_t cols, size_t stride, const void *a, size_t i,
                                 int f32, double *restrict dst) {
	size_t j = 0;
	for (; j + NG_W <= cols; j += NG_W)
		NG_STORE(dst + j, NG_LOAD(dst + j) + NG_ID(tree8)(a, i + j, stride, n, f32));
	for (; j < cols; j++) dst[j] += ng_tree8(a, i + j, stride, n, f32);
}

// leaf_rows sums up to 128 rows of a row-major matrix.
NG_INLINE void NG_ID(leaf_rows)(size_t rows, size_t cols, size_t stride, const void *a, size_t at,
                                int f32, double *restrict dst) {
	for (size_t j = 0; j < cols; j++) dst[j] = -0.0;
	size_t i = 0;
	for (; i + 8 <= rows; i += 8) NG_ID(group_rows)(8, cols, stride, a, at + i * stride, f32, dst);
	if (i < rows) NG_ID(group_rows)(rows - i, cols, stride, a, at + i * stride, f32, dst);
}

NG_INLINE void NG_ID(add)(size_t n, double *restrict dst, const double *restrict x) {
	size_t j = 0;
	for (; j + NG_W <= n; j += NG_W) NG_STORE(dst + j, NG_LOAD(dst + j) + NG_LOAD(x + j));
	for (; j < n; j++) dst[j] += x[j];
}

// sum_rows holds one row of partial sums per level of the tree in levels.
NG_INLINE void NG_ID(sum_rows)(size_t rows, size_t cols, size_t stride, const void *a, int f32,
                               double *restrict levels, double *restrict dst) {
	size_t top = 0, leaves = 0;
	for (size_t i = 0; i < rows; i += NG_LEAF) {
		size_t n = rows - i < NG_LEAF ? rows - i : NG_LEAF;
		NG_ID(leaf_rows)(n, cols, stride, a, i * stride, f32, levels + top * cols);
		top++;
		leaves++;
		for (size_t c = leaves; !(c & 1); c >>= 1, top--)
			NG_ID(add)(cols, levels + (top - 2) * cols, levels + (top - 1) * cols);
	}
	for (; top > 1; top--) NG_ID(add)(cols, levels + (top - 2) * cols, levels + (top - 1) * cols);
	memcpy(dst, levels, cols * sizeof *dst);
}

// leaves8 adds to s[0…7] a group of eight leaves that are stride apart, the first of them
// at element i: vectors along the columns are transposed while they are added, one lane
// a leaf.
NG_INLINE void NG_ID(leaves8)(const void *a, size_t i, size_t stride, int f32, double *restrict s) {
#define X(leaf, k) NG_ID(at)(a, i + (leaf)*stride + (k), f32)
#if NG_SET == NG_AVX512
	// p[2l], p[2l+1] of two leaves side by side, then 128-bit pairs, then halves.
#define PAIRS(l)                                                                                   \
	((NG_V)_mm512_add_pd(_mm512_unpacklo_pd((__m512d)X(l, 0), (__m512d)X(l + 1, 0)),           \
	                     _mm512_unpackhi_pd((__m512d)X(l, 0), (__m512d)X(l + 1, 0))))
#define HALVE(p, q)                                                                                \
	((NG_V)_mm512_add_pd(_mm512_shuffle_f64x2((__m512d)(p), (__m512d)(q), 0x88),               \
	                     _mm512_shuffle_f64x2((__m512d)(p), (__m512d)(q), 0xdd)))
	NG_V p = HALVE(PAIRS(0), PAIRS(2)), q = HALVE(PAIRS(4), PAIRS(6));
	NG_STORE(s, NG_LOAD(s) + HALVE(p, q));
#undef PAIRS
#undef HALVE
#elif NG_SET == NG_AVX2
	for (size_t l = 0; l < 8; l += 4) {
		NG_V sum[2];
		for (size_t h = 0; h < 2; h++) {
			__m256d ab = _mm256_hadd_pd((__m256d)X(l, 4 * h), (__m256d)X(l + 1, 4 * h));
			__m256d cd = _mm256_hadd_pd((__m256d)X(l + 2, 4 * h), (__m256d)X(l + 3, 4 * h));
			sum[h] = (NG_V)_mm256_add_pd(_mm256_permute2f128_pd(ab, cd, 0x20),
			                             _mm256_permute2f128_pd(ab, cd, 0x31));
		}
		NG_STORE(s + l, NG_LOAD(s + l) + (sum[0] + sum[1]));
	}
#else
	for (size_t l = 0; l < 8; l += 2) {
		NG_V pair[4];
		for (size_t k = 0; k < 4; k++) {
			NG_V x = X(l, 2 * k), y = X(l + 1, 2 * k);
			pair[k] = (NG_V){x[0], y[0]} + (NG_V){x[1], y[1]};
		}
		NG_STORE(s + l, NG_LOAD(s + l) + ((pair[0] + pair[1]) + (pair[2] + pair[3])));
	}
#endif
#undef X
}

// sum_col sums the n elements of one contiguous column, eight neighbouring leaves at once.
NG_INLINE double NG_ID(sum_col)(size_t n, const void *a, size_t at, int f32) {
	double levels[NG_MAX_LEVELS];
	size_t top = 0, leaves = 0, i = 0;
	for (; i + 8 * NG_LEAF <= n; i += 8 * NG_LEAF) {
		double s[8] __attribute__((aligned(64)));
		for (size_t l = 0; l < 8; l++) s[l] = -0.0;
		for (size_t k = 0; k < NG_LEAF; k += 8) {
			ng_prefetch8(a, at + i + 8 * NG_LEAF + k, NG_LEAF, f32); // the next eight leaves
			NG_ID(leaves8)(a, at + i + k, NG_LEAF, f32, s);
		}
		levels[top++] = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
		leaves += 8;
		for (size_t c = leaves >> 3; !(c & 1); c >>= 1, top--) levels[top - 2] += levels[top - 1];
	}
	for (; i < n; i += NG_LEAF) {
		levels[top++] = ng_leaf(n - i < NG_LEAF ? n - i : NG_LEAF, a, at + i, f32);
		leaves++;
		for (size_t c = leaves; !(c & 1); c >>= 1, top--) levels[top - 2] += levels[top - 1];
	}
	for (; top > 1; top--) levels[top - 2] += levels[top - 1];
	return levels[0];
}

// sum_cols8 sums eight columns, stride apart, one lane a column: eight streams, as in the
// row-major form, are a fifth faster than the one that a column alone is.
NG_INLINE void NG_ID(sum_cols8)(size_t n, size_t stride, const void *a, size_t at, int f32,
                                double *restrict dst) {
	double levels[NG_MAX_LEVELS * 8] __attribute__((aligned(64)));
	size_t top = 0, leaves = 0;
	for (size_t i = 0; i < n; i += NG_LEAF) {
		double *s = levels + 8 * top++;
		size_t m = n - i < NG_LEAF ? n - i : NG_LEAF, k = 0;
		for (size_t l = 0; l < 8; l++) s[l] = -0.0;
		for (; k + 8 <= m; k += 8) {
			ng_prefetch8(a, at + i + k + 2 * NG_LEAF, stride, f32);
			NG_ID(leaves8)(a, at + i + k, stride, f32, s);
		}
		for (size_t l = 0; l < 8 && k < m; l++)
			s[l] += ng_tree8(a, at + i + k + l * stride, 1, m - k, f32);
		leaves++;
		for (size_t c = leaves; !(c & 1); c >>= 1, top--)
			NG_ID(add)(8, levels + 8 * (top - 2), levels + 8 * (top - 1));
	}
	for (; top > 1; top--) NG_ID(add)(8, levels + 8 * (top - 2), levels + 8 * (top - 1));
	memcpy(dst, levels, 8 * sizeof *dst);
}

NG_INLINE void NG_ID(sum_cols)(size_t rows, size_t cols, size_t stride, const void *a, int f32,
                               double *restrict dst) {
	size_t j = 0;
	for (; j + 8 <= cols; j += 8) NG_ID(sum_cols8)(rows, stride, a, j * stride, f32, dst + j);
	for (; j < cols; j++) dst[j] = NG_ID(sum_col)(rows, a, j * stride, f32);
}

NG_FN void NG_ID(row_f64)(size_t rows, size_t cols, size_t stride, const double *a,
                          double *restrict levels, double *restrict dst) {
	NG_ID(sum_rows)(rows, cols, stride, a, 0, levels, dst);
}

NG_FN void NG_ID(row_f32)(size_t rows, size_t cols, size_t stride, const float *a,
                          double *restrict levels, double *restrict dst) {
	NG_ID(sum_rows)(rows, cols, stride, a, 1, levels, dst);
}

NG_FN void NG_ID(col_f64)(size_t rows, size_t cols, size_t stride, const double *a,
                          double *restrict dst) {
	NG_ID(sum_cols)(rows, cols, stride, a, 0, dst);
}

NG_FN void NG_ID(col_f32)(size_t rows, size_t cols, size_t stride, const float *a,
                          double *restrict dst) {
	NG_ID(sum_cols)(rows, cols, stride, a, 1, dst);
}

#else

#define NG_LEAF 128
#define NG_MAX_LEVELS 64 // more than log2 of the leaves that memory can hold

static inline double ng_at(const void *a, size_t i, int f32) {
	return f32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

// ng_prefetch8 fetches ahead from eight places, stride apart; a place beyond the matrix
// does no harm.
static inline void ng_prefetch8(const void *a, size_t i, size_t stride, int f32) {
	size_t size = f32 ? sizeof(float) : sizeof(double);
	for (size_t l = 0; l < 8; l++) __builtin_prefetch((const char *)a + (i + l * stride) * size);
}

// ng_tree8 is the group of one column, of n ≤ 8 rows.
static inline double ng_tree8(const void *a, size_t i, size_t stride, size_t n, int f32) {
	double x[8];
	for (size_t k = 0; k < 8; k++) x[k] = k < n ? ng_at(a, i + k * stride, f32) : -0.0;
	return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

// ng_leaf is one leaf of a contiguous column, of n ≤ 128 rows.
static inline double ng_leaf(size_t n, const void *a, size_t at, int f32) {
	double s = -0.0;
	for (size_t i = 0; i < n; i += 8) s += ng_tree8(a, at + i, 1, n - i < 8 ? n - i : 8, f32);
	return s;
}

#define NG_KERNEL "sum.c"
#include "variants.h"

void ng_sum_row_major_f64(int level, size_t rows, size_t cols, size_t stride, const double *a,
                          double *restrict levels, double *restrict dst) {
	static void (*const table[NG_LEVELS])(size_t, size_t, size_t, const double *, double *restrict,
	                                      double *restrict) = NG_TABLE(row_f64);
	table[level](rows, cols, stride, a, levels, dst);
}

void ng_sum_row_major_f32(int level, size_t rows, size_t cols, size_t stride, const float *a,
                          double *restrict levels, double *restrict dst) {
	static void (*const table[NG_LEVELS])(size_t, size_t, size_t, const float *, double *restrict,
	                                      double *restrict) = NG_TABLE(row_f32);
	table[level](rows, cols, stride, a, levels, dst);
}

void ng_sum_col_major_f64(int level, size_t rows, size_t cols, size_t stride, const double *a,
                          double *restrict dst) {
	static void (*const table[NG_LEVELS])(size_t, size_t, size_t, const double *,
	                                      double *restrict) = NG_TABLE(col_f64);
	table[level](rows, cols, stride, a, dst);
}

void ng_sum_col_major_f32(int level, size_t rows, size_t cols, size_t stride, const float *a,
                          double *restrict dst) {
	static void (*const table[NG_LEVELS])(size_t, size_t, size_t, const float *,
	                                      double *restrict) = NG_TABLE(col_f32);
	table[level](rows, cols, stride, a, dst);
}

#endif
