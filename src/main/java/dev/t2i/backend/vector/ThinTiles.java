package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of {@link #ROWS} rows whose right operand lies in pieces: {@code c[i][j] += a[k][i] * b[k][j]}, {@code k} ascending.
 *
 * <p>For the weight gradient of a convolution that makes pictures of a few channels, as the last of a generator does. There
 * the vectors of other tiles would be mostly padding, so the windows' many columns fill the vectors, and the few channels the rows.
 */
final class ThinTiles {
    static final int ROWS = Lanes.FEW_REGISTERS ? 3 : 4;
    static final int COLUMNS = 3 * COUNT;

    private ThinTiles() {}

    /** Adds {@code count} products to a dense tile of {@code c}. Row {@code k} of {@code b} begins at {@code bOffset + steps[k]}. */
    static void accumulate(float[] a, int aOffset, float[] b, int bOffset, int[] steps, int count, float[] c, int cOffset) {
        if (ROWS == 3) {
            thin3x3(a, aOffset, b, bOffset, steps, count, c, cOffset);
        } else {
            thin4x3(a, aOffset, b, bOffset, steps, count, c, cOffset);
        }
    }

    private static void thin4x3(float[] a, int aOffset, float[] b, int bOffset, int[] steps, int count, float[] c, int cOffset) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, cOffset);
        FloatVector s01 = FloatVector.fromArray(SPECIES, c, cOffset + COUNT);
        FloatVector s02 = FloatVector.fromArray(SPECIES, c, cOffset + 2 * COUNT);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, cOffset + 3 * COUNT);
        FloatVector s11 = FloatVector.fromArray(SPECIES, c, cOffset + 4 * COUNT);
        FloatVector s12 = FloatVector.fromArray(SPECIES, c, cOffset + 5 * COUNT);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, cOffset + 6 * COUNT);
        FloatVector s21 = FloatVector.fromArray(SPECIES, c, cOffset + 7 * COUNT);
        FloatVector s22 = FloatVector.fromArray(SPECIES, c, cOffset + 8 * COUNT);
        FloatVector s30 = FloatVector.fromArray(SPECIES, c, cOffset + 9 * COUNT);
        FloatVector s31 = FloatVector.fromArray(SPECIES, c, cOffset + 10 * COUNT);
        FloatVector s32 = FloatVector.fromArray(SPECIES, c, cOffset + 11 * COUNT);
        FloatVector v;
        for (int k = 0; k < count; k++) {
            int left = aOffset + k * ROWS;
            int right = bOffset + steps[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, right);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, right + COUNT);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, right + 2 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[left]);
            s00 = v.fma(b0, s00); s01 = v.fma(b1, s01); s02 = v.fma(b2, s02);
            v = FloatVector.broadcast(SPECIES, a[left + 1]);
            s10 = v.fma(b0, s10); s11 = v.fma(b1, s11); s12 = v.fma(b2, s12);
            v = FloatVector.broadcast(SPECIES, a[left + 2]);
            s20 = v.fma(b0, s20); s21 = v.fma(b1, s21); s22 = v.fma(b2, s22);
            v = FloatVector.broadcast(SPECIES, a[left + 3]);
            s30 = v.fma(b0, s30); s31 = v.fma(b1, s31); s32 = v.fma(b2, s32);
        }
        s00.intoArray(c, cOffset);
        s01.intoArray(c, cOffset + COUNT);
        s02.intoArray(c, cOffset + 2 * COUNT);
        s10.intoArray(c, cOffset + 3 * COUNT);
        s11.intoArray(c, cOffset + 4 * COUNT);
        s12.intoArray(c, cOffset + 5 * COUNT);
        s20.intoArray(c, cOffset + 6 * COUNT);
        s21.intoArray(c, cOffset + 7 * COUNT);
        s22.intoArray(c, cOffset + 8 * COUNT);
        s30.intoArray(c, cOffset + 9 * COUNT);
        s31.intoArray(c, cOffset + 10 * COUNT);
        s32.intoArray(c, cOffset + 11 * COUNT);
    }

    private static void thin3x3(float[] a, int aOffset, float[] b, int bOffset, int[] steps, int count, float[] c, int cOffset) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, c, cOffset);
        FloatVector s01 = FloatVector.fromArray(SPECIES, c, cOffset + COUNT);
        FloatVector s02 = FloatVector.fromArray(SPECIES, c, cOffset + 2 * COUNT);
        FloatVector s10 = FloatVector.fromArray(SPECIES, c, cOffset + 3 * COUNT);
        FloatVector s11 = FloatVector.fromArray(SPECIES, c, cOffset + 4 * COUNT);
        FloatVector s12 = FloatVector.fromArray(SPECIES, c, cOffset + 5 * COUNT);
        FloatVector s20 = FloatVector.fromArray(SPECIES, c, cOffset + 6 * COUNT);
        FloatVector s21 = FloatVector.fromArray(SPECIES, c, cOffset + 7 * COUNT);
        FloatVector s22 = FloatVector.fromArray(SPECIES, c, cOffset + 8 * COUNT);
        FloatVector v;
        for (int k = 0; k < count; k++) {
            int left = aOffset + k * ROWS;
            int right = bOffset + steps[k];
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, right);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, right + COUNT);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, right + 2 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[left]);
            s00 = v.fma(b0, s00); s01 = v.fma(b1, s01); s02 = v.fma(b2, s02);
            v = FloatVector.broadcast(SPECIES, a[left + 1]);
            s10 = v.fma(b0, s10); s11 = v.fma(b1, s11); s12 = v.fma(b2, s12);
            v = FloatVector.broadcast(SPECIES, a[left + 2]);
            s20 = v.fma(b0, s20); s21 = v.fma(b1, s21); s22 = v.fma(b2, s22);
        }
        s00.intoArray(c, cOffset);
        s01.intoArray(c, cOffset + COUNT);
        s02.intoArray(c, cOffset + 2 * COUNT);
        s10.intoArray(c, cOffset + 3 * COUNT);
        s11.intoArray(c, cOffset + 4 * COUNT);
        s12.intoArray(c, cOffset + 5 * COUNT);
        s20.intoArray(c, cOffset + 6 * COUNT);
        s21.intoArray(c, cOffset + 7 * COUNT);
        s22.intoArray(c, cOffset + 8 * COUNT);
    }
}
