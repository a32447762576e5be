// Eight moduli at once, with the 52-bit multiply-add of AVX-512 (IFMA), which gives the
// low or the high half of 8 products in one slot: Montgomery arithmetic in one word of 52
// bits for moduli below 2^50 and in two for those of up to 64 bits, strong tests with it,
// and an instance of ecm.h. Included by divisors.c for the set that has IFMA.
//
// A product takes 6 instructions in one word and 24 in two. Sums and differences are not
// reduced: R is so far above the modulus that the next product does it.
//
// Gain over the scalar unit, which waits 12 cycles for each product: primality of 48-bit
// numbers in an eighth of the time, curves of ecm.h in a third.

#define NG_ALL52 _mm512_set1_epi64(0xfffffffffffff)
#define NG_ZERO _mm512_setzero_si512()

NG_INLINE __m512i lo52(__m512i c, __m512i a, __m512i b) { return _mm512_madd52lo_epu64(c, a, b); }
NG_INLINE __m512i hi52(__m512i c, __m512i a, __m512i b) { return _mm512_madd52hi_epu64(c, a, b); }

// carry52 is t plus the carry of lo + q·n where the low words cancel: 1 unless lo is 0.
NG_INLINE __m512i carry52(__m512i t, __m512i lo) {
	return _mm512_mask_sub_epi64(t, _mm512_test_epi64_mask(lo, lo), t, _mm512_set1_epi64(-1));
}

// minus_inverse is −n⁻¹ modulo 2^52 (and 2^64).
NG_INLINE __m512i minus_inverse(__m512i n) {
	const __m512i two = _mm512_set1_epi64(2);
	__m512i x = _mm512_xor_si512(_mm512_mullo_epi64(n, _mm512_set1_epi64(3)), two); // 5 bits
	for (int i = 0; i < 4; i++)
		x = _mm512_mullo_epi64(x, _mm512_sub_epi64(two, _mm512_mullo_epi64(n, x)));
	return _mm512_sub_epi64(NG_ZERO, x);
}

NG_INLINE __m512i trailing_zeros(__m512i v) { // of numbers above 0
	__m512i bit = _mm512_and_si512(v, _mm512_sub_epi64(NG_ZERO, v));
	return _mm512_sub_epi64(_mm512_set1_epi64(63), _mm512_lzcnt_epi64(bit));
}

// power_of_two is 2^e mod n, where n has at most e bits: 2^bits − n, doubled.
NG_INLINE __m512i power_of_two(__m512i n, int e) {
	__m512i bits = _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_lzcnt_epi64(n));
	__m512i left = _mm512_sub_epi64(_mm512_set1_epi64(e), bits);
	__m512i x = _mm512_sub_epi64(_mm512_sllv_epi64(_mm512_set1_epi64(1), bits), n);
	for (__mmask8 more; (more = _mm512_test_epi64_mask(left, left));) {
		__m512i less = _mm512_sub_epi64(x, _mm512_sub_epi64(n, x)), twice = _mm512_add_epi64(x, x);
		__mmask8 fits = _mm512_cmplt_epu64_mask(x, _mm512_sub_epi64(n, x));
		x = _mm512_mask_mov_epi64(x, more, _mm512_mask_mov_epi64(less, fits, twice));
		left = _mm512_mask_sub_epi64(left, more, left, _mm512_set1_epi64(1));
	}
	return x;
}

// One word: mul1 is a·b/2^52 mod n, below 2n for a and b below 2n.
NG_INLINE __m512i mul1(__m512i n, __m512i inv, __m512i a, __m512i b) {
	__m512i lo = lo52(NG_ZERO, a, b), hi = hi52(NG_ZERO, a, b);
	return hi52(carry52(hi, lo), lo52(NG_ZERO, lo, inv), n);
}

NG_INLINE __m512i twice1(__m512i n, __m512i a) {
	__m512i t = _mm512_add_epi64(a, a);
	return _mm512_min_epu64(t, _mm512_sub_epi64(t, _mm512_add_epi64(n, n)));
}

