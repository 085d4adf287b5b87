package dev.t2i.tensor;

import java.util.Arrays;

/** Immutable dimensions of a tensor, outermost first. Rank 0 is a scalar; a dimension of 0 is an empty tensor. */
public final class Shape {
    public static final Shape SCALAR = new Shape(new int[0]);

    private final int[] dims;

    private Shape(int[] dims) {
        this.dims = dims;
    }

    public static Shape of(int... dims) {
        for (int dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
            }
        }
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /** The size of an axis; negative axes count from the end. */
    public int dim(int axis) {
        return dims[axis < 0 ? axis + dims.length : axis];
    }

    public int[] dims() {
        return dims.clone();
    }

    /** Number of elements. */
    public long size() {
        long size = 1;
        for (int dim : dims) {
            size = Math.multiplyExact(size, dim);
        }
        return size;
    }

    /** Row-major strides in elements. */
    public long[] strides() {
        long[] strides = new long[dims.length];
        long stride = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= dims[axis];
        }
        return strides;
    }

    /** This shape with one axis replaced; negative axes count from the end. */
    public Shape with(int axis, int dim) {
        int[] changed = dims.clone();
        changed[axis < 0 ? axis + dims.length : axis] = dim;
        return of(changed);
    }

    /** This shape without one axis; negative axes count from the end. */
    public Shape without(int axis) {
        int gone = axis < 0 ? axis + dims.length : axis;
        int[] rest = new int[dims.length - 1];
        for (int i = 0, j = 0; i < dims.length; i++) {
            if (i != gone) {
                rest[j++] = dims[i];
            }
        }
        return of(rest);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
