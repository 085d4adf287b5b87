/*
 * Register tiles of F32: sums of `height` rows by COLUMNS columns stay in registers over `steps` steps of k.
 *
 * Each sum is one chain of fused multiply-adds over ascending k, which starts from 0 or goes on from what C holds: so results
 * have the same bits whatever the tiles and blocks, and the same as the vector backend's.
 */

/* How a tile reads its right operand: a packed panel, or rows of F32 or BF16 where they lie. */
enum { PANEL, ROWS_F32, ROWS_BF16 };

/*
 * Rows that are read where they lie are fetched ahead, for the processor does not see by itself where short pieces of rows go on:
 * `ahead` bytes from here begin the same columns of the next steps' rows. The first steps' rows, which nobody has fetched, are
 * fetched so many tiles ahead along each row as well.
 */
#define ALONG 2

INLINE floats right_of(const int how, const char *b, int w) {
    return how == ROWS_BF16 ? (floats) (widen(((const halves_at *) b)[w]) << 16) : (floats) ((const floats_at *) b)[w];
}

INLINE void tile(const int how, const int height, const float *a, int steps, const char *b, long stride, long ahead, float *c, long ldc,
                 int fresh) {
    const long along = fresh ? ALONG * COLUMNS * (how == ROWS_BF16 ? 2 : 4) : ahead;
    floats sums[ROWS][VECTORS];
    UNROLL for (int i = 0; i < height; i++) {
        UNROLL for (int w = 0; w < VECTORS; w++) {
            sums[i][w] = fresh ? (floats) {0} : (floats) ((floats_at *) (c + i * ldc))[w];
        }
    }
    for (int s = 0; s < steps; s++, a += PADDED(height), b += stride) {
        floats right[VECTORS];
        UNROLL for (int w = 0; w < VECTORS; w++) {
            right[w] = right_of(how, b, w);
        }
        if (how != PANEL) {
            for (int line = 0; line < COLUMNS * (how == ROWS_BF16 ? 2 : 4); line += 64) {
                __builtin_prefetch(b + ahead + line, 0, 2);
                __builtin_prefetch(b + along + line, 0, 2);
            }
        }
        UNROLL for (int i = 0; i < height; i++) {
            UNROLL for (int w = 0; w < VECTORS; w++) {
                sums[i][w] += a[i] * right[w];
            }
        }
    }
    UNROLL for (int i = 0; i < height; i++) {
        UNROLL for (int w = 0; w < VECTORS; w++) {
            ((floats_at *) (c + i * ldc))[w] = sums[i][w];
        }
    }
}

/* A switch over heights, since each is compiled with its own number of registers: CALL(h) for the case h. */
#if ROWS == 14
#define MORE_HEIGHTS(CALL) CALL(7) CALL(8) CALL(9) CALL(10) CALL(11) CALL(12) CALL(13) CALL(14)
#elif ROWS == 12
#define MORE_HEIGHTS(CALL) CALL(7) CALL(8) CALL(9) CALL(10) CALL(11) CALL(12)
#elif ROWS == 8
#define MORE_HEIGHTS(CALL) CALL(7) CALL(8)
#elif ROWS == 6
#define MORE_HEIGHTS(CALL)
#else
#error "no heights for this many rows"
#endif
#define HEIGHTS(CALL) CALL(1) CALL(2) CALL(3) CALL(4) CALL(5) CALL(6) MORE_HEIGHTS(CALL)

#define TILES(name)                                                                                                       \
    static void name(int height, const void *a, int steps, const char *b, long stride, long ahead, float *c, long ldc,    \
                     int fresh) {                                                                                         \
        switch (height) { HEIGHTS(name##_CASE) }                                                                          \
    }
#define panel_tile_CASE(h) case h: tile(PANEL, h, a, steps, b, stride, ahead, c, ldc, fresh); break;
#define f32_rows_tile_CASE(h) case h: tile(ROWS_F32, h, a, steps, b, stride, ahead, c, ldc, fresh); break;
#define bf16_rows_tile_CASE(h) case h: tile(ROWS_BF16, h, a, steps, b, stride, ahead, c, ldc, fresh); break;
TILES(panel_tile)
TILES(f32_rows_tile)
#if !DOT
TILES(bf16_rows_tile)
#endif
