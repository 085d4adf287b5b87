package dev.t2i.backend.tornado;

/** What a task graph has one task for. */
sealed interface Task permits Kernel, LibraryCall {
    /** The operation that it computes, for people. */
    String what();

    Work work();

    /**
     * How many arguments TornadoVM is given with it, which its description of a graph has to hold.
     *
     * @param rooms that there are for kernels
     */
    int arguments(int rooms);
}
