package dev.t2i.backend.vector;

import dev.t2i.backend.Executable;
import dev.t2i.backend.HostSession;
import dev.t2i.graph.Graph;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Map;

/** States off the heap, a pool of threads, and the executables that use both. */
final class VectorSession extends HostSession {
    private final boolean optimize;
    private final WorkerPool pool;
    private final Products products;

    /** @param products closed with the session */
    VectorSession(int threads, boolean optimize, Products products) {
        this.optimize = optimize;
        this.products = products;
        pool = new WorkerPool(threads);
    }

    @Override
    protected Executable compile(Graph graph, Map<String, Tensor> states) {
        return VectorExecutable.of(optimize ? Passes.optimize(graph) : graph, states, pool, products, Arena.ofShared());
    }

    @Override
    protected void release() {
        pool.close();
        products.close();
    }
}
