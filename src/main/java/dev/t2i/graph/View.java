package dev.t2i.graph;

import dev.t2i.tensor.Shape;
import java.util.Arrays;
import java.util.Optional;

/**
 * An affine reading of a row-major buffer: element {@code (i0, i1, …)} of the view lies at
 * {@code offset + i0*strides[0] + i1*strides[1] + …}, in elements. Stride 0 repeats, negative strides do not occur.
 * Broadcasts, slices, transpositions and most reshapes are views, so that no copy is made of them.
 */
public record View(long offset, long[] strides, Shape shape) {
    public View {
        if (strides.length != shape.rank()) {
            throw new GraphException("a view of shape %s needs %d strides".formatted(shape, shape.rank()));
        }
    }

    public static View of(Shape shape) {
        return new View(0, shape.strides(), shape);
    }

    /** Whether the view is the buffer itself, in order. */
    public boolean isContiguous() {
        long[] dense = shape.strides();
        for (int axis = 0; axis < strides.length; axis++) {
            if (shape.dim(axis) != 1 && strides[axis] != dense[axis]) {
                return false;
            }
        }
        return offset == 0;
    }

    public View broadcast(Shape target) {
        long[] out = strides.clone();
        for (int axis = 0; axis < out.length; axis++) {
            if (shape.dim(axis) != target.dim(axis)) {
                out[axis] = 0;
            }
        }
        return new View(offset, out, target);
    }

    public View slice(Op.Slice slice, Shape target) {
        long[] out = strides.clone();
        long start = offset;
        for (int axis = 0; axis < out.length; axis++) {
            start += strides[axis] * slice.starts().get(axis);
            out[axis] *= slice.steps().get(axis);
        }
        return new View(start, out, target);
    }

    public View transpose(Op.Transpose transpose, Shape target) {
        long[] out = new long[strides.length];
        for (int axis = 0; axis < out.length; axis++) {
            out[axis] = strides[transpose.permutation().get(axis)];
        }
        return new View(offset, out, target);
    }

    /** The same elements under another shape, where that needs no copy. */
    public Optional<View> reshape(Shape target) {
        if (target.size() == 0) {
            return Optional.of(new View(offset, target.strides(), target));
        }
        long[] out = new long[target.rank()];
        int from = 0;
        int to = 0;
        while (from < shape.rank() || to < target.rank()) {
            int fromStart = from;
            int toStart = to;
            long fromSize = from < shape.rank() ? shape.dim(from++) : 1;
            long toSize = to < target.rank() ? target.dim(to++) : 1;
            while (fromSize != toSize) {
                if (fromSize < toSize) {
                    fromSize *= shape.dim(from++);
                } else {
                    toSize *= target.dim(to++);
                }
            }
            if (!splitGroup(fromStart, from, toStart, to, target, out)) {
                return Optional.empty();
            }
        }
        return Optional.of(new View(offset, out, target));
    }

    /** Source axes of one group must lie densely inside each other (size-1 axes aside); then any split of them is a view. */
    private boolean splitGroup(int fromStart, int fromEnd, int toStart, int toEnd, Shape target, long[] out) {
        long inner = 0;
        boolean first = true;
        long expected = 0;
        for (int axis = fromEnd - 1; axis >= fromStart; axis--) {
            if (shape.dim(axis) == 1) {
                continue;
            }
            if (first) {
                inner = strides[axis];
                first = false;
            } else if (strides[axis] != expected) {
                return false;
            }
            expected = strides[axis] * shape.dim(axis);
        }
        long stride = inner;
        for (int axis = toEnd - 1; axis >= toStart; axis--) {
            out[axis] = target.dim(axis) == 1 ? 0 : stride;
            stride *= target.dim(axis);
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof View view && offset == view.offset && Arrays.equals(strides, view.strides)
                && shape.equals(view.shape);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(strides) * 31 + Long.hashCode(offset);
    }

    @Override
    public String toString() {
        return (offset == 0 ? "" : "+" + offset) + Arrays.toString(strides);
    }
}
