package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A graph being made from another: the correspondence of values, liveness, and merging of equal values. */
final class Rewrite {
    private record Key(Op op, List<Value> inputs) {}

    private final Graph source;
    private final Graph target = new Graph();
    private final Map<Value, Value> made = new HashMap<>();
    private final Map<Key, Value> known = new HashMap<>();

    Rewrite(Graph source) {
        this.source = source;
    }

    Graph target() {
        return target;
    }

    Value get(Value old) {
        return made.get(old);
    }

    List<Value> get(List<Value> old) {
        return old.stream().map(made::get).toList();
    }

    void put(Value old, Value value) {
        made.put(old, value);
    }

    /** The operation on new values; an equal one that is there already is taken instead. */
    Value add(String scope, Op op, List<Value> inputs) {
        Key key = new Key(op, inputs);
        Value value = known.get(key);
        if (value == null) {
            value = scope.isEmpty() ? target.add(op, inputs) : target.scoped(scope, () -> target.add(op, inputs));
            known.put(key, value);
        }
        return value;
    }

    /** Hands outputs and assignments over and returns the finished graph. */
    Graph finish() {
        source.outputs().forEach((name, value) -> target.output(name, made.get(value)));
        source.assignments().forEach((name, value) -> target.assign(made.get(source.states().get(name)), made.get(value)));
        return target;
    }

    /** Values that an output or an assignment needs, the assigned states, and all inputs (they are the graph's signature). */
    static Set<Value> live(Graph graph) {
        Set<Value> live = new HashSet<>(graph.inputs().values());
        Deque<Value> pending = new ArrayDeque<>(graph.outputs().values());
        pending.addAll(graph.assignments().values());
        graph.assignments().keySet().forEach(name -> pending.add(graph.states().get(name)));
        while (!pending.isEmpty()) {
            Value value = pending.pop();
            if (live.add(value)) {
                pending.addAll(value.inputs());
            }
        }
        return live;
    }
}
