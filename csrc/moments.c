// The variance of each column and its kin, in one pass over memory: the number of values,
// their mean, the sum of squares about it, and where asked for their sum, least and
// greatest. NaN are skipped where asked for.
//
// The tree is that of sum.c: groups of 8 rows, leaves of 128, leaves merged as a binary
// counter counts, so that the bits depend on the number of rows alone. A leaf takes its
// own first value k as origin, and adds y = x − k and y² by the group:
//
//   t = Σy   q = Σy²   m2 = q − t²/n   mean = k + t/n
//
// As k is one of the values, (mean−k)² ≤ m2, so q ≤ (1+n)·m2 and the subtraction loses at
// most 7 bits, and one for a typical k, however far the mean is from 0. Nodes merge by
// the formula of Chan, Golub and LeVeque ("Updating Formulae and a Pairwise Algorithm for
// Computing Sample Variances", 1979), with means that count from the first of the origins
// and so stay small too.
//
// The textbook's two passes read memory twice. Here an element costs four operations for
// a variance and ten for everything, which hides behind one read.
#include "nogil.h"

#ifdef NG_BODY

#include "mask.h"
#include "runs.h"

// A node is what some rows of NG_W columns come to, or NG_W parts of one column. While a
// leaf is read m2 holds q. In memory plane f of a node begins ld·f after plane 0.
typedef struct {
	NG_V n, k, t, m2, sum, lo, hi;
} NG_ID(node);

NG_INLINE NG_ID(node) NG_ID(get)(const double *p, size_t ld, int what) {
	NG_ID(node) c = {NG_LOAD(p), NG_LOAD(p + ld), NG_LOAD(p + 2 * ld), NG_LOAD(p + 3 * ld)};
	if (what == NG_DESCRIBE) {
		c.sum = NG_LOAD(p + 4 * ld);
		c.lo = NG_LOAD(p + 5 * ld);
		c.hi = NG_LOAD(p + 6 * ld);
	}
	return c;
}

NG_INLINE void NG_ID(put)(double *p, size_t ld, const NG_ID(node) *c, int what) {
	NG_STORE(p, c->n);
	NG_STORE(p + ld, c->k);
	NG_STORE(p + 2 * ld, c->t);
	NG_STORE(p + 3 * ld, c->m2);
	if (what == NG_DESCRIBE) {
		NG_STORE(p + 4 * ld, c->sum);
		NG_STORE(p + 5 * ld, c->lo);
		NG_STORE(p + 6 * ld, c->hi);
	}
}

// group adds eight rows to a leaf. NG_VAR has no NaN to skip and does not count.
NG_INLINE void NG_ID(group)(NG_ID(node) *c, const NG_V *x, int what) {
	const NG_V zero = {0}, one = zero + 1, none = -zero;
	NG_V y[8], s[8] = {zero};
	for (size_t k = 0; k < 8; k++) {
		y[k] = x[k] - c->k;
		if (what == NG_VAR) continue;
		NG_MASK m = NG_ID(number)(x[k]);
		y[k] = NG_ID(pick)(m, y[k], zero);
		c->n += NG_ID(pick)(m, one, zero);
		if (what != NG_DESCRIBE) continue;
		s[k] = NG_ID(pick)(m, x[k], none);
		c->lo = NG_ID(min)(x[k], c->lo);
		c->hi = NG_ID(max)(x[k], c->hi);
	}
#define TREE(z) (((z(0) + z(1)) + (z(2) + z(3))) + ((z(4) + z(5)) + (z(6) + z(7))))
#define Y(k) y[k]
#define YY(k) y[k] * y[k]
#define X(k) s[k]
	c->t += TREE(Y);
	c->m2 += TREE(YY);
	if (what == NG_DESCRIBE) c->sum += TREE(X);
#undef TREE
#undef Y
#undef YY
#undef X
}

