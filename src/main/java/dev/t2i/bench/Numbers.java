package dev.t2i.bench;

import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;

/** Numbers to compute with: their values do not matter, only that they are neither zero, nor tiny, nor the same. */
final class Numbers {
    private static final int BLOCK = 1 << 16;
    private static final double RANGE = 0.05;

    private Numbers() {}

    /** Between -0.05 and 0.05, as in a trained network; a block repeats, since drawing a hundred million takes seconds. */
    static Tensor small(Arena arena, Shape shape) {
        return small(arena, DType.F32, shape);
    }

    /** The same in another floating type. */
    static Tensor small(Arena arena, DType dtype, Shape shape) {
        Tensor tensor = Tensor.allocate(arena, dtype, shape);
        int bytes = dtype.bytes();
        CounterRandom random = new CounterRandom(1, 0, 0);
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
