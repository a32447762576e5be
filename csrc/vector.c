// The operations on vectors: dot = Σ (scale·x)·(scale·y), y += alpha·x and x *= alpha.
//
// A dot product has the 32 lanes of cd.c, so that every instruction set gives the same bits;
// floats are widened, and their products are exact. The scale is for norms whose squares
// would overflow or underflow, 1 elsewhere, and then not multiplied. All are bound by memory
// (16, 24 and 16 bytes an element of float64); what there is to gain is that dot fetches ahead,
// beyond the ends of pages, where the hardware's prefetcher stops.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_VECS
#define NG_VECS (32 / NG_W)

NG_INLINE NG_V NG_ID(dot_load)(const void *a, size_t i, int f32) {
	return f32 ? NG_LOADF((const float *)a + i) : NG_LOAD((const double *)a + i);
}

NG_INLINE double NG_ID(dot_body)(size_t n, const void *x, const void *y, double scale, int scaled,
                                 int f32) {
	NG_V acc[NG_VECS] = {0};
	size_t i = 0, size = f32 ? sizeof(float) : sizeof(double);
	for (; i + 32 <= n; i += 32)
		for (size_t v = 0; v < NG_VECS; v++) {
			size_t at = i + v * NG_W;
			if (v * NG_W * size % 64 == 0) {
				__builtin_prefetch((const char *)x + at * size + NG_AHEAD);
				__builtin_prefetch((const char *)y + at * size + NG_AHEAD);
			}
			NG_V a = NG_ID(dot_load)(x, at, f32), b = NG_ID(dot_load)(y, at, f32);
			if (scaled) a *= scale, b *= scale;
			acc[v] += a * b;
		}
	double lane[32];
	for (size_t v = 0; v < NG_VECS; v++) NG_STORE(lane + v * NG_W, acc[v]);
	for (size_t l = 0; i < n; i++, l++) {
		double a = ng_number(x, i, f32), b = ng_number(y, i, f32);
		if (scaled) a *= scale, b *= scale;
		lane[l] += a * b;
	}
	for (size_t h = 16; h > 0; h /= 2)
		for (size_t l = 0; l < h; l++) lane[l] += lane[l + h];
	return lane[0];
}

NG_FN double NG_ID(dot)(size_t n, const void *x, const void *y, double scale, int f32) {
	if (f32) return NG_ID(dot_body)(n, x, y, scale, 0, 1); // whose squares are in range
	if (scale == 1) return NG_ID(dot_body)(n, x, y, scale, 0, 0);
	return NG_ID(dot_body)(n, x, y, scale, 1, 0);
}

NG_FN void NG_ID(axpy)(size_t n, double alpha, const void *x, void *y, int f32) {
	if (f32) {
		const float *from = x;
		float *to = y, a = (float)alpha;
		for (size_t i = 0; i < n; i++) to[i] += a * from[i];
	} else {
		const double *from = x;
		double *to = y;
		for (size_t i = 0; i < n; i++) to[i] += alpha * from[i];
	}
}

NG_FN void NG_ID(scale)(size_t n, double alpha, void *x, int f32) {
	if (f32) {
		float *to = x, a = (float)alpha;
		for (size_t i = 0; i < n; i++) to[i] *= a;
	} else {
		double *to = x;
		for (size_t i = 0; i < n; i++) to[i] *= alpha;
	}
}

#else

#define NG_AHEAD 1024 // bytes: 4096 take a twelfth longer, none a fifteenth

static inline double ng_number(const void *a, size_t i, int f32) {
	return f32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

#define NG_KERNEL "vector.c"
#include "variants.h"

void ng_dots(int level, int f32, size_t n, size_t block, const char *x, const char *y, double scale,
             double *restrict dst) {
	static double (*const table[NG_LEVELS])(size_t, const void *, const void *, double,
	                                        int) = NG_TABLE(dot);
	const size_t step = block * (f32 ? sizeof(float) : sizeof(double));
	for (; n > block; n -= block, x += step, y += step) *dst++ = table[level](block, x, y, scale, f32);
	*dst = table[level](n, x, y, scale, f32);
}

void ng_axpy(int level, int f32, size_t n, double alpha, const char *x, char *y) {
	static void (*const table[NG_LEVELS])(size_t, double, const void *, void *, int) = NG_TABLE(axpy);
	table[level](n, alpha, x, y, f32);
}

void ng_scale(int level, int f32, size_t n, double alpha, char *x) {
	static void (*const table[NG_LEVELS])(size_t, double, void *, int) = NG_TABLE(scale);
	table[level](n, alpha, x, f32);
}

#endif
