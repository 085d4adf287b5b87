package dev.t2i.pickle;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A Python tuple. Compares by identity: what a pickle nests may be deeper than a recursive comparison can follow. */
public final class PickleTuple {
    private final List<Object> items;

    PickleTuple(List<Object> items) {
        this.items = Collections.unmodifiableList(new ArrayList<>(items));
    }

    /** Its elements, {@code null} for Python's {@code None}. */
    public List<Object> items() {
        return items;
    }
}
