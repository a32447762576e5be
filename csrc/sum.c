// The sum of each column, by a summation tree that is fixed by the number of rows
// alone, so that every instruction set, layout, alignment and split gives the same
// bits. It is the plain loop `dst[j] += a[i][j]` in another order:
//
//   group  8 rows: ((x0+x1)+(x2+x3)) + ((x4+x5)+(x6+x7)); a short one is padded with −0
//   leaf   16 groups, 128 rows, added one after the other to −0
//   tree   leaves combine as a binary counter counts, the rest from the right
//
// The error is at most (3 + 16 + log2(rows/128))·u·Σ|x|, where the plain loop's grows
// with rows. It costs nothing: eight rows at once are also what keeps memory busy
// (one sequential stream reaches 2/3 of the bandwidth), and the accumulator is touched
// once per eight rows. Floats are widened and summed as doubles.
//
// There are two operations, the same tree in each: the plain sum, and the sum of x, |x| or
// x² of what is not NaN, with the number of those that are. A norm takes the latter, and is
// NaN where the number is not 0.
#include "nogil.h"

#ifdef NG_BODY

#include "runs.h"

#define NG_I NG_ID(ng_i)
typedef long long NG_I __attribute__((vector_size(8 * NG_W)));

#define NG_NONE (-(NG_V){0})
#define NG_PARTS (8 / NG_W)

// at is the n ≤ NG_W elements from i on; lanes beyond them are −0, which adds nothing.
NG_INLINE NG_V NG_ID(at)(ng_view a, size_t i, size_t n) {
	const float *f = (const float *)a.data + i;
	const double *d = (const double *)a.data + i;
	if (n >= NG_W) return a.f32 ? NG_LOADF(f) : NG_LOAD(d);
#if NG_SET == NG_AVX512
	__mmask8 m = (__mmask8)((1u << n) - 1);
	return a.f32 ? (NG_V)_mm512_mask_cvtps_pd((__m512d)NG_NONE, m, _mm256_maskz_loadu_ps(m, f))
	             : (NG_V)_mm512_mask_loadu_pd((__m512d)NG_NONE, m, d);
#elif NG_SET == NG_AVX2
	NG_I m = (NG_I)NG_ID(ng_first)(n);
	__m128i half = _mm_cmpgt_epi32(_mm_set1_epi32((int)n), _mm_setr_epi32(0, 1, 2, 3));
	NG_V x = a.f32 ? (NG_V)_mm256_cvtps_pd(_mm_maskload_ps(f, half))
	               : (NG_V)_mm256_maskload_pd(d, (__m256i)m);
	return (NG_V)((NG_I)x | ((NG_I)NG_NONE & ~m));
#else
	return (NG_V){n > 0 ? ng_at(a, i) : -0.0, -0.0};
#endif
}

// value is what is added for each x. What is skipped is taken for −0 and counted. The
// choice between x, |x| and x² is free of branches, so that one body serves all three.
NG_INLINE NG_V NG_ID(value)(ng_view a, NG_V x, NG_V *skipped) {
	if (a.op == NG_SUM) return x;
	NG_I nan = (NG_I)(x != x), sign = (NG_I)NG_NONE;
	NG_V one = (NG_V){0} + 1;
	*skipped += (NG_V)(nan & (NG_I)one);
	x = (NG_V)(((NG_I)x & ~nan) | (sign & nan));
	NG_I abs = (NG_I){0} - (a.of == NG_ABS), square = (NG_I){0} - (a.of == NG_SQUARE);
	x = (NG_V)((NG_I)x & ~(sign & abs));
	return x * (NG_V)(((NG_I)x & square) | ((NG_I)one & ~square));
}

// result makes one NaN of whatever the hardware made.
NG_INLINE NG_V NG_ID(result)(NG_V x) {
	NG_I nan = (NG_I)(x != x);
	return (NG_V)(((NG_I)x & ~nan) | ((NG_I)((NG_V){0} + __builtin_nan("1")) & nan));
}

