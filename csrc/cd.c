// Coordinate descent for the elastic net on a dense column-major design. It is the loop
//
//   for j in cols:  u = X_jᵀr + w_j·‖X_j‖²;  v = soft(u, l1_j) / (‖X_j‖² + l2_j)
//                   r -= (v − w_j)·X_j;      w_j = v
//
// (Friedman, Hastie and Tibshirani 2010, equation 5), X_j being column j less its mean,
// which is subtracted on the fly, so that the user's matrix is neither copied nor
// changed; floats are widened as they are loaded. What it gains: the update by one column
// and the dot product with the next are one pass over r, so that r is read once where a
// daxpy and a ddot read it twice, and nothing is called per coordinate.
//
// With weights s the products are Σ s_i·a_i·b_i, and what is kept is v = s·r: then the dot
// product is X_jᵀv, without weights, and the update v -= d·s·X_j. Without weights nothing
// is multiplied by 1: each is a body of its own.
//
// A dot product has 32 lanes: element i adds to lane i mod 32, with a multiplication
// and an addition, never a fused one, and the lanes fold in halves. So every
// instruction set gives the same bits, and latency does not bind: 32 lanes keep four
// AVX-512 or eight AVX2 additions in flight.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_VECS
#define NG_VECS (32 / NG_W)

// element loads NG_W elements of x from element i on, or its first k elements from there.
NG_INLINE NG_V NG_ID(element)(const void *x, size_t i, size_t k, int f32) {
	if (f32) return k == NG_W ? NG_LOADF((const float *)x + i) : NG_LOADFN((const float *)x + i, k);
	return k == NG_W ? NG_LOAD((const double *)x + i) : NG_LOADN((const double *)x + i, k);
}

NG_INLINE const void *NG_ID(column)(const char *x, size_t at, int f32) {
	return x + at * (f32 ? sizeof(float) : sizeof(double));
}

// fold adds the 32 lanes in halves: l and l+16, then l and l+8, and so on.
NG_INLINE double NG_ID(fold)(NG_V *acc) {
	for (size_t h = NG_VECS / 2; h >= 8 / NG_W; h /= 2)
		for (size_t v = 0; v < h; v++) acc[v] += acc[v + h];
	return NG_FOLD8(acc);
}

// step does for the k ≤ NG_W elements from i on what pass does for all.
NG_INLINE void NG_ID(step)(size_t i, size_t k, double d, const void *z, double mz, const void *x,
                           double mx, double *r, const double *s, int f32, NG_V *acc) {
	NG_V rv = k == NG_W ? NG_LOAD(r + i) : NG_LOADN(r + i, k);
	if (z) {
		NG_V dz = d * (NG_ID(element)(z, i, k, f32) - mz);
		rv -= s ? dz * NG_ID(element)(s, i, k, 0) : dz;
		if (k == NG_W) NG_STORE(r + i, rv);
		else NG_STOREN(r + i, k, rv);
	}
	if (x) {
		NG_V product = rv * (NG_ID(element)(x, i, k, f32) - mx);
		*acc += k == NG_W ? product : NG_KEEP(product, k); // what is beyond n adds 0
	}
}

// pass subtracts d·(z − mz)·s from r, where there is a z, and returns the dot product of
// the new r and x − mx, where there is an x. Which pointers are null is known at every
// call.
NG_INLINE double NG_ID(pass)(size_t n, double d, const void *z, double mz, const void *x, double mx,
                             double *r, const double *s, int f32) {
	NG_V acc[NG_VECS] = {0};
	size_t i = 0;
	for (; i + 32 <= n; i += 32)
		for (size_t v = 0; v < NG_VECS; v++)
			NG_ID(step)(i + v * NG_W, NG_W, d, z, mz, x, mx, r, s, f32, acc + v);
	for (size_t v = 0; v < NG_VECS && i < n; v++, i += NG_W) {
		if (n - i >= NG_W) NG_ID(step)(i, NG_W, d, z, mz, x, mx, r, s, f32, acc + v);
		else NG_ID(step)(i, n - i, d, z, mz, x, mx, r, s, f32, acc + v);
	}
	return x ? NG_ID(fold)(acc) : 0;
}

// multiply does for the k ≤ NG_W elements from i on what products does for all.
NG_INLINE void NG_ID(multiply)(size_t i, size_t k, const void *x, double mx, const void *z, double mz,
                               const double *s, int f32, NG_V *acc) {
	NG_V p = (NG_ID(element)(x, i, k, f32) - mx) * (NG_ID(element)(z, i, k, f32) - mz);
	if (s) p *= NG_ID(element)(s, i, k, 0);
	*acc += k == NG_W ? p : NG_KEEP(p, k);
}

// products returns Σ (x − mx)·(z − mz)·s.
NG_INLINE double NG_ID(products)(size_t n, const void *x, double mx, const void *z, double mz,
                                 const double *s, int f32) {
	NG_V acc[NG_VECS] = {0};
	size_t i = 0;
	for (; i + 32 <= n; i += 32)
		for (size_t v = 0; v < NG_VECS; v++)
			NG_ID(multiply)(i + v * NG_W, NG_W, x, mx, z, mz, s, f32, acc + v);
	for (size_t v = 0; v < NG_VECS && i < n; v++, i += NG_W) {
		if (n - i >= NG_W) NG_ID(multiply)(i, NG_W, x, mx, z, mz, s, f32, acc + v);
		else NG_ID(multiply)(i, n - i, x, mx, z, mz, s, f32, acc + v);
	}
	return NG_ID(fold)(acc);
}

