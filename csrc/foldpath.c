// Coordinate descent for several paths at once on one Gram matrix: the l1_ratios of one fold
// of a cross-validation. The matrix lies in L2 at best: a column that moves the first of them
// is in L1 for the others.
//
// Columns come in blocks of 16. Within a block each path goes through its coordinates one by
// one, exactly, on a copy of its 16 gradients; then all gradients follow, once for the block, in
// fused steps in the order of the columns. So the bits of a path depend on neither the other
// paths nor the level nor the blocks.
//
// A coordinate whose optimality condition holds to theta times its penalty stays: a duality
// gap of Tol needs no more, and half of the updates are not done.
//
// Arrays: shared has planes of ld elements, one a column, ld a multiple of 8: G_jj, the factors
// v1 and v2 of the penalties l1_j = a·v1_j and l2_j = b·v2_j, 1/v1 and Xᵀy. Each path has a
// state of five planes, w, g = Xᵀr, both at the alpha before, and 1/(G_jj + l2_j), and four
// parameters a, b, tau, theta. gram has columns stride apart with ld elements each. Elements
// beyond the columns, and columns that take no part, are zeros in gram and g.
#include "nogil.h"

#ifndef NG_BODY
#define NG_COORDS 16 // of a block
enum { NG_DIAG, NG_V1, NG_V2, NG_INV1, NG_XY };
enum { NG_COEF, NG_GRAD, NG_COEF0, NG_GRAD0, NG_INV, NG_PLANES };
enum { NG_A, NG_B, NG_TAU, NG_THETA, NG_PARAMS };
#endif

#ifdef NG_BODY

#undef NG_PARTS
#define NG_PARTS (8 / NG_W)

#undef NG_VI
#define NG_VI NG_ID(ng_vi)
typedef long long NG_VI __attribute__((vector_size(8 * NG_W)));

#undef NG_ABS
#define NG_ABS NG_ID(ng_abs)
NG_INLINE NG_V NG_ABS(NG_V v) { return (NG_V)((NG_VI)v & 0x7fffffffffffffff); }

// larger is the larger of a and b, a where b is NaN.
NG_INLINE NG_V NG_ID(larger)(NG_V a, NG_V b) {
	NG_VI up = (NG_VI)(b > a);
	return (NG_V)((up & (NG_VI)b) | (~up & (NG_VI)a));
}

NG_INLINE int NG_ID(any)(NG_VI v) {
#if NG_SET == NG_AVX512
	return _mm512_test_epi64_mask((__m512i)v, (__m512i)v) != 0;
#elif NG_SET == NG_AVX2
	return !_mm256_testz_si256((__m256i)v, (__m256i)v);
#else
	return (v[0] | v[1]) != 0;
#endif
}

// follow subtracts Σ d[c]·(column c) from the gradient g, in the order of the n columns. n is
// constant at every call.
NG_INLINE void NG_ID(follow)(size_t ld, size_t n, const double *const *col, const double *d, double *restrict g) {
	for (size_t i = 0; i < ld; i += NG_W) {
		NG_V v = NG_LOAD(g + i);
		for (size_t c = 0; c < n; c++) v = NG_FUSED(NG_LOAD(col[c] + i), (NG_V){0} - d[c], v);
		NG_STORE(g + i, v);
	}
}

// follow_all is follow for any number of columns.
NG_FN void NG_ID(follow_all)(size_t ld, size_t n, const double *const *col, const double *d, double *restrict g) {
	for (; n >= 8; n -= 8, col += 8, d += 8) NG_ID(follow)(ld, 8, col, d, g);
	switch (n) {
	case 7: NG_ID(follow)(ld, 7, col, d, g); break;
	case 6: NG_ID(follow)(ld, 6, col, d, g); break;
	case 5: NG_ID(follow)(ld, 5, col, d, g); break;
	case 4: NG_ID(follow)(ld, 4, col, d, g); break;
	case 3: NG_ID(follow)(ld, 3, col, d, g); break;
	case 2: NG_ID(follow)(ld, 2, col, d, g); break;
	case 1: NG_ID(follow)(ld, 1, col, d, g); break;
	}
}

