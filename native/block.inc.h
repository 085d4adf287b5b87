/* Blocks of C: operands are packed, or read where they lie, some steps of k at a time, and multiplied tile by tile. */

typedef void tile_function(int height, const void *a, int steps, const char *b, long stride, float *c, long ldc, int fresh);

/* Whether a product's operands are packed in pairs. */
INLINE int in_pairs(const t2i_product *p) {
    return DOT && p->type_b == T2I_BF16;
}

/* Bytes of one panel over so many steps. */
INLINE long bytes_of_panel(const t2i_product *p, long steps) {
    return 4L * COLUMNS * (in_pairs(p) ? (steps + 1) / 2 : steps);
}

INLINE void pack_panel(const t2i_product *p, const char *b, long column, int columns, long from, int steps, void *out) {
#if DOT
    if (in_pairs(p)) {
        pack_right_pairs(p, b, column, columns, from, steps, out);
        return;
    }
#endif
    pack_right(p, b, column, columns, from, steps, out);
}

/* Blocks of C that fit a cache beside each other have so many tiles of rows, all but equally high. */
INLINE int tiles_of(int rows) {
    return (rows + ROWS - 1) / ROWS;
}

INLINE int height_of(int rows, int tile) {
    int tiles = tiles_of(rows);
    return rows / tiles + (tile < rows % tiles);
}

static int64_t panel_bytes(const t2i_product *p) {
    return (int64_t) (p->n + COLUMNS - 1) / COLUMNS * bytes_of_panel(p, p->k);
}

/* Left tiles as F32, where DOT needs a tile more to split, and a panel. */
static long bytes_of_left(int rows) {
    return 4L * tiles_of(rows) * PADDED(ROWS) * DEPTH;
}

static int64_t scratch_bytes(const t2i_product *p, int32_t rows) {
    (void) p;
    return bytes_of_left(rows) + 4L * PADDED(ROWS) * DEPTH + 4L * COLUMNS * DEPTH;
}

/* All of the left operand's tiles, one after the other; each begins where the rows before it, padded, end. */
INLINE void pack_left_tiles(const t2i_product *p, const char *a, long row, int rows, long from, int steps, uint32_t *left, uint32_t *whole) {
    for (int t = 0; t < tiles_of(rows); t++) {
        int height = height_of(rows, t);
#if DOT
        if (in_pairs(p)) {
            pack_left(p, a, row, height, from, steps, whole);
            split_left((const float *) whole, height, steps, left);
        } else {
            pack_left(p, a, row, height, from, steps, left);
        }
#else
        (void) whole;
        pack_left(p, a, row, height, from, steps, left);
#endif
        left += PADDED(ROWS) * DEPTH;
        row += height;
    }
}

static void pack(const t2i_product *p, const char *b, int32_t column, int32_t columns, char *panels) {
    for (long j = column; j < (long) column + columns; j += COLUMNS) {
        char *panel = panels + j / COLUMNS * bytes_of_panel(p, p->k);
        for (long from = 0; from < p->k; from += DEPTH) {
            int steps = (int) least(DEPTH, p->k - from);
            pack_panel(p, b, j, (int) least(COLUMNS, p->n - j), from, steps, panel + bytes_of_panel(p, from));
        }
    }
}

/* A tile at the right edge of C, computed aside, as tiles are written whole. */
static void edge_tile(tile_function *tile, int height, const void *a, int steps, const char *b, float *c, long ldc, int columns, int fresh) {
    float aside[ROWS * COLUMNS];
    for (int i = 0; !fresh && i < height; i++) {
        memcpy(aside + i * COLUMNS, c + i * ldc, 4L * columns);
        memset(aside + i * COLUMNS + columns, 0, 4L * (COLUMNS - columns));
    }
    tile(height, a, steps, b, 4L * COLUMNS, aside, COLUMNS, fresh);
    for (int i = 0; i < height; i++) {
        memcpy(c + i * ldc, aside + i * COLUMNS, 4L * columns);
    }
}

static void block(const t2i_product *p, const char *a, const char *b, const char *panels, float *c,
                  int32_t row, int32_t rows, int32_t column, int32_t columns, char *scratch) {
    uint32_t *left = (uint32_t *) scratch;
    uint32_t *whole = left + bytes_of_left(rows) / 4;
    char *panel = (char *) (whole + PADDED(ROWS) * DEPTH);
    int size = bytes_of(p->type_b);
    int depth = p->right == T2I_WHERE_IT_LIES ? STREAM_DEPTH : DEPTH;
    tile_function *panel_function = panel_tile;
    tile_function *rows_function = f32_rows_tile;
    if (p->type_b == T2I_BF16) {
#if DOT
        panel_function = pair_panel_tile;
        rows_function = pair_rows_tile;
#else
        rows_function = bf16_rows_tile;
#endif
    }
    for (long from = 0; from < p->k; from += depth) {
        int steps = (int) least(depth, p->k - from);
        pack_left_tiles(p, a, row, rows, from, steps, left, whole);
        for (long j = column; j < (long) column + columns; j += COLUMNS) {
            int valid = (int) least(COLUMNS, p->n - j);
            int lies = p->right == T2I_WHERE_IT_LIES && valid == COLUMNS;
            tile_function *tile = lies ? rows_function : panel_function;
            const char *right = panel;
            long stride = 4L * COLUMNS;
            if (lies) {
                right = b + (from * p->n + j) * size;
                stride = (long) p->n * size;
            } else if (panels) {
                right = panels + j / COLUMNS * bytes_of_panel(p, p->k) + bytes_of_panel(p, from);
            } else {
                pack_panel(p, b, j, valid, from, steps, panel);
            }
            const uint32_t *tile_left = left;
            float *sums = c + (long) row * p->n + j;
            for (int t = 0; t < tiles_of(rows); t++) {
                int height = height_of(rows, t);
                if (valid == COLUMNS) {
                    tile(height, tile_left, steps, right, stride, sums, p->n, from == 0);
                } else {
                    edge_tile(tile, height, tile_left, steps, right, sums, p->n, valid, from == 0);
                }
                tile_left += PADDED(ROWS) * DEPTH;
                sums += (long) height * p->n;
            }
        }
    }
}

const t2i_path NAME = {COLUMNS, panel_bytes, scratch_bytes, pack, block};
