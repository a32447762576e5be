// Coordinate descent for several paths at once on one Gram matrix: the l1_ratios of one fold
// of a cross-validation. The matrix lies in L2 at best: a column that moves the first of them
// is in L1 for the others.
//
// Columns come in blocks of 16. A block's coordinates are gone through one by one, exactly, with
// the paths as the lanes of a vector: each step is a chain of a fused product, a minimum, a
// maximum, a comparison and a product for the gradients of the coordinates after it, without
// a branch, and takes as long for four paths as for one. (Path by path it was two thirds of the
// time, half of that for branches that nothing predicts.) Then all gradients of a path follow,
// once for the block, in fused steps in the order of the columns. So the bits of a path depend on
// neither the other paths nor the level nor the blocks.
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
#define NG_PATHS 4   // lanes of a step
#define NG_REACH 512 // rows of a block's columns that the first cache holds
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

// larger is the larger of a and b, a where b is NaN; smaller is the smaller one.
NG_INLINE NG_V NG_ID(larger)(NG_V a, NG_V b) {
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_max_pd((__m512d)b, (__m512d)a);
#elif NG_SET == NG_AVX2
	return (NG_V)_mm256_max_pd((__m256d)b, (__m256d)a);
#else
	NG_VI up = (NG_VI)(b > a);
	return (NG_V)((up & (NG_VI)b) | (~up & (NG_VI)a));
#endif
}

NG_INLINE NG_V NG_ID(smaller)(NG_V a, NG_V b) {
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_min_pd((__m512d)b, (__m512d)a);
#elif NG_SET == NG_AVX2
	return (NG_V)_mm256_min_pd((__m256d)b, (__m256d)a);
#else
	NG_VI down = (NG_VI)(b < a);
	return (NG_V)((down & (NG_VI)b) | (~down & (NG_VI)a));
#endif
}

