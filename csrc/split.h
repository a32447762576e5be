// Splitting one composite of up to 64 bits, with the scalar unit: curve after curve.
#ifndef NOGIL_SPLIT_H
#define NOGIL_SPLIT_H

#include "prime.h"

#define NG_BABY 24   // numbers below 105 prime to 210
#define NG_GIANTS 64 // steps of 210 at most

// What a curve does: stage 1 multiplies by a number of so many bits, stage 2 goes as far
// as 210·giants + 105.
typedef struct {
	size_t bits, giants;
	uint64_t word[8];
} ng_effort;

// ng_stages is the effort of lcm(1…b1) and so many giant steps.
static ng_effort ng_stages(unsigned b1, size_t giants) {
	ng_effort e = {.giants = giants, .word = {1}};
	for (unsigned p = 2; p <= b1; p++) {
		unsigned d = 2, q = p;
		while (d * d <= p && p % d) d++;
		if (d * d <= p) continue;
		while (q * p <= b1) q *= p;
		u128 carry = 0;
		for (int i = 0; i < 8; i++) {
			carry += (u128)e.word[i] * q;
			e.word[i] = (uint64_t)carry;
			carry >>= 64;
		}
	}
	for (int i = 7; e.bits == 0; i--)
		if (e.word[i]) e.bits = 64 * (size_t)i + 64 - (size_t)__builtin_clzll(e.word[i]);
	return e;
}

// ng_effort_for is the effort that splits numbers of the size of n fastest, measured.
static ng_effort ng_effort_for(uint64_t n) {
	return n >> 56 == 0 ? ng_stages(70, 10) : ng_stages(150, 24);
}

// ng_sigma is the parameter of the i-th curve: 11 first, whose curve has the smoothest orders.
static inline uint64_t ng_sigma(uint64_t i) { return i == 0 ? 11 : i < 6 ? i + 5 : i + 6; }

static inline uint64_t mul_one(const ng_mont *f, uint64_t a, uint64_t b) { return ng_mul(f, a, b); }
static inline uint64_t sqr_one(const ng_mont *f, uint64_t a) { return ng_mul(f, a, a); }
static inline uint64_t add_one(const ng_mont *f, uint64_t a, uint64_t b) { return ng_add_mod(f, a, b); }
static inline uint64_t sub_one(const ng_mont *f, uint64_t a, uint64_t b) { return ng_sub_mod(f, a, b); }
static inline uint64_t load_one(const ng_mont *f, uint64_t x) { return ng_mul(f, x, f->r2); }
static inline uint64_t word_one(uint64_t x) { return x; }

static uint64_t gcd_one(const ng_mont *f, uint64_t a) {
	uint64_t b = f->n;
	while (a) {
		a >>= __builtin_ctzll(a);
		uint64_t low = a < b ? a : b;
		a = a < b ? b - a : a - b;
		b = low;
	}
	return b;
}

// inverse_one is Euclid's algorithm; the cofactors alternate in sign.
static uint64_t inverse_one(const ng_mont *f, uint64_t a) {
	uint64_t r = f->n, t = ng_mul(f, a, 1), x = 0, y = 1, odd = 0;
	while (t) {
		uint64_t q = r / t, u = r - q * t, v = x + q * y;
		r = t, t = u, x = y, y = v, odd ^= 1;
	}
	return ng_mul(f, odd ? x : f->n - x, f->r2);
}

#define NG_E(f) f##_one
#define NG_FN static
#define NG_INLINE static inline
#define NG_FE uint64_t
#define NG_FIELD ng_mont
#define NG_WORD uint64_t
#include "ecm.h"
#undef NG_E
#undef NG_FN
#undef NG_INLINE
#undef NG_FE
#undef NG_FIELD
#undef NG_WORD

// ng_split returns a proper factor of n, odd, composite, no power of a prime, without a
// prime factor below 2^16.
static uint64_t ng_split(uint64_t n, const ng_effort *e) {
	const ng_mont f = ng_field(n);
	for (uint64_t i = 0;; i++) {
		uint64_t g = curve_one(&f, ng_sigma(i), e);
		if (g > 1 && g < n) return g;
	}
}

#endif
