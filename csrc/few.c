// Statistics of each column of a matrix of few rows, eight at most: a group of the tree of sum.c, so
// that nothing is left to merge and every result is final. A sum of two rows reads 16 bytes a column
// and writes 8, and so does every statistic with one number a column: the floor is bytes moved. So all
// of them go through memory as it likes it best, and the arithmetic hides behind that:
//
//   results are made in registers, a vector of columns at a time, by loops over the rows
//   four places are read at once, each fetched 1 KB ahead
//   results are written by whole lines, and where no cache holds them past the caches
//
// Columns that are contiguous are turned to rows first, eight or sixteen at a time in the first cache;
// float and int32_t become doubles, which hold them exactly. What is said of bits in sum.c, moments.c
// and minmax.c holds here: the same formulas in the same order. In place of a row that is not there −0
// is added, that is, nothing; a square of a deviation may then be −0, but it is added to 0 in the end.
#include "nogil.h"

#ifdef NG_BODY

#include "mask.h"

#define NG_ZERO ((NG_V){0})
#define NG_ONE (NG_ZERO + 1)
#define NG_NONE (-NG_ZERO)
#define NG_NO_NUMBER (NG_ZERO + __builtin_nan("1"))
#define NG_ZERO_WORDS ((NG_WORDS){0})

#define NG_WORDS NG_ID(words)
typedef long long NG_WORDS __attribute__((vector_size(8 * NG_W)));

// at is the NG_W elements at p; int64_t stay the words that they are.
NG_INLINE NG_V NG_ID(at)(const char *p, int type) {
	if (type == NG_F32) return NG_LOADF((const float *)p);
	if (type != NG_I32) return NG_LOAD((const double *)p);
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)p));
#else
	typedef int32_t narrow __attribute__((vector_size(4 * NG_W)));
	narrow v;
	memcpy(&v, p, sizeof v);
	return __builtin_convertvector(v, NG_V);
#endif
}

// first is at of the n elements at p, and zeros beyond them.
NG_INLINE NG_V NG_ID(first)(const char *p, size_t n, int type) {
	if (n >= NG_W) return NG_ID(at)(p, type);
	if (type == NG_F32) return NG_LOADFN((const float *)p, n);
	if (type != NG_I32) return NG_LOADN((const double *)p, n);
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_cvtepi32_pd(_mm256_maskz_loadu_epi32((__mmask8)((1u << n) - 1), p));
#else
	int32_t some[NG_W] = {0};
	for (size_t l = 0; l < n; l++) memcpy(some + l, p + l * sizeof *some, sizeof *some);
	return NG_ID(at)((const char *)some, NG_I32);
#endif
}

// Columns to rows.

// turn_pairs makes two rows of NG_W columns of two elements and no gap.
NG_INLINE void NG_ID(turn_pairs)(const char *p, size_t size, int type, double *restrict to) {
	NG_V a = NG_ID(at)(p, type), b = NG_ID(at)(p + NG_W * size, type), even, odd;
#if NG_SET == NG_AVX512
	const __m512i evens = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
	const __m512i odds = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
	even = (NG_V)_mm512_permutex2var_pd((__m512d)a, evens, (__m512d)b);
	odd = (NG_V)_mm512_permutex2var_pd((__m512d)a, odds, (__m512d)b);
#elif NG_SET == NG_AVX2
	even = (NG_V)_mm256_permute4x64_pd(_mm256_unpacklo_pd((__m256d)a, (__m256d)b), 0xd8);
	odd = (NG_V)_mm256_permute4x64_pd(_mm256_unpackhi_pd((__m256d)a, (__m256d)b), 0xd8);
#else
	even = (NG_V){a[0], b[0]}, odd = (NG_V){a[1], b[1]};
#endif
	NG_STORE(to, even);
	NG_STORE(to + NG_LD, odd);
}

