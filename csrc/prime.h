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

// Primality is the test of Baillie and Wagstaff ("Lucas pseudoprimes", 1980): the strong probable
// prime test to base 2, and what passes that is tested by a Lucas sequence, the extra strong test
// of Grantham ("Frobenius pseudoprimes", 2001) without its condition on U and with Baillie's
// parameters. No composite number below 2^64 passes both: Jacobsen's "Pseudoprime statistics, tables, and data"
// tried all that pass the first, which Feitsma and Galway list. The sequence takes two products a bit where bases
// that make a proof take three to nine.
//
// Both tests do one number or NG_FOUR at once, whose products do not wait for each other.
enum { NG_FOUR = 4 };
#define NG_TEST static inline __attribute__((always_inline)) uint32_t

// ng_strong tests numbers above 2 to base 2, which makes a product by the base a sum: a bit is set
// for each that passes. Below 2^62 (small) the sum is not reduced: the next square does it.
NG_TEST ng_strong(const uint64_t *n, int count, int small) {
	ng_mont f[NG_FOUR];
	uint64_t odd[NG_FOUR], x[NG_FOUR], bits = 0;
	int s[NG_FOUR], rounds = 0;
	const uint32_t all = (1u << count) - 1;
	uint32_t passed = 0;
	for (int j = 0; j < count; j++) {
		f[j] = ng_field_one(n[j]);
		x[j] = f[j].one;
		s[j] = __builtin_ctzll(n[j] - 1);
		odd[j] = (n[j] - 1) >> s[j];
		bits |= odd[j];
		rounds = s[j] > rounds ? s[j] : rounds;
	}
	for (int i = 63 - __builtin_clzll(bits); i >= 0; i--)
		for (int j = 0; j < count; j++) {
			uint64_t bit = odd[j] >> i & 1;
			x[j] = ng_mul(&f[j], x[j], x[j]);
			if (small) x[j] <<= bit;
			else x[j] = bit ? ng_add_mod(&f[j], x[j], x[j]) : x[j];
		}
	for (int j = 0; j < count; j++) x[j] -= x[j] >= n[j] ? n[j] : 0;
	for (int r = 0; r < rounds && passed != all; r++)
		for (int j = 0; j < count; j++) {
			int one = r == 0 && x[j] == f[j].one, minus = r < s[j] && x[j] == n[j] - f[j].one;
			passed |= (uint32_t)(one | minus) << j;
			x[j] = ng_mul(&f[j], x[j], x[j]);
		}
	return passed;
}

// ng_jacobi is the symbol (a/n) for odd n.
static int ng_jacobi(uint64_t a, uint64_t n) {
	int sign = 1;
	while (a) {
		int twos = __builtin_ctzll(a);
		a >>= twos;
		if (twos & 1 && (n + 2) & 4) sign = -sign; // n is 3 or 5 modulo 8
		if (a & n & 2) sign = -sign;               // both are 3 modulo 4
		uint64_t rest = n % a;
		n = a;
		a = rest;
	}
	return n == 1 ? sign : 0;
}

// ng_parameter is the least P ≥ 3 with (P²−4 / n) = −1, or 0 where n is a square or a factor of it
// shows. For P = 3 and 4 that is (5/n) and (3/n), which n modulo 60 tells.
static uint64_t ng_parameter(uint64_t n) {
	uint32_t r = (uint32_t)(n % 60), r5 = r % 5, r12 = r % 12;
	if (r5 == 2 || r5 == 3) return 3;
	if (r5 && (r12 == 5 || r12 == 7)) return 4;
	for (uint64_t p = 3; p < 24 || !ng_sqrt(n); p++) {
		uint64_t d = (p * p - 4) % n;
		int sign = ng_jacobi(d, n);
		if (sign < 0) return p;
		if (sign == 0 && d) return 0;
	}
	return 0;
}

// ng_times is the residue of a small number k.
static inline uint64_t ng_times(const ng_mont *f, uint64_t k) {
	uint64_t x = 0;
	for (int i = 63 - __builtin_clzll(k | 1); i >= 0; i--) {
		x = ng_add_mod(f, x, x);
		if (k >> i & 1) x = ng_add_mod(f, x, f->one);
	}
	return x;
}

// ng_lucas tests odd numbers above 1 and below 2⁶⁴−1 by V of P and Q = 1: V_2k = V_k² − 2 and V_2k+1 = V_k·V_k+1 − P.
// With n + 1 = odd·2^s, V at odd is ±2 or one of V at odd·2^r, r < s−1, is 0.
NG_TEST ng_lucas(const uint64_t *n, int count) {
	ng_mont f[NG_FOUR];
	uint64_t odd[NG_FOUR], p[NG_FOUR], two[NG_FOUR], v[NG_FOUR], w[NG_FOUR], bits = 0;
	int s[NG_FOUR], rounds = 0;
	const uint32_t all = (1u << count) - 1;
	uint32_t passed = 0, none = 0;
	for (int j = 0; j < count; j++) {
		const uint64_t least = ng_parameter(n[j]);
		none |= (uint32_t)(least == 0) << j;
		f[j] = ng_field_one(n[j]);
		two[j] = v[j] = ng_add_mod(&f[j], f[j].one, f[j].one);
		p[j] = w[j] = ng_times(&f[j], least);
		s[j] = __builtin_ctzll(n[j] + 1);
		odd[j] = (n[j] >> s[j]) + 1;
		bits |= odd[j];
		rounds = s[j] > rounds ? s[j] : rounds;
	}
	for (int i = 63 - __builtin_clzll(bits); i >= 0; i--)
		for (int j = 0; j < count; j++) { // v is V of the bits so far, w of that and 1
			uint64_t bit = -(odd[j] >> i & 1), x = v[j] ^ (bit & (v[j] ^ w[j]));
			uint64_t both = ng_sub_mod(&f[j], ng_mul(&f[j], v[j], w[j]), p[j]);
			uint64_t twice = ng_sub_mod(&f[j], ng_mul(&f[j], x, x), two[j]);
			uint64_t swap = bit & (both ^ twice);
			v[j] = twice ^ swap;
			w[j] = both ^ swap;
		}
	for (int r = 0; r < rounds && passed != all; r++)
		for (int j = 0; j < count; j++) {
			int ends = r == 0 && (v[j] == two[j] || v[j] == n[j] - two[j]), zero = r < s[j] - 1 && v[j] == 0;
			passed |= (uint32_t)(ends | zero) << j;
			v[j] = ng_sub_mod(&f[j], ng_mul(&f[j], v[j], v[j]), two[j]);
		}
	return passed & ~none;
}

static inline uint32_t ng_one_strong(uint64_t n) { return n >> 62 ? ng_strong(&n, 1, 0) : ng_strong(&n, 1, 1); }
static inline uint32_t ng_one_lucas(uint64_t n) { return ng_lucas(&n, 1); }
static inline uint32_t ng_four_lucas(const uint64_t *n) { return ng_lucas(n, NG_FOUR); }
static inline uint32_t ng_four_strong(const uint64_t *n) {
	return (n[0] | n[1] | n[2] | n[3]) >> 62 ? ng_strong(n, NG_FOUR, 0) : ng_strong(n, NG_FOUR, 1);
}

// ng_is_prime is right for every odd n > 1.
static inline int ng_is_prime(uint64_t n) { return ng_one_strong(n) && ng_one_lucas(n); }

#endif
