package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of the weight gradient of a 3x3 convolution of pictures with three channels: {@code c[i] += x[i] * dy}, for the 27
 * elements of a window and one vector of dy, over the pixels of a row.
 *
 * <p>A tile holds every row of the result, so each element of dy is read once, where it lies; other tiles take 32 rows for these 27,
 * read dy once for every eight of them, and want it brought to a buffer first. Written out row by row for the reason that {@link RowTiles} gives.
 */
final class PatchTiles {
    /** Rows of a window, and elements of one of them. */
    static final int RUNS = 3;
    static final int RUN_LENGTH = 9;
    /** Elements of a tile. */
    static final int SIZE = RUNS * RUN_LENGTH * COUNT;

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private PatchTiles() {}

    /** Whether a tile fits the machine's registers. */
    static boolean fit() {
        return !Lanes.FEW_REGISTERS;
    }

    /**
     * Adds the products of {@code pixels} pixels to the tile {@code c}.
     *
     * @param xStep from a pixel's window to the next one's
     * @param xStride from a row of a window to the next
     * @param dyOffset of the first pixel's vector, and {@code dyStep} to the next one's, in bytes
     */
    static void accumulate(float[] x, int xOffset, int xStep, int xStride, MemorySegment dy, long dyOffset, long dyStep, int pixels,
            float[] c, int cOffset) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, cOffset);
        FloatVector s01 = FloatVector.fromArray(SPECIES, c, cOffset + COUNT);
        FloatVector s02 = FloatVector.fromArray(SPECIES, c, cOffset + 2 * COUNT);
        FloatVector s03 = FloatVector.fromArray(SPECIES, c, cOffset + 3 * COUNT);
        FloatVector s04 = FloatVector.fromArray(SPECIES, c, cOffset + 4 * COUNT);
        FloatVector s05 = FloatVector.fromArray(SPECIES, c, cOffset + 5 * COUNT);
        FloatVector s06 = FloatVector.fromArray(SPECIES, c, cOffset + 6 * COUNT);
        FloatVector s07 = FloatVector.fromArray(SPECIES, c, cOffset + 7 * COUNT);
        FloatVector s08 = FloatVector.fromArray(SPECIES, c, cOffset + 8 * COUNT);
        FloatVector s09 = FloatVector.fromArray(SPECIES, c, cOffset + 9 * COUNT);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, cOffset + 10 * COUNT);
        FloatVector s11 = FloatVector.fromArray(SPECIES, c, cOffset + 11 * COUNT);
        FloatVector s12 = FloatVector.fromArray(SPECIES, c, cOffset + 12 * COUNT);
        FloatVector s13 = FloatVector.fromArray(SPECIES, c, cOffset + 13 * COUNT);
        FloatVector s14 = FloatVector.fromArray(SPECIES, c, cOffset + 14 * COUNT);
        FloatVector s15 = FloatVector.fromArray(SPECIES, c, cOffset + 15 * COUNT);
        FloatVector s16 = FloatVector.fromArray(SPECIES, c, cOffset + 16 * COUNT);
        FloatVector s17 = FloatVector.fromArray(SPECIES, c, cOffset + 17 * COUNT);
        FloatVector s18 = FloatVector.fromArray(SPECIES, c, cOffset + 18 * COUNT);
        FloatVector s19 = FloatVector.fromArray(SPECIES, c, cOffset + 19 * COUNT);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, cOffset + 20 * COUNT);
        FloatVector s21 = FloatVector.fromArray(SPECIES, c, cOffset + 21 * COUNT);
        FloatVector s22 = FloatVector.fromArray(SPECIES, c, cOffset + 22 * COUNT);
        FloatVector s23 = FloatVector.fromArray(SPECIES, c, cOffset + 23 * COUNT);
        FloatVector s24 = FloatVector.fromArray(SPECIES, c, cOffset + 24 * COUNT);
        FloatVector s25 = FloatVector.fromArray(SPECIES, c, cOffset + 25 * COUNT);
        FloatVector s26 = FloatVector.fromArray(SPECIES, c, cOffset + 26 * COUNT);
        FloatVector v;
        int row0 = xOffset;
        for (int pixel = 0; pixel < pixels; pixel++) {
            int row1 = row0 + xStride;
            int row2 = row1 + xStride;
            v = FloatVector.fromMemorySegment(SPECIES, dy, dyOffset + pixel * dyStep, ORDER);
            s00 = FloatVector.broadcast(SPECIES, x[row0]).fma(v, s00);
            s01 = FloatVector.broadcast(SPECIES, x[row0 + 1]).fma(v, s01);
            s02 = FloatVector.broadcast(SPECIES, x[row0 + 2]).fma(v, s02);
            s03 = FloatVector.broadcast(SPECIES, x[row0 + 3]).fma(v, s03);
            s04 = FloatVector.broadcast(SPECIES, x[row0 + 4]).fma(v, s04);
            s05 = FloatVector.broadcast(SPECIES, x[row0 + 5]).fma(v, s05);
            s06 = FloatVector.broadcast(SPECIES, x[row0 + 6]).fma(v, s06);
            s07 = FloatVector.broadcast(SPECIES, x[row0 + 7]).fma(v, s07);
            s08 = FloatVector.broadcast(SPECIES, x[row0 + 8]).fma(v, s08);
            s09 = FloatVector.broadcast(SPECIES, x[row1]).fma(v, s09);
            s10 = FloatVector.broadcast(SPECIES, x[row1 + 1]).fma(v, s10);
            s11 = FloatVector.broadcast(SPECIES, x[row1 + 2]).fma(v, s11);
            s12 = FloatVector.broadcast(SPECIES, x[row1 + 3]).fma(v, s12);
            s13 = FloatVector.broadcast(SPECIES, x[row1 + 4]).fma(v, s13);
            s14 = FloatVector.broadcast(SPECIES, x[row1 + 5]).fma(v, s14);
            s15 = FloatVector.broadcast(SPECIES, x[row1 + 6]).fma(v, s15);
            s16 = FloatVector.broadcast(SPECIES, x[row1 + 7]).fma(v, s16);
            s17 = FloatVector.broadcast(SPECIES, x[row1 + 8]).fma(v, s17);
            s18 = FloatVector.broadcast(SPECIES, x[row2]).fma(v, s18);
            s19 = FloatVector.broadcast(SPECIES, x[row2 + 1]).fma(v, s19);
            s20 = FloatVector.broadcast(SPECIES, x[row2 + 2]).fma(v, s20);
            s21 = FloatVector.broadcast(SPECIES, x[row2 + 3]).fma(v, s21);
            s22 = FloatVector.broadcast(SPECIES, x[row2 + 4]).fma(v, s22);
            s23 = FloatVector.broadcast(SPECIES, x[row2 + 5]).fma(v, s23);
            s24 = FloatVector.broadcast(SPECIES, x[row2 + 6]).fma(v, s24);
            s25 = FloatVector.broadcast(SPECIES, x[row2 + 7]).fma(v, s25);
            s26 = FloatVector.broadcast(SPECIES, x[row2 + 8]).fma(v, s26);
            row0 += xStep;
        }
        s00.intoArray(c, cOffset);
        s01.intoArray(c, cOffset + COUNT);
        s02.intoArray(c, cOffset + 2 * COUNT);
        s03.intoArray(c, cOffset + 3 * COUNT);
        s04.intoArray(c, cOffset + 4 * COUNT);
        s05.intoArray(c, cOffset + 5 * COUNT);
        s06.intoArray(c, cOffset + 6 * COUNT);
        s07.intoArray(c, cOffset + 7 * COUNT);
        s08.intoArray(c, cOffset + 8 * COUNT);
        s09.intoArray(c, cOffset + 9 * COUNT);
        s10.intoArray(c, cOffset + 10 * COUNT);
        s11.intoArray(c, cOffset + 11 * COUNT);
        s12.intoArray(c, cOffset + 12 * COUNT);
        s13.intoArray(c, cOffset + 13 * COUNT);
        s14.intoArray(c, cOffset + 14 * COUNT);
        s15.intoArray(c, cOffset + 15 * COUNT);
        s16.intoArray(c, cOffset + 16 * COUNT);
        s17.intoArray(c, cOffset + 17 * COUNT);
        s18.intoArray(c, cOffset + 18 * COUNT);
        s19.intoArray(c, cOffset + 19 * COUNT);
        s20.intoArray(c, cOffset + 20 * COUNT);
        s21.intoArray(c, cOffset + 21 * COUNT);
        s22.intoArray(c, cOffset + 22 * COUNT);
        s23.intoArray(c, cOffset + 23 * COUNT);
        s24.intoArray(c, cOffset + 24 * COUNT);
        s25.intoArray(c, cOffset + 25 * COUNT);
        s26.intoArray(c, cOffset + 26 * COUNT);
    }
}
