// Block coordinate descent for the multi-task elastic net on a dense column-major design:
// a coordinate is a row of the coefficients, all tasks of one column,
//
//   for j in cols:  u = X_jᵀR + ‖X_j‖²·w_j;  v = max(1 − l1/‖u‖, 0)·u / (‖X_j‖² + l2)
//                   R -= X_j·(v − w_j);      w_j = v
//
// (Simon, Friedman and Hastie 2013, "A blockwise descent algorithm for group-penalized
// multiresponse and multinomial regression"), X_j being column j less its mean. The tasks
// of a row stand side by side: R is n×t, w and g are p×t, all row-major, t a multiple of
// 8 filled up with zeros. The lanes of a vector are tasks, so that every sum over rows is
// added in the order of the rows, with the same bits on every instruction set.
//
// What it gains: gradients of four columns at once read R once, from the first cache, and
// keep all additions in registers; the update by one column and the product with the next
// are one pass over R; and on a Gram matrix a coordinate costs k·t flops, whatever n is.
#include "nogil.h"

#include <math.h>

#ifdef NG_BODY

#undef NG_ROWS
#undef NG_TILE
#define NG_ROWS 128 // of R at once: 24 KB for 24 tasks
#define NG_TILE 4   // columns at once

// products adds to g[c], nv vectors of it, the products of r with the columns x[c] less m[c],
// c < nc. The sizes are constants at every call.
NG_INLINE void NG_ID(products)(size_t n, size_t nc, size_t nv, const double *const *x,
                               const double *m, size_t t, const double *r, double *const *g) {
	NG_V acc[NG_TILE][3];
	for (size_t c = 0; c < nc; c++)
		for (size_t v = 0; v < nv; v++) acc[c][v] = NG_LOAD(g[c] + v * NG_W);
	for (size_t i = 0; i < n; i++) {
		NG_V row[3];
		for (size_t v = 0; v < nv; v++) row[v] = NG_LOAD(r + i * t + v * NG_W);
		for (size_t c = 0; c < nc; c++) {
			double xi = x[c][i] - m[c];
			for (size_t v = 0; v < nv; v++) acc[c][v] += xi * row[v];
		}
	}
	for (size_t c = 0; c < nc; c++)
		for (size_t v = 0; v < nv; v++) NG_STORE(g[c] + v * NG_W, acc[c][v]);
}

// across takes all t tasks, three vectors at once.
NG_INLINE void NG_ID(across)(size_t n, size_t nc, const double *const *x, const double *m,
                             size_t t, const double *r, double *const *g) {
	for (size_t at = 0; at < t;) {
		double *to[NG_TILE];
		size_t left = (t - at) / NG_W;
		for (size_t c = 0; c < nc; c++) to[c] = g[c] + at;
		if (left >= 3) NG_ID(products)(n, nc, 3, x, m, t, r + at, to);
		else if (left == 2) NG_ID(products)(n, nc, 2, x, m, t, r + at, to);
		else NG_ID(products)(n, nc, 1, x, m, t, r + at, to);
		at += NG_W * (left < 3 ? left : 3);
	}
}

NG_FN void NG_ID(dots)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                       const double *mean, size_t t, const double *r, double *restrict g) {
	for (size_t c = 0; c < k; c++) memset(g + (size_t)cols[c] * t, 0, t * sizeof *g);
	for (size_t i = 0; i < n; i += NG_ROWS) {
		size_t rows = n - i < NG_ROWS ? n - i : NG_ROWS;
		for (size_t c = 0; c < k;) {
			size_t nc = k - c < NG_TILE ? 1 : NG_TILE;
			const double *xs[NG_TILE];
			double *gs[NG_TILE], ms[NG_TILE];
			for (size_t l = 0; l < nc; l++) {
				size_t j = (size_t)cols[c + l];
				xs[l] = x + j * stride + i, gs[l] = g + j * t, ms[l] = mean[j];
			}
			if (nc == NG_TILE) NG_ID(across)(rows, NG_TILE, xs, ms, t, r + i * t, gs);
			else NG_ID(across)(rows, 1, xs, ms, t, r + i * t, gs);
			c += nc;
		}
	}
}

