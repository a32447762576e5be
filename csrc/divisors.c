// The number of divisors d(n): the product of e+1 over the prime powers p^e of n.
// The plain loop tries each candidate up to √n with a division; this one never divides
// and seldom factors:
//
//   - an odd p divides n exactly when n·p⁻¹ mod 2^w ≤ ⌊(2^w−1)/p⌋ (Granlund and
//     Montgomery 1994, section 9), a multiplication and a comparison that vectors do
//     for 16 primes at once, in words of 16 bits where n is long;
//   - once p³ > m, what is left of n is a prime, the square of one or a product of two:
//     a primality test and a square root tell which;
//   - only a cofactor without a prime below 2^16 is split, by the elliptic curve method
//     (ecm.h), and one split is enough.
//
// A block of numbers goes through these steps together, so that what is to be tested or
// split meets in vectors: with AVX-512 IFMA eight numbers in lanes (lanes.h).
//
// It gains a factor of 20 to 100 over the plain loop at n near 10^6, and is right for
// every uint64.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_L
#define NG_L NG_ID(ng_l)
typedef int64_t NG_L __attribute__((vector_size(8 * NG_W)));

#undef NG_FACTORS
#ifdef NG_IFMA
#define NG_FACTORS factors_lanes
#else
#define NG_FACTORS factors_two
#endif

#if (NG_SET == NG_AVX2 || NG_SET == NG_AVX512) && !defined NG_IFMA
#include "floatlanes.h"
#endif

// exact32 returns a bit for each of the 16 primes from k on that divides n < 2^32.
NG_INLINE uint32_t NG_ID(exact32)(uint32_t n, size_t k, const ng_primes *t) {
	const uint32_t *inv = t->inv32 + k, *lim = t->lim32 + k;
	uint32_t bits = 0;
#if NG_SET == NG_AVX512
	__m512i q = _mm512_mullo_epi32(_mm512_set1_epi32((int)n), _mm512_loadu_si512(inv));
	bits = _mm512_cmple_epu32_mask(q, _mm512_loadu_si512(lim));
#elif NG_SET == NG_AVX2
	for (int i = 0; i < 16; i += 8) {
		__m256i q = _mm256_mullo_epi32(_mm256_set1_epi32((int)n),
		                               _mm256_loadu_si256((const __m256i *)(inv + i)));
		__m256i l = _mm256_loadu_si256((const __m256i *)(lim + i));
		__m256i le = _mm256_cmpeq_epi32(_mm256_min_epu32(q, l), q);
		bits |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(le)) << i;
	}
#elif NG_ARM
	const uint32x4_t weight = {1, 2, 4, 8};
	for (int i = 0; i < 16; i += 4) {
		uint32x4_t le = vcleq_u32(vmulq_n_u32(vld1q_u32(inv + i), n), vld1q_u32(lim + i));
		bits |= vaddvq_u32(vandq_u32(le, weight)) << i;
	}
#else
	for (int i = 0; i < 16; i++) bits |= (uint32_t)(n * inv[i] <= lim[i]) << i;
#endif
	return bits;
}

#if NG_X86 || NG_ARM
// The words of larger numbers: 16 bits are what every instruction set multiplies in lanes.
#undef NG_H
#undef NG_HW
#define NG_H NG_ID(ng_h)
#if NG_SET == NG_AVX2 || NG_SET == NG_AVX512
#define NG_HW 16
#else
#define NG_HW 8
#endif
typedef uint16_t NG_H __attribute__((vector_size(2 * NG_HW)));

NG_INLINE NG_H NG_ID(load16)(const uint16_t *p) {
	NG_H v;
	memcpy(&v, p, sizeof v);
	return v;
}

NG_INLINE NG_H NG_ID(high16)(NG_H a, NG_H b) { // the upper halves of the products
#if NG_HW == 16
	return (NG_H)_mm256_mulhi_epu16((__m256i)a, (__m256i)b);
#elif NG_X86
	return (NG_H)_mm_mulhi_epu16((__m128i)a, (__m128i)b);
#else
	const uint16x8_t x = (uint16x8_t)a, y = (uint16x8_t)b;
	const uint32x4_t low = vmull_u16(vget_low_u16(x), vget_low_u16(y)), high = vmull_high_u16(x, y);
	return (NG_H)vuzp2q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high));
#endif
}

