/* Blocks of C: operands are packed, or read where they lie, some steps of k at a time, and multiplied tile by tile. */

#if DOT
_Static_assert(PARTS == 2, "a step of k takes as many words in a left tile of pairs as in one of F32");
#endif

typedef void tile_function(int height, const void *a, int steps, const char *b, long stride, long ahead, float *c, long ldc, int fresh);

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

/* Words of a tile of the left operand: over all of k where it is packed before. */
INLINE long words_of_tile(const t2i_product *p) {
    return PADDED(ROWS) * (p->left == T2I_PACKED_BEFORE ? (p->k + 1L) / 2 * 2 : DEPTH);
}

/* A scratch holds the left tiles, then a tile more, of which DOT makes pairs, then a panel. */
INLINE uint32_t *whole_tile(const t2i_product *p, char *scratch, int rows) {
    return (uint32_t *) scratch + tiles_of(rows) * words_of_tile(p);
}

static int64_t scratch_bytes(const t2i_product *p, int32_t rows) {
    return 4L * (tiles_of(rows) * words_of_tile(p) + PADDED(ROWS) * DEPTH + COLUMNS * DEPTH);
}

/* Some steps of all of the left operand's tiles, each behind the steps that its tile holds already. */
INLINE void pack_left_tiles(const t2i_product *p, const char *a, long row, int rows, long from, int steps, long held, uint32_t *left,
                            uint32_t *whole) {
    for (int t = 0; t < tiles_of(rows); t++) {
        int height = height_of(rows, t);
        uint32_t *out = left + held * PADDED(height);
#if DOT
        if (in_pairs(p)) {
            pack_left(p, a, row, height, from, steps, whole);
            split_left((const float *) whole, height, steps, out);
        } else {
            pack_left(p, a, row, height, from, steps, out);
        }
#else
        (void) whole;
        pack_left(p, a, row, height, from, steps, out);
#endif
        left += words_of_tile(p);
        row += height;
    }
}

static void pack_all_left(const t2i_product *p, const char *a, char *scratch) {
    for (long from = 0; from < p->k; from += DEPTH) {
        int steps = (int) least(DEPTH, p->k - from);
        pack_left_tiles(p, a, 0, p->m, from, steps, from, (uint32_t *) scratch, whole_tile(p, scratch, p->m));
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
    tile(height, a, steps, b, 4L * COLUMNS, 0, aside, COLUMNS, fresh);
    for (int i = 0; i < height; i++) {
        memcpy(c + i * ldc, aside + i * COLUMNS, 4L * columns);
    }
}

static void block(const t2i_product *p, const char *a, const char *b, const char *panels, float *c,
                  int32_t row, int32_t rows, int32_t column, int32_t columns, char *scratch) {
    uint32_t *left = (uint32_t *) scratch;
    uint32_t *whole = whole_tile(p, scratch, rows);
    char *panel = (char *) (whole + PADDED(ROWS) * DEPTH);
    int size = bytes_of(p->type_b);
    int depth = p->right == T2I_WHERE_IT_LIES ? STREAM_DEPTH(size) : DEPTH;
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
        long held = p->left == T2I_PACKED_BEFORE ? from : 0;
        if (p->left != T2I_PACKED_BEFORE) {
            pack_left_tiles(p, a, row, rows, from, steps, 0, left, whole);
        }
        for (long j = column; j < (long) column + columns; j += COLUMNS) {
            int valid = (int) least(COLUMNS, p->n - j);
            int lies = p->right == T2I_WHERE_IT_LIES && valid == COLUMNS;
            tile_function *tile = lies ? rows_function : panel_function;
            const char *right = panel;
            long stride = 4L * COLUMNS;
            long ahead = 0;
            if (lies) {
                right = b + (from * p->n + j) * size;
                stride = (long) p->n * size;
                ahead = from + steps < p->k ? steps * stride : 0;
            } else if (panels) {
                right = panels + j / COLUMNS * bytes_of_panel(p, p->k) + bytes_of_panel(p, from);
            } else {
                pack_panel(p, b, j, valid, from, steps, panel);
            }
            const uint32_t *tile_left = left;
            float *sums = c + (long) row * p->n + j;
            for (int t = 0; t < tiles_of(rows); t++) {
                int height = height_of(rows, t);
                const uint32_t *here = tile_left + held * PADDED(height);
                if (valid == COLUMNS) {
                    tile(height, here, steps, right, stride, ahead, sums, p->n, from == 0);
                } else {
                    edge_tile(tile, height, here, steps, right, sums, p->n, valid, from == 0);
                }
                tile_left += words_of_tile(p);
                sums += (long) height * p->n;
            }
        }
    }
}

const t2i_path NAME = {COLUMNS, panel_bytes, scratch_bytes, pack, pack_all_left, block};
