package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles whose left operand lies by rows: {@code c[i][j] += a[i][k] * b[k][j]}, {@code k} ascending.
 *
 * <p>Rows start anywhere in {@code a} (for a convolution they are overlapping windows of a padded picture) and consist of
 * equally long, equally spaced runs. {@code b} is a packed panel (see {@link PanelLayout}).
 *
 * <p>The shapes are written out one by one because C2 keeps the sums in registers only when each is a local variable.
 * Two steps of the inner loop are unrolled by hand: C2 does not unroll a body of this size, and one step alone spends
 * more instructions on addresses than the core can issue beside the products. (More steps make it spill registers.)
 * The widest tile does one step, which has products enough. With two, the method is far larger than what C2 inlines at
 * once; the rest it inlines later, by the types seen before, and vectors of other widths in the process cost it a fifth.
 */
final class RowTiles {
    private RowTiles() {}

    /**
     * Adds the products of one tile, of {@link Lanes#tileHeight} rows, to {@code c}. Row {@code i} of the left operand begins at
     * {@code aOffset + rows[row + i]} and has {@code runs} runs of {@code runLength} elements, {@code runStride} apart.
     */
    static void accumulate(int height, int vectors, float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        if (Lanes.TILE_ROWS == 8) {
            switch (vectors) {
                case 1 -> rows8x1(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
                case 2 -> rows8x2(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
                default -> rows8x3(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
            }
        } else if (height == 5) {
            if (vectors == 1) {
                FiveRowTiles.rows5x1(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
            } else {
                FiveRowTiles.rows5x2(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
            }
        } else if (vectors == 1) {
            FourRowTiles.rows4x1(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
        } else {
            FourRowTiles.rows4x2(a, aOffset, rows, row, runs, runStride, runLength, b, bOffset, c, cOffset, cStride);
        }
    }

    private static void rows8x3(float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        int a4 = aOffset + rows[row + 4];
        int a5 = aOffset + rows[row + 5];
        int a6 = aOffset + rows[row + 6];
        int a7 = aOffset + rows[row + 7];
        int c0 = cOffset;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        int c3 = c2 + cStride;
        int c4 = c3 + cStride;
        int c5 = c4 + cStride;
        int c6 = c5 + cStride;
        int c7 = c6 + cStride;
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, c0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, c, c0 + COUNT);
        FloatVector s02 = FloatVector.fromArray(SPECIES, c, c0 + 2 * COUNT);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, c1);
        FloatVector s11 = FloatVector.fromArray(SPECIES, c, c1 + COUNT);
        FloatVector s12 = FloatVector.fromArray(SPECIES, c, c1 + 2 * COUNT);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, c2);
        FloatVector s21 = FloatVector.fromArray(SPECIES, c, c2 + COUNT);
        FloatVector s22 = FloatVector.fromArray(SPECIES, c, c2 + 2 * COUNT);
        FloatVector s30 = FloatVector.fromArray(SPECIES, c, c3);
        FloatVector s31 = FloatVector.fromArray(SPECIES, c, c3 + COUNT);
        FloatVector s32 = FloatVector.fromArray(SPECIES, c, c3 + 2 * COUNT);
        FloatVector s40 = FloatVector.fromArray(SPECIES, c, c4);
        FloatVector s41 = FloatVector.fromArray(SPECIES, c, c4 + COUNT);
        FloatVector s42 = FloatVector.fromArray(SPECIES, c, c4 + 2 * COUNT);
        FloatVector s50 = FloatVector.fromArray(SPECIES, c, c5);
        FloatVector s51 = FloatVector.fromArray(SPECIES, c, c5 + COUNT);
        FloatVector s52 = FloatVector.fromArray(SPECIES, c, c5 + 2 * COUNT);
        FloatVector s60 = FloatVector.fromArray(SPECIES, c, c6);
        FloatVector s61 = FloatVector.fromArray(SPECIES, c, c6 + COUNT);
        FloatVector s62 = FloatVector.fromArray(SPECIES, c, c6 + 2 * COUNT);
        FloatVector s70 = FloatVector.fromArray(SPECIES, c, c7);
        FloatVector s71 = FloatVector.fromArray(SPECIES, c, c7 + COUNT);
        FloatVector s72 = FloatVector.fromArray(SPECIES, c, c7 + 2 * COUNT);
        int bRun = bOffset;
        for (int run = 0; run < runs; run++) {
            FloatVector v;
            FloatVector b0;
            FloatVector b1;
            FloatVector b2;
            for (int k = 0; k < runLength; k++) {
                int at = bRun + k * (3 * COUNT);
                b0 = FloatVector.fromArray(SPECIES, b, at);
                b1 = FloatVector.fromArray(SPECIES, b, at + COUNT);
                b2 = FloatVector.fromArray(SPECIES, b, at + 2 * COUNT);
                v = FloatVector.broadcast(SPECIES, a[a0 + k]);
                s00 = v.fma(b0, s00); s01 = v.fma(b1, s01); s02 = v.fma(b2, s02);
                v = FloatVector.broadcast(SPECIES, a[a1 + k]);
                s10 = v.fma(b0, s10); s11 = v.fma(b1, s11); s12 = v.fma(b2, s12);
                v = FloatVector.broadcast(SPECIES, a[a2 + k]);
                s20 = v.fma(b0, s20); s21 = v.fma(b1, s21); s22 = v.fma(b2, s22);
                v = FloatVector.broadcast(SPECIES, a[a3 + k]);
                s30 = v.fma(b0, s30); s31 = v.fma(b1, s31); s32 = v.fma(b2, s32);
                v = FloatVector.broadcast(SPECIES, a[a4 + k]);
                s40 = v.fma(b0, s40); s41 = v.fma(b1, s41); s42 = v.fma(b2, s42);
                v = FloatVector.broadcast(SPECIES, a[a5 + k]);
                s50 = v.fma(b0, s50); s51 = v.fma(b1, s51); s52 = v.fma(b2, s52);
                v = FloatVector.broadcast(SPECIES, a[a6 + k]);
                s60 = v.fma(b0, s60); s61 = v.fma(b1, s61); s62 = v.fma(b2, s62);
                v = FloatVector.broadcast(SPECIES, a[a7 + k]);
                s70 = v.fma(b0, s70); s71 = v.fma(b1, s71); s72 = v.fma(b2, s72);
            }
            a0 += runStride;
            a1 += runStride;
            a2 += runStride;
            a3 += runStride;
            a4 += runStride;
            a5 += runStride;
            a6 += runStride;
            a7 += runStride;
            bRun += runLength * (3 * COUNT);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + COUNT);
        s02.intoArray(c, c0 + 2 * COUNT);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + COUNT);
        s12.intoArray(c, c1 + 2 * COUNT);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + COUNT);
        s22.intoArray(c, c2 + 2 * COUNT);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + COUNT);
        s32.intoArray(c, c3 + 2 * COUNT);
        s40.intoArray(c, c4);
        s41.intoArray(c, c4 + COUNT);
        s42.intoArray(c, c4 + 2 * COUNT);
        s50.intoArray(c, c5);
        s51.intoArray(c, c5 + COUNT);
        s52.intoArray(c, c5 + 2 * COUNT);
        s60.intoArray(c, c6);
        s61.intoArray(c, c6 + COUNT);
        s62.intoArray(c, c6 + 2 * COUNT);
        s70.intoArray(c, c7);
        s71.intoArray(c, c7 + COUNT);
        s72.intoArray(c, c7 + 2 * COUNT);
    }

