// Splitting one composite of up to 64 bits, with the scalar unit: curve after curve.
#ifndef NOGIL_SPLIT_H
#define NOGIL_SPLIT_H

#include "prime.h"

#define NG_BABY 24   // numbers below 105 prime to 210
#define NG_GIANTS 50 // steps of 210 at most

// What a curve does: stage 1 multiplies by a number of so many bits, stage 2 goes as far
// as 210·giants + 105.
typedef struct {
	size_t bits, giants;
	uint64_t word[8];
} ng_effort;

// The first two curves of a number are short, as most numbers have a factor that is small
// enough for them; the others are long. Measured on what random 64-bit numbers leave and
// on products of two 32-bit primes: both are within a tenth of their best.
enum { NG_SHORT, NG_LONG };
#define NG_SHORTS 2

static ng_effort ng_effort_of(int length) {
	const unsigned b1 = length == NG_SHORT ? 100 : 220;
	ng_effort e = {.giants = length == NG_SHORT ? 24 : NG_GIANTS, .word = {1}};
	size_t words = 1;
	for (unsigned p = 2; p <= b1; p++) { // lcm(1…b1)
		unsigned d = 2, q = p;
		while (d * d <= p && p % d) d++;
		if (d * d <= p) continue;
		while (q * p <= b1) q *= p;
		u128 carry = 0;
		for (size_t i = 0; i < words; i++, carry >>= 64) e.word[i] = (uint64_t)(carry += (u128)e.word[i] * q);
		if (carry) e.word[words++] = (uint64_t)carry;
	}
	e.bits = 64 * words - (size_t)__builtin_clzll(e.word[words - 1]);
	return e;
}

// ng_sigma is the parameter of the i-th curve: 11 first, whose curve has the most powers of 2
// in its order on average (Barbulescu, Bos, Bouvier, Kleinjung and Montgomery 2012).
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

static inline uint64_t ng_step(const ng_mont *f, uint64_t y, uint64_t c) { // y² + c
	y = ng_mul(f, y, y);
	return y >= f->n - c ? y - (f->n - c) : y + c;
}

static inline uint64_t ng_distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

// Where this many curves have met all factors of a number at once, these are small, and so
// would the next curve: ng_rho takes over. A curve meets both primes of 32 bits of one
// product in twenty-five, three such curves before another come once in a thousand products,
// and the rho takes as long as thirty curves there.
#define NG_MET_ALL 3

// ng_rho returns a proper factor of n, odd, composite and no square: Brent's form of
// Pollard's rho (Brent 1980), one gcd for 128 steps, constant after constant.
static uint64_t ng_rho(uint64_t n) {
	const ng_mont f = ng_field(n);
	for (uint64_t c = 1;; c++) {
		uint64_t x = 2, y = 2, batch = 2, g = 1;
		for (size_t r = 1; g == 1; r *= 2) {
			x = y;
			for (size_t i = 0; i < r; i++) y = ng_step(&f, y, c);
			for (size_t k = 0; k < r && g == 1; k += 128) {
				uint64_t q = f.one;
				batch = y;
				for (size_t i = 0; i < 128 && i < r - k; i++) {
					y = ng_step(&f, y, c);
					q = ng_mul(&f, q, ng_distance(x, y));
				}
				g = gcd_one(&f, q);
			}
		}
		if (g == n) { // several factors in one batch: its steps again, one by one
			g = 1;
			for (y = batch; g == 1; g = gcd_one(&f, ng_distance(x, y))) y = ng_step(&f, y, c);
		}
		if (g != n) return g;
	}
}

// ng_split returns a proper factor of n, odd, composite, no power of a prime, without a
// prime factor below 2^16.
static uint64_t ng_split(uint64_t n) {
	const ng_mont f = ng_field(n);
	ng_effort e = ng_effort_of(NG_SHORT);
	for (uint64_t i = 0, met_all = 0; met_all < NG_MET_ALL; i++) {
		if (i == NG_SHORTS) e = ng_effort_of(NG_LONG);
		uint64_t g = curve_one(&f, ng_sigma(i), &e);
		if (g > 1 && g < n) return g;
		met_all += g == n;
	}
	return ng_rho(n);
}

#endif
