// The sum of each column of integers, in 64 bits that wrap or in two halves that cannot:
// lo adds the low 32 bits of each element, hi the signed high ones, so that below 2³¹ rows
// neither overflows and hi·2³² + lo is the true sum. Integer sums do not depend on their
// order, so memory decides it: eight rows or four quarters of a column at once, as in
// minmax.c. The halves cost three instructions more, which memory hides.
#include "nogil.h"

#ifdef NG_BODY

#undef VI
#undef VU
#define VI NG_ID(is_v)
#define VU NG_ID(is_u)
typedef int64_t VI __attribute__((vector_size(8 * NG_W)));
typedef uint64_t VU __attribute__((vector_size(8 * NG_W))); // what may wrap
typedef int32_t NG_ID(is_half) __attribute__((vector_size(4 * NG_W)));

NG_INLINE VI NG_ID(is_load)(const void *a, size_t i, int narrow) {
	VI v;
	if (narrow) {
		NG_ID(is_half) half;
		memcpy(&half, (const int32_t *)a + i, sizeof half);
		return __builtin_convertvector(half, VI);
	}
	memcpy(&v, (const int64_t *)a + i, sizeof v);
	return v;
}

// isum_group adds the n ≤ 8 rows from element i on to lo and, where halves are kept, hi.
NG_INLINE void NG_ID(isum_group)(size_t n, size_t cols, size_t stride, const void *a, size_t i,
                                 int narrow, int halves, int64_t *restrict lo, int64_t *restrict hi) {
	size_t j = 0;
	for (; j + NG_W <= cols; j += NG_W) {
		VU s;
		VI h = {0};
		memcpy(&s, lo + j, sizeof s);
		if (halves) memcpy(&h, hi + j, sizeof h);
		for (size_t k = 0; k < n; k++) {
			VI x = NG_ID(is_load)(a, i + k * stride + j, narrow);
			s += (VU)(halves ? x & NG_LOW : x);
			h += x >> 32;
		}
		memcpy(lo + j, &s, sizeof s);
		if (halves) memcpy(hi + j, &h, sizeof h);
	}
	for (; j < cols; j++)
		for (size_t k = 0; k < n; k++) {
			int64_t x = ng_int(a, i + k * stride + j, narrow);
			lo[j] = ng_wrap(lo[j], halves ? x & NG_LOW : x);
			if (halves) hi[j] += x >> 32;
		}
}

NG_INLINE void NG_ID(isum_rows)(size_t rows, size_t cols, size_t stride, const void *a, int narrow,
                                int halves, int64_t *restrict lo, int64_t *restrict hi) {
	memset(lo, 0, cols * sizeof *lo);
	if (halves) memset(hi, 0, cols * sizeof *hi);
	size_t i = 0;
	for (; i + 8 <= rows; i += 8)
		NG_ID(isum_group)(8, cols, stride, a, i * stride, narrow, halves, lo, hi);
	if (i < rows) NG_ID(isum_group)(rows - i, cols, stride, a, i * stride, narrow, halves, lo, hi);
}

// isum_col adds one contiguous column, four quarters at once.
NG_INLINE void NG_ID(isum_col)(size_t n, const void *a, size_t at, int narrow, int halves,
                               int64_t *restrict lo, int64_t *restrict hi) {
	VU s[4] = {{0}};
	VI h[4] = {{0}};
	size_t quarter = n / (4 * NG_W) * NG_W, size = narrow ? sizeof(int32_t) : sizeof(int64_t);
	for (size_t k = 0; k < quarter; k += NG_W)
		for (size_t q = 0; q < 4; q++) {
			size_t i = at + q * quarter + k;
			__builtin_prefetch((const char *)a + i * size + NG_AHEAD);
			VI x = NG_ID(is_load)(a, i, narrow);
			s[q] += (VU)(halves ? x & NG_LOW : x);
			h[q] += x >> 32;
		}
	VU low = s[0] + s[1] + s[2] + s[3];
	VI high = h[0] + h[1] + h[2] + h[3];
	int64_t sum = 0, top = 0;
	for (size_t l = 0; l < NG_W; l++) {
		sum = ng_wrap(sum, (int64_t)low[l]);
		top += high[l];
	}
	for (size_t i = 4 * quarter; i < n; i++) {
		int64_t x = ng_int(a, at + i, narrow);
		sum = ng_wrap(sum, halves ? x & NG_LOW : x);
		top += x >> 32;
	}
	*lo = sum;
	if (halves) *hi = top;
}

NG_INLINE void NG_ID(isum_any)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a,
                               int narrow, int halves, int64_t *restrict lo, int64_t *restrict hi) {
	if (by_rows) {
		NG_ID(isum_rows)(rows, cols, stride, a, narrow, halves, lo, hi);
		return;
	}
	for (size_t j = 0; j < cols; j++)
		NG_ID(isum_col)(rows, a, j * stride, narrow, halves, lo + j, hi + (halves ? j : 0));
}

NG_FN void NG_ID(isum)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a,
                       int narrow, int64_t *restrict lo, int64_t *restrict hi) {
	if (narrow && hi)
		NG_ID(isum_any)(by_rows, rows, cols, stride, a, 1, 1, lo, hi);
	else if (narrow)
		NG_ID(isum_any)(by_rows, rows, cols, stride, a, 1, 0, lo, hi);
	else if (hi)
		NG_ID(isum_any)(by_rows, rows, cols, stride, a, 0, 1, lo, hi);
	else
		NG_ID(isum_any)(by_rows, rows, cols, stride, a, 0, 0, lo, hi);
}

#else

#define NG_AHEAD 4096 // bytes: where the hardware's prefetcher stops
#define NG_LOW INT64_C(0xffffffff)

static inline int64_t ng_int(const void *a, size_t i, int narrow) {
	return narrow ? ((const int32_t *)a)[i] : ((const int64_t *)a)[i];
}

static inline int64_t ng_wrap(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

#define NG_KERNEL "intsum.c"
#include "variants.h"

void ng_int_sum(int level, int narrow, int by_rows, size_t rows, size_t cols, size_t stride,
                const char *a, int64_t *restrict lo, int64_t *restrict hi) {
	static void (*const table[NG_LEVELS])(int, size_t, size_t, size_t, const void *, int,
	                                      int64_t *restrict, int64_t *restrict) = NG_TABLE(isum);
	table[level](by_rows, rows, cols, stride, a, narrow, lo, hi);
}

#endif
