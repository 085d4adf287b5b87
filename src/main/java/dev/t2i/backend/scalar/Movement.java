package dev.t2i.backend.scalar;

import dev.t2i.graph.Op;
import java.util.Arrays;
import java.util.List;

/** Operations that only move numbers. Each says where the element at an index comes from, or goes to. */
final class Movement {
    private Movement() {}

    /** The same numbers in the same row-major order: reshape, casts before rounding, and the like. */
    static void copy(Buffer x, Buffer out) {
        System.arraycopy(x.values(), 0, out.values(), 0, out.values().length);
    }

    /** {@code out[i₀, i₁, …] = x[j₀, j₁, …] where j[permutation[a]] = i[a]} */
    static void transpose(Op.Transpose op, Buffer x, Buffer out) {
        long[] from = x.shape().strides();
        IndexWalk walk = new IndexWalk(out.shape());
        for (int i = 0; walk.next(); i++) {
            long source = 0;
            for (int axis = 0; axis < from.length; axis++) {
                source += walk.index()[axis] * from[op.permutation().get(axis)];
            }
            out.values()[i] = x.values()[(int) source];
        }
    }

    /** {@code out[i₀, i₁, …] = x[j₀, j₁, …] where j[a] = 0 if x has size 1 there, else i[a]} */
    static void broadcast(Buffer x, Buffer out) {
        long[] from = x.shape().strides();
        IndexWalk walk = new IndexWalk(out.shape());
        for (int i = 0; walk.next(); i++) {
            long source = 0;
            for (int axis = 0; axis < from.length; axis++) {
                source += x.dim(axis) == 1 ? 0 : walk.index()[axis] * from[axis];
            }
            out.values()[i] = x.values()[(int) source];
        }
    }

    /** {@code out[i₀, i₁, …] = x[start₀ + i₀·step₀, start₁ + i₁·step₁, …]} */
    static void slice(Op.Slice op, Buffer x, Buffer out) {
        long[] from = x.shape().strides();
        IndexWalk walk = new IndexWalk(out.shape());
        for (int i = 0; walk.next(); i++) {
            long source = 0;
            for (int axis = 0; axis < from.length; axis++) {
                source += (op.starts().get(axis) + (long) walk.index()[axis] * op.steps().get(axis)) * from[axis];
            }
            out.values()[i] = x.values()[(int) source];
        }
    }

    /** {@code out[low₀ + i₀·(interior₀+1), …] = x[i₀, …]}, and the padding value elsewhere. */
    static void pad(Op.Pad op, Buffer x, Buffer out) {
        Arrays.fill(out.values(), op.value());
        long[] to = out.shape().strides();
        IndexWalk walk = new IndexWalk(x.shape());
        for (int i = 0; walk.next(); i++) {
            long target = 0;
            for (int axis = 0; axis < to.length; axis++) {
                target += (op.low().get(axis) + walk.index()[axis] * (op.interior().get(axis) + 1L)) * to[axis];
            }
            out.values()[(int) target] = x.values()[i];
        }
    }

    /** Each part lies behind the previous one along the axis. */
    static void concat(Op.Concat op, List<Buffer> parts, Buffer out) {
        long[] to = out.shape().strides();
        int start = 0;
        for (Buffer part : parts) {
            IndexWalk walk = new IndexWalk(part.shape());
            for (int i = 0; walk.next(); i++) {
                out.values()[walk.position(to) + (int) (start * to[op.axis()])] = part.values()[i];
            }
            start += part.dim(op.axis());
        }
    }
}
