package dev.t2i.data.scene;

import java.awt.Color;

/**
 * The colours that a thing's layers are painted with at a time of day. Things keep nearly their own colour in every light,
 * since the colour is what a caption names; only lit windows and a slight dimming tell the night.
 */
final class Palette {
    private Palette() {}

    static int pack(double red, double green, double blue) {
        return clamp(red) << 16 | clamp(green) << 8 | clamp(blue);
    }

    private static int clamp(double value) {
        return (int) Math.round(Math.min(255, Math.max(0, value)));
    }

    static int mix(int a, int b, double share) {
        return pack((a >> 16 & 255) + ((b >> 16 & 255) - (a >> 16 & 255)) * share,
                (a >> 8 & 255) + ((b >> 8 & 255) - (a >> 8 & 255)) * share,
                (a & 255) + ((b & 255) - (a & 255)) * share);
    }

    static int scale(int colour, double factor) {
        return pack((colour >> 16 & 255) * factor, (colour >> 8 & 255) * factor, (colour & 255) * factor);
    }

    static int plain(Colour colour) {
        return pack(colour.red(), colour.green(), colour.blue());
    }

    /** {@code shade} scales brightness, 1 for none. */
    static Color paint(Art.Tone tone, Thing thing, TimeOfDay time, double shade) {
        boolean night = time == TimeOfDay.NIGHT;
        double light = thing.kind().shines() ? 1 : night ? 0.94 : 1;
        int main = scale(plain(thing.colour()), light * shade);
        boolean black = thing.colour() == Colour.BLACK;
        int rgb = switch (tone) {
            case MAIN -> main;
            case OUTLINE -> black ? (night ? 0x9AA0B4 : 0xD8DADF) : scale(plain(thing.colour()), 0.3);
            case SHADE -> black ? mix(main, 0xFFFFFF, 0.3) : scale(main, thing.colour() == Colour.WHITE ? 0.76 : 0.64);
            case TINT -> thing.colour() == Colour.WHITE ? scale(main, 0.88) : mix(main, 0xFFFFFF, black ? 0.2 : 0.35);
            case WOOD -> scale(0x8A5A34, light);
            case TYRE -> 0x26262C;
            case METAL -> scale(0xC8CCD2, light);
            case GLASS -> night ? 0xFFE27A : 0xCDEBFA;
            case STEM -> scale(0x2E8B3A, light);
            case CANVAS -> scale(0xF8F8F4, light);
            case HEART -> thing.colour() == Colour.YELLOW || thing.colour() == Colour.ORANGE ? 0x7A4420 : 0xFFD22E;
            case BEAK -> thing.colour() == Colour.ORANGE || thing.colour() == Colour.YELLOW ? 0x5A4030 : 0xFFA81E;
            case EYE -> black ? 0xF4F4F4 : 0x16161C;
            case WICKER -> scale(0xB07A42, light);
        };
        return new Color(rgb);
    }
}
