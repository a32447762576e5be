// Products of many columns of a dense column-major design: the block
//
//   dst[i*ld + k] = (A_i − mean)ᵀ(B_k − mean),   A_i = X_a[i],  B_k = X_b[k]
//
// of XᵀX, or of XᵀSX with weights s, which a working set needs when columns join it. What it gains: a tile of 4×4
// products reads each value once for four of them and keeps 16 sums in registers, where a
// dot product per pair is bound by its two loads: 3 to 4 times the speed.
//
// Rows go in blocks of 256, of which up to 16 columns of b are copied, less their means and
// times the weights, to a buffer in the L1 cache. Within a block a product has 8 lanes (row i in lane i mod 8) that fold in
// halves, and the blocks are added in order; so every instruction set and every split of
// the columns gives the same bits.
#include "nogil.h"

#define NG_PAIR_ROWS 256 // rows of a block
#define NG_PAIR_COLS 16  // columns of b whose block is held: 32 KB

#ifdef NG_BODY

#undef NG_TILE
#undef NG_PARTS
#define NG_TILE (NG_W == 8 ? 4 : 2)
#define NG_PARTS (8 / NG_W) // vectors of 8 lanes

// some loads the first k ≤ NG_W elements of x from element i on, widened; f32 is a constant
// at every call.
NG_INLINE NG_V NG_ID(some)(const void *x, size_t i, size_t k, int f32) {
	if (f32) return k == NG_W ? NG_LOADF((const float *)x + i) : NG_LOADFN((const float *)x + i, k);
	return k == NG_W ? NG_LOAD((const double *)x + i) : NG_LOADN((const double *)x + i, k);
}

NG_INLINE const void *NG_ID(from)(const void *x, size_t at, int f32) {
	return f32 ? (const void *)((const float *)x + at) : (const void *)((const double *)x + at);
}

// centred copies m rows from x, less mean and times s if there is one, to dst, and zeros up
// to a multiple of 8.
NG_INLINE void NG_ID(centred)(size_t m, const void *x, double mean, const double *s, int f32,
                              double *restrict dst) {
	for (size_t i = 0; i < m; i += NG_W) {
		size_t k = m - i < NG_W ? m - i : NG_W;
		NG_V v = NG_ID(some)(x, i, k, f32) - mean;
		if (s) v *= NG_ID(some)(s, i, k, 0);
		if (k == NG_W) NG_STORE(dst + i, v);
		else NG_STOREN(dst + i, k, v);
	}
	for (size_t i = m; i % 8 != 0; i++) dst[i] = 0;
}

// tile sets the products of s columns of a with t of b over m rows, or adds to them. s and t
// are constants at every call.
NG_INLINE void NG_ID(tile)(size_t m, const void *const *a, const double *mean, const double *b,
                           size_t s, size_t t, int f32, double *restrict dst, size_t ld, int add) {
	NG_V acc[NG_TILE * NG_TILE][NG_PARTS];
	for (size_t u = 0; u < s * t; u++)
		for (size_t v = 0; v < NG_PARTS; v++) acc[u][v] = (NG_V){0};
	size_t i = 0;
	for (; i + 8 <= m; i += 8)
		for (size_t v = 0; v < NG_PARTS; v++) {
			NG_V av[NG_TILE];
			for (size_t c = 0; c < s; c++) av[c] = NG_ID(some)(a[c], i + v * NG_W, NG_W, f32) - mean[c];
			for (size_t k = 0; k < t; k++) {
				NG_V bv = NG_LOAD(b + k * NG_PAIR_ROWS + i + v * NG_W);
				for (size_t c = 0; c < s; c++) acc[c * t + k][v] += av[c] * bv;
			}
		}
	for (size_t v = 0; v < NG_PARTS; v++) { // the rest; b has zeros beyond m
		size_t at = i + v * NG_W, left = at >= m ? 0 : m - at < NG_W ? m - at : NG_W;
		if (left == 0) continue;
		for (size_t c = 0; c < s; c++) {
			NG_V av = NG_KEEP(NG_ID(some)(a[c], at, left, f32) - mean[c], left);
			for (size_t k = 0; k < t; k++) acc[c * t + k][v] += av * NG_LOAD(b + k * NG_PAIR_ROWS + at);
		}
	}
	for (size_t c = 0; c < s; c++)
		for (size_t k = 0; k < t; k++) {
			double sum = NG_FOLD8(acc[c * t + k]);
			dst[c * ld + k] = add ? dst[c * ld + k] + sum : sum;
		}
}

