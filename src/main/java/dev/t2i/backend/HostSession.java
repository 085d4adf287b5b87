package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A session whose states are tensors in this process, read and written in place by the executables that were compiled here. */
public abstract class HostSession implements Session {
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> states = new LinkedHashMap<>();
    private final Set<String> lent = new HashSet<>();
    private final List<Executable> executables = new ArrayList<>();
    private boolean closed;

    /** The type in which a state put as {@code given} is held. */
    protected DType stored(DType given) {
        return given;
    }

    /** Whether a graph may declare a state that is held as {@code held} as {@code declared}. */
    protected boolean accepts(TensorType declared, TensorType held) {
        return declared.equals(held);
    }

    /** Compiles a graph whose states are all there. The map is the session's own: executables keep the tensors. */
    protected abstract Executable compile(Graph graph, Map<String, Tensor> states);

    /** Closes what executables share; they are closed by then. */
    protected void release() {}

    @Override
    public final void put(String state, Tensor value) {
        requireOpen();
        StateRules.requireWritable(state, lent.contains(state));
        TensorType given = new TensorType(stored(value.dtype()), value.shape());
        Tensor known = states.get(state);
        StateRules.requireSameType(state, known, given);
        if (known == null) {
            known = Tensor.allocate(arena, given.dtype(), given.shape());
            states.put(state, known);
        }
        known.copyFrom(value);
    }

    @Override
    public final void lend(String state, Tensor value) {
        requireOpen();
        // Executables hold the memory of a state, so it cannot move.
        StateRules.requireLendable(state, states.containsKey(state), value);
        states.put(state, value);
        lent.add(state);
    }

    @Override
    public final void get(String state, Tensor into) {
        requireOpen();
        Tensor value = states.get(state);
        StateRules.requireReadable(state, value, into);
        into.copyFrom(value);
    }

    @Override
    public final boolean has(String state) {
        return states.containsKey(state);
    }

    @Override
    public final Set<String> states() {
        return Collections.unmodifiableSet(states.keySet());
    }

    @Override
    public final Executable compile(Graph graph) {
        requireOpen();
        StateRules.requireFits(graph, states::get, this::accepts, lent::contains);
        Executable executable = compile(graph, states);
        executables.add(executable);
        return executable;
    }

    private void requireOpen() {
        StateRules.requireOpen(closed);
    }

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            executables.forEach(Executable::close);
            release();
            arena.close();
        }
    }
}
