package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;

/** What happens to a traced graph before a backend compiles it. Every pass makes a new graph, which is verified. */
public final class Passes {
    private static final int MAX_ROUNDS = 8;

    private Passes() {}

    /** Folds constants, merges common subexpressions, drops dead code, then fuses element-wise chains. */
    public static Graph optimize(Graph graph) {
        return Fuse.run(simplify(graph));
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
