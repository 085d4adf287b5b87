/* AVX2: 16 registers of 8 numbers, of which a tile's sums take 12. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#define NAME t2i_avx2
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define DOT 0
#include "kernels.inc.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
