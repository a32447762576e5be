// dst = x + y, element by element, of doubles or floats: the vector addition of the forum
// article. It is bound by memory, so what is left to gain is the line that a plain store reads
// before it writes: with stream set, full vectors are written past the caches, and 24 bytes
// move for an element of 8 bytes where 32 did. That pays for results that no cache holds, and
// only there. Four places at once, whose lines are fetched ahead, gain another tenth: one
// stream of memory is slower than several.
#include "nogil.h"

#ifdef NG_BODY

// add_line adds 64 bytes, a line of memory.
NG_INLINE void NG_ID(add_line)(const char *x, const char *y, char *dst, int stream, int f32) {
	typedef float floats __attribute__((vector_size(8 * NG_W)));
	__builtin_prefetch(x + NG_AHEAD);
	__builtin_prefetch(y + NG_AHEAD);
	for (size_t k = 0; k < 64; k += sizeof(NG_V)) {
		NG_V a, b;
		memcpy(&a, x + k, sizeof a);
		memcpy(&b, y + k, sizeof b);
		NG_V sum = f32 ? (NG_V)((floats)a + (floats)b) : a + b;
		if (stream)
			NG_STREAM((double *)(dst + k), sum);
		else
			memcpy(dst + k, &sum, sizeof sum);
	}
}

// add_some adds elements i … end, which fill no line.
NG_INLINE void NG_ID(add_some)(size_t i, size_t end, const void *x, const void *y, void *dst, int f32) {
	for (; i < end; i++)
		if (f32) ((float *)dst)[i] = ((const float *)x)[i] + ((const float *)y)[i];
		else ((double *)dst)[i] = ((const double *)x)[i] + ((const double *)y)[i];
}

NG_INLINE void NG_ID(add_body)(size_t n, const char *x, const char *y, char *dst, int stream, int f32) {
	const size_t size = f32 ? sizeof(float) : sizeof(double), line = 64 / size;
	size_t i = 0;
	while (i < n && (uintptr_t)(dst + i * size) % 64) i++;
	NG_ID(add_some)(0, i, x, y, dst, f32);
	const size_t part = (n - i) / (4 * line) * line;
	for (size_t end = i + part; i < end; i += line)
		for (size_t k = 0; k < 4; k++) {
			size_t at = (i + k * part) * size;
			NG_ID(add_line)(x + at, y + at, dst + at, stream, f32);
		}
	NG_ID(add_some)(i + 3 * part, n, x, y, dst, f32);
#if NG_X86
	if (stream) _mm_sfence(); // streamed stores are ordered before what follows
#endif
}

NG_FN void NG_ID(add)(size_t n, const char *x, const char *y, char *dst, int stream, int f32) {
	if (f32) NG_ID(add_body)(n, x, y, dst, stream, 1);
	else NG_ID(add_body)(n, x, y, dst, stream, 0);
}

#else

#define NG_AHEAD 1024 // bytes that are fetched ahead

#define NG_KERNEL "add.c"
#include "variants.h"

void ng_add(int level, int f32, size_t n, const char *x, const char *y, char *dst, int stream) {
	static const __typeof__(&add_generic) table[NG_LEVELS] = NG_TABLE(add);
	table[level](n, x, y, dst, stream, f32);
}

#endif
