package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Register tiles that read their right operand where it lies: {@code c[i][j] += a[i][k] * b[k][j]}, {@code k} ascending.
 *
 * <p>For products of a few rows by a large matrix, which are bound by reading that matrix once: packing it would cost
 * more than the arithmetic. A tile is low and wide, because few rows are there and because long runs of memory arrive fastest.
 */
final class StreamTiles {
    /** Rows of a tile. */
    static final int ROWS = Lanes.FEW_REGISTERS ? 5 : 6;
    /** Columns of a tile. */
    static final int COLUMNS = (Lanes.FEW_REGISTERS ? 2 : 4) * COUNT;

    private static final long BYTES = 4L * COUNT;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private StreamTiles() {}

    /** Adds {@code steps} products to a tile of {@code c}. {@code bOffset} and {@code bStride}, row to row, count bytes. */
    static void accumulate(float[] a, int aOffset, int aStride, MemorySegment b, long bOffset, long bStride, int steps,
            float[] c, int cOffset, int cStride) {
        if (Lanes.FEW_REGISTERS) {
            stream5x2(a, aOffset, aStride, b, bOffset, bStride, steps, c, cOffset, cStride);
        } else {
            stream6x4(a, aOffset, aStride, b, bOffset, bStride, steps, c, cOffset, cStride);
        }
    }

    private static void stream6x4(float[] a, int aOffset, int aStride, MemorySegment b, long bOffset, long bStride, int steps,
            float[] c, int cOffset, int cStride) {
        int a0 = aOffset;
        int a1 = a0 + aStride;
        int a2 = a1 + aStride;
        int a3 = a2 + aStride;
        int a4 = a3 + aStride;
        int a5 = a4 + aStride;
        int c0 = cOffset;
        int c1 = c0 + cStride;
        int c2 = c1 + cStride;
        int c3 = c2 + cStride;
        int c4 = c3 + cStride;
        int c5 = c4 + cStride;
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, c0);
        FloatVector s01 = FloatVector.fromArray(SPECIES, c, c0 + COUNT);
        FloatVector s02 = FloatVector.fromArray(SPECIES, c, c0 + 2 * COUNT);
        FloatVector s03 = FloatVector.fromArray(SPECIES, c, c0 + 3 * COUNT);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, c1);
        FloatVector s11 = FloatVector.fromArray(SPECIES, c, c1 + COUNT);
        FloatVector s12 = FloatVector.fromArray(SPECIES, c, c1 + 2 * COUNT);
        FloatVector s13 = FloatVector.fromArray(SPECIES, c, c1 + 3 * COUNT);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, c2);
        FloatVector s21 = FloatVector.fromArray(SPECIES, c, c2 + COUNT);
        FloatVector s22 = FloatVector.fromArray(SPECIES, c, c2 + 2 * COUNT);
        FloatVector s23 = FloatVector.fromArray(SPECIES, c, c2 + 3 * COUNT);
        FloatVector s30 = FloatVector.fromArray(SPECIES, c, c3);
        FloatVector s31 = FloatVector.fromArray(SPECIES, c, c3 + COUNT);
        FloatVector s32 = FloatVector.fromArray(SPECIES, c, c3 + 2 * COUNT);
        FloatVector s33 = FloatVector.fromArray(SPECIES, c, c3 + 3 * COUNT);
        FloatVector s40 = FloatVector.fromArray(SPECIES, c, c4);
        FloatVector s41 = FloatVector.fromArray(SPECIES, c, c4 + COUNT);
        FloatVector s42 = FloatVector.fromArray(SPECIES, c, c4 + 2 * COUNT);
        FloatVector s43 = FloatVector.fromArray(SPECIES, c, c4 + 3 * COUNT);
        FloatVector s50 = FloatVector.fromArray(SPECIES, c, c5);
        FloatVector s51 = FloatVector.fromArray(SPECIES, c, c5 + COUNT);
        FloatVector s52 = FloatVector.fromArray(SPECIES, c, c5 + 2 * COUNT);
        FloatVector s53 = FloatVector.fromArray(SPECIES, c, c5 + 3 * COUNT);
        FloatVector v;
        for (int k = 0; k < steps; k++) {
            long row = bOffset + k * bStride;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, row, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, row + BYTES, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, row + 2 * BYTES, ORDER);
            FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, b, row + 3 * BYTES, ORDER);
            v = FloatVector.broadcast(SPECIES, a[a0 + k]);
            s00 = v.fma(b0, s00); s01 = v.fma(b1, s01); s02 = v.fma(b2, s02); s03 = v.fma(b3, s03);
            v = FloatVector.broadcast(SPECIES, a[a1 + k]);
            s10 = v.fma(b0, s10); s11 = v.fma(b1, s11); s12 = v.fma(b2, s12); s13 = v.fma(b3, s13);
            v = FloatVector.broadcast(SPECIES, a[a2 + k]);
            s20 = v.fma(b0, s20); s21 = v.fma(b1, s21); s22 = v.fma(b2, s22); s23 = v.fma(b3, s23);
            v = FloatVector.broadcast(SPECIES, a[a3 + k]);
            s30 = v.fma(b0, s30); s31 = v.fma(b1, s31); s32 = v.fma(b2, s32); s33 = v.fma(b3, s33);
            v = FloatVector.broadcast(SPECIES, a[a4 + k]);
            s40 = v.fma(b0, s40); s41 = v.fma(b1, s41); s42 = v.fma(b2, s42); s43 = v.fma(b3, s43);
            v = FloatVector.broadcast(SPECIES, a[a5 + k]);
            s50 = v.fma(b0, s50); s51 = v.fma(b1, s51); s52 = v.fma(b2, s52); s53 = v.fma(b3, s53);
        }
        s00.intoArray(c, c0);
        s01.intoArray(c, c0 + COUNT);
        s02.intoArray(c, c0 + 2 * COUNT);
        s03.intoArray(c, c0 + 3 * COUNT);
        s10.intoArray(c, c1);
        s11.intoArray(c, c1 + COUNT);
        s12.intoArray(c, c1 + 2 * COUNT);
        s13.intoArray(c, c1 + 3 * COUNT);
        s20.intoArray(c, c2);
        s21.intoArray(c, c2 + COUNT);
        s22.intoArray(c, c2 + 2 * COUNT);
        s23.intoArray(c, c2 + 3 * COUNT);
        s30.intoArray(c, c3);
        s31.intoArray(c, c3 + COUNT);
        s32.intoArray(c, c3 + 2 * COUNT);
        s33.intoArray(c, c3 + 3 * COUNT);
        s40.intoArray(c, c4);
        s41.intoArray(c, c4 + COUNT);
        s42.intoArray(c, c4 + 2 * COUNT);
        s43.intoArray(c, c4 + 3 * COUNT);
        s50.intoArray(c, c5);
        s51.intoArray(c, c5 + COUNT);
        s52.intoArray(c, c5 + 2 * COUNT);
        s53.intoArray(c, c5 + 3 * COUNT);
    }

    private static void stream5x2(float[] a, int aOffset, int aStride, MemorySegment b, long bOffset, long bStride, int steps,
            float[] c, int cOffset, int cStride) {
        int a0 = aOffset;
        int a1 = a0 + aStride;
        int a2 = a1 + aStride;
        int a3 = a2 + aStride;
        int a4 = a3 + aStride;
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
        FloatVector v;
        for (int k = 0; k < steps; k++) {
            long row = bOffset + k * bStride;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, row, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, row + BYTES, ORDER);
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
}