// The n ≤ NG_W numbers at p.
NG_INLINE NG_V NG_ID(get)(const double *p, size_t n) { return n >= NG_W ? NG_LOAD(p) : NG_LOADN(p, n); }

NG_INLINE void NG_ID(set)(double *p, size_t n, NG_V v) {
	if (n >= NG_W)
		NG_STORE(p, v);
	else
		NG_STOREN(p, n, v);
}

NG_INLINE void NG_ID(add_to)(size_t n, double *dst, const double *x) {
	size_t j = 0;
	for (; j + NG_W <= n; j += NG_W)
		NG_STORE(dst + j, NG_LOAD(dst + j) + NG_LOAD(x + j));
	for (; j < n; j++) dst[j] += x[j];
}

NG_INLINE void NG_ID(results)(size_t n, double *dst, const double *x) {
	for (size_t j = 0; j < n; j++) dst[j] = x[j] == x[j] ? x[j] : __builtin_nan("1");
}

// group is the group of rows ≤ 8 from element i on, of n ≤ NG_W columns.
NG_INLINE NG_V NG_ID(group)(ng_view a, size_t i, size_t rows, size_t n, NG_V *skipped) {
	const NG_V none = NG_NONE;
#define X(k) ((k) < rows ? NG_ID(value)(a, NG_ID(at)(a, i + (k)*a.stride, n), skipped) : none)
	return ((X(0) + X(1)) + (X(2) + X(3))) + ((X(4) + X(5)) + (X(6) + X(7)));
#undef X
}

// rest is a group that is not full. It is rare, so there is one for all operations.
NG_FN __attribute__((noinline)) NG_V NG_ID(rest)(const ng_view *a, size_t i, size_t rows, size_t n,
                                                 NG_V *skipped) {
	return NG_ID(group)(*a, i, rows, n, skipped);
}

// Row-major: the lanes of a vector are columns or, where these are fewer and rows have no gap,
// parts of them, far apart.

NG_INLINE void NG_ID(add_counts)(ng_view a, double *skipped, size_t n, NG_V c) {
	if (a.op != NG_SUM) NG_ID(set)(skipped, n, NG_ID(get)(skipped, n) + c);
}

// add_rest adds a group that is not full to dst.
NG_INLINE void NG_ID(add_rest)(ng_view a, size_t i, size_t rows, size_t n, double *restrict dst,
                               double *restrict skipped) {
	NG_V c = {0}, x = NG_ID(rest)(&a, i, rows, n, &c);
	NG_STOREN(dst, n, NG_LOADN(dst, n) + x);
	NG_ID(add_counts)(a, skipped, n, c);
}

// leaf sets dst to the sums of up to 128 rows. What takes more than an addition fetches the next
// eight rows; the plain sum keeps memory busy without.
NG_INLINE void NG_ID(leaf)(ng_view a, size_t i, size_t rows, size_t cols, double *restrict dst,
                                double *restrict skipped) {
	for (size_t j = 0; j < cols; j++) dst[j] = -0.0;
	for (size_t r = 0; r < rows; r += 8, i += 8 * a.stride) {
		size_t m = rows - r < 8 ? rows - r : 8, j = 0;
		for (; m == 8 && j + NG_W <= cols; j += NG_W) {
			for (size_t k = 8; a.op != NG_SUM && k < 16; k++) ng_fetch(a, i + j + k * a.stride);
			NG_V c = {0}, x = NG_ID(group)(a, i + j, 8, NG_W, &c);
			NG_STORE(dst + j, NG_LOAD(dst + j) + x);
			NG_ID(add_counts)(a, skipped + j, NG_W, c);
		}
		for (; j < cols; j += NG_W) {
			size_t n = cols - j < NG_W ? cols - j : NG_W;
			NG_ID(add_rest)(a, i + j, m, n, dst + j, skipped + j);
		}
	}
}

