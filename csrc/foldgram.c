// The moments of a block of rows, for cross-validation: the lower triangle of ZᵀZ, Z being the
// columns of a dense design less a centre, then y less its own, then ones, and every row times
// the root of its weight. So products with y, sums and counts are elements of one matrix, and
// the moments of any set of rows are a sum of those of its blocks.
//
// What it gains: packed panels of 8 columns feed tiles of 24×8 products that stay in registers
// (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008), so that
// a block is bound by arithmetic where pairs.c is bound by loads; and since no load binds it, a
// fused multiply-add is twice as fast as a product and a sum. It is fused at every level and
// in the reference, by name: each element is one chain of fused steps over the rows of a
// block, so all have the same bits. (Without AVX2 libm does it, slowly.)
#include "nogil.h"

#ifdef NG_BODY

#undef NG_PANELS
#undef NG_PARTS
#undef NG_SIDE
#define NG_PARTS (8 / NG_W)                       // vectors of a panel's 8 columns
#define NG_PANELS (NG_SET == NG_AVX512 ? 3 : 1)   // panels of a tile's one side
#define NG_SIDE (NG_W == 8 ? 8 : NG_SET == NG_GENERIC ? 2 : 4) // columns of its other

// pack copies the m rows from lo on, or those in index, to panels of 8 columns, those from q0 to
// q1−1: element (i, 8q+c) goes to dst[(q·m + i)·8 + c]. by_column and f32 are constants at every call.
NG_INLINE void NG_ID(pack)(size_t q0, size_t q1, size_t m, size_t lo, const int32_t *index, size_t p, const void *x, size_t stride,
                           int by_column, int f32, const double *centre, const double *y, double y_centre,
                           const double *root, double *restrict dst) {
	for (size_t q = q0; q < q1; q++) {
		size_t left = p > 8 * q ? p - 8 * q : 0, full = left < 8 ? left : 8;
		for (size_t i = 0; i < m; i++) {
			double *to = dst + (q * m + i) * 8;
			size_t row = index ? (size_t)index[i] : lo + i;
			double r = root ? root[row] : 1;
			size_t at = by_column ? 8 * q * stride + row : row * stride + 8 * q, step = by_column ? stride : 1;
			if (full == 8) {
				for (size_t c = 0; c < 8; c++)
					to[c] = ((f32 ? (double)((const float *)x)[at + c * step] : ((const double *)x)[at + c * step]) -
					         centre[8 * q + c]) * r;
				continue;
			}
			for (size_t c = 0; c < 8; c++) {
				size_t j = 8 * q + c;
				if (j < p)
					to[c] = ((f32 ? (double)((const float *)x)[at + c * step] : ((const double *)x)[at + c * step]) -
					         centre[j]) * r;
				else
					to[c] = j == p ? (y[row] - y_centre) * r : j == p + 1 ? r : 0;
			}
		}
	}
}

// tile sets a tile of dst to the products of na panels from a on with the panel b, or adds
// them. na and add are constants at every call.
NG_INLINE void NG_ID(tile)(size_t m, size_t na, const double *a, const double *b, double *restrict dst, size_t ld,
                           int add) {
	for (size_t c0 = 0; c0 < 8; c0 += NG_SIDE) {
		NG_V acc[NG_PANELS * NG_PARTS][NG_SIDE];
		for (size_t u = 0; u < na * NG_PARTS; u++)
			for (size_t c = 0; c < NG_SIDE; c++) acc[u][c] = (NG_V){0};
		for (size_t i = 0; i < m; i++) {
			NG_V av[NG_PANELS * NG_PARTS];
			for (size_t u = 0; u < na; u++)
				for (size_t v = 0; v < NG_PARTS; v++)
					av[u * NG_PARTS + v] = NG_LOAD(a + (u * m + i) * 8 + v * NG_W);
			for (size_t c = 0; c < NG_SIDE; c++) {
				NG_V bv = b[i * 8 + c0 + c] - (NG_V){0};
				for (size_t u = 0; u < na * NG_PARTS; u++) acc[u][c] = NG_FUSED(av[u], bv, acc[u][c]);
			}
		}
		for (size_t c = 0; c < NG_SIDE; c++)
			for (size_t u = 0; u < na * NG_PARTS; u++) {
				double *to = dst + (c0 + c) * ld + u * NG_W;
				NG_STORE(to, add ? NG_LOAD(to) + acc[u][c] : acc[u][c]);
			}
	}
}

