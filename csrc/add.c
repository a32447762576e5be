// dst = x + y, element by element: the vector addition of the forum article. It is bound
// by memory, so what is left to gain is the line that a plain store reads before it
// writes: with stream set, full vectors are written past the caches, and 24 bytes move
// for an element where 32 did. That pays for results that no cache holds, and only there.
#include "nogil.h"

#ifdef NG_BODY

NG_INLINE void NG_ID(put)(double *p, NG_V v, int stream) {
#if NG_SET == NG_AVX512
	if (stream) {
		_mm512_stream_pd(p, (__m512d)v);
		return;
	}
#elif NG_SET == NG_AVX2
	if (stream) {
		_mm256_stream_pd(p, (__m256d)v);
		return;
	}
#elif NG_X86
	if (stream) {
		_mm_stream_pd(p, (__m128d)v);
		return;
	}
#endif
	(void)stream;
	NG_STORE(p, v);
}

NG_INLINE void NG_ID(add_body)(size_t n, const double *x, const double *y, double *dst, int stream) {
	size_t i = 0;
	for (; i < n && (uintptr_t)(dst + i) % sizeof(NG_V); i++) dst[i] = x[i] + y[i];
	for (; i + NG_W <= n; i += NG_W) NG_ID(put)(dst + i, NG_LOAD(x + i) + NG_LOAD(y + i), stream);
	for (; i < n; i++) dst[i] = x[i] + y[i];
}

NG_FN void NG_ID(add)(size_t n, const double *x, const double *y, double *dst, int stream) {
	if (!stream) {
		NG_ID(add_body)(n, x, y, dst, 0);
		return;
	}
	NG_ID(add_body)(n, x, y, dst, 1);
#if NG_X86
	_mm_sfence(); // streamed stores are ordered before what follows
#endif
}

#else

#define NG_KERNEL "add.c"
#include "variants.h"

void ng_add(int level, size_t n, const double *x, const double *y, double *dst, int stream) {
	static void (*const table[NG_LEVELS])(size_t, const double *, const double *, double *,
	                                      int) = NG_TABLE(add);
	table[level](n, x, y, dst, stream);
}

#endif
