/* AVX-512 BF16: as AVX-512, and products with BF16 weights by pairs. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")
#endif

#define NAME t2i_avx512_bf16
#define LANES 16
#define ROWS 14
#define VECTORS 2
#define DOT 1
#include "kernels.inc.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
