package dev.t2i.backend.tornado;

import java.util.List;

/**
 * What a kernel must do at least, for comparing its time with what the device could.
 *
 * @param operations of floating-point arithmetic, of products alone; element-wise work is bound by {@code bytes}
 * @param bytes      read and written when every element of its operands travels once
 */
record Work(long operations, long bytes) {
    static final Work NONE = new Work(0, 0);
    private static final int ELEMENT = 4;

    static Work elements(long count) {
        return new Work(0, ELEMENT * count);
    }

    /** Of loops: the elements that each operand's strides reach. */
    static Work of(List<LoopNest> nests) {
        return elements(nests.stream().flatMap(nest -> nest.strides().stream().map(strides -> reached(nest, strides))).mapToLong(Long::longValue).sum());
    }

    private static long reached(LoopNest nest, long[] strides) {
        long count = 1;
        for (int axis = 0; axis < strides.length; axis++) {
            count *= strides[axis] == 0 ? 1 : nest.space().dim(axis);
        }
        return count;
    }
}
