package dev.t2i.data;

import java.util.Locale;

/**
 * Something wrong with a data set.
 *
 * @param file the picture or caption file, as a path inside the data set, with a line number where there is one
 * @param message one line: what is wrong, and what to do where that isn't plain
 */
public record Problem(Type type, String file, String message) {
    /** What may be wrong; in words, {@link #toString}, as reports and scripts see it. */
    public enum Type {
        /** A file that lists pictures or captions is damaged or says something impossible. */
        BAD_METADATA,
        /** A name that leads out of the data set's folder. */
        UNSAFE_NAME,
        /** A file of several pictures, or a set of such files, is damaged or incomplete. */
        BAD_SHARD,
        /** Something names a picture that isn't there. */
        MISSING_PICTURE,
        /** A picture cannot be read or decoded. */
        CORRUPT_PICTURE,
        /** A picture is too small to learn from. */
        TINY_PICTURE,
        /** The same file as another picture's, byte for byte. */
        DUPLICATE_PICTURE,
        /** Almost the same picture as another: resized, or encoded again. Worth knowing, but no fault: series of photographs are like that. */
        NEAR_DUPLICATE,
        /** The same picture, or class, in two splits. */
        SPLIT_LEAK,
        PICTURE_WITHOUT_CAPTION,
        CAPTION_WITHOUT_PICTURE,
        EMPTY_CAPTION,
        LONG_CAPTION;

        /** Whether a data set should not be used as it is. */
        public boolean isFault() {
            return this != NEAR_DUPLICATE;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    @Override
    public String toString() {
        return file + ": " + message;
    }
}
