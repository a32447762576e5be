// The active set of a Lasso: coordinate descent on the compact Gram matrix of a working
// set, and the Cholesky factor of the columns with a coefficient, kept up to date while
// columns come and go. A solve with the factor goes straight to the minimum for the signs
// at hand, where coordinate descent takes thousands of passes if columns are correlated.
//
// The Gram matrix has its columns ld apart. Everything below is element-wise or sums in a
// fixed order, so that every instruction set gives the same bits.
#include <math.h>
#include "nogil.h"

#ifdef NG_BODY

// minus subtracts d[0]·G_slot[0] + … + d[k−1]·G_slot[k−1] from g, one after the other for each
// element, reading g once for up to 8 columns. k is a constant at every call.
NG_INLINE void NG_ID(minus)(size_t m, size_t k, const int32_t *slot, const double *d, const double *gram,
                            size_t ld, double *restrict g) {
	const double *col[8];
	for (size_t c = 0; c < k; c++) col[c] = gram + (size_t)slot[c] * ld;
	size_t i = 0;
	for (; i + NG_W <= m; i += NG_W) {
		NG_V v = NG_LOAD(g + i);
		for (size_t c = 0; c < k; c++) v -= d[c] * NG_LOAD(col[c] + i);
		NG_STORE(g + i, v);
	}
	for (; i < m; i++)
		for (size_t c = 0; c < k; c++) g[i] -= d[c] * col[c][i];
}

// move is minus for any number of columns.
NG_FN void NG_ID(move)(size_t m, size_t k, const int32_t *slot, const double *d, const double *gram,
                       size_t ld, double *restrict g) {
	for (; k >= 8; k -= 8, slot += 8, d += 8) NG_ID(minus)(m, 8, slot, d, gram, ld, g);
	for (; k >= 3; k -= 3, slot += 3, d += 3) NG_ID(minus)(m, 3, slot, d, gram, ld, g);
	for (; k > 0; k--, slot++, d++) NG_ID(minus)(m, 1, slot, d, gram, ld, g);
}

// descend does a pass over the slots in list. Eight coordinates at a time see each other's
// moves through copies of their gradients; all of g follows once for the eight.
NG_FN double NG_ID(descend)(size_t m, size_t k, const int32_t *list, const double *gram, size_t ld,
                            const double *l1, const double *l2, int positive, double *restrict w,
                            double *restrict g) {
	double fall = 0;
	for (size_t at = 0; at < k; at += 8) {
		size_t part = k - at < 8 ? k - at : 8, moved = 0;
		double near[8], d[8];
		int32_t who[8];
		for (size_t c = 0; c < part; c++) near[c] = g[list[at + c]];
		for (size_t c = 0; c < part; c++) {
			size_t j = (size_t)list[at + c];
			const double *col = gram + j * ld;
			double q = col[j], old = w[j];
			double den = q + l2[j];
			w[j] = ng_soft(near[c] + q * old, l1[j], den, positive);
			double step = w[j] - old;
			if (step == 0) continue;
			fall += 0.5 * (den * step) * step;
			for (size_t e = c + 1; e < part; e++) near[e] -= step * col[list[at + e]];
			who[moved] = (int32_t)j, d[moved++] = step;
		}
		NG_ID(move)(m, moved, who, d, gram, ld, g);
	}
	return fall;
}

