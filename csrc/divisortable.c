// The numbers of divisors of consecutive integers, by a segmented sieve that never
// multiplies, divides or factors where it can add:
//
//   - each integer has one 16-bit word, in which every prime that divides it adds 1 to
//     the upper four bits and its logarithm to the lower twelve. One addition serves a
//     prime; what is left below the product of all of them, by the logarithms, is one
//     prime more;
//   - the primes to 59 are not sieved but read from periodic patterns, 32 integers at a
//     time: the powers of 2, 3, 5 and 7 with their exponents, the others in pairs;
//   - a prime that hits r or r+1 times hits r+1 times, the last time beyond the end of
//     the segment if need be, so that no branch is guessed wrong;
//   - powers beyond the first (beyond 2^10, 3^6, 5^4 and 7^3), one integer in thirty, are
//     put on a list and mended last.
//
// It takes some four machine cycles an integer, where the sieve that adds 1 to every
// multiple of every number takes 60, and a linear sieve 20.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_H
#undef NG_SH
#undef NG_B
#define NG_H NG_ID(ng_h)
#define NG_SH NG_ID(ng_sh)
#define NG_B NG_ID(ng_b)
#undef NG_Q
#define NG_Q NG_ID(ng_q)
#undef NG_HL
#define NG_HL (4 * NG_W) // 16-bit lanes
typedef uint16_t NG_H __attribute__((vector_size(8 * NG_W)));
typedef uint8_t NG_B __attribute__((vector_size(4 * NG_W)));
typedef uint32_t NG_Q __attribute__((vector_size(16 * NG_W)));
typedef int16_t NG_SH __attribute__((vector_size(8 * NG_W)));

NG_INLINE NG_H NG_ID(loadh)(const uint16_t *p) {
	NG_H v;
	memcpy(&v, p, sizeof v);
	return v;
}

// start sets the words of the segment at lo to what the patterns of pairs say.
NG_FN void NG_ID(start)(uint64_t lo, size_t n, const uint16_t *pattern, uint16_t *restrict w) {
	const uint16_t *row[NG_PAIRS];
	uint32_t at[NG_PAIRS];
	for (int k = 0; k < NG_PAIRS; k++) {
		row[k] = pattern + ng_row(NG_POWERS + k);
		at[k] = (uint32_t)(lo % ng_period[NG_POWERS + k]);
	}
	for (size_t i = 0; i < n; i += 32) {
		for (int v = 0; v < 32; v += NG_HL) {
			NG_H sum = {0};
#pragma GCC unroll 8
			for (int k = 0; k < NG_PAIRS; k++) sum += NG_ID(loadh)(row[k] + at[k] + v);
			memcpy(w + i + v, &sum, sizeof sum);
		}
#pragma GCC unroll 8
		for (int k = 0; k < NG_PAIRS; k++) at[k] = ng_turn(at[k], NG_POWERS + k);
	}
}

// twice returns d·2^e for e < 16.
NG_INLINE NG_H NG_ID(twice)(NG_H d, NG_H e) {
#if NG_SET == NG_AVX512 || NG_SET == NG_NEON
	return d << e;
#else // no shift of 16-bit lanes by different counts: one bit of e after the other
	for (int k = 0; k < 4; k++) {
		NG_H bit = (NG_H)((NG_SH)(e << (15 - k)) >> 15);
		d = (d & ~bit) | ((d << (1 << k)) & bit);
	}
	return d;
#endif
}

// finish writes the counts of 32 integers as numbers of size bytes: the product of the
// patterns of powers, times 2 for each prime in the word, times 2 for what is left.
NG_INLINE void NG_ID(finish)(const uint16_t *w, const uint16_t *const *row, uint16_t least, int size,
                             void *restrict dst) {
	for (int v = 0; v < 32; v += NG_HL) {
		NG_H word = NG_ID(loadh)(w + v), log = word & 0xfff, d = (NG_H){0} + 1;
#pragma GCC unroll 8
		for (int k = 0; k < NG_POWERS; k++) {
			NG_H x = NG_ID(loadh)(row[k] + v);
			log += x & 0xfff;
			d *= x >> 12;
		}
		NG_H left = (NG_H)((NG_SH)log < (NG_SH)((NG_H){0} + least)), twos = (word >> 12) - left;
		d = NG_ID(twice)(d, twos);
		if (size == 2) {
			memcpy((uint16_t *)dst + v, &d, sizeof d);
		} else if (size == 4) {
			NG_Q wide = __builtin_convertvector(d, NG_Q);
			memcpy((uint32_t *)dst + v, &wide, sizeof wide);
		} else {
			NG_B narrow = __builtin_convertvector(d, NG_B);
			memcpy((uint8_t *)dst + v, &narrow, sizeof narrow);
		}
	}
}