// block is the part of a block of m rows from row on: all columns of a with up to 16 of b.
NG_INLINE void NG_ID(block)(size_t row, size_t m, size_t na, const int32_t *a, size_t nb,
                            const int32_t *b, const void *x, size_t stride, const double *mean,
                            const double *weights, int f32, double *restrict dst, size_t ld) {
	double held[NG_PAIR_COLS * NG_PAIR_ROWS] __attribute__((aligned(64)));
	for (size_t k = 0; k < nb; k++)
		NG_ID(centred)(m, NG_ID(from)(x, (size_t)b[k] * stride + row, f32), mean[b[k]],
		               weights ? weights + row : NULL, f32, held + k * NG_PAIR_ROWS);
	for (size_t i = 0; i < na; i += NG_TILE) {
		size_t s = na - i < NG_TILE ? na - i : NG_TILE, k = 0;
		const void *col[NG_TILE];
		double mu[NG_TILE], *out = dst + i * ld;
		for (size_t c = 0; c < s; c++) {
			col[c] = NG_ID(from)(x, (size_t)a[i + c] * stride + row, f32);
			mu[c] = mean[a[i + c]];
		}
		if (s == NG_TILE) {
			for (; k + NG_TILE <= nb; k += NG_TILE)
				NG_ID(tile)(m, col, mu, held + k * NG_PAIR_ROWS, NG_TILE, NG_TILE, f32, out + k, ld, row > 0);
			for (; k < nb; k++)
				NG_ID(tile)(m, col, mu, held + k * NG_PAIR_ROWS, NG_TILE, 1, f32, out + k, ld, row > 0);
		}
		for (size_t c = 0; c < s; c++)
			for (size_t e = k; e < nb; e++)
				NG_ID(tile)(m, col + c, mu + c, held + e * NG_PAIR_ROWS, 1, 1, f32, out + c * ld + e, ld, row > 0);
	}
}

NG_FN void NG_ID(pairs)(size_t n, size_t na, const int32_t *a, size_t nb, const int32_t *b, const void *x,
                        size_t stride, const double *mean, const double *weights, int f32,
                        double *restrict dst, size_t ld) {
	for (size_t k = 0; k < nb; k += NG_PAIR_COLS)
		for (size_t row = 0; row < n; row += NG_PAIR_ROWS) {
			size_t m = n - row < NG_PAIR_ROWS ? n - row : NG_PAIR_ROWS;
			size_t t = nb - k < NG_PAIR_COLS ? nb - k : NG_PAIR_COLS;
			if (f32) NG_ID(block)(row, m, na, a, t, b + k, x, stride, mean, weights, 1, dst + k, ld);
			else NG_ID(block)(row, m, na, a, t, b + k, x, stride, mean, weights, 0, dst + k, ld);
		}
}

#else

#define NG_KERNEL "pairs.c"
#include "variants.h"

void ng_pairs(int level, size_t n, size_t na, const int32_t *a, size_t nb, const int32_t *b,
              const char *x, size_t stride, const double *mean, const double *weights, int f32,
              double *restrict dst, size_t ld) {
	static void (*const table[NG_LEVELS])(size_t, size_t, const int32_t *, size_t, const int32_t *,
	                                      const void *, size_t, const double *, const double *, int,
	                                      double *restrict, size_t) = NG_TABLE(pairs);
	table[level](n, na, a, nb, b, x, stride, mean, weights, f32, dst, ld);
}

#endif
