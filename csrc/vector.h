// The vector types of one instruction set: NG_W doubles, or as many floats, in the
// compiler's own vector extension, so that + - * are the element-wise operations and
// one body serves every set. Included by variants.h before each body.

#undef NG_V
#undef NG_VF
#undef NG_INLINE
#undef NG_LOAD
#undef NG_LOADF
#undef NG_STORE
#define NG_V NG_ID(ng_v)
#define NG_VF NG_ID(ng_vf)
#define NG_INLINE NG_FN inline __attribute__((always_inline, unused))

typedef double NG_V __attribute__((vector_size(8 * NG_W)));
typedef float NG_VF __attribute__((vector_size(4 * NG_W)));

#define NG_LOAD NG_ID(ng_load)
NG_INLINE NG_V NG_LOAD(const double *p) {
	NG_V v;
	memcpy(&v, p, sizeof v);
	return v;
}

#define NG_LOADF NG_ID(ng_loadf)
NG_INLINE NG_V NG_LOADF(const float *p) {
#if NG_SET == NG_AVX512 // which gcc 12 converts by halves
	return (NG_V)_mm512_cvtps_pd(_mm256_loadu_ps(p));
#else
	NG_VF v;
	memcpy(&v, p, sizeof v);
	return __builtin_convertvector(v, NG_V);
#endif
}

#define NG_STORE NG_ID(ng_store)
NG_INLINE void NG_STORE(double *p, NG_V v) {
	memcpy(p, &v, sizeof v);
}

// NG_STREAM writes an aligned vector past the caches, where the instruction set can.
#undef NG_STREAM
#define NG_STREAM NG_ID(ng_stream)
NG_INLINE void NG_STREAM(double *p, NG_V v) {
#if NG_SET == NG_AVX512
	_mm512_stream_pd(p, (__m512d)v);
#elif NG_SET == NG_AVX2
	_mm256_stream_pd(p, (__m256d)v);
#elif NG_X86
	_mm_stream_pd(p, (__m128d)v);
#else
	NG_STORE(p, v);
#endif
}

// NG_FUSED is a·b + c, rounded once, at every level: by libm where there is no instruction.
#undef NG_FUSED
#define NG_FUSED NG_ID(ng_fused)
NG_INLINE NG_V NG_FUSED(NG_V a, NG_V b, NG_V c) {
#if NG_SET == NG_AVX512
	return (NG_V)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif NG_SET == NG_AVX2
	return (NG_V)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif NG_ARM
	return (NG_V)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
	return (NG_V){__builtin_fma(a[0], b[0], c[0]), __builtin_fma(a[1], b[1], c[1])};
#endif
}

// For an end that does not fill a vector: NG_LOADN, NG_LOADFN and NG_STOREN touch the first n ≤ NG_W
// elements alone, and NG_KEEP sets the lanes beyond them to 0.
#undef NG_LOADN
#undef NG_LOADFN
#undef NG_STOREN
#undef NG_KEEP
#define NG_LOADN NG_ID(ng_loadn)
#define NG_LOADFN NG_ID(ng_loadfn)
#define NG_STOREN NG_ID(ng_storen)
#define NG_KEEP NG_ID(ng_keep)
#if NG_SET == NG_AVX512
NG_INLINE NG_V NG_LOADN(const double *p, size_t n) {
	return (NG_V)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
NG_INLINE NG_V NG_LOADFN(const float *p, size_t n) {
	return (NG_V)_mm512_cvtps_pd(_mm256_maskz_loadu_ps((__mmask8)((1u << n) - 1), p));
}
NG_INLINE void NG_STOREN(double *p, size_t n, NG_V v) {
	_mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v);
}
NG_INLINE NG_V NG_KEEP(NG_V v, size_t n) {
	return (NG_V)_mm512_maskz_mov_pd((__mmask8)((1u << n) - 1), (__m512d)v);
}
#elif NG_SET == NG_AVX2
NG_INLINE __m256i NG_ID(ng_first)(size_t n) {
	return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)n), _mm256_setr_epi64x(0, 1, 2, 3));
}
NG_INLINE NG_V NG_LOADN(const double *p, size_t n) {
	return (NG_V)_mm256_maskload_pd(p, NG_ID(ng_first)(n));
}
NG_INLINE NG_V NG_LOADFN(const float *p, size_t n) {
	__m128i first = _mm_cmpgt_epi32(_mm_set1_epi32((int)n), _mm_setr_epi32(0, 1, 2, 3));
	return (NG_V)_mm256_cvtps_pd(_mm_maskload_ps(p, first));
}
NG_INLINE void NG_STOREN(double *p, size_t n, NG_V v) {
	_mm256_maskstore_pd(p, NG_ID(ng_first)(n), (__m256d)v);
}
NG_INLINE NG_V NG_KEEP(NG_V v, size_t n) {
	return (NG_V)_mm256_and_pd((__m256d)v, _mm256_castsi256_pd(NG_ID(ng_first)(n)));
}
#else
NG_INLINE NG_V NG_LOADN(const double *p, size_t n) {
	return (NG_V){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0};
}
NG_INLINE NG_V NG_LOADFN(const float *p, size_t n) {
	return (NG_V){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0};
}
NG_INLINE void NG_STOREN(double *p, size_t n, NG_V v) {
	if (n > 0) p[0] = v[0];
	if (n > 1) p[1] = v[1];
}
NG_INLINE NG_V NG_KEEP(NG_V v, size_t n) {
	return (NG_V){n > 0 ? v[0] : 0, n > 1 ? v[1] : 0};
}
#endif

// NG_FOLD8 adds the 8 lanes of 8/NG_W vectors in halves: l and l+4, then l and l+2, and l+1.
#undef NG_FOLD8
#define NG_FOLD8 NG_ID(ng_fold8)
#if NG_SET == NG_AVX512
NG_INLINE double NG_FOLD8(const NG_V *a) {
	__m256d h = _mm256_add_pd(_mm512_castpd512_pd256((__m512d)*a), _mm512_extractf64x4_pd((__m512d)*a, 1));
	__m128d q = _mm_add_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
	return q[0] + q[1];
}
#elif NG_SET == NG_AVX2
NG_INLINE double NG_FOLD8(const NG_V *a) {
	__m256d h = (__m256d)(a[0] + a[1]);
	__m128d q = _mm_add_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
	return q[0] + q[1];
}
#else
NG_INLINE double NG_FOLD8(const NG_V *a) {
	NG_V q = (a[0] + a[2]) + (a[1] + a[3]);
	return q[0] + q[1];
}
#endif
