package dev.t2i.backend.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Matrix products as cuBLAS has them: {@code result = op(first) * op(second)} for each of a batch, everything column by column (column-major).
 *
 * @param what    the operation that it computes, for people
 * @param rows    of the result, as the library sees it
 * @param columns of the result, as the library sees it
 * @param steps   of each sum
 */
record LibraryCall(String what, int batch, int rows, int columns, int steps, Matrix first, Matrix second) implements Task {
    /** The library, by TornadoVM's name for it. */
    static final String LIBRARY = "nvidia/cublas";
    private static final String ONE = "cublasSgemm";
    private static final String MANY = "cublasSgemmStridedBatched";
    /** cuBLAS' {@code CUBLAS_OP_N} and {@code CUBLAS_OP_T}. */
    private static final int AS_IT_IS = 0;
    private static final int TRANSPOSED = 1;
    private static final int ELEMENT = 4;

    /**
     * @param transposed whether the library is to turn it
     * @param leading    elements from one column to the next
     */
    record Matrix(LibraryArray array, boolean transposed, int leading) {}

    /**
     * The call for a product of matrices that lie row by row, {@code left} of {@link LibraryArray#LEFT} and {@code right} of {@link LibraryArray#RIGHT}. What lies row
     * by row is its transpose column by column, and the transpose of a product is the product of transposes the other way round: so the right
     * one comes first, nothing is turned that the graph does not turn, and the result lies row by row.
     *
     * @param sizes left lies as [rows, steps] if along the sum, else as [steps, rows]; right as [columns, steps] or [steps, columns]
     */
    static LibraryCall rowMajor(String what, Product.Sizes sizes) {
        return new LibraryCall(what, sizes.batch(), sizes.columns(), sizes.rows(), sizes.steps(),
                new Matrix(LibraryArray.RIGHT, sizes.rightAlongSum(), sizes.rightAlongSum() ? sizes.steps() : sizes.columns()),
                new Matrix(LibraryArray.LEFT, !sizes.leftAlongSum(), sizes.leftAlongSum() ? sizes.steps() : sizes.rows()));
    }

    /** The name of the library's function. */
    String function() {
        return batch == 1 ? ONE : MANY;
    }

    /** What the function is given, in its order. */
    List<Object> parameters(Function<LibraryArray, Object> arrays) {
        List<Object> all = new ArrayList<>(Arrays.asList(operation(first), operation(second), rows, columns, steps, 1f));
        add(all, first, (long) rows * steps, arrays);
        add(all, second, (long) steps * columns, arrays);
        all.add(0f);
        add(all, new Matrix(LibraryArray.RESULT, false, rows), (long) rows * columns, arrays);
        if (batch > 1) {
            all.add(batch);
        }
        return all;
    }

    private static int operation(Matrix matrix) {
        return matrix.transposed ? TRANSPOSED : AS_IT_IS;
    }

    private void add(List<Object> all, Matrix matrix, long stride, Function<LibraryArray, Object> arrays) {
        all.add(arrays.apply(matrix.array));
        all.add(matrix.leading);
        if (batch > 1) {
            all.add(stride);
        }
    }

    /** Elements of an array that it reads or writes. */
    int size(LibraryArray array) {
        long each = switch (array) {
            case RESULT -> (long) rows * columns;
            case RIGHT -> (long) rows * steps;
            case LEFT -> (long) columns * steps;
        };
        return Math.toIntExact(batch * each);
    }

    @Override
    public Work work() {
        long elements = 0;
        for (LibraryArray array : LibraryArray.values()) {
            elements += size(array);
        }
        return new Work(2L * batch * rows * columns * steps, ELEMENT * elements);
    }

    @Override
    public int arguments(int rooms) {
        return parameters(array -> array).size();
    }
}
