package dev.t2i.graph;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Values that a gradient computes again rather than have them kept since the forward pass (Chen et al. 2016): those of a
 * {@link Graph#recomputable stretch} are traced once more from the stretch's input when its gradient is reached.
 */
final class Recomputation {
    private final Graph graph;
    private final Set<Value> active;
    private final Map<Value, Value> twins = new HashMap<>();
    private final Set<Graph.Stretch> traced = new HashSet<>();
    private final Map<Integer, Graph.Stretch> stretches = new HashMap<>();

    /** @param active values that a gradient flows through; twins of such join them */
    Recomputation(Graph graph, Set<Value> active, int end) {
        this.graph = graph;
        this.active = active;
        for (Graph.Stretch stretch : graph.stretches()) {
            for (int id = stretch.start(); id < Math.min(end, stretch.end()); id++) {
                stretches.put(id, stretch);
            }
        }
    }

    /** The value computed again, or itself where it is no part of a stretch. */
    Value twin(Value value) {
        Graph.Stretch stretch = stretches.get(value.id());
        if (stretch == null) {
            return value;
        }
        if (traced.add(stretch)) {
            trace(stretch);
        }
        return twins.getOrDefault(value, value);
    }

    /** Only what depends on the input: the rest, such as weights made ready for a product, serves both times. */
    private void trace(Graph.Stretch stretch) {
        Map<Value, Value> made = new HashMap<>();
        copy(stretch.input(), graph.add(new Op.Barrier(), stretch.input()), made);
        for (int id = stretch.start(); id < stretch.end(); id++) {
            Value value = graph.values().get(id);
            if (value.inputs().stream().anyMatch(made::containsKey)) {
                List<Value> inputs = value.inputs().stream().map(input -> made.getOrDefault(input, input)).toList();
                Value twin = value.scope().isEmpty() ? graph.add(value.op(), inputs) : graph.scoped(value.scope(), () -> graph.add(value.op(), inputs));
                copy(value, twin, made);
                twins.put(value, twin);
            }
        }
    }

    private void copy(Value value, Value twin, Map<Value, Value> made) {
        made.put(value, twin);
        if (active.contains(value)) {
            active.add(twin);
        }
    }
}
