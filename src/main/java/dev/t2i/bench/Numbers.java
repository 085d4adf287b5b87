package dev.t2i.bench;

import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;

/**
 * Numbers to compute with, the same for every backend. Their values do not matter for the time; that one taken from a wrong place
 * shows in the result does: hence a stream for each tensor, and blocks that no dimension is a multiple of.
 */
final class Numbers {
    /** A prime. */
    private static final int BLOCK = 65_521;
    private static final double RANGE = 0.05;

    private Numbers() {}

    /** Between -0.05 and 0.05, as in a trained network; a block repeats, since drawing a hundred million takes seconds. */
    static Tensor small(Arena arena, Shape shape, int stream) {
        return small(arena, DType.F32, shape, stream);
    }

    /** The same in another floating type. */
    static Tensor small(Arena arena, DType dtype, Shape shape, int stream) {
        Tensor tensor = Tensor.allocate(arena, dtype, shape);
        int bytes = dtype.bytes();
        CounterRandom random = new CounterRandom(1, stream, 0);
        long first = Math.min(BLOCK, tensor.size());
        for (long i = 0; i < first; i++) {
            tensor.set(i, RANGE * (2 * random.uniform(i) - 1));
        }
        for (long i = first; i < tensor.size(); i += first) {
            long count = Math.min(first, tensor.size() - i);
            tensor.segment().asSlice(i * bytes, count * bytes).copyFrom(tensor.segment().asSlice(0, count * bytes));
        }
        return tensor;
    }
}
