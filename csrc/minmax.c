// The minimum or maximum of each column, and where it first stands, for four types. The
// rules are fixed, so that no order, layout, split or instruction set shows in the result:
// NaN wins over numbers, −0 is less than 0, and of equals the first index counts (0 and −0
// are equal there, as they are to NumPy). So the minimum is associative, and the loops may
// run as memory likes them best:
//
//   row-major      the lanes are columns, eight rows at once
//   the same, of few columns and no gaps: several rows make one, which is read at four places
//   column-major   the lanes are rows, four quarters of a column at once
//
// A maximum is a minimum of flipped elements. x86's own minimum knows neither NaN nor −0;
// taking it in both orders and joining the bits does (the way WebAssembly's engines found
// for f64.min), at two instructions more, which memory hides.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_TYPED
#define NG_TYPED(f) NG_ID(f)

#define NG_T double
#define NG_TI int64_t
#define NG_BITS 64
#define NG_FLOAT 1
#define NG_TOP INFINITY
#define NG_FLIP INT64_MIN
#define NG_TID(f) NG_TYPED(f##_f64)
#if NG_SET == NG_AVX512
#define NG_LESSER(a, b) _mm512_min_pd((__m512d)(a), (__m512d)(b))
#elif NG_SET == NG_AVX2
#define NG_LESSER(a, b) _mm256_min_pd((__m256d)(a), (__m256d)(b))
#elif NG_X86
#define NG_LESSER(a, b) _mm_min_pd((__m128d)(a), (__m128d)(b))
#elif NG_ARM
#define NG_LESSER(a, b) vminq_f64((float64x2_t)(a), (float64x2_t)(b))
#endif
#include "minmax_type.h"
#undef NG_LESSER
#undef NG_T
#undef NG_TI
#undef NG_BITS
#undef NG_FLIP
#undef NG_TID

#define NG_T float
#define NG_TI int32_t
#define NG_BITS 32
#define NG_FLIP INT32_MIN
#define NG_TID(f) NG_TYPED(f##_f32)
#if NG_SET == NG_AVX512
#define NG_LESSER(a, b) _mm512_min_ps((__m512)(a), (__m512)(b))
#elif NG_SET == NG_AVX2
#define NG_LESSER(a, b) _mm256_min_ps((__m256)(a), (__m256)(b))
#elif NG_X86
#define NG_LESSER(a, b) _mm_min_ps((__m128)(a), (__m128)(b))
#elif NG_ARM
#define NG_LESSER(a, b) vminq_f32((float32x4_t)(a), (float32x4_t)(b))
#endif
#include "minmax_type.h"
#undef NG_LESSER
#undef NG_T
#undef NG_TI
#undef NG_FLOAT
#undef NG_TOP
#undef NG_FLIP
#undef NG_TID

#define NG_T int32_t
#define NG_TI int32_t
#define NG_FLOAT 0
#define NG_TOP INT32_MAX
#define NG_FLIP (-1)
#define NG_TID(f) NG_TYPED(f##_i32)
#if NG_SET == NG_AVX512
#define NG_LESSER(a, b) _mm512_min_epi32((__m512i)(a), (__m512i)(b))
#elif NG_SET == NG_AVX2
#define NG_LESSER(a, b) _mm256_min_epi32((__m256i)(a), (__m256i)(b))
#endif
#include "minmax_type.h"
#undef NG_LESSER
#undef NG_T
#undef NG_TI
#undef NG_BITS
#undef NG_TOP
#undef NG_TID

#define NG_T int64_t
#define NG_TI int64_t
#define NG_BITS 64
#define NG_TOP INT64_MAX
#define NG_TID(f) NG_TYPED(f##_i64)
#if NG_SET == NG_AVX512
#define NG_LESSER(a, b) _mm512_min_epi64((__m512i)(a), (__m512i)(b))
#endif
#include "minmax_type.h"
#undef NG_LESSER
#undef NG_T
#undef NG_TI
#undef NG_BITS
#undef NG_FLOAT
#undef NG_TOP
#undef NG_FLIP
#undef NG_TID

#else

#include <math.h>

#define NG_AHEAD 1024 // bytes that are fetched ahead in each of four streams
#define NG_NARROW 64  // columns below which several rows are taken as one,
#define NG_MOST 512   // of so many elements at most

// What is asked for: the least element of each column (of is 0), the greatest (1) or the
// greatest |x| (2); where it first stands unless index is null; NaN are skipped, and counted,
// unless nans is null. best has the elements' type.
typedef struct {
	int by_rows, of;
	size_t rows, cols, stride;
	const void *a;
	void *best;
	int64_t *index, *nans;
} ng_extreme;

// ng_widen makes n integers of the given size 64-bit ones, in place, from the last.
static inline void ng_widen(size_t n, size_t size, void *p) {
	for (size_t j = n; size == sizeof(int32_t) && j-- > 0;) {
		int32_t narrow;
		memcpy(&narrow, (char *)p + j * sizeof narrow, sizeof narrow);
		int64_t wide = narrow;
		memcpy((char *)p + j * sizeof wide, &wide, sizeof wide);
	}
}

#define NG_KERNEL "minmax.c"
#include "variants.h"

static void ng_extremes(int level, int type, const ng_extreme *q) {
	static void (*const table[][NG_LEVELS])(const ng_extreme *) = {NG_TABLE(extreme_f64), NG_TABLE(extreme_f32),
	                                                               NG_TABLE(extreme_i32), NG_TABLE(extreme_i64)};
	table[type][level](q);
}

void ng_min(int level, int type, int by_rows, size_t rows, size_t cols, size_t stride, const char *a,
            int of, int skip, char *restrict dst, int64_t *restrict nans) {
	ng_extreme q = {by_rows, of, rows, cols, stride, a, dst, NULL, skip ? nans : NULL};
	ng_extremes(level, type, &q);
}

void ng_argmin(int level, int type, int by_rows, size_t rows, size_t cols, size_t stride, const char *a,
               int of, int skip, char *restrict best, int64_t *restrict index, int64_t *restrict nans) {
	ng_extreme q = {by_rows, of, rows, cols, stride, a, best, index, skip ? nans : NULL};
	ng_extremes(level, type, &q);
}

#endif
