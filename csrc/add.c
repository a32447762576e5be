// dst = x + y, element by element: the vector addition of the forum article. It is bound
// by memory, so what is left to gain is the line that a plain store reads before it
// writes: with stream set, full vectors are written past the caches, and 24 bytes move
// for an element where 32 did. That pays for results that no cache holds, and only there.
// Four places at once, whose lines are fetched ahead, gain another tenth: one stream of
// memory is slower than several.
#include "nogil.h"

#ifdef NG_BODY

// add_line adds the eight elements from i on, a line of memory.
NG_INLINE void NG_ID(add_line)(size_t i, const double *x, const double *y, double *dst, int stream) {
	__builtin_prefetch(x + i + NG_AHEAD);
	__builtin_prefetch(y + i + NG_AHEAD);
	for (size_t end = i + 8; i < end; i += NG_W) {
		if (stream)
			NG_STREAM(dst + i, NG_LOAD(x + i) + NG_LOAD(y + i));
		else
			NG_STORE(dst + i, NG_LOAD(x + i) + NG_LOAD(y + i));
	}
}

NG_FN void NG_ID(add)(size_t n, const double *x, const double *y, double *dst, int stream) {
	size_t i = 0;
	for (; i < n && (uintptr_t)(dst + i) % 64; i++) dst[i] = x[i] + y[i];
	const size_t part = (n - i) / 32 * 8;
	for (size_t end = i + part; i < end; i += 8)
		for (size_t k = 0; k < 4; k++) NG_ID(add_line)(i + k * part, x, y, dst, stream);
	for (i += 3 * part; i < n; i++) dst[i] = x[i] + y[i];
#if NG_X86
	if (stream) _mm_sfence(); // streamed stores are ordered before what follows
#endif
}

#else

#define NG_AHEAD 128 // elements that are fetched ahead

#define NG_KERNEL "add.c"
#include "variants.h"

void ng_add(int level, size_t n, const double *x, const double *y, double *dst, int stream) {
	static void (*const table[NG_LEVELS])(size_t, const double *, const double *, double *,
	                                      int) = NG_TABLE(add);
	table[level](n, x, y, dst, stream);
}

#endif
