package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of few steps that write their sums straight to where they belong: {@code c[i][j] = sum of a[i][k] * b[k][j]},
 * {@code k} ascending.
 *
 * <p>For a convolution of pictures of a few channels. Its sums are done after so few products that to bring them to a buffer first,
 * and from there in a burst to memory, would take as long again; so the stores go on beside the arithmetic of the next tile. Written out row by row for the
 * reason that {@link RowTiles} gives.
 */
final class ShortTiles {
    static final int ROWS = Lanes.FEW_REGISTERS ? 4 : 8;
    static final int VECTORS = 2;
    /** Up to this many steps the stores are worth it. */
    static final int MOST_STEPS = 64;

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private ShortTiles() {}

    /**
     * Row {@code i} of the left operand begins at {@code aOffset + rows[row + i]}; {@code b} is a packed panel.
     * {@code cOffset} and {@code cStride}, row to row, count bytes.
     */
    static void store(float[] a, int aOffset, int[] rows, int row, int steps, float[] b, int bOffset,
            MemorySegment c, long cOffset, long cStride) {
        if (ROWS == 4) {
            store4x2(a, aOffset, rows, row, steps, b, bOffset, c, cOffset, cStride);
        } else {
            store8x2(a, aOffset, rows, row, steps, b, bOffset, c, cOffset, cStride);
        }
    }

    private static void store8x2(float[] a, int aOffset, int[] rows, int row, int steps, float[] b, int bOffset,
            MemorySegment c, long cOffset, long cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        int a4 = aOffset + rows[row + 4];
        int a5 = aOffset + rows[row + 5];
        int a6 = aOffset + rows[row + 6];
        int a7 = aOffset + rows[row + 7];
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s30 = FloatVector.zero(SPECIES);
        FloatVector s31 = FloatVector.zero(SPECIES);
        FloatVector s40 = FloatVector.zero(SPECIES);
        FloatVector s41 = FloatVector.zero(SPECIES);
        FloatVector s50 = FloatVector.zero(SPECIES);
        FloatVector s51 = FloatVector.zero(SPECIES);
        FloatVector s60 = FloatVector.zero(SPECIES);
        FloatVector s61 = FloatVector.zero(SPECIES);
        FloatVector s70 = FloatVector.zero(SPECIES);
        FloatVector s71 = FloatVector.zero(SPECIES);
        FloatVector v;
        FloatVector b0;
        FloatVector b1;
        for (int k = 0; k < steps; k++) {
            int at = bOffset + k * (VECTORS * COUNT);
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
        long second = cOffset + 4L * COUNT;
        s00.intoMemorySegment(c, cOffset, ORDER);
        s01.intoMemorySegment(c, second, ORDER);
        s10.intoMemorySegment(c, cOffset + cStride, ORDER);
        s11.intoMemorySegment(c, second + cStride, ORDER);
        s20.intoMemorySegment(c, cOffset + 2 * cStride, ORDER);
        s21.intoMemorySegment(c, second + 2 * cStride, ORDER);
        s30.intoMemorySegment(c, cOffset + 3 * cStride, ORDER);
        s31.intoMemorySegment(c, second + 3 * cStride, ORDER);
        s40.intoMemorySegment(c, cOffset + 4 * cStride, ORDER);
        s41.intoMemorySegment(c, second + 4 * cStride, ORDER);
        s50.intoMemorySegment(c, cOffset + 5 * cStride, ORDER);
        s51.intoMemorySegment(c, second + 5 * cStride, ORDER);
        s60.intoMemorySegment(c, cOffset + 6 * cStride, ORDER);
        s61.intoMemorySegment(c, second + 6 * cStride, ORDER);
        s70.intoMemorySegment(c, cOffset + 7 * cStride, ORDER);
        s71.intoMemorySegment(c, second + 7 * cStride, ORDER);
    }

    private static void store4x2(float[] a, int aOffset, int[] rows, int row, int steps, float[] b, int bOffset,
            MemorySegment c, long cOffset, long cStride) {
        int a0 = aOffset + rows[row];
        int a1 = aOffset + rows[row + 1];
        int a2 = aOffset + rows[row + 2];
        int a3 = aOffset + rows[row + 3];
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s30 = FloatVector.zero(SPECIES);
        FloatVector s31 = FloatVector.zero(SPECIES);
        FloatVector v;
        FloatVector b0;
        FloatVector b1;
        for (int k = 0; k < steps; k++) {
            int at = bOffset + k * (VECTORS * COUNT);
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
        }
        long second = cOffset + 4L * COUNT;
        s00.intoMemorySegment(c, cOffset, ORDER);
        s01.intoMemorySegment(c, second, ORDER);
        s10.intoMemorySegment(c, cOffset + cStride, ORDER);
        s11.intoMemorySegment(c, second + cStride, ORDER);
        s20.intoMemorySegment(c, cOffset + 2 * cStride, ORDER);
        s21.intoMemorySegment(c, second + 2 * cStride, ORDER);
        s30.intoMemorySegment(c, cOffset + 3 * cStride, ORDER);
        s31.intoMemorySegment(c, second + 3 * cStride, ORDER);
    }
}