// predict goes on from the last two alphas in a straight line, by tau times the step between
// them; a coefficient that would pass or leave zero is zero. It sets NG_INV too.
NG_FN void NG_ID(path_predict)(size_t ld, const double *gram, size_t stride, const double *shared,
                               double *restrict state, const double *param) {
	double *w = state + NG_COEF * ld, *g = state + NG_GRAD * ld;
	double *w0 = state + NG_COEF0 * ld, *g0 = state + NG_GRAD0 * ld, *inv = state + NG_INV * ld;
	const double *diag = shared + NG_DIAG * ld, *v2 = shared + NG_V2 * ld;
	for (size_t j = 0; j < ld; j += NG_W)
		NG_STORE(inv + j, 1 / (NG_LOAD(diag + j) + param[NG_B] * NG_LOAD(v2 + j)));
	const double tau = param[NG_TAU], *col[8];
	double d[8];
	if (tau == 0) {
		memcpy(w0, w, ld * sizeof *w);
		memcpy(g0, g, ld * sizeof *g);
		return;
	}
	for (size_t j = 0; j < ld; j += NG_W) {
		NG_V old = NG_LOAD(g + j);
		NG_STORE(g + j, old + tau * (old - NG_LOAD(g0 + j)));
		NG_STORE(g0 + j, old);
	}
	size_t n = 0;
	for (size_t j = 0; j < ld; j++) {
		double old = w[j];
		if (old == 0 && w0[j] == 0) continue;
		double new = old + tau * (old - w0[j]), kept = old == 0 || new * old < 0 ? 0 : new;
		w0[j] = old, w[j] = kept;
		if (kept == new) continue;
		col[n] = gram + j * stride, d[n++] = kept - new;
		if (n == 8) NG_ID(follow_all)(ld, n, col, d, g), n = 0;
	}
	NG_ID(follow_all)(ld, n, col, d, g);
}

// moves says which of NG_W coordinates would move.
NG_INLINE NG_VI NG_ID(moves)(NG_V g, NG_V w, NG_V diag, NG_V inv, NG_V l1, double theta, int positive) {
	NG_V u = g + diag * w, over = NG_ABS(u) - l1;
	NG_VI up = (NG_VI)(over > 0), sign = (NG_VI)u & ~0x7fffffffffffffff;
	if (positive) up &= (NG_VI)(u > 0);
	NG_V new = (NG_V)(up & ((NG_VI)(over * inv) ^ sign));
	return (NG_VI)(NG_ABS(new - w) > theta * l1 * inv);
}

// block goes through the coordinates j … j+m−1 of one path, unless none moves, and then brings
// its gradients up to date. It returns how many have moved, and adds to the fall of the objective.
NG_INLINE size_t NG_ID(block)(size_t ld, size_t j, size_t m, int positive, const double *gram, size_t stride,
                              const double *shared, double *restrict state, const double *param,
                              double *restrict fall) {
	double *w = state + NG_COEF * ld + j, *g = state + NG_GRAD * ld + j, near[NG_COORDS], d[NG_COORDS];
	const double *inv = state + NG_INV * ld + j, *diag = shared + NG_DIAG * ld + j, *v1 = shared + NG_V1 * ld + j;
	const double *col[NG_COORDS];
	NG_VI on = {0};
	for (size_t i = 0; i < m; i += NG_W)
		on |= NG_ID(moves)(NG_LOAD(g + i), NG_LOAD(w + i), NG_LOAD(diag + i), NG_LOAD(inv + i),
		                   param[NG_A] * NG_LOAD(v1 + i), param[NG_THETA], positive);
	if (!NG_ID(any)(on)) return 0;
	size_t moved = 0;
	memcpy(near, g, m * sizeof *g);
	for (size_t c = 0; c < m; c++) {
		double l1 = param[NG_A] * v1[c], u = near[c] + diag[c] * w[c];
		double over = (u < 0 ? -u : u) - l1, new = 0;
		if (over > 0) new = u > 0 ? over * inv[c] : positive ? 0 : -over * inv[c];
		double step = new - w[c], size = step < 0 ? -step : step;
		if (!(size > param[NG_THETA] * l1 * inv[c])) continue;
		w[c] = new, d[moved] = step, col[moved++] = gram + (j + c) * stride;
		*fall += 0.5 * (step * step) / inv[c];
		const double *at = gram + (j + c) * stride + j;
		for (size_t i = c / NG_W * NG_W; i < m; i += NG_W)
			NG_STORE(near + i, NG_FUSED(NG_LOAD(at + i), (NG_V){0} - step, NG_LOAD(near + i)));
	}
	NG_ID(follow_all)(ld, moved, col, d, g - j);
	return moved;
}