// narrow_leaves sets dst[0…8·cols) to the sums of a leaf from each of eight places, far
// apart: eight streams. Lanes beyond the last column stay −0.
NG_INLINE void NG_ID(narrow_leaves)(ng_view a, size_t i, size_t apart, size_t cols,
                                    double *restrict dst, double *restrict skipped) {
	NG_V s[8][NG_NARROW / NG_W], c[NG_NARROW / NG_W];
	size_t vectors = (cols + NG_W - 1) / NG_W;
	for (size_t v = 0; v < vectors; v++) {
		c[v] = (NG_V){0};
		for (size_t l = 0; l < 8; l++) s[l][v] = NG_NONE;
	}
	for (size_t r = 0; r < NG_LEAF; r += 8, i += 8 * a.stride)
		for (size_t l = 0; l < 8; l++) {
			size_t at = i + l * apart, v = 0, j = 0;
			if (a.stride > cols) ng_prefetch(a, at, 8 * a.stride);
			for (; j + NG_W <= cols; j += NG_W, v++) {
				if (a.stride == cols) ng_prefetch(a, at + 8 * j, 8 * NG_W);
				s[l][v] += NG_ID(group)(a, at + j, 8, NG_W, &c[v]);
			}
			if (j == cols) continue;
			if (a.stride == cols) ng_prefetch(a, at + 8 * j, 8 * (cols - j));
			s[l][v] += NG_ID(group)(a, at + j, 8, cols - j, &c[v]);
		}
	for (size_t v = 0, j = 0; v < vectors; v++, j += NG_W) {
		size_t n = cols - j < NG_W ? cols - j : NG_W;
		for (size_t l = 0; l < 8; l++) NG_ID(set)(dst + l * cols + j, n, s[l][v]);
		NG_ID(add_counts)(a, skipped + j, n, c[v]);
	}
}

// count is how many elements were skipped.
NG_INLINE double NG_ID(count)(const NG_V *skipped, size_t lanes) {
	NG_V c = {0};
	double n = 0;
	for (size_t l = 0; l < lanes; l++) c += skipped[l];
	for (size_t k = 0; k < NG_W; k++) n += c[k];
	return n;
}

// lane_leaves sets dst[j·NG_W + l] to the sum of column j < NG_W of a leaf at the l-th of NG_W
// places, where rows have no gap: groups are transposed whole, and columns picked from that.
NG_INLINE void NG_ID(lane_leaves)(ng_view a, size_t i, size_t apart, size_t cols, double *restrict dst,
                                  double *restrict skipped) {
	NG_V s[NG_W], c[NG_W], x[8 * NG_W];
	for (size_t j = 0; j < cols; j++) s[j] = NG_NONE, c[j] = (NG_V){0};
	for (size_t end = i + NG_LEAF * cols; i < end; i += 8 * cols) {
		for (size_t e = 0; e < 8 * cols; e += 8) {
			for (size_t l = 0; l < NG_W; l++) ng_prefetch(a, i + e + l * apart, 1);
			NG_ID(transposed)(a.data, i + e, 8, apart, NG_W, a.f32, x + e);
		}
		for (size_t j = 0; j < cols; j++) {
#define X(k) NG_ID(value)(a, x[(k)*cols + j], &c[j])
			s[j] += ((X(0) + X(1)) + (X(2) + X(3))) + ((X(4) + X(5)) + (X(6) + X(7)));
#undef X
		}
	}
	for (size_t j = 0; j < cols; j++) {
		NG_STORE(dst + j * NG_W, s[j]);
		if (a.op != NG_SUM) skipped[j] += NG_ID(count)(c + j, 1);
	}
}