// hits is all ones for the primes of which n·p⁻¹ mod 2^(16·words) has an uppermost word within
// the limit. That leaves out what the words below carry to it, 0 to 4, and adds 4, to the limit
// as well: no divisor is missed, and one prime in 2^14 is taken for one.
NG_INLINE NG_H NG_ID(hits)(uint64_t n, int words, const uint16_t *t) {
	NG_H low = {0}, high = (NG_H){0} + 4;
	for (int i = 0; i < words; i++) {
		const NG_H w = (NG_H){0} + (uint16_t)(n >> 16 * i);
		low += w * NG_ID(load16)(t + 16 * (words - 1 - i));
		if (i < words - 1) high += NG_ID(high16)(w, NG_ID(load16)(t + 16 * (words - 2 - i)));
	}
	return (NG_H)(low + high <= NG_ID(load16)(t + 64));
}
#endif

// divides returns a bit for each of the 16 primes from k on that divides n, of 2, 3 or 4 words,
// and seldom for another, which ng_strip leaves alone. Where there are wider products they find a divisor
// sooner: those of 32 bits, and among the first primes, where that counts, of 52 with IFMA.
NG_INLINE uint32_t NG_ID(divides)(uint64_t n, int words, size_t k, const ng_primes *t) {
#if NG_SET != NG_GENERIC || !NG_X86
	if (words == 2) return NG_ID(exact32)((uint32_t)n, k, t);
#endif
#ifdef NG_IFMA
	if (words == 3 && k < NG_FEW) { // ⌊(2^52−1)/p⌋ is ⌊(2^64−1)/p⌋ shifted by 12
		uint32_t bits = 0;
		for (int i = 0; i < 16; i += 8) {
			__m512i q = lo52(NG_ZERO, _mm512_set1_epi64((long long)n), _mm512_loadu_si512(t->inv64 + k + i));
			__m512i l = _mm512_srli_epi64(_mm512_loadu_si512(t->lim64 + k + i), 12);
			bits |= (uint32_t)_mm512_cmple_epu64_mask(q, l) << i;
		}
		return bits;
	}
#endif
	uint32_t bits = 0;
#if NG_HW == 16
	__m256i h = (__m256i)NG_ID(hits)(n, words, t->words + 5 * k);
	if (_mm256_testz_si256(h, h)) return 0;
	__m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
	bits = (uint32_t)_mm_movemask_epi8(bytes);
#elif NG_X86
	__m128i a = (__m128i)NG_ID(hits)(n, words, t->words + 5 * k);
	__m128i b = (__m128i)NG_ID(hits)(n, words, t->words + 5 * k + 8);
	bits = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(a, b));
#elif NG_ARM
	const NG_H weight = {1, 2, 4, 8, 16, 32, 64, 128};
	for (int i = 0; i < 16; i += 8) {
		NG_H h = NG_ID(hits)(n, words, t->words + 5 * k + i) & weight;
		bits |= (uint32_t)vaddvq_u16((uint16x8_t)h) << i;
	}
#else
	for (int i = 0; i < 16; i++) bits |= (uint32_t)(n * t->inv64[k + i] <= t->lim64[k + i]) << i;
#endif
	return bits;
}

// scan returns the first block of 16 primes from k on, before end, with a divisor of n, of so many
// words, and says in bits which. It stops early, with no bits, at a block whose p² (two words) or
// p³ is above n.
NG_INLINE size_t NG_ID(scan)(uint64_t n, int words, size_t k, size_t end, const ng_primes *t, uint32_t *bits) {
	*bits = 0;
	for (; k < end; k += 16) {
		uint64_t p = t->prime[k];
		if (p * p * (words == 2 ? 1 : p) > n || (*bits = NG_ID(divides)(n, words, k, t))) break;
	}
	return k;
}

