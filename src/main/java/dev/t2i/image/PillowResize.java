package dev.t2i.image;

/**
 * Resizing 8-bit pictures level for level as Pillow does: rows first, then columns, weights as whole multiples of 2^-22, rounded to 8 bits
 * after each pass. Only for comparing with figures that were measured so; {@link Resize} rounds once.
 */
final class PillowResize {
    private static final int BITS = 22;
    private static final int HALF = 1 << BITS - 1;

    private PillowResize() {}

    static Picture to(Picture source, int width, int height, Resize.Filter filter) {
        Picture across = source.width() == width ? source : horizontal(source, width, new Resize.Taps(source.width(), width, filter));
        return across.height() == height ? across : vertical(across, height, new Resize.Taps(across.height(), height, filter));
    }

    private static Picture horizontal(Picture source, int width, Resize.Taps taps) {
        Picture result = Picture.blank(width, source.height());
        for (int x = 0; x < width; x++) {
            int[] weights = whole(taps.weights[x]);
            for (int y = 0; y < source.height(); y++) {
                for (int c = 0; c < 3; c++) {
                    int sum = HALF;
                    for (int k = 0; k < weights.length; k++) {
                        sum += weights[k] * source.value(taps.first[x] + k, y, c);
                    }
                    result.rgb()[(y * width + x) * 3 + c] = level(sum);
                }
            }
        }
        return result;
    }

    private static Picture vertical(Picture source, int height, Resize.Taps taps) {
        Picture result = Picture.blank(source.width(), height);
        for (int y = 0; y < height; y++) {
            int[] weights = whole(taps.weights[y]);
            for (int x = 0; x < source.width(); x++) {
                for (int c = 0; c < 3; c++) {
                    int sum = HALF;
                    for (int k = 0; k < weights.length; k++) {
                        sum += weights[k] * source.value(x, taps.first[y] + k, c);
                    }
                    result.rgb()[(y * source.width() + x) * 3 + c] = level(sum);
                }
            }
        }
        return result;
    }

    private static int[] whole(double[] weights) {
        int[] whole = new int[weights.length];
        for (int k = 0; k < weights.length; k++) {
            whole[k] = (int) Math.round(weights[k] * (1 << BITS));
        }
        return whole;
    }

    private static byte level(int sum) {
        return (byte) Math.clamp(sum >> BITS, 0, 255);
    }
}