// narrow_node sums rows = 1024·2^k rows of few columns from element i on: one node of the tree. It
// is read at eight places, or one for each lane, where columns are fewer than these.
NG_INLINE void NG_ID(narrow_node)(ng_view a, size_t i, size_t rows, size_t cols,
                                  double *restrict levels, double *restrict dst,
                                  double *restrict skipped) {
	const int lanes = a.stride == cols && cols < NG_W;
	const size_t parts = lanes ? NG_W : 8, part = rows / parts, width = parts * cols;
	const size_t next = lanes ? 1 : cols, column = lanes ? NG_W : 1;
	size_t top = 0;
	for (size_t leaves = 1; leaves <= part / NG_LEAF; leaves++, i += NG_LEAF * a.stride) {
		double *leaf = levels + top++ * width;
		if (lanes)
			NG_ID(lane_leaves)(a, i, part * a.stride, cols, leaf, skipped);
		else
			NG_ID(narrow_leaves)(a, i, part * a.stride, cols, leaf, skipped);
		for (size_t b = leaves; !(b & 1); b >>= 1, top--)
			NG_ID(add_to)(width, levels + (top - 2) * width, levels + (top - 1) * width);
	}
	for (size_t w = parts / 2; w > 0; w /= 2) // of eight ((s0+s1)+(s2+s3)) + ((s4+s5)+(s6+s7))
		for (size_t l = 0; l < w; l++)
			for (size_t j = 0; j < cols; j++) {
				double *s = levels + j * column;
				s[l * next] = s[2 * l * next] + s[(2 * l + 1) * next];
			}
	for (size_t j = 0; j < cols; j++) dst[j] = levels[j * column];
}

// rows holds one row of partial sums per level of the tree in levels.
NG_INLINE void NG_ID(rows)(ng_view a, size_t rows, size_t cols, double *restrict levels,
                           double *restrict dst, double *restrict skipped) {
	for (size_t j = 0; a.op != NG_SUM && j < cols; j++) skipped[j] = 0;
	size_t top = 0, i = 0;
	if (a.stride <= NG_NARROW) // nodes of falling size, which the last loop combines
		for (size_t n = ng_node(rows); n > 0; n = ng_node(rows - i)) {
			double *node = levels + top++ * cols;
			NG_ID(narrow_node)(a, i * a.stride, n, cols, node + cols, node, skipped);
			i += n;
		}
	for (size_t leaves = 1; i < rows; leaves++, i += NG_LEAF) {
		size_t n = rows - i < NG_LEAF ? rows - i : NG_LEAF;
		NG_ID(leaf)(a, i * a.stride, n, cols, levels + top++ * cols, skipped);
		for (size_t b = leaves; !(b & 1); b >>= 1, top--)
			NG_ID(add_to)(cols, levels + (top - 2) * cols, levels + (top - 1) * cols);
	}
	for (; top > 1; top--) NG_ID(add_to)(cols, levels + (top - 2) * cols, levels + (top - 1) * cols);
	NG_ID(results)(cols, dst, levels);
}

// Column-major: vectors along the columns are transposed while they are added, so that a
// lane is one of eight columns or, for a column alone, one of eight parts of it.

// held is x in a register. gcc would load it for a blend and again for a shuffle, which in the
// second cache, or where it straddles two lines, costs a tenth to a third of the time.
NG_INLINE NG_V NG_ID(held)(NG_V x) {
#if NG_SET == NG_AVX512
	__asm__("" : "+v"(x));
#endif
	return x;
}

