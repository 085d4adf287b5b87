package dev.t2i.data;

import dev.t2i.image.Picture;
import dev.t2i.image.Resize;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What tells pictures apart, in 96 bytes: the first half of SHA-256 of the file; which of 16 x 17 places are brighter than their right
 * neighbours (a difference hash, 256 bits), which resizing and encoding again hardly change; and the colours of 4 x 4 places.
 *
 * @param digest 2 values
 * @param gradient 4 values
 * @param colours 48 bytes; empty, like the gradient, of a picture that was not decoded
 */
record Fingerprint(long[] digest, long[] gradient, byte[] colours) {
    static final int DIGEST = 2;
    static final int GRADIENT = 4;
    static final int COLOURS = 48;
    private static final int ROWS = 16;
    /** Differences below this many levels of three channels are noise of encoders, not edges. */
    private static final int NOISE = 6;
    private static final int CLOSE_SIDE = 32;
    /** Mean difference, in levels of 255, up to which two pictures of {@link #CLOSE_SIDE} are the same one. */
    private static final double CLOSE_MEAN = 5;
    private static final int CLOSE_BLOCK = 4;
    /** And the difference up to which a block of so many pixels a side has the same colour, for each channel. */
    private static final double CLOSE_BLOCK_MEAN = 16;

    static Fingerprint of(byte[] file) {
        return new Fingerprint(digest(file), new long[0], new byte[0]);
    }

    static Fingerprint of(byte[] file, Picture picture) {
        Picture small = Resize.to(picture, ROWS + 1, ROWS, Resize.Filter.BOX);
        long[] gradient = new long[GRADIENT];
        for (int y = 0; y < ROWS; y++) {
            for (int x = 0; x < ROWS; x++) {
                if (light(small, x, y) > light(small, x + 1, y) + NOISE) {
                    gradient[y / 4] |= 1L << (y % 4 * ROWS + x);
                }
            }
        }
        return new Fingerprint(digest(file), gradient, Resize.to(small, 4, 4, Resize.Filter.BOX).rgb());
    }

    private static int light(Picture picture, int x, int y) {
        return picture.value(x, y, 0) + picture.value(x, y, 1) + picture.value(x, y, 2);
    }

    private static long[] digest(byte[] file) {
        try {
            ByteBuffer hash = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(file));
            return new long[] {hash.getLong(), hash.getLong()};
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Whether two pictures show the same but for size and encoding: the closer look at two whose fingerprints are alike. */
    static boolean same(Picture first, Picture second) {
        byte[] a = Resize.to(first, CLOSE_SIDE, CLOSE_SIDE, Resize.Filter.BOX).rgb();
        byte[] b = Resize.to(second, CLOSE_SIDE, CLOSE_SIDE, Resize.Filter.BOX).rgb();
        // A small thing that differs is lost in the mean of all, so each block has to agree, too; encoders leave its mean alone.
        int across = CLOSE_SIDE / CLOSE_BLOCK;
        long[] blocks = new long[across * across * 3];
        long sum = 0;
        for (int i = 0; i < a.length; i++) {
            int difference = (a[i] & 255) - (b[i] & 255);
            int x = i / 3 % CLOSE_SIDE / CLOSE_BLOCK;
            int y = i / 3 / CLOSE_SIDE / CLOSE_BLOCK;
            blocks[(y * across + x) * 3 + i % 3] += difference;
            sum += Math.abs(difference);
        }
        for (long block : blocks) {
            if (Math.abs(block) > CLOSE_BLOCK_MEAN * CLOSE_BLOCK * CLOSE_BLOCK) {
                return false;
            }
        }
        return sum <= CLOSE_MEAN * a.length;
    }
}
