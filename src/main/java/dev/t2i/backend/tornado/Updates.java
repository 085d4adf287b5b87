package dev.t2i.backend.tornado;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts what only new states need, such as an optimizer's steps and averages of parameters, behind everything else, and there alike beside alike:
 * so {@link Gang} makes a few kernels of it, where there would be several for each parameter.
 */
final class Updates {
    private Updates() {}

    /** The same graph in another order. */
    static Graph last(Graph graph) {
        Map<Value, List<Value>> readers = new HashMap<>();
        graph.values().forEach(value -> value.inputs().forEach(input -> readers.computeIfAbsent(input, _ -> new ArrayList<>()).add(value)));
        Set<Value> handedOut = new HashSet<>(graph.outputs().values());
        Set<Value> updates = new HashSet<>();
        for (int i = graph.values().size() - 1; i >= 0; i--) {
            Value value = graph.values().get(i);
            boolean movable = value.op() instanceof Op.Fused || value.op() instanceof Op.Reshape && !readers.getOrDefault(value, List.of()).isEmpty();
            if (movable && !handedOut.contains(value) && updates.containsAll(readers.getOrDefault(value, List.of()))) {
                updates.add(value);
            }
        }
        Map<Value, Integer> depth = new HashMap<>();
        List<Value> late = new ArrayList<>();
        for (Value value : graph.values()) {
            if (updates.contains(value)) {
                depth.put(value, 1 + value.inputs().stream().mapToInt(input -> depth.getOrDefault(input, 0)).max().orElse(0));
                late.add(value);
            }
        }
        late.sort(Comparator.comparing((Value value) -> depth.get(value)).thenComparing(value -> value.op() instanceof Op.Fused fused ? fused.expression().toString() : ""));
        Graph target = new Graph();
        Map<Value, Value> made = new HashMap<>();
        graph.values().stream().filter(value -> !updates.contains(value)).forEach(value -> copy(value, target, made));
        late.forEach(value -> copy(value, target, made));
        graph.outputs().forEach((name, value) -> target.output(name, made.get(value)));
        graph.assignments().forEach((name, value) -> target.assign(made.get(graph.states().get(name)), made.get(value)));
        return target;
    }

    private static void copy(Value value, Graph target, Map<Value, Value> made) {
        List<Value> inputs = value.inputs().stream().map(made::get).toList();
        made.put(value, value.scope().isEmpty() ? target.add(value.op(), inputs) : target.scoped(value.scope(), () -> target.add(value.op(), inputs)));
    }
}