// The factor L is lower triangular, column-major with columns ld apart; inv holds the
// reciprocals of its diagonal. forward sets b to L⁻¹b.
NG_INLINE void NG_ID(forward)(size_t m, const double *l, size_t ld, const double *inv, double *restrict b) {
	size_t c = 0;
	for (; c + 4 <= m; c += 4) {
		const double *l0 = l + c * ld, *l1 = l0 + ld, *l2 = l1 + ld, *l3 = l2 + ld;
		double x0 = b[c] * inv[c];
		double x1 = (b[c + 1] - x0 * l0[c + 1]) * inv[c + 1];
		double x2 = (b[c + 2] - x0 * l0[c + 2] - x1 * l1[c + 2]) * inv[c + 2];
		double x3 = (b[c + 3] - x0 * l0[c + 3] - x1 * l1[c + 3] - x2 * l2[c + 3]) * inv[c + 3];
		b[c] = x0, b[c + 1] = x1, b[c + 2] = x2, b[c + 3] = x3;
		size_t i = c + 4;
		for (; i + NG_W <= m; i += NG_W)
			NG_STORE(b + i, NG_LOAD(b + i) - x0 * NG_LOAD(l0 + i) - x1 * NG_LOAD(l1 + i) -
			                        x2 * NG_LOAD(l2 + i) - x3 * NG_LOAD(l3 + i));
		for (; i < m; i++) b[i] = b[i] - x0 * l0[i] - x1 * l1[i] - x2 * l2[i] - x3 * l3[i];
	}
	for (; c < m; c++) {
		b[c] *= inv[c];
		for (size_t i = c + 1; i < m; i++) b[i] -= b[c] * l[c * ld + i];
	}
}

// below returns Σ l[i]·b[i] in 8 lanes that fold in halves.
NG_INLINE double NG_ID(below)(size_t m, const double *l, const double *b) {
	NG_V acc[8 / NG_W] = {0};
	double rest[8] = {0};
	size_t i = 0;
	for (; i + 8 <= m; i += 8)
		for (size_t v = 0; v < 8 / NG_W; v++)
			acc[v] += NG_LOAD(l + i + v * NG_W) * NG_LOAD(b + i + v * NG_W);
	for (size_t e = 0; i + e < m; e++) rest[e] = l[i + e] * b[i + e];
	for (size_t v = 0; v < 8 / NG_W; v++) acc[v] += NG_LOAD(rest + v * NG_W);
	return NG_FOLD8(acc);
}

// below4 sets s to what below returns for four columns of l, ld apart.
NG_INLINE void NG_ID(below4)(size_t m, const double *l, size_t ld, const double *b, double *restrict s) {
	NG_V acc[4][8 / NG_W] = {0};
	size_t i = 0;
	for (; i + 8 <= m; i += 8)
		for (size_t v = 0; v < 8 / NG_W; v++) {
			NG_V e = NG_LOAD(b + i + v * NG_W);
			for (size_t c = 0; c < 4; c++) acc[c][v] += NG_LOAD(l + c * ld + i + v * NG_W) * e;
		}
	for (size_t c = 0; c < 4; c++) {
		double rest[8] = {0};
		for (size_t e = 0; i + e < m; e++) rest[e] = l[c * ld + i + e] * b[i + e];
		for (size_t v = 0; v < 8 / NG_W && i < m; v++) acc[c][v] += NG_LOAD(rest + v * NG_W);
		s[c] = NG_FOLD8(acc[c]);
	}
}

// corner does rows lo to hi of backward, s being what the rows from hi on leave of them. The row
// that was last to be known is the last to be subtracted, so that little waits for it.
NG_INLINE void NG_ID(corner)(size_t lo, size_t hi, const double *l, size_t ld, const double *inv,
                             const double *s, double *restrict b) {
	for (size_t c = hi; c-- > lo;) {
		double v = b[c] - s[c - lo];
		for (size_t i = hi; --i > c;) v -= l[c * ld + i] * b[i];
		b[c] = v * inv[c];
	}
}

// backward sets b to L⁻ᵀb, eight rows at a time, whose sums over the rows below are read as
// vectors that lie within lines of the cache.
NG_INLINE void NG_ID(backward)(size_t m, const double *l, size_t ld, const double *inv, double *restrict b) {
	double s[8] = {0};
	size_t at = m & ~(size_t)7;
	NG_ID(corner)(at, m, l, ld, inv, s, b);
	while (at > 0) {
		for (size_t c = 0; c < 8; c += 4)
			NG_ID(below4)(m - at, l + (at - 8 + c) * ld + at, ld, b + at, s + c);
		NG_ID(corner)(at - 8, at, l, ld, inv, s, b);
		at -= 8;
	}
}

