// Coordinate descent for the elastic net on a Gram matrix G = XᵀX: the loop of cd.c with
// the gradient g = Xᵀr in place of the residual,
//
//   for j in cols:  u = g_j + G_jj·w_j;  v = soft(u, l1_j) / (G_jj + l2_j)
//                   g -= (v − w_j)·G_j;  w_j = v
//
// (Friedman, Hastie and Tibshirani 2010, section 2.2, "covariance updates"). What it
// gains: a coordinate costs p flops where the residual costs n, nothing at all when it
// does not move, and the gradient of every column is always there.
#include "nogil.h"

#ifdef NG_BODY

// minus subtracts d·z from g, element by element, so that every set gives the same bits.
NG_INLINE void NG_ID(minus)(size_t p, double d, const double *z, double *restrict g) {
	size_t i = 0;
	for (; i + NG_W <= p; i += NG_W) NG_STORE(g + i, NG_LOAD(g + i) - d * NG_LOAD(z + i));
	for (; i < p; i++) g[i] -= d * z[i];
}

NG_FN double NG_ID(epoch)(size_t p, size_t k, const int32_t *cols, const double *gram, size_t stride,
                          const double *l1, const double *l2, int positive,
                          double *restrict w, double *restrict g) {
	double fall = 0;
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		double q = gram[j * stride + j], old = w[j], den = q + l2[j];
		w[j] = ng_soft(g[j] + q * old, l1[j], den, positive);
		double d = w[j] - old;
		if (d == 0) continue;
		NG_ID(minus)(p, d, gram + j * stride, g);
		fall += 0.5 * den * (d * d);
	}
	return fall;
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

double ng_gram_epoch(int level, size_t p, size_t k, const int32_t *cols, const double *gram,
                     size_t stride, const double *l1, const double *l2, int positive,
                     double *restrict w, double *restrict g) {
	static double (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                        const double *, const double *, int, double *restrict,
	                                        double *restrict) = NG_TABLE(epoch);
	return table[level](p, k, cols, gram, stride, l1, l2, positive, w, g);
}

void ng_gram_subtract(int level, size_t p, size_t k, const int32_t *cols, const double *gram,
                      size_t stride, const double *w, double *restrict g) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                      const double *, double *restrict) = NG_TABLE(subtract);
	table[level](p, k, cols, gram, stride, w, g);
}

#endif