// beyond is v in the lanes where |v| > least, and 0 in the others; on gets a bit for each lane of
// the first kind.
NG_INLINE NG_V NG_ID(beyond)(NG_V v, NG_V least, unsigned *on) {
	NG_V size = NG_ABS(v);
#if NG_SET == NG_AVX512
	__mmask8 m = _mm512_cmp_pd_mask((__m512d)size, (__m512d)least, _CMP_GT_OQ);
	*on = m;
	return (NG_V)_mm512_maskz_mov_pd(m, (__m512d)v);
#elif NG_SET == NG_AVX2
	__m256d m = _mm256_cmp_pd((__m256d)size, (__m256d)least, _CMP_GT_OQ);
	*on = (unsigned)_mm256_movemask_pd(m);
	return (NG_V)_mm256_and_pd(m, (__m256d)v);
#else
	NG_VI m = (NG_VI)(size > least);
	*on = (unsigned)(m[0] & 1) | (unsigned)(m[1] & 2);
	return (NG_V)(m & (NG_VI)v);
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

// NG_STEPS is what decides a step of coordinates with coefficients w and penalties l1: as a
// function of the gradient g the step is, in exact numbers, S(g + G_jj·w, l1)·inv − w, which is
// the middle one of three: g·inv + low, g·inv + high and −w.
#undef NG_STEPS
#define NG_STEPS NG_ID(ng_steps)
typedef struct {
	NG_V inv, low, high, stay, least; // stay is −w; a step is above least or not done
} NG_STEPS;

NG_INLINE NG_STEPS NG_ID(steps)(NG_V w, NG_V diag, NG_V inv, NG_V l1, NG_V theta) {
	NG_V u = diag * w;
	return (NG_STEPS){inv, (u - l1) * inv - w, (u + l1) * inv - w, -w, theta * l1 * inv};
}

NG_INLINE NG_V NG_ID(step)(const NG_STEPS *s, NG_V g, int positive, unsigned *on) {
	NG_V most = s->stay;
	if (!positive) most = NG_ID(smaller)(most, NG_FUSED(g, s->inv, s->high));
	return NG_ID(beyond)(NG_ID(larger)(most, NG_FUSED(g, s->inv, s->low)), s->least, on);
}

// A pass under way. Lanes without a path have a theta of infinity, so that nothing moves.
#undef NG_PASS
#undef NG_LANES
#define NG_LANES ((NG_PATHS + NG_W - 1) / NG_W) // vectors for a lane a path
#define NG_PASS NG_ID(ng_pass)
typedef struct {
	size_t ld, k, stride;
	const double *gram, *diag, *v1, *v2;
	double *w[NG_PATHS], *g[NG_PATHS];
	const double *inv[NG_PATHS];
	double a[NG_LANES * NG_W], b[NG_LANES * NG_W], theta[NG_LANES * NG_W], fall[NG_LANES * NG_W];
	size_t moved[NG_PATHS];
} NG_PASS;

// stands reports that no coordinate from j to j+m−1 would move in any path.
NG_INLINE int NG_ID(stands)(const NG_PASS *p, size_t j, size_t m, int positive) {
	unsigned any = 0;
	for (size_t l = 0; l < p->k; l++)
		for (size_t i = j; i < j + m; i += NG_W) {
			unsigned on;
			NG_STEPS s = NG_ID(steps)(NG_LOAD(p->w[l] + i), NG_LOAD(p->diag + i), NG_LOAD(p->inv[l] + i),
			                          p->a[l] * NG_LOAD(p->v1 + i), p->theta[l] - (NG_V){0});
			NG_ID(step)(&s, NG_LOAD(p->g[l] + i), positive, &on);
			any |= on;
		}
	return !any;
}

// lanes puts element i of the first NG_W arrays from path l on side by side.
NG_INLINE NG_V NG_ID(lanes)(double *const *from, size_t l, size_t i) {
	NG_V v = {0};
	for (size_t lane = 0; lane < NG_W && l + lane < NG_PATHS; lane++) v[lane] = from[l + lane][i];
	return v;
}

// decide goes through m coordinates from j on, 8 or 16, which is constant at every call. It sets
// step to what each path does, by coordinate, and returns four bits for each: which paths move.
NG_INLINE uint64_t NG_ID(decide)(NG_PASS *p, size_t j, size_t m, int positive, double step[][NG_LANES * NG_W]) {
	NG_V near[NG_COORDS][NG_LANES], fall[NG_LANES];
	NG_STEPS s[NG_COORDS][NG_LANES];
	for (size_t v = 0; v < NG_LANES; v++) {
		size_t l = v * NG_W;
		fall[v] = NG_LOAD(p->fall + l);
		for (size_t c = 0; c < m; c++) {
			near[c][v] = NG_ID(lanes)(p->g, l, j + c);
			s[c][v] = NG_ID(steps)(NG_ID(lanes)(p->w, l, j + c), p->diag[j + c] - (NG_V){0},
			                       NG_ID(lanes)((double *const *)p->inv, l, j + c), NG_LOAD(p->a + l) * p->v1[j + c],
			                       NG_LOAD(p->theta + l));
		}
	}
	uint64_t bits = 0;
#pragma GCC unroll 16
	for (size_t c = 0; c < m; c++) {
		const double *column = p->gram + (j + c) * p->stride + j;
		for (size_t v = 0; v < NG_LANES; v++) {
			unsigned on;
			NG_V d = NG_ID(step)(&s[c][v], near[c][v], positive, &on), less = -d;
			bits |= (uint64_t)on << (NG_PATHS * c + v * NG_W);
			NG_STORE(step[c] + v * NG_W, d);
			fall[v] += 0.5 * (d * d) * (p->diag[j + c] + NG_LOAD(p->b + v * NG_W) * p->v2[j + c]);
#pragma GCC unroll 16
			for (size_t i = c + 1; i < m; i++) near[i][v] = NG_FUSED(column[i] - (NG_V){0}, less, near[i][v]);
		}
	}
	for (size_t v = 0; v < NG_LANES; v++) NG_STORE(p->fall + v * NG_W, fall[v]);
	return bits;
}

// block goes through m coordinates from j on, which is constant at every call, unless none moves,
// and brings the gradients up to date: those of all paths for some rows, then for the next.
NG_INLINE void NG_ID(block)(NG_PASS *p, size_t j, size_t m, int positive) {
	if (NG_ID(stands)(p, j, m, positive)) return;
	double step[NG_COORDS][NG_LANES * NG_W], d[NG_PATHS][NG_COORDS];
	const double *col[NG_PATHS][NG_COORDS];
	size_t n[NG_PATHS];
	uint64_t bits = NG_ID(decide)(p, j, m, positive, step);
	for (size_t l = 0; l < p->k; l++) {
		n[l] = 0;
		for (uint64_t b = bits >> l & 0x1111111111111111; b; b &= b - 1) {
			size_t c = (size_t)__builtin_ctzll(b) / NG_PATHS;
			p->w[l][j + c] += step[c][l];
			d[l][n[l]] = step[c][l], col[l][n[l]++] = p->gram + (j + c) * p->stride;
		}
		p->moved[l] += n[l];
	}
	for (size_t row = 0; row < p->ld; row += NG_REACH) {
		size_t rows = p->ld - row < NG_REACH ? p->ld - row : NG_REACH;
		for (size_t l = 0; l < p->k; l++) {
			NG_ID(follow_all)(rows, n[l], col[l], d[l], p->g[l] + row);
			for (size_t c = 0; c < n[l]; c++) col[l][c] += rows;
		}
	}
}

// path_pass is a pass of the k paths in which. It sets out[2·l] to how many coordinates of
// path l have moved and out[2·l+1] to a lower bound of the fall of its objective.
NG_FN void NG_ID(path_pass)(size_t ld, size_t k, unsigned which, int positive, const double *gram, size_t stride,
                            const double *shared, double *restrict state, const double *param,
                            double *restrict out) {
	NG_PASS p = {.ld = ld, .k = k, .stride = stride, .gram = gram, .diag = shared + NG_DIAG * ld,
	             .v1 = shared + NG_V1 * ld, .v2 = shared + NG_V2 * ld};
	for (size_t l = 0; l < NG_LANES * NG_W; l++) p.theta[l] = __builtin_inf(), p.a[l] = 1;
	for (size_t l = 0; l < NG_PATHS; l++) {
		double *own = state + (l < k ? l : 0) * NG_PLANES * ld;
		p.w[l] = own + NG_COEF * ld, p.g[l] = own + NG_GRAD * ld, p.inv[l] = own + NG_INV * ld;
		if (l >= k || !(which >> l & 1)) continue;
		const double *own_param = param + l * NG_PARAMS;
		p.a[l] = own_param[NG_A], p.b[l] = own_param[NG_B], p.theta[l] = own_param[NG_THETA];
	}
	size_t j = 0;
	for (; j + NG_COORDS <= ld; j += NG_COORDS) {
		if (positive) NG_ID(block)(&p, j, NG_COORDS, 1);
		else NG_ID(block)(&p, j, NG_COORDS, 0);
	}
	if (j < ld) NG_ID(block)(&p, j, 8, positive);
	for (size_t l = 0; l < k; l++) out[2 * l] = (double)p.moved[l], out[2 * l + 1] = p.fall[l];
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
