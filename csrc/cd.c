// Coordinate descent for the elastic net on a dense column-major design. It is the loop
//
//   for j in cols:  u = X_jᵀr + w_j·‖X_j‖²;  v = soft(u, l1_j) / (‖X_j‖² + l2_j)
//                   r -= (v − w_j)·X_j;      w_j = v
//
// (Friedman, Hastie and Tibshirani 2010, equation 5), X_j being column j less its mean,
// which is subtracted on the fly, so that the user's matrix is neither copied nor
// changed. What it gains: the update by one column and the dot product with the next
// are one pass over r, so that r is read once where a daxpy and a ddot read it twice,
// and nothing is called per coordinate.
//
// A dot product has 32 lanes: element i adds to lane i mod 32, with a multiplication
// and an addition, never a fused one, and the lanes fold in halves. So every
// instruction set gives the same bits, and latency does not bind: 32 lanes keep four
// AVX-512 or eight AVX2 additions in flight.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_VECS
#define NG_VECS (32 / NG_W)

// fold adds the 32 lanes in halves: l and l+16, then l and l+8, and so on.
NG_INLINE double NG_ID(fold)(NG_V *acc) {
	for (size_t h = NG_VECS / 2; h > 0; h /= 2)
		for (size_t v = 0; v < h; v++) acc[v] += acc[v + h];
	double lane[NG_W];
	NG_STORE(lane, acc[0]);
	for (size_t h = NG_W / 2; h > 0; h /= 2)
		for (size_t l = 0; l < h; l++) lane[l] += lane[l + h];
	return lane[0];
}

// pass subtracts d·(z − mz) from r, where update is set, and returns the dot product of
// the new r − mr and x − mx, where dot is set. Both flags are constants at every call.
NG_INLINE double NG_ID(pass)(size_t n, double d, const double *z, double mz, const double *x,
                             double mx, double *r, double mr, int update, int dot) {
	NG_V acc[NG_VECS] = {0};
	size_t i = 0;
	for (; i + 32 <= n; i += 32)
		for (size_t v = 0; v < NG_VECS; v++) {
			size_t at = i + v * NG_W;
			NG_V rv = NG_LOAD(r + at);
			if (update) {
				rv -= d * (NG_LOAD(z + at) - mz);
				NG_STORE(r + at, rv);
			}
			if (dot) acc[v] += (rv - mr) * (NG_LOAD(x + at) - mx);
		}
	for (size_t v = 0; v < NG_VECS; v++) { // the rest: what is beyond n adds 0
		size_t at = i + v * NG_W, k = at >= n ? 0 : n - at < NG_W ? n - at : NG_W;
		if (k == 0) continue;
		NG_V rv = NG_LOADN(r + at, k);
		if (update) {
			rv -= d * (NG_LOADN(z + at, k) - mz);
			NG_STOREN(r + at, k, rv);
		}
		if (dot) acc[v] += NG_KEEP((rv - mr) * (NG_LOADN(x + at, k) - mx), k);
	}
	return dot ? NG_ID(fold)(acc) : 0;
}

// epoch keeps the last update pending, to be done in the pass of the next dot product.
// It returns a lower bound of the objective's decrease, Σ ½(‖X_j‖² + l2_j)·Δw_j².
NG_FN double NG_ID(epoch)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                          const double *mean, const double *norm2, const double *l1, const double *l2,
                          int positive, double *restrict w, double *restrict r) {
	double d = 0, mz = 0, fall = 0;
	const double *z = x;
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		const double *xj = x + j * stride;
		double mj = mean[j], q = norm2[j], old = w[j], den = q + l2[j];
		double g = d != 0 ? NG_ID(pass)(n, d, z, mz, xj, mj, r, 0, 1, 1)
		                  : NG_ID(pass)(n, 0, NULL, 0, xj, mj, r, 0, 0, 1);
		w[j] = ng_soft(g + q * old, l1[j], den, positive);
		d = w[j] - old, z = xj, mz = mj;
		if (d != 0) fall += 0.5 * den * (d * d);
	}
	if (d != 0) NG_ID(pass)(n, d, z, mz, NULL, 0, r, 0, 1, 0);
	return fall;
}

NG_FN void NG_ID(dots)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                       const double *mean, const double *r, double *restrict g) {
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		g[j] = NG_ID(pass)(n, 0, NULL, 0, x + j * stride, mean[j], (double *)r, 0, 0, 1);
	}
}

NG_FN void NG_ID(squares)(size_t n, size_t p, const double *x, size_t stride, const double *mean,
                          double *restrict norm2) {
	for (size_t j = 0; j < p; j++) {
		const double *xj = x + j * stride;
		norm2[j] = NG_ID(pass)(n, 0, NULL, 0, xj, mean[j], (double *)xj, mean[j], 0, 1);
	}
}

NG_FN void NG_ID(subtract)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                           const double *mean, const double *w, double *restrict r) {
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		if (w[j] != 0) NG_ID(pass)(n, w[j], x + j * stride, mean[j], NULL, 0, r, 0, 1, 0);
	}
}

#else

#define NG_KERNEL "cd.c"
#include "variants.h"

double ng_cd_epoch(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                   const double *mean, const double *norm2, const double *l1, const double *l2,
                   int positive, double *restrict w, double *restrict r) {
	static double (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                        const double *, const double *, const double *, const double *,
	                                        int, double *restrict, double *restrict) = NG_TABLE(epoch);
	return table[level](n, k, cols, x, stride, mean, norm2, l1, l2, positive, w, r);
}

void ng_column_dots(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                    const double *mean, const double *r, double *restrict g) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                      const double *, const double *,
	                                      double *restrict) = NG_TABLE(dots);
	table[level](n, k, cols, x, stride, mean, r, g);
}

void ng_column_squares(int level, size_t n, size_t p, const double *x, size_t stride,
                       const double *mean, double *restrict norm2) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const double *, size_t, const double *,
	                                      double *restrict) = NG_TABLE(squares);
	table[level](n, p, x, stride, mean, norm2);
}

void ng_subtract_columns(int level, size_t n, size_t k, const int32_t *cols, const double *x,
                         size_t stride, const double *mean, const double *w, double *restrict r) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                      const double *, const double *,
	                                      double *restrict) = NG_TABLE(subtract);
	table[level](n, k, cols, x, stride, mean, w, r);
}

#endif
