package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products equal the chain of fused multiply-adds that defines them, bit for bit, however the work is cut up. */
class GemmTest {
    private static final int GUARD = 5;

    @AfterEach
    void useVectors() {
        PlainTiles.allow(0);
    }

    /** One case: sizes, layouts, operand types. Strides of 0 share an operand. */
    private record Case(int batch, int m, int n, int k, boolean transA, boolean transB, DType typeA, DType typeB,
            boolean sharedA, boolean sharedB) {
        static Case of(int batch, int m, int n, int k, boolean transA, boolean transB) {
            return new Case(batch, m, n, k, transA, transB, DType.F32, DType.F32, false, false);
        }

        long strideA() {
            return sharedA ? 0 : (long) m * k;
        }

        long strideB() {
            return sharedB ? 0 : (long) k * n;
        }

        Tensor operand(Arena arena, DType type, long matrix, long seed) {
            Random random = new Random(seed);
            Tensor tensor = Tensor.allocate(arena, type, Shape.of(Math.toIntExact(GUARD + batch * matrix)));
            for (long i = 0; i < tensor.size(); i++) {
                tensor.set(i, random.nextGaussian());
            }
            return tensor;
        }

        /** The defining loop. */
        float[] expected(Tensor a, Tensor b) {
            float[] c = new float[batch * m * n];
            for (int p = 0; p < batch; p++) {
                for (int i = 0; i < m; i++) {
                    for (int j = 0; j < n; j++) {
                        float sum = 0;
                        for (int s = 0; s < k; s++) {
                            float left = a.getFloat(GUARD + p * strideA() + (transA ? (long) s * m + i : (long) i * k + s));
                            float right = b.getFloat(GUARD + p * strideB() + (transB ? (long) j * k + s : (long) s * n + j));
                            sum = Math.fma(left, right, sum);
                        }
                        c[(p * m + i) * n + j] = sum;
                    }
                }
            }
            return c;
        }

        /** With vectors and with the plain loops of a young process. */
        void check() {
            for (long allowed : new long[] {0, Long.MAX_VALUE}) {
                PlainTiles.allow(allowed);
                try (Arena arena = Arena.ofConfined()) {
                    // Confined to this thread, a segment refuses other threads: those cases need shared arenas.
                    check(arena, 1);
                }
                try (Arena arena = Arena.ofShared()) {
                    check(arena, 2);
                    check(arena, 3);
                }
            }
        }

        private void check(Arena arena, int threads) {
            Tensor a = operand(arena, typeA, (long) m * k, 1);
            Tensor b = operand(arena, typeB, (long) k * n, 2);
            Tensor c = Tensor.allocate(arena, DType.F32, Shape.of(2 * GUARD + batch * m * n));
            for (long i = 0; i < c.size(); i++) {
                c.set(i, -7);
            }
            float[] expected = expected(a, b);
            AtomicIntegerArray finished = new AtomicIntegerArray(batch * m * n);
            try (WorkerPool pool = new WorkerPool(threads)) {
                Gemm gemm = new Gemm(batch, m, n, k, transA, transB, typeA, typeB, strideA(), strideB());
                gemm.run(pool, a.segment(), GUARD, b.segment(), GUARD, c.segment(), GUARD, (p, row, col, cols, worker) -> {
                    for (int j = col; j < col + cols; j++) {
                        int element = (p * m + row) * n + j;
                        finished.incrementAndGet(element);
                        assertEquals(expected[element], c.getFloat(GUARD + element));
                    }
                });
            }
            float[] all = c.toFloatArray();
            assertArrayEquals(expected, Arrays.copyOfRange(all, GUARD, all.length - GUARD), this + " on " + threads);
            for (int i = 0; i < GUARD; i++) {
                assertEquals(-7, all[i]);
                assertEquals(-7, all[all.length - 1 - i]);
            }
            for (int i = 0; i < finished.length(); i++) {
                assertEquals(1, finished.get(i), "epilogue calls for element " + i);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1", "1, 1, 1, 700", "1, 1, 37, 64", "1, 12, 96, 50", "1, 7, 5, 3", "1, 8, 32, 16", "1, 9, 33, 17",
        "1, 65, 48, 31", "1, 40, 130, 600", "1, 16, 3, 27", "1, 300, 20, 10", "1, 5, 300, 1030", "1, 17, 16, 0", "1, 3, 80, 9",
        "2, 12, 64, 12", "24, 12, 12, 64", "3, 5, 7, 9", "5, 1, 40, 20", "7, 33, 1, 15", "2, 0, 4, 4", "0, 3, 3, 3",
        "1, 100, 64, 800", "1, 13, 201, 260", "1, 140, 530, 40", "1, 140, 40, 1030"
    })
    void matchesTheDefinition(int batch, int m, int n, int k) {
        for (int layout = 0; layout < 4; layout++) {
            Case.of(batch, m, n, k, (layout & 1) != 0, (layout & 2) != 0).check();
        }
    }

    @Test
    void matchesTheDefinitionForRandomSizes() {
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            Case.of(1 + random.nextInt(3), 1 + random.nextInt(40), 1 + random.nextInt(90), 1 + random.nextInt(70),
                    random.nextBoolean(), random.nextBoolean()).check();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void convertsHalfPrecisionOperands(DType type) {
        for (int layout = 0; layout < 4; layout++) {
            boolean transA = (layout & 1) != 0;
            boolean transB = (layout & 2) != 0;
            new Case(1, 12, 70, 45, transA, transB, DType.F32, type, false, false).check();
            new Case(2, 30, 41, 53, transA, transB, type, type, false, false).check();
        }
    }

    @Test
    void convertsEveryHalfExactly() {
        for (DType type : new DType[] {DType.F16, DType.BF16}) {
            try (Arena arena = Arena.ofConfined(); WorkerPool pool = new WorkerPool(1)) {
                Tensor b = Tensor.allocate(arena, type, Shape.of(1 << 16));
                for (int bits = 0; bits < 1 << 16; bits++) {
                    b.segment().set(java.lang.foreign.ValueLayout.JAVA_SHORT, bits * 2L, (short) bits);
                }
                Tensor a = Tensor.of(arena, Shape.of(1), 1f);
                Tensor c = Tensor.allocate(arena, DType.F32, Shape.of(1 << 16));
                new Gemm(1, 1, 1 << 16, 1, false, false, DType.F32, type, 0, 0)
                        .run(pool, a.segment(), 0, b.segment(), 0, c.segment(), 0);
                for (int bits = 0; bits < 1 << 16; bits++) {
                    // The sum starts from +0, so a product of -0 ends as +0.
                    assertEquals(b.getFloat(bits) + 0f, c.getFloat(bits), () -> type + " bits");
                }
            }
        }
    }

    @Test
    void sharesOperandsAmongABatch() {
        for (int layout = 0; layout < 4; layout++) {
            boolean transA = (layout & 1) != 0;
            boolean transB = (layout & 2) != 0;
            new Case(4, 11, 35, 20, transA, transB, DType.F32, DType.F32, true, false).check();
            new Case(4, 11, 35, 20, transA, transB, DType.F32, DType.F32, false, true).check();
        }
    }

    @Test
    void aRowAloneEqualsTheRowInABatch() {
        int m = 70;
        int n = 96;
        int k = 1100;
        Case whole = Case.of(1, m, n, k, false, false);
        try (Arena arena = Arena.ofShared(); WorkerPool pool = new WorkerPool(2)) {
            Tensor a = whole.operand(arena, DType.F32, (long) m * k, 1);
            Tensor b = whole.operand(arena, DType.F32, (long) k * n, 2);
            Tensor c = Tensor.allocate(arena, DType.F32, Shape.of(m, n));
            Tensor row = Tensor.allocate(arena, DType.F32, Shape.of(1, n));
            new Gemm(1, m, n, k, false, false).run(pool, a.segment(), GUARD, b.segment(), GUARD, c.segment(), 0);
            Gemm alone = new Gemm(1, 1, n, k, false, false);
            for (int i = 0; i < m; i += 23) {
                alone.run(pool, a.segment(), GUARD + (long) i * k, b.segment(), GUARD, row.segment(), 0);
                assertArrayEquals(Arrays.copyOfRange(c.toFloatArray(), i * n, (i + 1) * n), row.toFloatArray());
            }
        }
    }

    @Test
    void refusesImpossiblePlans() {
        assertThrows(IllegalArgumentException.class, () -> new Gemm(1, -1, 2, 3, false, false));
        assertThrows(IllegalArgumentException.class, () -> new Gemm(1, 1, 2, 3, false, false, DType.F32, DType.I32, 0, 0));
    }
}