// across adds up each of NG_W vectors: lane l is the sum of x[l], as a group adds its rows.
// With eight lanes a step adds to what two vectors have at their places, which one blend
// picks, what stands beside it, which one shuffle brings there: blends run on two ports,
// shuffles on one.
NG_INLINE NG_V NG_ID(across)(const NG_V *x) {
#if NG_SET == NG_AVX512
#define BLEND(m, x, y) ((NG_V)_mm512_mask_blend_pd(m, (__m512d)(x), (__m512d)(y)))
#define PAIRS(x, y) (BLEND(0xaa, x, y) + (NG_V)_mm512_shuffle_pd((__m512d)(x), (__m512d)(y), 0x55))
#define FOURS(x, y) (BLEND(0xcc, x, y) + (NG_V)_mm512_permutex2var_pd((__m512d)(x), beside, (__m512d)(y)))
	const __m512i beside = _mm512_setr_epi64(2, 3, 8, 9, 6, 7, 12, 13);
	NG_V x0 = NG_ID(held)(x[0]), x1 = NG_ID(held)(x[1]), x2 = NG_ID(held)(x[2]), x3 = NG_ID(held)(x[3]);
	NG_V x4 = NG_ID(held)(x[4]), x5 = NG_ID(held)(x[5]), x6 = NG_ID(held)(x[6]), x7 = NG_ID(held)(x[7]);
	NG_V p = PAIRS(x0, x1), q = PAIRS(x2, x3), u = FOURS(p, q);
	NG_V r = PAIRS(x4, x5), t = PAIRS(x6, x7), v = FOURS(r, t);
	return BLEND(0xf0, u, v) + (NG_V)_mm512_shuffle_f64x2((__m512d)u, (__m512d)v, 0x4e);
#undef FOURS
#undef PAIRS
#undef BLEND
#elif NG_SET == NG_AVX2
#define PAIRS(l)                                                                                   \
	(__m256d)((NG_V)_mm256_unpacklo_pd((__m256d)x[l], (__m256d)x[l + 1]) +                     \
	          (NG_V)_mm256_unpackhi_pd((__m256d)x[l], (__m256d)x[l + 1]))
	__m256d p = PAIRS(0), q = PAIRS(2);
	return (NG_V)_mm256_permute2f128_pd(p, q, 0x20) + (NG_V)_mm256_permute2f128_pd(p, q, 0x31);
#undef PAIRS
#else
	return (NG_V){x[0][0], x[1][0]} + (NG_V){x[0][1], x[1][1]};
#endif
}

// join adds the parts of NG_W columns, each of NG_W rows of a group of eight.
NG_INLINE NG_V NG_ID(join)(const NG_V *part) {
#if NG_W == 8
	return part[0];
#elif NG_W == 4
	return part[0] + part[1];
#else
	return (part[0] + part[1]) + (part[2] + part[3]);
#endif
}

// lanes is the sums of the group of eight rows from element i on of NG_W lanes, which are
// stride apart. Where n < 8, lane l has n − l·step rows.
NG_INLINE NG_V NG_ID(lanes)(ng_view a, size_t i, size_t n, size_t step, NG_V *restrict skipped) {
	NG_V part[NG_PARTS], x[NG_W];
	for (size_t h = 0; h < NG_PARTS; h++) {
		part[h] = NG_NONE;
		if (n <= h * NG_W) continue;
		for (size_t k = 0; k < NG_W; k++) {
			size_t less = k * step + h * NG_W;
			x[k] = NG_ID(at)(a, i + k * a.stride + h * NG_W, n > less ? n - less : 0);
			x[k] = NG_ID(value)(a, x[k], skipped + k);
		}
		part[h] = NG_ID(across)(x);
	}
	return NG_ID(join)(part);
}

// rest_lanes is lanes where rows are missing. It is rare, so there is one for all operations.
NG_FN __attribute__((noinline)) NG_V NG_ID(rest_lanes)(const ng_view *a, size_t i, size_t n, size_t step,
                                                       NG_V *restrict skipped) {
	return NG_ID(lanes)(*a, i, n, step, skipped);
}

