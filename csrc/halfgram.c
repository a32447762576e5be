// The Gram matrix of many columns to three digits, and coordinate descent on it: a quadratic
// model for a fit whose gradients are exact (linear/refine.go).
//
// What it gains: the tile unit (AMX) multiplies numbers of 16 bits (bfloat16: 8 bits of a
// fraction, the exponents of a float) 10 to 30 times as fast as the vector unit doubles. All
// products of 10000×1000 take 8 ms where foldgram.c needs 120. Columns are centred and scaled
// to norms near 1 in float64 before they are rounded, so that the result is the Gram matrix of
// a design whose elements are off by 2⁻⁹ of themselves at most.
#include "nogil.h"

#ifdef NG_BODY

// move subtracts d[0]·G_slot[0] + … from g, one after the other for each element, reading g once for
// the k ≤ 8 columns. k is a constant at every call.
NG_INLINE void NG_ID(move)(size_t m, size_t k, const int32_t *slot, const double *d, const float *gram,
                           size_t ld, double *restrict g) {
	const float *col[8];
	for (size_t c = 0; c < k; c++) col[c] = gram + (size_t)slot[c] * ld;
	size_t i = 0;
	for (; i + NG_W <= m; i += NG_W) {
		NG_V v = NG_LOAD(g + i);
		for (size_t c = 0; c < k; c++) v -= d[c] * NG_LOADF(col[c] + i);
		NG_STORE(g + i, v);
	}
	for (; i < m; i++)
		for (size_t c = 0; c < k; c++) g[i] -= d[c] * (double)col[c][i];
}

// half_descend is the pass of active.c on floats: eight coordinates at a time see each other's moves
// through copies of their gradients, and all of g follows once for those that moved.
NG_FN double NG_ID(half_descend)(size_t m, const float *gram, size_t ld, const double *l1, const double *l2,
                                 int positive, double *restrict w, double *restrict g) {
	double fall = 0;
	for (size_t at = 0; at < m; at += 8) {
		size_t part = m - at < 8 ? m - at : 8, moved = 0;
		double near[8], d[8];
		int32_t who[8];
		for (size_t c = 0; c < part; c++) near[c] = g[at + c];
		for (size_t c = 0; c < part; c++) {
			size_t j = at + c;
			const float *col = gram + j * ld;
			double q = (double)col[j], old = w[j], den = q + l2[j];
			w[j] = ng_soft(near[c] + q * old, l1[j], den, positive);
			double step = w[j] - old;
			if (step == 0) continue;
			fall += 0.5 * (den * step) * step;
			for (size_t e = c + 1; e < part; e++) near[e] -= step * (double)col[at + e];
			who[moved] = (int32_t)j, d[moved++] = step;
		}
		if (moved == 8) {
			NG_ID(move)(m, 8, who, d, gram, ld, g);
			continue;
		}
		for (size_t c = 0; c < moved; c++) NG_ID(move)(m, 1, who + c, d + c, gram, ld, g);
	}
	return fall;
}

#else

#define NG_KERNEL "halfgram.c"
#include "variants.h"

double ng_half_descend(int level, size_t m, const float *gram, size_t ld, const double *l1, const double *l2,
                       int positive, double *restrict w, double *restrict g) {
	static const __typeof__(&half_descend_generic) table[NG_LEVELS] = NG_TABLE(half_descend);
	return table[level](m, gram, ld, l1, l2, positive, w, g);
}

// half_mirror copies the blocks of 32×32 below the diagonal, in the columns of blocks j0 … j1−1 of nb,
// to their place above.
void ng_half_mirror(size_t j0, size_t j1, size_t nb, float *gram, size_t ld) {
	for (size_t j = j0; j < j1; j++)
		for (size_t i = j + 1; i < nb; i++)
			for (size_t r = 0; r < 32; r++)
				for (size_t c = 0; c < 32; c++)
					gram[(32 * j + r) * ld + 32 * i + c] = gram[(32 * i + c) * ld + 32 * j + r];
}

#if NG_X86 && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)

#define NG_TILES __attribute__((target("amx-tile,amx-bf16,avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))

int ng_half_built(void) { return 1; }

