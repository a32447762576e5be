// Curves of the elliptic curve method (Lenstra 1987) for moduli in lanes, two of the scalar
// unit or eight of a vector: the body is included once for each. It needs
//
//   NG_E(f)   the name f of this instance
//   NG_FN     static, and the target attribute of the instance; NG_INLINE with it
//   NG_LANES  how many there are
//   NG_FE     a residue in Montgomery form for each
//   NG_FIELD  what the arithmetic needs, and one
//   NG_WORD   a plain number below 2^64 for each
//
// and mul, sqr, add, sub, load (into Montgomery form), inverse, gcd, field, word, words and
// store under those names.
// Differences are of products only, and what enters a product is a sum or difference of
// two products: then lanes need not reduce sums.
//
// The curve is Suyama's with parameter sigma, whose order 12 divides, in Montgomery's
// form (Montgomery 1987; Zimmermann and Dodson 2006). Stage 1 is a ladder over the bits
// of lcm(1…B1) from a point with z = 1, 10 products a bit. Stage 2 meets each prime up to
// 210·giants + 105 as 210·i ± j with j < 105 prime to 210. All points are first brought to
// one z, by 4 products each and no inversion, so that a pair costs a subtraction and one
// product. A lane that has met a factor of its modulus shows it in the greatest common
// divisor at the end.

typedef struct {
	NG_FE x, z;
} NG_E(point);
#define NG_POINT NG_E(point)

NG_INLINE NG_POINT NG_E(twice)(const NG_FIELD *f, NG_FE a24, NG_POINT p) {
	NG_FE s = NG_E(sqr)(f, NG_E(add)(f, p.x, p.z)), d = NG_E(sqr)(f, NG_E(sub)(f, p.x, p.z));
	NG_FE t = NG_E(sub)(f, s, d);
	return (NG_POINT){NG_E(mul)(f, s, d),
	                  NG_E(mul)(f, t, NG_E(add)(f, d, NG_E(mul)(f, a24, t)))};
}

// plus is p + q, where d = p − q.
NG_INLINE NG_POINT NG_E(plus)(const NG_FIELD *f, NG_POINT p, NG_POINT q, NG_POINT d) {
	NG_FE a = NG_E(mul)(f, NG_E(sub)(f, p.x, p.z), NG_E(add)(f, q.x, q.z));
	NG_FE b = NG_E(mul)(f, NG_E(add)(f, p.x, p.z), NG_E(sub)(f, q.x, q.z));
	return (NG_POINT){NG_E(mul)(f, d.z, NG_E(sqr)(f, NG_E(add)(f, a, b))),
	                  NG_E(mul)(f, d.x, NG_E(sqr)(f, NG_E(sub)(f, a, b)))};
}

// suyama sets the curve and its first point: u = σ²−5, v = 4σ, x = (u/v)³ and
// a24 = (A+2)/4 = (v−u)³(3u+v) / (16u³v).
NG_FN void NG_E(suyama)(const NG_FIELD *f, NG_WORD sigma, NG_FE *x, NG_FE *a24) {
	NG_FE s = NG_E(load)(f, sigma), four = NG_E(load)(f, NG_E(word)(4)), five = NG_E(load)(f, NG_E(word)(5));
	NG_FE u = NG_E(mul)(f, f->one, NG_E(sub)(f, NG_E(sqr)(f, s), five)), v = NG_E(mul)(f, four, s);
	NG_FE thrice = NG_E(mul)(f, u, NG_E(load)(f, NG_E(word)(3)));
	NG_FE w = NG_E(mul)(f, f->one, NG_E(sub)(f, v, u));
	NG_FE u3 = NG_E(mul)(f, NG_E(sqr)(f, u), u), v2 = NG_E(sqr)(f, v);
	NG_FE u316 = NG_E(mul)(f, u3, NG_E(sqr)(f, four));
	NG_FE over = NG_E(inverse)(f, NG_E(mul)(f, u316, NG_E(mul)(f, v2, v)));
	*x = NG_E(mul)(f, NG_E(mul)(f, u3, u316), over);
	s = NG_E(mul)(f, NG_E(mul)(f, NG_E(sqr)(f, w), w), NG_E(add)(f, thrice, v));
	*a24 = NG_E(mul)(f, s, NG_E(mul)(f, v2, over));
}

