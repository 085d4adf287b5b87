package dev.t2i.backend.tornado;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An expression over operands at every index of a space, stored or reduced: what element-wise operations, movements and reductions all are.
 *
 * @param what    the operation that it computes, for people
 * @param reduced how results are combined along the axes of {@code space} that {@code out} does not move along; nothing if there are none
 * @param out     the result along {@code space}
 */
record LoopNest(String what, Expression expression, List<Operand> inputs, Shape space, Optional<Reduced> reduced, Operand out) {
    /** @param axes of the space, at least one */
    record Reduced(Op.ReduceKind kind, List<Integer> axes) {}

    boolean isReduced(int axis) {
        return reduced.isPresent() && reduced.get().axes().contains(axis);
    }

    /** Strides of the inputs, and last of the result. */
    List<long[]> strides() {
        List<long[]> strides = new ArrayList<>(inputs.stream().map(Operand::strides).toList());
        strides.add(out.strides());
        return strides;
    }

    /** Spots of the inputs, and last of the result. */
    List<Spot> spots() {
        List<Spot> spots = new ArrayList<>(inputs.stream().map(Operand::spot).toList());
        spots.add(out.spot());
        return spots;
    }
}
