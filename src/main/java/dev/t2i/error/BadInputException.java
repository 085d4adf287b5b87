package dev.t2i.error;

/** Bad input or data: a request, a file to read, a place to write to, a configuration, a data set. Exit code 3. */
public class BadInputException extends T2iException {

    private static final long serialVersionUID = 1L;

    public BadInputException(String message) {
        this(message, null);
    }

    public BadInputException(String message, Throwable cause) {
        super(Kind.INPUT, message, cause);
    }
}