// begin is a leaf of no rows yet: first are the elements of its first row, of which those
// of lanes are there, lane elements apart in memory. The origin of a lane is the first of
// its rows elements, down elements apart, that is not NaN, or 0.
NG_INLINE NG_ID(node) NG_ID(begin)(NG_V first, size_t lanes, size_t rows, size_t lane, size_t down,
                                   const void *a, size_t at, int f32, int what) {
	const NG_V zero = {0};
	NG_V k = first;
	if (what != NG_VAR && !NG_ID(every)(NG_ID(number)(first))) {
		double origin[NG_W] = {0};
		for (size_t l = 0; l < NG_W && l < lanes; l++)
			origin[l] = ng_origin(a, at + l * lane, rows, down, f32);
		k = NG_LOAD(origin);
	}
	return (NG_ID(node)){zero, k, zero, zero, -zero, zero + INFINITY, zero - INFINITY};
}

// finish makes a node of a leaf of rows rows that has been read.
NG_INLINE void NG_ID(finish)(NG_ID(node) *c, size_t rows, int what) {
	const NG_V zero = {0}, one = zero + 1;
	if (what == NG_VAR) c->n = zero + (double)rows;
	NG_V n = NG_ID(pick)(NG_ID(less)(zero, c->n), c->n, one);
	NG_V m2 = c->m2 - c->t * (c->t / n);
	c->m2 = NG_ID(pick)(NG_ID(less)(m2, zero), zero, m2);
}

// merged is the node of the rows of a and those of b, which follow.
NG_INLINE NG_ID(node) NG_ID(merged)(const NG_ID(node) *a, const NG_ID(node) *b, int what) {
	const NG_V zero = {0}, one = zero + 1;
	NG_ID(node) c = {.n = a->n + b->n};
	NG_MASK in_a = NG_ID(less)(zero, a->n), in_b = NG_ID(less)(zero, b->n);
	NG_V na = NG_ID(pick)(in_a, a->n, one), nb = NG_ID(pick)(in_b, b->n, one);
	NG_V d = b->k - a->k; // from origin to origin
	NG_V delta = d + (b->t / nb - a->t / na);
	NG_V m2 = (a->m2 + b->m2) + delta * delta * (na * nb / (na + nb));
	NG_V t = a->t + (b->t + b->n * d);
	c.k = NG_ID(pick)(in_a, a->k, b->k);
	c.t = NG_ID(pick)(in_a, NG_ID(pick)(in_b, t, a->t), b->t);
	c.m2 = NG_ID(pick)(in_a, NG_ID(pick)(in_b, m2, a->m2), b->m2);
	if (what == NG_DESCRIBE) {
		c.sum = a->sum + b->sum;
		c.lo = NG_ID(min)(b->lo, a->lo);
		c.hi = NG_ID(max)(b->hi, a->hi);
	}
	return c;
}

// What is seldom run is compiled once, not once for each type and layout and each thing
// that is asked for: that is two thirds of the time that the compiler would take.
#define NG_SELDOM NG_FN __attribute__((noinline))

// merge merges n columns of the nodes at y into those at x; it may touch up to NG_W − 1
// columns more.
NG_SELDOM void NG_ID(merge)(size_t n, double *restrict x, size_t ldx, const double *restrict y,
                            size_t ldy, int what) {
	for (size_t j = 0; j < n; j += NG_W) {
		NG_ID(node) a = NG_ID(get)(x + j, ldx, what), b = NG_ID(get)(y + j, ldy, what);
		NG_ID(node) c = NG_ID(merged)(&a, &b, what);
		NG_ID(put)(x + j, ldx, &c, what);
	}
}

