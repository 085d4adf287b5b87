package dev.t2i.backend.tornado;

import java.util.Map;

/**
 * A task of our own: a generated class, whose static method {@link #METHOD} is the kernel, and its grid.
 *
 * @param what   the operation that it computes, for people
 * @param stands arrays that it is given in rooms' places, where it reads or writes for a {@link LibraryCall}: so no kernel has a parameter
 *               more for the sake of few
 */
record Kernel(String what, KernelClass code, Grid grid, Work work, Map<Room, LibraryArray> stands) implements Task {
    static final String METHOD = "t2i";

    Kernel(String what, KernelClass code, Grid grid, Work work) {
        this(what, code, grid, work, Map.of());
    }

    /** The same with another array in a room's place. */
    Kernel with(Room room, LibraryArray array) {
        return new Kernel(what, code, grid, work, Map.of(room, array));
    }

    @Override
    public int arguments(int rooms) {
        return 1 + rooms;
    }
}