// eight_cols sums eight columns, one lane a column: eight streams, as in the row-major
// form, are a fifth faster than the one that a column alone is.
NG_INLINE void NG_ID(eight_cols)(ng_view a, size_t n, double *restrict dst, double *restrict skipped) {
	double levels[NG_MAX_LEVELS * 8] __attribute__((aligned(64)));
	NG_V c[8] = {{0}};
	size_t top = 0, leaves = 0;
	for (size_t i = 0; i < n;) {
		NG_V s[NG_PARTS];
		for (size_t p = 0; p < NG_PARTS; p++) s[p] = NG_NONE;
		size_t end = n - i < NG_LEAF ? n : i + NG_LEAF;
		for (; i + 8 <= end; i += 8) {
			ng_prefetch8(a, i, n);
			for (size_t p = 0, l = 0; p < NG_PARTS; p++, l += NG_W)
				s[p] += NG_ID(lanes)(a, i + l * a.stride, 8, 0, c + l);
		}
		for (size_t p = 0, l = 0; i < end && p < NG_PARTS; p++, l += NG_W) {
			NG_V more[NG_W] = {{0}};
			s[p] += a.op == NG_SUM ? NG_ID(lanes)(a, i + l * a.stride, end - i, 0, more)
			                       : NG_ID(rest_lanes)(&a, i + l * a.stride, end - i, 0, more);
			for (size_t k = 0; a.op != NG_SUM && k < NG_W; k++) c[l + k] += more[k];
		}
		i = end;
		for (size_t p = 0; p < NG_PARTS; p++) NG_STORE(levels + 8 * top + p * NG_W, s[p]);
		top++;
		for (size_t b = ++leaves; !(b & 1); b >>= 1, top--)
			NG_ID(add_to)(8, levels + 8 * (top - 2), levels + 8 * (top - 1));
	}
	for (; top > 1; top--) NG_ID(add_to)(8, levels + 8 * (top - 2), levels + 8 * (top - 1));
	for (size_t l = 0; l < 8; l += NG_W) NG_STORE(dst + l, NG_ID(result)(NG_LOAD(levels + l)));
	for (size_t l = 0; a.op != NG_SUM && l < 8; l++) skipped[l] = NG_ID(count)(c + l, 1);
}

// A function that is eight_cols for one operation and type.
typedef void NG_ID(eight)(const ng_view *a, size_t n, double *restrict dst, double *restrict skipped);

// rest_col sums the n < 1024 elements from i on of a column, a lane for each of eight leaves.
// Those that are not there come to −0, which changes nothing above them.
NG_INLINE double NG_ID(rest_col)(ng_view a, size_t i, size_t n, double *skipped) {
	double s[8] __attribute__((aligned(64)));
	NG_V c[NG_W] = {{0}};
	a.stride = NG_LEAF;
	for (size_t l = 0; l < 8; l += NG_W) {
		NG_V sum = NG_NONE;
		size_t skip = l * NG_LEAF;
		for (size_t k = 0; k < NG_LEAF && skip + k < n; k += 8)
			sum += NG_ID(rest_lanes)(&a, i + skip + k, n - skip - k, NG_LEAF, c);
		NG_STORE(s + l, sum);
	}
	*skipped += NG_ID(count)(c, NG_W);
	return ng_fold8(s);
}

// one_col sums a column in nodes of falling size, each of eight parts as eight columns.
NG_INLINE void NG_ID(one_col)(ng_view a, size_t n, NG_ID(eight) *eight, double *dst, double *skipped) {
	double levels[NG_MAX_LEVELS], s[8] __attribute__((aligned(64))), c[8], counts = 0;
	size_t top = 0, i = 0, size = ng_size(a);
	for (size_t m = ng_node(n); m > 0; m = ng_node(n - i)) {
		ng_view parts = a;
		parts.data += i * size;
		parts.stride = m / 8;
		parts.next = m;
		eight(&parts, m / 8, s, c);
		levels[top++] = ng_fold8(s);
		for (size_t l = 0; a.op != NG_SUM && l < 8; l++) counts += c[l];
		i += m;
	}
	if (i < n) levels[top++] = NG_ID(rest_col)(a, i, n - i, &counts);
	for (; top > 1; top--) levels[top - 2] += levels[top - 1];
	NG_ID(results)(1, dst, levels);
	if (a.op != NG_SUM) *skipped = counts;
}