// square_of_r1 is 2^104 mod n: the power of 2 with exponent ((1·2+1)·4+1)·4 = 52, times R.
NG_INLINE __m512i square_of_r1(__m512i n, __m512i inv, __m512i one) {
	__m512i x = twice1(n, one);
	x = mul1(n, inv, x, x);
	x = twice1(n, x);
	for (int i = 0; i < 2; i++) x = mul1(n, inv, x, x);
	x = twice1(n, x);
	for (int i = 0; i < 2; i++) x = mul1(n, inv, x, x);
	return x;
}

// Two words: the numbers are at most a little above n, with a low word of 52 bits, or sums
// and differences of two such, whose low word may have more; a product reads 52 of them.
typedef struct {
	__m512i lo, hi;
} ng_x2;

typedef struct {
	ng_x2 n, one, r2;
	__m512i inv, word; // −n⁻¹ modulo 2^52, and n in one word
} ng_field2;

NG_INLINE ng_x2 split_lanes(__m512i x) {
	return (ng_x2){_mm512_and_si512(x, NG_ALL52), _mm512_srli_epi64(x, 52)};
}

// reduce2 is the end of a product t0 + (t1+w)·2^52 + t2·2^104.
NG_INLINE ng_x2 reduce2(const ng_field2 *f, __m512i t0, __m512i t1, __m512i w, __m512i t2) {
	__m512i q = lo52(NG_ZERO, t0, f->inv);
	t1 = _mm512_add_epi64(hi52(carry52(t1, t0), q, f->n.lo), lo52(w, q, f->n.hi));
	t2 = hi52(t2, q, f->n.hi);
	q = lo52(NG_ZERO, t1, f->inv);
	t1 = lo52(t1, q, f->n.lo);
	t2 = lo52(hi52(t2, q, f->n.lo), q, f->n.hi);
	t2 = _mm512_add_epi64(t2, _mm512_srli_epi64(t1, 52));
	return (ng_x2){_mm512_and_si512(t2, NG_ALL52),
	               hi52(_mm512_srli_epi64(t2, 52), q, f->n.hi)};
}

// mul_lanes is a·b/2^104 mod n, at most n + a·b/2^104. High words are far below 2^26, so
// that their product has no high half.
NG_INLINE ng_x2 mul_lanes(const ng_field2 *f, ng_x2 a, ng_x2 b) {
	__m512i t0 = lo52(NG_ZERO, a.lo, b.lo);
	__m512i t1 = lo52(hi52(NG_ZERO, a.lo, b.lo), a.lo, b.hi), w = lo52(NG_ZERO, a.hi, b.lo);
	__m512i t2 = lo52(hi52(hi52(NG_ZERO, a.lo, b.hi), a.hi, b.lo), a.hi, b.hi);
	return reduce2(f, t0, t1, w, t2);
}

NG_INLINE ng_x2 sqr_lanes(const ng_field2 *f, ng_x2 a) {
	__m512i twice = _mm512_add_epi64(a.hi, a.hi);
	__m512i t0 = lo52(NG_ZERO, a.lo, a.lo);
	__m512i t1 = hi52(NG_ZERO, a.lo, a.lo), w = lo52(NG_ZERO, a.lo, twice);
	__m512i t2 = lo52(hi52(NG_ZERO, a.lo, twice), a.hi, a.hi);
	return reduce2(f, t0, t1, w, t2);
}

NG_INLINE ng_x2 add_lanes(const ng_field2 *f, ng_x2 a, ng_x2 b) {
	(void)f;
	__m512i lo = _mm512_add_epi64(a.lo, b.lo), hi = _mm512_add_epi64(a.hi, b.hi);
	return (ng_x2){lo, _mm512_add_epi64(hi, _mm512_srli_epi64(lo, 52))};
}

