/*
 * Register tiles that multiply pairs of BF16 with AVX-512 BF16's VDPBF16PS: two steps of k for each instruction.
 *
 * The left operand, which is F32, is split into PARTS numbers of BF16 that add up to it: with two of them its error is 2^-18 of
 * itself, so that only the weights are as coarse as their storage. A sum is one chain over ascending pairs, whatever the tiles
 * and blocks. The instruction takes subnormal numbers for zeros.
 *
 * A tile of the left operand is [k / 2, PARTS, PADDED(height)] pairs, a panel of the right one [k / 2, COLUMNS] pairs; the
 * second of the last pair is zero where k is odd.
 */
#include <immintrin.h>

#ifndef PARTS
#define PARTS 2
#endif

INLINE __m512bh pairs_at(const void *p) {
    return (__m512bh) _mm512_loadu_si512(p);
}

/* Turns a tile of F32, [steps, PADDED(height)], into one of pairs. */
static void split_left(const float *in, int height, int steps, uint32_t *out) {
    const int across = PADDED(height);
    const __m128i upper = _mm_set1_epi32((int) 0xffff0000);
    const __m128 infinity = _mm_castsi128_ps(_mm_set1_epi32(0x7f800000));
    const __m128i magnitude = _mm_set1_epi32(0x7fffffff);
    for (int s = 0; s < steps; s += 2, in += 2 * across, out += PARTS * across) {
        for (int i = 0; i < across; i += 4) {
            __m128 first = _mm_loadu_ps(in + i);
            __m128 second = s + 1 < steps ? _mm_loadu_ps(in + across + i) : _mm_setzero_ps();
            for (int part = 0; part < PARTS; part++) {
                __m128i both = (__m128i) _mm_cvtne2ps_pbh(second, first);
                __m128i pairs = _mm_unpacklo_epi16(both, _mm_unpackhi_epi64(both, both));
                _mm_storeu_si128((__m128i *) (out + part * across + i), pairs);
                /* What rounding left over. Nothing, where it made an infinity, whose difference would be no number. */
                __m128i bits1 = _mm_slli_epi32(pairs, 16);
                __m128i bits2 = _mm_and_si128(pairs, upper);
                __mmask8 finite1 = _mm_cmp_ps_mask(_mm_castsi128_ps(_mm_and_si128(bits1, magnitude)), infinity, _CMP_LT_OQ);
                __mmask8 finite2 = _mm_cmp_ps_mask(_mm_castsi128_ps(_mm_and_si128(bits2, magnitude)), infinity, _CMP_LT_OQ);
                first = _mm_maskz_sub_ps(finite1, first, _mm_castsi128_ps(bits1));
                second = _mm_maskz_sub_ps(finite2, second, _mm_castsi128_ps(bits2));
            }
        }
    }
}

/* Like pack_right, but in pairs. */
static void pack_right_pairs(const t2i_product *p, const char *b, long column, int columns, long from, int steps, uint32_t *out) {
    int whole = steps / 2;
    if (columns < COLUMNS) {
        memset(out, 0, 4L * COLUMNS * ((steps + 1) / 2));
    }
    if (p->trans_b) {
        /* A pair lies together, so pairs turn as F32 elements do. */
        const char *source = b + 2 * (column * p->k + from);
        turn(T2I_F32, source, 2L * p->k, columns, whole, out, COLUMNS);
        for (int j = 0; steps % 2 == 1 && j < columns; j++) {
            out[whole * COLUMNS + j] = read(T2I_BF16, source + 2L * j * p->k, steps - 1) >> 16;
        }
        return;
    }
    const char *source = b + 2 * (from * p->n + column);
    for (int s = 0; s < steps; s += 2, source += 4L * p->n, out += COLUMNS) {
        const char *next = s + 1 < steps ? source + 2L * p->n : NULL;
        if (columns < COLUMNS) {
            for (int j = 0; j < columns; j++) {
                out[j] = read(T2I_BF16, source, j) >> 16 | (next ? read(T2I_BF16, next, j) : 0);
            }
            continue;
        }
        UNROLL for (int w = 0; w < VECTORS; w++) {
            words pairs = widen(((const halves_at *) source)[w]);
            if (next) {
                pairs |= widen(((const halves_at *) next)[w]) << 16;
            }
            ((words_at *) out)[w] = pairs;
        }
    }
}

/* Multiplies a pair of every row with the pairs of the right operand's columns. */
INLINE void add_pairs(const int height, const uint32_t *a, const __m512bh right[VECTORS], __m512 sums[ROWS][VECTORS]) {
    UNROLL for (int part = 0; part < PARTS; part++) {
        UNROLL for (int i = 0; i < height; i++) {
            __m512bh left = (__m512bh) _mm512_set1_epi32((int) a[part * PADDED(height) + i]);
            UNROLL for (int w = 0; w < VECTORS; w++) {
                sums[i][w] = _mm512_dpbf16_ps(sums[i][w], left, right[w]);
            }
        }
    }
}

INLINE void pair_tile(const int lies, const int height, const uint32_t *a, int steps, const char *b, long stride, long ahead, float *c, long ldc,
                      int fresh) {
    _Static_assert(VECTORS == 2, "rows that lie as they are come as one vector of BF16");
    __m512 sums[ROWS][VECTORS];
    __m512bh right[VECTORS];
    UNROLL for (int i = 0; i < height; i++) {
        UNROLL for (int w = 0; w < VECTORS; w++) {
            sums[i][w] = fresh ? _mm512_setzero_ps() : _mm512_loadu_ps(c + i * ldc + w * LANES);
        }
    }
    if (!lies) {
        for (int s = 0; s < steps; s += 2, a += PARTS * PADDED(height), b += stride) {
            UNROLL for (int w = 0; w < VECTORS; w++) {
                right[w] = pairs_at(b + 64 * w);
            }
            add_pairs(height, a, right, sums);
        }
    } else {
        /* Takes words of two rows in turn: the first and the second half of both. */
        const __m512i ascending = _mm512_cvtepu16_epi32(_mm256_set_epi16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
        const __m512i first = _mm512_or_si512(ascending, _mm512_slli_epi32(_mm512_add_epi32(ascending, _mm512_set1_epi32(32)), 16));
        const long along = fresh ? ALONG * 64 : ahead;
        const __m512i second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
        for (int s = 0; s < steps; s += 2, a += PARTS * PADDED(height), b += 2 * stride) {
            __m512i row1 = _mm512_loadu_si512(b);
            __m512i row2 = s + 1 < steps ? _mm512_loadu_si512(b + stride) : _mm512_setzero_si512();
            __builtin_prefetch(b + ahead, 0, 2);
            __builtin_prefetch(b + ahead + stride, 0, 2);
            __builtin_prefetch(b + along, 0, 2);
            __builtin_prefetch(b + along + stride, 0, 2);
            right[0] = (__m512bh) _mm512_permutex2var_epi16(row1, first, row2);
            right[1] = (__m512bh) _mm512_permutex2var_epi16(row1, second, row2);
            add_pairs(height, a, right, sums);
        }
    }
    UNROLL for (int i = 0; i < height; i++) {
        UNROLL for (int w = 0; w < VECTORS; w++) {
            _mm512_storeu_ps(c + i * ldc + w * LANES, sums[i][w]);
        }
    }
}

#define pair_panel_tile_CASE(h) case h: pair_tile(0, h, a, steps, b, stride, ahead, c, ldc, fresh); break;
#define pair_rows_tile_CASE(h) case h: pair_tile(1, h, a, steps, b, stride, ahead, c, ldc, fresh); break;
TILES(pair_panel_tile)
TILES(pair_rows_tile)
