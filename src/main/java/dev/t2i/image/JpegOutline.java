package dev.t2i.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a JPEG file says of itself, found by going from marker to marker (ITU T.81, annex B) without decoding anything.
 *
 * @param width in pixels, 0 where no frame header says it
 * @param height in pixels, 0 where no frame header says it
 * @param components 1 for grey, 3 for colours, 4 for CMYK and YCCK
 * @param exif the Exif block, which is a TIFF file, or nothing of length 0
 * @param profile whether an ICC profile is embedded
 * @param transform Adobe's number for how colours are coded, -1 where Adobe's marker is missing
 * @param complete whether the end marker was reached
 */
record JpegOutline(int width, int height, int components, byte[] exif, boolean profile, int transform, boolean complete) {
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] ICC = "ICC_PROFILE\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.ISO_8859_1);

    static boolean isJpeg(byte[] bytes) {
        return bytes.length > 2 && (bytes[0] & 255) == 0xFF && (bytes[1] & 255) == 0xD8 && (bytes[2] & 255) == 0xFF;
    }

    static JpegOutline of(byte[] bytes) {
        int width = 0;
        int height = 0;
        int components = 0;
        byte[] exif = {};
        boolean profile = false;
        int transform = -1;
        int at = 2;
        while (true) {
            at = marker(bytes, at);
            if (at < 0) {
                return new JpegOutline(width, height, components, exif, profile, transform, false);
            }
            int marker = bytes[at] & 255;
            at++;
            if (marker == 0xD9) {
                return new JpegOutline(width, height, components, exif, profile, transform, true);
            }
            boolean alone = marker == 0x01 || marker >= 0xD0 && marker <= 0xD8;
            if (alone) {
                continue;
            }
            int length = at + 1 < bytes.length ? word(bytes, at) : 0;
            if (length < 2 || length > bytes.length - at) {
                return new JpegOutline(width, height, components, exif, profile, transform, false);
            }
            int content = at + 2;
            int size = length - 2;
            boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            // The first is what decoders go by; another behind it could claim less.
            if (frame && size >= 6 && components == 0) {
                height = word(bytes, content + 1);
                width = word(bytes, content + 3);
                components = bytes[content + 5] & 255;
            } else if (marker == 0xE1 && exif.length == 0 && starts(bytes, content, size, EXIF)) {
                exif = Arrays.copyOfRange(bytes, content + EXIF.length, content + size);
            } else if (marker == 0xE2 && starts(bytes, content, size, ICC)) {
                profile = true;
            } else if (marker == 0xEE && size >= 12 && starts(bytes, content, size, ADOBE)) {
                transform = bytes[content + 11] & 255;
            }
            at += length;
        }
    }

    /** The code of the next marker from {@code at} on, or -1; stuffed zeros and restart markers belong to coded data. */
    private static int marker(byte[] bytes, int at) {
        for (int i = at; i + 1 < bytes.length; i++) {
            int code = bytes[i + 1] & 255;
            if ((bytes[i] & 255) == 0xFF && code != 0 && code != 0xFF && (code < 0xD0 || code > 0xD7)) {
                return i + 1;
            }
        }
        return -1;
    }

    private static boolean starts(byte[] bytes, int at, int size, byte[] prefix) {
        return size >= prefix.length && Arrays.equals(bytes, at, at + prefix.length, prefix, 0, prefix.length);
    }

    private static int word(byte[] bytes, int at) {
        return (bytes[at] & 255) << 8 | bytes[at + 1] & 255;
    }
}
