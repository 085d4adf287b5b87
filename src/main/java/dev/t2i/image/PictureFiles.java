package dev.t2i.image;

import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;

/** Reads picture files of the formats that Java decodes: PNG, JPEG, GIF (its first frame), BMP, TIFF. */
public final class PictureFiles {
    private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff");

    private PictureFiles() {}

    /** Whether the name says that the file is a picture of a format that can be read. */
    public static boolean hasPictureName(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 && EXTENSIONS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /** @throws ImageException one line where the file can't be read or decoded */
    public static Picture read(Path file) {
        return decode(WholeFile.read(file), file.toString());
    }

    /** @param name what to call the bytes in an error */
    public static Picture decode(byte[] bytes, String name) {
        refuseTruncated(bytes, name);
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new ImageException(name + ": not a picture of a known format (PNG, JPEG, GIF, BMP, TIFF)");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels < 1 || pixels > Picture.MAX_PIXELS) {
                    throw new ImageException("%s: claims to be %dx%d pixels, more than can be read"
                            .formatted(name, reader.getWidth(0), reader.getHeight(0)));
                }
                return Picture.of(reader.read(0));
            } finally {
                reader.dispose();
            }
        } catch (IOException | RuntimeException e) {
            if (e instanceof ImageException) {
                throw (ImageException) e;
            }
            // Java's decoders answer damaged files with any kind of exception.
            throw new ImageException(name + ": damaged picture, it cannot be decoded", e);
        }
    }

    /** Java's decoders fill the missing part of a cut-off file with grey or nothing and say no word. */
    private static void refuseTruncated(byte[] bytes, String name) {
        if (Png.isPng(bytes)) {
            Png.readText(bytes, name);
        } else if (bytes.length > 2 && (bytes[0] & 255) == 0xFF && (bytes[1] & 255) == 0xD8) {
            // The end marker cannot occur in coded data; in the first half it may belong to a thumbnail.
            for (int i = bytes.length - 2; i >= bytes.length / 2; i--) {
                if ((bytes[i] & 255) == 0xFF && (bytes[i + 1] & 255) == 0xD9) {
                    return;
                }
            }
            throw new ImageException(name + ": damaged JPEG, it ends too early");
        }
    }
}