// ladder is k·(x : 1), k the number of the bits: p and q are i·P and (i+1)·P for the bits
// so far.
NG_FN NG_POINT NG_E(ladder)(const NG_FIELD *f, NG_FE x, NG_FE a24, const ng_effort *k) {
	NG_POINT p = {x, f->one}, q = NG_E(twice)(f, a24, p);
	for (size_t i = k->bits - 1; i-- > 0;) {
		NG_FE ps = NG_E(add)(f, p.x, p.z), pd = NG_E(sub)(f, p.x, p.z);
		NG_FE qs = NG_E(add)(f, q.x, q.z), qd = NG_E(sub)(f, q.x, q.z);
		NG_FE a = NG_E(mul)(f, ps, qd), b = NG_E(mul)(f, pd, qs);
		int bit = k->word[i / 64] >> i % 64 & 1;
		NG_FE s = NG_E(sqr)(f, bit ? qs : ps), d = NG_E(sqr)(f, bit ? qd : pd);
		NG_FE t = NG_E(sub)(f, s, d);
		NG_POINT sum = {NG_E(sqr)(f, NG_E(add)(f, a, b)),
		                NG_E(mul)(f, x, NG_E(sqr)(f, NG_E(sub)(f, a, b)))};
		NG_POINT two = {NG_E(mul)(f, s, d),
		                NG_E(mul)(f, t, NG_E(add)(f, d, NG_E(mul)(f, a24, t)))};
		p = bit ? sum : two;
		q = bit ? two : sum;
	}
	return p;
}

// steps writes j·p for the NG_BABY numbers j < 105 prime to 210, and 210·i·p for
// i = 1 … giants ≥ 2.
NG_FN void NG_E(steps)(const NG_FIELD *f, NG_FE a24, NG_POINT p, size_t giants, NG_POINT *out) {
	NG_POINT one[18], five[17], *g = out + NG_BABY; // (6i+1)·p and (6i+5)·p
	NG_POINT p2 = NG_E(twice)(f, a24, p), p3 = NG_E(plus)(f, p2, p, p);
	NG_POINT p6 = NG_E(twice)(f, a24, p3);
	one[0] = p;
	five[0] = NG_E(plus)(f, p3, p2, p);
	one[1] = NG_E(plus)(f, p6, p, five[0]);
	five[1] = NG_E(plus)(f, p6, five[0], p);
	for (int i = 2; i < 18; i++) {
		one[i] = NG_E(plus)(f, one[i - 1], p6, one[i - 2]);
		if (i < 17) five[i] = NG_E(plus)(f, five[i - 1], p6, five[i - 2]);
	}
	for (int i = 0; i < 18; i++) {
		if ((6 * i + 1) % 5 && (6 * i + 1) % 7) *out++ = one[i];
		if (i < 17 && (6 * i + 5) % 5 && (6 * i + 5) % 7) *out++ = five[i];
	}
	g[0] = NG_E(twice)(f, a24, NG_E(plus)(f, one[17], p2, five[16])); // 103 + 2, less 101
	g[1] = NG_E(twice)(f, a24, g[0]);
	for (size_t i = 2; i < giants; i++) g[i] = NG_E(plus)(f, g[i - 1], g[0], g[i - 2]);
}

// level brings n points to one z, the product of all, which it returns; x alone changes.
NG_FN NG_FE NG_E(level)(const NG_FIELD *f, size_t n, NG_POINT *p) {
	NG_FE before[NG_BABY + NG_GIANTS], all = p[0].z;
	for (size_t i = 1; i < n; i++) {
		before[i] = all;
		all = NG_E(mul)(f, all, p[i].z);
	}
	NG_FE after = p[n - 1].z;
	p[n - 1].x = NG_E(mul)(f, p[n - 1].x, before[n - 1]);
	for (size_t i = n - 2; i > 0; i--) {
		p[i].x = NG_E(mul)(f, p[i].x, NG_E(mul)(f, before[i], after));
		after = NG_E(mul)(f, after, p[i].z);
	}
	p[0].x = NG_E(mul)(f, p[0].x, after);
	return all;
}

