// The body of minmax.c for one element type and one instruction set. Before it stand
//
//   NG_T, NG_TI   the type, and the signed integer of its size
//   NG_BITS       the size
//   NG_FLOAT      1 for a floating-point type
//   NG_TID(f)     f with the suffixes of the type and the set
//   NG_LESSER     where the set has it: the vector of a < b ? a : b
//
// No include guard: it is meant to be included many times.

#undef NG_TW
#undef V
#undef VI
#undef M
#undef AS
#undef NG_NAN
#undef NG_SIGN
#if NG_FLOAT
#define NG_NAN(x) ((x) != (x))
#define NG_SIGN ((NG_TI)1 << (NG_BITS - 1))
#else
#define NG_NAN(x) 0
#define NG_SIGN 0
#endif
#define NG_TW (64 * NG_W / NG_BITS)
#define V NG_TID(mm_v)
#define VI NG_TID(mm_vi)
#define M NG_TID(mm_mask)
#define AS NG_TID(mm_as)
typedef NG_T V __attribute__((vector_size(8 * NG_W)));
typedef NG_TI VI __attribute__((vector_size(8 * NG_W)));

// An element x is taken as (x ^ flip) | set. flip turns a minimum into a maximum: a float's
// sign, all bits of an integer. set makes −|x| of a float.
typedef struct {
	NG_TI flip, set;
} AS;

NG_INLINE NG_T NG_TID(as1)(NG_T x, AS as) {
	NG_TI bits;
	memcpy(&bits, &x, sizeof x);
	bits = (bits ^ as.flip) | (as.set & NG_SIGN);
	memcpy(&x, &bits, sizeof x);
	return x;
}

NG_INLINE V NG_TID(load)(const NG_T *p) {
	V v;
	memcpy(&v, p, sizeof v);
	return v;
}

NG_INLINE V NG_TID(as)(const NG_T *p, AS as) {
	return (V)(((VI)NG_TID(load)(p) ^ as.flip) | (as.set & NG_SIGN));
}

// M is a truth for each lane. number is where x is no NaN, below where x is neither greater than
// nor equal to best, of those in where; pick is m ? a : b, and tally counts where m is false.
#if NG_SET == NG_AVX512
#if NG_BITS == 64
typedef __mmask8 M;
#define NG_MASKED(f) _mm512_mask_##f##_epi64
#define NG_COMPARE(k, a, b, how) _mm512_mask_cmp_pd_mask(k, (__m512d)(a), (__m512d)(b), how)
#define NG_LESS _mm512_mask_cmplt_epi64_mask
#else
typedef __mmask16 M;
#define NG_MASKED(f) _mm512_mask_##f##_epi32
#define NG_COMPARE(k, a, b, how) _mm512_mask_cmp_ps_mask(k, (__m512)(a), (__m512)(b), how)
#define NG_LESS _mm512_mask_cmplt_epi32_mask
#endif
NG_INLINE V NG_TID(pick)(M m, V a, V b) { return (V)NG_MASKED(mov)((__m512i)b, m, (__m512i)a); }
NG_INLINE VI NG_TID(picki)(M m, VI a, VI b) { return (VI)NG_MASKED(mov)((__m512i)b, m, (__m512i)a); }
NG_INLINE VI NG_TID(tally)(VI n, M m) {
	return (VI)NG_MASKED(sub)((__m512i)n, (M)~m, (__m512i)n, (__m512i)((VI){0} - 1));
}
#if NG_FLOAT
NG_INLINE M NG_TID(number)(V x) { return NG_COMPARE((M)-1, x, x, _CMP_ORD_Q); }
NG_INLINE M NG_TID(below)(M where, V x, V best) { return NG_COMPARE(where, x, best, _CMP_NGE_UQ); }
#else
NG_INLINE M NG_TID(number)(V x) { return (void)x, (M)-1; }
NG_INLINE M NG_TID(below)(M where, V x, V best) { return NG_LESS(where, (__m512i)x, (__m512i)best); }
#endif
#undef NG_MASKED
#undef NG_COMPARE
#undef NG_LESS
#else
typedef VI M;
NG_INLINE VI NG_TID(picki)(M m, VI a, VI b) { return (a & m) | (b & ~m); }
NG_INLINE V NG_TID(pick)(M m, V a, V b) { return (V)NG_TID(picki)(m, (VI)a, (VI)b); }
NG_INLINE VI NG_TID(tally)(VI n, M m) { return n + (m + 1); }
#if NG_FLOAT
NG_INLINE M NG_TID(number)(V x) { return (M)(x == x); }
NG_INLINE M NG_TID(below)(M where, V x, V best) { return where & ~(M)(x >= best); }
#else
NG_INLINE M NG_TID(number)(V x) { return (void)x, (M){0} - 1; }
NG_INLINE M NG_TID(below)(M where, V x, V best) { return where & (M)(x < best); }
#endif
#endif