    private static void rows8x2(float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        int a4 = aOffset + rows[row + 4];
        int a5 = aOffset + rows[row + 5];
        int a6 = aOffset + rows[row + 6];
        int a7 = aOffset + rows[row + 7];
        int c0 = cOffset;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        int c3 = c2 + cStride;
        int c4 = c3 + cStride;
        int c5 = c4 + cStride;
        int c6 = c5 + cStride;
        int c7 = c6 + cStride;
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, c0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, c, c0 + COUNT);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, c1);
        FloatVector s11 = FloatVector.fromArray(SPECIES, c, c1 + COUNT);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, c2);
        FloatVector s21 = FloatVector.fromArray(SPECIES, c, c2 + COUNT);
        FloatVector s30 = FloatVector.fromArray(SPECIES, c, c3);
        FloatVector s31 = FloatVector.fromArray(SPECIES, c, c3 + COUNT);
        FloatVector s40 = FloatVector.fromArray(SPECIES, c, c4);
        FloatVector s41 = FloatVector.fromArray(SPECIES, c, c4 + COUNT);
        FloatVector s50 = FloatVector.fromArray(SPECIES, c, c5);
        FloatVector s51 = FloatVector.fromArray(SPECIES, c, c5 + COUNT);
        FloatVector s60 = FloatVector.fromArray(SPECIES, c, c6);
        FloatVector s61 = FloatVector.fromArray(SPECIES, c, c6 + COUNT);
        FloatVector s70 = FloatVector.fromArray(SPECIES, c, c7);
        FloatVector s71 = FloatVector.fromArray(SPECIES, c, c7 + COUNT);
        int bRun = bOffset;
        for (int run = 0; run < runs; run++) {
            FloatVector v;
            FloatVector b0;
            FloatVector b1;
            int k = 0;
            for (; k <= runLength - 2; k += 2) {
                int at = bRun + k * (2 * COUNT);
                b0 = FloatVector.fromArray(SPECIES, b, at);
                b1 = FloatVector.fromArray(SPECIES, b, at + COUNT);
                v = FloatVector.broadcast(SPECIES, a[a0 + k]);
                s00 = v.fma(b0, s00); s01 = v.fma(b1, s01);
                v = FloatVector.broadcast(SPECIES, a[a1 + k]);
                s10 = v.fma(b0, s10); s11 = v.fma(b1, s11);
                v = FloatVector.broadcast(SPECIES, a[a2 + k]);
                s20 = v.fma(b0, s20); s21 = v.fma(b1, s21);
                v = FloatVector.broadcast(SPECIES, a[a3 + k]);
                s30 = v.fma(b0, s30); s31 = v.fma(b1, s31);
                v = FloatVector.broadcast(SPECIES, a[a4 + k]);
                s40 = v.fma(b0, s40); s41 = v.fma(b1, s41);
                v = FloatVector.broadcast(SPECIES, a[a5 + k]);
                s50 = v.fma(b0, s50); s51 = v.fma(b1, s51);
                v = FloatVector.broadcast(SPECIES, a[a6 + k]);
                s60 = v.fma(b0, s60); s61 = v.fma(b1, s61);
                v = FloatVector.broadcast(SPECIES, a[a7 + k]);
                s70 = v.fma(b0, s70); s71 = v.fma(b1, s71);
                int next = at + 2 * COUNT;
                b0 = FloatVector.fromArray(SPECIES, b, next);
                b1 = FloatVector.fromArray(SPECIES, b, next + COUNT);
                v = FloatVector.broadcast(SPECIES, a[a0 + k + 1]);
                s00 = v.fma(b0, s00); s01 = v.fma(b1, s01);
                v = FloatVector.broadcast(SPECIES, a[a1 + k + 1]);
                s10 = v.fma(b0, s10); s11 = v.fma(b1, s11);
                v = FloatVector.broadcast(SPECIES, a[a2 + k + 1]);
                s20 = v.fma(b0, s20); s21 = v.fma(b1, s21);
                v = FloatVector.broadcast(SPECIES, a[a3 + k + 1]);
                s30 = v.fma(b0, s30); s31 = v.fma(b1, s31);
                v = FloatVector.broadcast(SPECIES, a[a4 + k + 1]);
                s40 = v.fma(b0, s40); s41 = v.fma(b1, s41);
                v = FloatVector.broadcast(SPECIES, a[a5 + k + 1]);
                s50 = v.fma(b0, s50); s51 = v.fma(b1, s51);
                v = FloatVector.broadcast(SPECIES, a[a6 + k + 1]);
                s60 = v.fma(b0, s60); s61 = v.fma(b1, s61);
                v = FloatVector.broadcast(SPECIES, a[a7 + k + 1]);
                s70 = v.fma(b0, s70); s71 = v.fma(b1, s71);
            }
            if (k < runLength) {
                int at = bRun + k * (2 * COUNT);
                b0 = FloatVector.fromArray(SPECIES, b, at);
                b1 = FloatVector.fromArray(SPECIES, b, at + COUNT);
                v = FloatVector.broadcast(SPECIES, a[a0 + k]);
                s00 = v.fma(b0, s00); s01 = v.fma(b1, s01);
                v = FloatVector.broadcast(SPECIES, a[a1 + k]);
                s10 = v.fma(b0, s10); s11 = v.fma(b1, s11);
                v = FloatVector.broadcast(SPECIES, a[a2 + k]);
                s20 = v.fma(b0, s20); s21 = v.fma(b1, s21);
                v = FloatVector.broadcast(SPECIES, a[a3 + k]);
                s30 = v.fma(b0, s30); s31 = v.fma(b1, s31);
                v = FloatVector.broadcast(SPECIES, a[a4 + k]);
                s40 = v.fma(b0, s40); s41 = v.fma(b1, s41);
                v = FloatVector.broadcast(SPECIES, a[a5 + k]);
                s50 = v.fma(b0, s50); s51 = v.fma(b1, s51);
                v = FloatVector.broadcast(SPECIES, a[a6 + k]);
                s60 = v.fma(b0, s60); s61 = v.fma(b1, s61);
                v = FloatVector.broadcast(SPECIES, a[a7 + k]);
                s70 = v.fma(b0, s70); s71 = v.fma(b1, s71);
            }
            a0 += runStride;
            a1 += runStride;
            a2 += runStride;
            a3 += runStride;
            a4 += runStride;
            a5 += runStride;
            a6 += runStride;
            a7 += runStride;
            bRun += runLength * (2 * COUNT);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + COUNT);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + COUNT);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + COUNT);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + COUNT);
        s40.intoArray(c, c4);
        s41.intoArray(c, c4 + COUNT);
        s50.intoArray(c, c5);
        s51.intoArray(c, c5 + COUNT);
        s60.intoArray(c, c6);
        s61.intoArray(c, c6 + COUNT);
        s70.intoArray(c, c7);
        s71.intoArray(c, c7 + COUNT);
    }

    private static void rows8x1(float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        int a4 = aOffset + rows[row + 4];
        int a5 = aOffset + rows[row + 5];
        int a6 = aOffset + rows[row + 6];
        int a7 = aOffset + rows[row + 7];
        int c0 = cOffset;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        int c3 = c2 + cStride;
        int c4 = c3 + cStride;
        int c5 = c4 + cStride;
        int c6 = c5 + cStride;
        int c7 = c6 + cStride;
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, c0);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, c1);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, c2);
        FloatVector s30 = FloatVector.fromArray(SPECIES, c, c3);
        FloatVector s40 = FloatVector.fromArray(SPECIES, c, c4);
        FloatVector s50 = FloatVector.fromArray(SPECIES, c, c5);
        FloatVector s60 = FloatVector.fromArray(SPECIES, c, c6);
        FloatVector s70 = FloatVector.fromArray(SPECIES, c, c7);
        int bRun = bOffset;
        for (int run = 0; run < runs; run++) {
            FloatVector v;
            FloatVector b0;
            int k = 0;
            for (; k <= runLength - 2; k += 2) {
                int at = bRun + k * COUNT;
                b0 = FloatVector.fromArray(SPECIES, b, at);
                v = FloatVector.broadcast(SPECIES, a[a0 + k]);
                s00 = v.fma(b0, s00);
                v = FloatVector.broadcast(SPECIES, a[a1 + k]);
                s10 = v.fma(b0, s10);
                v = FloatVector.broadcast(SPECIES, a[a2 + k]);
                s20 = v.fma(b0, s20);
                v = FloatVector.broadcast(SPECIES, a[a3 + k]);
                s30 = v.fma(b0, s30);
                v = FloatVector.broadcast(SPECIES, a[a4 + k]);
                s40 = v.fma(b0, s40);
                v = FloatVector.broadcast(SPECIES, a[a5 + k]);
                s50 = v.fma(b0, s50);
                v = FloatVector.broadcast(SPECIES, a[a6 + k]);
                s60 = v.fma(b0, s60);
                v = FloatVector.broadcast(SPECIES, a[a7 + k]);
                s70 = v.fma(b0, s70);
                int next = at + COUNT;
                b0 = FloatVector.fromArray(SPECIES, b, next);
                v = FloatVector.broadcast(SPECIES, a[a0 + k + 1]);
                s00 = v.fma(b0, s00);
                v = FloatVector.broadcast(SPECIES, a[a1 + k + 1]);
                s10 = v.fma(b0, s10);
                v = FloatVector.broadcast(SPECIES, a[a2 + k + 1]);
                s20 = v.fma(b0, s20);
                v = FloatVector.broadcast(SPECIES, a[a3 + k + 1]);
                s30 = v.fma(b0, s30);
                v = FloatVector.broadcast(SPECIES, a[a4 + k + 1]);
                s40 = v.fma(b0, s40);
                v = FloatVector.broadcast(SPECIES, a[a5 + k + 1]);
                s50 = v.fma(b0, s50);
                v = FloatVector.broadcast(SPECIES, a[a6 + k + 1]);
                s60 = v.fma(b0, s60);
                v = FloatVector.broadcast(SPECIES, a[a7 + k + 1]);
                s70 = v.fma(b0, s70);
            }
            if (k < runLength) {
                int at = bRun + k * COUNT;
                b0 = FloatVector.fromArray(SPECIES, b, at);
                v = FloatVector.broadcast(SPECIES, a[a0 + k]);
                s00 = v.fma(b0, s00);
                v = FloatVector.broadcast(SPECIES, a[a1 + k]);
                s10 = v.fma(b0, s10);
                v = FloatVector.broadcast(SPECIES, a[a2 + k]);
                s20 = v.fma(b0, s20);
                v = FloatVector.broadcast(SPECIES, a[a3 + k]);
                s30 = v.fma(b0, s30);
                v = FloatVector.broadcast(SPECIES, a[a4 + k]);
                s40 = v.fma(b0, s40);
                v = FloatVector.broadcast(SPECIES, a[a5 + k]);
                s50 = v.fma(b0, s50);
                v = FloatVector.broadcast(SPECIES, a[a6 + k]);
                s60 = v.fma(b0, s60);
                v = FloatVector.broadcast(SPECIES, a[a7 + k]);
                s70 = v.fma(b0, s70);
            }
            a0 += runStride;
            a1 += runStride;
            a2 += runStride;
            a3 += runStride;
            a4 += runStride;
            a5 += runStride;
            a6 += runStride;
            a7 += runStride;
            bRun += runLength * COUNT;
        }
        s00.intoArray(c, c0);
        s10.intoArray(c, c1);
        s20.intoArray(c, c2);
        s30.intoArray(c, c3);
        s40.intoArray(c, c4);
        s50.intoArray(c, c5);
        s60.intoArray(c, c6);
        s70.intoArray(c, c7);
    }
}