// rows_of adds n ≤ 8 rows of all columns to a leaf, the lanes being columns, and fetches the
// eight rows that follow, which are one stream where rows are short. In place of a row that is not there stands what changes nothing: k,
// or NaN.
NG_INLINE void NG_ID(rows_of)(size_t n, size_t cols, size_t stride, const void *a, size_t at,
                              int f32, int what, double *restrict leaf, size_t ld) {
	for (size_t j = 0; j < cols; j += NG_W) {
		NG_ID(node) c = NG_ID(get)(leaf + j, ld, what);
		NG_V x[8], none = what == NG_VAR ? c.k : (NG_V){0} + NAN;
		size_t lanes = cols - j;
#define ROW(k, lanes) ((k) < n ? NG_ID(one_row)(a, at + j + (k)*stride, lanes, f32) : none)
		size_t next = at + 8 * stride + (stride <= NG_NARROW ? 8 * j : j), apart = stride <= NG_NARROW ? 8 : stride;
		for (size_t k = 0; k < 8; k++) ng_prefetch(a, next + k * apart, f32);
		if (lanes < NG_W)
			for (size_t k = 0; k < 8; k++) x[k] = ROW(k, lanes);
		else
			for (size_t k = 0; k < 8; k++) x[k] = ROW(k, NG_W);
#undef ROW
		NG_ID(group)(&c, x, what);
		NG_ID(put)(leaf + j, ld, &c, what);
	}
}

// group_rows is rows_of, compiled for each type and thing asked for where all eight rows are there.
NG_SELDOM void NG_ID(group_rows)(size_t n, size_t cols, size_t stride, const void *a, size_t at,
                                 int f32, int what, double *restrict leaf, size_t ld) {
#define ROWS(n, f32, what) NG_ID(rows_of)(n, cols, stride, a, at, f32, what, leaf, ld)
	if (n < 8)
		ROWS(n, f32, what);
	else if (what == NG_VAR)
		f32 ? ROWS(8, 1, NG_VAR) : ROWS(8, 0, NG_VAR);
	else if (what == NG_NAN_VAR)
		f32 ? ROWS(8, 1, NG_NAN_VAR) : ROWS(8, 0, NG_NAN_VAR);
	else
		f32 ? ROWS(8, 1, NG_DESCRIBE) : ROWS(8, 0, NG_DESCRIBE);
#undef ROWS
}

// begin_rows and finish_rows begin and finish a leaf of so many columns.
NG_SELDOM void NG_ID(begin_rows)(size_t rows, size_t cols, size_t stride, const void *a, size_t at,
                                 int f32, int what, double *restrict leaf, size_t ld) {
	for (size_t j = 0; j < cols; j += NG_W) {
		NG_V first = NG_ID(one_row)(a, at + j, cols - j, f32);
		NG_ID(node) c = NG_ID(begin)(first, cols - j, rows, 1, stride, a, at + j, f32, what);
		NG_ID(put)(leaf + j, ld, &c, what);
	}
}

NG_SELDOM void NG_ID(finish_rows)(size_t rows, size_t cols, int what, double *restrict leaf, size_t ld) {
	for (size_t j = 0; j < cols; j += NG_W) {
		NG_ID(node) c = NG_ID(get)(leaf + j, ld, what);
		NG_ID(finish)(&c, rows, what);
		NG_ID(put)(leaf + j, ld, &c, what);
	}
}

// leaf_rows makes a node of up to 128 rows of a row-major matrix, a tile of columns after
// the other.
NG_INLINE void NG_ID(leaf_rows)(size_t rows, size_t cols, size_t stride, const void *a, size_t at,
                                int f32, int what, double *restrict leaf, size_t ld) {
	for (size_t j = 0; j < cols; j += NG_TILE, at += NG_TILE, leaf += NG_TILE) {
		size_t tile = cols - j < NG_TILE ? cols - j : NG_TILE;
		NG_ID(begin_rows)(rows, tile, stride, a, at, f32, what, leaf, ld);
		for (size_t i = 0; i < rows; i += 8)
			NG_ID(group_rows)(rows - i, tile, stride, a, at + i * stride, f32, what, leaf, ld);
		NG_ID(finish_rows)(rows, tile, what, leaf, ld);
	}
}

