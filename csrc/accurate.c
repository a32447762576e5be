// The sum of each column with its rounding errors carried along: every addition is Knuth's
// TwoSum, whose error goes to a second sum,
//
//   t = s + x;  z = t − s;  c += (s − (t − z)) + (x − z);  s = t
//
// and s + c is the result (Ogita, Rump and Oishi, "Accurate sum and dot product", 2005,
// Sum2). Leaves of 128 rows, begun at −0 and added in order, combine by the tree of sum.c, so
// that the bits are the same everywhere. Seven additions an element fit below what memory
// takes: 1.1 to 1.2 times the time of the plain sum on one thread.
//
// Row-major, the lanes are columns and eight rows go into s and c while they are in
// registers. Column-major, the lanes are eight columns, or the eight leaves of one column
// that follow each other, turned while they are read.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_V8
#define NG_V8 (8 / NG_W) // vectors that hold eight

NG_INLINE NG_V NG_ID(acc_at)(const void *a, size_t i, int f32) {
	return f32 ? NG_LOADF((const float *)a + i) : NG_LOAD((const double *)a + i);
}

NG_INLINE void NG_ID(two_sum)(NG_V *s, NG_V *c, NG_V x) {
	NG_V t = *s + x, z = t - *s;
	*c += (*s - (t - z)) + (x - z);
	*s = t;
}

NG_INLINE void NG_ID(acc_group)(size_t n, size_t cols, size_t stride, const void *a, size_t i,
                                int f32, double *restrict s, double *restrict c) {
	size_t j = 0;
	for (; j + NG_W <= cols; j += NG_W) {
		NG_V sum = NG_LOAD(s + j), rest = NG_LOAD(c + j);
		for (size_t k = 0; k < n; k++)
			NG_ID(two_sum)(&sum, &rest, NG_ID(acc_at)(a, i + k * stride + j, f32));
		NG_STORE(s + j, sum);
		NG_STORE(c + j, rest);
	}
	for (; j < cols; j++)
		for (size_t k = 0; k < n; k++) ng_two_sum(s + j, c + j, ng_acc_at(a, i + k * stride + j, f32));
}

// acc_merge adds the sums y, cy of the leaves that follow to x, cx. Nothing here is restrict:
// what one call writes the next one reads, and clang 14 holds what it inlines to that promise
// across the turns of the loop around it (wrong sums of one column of 3203 rows).
NG_INLINE void NG_ID(acc_merge)(size_t n, double *x, double *cx, const double *y, const double *cy) {
	for (size_t j = 0; j < n; j++) {
		double rest = cx[j] + cy[j];
		cx[j] = 0;
		ng_two_sum(x + j, cx + j, y[j]);
		cx[j] += rest;
	}
}

// acc_rows holds two rows of partial sums, s and c, per level of the tree in levels.
NG_INLINE void NG_ID(acc_rows)(size_t rows, size_t cols, size_t stride, const void *a, int f32,
                               double *restrict levels, double *restrict s, double *restrict c) {
	size_t top = 0, leaves = 0;
	for (size_t i = 0; i < rows; i += NG_LEAF) {
		size_t n = rows - i < NG_LEAF ? rows - i : NG_LEAF, k = 0;
		double *sum = levels + 2 * top++ * cols, *rest = sum + cols;
		for (size_t j = 0; j < cols; j++) sum[j] = -0.0, rest[j] = 0;
		for (; k + 8 <= n; k += 8)
			NG_ID(acc_group)(8, cols, stride, a, (i + k) * stride, f32, sum, rest);
		if (k < n) NG_ID(acc_group)(n - k, cols, stride, a, (i + k) * stride, f32, sum, rest);
		leaves++;
		for (size_t b = leaves; !(b & 1); b >>= 1, top--) {
			double *x = levels + 2 * (top - 2) * cols, *y = x + 2 * cols;
			NG_ID(acc_merge)(cols, x, x + cols, y, y + cols);
		}
	}
	for (; top > 1; top--) {
		double *x = levels + 2 * (top - 2) * cols, *y = x + 2 * cols;
		NG_ID(acc_merge)(cols, x, x + cols, y, y + cols);
	}
	memcpy(s, levels, cols * sizeof *s);
	memcpy(c, levels + cols, cols * sizeof *c);
}

