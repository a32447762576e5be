// Strong probable prime tests of 4·NG_W numbers at once where vectors multiply no integers of
// 52 bits but fuse doubles (AVX2, AVX-512 without IFMA): a·b mod n is a·b = h + l to the last
// bit, less the integer nearest to h/n times n. Included by divisors.c for each such set.
//
// For n < 341550071728321 < 2^48.3, |a| and |b| ≤ 2n: h/n is below 2^50.3, so that the
// quotient q is off by 0.65 at most, h − q·n and l are integers below 2^53 and exact, and the
// result is below 0.75·n. No residue is reduced to 0 … n−1, and none is in Montgomery form.
//
// A product takes 7 instructions for NG_W numbers; the scalar unit waits 14 cycles for each.
// It takes 40 % off the time of 32-bit to 48-bit numbers.

// less is x less the multiple of n nearest to it.
NG_INLINE NG_V NG_ID(less)(NG_V x, NG_V n, NG_V over) {
	const NG_V magic = (NG_V){0} + 0x1.8p52; // adding it rounds to an integer
	NG_V q = NG_FUSED(x, over, magic) - magic;
	return NG_FUSED(-q, n, x);
}

NG_INLINE NG_V NG_ID(square)(NG_V x, NG_V n, NG_V over) {
	NG_V h = x * x;
	return NG_ID(less)(h, n, over) + NG_FUSED(x, x, -h);
}

// strong_lanes tests the numbers, odd and above every base, to base 2 or to each up to the 0.
// base 2 needs no reduction, and 17 times a residue (61 times one below 2^32) is exact.
NG_INLINE uint32_t NG_ID(strong_lanes)(const uint64_t *m, const uint32_t *base, int base2) {
	double number[4 * NG_W];
	int64_t twos[4 * NG_W], rest[4 * NG_W], rounds = 0;
	uint64_t bits = 0;
	for (int l = 0; l < 4 * NG_W; l++) {
		number[l] = (double)m[l];
		twos[l] = __builtin_ctzll(m[l] - 1);
		rest[l] = (int64_t)((m[l] - 1) >> twos[l]);
		bits |= (uint64_t)rest[l];
		rounds = twos[l] > rounds ? twos[l] : rounds;
	}
	NG_V n[4], over[4], x[4];
	NG_L odd[4], s[4], passed[4];
	memcpy(n, number, sizeof n);
	memcpy(s, twos, sizeof s);
	memcpy(odd, rest, sizeof odd);
	for (int j = 0; j < 4; j++) {
		over[j] = 1 / n[j];
		passed[j] = (NG_L){0} - 1;
	}
	do {
		const NG_V more = (NG_V){0} + (double)(*base - 1);
		for (int j = 0; j < 4; j++) x[j] = (NG_V){0} + 1;
		for (int i = 63 - __builtin_clzll(bits); i >= 0; i--)
			for (int j = 0; j < 4; j++) {
				NG_L set = (odd[j] & ((NG_L){0} + ((int64_t)1 << i))) != 0;
				x[j] = NG_ID(square)(x[j], n[j], over[j]);
				x[j] *= 1 + (NG_V)((NG_L)more & set);
				if (!base2) x[j] = NG_ID(less)(x[j], n[j], over[j]);
			}
		NG_L pass[4] = {0};
		for (int64_t r = 0; r < rounds; r++)
			for (int j = 0; j < 4; j++) {
				if (r == 0 && base2) x[j] = NG_ID(less)(x[j], n[j], over[j]);
				NG_L minus = (x[j] == -1) | (x[j] == n[j] - 1), one = (x[j] == 1) | (x[j] == 1 - n[j]);
				minus &= s[j] > r;
				pass[j] |= r == 0 ? minus | one : minus;
				x[j] = NG_ID(square)(x[j], n[j], over[j]);
			}
		for (int j = 0; j < 4; j++) passed[j] &= pass[j];
	} while (!base2 && *++base);
	uint32_t result = 0;
	for (int l = 0; l < 4 * NG_W; l++) result |= (uint32_t)(passed[l / NG_W][l % NG_W] & 1) << l;
	return result;
}
