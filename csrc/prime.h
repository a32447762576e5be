// Arithmetic modulo one odd number of up to 64 bits, primality, and exact roots.
#ifndef NOGIL_PRIME_H
#define NOGIL_PRIME_H

#include <math.h>
#include <stdint.h>

typedef unsigned __int128 u128;

// Montgomery's form modulo n, with R = 2^64 and inv = n⁻¹ mod R (Montgomery 1985). Every
// number here is below n.
typedef struct {
	uint64_t n, inv, one, r2;
} ng_mont;

static inline uint64_t ng_mul(const ng_mont *f, uint64_t a, uint64_t b) {
	u128 t = (u128)a * b;
	uint64_t hi = (uint64_t)(t >> 64);
	uint64_t q = (uint64_t)(((u128)((uint64_t)t * f->inv) * f->n) >> 64);
	return hi >= q ? hi - q : hi - q + f->n;
}

static inline uint64_t ng_add_mod(const ng_mont *f, uint64_t a, uint64_t b) {
	return a >= f->n - b ? a - (f->n - b) : a + b;
}

static inline uint64_t ng_sub_mod(const ng_mont *f, uint64_t a, uint64_t b) {
	return a >= b ? a - b : a - b + f->n;
}

static inline ng_mont ng_field_one(uint64_t n) { // without r2
	ng_mont f = {.n = n, .inv = 3 * n ^ 2}; // right to 5 bits; each Newton step doubles them
	for (int i = 0; i < 4; i++) f.inv *= 2 - n * f.inv;
	f.one = -n % n;
	return f;
}

static inline ng_mont ng_field(uint64_t n) {
	ng_mont f = ng_field_one(n);
	f.r2 = (uint64_t)((u128)f.one * f.one % n);
	return f;
}

// ng_strong is the strong probable prime test of f->n to three bases at once, whose
// products do not wait for each other. A base that n divides says nothing. Below 2^50 a
// residue times a small base is not reduced: the next product does it.
static int ng_strong(const ng_mont *f, const uint32_t *base, int small) {
	uint64_t n = f->n, minus = n - f->one, q = n - 1, b[3], x[3];
	int s = __builtin_ctzll(q), passed = 0;
	q >>= s;
	for (int j = 0; j < 3; j++) {
		b[j] = small ? base[j] : ng_mul(f, base[j] % n, f->r2);
		x[j] = small ? f->one * base[j] : b[j];
		passed |= (base[j] % n == 0) << j;
	}
	for (int i = 62 - __builtin_clzll(q); i >= 0; i--) {
		for (int j = 0; j < 3; j++) x[j] = ng_mul(f, x[j], x[j]);
		if (q >> i & 1)
			for (int j = 0; j < 3; j++) x[j] = small ? x[j] * b[j] : ng_mul(f, x[j], b[j]);
	}
	for (int j = 0; j < 3; j++) {
		if (small) x[j] %= n;
		passed |= (x[j] == f->one || x[j] == minus) << j;
	}
	while (--s > 0 && passed != 7)
		for (int j = 0; j < 3; j++) {
			x[j] = ng_mul(f, x[j], x[j]);
			passed |= (x[j] == minus) << j;
		}
	return passed == 7;
}

// ng_strong2 is the test to base 2, which few composites pass; a product by 2 is a sum.
static int ng_strong2(const ng_mont *f) {
	uint64_t n = f->n, minus = n - f->one, q = n - 1, x = f->one;
	int s = __builtin_ctzll(q);
	q >>= s;
	for (int i = 63 - __builtin_clzll(q); i >= 0; i--) {
		x = ng_mul(f, x, x);
		if (q >> i & 1) x = ng_add_mod(f, x, x);
	}
	if (x == f->one || x == minus) return 1;
	while (--s > 0) {
		x = ng_mul(f, x, x);
		if (x == minus) return 1;
	}
	return 0;
}

