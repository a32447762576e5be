// Block coordinate descent for the multi-task elastic net on a dense column-major design:
// a coordinate is a row of the coefficients, all tasks of one column,
//
//   for j in cols:  u = X_jᵀR + ‖X_j‖²·w_j;  v = max(1 − l1/‖u‖, 0)·u / (‖X_j‖² + l2)
//                   R -= X_j·(v − w_j);      w_j = v
//
// (Simon, Friedman and Hastie 2013, "A blockwise descent algorithm for group-penalized
// multiresponse and multinomial regression"), X_j being column j less its mean. The tasks
// of a row stand side by side: R is n×t, w and g are p×t, all row-major, t a multiple of
// 8 filled up with zeros. The lanes of a vector are tasks, so that every sum over rows is one
// chain in the order of the rows, with the same bits on every instruction set. Steps are fused
// at every level and in the reference, by name, as in foldgram.c: nothing here waits for loads.
//
// What it gains: 16 columns are taken from one visit of R. Their products with R as it is, less
// what the moves before have changed by the Gram matrix of these 16 columns, are the products
// that each would find in its turn; so R is read and written once where passes column by column
// do so 16 times, and four columns and three vectors of tasks at once keep the sums in
// registers. A pass over 2000 columns, 500 rows and 24 tasks takes 1.4 ms instead of 2.3, and all
// gradients 0.9 instead of 1.5. On a Gram matrix a coordinate costs k·t flops, whatever n is.
#include "nogil.h"

#include <math.h>

#ifdef NG_BODY

#undef NG_ROWS
#undef NG_TILE
#undef NG_BLOCK
#define NG_BLOCK NG_MULTI_BLOCK
#define NG_ROWS 256 // of R at once, at most
#define NG_TILE 4   // columns at once

// rows is how many rows of R are visited at once: 24 KB of them, which the first cache keeps.
NG_INLINE size_t NG_ID(rows)(size_t t, size_t left) {
	size_t most = t < 12 ? NG_ROWS : 3072 / t < 16 ? 16 : 3072 / t;
	return left < most ? left : most;
}

// part is how many rows of R many columns are multiplied with: 512 KB, which the second cache keeps.
NG_INLINE size_t NG_ID(part)(size_t t, size_t left) {
	size_t most = 16 + 65536 / (t + 1);
	return left < most ? left : most;
}

// centre copies the n rows from lo on of nc columns less their means to pack, NG_ROWS apart,
// and lists them in at.
NG_INLINE void NG_ID(centre)(size_t lo, size_t n, size_t nc, const double *const *x, const double *m,
                             double *restrict pack, const double **at) {
	for (size_t c = 0; c < nc; c++) {
		double *to = pack + c * NG_ROWS;
		for (size_t i = 0; i < n; i++) to[i] = x[c][lo + i] - m[c];
		at[c] = to;
	}
}

// add adds to g[c], nv vectors of it, the products of r with the columns x[c], c < nc. The
// sizes are constants at every call.
NG_INLINE void NG_ID(add)(size_t n, size_t nc, size_t nv, const double *const *x, size_t t,
                          const double *r, double *const *g) {
	NG_V acc[NG_TILE][3];
	for (size_t c = 0; c < nc; c++)
		for (size_t v = 0; v < nv; v++) acc[c][v] = NG_LOAD(g[c] + v * NG_W);
	for (size_t i = 0; i < n; i++) {
		NG_V row[3];
		for (size_t v = 0; v < nv; v++) row[v] = NG_LOAD(r + i * t + v * NG_W);
		for (size_t c = 0; c < nc; c++) {
			NG_V xi = x[c][i] - (NG_V){0};
			for (size_t v = 0; v < nv; v++) acc[c][v] = NG_FUSED(xi, row[v], acc[c][v]);
		}
	}
	for (size_t c = 0; c < nc; c++)
		for (size_t v = 0; v < nv; v++) NG_STORE(g[c] + v * NG_W, acc[c][v]);
}

// take subtracts x[c]·d[c] from r, column by column.
NG_INLINE void NG_ID(take)(size_t n, size_t nc, size_t nv, const double *const *x, size_t t,
                           double *r, double *const *d) {
	NG_V less[NG_TILE][3];
	for (size_t c = 0; c < nc; c++)
		for (size_t v = 0; v < nv; v++) less[c][v] = -NG_LOAD(d[c] + v * NG_W);
	for (size_t i = 0; i < n; i++) {
		NG_V row[3];
		for (size_t v = 0; v < nv; v++) row[v] = NG_LOAD(r + i * t + v * NG_W);
		for (size_t c = 0; c < nc; c++) {
			NG_V xi = x[c][i] - (NG_V){0};
			for (size_t v = 0; v < nv; v++) row[v] = NG_FUSED(xi, less[c][v], row[v]);
		}
		for (size_t v = 0; v < nv; v++) NG_STORE(r + i * t + v * NG_W, row[v]);
	}
}

