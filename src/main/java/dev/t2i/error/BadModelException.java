package dev.t2i.error;

/** A model, encoder or checkpoint that can't be used: missing, truncated, malformed, or not what its configuration says. Exit code 4. */
public class BadModelException extends T2iException {

    private static final long serialVersionUID = 1L;

    public BadModelException(String message) {
        this(message, null);
    }

    public BadModelException(String message, Throwable cause) {
        super(Kind.MODEL, message, cause);
    }
}
