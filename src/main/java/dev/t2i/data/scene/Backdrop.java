package dev.t2i.data.scene;

import java.util.Arrays;

/**
 * Paints sky and ground straight into packed RGB pixels. Everything here varies slowly over the picture: small networks
 * learn it early and keep their strength for the things.
 */
final class Backdrop {
    private static final int WAVE_STEPS = 1024;
    private static final float[] WAVE = new float[WAVE_STEPS];

    static {
        for (int i = 0; i < WAVE_STEPS; i++) {
            WAVE[i] = (float) Math.sin(2 * Math.PI * i / WAVE_STEPS);
        }
    }

    private final int size;
    private final double unit;
    private final float[] edge;

    Backdrop(int size) {
        this.size = size;
        this.unit = Layout.SIDE / size;
        this.edge = new float[size];
    }

    void paint(Scene scene, Draws draws, int[] pixels) {
        double horizon = Layout.HORIZON + draws.signed();
        double phase = draws.unit();
        double glow = draws.signed() * 0.04;
        sky(scene.time(), horizon, glow, pixels);
        switch (scene.ground()) {
            case GRASS -> land(scene, horizon - 1.5, horizon + 4.5, 1.5, phase, pixels);
            case SAND -> land(scene, horizon - 1, horizon + 6, 1.7, phase, pixels);
            case SNOW -> land(scene, horizon - 1, horizon + 5, 1.6, phase, pixels);
            case SEA -> sea(scene, horizon, phase, pixels);
            case ROAD -> {
                hills(tones(scene)[0], horizon, 0.5, 0.8, phase, 0.08, pixels);
                road(scene.time(), tones(scene)[1], pixels);
            }
        }
    }

    private void sky(TimeOfDay time, double horizon, double glow, int[] pixels) {
        int[] stops = switch (time) {
            case DAY -> new int[] {0x4E9BE6, 0x8CC6F4, 0xD2ECFB};
            case SUNSET -> new int[] {0x6A3C86, 0xE0625A, 0xFFB85C};
            case NIGHT -> new int[] {0x0B1134, 0x18225A, 0x36448A};
            case DAWN -> new int[] {0xA9B4E4, 0xF3C3D6, 0xFFE9C4};
        };
        for (int row = 0; row < size; row++) {
            double down = Math.min(1, Math.max(0, (row + 0.5) * unit / (horizon + 2) + glow));
            int colour = down < 0.5 ? Palette.mix(stops[0], stops[1], down * 2) : Palette.mix(stops[1], stops[2], down * 2 - 1);
            Arrays.fill(pixels, row * size, (row + 1) * size, colour);
        }
    }

    /** Two rows of low hills, the far one lighter. */
    private void land(Scene scene, double far, double near, double swell, double phase, int[] pixels) {
        int[] tones = tones(scene);
        hills(tones[0], far, swell, 0.8, phase, 0.06, pixels);
        hills(tones[1], near, swell, 0.7, phase + 0.45, 0.12, pixels);
    }

    /** The colours of a ground, far and near. Chosen light by light: one tint for all would turn sand and snow alike at night. */
    private static int[] tones(Scene scene) {
        return switch (scene.ground()) {
            case GRASS -> switch (scene.time()) {
                case DAY -> new int[] {0x9AD266, 0x7CBC4A};
                case SUNSET -> new int[] {0x92893A, 0x76742E};
                case NIGHT -> new int[] {0x2C5A48, 0x1F4A3A};
                case DAWN -> new int[] {0xB4CF92, 0x98BC78};
            };
            case SAND -> switch (scene.time()) {
                case DAY -> new int[] {0xF4E2AC, 0xE9CF8C};
                case SUNSET -> new int[] {0xDDA060, 0xC98648};
                case NIGHT -> new int[] {0x7E6C5C, 0x6C5A48};
                case DAWN -> new int[] {0xF0D4A6, 0xE2BE8A};
            };
            case SNOW -> switch (scene.time()) {
                case DAY -> new int[] {0xE0ECF8, 0xF6FAFE};
                case SUNSET -> new int[] {0xD4AEC0, 0xEBC9CC};
                case NIGHT -> new int[] {0x7688BC, 0x8C9CCC};
                case DAWN -> new int[] {0xE0DAF0, 0xF4ECF6};
            };
            case SEA -> switch (scene.time()) {
                case DAY -> new int[] {0x74BADE, 0x3489BC};
                case SUNSET -> new int[] {0xC47A72, 0x5F4D80};
                case NIGHT -> new int[] {0x36508C, 0x20386E};
                case DAWN -> new int[] {0xB9C4DE, 0x7FA2C6};
            };
            case ROAD -> switch (scene.time()) {
                case DAY -> new int[] {0xA2C67C, 0x7A7C84};
                case SUNSET -> new int[] {0x948650, 0x6E5E64};
                case NIGHT -> new int[] {0x2F5648, 0x383C50};
                case DAWN -> new int[] {0xB6CCA0, 0x8C8A98};
            };
        };
    }

