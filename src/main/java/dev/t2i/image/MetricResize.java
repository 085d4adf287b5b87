package dev.t2i.image;

import java.util.Locale;

/**
 * How pictures are brought to the size that a measure's network asks for. Published figures depend on it: the same pictures, resized in
 * another way, may differ by several units of FID (Parmar et al. 2022), so the way is named beside every number.
 */
public enum MetricResize {
    /** Antialiased bicubic in floats, channel by channel, not rounded: what to use. */
    CLEAN {
        @Override
        public float[] resize(Picture source, int width, int height) {
            return Resize.toFloats(source, width, height, Resize.Filter.CUBIC);
        }
    },
    /** Antialiased bicubic as Pillow has it for 8-bit pictures, rounded to whole levels after each of two passes. */
    PILLOW {
        @Override
        public float[] resize(Picture source, int width, int height) {
            return levels(PillowResize.to(source, width, height, Resize.Filter.CUBIC));
        }
    },
    /** Antialiased bilinear as Pillow has it for 8-bit pictures. */
    PILLOW_BILINEAR {
        @Override
        public float[] resize(Picture source, int width, int height) {
            return levels(PillowResize.to(source, width, height, Resize.Filter.TRIANGLE));
        }
    },
    /** Bilinear between the four nearest pixels, whatever the scale, as PyTorch interpolates without aligned corners. */
    PYTORCH {
        @Override
        public float[] resize(Picture source, int width, int height) {
            return interpolate(source, width, height, 0.5);
        }
    },
    /** The same with pixels at their corners instead of their centres, as TensorFlow 1 has it: shifted by half a pixel. */
    TENSORFLOW {
        @Override
        public float[] resize(Picture source, int width, int height) {
            return interpolate(source, width, height, 0);
        }
    };

    /** @return {@code [height, width, 3]}, 0 to 255 */
    public abstract float[] resize(Picture source, int width, int height);

    /** The name as options and results have it: {@code clean}, {@code pillow-bilinear} and so on. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static float[] levels(Picture picture) {
        float[] values = new float[picture.rgb().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = picture.rgb()[i] & 255;
        }
        return values;
    }

    /** @param centre where in a pixel its sample lies */
    private static float[] interpolate(Picture source, int width, int height, double centre) {
        float[] result = new float[Math.multiplyExact(3 * width, height)];
        for (int y = 0; y < height; y++) {
            double down = place(y, source.height(), height, centre);
            int top = (int) down;
            int bottom = Math.min(top + 1, source.height() - 1);
            for (int x = 0; x < width; x++) {
                double across = place(x, source.width(), width, centre);
                int left = (int) across;
                int right = Math.min(left + 1, source.width() - 1);
                for (int c = 0; c < 3; c++) {
                    double above = mix(source.value(left, top, c), source.value(right, top, c), across - left);
                    double below = mix(source.value(left, bottom, c), source.value(right, bottom, c), across - left);
                    result[(y * width + x) * 3 + c] = (float) mix(above, below, down - top);
                }
            }
        }
        return result;
    }

    private static double place(int target, int from, int to, double centre) {
        return Math.clamp((target + centre) * from / to - centre, 0, from - 1);
    }

    private static double mix(double first, double second, double share) {
        return first + (second - first) * share;
    }
}