NG_FN void NG_ID(fold_pack)(size_t q0, size_t q1, size_t m, size_t lo, const int32_t *index, size_t p, const void *x,
                            size_t stride, int by_column, int f32, const double *centre, const double *y,
                            double y_centre, const double *root, double *restrict dst) {
#define PACK(by_column, f32) \
	NG_ID(pack)(q0, q1, m, lo, index, p, x, stride, by_column, f32, centre, y, y_centre, root, dst)
	if (by_column) f32 ? PACK(1, 1) : PACK(1, 0);
	else f32 ? PACK(0, 1) : PACK(0, 0);
#undef PACK
}

// fold_gram makes the columns of panels j0 to j1−1.
NG_FN void NG_ID(fold_gram)(size_t j0, size_t j1, size_t m, size_t p, const double *packed, double *restrict dst,
                            size_t ld, int add) {
	size_t panels = (p + 2 + 7) / 8;
	for (size_t j = j0; j < j1; j++)
		for (size_t i = j; i < panels;) {
			size_t na = panels - i < NG_PANELS ? panels - i : NG_PANELS;
			const double *a = packed + i * m * 8, *b = packed + j * m * 8;
			double *to = dst + 8 * j * ld + 8 * i;
#define TILE(na) (add ? NG_ID(tile)(m, na, a, b, to, ld, 1) : NG_ID(tile)(m, na, a, b, to, ld, 0))
			if (na == 3) TILE(3);
			else if (na == 2) TILE(2);
			else TILE(1);
#undef TILE
			i += na;
		}
}

// fold_centre sets gram to total − part − sum·shiftᵀ for the columns j0 … j1−1, the lower triangle
// and its mirror, and the elements p … ld−1 of each of these to 0. j0 is a multiple of 8, and j1 one or p.
// part may be null; total may be gram itself where columns are made in their order.
NG_FN void NG_ID(fold_centre)(size_t j0, size_t j1, size_t p, size_t ld, const double *total, const double *part, const double *sum,
                              const double *shift, double *gram) {
	for (size_t j = j0; j < j1; j += 8) {
		size_t k = p - j < 8 ? p - j : 8;
		for (size_t c = 0; c < k; c++) {
			const double *from = total + (j + c) * ld, *less = part ? part + (j + c) * ld : NULL;
			double *to = gram + (j + c) * ld, s = shift[j + c];
			size_t i = j;
			for (; i + NG_W <= p; i += NG_W) {
				NG_V v = NG_LOAD(from + i);
				if (less) v -= NG_LOAD(less + i);
				NG_STORE(to + i, v - s * NG_LOAD(sum + i));
			}
			for (; i < p; i++) to[i] = (less ? from[i] - less[i] : from[i]) - s * sum[i];
			memset(to + p, 0, (ld - p) * sizeof *to);
		}
		for (size_t i = j; i < p; i++)
			for (size_t c = 0; c < k && j + c < i; c++) gram[i * ld + j + c] = gram[(j + c) * ld + i];
	}
}

#else

#define NG_KERNEL "foldgram.c"
#include "variants.h"

void ng_fold_pack(int level, size_t q0, size_t q1, size_t m, size_t lo, const int32_t *index, size_t p, const char *x,
                  size_t stride, int by_column, int f32, const double *centre, const double *y, double y_centre,
                  const double *root, double *restrict dst) {
	static const __typeof__(&fold_pack_generic) table[NG_LEVELS] = NG_TABLE(fold_pack);
	table[level](q0, q1, m, lo, index, p, x, stride, by_column, f32, centre, y, y_centre, root, dst);
}

void ng_fold_gram(int level, size_t j0, size_t j1, size_t m, size_t p, const double *packed, double *restrict dst,
                  size_t ld, int add) {
	static const __typeof__(&fold_gram_generic) table[NG_LEVELS] = NG_TABLE(fold_gram);
	table[level](j0, j1, m, p, packed, dst, ld, add);
}

void ng_fold_centre(int level, size_t j0, size_t j1, size_t p, size_t ld, const double *total, const double *part,
                    const double *sum, const double *shift, double *gram) {
	static const __typeof__(&fold_centre_generic) table[NG_LEVELS] = NG_TABLE(fold_centre);
	table[level](j0, j1, p, ld, total, part, sum, shift, gram);
}

#endif
