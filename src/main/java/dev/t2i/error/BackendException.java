package dev.t2i.error;

/** A backend or device that can't run here, or memory that isn't there. Exit code 5. */
public class BackendException extends T2iException {

    private static final long serialVersionUID = 1L;

    public BackendException(String message) {
        this(message, null);
    }

    public BackendException(String message, Throwable cause) {
        super(Kind.BACKEND, message, cause);
    }
}