// across adds (take 0) or takes (take 1), for all t tasks, up to three vectors at once.
NG_INLINE void NG_ID(across)(size_t n, size_t nc, const double *const *x, size_t t, double *r,
                             double *const *v, int take) {
	for (size_t at = 0, nv; at < t; at += NG_W * nv) {
		double *to[NG_TILE];
		size_t left = (t - at) / NG_W;
		nv = left < 3 ? left : left == 4 ? 2 : 3;
		for (size_t c = 0; c < nc; c++) to[c] = v[c] + at;
#define TILE(nv) (take ? NG_ID(take)(n, nc, nv, x, t, r + at, to) : NG_ID(add)(n, nc, nv, x, t, r + at, to))
		if (nv == 3) TILE(3);
		else if (nv == 2) TILE(2);
		else TILE(1);
#undef TILE
	}
}

// some is across for up to NG_TILE columns.
NG_INLINE void NG_ID(some)(size_t n, size_t nc, const double *const *x, size_t t, double *r,
                           double *const *v, int take) {
	if (nc == NG_TILE) NG_ID(across)(n, NG_TILE, x, t, r, v, take);
	else
		for (size_t c = 0; c < nc; c++) NG_ID(across)(n, 1, x + c, t, r, v + c, take);
}

// visit subtracts the moves of some columns from the n rows of r from lo on, and adds to those of
// others their products with what is left.
NG_FN void NG_ID(visit)(size_t lo, size_t n, const struct ng_columns *moved, const struct ng_columns *next,
                        size_t t, double *r) {
	double pack[NG_TILE * NG_ROWS];
	const double *xs[NG_TILE];
	for (size_t c = 0; c < moved->k; c += NG_TILE) {
		size_t nc = moved->k - c < NG_TILE ? moved->k - c : NG_TILE;
		NG_ID(centre)(lo, n, nc, moved->x + c, moved->mean + c, pack, xs);
		NG_ID(some)(n, nc, xs, t, r + lo * t, moved->v + c, 1);
	}
	for (size_t c = 0; c < next->k; c += NG_TILE) {
		size_t nc = next->k - c < NG_TILE ? next->k - c : NG_TILE;
		NG_ID(centre)(lo, n, nc, next->x + c, next->mean + c, pack, xs);
		NG_ID(some)(n, nc, xs, t, r + lo * t, next->v + c, 0);
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

NG_FN void NG_ID(dots)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                       const double *mean, size_t t, const double *r, double *restrict g) {
	const struct ng_columns none = {0};
	for (size_t c = 0; c < k; c++) memset(g + (size_t)cols[c] * t, 0, t * sizeof *g);
	for (size_t from = 0, part; from < n; from += part) {
		part = NG_ID(part)(t, n - from);
		for (size_t c = 0; c < k; c += NG_BLOCK) {
			struct ng_columns block = {0};
			for (size_t l = c; l < k && l < c + NG_BLOCK; l++)
				ng_append(&block, cols[l], x, stride, mean, g + (size_t)cols[l] * t);
			for (size_t lo = from, rows; lo < from + part; lo += rows) {
				rows = NG_ID(rows)(t, from + part - lo);
				NG_ID(visit)(lo, rows, &none, &block, t, (double *)r); // which changes nothing without moves
			}
		}
	}
}

NG_FN void NG_ID(subtract)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                           const double *mean, size_t t, const double *w, double *restrict r) {
	const struct ng_columns none = {0};
	for (size_t lo = 0, rows; lo < n; lo += rows) {
		struct ng_columns block = {0};
		rows = NG_ID(rows)(t, n - lo);
		for (size_t c = 0; c < k; c++) {
			double *wj = (double *)w + (size_t)cols[c] * t; // is only read
			if (NG_ID(squares)(t, wj) != 0) ng_append(&block, cols[c], x, stride, mean, wj);
			if (block.k < NG_BLOCK && c + 1 < k) continue;
			NG_ID(visit)(lo, rows, &block, &none, t, r);
			block.k = 0;
		}
	}
}

