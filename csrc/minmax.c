// The minimum or maximum of each column, and where it first stands, for four types. The
// rules are fixed, so that no order, layout, split or instruction set shows in the result:
// NaN wins over numbers, −0 is less than 0, and of equals the first index counts (0 and −0
// are equal there, as they are to NumPy). So the minimum is associative, and the loops may
// run as memory likes them best:
//
//   row-major      the lanes are columns, eight rows at once
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
#define NG_FEW 256    // columns of a tile of few rows

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

typedef uint64_t __attribute__((may_alias)) ng_word;
typedef uint32_t __attribute__((may_alias)) ng_half_word;

// ng_turn makes rows, NG_FEW elements apart, of n columns of elements of size (4 or 8) bytes.
static void ng_turn(size_t rows, size_t n, size_t stride, size_t size, const void *a, void *to) {
	for (size_t k = 0; k < rows; k++)
		if (size == sizeof(ng_word))
			for (size_t l = 0; l < n; l++) ((ng_word *)to)[k * NG_FEW + l] = ((const ng_word *)a)[l * stride + k];
		else
			for (size_t l = 0; l < n; l++)
				((ng_half_word *)to)[k * NG_FEW + l] = ((const ng_half_word *)a)[l * stride + k];
}

// ng_one_nan makes one NaN of all, and of what had nothing but NaN where they are skipped.
static void ng_one_nan(int type, size_t n, int64_t most, const int64_t *nans, void *dst) {
	double *d = dst;
	float *f = dst;
	for (size_t l = 0; type == 0 && l < n; l++) d[l] = d[l] != d[l] || nans[l] == most ? __builtin_nan("1") : d[l];
	for (size_t l = 0; type == 1 && l < n; l++) f[l] = f[l] != f[l] || nans[l] == most ? (float)NAN : f[l];
}

// ng_copy copies n bytes, past the caches where stream says so and lines are whole.
static void ng_copy(char *restrict to, const char *restrict from, size_t n, int stream) {
#if NG_X86
	if (stream && (uintptr_t)to % 16 == 0 && n % 16 == 0) {
		for (size_t i = 0; i < n; i += 16)
			_mm_stream_si128((__m128i *)(to + i), _mm_loadu_si128((const __m128i *)(from + i)));
		return;
	}
#endif
	(void)stream;
	memcpy(to, from, n);
}

// Few rows are done in tiles whose results stay in a cache; columns are made rows first.
void ng_few_min(int level, int type, int by_rows, size_t rows, size_t cols, size_t stride, const char *a, int stream,
                int max, int skip, char *restrict dst, int64_t *restrict nans) {
	const size_t size = type == 1 || type == 2 ? 4 : 8;
	double turned[8 * NG_FEW];
	char out[8 * NG_FEW] __attribute__((aligned(64)));
	int64_t count[NG_FEW] = {0};
	for (size_t j = 0; j < cols; j += NG_FEW) {
		size_t n = cols - j < NG_FEW ? cols - j : NG_FEW;
		const char *tile = a + j * size * (by_rows ? 1 : stride);
		if (!by_rows) ng_turn(rows, n, stride, size, tile, turned);
		ng_min(level, type, 1, rows, n, by_rows ? stride : NG_FEW, by_rows ? tile : (const char *)turned, max,
		       skip, out, count);
		ng_one_nan(type, n, (int64_t)rows, count, out);
		ng_copy(dst + j * size, out, n * size, stream);
		if (nans) memcpy(nans + j, count, n * sizeof *count);
	}
	ng_fence(stream);
}

#endif
