package dev.t2i.train;

import dev.t2i.error.T2iException;

/** A training whose numbers are no longer finite: it ran, and came to nothing from here on. Exit code 1. */
public final class DivergedException extends T2iException {

    private static final long serialVersionUID = 1L;

    DivergedException(String message) {
        super(Kind.WORK, message, null);
    }
}