// turn_block makes rows, eight at most, of NG_W columns, next bytes apart.
NG_INLINE void NG_ID(turn_block)(const char *p, size_t rows, size_t next, size_t size, int type, double *restrict to) {
	for (size_t h = 0; h < rows; h += NG_W, p += NG_W * size, to += NG_W * NG_LD) {
		NG_V r[NG_W], x[NG_W];
		for (size_t l = 0; l < NG_W; l++) r[l] = NG_ID(first)(p + l * next, rows - h, type);
#if NG_SET == NG_AVX512
		// Pairs of columns, then pairs of pairs, then halves.
		for (size_t o = 0; o < 2; o++) {
			__m512d a[4];
			for (size_t c = 0; c < 4; c++)
				a[c] = o ? _mm512_unpackhi_pd((__m512d)r[2 * c], (__m512d)r[2 * c + 1])
				         : _mm512_unpacklo_pd((__m512d)r[2 * c], (__m512d)r[2 * c + 1]);
			__m512d lo01 = _mm512_shuffle_f64x2(a[0], a[1], 0x88), hi01 = _mm512_shuffle_f64x2(a[0], a[1], 0xdd);
			__m512d lo23 = _mm512_shuffle_f64x2(a[2], a[3], 0x88), hi23 = _mm512_shuffle_f64x2(a[2], a[3], 0xdd);
			x[o] = (NG_V)_mm512_shuffle_f64x2(lo01, lo23, 0x88);
			x[4 + o] = (NG_V)_mm512_shuffle_f64x2(lo01, lo23, 0xdd);
			x[2 + o] = (NG_V)_mm512_shuffle_f64x2(hi01, hi23, 0x88);
			x[6 + o] = (NG_V)_mm512_shuffle_f64x2(hi01, hi23, 0xdd);
		}
#elif NG_SET == NG_AVX2
		__m256d p0 = _mm256_unpacklo_pd((__m256d)r[0], (__m256d)r[1]), p1 = _mm256_unpackhi_pd((__m256d)r[0], (__m256d)r[1]);
		__m256d q0 = _mm256_unpacklo_pd((__m256d)r[2], (__m256d)r[3]), q1 = _mm256_unpackhi_pd((__m256d)r[2], (__m256d)r[3]);
		x[0] = (NG_V)_mm256_permute2f128_pd(p0, q0, 0x20);
		x[1] = (NG_V)_mm256_permute2f128_pd(p1, q1, 0x20);
		x[2] = (NG_V)_mm256_permute2f128_pd(p0, q0, 0x31);
		x[3] = (NG_V)_mm256_permute2f128_pd(p1, q1, 0x31);
#else
		x[0] = (NG_V){r[0][0], r[1][0]}, x[1] = (NG_V){r[0][1], r[1][1]};
#endif
		for (size_t k = 0; k < NG_W && h + k < rows; k++) NG_STORE(to + k * NG_LD, x[k]);
	}
}

// turn_unit makes rows, NG_LD apart, of the unit of columns from j on, and fetches what is ahead.
NG_INLINE void NG_ID(turn_unit)(const ng_few *q, size_t j, size_t size, int type, double *restrict to) {
	const size_t next = q->stride * size;
	const char *p = q->a + j * next;
	ng_few_ahead(q, p);
	for (size_t l = 0; l < q->unit; l += NG_W, p += NG_W * next)
		if (q->rows == 2 && q->stride == 2)
			NG_ID(turn_pairs)(p, size, type, to + l);
		else
			NG_ID(turn_block)(p, q->rows, next, size, type, to + l);
}

NG_FN __attribute__((noinline)) void NG_ID(turn_narrow)(const ng_few *q, size_t j, double *restrict to) {
	if (q->type == NG_F32)
		NG_ID(turn_unit)(q, j, 4, NG_F32, to);
	else
		NG_ID(turn_unit)(q, j, 4, NG_I32, to);
}

NG_INLINE void NG_ID(turn)(const ng_few *q, size_t j, double *restrict to) {
	if (q->type == NG_F32 || q->type == NG_I32)
		NG_ID(turn_narrow)(q, j, to);
	else
		NG_ID(turn_unit)(q, j, 8, NG_F64, to);
}

// What is written.

NG_INLINE void NG_ID(put)(double *to, NG_V v, int stream) {
	if (stream)
		NG_STREAM(to, v);
	else
		NG_STORE(to, v);
}

// put_narrow writes NG_W floats or int32_t, which v holds exactly.
NG_INLINE void NG_ID(put_narrow)(char *to, NG_V v, int type, int stream) {
#if NG_SET == NG_AVX512
	__m256i n = type == NG_F32 ? _mm256_castps_si256(_mm512_cvtpd_ps((__m512d)v)) : _mm512_cvtpd_epi32((__m512d)v);
	if (stream)
		_mm256_stream_si256((__m256i *)to, n);
	else
		_mm256_storeu_si256((__m256i *)to, n);
#elif NG_X86
#if NG_SET == NG_AVX2
	__m128i n = type == NG_F32 ? _mm_castps_si128(_mm256_cvtpd_ps((__m256d)v)) : _mm256_cvtpd_epi32((__m256d)v);
	if (stream)
		_mm_stream_si128((__m128i *)to, n);
	else
		_mm_storeu_si128((__m128i *)to, n);
#else
	__m128i n = type == NG_F32 ? _mm_castps_si128(_mm_cvtpd_ps((__m128d)v)) : _mm_cvtpd_epi32((__m128d)v);
	long long both = _mm_cvtsi128_si64(n);
	if (stream)
		_mm_stream_si64((long long *)to, both);
	else
		memcpy(to, &both, sizeof both);
#endif
#else
	(void)stream;
	for (size_t l = 0; l < NG_W; l++) {
		float f = type == NG_F32 ? (float)v[l] : 0;
		int32_t i = type == NG_I32 ? (int32_t)v[l] : 0;
		memcpy(to + 4 * l, type == NG_F32 ? (void *)&f : (void *)&i, 4);
	}
#endif
}

