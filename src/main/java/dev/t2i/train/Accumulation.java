package dev.t2i.train;

import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums of gradients over parts of a batch that are worked off one after another in the same graph, so that a later part's activations
 * lie where an earlier one's lay (gradient accumulation). Nothing of it outlives a step: a checkpoint is what it was.
 */
final class Accumulation {
    private final List<Value> sums = new ArrayList<>();

    /** Adds a part's values, the same ones in the same order each time. */
    void add(List<Value> values) {
        for (int i = 0; i < values.size(); i++) {
            Value value = values.get(i);
            if (sums.size() < values.size()) {
                sums.add(value);
            } else {
                // Stored part by part: one sum over all parts at the end would need all their gradients until then.
                sums.set(i, value.graph().add(new Op.Barrier(), sums.get(i).add(value)));
            }
        }
    }

    Value get(int index) {
        return sums.get(index);
    }

    List<Value> all() {
        return sums;
    }

    List<Value> get(int from, int to) {
        return sums.subList(from, to);
    }
}