// advance divides out of o->m, odd and without a factor before the o->k-th prime, what it
// finds before the end-th, and multiplies *count accordingly, until that is d (DONE), or
// o->m has to be known prime or not (OPEN), or to be split (HARD). composite says that it is
// known not to be prime.
NG_INLINE int NG_ID(advance)(ng_open *o, size_t end, int composite, const ng_primes *t, uint64_t *count) {
	uint64_t m = o->m, d = *count;
	size_t k = o->k;
	uint32_t bits;
	while (m >> 32) {
		k = m >> 48 ? NG_ID(scan)(m, 4, k, end, t, &bits) : NG_ID(scan)(m, 3, k, end, t, &bits);
		if (bits == 0) break;
		uint64_t before = m;
		m = ng_strip(m, k, bits, t, &d);
		k += 16;
		if (m == before) continue;
		composite = 0;
		if (k > NG_FEW) break; // a smaller m: is it prime?
	}
	while (m >> 32 == 0) {
		k = NG_ID(scan)(m, 2, k, NG_CUBE32, t, &bits);
		if (bits == 0) break;
		m = ng_strip(m, k, bits, t, &d);
		k += 16;
	}
	o->m = m;
	o->k = (uint32_t)k;
	*count = d;
	if (m < (uint64_t)t->prime[k] * t->prime[k]) {
		*count = d * (m > 1 ? 2 : 1);
		return NG_DONE;
	}
	if (!composite) return NG_OPEN;
	uint64_t powers = ng_sqrt(m) ? 3 : k < end ? 4 : ng_cbrt(m) ? 4 : 0;
	*count *= powers ? powers : 1;
	return powers ? NG_DONE : NG_HARD;
}

// pass makes one of the two tests of primality of a chunk of numbers, of one class: the strong one
// to base 2, or what proves those prime that pass it. A bit is set for a number that passes.
// Where vectors are of no use, products of different numbers do not wait for each other.
#if defined NG_IFMA
#define NG_CHUNK(class) (class < NG_LARGE ? 32 : 16)
NG_INLINE uint32_t NG_ID(pass)(const uint64_t *m, int proof, int class) {
	if (class == NG_LARGE) return proof ? strong2(m, ng_bases[class], 0) : strong2(m, ng_two, 1);
	return proof ? strong1(m, ng_bases[class], 0) : strong1(m, ng_two, 1);
}
#elif NG_SET == NG_AVX2 || NG_SET == NG_AVX512
#define NG_CHUNK(class) (class < NG_LARGE ? 4 * NG_W : NG_FOUR)
NG_INLINE uint32_t NG_ID(pass)(const uint64_t *m, int proof, int class) {
	if (class == NG_LARGE) return proof ? ng_four_lucas(m) : ng_four_strong(m);
	return proof ? NG_ID(strong_lanes)(m, ng_bases[class], 0) : NG_ID(strong_lanes)(m, ng_two, 1);
}
#else
#define NG_CHUNK(class) NG_FOUR
NG_INLINE uint32_t NG_ID(pass)(const uint64_t *m, int proof, int class) {
	(void)class;
	return proof ? ng_four_lucas(m) : ng_four_strong(m);
}
#endif

// passing keeps those of the listed numbers, all in one class, that pass the test.
NG_FN size_t NG_ID(passing)(const ng_open *q, uint32_t *list, size_t count, int proof, int class) {
	size_t kept = 0;
	for (size_t i = 0, some; i < count; i += some) {
		const size_t chunk = NG_CHUNK(class);
		uint64_t m[32];
		some = count - i < chunk ? count - i : chunk;
		if (some < NG_FEW_LANES && some < chunk) {
			some = 1;
			if (proof ? ng_one_lucas(q[list[i]].m) : ng_one_strong(q[list[i]].m)) list[kept++] = list[i];
			continue;
		}
		for (size_t j = 0; j < chunk; j++) m[j] = q[list[j < some ? i + j : i]].m;
		uint32_t pass = NG_ID(pass)(m, proof, class);
		for (size_t j = 0; j < some; j++)
			if (pass >> j & 1) list[kept++] = list[i + j];
	}
	return kept;
}
#undef NG_CHUNK

// primes doubles d of the prime numbers of q and returns how many others it keeps.
NG_FN size_t NG_ID(primes)(ng_open *q, size_t n, uint64_t *restrict d) {
	uint8_t prime[NG_BLOCK] = {0};
	uint32_t list[NG_BLOCK];
	for (int class = 0; class <= NG_LARGE; class++) {
		size_t count = 0;
		for (size_t j = 0; j < n; j++)
			if (ng_class(q[j].m) == class) list[count++] = (uint32_t)j;
		count = NG_ID(passing)(q, list, count, 0, class);
		count = NG_ID(passing)(q, list, count, 1, class);
		for (size_t j = 0; j < count; j++) prime[list[j]] = 1;
	}
	size_t kept = 0;
	for (size_t j = 0; j < n; j++)
		if (prime[j]) d[q[j].i] *= 2;
		else q[kept++] = q[j];
	return kept;
}

