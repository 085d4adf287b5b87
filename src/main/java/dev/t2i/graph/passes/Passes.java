package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What happens to a traced graph before a backend compiles it. Every pass makes a new graph, which is verified. */
public final class Passes {
    private static final int MAX_ROUNDS = 8;

    private Passes() {}

    /** Folds constants, merges common subexpressions, drops dead code, then fuses element-wise chains. */
    public static Graph optimize(Graph graph) {
        return withoutBarriers(Fuse.run(simplify(graph)));
    }

    /** Last of all: from here on nothing merges, so that what stands behind a barrier stays a second time. */
    private static Graph withoutBarriers(Graph graph) {
        if (graph.values().stream().noneMatch(value -> value.op() instanceof Op.Barrier)) {
            return graph;
        }
        Graph target = new Graph();
        Map<Value, Value> made = new HashMap<>();
        for (Value value : graph.values()) {
            List<Value> inputs = value.inputs().stream().map(made::get).toList();
            made.put(value, value.op() instanceof Op.Barrier ? inputs.getFirst()
                    : value.scope().isEmpty() ? target.add(value.op(), inputs) : target.scoped(value.scope(), () -> target.add(value.op(), inputs)));
        }
        graph.outputs().forEach((name, value) -> target.output(name, made.get(value)));
        graph.assignments().forEach((name, value) -> target.assign(made.get(graph.states().get(name)), made.get(value)));
        Verifier.verify(target);
        return target;
    }

    /** Simplifies until nothing changes; no fusing. */
    public static Graph simplify(Graph graph) {
        Verifier.verify(graph);
        Graph current = graph;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Graph next = Simplify.run(current);
            Verifier.verify(next);
            boolean settled = next.values().size() == current.values().size();
            current = next;
            if (settled) {
                break;
            }
        }
        return current;
    }
}
