// Masks of the lanes of one instruction set, for bodies that choose by lane: NG_MASK says something of
// each lane, as less does, or number (is no NaN). pick is m ? a : b; every and any ask of all lanes.
// min and max return b where a is NaN or equal. Included by a body.
#undef NG_MASK
#define NG_MASK NG_ID(mask)
#if NG_SET == NG_AVX512
typedef __mmask8 NG_MASK;
NG_INLINE NG_MASK NG_ID(less)(NG_V a, NG_V b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ); }
NG_INLINE NG_MASK NG_ID(number)(NG_V a) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)a, _CMP_ORD_Q); }
NG_INLINE NG_V NG_ID(pick)(NG_MASK m, NG_V a, NG_V b) { return (NG_V)_mm512_mask_blend_pd(m, (__m512d)b, (__m512d)a); }
NG_INLINE int NG_ID(every)(NG_MASK m) { return m == 0xff; }
NG_INLINE int NG_ID(any)(NG_MASK m) { return m != 0; }
NG_INLINE NG_V NG_ID(min)(NG_V a, NG_V b) { return (NG_V)_mm512_min_pd((__m512d)a, (__m512d)b); }
NG_INLINE NG_V NG_ID(max)(NG_V a, NG_V b) { return (NG_V)_mm512_max_pd((__m512d)a, (__m512d)b); }
#else
typedef long long NG_MASK __attribute__((vector_size(8 * NG_W)));
NG_INLINE NG_MASK NG_ID(less)(NG_V a, NG_V b) { return (NG_MASK)(a < b); }
NG_INLINE NG_MASK NG_ID(number)(NG_V a) { return (NG_MASK)(a == a); }
NG_INLINE int NG_ID(any)(NG_MASK m) {
	long long some = 0;
	for (size_t l = 0; l < NG_W; l++) some |= m[l];
	return some != 0;
}
NG_INLINE int NG_ID(every)(NG_MASK m) { return !NG_ID(any)(~m); }
#if NG_SET == NG_AVX2
NG_INLINE NG_V NG_ID(pick)(NG_MASK m, NG_V a, NG_V b) { return (NG_V)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)m); }
NG_INLINE NG_V NG_ID(min)(NG_V a, NG_V b) { return (NG_V)_mm256_min_pd((__m256d)a, (__m256d)b); }
NG_INLINE NG_V NG_ID(max)(NG_V a, NG_V b) { return (NG_V)_mm256_max_pd((__m256d)a, (__m256d)b); }
#else
NG_INLINE NG_V NG_ID(pick)(NG_MASK m, NG_V a, NG_V b) { return (NG_V)((m & (NG_MASK)a) | (~m & (NG_MASK)b)); }
NG_INLINE NG_V NG_ID(min)(NG_V a, NG_V b) { return NG_ID(pick)(NG_ID(less)(a, b), a, b); }
NG_INLINE NG_V NG_ID(max)(NG_V a, NG_V b) { return NG_ID(pick)(NG_ID(less)(b, a), a, b); }
#endif
#endif
