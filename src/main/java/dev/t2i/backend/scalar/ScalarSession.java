package dev.t2i.backend.scalar;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.StateRules;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** States as tensors, read and written by the executables that were compiled here. */
final class ScalarSession implements Session {
    private final Precision precision;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> states = new LinkedHashMap<>();
    private final Set<String> lent = new HashSet<>();
    private final List<Executable> executables = new ArrayList<>();
    private boolean closed;

    ScalarSession(Precision precision) {
        this.precision = precision;
    }

    @Override
    public void put(String state, Tensor value) {
        StateRules.requireWritable(state, lent.contains(state));
        TensorType given = new TensorType(precision.stored(value.dtype()), value.shape());
        Tensor known = states.get(state);
        StateRules.requireSameType(state, known, given);
        if (known == null) {
            known = Tensor.allocate(arena, given.dtype(), given.shape());
            states.put(state, known);
        }
        known.copyFrom(value);
    }

    @Override
    public void lend(String state, Tensor value) {
        if (states.containsKey(state) && !lent.contains(state)) {
            throw new GraphException("state '%s' was put already and cannot be lent".formatted(state));
        }
        StateRules.requireSameType(state, states.get(state), StateRules.typeOf(value));
        states.put(state, value);
        lent.add(state);
    }

    @Override
    public void get(String state, Tensor into) {
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
        StateRules.requireFits(graph, states::get, precision::accepts, lent::contains);
        Executable executable = new ScalarExecutable(graph, precision, states);
        executables.add(executable);
        return executable;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executables.forEach(Executable::close);
            arena.close();
        }
    }
}
