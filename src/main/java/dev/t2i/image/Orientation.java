package dev.t2i.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Which way up a picture is stored, 1 to 8 as in Exif and TIFF (tag 274): cameras store what the sensor saw and note how to turn it.
 * What can't be read counts as 1, upright, for a damaged note says nothing about the pixels.
 */
final class Orientation {
    static final int UPRIGHT = 1;
    private static final int TAG = 274;
    private static final int SHORT = 3;

    private Orientation() {}

    /** From any file that can carry it: JPEG, PNG, WebP, TIFF. */
    static int of(byte[] bytes) {
        if (JpegOutline.isJpeg(bytes)) {
            return ofTiff(JpegOutline.of(bytes).exif());
        }
        if (Png.isPng(bytes)) {
            return ofTiff(chunk(ByteBuffer.wrap(bytes), 8, "eXIf", 4, 4));
        }
        if (isWebp(bytes)) {
            return ofTiff(chunk(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), 12, "EXIF", 0, 0));
        }
        return ofTiff(bytes);
    }

    static boolean isWebp(byte[] bytes) {
        return bytes.length > 12 && new String(bytes, 0, 4, StandardCharsets.ISO_8859_1).equals("RIFF")
                && new String(bytes, 8, 4, StandardCharsets.ISO_8859_1).equals("WEBP");
    }

    /**
     * The content of a chunk of PNG or RIFF.
     *
     * @param nameAt where in a chunk its name stands; its length stands in the other of the first two words
     * @param trailer bytes behind a chunk; 0 for RIFF, which pads to even lengths
     */
    private static byte[] chunk(ByteBuffer in, int start, String wanted, int nameAt, int trailer) {
        long at = start;
        while (at + 8 <= in.limit()) {
            byte[] name = new byte[4];
            in.get((int) at + nameAt, name);
            long length = Integer.toUnsignedLong(in.getInt((int) at + 4 - nameAt));
            if (length > in.limit() - at - 8) {
                break;
            }
            if (new String(name, StandardCharsets.ISO_8859_1).equals(wanted)) {
                int from = (int) at + 8;
                boolean prefixed = length > 6 && new String(in.array(), from, 6, StandardCharsets.ISO_8859_1).equals("Exif\0\0");
                return Arrays.copyOfRange(in.array(), prefixed ? from + 6 : from, from + (int) length);
            }
            at += 8 + length + (trailer > 0 ? trailer : length & 1);
        }
        return new byte[0];
    }

    private static int ofTiff(byte[] tiff) {
        if (tiff.length < 14 || !(tiff[0] == 'I' && tiff[1] == 'I' || tiff[0] == 'M' && tiff[1] == 'M')) {
            return UPRIGHT;
        }
        ByteBuffer in = ByteBuffer.wrap(tiff).order(tiff[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = Integer.toUnsignedLong(in.getInt(4));
        if (in.getShort(2) != 42 || directory > tiff.length - 2) {
            return UPRIGHT;
        }
        int entries = in.getShort((int) directory) & 0xFFFF;
        for (long at = directory + 2; entries > 0 && at + 12 <= tiff.length; at += 12, entries--) {
            if ((in.getShort((int) at) & 0xFFFF) == TAG && in.getShort((int) at + 2) == SHORT) {
                int value = in.getShort((int) at + 8) & 0xFFFF;
                return value <= 8 && value > 0 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** The picture as it is meant to be seen. */
    static Picture apply(Picture stored, int orientation) {
        if (orientation == UPRIGHT) {
            return stored;
        }
        boolean turned = orientation >= 5;
        int width = turned ? stored.height() : stored.width();
        int height = turned ? stored.width() : stored.height();
        boolean fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean fromBelow = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        Picture upright = Picture.blank(width, height);
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = turned ? y : x;
                int row = turned ? x : y;
                int from = ((fromBelow ? stored.height() - 1 - row : row) * stored.width() + (fromRight ? stored.width() - 1 - column : column)) * 3;
                System.arraycopy(stored.rgb(), from, upright.rgb(), at, 3);
                at += 3;
            }
        }
        return upright;
    }
}
