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
//
// Paths are followed over all alphas by calls of some 20 µs (docs/PARFOR.md says why): a call goes on
// where the last one ended, at the block of a pass that run tells. Of each path, models takes, for
// groups of eight alphas, the coefficients by column and alpha, intercepts by alpha, gaps, passes and
// whether the gap has reached the target by alpha, and has room for the group at hand; lists
// takes for each group how many columns have a coefficient, and which, with p places.
#include "nogil.h"

#ifndef NG_BODY
#define NG_COORDS 16 // of a block
#define NG_PATHS 4   // lanes of a step
#define NG_REACH 512 // rows of a block's columns that the first cache holds
enum { NG_DIAG, NG_V1, NG_V2, NG_INV1, NG_XY };
enum { NG_COEF, NG_GRAD, NG_COEF0, NG_GRAD0, NG_INV, NG_PLANES };
enum { NG_A, NG_B, NG_TAU, NG_THETA, NG_PARAMS };
enum { NG_YY, NG_YMEAN, NG_TARGET, NG_AIM, NG_MOST, NG_SLOW };                       // of a plan
enum { NG_ALPHA, NG_PASSES, NG_COLUMN, NG_WHICH, NG_LATE, NG_SPARE = NG_LATE + NG_PATHS, NG_AIMS = NG_SPARE + NG_PATHS }; // of a run
enum { NG_GRID = 3 }; // numbers of an alpha: a, b and tau
// What takes the time of so many elements brought up to date: one coordinate's decision, and for each
// column of a path a prediction, a gap, and taking its model over.
#define NG_DECIDES 192
#define NG_PREDICTS 10
#define NG_GAPS 4
#define NG_TAKES 20

// NG_FOLLOW is what path_follow is given.
typedef struct {
	size_t p, ld, k, alphas, stride;
	int positive;
	const double *gram, *shared, *mean, *plan, *grid;
	double *state, *param, *out, *run, *models;
	int32_t *lists;
} NG_FOLLOW;
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
// them; a coefficient that would pass or leave zero is zero. It sets NG_INV too, and returns how many
// of those there were, each of which is a column that the gradients follow.
NG_FN size_t NG_ID(path_predict)(size_t ld, const double *gram, size_t stride, const double *shared,
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
		return 0;
	}
	for (size_t j = 0; j < ld; j += NG_W) {
		NG_V old = NG_LOAD(g + j);
		NG_STORE(g + j, old + tau * (old - NG_LOAD(g0 + j)));
		NG_STORE(g0 + j, old);
	}
	size_t n = 0, zeros = 0;
	for (size_t j = 0; j < ld; j++) {
		double old = w[j];
		if (old == 0 && w0[j] == 0) continue;
		double new = old + tau * (old - w0[j]), kept = old == 0 || new * old < 0 ? 0 : new;
		w0[j] = old, w[j] = kept;
		if (kept == new) continue;
		zeros++;
		col[n] = gram + j * stride, d[n++] = kept - new;
		if (n == 8) NG_ID(follow_all)(ld, n, col, d, g), n = 0;
	}
	NG_ID(follow_all)(ld, n, col, d, g);
	return zeros;
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
// and brings the gradients up to date: those of all paths for some rows, then for the next. It
// returns how many coefficients have moved.
NG_INLINE size_t NG_ID(block)(NG_PASS *p, size_t j, size_t m, int positive) {
	if (NG_ID(stands)(p, j, m, positive)) return 0;
	double step[NG_COORDS][NG_LANES * NG_W], d[NG_PATHS][NG_COORDS];
	const double *col[NG_PATHS][NG_COORDS];
	size_t n[NG_PATHS], all = 0;
	uint64_t bits = NG_ID(decide)(p, j, m, positive, step);
	for (size_t l = 0; l < p->k; l++) {
		n[l] = 0;
		for (uint64_t b = bits >> l & 0x1111111111111111; b; b &= b - 1) {
			size_t c = (size_t)__builtin_ctzll(b) / NG_PATHS;
			p->w[l][j + c] += step[c][l];
			d[l][n[l]] = step[c][l], col[l][n[l]++] = p->gram + (j + c) * p->stride;
		}
		p->moved[l] += n[l], all += n[l];
	}
	for (size_t row = 0; row < p->ld; row += NG_REACH) {
		size_t rows = p->ld - row < NG_REACH ? p->ld - row : NG_REACH;
		for (size_t l = 0; l < p->k; l++) {
			NG_ID(follow_all)(rows, n[l], col[l], d[l], p->g[l] + row);
			for (size_t c = 0; c < n[l]; c++) col[l][c] += rows;
		}
	}
	return all;
}

