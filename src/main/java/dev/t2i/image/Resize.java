package dev.t2i.image;

/**
 * Antialiased resizing by separable convolution: when shrinking, the filter widens by the scale, so that every source pixel
 * counts and nothing flickers or aliases. Works on sRGB values as they are, as image libraries and published metrics do, in
 * floats from the first pass to the last. {@link Filter#CUBIC} without rounding is the "clean" resizing of Parmar et al. (2022);
 * how others resize is in {@link MetricResize}.
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
        },
        /** A sinc under the middle lobe of one three times as wide. */
        LANCZOS(3) {
            @Override
            double weight(double x) {
                return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
            }

            private static double sinc(double x) {
                return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
            }
        };

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        abstract double weight(double x);
    }

    private Resize() {}

    /** Rounded to the nearest of 256 levels, once, at the end. */
    public static Picture to(Picture source, int width, int height, Filter filter) {
        if (source.width() == width && source.height() == height) {
            return source;
        }
        return part(source, 0, 0, source.width(), source.height(), width, height, filter);
    }

    /** The largest centred square, resized to {@code size}: how pictures of any shape enter a square model. */
    public static Picture square(Picture source, int size, Filter filter) {
        int side = Math.min(source.width(), source.height());
        int left = (source.width() - side) / 2;
        int top = (source.height() - side) / 2;
        if (side == size) {
            return source.width() == source.height() ? source : source.crop(left, top, side, side);
        }
        return part(source, left, top, side, side, size, size, filter);
    }

    /**
     * Without rounding, for what goes on with floats.
     *
     * @return {@code [height, width, 3]}, 0 to 255; what a filter overshoots is clipped
     */
    public static float[] toFloats(Picture source, int width, int height, Filter filter) {
        float[] values = convolve(source, 0, 0, source.width(), source.height(), width, height, filter);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.clamp(values[i], 0f, 255f);
        }
        return values;
    }

    private static Picture part(Picture source, int left, int top, int across, int down, int width, int height, Filter filter) {
        Picture result = Picture.blank(width, height);
        float[] values = convolve(source, left, top, across, down, width, height, filter);
        for (int i = 0; i < values.length; i++) {
            result.rgb()[i] = (byte) Math.round(Math.clamp(values[i], 0f, 255f));
        }
        return result;
    }

    /** What lies outside of the rectangle counts for nothing, as if it had been cut out first. */
    private static float[] convolve(Picture source, int left, int top, int across, int down, int width, int height, Filter filter) {
        float[] columns = vertical(source, left, top, across, down, new Taps(down, height, filter), height);
        return horizontal(columns, across, new Taps(across, width, filter), width, height);
    }

    /**
     * Rows go first, for a whole row is weighted at once, which the compiler turns into vector instructions. Each source row is widened
     * once, although several target rows take of it; to integers, for of two arrays of floats the compiler cannot tell that they are not the same.
     */
    private static float[] vertical(Picture source, int left, int top, int across, int down, Taps taps, int height) {
        int stride = 3 * across;
        float[] result = new float[Math.multiplyExact(stride, height)];
        int[] row = new int[stride];
        int firstTarget = 0;
        for (int y = 0; y < down; y++) {
            widen(source.rgb(), ((top + y) * source.width() + left) * 3, row);
            while (firstTarget < height && taps.first[firstTarget] + taps.weights[firstTarget].length <= y) {
                firstTarget++;
            }
            for (int target = firstTarget; target < height && taps.first[target] <= y; target++) {
                int tap = y - taps.first[target];
                if (tap < taps.weights[target].length) {
                    weigh(row, (float) taps.weights[target][tap], result, target * stride);
                }
            }
        }
        return result;
    }

    private static void widen(byte[] rgb, int from, int[] row) {
        for (int i = 0; i < row.length; i++) {
            row[i] = rgb[from + i] & 255;
        }
    }

    private static void weigh(int[] row, float weight, float[] result, int at) {
        for (int i = 0; i < row.length; i++) {
            result[at + i] += weight * row[i];
        }
    }

    private static float[] horizontal(float[] columns, int across, Taps taps, int width, int height) {
        float[] result = new float[Math.multiplyExact(3 * width, height)];
        for (int y = 0; y < height; y++) {
            int line = y * across * 3;
            for (int x = 0; x < width; x++) {
                float red = 0;
                float green = 0;
                float blue = 0;
                int from = line + taps.first[x] * 3;
                for (double exact : taps.weights[x]) {
                    float weight = (float) exact;
                    red += weight * columns[from];
                    green += weight * columns[from + 1];
                    blue += weight * columns[from + 2];
                    from += 3;
                }
                int at = (y * width + x) * 3;
                result[at] = red;
                result[at + 1] = green;
                result[at + 2] = blue;
            }
        }
        return result;
    }

    /** For each target pixel the first source pixel that counts and the weights from there on, which sum to 1. */
    static final class Taps {
        final int[] first;
        final double[][] weights;

        Taps(int from, int to, Filter filter) {
            first = new int[to];
            weights = new double[to][];
            double scale = (double) from / to;
            double widen = Math.max(1, scale);
            double reach = filter.support * widen;
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                int low = Math.max(0, (int) Math.floor(centre - reach));
                int high = Math.min(from, (int) Math.ceil(centre + reach));
                double[] some = new double[high - low];
                double total = 0;
                for (int j = low; j < high; j++) {
                    // A box that covers part of a pixel counts that part, which point sampling would miss.
                    some[j - low] = filter == Filter.BOX && scale > 1
                            ? Math.max(0, Math.min(j + 1, centre + reach) - Math.max(j, centre - reach))
                            : filter.weight((j + 0.5 - centre) / widen);
                    total += some[j - low];
                }
                for (int j = 0; j < some.length; j++) {
                    some[j] /= total;
                }
                first[i] = low;
                weights[i] = some;
            }
        }
    }
}
