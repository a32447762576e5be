// Loads of neighbours and of runs side by side, of doubles or floats, for the bodies of one
// instruction set. Included by a body.

// one_row loads lanes ≤ NG_W neighbours, and zeros beyond them.
NG_INLINE NG_V NG_ID(one_row)(const void *a, size_t i, size_t lanes, int f32) {
	if (lanes >= NG_W) return f32 ? NG_LOADF((const float *)a + i) : NG_LOAD((const double *)a + i);
	if (!f32) return NG_LOADN((const double *)a + i, lanes);
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_cvtps_pd(_mm256_maskz_loadu_ps((__mmask8)((1u << lanes) - 1), (const float *)a + i));
#else
	double x[NG_W] = {0};
	for (size_t l = 0; l < lanes; l++) x[l] = ((const float *)a)[i + l];
	return NG_LOAD(x);
#endif
}

// transposed loads x[k], k < 8, of the elements k of NG_W runs, stride apart, and zeros for
// k ≥ n; runs from lanes on are the first run again.
NG_INLINE void NG_ID(transposed)(const void *a, size_t at, size_t n, size_t stride, size_t lanes,
                                 int f32, NG_V *x) {
#define R(l, k)                                                                                    \
	NG_ID(one_row)(a, at + ((l) < lanes ? (l) : 0) * stride + (k), n < (k) ? 0 : n - (k), f32)
#if NG_SET == NG_AVX512
	// Pairs of runs, then pairs of pairs, then halves.
	for (size_t h = 0; h < 8; h += 4) {
		__m512d r0 = (__m512d)R(h, 0), r1 = (__m512d)R(h + 1, 0), r2 = (__m512d)R(h + 2, 0), r3 = (__m512d)R(h + 3, 0);
		x[h] = (NG_V)_mm512_unpacklo_pd(r0, r1);
		x[h + 1] = (NG_V)_mm512_unpackhi_pd(r0, r1);
		x[h + 2] = (NG_V)_mm512_unpacklo_pd(r2, r3);
		x[h + 3] = (NG_V)_mm512_unpackhi_pd(r2, r3);
	}
	// x[4h + 2p + o] holds, in its 128-bit quarter c, elements 2c + o of the runs 4h + 2p, + 1.
	for (size_t o = 0; o < 2; o++) {
		__m512d a0 = (__m512d)x[o], a1 = (__m512d)x[2 + o], a2 = (__m512d)x[4 + o], a3 = (__m512d)x[6 + o];
		__m512d lo01 = _mm512_shuffle_f64x2(a0, a1, 0x88), hi01 = _mm512_shuffle_f64x2(a0, a1, 0xdd);
		__m512d lo23 = _mm512_shuffle_f64x2(a2, a3, 0x88), hi23 = _mm512_shuffle_f64x2(a2, a3, 0xdd);
		x[o] = (NG_V)_mm512_shuffle_f64x2(lo01, lo23, 0x88);
		x[4 + o] = (NG_V)_mm512_shuffle_f64x2(lo01, lo23, 0xdd);
		x[2 + o] = (NG_V)_mm512_shuffle_f64x2(hi01, hi23, 0x88);
		x[6 + o] = (NG_V)_mm512_shuffle_f64x2(hi01, hi23, 0xdd);
	}
#elif NG_SET == NG_AVX2
	for (size_t h = 0; h < 8; h += 4) {
		__m256d r0 = (__m256d)R(0, h), r1 = (__m256d)R(1, h), r2 = (__m256d)R(2, h), r3 = (__m256d)R(3, h);
		__m256d p0 = _mm256_unpacklo_pd(r0, r1), p1 = _mm256_unpackhi_pd(r0, r1);
		__m256d q0 = _mm256_unpacklo_pd(r2, r3), q1 = _mm256_unpackhi_pd(r2, r3);
		x[h] = (NG_V)_mm256_permute2f128_pd(p0, q0, 0x20);
		x[h + 1] = (NG_V)_mm256_permute2f128_pd(p1, q1, 0x20);
		x[h + 2] = (NG_V)_mm256_permute2f128_pd(p0, q0, 0x31);
		x[h + 3] = (NG_V)_mm256_permute2f128_pd(p1, q1, 0x31);
	}
#else
	for (size_t h = 0; h < 8; h += 2) {
		NG_V r0 = R(0, h), r1 = R(1, h);
		x[h] = (NG_V){r0[0], r1[0]};
		x[h + 1] = (NG_V){r0[1], r1[1]};
	}
#endif
#undef R
}
