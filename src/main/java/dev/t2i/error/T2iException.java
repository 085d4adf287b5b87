package dev.t2i.error;

import java.util.Objects;

/**
 * An error that a person can mend: its message is one line saying what was wrong, where, and what to do, and is shown as it is.
 * Every room may throw one; the command line turns its {@link #kind()} into an exit code and never prints its stack trace
 * unless asked. Anything else that escapes (a {@link NullPointerException}, say) is a defect of the program.
 *
 * <p>Rooms with an error of their own extend the subclass that fits: a file format's error for a broken checkpoint is a
 * {@link BadModelException}, a data set's a {@link BadInputException}.
 */
public abstract class T2iException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Whose fault it is, and so where the remedy lies. */
    public enum Kind {
        /** Something in the request, a picture, a configuration or a data set. */
        INPUT,
        /** The model's files. */
        MODEL,
        /** The backend, the device, or memory. */
        BACKEND,
        /** What was asked for itself: it was begun with all that it needs and failed. */
        WORK
    }

    private final Kind kind;

    protected T2iException(Kind kind, String message, Throwable cause) {
        super(Objects.requireNonNull(message, "message"), cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
