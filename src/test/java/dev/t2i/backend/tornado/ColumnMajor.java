package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/** What cuBLAS' documentation says that its products compute, in plain loops, from the arguments in the order in which TornadoVM's functions of that name take them. */
final class ColumnMajor {
    private record Matrix(Object array, int leading, long stride) {
        float get(Function<Object, float[]> read, int batch, int row, int column) {
            return read.apply(array)[Math.toIntExact(batch * stride + (long) column * leading + row)];
        }
    }

    private ColumnMajor() {}

    /**
     * Computes {@code C = alpha * op(A) * op(B)}.
     *
     * @param numbers an array's elements
     * @return C's elements
     */
    static float[] product(String function, List<?> parameters, Function<Object, float[]> numbers) {
        boolean many = function.equals("cublasSgemmStridedBatched");
        assertTrue(many || function.equals("cublasSgemm"), function);
        assertEquals(many ? 17 : 13, parameters.size());
        Iterator<?> next = parameters.iterator();
        boolean turnA = (int) next.next() == 1;
        boolean turnB = (int) next.next() == 1;
        int m = (int) next.next();
        int n = (int) next.next();
        int k = (int) next.next();
        float alpha = (float) next.next();
        Matrix a = matrix(next, many);
        Matrix b = matrix(next, many);
        assertEquals(0f, next.next());
        Matrix c = matrix(next, many);
        int batch = many ? (int) next.next() : 1;
        assertTrue(a.leading >= (turnA ? k : m) && b.leading >= (turnB ? n : k) && c.leading >= m, "leading dimensions of " + parameters);
        float[] result = numbers.apply(c.array).clone();
        for (int each = 0; each < batch; each++) {
            for (int column = 0; column < n; column++) {
                for (int row = 0; row < m; row++) {
                    double sum = 0;
                    for (int step = 0; step < k; step++) {
                        sum += (double) a.get(numbers, each, turnA ? step : row, turnA ? row : step) * b.get(numbers, each, turnB ? column : step, turnB ? step : column);
                    }
                    result[Math.toIntExact(each * c.stride + (long) column * c.leading + row)] = (float) (alpha * sum);
                }
            }
        }
        return result;
    }

    private static Matrix matrix(Iterator<?> next, boolean many) {
        return new Matrix(next.next(), (int) next.next(), many ? (long) next.next() : 0);
    }
}
