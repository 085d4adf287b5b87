package dev.t2i.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitializerTest {
    private static Tensor filled(Initializer initializer, int... dims) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(dims));
        initializer.fill(tensor, new CounterRandom(3, 1, 0));
        return tensor;
    }

    @ParameterizedTest
    @CsvSource({"4, 9", "12, 5", "7, 7"})
    void orthogonalRowsOrColumns(int rows, int columns) {
        Tensor w = filled(Initializer.ORTHOGONAL, rows, columns);
        int fewer = Math.min(rows, columns);
        for (int a = 0; a < fewer; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = 0;
                for (int k = 0; k < Math.max(rows, columns); k++) {
                    dot += rows <= columns ? w.getDouble((long) a * columns + k) * w.getDouble((long) b * columns + k)
                            : w.getDouble((long) k * columns + a) * w.getDouble((long) k * columns + b);
                }
                assertEquals(a == b ? 1 : 0, dot, 1e-6);
            }
        }
    }

    @Test
    void neighbouringPixelsStartAlike() {
        Tensor w = filled(new Initializer.Repeated(3, new Initializer.Normal(1)), 12, 5);
        for (long i = 0; i < w.size(); i++) {
            assertEquals(w.getFloat(i % 15), w.getFloat(i));
        }
        assertNotEquals(w.getFloat(0), w.getFloat(5));
    }

    @Test
    void placesAreWavesOfRowAndColumn() {
        Tensor w = filled(new Initializer.Waves(2, 3), 1, 6, 8);
        double[] last = {Math.sin(1), Math.sin(0.01), Math.cos(1), Math.cos(0.01), Math.sin(2), Math.sin(0.02), Math.cos(2), Math.cos(0.02)};
        for (int i = 0; i < 8; i++) {
            assertEquals(last[i], w.getDouble(5 * 8 + i), 1e-6);
        }
    }
}