// ng_halves rounds 16 floats to bfloat16, to the nearest, to even between two.
NG_TILES static inline __attribute__((always_inline)) __m256i ng_halves(__m512 v) {
	__m512i u = _mm512_castps_si512(v), odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
	u = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)), odd);
	return _mm512_cvtepi32_epi16(_mm512_srli_epi32(u, 16));
}

// ng_scaled returns (x − mean)·scale·root of the 8 rows from i on, 0 beyond m. root may be null.
NG_TILES static inline __attribute__((always_inline)) __m256 ng_scaled(const void *x, int f32, size_t i, size_t m,
                                                                       double mean, double scale, const double *root) {
	__mmask8 in = i + 8 <= m ? 0xff : i >= m ? 0 : (__mmask8)((1u << (m - i)) - 1);
	__m512d v = f32 ? _mm512_cvtps_pd(_mm256_maskz_loadu_ps(in, (const float *)x + i))
	                : _mm512_maskz_loadu_pd(in, (const double *)x + i);
	v = _mm512_maskz_mul_pd(in, _mm512_sub_pd(v, _mm512_set1_pd(mean)), _mm512_set1_pd(scale));
	if (root) v = _mm512_maskz_mul_pd(in, v, _mm512_maskz_loadu_pd(in, root + i));
	return _mm512_cvtpd_ps(v);
}

