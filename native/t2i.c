/* What Java calls, and the choice of the instruction set. Nothing here checks sizes: Java has. */
#include "t2i.h"

#define EXPORT __attribute__((visibility("default")))

#if defined(__x86_64__)
static const t2i_path *const PATHS[T2I_PATHS] = {&t2i_avx2, &t2i_avx512, &t2i_avx512_bf16, NULL};
#elif defined(__aarch64__)
static const t2i_path *const PATHS[T2I_PATHS] = {NULL, NULL, NULL, &t2i_neon};
#else
static const t2i_path *const PATHS[T2I_PATHS] = {NULL, NULL, NULL, NULL};
#endif

EXPORT int32_t t2i_version(void) {
    return T2I_VERSION;
}

/* The paths that this processor and its operating system can run: bit 1 << path for each. */
EXPORT int32_t t2i_paths(void) {
    int32_t paths = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        paths |= 1 << T2I_AVX2;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq")) {
        paths |= 1 << T2I_AVX512;
        if (__builtin_cpu_supports("avx512bf16")) {
            paths |= 1 << T2I_AVX512_BF16;
        }
    }
#elif defined(__aarch64__)
    paths |= 1 << T2I_NEON; /* a part of every 64-bit ARM */
#endif
    return paths;
}

/* Columns that blocks of this path, and what t2i_pack is given, must begin at multiples of. */
EXPORT int32_t t2i_columns(int32_t path) {
    return PATHS[path]->columns;
}

/* Bytes of all of B when packed by t2i_pack. */
EXPORT int64_t t2i_panel_bytes(const t2i_product *p) {
    return PATHS[p->path]->panel_bytes(p);
}

/* Bytes that t2i_block needs aside for a block of so many rows. */
EXPORT int64_t t2i_scratch_bytes(const t2i_product *p, int32_t rows) {
    return PATHS[p->path]->scratch_bytes(p, rows);
}

/* Packs columns of B into their place among the panels of all of B. Offsets count bytes. */
EXPORT void t2i_pack(const t2i_product *p, const char *b, int64_t offset_b, int32_t column, int32_t columns, char *panels) {
    PATHS[p->path]->pack(p, b + offset_b, column, columns, panels);
}

/* Packs all of A into a scratch for blocks of m rows, where it stays for the blocks that follow with this scratch. */
EXPORT void t2i_pack_left(const t2i_product *p, const char *a, int64_t offset_a, char *scratch) {
    PATHS[p->path]->pack_left(p, a + offset_a, scratch);
}

/*
 * Computes a block of C, or the same block of `count` products of a batch one after the other; C's lie densely.
 * `panels` is what t2i_pack made, or NULL; `scratch` is aligned to 64 bytes, and holds what t2i_pack_left made where
 * the left operand is packed before: then blocks have all rows. Offsets count bytes.
 */
EXPORT void t2i_block(const t2i_product *p, const char *a, int64_t offset_a, const char *b, int64_t offset_b, const char *panels,
                      char *c, int64_t offset_c, int32_t count, int32_t row, int32_t rows, int32_t column, int32_t columns,
                      char *scratch) {
    for (int32_t i = 0; i < count; i++) {
        PATHS[p->path]->block(p, a + offset_a + i * p->stride_a, b + offset_b + i * p->stride_b, panels,
                              (float *) (c + offset_c) + (int64_t) i * p->m * p->n, row, rows, column, columns, scratch);
    }
}