// beside makes a node of rows = NG_PLACES·128·2^k rows of few columns, ld at most. It is read at
// as many places at once, as one stream does not reach the memory's speed; their leaves, of ld
// columns each, stand side by side.
NG_INLINE void NG_ID(beside)(size_t rows, size_t cols, size_t stride, const void *a, size_t at,
                             int f32, int what, double *restrict levels, double *restrict node,
                             size_t ld) {
	const size_t part = rows / NG_PLACES, width = NG_PLACES * ld, size = NG_PLANES(what) * width;
	size_t top = 0;
	for (size_t leaves = 1; leaves <= part / NG_LEAF; leaves++, at += NG_LEAF * stride) {
		double *leaf = levels + top++ * size;
		for (size_t p = 0; p < NG_PLACES; p++)
			NG_ID(begin_rows)(NG_LEAF, cols, stride, a, at + p * part * stride, f32, what, leaf + p * ld, width);
		for (size_t i = 0; i < NG_LEAF; i += 8)
			for (size_t p = 0; p < NG_PLACES; p++)
				NG_ID(group_rows)(8, cols, stride, a, at + (p * part + i) * stride, f32, what,
				                  leaf + p * ld, width);
		NG_ID(finish_rows)(NG_LEAF, width, what, leaf, width);
		for (size_t c = leaves; !(c & 1); c >>= 1, top--)
			NG_ID(merge)(width, levels + (top - 2) * size, width, levels + (top - 1) * size, width, what);
	}
	for (size_t d = 1; d < NG_PLACES; d *= 2)
		for (size_t p = 0; p < NG_PLACES; p += 2 * d)
			NG_ID(merge)(cols, levels + p * ld, width, levels + (p + d) * ld, width, what);
	for (size_t f = 0; f < NG_PLANES(what); f++) memcpy(node + f * ld, levels + f * width, cols * sizeof *node);
}

// runs_rest adds the last n < 8 of rows rows of NG_W runs, of which lanes are there.
NG_SELDOM void NG_ID(runs_rest)(NG_ID(node) *c, size_t n, size_t rows, size_t stride, const void *a,
                                size_t at, size_t lanes, int f32, int what) {
	NG_V x[8];
	NG_ID(transposed)(a, at + rows - n, n, stride, lanes, f32, x);
	if (n == rows) *c = NG_ID(begin)(x[0], lanes, n, stride, 1, a, at, f32, what);
	for (size_t i = n; i < 8; i++) x[i] = what == NG_VAR ? c->k : (NG_V){0} + NAN;
	NG_ID(group)(c, x, what);
}

// runs makes a node of n ≤ 128 rows of NG_W runs, stride apart, of which lanes are there:
// columns of a column-major matrix, or parts of one.
NG_INLINE NG_ID(node) NG_ID(runs)(size_t n, size_t stride, const void *a, size_t at,
                                       size_t lanes, int f32, int what) {
	NG_ID(node) c = {{0}};
	NG_V x[8];
	size_t k = 0;
	for (; k + 8 <= n; k += 8) {
		for (size_t l = 0; l < NG_W; l++) ng_prefetch(a, at + NG_AHEAD + k + l * stride, f32);
		NG_ID(transposed)(a, at + k, 8, stride, lanes, f32, x);
		if (k == 0) c = NG_ID(begin)(x[0], lanes, n, stride, 1, a, at, f32, what);
		NG_ID(group)(&c, x, what);
	}
	if (k < n) NG_ID(runs_rest)(&c, n - k, n, stride, a, at, lanes, f32, what);
	NG_ID(finish)(&c, n, what);
	return c;
}

// leaf_runs is runs of all lanes, compiled once for all who call it.
NG_SELDOM NG_ID(node) NG_ID(leaf_runs)(size_t n, size_t stride, const void *a, size_t at, int f32, int what) {
#define RUNS(f32, what) NG_ID(runs)(n, stride, a, at, NG_W, f32, what)
	if (what == NG_VAR) return f32 ? RUNS(1, NG_VAR) : RUNS(0, NG_VAR);
	if (what == NG_NAN_VAR) return f32 ? RUNS(1, NG_NAN_VAR) : RUNS(0, NG_NAN_VAR);
	return f32 ? RUNS(1, NG_DESCRIBE) : RUNS(0, NG_DESCRIBE);
#undef RUNS
}

