package dev.t2i.pickle;

import dev.t2i.error.OneLine;

/** A class or function that a pickle names: a name and nothing more, for nothing is ever loaded by it. */
public record PickleName(String module, String name) {
    private static final int LONGEST = 100;

    /** {@code module.name}, fit for one line. */
    @Override
    public String toString() {
        return OneLine.of(module + "." + name, LONGEST);
    }
}
