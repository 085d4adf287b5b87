/*
 * Operands rearranged as tiles read them. A panel of the right operand is [k, COLUMNS], a tile of the left one [k, PADDED(height)];
 * BF16 is widened on the way, or for DOT joined in pairs along k.
 */

/*
 * Turns rows into columns: out[s * across + i] is element s of row i, for `rows` rows that lie `stride` bytes apart. What an
 * out row holds beyond `rows`, up to the next four, is undefined.
 */
INLINE void turn(const int type, const char *source, long stride, int rows, int steps, uint32_t *out, int across) {
    for (int i = 0; i < rows; i += 4) {
        const char *r0 = source + i * stride;
        /* Where fewer than four rows are left, the last is read again. */
        const char *r1 = source + least(i + 1, rows - 1) * stride;
        const char *r2 = source + least(i + 2, rows - 1) * stride;
        const char *r3 = source + least(i + 3, rows - 1) * stride;
        uint32_t *to = out + i;
        int s = 0;
        for (; s + 4 <= steps; s += 4, to += 4 * across) {
            words4 x0 = read4(type, r0, s);
            words4 x1 = read4(type, r1, s);
            words4 x2 = read4(type, r2, s);
            words4 x3 = read4(type, r3, s);
            words4 low01 = SHUFFLE4(x0, x1, 0, 4, 1, 5);
            words4 high01 = SHUFFLE4(x0, x1, 2, 6, 3, 7);
            words4 low23 = SHUFFLE4(x2, x3, 0, 4, 1, 5);
            words4 high23 = SHUFFLE4(x2, x3, 2, 6, 3, 7);
            *(words4_at *) to = SHUFFLE4(low01, low23, 0, 1, 4, 5);
            *(words4_at *) (to + across) = SHUFFLE4(low01, low23, 2, 3, 6, 7);
            *(words4_at *) (to + 2 * across) = SHUFFLE4(high01, high23, 0, 1, 4, 5);
            *(words4_at *) (to + 3 * across) = SHUFFLE4(high01, high23, 2, 3, 6, 7);
        }
        for (; s < steps; s++, to += across) {
            to[0] = read(type, r0, s);
            to[1] = read(type, r1, s);
            to[2] = read(type, r2, s);
            to[3] = read(type, r3, s);
        }
    }
}

/* A tile of the left operand: rows [row, row + height), steps [from, from + steps). */
INLINE void pack_left_of(const int type, const t2i_product *p, const char *a, long row, int height, long from, int steps, uint32_t *out) {
    int across = PADDED(height);
    int size = bytes_of(type);
    if (!p->trans_a) {
        turn(type, a + (row * p->k + from) * size, (long) p->k * size, height, steps, out, across);
        return;
    }
    for (int s = 0; s < steps; s++) {
        const char *source = a + ((from + s) * p->m + row) * size;
        for (int i = 0; i < height; i++) {
            out[s * across + i] = read(type, source, i);
        }
    }
}

static void pack_left(const t2i_product *p, const char *a, long row, int height, long from, int steps, uint32_t *out) {
    if (p->type_a == T2I_BF16) {
        pack_left_of(T2I_BF16, p, a, row, height, from, steps, out);
    } else {
        pack_left_of(T2I_F32, p, a, row, height, from, steps, out);
    }
}

INLINE void pack_right_of(const int type, const t2i_product *p, const char *b, long column, int columns, long from, int steps, uint32_t *out) {
    int size = bytes_of(type);
    if (p->trans_b) {
        /* Columns beyond the last one belong to nobody, so junk in them does no harm. */
        turn(type, b + (column * p->k + from) * size, (long) p->k * size, columns, steps, out, COLUMNS);
        return;
    }
    const char *source = b + (from * p->n + column) * size;
    for (int s = 0; s < steps; s++, source += (long) p->n * size, out += COLUMNS) {
        if (columns < COLUMNS) {
            for (int j = 0; j < columns; j++) {
                out[j] = read(type, source, j);
            }
        } else if (type == T2I_BF16) {
            UNROLL for (int w = 0; w < VECTORS; w++) {
                ((words_at *) out)[w] = widen(((const halves_at *) source)[w]) << 16;
            }
        } else {
            UNROLL for (int w = 0; w < VECTORS; w++) {
                ((words_at *) out)[w] = ((const words_at *) source)[w];
            }
        }
    }
}

/* Columns [column, column + columns) of the right operand, a panel or less, steps [from, from + steps). */
static void pack_right(const t2i_product *p, const char *b, long column, int columns, long from, int steps, uint32_t *out) {
    if (columns < COLUMNS) {
        memset(out, 0, 4L * COLUMNS * steps);
    }
    if (p->type_b == T2I_BF16) {
        pack_right_of(T2I_BF16, p, b, column, columns, from, steps, out);
    } else {
        pack_right_of(T2I_F32, p, b, column, columns, from, steps, out);
    }
}
