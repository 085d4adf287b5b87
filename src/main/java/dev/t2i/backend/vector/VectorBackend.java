package dev.t2i.backend.vector;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import java.lang.module.ModuleFinder;
import java.util.function.Supplier;

/**
 * The default on the CPU: fused graphs over blocks that fit the cache, with the Vector API, on all cores. Results depend
 * on neither the number of threads nor the width of vectors.
 */
public final class VectorBackend implements Backend {
    private static final String MODULE = "jdk.incubator.vector";

    private final String name;
    private final int threads;
    private final boolean optimize;
    private final Supplier<Products> products;

    /** On as many threads as there are processors. */
    public VectorBackend() {
        this(Runtime.getRuntime().availableProcessors());
    }

    /** @throws BackendException if the Vector API's module is not there */
    public VectorBackend(int threads) {
        this("vector", threads, true, () -> Products.VECTOR);
    }

    /**
     * What another backend is made of that has its own matrix products and nothing else.
     *
     * @param name     of that backend, for messages
     * @param products makes those of a session, which closes them
     */
    public VectorBackend(String name, int threads, Supplier<Products> products) {
        this(name, threads, true, products);
    }

    /** @param optimize whether graphs go through all passes before they are compiled, or run as they were traced */
    VectorBackend(int threads, boolean optimize) {
        this("vector", threads, optimize, () -> Products.VECTOR);
    }

    private VectorBackend(String name, int threads, boolean optimize, Supplier<Products> products) {
        if (threads < 1) {
            throw new IllegalArgumentException("a backend needs at least 1 thread, not " + threads);
        }
        requireModule(name);
        this.threads = threads;
        this.optimize = optimize;
        this.name = name;
        this.products = products;
    }

    /**
     * Refuses for a backend that needs the Vector API.
     *
     * @throws BackendException if this JVM was started without it
     */
    public static void requireModule(String backend) {
        if (isAbsent()) {
            throw new BackendException("backend '%s' needs the Vector API: start Java with --add-modules %s".formatted(backend, MODULE));
        }
    }

    /** Whether the runtime has the Vector API, but this JVM was started without it. */
    public static boolean isLeftOut() {
        return isAbsent() && ModuleFinder.ofSystem().find(MODULE).isPresent();
    }

    private static boolean isAbsent() {
        return ModuleLayer.boot().findModule(MODULE).isEmpty();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "Vector API, %d-bit vectors, %d thread%s".formatted(Lanes.COUNT * 32, threads, threads == 1 ? "" : "s");
    }

    @Override
    public Session open() {
        return new VectorSession(threads, optimize, products.get());
    }
}