// turn8 reads eight elements of each of eight streams, stride apart, the first at element i:
// row[k] is element k of each, one lane a stream.
NG_INLINE void NG_ID(turn8)(const void *a, size_t i, size_t stride, int f32, NG_V row[8][NG_V8]) {
#define X(l, k) NG_ID(acc_at)(a, i + (l)*stride + (k), f32)
#if NG_SET == NG_AVX512
	__m512d p[4][2], q[2][2][2]; // pairs of streams, then fours, by the place within
	for (size_t l = 0; l < 4; l++) {
		__m512d x = (__m512d)X(2 * l, 0), y = (__m512d)X(2 * l + 1, 0);
		p[l][0] = _mm512_unpacklo_pd(x, y);
		p[l][1] = _mm512_unpackhi_pd(x, y);
	}
	for (size_t h = 0; h < 2; h++)
		for (size_t odd = 0; odd < 2; odd++) {
			q[h][odd][0] = _mm512_shuffle_f64x2(p[2 * h][odd], p[2 * h + 1][odd], 0x88);
			q[h][odd][1] = _mm512_shuffle_f64x2(p[2 * h][odd], p[2 * h + 1][odd], 0xdd);
		}
	for (size_t odd = 0; odd < 2; odd++)
		for (size_t k = 0; k < 2; k++) {
			row[2 * k + odd][0] = (NG_V)_mm512_shuffle_f64x2(q[0][odd][k], q[1][odd][k], 0x88);
			row[2 * k + odd + 4][0] = (NG_V)_mm512_shuffle_f64x2(q[0][odd][k], q[1][odd][k], 0xdd);
		}
#elif NG_SET == NG_AVX2
	for (size_t v = 0; v < 2; v++)
		for (size_t k = 0; k < 8; k += 4) {
			__m256d w = (__m256d)X(4 * v, k), x = (__m256d)X(4 * v + 1, k);
			__m256d y = (__m256d)X(4 * v + 2, k), z = (__m256d)X(4 * v + 3, k);
			__m256d even = _mm256_unpacklo_pd(w, x), even2 = _mm256_unpacklo_pd(y, z);
			__m256d odd = _mm256_unpackhi_pd(w, x), odd2 = _mm256_unpackhi_pd(y, z);
			row[k][v] = (NG_V)_mm256_permute2f128_pd(even, even2, 0x20);
			row[k + 1][v] = (NG_V)_mm256_permute2f128_pd(odd, odd2, 0x20);
			row[k + 2][v] = (NG_V)_mm256_permute2f128_pd(even, even2, 0x31);
			row[k + 3][v] = (NG_V)_mm256_permute2f128_pd(odd, odd2, 0x31);
		}
#else
	for (size_t v = 0; v < 4; v++)
		for (size_t k = 0; k < 8; k += 2) {
			NG_V x = X(2 * v, k), y = X(2 * v + 1, k);
			row[k][v] = (NG_V){x[0], y[0]};
			row[k + 1][v] = (NG_V){x[1], y[1]};
		}
#endif
#undef X
}

// acc_leaves8 sums the leaves of n ≤ 128 elements of eight streams.
NG_INLINE void NG_ID(acc_leaves8)(size_t n, size_t stride, const void *a, size_t i, int f32,
                                  double *restrict s, double *restrict c) {
	NG_V sum[NG_V8], rest[NG_V8], row[8][NG_V8];
	for (size_t v = 0; v < NG_V8; v++) sum[v] = -(NG_V){0}, rest[v] = (NG_V){0};
	size_t k = 0;
	for (; k + 8 <= n; k += 8) {
		for (size_t l = 0; l < 8; l++)
			__builtin_prefetch((const char *)a + (i + l * stride + k + NG_AHEAD) * (f32 ? 4 : 8));
		NG_ID(turn8)(a, i + k, stride, f32, row);
		for (size_t r = 0; r < 8; r++)
			for (size_t v = 0; v < NG_V8; v++) NG_ID(two_sum)(sum + v, rest + v, row[r][v]);
	}
	for (size_t v = 0; v < NG_V8; v++) {
		NG_STORE(s + v * NG_W, sum[v]);
		NG_STORE(c + v * NG_W, rest[v]);
	}
	for (; k < n; k++)
		for (size_t l = 0; l < 8; l++) ng_two_sum(s + l, c + l, ng_acc_at(a, i + l * stride + k, f32));
}

