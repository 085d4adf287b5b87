package dev.t2i.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads picture files as people have them: PNG, JPEG (also grey, CMYK, YCCK and progressive), WebP, GIF (its first frame), BMP, TIFF.
 *
 * <ul>
 * <li>What comes out is 8-bit sRGB. Sixteen bits are rounded to eight, palettes looked up, transparent parts laid over white.
 * <li>A colour profile of a JPEG is followed; CMYK without one is multiplied out, {@code (1 - c)(1 - k)}. Profiles of other formats are not read.
 * <li>Pictures are turned as their Exif orientation says.
 * <li>A file of which pixels are missing is damaged, and nothing is made of its rest.
 * <li>More than {@link #MAX_PIXELS}, or more than {@link #MAX_SIDE} in a row or a column, as the header has it, are refused before memory is
 *     reserved for them.
 * </ul>
 */
public final class PictureFiles {
    /** 2^27, a square of 11,585 pixels. */
    public static final long MAX_PIXELS = 1L << 27;
    /** 2^16, as many as a JPEG can have and one more: resizing takes memory by the width. */
    public static final int MAX_SIDE = 1 << 16;

    private static final int MOST_GREY_BITS = 16;
    private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff");
    private static final String FORMATS = "PNG, JPEG, WebP, GIF, BMP, TIFF";
    /** What libjpeg says when it had to make pixels up; other warnings of it are about oddities that cost nothing. */
    private static final List<String> LOSSES = List.of("premature end", "bad huffman", "instead of rst", "invalid progressive");

    private PictureFiles() {}

    /** Whether the name says that the file is a picture of a format that can be read. */
    public static boolean hasPictureName(Path file) {
        return isPictureName(file.getFileName().toString());
    }

    /** The same of a name, which need not be one that this machine can have. */
    public static boolean isPictureName(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 && isPictureExtension(name.substring(dot + 1));
    }

    /** The same of an extension without its dot, in any case. */
    public static boolean isPictureExtension(String extension) {
        return EXTENSIONS.contains(extension.toLowerCase(Locale.ROOT));
    }

    /** @throws ImageException one line where the file can't be read or decoded */
    public static Picture read(Path file) {
        return decode(WholeFile.read(file), file.toString());
    }

    /**
     * @param bytes a whole file
     * @param name what to call it in an error
     * @throws ImageException one line where it can't be decoded
     */
    public static Picture decode(byte[] bytes, String name) {
        if (Png.isPng(bytes)) {
            // Reads no pixels, but checks every checksum, which Java's decoder does not.
            Png.requireWhole(bytes, name);
        } else if (Orientation.isWebp(bytes) && Integer.toUnsignedLong(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4)) > bytes.length - 8) {
            // The decoder would take nothing for pixels of its own choice.
            throw new ImageException(name + ": damaged WebP, it ends too early");
        }
        try {
            Picture stored = JpegOutline.isJpeg(bytes) ? decodeJpeg(bytes, name) : decodePlain(bytes, name);
            return Orientation.apply(stored, Orientation.of(bytes));
        } catch (ImageException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Decoders answer damaged files with any kind of exception.
            throw new ImageException(name + ": damaged picture, it cannot be decoded", e);
        }
    }

    private static Picture decodePlain(byte[] bytes, String name) throws IOException {
        try (ImageInputStream in = stream(bytes)) {
            ImageReader reader = reader(in, name);
            try {
                requireSize(reader.getWidth(0), reader.getHeight(0), name);
                BufferedImage image = reader.read(0);
                if (image.getRaster().getNumBands() <= 2 && image.getColorModel().getComponentSize(0) > MOST_GREY_BITS) {
                    throw new ImageException("%s: grey of %d bits, of which nobody says what is white; save it with at most %d"
                            .formatted(name, image.getColorModel().getComponentSize(0), MOST_GREY_BITS));
                }
                return Picture.of(image);
            } finally {
                reader.dispose();
            }
        }
    }

    private static Picture decodeJpeg(byte[] bytes, String name) throws IOException {
        JpegOutline outline = JpegOutline.of(bytes);
        if (!outline.complete()) {
            throw new ImageException(name + ": damaged JPEG, it ends too early");
        }
        requireSize(outline.width(), outline.height(), name);
        List<String> losses = new ArrayList<>();
        try (ImageInputStream in = stream(bytes)) {
            ImageReader reader = reader(in, name);
            try {
                reader.addIIOReadWarningListener((_, warning) -> {
                    String lower = warning.toLowerCase(Locale.ROOT);
                    if (LOSSES.stream().anyMatch(lower::contains)) {
                        losses.add(warning);
                    }
                });
                requireSize(reader.getWidth(0), reader.getHeight(0), name);
                Picture picture = decodeJpeg(reader, outline);
                if (!losses.isEmpty()) {
                    throw new ImageException(name + ": damaged JPEG, some of its pixels are missing (" + losses.getFirst() + ")");
                }
                return picture;
            } finally {
                reader.dispose();
            }
        }
    }

    private static Picture decodeJpeg(ImageReader reader, JpegOutline outline) throws IOException {
        if (outline.components() == 4 && !outline.profile()) {
            return ofInks(reader.readRaster(0, null), outline);
        }
        if (outline.components() == 3 && !outline.profile() && reader.getWidth(0) == outline.width() && reader.getHeight(0) == outline.height()) {
            // Most pictures of a data set are such; left to itself the decoder would turn each pixel round, for somebody to turn it back.
            Picture picture = Picture.blank(outline.width(), outline.height());
            ImageReadParam into = reader.getDefaultReadParam();
            into.setDestination(picture.view());
            reader.read(0, into);
            return picture;
        }
        return Picture.of(reader.read(0));
    }

    /** Copies the bytes, but unlike streams over an array it has no finalizer, for which thousands of closed ones would wait with their bytes. */
    private static ImageInputStream stream(byte[] bytes) {
        return new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes));
    }

    private static ImageReader reader(ImageInputStream in, String name) {
        Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
        if (!readers.hasNext()) {
            throw new ImageException(name + ": not a picture of a known format (" + FORMATS + ")");
        }
        ImageReader reader = readers.next();
        reader.setInput(in, true, true);
        return reader;
    }

    private static void requireSize(int width, int height, String name) {
        if ((long) width * height < 1 || (long) width * height > MAX_PIXELS) {
            throw new ImageException("%s: claims to be %dx%d pixels; at least 1 and at most %d pixels are read".formatted(name, width, height, MAX_PIXELS));
        }
        if (Math.max(width, height) > MAX_SIDE) {
            throw new ImageException("%s: claims to be %dx%d pixels; a side may have %d; cut it into parts".formatted(name, width, height, MAX_SIDE));
        }
    }

    /**
     * Inks on white paper. Not left to the decoder, whose answer would depend on what profiles this machine has. With Adobe's marker
     * samples say how much ink is missing.
     */
    private static Picture ofInks(Raster raster, JpegOutline outline) {
        Picture picture = Picture.blank(raster.getWidth(), raster.getHeight());
        int[] row = new int[4 * raster.getWidth()];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
            for (int i = 0; i < row.length; i += 4) {
                if (outline.transform() == 2) {
                    fromYcc(row, i);
                }
                int light = outline.transform() < 0 ? 255 - row[i + 3] : row[i + 3];
                for (int c = 0; c < 3; c++) {
                    int colour = outline.transform() < 0 ? 255 - row[i + c] : row[i + c];
                    picture.rgb()[at++] = (byte) ((colour * light + 127) / 255);
                }
            }
        }
        return picture;
    }

    /** What is transformed is ink; what comes out is, like the fourth sample, how much of it is missing. */
    private static void fromYcc(int[] samples, int at) {
        double y = samples[at];
        double blue = samples[at + 1] - 128;
        double red = samples[at + 2] - 128;
        samples[at] = 255 - level(y + 1.402 * red);
        samples[at + 1] = 255 - level(y - 0.344136 * blue - 0.714136 * red);
        samples[at + 2] = 255 - level(y + 1.772 * blue);
    }

    private static int level(double value) {
        return (int) Math.clamp(Math.round(value), 0, 255);
    }
}
