package dev.t2i.image;

import dev.t2i.error.BadInputException;

/** A picture file that cannot be read or written. The message is one line: the file, what was wrong, what to do. */
public final class ImageException extends BadInputException {
    private static final long serialVersionUID = 1L;

    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