// cycle keeps the last update pending, to be done in the pass of the next dot product.
// It returns a lower bound of the objective's decrease, Σ ½(‖X_j‖² + l2_j)·Δw_j².
NG_INLINE double NG_ID(cycle)(NG_COLUMNS, const double *s, int f32, const double *norm2,
                              const double *l1, const double *l2, int positive,
                              double *restrict w, double *restrict r) {
	double d = 0, mz = 0, fall = 0;
	const void *z = x;
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		const void *xj = NG_ID(column)(x, j * stride, f32);
		double mj = mean[j], q = norm2[j], old = w[j], den = q + l2[j];
		double g = d != 0 ? NG_ID(pass)(n, d, z, mz, xj, mj, r, s, f32)
		                  : NG_ID(pass)(n, 0, NULL, 0, xj, mj, r, NULL, f32);
		w[j] = ng_soft(g + q * old, l1[j], den, positive);
		d = w[j] - old, z = xj, mz = mj;
		if (d != 0) fall += 0.5 * (den * d) * d; // d² may underflow where this does not
	}
	if (d != 0) NG_ID(pass)(n, d, z, mz, NULL, 0, r, s, f32);
	return fall;
}

// take4 subtracts four columns, one after the other for each element of r, which it reads once.
NG_INLINE void NG_ID(take4)(size_t n, const void *const *z, const double *mz, const double *d, const double *s,
                            int f32, double *restrict r) {
	for (size_t i = 0; i < n; i += NG_W) {
		size_t k = n - i < NG_W ? n - i : NG_W;
		NG_V rv = k == NG_W ? NG_LOAD(r + i) : NG_LOADN(r + i, k);
		NG_V sv = {0};
		if (s) sv = NG_ID(element)(s, i, k, 0);
		for (size_t c = 0; c < 4; c++) {
			NG_V dz = d[c] * (NG_ID(element)(z[c], i, k, f32) - mz[c]);
			rv -= s ? dz * sv : dz;
		}
		if (k == NG_W) NG_STORE(r + i, rv);
		else NG_STOREN(r + i, k, rv);
	}
}

NG_INLINE void NG_ID(take)(NG_COLUMNS, const double *s, int f32, const double *w, double *restrict r) {
	const void *z[4];
	double mz[4], d[4];
	size_t some = 0;
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		if (w[j] == 0) continue;
		z[some] = NG_ID(column)(x, j * stride, f32), mz[some] = mean[j], d[some++] = w[j];
		if (some == 4) {
			NG_ID(take4)(n, z, mz, d, s, f32, r);
			some = 0;
		}
	}
	for (size_t c = 0; c < some; c++) NG_ID(pass)(n, d[c], z[c], mz[c], NULL, 0, r, s, f32);
}

// Each kernel for doubles and floats, with and without weights.
#define BY_TYPE(call)                                                                              \
	(f32 ? weights ? call(weights, 1) : call(NULL, 1) : weights ? call(weights, 0) : call(NULL, 0))

NG_FN double NG_ID(epoch)(NG_COLUMNS, const double *weights, int f32, const double *norm2,
                          const double *l1, const double *l2, int positive, double *restrict w,
                          double *restrict r) {
#define CALL(s, f) NG_ID(cycle)(n, k, cols, x, stride, mean, s, f, norm2, l1, l2, positive, w, r)
	return BY_TYPE(CALL);
#undef CALL
}

NG_FN void NG_ID(subtract)(NG_COLUMNS, const double *weights, int f32, const double *w,
                           double *restrict r) {
#define CALL(s, f) NG_ID(take)(n, k, cols, x, stride, mean, s, f, w, r)
	BY_TYPE(CALL);
#undef CALL
}

NG_FN void NG_ID(dots)(NG_COLUMNS, int f32, const double *r, double *restrict g) {
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		const void *xj = NG_ID(column)(x, j * stride, f32);
		g[j] = f32 ? NG_ID(pass)(n, 0, NULL, 0, xj, mean[j], (double *)r, NULL, 1)
		           : NG_ID(pass)(n, 0, NULL, 0, xj, mean[j], (double *)r, NULL, 0);
	}
}

NG_FN void NG_ID(squares)(NG_COLUMNS, const double *weights, int f32, double *restrict norm2) {
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		const void *xj = NG_ID(column)(x, j * stride, f32);
#define CALL(s, f) NG_ID(products)(n, xj, mean[j], xj, mean[j], s, f)
		norm2[j] = BY_TYPE(CALL);
#undef CALL
	}
}
#undef BY_TYPE

#else

#define NG_KERNEL "cd.c"
#include "variants.h"

double ng_cd_epoch(int level, NG_COLUMNS, const double *weights, int f32, const double *norm2,
                   const double *l1, const double *l2, int positive, double *restrict w,
                   double *restrict r) {
	static const __typeof__(&epoch_generic) table[NG_LEVELS] = NG_TABLE(epoch);
	return table[level](n, k, cols, x, stride, mean, weights, f32, norm2, l1, l2, positive, w, r);
}

void ng_column_dots(int level, NG_COLUMNS, int f32, const double *r, double *restrict g) {
	static const __typeof__(&dots_generic) table[NG_LEVELS] = NG_TABLE(dots);
	table[level](n, k, cols, x, stride, mean, f32, r, g);
}

void ng_column_squares(int level, NG_COLUMNS, const double *weights, int f32,
                       double *restrict norm2) {
	static const __typeof__(&squares_generic) table[NG_LEVELS] = NG_TABLE(squares);
	table[level](n, k, cols, x, stride, mean, weights, f32, norm2);
}

void ng_subtract_columns(int level, NG_COLUMNS, const double *weights, int f32, const double *w,
                         double *restrict r) {
	static const __typeof__(&subtract_generic) table[NG_LEVELS] = NG_TABLE(subtract);
	table[level](n, k, cols, x, stride, mean, weights, f32, w, r);
}

#endif
