package dev.t2i.backend.vector;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;

/**
 * The default on the CPU: fused graphs over blocks that fit the cache, with the Vector API, on all cores. Results depend
 * on neither the number of threads nor the width of vectors.
 */
public final class VectorBackend implements Backend {
    private static final String MODULE = "jdk.incubator.vector";

    private final int threads;
    private final boolean optimize;

    /** On as many threads as there are processors. */
    public VectorBackend() {
        this(Runtime.getRuntime().availableProcessors());
    }

    /** @throws BackendException if the Vector API's module is not there */
    public VectorBackend(int threads) {
        this(threads, true);
    }

    /** @param optimize whether graphs go through all passes before they are compiled, or run as they were traced */
    VectorBackend(int threads, boolean optimize) {
        if (threads < 1) {
            throw new IllegalArgumentException("a backend needs at least 1 thread, not " + threads);
        }
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            throw new BackendException("backend 'vector' needs the Vector API: start Java with --add-modules " + MODULE);
        }
        this.threads = threads;
        this.optimize = optimize;
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String description() {
        return "Vector API, %d-bit vectors, %d thread%s".formatted(Lanes.COUNT * 32, threads, threads == 1 ? "" : "s");
    }

    @Override
    public Session open() {
        return new VectorSession(threads, optimize);
    }
}