// leaf_few is leaf_runs where fewer than NG_W are there.
NG_SELDOM NG_ID(node) NG_ID(leaf_few)(size_t n, size_t stride, const void *a, size_t at, size_t lanes,
                                      int f32, int what) {
	return NG_ID(runs)(n, stride, a, at, lanes, f32, what);
}

// fold merges the lanes of c, neighbouring parts of one column, into to[0], to[ld] …
NG_SELDOM void NG_ID(fold)(const NG_ID(node) *c, double *to, size_t ld, int what) {
	const size_t planes = NG_PLANES(what);
	double x[7 * NG_W] = {0}, y[7 * NG_W] = {0}, all[7 * NG_W];
	NG_ID(put)(all, NG_W, c, what);
	for (size_t w = NG_W / 2; w > 0; w /= 2) {
		for (size_t f = 0; f < planes * NG_W; f += NG_W)
			for (size_t l = 0; l < NG_W; l++) {
				x[f + l] = all[f + (2 * l) % NG_W];
				y[f + l] = all[f + (2 * l + 1) % NG_W];
			}
		NG_ID(merge)(NG_W, x, NG_W, y, NG_W, what);
		memcpy(all, x, sizeof all);
	}
	for (size_t f = 0; f < planes; f++) to[f * ld] = all[f * NG_W];
}

// narrow_of makes nodes of NG_W leaves, apart elements apart, of a row-major matrix of
// cols < NG_W columns and no gaps. The lanes are the leaves: a group of eight rows of each is
// transposed whole, and the columns picked from that.
NG_INLINE void NG_ID(narrow_of)(size_t cols, size_t apart, const void *a, size_t at, int f32,
                                int what, double *restrict nodes, size_t ld) {
	NG_ID(node) c[NG_W] = {0};
	NG_V x[8 * NG_W];
	for (size_t i = 0; i < NG_LEAF * cols; i += 8 * cols) {
		for (size_t e = 0; e < 8 * cols; e += 8) {
			for (size_t l = 0; l < NG_W; l++) ng_prefetch(a, at + i + e + l * apart + NG_AHEAD, f32);
			NG_ID(transposed)(a, at + i + e, 8, apart, NG_W, f32, x + e);
		}
		for (size_t j = 0; j < cols; j++) {
			NG_V y[8];
			for (size_t k = 0; k < 8; k++) y[k] = x[k * cols + j];
			if (i == 0) c[j] = NG_ID(begin)(y[0], NG_W, NG_LEAF, apart, cols, a, at + j, f32, what);
			NG_ID(group)(&c[j], y, what);
		}
	}
	for (size_t j = 0; j < cols; j++) {
		NG_ID(finish)(&c[j], NG_LEAF, what);
		NG_ID(put)(nodes + j * NG_W, ld, &c[j], what);
	}
}

// leaves_narrow is narrow_of, compiled once for each type and thing asked for.
NG_SELDOM void NG_ID(leaves_narrow)(size_t cols, size_t apart, const void *a, size_t at, int f32,
                                    int what, double *restrict nodes, size_t ld) {
#define NARROW(f32, what) NG_ID(narrow_of)(cols, apart, a, at, f32, what, nodes, ld)
	if (what == NG_VAR)
		f32 ? NARROW(1, NG_VAR) : NARROW(0, NG_VAR);
	else if (what == NG_NAN_VAR)
		f32 ? NARROW(1, NG_NAN_VAR) : NARROW(0, NG_NAN_VAR);
	else
		f32 ? NARROW(1, NG_DESCRIBE) : NARROW(0, NG_DESCRIBE);
#undef NARROW
}