NG_INLINE V NG_TID(lesser)(V a, V b) {
#ifdef NG_LESSER
	return (V)NG_LESSER(a, b);
#else
	VI mask = (VI)(a < b);
	return (V)(((VI)a & mask) | ((VI)b & ~mask));
#endif
}

// least is the minimum. Where a float is neither less nor greater, the two orders of
// lesser give both: together −0 and 0 have the bits of −0, NaN and a number those of a NaN.
NG_INLINE V NG_TID(least)(V a, V b) {
#if NG_FLOAT
	return (V)((VI)NG_TID(lesser)(a, b) | (VI)NG_TID(lesser)(b, a));
#else
	return NG_TID(lesser)(a, b);
#endif
}

NG_INLINE NG_T NG_TID(least1)(NG_T a, NG_T b) {
	if (a < b) return a;
	if (b < a) return b;
	NG_TI x, y;
	memcpy(&x, &a, sizeof a);
	memcpy(&y, &b, sizeof b);
	x |= y;
	memcpy(&a, &x, sizeof a);
	return a;
}

// before is where x takes the place of the best so far: it is less, or, where NaN counts, the
// first NaN; where NaN is skipped, any number is better than one.
NG_INLINE M NG_TID(before)(V x, V best, int skip) {
	return NG_TID(below)(NG_TID(number)(skip ? x : best), x, best);
}

NG_INLINE int NG_TID(before1)(NG_T x, NG_T best, int skip) {
	(void)skip;
	return !NG_NAN(skip ? x : best) && !(x >= best);
}

// A state is what some elements of each column come to: the best of them, where it first
// stands, if arg says so, and how many NaN there are, if they are skipped.
typedef struct {
	NG_T *best;
	NG_TI *index, *nans;
} NG_TID(state);

// take takes what x has at index into best and at, where at is before index or x is better.
NG_INLINE void NG_TID(take)(V x, VI index, int arg, int skip, V *best, VI *at) {
	if (!arg) {
		*best = NG_TID(least)(*best, x);
		return;
	}
	M take = NG_TID(before)(x, *best, skip);
	*best = NG_TID(pick)(take, x, *best);
	*at = NG_TID(picki)(take, index, *at);
}

// next is take of the elements at p, of which NaN are counted where they are skipped.
NG_INLINE void NG_TID(next)(const NG_T *p, VI index, AS as, int arg, int skip, V *best, VI *at, VI *nans) {
	V x = NG_TID(as)(p, as);
	if (skip) {
		M number = NG_TID(number)(x);
		*nans = NG_TID(tally)(*nans, number);
		if (!arg) x = NG_TID(pick)(number, x, (V){0} + (NG_T)NG_TOP);
	}
	NG_TID(take)(x, index, arg, skip, best, at);
}

// next1 is next of one element, for column j of to.
NG_INLINE void NG_TID(next1)(NG_T x, size_t i, AS as, int arg, int skip, const NG_TID(state) *to, size_t j) {
	x = NG_TID(as1)(x, as);
	if (skip && NG_NAN(x))
		to->nans[j]++;
	else if (!arg)
		to->best[j] = NG_TID(least1)(to->best[j], x);
	else if (NG_TID(before1)(x, to->best[j], skip))
		to->best[j] = x, to->index[j] = (NG_TI)i;
}

// merge1 takes the best x of other rows of column j into to; of equals the first counts.
NG_INLINE void NG_TID(merge1)(NG_T x, size_t i, int arg, int skip, const NG_TID(state) *to, size_t j) {
	NG_T b = to->best[j];
	int tie = x == b || (NG_NAN(x) && NG_NAN(b));
	if (!arg)
		to->best[j] = NG_TID(least1)(b, x);
	else if (NG_TID(before1)(x, b, skip) || (tie && (NG_TI)i < to->index[j]))
		to->best[j] = x, to->index[j] = (NG_TI)i;
}

// begin makes n columns of to begin with those of the row a, or with the minimum of nothing.
NG_INLINE void NG_TID(begin)(size_t n, const NG_T *a, AS as, int arg, int skip, const NG_TID(state) *to) {
	for (size_t j = 0; j < n; j++) to->best[j] = arg ? NG_TID(as1)(a[j], as) : (NG_T)NG_TOP;
	if (arg) memset(to->index, 0, n * sizeof *to->index);
	if (skip) memset(to->nans, 0, n * sizeof *to->nans);
}

