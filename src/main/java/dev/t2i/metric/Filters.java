package dev.t2i.metric;

/** Filters over square pictures {@code [size, size, channels]}, channels last. Each writes into a new array. */
final class Filters {
    private Filters() {}

    /** Gaussian blur, edges repeated. */
    static float[] blur(float[] picture, int size, int channels, double sigma) {
        int radius = Math.max(1, (int) Math.ceil(2.6 * sigma));
        float[] taps = new float[2 * radius + 1];
        float total = 0;
        for (int i = -radius; i <= radius; i++) {
            taps[i + radius] = (float) Math.exp(-i * i / (2 * sigma * sigma));
            total += taps[i + radius];
        }
        for (int i = 0; i < taps.length; i++) {
            taps[i] /= total;
        }
        float[] across = new float[picture.length];
        float[] out = new float[picture.length];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                for (int i = -radius; i <= radius; i++) {
                    add(across, (y * size + x) * channels, picture, (y * size + clamp(x + i, size)) * channels, channels, taps[i + radius]);
                }
            }
        }
        for (int y = 0; y < size; y++) {
            for (int i = -radius; i <= radius; i++) {
                int from = clamp(y + i, size) * size * channels;
                add(out, y * size * channels, across, from, size * channels, taps[i + radius]);
            }
        }
        return out;
    }

    private static void add(float[] to, int at, float[] from, int start, int count, float weight) {
        for (int i = 0; i < count; i++) {
            to[at + i] += weight * from[start + i];
        }
    }

    /** The mean along a line of {@code length} pixels in the direction {@code angle}: motion blur. */
    static float[] smear(float[] picture, int size, int channels, double length, double angle) {
        int steps = Math.max(2, (int) Math.ceil(2 * length));
        float[] out = new float[picture.length];
        float[] pixel = new float[channels];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                for (int i = 0; i < steps; i++) {
                    double along = length * ((i + 0.5) / steps - 0.5);
                    sample(picture, size, channels, x + along * Math.cos(angle), y + along * Math.sin(angle), pixel);
                    add(out, (y * size + x) * channels, pixel, 0, channels, 1f / steps);
                }
            }
        }
        return out;
    }

    /** Every pixel fetched from elsewhere: {@code shifts [size, size, 2]} hold how far, in pixels right and down. */
    static float[] warp(float[] picture, int size, int channels, float[] shifts) {
        float[] out = new float[picture.length];
        float[] pixel = new float[channels];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int at = y * size + x;
                sample(picture, size, channels, x + shifts[2 * at], y + shifts[2 * at + 1], pixel);
                System.arraycopy(pixel, 0, out, at * channels, channels);
            }
        }
        return out;
    }

    /** Means over blocks of about {@code block} pixels, enlarged again: by bilinear interpolation if {@code smooth}, else as squares. */
    static float[] coarsen(float[] picture, int size, int channels, double block, boolean smooth) {
        int few = Math.max(1, (int) Math.round(size / block));
        float[] small = new float[few * few * channels];
        double scale = (double) size / few;
        for (int y = 0; y < few; y++) {
            for (int x = 0; x < few; x++) {
                average(picture, size, channels, x * scale, y * scale, scale, small, (y * few + x) * channels);
            }
        }
        float[] out = new float[picture.length];
        float[] pixel = new float[channels];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double sx = (x + 0.5) / scale - 0.5;
                double sy = (y + 0.5) / scale - 0.5;
                sample(small, few, channels, smooth ? sx : Math.round(sx), smooth ? sy : Math.round(sy), pixel);
                System.arraycopy(pixel, 0, out, (y * size + x) * channels, channels);
            }
        }
        return out;
    }

    /** The mean over a square with its corner at (left, top), pixels cut by its border counting in part. */
    private static void average(float[] picture, int size, int channels, double left, double top, double side, float[] out, int at) {
        for (int y = (int) top; y < Math.min(size, Math.ceil(top + side)); y++) {
            double tall = Math.min(y + 1, top + side) - Math.max(y, top);
            for (int x = (int) left; x < Math.min(size, Math.ceil(left + side)); x++) {
                double wide = Math.min(x + 1, left + side) - Math.max(x, left);
                add(out, at, picture, (y * size + x) * channels, channels, (float) (wide * tall / (side * side)));
            }
        }
    }

    /** Bilinear, edges repeated; (0, 0) is the middle of the first pixel. */
    private static void sample(float[] picture, int size, int channels, double x, double y, float[] pixel) {
        int x0 = (int) Math.floor(x);
        int y0 = (int) Math.floor(y);
        float fx = (float) (x - x0);
        float fy = (float) (y - y0);
        int a = (clamp(y0, size) * size + clamp(x0, size)) * channels;
        int b = (clamp(y0, size) * size + clamp(x0 + 1, size)) * channels;
        int c = (clamp(y0 + 1, size) * size + clamp(x0, size)) * channels;
        int d = (clamp(y0 + 1, size) * size + clamp(x0 + 1, size)) * channels;
        for (int i = 0; i < channels; i++) {
            float upper = picture[a + i] + fx * (picture[b + i] - picture[a + i]);
            float lower = picture[c + i] + fx * (picture[d + i] - picture[c + i]);
            pixel[i] = upper + fy * (lower - upper);
        }
    }

    /** Smooth random numbers of standard deviation 1, {@code [size, size, channels]}, that vary over {@code wavelength} pixels. */
    static float[] smoothNoise(int size, int channels, double wavelength, Dice dice) {
        float[] noise = new float[size * size * channels];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = dice.nearlyNormal();
        }
        float[] smooth = blur(noise, size, channels, Math.max(0.3, wavelength / 4));
        double squares = 0;
        for (float value : smooth) {
            squares += value * value;
        }
        float scale = (float) Math.sqrt(smooth.length / Math.max(1e-12, squares));
        for (int i = 0; i < smooth.length; i++) {
            smooth[i] *= scale;
        }
        return smooth;
    }

    private static int clamp(int at, int size) {
        return Math.min(size - 1, Math.max(0, at));
    }
}
