/* AVX-512: 32 registers of 16 numbers, of which a tile's sums take 28. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma")
#endif

#define NAME t2i_avx512
#define LANES 16
#define ROWS 14
#define VECTORS 2
#define DOT 0
#include "kernels.inc.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
