// The exact sum of each column, kept in a superaccumulator: a fixed-point number of 68 chunks
// that covers all doubles, chunk k counting 2^(32k−1074) (Neal, "Fast exact summation using
// small and large superaccumulators", 2015). A chunk has 64 bits for 32, so that 2³¹ elements
// may be added before anything carries. The last chunk holds what is not finite.
//
// Adding an element to it costs 2 ns. So most never are: strips of up to 128 rows are split
// without error into two parts on grids so coarse that their sums are exact (Rump, Ogita and
// Oishi, "Accurate floating-point summation part I", 2008, ExtractVector):
//
//   σ = 2^(13+exponent of a guess of max|x|);  q = (x + σ) − σ;  sum += q;  x −= q
//
// once with σ and once with 2^-45·σ, and only the two sums of a lane go to the accumulator.
// The guess is the largest element before; that it was right to a factor of 16, and that
// nothing is left of any x, is seen in the same reading. A lane where that fails, because its
// numbers differ by more than 2^32, goes to the accumulator number by number. The result is
// exact either way, so that lanes may be columns (row-major) or rows (column-major), and no
// order shows. It gains a factor of five in cache.
#include "nogil.h"

#ifdef NG_BODY

#undef VI
#define VI NG_ID(exact_vi)
typedef int64_t VI __attribute__((vector_size(8 * NG_W)));

NG_INLINE NG_V NG_ID(exact_load)(const void *a, size_t i, int f32) {
	return f32 ? NG_LOADF((const float *)a + i) : NG_LOAD((const double *)a + i);
}

// larger is the greater of m and |x|; a NaN may be missed, because it fails later.
NG_INLINE NG_V NG_ID(larger)(NG_V m, NG_V x) {
	x = (NG_V)((VI)x & INT64_MAX);
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_max_pd((__m512d)x, (__m512d)m);
#elif NG_SET == NG_AVX2
	return (NG_V)_mm256_max_pd((__m256d)x, (__m256d)m);
#else
	VI greater = (VI)(x > m);
	return (NG_V)(((VI)x & greater) | ((VI)m & ~greater));
#endif
}

// Below, cols columns are as many lanes, in vectors that lie gap apart: NG_W in a row.

// guess_rows sets guess to the largest element of each column of n rows.
NG_INLINE void NG_ID(guess_rows)(size_t n, size_t cols, size_t gap, size_t stride, const void *a,
                                 size_t i, int f32, double *guess) {
	for (size_t j = 0; j < cols; j += NG_W, i += gap) {
		NG_V max = (NG_V){0} + NG_SMALL;
		for (size_t k = 0; k < n; k++)
			max = NG_ID(larger)(max, NG_ID(exact_load)(a, i + k * stride, f32));
		NG_STORE(guess + j, max);
	}
	for (size_t j = 0; j < cols; j++)
		if (guess[j] > NG_LARGE) guess[j] = NG_LARGE;
}

// split_group splits n ≤ 8 rows and adds their parts.
NG_INLINE void NG_ID(split_group)(size_t n, size_t cols, size_t gap, size_t stride, size_t ahead,
                                  const void *a, size_t i, int f32, struct ng_strip *p) {
	for (size_t j = 0; j < cols; j += NG_W, i += gap) {
		NG_V high = (NG_V)(((VI)NG_LOAD(p->guess + j) & NG_EXPONENT) + NG_SIGMA);
		NG_V low = high * 0x1p-45, max = NG_LOAD(p->max + j);
		NG_V s = NG_LOAD(p->high + j), t = NG_LOAD(p->low + j);
		VI rest = (VI)NG_LOAD(p->rest + j);
		for (size_t k = 0; k < n; k++) {
			ng_prefetch(a, i + k * stride + ahead, f32);
			NG_V x = NG_ID(exact_load)(a, i + k * stride, f32);
			max = NG_ID(larger)(max, x);
			NG_V q = (x + high) - high;
			s += q;
			x -= q;
			q = (x + low) - low;
			t += q;
			rest |= (VI)(x - q);
		}
		NG_STORE(p->max + j, max);
		NG_STORE(p->high + j, s);
		NG_STORE(p->low + j, t);
		NG_STORE(p->rest + j, (NG_V)rest);
	}
}

