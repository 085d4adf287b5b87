package dev.t2i.backend.vector;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;

/** The vector backend without passes, so that every operation is computed as it was traced. */
public final class UnfusedVectorBackend implements Backend {
    private final Backend backend = new VectorBackend(2, false);

    @Override
    public String name() {
        return "vector as traced";
    }

    @Override
    public String description() {
        return backend.description();
    }

    @Override
    public Session open() {
        return backend.open();
    }
}
