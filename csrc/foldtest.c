// Predictions of the test rows of a fold for eight models at once: a product of packed rows
// with packed coefficients, over the columns that any of the eight has a coefficient for. What
// it gains: a tile of 24 rows by 8 models stays in registers, where a prediction by itself
// reads every row of the design for each model. Steps are fused, in the order of the list, at
// every level (see foldgram.c), so all have the same bits.
#include "nogil.h"

#ifdef NG_BODY

#undef NG_PANELS
#undef NG_PARTS
#undef NG_SIDE
#define NG_PARTS (8 / NG_W)
#define NG_PANELS (NG_SET == NG_AVX512 ? 3 : 1)
#define NG_SIDE (NG_W == 8 ? 8 : NG_SET == NG_GENERIC ? 2 : 4)

// pack_rows copies m rows, those from lo on or those in index, less centre, to panels of 8
// rows: element (8r+l, j) goes to dst[(r·p + j)·8 + l]. Rows beyond m are zeros.
NG_FN void NG_ID(pack_rows)(size_t m, size_t lo, const int32_t *index, size_t p, const void *x, size_t stride,
                            int by_column, int f32, const double *centre, double *restrict dst) {
	for (size_t r = 0; 8 * r < m; r++) {
		size_t full = m - 8 * r < 8 ? m - 8 * r : 8, row[8];
		for (size_t l = 0; l < full; l++) row[l] = index ? (size_t)index[8 * r + l] : lo + 8 * r + l;
		if (by_column && !f32 && !index && full == 8) {
			for (size_t j = 0; j < p; j++)
				for (size_t v = 0; v < 8; v += NG_W)
					NG_STORE(dst + (r * p + j) * 8 + v, NG_LOAD((const double *)x + j * stride + row[v]) - centre[j]);
			continue;
		}
		for (size_t j = 0; j < p; j++) {
			double *to = dst + (r * p + j) * 8;
			for (size_t l = 0; l < full; l++) {
				size_t at = by_column ? j * stride + row[l] : row[l] * stride + j;
				to[l] = (f32 ? (double)((const float *)x)[at] : ((const double *)x)[at]) - centre[j];
			}
			for (size_t l = full; l < 8; l++) to[l] = 0;
		}
	}
}

NG_INLINE void NG_ID(rows)(size_t p, size_t n, const int32_t *list, size_t na, const double *x, const double *w,
                           const double *b, double *restrict dst, size_t ld) {
	for (size_t c0 = 0; c0 < 8; c0 += NG_SIDE) {
		NG_V acc[NG_PANELS * NG_PARTS][NG_SIDE];
		for (size_t c = 0; c < NG_SIDE; c++)
			for (size_t u = 0; u < na * NG_PARTS; u++) acc[u][c] = b[c0 + c] - (NG_V){0};
		for (size_t i = 0; i < n; i++) {
			size_t j = (size_t)list[i];
			NG_V xv[NG_PANELS * NG_PARTS];
			for (size_t u = 0; u < na; u++)
				for (size_t v = 0; v < NG_PARTS; v++)
					xv[u * NG_PARTS + v] = NG_LOAD(x + (u * p + j) * 8 + v * NG_W);
			for (size_t c = 0; c < NG_SIDE; c++) {
				NG_V wv = w[j * 8 + c0 + c] - (NG_V){0};
				for (size_t u = 0; u < na * NG_PARTS; u++) acc[u][c] = NG_FUSED(xv[u], wv, acc[u][c]);
			}
		}
		for (size_t c = 0; c < NG_SIDE; c++)
			for (size_t u = 0; u < na * NG_PARTS; u++) NG_STORE(dst + (c0 + c) * ld + u * NG_W, acc[u][c]);
	}
}

// fold_predict sets dst[c·ld + i] to b[c] + Σ x_ij·w[8·j + c] over the n columns j in list, for
// the 8·r rows of r panels.
NG_FN void NG_ID(fold_predict)(size_t r, size_t p, size_t n, const int32_t *list, const double *x, const double *w,
                               const double *b, double *restrict dst, size_t ld) {
	for (size_t i = 0; i < r;) {
		size_t na = r - i < NG_PANELS ? r - i : NG_PANELS;
		const double *at = x + i * p * 8;
		double *to = dst + 8 * i;
		if (na == 3) NG_ID(rows)(p, n, list, 3, at, w, b, to, ld);
		else if (na == 2) NG_ID(rows)(p, n, list, 2, at, w, b, to, ld);
		else NG_ID(rows)(p, n, list, 1, at, w, b, to, ld);
		i += na;
	}
}

#else

#define NG_KERNEL "foldtest.c"
#include "variants.h"

void ng_pack_rows(int level, size_t m, size_t lo, const int32_t *index, size_t p, const char *x, size_t stride,
                  int by_column, int f32, const double *centre, double *restrict dst) {
	static const __typeof__(&pack_rows_generic) table[NG_LEVELS] = NG_TABLE(pack_rows);
	table[level](m, lo, index, p, x, stride, by_column, f32, centre, dst);
}

void ng_fold_predict(int level, size_t r, size_t p, size_t n, const int32_t *list, const double *x, const double *w,
                     const double *b, double *restrict dst, size_t ld) {
	static const __typeof__(&fold_predict_generic) table[NG_LEVELS] = NG_TABLE(fold_predict);
	table[level](r, p, n, list, x, w, b, dst, ld);
}

#endif