// pass subtracts (z − mz)·d from r, where update is set, and sets g to the product of the
// new r and x − mx, where dot is set. The flags and nv are constants at every call.
NG_INLINE void NG_ID(pass)(size_t n, size_t nv, const double *d, const double *z, double mz,
                           const double *x, double mx, size_t t, double *r, double *g, int update,
                           int dot) {
	NG_V acc[3] = {0}, dv[3];
	for (size_t v = 0; v < nv && update; v++) dv[v] = NG_LOAD(d + v * NG_W);
	for (size_t i = 0; i < n; i++) {
		double zi = update ? z[i] - mz : 0, xi = dot ? x[i] - mx : 0;
		for (size_t v = 0; v < nv; v++) {
			NG_V rv = NG_LOAD(r + i * t + v * NG_W);
			if (update) {
				rv -= zi * dv[v];
				NG_STORE(r + i * t + v * NG_W, rv);
			}
			if (dot) acc[v] += xi * rv;
		}
	}
	for (size_t v = 0; v < nv && dot; v++) NG_STORE(g + v * NG_W, acc[v]);
}

// over takes all t tasks.
NG_INLINE void NG_ID(over)(size_t n, const double *d, const double *z, double mz, const double *x,
                           double mx, size_t t, double *r, double *g, int update, int dot) {
	for (size_t at = 0; at < t;) {
		size_t left = (t - at) / NG_W, nv = left < 3 ? left : 3;
		if (nv == 3) NG_ID(pass)(n, 3, d + at, z, mz, x, mx, t, r + at, g + at, update, dot);
		else if (nv == 2) NG_ID(pass)(n, 2, d + at, z, mz, x, mx, t, r + at, g + at, update, dot);
		else NG_ID(pass)(n, 1, d + at, z, mz, x, mx, t, r + at, g + at, update, dot);
		at += nv * NG_W;
	}
}

// squares is ‖u‖², in 8 lanes that fold in halves.
NG_INLINE double NG_ID(squares)(size_t t, const double *u) {
	NG_V acc[8 / NG_W] = {0};
	for (size_t at = 0; at < t; at += 8)
		for (size_t v = 0; v < 8 / NG_W; v++) {
			NG_V uv = NG_LOAD(u + at + v * NG_W);
			acc[v] += uv * uv;
		}
	double lane[8];
	for (size_t v = 0; v < 8 / NG_W; v++) NG_STORE(lane + v * NG_W, acc[v]);
	for (size_t h = 4; h > 0; h /= 2)
		for (size_t l = 0; l < h; l++) lane[l] += lane[l + h];
	return lane[0];
}

// shrink moves w to the best for u, the gradient without w's own part, and leaves the step
// in u. It returns the square of the step's length.
NG_INLINE double NG_ID(shrink)(size_t t, double den, double l1, double *w, double *u) {
	double norm = sqrt(NG_ID(squares)(t, u));
	double s = norm > l1 ? (1 - l1 / norm) / den : norm == norm ? 0 : norm;
	for (size_t at = 0; at < t; at += NG_W) {
		NG_V to = s * NG_LOAD(u + at), from = NG_LOAD(w + at);
		NG_STORE(w + at, to);
		NG_STORE(u + at, to - from);
	}
	return NG_ID(squares)(t, u);
}

// epoch keeps the last update pending, to be done in the pass of the next product.
// scratch is 2·t.
NG_FN double NG_ID(epoch)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                          const double *mean, const double *norm2, const double *l1,
                          const double *l2, size_t t, double *restrict w, double *restrict r,
                          double *restrict scratch) {
	double *d = scratch, *u = scratch + t, mz = 0, fall = 0;
	const double *z = NULL;
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		const double *xj = x + j * stride;
		double mj = mean[j], q = norm2[j], *wj = w + j * t;
		if (z) NG_ID(over)(n, d, z, mz, xj, mj, t, r, u, 1, 1);
		else NG_ID(over)(n, NULL, NULL, 0, xj, mj, t, r, u, 0, 1);
		for (size_t at = 0; at < t; at += NG_W)
			NG_STORE(u + at, NG_LOAD(u + at) + q * NG_LOAD(wj + at));
		double step = NG_ID(shrink)(t, q + l2[j], l1[j], wj, u);
		z = step != 0 ? xj : NULL, mz = mj;
		if (!z) continue;
		fall += 0.5 * (q + l2[j]) * step;
		double *last = d;
		d = u, u = last;
	}
	if (z) NG_ID(over)(n, d, z, mz, NULL, 0, t, r, NULL, 1, 0);
	return fall;
}

NG_FN void NG_ID(subtract)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                           const double *mean, size_t t, const double *w, double *restrict r) {
	for (size_t c = 0; c < k; c++) {
		size_t j = (size_t)cols[c];
		if (NG_ID(squares)(t, w + j * t) != 0)
			NG_ID(over)(n, w + j * t, x + j * stride, mean[j], NULL, 0, t, r, NULL, 1, 0);
	}
}