// count is integers from 0 to 2^51 − 1 as such: they are in the low bits of n + 2^52.
NG_INLINE NG_V NG_ID(count)(NG_V n) {
	const NG_V big = NG_ZERO + 0x1p52;
	return (NG_V)((NG_WORDS)(n + big) ^ (NG_WORDS)big);
}

// put_nans writes how many NaN there are beside n numbers in NG_W columns from j on.
NG_INLINE void NG_ID(put_nans)(const ng_few *q, size_t j, NG_V n) {
	if (q->nans) NG_ID(put)((double *)(q->nans + j), NG_ID(count)((NG_ZERO + q->count) - n), q->stream_nans);
}

// one_nan makes one NaN of whatever the hardware made.
NG_INLINE NG_V NG_ID(one_nan)(NG_V x) { return NG_ID(pick)(NG_ID(number)(x), x, NG_NO_NUMBER); }

NG_INLINE NG_V NG_ID(root)(NG_V v) {
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_sqrt_pd((__m512d)v);
#elif NG_SET == NG_AVX2
	return (NG_V)_mm256_sqrt_pd((__m256d)v);
#elif NG_X86
	return (NG_V)_mm_sqrt_pd((__m128d)v);
#else
	for (size_t l = 0; l < NG_W; l++) v[l] = sqrt(v[l]);
	return v;
#endif
}

NG_INLINE NG_V NG_ID(abs)(NG_V x) { return (NG_V)((NG_WORDS)x & ~(NG_WORDS)NG_NONE); }

// Sums. The elements of NG_W columns are at p, those of a row ld bytes after the row before.

// Some rows come to terms: Σx, and with y = x − k Σy and Σy². Beside them it is counted how many
// numbers there are, and the least and the greatest kept.
typedef struct { NG_V x, y, yy; } NG_ID(terms);
typedef struct { NG_V k, n, lo, hi; } NG_ID(seen);

NG_INLINE NG_ID(terms) NG_ID(row)(const ng_few *q, const char *p, int what, int type, NG_ID(seen) *c) {
	NG_V x = NG_ID(at)(p, type), y = x - c->k;
	if (what == NG_PLAIN) return (NG_ID(terms)){x, x, x};
	if (what == NG_VAR) return (NG_ID(terms)){x, y, y * y};
	NG_MASK m = NG_ID(number)(x);
	c->n += NG_ID(pick)(m, NG_ONE, NG_ZERO);
	if (what == NG_SKIP) { // x, |x| or x², by masks: one body serves all three
		NG_WORDS keep = NG_ZERO_WORDS + q->keep, square = NG_ZERO_WORDS + q->square;
		x = (NG_V)((NG_WORDS)NG_ID(pick)(m, x, NG_NONE) & keep);
		x *= (NG_V)(((NG_WORDS)x & square) | ((NG_WORDS)NG_ONE & ~square));
		return (NG_ID(terms)){x, x, x};
	}
	y = NG_ID(pick)(m, y, NG_ZERO);
	if (what == NG_DESCRIBE) {
		c->lo = NG_ID(min)(x, c->lo);
		c->hi = NG_ID(max)(x, c->hi);
		x = NG_ID(pick)(m, x, NG_NONE);
	}
	return (NG_ID(terms)){x, y, y * y};
}

#define ADD(from, to)                                                                              \
	do {                                                                                       \
		NG_ID(terms) more = from;                                                          \
		to.x += more.x, to.y += more.y, to.yy += more.yy;                                  \
	} while (0)
#define ROWS const ng_few *q, const char *p, size_t ld, size_t rows, int what, int type, NG_ID(seen) *c

NG_INLINE NG_ID(terms) NG_ID(two)(ROWS) {
	NG_ID(terms) s = NG_ID(row)(q, p, what, type, c);
	if (rows > 1) ADD(NG_ID(row)(q, p + ld, what, type, c), s);
	return s;
}

NG_INLINE NG_ID(terms) NG_ID(four)(ROWS) {
	NG_ID(terms) s = NG_ID(two)(q, p, ld, rows, what, type, c);
	if (rows > 2) ADD(NG_ID(two)(q, p + 2 * ld, ld, rows - 2, what, type, c), s);
	return s;
}

// group is a group of the tree of so many rows.
NG_INLINE NG_ID(terms) NG_ID(group)(ROWS) {
	NG_ID(terms) s = NG_ID(four)(q, p, ld, rows, what, type, c);
	if (rows > 4) ADD(NG_ID(four)(q, p + 4 * ld, ld, rows - 4, what, type, c), s);
	return s;
}
#undef ROWS
#undef ADD

