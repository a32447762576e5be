// The numbers of divisors of consecutive integers too large for all primes up to their
// square roots: the primes up to the cube root are divided out of their multiples, by
// multiplication with an inverse, and what is left is 1, a prime, the square of one or a
// product of two, so that a primality test and a square root end it. Nothing is factored.
//
// One thread counts 3.7 million integers near 2^64 in a second, some ten times as many as
// one by one.
#include "nogil.h"

#include "prime.h"

// ng_divide divides p out of the multiples among n integers; j is the first.
static void ng_divide(size_t n, uint64_t p, uint64_t j, uint64_t *restrict rest, uint32_t *restrict d) {
	const uint64_t lim = UINT64_MAX / p;
	uint64_t inv = 3 * p ^ 2; // right to 5 bits; each Newton step doubles them
	for (int i = 0; i < 4; i++) inv *= 2 - p * inv;
	for (; j < n; j += p) {
		uint64_t m = rest[j] * inv, q = m * inv;
		uint32_t e = 2;
		for (; q <= lim; e++) {
			m = q;
			q = m * inv;
		}
		rest[j] = m;
		d[j] *= e;
	}
}

// ng_finish multiplies d by the divisors of four cofactors, of which the first some count.
static void ng_finish(size_t some, const uint64_t *m, uint32_t *const *d) {
	uint32_t pass = ng_four_strong(m);
	for (size_t j = 0; j < some; j++) {
		int prime = pass >> j & 1 && ng_one_lucas(m[j]);
		*d[j] *= prime ? 2 : ng_sqrt(m[j]) ? 3 : 4;
	}
}

void ng_divisor_range(uint64_t lo, size_t n, uint32_t *restrict dst, size_t m, const uint32_t *prime,
                      uint32_t limit, uint64_t *restrict rest) {
	for (size_t i = 0; i < n; i++) {
		int twos = __builtin_ctzll(lo + i);
		rest[i] = (lo + i) >> twos;
		dst[i] = (uint32_t)twos + 1;
	}
	for (size_t k = 1; k < m; k++) { // prime[0] is 2
		uint64_t p = prime[k], r = lo % p, j = r ? p - r : 0;
		if (j < n) ng_divide(n, p, j, rest, dst);
	}
	const uint64_t square = (uint64_t)limit * limit;
	uint64_t left[4] = {3, 3, 3, 3};
	uint32_t *d[4];
	size_t some = 0;
	for (size_t i = 0; i < n; i++) {
		if (rest[i] <= square) {
			dst[i] *= rest[i] > 1 ? 2 : 1;
			continue;
		}
		left[some] = rest[i];
		d[some++] = &dst[i];
		if (some == 4) {
			ng_finish(some, left, d);
			some = 0;
		}
	}
	ng_finish(some, left, d);
}