// group takes the n ≤ 8 rows from i on, the first of which is a, into to, the lanes being
// columns, and fetches the eight rows that follow, which are one stream where rows are short.
NG_INLINE void NG_TID(group)(size_t n, size_t cols, size_t stride, const NG_T *a, size_t i, AS as, int arg,
                             int skip, const NG_TID(state) *to) {
	const int short_rows = stride == cols && cols <= NG_MOST;
	size_t j = 0;
	for (; j + NG_TW <= cols; j += NG_TW) {
		const NG_T *next = a + 8 * stride + (short_rows ? 8 * j : j);
		const size_t apart = short_rows ? NG_TW : stride;
		V best = NG_TID(load)(to->best + j);
		VI at = {0}, nans = {0};
		if (arg) memcpy(&at, to->index + j, sizeof at);
		if (skip) memcpy(&nans, to->nans + j, sizeof nans);
		for (size_t k = 0; k < n; k++) {
			__builtin_prefetch(next + k * apart);
			NG_TID(next)(a + k * stride + j, (VI){0} + (NG_TI)(i + k), as, arg, skip, &best, &at, &nans);
		}
		memcpy(to->best + j, &best, sizeof best);
		if (arg) memcpy(to->index + j, &at, sizeof at);
		if (skip) memcpy(to->nans + j, &nans, sizeof nans);
	}
	for (; j < cols; j++)
		for (size_t k = 0; k < n; k++) NG_TID(next1)(a[k * stride + j], i + k, as, arg, skip, to, j);
}

// column takes one contiguous column: four quarters at once, because one stream alone does not
// reach the memory's speed. Each lane keeps its own first, and the first of them wins. At the
// end of a quarter it fetches from that of the column which begins next elements after a.
NG_INLINE void NG_TID(column)(size_t n, const NG_T *a, size_t next, AS as, int arg, int skip,
                              const NG_TID(state) *to, size_t j) {
	const size_t quarter = n / (4 * NG_TW) * NG_TW, far = NG_AHEAD / sizeof *a;
	const size_t ahead = quarter < far ? quarter : far;
	V best[4];
	VI at[4] = {{0}}, nans = {0}, here = {0};
	if (quarter > 0) {
		for (size_t s = 0; s < 4; s++)
			best[s] = arg ? NG_TID(as)(a + s * quarter, as) : (V){0} + (NG_T)NG_TOP;
		for (size_t k = 0; k < quarter; k += NG_TW, here += NG_TW) {
			size_t fetch = k + ahead < quarter ? ahead : ahead + next - quarter;
			for (size_t s = 0; s < 4; s++) {
				const NG_T *p = a + s * quarter + k;
				__builtin_prefetch(p + fetch);
				NG_TID(next)(p, here, as, arg, skip, &best[s], &at[s], &nans);
			}
		}
		for (size_t s = 1; s < 4; s++)
			NG_TID(take)(best[s], at[s] + (NG_TI)(s * quarter), arg, skip, &best[0], &at[0]);
		for (size_t l = 0; l < NG_TW; l++) {
			NG_TID(merge1)(best[0][l], (size_t)at[0][l] + l, arg, skip, to, j);
			if (skip) to->nans[j] += nans[l];
		}
	}
	for (size_t i = 4 * quarter; i < n; i++) NG_TID(next1)(a[i], i, as, arg, skip, to, j);
}

typedef void NG_TID(group_fn)(size_t n, size_t cols, size_t stride, const NG_T *a, size_t i, AS as,
                              const NG_TID(state) *to);
typedef void NG_TID(column_fn)(size_t n, const NG_T *a, size_t next, AS as, const NG_TID(state) *to, size_t j);

#define NG_KIND(name, arg, skip)                                                                           \
	NG_FN __attribute__((noinline)) void NG_TID(group_##name)(size_t n, size_t cols, size_t stride,    \
	                                                          const NG_T *a, size_t i, AS as,          \
	                                                          const NG_TID(state) *to) {               \
		NG_TID(group)(n < 8 ? n : 8, cols, stride, a, i, as, arg, skip, to);                       \
	}                                                                                                  \
	NG_FN __attribute__((noinline)) void NG_TID(column_##name)(                                        \
		size_t n, const NG_T *a, size_t next, AS as, const NG_TID(state) *to, size_t j) {          \
		NG_TID(column)(n, a, next, as, arg, skip, to, j);                                          \
	}