// scaled is the 2-norms of columns whose squares may have left the range of a double: by the largest
// |x| alone where that is 0 or infinite, else by squares of what is divided by a power of two of
// about that size, in two steps because 2^−e may itself be out of range.
NG_FN __attribute__((noinline)) NG_V NG_ID(scaled)(const ng_few *q, const char *p, size_t ld, int type) {
	double x[8 * NG_W], down[2][NG_W], up[2][NG_W];
	NG_V most = NG_ZERO;
	for (size_t k = 0; k < q->rows; k++) most = NG_ID(max)(NG_ID(abs)(NG_ID(at)(p + k * ld, type)), most);
	NG_MASK scales = NG_ID(less)(NG_ZERO, most) & NG_ID(less)(most, NG_ZERO + INFINITY);
	if (!NG_ID(any)(scales)) return most;
	for (size_t l = 0; l < NG_W; l++) {
		int e = ng_exponent(most[l]);
		down[0][l] = ng_power(-e / 2), down[1][l] = ng_power(-e + e / 2);
		up[0][l] = ng_power(e / 2), up[1][l] = ng_power(e - e / 2);
	}
	for (size_t k = 0; k < q->rows; k++)
		NG_STORE(x + k * NG_W, NG_ID(at)(p + k * ld, type) * NG_LOAD(down[0]) * NG_LOAD(down[1]));
	NG_ID(seen) c = {.n = NG_ZERO};
	NG_V s = NG_ID(group)(q, (const char *)x, NG_W * sizeof *x, q->rows, NG_SKIP, NG_F64, &c).x;
	return NG_ID(pick)(scales, NG_ID(root)(s) * NG_LOAD(up[0]) * NG_LOAD(up[1]), most);
}

// sum makes sums, means, 1-norms and 2-norms.
NG_INLINE void NG_ID(sum)(const ng_few *q, const char *p, size_t ld, size_t j, int what, int type) {
	NG_ID(seen) c = {.n = NG_ZERO};
	NG_V s = NG_ID(group)(q, p, ld, q->rows, what, type, &c).x, rows = NG_ZERO + q->count;
	if (what == NG_PLAIN) c.n = rows;
	if (q->op == NG_FEW_MEAN) {
		s /= c.n;
	} else if (q->op == NG_FEW_SUM) {
		if (what == NG_SKIP) s = NG_ID(pick)(NG_ID(less)(NG_ZERO, c.n), s, NG_ZERO);
	} else if (what == NG_SKIP) {
		if (q->op == NG_FEW_NORM2) {
			NG_MASK out = NG_ID(less)(s, NG_ZERO + 0x1p-900) | NG_ID(less)(NG_ZERO + DBL_MAX, s);
			s = NG_ID(root)(s);
			if (NG_ID(any)(out)) s = NG_ID(pick)(out, NG_ID(scaled)(q, p, ld, type), s);
		}
		if (!q->skip) s = NG_ID(pick)(NG_ID(less)(c.n, rows), NG_NO_NUMBER, s);
	}
	NG_ID(put)((double *)q->dst + j, NG_ID(one_nan)(s), q->stream);
	if (what == NG_SKIP) NG_ID(put_nans)(q, j, c.n);
}

// largest makes the largest |x|.
NG_INLINE void NG_ID(largest)(const ng_few *q, const char *p, size_t ld, size_t j, int type) {
	NG_V most = NG_ZERO, n = NG_ZERO;
	for (size_t k = 0; k < q->rows; k++, p += ld) {
		NG_V x = NG_ID(at)(p, type);
		n += NG_ID(pick)(NG_ID(number)(x), NG_ONE, NG_ZERO);
		most = NG_ID(max)(NG_ID(abs)(x), most);
	}
	if (!q->skip) most = NG_ID(pick)(NG_ID(less)(n, NG_ZERO + q->count), NG_NO_NUMBER, most);
	NG_ID(put)((double *)q->dst + j, most, q->stream);
	NG_ID(put_nans)(q, j, n);
}

// over is a / n; one or two rows need no division, as halving is exact.
NG_INLINE NG_V NG_ID(over)(const ng_few *q, NG_V a, NG_V n) {
	if (q->rows > 2) return a / n;
	return a * NG_ID(pick)(NG_ID(less)(NG_ONE, n), NG_ZERO + 0.5, NG_ONE);
}

