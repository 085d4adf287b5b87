package dev.t2i.image;

import java.util.Arrays;

/**
 * Antialiased resizing by separable convolution: when shrinking, the filter widens by the scale, so that every source pixel
 * counts and nothing flickers or aliases. Works on sRGB values as they are, as image libraries and published metrics do.
 */
public final class Resize {
    /** The reconstruction filter, narrowest first. */
    public enum Filter {
        /** Area averaging when shrinking, nearest when enlarging. */
        BOX(0.5) {
            @Override
            double weight(double x) {
                return x > -0.5 && x <= 0.5 ? 1 : 0;
            }
        },
        /** Linear interpolation. */
        TRIANGLE(1) {
            @Override
            double weight(double x) {
                return Math.max(0, 1 - Math.abs(x));
            }
        },
        /** Cubic convolution with a = -1/2 (Keys, 1981). */
        CUBIC(2) {
            @Override
            double weight(double x) {
                double t = Math.abs(x);
                return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
            }
        };

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        abstract double weight(double x);
    }

    private Resize() {}

    public static Picture to(Picture source, int width, int height, Filter filter) {
        if (source.width() == width && source.height() == height) {
            return source;
        }
        Picture result = Picture.blank(width, height);
        Taps across = new Taps(source.width(), width, filter);
        Taps down = new Taps(source.height(), height, filter);
        float[] rows = new float[Math.multiplyExact(3 * width, source.height())];
        horizontal(source, across, rows, width);
        vertical(rows, down, result);
        return result;
    }

    /** The largest centred square, resized to {@code size}: how pictures of any shape enter a square model. */
    public static Picture square(Picture source, int size, Filter filter) {
        int side = Math.min(source.width(), source.height());
        Picture cropped = source.width() == source.height() ? source
                : source.crop((source.width() - side) / 2, (source.height() - side) / 2, side, side);
        return to(cropped, size, size, filter);
    }

    private static void horizontal(Picture source, Taps taps, float[] rows, int width) {
        byte[] rgb = source.rgb();
        for (int y = 0; y < source.height(); y++) {
            int line = y * source.width() * 3;
            for (int x = 0; x < width; x++) {
                float red = 0;
                float green = 0;
                float blue = 0;
                int from = line + taps.first[x] * 3;
                for (float weight : taps.weights[x]) {
                    red += weight * (rgb[from] & 255);
                    green += weight * (rgb[from + 1] & 255);
                    blue += weight * (rgb[from + 2] & 255);
                    from += 3;
                }
                int at = (y * width + x) * 3;
                rows[at] = red;
                rows[at + 1] = green;
                rows[at + 2] = blue;
            }
        }
    }

    private static void vertical(float[] rows, Taps taps, Picture result) {
        int stride = result.width() * 3;
        float[] sum = new float[stride];
        for (int y = 0; y < result.height(); y++) {
            Arrays.fill(sum, 0);
            int from = taps.first[y] * stride;
            for (float weight : taps.weights[y]) {
                for (int i = 0; i < stride; i++) {
                    sum[i] += weight * rows[from + i];
                }
                from += stride;
            }
            for (int i = 0; i < stride; i++) {
                result.rgb()[y * stride + i] = (byte) Math.round(Math.clamp(sum[i], 0f, 255f));
            }
        }
    }

    /** For each target pixel the first source pixel that counts and the weights from there on, which sum to 1. */
    private static final class Taps {
        private final int[] first;
        private final float[][] weights;

        Taps(int from, int to, Filter filter) {
            first = new int[to];
            weights = new float[to][];
            double scale = (double) from / to;
            double widen = Math.max(1, scale);
            double reach = filter.support * widen;
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                int low = Math.max(0, (int) Math.floor(centre - reach));
                int high = Math.min(from, (int) Math.ceil(centre + reach));
                double[] raw = new double[high - low];
                double total = 0;
                for (int j = low; j < high; j++) {
                    // A box that covers part of a pixel counts that part, which point sampling would miss.
                    raw[j - low] = filter == Filter.BOX && scale > 1
                            ? Math.max(0, Math.min(j + 1, centre + reach) - Math.max(j, centre - reach))
                            : filter.weight((j + 0.5 - centre) / widen);
                    total += raw[j - low];
                }
                first[i] = low;
                weights[i] = new float[raw.length];
                for (int j = 0; j < raw.length; j++) {
                    weights[i][j] = (float) (raw[j] / total);
                }
            }
        }
    }
}