// block counts the divisors of n ≤ NG_BLOCK numbers but for the cofactors that need a
// splitter: it returns how many there are, the cofactors in hard and their places in where.
NG_FN size_t NG_ID(block)(size_t n, const uint64_t *v, uint64_t *restrict dst, uint64_t *restrict hard,
                          uint32_t *restrict where, const ng_primes *t) {
	ng_open q[NG_BLOCK];
	size_t open = 0, hards = 0;
	for (size_t i = 0; i < n; i++) {
		dst[i] = 0;
		if (v[i] == 0) continue;
		int twos = __builtin_ctzll(v[i]);
		dst[i] = (uint64_t)twos + 1;
		q[open] = (ng_open){.m = v[i] >> twos, .i = (uint32_t)i};
		open += NG_ID(advance)(&q[open], NG_FEW, 0, t, &dst[i]) == NG_OPEN;
	}
	while (open > 0) {
		size_t composites = NG_ID(primes)(q, open, dst);
		open = 0;
		for (size_t j = 0; j < composites; j++) {
			ng_open o = q[j];
			int state = NG_ID(advance)(&o, t->m, 1, t, &dst[o.i]);
			if (state == NG_OPEN) q[open++] = o;
			if (state == NG_HARD) hard[hards] = o.m, where[hards++] = o.i;
		}
	}
	return hards;
}

// split multiplies dst[where[i]] by d(m[i]), for n ≤ NG_BLOCK cofactors that block left: of
// two prime factors or three, not all the same, above 2^16. The smaller part of a split is
// below 2^32 and so prime.
NG_FN void NG_ID(split)(size_t n, const uint64_t *m, const uint32_t *where, uint64_t *restrict dst) {
	uint64_t factor[NG_BLOCK];
	ng_open q[NG_BLOCK];
	size_t open = 0;
	NG_FACTORS(n, m, factor);
	for (size_t i = 0; i < n; i++) {
		uint64_t p = factor[i], rest = m[i] / p;
		if (p > rest) rest = p, p = m[i] / p;
		dst[where[i]] *= rest >> 32 ? 2 : 4;
		if (rest >> 32) q[open++] = (ng_open){.m = rest, .i = where[i], .k = (uint32_t)p};
	}
	open = NG_ID(primes)(q, open, dst);
	for (size_t j = 0; j < open; j++) // p·r², p²·r or p·r·s
		dst[q[j].i] *= ng_sqrt(q[j].m) || q[j].m % q[j].k == 0 ? 3 : 4;
}

// factor_large writes the prime factors of n > 1, all of them above 2^16, and returns how
// many. Of the two parts of a split the smaller is below 2^32 and so prime.
NG_FN size_t NG_ID(factor_large)(uint64_t n, uint64_t *restrict out) {
	uint64_t r = ng_cbrt(n), p;
	if (r) {
		out[0] = out[1] = out[2] = r;
		return 3;
	}
	if ((r = ng_sqrt(n))) {
		out[0] = out[1] = r;
		return 2;
	}
	if (n >> 32 == 0 || ng_is_prime(n)) {
		out[0] = n;
		return 1;
	}
	NG_FACTORS(1, &n, &p);
	if (p > n / p) p = n / p;
	size_t rest = NG_ID(factor_large)(n / p, out), i = rest;
	for (; i > 0 && out[i - 1] > p; i--) out[i] = out[i - 1];
	out[i] = p;
	return rest + 1;
}

// factor writes the prime factors of n > 0 in ascending order, each as often as it divides
// n, and returns how many: 63 at most.
NG_FN size_t NG_ID(factor)(uint64_t n, uint64_t *restrict out, const ng_primes *t) {
	size_t count = 0, test = NG_FEW;
	for (; n % 2 == 0; n /= 2) out[count++] = 2;
	for (size_t k = 0; k < t->m; k += 16) {
		uint64_t p = t->prime[k];
		if (p * p > n || (k == test && ng_is_prime(n))) {
			if (n > 1) out[count++] = n;
			return count;
		}
		uint32_t bits = NG_ID(divides)(n, 4, k, t);
		if (bits && k >= NG_FEW) test = k + 16; // a smaller n, mostly: see whether it is prime
		for (; bits; bits &= bits - 1)
			for (p = t->prime[k + (size_t)__builtin_ctz(bits)]; n % p == 0; n /= p) out[count++] = p;
	}
	return count + (n > 1 ? NG_ID(factor_large)(n, out + count) : 0);
}

