// Splitting composites of up to 64 bits, with the scalar unit: two curves at once.
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

static uint64_t ng_gcd(uint64_t a, uint64_t n) {
	while (a) {
		a >>= __builtin_ctzll(a);
		uint64_t low = a < n ? a : n;
		a = a < n ? n - a : a - n;
		n = low;
	}
	return n;
}

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
				g = ng_gcd(q, n);
			}
		}
		if (g == n) { // several factors in one batch: its steps again, one by one
			g = 1;
			for (y = batch; g == 1; g = ng_gcd(ng_distance(x, y), n)) y = ng_step(&f, y, c);
		}
		if (g != n) return g;
	}
}

// A composite number on its way to a proper factor, 0 until there is one.
typedef struct {
	uint64_t n, factor;
	uint32_t curves, met_all; // curves it had, and those that met all its factors
} ng_splitting;

// Two numbers, modulo two: a product waits 12 cycles for the one before and keeps the
// multiplier busy for three, so that two curves take little longer than one.
typedef struct {
	uint64_t a, b;
} ng_pair;

typedef struct {
	ng_mont a, b;
	ng_pair one;
} ng_field_pair;

static inline ng_pair mul_two(const ng_field_pair *f, ng_pair x, ng_pair y) {
	return (ng_pair){ng_mul(&f->a, x.a, y.a), ng_mul(&f->b, x.b, y.b)};
}
static inline ng_pair sqr_two(const ng_field_pair *f, ng_pair x) { return mul_two(f, x, x); }
static inline ng_pair add_two(const ng_field_pair *f, ng_pair x, ng_pair y) {
	return (ng_pair){ng_add_mod(&f->a, x.a, y.a), ng_add_mod(&f->b, x.b, y.b)};
}
static inline ng_pair sub_two(const ng_field_pair *f, ng_pair x, ng_pair y) {
	return (ng_pair){ng_sub_mod(&f->a, x.a, y.a), ng_sub_mod(&f->b, x.b, y.b)};
}
static inline ng_pair load_two(const ng_field_pair *f, ng_pair x) {
	return (ng_pair){ng_mul(&f->a, x.a, f->a.r2), ng_mul(&f->b, x.b, f->b.r2)};
}
static inline ng_pair word_two(uint64_t x) { return (ng_pair){x, x}; }
static inline ng_pair words_two(const uint64_t *x) { return (ng_pair){x[0], x[1]}; }
static inline void store_two(uint64_t *to, ng_pair x) { to[0] = x.a, to[1] = x.b; }
static inline ng_field_pair field_two(const uint64_t *n) {
	ng_field_pair f = {ng_field(n[0]), ng_field(n[1]), {0, 0}};
	f.one = (ng_pair){f.a.one, f.b.one};
	return f;
}

static ng_pair gcd_two(const ng_field_pair *f, ng_pair x) {
	return (ng_pair){ng_gcd(x.a, f->a.n), ng_gcd(x.b, f->b.n)};
}

// ng_inverse is Euclid's algorithm; the cofactors alternate in sign.
static uint64_t ng_inverse(const ng_mont *f, uint64_t a) {
	uint64_t r = f->n, t = ng_mul(f, a, 1), x = 0, y = 1, odd = 0;
	while (t) {
		uint64_t q = r / t, u = r - q * t, v = x + q * y;
		r = t, t = u, x = y, y = v, odd ^= 1;
	}
	return ng_mul(f, odd ? x : f->n - x, f->r2);
}

static ng_pair inverse_two(const ng_field_pair *f, ng_pair x) {
	return (ng_pair){ng_inverse(&f->a, x.a), ng_inverse(&f->b, x.b)};
}

#define NG_E(f) f##_two
#define NG_FN static
#define NG_INLINE static inline
#define NG_FE ng_pair
#define NG_FIELD ng_field_pair
#define NG_WORD ng_pair
#define NG_LANES 2
#include "ecm.h"
#undef NG_E
#undef NG_FN
#undef NG_INLINE
#undef NG_FE
#undef NG_FIELD
#undef NG_WORD
#undef NG_LANES

#endif