// path_pass goes on with a pass of the paths that run has by a block, and by more until the budget is
// used up, of gradients' elements to bring up to date; it reports whether it has come to its end. Then it has set out[2·l] to
// how many coordinates of path l have moved and out[2·l+1] to a lower bound of the fall of its
// objective.
NG_FN int NG_ID(path_pass)(NG_FOLLOW *f, double *budget) {
	size_t ld = f->ld, k = f->k, j = (size_t)f->run[NG_COLUMN];
	unsigned which = (unsigned)f->run[NG_WHICH];
	NG_PASS p = {.ld = ld, .k = k, .stride = f->stride, .gram = f->gram, .diag = f->shared + NG_DIAG * ld,
	             .v1 = f->shared + NG_V1 * ld, .v2 = f->shared + NG_V2 * ld};
	for (size_t l = 0; l < NG_LANES * NG_W; l++) p.theta[l] = __builtin_inf(), p.a[l] = 1;
	for (size_t l = 0; l < NG_PATHS; l++) {
		double *own = f->state + (l < k ? l : 0) * NG_PLANES * ld;
		p.w[l] = own + NG_COEF * ld, p.g[l] = own + NG_GRAD * ld, p.inv[l] = own + NG_INV * ld;
		if (l >= k) continue;
		if (j > 0) p.moved[l] = (size_t)f->out[2 * l], p.fall[l] = f->out[2 * l + 1];
		if (!(which >> l & 1)) continue;
		const double *param = f->param + l * NG_PARAMS;
		p.a[l] = param[NG_A], p.b[l] = param[NG_B], p.theta[l] = param[NG_THETA];
	}
	for (int first = 1; j < ld && (first || *budget >= 0); first = 0) {
		size_t m = ld - j < NG_COORDS ? 8 : NG_COORDS, moved;
		if (m == 8) moved = NG_ID(block)(&p, j, 8, f->positive);
		else if (f->positive) moved = NG_ID(block)(&p, j, NG_COORDS, 1);
		else moved = NG_ID(block)(&p, j, NG_COORDS, 0);
		*budget -= (double)(NG_DECIDES * m + moved * ld);
		j += m;
	}
	for (size_t l = 0; l < k; l++) f->out[2 * l] = (double)p.moved[l], f->out[2 * l + 1] = p.fall[l];
	f->run[NG_COLUMN] = j < ld ? (double)j : 0;
	return j == ld;
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

// models are those of path l, lists its lists, and NG_GROUPS how many groups of eight there are.
#undef NG_GROUPS
#define NG_GROUPS(f) (((f)->alphas + 7) / 8)
NG_INLINE double *NG_ID(models)(const NG_FOLLOW *f, size_t l) {
	return f->models + l * (8 * NG_GROUPS(f) * (f->p + 1) + 3 * f->alphas + 8 * f->p);
}
NG_INLINE int32_t *NG_ID(lists)(const NG_FOLLOW *f, size_t l) { return f->lists + l * NG_GROUPS(f) * (f->p + 1); }

// group makes group number of path l: of the first n alphas that are staged, and of zeros.
NG_FN void NG_ID(group)(const NG_FOLLOW *f, size_t l, size_t number, size_t n) {
	size_t p = f->p, groups = NG_GROUPS(f);
	double *models = NG_ID(models)(f, l), *to = models + number * 8 * p, *shift = models + 8 * groups * p + 8 * number;
	double *stage = models + 8 * groups * (p + 1) + 3 * f->alphas, less[8] = {0};
	int32_t *list = NG_ID(lists)(f, l) + number * (p + 1), count = 0;
	memset(stage + n * p, 0, (8 - n) * p * sizeof *stage);
	for (size_t j = 0; j < p; j++, to += 8) {
		int any = 0;
		for (size_t c = 0; c < 8; c++) to[c] = stage[c * p + j], any |= to[c] != 0;
		if (!any) continue;
		list[++count] = (int32_t)j;
		for (size_t c = 0; c < 8; c++) less[c] -= to[c] * f->mean[j];
	}
	list[0] = count;
	for (size_t c = 0; c < n; c++) shift[c] = f->plan[NG_YMEAN] + less[c];
}

// begin goes on to an alpha, in all paths that are not late. Where few columns have
// coefficients, so far, the aim is closer: passes cost little and much is left to explain.
NG_FN void NG_ID(begin)(NG_FOLLOW *f, size_t alpha, double *budget) {
	unsigned which = 0;
	for (size_t l = 0; l < f->k; l++) {
		if (f->run[NG_LATE + l] >= 0) continue;
		double *param = f->param + l * NG_PARAMS, care = 0;
		if (alpha >= 8 && f->p > 0) care = 8 * (double)NG_ID(lists)(f, l)[(alpha / 8 - 1) * (f->p + 1)] / (double)f->p;
		f->run[NG_AIMS + l] = f->plan[NG_AIM] * (care < 0.125 ? 0.125 : care > 1 ? 1 : care);
		f->run[NG_SPARE + l] = 0.5;
		memcpy(param, f->grid + (l * f->alphas + alpha) * NG_GRID, NG_GRID * sizeof *param);
		size_t zeros = NG_ID(path_predict)(f->ld, f->gram, f->stride, f->shared, f->state + l * NG_PLANES * f->ld, param);
		*budget -= (double)((NG_PREDICTS + zeros) * f->ld);
		which |= 1u << l;
	}
	f->run[NG_WHICH] = which, f->run[NG_PASSES] = 0;
}

// gap returns the duality gap of path l as solver.go's scaledGap does, and sets l1 to Σ l1_j·|w_j|.
// A gap of what is no number is none.
NG_FN double NG_ID(gap)(const NG_FOLLOW *f, size_t l, double *l1) {
	const double *param = f->param + l * NG_PARAMS;
	double v[5], yy = f->plan[NG_YY];
	NG_ID(path_gap)(f->ld, f->positive, f->shared, f->state + l * NG_PLANES * f->ld, param, v);
	double ry = yy - v[1], rest = ry - v[0], scale = 1;
	double ridge = (rest < 0 ? 0 : rest) + param[NG_B] * v[3];
	double most = v[4] > 0 ? param[NG_A] / v[4] : __builtin_inf(), least = f->positive ? 0 : -most;
	if (ridge > 0) scale = ry / ridge;
	if (scale > most) scale = most;
	if (scale < least) scale = least;
	*l1 = param[NG_A] * v[2];
	double gap = 0.5 * ridge + *l1 - (scale * ry - 0.5 * scale * scale * ridge);
	return gap < 0 ? 0 : gap;
}

// judge takes those paths out of which that are done with the alpha, or late: so many passes
// that they are left to another solver. It sets what the others spare in the next pass.
NG_FN void NG_ID(judge)(NG_FOLLOW *f, size_t alpha, double *budget) {
	double *run = f->run, pass = run[NG_PASSES];
	unsigned which = (unsigned)run[NG_WHICH];
	for (size_t l = 0; l < f->k; l++) {
		if (!(which >> l & 1)) continue;
		double l1, gap = NG_ID(gap)(f, l, &l1), aim = run[NG_AIMS + l], *spare = run + NG_SPARE + l;
		*budget -= (double)(NG_GAPS * f->ld);
		double *told = NG_ID(models)(f, l) + 8 * NG_GROUPS(f) * (f->p + 1) + alpha;
		int reached = gap <= f->plan[NG_TARGET], still = 0;
		told[0] = gap, told[f->alphas] = pass, told[2 * f->alphas] = reached;
		if (pass > 0) {
			double moved = f->out[2 * l], fall = f->out[2 * l + 1];
			still = *spare == 0 && (moved == 0 || fall <= 0x1p-100 * f->plan[NG_YY]);
			if (moved == 0) *spare = *spare / 8 < 1e-3 ? 0 : *spare / 8;
		}
		int slow = pass == f->plan[NG_SLOW];
		if (gap <= aim || still || pass >= f->plan[NG_MOST] || slow) {
			which &= ~(1u << l);
			if (gap <= aim || still || pass >= f->plan[NG_MOST] || reached) continue;
			run[NG_LATE + l] = (double)alpha;
			if (alpha % 8) NG_ID(group)(f, l, alpha / 8, alpha % 8);
			continue;
		}
		double theta = l1 > 0 ? *spare * aim / l1 : 0;
		f->param[l * NG_PARAMS + NG_THETA] = theta < 0.5 ? theta : 0.5;
	}
	run[NG_WHICH] = which;
}

// path_follow goes on with the paths for about budget elements of gradients to bring up to date, and
// reports whether they are at their end. However small the budget, it gets further.
NG_FN int NG_ID(path_follow)(NG_FOLLOW *f, double budget) {
	double *run = f->run;
	size_t alpha = (size_t)run[NG_ALPHA];
	for (int more = 1; more && alpha < f->alphas; more = budget >= 0) {
		if (run[NG_PASSES] < 0) NG_ID(begin)(f, alpha, &budget);
		for (;;) {
			if (run[NG_COLUMN] == 0) NG_ID(judge)(f, alpha, &budget);
			if (run[NG_WHICH] == 0) break;
			if (!NG_ID(path_pass)(f, &budget)) return 0;
			run[NG_PASSES]++;
			if (budget < 0) return 0;
		}
		for (size_t l = 0; l < f->k; l++) {
			if (run[NG_LATE + l] >= 0) continue;
			double *stage = NG_ID(models)(f, l) + 8 * NG_GROUPS(f) * (f->p + 1) + 3 * f->alphas;
			memcpy(stage + alpha % 8 * f->p, f->state + (l * NG_PLANES + NG_COEF) * f->ld, f->p * sizeof *stage);
			if (alpha % 8 == 7 || alpha + 1 == f->alphas) NG_ID(group)(f, l, alpha / 8, alpha % 8 + 1);
			budget -= (double)(NG_TAKES * f->ld);
		}
		run[NG_ALPHA] = (double)++alpha, run[NG_PASSES] = -1;
	}
	return alpha == f->alphas;
}

#else

#define NG_KERNEL "foldpath.c"
#include "variants.h"

int ng_path_follow(int level, size_t p, size_t ld, size_t k, size_t alphas, int positive, const double *gram,
                   size_t stride, const double *shared, const double *mean, const double *plan, const double *grid,
                   double *restrict state, double *restrict param, double *restrict out, double *restrict run,
                   double *restrict models, int32_t *restrict lists, double budget) {
	static const __typeof__(&path_follow_generic) table[NG_LEVELS] = NG_TABLE(path_follow);
	NG_FOLLOW f = {.p = p, .ld = ld, .k = k, .alphas = alphas, .stride = stride, .positive = positive,
	               .gram = gram, .shared = shared, .mean = mean, .plan = plan, .grid = grid,
	               .state = state, .param = param, .out = out, .run = run, .models = models, .lists = lists};
	return table[level](&f, budget);
}

#endif