// blocks has the columns of a block in the place of tasks.
NG_FN void NG_ID(blocks)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                         const double *mean, double *restrict grams) {
	const struct ng_columns none = {0};
	double z[NG_ROWS * NG_BLOCK];
	memset(grams, 0, k * NG_BLOCK * sizeof *grams);
	for (size_t c = 0; c < k; c += NG_BLOCK) {
		struct ng_columns block = {0}, part;
		for (size_t l = c; l < k && l < c + NG_BLOCK; l++)
			ng_append(&block, cols[l], x, stride, mean, grams + l * NG_BLOCK);
		for (size_t lo = 0, rows; lo < n; lo += rows) {
			rows = NG_ID(rows)(NG_BLOCK, n - lo), part = block;
			for (size_t l = 0; l < NG_BLOCK; l++) {
				for (size_t i = 0; i < rows; i++)
					z[i * NG_BLOCK + l] = l < block.k ? block.x[l][lo + i] - block.mean[l] : 0;
				part.x[l] += lo;
			}
			NG_ID(visit)(0, rows, &none, &part, NG_BLOCK, z);
		}
	}
}

// negate sets to to −from.
NG_INLINE void NG_ID(negate)(size_t t, const double *from, double *to) {
	for (size_t at = 0; at < t; at += NG_W) NG_STORE(to + at, -NG_LOAD(from + at));
}

// less subtracts Σ by[l]·v[l] from u.
NG_INLINE void NG_ID(less)(size_t t, size_t k, const double *by, double *const *v, double *u) {
	for (size_t at = 0; at < t; at += NG_W) {
		NG_V sum = NG_LOAD(u + at);
		for (size_t l = 0; l < k; l++) sum = NG_FUSED((NG_V){0} - by[l], NG_LOAD(v[l] + at), sum);
		NG_STORE(u + at, sum);
	}
}

// epoch takes the products of a block of columns with R and moves them one after the other, each
// product less what the moves before it have changed, by the block's Gram matrix. All of these
// moves are subtracted where R is visited next, for the products of the block that follows.
// scratch is 2·NG_BLOCK·t.
NG_FN double NG_ID(epoch)(size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                          const double *mean, const double *norm2, const double *l1,
                          const double *l2, const double *grams, size_t t, double *restrict w,
                          double *restrict r, double *restrict scratch) {
	double *u = scratch, *last = scratch + NG_BLOCK * t, fall = 0;
	struct ng_columns moved = {0};
	for (size_t c = 0; c < k || moved.k > 0; c += NG_BLOCK) {
		struct ng_columns block = {0};
		for (size_t l = c; l < k && l < c + NG_BLOCK; l++)
			ng_append(&block, cols[l], x, stride, mean, u + (l - c) * t);
		memset(u, 0, block.k * t * sizeof *u);
		for (size_t lo = 0, rows; lo < n; lo += rows) {
			rows = NG_ID(rows)(t, n - lo);
			NG_ID(visit)(lo, rows, &moved, &block, t, r);
		}
		moved.k = 0;
		double by[NG_BLOCK], *v[NG_BLOCK]; // −‖X_j‖², and the Gram matrix in the order of the moves
		for (size_t b = 0; b < block.k; b++) {
			size_t j = (size_t)cols[c + b];
			double *wj = w + j * t, den = norm2[j] + l2[j];
			by[0] = -norm2[j], v[0] = wj;
			for (size_t l = 0; l < moved.k; l++) {
				v[l + 1] = moved.v[l];
				by[l + 1] = grams[(c + b) * NG_BLOCK + (size_t)(moved.v[l] - u) / t];
			}
			NG_ID(less)(t, moved.k + 1, by, v, block.v[b]);
			double step = NG_ID(shrink)(t, den, l1[j], wj, block.v[b]);
			if (step == 0) continue;
			fall += 0.5 * den * step;
			ng_append(&moved, cols[c + b], x, stride, mean, block.v[b]);
		}
		double *swap = u;
		u = last, last = swap;
	}
	return fall;
}

