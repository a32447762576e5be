// The exact sum of each column, kept in a superaccumulator: a fixed-point number of 68 chunks
// that covers all doubles, chunk k counting 2^(32k−1074) (Neal, "Fast exact summation using
// small and large superaccumulators", 2015). A chunk has 64 bits for 32, so that 2³¹ elements
// may be added before anything carries. The last chunk holds what is not finite.
//
// Adding an element to it costs 2 ns. So most never are: blocks of up to 128 vectors are first
// split without error into two parts on grids so coarse that their sums are exact (Rump,
// Ogita and Oishi, "Accurate floating-point summation part I", 2008, ExtractVector):
//
//   σ = 2^(9+exponent of max|x|);  q = (x + σ) − σ;  sum += q;  x −= q
//
// once with σ and once with 2^-45·σ, and only the two sums of a lane go to the accumulator.
// What is left of x must be 0; a lane in which it is not, because its numbers differ by more
// than 2^37, goes there number by number. The result is exact either way, so that lanes may
// be columns (row-major) or rows (column-major), and no order shows. It gains a factor of
// five: 0.3 ns an element in cache.
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

// split adds the two parts of x to s and t, and returns what is left.
NG_INLINE VI NG_ID(split)(NG_V x, NG_V high, NG_V low, NG_V *s, NG_V *t) {
	NG_V q = (x + high) - high;
	*s += q;
	x -= q;
	q = (x + low) - low;
	*t += q;
	return (VI)(x - q);
}

// strip adds the n ≤ 128 vectors from element i on, step apart, of which max is the largest
// element of each lane, or more: lane l to the accumulator l, or all to one.
NG_INLINE void NG_ID(strip)(size_t n, size_t step, const void *a, size_t i, int f32, NG_V max,
                            int lanes, int64_t *acc, size_t stride) {
	NG_V high = (NG_V)(((VI)max & NG_EXPONENT) + (INT64_C(9) << 52)), low = high * 0x1p-45;
	NG_V s[2] = {{0}, {0}}, t[2] = {{0}, {0}};
	VI rest = (VI)(max >= 0x1p1013); // too large for σ
	size_t k = 0;
	for (; k + 2 <= n; k += 2)
		for (size_t h = 0; h < 2; h++) {
			size_t at = i + (k + h) * step;
			ng_prefetch(a, at + NG_STRIP * step, f32); // the strip that follows
			rest |= NG_ID(split)(NG_ID(exact_load)(a, at, f32), high, low, s + h, t + h);
		}
	if (k < n) rest |= NG_ID(split)(NG_ID(exact_load)(a, i + k * step, f32), high, low, s, t);
	NG_V sum = s[0] + s[1], sum2 = t[0] + t[1];
	for (size_t l = 0; l < NG_W; l++) {
		int64_t *to = acc + (lanes ? l : 0);
		if (rest[l] << 1 == 0) { // but for its sign
			ng_exact_add(to, stride, sum[l]);
			ng_exact_add(to, stride, sum2[l]);
			continue;
		}
		for (k = 0; k < n; k++)
			ng_exact_add(to, stride, ng_exact_at(a, i + k * step + l, f32));
	}
}

// tile adds n ≤ 128 rows of up to NG_TILE columns. The first reading finds the maxima, in
// the order of memory, and leaves the tile in the cache for the strips.
NG_INLINE void NG_ID(tile)(size_t n, size_t cols, size_t stride, const void *a, size_t i, int f32,
                           int64_t *acc, size_t acc_stride) {
	double max[NG_TILE];
	for (size_t j = 0; j < cols; j++) max[j] = NG_SMALL;
	size_t whole = cols / NG_W * NG_W;
	for (size_t k = 0; k < n; k += 8) {
		size_t m = n - k < 8 ? n - k : 8;
		for (size_t j = 0; j < whole; j += NG_W) {
			NG_V v = NG_LOAD(max + j);
			for (size_t r = k; r < k + m; r++)
				v = NG_ID(larger)(v, NG_ID(exact_load)(a, i + r * stride + j, f32));
			NG_STORE(max + j, v);
		}
	}
	for (size_t j = 0; j < whole; j += NG_W)
		NG_ID(strip)(n, stride, a, i + j, f32, NG_LOAD(max + j), 1, acc + j, acc_stride);
	for (size_t j = whole; j < cols; j++)
		for (size_t k = 0; k < n; k++)
			ng_exact_add(acc + j, acc_stride, ng_exact_at(a, i + k * stride + j, f32));
}

NG_INLINE void NG_ID(exact_rows)(size_t rows, size_t cols, size_t stride, const void *a, int f32,
                                 int64_t *acc, size_t acc_stride) {
	for (size_t i = 0; i < rows; i += NG_STRIP) {
		size_t n = rows - i < NG_STRIP ? rows - i : NG_STRIP;
		for (size_t j = 0; j < cols; j += NG_TILE) {
			size_t m = cols - j < NG_TILE ? cols - j : NG_TILE;
			NG_ID(tile)(n, m, stride, a, i * stride + j, f32, acc + j, acc_stride);
		}
	}
}

NG_INLINE void NG_ID(exact_col)(size_t rows, const void *a, size_t at, int f32, int64_t *acc,
                                size_t acc_stride) {
	size_t i = 0;
	while (rows - i >= NG_W) {
		size_t n = (rows - i) / NG_W < NG_STRIP ? (rows - i) / NG_W : NG_STRIP;
		NG_V max = (NG_V){0} + NG_SMALL;
		for (size_t k = 0; k < n; k++)
			max = NG_ID(larger)(max, NG_ID(exact_load)(a, at + i + k * NG_W, f32));
		NG_ID(strip)(n, NG_W, a, at + i, f32, max, 0, acc, acc_stride);
		i += n * NG_W;
	}
	for (; i < rows; i++) ng_exact_add(acc, acc_stride, ng_exact_at(a, at + i, f32));
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

#define NG_STRIP 128 // vectors whose parts add up exactly: 2⁸ − 2 at most
#define NG_TILE 512  // columns: 128 rows of them stay in the second cache
#define NG_SMALL 0x1p-900
#define NG_EXPONENT (INT64_C(0x7ff) << 52)
#define NG_SPECIAL 68 // the chunk of what is not finite: 1 NaN, 2 +Inf, 4 −Inf

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

#define NG_KERNEL "exact.c"
#include "variants.h"

void ng_exact_sum(int level, int f32, int by_rows, size_t rows, size_t cols, size_t stride,
                  const char *a, int64_t *acc, size_t acc_stride) {
	static void (*const table[NG_LEVELS])(int, size_t, size_t, size_t, const void *, int, int64_t *,
	                                      size_t) = NG_TABLE(exact);
	table[level](by_rows, rows, cols, stride, a, f32, acc, acc_stride);
}

#endif