// put_summaries writes the five words of each of NG_W summaries. Word l of field f is number 5·l + f
// of all, and 5·l + f modulo 8 is another lane for each l: so each field is put in order once, and
// each vector to be written is picked from the five.
NG_INLINE void NG_ID(put_summaries)(const ng_few *q, size_t j, const NG_V *field) {
	double *to = (double *)q->dst + 5 * j;
#if NG_SET == NG_AVX512
	NG_V f[5];
	for (int k = 0; k < 5; k++) { // lane i takes l = 5·(i − k) modulo 8, since 25 is 1
		__m512i from = _mm512_setr_epi64(-5 * k & 7, 5 * (1 - k) & 7, 5 * (2 - k) & 7, 5 * (3 - k) & 7,
		                                 5 * (4 - k) & 7, 5 * (5 - k) & 7, 5 * (6 - k) & 7, 5 * (7 - k) & 7);
		f[k] = (NG_V)_mm512_permutexvar_pd(from, (__m512d)field[k]);
	}
	for (int v = 0; v < 5; v++) { // numbers 8·v … 8·v+7; every fifth is of one field
		NG_V out = f[0];
		for (int k = 1; k < 5; k++) out = NG_ID(pick)((NG_MASK)(0x842108421 << k >> 8 * v), f[k], out);
		NG_ID(put)(to + 8 * v, out, q->stream);
	}
#else
	double number[5 * NG_W], out[5 * NG_W];
	for (size_t f = 0; f < 5; f++) NG_STORE(number + f * NG_W, field[f]);
	for (size_t l = 0; l < NG_W; l++)
		for (size_t f = 0; f < 5; f++) out[5 * l + f] = number[f * NG_W + l];
	for (size_t i = 0; i < 5 * NG_W; i += NG_W) NG_ID(put)(to + i, NG_LOAD(out + i), q->stream);
#endif
}

// quotient is m2 / divisor, or NaN where that is not positive.
NG_INLINE NG_V NG_ID(quotient)(NG_V v, NG_V divisor) {
	return NG_ID(one_nan)(NG_ID(pick)(NG_ID(less)(NG_ZERO, divisor), v, NG_NO_NUMBER));
}

// spread makes variances, standard deviations and summaries, as a leaf of moments.c.
NG_INLINE void NG_ID(spread)(const ng_few *q, const char *p, size_t ld, size_t j, int what, int type) {
	NG_ID(seen) c = {NG_ID(at)(p, type), NG_ZERO, NG_ZERO + INFINITY, NG_ZERO - INFINITY};
	if (what != NG_VAR && !NG_ID(every)(NG_ID(number)(c.k))) { // the first that is none
		c.k = NG_ZERO;
		for (size_t k = q->rows; k-- > 0;) {
			NG_V x = NG_ID(at)(p + k * ld, type);
			c.k = NG_ID(pick)(NG_ID(number)(x), x, c.k);
		}
	}
	NG_ID(terms) s = NG_ID(group)(q, p, ld, q->rows, what, type, &c);
	if (what == NG_VAR) c.n = NG_ZERO + q->count;
	NG_V t = NG_ZERO + s.y, some = NG_ID(max)(c.n, NG_ONE);
	NG_V m2 = (NG_ZERO + s.yy) - t * NG_ID(over)(q, t, some);
	m2 = NG_ID(pick)(NG_ID(less)(m2, NG_ZERO), NG_ZERO, m2);
	if (what == NG_DESCRIBE) {
		NG_MASK any = NG_ID(less)(NG_ZERO, c.n);
		NG_V less1 = c.n - NG_ONE;
		NG_V v = q->rows > 2 ? m2 / less1 : m2; // which is divided by 1, or is not asked for
		NG_V field[5] = {NG_ID(count)(c.n), NG_ID(quotient)(NG_ID(over)(q, s.x, c.n), c.n),
		                 NG_ID(quotient)(NG_ID(root)(v), less1), NG_ID(pick)(any, c.lo + NG_ZERO, NG_NO_NUMBER),
		                 NG_ID(pick)(any, c.hi + NG_ZERO, NG_NO_NUMBER)};
		NG_ID(put_summaries)(q, j, field);
		return;
	}
	NG_V divisor = c.n - (NG_ZERO + q->ddof);
	if (what != NG_VAR) divisor = NG_ID(pick)(NG_ID(less)(NG_ZERO, c.n), divisor, NG_ZERO);
	// Of one value beside a NaN m2 is 0 or NaN, whatever it is divided by.
	int exact = q->by_divisor > 0 && (what == NG_VAR || q->rows <= 2);
	NG_V v = exact ? m2 * (NG_ZERO + q->by_divisor) : m2 / divisor;
	if (q->op == NG_FEW_STD) v = NG_ID(root)(v);
	NG_ID(put)((double *)q->dst + j, NG_ID(quotient)(v, divisor), q->stream);
	if (what != NG_VAR) NG_ID(put_nans)(q, j, c.n);
}

// Extremes. Flipped, a maximum is a minimum.

NG_INLINE NG_V NG_ID(flipped)(NG_V x, int64_t flip) { return (NG_V)((NG_WORDS)x ^ (NG_ZERO_WORDS + flip)); }

// least is that of minmax.c.
NG_INLINE NG_V NG_ID(least)(NG_V a, NG_V b, int type) {
	if (type == NG_I64) {
#if NG_SET == NG_AVX512
		return (NG_V)_mm512_min_epi64((__m512i)a, (__m512i)b);
#else
		return NG_ID(pick)((NG_MASK)((NG_WORDS)a < (NG_WORDS)b), a, b);
#endif
	}
	NG_V x = NG_ID(min)(a, b);
	return type == NG_I32 ? x : (NG_V)((NG_WORDS)x | (NG_WORDS)NG_ID(min)(b, a));
}