// write finishes the n integers of the segment at lo.
NG_INLINE void NG_ID(write)(uint64_t lo, size_t n, const ng_sieve *s, int size, char *restrict dst) {
	const uint16_t *row[NG_POWERS];
	uint32_t at[NG_POWERS];
	const int half = ng_log(s->limit) / 2;
	for (int k = 0; k < NG_POWERS; k++) at[k] = (uint32_t)(lo % ng_period[k]);
	for (size_t i = 0; i < n; i += 32) {
#pragma GCC unroll 8
		for (int k = 0; k < NG_POWERS; k++) {
			row[k] = s->pattern + ng_row(k) + at[k];
			at[k] = ng_turn(at[k], k);
		}
		int log = ng_log(lo + i) - half; // above it, nothing is left
		uint16_t least = log > 0 && lo + i >= 32 ? (uint16_t)log : 0;
		if (n - i >= 32) {
			NG_ID(finish)(s->w + i, row, least, size, dst + i * size);
		} else {
			char tail[32 * 4];
			NG_ID(finish)(s->w + i, row, least, size, tail);
			memcpy(dst + i * size, tail, (n - i) * size);
		}
	}
}

NG_FN void NG_ID(table)(uint64_t lo, size_t n, size_t size, char *restrict dst, const ng_sieve *s) {
	for (size_t k = 0; k < s->m; k++) ng_first(lo, k, s);
	while (n) {
		size_t some = n < s->segment ? n : s->segment;
		NG_ID(start)(lo, s->segment, s->pattern, s->w);
		ng_mark(s);
		size_t mends = ng_powers(lo, some, s);
		switch (size) {
		case 1: NG_ID(write)(lo, some, s, 1, dst); break;
		case 2: NG_ID(write)(lo, some, s, 2, dst); break;
		case 4: NG_ID(write)(lo, some, s, 4, dst); break;
		}
		ng_mended(mends, s->mends, size, dst);
		lo += some;
		dst += some * size;
		n -= some;
	}
}

#else

// The patterns: the first NG_POWERS hold the exponent plus 1 of 2, 3, 5 and 7 in the
// upper four bits, the others, of products of two or three primes, the number of primes;
// both the logarithm of what divides in the lower twelve. Each row has 32 elements more
// than its period, so that 32 can be read from anywhere in it.
#define NG_POWERS 4
#define NG_PAIRS 6
#define NG_ROWS (NG_POWERS + NG_PAIRS)
#define NG_PATTERN_PRIMES 17 // 2 … 59
static const uint32_t ng_period[NG_ROWS] = {1024,    729,     625,     343,     11 * 13 * 17,
                                            19 * 23, 29 * 31, 37 * 41, 43 * 47, 53 * 59};

static inline size_t ng_row(int k) {
	size_t at = 0;
	for (int i = 0; i < k; i++) at += ng_period[i] + 32;
	return at;
}

static inline uint32_t ng_turn(uint32_t at, int k) {
	at += 32;
	return at >= ng_period[k] ? at - ng_period[k] : at;
}

// ng_mend says that d holds the factor was where it should be is.
typedef struct {
	uint32_t at;
	uint16_t was, is;
} ng_mend;

typedef struct {
	size_t segment, m;
	uint32_t limit;
	const uint32_t *prime;
	const uint16_t *pattern;
	uint16_t *w;      // 2·segment words
	uint32_t *next;   // where each prime hits next, from the start of the segment
	uint64_t *power;  // and its first power that the words do not count
	ng_mend *mends;   // one for each prime and eight integers
} ng_sieve;

