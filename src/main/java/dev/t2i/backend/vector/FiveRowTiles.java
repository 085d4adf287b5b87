package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * {@link RowTiles} of five rows, for processors with sixteen vector registers. Ten sums are two more than hide the latency of
 * multiply-adds, and as many as C2 keeps in registers: with twelve, or two steps at a time, it spills and is half as fast.
 */
final class FiveRowTiles {
    private FiveRowTiles() {}

    static void rows5x2(float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        int a4 = aOffset + rows[row + 4];
        int c0 = cOffset;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        int c3 = c2 + cStride;
        int c4 = c3 + cStride;
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
        int bRun = bOffset;
        for (int run = 0; run < runs; run++) {
            FloatVector v;
            for (int k = 0; k < runLength; k++) {
                int at = bRun + k * (2 * COUNT);
                FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
                FloatVector b1 = FloatVector.fromArray(SPECIES, b, at + COUNT);
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
            }
            a0 += runStride;
            a1 += runStride;
            a2 += runStride;
            a3 += runStride;
            a4 += runStride;
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
    }

    static void rows5x1(float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        int a4 = aOffset + rows[row + 4];
        int c0 = cOffset;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        int c3 = c2 + cStride;
        int c4 = c3 + cStride;
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, c0);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, c1);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, c2);
        FloatVector s30 = FloatVector.fromArray(SPECIES, c, c3);
        FloatVector s40 = FloatVector.fromArray(SPECIES, c, c4);
        int bRun = bOffset;
        for (int run = 0; run < runs; run++) {
            FloatVector v;
            for (int k = 0; k < runLength; k++) {
                int at = bRun + k * COUNT;
                FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
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
            }
            a0 += runStride;
            a1 += runStride;
            a2 += runStride;
            a3 += runStride;
            a4 += runStride;
            bRun += runLength * COUNT;
        }
        s00.intoArray(c, c0);
        s10.intoArray(c, c1);
        s20.intoArray(c, c2);
        s30.intoArray(c, c3);
        s40.intoArray(c, c4);
    }
}
