package dev.t2i.data;

/**
 * Something wrong with a data set.
 *
 * @param file the picture or caption file, as a path inside the data set, with a line number where there is one
 * @param message one line: what is wrong, and what to do where that isn't plain
 */
public record Problem(Type type, String file, String message) {
    public enum Type {
        BAD_METADATA, MISSING_PICTURE, CORRUPT_PICTURE, PICTURE_WITHOUT_CAPTION, CAPTION_WITHOUT_PICTURE, EMPTY_CAPTION, LONG_CAPTION
    }

    @Override
    public String toString() {
        return file + ": " + message;
    }
}