// split_rows adds rows of up to NG_TILE columns, a multiple of NG_W: column j to accumulator
// j or, where all are rows of one column, to that.
NG_INLINE void NG_ID(split_rows)(size_t rows, size_t cols, size_t gap, size_t stride, size_t ahead,
                                 const void *a, size_t i, int f32, int one, int64_t *acc,
                                 size_t acc_stride) {
	struct ng_strip p;
	for (size_t r = 0; r < rows; r += NG_STRIP, i += NG_STRIP * stride) {
		size_t n = rows - r < NG_STRIP ? rows - r : NG_STRIP, k = 0;
		if (r == 0) NG_ID(guess_rows)(n, cols, gap, stride, a, i, f32, p.guess);
		for (size_t j = 0; j < cols; j++) p.max[j] = p.high[j] = p.low[j] = p.rest[j] = 0;
		for (; k + 8 <= n; k += 8)
			NG_ID(split_group)(8, cols, gap, stride, ahead, a, i + k * stride, f32, &p);
		if (k < n)
			NG_ID(split_group)(n - k, cols, gap, stride, ahead, a, i + k * stride, f32, &p);
		for (size_t j = 0; j < cols; j++)
			ng_settle(&p, j, n, stride, a, i + j / NG_W * gap + j % NG_W, f32,
			          acc + (one ? 0 : j), acc_stride);
	}
}

NG_INLINE void NG_ID(exact_rows)(size_t rows, size_t cols, size_t stride, const void *a, int f32,
                                 int64_t *acc, size_t acc_stride) {
	size_t whole = cols / NG_W * NG_W;
	for (size_t j = 0; j < whole; j += NG_TILE) {
		size_t m = whole - j < NG_TILE ? whole - j : NG_TILE;
		NG_ID(split_rows)(rows, m, NG_W, stride, 8 * stride, a, j, f32, 0, acc + j, acc_stride);
	}
	for (size_t i = 0; i < rows; i++)
		for (size_t j = whole; j < cols; j++)
			ng_exact_add(acc + j, acc_stride, ng_exact_at(a, i * stride + j, f32));
}

// exact_col takes one contiguous column as rows of four vectors, one from each quarter,
// because one stream alone does not reach the memory's speed.
NG_INLINE void NG_ID(exact_col)(size_t rows, const void *a, size_t at, int f32, int64_t *acc,
                                size_t acc_stride) {
	size_t n = rows / (4 * NG_W), quarter = n * NG_W;
	NG_ID(split_rows)(n, 4 * NG_W, quarter, NG_W, NG_AHEAD, a, at, f32, 1, acc, acc_stride);
	for (size_t i = 4 * quarter; i < rows; i++)
		ng_exact_add(acc, acc_stride, ng_exact_at(a, at + i, f32));
}

NG_INLINE void NG_ID(exact_any)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a,
                                int f32, int64_t *acc, size_t acc_stride) {
	if (by_rows) {
		NG_ID(exact_rows)(rows, cols, stride, a, f32, acc, acc_stride);
		return;
	}
	for (size_t j = 0; j < cols; j++)
		NG_ID(exact_col)(rows, a, j * stride, f32, acc + j, acc_stride);
}

NG_FN void NG_ID(exact)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a, int f32,
                        int64_t *acc, size_t acc_stride) {
	if (f32)
		NG_ID(exact_any)(by_rows, rows, cols, stride, a, 1, acc, acc_stride);
	else
		NG_ID(exact_any)(by_rows, rows, cols, stride, a, 0, acc, acc_stride);
}

#else