// row subtracts Σ gram[c]·w_c over the c in [lo, hi) from nv vectors of g.
NG_INLINE void NG_ID(row)(size_t lo, size_t hi, size_t nv, const double *gram, size_t t,
                          const double *w, double *g) {
	NG_V acc[3];
	for (size_t v = 0; v < nv; v++) acc[v] = NG_LOAD(g + v * NG_W);
	for (size_t c = lo; c < hi; c++)
		for (size_t v = 0; v < nv; v++) acc[v] -= gram[c] * NG_LOAD(w + c * t + v * NG_W);
	for (size_t v = 0; v < nv; v++) NG_STORE(g + v * NG_W, acc[v]);
}

NG_INLINE void NG_ID(rows)(size_t lo, size_t hi, const double *gram, size_t t, const double *w,
                           double *g) {
	for (size_t at = 0; at < t;) {
		size_t left = (t - at) / NG_W, nv = left < 3 ? left : 3;
		if (nv == 3) NG_ID(row)(lo, hi, 3, gram, t, w + at, g + at);
		else if (nv == 2) NG_ID(row)(lo, hi, 2, gram, t, w + at, g + at);
		else NG_ID(row)(lo, hi, 1, gram, t, w + at, g + at);
		at += nv * NG_W;
	}
}

// gram_epoch takes the products from b = XᵀY and the other columns' coefficients: reading
// w and keeping g in registers costs half of what bringing all gradients up to date does.
NG_FN double NG_ID(gram_epoch)(size_t k, const double *gram, size_t stride, const double *l1,
                               const double *l2, size_t t, const double *b, double *restrict w,
                               double *restrict scratch) {
	double fall = 0;
	for (size_t c = 0; c < k; c++) {
		const double *row = gram + c * stride;
		memcpy(scratch, b + c * t, t * sizeof *b);
		NG_ID(rows)(0, c, row, t, w, scratch);
		NG_ID(rows)(c + 1, k, row, t, w, scratch);
		double den = row[c] + l2[c];
		fall += 0.5 * den * NG_ID(shrink)(t, den, l1[c], w + c * t, scratch);
	}
	return fall;
}

NG_FN void NG_ID(gram_dots)(size_t k, const double *gram, size_t stride, size_t t,
                            const double *b, const double *w, double *restrict g) {
	memcpy(g, b, k * t * sizeof *g);
	for (size_t c = 0; c < k; c++) NG_ID(rows)(0, k, gram + c * stride, t, w, g + c * t);
}

#else

#define NG_KERNEL "multitask.c"
#include "variants.h"

double ng_multi_epoch(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                      const double *mean, const double *norm2, const double *l1, const double *l2,
                      size_t t, double *restrict w, double *restrict r, double *restrict scratch) {
	static double (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                        const double *, const double *, const double *,
	                                        const double *, size_t, double *restrict,
	                                        double *restrict, double *restrict) = NG_TABLE(epoch);
	return table[level](n, k, cols, x, stride, mean, norm2, l1, l2, t, w, r, scratch);
}

void ng_multi_dots(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                   const double *mean, size_t t, const double *r, double *restrict g) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                      const double *, size_t, const double *,
	                                      double *restrict) = NG_TABLE(dots);
	table[level](n, k, cols, x, stride, mean, t, r, g);
}

void ng_multi_subtract(int level, size_t n, size_t k, const int32_t *cols, const double *x,
                       size_t stride, const double *mean, size_t t, const double *w,
                       double *restrict r) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                      const double *, size_t, const double *,
	                                      double *restrict) = NG_TABLE(subtract);
	table[level](n, k, cols, x, stride, mean, t, w, r);
}

double ng_multi_gram_epoch(int level, size_t k, const double *gram, size_t stride, const double *l1,
                           const double *l2, size_t t, const double *b, double *restrict w,
                           double *restrict scratch) {
	static double (*const table[NG_LEVELS])(size_t, const double *, size_t, const double *,
	                                        const double *, size_t, const double *,
	                                        double *restrict, double *restrict) = NG_TABLE(gram_epoch);
	return table[level](k, gram, stride, l1, l2, t, b, w, scratch);
}

void ng_multi_gram_dots(int level, size_t k, const double *gram, size_t stride, size_t t,
                        const double *b, const double *w, double *restrict g) {
	static void (*const table[NG_LEVELS])(size_t, const double *, size_t, size_t, const double *,
	                                      const double *, double *restrict) = NG_TABLE(gram_dots);
	table[level](k, gram, stride, t, b, w, g);
}

#endif