// narrow makes a node of rows = NG_W·128·2^k rows of cols < NG_W columns. It is read at NG_W
// places at once: a lane is one of so many parts of a column, each of which is a node.
NG_INLINE void NG_ID(narrow)(size_t rows, size_t cols, size_t stride, const void *a, size_t at,
                             int col_major, int f32, int what, double *restrict levels,
                             double *restrict node, size_t ld) {
	const size_t part = rows / NG_W, width = cols * NG_W, size = NG_PLANES(what) * width;
	size_t top = 0;
	for (size_t leaves = 1; leaves <= part / NG_LEAF; leaves++) {
		double *to = levels + top++ * size;
		size_t row = (leaves - 1) * NG_LEAF;
		if (!col_major) NG_ID(leaves_narrow)(cols, part * cols, a, at + row * cols, f32, what, to, width);
		for (size_t j = 0; col_major && j < cols; j++) {
			NG_ID(node) c = NG_ID(leaf_runs)(NG_LEAF, part, a, at + j * stride + row, f32, what);
			NG_ID(put)(to + j * NG_W, width, &c, what);
		}
		for (size_t c = leaves; !(c & 1); c >>= 1, top--)
			NG_ID(merge)(width, levels + (top - 2) * size, width, levels + (top - 1) * size, width, what);
	}
	for (size_t j = 0; j < cols; j++) {
		NG_ID(node) c = NG_ID(get)(levels + j * NG_W, width, what);
		NG_ID(fold)(&c, node + j, ld, what);
	}
}

// leaf makes a node of the leaf of n rows at element at.
NG_INLINE void NG_ID(leaf)(size_t n, size_t cols, size_t stride, const void *a, size_t at, int col_major,
                           int f32, int what, double *restrict node, size_t ld) {
	if (!col_major) {
		NG_ID(leaf_rows)(n, cols, stride, a, at, f32, what, node, ld);
		return;
	}
	NG_ID(node) c;
	if (cols < NG_W)
		c = NG_ID(leaf_few)(n, stride, a, at, cols, f32, what);
	else
		c = NG_ID(leaf_runs)(n, stride, a, at, f32, what);
	NG_ID(put)(node, ld, &c, what);
}

// tree merges the leaves of cols columns, at most NG_W where they are column-major.
NG_INLINE void NG_ID(tree)(size_t rows, size_t cols, size_t stride, const void *a, size_t at,
                           int col_major, int f32, int what, double *restrict levels,
                           double *restrict dst, size_t ldd) {
	const size_t ld = (cols + 7) / 8 * 8, planes = NG_PLANES(what), size = planes * ld;
	const size_t step = col_major ? 1 : stride;
	const int lanes = cols < NG_W && (col_major || stride == cols), few = !col_major && stride <= NG_NARROW;
	const size_t parts = lanes ? NG_W : NG_PLACES;
	size_t top = 0, i = 0;
	if (lanes || few) // nodes of falling size, which the last loop combines
		for (size_t n = ng_node(rows, parts); n > 0; n = ng_node(rows - i, parts)) {
			double *node = levels + top++ * size, *more = node + size;
			if (lanes)
				NG_ID(narrow)(n, cols, stride, a, at + i * step, col_major, f32, what, more, node, ld);
			else
				NG_ID(beside)(n, cols, stride, a, at + i * step, f32, what, more, node, ld);
			i += n;
		}
	for (size_t leaves = 1; i < rows; leaves++, i += NG_LEAF) {
		size_t n = rows - i < NG_LEAF ? rows - i : NG_LEAF;
		NG_ID(leaf)(n, cols, stride, a, at + i * step, col_major, f32, what, levels + top++ * size, ld);
		for (size_t c = leaves; !(c & 1); c >>= 1, top--)
			NG_ID(merge)(cols, levels + (top - 2) * size, ld, levels + (top - 1) * size, ld, what);
	}
	for (; top > 1; top--)
		NG_ID(merge)(cols, levels + (top - 2) * size, ld, levels + (top - 1) * size, ld, what);
	for (size_t f = 0; f < planes; f++) memcpy(dst + f * ldd, levels + f * ld, cols * sizeof *dst);
}

