package dev.t2i.backend.tornado;

/**
 * How many work-items run a kernel, and in what groups. Kernels guard themselves against those beyond their work, so global sizes are
 * whole groups: TornadoVM divides them by the local ones and would drop the rest.
 */
record Grid(long globalX, long globalY, long globalZ, int localX, int localY) {
    private static final int LOCAL = 64;

    Grid {
        if (globalX < 1 || globalY < 1 || globalZ < 1 || globalX % localX != 0 || globalY % localY != 0) {
            throw new IllegalArgumentException("no grid of %d x %d x %d items in groups of %d x %d".formatted(globalX, globalY, globalZ, localX, localY));
        }
    }

    /** An item for each of {@code items}. */
    static Grid items(long items) {
        return groups(Math.max(1, (items + LOCAL - 1) / LOCAL), LOCAL);
    }

    /** {@code groups} groups of {@code local} items. */
    static Grid groups(long groups, int local) {
        return new Grid(groups * local, 1, 1, local, 1);
    }

    /** Groups of {@code side} x {@code side} items. */
    static Grid tiles(long x, long y, long z, int side) {
        return new Grid(x * side, y * side, z, side, side);
    }
}
