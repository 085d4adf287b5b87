package dev.t2i.backend.scalar;

import dev.t2i.tensor.Shape;

/** Visits every multi-index of a shape in row-major order. */
final class IndexWalk {
    private final int[] dims;
    private final int[] index;
    private boolean started;

    IndexWalk(Shape shape) {
        dims = shape.dims();
        index = new int[dims.length];
    }

    /** Moves to the next index, at first to all zeros; false when there is none left. */
    boolean next() {
        if (!started) {
            started = true;
            for (int dim : dims) {
                if (dim == 0) {
                    return false;
                }
            }
            return true;
        }
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            if (++index[axis] < dims[axis]) {
                return true;
            }
            index[axis] = 0;
        }
        return false;
    }

    /** The present index; the same array each time. */
    int[] index() {
        return index;
    }

    /** The place of the present index in a buffer of these strides. */
    int position(long[] strides) {
        long position = 0;
        for (int axis = 0; axis < index.length; axis++) {
            position += index[axis] * strides[axis];
        }
        return (int) position;
    }
}