#else

#define NG_BLOCK 256 // numbers that go through the steps together

#include "prime.h"
#include "split.h"

#define NG_FEW 48     // primes tried before the first primality test
#define NG_CUBE32 256 // the cube of this odd prime and of those after it is above 2^32
#define NG_FEW_LANES 5 // fewer tests take the scalar unit less time

enum { NG_LARGE = 2 }; // the last class of numbers by their width

#if NG_X86
// For lanes, the bases beside 2 that make the strong test a proof below 4759123141 and below
// 341550071728321 (Jaeschke 1993) and below 2^64 (Sinclair, miller-rabin.appspot.com); each
// list ends with 0.
static const uint32_t ng_bases[NG_LARGE + 1][7] = {
        {7, 61}, {3, 5, 7, 11, 13, 17}, {325, 9375, 28178, 450775, 9780504, 1795265022}};
static const uint32_t ng_two[] = {2, 0};
#endif

static inline int ng_class(uint64_t n) { return n < 4759123141u ? 0 : n < 341550071728321u ? 1 : NG_LARGE; }

typedef struct {
	size_t m;
	const uint32_t *prime, *inv32, *lim32;
	const uint16_t *words;
	const uint64_t *inv64, *lim64;
} ng_primes;

// A cofactor m of the i-th number, without a prime before the k-th.
typedef struct {
	uint64_t m;
	uint32_t i, k;
} ng_open;

enum { NG_DONE, NG_OPEN, NG_HARD };

// ng_strip divides out of m the primes k+i with bit i set, and multiplies d by e+1.
static inline uint64_t ng_strip(uint64_t m, size_t k, uint32_t bits, const ng_primes *t, uint64_t *d) {
	for (; bits; bits &= bits - 1) {
		size_t i = k + (size_t)__builtin_ctz(bits);
		uint64_t e = 1, q = m * t->inv64[i];
		for (; q <= t->lim64[i]; e++) {
			m = q;
			q = m * t->inv64[i];
		}
		*d *= e;
	}
	return m;
}

#define NG_KERNEL "divisors.c"
#include "variants.h"

#if NG_X86
// One more variant: that of AVX-512 where the CPU has IFMA.
#define NG_BODY
#define NG_IFMA
#define NG_SET NG_AVX512
#define NG_W 8
#define NG_ID(f) f##_ifma
#define NG_FN static __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx512cd,avx512ifma,avx2,fma")))
#include "vector.h"
#include "lanes.h"
#include "divisors.c"
#undef NG_IFMA
#undef NG_BODY
#define NG_PICK(f) (ifma ? f##_ifma : table[level])
#else
#define NG_PICK(f) ((void)ifma, table[level])
#endif

size_t ng_count_divisors(int level, int ifma, size_t n, const uint64_t *values, uint64_t *restrict dst,
                         uint64_t *restrict hard, uint32_t *restrict where, NG_PRIMES) {
	static size_t (*const table[NG_LEVELS])(size_t, const uint64_t *, uint64_t *restrict, uint64_t *restrict,
	                                        uint32_t *restrict, const ng_primes *) = NG_TABLE(block);
	const ng_primes t = {m, prime, inv32, lim32, words, inv64, lim64};
	return NG_PICK(block)(n, values, dst, hard, where, &t);
}

void ng_split_divisors(int level, int ifma, size_t n, const uint64_t *hard, const uint32_t *where,
                       uint64_t *restrict dst) {
	static void (*const table[NG_LEVELS])(size_t, const uint64_t *, const uint32_t *,
	                                      uint64_t *restrict) = NG_TABLE(split);
	NG_PICK(split)(n, hard, where, dst);
}

size_t ng_factor(int level, int ifma, uint64_t n, uint64_t *restrict out, NG_PRIMES) {
	static size_t (*const table[NG_LEVELS])(uint64_t, uint64_t *restrict, const ng_primes *) = NG_TABLE(factor);
	const ng_primes t = {m, prime, inv32, lim32, words, inv64, lim64};
	return NG_PICK(factor)(n, out, &t);
}

int ng_prime(uint64_t n) { return n == 2 || (n % 2 && n > 1 && ng_is_prime(n)); }

#endif