// ng_log is 32·log2(n), interpolated between powers of two: up to 4 too small.
static inline int ng_log(uint64_t n) {
	int b = 63 - __builtin_clzll(n | 1);
	return b << 5 | (int)((b >= 5 ? n >> (b - 5) : n << (5 - b)) & 31);
}

// ng_counted is the exponent to which the words count the k-th prime, ng_beyond the power
// after it.
static inline uint32_t ng_counted(size_t k) {
	static const uint8_t e[NG_POWERS] = {10, 6, 4, 3};
	return k < NG_POWERS ? e[k] : 1;
}

static inline uint64_t ng_beyond(size_t k, uint64_t p) {
	return k < NG_POWERS ? ng_period[k] * p : p * p;
}

// ng_first finds where the k-th prime and its power hit first from lo on.
static inline void ng_first(uint64_t lo, size_t k, const ng_sieve *s) {
	uint64_t p = s->prime[k], q = ng_beyond(k, p), r = lo % p;
	s->next[k] = (uint32_t)(r ? p - r : 0);
	r = lo % q;
	s->power[k] = r ? q - r : 0;
}

// ng_mark adds each prime to the words of its multiples.
static void ng_mark(const ng_sieve *s) {
	const size_t n = s->segment;
	uint16_t *restrict w = s->w;
	size_t k = NG_PATTERN_PRIMES;
	for (size_t r = n / s->prime[k]; k < s->m && s->prime[k] <= n; k++) {
		size_t p = s->prime[k], j = s->next[k];
		uint16_t one = (uint16_t)(1 << 12 | ng_log(p));
		while (r * p > n) r--;
		for (size_t i = 0; i < r; i++, j += p) w[j] += one;
		w[j] += one;
		s->next[k] = (uint32_t)(j < n ? j + p - n : j - n);
	}
	for (; k < s->m; k++) {
		uint64_t p = s->prime[k], j = s->next[k];
		w[j < n ? j : n] += (uint16_t)(1 << 12 | ng_log(p));
		s->next[k] = (uint32_t)(j < n ? j + p - n : j - n);
	}
}

// ng_powers adds the logarithms of higher powers to the words of n integers and returns
// how many counts are to be mended.
static size_t ng_powers(uint64_t lo, size_t n, const ng_sieve *s) {
	size_t mends = 0;
	for (size_t k = 0; k < s->m; k++) {
		uint64_t j = s->power[k];
		if (j < s->segment) {
			uint64_t p = s->prime[k], q = ng_beyond(k, p);
			for (; j < n; j += q) {
				uint32_t counted = ng_counted(k), e = counted + 1;
				for (uint64_t r = (lo + j) / q; r % p == 0; r /= p) e++;
				s->w[j] += (uint16_t)((e - counted) * (uint32_t)ng_log(p));
				s->mends[mends++] = (ng_mend){(uint32_t)j, (uint16_t)(counted + 1), (uint16_t)(e + 1)};
			}
			if (j < s->segment) j = s->segment; // n is short: the last segment
		}
		s->power[k] = j - s->segment;
	}
	return mends;
}

static void ng_mended(size_t n, const ng_mend *f, size_t size, void *restrict dst) {
	uint8_t *d8 = dst;
	uint16_t *d16 = dst;
	uint32_t *d32 = dst;
	for (; n--; f++) {
		switch (size) {
		case 1: d8[f->at] = (uint8_t)(d8[f->at] / f->was * f->is); break;
		case 2: d16[f->at] = (uint16_t)(d16[f->at] / f->was * f->is); break;
		case 4: d32[f->at] = d32[f->at] / f->was * f->is; break;
		}
	}
}

#define NG_KERNEL "divisortable.c"
#include "variants.h"

void ng_divisor_table(int level, uint64_t lo, size_t n, size_t size, void *restrict dst,
                      size_t segment, uint32_t limit, size_t m, const uint32_t *prime,
                      const uint16_t *pattern, uint16_t *w, uint32_t *next, uint64_t *power,
                      uint64_t *mends) {
	static void (*const kernel[NG_LEVELS])(uint64_t, size_t, size_t, char *restrict,
	                                       const ng_sieve *) = NG_TABLE(table);
	const ng_sieve s = {segment, m, limit, prime, pattern, w, next, power, (ng_mend *)mends};
	kernel[level](lo, n, size, dst, &s);
}

#endif
