package dev.t2i.backend.tornado;

import java.util.ArrayList;
import java.util.List;

/**
 * An index space and how operands lie along it, with as few axes as possible: an axis of one index goes, and two axes are one where
 * every operand walks them alike. Fewer axes are fewer divisions for every element.
 *
 * @param dims sizes of the axes, at least one
 * @param strides of each operand along each axis, in elements
 * @param marked for each axis the mark of the axes that it is made of
 */
record Axes(int[] dims, long[][] strides, boolean[] marked) {
    /** @param marks axes that must not be joined with others; null for none */
    static Axes of(int[] dims, List<long[]> strides, boolean[] marks) {
        int operands = strides.size();
        List<Integer> sizes = new ArrayList<>();
        List<long[]> steps = new ArrayList<>();
        List<Boolean> kept = new ArrayList<>();
        for (int axis = 0; axis < dims.length; axis++) {
            if (dims[axis] == 1) {
                continue;
            }
            long[] step = new long[operands];
            for (int i = 0; i < operands; i++) {
                step[i] = strides.get(i)[axis];
            }
            boolean mark = marks != null && marks[axis];
            int last = sizes.size() - 1;
            if (last >= 0 && kept.get(last) == mark && follows(steps.get(last), step, dims[axis])) {
                sizes.set(last, sizes.get(last) * dims[axis]);
                steps.set(last, step);
            } else {
                sizes.add(dims[axis]);
                steps.add(step);
                kept.add(mark);
            }
        }
        if (sizes.isEmpty()) {
            sizes.add(1);
            steps.add(new long[operands]);
            kept.add(false);
        }
        long[][] byOperand = new long[operands][sizes.size()];
        boolean[] marked = new boolean[sizes.size()];
        for (int axis = 0; axis < sizes.size(); axis++) {
            marked[axis] = kept.get(axis);
            for (int i = 0; i < operands; i++) {
                byOperand[i][axis] = steps.get(axis)[i];
            }
        }
        return new Axes(sizes.stream().mapToInt(Integer::intValue).toArray(), byOperand, marked);
    }

    private static boolean follows(long[] outer, long[] inner, int innerSize) {
        for (int i = 0; i < outer.length; i++) {
            if (outer[i] != inner[i] * innerSize) {
                return false;
            }
        }
        return true;
    }

    /** The axes with that mark, or without. */
    Axes only(boolean mark) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < dims.length; axis++) {
            if (marked[axis] == mark) {
                axes.add(axis);
            }
        }
        long[][] some = new long[strides.length][axes.size()];
        for (int i = 0; i < strides.length; i++) {
            for (int j = 0; j < axes.size(); j++) {
                some[i][j] = strides[i][axes.get(j)];
            }
        }
        boolean[] marks = new boolean[axes.size()];
        java.util.Arrays.fill(marks, mark);
        return new Axes(axes.stream().mapToInt(axis -> dims[axis]).toArray(), some, marks);
    }

    int size() {
        int size = 1;
        for (int dim : dims) {
            size = Math.multiplyExact(size, dim);
        }
        return size;
    }
}