NG_INLINE void NG_ID(extreme)(const ng_few *q, const char *p, size_t ld, size_t j, int what, int type) {
	NG_V best = NG_ZERO, n = NG_ZERO;
	for (size_t k = 0; k < q->rows; k++, p += ld) {
		NG_V x = NG_ID(flipped)(NG_ID(at)(p, type), q->flip);
		if (what == NG_SKIP_LEAST) {
			NG_MASK m = NG_ID(number)(x);
			n += NG_ID(pick)(m, NG_ONE, NG_ZERO);
			x = NG_ID(pick)(m, x, NG_ZERO + INFINITY);
		}
		best = k == 0 ? x : NG_ID(least)(best, x, type);
	}
	best = NG_ID(flipped)(best, q->flip);
	if (type == NG_F64 || type == NG_F32) best = NG_ID(one_nan)(best);
	if (what == NG_SKIP_LEAST) {
		best = NG_ID(pick)(NG_ID(less)(NG_ZERO, n), best, NG_NO_NUMBER);
		NG_ID(put_nans)(q, j, n);
	}
	if (q->type == NG_F32 || q->type == NG_I32)
		NG_ID(put_narrow)(q->dst + 4 * j, best, q->type, q->stream);
	else
		NG_ID(put)((double *)q->dst + j, best, q->stream);
}

// before says that x takes the place of the best so far, as in minmax.c.
NG_INLINE NG_MASK NG_ID(before)(NG_V x, NG_V best, int what, int type) {
#if NG_SET == NG_AVX512
	if (type == NG_I64) return _mm512_cmplt_epi64_mask((__m512i)x, (__m512i)best);
	NG_MASK not_after = _mm512_cmp_pd_mask((__m512d)x, (__m512d)best, _CMP_NGE_UQ);
#else
	if (type == NG_I64) return (NG_MASK)((NG_WORDS)x < (NG_WORDS)best);
	NG_MASK not_after = ~(NG_MASK)(x >= best);
#endif
	return not_after & NG_ID(number)(what == NG_SKIP_WHERE ? x : best);
}

// where makes the first row in which the extreme stands.
NG_INLINE void NG_ID(where)(const ng_few *q, const char *p, size_t ld, size_t j, int what, int type) {
	NG_V best = NG_ID(flipped)(NG_ID(at)(p, type), q->flip), row = NG_ZERO, n = NG_ZERO;
	if (what == NG_SKIP_WHERE) n = NG_ID(pick)(NG_ID(number)(best), NG_ONE, NG_ZERO);
	for (size_t k = 1; k < q->rows; k++) {
		NG_V x = NG_ID(flipped)(NG_ID(at)(p + k * ld, type), q->flip);
		NG_MASK take = NG_ID(before)(x, best, what, type);
		best = NG_ID(pick)(take, x, best);
		row = NG_ID(pick)(take, (NG_V)(NG_ZERO_WORDS + (long long)k), row);
		if (what == NG_SKIP_WHERE) n += NG_ID(pick)(NG_ID(number)(x), NG_ONE, NG_ZERO);
	}
	if (what == NG_SKIP_WHERE) {
		row = NG_ID(pick)(NG_ID(number)(best), row, (NG_V)(NG_ZERO_WORDS - 1));
		NG_ID(put_nans)(q, j, n);
	}
	NG_ID(put)((double *)q->dst + j, row, q->stream);
}

// columns does n units of columns from j on at each of so many places, n units apart.
NG_INLINE void NG_ID(columns)(const ng_few *q, size_t j, size_t n, size_t places, int what, int type) {
	const int narrow = type == NG_F32 || type == NG_I32, turns = !narrow && q->col_major;
	const size_t part = n * q->unit, size = narrow ? 4 : 8;
	double turned[8 * NG_LD] __attribute__((aligned(64)));
	for (const size_t end = j + part; j < end; j += q->unit)
		for (size_t place = 0; place < places; place++) {
			size_t at = j + place * part, ld = sizeof(double) * NG_LD;
			const char *p = (const char *)turned;
			if (turns) {
				NG_ID(turn)(q, at, turned);
			} else {
				p = q->a + at * size, ld = q->stride * size;
				for (size_t k = 0; k < q->rows; k++) __builtin_prefetch(p + k * ld + NG_AHEAD);
			}
			for (size_t last = at + q->unit; at < last; at += NG_W, p += NG_W * size)
				if (what == NG_PLAIN || what == NG_SKIP)
					NG_ID(sum)(q, p, ld, at, what, type);
				else if (what == NG_LARGEST)
					NG_ID(largest)(q, p, ld, at, type);
				else if (what == NG_VAR || what == NG_NAN_VAR || what == NG_DESCRIBE)
					NG_ID(spread)(q, p, ld, at, what, type);
				else if (what == NG_LEAST || what == NG_SKIP_LEAST)
					NG_ID(extreme)(q, p, ld, at, what, type);
				else
					NG_ID(where)(q, p, ld, at, what, type);
		}
}