NG_KIND(min, 0, 0)
NG_KIND(arg, 1, 0)
#if NG_FLOAT
NG_KIND(nan_min, 0, 1)
NG_KIND(nan_arg, 1, 1)
#endif
#undef NG_KIND

// narrow takes the first rows of a matrix of few columns and no gap between its rows, and
// returns how many. As many rows as make whole vectors are one row of n elements, and it is
// read at four places, eight such rows at each.
NG_FN __attribute__((noinline)) size_t NG_TID(narrow)(size_t rows, size_t cols, const NG_T *a, AS as, int arg,
                                                      int skip, NG_TID(group_fn) *group,
                                                      const NG_TID(state) *to) {
	size_t k = NG_TW; // the least with k·cols a multiple of NG_TW
	while (k % 2 == 0 && k / 2 * cols % NG_TW == 0) k /= 2;
	const size_t n = k * cols, part = rows / (4 * 8 * k) * 8 * k;
	if (cols >= NG_NARROW || n > NG_MOST || part == 0) return 0;
	NG_T best[4 * NG_MOST];
	NG_TI index[4 * NG_MOST], nans[4 * NG_MOST];
	NG_TID(state) place[4];
	for (size_t s = 0; s < 4; s++) {
		place[s] = (NG_TID(state)){best + s * n, index + s * n, nans + s * n};
		NG_TID(begin)(n, a + s * part * cols, as, arg, skip, &place[s]);
	}
	for (size_t i = 0; i < part; i += 8 * k)
		for (size_t s = 0; s < 4; s++) group(8, n, n, a + (s * part + i) * cols, i / k, as, &place[s]);
	for (size_t e = 0; e < 4 * n; e++) {
		size_t row = e / n * part + (arg ? (size_t)index[e] * k : 0) + e % n / cols;
		NG_TID(merge1)(best[e], row, arg, skip, to, e % cols);
		if (skip) to->nans[e % cols] += nans[e];
	}
	return 4 * part;
}

// extreme sets best, the bits of index and those of nans to what each column comes to.
NG_FN void NG_TID(extreme)(const ng_extreme *q) {
	const NG_T *a = q->a;
	const NG_TI flip = q->of > 0 ? NG_FLIP : 0;
	const AS as = {q->of == 1 ? flip : 0, q->of == 2 ? flip : 0};
	const int arg = q->index != NULL, skip = NG_FLOAT && q->nans;
#if NG_FLOAT
	NG_TID(group_fn) *group = arg ? (skip ? NG_TID(group_nan_arg) : NG_TID(group_arg))
	                              : (skip ? NG_TID(group_nan_min) : NG_TID(group_min));
	NG_TID(column_fn) *column = arg ? (skip ? NG_TID(column_nan_arg) : NG_TID(column_arg))
	                                : (skip ? NG_TID(column_nan_min) : NG_TID(column_min));
#else
	NG_TID(group_fn) *group = arg ? NG_TID(group_arg) : NG_TID(group_min);
	NG_TID(column_fn) *column = arg ? NG_TID(column_arg) : NG_TID(column_min);
#endif
	const NG_TID(state) to = {q->best, (NG_TI *)q->index, (NG_TI *)q->nans};
	if (q->by_rows) {
		NG_TID(begin)(q->cols, a, as, arg, skip, &to);
		size_t i = q->stride == q->cols ? NG_TID(narrow)(q->rows, q->cols, a, as, arg, skip, group, &to) : 0;
		for (; i < q->rows; i += 8)
			group(q->rows - i, q->cols, q->stride, a + i * q->stride, i, as, &to);
	}
	for (size_t j = 0; !q->by_rows && j < q->cols; j++, a += q->stride) {
		NG_TID(state) one = {to.best + j, arg ? to.index + j : NULL, skip ? to.nans + j : NULL};
		NG_TID(begin)(1, a, as, arg, skip, &one);
		column(q->rows, a, q->stride, as, &one, 0);
	}
	for (size_t j = 0; j < q->cols; j++) {
		if (arg && skip && NG_NAN(to.best[j])) to.index[j] = -1;
		to.best[j] = NG_TID(as1)(to.best[j], (AS){flip, 0});
	}
	if (arg) ng_widen(q->cols, sizeof(NG_TI), q->index);
	if (q->nans && !NG_FLOAT) memset(q->nans, 0, q->cols * sizeof *q->nans);
	if (skip) ng_widen(q->cols, sizeof(NG_TI), q->nans);
}
