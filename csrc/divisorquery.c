// What queries over many values read them for: the sum of a table's entries for those that
// lie in its range (the query of the article on parallel scipy.weave, once the counts are in
// a table), the range that they lie in, and the sums of an index, block by block.
//
// The values are read once, 8 bytes each; what decides is how the few within the range
// reach the table. A branch would be guessed wrong for half of them, so places are
// computed for all: AVX-512 writes those within the range one after the other and only
// they are looked up; without it a value outside looks up entry 0, which counts nothing.
// The range and the sums of blocks take a third and a sixth of the time of plain Go.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_L
#define NG_L NG_ID(ng_l)
typedef int64_t NG_L __attribute__((vector_size(8 * NG_W)));

NG_INLINE NG_L NG_ID(pick)(NG_L mask, NG_L a, NG_L b) { return (a & mask) | (b & ~mask); }

// span adds to range the values with 1 ≤ v ≤ at_most. Numbers less one are compared with the
// sign turned, so that signed comparisons of vectors, which all sets have, order them as
// unsigned. SSE2 compares no 64-bit lanes: there the scalar unit takes half the time.
NG_FN void NG_ID(span)(size_t n, const uint64_t *v, uint64_t at_most, ng_span *range) {
	size_t i = 0;
#if NG_SET != NG_GENERIC || !NG_X86
	const NG_L sign = (NG_L){0} + INT64_MIN, least = sign, greatest = ~sign;
	const NG_L end = (NG_L){0} + (int64_t)(at_most ^ (uint64_t)INT64_MIN);
	NG_L lo[2] = {greatest, greatest}, hi[2] = {least, least}, count[2] = {{0}, {0}};
	for (; n - i >= 2 * NG_W; i += 2 * NG_W)
		for (int j = 0; j < 2; j++) {
			NG_L x;
			memcpy(&x, v + i + NG_W * j, sizeof x);
			x = (x - 1) ^ sign;
			NG_L in = x < end;
			count[j] -= in;
			x = NG_ID(pick)(in, x, greatest);
			lo[j] = NG_ID(pick)(x < lo[j], x, lo[j]);
			x = NG_ID(pick)(in, x, least);
			hi[j] = NG_ID(pick)(x > hi[j], x, hi[j]);
		}
	for (int l = 0; l < 2 * NG_W; l++) {
		ng_span lane = {(uint64_t)count[l / NG_W][l % NG_W],
		                ((uint64_t)lo[l / NG_W][l % NG_W] ^ (uint64_t)INT64_MIN) + 1,
		                ((uint64_t)hi[l / NG_W][l % NG_W] ^ (uint64_t)INT64_MIN) + 1};
		if (lane.n) ng_include(range, lane);
	}
#endif
	for (; i < n; i++)
		if (v[i] - 1 < at_most) ng_include(range, (ng_span){1, v[i], v[i]});
}

// weigh sets sum[b] to the sum of times·d over the b-th 64 of n numbers.
NG_INLINE void NG_ID(weigh)(size_t n, const uint8_t *times, size_t size, const void *d, int64_t *restrict sum) {
	const uint8_t *d8 = d;
	const uint16_t *d16 = d;
	for (size_t i = 0; i < n; i += 64) {
		size_t some = n - i < 64 ? n - i : 64;
		uint32_t s = 0; // below 64·2^24
		if (some == 64) {
			for (size_t j = i; j < i + 64; j++) s += (uint32_t)times[j] * (size == 1 ? d8[j] : d16[j]);
		} else {
			for (size_t j = i; j < n; j++) s += (uint32_t)times[j] * (size == 1 ? d8[j] : d16[j]);
		}
		sum[i / 64] = s;
	}
}

NG_FN void NG_ID(blocks)(size_t n, const uint8_t *times, size_t size, const void *d, int64_t *restrict sum) {
	if (size == 1) NG_ID(weigh)(n, times, 1, d, sum);
	else NG_ID(weigh)(n, times, 2, d, sum);
}

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

// How many values there are, the least and the greatest.
typedef struct {
	uint64_t n, lo, hi;
} ng_span;

static inline void ng_include(ng_span *a, ng_span b) {
	a->lo = a->n == 0 || b.lo < a->lo ? b.lo : a->lo;
	a->hi = a->n == 0 || b.hi > a->hi ? b.hi : a->hi;
	a->n += b.n;
}

#define NG_KERNEL "divisorquery.c"
#include "variants.h"

int64_t ng_sum_table(int level, size_t n, const int64_t *values, uint64_t base, uint64_t count,
                     size_t size, const void *table) {
	static int64_t (*const kernel[NG_LEVELS])(size_t, const int64_t *, uint64_t, uint64_t, size_t,
	                                          const void *) = NG_TABLE(query);
	return kernel[level](n, values, base, count, size, table);
}

void ng_span_of(int level, size_t n, const uint64_t *values, uint64_t at_most, uint64_t *restrict out) {
	static void (*const kernel[NG_LEVELS])(size_t, const uint64_t *, uint64_t, ng_span *) = NG_TABLE(span);
	ng_span s = {0, 0, 0};
	kernel[level](n, values, at_most, &s);
	out[0] = s.n, out[1] = s.lo, out[2] = s.hi;
}

void ng_weigh(int level, size_t n, const uint8_t *times, size_t size, const void *d, int64_t *restrict sum) {
	static void (*const kernel[NG_LEVELS])(size_t, const uint8_t *, size_t, const void *,
	                                       int64_t *restrict) = NG_TABLE(blocks);
	kernel[level](n, times, size, d, sum);
}

#endif