NG_FN void NG_ID(moments)(int what, size_t rows, size_t cols, size_t stride, const void *a, int col_major,
                          int f32, double *restrict levels, double *restrict dst, size_t ldd) {
	if (!col_major) {
		NG_ID(tree)(rows, cols, stride, a, 0, 0, f32, what, levels, dst, ldd);
		return;
	}
	for (size_t j = 0; j < cols; j += NG_W) {
		size_t n = cols - j < NG_W ? cols - j : NG_W;
		NG_ID(tree)(rows, n, stride, a, j * stride, 1, f32, what, levels, dst + j, ldd);
	}
}

// merge_parts merges cols columns, the last of them through copies where they do not fill
// a vector.
NG_FN void NG_ID(merge_parts)(int what, size_t cols, double *restrict x, size_t ldx,
                              const double *restrict y, size_t ldy) {
	size_t whole = cols / NG_W * NG_W, rest = cols - whole;
	if (what == NG_DESCRIBE)
		NG_ID(merge)(whole, x, ldx, y, ldy, NG_DESCRIBE);
	else
		NG_ID(merge)(whole, x, ldx, y, ldy, NG_VAR);
	if (rest == 0) return;
	const size_t planes = NG_PLANES(what);
	double p[7 * NG_W] = {0}, q[7 * NG_W] = {0};
	for (size_t f = 0; f < planes; f++) {
		memcpy(p + f * NG_W, x + whole + f * ldx, rest * sizeof *p);
		memcpy(q + f * NG_W, y + whole + f * ldy, rest * sizeof *q);
	}
	NG_ID(merge)(NG_W, p, NG_W, q, NG_W, NG_DESCRIBE);
	for (size_t f = 0; f < planes; f++) memcpy(x + whole + f * ldx, p + f * NG_W, rest * sizeof *p);
}
#undef NG_SELDOM

#else

#include <math.h>

#define NG_LEAF 128
#define NG_TILE 2048 // columns, whose sums stay in L2
#define NG_AHEAD 256 // elements to prefetch ahead in each of a few streams
#define NG_NARROW 64 // the largest stride of rows that are read at several places,
#define NG_PLACES 4  // so many

// What is asked for, and how many numbers a node then has.
#define NG_VAR 0
#define NG_NAN_VAR 1
#define NG_DESCRIBE 2
#define NG_PLANES(what) ((what) == NG_DESCRIBE ? 7 : 4)

// ng_prefetch fetches element i, which may be beyond the matrix: that does no harm.
static inline void ng_prefetch(const void *a, size_t i, int f32) {
	__builtin_prefetch((const char *)a + i * (f32 ? sizeof(float) : sizeof(double)));
}

// ng_node is the largest parts·128·2^k ≤ rows, or 0.
static inline size_t ng_node(size_t rows, size_t parts) {
	size_t node = parts * NG_LEAF;
	if (rows < node) return 0;
	while (node <= rows / 2) node *= 2;
	return node;
}

// ng_origin is the first of rows elements, step apart, that is not NaN, or 0.
static inline double ng_origin(const void *a, size_t at, size_t rows, size_t step, int f32) {
	for (size_t i = 0; i < rows; i++) {
		double k = f32 ? (double)((const float *)a)[at + i * step] : ((const double *)a)[at + i * step];
		if (k == k) return k;
	}
	return 0;
}

#define NG_KERNEL "moments.c"
#include "variants.h"

void ng_moments(int level, int what, int col_major, int f32, size_t rows, size_t cols, size_t stride,
                const char *a, double *restrict levels, double *restrict dst, size_t ldd) {
	static void (*const table[NG_LEVELS])(int, size_t, size_t, size_t, const void *, int, int, double *restrict,
	                                      double *restrict, size_t) = NG_TABLE(moments);
	table[level](what, rows, cols, stride, a, col_major, f32, levels, dst, ldd);
}

void ng_moments_merge(int level, int what, size_t cols, double *restrict x, size_t ldx,
                      const double *restrict y, size_t ldy) {
	static void (*const table[NG_LEVELS])(int, size_t, double *restrict, size_t,
	                                      const double *restrict, size_t) = NG_TABLE(merge_parts);
	table[level](what, cols, x, ldx, y, ldy);
}

#endif