// long_cols sums columns eight at once: neighbours, or, where they are short,
// eight that are far apart, which makes as many streams of them. A few that are left are
// taken with those before them, which are at hand, where a column alone has no node.
NG_FN __attribute__((noinline)) void NG_ID(long_cols)(const ng_view *a, size_t rows, size_t cols,
                                                      NG_ID(eight) *eight, double *restrict dst,
                                                      double *restrict skipped) {
	size_t apart = rows < NG_LEAF ? cols / 8 : 1, step = rows < NG_LEAF ? 1 : 8, j = 0;
	size_t next = a->stride * ng_size(*a);
	ng_view lanes = *a, one = *a;
	lanes.stride *= apart;
	lanes.next = a->stride * step;
	double s[8] __attribute__((aligned(64))), c[8];
	for (size_t done = 0; done + 8 <= cols; done += 8, j += step) {
		lanes.data = a->data + j * next;
		eight(&lanes, rows, s, c);
		for (size_t l = 0; l < 8; l++) dst[j + l * apart] = s[l];
		for (size_t l = 0; a->op != NG_SUM && l < 8; l++) skipped[j + l * apart] = c[l];
	}
	j = cols / 8 * 8;
	if (j < cols && cols > 8 && rows < 8 * NG_LEAF) { // the last eight, some of them again
		lanes = *a, j = cols - 8;
		lanes.data += j * next;
		eight(&lanes, rows, s, c);
		memcpy(dst + j, s, sizeof s);
		if (a->op != NG_SUM) memcpy(skipped + j, c, sizeof c);
		return;
	}
	for (; j < cols; j++) {
		one.data = a->data + j * next;
		NG_ID(one_col)(one, rows, eight, dst + j, skipped + j);
	}
}