// curve returns a divisor of n; 1 or n where the curve has found nothing.
NG_FN NG_WORD NG_E(curve)(const NG_FIELD *f, NG_WORD sigma, const ng_effort *k) {
	NG_FE x, a24;
	NG_POINT p[NG_BABY + NG_GIANTS];
	NG_E(suyama)(f, sigma, &x, &a24);
	NG_E(steps)(f, a24, NG_E(ladder)(f, x, a24, k), k->giants, p);
	NG_FE a = NG_E(level)(f, NG_BABY + k->giants, p), b = f->one, c = f->one, d = f->one;
	for (size_t i = NG_BABY; i < NG_BABY + k->giants; i++)
		for (size_t j = 0; j < NG_BABY; j += 4) { // four products that do not wait
			a = NG_E(mul)(f, a, NG_E(sub)(f, p[i].x, p[j].x));
			b = NG_E(mul)(f, b, NG_E(sub)(f, p[i].x, p[j + 1].x));
			c = NG_E(mul)(f, c, NG_E(sub)(f, p[i].x, p[j + 2].x));
			d = NG_E(mul)(f, d, NG_E(sub)(f, p[i].x, p[j + 3].x));
		}
	return NG_E(gcd)(f, NG_E(mul)(f, NG_E(mul)(f, a, b), NG_E(mul)(f, c, d)));
}

// sweep runs curves until each of the listed numbers has had as many as that or a factor,
// and returns how many of the list are left, in front. Each lane has a curve; where there are
// fewer numbers than lanes, several lanes have one number and each a curve of its own.
NG_FN size_t NG_E(sweep)(size_t n, ng_splitting **list, uint32_t limit, const ng_effort *e) {
	size_t left = 0, active = 0, next = 0;
	ng_splitting *on[NG_LANES];
	for (;;) {
		while (active < NG_LANES && next < n) on[active++] = list[next++];
		if (active == 0) return left;
		uint64_t number[NG_LANES], sigma[NG_LANES], g[NG_LANES];
		for (size_t l = 0; l < NG_LANES; l++) {
			number[l] = on[l % active]->n;
			sigma[l] = ng_sigma(on[l % active]->curves++);
		}
		const NG_FIELD f = NG_E(field)(number);
		NG_E(store)(g, NG_E(curve)(&f, NG_E(words)(sigma), e));
		for (size_t l = 0; l < NG_LANES; l++) {
			on[l % active]->met_all += g[l] == number[l];
			if (g[l] > 1 && g[l] < number[l]) on[l % active]->factor = g[l];
		}
		size_t kept = 0;
		for (size_t a = 0; a < active; a++) {
			ng_splitting *s = on[a];
			if (s->factor == 0 && s->met_all >= NG_MET_ALL) s->factor = ng_rho(s->n);
			if (s->factor == 0 && s->curves < limit) on[kept++] = s;
			else if (s->factor == 0) list[left++] = s;
		}
		active = kept;
	}
}

// factors sets factor[i] to a proper factor of m[i], for n ≤ NG_BLOCK numbers that are odd,
// composite, no power of a prime, and have no prime factor below 2^16: short curves for all,
// then long ones for those that are left.
NG_FN void NG_E(factors)(size_t n, const uint64_t *m, uint64_t *restrict factor) {
	ng_splitting all[NG_BLOCK], *list[NG_BLOCK];
	for (size_t i = 0; i < n; i++) {
		all[i] = (ng_splitting){.n = m[i]};
		list[i] = &all[i];
	}
	ng_effort e = ng_effort_of(NG_SHORT);
	size_t left = NG_E(sweep)(n, list, NG_SHORTS, &e);
	if (left > 0) {
		e = ng_effort_of(NG_LONG);
		NG_E(sweep)(left, list, UINT32_MAX, &e);
	}
	for (size_t i = 0; i < n; i++) factor[i] = all[i].factor;
}

#undef NG_POINT
