package dev.t2i.backend.vector;

import dev.t2i.graph.View;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An index space cut into blocks that fit the first-level cache. Axes along which all operands advance alike are merged
 * first, so that most spaces are left with one or two.
 *
 * <p>A block usually covers whole inner axes and a piece of the next one out, so that it is contiguous in row-major
 * order. Where some operand is transposed, a block is a square of two axes instead: both sides then use whole cache lines.
 *
 * @param dims    sizes of the merged axes
 * @param strides of each operand along each axis, in elements
 * @param chunk   block extents; the last block along an axis may be smaller
 * @param flat    whether blocks are contiguous in row-major order
 */
record BlockSpace(int[] dims, long[][] strides, int[] chunk, boolean flat) {
    private static final int SQUARE = 32;
    private static final int LEAST_SQUARE = 8;
    private static final int LEAST_SQUARES = 2048;

    static long[][] stridesOf(List<View> views, long[] result) {
        long[][] strides = new long[views.size() + 1][];
        for (int i = 0; i < views.size(); i++) {
            strides[i] = views.get(i).strides();
        }
        strides[views.size()] = result;
        return strides;
    }

    /**
     * The space walked along whichever operand's memory lets most operands be read or written in order; for work that
     * does not depend on the order of elements.
     */
    static BlockSpace inAnyOrder(Shape space, long[][] strides, int blockElements) {
        int[] best = null;
        int mostInOrder = -1;
        for (int i = strides.length - 1; i >= 0; i--) {
            int[] axes = byDescendingStride(space, strides[i]);
            int inOrder = 0;
            for (long[] operand : strides) {
                inOrder += Arrays.equals(axes, byDescendingStride(space, operand)) ? 1 : 0;
            }
            if (axes != null && inOrder > mostInOrder) {
                best = axes;
                mostInOrder = inOrder;
            }
        }
        if (best == null) {
            return of(space, strides, blockElements);
        }
        int[] dims = new int[best.length];
        long[][] permuted = new long[strides.length][best.length];
        for (int axis = 0; axis < best.length; axis++) {
            dims[axis] = space.dim(best[axis]);
            for (int i = 0; i < strides.length; i++) {
                permuted[i][axis] = strides[i][best[axis]];
            }
        }
        return of(Shape.of(dims), permuted, blockElements);
    }