// ng_four_strong2 is the test to base 2 of four odd numbers above 2, whose products do not
// wait for each other, in half the time or less: a bit is set for each that passes.
static inline uint32_t ng_four_strong2(const uint64_t *n) {
	ng_mont f[4];
	uint64_t odd[4], x[4], bits = 0;
	int s[4], rounds = 0;
	uint32_t passed = 0;
	for (int j = 0; j < 4; j++) {
		f[j] = ng_field_one(n[j]);
		x[j] = f[j].one;
		s[j] = __builtin_ctzll(n[j] - 1);
		odd[j] = (n[j] - 1) >> s[j];
		bits |= odd[j];
		rounds = s[j] > rounds ? s[j] : rounds;
	}
	for (int i = 63 - __builtin_clzll(bits); i >= 0; i--)
		for (int j = 0; j < 4; j++) {
			x[j] = ng_mul(&f[j], x[j], x[j]);
			uint64_t twice = ng_add_mod(&f[j], x[j], x[j]);
			x[j] = odd[j] >> i & 1 ? twice : x[j];
		}
	for (int r = 0; r < rounds && passed != 15; r++)
		for (int j = 0; j < 4; j++) {
			int one = r == 0 && x[j] == f[j].one, minus = r < s[j] && x[j] == n[j] - f[j].one;
			passed |= (uint32_t)(one | minus) << j;
			x[j] = ng_mul(&f[j], x[j], x[j]);
		}
	return passed;
}

// The bases, beside 2, that make the strong test a proof below 4759123141 and below
// 341550071728321 (Jaeschke 1993) and below 2^64 (Sinclair, miller-rabin.appspot.com); in
// threes, ended by 0.
enum { NG_LARGE = 2 }; // the class of the last
static const uint32_t ng_bases[NG_LARGE + 1][7] = {
        {3, 7, 61}, {3, 5, 7, 11, 13, 17}, {325, 9375, 28178, 450775, 9780504, 1795265022}};

static const uint32_t ng_two[] = {2, 0};

static inline int ng_class(uint64_t n) { return n < 4759123141u ? 0 : n < 341550071728321u ? 1 : NG_LARGE; }

// ng_passes makes the strong tests to the bases, 2 alone or threes, up to the 0.
static int ng_passes(uint64_t n, const uint32_t *base) {
	if (*base == 2) {
		const ng_mont f = ng_field_one(n);
		return ng_strong2(&f);
	}
	if (ng_class(n) < NG_LARGE) {
		const ng_mont f = ng_field_one(n);
		return ng_strong(&f, base, 1) && (base[3] == 0 || ng_strong(&f, base + 3, 1));
	}
	const ng_mont f = ng_field(n);
	return ng_strong(&f, base, 0) && (base[3] == 0 || ng_strong(&f, base + 3, 0));
}

// ng_four_pass does so for four numbers, of which the first some count.
static inline uint32_t ng_four_pass(size_t some, const uint64_t *n, const uint32_t *base) {
	uint32_t pass = 0;
	if (*base == 2) return ng_four_strong2(n);
	for (size_t j = 0; j < some; j++) pass |= (uint32_t)ng_passes(n[j], base) << j;
	return pass;
}

// ng_is_prime is right for every odd n > 1.
static inline int ng_is_prime(uint64_t n) {
	return ng_passes(n, ng_two) && ng_passes(n, ng_bases[ng_class(n)]);
}

static inline uint64_t ng_sqrt(uint64_t m) { // 0 where m is no square
	uint64_t r = (uint64_t)sqrt((double)m); // off by one at most
	for (uint64_t s = r ? r - 1 : 0; s <= r + 1 && s >> 32 == 0; s++)
		if (s * s == m) return s;
	return 0;
}

static inline uint64_t ng_cbrt(uint64_t m) { // 0 where m is no cube
	uint64_t r = (uint64_t)cbrt((double)m);
	for (uint64_t s = r ? r - 1 : 0; s <= r + 1 && s <= 2642245; s++) // 2642245³ < 2^64
		if (s * s * s == m) return s;
	return 0;
}

#endif
