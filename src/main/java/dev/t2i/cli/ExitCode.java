package dev.t2i.cli;

import dev.t2i.error.T2iException;

/** What the program ends with; scripts rely on these. */
final class ExitCode {

    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int BAD_INPUT = 3;
    static final int BAD_MODEL = 4;
    static final int BACKEND = 5;
    static final int INTERRUPTED = 130;

    private ExitCode() {
    }

    static int of(T2iException.Kind kind) {
        return switch (kind) {
            case INPUT -> BAD_INPUT;
            case MODEL -> BAD_MODEL;
            case BACKEND -> BACKEND;
            case WORK -> FAILED;
        };
    }
}