NG_FN void NG_ID(solve)(size_t m, const double *l, size_t ld, const double *inv, double *restrict b) {
	NG_ID(forward)(m, l, ld, inv, b);
	NG_ID(backward)(m, l, ld, inv, b);
}

// append makes row m of the factor from the products b of the new column with the m old
// ones, which it overwrites with the row, and returns the square of the new diagonal
// element for the squared norm q. The caller judges it, and sets the element itself.
NG_FN double NG_ID(append)(size_t m, double *restrict l, size_t ld, const double *inv, double q,
                           double *restrict b) {
	NG_ID(forward)(m, l, ld, inv, b);
	for (size_t c = 0; c < m; c++) l[c * ld + m] = b[c];
	return q - NG_ID(below)(m, b, b);
}

// remove takes row k out of the factor of m rows: the rows below move up, and the column
// that is left over, v, is rotated into those behind it (Golub and Van Loan, Matrix
// Computations, 6.5.4). v is scratch of m elements.
NG_FN void NG_ID(remove)(size_t m, size_t k, double *restrict l, size_t ld, double *restrict inv,
                         double *restrict v) {
	for (size_t c = 0; c < k; c++) memmove(l + c * ld + k, l + c * ld + k + 1, 8 * (m - k - 1));
	memcpy(v + k + 1, l + k * ld + k + 1, 8 * (m - k - 1));
	for (size_t c = k + 1; c < m; c++) {
		const double *old = l + c * ld;
		double *new = l + (c - 1) * ld - 1; // row i moves to i−1
		double r = sqrt(old[c] * old[c] + v[c] * v[c]), cs = old[c] / r, sn = v[c] / r;
		new[c] = r, inv[c - 1] = 1 / r;
		size_t i = c + 1;
		for (; i + NG_W <= m; i += NG_W) {
			NG_V a = NG_LOAD(old + i), b = NG_LOAD(v + i);
			NG_STORE(new + i, cs * a + sn * b);
			NG_STORE(v + i, cs * b - sn * a);
		}
		for (; i < m; i++) {
			double a = old[i], b = v[i];
			new[i] = cs * a + sn * b;
			v[i] = cs * b - sn * a;
		}
	}
}

#else

#define NG_KERNEL "active.c"
#include "variants.h"

void ng_active_move(int level, size_t m, size_t k, const int32_t *slot, const double *d,
                    const double *gram, size_t ld, double *restrict g) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *,
	                                      const double *, size_t, double *restrict) = NG_TABLE(move);
	table[level](m, k, slot, d, gram, ld, g);
}

double ng_active_descend(int level, size_t m, size_t k, const int32_t *list, const double *gram,
                         size_t ld, const double *l1, const double *l2, int positive,
                         double *restrict w, double *restrict g) {
	static double (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, const double *, size_t,
	                                        const double *, const double *, int, double *restrict,
	                                        double *restrict) = NG_TABLE(descend);
	return table[level](m, k, list, gram, ld, l1, l2, positive, w, g);
}

void ng_factor_solve(int level, size_t m, const double *l, size_t ld, const double *inv,
                     double *restrict b) {
	static void (*const table[NG_LEVELS])(size_t, const double *, size_t, const double *,
	                                      double *restrict) = NG_TABLE(solve);
	table[level](m, l, ld, inv, b);
}

double ng_factor_append(int level, size_t m, double *restrict l, size_t ld, const double *inv, double q,
                        double *restrict b) {
	static double (*const table[NG_LEVELS])(size_t, double *restrict, size_t, const double *, double,
	                                        double *restrict) = NG_TABLE(append);
	return table[level](m, l, ld, inv, q, b);
}

void ng_factor_remove(int level, size_t m, size_t k, double *restrict l, size_t ld, double *restrict inv,
                      double *restrict v) {
	static void (*const table[NG_LEVELS])(size_t, size_t, double *restrict, size_t, double *restrict,
	                                      double *restrict) = NG_TABLE(remove);
	table[level](m, k, l, ld, inv, v);
}

#endif
