// A sketch of a column-major matrix, or of a tile of a row-major one: each column less its centre in 8 bits a number,
//
//   x_ij = centre_j + scale_j·q_ij + ε_ij,   |q_ij| ≤ 127,   |ε_ij| ≤ scale_j/2 (and rounding)
//
// and the products of its columns with a vector of 16-bit numbers. What it gains: a wide matrix
// that no cache near a core holds has a sketch that one does. 200×5000 doubles are 8 MB and a
// product with all columns 550 µs; the sketch has 1.1 MB, and the product takes 25 µs. With a bound
// of what it leaves out, that is enough to see which columns need a product of their own.
//
// Products are of integers, so all instruction sets give the same.
#include <math.h>
#include "nogil.h"

#ifdef NG_BODY

// column makes one: q has m ≥ n elements, those from n on being 0. A column that nowhere is 2⁻⁵⁰⁰
// from its centre is taken for constant. The compiler makes vectors of these loops: the largest
// |x − centre| is found among the bits of non-negative doubles, which are in their order, and
// adding 1.5·2⁵² leaves the nearest integer in the lowest bits.
NG_INLINE double NG_ID(column)(size_t n, const char *x, int f32, double centre, size_t m, int8_t *restrict q) {
	const double *x64 = (const double *)x;
	const float *x32 = (const float *)x;
	int64_t bits = 0;
	for (size_t i = 0; i < n; i++) {
		double v = fabs((f32 ? (double)x32[i] : x64[i]) - centre);
		int64_t b;
		memcpy(&b, &v, sizeof b);
		bits = b > bits ? b : bits;
	}
	double most;
	memcpy(&most, &bits, sizeof most);
	double inv = most >= 0x1p-500 ? 127 / most : 0;
	for (size_t i = 0; i < n; i++) {
		double v = ((f32 ? (double)x32[i] : x64[i]) - centre) * inv + 0x1.8p52;
		int64_t b;
		memcpy(&b, &v, sizeof b);
		q[i] = (int8_t)b;
	}
	memset(q + n, 0, m - n);
	return inv > 0 ? most / 127 : 0;
}

NG_FN void NG_ID(make)(size_t n, size_t p, const char *x, size_t stride, int f32, const double *centre,
                       size_t ld, int8_t *restrict q, double *restrict scale) {
	for (size_t j = 0; j < p; j++)
		scale[j] = f32 ? NG_ID(column)(n, x + j * stride * sizeof(float), 1, centre[j], ld, q + j * ld)
		               : NG_ID(column)(n, x + j * stride * sizeof(double), 0, centre[j], ld, q + j * ld);
}

#if NG_SET == NG_AVX512

// four sets out to the products of four columns, ld being a multiple of 32.
NG_INLINE void NG_ID(four)(size_t ld, const int8_t *const *q, const int16_t *d, int32_t *restrict out) {
	__m512i acc[4] = {0};
	for (size_t i = 0; i < ld; i += 32) {
		__m512i v = _mm512_loadu_si512(d + i);
		for (size_t c = 0; c < 4; c++) {
			__m512i e = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(q[c] + i)));
			acc[c] = _mm512_add_epi32(acc[c], _mm512_madd_epi16(e, v));
		}
	}
	__m512i a = _mm512_add_epi32(_mm512_unpacklo_epi32(acc[0], acc[1]), _mm512_unpackhi_epi32(acc[0], acc[1]));
	__m512i b = _mm512_add_epi32(_mm512_unpacklo_epi32(acc[2], acc[3]), _mm512_unpackhi_epi32(acc[2], acc[3]));
	__m512i s = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
	__m256i h = _mm256_add_epi32(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
	_mm_storeu_si128((__m128i *)out, _mm_add_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1)));
}

#elif NG_SET == NG_AVX2

NG_INLINE void NG_ID(four)(size_t ld, const int8_t *const *q, const int16_t *d, int32_t *restrict out) {
	__m256i acc[4] = {0};
	for (size_t i = 0; i < ld; i += 16) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(d + i));
		for (size_t c = 0; c < 4; c++) {
			__m256i e = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(q[c] + i)));
			acc[c] = _mm256_add_epi32(acc[c], _mm256_madd_epi16(e, v));
		}
	}
	__m256i a = _mm256_hadd_epi32(acc[0], acc[1]), b = _mm256_hadd_epi32(acc[2], acc[3]);
	__m256i s = _mm256_hadd_epi32(a, b);
	_mm_storeu_si128((__m128i *)out, _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1)));
}

#else

NG_INLINE void NG_ID(four)(size_t ld, const int8_t *const *q, const int16_t *d, int32_t *restrict out) {
	for (size_t c = 0; c < 4; c++) {
		const int8_t *e = q[c];
		int32_t sum = 0;
		for (size_t i = 0; i < ld; i++) sum += (int32_t)d[i] * e[i];
		out[c] = sum;
	}
}

#endif

NG_FN void NG_ID(dots)(size_t ld, size_t k, const int32_t *cols, const int8_t *q, const int16_t *d,
                       int32_t *restrict dst) {
	for (size_t at = 0; at < k; at += 4) {
		const int8_t *column[4];
		int32_t out[4];
		size_t part = k - at < 4 ? k - at : 4;
		for (size_t c = 0; c < 4; c++) { // what is beyond the last is the last once more
			size_t place = at + (c < part ? c : part - 1);
			column[c] = q + (cols ? (size_t)cols[place] : place) * ld;
		}
		NG_ID(four)(ld, column, d, out);
		memcpy(dst + at, out, part * sizeof *out);
	}
}

// gradients sets g_j to a·y_j + (q_jᵀd)·(unit·scale_j): the products are in a cache when they are scaled.
NG_FN void NG_ID(gradients)(size_t ld, size_t p, const int8_t *q, const int16_t *d, double a, const double *y,
                            double unit, const double *scale, double *restrict g) {
	enum { PART = 256 };
	int32_t out[PART];
	for (size_t at = 0; at < p; at += PART) {
		size_t k = p - at < PART ? p - at : PART;
		NG_ID(dots)(ld, k, NULL, q + at * ld, d, out);
		for (size_t i = 0; i < k; i++) g[at + i] = a * y[at + i] + (double)out[i] * (unit * scale[at + i]);
	}
}

#else

#define NG_KERNEL "sketch.c"
#include "variants.h"

void ng_sketch(int level, size_t n, size_t p, const char *x, size_t stride, int f32, const double *centre,
               size_t ld, int8_t *restrict q, double *restrict scale) {
	static const __typeof__(&make_generic) table[NG_LEVELS] = NG_TABLE(make);
	table[level](n, p, x, stride, f32, centre, ld, q, scale);
}

void ng_sketch_dots(int level, size_t ld, size_t k, const int32_t *cols, const int8_t *q, const int16_t *d,
                    int32_t *restrict dst) {
	static const __typeof__(&dots_generic) table[NG_LEVELS] = NG_TABLE(dots);
	table[level](ld, k, cols, q, d, dst);
}

void ng_sketch_gradients(int level, size_t ld, size_t p, const int8_t *q, const int16_t *d, double a,
                         const double *y, double unit, const double *scale, double *restrict g) {
	static const __typeof__(&gradients_generic) table[NG_LEVELS] = NG_TABLE(gradients);
	table[level](ld, p, q, d, a, y, unit, scale, g);
}

#endif
