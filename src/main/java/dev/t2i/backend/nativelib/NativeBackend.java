package dev.t2i.backend.nativelib;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.error.BackendException;

/**
 * The vector backend with its matrix products in C, for what the Vector API cannot say: the instructions that multiply pairs
 * of BF16, and registers used to the last one. With F32 weights results are the vector backend's, bit for bit.
 */
public final class NativeBackend implements Backend {
    private static final String NAME = "native";

    private final InstructionSet set;
    private final int threads;
    private final VectorBackend vector;

    /**
     * With the best instructions that the processor has.
     *
     * @throws BackendException if the library is missing or cannot be loaded, the processor is unknown to it, or the Vector
     *     API, which does the rest, is not there
     */
    public NativeBackend(int threads) {
        this(threads, best());
    }

    /** @param set one that the processor has */
    NativeBackend(int threads, InstructionSet set) {
        this.set = set;
        this.threads = threads;
        vector = new VectorBackend(NAME, threads, () -> new NativeProducts(set));
    }

    private static InstructionSet best() {
        VectorBackend.requireModule(NAME);
        Kernels.require();
        return InstructionSet.bestOf(Kernels.instructionSets());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return "C kernels, %s, %d thread%s".formatted(set, threads, threads == 1 ? "" : "s");
    }

    @Override
    public Session open() {
        return vector.open();
    }
}
