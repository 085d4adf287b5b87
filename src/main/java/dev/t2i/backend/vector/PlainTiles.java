package dev.t2i.backend.vector;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The products of {@link RowTiles} and {@link StreamTiles} in plain loops, for the first moments of a process.
 *
 * <p>Until C2 has compiled a method that uses the Vector API, with everything that it calls, each vector in it is an
 * object, and a tile takes many times as long. Plain loops do well at once: a short run, a picture or two, ends before vectors
 * would have paid for their compilation. Both ways compute the same chain of fused multiply-adds, so their results have
 * the same bits and the change from one to the other shows in nothing but time.
 */
final class PlainTiles {
    /** Multiply-adds that a process does in plain loops, which bounds what a long run loses by them. A matter of judgement. */
    private static final long ALLOWANCE = 1L << 30;

    private static final AtomicLong remaining = new AtomicLong(ALLOWANCE);

    private PlainTiles() {}

    /** Whether a product of so much work is to be computed by plain loops. The first that exceeds what remains is the end of them. */
    static boolean take(long multiplyAdds) {
        if (remaining.get() <= 0) {
            return false;
        }
        return remaining.addAndGet(-multiplyAdds) >= 0;
    }

    /** Whether loops that are not counted as work, such as copies, had better do without vectors. */
    static boolean young() {
        return remaining.getPlain() > 0;
    }

    /** Sets what remains: nothing for compiled vectors from now on, or more than all work for plain loops. */
    static void allow(long multiplyAdds) {
        remaining.set(multiplyAdds);
    }

    /** Like {@link RowTiles#accumulate} for {@code height} rows; those of {@code b} are {@code width} elements long. */
    static void accumulate(int height, int width, float[] a, int aOffset, int[] rows, int row, int runs, int runStride, int runLength,
            float[] b, int bOffset, float[] c, int cOffset, int cStride) {
        for (int i = 0; i < height; i++) {
            int from = aOffset + rows[row + i];
            int right = bOffset;
            for (int run = 0; run < runs; run++) {
                addProduct(a, from + run * runStride, runLength, b, right, c, cOffset + i * cStride, width);
                right += runLength * width;
            }
        }
    }

    /** {@code c[j] += a[k] * b[k][j]} for a row of {@code c}. */
    static void addProduct(float[] a, int aOffset, int steps, float[] b, int bOffset, float[] c, int cOffset, int width) {
        int k = 0;
        for (; k <= steps - 4; k += 4) {
            int at = aOffset + k;
            add4(a[at], a[at + 1], a[at + 2], a[at + 3], b, bOffset + k * width, c, cOffset, width);
        }
        for (; k < steps; k++) {
            add(a[aOffset + k], b, bOffset + k * width, c, cOffset, width);
        }
    }

    // Methods of their own, because those that are called often are compiled first.

    /** Four steps, so that sums are loaded and stored but once; the order of additions stays. */
    private static void add4(float x0, float x1, float x2, float x3, float[] b, int bOffset, float[] c, int cOffset, int width) {
        int b1 = bOffset + width;
        int b2 = b1 + width;
        int b3 = b2 + width;
        for (int j = 0; j < width; j++) {
            float sum = Math.fma(x0, b[bOffset + j], c[cOffset + j]);
            sum = Math.fma(x1, b[b1 + j], sum);
            sum = Math.fma(x2, b[b2 + j], sum);
            c[cOffset + j] = Math.fma(x3, b[b3 + j], sum);
        }
    }

    private static void add(float x, float[] b, int bOffset, float[] c, int cOffset, int width) {
        for (int j = 0; j < width; j++) {
            c[cOffset + j] = Math.fma(x, b[bOffset + j], c[cOffset + j]);
        }
    }
}