#define BODY(name, operation, floats)                                                              \
	NG_FN void NG_ID(rows_##name)(ng_view a, size_t rows, size_t cols,                         \
	                              double *restrict levels, double *restrict dst,               \
	                              double *restrict skipped) {                                  \
		a.op = operation, a.f32 = floats;                                                  \
		NG_ID(rows)(a, rows, cols, levels, dst, skipped);                                  \
	}                                                                                          \
	NG_FN __attribute__((noinline)) void NG_ID(eight_##name)(                                  \
		const ng_view *v, size_t n, double *restrict dst, double *restrict skipped) {      \
		ng_view a = *v;                                                                    \
		a.op = operation, a.f32 = floats;                                                  \
		NG_ID(eight_cols)(a, n, dst, skipped);                                             \
	}                                                                                          \
	NG_FN void NG_ID(cols_##name)(ng_view a, size_t rows, size_t cols, double *restrict dst,   \
	                              double *restrict skipped) {                                  \
		a.op = operation, a.f32 = floats;                                                  \
		NG_ID(long_cols)(&a, rows, cols, NG_ID(eight_##name), dst, skipped);               \
	}
BODY(sum_f64, NG_SUM, 0)
BODY(sum_f32, NG_SUM, 1)
BODY(skip_f64, NG_SKIP, 0)
BODY(skip_f32, NG_SKIP, 1)
#undef BODY
#undef NG_I
#undef NG_NONE
#undef NG_PARTS

#else

#define NG_LEAF 128
#define NG_MAX_LEVELS 64 // more than log2 of the leaves that memory can hold
#define NG_NARROW 64     // the largest stride, in elements, of rows that are summed at eight places
#ifndef NG_AHEAD
#define NG_AHEAD 1024    // bytes that are fetched ahead in each of several streams
#endif

// The operations, numbered as in sum.go. NG_SKIP, NG_ABS and NG_SQUARE have one body.
enum { NG_SUM, NG_SKIP, NG_ABS, NG_SQUARE };

// A view is what the functions above take of the matrix and of what is asked. op and f32
// are constants there: op is NG_SKIP where of is that, NG_ABS or NG_SQUARE.
typedef struct {
	const char *data;
	size_t stride;
	int op, f32, of;
	size_t next; // from eight columns that are read at once to the next eight
} ng_view;

static inline size_t ng_size(ng_view a) { return a.f32 ? sizeof(float) : sizeof(double); }

static inline double ng_at(ng_view a, size_t i) {
	return a.f32 ? (double)((const float *)a.data)[i] : ((const double *)a.data)[i];
}

// ng_prefetch8 fetches ahead of element i in eight columns of n and, at their end, in the
// next eight; a place beyond the matrix does no harm.
static inline void ng_prefetch8(ng_view a, size_t i, size_t n) {
	size_t ahead = i + NG_AHEAD / ng_size(a);
	if (ahead >= n) ahead += a.next - n;
	const char *p = a.data + ahead * ng_size(a);
	for (size_t l = 0; l < 8; l++) __builtin_prefetch(p + l * a.stride * ng_size(a));
}

// ng_prefetch fetches what lies ahead of the n elements from i on.
static inline void ng_prefetch(ng_view a, size_t i, size_t n) {
	const char *p = a.data + i * ng_size(a) + NG_AHEAD;
	for (size_t k = 0; k < n * ng_size(a); k += 64) __builtin_prefetch(p + k);
}

// ng_fetch fetches element i, which may be beyond the matrix: that does no harm.
static inline void ng_fetch(ng_view a, size_t i) { __builtin_prefetch(a.data + i * ng_size(a)); }

// ng_node is the largest 1024·2^k ≤ n, or 0.
static inline size_t ng_node(size_t n) {
	if (n < 8 * NG_LEAF) return 0;
	size_t node = 8 * NG_LEAF;
	while (node <= n / 2) node *= 2;
	return node;
}

static inline double ng_fold8(const double *s) {
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

#define NG_KERNEL "sum.c"
#include "variants.h"

void ng_sum_row_major(int level, int op, int f32, size_t rows, size_t cols, size_t stride,
                      const char *data, double *restrict levels, double *restrict dst,
                      double *restrict skipped) {
	static void (*const table[4][2][NG_LEVELS])(ng_view, size_t, size_t, double *restrict,
	                                            double *restrict, double *restrict) = {
		{NG_TABLE(rows_sum_f64), NG_TABLE(rows_sum_f32)},
		{NG_TABLE(rows_skip_f64), NG_TABLE(rows_skip_f32)},
		{NG_TABLE(rows_skip_f64), NG_TABLE(rows_skip_f32)},
		{NG_TABLE(rows_skip_f64), NG_TABLE(rows_skip_f32)},
	};
	ng_view a = {.data = data, .stride = stride, .of = op};
#if NG_X86 // no wider vectors than there are columns: they would straddle lines of memory
	if (cols <= 4 && level > NG_AVX2 && stride > cols) level = NG_AVX2;
	if (cols <= 2 && stride > cols) level = NG_GENERIC;
#endif
	table[op][f32][level](a, rows, cols, levels, dst, skipped);
}

void ng_sum_col_major(int level, int op, int f32, size_t rows, size_t cols, size_t stride,
                      const char *data, double *restrict dst, double *restrict skipped) {
	static void (*const table[4][2][NG_LEVELS])(ng_view, size_t, size_t, double *restrict,
	                                            double *restrict) = {
		{NG_TABLE(cols_sum_f64), NG_TABLE(cols_sum_f32)},
		{NG_TABLE(cols_skip_f64), NG_TABLE(cols_skip_f32)},
		{NG_TABLE(cols_skip_f64), NG_TABLE(cols_skip_f32)},
		{NG_TABLE(cols_skip_f64), NG_TABLE(cols_skip_f32)},
	};
	ng_view a = {.data = data, .stride = stride, .of = op};
	table[op][f32][level](a, rows, cols, dst, skipped);
}

#endif