// gram_epoch takes the products of a tile of columns from b = XᵀY and the coefficients, those of
// the tile last: reading w and keeping products in registers costs half of what bringing all
// gradients up to date does. scratch is NG_TILE·t.
NG_FN double NG_ID(gram_epoch)(size_t k, const double *gram, size_t stride, const double *l1,
                               const double *l2, size_t t, const double *b, double *restrict w,
                               double *restrict scratch) {
	double fall = 0;
	for (size_t c = 0; c < k; c += NG_TILE) {
		size_t nc = k - c < NG_TILE ? k - c : NG_TILE;
		const double *before[NG_TILE], *beyond[NG_TILE];
		double *u[NG_TILE];
		for (size_t l = 0; l < nc; l++) {
			before[l] = gram + (c + l) * stride, beyond[l] = before[l] + c + nc, u[l] = scratch + l * t;
			NG_ID(negate)(t, b + (c + l) * t, u[l]);
		}
		NG_ID(some)(c, nc, before, t, w, u, 0);
		NG_ID(some)(k - c - nc, nc, beyond, t, w + (c + nc) * t, u, 0);
		for (size_t l = 0; l < nc; l++) {
			double by[NG_TILE], *v[NG_TILE], den = before[l][c + l] + l2[c + l];
			size_t others = 0;
			for (size_t o = 0; o < nc; o++)
				if (o != l) by[others] = before[l][c + o], v[others++] = w + (c + o) * t;
			NG_ID(negate)(t, u[l], u[l]);
			NG_ID(less)(t, others, by, v, u[l]);
			fall += 0.5 * den * NG_ID(shrink)(t, den, l1[c + l], w + (c + l) * t, u[l]);
		}
	}
	return fall;
}

NG_FN void NG_ID(gram_dots)(size_t k, const double *gram, size_t stride, size_t t,
                            const double *b, const double *w, double *restrict g) {
	NG_ID(negate)(k * t, b, g);
	for (size_t c = 0; c < k; c += NG_TILE) {
		size_t nc = k - c < NG_TILE ? k - c : NG_TILE;
		const double *row[NG_TILE];
		double *v[NG_TILE];
		for (size_t l = 0; l < nc; l++) row[l] = gram + (c + l) * stride, v[l] = g + (c + l) * t;
		NG_ID(some)(k, nc, row, t, (double *)w, v, 0); // w is only read
	}
	NG_ID(negate)(k * t, g, g);
}

#else

// ng_columns are up to NG_BLOCK columns of a design, and a row of tasks for each.
struct ng_columns {
	size_t k;
	const double *x[NG_MULTI_BLOCK];
	double mean[NG_MULTI_BLOCK], *v[NG_MULTI_BLOCK];
};

static inline void ng_append(struct ng_columns *to, int32_t j, const double *x, size_t stride,
                             const double *mean, double *v) {
	to->x[to->k] = x + (size_t)j * stride, to->mean[to->k] = mean[j], to->v[to->k++] = v;
}

#define NG_KERNEL "multitask.c"
#include "variants.h"

double ng_multi_epoch(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                      const double *mean, const double *norm2, const double *l1, const double *l2,
                      const double *grams, size_t t, double *restrict w, double *restrict r,
                      double *restrict scratch) {
	static const __typeof__(&epoch_generic) table[NG_LEVELS] = NG_TABLE(epoch);
	return table[level](n, k, cols, x, stride, mean, norm2, l1, l2, grams, t, w, r, scratch);
}

void ng_multi_blocks(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                     const double *mean, double *restrict grams) {
	static const __typeof__(&blocks_generic) table[NG_LEVELS] = NG_TABLE(blocks);
	table[level](n, k, cols, x, stride, mean, grams);
}

void ng_multi_dots(int level, size_t n, size_t k, const int32_t *cols, const double *x, size_t stride,
                   const double *mean, size_t t, const double *r, double *restrict g) {
	static const __typeof__(&dots_generic) table[NG_LEVELS] = NG_TABLE(dots);
	table[level](n, k, cols, x, stride, mean, t, r, g);
}

void ng_multi_subtract(int level, size_t n, size_t k, const int32_t *cols, const double *x,
                       size_t stride, const double *mean, size_t t, const double *w,
                       double *restrict r) {
	static const __typeof__(&subtract_generic) table[NG_LEVELS] = NG_TABLE(subtract);
	table[level](n, k, cols, x, stride, mean, t, w, r);
}

double ng_multi_gram_epoch(int level, size_t k, const double *gram, size_t stride, const double *l1,
                           const double *l2, size_t t, const double *b, double *restrict w,
                           double *restrict scratch) {
	static const __typeof__(&gram_epoch_generic) table[NG_LEVELS] = NG_TABLE(gram_epoch);
	return table[level](k, gram, stride, l1, l2, t, b, w, scratch);
}

void ng_multi_gram_dots(int level, size_t k, const double *gram, size_t stride, size_t t,
                        const double *b, const double *w, double *restrict g) {
	static const __typeof__(&gram_dots_generic) table[NG_LEVELS] = NG_TABLE(gram_dots);
	table[level](k, gram, stride, t, b, w, g);
}

#endif
