package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of a convolution that makes pictures of {@link #CHANNELS} channels, with pixels in the lanes.
 *
 * <p>The vectors of other tiles hold the channels of one pixel, and three channels would leave most of their lanes idle. These hold
 * neighbouring pixels of one channel, so the pictures have to lie channel by channel (see {@link PixelRows}).
 */
final class PixelTiles {
    static final int CHANNELS = 3;
    /** Vectors of pixels in a tile. */
    static final int VECTORS = Lanes.FEW_REGISTERS ? 3 : 4;
    /** Elements of a tile: for each channel, the vectors one after the other. */
    static final int SIZE = CHANNELS * VECTORS * COUNT;

    private PixelTiles() {}

    /**
     * The sums over rows, columns and channels of a window, in this order.
     *
     * @param from where the first element of each vector's windows lies in {@code x}: four of them, the first at {@code from[first]}
     * @param weights for each element of a window a vector whose first elements are the channels' weights
     */
    static void multiply(float[] x, int xOffset, int[] from, int first, int rows, int rowStride, int columns, int channels, int channelStride,
            float[] weights, int weightsAt, float[] out, int outAt) {
        int x0 = xOffset + from[first];
        int x1 = xOffset + from[first + 1];
        int x2 = xOffset + from[first + 2];
        int x3 = xOffset + from[first + 3];
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s02 = FloatVector.zero(SPECIES);
        FloatVector s03 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s12 = FloatVector.zero(SPECIES);
        FloatVector s13 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s22 = FloatVector.zero(SPECIES);
        FloatVector s23 = FloatVector.zero(SPECIES);
        int at = weightsAt;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int shift = row * rowStride + column;
                for (int channel = 0; channel < channels; channel++) {
                    FloatVector w0 = FloatVector.broadcast(SPECIES, weights[at]);
                    FloatVector w1 = FloatVector.broadcast(SPECIES, weights[at + 1]);
                    FloatVector w2 = FloatVector.broadcast(SPECIES, weights[at + 2]);
                    FloatVector v = FloatVector.fromArray(SPECIES, x, x0 + shift);
                    s00 = v.fma(w0, s00); s10 = v.fma(w1, s10); s20 = v.fma(w2, s20);
                    v = FloatVector.fromArray(SPECIES, x, x1 + shift);
                    s01 = v.fma(w0, s01); s11 = v.fma(w1, s11); s21 = v.fma(w2, s21);
                    v = FloatVector.fromArray(SPECIES, x, x2 + shift);
                    s02 = v.fma(w0, s02); s12 = v.fma(w1, s12); s22 = v.fma(w2, s22);
                    v = FloatVector.fromArray(SPECIES, x, x3 + shift);
                    s03 = v.fma(w0, s03); s13 = v.fma(w1, s13); s23 = v.fma(w2, s23);
                    at += COUNT;
                    shift += channelStride;
                }
            }
        }
        s00.intoArray(out, outAt);
        s01.intoArray(out, outAt + COUNT);
        s02.intoArray(out, outAt + 2 * COUNT);
        s03.intoArray(out, outAt + 3 * COUNT);
        s10.intoArray(out, outAt + 4 * COUNT);
        s11.intoArray(out, outAt + 5 * COUNT);
        s12.intoArray(out, outAt + 6 * COUNT);
        s13.intoArray(out, outAt + 7 * COUNT);
        s20.intoArray(out, outAt + 8 * COUNT);
        s21.intoArray(out, outAt + 9 * COUNT);
        s22.intoArray(out, outAt + 10 * COUNT);
        s23.intoArray(out, outAt + 11 * COUNT);
    }

    /**
     * The same for three vectors, where registers are few.
     *
     * @param shifts from a window's first element to each of them, in order: around loops in loops C2 would spill
     */
    static void multiplyFew(float[] x, int xOffset, int[] from, int first, int[] shifts, float[] weights, int weightsAt, float[] out, int outAt) {
        int x0 = xOffset + from[first];
        int x1 = xOffset + from[first + 1];
        int x2 = xOffset + from[first + 2];
        FloatVector s00 = FloatVector.zero(SPECIES);
        FloatVector s01 = FloatVector.zero(SPECIES);
        FloatVector s02 = FloatVector.zero(SPECIES);
        FloatVector s10 = FloatVector.zero(SPECIES);
        FloatVector s11 = FloatVector.zero(SPECIES);
        FloatVector s12 = FloatVector.zero(SPECIES);
        FloatVector s20 = FloatVector.zero(SPECIES);
        FloatVector s21 = FloatVector.zero(SPECIES);
        FloatVector s22 = FloatVector.zero(SPECIES);
        for (int k = 0; k < shifts.length; k++) {
            int shift = shifts[k];
            int at = weightsAt + k * COUNT;
            FloatVector w0 = FloatVector.broadcast(SPECIES, weights[at]);
            FloatVector w1 = FloatVector.broadcast(SPECIES, weights[at + 1]);
            FloatVector w2 = FloatVector.broadcast(SPECIES, weights[at + 2]);
            FloatVector v = FloatVector.fromArray(SPECIES, x, x0 + shift);
            s00 = v.fma(w0, s00); s10 = v.fma(w1, s10); s20 = v.fma(w2, s20);
            v = FloatVector.fromArray(SPECIES, x, x1 + shift);
            s01 = v.fma(w0, s01); s11 = v.fma(w1, s11); s21 = v.fma(w2, s21);
            v = FloatVector.fromArray(SPECIES, x, x2 + shift);
            s02 = v.fma(w0, s02); s12 = v.fma(w1, s12); s22 = v.fma(w2, s22);
        }
        s00.intoArray(out, outAt);
        s01.intoArray(out, outAt + COUNT);
        s02.intoArray(out, outAt + 2 * COUNT);
        s10.intoArray(out, outAt + 3 * COUNT);
        s11.intoArray(out, outAt + 4 * COUNT);
        s12.intoArray(out, outAt + 5 * COUNT);
        s20.intoArray(out, outAt + 6 * COUNT);
        s21.intoArray(out, outAt + 7 * COUNT);
        s22.intoArray(out, outAt + 8 * COUNT);
    }
}
