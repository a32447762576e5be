// The body of minmax.c for one element type and one instruction set. Before it stand
//
//   NG_T, NG_TI   the type, and the signed integer of its size
//   NG_FLOAT      1 for a floating-point type
//   NG_TID(f)     f with the suffixes of the type and the set
//   NG_LESSER     where the set has it: the vector of a < b ? a : b
//
// No include guard: it is meant to be included many times.

#undef NG_TW
#undef V
#undef VI
#undef NG_NAN
#if NG_FLOAT
#define NG_NAN(x) ((x) != (x))
#else
#define NG_NAN(x) 0
#endif
#define NG_TW (8 * NG_W / sizeof(NG_T))
#define V NG_TID(mm_v)
#define VI NG_TID(mm_vi)
typedef NG_T V __attribute__((vector_size(8 * NG_W)));
typedef NG_TI VI __attribute__((vector_size(8 * NG_W)));

// flip1 and flip turn a minimum into a maximum: a float's sign, all bits of an integer.
NG_INLINE NG_T NG_TID(flip1)(NG_T x, NG_TI flip) {
	NG_TI bits;
	memcpy(&bits, &x, sizeof x);
	bits ^= flip;
	memcpy(&x, &bits, sizeof x);
	return x;
}

NG_INLINE V NG_TID(flip)(const NG_T *p, NG_TI flip) {
	V v;
	memcpy(&v, p, sizeof v);
	return (V)((VI)v ^ flip);
}

NG_INLINE V NG_TID(choose)(VI mask, V a, V b) {
	return (V)(((VI)a & mask) | ((VI)b & ~mask));
}

