package dev.t2i.backend.vector;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.StateRules;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** States as tensors off the heap, a pool of threads, and the executables that use both. */
final class VectorSession implements Session {
    private final boolean optimize;
    private final WorkerPool pool;
    private final Products products;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> states = new LinkedHashMap<>();
    private final Set<String> lent = new HashSet<>();
    private final List<Executable> executables = new ArrayList<>();
    private boolean closed;

    /** @param products closed with the session */
    VectorSession(int threads, boolean optimize, Products products) {
        this.optimize = optimize;
        this.products = products;
        pool = new WorkerPool(threads);
    }

    @Override
    public void put(String state, Tensor value) {
        requireOpen();
        StateRules.requireWritable(state, lent.contains(state));
        Tensor known = states.get(state);
        StateRules.requireSameType(state, known, StateRules.typeOf(value));
        if (known == null) {
            known = Tensor.allocate(arena, value.dtype(), value.shape());
            states.put(state, known);
        }
        known.copyFrom(value);
    }

    @Override
    public void lend(String state, Tensor value) {
        requireOpen();
        if (states.containsKey(state)) {
            // Executables hold the memory of a state, so it cannot move.
            throw new GraphException("state '%s' exists already and cannot be lent".formatted(state));
        }
        if (!value.segment().isNative()) {
            throw new GraphException("state '%s' is lent from the heap, kernels read native memory".formatted(state));
        }
        states.put(state, value);
        lent.add(state);
    }

    @Override
    public void get(String state, Tensor into) {
        requireOpen();
        Tensor value = states.get(state);
        StateRules.requireReadable(state, value, into);
        into.copyFrom(value);
    }

    @Override
    public boolean has(String state) {
        return states.containsKey(state);
    }

    @Override
    public Set<String> states() {
        return Collections.unmodifiableSet(states.keySet());
    }

    @Override
    public Executable compile(Graph graph) {
        requireOpen();
        StateRules.requireFits(graph, states::get, TensorType::equals, lent::contains);
        Executable executable = new VectorExecutable(optimize ? Passes.optimize(graph) : graph, states, pool, products);
        executables.add(executable);
        return executable;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("this session is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executables.forEach(Executable::close);
            pool.close();
            products.close();
            arena.close();
        }
    }
}