// path_pass is a pass of the k paths in which. It sets out[2·l] to how many coordinates of
// path l have moved and out[2·l+1] to a lower bound of the fall of its objective.
NG_FN void NG_ID(path_pass)(size_t ld, size_t k, unsigned which, int positive, const double *gram, size_t stride,
                            const double *shared, double *restrict state, const double *param,
                            double *restrict out) {
	for (size_t l = 0; l < 2 * k; l++) out[l] = 0;
	for (size_t j = 0; j < ld; j += NG_COORDS) {
		size_t m = ld - j < NG_COORDS ? ld - j : NG_COORDS;
		for (size_t l = 0; l < k; l++)
			if (which >> l & 1)
				out[2 * l] += NG_ID(block)(ld, j, m, positive, gram, stride, shared, state + l * NG_PLANES * ld,
				                           param + l * NG_PARAMS, out + 2 * l + 1);
	}
}

// path_gap sets out to Σ g_j·w_j, Σ (Xᵀy)_j·w_j, Σ v1_j·|w_j|, Σ v2_j·w_j² and the largest
// |g_j − l2_j·w_j|/v1_j of one path.
NG_FN void NG_ID(path_gap)(size_t ld, int positive, const double *shared, const double *state, const double *param,
                           double *restrict out) {
	const double *w = state + NG_COEF * ld, *g = state + NG_GRAD * ld, *xy = shared + NG_XY * ld;
	const double *v1 = shared + NG_V1 * ld, *v2 = shared + NG_V2 * ld, *inv1 = shared + NG_INV1 * ld;
	NG_V sum[4][NG_PARTS], most[NG_PARTS];
	double lanes[8];
	for (size_t v = 0; v < NG_PARTS; v++) {
		most[v] = (NG_V){0};
		for (size_t s = 0; s < 4; s++) sum[s][v] = (NG_V){0};
	}
	for (size_t j = 0; j < ld; j += 8)
		for (size_t v = 0; v < NG_PARTS; v++) {
			size_t at = j + v * NG_W;
			NG_V coef = NG_LOAD(w + at), grad = NG_LOAD(g + at), shrunk = NG_LOAD(v2 + at) * coef;
			sum[0][v] += grad * coef;
			sum[1][v] += NG_LOAD(xy + at) * coef;
			sum[2][v] += NG_LOAD(v1 + at) * NG_ABS(coef);
			sum[3][v] += shrunk * coef;
			NG_V x = grad - param[NG_B] * shrunk;
			most[v] = NG_ID(larger)(most[v], (positive ? x : NG_ABS(x)) * NG_LOAD(inv1 + at));
		}
	for (size_t s = 0; s < 4; s++) out[s] = NG_FOLD8(sum[s]);
	for (size_t v = 0; v < NG_PARTS; v++) NG_STORE(lanes + v * NG_W, most[v]);
	out[4] = 0;
	for (size_t l = 0; l < 8; l++) out[4] = lanes[l] > out[4] ? lanes[l] : out[4];
}

#else

#define NG_KERNEL "foldpath.c"
#include "variants.h"

void ng_path_predict(int level, size_t ld, const double *gram, size_t stride, const double *shared,
                     double *restrict state, const double *param) {
	static const __typeof__(&path_predict_generic) table[NG_LEVELS] = NG_TABLE(path_predict);
	table[level](ld, gram, stride, shared, state, param);
}

void ng_path_pass(int level, size_t ld, size_t k, unsigned which, int positive, const double *gram, size_t stride,
                  const double *shared, double *restrict state, const double *param, double *restrict out) {
	static const __typeof__(&path_pass_generic) table[NG_LEVELS] = NG_TABLE(path_pass);
	table[level](ld, k, which, positive, gram, stride, shared, state, param, out);
}

void ng_path_gap(int level, size_t ld, int positive, const double *shared, const double *state, const double *param,
                 double *restrict out) {
	static const __typeof__(&path_gap_generic) table[NG_LEVELS] = NG_TABLE(path_gap);
	table[level](ld, positive, shared, state, param, out);
}

#endif
