package dev.t2i.image;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * An RGB picture as plain bytes: rows from the top, red, green, blue, 8 bits each, sRGB. Models see the same numbers as
 * floats in [-1, 1] in the same order, [height, width, 3].
 */
public final class Picture {
    /** More than any use here; a header that claims more is refused before memory is reserved. */
    public static final long MAX_PIXELS = 1L << 28;

    private static final ColorModel COLOURS = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false,
            Transparency.OPAQUE, DataBuffer.TYPE_BYTE);

    private final int width;
    private final int height;
    private final byte[] rgb;

    private Picture(int width, int height, byte[] rgb) {
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /** A black picture. */
    public static Picture blank(int width, int height) {
        return new Picture(width, height, new byte[bytes(width, height)]);
    }

    /** A picture over {@code rgb} itself, {@code width * height * 3} bytes. */
    public static Picture wrap(int width, int height, byte[] rgb) {
        if (rgb.length != bytes(width, height)) {
            throw new IllegalArgumentException("a picture of %dx%d needs %d bytes, not %d"
                    .formatted(width, height, bytes(width, height), rgb.length));
        }
        return new Picture(width, height, rgb);
    }

    private static int bytes(int width, int height) {
        if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
            throw new IllegalArgumentException("a picture cannot be " + width + "x" + height);
        }
        return Math.toIntExact(3L * width * height);
    }

    /** From floats in [-1, 1]; what lies beyond is clipped, and NaN becomes black. */
    public static Picture fromFloats(int width, int height, float[] values, int offset) {
        Picture picture = blank(width, height);
        for (int i = 0; i < picture.rgb.length; i++) {
            picture.rgb[i] = quantise(values[offset + i]);
        }
        return picture;
    }

    /** From F32 values in [-1, 1], beginning at element {@code offset} of {@code values}. */
    public static Picture fromFloats(int width, int height, MemorySegment values, long offset) {
        Picture picture = blank(width, height);
        for (int i = 0; i < picture.rgb.length; i++) {
            picture.rgb[i] = quantise(values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * (offset + i)));
        }
        return picture;
    }

    private static byte quantise(float value) {
        return (byte) Math.round(Math.clamp((value + 1) * 127.5f, 0f, 255f));
    }

    /** Copies any image; transparent parts show white. */
    public static Picture of(BufferedImage image) {
        Picture picture = blank(image.getWidth(), image.getHeight());
        Raster raster = image.getRaster();
        boolean grey = raster.getNumBands() <= 2 && !(image.getColorModel() instanceof IndexColorModel);
        if (grey) {
            picture.copyGrey(raster, image.getColorModel().getComponentSize(0), image.isAlphaPremultiplied());
            return picture;
        }
        BufferedImage standard = image.getColorModel().getColorSpace().isCS_sRGB() ? image : toStandard(image);
        if (standard.getType() == BufferedImage.TYPE_3BYTE_BGR) {
            picture.copyBytes(standard.getRaster());
        } else {
            picture.copyColours(standard);
        }
        return picture;
    }

    /** At once, for asking an image of another colour space for its pixels one by one takes a hundred times as long. */
    private static BufferedImage toStandard(BufferedImage image) {
        int type = image.getColorModel().hasAlpha() ? BufferedImage.TYPE_INT_ARGB : BufferedImage.TYPE_3BYTE_BGR;
        return new ColorConvertOp(null).filter(image, new BufferedImage(image.getWidth(), image.getHeight(), type));
    }

    private void copyBytes(Raster raster) {
        raster.getDataElements(0, 0, width, height, rgb);
    }

    /** Java treats grey images as linear light and would lighten them; their samples are sRGB in practice, so take them as they are. */
    private void copyGrey(Raster raster, int bits, boolean premultiplied) {
        double most = (1L << bits) - 1;
        boolean alpha = raster.getNumBands() == 2;
        int[] sample = new int[raster.getNumBands()];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                raster.getPixel(raster.getMinX() + x, raster.getMinY() + y, sample);
                double value = sample[0] / most;
                if (alpha) {
                    double share = sample[1] / most;
                    value = (premultiplied ? value : value * share) + 1 - share;
                }
                byte level = (byte) Math.round(255 * Math.clamp(value, 0, 1));
                rgb[at++] = level;
                rgb[at++] = level;
                rgb[at++] = level;
            }
        }
    }

    private void copyColours(BufferedImage image) {
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int argb : row) {
                int alpha = argb >>> 24;
                rgb[at++] = over(argb >> 16 & 255, alpha);
                rgb[at++] = over(argb >> 8 & 255, alpha);
                rgb[at++] = over(argb & 255, alpha);
            }
        }
    }

    private static byte over(int value, int alpha) {
        return (byte) ((value * alpha + 255 * (255 - alpha) + 127) / 255);
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** The bytes themselves, not a copy. */
    public byte[] rgb() {
        return rgb;
    }

    /** One channel of a pixel, 0 to 255. */
    public int value(int x, int y, int channel) {
        return rgb[(y * width + x) * 3 + channel] & 255;
    }

    /** Writes {@code width * height * 3} floats in [-1, 1]. */
    public void toFloats(float[] target, int offset) {
        for (int i = 0; i < rgb.length; i++) {
            target[offset + i] = (rgb[i] & 255) * (2f / 255) - 1;
        }
    }

    /** Writes {@code width * height * 3} F32 values in [-1, 1] from element {@code offset} on. */
    public void toFloats(MemorySegment target, long offset) {
        for (int i = 0; i < rgb.length; i++) {
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * (offset + i), (rgb[i] & 255) * (2f / 255) - 1);
        }
    }

    /** A copy as {@link BufferedImage#TYPE_INT_RGB}. */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                row[x] = value(x, y, 0) << 16 | value(x, y, 1) << 8 | value(x, y, 2);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }

    /** The picture as Java's image classes see it: not a copy, so what is drawn into it is drawn here. */
    BufferedImage view() {
        WritableRaster raster = Raster.createInterleavedRaster(new DataBufferByte(rgb, rgb.length), width, height, 3 * width, 3, new int[] {0, 1, 2}, null);
        return new BufferedImage(COLOURS, raster, false, null);
    }

    /** A copy of a rectangle, which must lie inside. */
    public Picture crop(int left, int top, int cropWidth, int cropHeight) {
        if (left < 0 || top < 0 || left > width - cropWidth || top > height - cropHeight) {
            throw new IllegalArgumentException("a crop of %dx%d at %d,%d leaves the picture of %dx%d"
                    .formatted(cropWidth, cropHeight, left, top, width, height));
        }
        Picture cropped = blank(cropWidth, cropHeight);
        for (int y = 0; y < cropHeight; y++) {
            System.arraycopy(rgb, ((top + y) * width + left) * 3, cropped.rgb, y * cropWidth * 3, cropWidth * 3);
        }
        return cropped;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Picture that && width == that.width && height == that.height && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "Picture[" + width + "x" + height + "]";
    }
}
