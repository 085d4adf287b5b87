package dev.t2i.backend.tornado;

/**
 * How many work-items run a kernel, and in what groups. Kernels guard themselves against those beyond their work, so global sizes are
 * whole groups: TornadoVM divides them by the local ones and would drop the rest.
 */
record Grid(long globalX, long globalY, long globalZ, int localX, int localY) {
    private static final int LOCAL = 64;
    /** Groups along the second and the third axis at most, on GPUs of NVIDIA; along the first there are as many as an int counts. */
    private static final int MOST_ACROSS = 65_535;

    /** @throws ArithmeticException if there are more items along the first axis than TornadoVM, which takes an int, can count */
    Grid {
        if (globalX < 1 || globalY < 1 || globalZ < 1 || globalX % localX != 0 || globalY % localY != 0) {
            throw new IllegalArgumentException("no grid of %d x %d x %d items in groups of %d x %d".formatted(globalX, globalY, globalZ, localX, localY));
        }
        if (globalY / localY > MOST_ACROSS || globalZ > MOST_ACROSS) {
            throw new IllegalArgumentException("no device takes %d x %d groups along the second and third axis; put them on the first".formatted(globalY / localY, globalZ));
        }
        Math.toIntExact(globalX);
    }

    /** An item for each of {@code items}. */
    static Grid items(long items) {
        return groups(Math.max(1, (items + LOCAL - 1) / LOCAL), LOCAL);
    }

    /** {@code groups} groups of {@code local} items. */
    static Grid groups(long groups, int local) {
        return new Grid(groups * local, 1, 1, local, 1);
    }

    /** {@code groups} groups of {@code side} x {@code side} items, in a row. */
    static Grid tiles(long groups, int side) {
        return new Grid(groups * side, side, 1, side, side);
    }
}
