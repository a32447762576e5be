// Compiles the body of the kernel NG_KERNEL once per instruction set; nogil.h says how.
// No include guard: every kernel includes it once.
#define NG_BODY

#define NG_SET NG_GENERIC
#define NG_W 2
#define NG_ID(f) f##_generic
#define NG_FN static
#include "vector.h"
#include NG_KERNEL
#undef NG_SET
#undef NG_W
#undef NG_ID
#undef NG_FN

#if NG_X86

#define NG_SET NG_AVX2
#define NG_W 4
#define NG_ID(f) f##_avx2
#define NG_FN static __attribute__((target("avx2,fma")))
#include "vector.h"
#include NG_KERNEL
#undef NG_SET
#undef NG_W
#undef NG_ID
#undef NG_FN

#define NG_SET NG_AVX512
#define NG_W 8
#define NG_ID(f) f##_avx512
#define NG_FN static __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#include "vector.h"
#include NG_KERNEL
#undef NG_SET
#undef NG_W
#undef NG_ID
#undef NG_FN

#elif NG_ARM

#define NG_SET NG_NEON
#define NG_W 2
#define NG_ID(f) f##_neon
#define NG_FN static
#include "vector.h"
#include NG_KERNEL
#undef NG_SET
#undef NG_W
#undef NG_ID
#undef NG_FN

#endif

#undef NG_BODY