NG_INLINE ng_x2 sub_lanes(const ng_field2 *f, ng_x2 a, ng_x2 b) { // + 2n
	__m512i lo = _mm512_add_epi64(_mm512_sub_epi64(a.lo, b.lo), _mm512_add_epi64(f->n.lo, f->n.lo));
	__m512i hi = _mm512_add_epi64(_mm512_sub_epi64(a.hi, b.hi), _mm512_add_epi64(f->n.hi, f->n.hi));
	return (ng_x2){lo, _mm512_add_epi64(hi, _mm512_srai_epi64(lo, 52))};
}

// exact_lanes is the number below n that a product a stands for, in one word.
NG_INLINE __m512i exact_lanes(const ng_field2 *f, ng_x2 a) {
	__m512i lo = _mm512_sub_epi64(a.lo, f->n.lo);
	__m512i hi = _mm512_add_epi64(_mm512_sub_epi64(a.hi, f->n.hi), _mm512_srai_epi64(lo, 52));
	__mmask8 above = _mm512_cmpge_epi64_mask(hi, NG_ZERO);
	lo = _mm512_mask_and_epi64(a.lo, above, lo, NG_ALL52);
	hi = _mm512_mask_mov_epi64(a.hi, above, hi);
	return _mm512_or_si512(lo, _mm512_slli_epi64(hi, 52));
}

// field2 leaves out r2.
NG_INLINE ng_field2 field2(__m512i n) {
	ng_field2 f = {.n = split_lanes(n), .inv = minus_inverse(n), .word = n};
	f.one = split_lanes(power_of_two(n, 104));
	return f;
}

// square_of_r sets r2, the residue of 2^104: the power of 2 with exponent
// ((1·2+1)·4+1)·8.
NG_INLINE void square_of_r(ng_field2 *f) {
	ng_x2 x = sqr_lanes(f, add_lanes(f, f->one, f->one));
	x = sqr_lanes(f, sqr_lanes(f, add_lanes(f, x, x)));
	x = sqr_lanes(f, add_lanes(f, x, x));
	f->r2 = sqr_lanes(f, sqr_lanes(f, x));
}

NG_INLINE ng_x2 load_lanes(const ng_field2 *f, __m512i x) { return mul_lanes(f, f->r2, split_lanes(x)); }

// What the strong tests know of eight numbers: n − 1 = e·2^s with odd e.
typedef struct {
	__m512i e, s;
} ng_odd;

NG_INLINE ng_odd odd_part(__m512i n) {
	__m512i e = _mm512_sub_epi64(n, _mm512_set1_epi64(1)), s = trailing_zeros(e);
	return (ng_odd){_mm512_srlv_epi64(e, s), s};
}

NG_INLINE __mmask8 bit_of(__m512i e, int i) {
	return _mm512_test_epi64_mask(e, _mm512_set1_epi64(1ll << i));
}

NG_INLINE int highest_bit(__m512i v) {
	return 63 - __builtin_clzll((uint64_t)_mm512_reduce_or_epi64(v));
}

