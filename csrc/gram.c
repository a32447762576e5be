// The gradient g = Xᵀr of coefficients w on a Gram matrix G = XᵀX: g -= Σ w_j·G_j. Passes
// of coordinate descent on it are in active.c.
#include "nogil.h"

#ifdef NG_BODY

// minus subtracts d·z from g, element by element, so that every set gives the same bits.
NG_INLINE void NG_ID(minus)(size_t p, double d, const double *z, double *restrict g) {
	size_t i = 0;
	for (; i + NG_W <= p; i += NG_W) NG_STORE(g + i, NG_LOAD(g + i) - d * NG_LOAD(z + i));
	for (; i < p; i++) g[i] -= d * z[i];
}

NG_FN void NG_ID(subtract)(size_t p, size_t k, const int32_t *cols, const double *gram, size_t stride,
                           const double *w, double *restrict g) {
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		if (w[j] != 0) NG_ID(minus)(p, w[j], gram + j * stride, g);
	}
}

#else

#define NG_KERNEL "gram.c"
#include "variants.h"

void ng_gram_subtract(int level, size_t p, size_t k, const int32_t *cols, const double *gram,
                      size_t stride, const double *w, double *restrict g) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                      const double *, double *restrict) = NG_TABLE(subtract);
	table[level](p, k, cols, gram, stride, w, g);
}

#endif
