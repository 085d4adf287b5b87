/*
 * Matrix products for the backend 'native' of t2i: what Java calls, and what an instruction set has to offer.
 *
 * Letters: C [m, n] = op(A) [m, k] op(B) [k, n], all row-major and dense, C in F32, A and B in F32 or BF16.
 */
#ifndef T2I_H
#define T2I_H

#include <stddef.h>
#include <stdint.h>

/* Changes with every change of what Java calls. */
#define T2I_VERSION 2

/* Values of t2i_product.path. A processor may know several. */
enum { T2I_AVX2 = 0, T2I_AVX512 = 1, T2I_AVX512_BF16 = 2, T2I_NEON = 3, T2I_PATHS = 4 };

/* Values of t2i_product.type_a and type_b. */
enum { T2I_F32 = 0, T2I_BF16 = 1 };

/* Values of t2i_product.left and .right: how an operand is read. */
enum {
    /* Packed by every block for itself. */
    T2I_PACKED_BY_BLOCK = 0,
    /* Packed by t2i_pack_left or t2i_pack before, since several blocks read it. */
    T2I_PACKED_BEFORE = 1,
    /* Where it lies; the right operand of products of few rows, which are bound by reading it once. Not a transposed one. */
    T2I_WHERE_IT_LIES = 2
};

/* A product's fixed part. Java writes it once, field by field. */
typedef struct {
    int32_t path;
    int32_t type_a;
    int32_t type_b;
    int32_t trans_a; /* whether A lies as [k, m] */
    int32_t trans_b; /* whether B lies as [n, k] */
    int32_t left;
    int32_t right;
    int32_t m;
    int32_t n;
    int32_t k; /* at least 1 */
    int64_t stride_a; /* bytes from one A of a batch to the next */
    int64_t stride_b;
} t2i_product;

/* What one instruction set offers; every function is for products with its path. */
typedef struct {
    /* Columns of a panel. Blocks, and columns that are packed, begin at multiples of it. */
    int32_t columns;
    int64_t (*panel_bytes)(const t2i_product *p);
    int64_t (*scratch_bytes)(const t2i_product *p, int32_t rows);
    void (*pack)(const t2i_product *p, const char *b, int32_t column, int32_t columns, char *panels);
    void (*pack_left)(const t2i_product *p, const char *a, char *scratch);
    void (*block)(const t2i_product *p, const char *a, const char *b, const char *panels, float *c,
                  int32_t row, int32_t rows, int32_t column, int32_t columns, char *scratch);
} t2i_path;

/* One for each instruction set that this library was compiled for. */
extern const t2i_path t2i_avx2;
extern const t2i_path t2i_avx512;
extern const t2i_path t2i_avx512_bf16;
extern const t2i_path t2i_neon;

#endif
