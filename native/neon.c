/* NEON: 32 registers of 4 numbers, of which a tile's sums take 24. */
#if defined(__aarch64__)

#define NAME t2i_neon
#define LANES 4
#define ROWS 8
#define VECTORS 3
#define DOT 0
#include "kernels.inc.h"

#endif
