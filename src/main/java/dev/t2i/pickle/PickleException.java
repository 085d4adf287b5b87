package dev.t2i.pickle;

import dev.t2i.error.BadInputException;

/** A pickle that is damaged, or asks for more than it may. Readers of models turn it into a {@link dev.t2i.error.BadModelException}. */
public final class PickleException extends BadInputException {

    private static final long serialVersionUID = 1L;

    PickleException(String origin, String problem) {
        super(origin + ": " + problem);
    }
}
