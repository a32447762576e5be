// Which columns may matter: those whose gradient, known to within slack·norm_j + fog·unit_j, may reach
// l1_j, and those where it seems to come near. The estimate is first_j + c·(first_j − second_j),
// and a column stays out where
//
//   |estimate_j| + slack·norm_j + fog·unit_j < l1_j   and   |estimate_j| < near·l1_j
//
// (without the |·| with positive); NaN does not stay out. A vector of columns makes a mask of
// those that do not, and mostly that is 0. What it gains: the loop in Go took 4 ns a column,
// this takes 0.8, the time of reading 32 bytes; unit_j is read only where fog is not 0.
#include "nogil.h"

#ifdef NG_BODY

#define NG_I NG_ID(reach_int)
typedef int64_t NG_I __attribute__((vector_size(8 * NG_W)));

// bits are the lanes of v that are −1, the others being 0.
NG_INLINE unsigned NG_ID(bits)(NG_I v) {
#if NG_SET == NG_AVX512
	return _mm512_movepi64_mask((__m512i)v);
#elif NG_SET == NG_AVX2
	return (unsigned)_mm256_movemask_pd((__m256d)v);
#else
	return (unsigned)(v[0] & 1) | (unsigned)(v[1] & 2);
#endif
}

NG_INLINE size_t NG_ID(list)(size_t p, const double *first, const double *second, double c, double slack,
                             const double *norm, double fog, const double *unit, double near,
                             const double *l1, int positive, int foggy, int32_t *restrict dst) {
	size_t n = 0;
	for (size_t j = 0; j < p; j += NG_W) {
		size_t k = p - j < NG_W ? p - j : NG_W;
		int full = k == NG_W;
		NG_V g = full ? NG_LOAD(first + j) : NG_LOADN(first + j, k);
		NG_V other = full ? NG_LOAD(second + j) : NG_LOADN(second + j, k);
		NG_V size = full ? NG_LOAD(norm + j) : NG_LOADN(norm + j, k);
		NG_V most = full ? NG_LOAD(l1 + j) : NG_LOADN(l1 + j, k);
		g += c * (g - other);
		NG_V bound = slack * size;
		if (foggy) bound += fog * (full ? NG_LOAD(unit + j) : NG_LOADN(unit + j, k));
		if (!positive) g = (NG_V)((NG_I)g & INT64_MAX);
		unsigned left = ~NG_ID(bits)((g + bound < most) & (g < near * most)) & ((1u << k) - 1);
		for (; left; left &= left - 1) dst[n++] = (int32_t)(j + (size_t)__builtin_ctz(left));
	}
	return n;
}

NG_FN size_t NG_ID(reach)(size_t p, const double *first, const double *second, double c, double slack,
                          const double *norm, double fog, const double *unit, double near,
                          const double *l1, int positive, int32_t *restrict dst) {
#define LIST(positive, foggy) \
	NG_ID(list)(p, first, second, c, slack, norm, fog, unit, near, l1, positive, foggy, dst)
	if (fog != 0) return positive ? LIST(1, 1) : LIST(0, 1);
	return positive ? LIST(1, 0) : LIST(0, 0);
#undef LIST
}

#undef NG_I

#else

#define NG_KERNEL "reach.c"
#include "variants.h"

size_t ng_reach(int level, size_t p, const double *first, const double *second, double c, double slack,
                const double *norm, double fog, const double *unit, double near, const double *l1,
                int positive, int32_t *restrict dst) {
	static const __typeof__(&reach_generic) table[NG_LEVELS] = NG_TABLE(reach);
	return table[level](p, first, second, c, slack, norm, fog, unit, near, l1, positive, dst);
}

#endif