NG_INLINE V NG_TID(lesser)(V a, V b) {
#ifdef NG_LESSER
	return (V)NG_LESSER(a, b);
#else
	return NG_TID(choose)((VI)(a < b), a, b);
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

// pass makes NaN the identity and counts it.
NG_INLINE V NG_TID(pass)(V x, VI *nans) {
#if NG_FLOAT
	VI nan = (VI)(x != x);
	*nans -= nan;
	x = NG_TID(choose)(nan, (V){0} + (NG_T)NG_TOP, x);
#endif
	(void)nans;
	return x;
}

// min_group takes n ≤ 8 rows into dst and nans, the lanes being columns.
NG_INLINE void NG_TID(min_group)(size_t n, size_t cols, size_t stride, const NG_T *a, NG_TI flip,
                                 int skip, NG_T *restrict dst, NG_TI *restrict nans) {
	size_t j = 0;
	for (; j + NG_TW <= cols; j += NG_TW) {
		V m = NG_TID(flip)(dst + j, 0);
		VI count = {0};
		if (skip) memcpy(&count, nans + j, sizeof count);
		for (size_t k = 0; k < n; k++) {
			V x = NG_TID(flip)(a + k * stride + j, flip);
			m = NG_TID(least)(m, skip ? NG_TID(pass)(x, &count) : x);
		}
		memcpy(dst + j, &m, sizeof m);
		if (skip) memcpy(nans + j, &count, sizeof count);
	}
	for (; j < cols; j++)
		for (size_t k = 0; k < n; k++) {
			NG_T x = NG_TID(flip1)(a[k * stride + j], flip);
			if (skip && NG_NAN(x))
				nans[j]++;
			else
				dst[j] = NG_TID(least1)(dst[j], x);
		}
}

NG_INLINE void NG_TID(min_rows)(size_t rows, size_t cols, size_t stride, const NG_T *a, NG_TI flip,
                                int skip, NG_T *restrict dst, NG_TI *restrict nans) {
	for (size_t j = 0; j < cols; j++) dst[j] = (NG_T)NG_TOP;
	if (skip) memset(nans, 0, cols * sizeof *nans);
	size_t i = 0;
	for (; i + 8 <= rows; i += 8)
		NG_TID(min_group)(8, cols, stride, a + i * stride, flip, skip, dst, nans);
	if (i < rows) NG_TID(min_group)(rows - i, cols, stride, a + i * stride, flip, skip, dst, nans);
	for (size_t j = 0; j < cols; j++) dst[j] = NG_TID(flip1)(dst[j], flip);
}

// min_col takes one contiguous column: four quarters at once, because one stream alone
// does not reach the memory's speed.
NG_INLINE NG_T NG_TID(min_col)(size_t n, const NG_T *a, NG_TI flip, int skip, NG_TI *nans) {
	NG_T m = (NG_T)NG_TOP;
	NG_TI none = 0;
	size_t quarter = n / (4 * NG_TW) * NG_TW, i = 4 * quarter;
	if (quarter > 0) {
		V best[4], top = (V){0} + m;
		VI count[4] = {{0}};
		for (size_t s = 0; s < 4; s++) best[s] = top;
		for (size_t k = 0; k < quarter; k += NG_TW)
			for (size_t s = 0; s < 4; s++) {
				const NG_T *p = a + s * quarter + k;
				__builtin_prefetch((const char *)p + NG_AHEAD);
				V x = NG_TID(flip)(p, flip);
				best[s] = NG_TID(least)(best[s], skip ? NG_TID(pass)(x, &count[s]) : x);
			}
		V v = NG_TID(least)(NG_TID(least)(best[0], best[1]), NG_TID(least)(best[2], best[3]));
		VI c = count[0] + count[1] + count[2] + count[3];
		for (size_t l = 0; l < NG_TW; l++) {
			m = NG_TID(least1)(m, v[l]);
			none += c[l];
		}
	}
	for (; i < n; i++) {
		NG_T x = NG_TID(flip1)(a[i], flip);
		if (skip && NG_NAN(x))
			none++;
		else
			m = NG_TID(least1)(m, x);
	}
	if (skip) *nans = none;
	return NG_TID(flip1)(m, flip);
}

NG_INLINE void NG_TID(min_cols)(size_t rows, size_t cols, size_t stride, const NG_T *a, NG_TI flip,
                                int skip, NG_T *restrict dst, NG_TI *restrict nans) {
	for (size_t j = 0; j < cols; j++)
		dst[j] = NG_TID(min_col)(rows, a + j * stride, flip, skip, nans + (skip ? j : 0));
}

// before says that x takes the place of the best so far: it is less, or, where NaN counts,
// the first NaN; where NaN is skipped, any number is better than one.
NG_INLINE int NG_TID(before1)(NG_T x, NG_T best, int skip) {
	(void)skip;
	return !NG_NAN(skip ? x : best) && !(x >= best);
}

NG_INLINE VI NG_TID(before)(V x, V best, int skip) {
#if NG_FLOAT
	return (skip ? (VI)(x == x) : (VI)(best == best)) & ~(VI)(x >= best);
#else
	(void)skip;
	return (VI)(x < best);
#endif
}

NG_INLINE void NG_TID(arg_group)(size_t n, size_t cols, size_t stride, const NG_T *a, size_t i,
                                 NG_TI flip, int skip, NG_T *restrict best, NG_TI *restrict index) {
	size_t j = 0;
	for (; j + NG_TW <= cols; j += NG_TW) {
		V b = NG_TID(flip)(best + j, 0);
		VI at;
		memcpy(&at, index + j, sizeof at);
		for (size_t k = 0; k < n; k++) {
			V x = NG_TID(flip)(a + k * stride + j, flip);
			VI take = NG_TID(before)(x, b, skip), here = (VI){0} + (NG_TI)(i + k);
			b = NG_TID(choose)(take, x, b);
			at = (here & take) | (at & ~take);
		}
		memcpy(best + j, &b, sizeof b);
		memcpy(index + j, &at, sizeof at);
	}
	for (; j < cols; j++)
		for (size_t k = 0; k < n; k++) {
			NG_T x = NG_TID(flip1)(a[k * stride + j], flip);
			if (NG_TID(before1)(x, best[j], skip)) best[j] = x, index[j] = (NG_TI)(i + k);
		}
}

NG_INLINE void NG_TID(arg_rows)(size_t rows, size_t cols, size_t stride, const NG_T *a, NG_TI flip,
                                int skip, NG_T *restrict best, NG_TI *restrict index) {
	for (size_t j = 0; j < cols; j++) best[j] = NG_TID(flip1)(a[j], flip), index[j] = 0;
	size_t i = 1;
	for (; i + 8 <= rows; i += 8)
		NG_TID(arg_group)(8, cols, stride, a + i * stride, i, flip, skip, best, index);
	if (i < rows)
		NG_TID(arg_group)(rows - i, cols, stride, a + i * stride, i, flip, skip, best, index);
}

// arg_col is min_col with indices: each lane keeps its own first, and the first of them wins.
NG_INLINE void NG_TID(arg_col)(size_t n, const NG_T *a, NG_TI flip, int skip, NG_T *restrict best,
                               NG_TI *restrict index) {
	NG_T b = NG_TID(flip1)(a[0], flip);
	NG_TI at = 0;
	size_t quarter = n / (4 * NG_TW) * NG_TW, i = 4 * quarter;
	if (quarter > 0) {
		V lane[4];
		VI first[4], here = {0}, step = (VI){0} + (NG_TI)NG_TW;
		for (size_t s = 0; s < 4; s++) {
			lane[s] = NG_TID(flip)(a + s * quarter, flip);
			first[s] = here;
		}
		for (size_t k = NG_TW; k < quarter; k += NG_TW) {
			here += step;
			for (size_t s = 0; s < 4; s++) {
				const NG_T *p = a + s * quarter + k;
				__builtin_prefetch((const char *)p + NG_AHEAD);
				V x = NG_TID(flip)(p, flip);
				VI take = NG_TID(before)(x, lane[s], skip);
				lane[s] = NG_TID(choose)(take, x, lane[s]);
				first[s] = (here & take) | (first[s] & ~take);
			}
		}
		for (size_t s = 0; s < 4; s++)
			for (size_t l = 0; l < NG_TW; l++) {
				NG_T x = lane[s][l];
				NG_TI k = first[s][l] + (NG_TI)(s * quarter + l);
				int tie = x == b || (NG_NAN(x) && NG_NAN(b));
				if (NG_TID(before1)(x, b, skip) || (tie && k < at)) b = x, at = k;
			}
	}
	for (; i < n; i++) {
		NG_T x = NG_TID(flip1)(a[i], flip);
		if (NG_TID(before1)(x, b, skip)) b = x, at = (NG_TI)i;
	}
	*best = b, *index = at;
}

NG_INLINE void NG_TID(arg_cols)(size_t rows, size_t cols, size_t stride, const NG_T *a, NG_TI flip,
                                int skip, NG_T *restrict best, NG_TI *restrict index) {
	for (size_t j = 0; j < cols; j++)
		NG_TID(arg_col)(rows, a + j * stride, flip, skip, best + j, index + j);
}

NG_FN void NG_TID(min)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a, int max,
                       int skip, void *restrict dst, void *restrict nans) {
	NG_TI flip = max ? NG_FLIP : 0;
	if (by_rows && skip)
		NG_TID(min_rows)(rows, cols, stride, a, flip, NG_FLOAT, dst, nans);
	else if (by_rows)
		NG_TID(min_rows)(rows, cols, stride, a, flip, 0, dst, nans);
	else if (skip)
		NG_TID(min_cols)(rows, cols, stride, a, flip, NG_FLOAT, dst, nans);
	else
		NG_TID(min_cols)(rows, cols, stride, a, flip, 0, dst, nans);
	if (skip) ng_widen(cols, sizeof(NG_TI), nans);
}

NG_FN void NG_TID(arg)(int by_rows, size_t rows, size_t cols, size_t stride, const void *a, int max,
                       int skip, void *restrict best, void *restrict index) {
	NG_TI flip = max ? NG_FLIP : 0;
	if (by_rows && skip)
		NG_TID(arg_rows)(rows, cols, stride, a, flip, NG_FLOAT, best, index);
	else if (by_rows)
		NG_TID(arg_rows)(rows, cols, stride, a, flip, 0, best, index);
	else if (skip)
		NG_TID(arg_cols)(rows, cols, stride, a, flip, NG_FLOAT, best, index);
	else
		NG_TID(arg_cols)(rows, cols, stride, a, flip, 0, best, index);
	NG_T *b = best;
	NG_TI *at = index;
	for (size_t j = 0; j < cols; j++) {
		if (skip && NG_NAN(b[j])) at[j] = -1;
		b[j] = NG_TID(flip1)(b[j], flip);
	}
	ng_widen(cols, sizeof(NG_TI), index);
}