    /** The axes in the order in which they lie in an operand's memory; null where it repeats along one of them. */
    private static int[] byDescendingStride(Shape space, long[] strides) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < space.rank(); axis++) {
            if (space.dim(axis) != 1) {
                if (strides[axis] == 0) {
                    return null;
                }
                axes.add(axis);
            }
        }
        axes.sort((a, b) -> Long.compare(strides[b], strides[a]));
        return axes.stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * Merges the axes of {@code space}, through which each operand moves by its row of {@code strides}, and cuts blocks
     * of at most about {@code blockElements}.
     */
    static BlockSpace of(Shape space, long[][] strides, int blockElements) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < space.rank(); axis++) {
            if (space.dim(axis) != 1) {
                axes.add(axis);
            }
        }
        int operands = strides.length;
        int[] dims = new int[Math.max(1, axes.size())];
        long[][] merged = new long[operands][dims.length];
        dims[0] = 1;
        int rank = 0;
        for (int axis : axes) {
            int dim = space.dim(axis);
            boolean merges = rank > 0 && (long) dims[rank - 1] * dim <= Integer.MAX_VALUE;
            for (int i = 0; i < operands && merges; i++) {
                merges = merged[i][rank - 1] == strides[i][axis] * dim;
            }
            int at = merges ? rank - 1 : rank++;
            dims[at] = merges ? dims[at] * dim : dim;
            for (int i = 0; i < operands; i++) {
                merged[i][at] = strides[i][axis];
            }
        }
        int kept = Math.max(1, rank);
        dims = Arrays.copyOf(dims, kept);
        for (int i = 0; i < operands; i++) {
            merged[i] = Arrays.copyOf(merged[i], kept);
        }
        return cut(dims, merged, blockElements);
    }

    private static BlockSpace cut(int[] dims, long[][] strides, int blockElements) {
        int transposed = transposedAxis(dims, strides);
        if (transposed >= 0) {
            return new BlockSpace(dims, strides, squareChunk(dims, transposed, Math.max(blockElements, LEAST_SQUARES)), false);
        }
        return new BlockSpace(dims, strides, flatChunk(dims, blockElements), true);
    }

    /** The axis along which an operand is contiguous that is strided along the last axis; -1 if there is none worth it, or no element. */
    private static int transposedAxis(int[] dims, long[][] strides) {
        for (int dim : dims) {
            if (dim == 0) {
                return -1;
            }
        }
        int last = dims.length - 1;
        if (dims[last] < LEAST_SQUARE || strides[strides.length - 1][last] == 0) {
            return -1;
        }
        for (long[] operand : strides) {
            if (operand[last] > 1) {
                for (int axis = 0; axis < last; axis++) {
                    if (operand[axis] == 1 && dims[axis] >= LEAST_SQUARE) {
                        return axis;
                    }
                }
            }
        }
        return -1;
    }

    /** A square of the transposed and the last axis, and as much of the axes between them as makes longer runs of both. */
    private static int[] squareChunk(int[] dims, int transposed, int blockElements) {
        int[] chunk = new int[dims.length];
        Arrays.fill(chunk, 1);
        int last = dims.length - 1;
        chunk[transposed] = Math.min(dims[transposed], SQUARE);
        chunk[last] = Math.min(dims[last], SQUARE);
        int elements = chunk[transposed] * chunk[last];
        for (int axis = last - 1; axis > transposed; axis--) {
            chunk[axis] = Math.clamp(blockElements / elements, 1, dims[axis]);
            elements *= chunk[axis];
        }
        chunk[last] = Math.clamp((long) blockElements / elements * chunk[last], chunk[last], dims[last]);
        return chunk;
    }

    private static int[] flatChunk(int[] dims, int blockElements) {
        int[] chunk = new int[dims.length];
        Arrays.fill(chunk, 1);
        int inner = 1;
        int axis = dims.length - 1;
        while (axis >= 0 && (long) inner * dims[axis] <= blockElements) {
            chunk[axis] = Math.max(1, dims[axis]);
            inner *= chunk[axis];
            axis--;
        }
        if (axis < 0) {
            return chunk;
        }
        if (inner == 1) {
            int pieces = Math.ceilDiv(dims[axis], blockElements);
            chunk[axis] = ElementLoops.padded(Math.ceilDiv(dims[axis], pieces));
        } else {
            int rows = Math.max(1, blockElements / inner);
            // Whole grains need no copy of the block's end.
            int grains = ElementLoops.GRAIN / Math.min(ElementLoops.GRAIN, Integer.lowestOneBit(inner));
            chunk[axis] = rows >= grains ? rows / grains * grains : rows;
        }
        return chunk;
    }

    int rank() {
        return dims.length;
    }

    long size() {
        long size = 1;
        for (int dim : dims) {
            size *= dim;
        }
        return size;
    }

    /** Blocks along an axis. */
    int blocksAlong(int axis) {
        return Math.ceilDiv(dims[axis], chunk[axis]);
    }

    long blocks() {
        long blocks = 1;
        for (int axis = 0; axis < dims.length; axis++) {
            blocks *= blocksAlong(axis);
        }
        return blocks;
    }

    /** Elements of the largest block. */
    int blockElements() {
        int elements = 1;
        for (int extent : chunk) {
            elements *= extent;
        }
        return elements;
    }

    /** Points the workspace at block {@code index}; returns its number of elements. */
    int select(Workspace work, long index) {
        long rest = index;
        int elements = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            int blocks = blocksAlong(axis);
            work.origin[axis] = (int) (rest % blocks) * chunk[axis];
            rest /= blocks;
            work.extent[axis] = Math.min(chunk[axis], dims[axis] - work.origin[axis]);
            work.dense[axis] = elements;
            elements *= work.extent[axis];
        }
        return elements;
    }

    /** Moves the workspace's origin to its lower bounds; false if the bounds hold nothing. */
    boolean first(Workspace work) {
        boolean any = true;
        for (int axis = 0; axis < dims.length; axis++) {
            work.origin[axis] = work.low[axis];
            any &= work.low[axis] < work.high[axis];
        }
        return any;
    }

    /** Moves the workspace's origin to the next block within its bounds, in row-major order; false after the last. */
    boolean next(Workspace work) {
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            work.origin[axis] += chunk[axis];
            if (work.origin[axis] < work.high[axis]) {
                return true;
            }
            work.origin[axis] = work.low[axis];
        }
        return false;
    }

    /** Sets the extents of the block at the workspace's origin, within its bounds; returns its number of elements. */
    int selectBounded(Workspace work) {
        int elements = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            work.extent[axis] = Math.min(chunk[axis], work.high[axis] - work.origin[axis]);
            work.dense[axis] = elements;
            elements *= work.extent[axis];
        }
        return elements;
    }

    /** Element offset of the workspace's block in operand {@code i}, without the view's own offset. */
    long offset(Workspace work, int i) {
        long offset = 0;
        for (int axis = 0; axis < dims.length; axis++) {
            offset += strides[i][axis] * work.origin[axis];
        }
        return offset;
    }

    /** Whether operand {@code i} is one number for the whole space. */
    boolean isUniform(int i) {
        for (int axis = 0; axis < dims.length; axis++) {
            if (strides[i][axis] != 0 && dims[axis] > 1) {
                return false;
            }
        }
        return true;
    }

    /** Whether blocks at the same offset of operand {@code i} show the same numbers, a smaller block the first of them. */
    boolean isPeriodic(int i) {
        int cut = 0;
        while (cut < dims.length - 1 && chunk[cut] == 1) {
            cut++;
        }
        // Only the outermost axis that a flat block spans may be covered in part; the rest of the block is always whole.
        return flat && dims[cut] > 1 && strides[i][cut] == 0;
    }

    /** Whether blocks of operand {@code i} are contiguous, in order. */
    boolean isDense(int i) {
        if (!flat) {
            return false;
        }
        long expected = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            if (chunk[axis] > 1 && strides[i][axis] != expected) {
                return false;
            }
            expected *= chunk[axis];
        }
        return true;
    }
}
