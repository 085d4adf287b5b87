package dev.t2i.backend.scalar;

import dev.t2i.graph.Op;
import dev.t2i.tensor.CounterRandom;
import java.util.Arrays;

/** Operations that make numbers without reading tensors: constants, counters, and random numbers from keys. */
final class Sources {
    private Sources() {}

    static void fill(Op.Fill op, Buffer out) {
        Arrays.fill(out.values(), op.value());
    }

    static void literal(Op.Literal op, Buffer out) {
        for (int i = 0; i < out.values().length; i++) {
            out.values()[i] = op.values().get(i);
        }
    }

    static void iota(Op.Iota op, Buffer out) {
        IndexWalk walk = new IndexWalk(out.shape());
        for (int i = 0; walk.next(); i++) {
            out.values()[i] = walk.index()[op.axis()];
        }
    }

    /** Element {@code i} of row {@code r}, in row-major order within the row, is number {@code i} of the generator of key {@code r}. */
    static void random(Op.Random op, Buffer keys, Buffer out) {
        int rows = out.dim(0);
        int rowSize = rows == 0 ? 0 : out.values().length / rows;
        for (int row = 0; row < rows; row++) {
            CounterRandom random = new CounterRandom(word(keys, row, 0), word(keys, row, 1), word(keys, row, 2), word(keys, row, 3));
            for (int i = 0; i < rowSize; i++) {
                out.values()[row * rowSize + i] = switch (op.distribution()) {
                    case NORMAL -> random.normal(i);
                    case UNIFORM -> random.uniform(i);
                };
            }
        }
    }

    private static int word(Buffer keys, int row, int column) {
        return (int) keys.values()[row * 4 + column];
    }
}