// ng_turn transposes a tile of 16×16 pairs.
NG_TILES static inline __attribute__((always_inline)) void ng_turn(const uint16_t *from, uint16_t *restrict to) {
	__m512i r[16], t[16];
	for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_si512(from + 32 * i);
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	for (int i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	// r[4q + e] holds, in its lane l of 4, element 4l + e of the rows 4q … 4q+3.
	for (int e = 0; e < 4; e++) {
		__m512i a = _mm512_shuffle_i32x4(r[e], r[4 + e], 0x88), b = _mm512_shuffle_i32x4(r[8 + e], r[12 + e], 0x88);
		__m512i c = _mm512_shuffle_i32x4(r[e], r[4 + e], 0xdd), d = _mm512_shuffle_i32x4(r[8 + e], r[12 + e], 0xdd);
		_mm512_storeu_si512(to + 32 * e, _mm512_shuffle_i32x4(a, b, 0x88));
		_mm512_storeu_si512(to + 32 * (8 + e), _mm512_shuffle_i32x4(a, b, 0xdd));
		_mm512_storeu_si512(to + 32 * (4 + e), _mm512_shuffle_i32x4(c, d, 0x88));
		_mm512_storeu_si512(to + 32 * (12 + e), _mm512_shuffle_i32x4(c, d, 0xdd));
	}
}

// ng_panels packs panels of 16 slots. f32 is a constant at every call. While a panel is packed the
// next one is fetched.
NG_TILES static inline __attribute__((always_inline)) void
ng_panels(size_t p0, size_t p1, size_t m, size_t lo, size_t k, const int32_t *cols, const char *x, size_t stride,
          int f32, const double *mean, const double *scale, const double *root, size_t nk, uint16_t *restrict a,
          uint16_t *restrict b) {
	size_t size = f32 ? 4 : 8;
	for (size_t q = p0; q < p1; q++)
		for (size_t s = 0; s < nk; s++) {
			uint16_t *tile = a + (q * nk + s) * 512;
			for (size_t c = 0; c < 16; c++) {
				size_t at = 16 * q + c;
				if (at + 16 < k) {
					const char *next = x + ((size_t)cols[at + 16] * stride + lo + 32 * s) * size;
					for (size_t e = 0; e < 32 * size; e += 64) _mm_prefetch(next + e, _MM_HINT_T1);
				}
				__m512 v0 = _mm512_setzero_ps(), v1 = v0;
				if (at < k) {
					size_t j = (size_t)cols[at];
					const char *col = x + (j * stride + lo) * size;
					const double *r = root ? root + lo : NULL;
#define PART(i) ng_scaled(col, f32, 32 * s + (i), m, mean[j], scale[j], r)
					v0 = _mm512_insertf32x8(_mm512_castps256_ps512(PART(0)), PART(8), 1);
					v1 = _mm512_insertf32x8(_mm512_castps256_ps512(PART(16)), PART(24), 1);
#undef PART
				}
				_mm256_storeu_si256((__m256i *)(tile + 32 * c), ng_halves(v0));
				_mm256_storeu_si256((__m256i *)(tile + 32 * c + 16), ng_halves(v1));
			}
			ng_turn(tile, b + (q * nk + s) * 512);
		}
}

NG_TILES void ng_half_pack(size_t p0, size_t p1, size_t m, size_t lo, size_t k, const int32_t *cols, const char *x,
                           size_t stride, int f32, const double *mean, const double *scale, const double *root,
                           size_t nk, uint16_t *restrict a, uint16_t *restrict b) {
	if (f32) ng_panels(p0, p1, m, lo, k, cols, x, stride, 1, mean, scale, root, nk, a, b);
	else ng_panels(p0, p1, m, lo, k, cols, x, stride, 0, mean, scale, root, nk, a, b);
}

// ng_tile adds to the 32×32 sums at g the products of the panels at a with those at b, over so many
// steps of 32 rows, or sets them where add is not set.
NG_TILES static inline __attribute__((always_inline)) void
ng_tile(size_t steps, const uint16_t *a, const uint16_t *b, size_t nk, float *g, size_t ld, int add) {
	const uint16_t *a1 = a + nk * 512, *b1 = b + nk * 512;
	float *g1 = g + 16 * ld;
	if (add) {
		_tile_loadd(0, g, 4 * ld);
		_tile_loadd(1, g + 16, 4 * ld);
		_tile_loadd(2, g1, 4 * ld);
		_tile_loadd(3, g1 + 16, 4 * ld);
	} else {
		_tile_zero(0);
		_tile_zero(1);
		_tile_zero(2);
		_tile_zero(3);
	}
	for (size_t s = 0; s < steps; s++) {
		_tile_loadd(4, a + s * 512, 64);
		_tile_loadd(6, b + s * 512, 64);
		_tile_loadd(5, a1 + s * 512, 64);
		_tile_loadd(7, b1 + s * 512, 64);
		_tile_dpbf16ps(0, 4, 6);
		_tile_dpbf16ps(1, 4, 7);
		_tile_dpbf16ps(2, 5, 6);
		_tile_dpbf16ps(3, 5, 7);
	}
	_tile_stored(0, g, 4 * ld);
	_tile_stored(1, g + 16, 4 * ld);
	_tile_stored(2, g1, 4 * ld);
	_tile_stored(3, g1 + 16, 4 * ld);
}

// All eight tiles have 16 rows of 64 bytes. (Constant: gcc does not know that the instruction reads all of it.)
static const struct {
	uint8_t palette, start, reserved[14];
	uint16_t width[16];
	uint8_t rows[16];
} ng_tiles = {1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

// The tiles are given back before returning, so that neither a switch of threads nor a signal has
// their 8 KB to save. Sixteen steps at a time keep the panel at b in the first cache.
NG_TILES void ng_half_gram(size_t i0, size_t i1, size_t j0, size_t j1, size_t nk, const uint16_t *a,
                           const uint16_t *b, float *g, size_t ld, int add) {
	_tile_loadconfig(&ng_tiles);
	for (size_t j = j0; j < j1; j++)
		for (size_t s = 0; s < nk; s += 16)
			for (size_t i = i0 > j ? i0 : j; i < i1; i++)
				ng_tile(nk - s < 16 ? nk - s : 16, a + (2 * i * nk + s) * 512, b + (2 * j * nk + s) * 512, nk,
				        g + 32 * i * ld + 32 * j, ld, add || s > 0);
	_tile_release();
}

#else

int ng_half_built(void) { return 0; }

void ng_half_pack(size_t p0, size_t p1, size_t m, size_t lo, size_t k, const int32_t *cols, const char *x,
                  size_t stride, int f32, const double *mean, const double *scale, const double *root,
                  size_t nk, uint16_t *restrict a, uint16_t *restrict b) {}

void ng_half_gram(size_t i0, size_t i1, size_t j0, size_t j1, size_t nk, const uint16_t *a,
                  const uint16_t *b, float *g, size_t ld, int add) {}

#endif

#endif