// acc_cols8 sums eight columns, stride apart.
NG_INLINE void NG_ID(acc_cols8)(size_t rows, size_t stride, const void *a, size_t at, int f32,
                                double *restrict s, double *restrict c) {
	double level[NG_MAX_LEVELS][2][8];
	size_t top = 0, leaves = 0;
	for (size_t i = 0; i < rows; i += NG_LEAF) {
		size_t n = rows - i < NG_LEAF ? rows - i : NG_LEAF;
		NG_ID(acc_leaves8)(n, stride, a, at + i, f32, level[top][0], level[top][1]);
		top++;
		leaves++;
		for (size_t b = leaves; !(b & 1); b >>= 1, top--)
			NG_ID(acc_merge)(8, level[top - 2][0], level[top - 2][1], level[top - 1][0], level[top - 1][1]);
	}
	for (; top > 1; top--)
		NG_ID(acc_merge)(8, level[top - 2][0], level[top - 2][1], level[top - 1][0], level[top - 1][1]);
	memcpy(s, level[0][0], sizeof level[0][0]);
	memcpy(c, level[0][1], sizeof level[0][1]);
}

// acc_col sums one column, eight neighbouring leaves at once.
NG_INLINE void NG_ID(acc_col)(size_t rows, const void *a, size_t at, int f32, double *restrict s,
                              double *restrict c) {
	double sum[NG_MAX_LEVELS + 8], rest[NG_MAX_LEVELS + 8];
	size_t top = 0, leaves = 0;
	for (size_t i = 0; i < rows;) {
		size_t k = 1;
		if (rows - i >= 8 * NG_LEAF) {
			k = 8;
			NG_ID(acc_leaves8)(NG_LEAF, NG_LEAF, a, at + i, f32, sum + top, rest + top);
			for (size_t h = 1; h < 8; h *= 2) // the tree of eight leaves
				for (size_t l = 0; l < 8; l += 2 * h)
					NG_ID(acc_merge)(1, sum + top + l, rest + top + l, sum + top + l + h, rest + top + l + h);
			i += 8 * NG_LEAF;
		} else {
			sum[top] = -0.0, rest[top] = 0;
			for (size_t end = rows - i < NG_LEAF ? rows : i + NG_LEAF; i < end; i++)
				ng_two_sum(sum + top, rest + top, ng_acc_at(a, at + i, f32));
		}
		top++;
		leaves += k;
		for (size_t b = leaves / k; !(b & 1); b >>= 1, top--)
			NG_ID(acc_merge)(1, sum + top - 2, rest + top - 2, sum + top - 1, rest + top - 1);
	}
	for (; top > 1; top--)
		NG_ID(acc_merge)(1, sum + top - 2, rest + top - 2, sum + top - 1, rest + top - 1);
	*s = sum[0], *c = rest[0];
}

NG_INLINE void NG_ID(acc_any)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a,
                              int f32, double *restrict levels, double *restrict s,
                              double *restrict c) {
	if (by_rows) {
		NG_ID(acc_rows)(rows, cols, stride, a, f32, levels, s, c);
		return;
	}
	size_t j = 0;
	for (; j + 8 <= cols; j += 8) NG_ID(acc_cols8)(rows, stride, a, j * stride, f32, s + j, c + j);
	for (; j < cols; j++) NG_ID(acc_col)(rows, a, j * stride, f32, s + j, c + j);
}

NG_FN void NG_ID(accurate)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a,
                           int f32, double *restrict levels, double *restrict s, double *restrict c) {
	if (f32)
		NG_ID(acc_any)(by_rows, rows, cols, stride, a, 1, levels, s, c);
	else
		NG_ID(acc_any)(by_rows, rows, cols, stride, a, 0, levels, s, c);
}

#else

#define NG_LEAF 128
#define NG_MAX_LEVELS 64 // more than log2 of the leaves that memory can hold
#define NG_AHEAD 256     // elements, 2 KB

static inline double ng_acc_at(const void *a, size_t i, int f32) {
	return f32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

static inline void ng_two_sum(double *s, double *c, double x) {
	double t = *s + x, z = t - *s;
	*c += (*s - (t - z)) + (x - z);
	*s = t;
}

#define NG_KERNEL "accurate.c"
#include "variants.h"

void ng_accurate_sum(int level, int f32, int by_rows, size_t rows, size_t cols, size_t stride,
                     const char *a, double *restrict levels, double *restrict s, double *restrict c) {
	static void (*const table[NG_LEVELS])(int, size_t, size_t, size_t, const void *, int,
	                                      double *restrict, double *restrict,
	                                      double *restrict) = NG_TABLE(accurate);
	table[level](by_rows, rows, cols, stride, a, f32, levels, s, c);
}

#endif