// strong1 makes the strong test of 32 odd numbers, between 2^7 and 2^50, to each base
// up to the 0 that ends them, where 2 stands alone: a bit is set for a number that passes.
NG_INLINE uint32_t strong1(const uint64_t *m, const uint32_t *base, int base2) {
	__m512i n[4], inv[4], one[4], r2[4], b[4], x[4], bits = NG_ZERO, rounds = NG_ZERO;
	ng_odd odd[4];
	for (int j = 0; j < 4; j++) {
		n[j] = _mm512_loadu_si512(m + 8 * j);
		inv[j] = minus_inverse(n[j]);
		one[j] = power_of_two(n[j], 52);
		odd[j] = odd_part(n[j]);
		bits = _mm512_or_si512(bits, odd[j].e);
		rounds = _mm512_max_epu64(rounds, odd[j].s);
		if (!base2) r2[j] = square_of_r1(n[j], inv[j], one[j]);
	}
	uint32_t passed = ~0u;
	do {
		for (int j = 0; j < 4; j++) {
			x[j] = one[j];
			if (!base2) b[j] = mul1(n[j], inv[j], r2[j], _mm512_set1_epi64(*base));
		}
		for (int i = highest_bit(bits); i >= 0; i--)
			for (int j = 0; j < 4; j++) {
				x[j] = mul1(n[j], inv[j], x[j], x[j]);
				__m512i y = base2 ? twice1(n[j], x[j]) : mul1(n[j], inv[j], x[j], b[j]);
				x[j] = _mm512_mask_mov_epi64(x[j], bit_of(odd[j].e, i), y);
			}
		uint32_t pass = 0;
		for (int64_t r = 0; r < (int64_t)_mm512_reduce_max_epu64(rounds); r++)
			for (int j = 0; j < 4; j++) {
				__m512i v = _mm512_min_epu64(x[j], _mm512_sub_epi64(x[j], n[j]));
				__mmask8 ok = _mm512_cmpeq_epu64_mask(_mm512_add_epi64(v, one[j]), n[j]);
				ok &= _mm512_cmpgt_epu64_mask(odd[j].s, _mm512_set1_epi64(r));
				if (r == 0) ok |= _mm512_cmpeq_epu64_mask(v, one[j]);
				pass |= (uint32_t)ok << 8 * j;
				x[j] = mul1(n[j], inv[j], x[j], x[j]);
			}
		passed &= pass;
	} while (!base2 && *++base);
	return passed;
}

// strong2 does so for 16 odd numbers between 2^31 and 2^64.
NG_INLINE uint32_t strong2(const uint64_t *m, const uint32_t *base, int base2) {
	ng_field2 f[2];
	ng_x2 b[2], x[2];
	__m512i one[2], bits = NG_ZERO, rounds = NG_ZERO;
	ng_odd odd[2];
	for (int j = 0; j < 2; j++) {
		f[j] = field2(_mm512_loadu_si512(m + 8 * j));
		one[j] = exact_lanes(&f[j], f[j].one);
		odd[j] = odd_part(f[j].word);
		bits = _mm512_or_si512(bits, odd[j].e);
		rounds = _mm512_max_epu64(rounds, odd[j].s);
		if (!base2) square_of_r(&f[j]);
	}
	uint32_t passed = ~0u;
	do {
		for (int j = 0; j < 2; j++) {
			x[j] = f[j].one;
			if (!base2) b[j] = load_lanes(&f[j], _mm512_set1_epi64(*base));
		}
		for (int i = highest_bit(bits); i >= 0; i--)
			for (int j = 0; j < 2; j++) {
				x[j] = sqr_lanes(&f[j], x[j]);
				ng_x2 y = base2 ? add_lanes(&f[j], x[j], x[j]) : mul_lanes(&f[j], x[j], b[j]);
				__mmask8 set = bit_of(odd[j].e, i);
				x[j].lo = _mm512_mask_mov_epi64(x[j].lo, set, y.lo);
				x[j].hi = _mm512_mask_mov_epi64(x[j].hi, set, y.hi);
			}
		uint32_t pass = 0;
		for (int64_t r = 0; r < (int64_t)_mm512_reduce_max_epu64(rounds); r++)
			for (int j = 0; j < 2; j++) {
				if (r == 0) x[j] = mul_lanes(&f[j], x[j], f[j].one); // a product, where the last was a sum
				__m512i v = exact_lanes(&f[j], x[j]);
				__mmask8 ok = _mm512_cmpeq_epu64_mask(_mm512_add_epi64(v, one[j]), f[j].word);
				ok &= _mm512_cmpgt_epu64_mask(odd[j].s, _mm512_set1_epi64(r));
				if (r == 0) ok |= _mm512_cmpeq_epu64_mask(v, one[j]);
				pass |= (uint32_t)ok << 8 * j;
				x[j] = sqr_lanes(&f[j], x[j]);
			}
		passed &= pass;
	} while (!base2 && *++base);
	return passed;
}

