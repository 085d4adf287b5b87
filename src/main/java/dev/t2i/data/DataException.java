package dev.t2i.data;

import dev.t2i.error.BadInputException;

/**
 * Bad input or a bad data set: a spec that names nothing, a caption file with a hole, a picture that cannot be decoded.
 * The message is one line that says what was wrong, where, and what to do; the command line answers it with exit code 3.
 */
public final class DataException extends BadInputException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