    /** Fills below a wavy line; {@code fall} is how much darker the near end is. */
    private void hills(int colour, double top, double swell, double waves, double phase, double fall, int[] pixels) {
        for (int x = 0; x < size; x++) {
            edge[x] = (float) ((top + swell * wave(phase + waves * x / size)) / unit);
        }
        int first = Math.max(0, (int) ((top - swell) / unit) - 1);
        for (int row = first; row < size; row++) {
            int shade = Palette.scale(colour, 1 - fall * Math.max(0, row * unit - top) / (Layout.SIDE - top));
            for (int x = 0; x < size; x++) {
                cover(pixels, row * size + x, shade, row + 1 - edge[x]);
            }
        }
    }

    private void sea(Scene scene, double horizon, double phase, int[] pixels) {
        int[] tones = tones(scene);
        double depth = Layout.SIDE - horizon;
        for (int row = Math.max(0, (int) (horizon / unit) - 1); row < size; row++) {
            double down = Math.max(0, (row + 0.5) * unit - horizon) / depth;
            int base = Palette.mix(tones[0], tones[1], Math.min(1, down * 1.15));
            // Swells widen towards the viewer, as the square root of the distance down the picture.
            double along = 4.2 * Math.sqrt(down) + phase;
            for (int x = 0; x < size; x++) {
                double swell = wave(along + 0.12 * wave(phase * 2 + 1.5 * x / size + down));
                int colour = swell > 0 ? Palette.mix(base, 0xFFFFFF, swell * swell * 0.13) : base;
                cover(pixels, row * size + x, colour, (float) (row + 1 - horizon / unit));
            }
        }
    }

    private void road(TimeOfDay time, int asphalt, int[] pixels) {
        int lines = Palette.mix(0xF4EFD8, asphalt, time == TimeOfDay.NIGHT ? 0.5 : 0.1);
        band(47, 62.5, lines, 0, 1, pixels);
        band(48, 61.5, asphalt, 0, 1, pixels);
        for (int dash = 0; dash < 4; dash++) {
            band(54.1, 55.5, lines, dash / 4.0 + 0.06, dash / 4.0 + 0.19, pixels);
        }
    }

    /** A horizontal bar from {@code top} to {@code bottom}, between two fractions of the width. */
    private void band(double top, double bottom, int colour, double left, double right, int[] pixels) {
        double t = top / unit;
        double b = bottom / unit;
        double l = left * size;
        double r = right * size;
        for (int row = (int) t; row < Math.min(size, Math.ceil(b)); row++) {
            double tall = Math.min(row + 1, b) - Math.max(row, t);
            for (int x = (int) l; x < Math.min(size, Math.ceil(r)); x++) {
                double wide = Math.min(x + 1, r) - Math.max(x, l);
                cover(pixels, row * size + x, colour, (float) (tall * wide));
            }
        }
    }

    /** Light around a shining thing, strongest at its middle. */
    void halo(double centreX, double centreY, double radius, int colour, double strength, int[] pixels) {
        blot(centreX, centreY, radius, radius, colour, strength, pixels);
    }

    /** A soft elliptic spot, in 64ths: shadows under things, light around them. */
    void blot(double centreX, double centreY, double radiusX, double radiusY, int colour, double strength, int[] pixels) {
        double cx = centreX / unit;
        double cy = centreY / unit;
        double rx = radiusX / unit;
        double ry = radiusY / unit;
        int top = Math.max(0, (int) (cy - ry));
        int bottom = Math.min(size - 1, (int) (cy + ry));
        int left = Math.max(0, (int) (cx - rx));
        int right = Math.min(size - 1, (int) (cx + rx));
        for (int row = top; row <= bottom; row++) {
            double dy = (row + 0.5 - cy) / ry;
            for (int x = left; x <= right; x++) {
                double dx = (x + 0.5 - cx) / rx;
                double inside = 1 - dx * dx - dy * dy;
                if (inside > 0) {
                    int at = row * size + x;
                    pixels[at] = blend(pixels[at], colour, (int) (256 * strength * inside * inside));
                }
            }
        }
    }

    private static double wave(double turns) {
        return WAVE[(int) ((turns - Math.floor(turns)) * WAVE_STEPS) & WAVE_STEPS - 1];
    }

    private static void cover(int[] pixels, int at, int colour, float coverage) {
        if (coverage >= 1) {
            pixels[at] = colour;
        } else if (coverage > 0) {
            pixels[at] = blend(pixels[at], colour, (int) (coverage * 256));
        }
    }

    /** {@code share} of 256. Red and blue together in one multiplication, green in another. */
    private static int blend(int under, int over, int share) {
        int keep = 256 - share;
        int redBlue = (under & 0xFF00FF) * keep + (over & 0xFF00FF) * share >>> 8 & 0xFF00FF;
        int green = (under & 0x00FF00) * keep + (over & 0x00FF00) * share >>> 8 & 0x00FF00;
        return redBlue | green;
    }
}
