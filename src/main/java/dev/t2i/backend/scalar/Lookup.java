package dev.t2i.backend.scalar;

import dev.t2i.graph.GraphException;
import java.util.Arrays;

/** Table rows by index, and the adjoint. */
final class Lookup {
    private Lookup() {}

    /** {@code out[i, …] = table[indices[i], …]} */
    static void gather(Buffer table, Buffer indices, Buffer out) {
        int rowSize = rowSize(indices, out);
        for (int i = 0; i < indices.values().length; i++) {
            System.arraycopy(table.values(), row(indices, i, table.dim(0)) * rowSize, out.values(), i * rowSize, rowSize);
        }
    }

    /** {@code out[indices[i], …] += updates[i, …]}, in the order of i */
    static void scatterAdd(Buffer indices, Buffer updates, Buffer out) {
        Arrays.fill(out.values(), 0);
        int rowSize = rowSize(indices, updates);
        for (int i = 0; i < indices.values().length; i++) {
            int row = row(indices, i, out.dim(0));
            for (int j = 0; j < rowSize; j++) {
                out.values()[row * rowSize + j] += updates.values()[i * rowSize + j];
            }
        }
    }

    private static int rowSize(Buffer indices, Buffer rows) {
        return indices.values().length == 0 ? 0 : rows.values().length / indices.values().length;
    }

    private static int row(Buffer indices, int i, int rows) {
        int row = (int) indices.values()[i];
        if (row < 0 || row >= rows) {
            throw new GraphException("index %d at position %d leaves a table of %d rows".formatted(row, i, rows));
        }
        return row;
    }
}
