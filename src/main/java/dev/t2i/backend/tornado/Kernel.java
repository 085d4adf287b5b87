package dev.t2i.backend.tornado;

/**
 * A task: a generated class, whose static method {@link #METHOD} is the kernel, and its grid.
 *
 * @param what the operation that it computes, for people
 */
record Kernel(String what, KernelClass code, Grid grid, Work work) {
    static final String METHOD = "t2i";
}