// almost_inverse returns the greatest common divisor g of a and the odd n; for g = 1 it
// sets s to 2^k/a mod n, 0 ≤ k ≤ 128. That is Kaliski's algorithm (1995), stopped before
// the last halving, so that s stays below n: a·r ≡ −u·2^k and a·s ≡ v·2^k.
NG_FN __m512i almost_inverse(__m512i a, __m512i n, __m512i *power, __m512i *inverse) {
	a = _mm512_mask_mov_epi64(a, _mm512_testn_epi64_mask(a, a), n); // 0 has the divisor n
	__m512i k = trailing_zeros(a), u = n, v = _mm512_srlv_epi64(a, k);
	__m512i r = NG_ZERO, s = _mm512_set1_epi64(1);
	for (__mmask8 on; (on = _mm512_cmpneq_epu64_mask(u, v));) {
		__mmask8 first = _mm512_mask_cmpgt_epu64_mask(on, u, v), second = on & (__mmask8)~first;
		__m512i d = _mm512_mask_sub_epi64(_mm512_sub_epi64(v, u), first, u, v);
		__m512i c = trailing_zeros(d), sum = _mm512_add_epi64(r, s);
		u = _mm512_mask_srlv_epi64(u, first, d, c);
		v = _mm512_mask_srlv_epi64(v, second, d, c);
		r = _mm512_mask_mov_epi64(_mm512_mask_sllv_epi64(r, second, r, c), first, sum);
		s = _mm512_mask_mov_epi64(_mm512_mask_sllv_epi64(s, first, s, c), second, sum);
		k = _mm512_mask_add_epi64(k, on, k, c);
	}
	*power = k;
	*inverse = s;
	return u;
}

// inverse_lanes takes 1/(a·2^104)·2^k to 1/a·2^104: times 2^(208−k), which is two products
// with 2^208, one with 2^80 and one with 2^(128−k).
NG_INLINE ng_x2 inverse_lanes(const ng_field2 *f, ng_x2 a) {
	__m512i k, s, one = _mm512_set1_epi64(1);
	almost_inverse(exact_lanes(f, a), f->word, &k, &s);
	ng_x2 x = mul_lanes(f, mul_lanes(f, split_lanes(s), f->r2), f->r2);
	x = mul_lanes(f, x, (ng_x2){NG_ZERO, _mm512_set1_epi64(1ll << 28)});
	k = _mm512_sub_epi64(_mm512_set1_epi64(128), k);
	return mul_lanes(f, x, (ng_x2){_mm512_and_si512(_mm512_sllv_epi64(one, k), NG_ALL52),
	                               _mm512_sllv_epi64(one, _mm512_sub_epi64(k, _mm512_set1_epi64(52)))});
}

NG_INLINE __m512i gcd_lanes(const ng_field2 *f, ng_x2 a) {
	__m512i k, s;
	return almost_inverse(exact_lanes(f, a), f->word, &k, &s);
}

NG_INLINE __m512i word_lanes(long long x) { return _mm512_set1_epi64(x); }
NG_INLINE __m512i words_lanes(const uint64_t *x) { return _mm512_loadu_si512(x); }
NG_INLINE void store_lanes(uint64_t *to, __m512i x) { _mm512_storeu_si512(to, x); }
NG_INLINE ng_field2 field_lanes(const uint64_t *n) {
	ng_field2 f = field2(_mm512_loadu_si512(n));
	square_of_r(&f);
	return f;
}

#define NG_E(f) f##_lanes
#define NG_FE ng_x2
#define NG_FIELD ng_field2
#define NG_WORD __m512i
#define NG_LANES 8
#include "ecm.h"
#undef NG_E
#undef NG_FE
#undef NG_FIELD
#undef NG_WORD
#undef NG_LANES