#define FEW(name, what, type)                                                                      \
	NG_FN void NG_ID(name)(const ng_few *q, size_t j, size_t n, size_t places) {               \
		NG_ID(columns)(q, j, n, places, what, type);                                       \
	}
#define FLOATS(name, what) FEW(name##_f64, what, NG_F64) FEW(name##_f32, what, NG_F32)
#define NUMBERS(name, what) FLOATS(name, what) FEW(name##_i32, what, NG_I32) FEW(name##_i64, what, NG_I64)
FLOATS(plain, NG_PLAIN)
FLOATS(skip, NG_SKIP)
FLOATS(largest, NG_LARGEST)
FLOATS(var, NG_VAR)
FLOATS(nan_var, NG_NAN_VAR)
FLOATS(describe, NG_DESCRIBE)
NUMBERS(least, NG_LEAST)
FLOATS(skip_least, NG_SKIP_LEAST)
NUMBERS(where, NG_WHERE)
FLOATS(skip_where, NG_SKIP_WHERE)
#undef NUMBERS
#undef FLOATS
#undef FEW
#undef NG_WORDS
#undef NG_ZERO
#undef NG_ZERO_WORDS
#undef NG_ONE
#undef NG_NONE
#undef NG_NO_NUMBER

#else

#include <float.h>
#include <math.h>

#define NG_LD 16      // columns of turned rows
#define NG_AHEAD 1024 // bytes that are fetched ahead at each place

// The types of elements, numbered as by typeCode of minmax.go, and the operations, as in few.go.
enum { NG_F64, NG_F32, NG_I32, NG_I64 };
enum {
	NG_FEW_SUM,
	NG_FEW_MEAN,
	NG_FEW_NORM1,
	NG_FEW_NORM2,
	NG_FEW_NORM_MAX,
	NG_FEW_VAR,
	NG_FEW_STD,
	NG_FEW_DESCRIBE,
	NG_FEW_MIN,
	NG_FEW_MAX,
	NG_FEW_ARG_MIN,
	NG_FEW_ARG_MAX,
};

// The bodies that serve them: those with SKIP or NAN count NaN.
enum {
	NG_PLAIN,
	NG_SKIP,
	NG_LARGEST,
	NG_VAR,
	NG_NAN_VAR,
	NG_DESCRIBE,
	NG_LEAST,
	NG_SKIP_LEAST,
	NG_WHERE,
	NG_SKIP_WHERE,
};

// What is asked for. size is of an element; unit is how many columns are done at once: those whose
// results are whole lines of memory.
typedef struct {
	const char *a;
	size_t rows, stride, size, unit;
	int op, skip, type, col_major, stream, stream_nans;
	double count, ddof, by_divisor; // rows; 1 / (rows − ddof) where that is exact, else 0
	int64_t flip, keep, square;     // masks: of maxima, of all but the sign for |x|, of x² and not x
	char *dst;
	int64_t *nans; // may be null
} ng_few;

// ng_few_ahead fetches what lies ahead of a unit of contiguous columns at p.
static inline void ng_few_ahead(const ng_few *q, const char *p) {
	size_t next = q->stride * q->size, runs = q->unit, run = q->rows * q->size;
	if (next < 64) run = runs * next, runs = 1; // they share lines
	for (size_t k = 0; k < runs; k++)
		for (size_t b = 0; b < run; b += 64) __builtin_prefetch(p + k * next + b + NG_AHEAD);
}

// ng_exponent is the exponent of a number x > 0; 0 of others. ng_power is 2^e, −1022 ≤ e ≤ 1023.
static inline int ng_exponent(double x) {
	int64_t bits;
	if (!(x > 0 && x <= DBL_MAX)) return 0;
	if (x < DBL_MIN) return ng_exponent(x * 0x1p54) - 54;
	memcpy(&bits, &x, sizeof x);
	return (int)(bits >> 52) - 1023;
}

static inline double ng_power(int e) {
	int64_t bits = (int64_t)(1023 + e) << 52;
	double x;
	memcpy(&x, &bits, sizeof x);
	return x;
}

#define NG_KERNEL "few.c"
#include "variants.h"

typedef void ng_few_fn(const ng_few *q, size_t j, size_t n, size_t places);