#define NG_STRIP 128 // rows whose parts add up exactly: 2⁸ at most
#define NG_TILE 512  // columns: what is kept of them stays in the first cache
#define NG_AHEAD 512 // elements
#define NG_SMALL 0x1p-900
#define NG_LARGE 0x1p1008
#define NG_EXPONENT (INT64_C(0x7ff) << 52)
#define NG_SIGMA (INT64_C(13) << 52) // 2⁸ rows of elements below 2⁵ times the guess
#define NG_SPECIAL 68 // the chunk of what is not finite: 1 NaN, 2 +Inf, 4 −Inf

// A strip is what is kept of each column of up to 128 rows: the two sums, what is left of
// any element (bits that must be 0), the largest, and what that was guessed to be.
struct ng_strip {
	double guess[NG_TILE], max[NG_TILE], high[NG_TILE], low[NG_TILE], rest[NG_TILE];
};

static inline double ng_exact_at(const void *a, size_t i, int f32) {
	return f32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

// ng_prefetch fetches ahead into the second cache; a place beyond the matrix does no harm.
static inline void ng_prefetch(const void *a, size_t i, int f32) {
	__builtin_prefetch((const char *)a + i * (f32 ? sizeof(float) : sizeof(double)), 0, 2);
}

// ng_exact_add adds x to the accumulator whose chunks are stride apart.
static inline void ng_exact_add(int64_t *acc, size_t stride, double x) {
	uint64_t bits;
	memcpy(&bits, &x, sizeof bits);
	uint64_t exponent = bits >> 52 & 0x7ff, m = bits & ((UINT64_C(1) << 52) - 1);
	if (exponent == 0x7ff) {
		acc[NG_SPECIAL * stride] |= m ? 1 : bits >> 63 ? 4 : 2;
		return;
	}
	if (exponent)
		m |= UINT64_C(1) << 52, exponent--; // x is m·2^(exponent−1074)
	uint64_t shift = exponent & 31, low = m << shift, top = m >> 1 >> (63 - shift);
	int64_t *to = acc + (exponent >> 5) * stride, sign = -(int64_t)(bits >> 63);
	to[0] += ((int64_t)(low & 0xffffffff) ^ sign) - sign;
	to[stride] += ((int64_t)(low >> 32) ^ sign) - sign;
	to[2 * stride] += ((int64_t)top ^ sign) - sign;
}

// ng_settle adds lane j of a strip to the accumulator, by its two sums if they are exact, and
// guesses for the next one.
static inline void ng_settle(struct ng_strip *p, size_t j, size_t n, size_t stride, const void *a,
                             size_t i, int f32, int64_t *acc, size_t acc_stride) {
	int64_t guess, max, rest;
	memcpy(&guess, p->guess + j, sizeof guess);
	memcpy(&max, p->max + j, sizeof max);
	memcpy(&rest, p->rest + j, sizeof rest);
	int fits = (max & NG_EXPONENT) <= (guess & NG_EXPONENT) + (INT64_C(4) << 52);
	if (fits && (uint64_t)rest << 1 == 0) { // nothing but a sign
		ng_exact_add(acc, acc_stride, p->high[j]);
		ng_exact_add(acc, acc_stride, p->low[j]);
	} else {
		for (size_t k = 0; k < n; k++)
			ng_exact_add(acc, acc_stride, ng_exact_at(a, i + k * stride, f32));
	}
	double next = p->guess[j] * 0x1p-8;
	if (next < p->max[j]) next = p->max[j];
	if (next < NG_SMALL) next = NG_SMALL;
	p->guess[j] = next < NG_LARGE ? next : NG_LARGE;
}

#define NG_KERNEL "exact.c"
#include "variants.h"

void ng_exact_sum(int level, int f32, int by_rows, size_t rows, size_t cols, size_t stride,
                  const char *a, int64_t *acc, size_t acc_stride) {
	static void (*const table[NG_LEVELS])(int, size_t, size_t, size_t, const void *, int, int64_t *,
	                                      size_t) = NG_TABLE(exact);
	table[level](by_rows, rows, cols, stride, a, f32, acc, acc_stride);
}

#endif
