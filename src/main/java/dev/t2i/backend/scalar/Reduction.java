package dev.t2i.backend.scalar;

import dev.t2i.graph.Op;
import dev.t2i.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Sums and maxima over axes. */
final class Reduction {
    private Reduction() {}

    /** The number at the walk's present index. */
    interface Element {
        double at(IndexWalk walk);
    }

    static void reduce(Op.Reduce op, Buffer x, Buffer out) {
        long[] strides = x.shape().strides();
        reduce(op.kind(), op.axes(), x.shape(), walk -> x.values()[walk.position(strides)], out);
    }

    /** Every element of {@code space} joins the result that has index 0 along {@code axes} and its own index elsewhere. */
    static void reduce(Op.ReduceKind kind, List<Integer> axes, Shape space, Element element, Buffer out) {
        Shape kept = space;
        for (int axis : axes) {
            kept = kept.with(axis, 1);
        }
        long[] to = kept.strides();
        for (int axis : axes) {
            to[axis] = 0;
        }
        Arrays.fill(out.values(), switch (kind) {
            case SUM -> 0;
            case MAX -> Double.NEGATIVE_INFINITY;
        });
        IndexWalk walk = new IndexWalk(space);
        while (walk.next()) {
            int target = walk.position(to);
            double value = element.at(walk);
            out.values()[target] = switch (kind) {
                case SUM -> out.values()[target] + value;
                case MAX -> Math.max(out.values()[target], value);
            };
        }
    }
}
