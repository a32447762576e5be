// Loops that do one thing as fast as the machine can: fused multiply-adds on registers,
// and reads of a block that stays in one cache. One body each, compiled for every vector
// width; gcc contracts a*b + c here (gnu11), which is wanted. Sixteen and eight
// independent chains hide the latency of an instruction.
#include "limits.h"

#define CHAINS 16

#define VARIANT(name, target, width)                                                  \
	typedef double name##_d __attribute__((vector_size(width)));                  \
	typedef uint64_t name##_u __attribute__((vector_size(width), aligned(8), may_alias)); \
	target static double name##_flops(size_t rounds, double *sink) {              \
		name##_d s[CHAINS], a, b;                                             \
		for (size_t k = 0; k < width / 8; k++) a[k] = sink[0], b[k] = sink[1]; \
		for (int c = 0; c < CHAINS; c++) s[c] = a + (double)c;                \
		for (size_t i = 0; i < rounds; i++)                                   \
			for (int c = 0; c < CHAINS; c++) s[c] = s[c] * a + b;         \
		double sum = 0;                                                       \
		for (int c = 0; c < CHAINS; c++)                                      \
			for (size_t k = 0; k < width / 8; k++) sum += s[c][k];        \
		sink[2] = sum;                                                        \
		return 2.0 * CHAINS * (width / 8) * (double)rounds;                   \
	}                                                                             \
	target static uint64_t name##_read(const uint64_t *a, size_t n, size_t rounds) { \
		enum { W = width / 8 };                                               \
		name##_u s[8] = {{0}};                                                \
		for (size_t r = 0; r < rounds; r++) {                                 \
			for (size_t i = 0; i + 8 * W <= n; i += 8 * W)                \
				for (int c = 0; c < 8; c++)                           \
					s[c] += *(const name##_u *)(a + i + (size_t)c * W); \
			__asm__ volatile("" : : "r"(a) : "memory");                   \
		}                                                                     \
		uint64_t sum = 0;                                                     \
		for (int c = 0; c < 8; c++)                                           \
			for (size_t k = 0; k < W; k++) sum += s[c][k];                \
		return sum;                                                           \
	}

VARIANT(portable, , 16)
#ifdef __x86_64__
VARIANT(avx2, __attribute__((target("avx2,fma"))), 32)
VARIANT(avx512, __attribute__((target("avx512f,fma,prefer-vector-width=512"))), 64)
#endif

// limits_flops does rounds of fused multiply-adds on all lanes and returns how many
// operations those were, a multiply and an add each. sink holds two factors, so that the
// compiler knows nothing of them, and takes a result.
double limits_flops(int level, size_t rounds, double *sink) {
#ifdef __x86_64__
	if (level == AVX512) return avx512_flops(rounds, sink);
	if (level == AVX2) return avx2_flops(rounds, sink);
#endif
	(void)level;
	return portable_flops(rounds, sink);
}

// limits_read reads the n words of a, rounds times; n is a multiple of 64.
uint64_t limits_read(int level, const uint64_t *a, size_t n, size_t rounds) {
#ifdef __x86_64__
	if (level == AVX512) return avx512_read(a, n, rounds);
	if (level == AVX2) return avx2_read(a, n, rounds);
#endif
	(void)level;
	return portable_read(a, n, rounds);
}

// limits_nothing is called for what the call costs.
void limits_nothing(void) {}
