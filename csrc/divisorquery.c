// The sum of a table's entries for those of many values that lie in its range: the query
// of the article on parallel scipy.weave, once the counts are in a table.
//
// The values are read once, 8 bytes each; what decides is how the few within the range
// reach the table. A branch would be guessed wrong for half of them, so places are
// computed for all: AVX-512 writes those within the range one after the other and only
// they are looked up; without it a value outside looks up entry 0, which counts nothing.
#include "nogil.h"

#ifdef NG_BODY

#if NG_SET == NG_AVX512
#define NG_LOOKUPS 1024
NG_INLINE int64_t NG_ID(sum)(size_t n, const int64_t *v, uint64_t base, uint64_t count, size_t size,
                             const void *table) {
	const uint8_t *t8 = table;
	const uint16_t *t16 = table;
	const __m512i first = _mm512_set1_epi64((long long)base + 1), last = _mm512_set1_epi64((long long)count);
	uint64_t place[NG_LOOKUPS + 8];
	int64_t sum = 0;
	size_t i = 0;
	while (i < n) {
		size_t found = 0, end = n - i < NG_LOOKUPS ? n : i + NG_LOOKUPS;
		for (; i < end; i += 8) {
			__mmask8 some = end - i < 8 ? (__mmask8)((1 << (end - i)) - 1) : 255;
			__m512i x = _mm512_sub_epi64(_mm512_maskz_loadu_epi64(some, v + i), first);
			__mmask8 in = _mm512_mask_cmplt_epu64_mask(some, x, last);
			_mm512_storeu_si512(place + found, _mm512_maskz_compress_epi64(in, x));
			found += (size_t)__builtin_popcount(in);
		}
		i = end;
		for (size_t k = 0; k < found; k++) sum += size == 1 ? t8[place[k] + 1] : t16[place[k] + 1];
	}
	return sum;
}
#else
NG_INLINE int64_t NG_ID(sum)(size_t n, const int64_t *v, uint64_t base, uint64_t count, size_t size,
                             const void *table) {
	const uint8_t *t8 = table;
	const uint16_t *t16 = table;
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t x = (uint64_t)v[i] - base;
		x = x - 1 < count ? x : 0;
		sum += size == 1 ? t8[x] : t16[x];
	}
	return sum;
}
#endif

NG_FN int64_t NG_ID(query)(size_t n, const int64_t *v, uint64_t base, uint64_t count, size_t size,
                           const void *table) {
	return size == 1 ? NG_ID(sum)(n, v, base, count, 1, table) : NG_ID(sum)(n, v, base, count, 2, table);
}

#else

#define NG_KERNEL "divisorquery.c"
#include "variants.h"

int64_t ng_sum_table(int level, size_t n, const int64_t *values, uint64_t base, uint64_t count,
                     size_t size, const void *table) {
	static int64_t (*const kernel[NG_LEVELS])(size_t, const int64_t *, uint64_t, uint64_t, size_t,
	                                          const void *) = NG_TABLE(query);
	return kernel[level](n, values, base, count, size, table);
}

#endif