// ng_few_rest does n columns from j on, less than a unit, through copies of a unit.
static void ng_few_rest(const ng_few *q, ng_few_fn *f, size_t j, size_t n, size_t each) {
	char a[8 * 16 * 8] __attribute__((aligned(64))), dst[8 * 40] __attribute__((aligned(64)));
	int64_t nans[16];
	ng_few unit = *q;
	memset(a, 0, q->rows * q->unit * q->size);
	if (q->col_major) {
		unit.stride = q->rows;
		for (size_t l = 0; l < n; l++)
			memcpy(a + l * q->rows * q->size, q->a + (j + l) * q->stride * q->size, q->rows * q->size);
	} else {
		unit.stride = q->unit;
		for (size_t k = 0; k < q->rows; k++)
			memcpy(a + k * q->unit * q->size, q->a + (j + k * q->stride) * q->size, n * q->size);
	}
	unit.a = a, unit.dst = dst, unit.nans = q->nans ? nans : NULL;
	unit.stream = unit.stream_nans = 0;
	f(&unit, 0, 1, 1);
	memcpy(q->dst + j * each, dst, n * each);
	if (q->nans) memcpy(q->nans + j, nans, n * sizeof *nans);
}

// ng_few_all does all columns, at four places and then what is left at one.
static void ng_few_all(ng_few *q, ng_few_fn *f, size_t cols, size_t each) {
	size_t j = 0;
	if (q->stream) { // from the first column on whose result begins a line
		while (j < q->unit && (uintptr_t)(q->dst + j * each) % 64) j++;
		q->stream = j < q->unit;
		q->stream_nans = q->nans && (uintptr_t)(q->nans + j) % 64 == 0;
		if (j > cols) j = cols;
		if (j > 0) ng_few_rest(q, f, 0, j, each);
	}
	for (size_t places = 4; places > 0; places /= 4) {
		size_t units = (cols - j) / (q->unit * places);
		if (units > 0) f(q, j, units, places);
		j += units * places * q->unit;
	}
	if (j < cols) ng_few_rest(q, f, j, cols - j, each);
}

void ng_few_rows(int level, int op, int skip, int type, int col_major, size_t rows, size_t cols, size_t stride,
                 const char *a, int64_t ddof, int stream, char *restrict dst, int64_t *restrict nans) {
	static ng_few_fn *const table[][4][NG_LEVELS] = {
		{NG_TABLE(plain_f64), NG_TABLE(plain_f32)},
		{NG_TABLE(skip_f64), NG_TABLE(skip_f32)},
		{NG_TABLE(largest_f64), NG_TABLE(largest_f32)},
		{NG_TABLE(var_f64), NG_TABLE(var_f32)},
		{NG_TABLE(nan_var_f64), NG_TABLE(nan_var_f32)},
		{NG_TABLE(describe_f64), NG_TABLE(describe_f32)},
		{NG_TABLE(least_f64), NG_TABLE(least_f32), NG_TABLE(least_i32), NG_TABLE(least_i64)},
		{NG_TABLE(skip_least_f64), NG_TABLE(skip_least_f32)},
		{NG_TABLE(where_f64), NG_TABLE(where_f32), NG_TABLE(where_i32), NG_TABLE(where_i64)},
		{NG_TABLE(skip_where_f64), NG_TABLE(skip_where_f32)},
	};
	static const int body[][2] = {
		{NG_PLAIN, NG_SKIP},     {NG_PLAIN, NG_SKIP},         {NG_SKIP, NG_SKIP},         {NG_SKIP, NG_SKIP},
		{NG_LARGEST, NG_LARGEST}, {NG_VAR, NG_NAN_VAR},       {NG_VAR, NG_NAN_VAR},       {NG_DESCRIBE, NG_DESCRIBE},
		{NG_LEAST, NG_SKIP_LEAST}, {NG_LEAST, NG_SKIP_LEAST}, {NG_WHERE, NG_SKIP_WHERE}, {NG_WHERE, NG_SKIP_WHERE},
	};
	const int narrow = type == NG_F32 || type == NG_I32, greatest = op == NG_FEW_MAX || op == NG_FEW_ARG_MAX;
	const size_t each = op == NG_FEW_DESCRIBE ? 40 : narrow && (op == NG_FEW_MIN || op == NG_FEW_MAX) ? 4 : 8;
	ng_few q = {.a = a, .rows = rows, .stride = stride, .size = narrow ? 4 : 8, .unit = each == 4 ? 16 : 8,
	            .op = op, .skip = skip, .type = type, .col_major = col_major, .stream = stream,
	            .count = (double)rows, .ddof = (double)ddof, .dst = dst, .nans = nans};
	q.flip = greatest ? type == NG_I64 ? -1 : INT64_MIN : 0;
	q.keep = op == NG_FEW_NORM1 ? INT64_MAX : -1;
	q.square = op == NG_FEW_NORM2 ? -1 : 0;
	double divisor = q.count - q.ddof;
	if (divisor > 0 && ng_power(ng_exponent(divisor)) == divisor) q.by_divisor = 1 / divisor;
	int in = col_major && type != NG_I64 ? NG_F64 : type; // turned columns are doubles
	ng_few_all(&q, table[body[op][skip]][in][level], cols, each);
	ng_fence(stream);
}

#endif
