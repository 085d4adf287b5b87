package dev.t2i.backend.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.vector.Gemm;
import dev.t2i.backend.vector.Product;
import dev.t2i.backend.vector.WorkerPool;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels of every instruction set that this processor has, against the vector backend's products. */
class NativeProductTest {
    private static final int GUARD = 5;
    /** What pairs of BF16 may lose, relative to the sum of all terms' magnitudes: the left operand is split into two BF16. */
    private static final double PAIRS = 1e-5;

    /** Sizes around the edges of tiles, panels, blocks and depths: batch, m, n, k. */
    private static final int[][] SIZES = {
        {1, 1, 1, 1}, {1, 1, 1, 700}, {1, 1, 37, 64}, {1, 12, 96, 50}, {1, 7, 5, 3}, {1, 8, 32, 16}, {1, 9, 33, 17}, {1, 15, 64, 65},
        {1, 65, 48, 31}, {1, 40, 130, 600}, {1, 16, 3, 27}, {1, 300, 20, 10}, {1, 5, 300, 1030}, {1, 3, 80, 9}, {1, 57, 100, 257},
        {2, 12, 64, 12}, {24, 12, 12, 64}, {3, 5, 7, 9}, {5, 1, 40, 20}, {7, 33, 1, 15}, {2, 0, 4, 4}, {0, 3, 3, 3}, {3, 70, 90, 110},
        {1, 100, 64, 800}, {1, 13, 201, 260}, {1, 140, 530, 40}, {1, 140, 40, 1030}, {1, 260, 1100, 300}, {1, 4, 6, 0},
    };

    private record Case(int batch, int m, int n, int k, boolean transA, boolean transB, DType typeA, DType typeB) {
        static Case of(int[] sizes, int layout, DType typeA, DType typeB) {
            return new Case(sizes[0], sizes[1], sizes[2], sizes[3], (layout & 1) != 0, (layout & 2) != 0, typeA, typeB);
        }

        Tensor left(Arena arena) {
            return operand(arena, typeA, batch * m * k, 1);
        }

        Tensor right(Arena arena) {
            return operand(arena, typeB, batch * k * n, 2);
        }

        private static Tensor operand(Arena arena, DType type, int size, long seed) {
            Random random = new Random(seed);
            Tensor tensor = Tensor.allocate(arena, type, Shape.of(GUARD + size));
            for (long i = 0; i < tensor.size(); i++) {
                tensor.set(i, random.nextGaussian());
            }
            return tensor;
        }

        /** C between guards, computed by the vector backend. */
        float[] expected(Tensor a, Tensor b, Arena arena) {
            return run(new Gemm(batch, m, n, k, transA, transB, typeA, typeB), a, b, arena, 1);
        }

        float[] actual(InstructionSet set, Tensor a, Tensor b, Arena arena, int threads) {
            try (NativeProducts products = new NativeProducts(set)) {
                return run(products.plan(batch, m, n, k, transA, transB, typeA, typeB), a, b, arena, threads);
            }
        }

        private float[] run(Product product, Tensor a, Tensor b, Arena arena, int threads) {
            Tensor c = Tensor.allocate(arena, DType.F32, Shape.of(2 * GUARD + batch * m * n));
            for (long i = 0; i < c.size(); i++) {
                c.set(i, -7);
            }
            AtomicIntegerArray finished = new AtomicIntegerArray(batch * m * n);
            float[] seen = new float[batch * m * n];
            try (WorkerPool pool = new WorkerPool(threads)) {
                product.run(pool, a.segment(), GUARD, b.segment(), GUARD, c.segment(), GUARD, (p, row, col, cols, worker) -> {
                    for (int j = col; j < col + cols; j++) {
                        int element = (p * m + row) * n + j;
                        finished.incrementAndGet(element);
                        seen[element] = c.getFloat(GUARD + element);
                    }
                });
            }
            float[] all = c.toFloatArray();
            for (int i = 0; i < seen.length; i++) {
                assertEquals(1, finished.get(i), "epilogue calls for element " + i);
                assertEquals(all[GUARD + i], seen[i], "what the epilogue saw");
            }
            for (int i = 0; i < GUARD; i++) {
                assertEquals(-7, all[i]);
                assertEquals(-7, all[all.length - 1 - i]);
            }
            return all;
        }

        /** The same bits, or where pairs of BF16 are multiplied, numbers nearby. */
        void check(InstructionSet set) {
            try (Arena arena = Arena.ofShared()) {
                Tensor a = left(arena);
                Tensor b = right(arena);
                float[] expected = expected(a, b, arena);
                float[] first = actual(set, a, b, arena, 1);
                if (set == InstructionSet.AVX512_BF16 && typeB == DType.BF16) {
                    checkNearby(a, b, expected, first);
                } else {
                    assertArrayEquals(expected, first, this + " with " + set);
                }
                for (int threads = 2; threads <= 3; threads++) {
                    assertArrayEquals(first, actual(set, a, b, arena, threads), this + " on " + threads + " threads with " + set);
                }
            }
        }

        private void checkNearby(Tensor a, Tensor b, float[] expected, float[] actual) {
            for (int element = 0; element < batch * m * n; element++) {
                int p = element / (m * n);
                int i = element / n % m;
                int j = element % n;
                double magnitude = 0;
                for (int s = 0; s < k; s++) {
                    magnitude += Math.abs(a.getDouble(GUARD + p * m * k + (transA ? s * m + i : i * k + s))
                            * b.getDouble(GUARD + p * k * n + (transB ? j * k + s : s * n + j)));
                }
                assertEquals(expected[GUARD + element], actual[GUARD + element], PAIRS * magnitude, this + ", element " + element);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void f32HasTheBitsOfTheVectorBackend(InstructionSet set) {
        NativeBackends.assume(set);
        for (int[] sizes : SIZES) {
            for (int layout = 0; layout < 4; layout++) {
                Case.of(sizes, layout, DType.F32, DType.F32).check(set);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void bf16WeightsComeNearby(InstructionSet set) {
        NativeBackends.assume(set);
        for (int[] sizes : SIZES) {
            for (int layout = 0; layout < 4; layout++) {
                Case.of(sizes, layout, DType.F32, DType.BF16).check(set);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void allOtherTypes(InstructionSet set) {
        NativeBackends.assume(set);
        DType[] types = {DType.F32, DType.F16, DType.BF16};
        for (DType typeA : types) {
            for (DType typeB : types) {
                for (int layout = 0; layout < 4; layout++) {
                    Case.of(new int[] {1, 12, 70, 45}, layout, typeA, typeB).check(set);
                    Case.of(new int[] {2, 30, 41, 53}, layout, typeA, typeB).check(set);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void randomSizes(InstructionSet set) {
        NativeBackends.assume(set);
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            int[] sizes = {1 + random.nextInt(3), 1 + random.nextInt(70), 1 + random.nextInt(90), 1 + random.nextInt(150)};
            Case.of(sizes, random.nextInt(4), DType.F32, random.nextBoolean() ? DType.F32 : DType.BF16).check(set);
        }
    }

    /** For panels of all widths, NEON's 12 among them, whatever this processor has: else tasks write over each other's panels. */
    @ParameterizedTest
    @ValueSource(ints = {4, 12, 16, 32, 48, 128, 200})
    void tasksPackWholePanels(int panel) {
        int columns = NativeProduct.packedColumns(panel);
        assertTrue(columns > 0 && columns % panel == 0, "%d columns at a time of panels of %d".formatted(columns, panel));
        assertTrue(columns + panel > 128, "%d columns at a time, where more panels of %d are wanted".formatted(columns, panel));
    }

    /** What workers hold aside must not grow with k; what they compute stays the same. */
    @ParameterizedTest
    @EnumSource
    void aLongLeftOperandIsNotKeptWhole(InstructionSet set) {
        NativeBackends.assume(set);
        for (DType weights : new DType[] {DType.F32, DType.BF16}) {
            for (boolean transA : new boolean[] {false, true}) {
                new Case(1, 48, 70, 11_001, transA, false, DType.F32, weights).check(set);
            }
        }
        Case small = new Case(1, 48, 1, 2000, false, false, DType.F32, DType.F32);
        Case large = new Case(1, 48, 1, 11_001, false, false, DType.F32, DType.F32);
        assertTrue(bytesAside(set, large) <= bytesAside(set, small), bytesAside(set, large) + " bytes a worker");
    }

    private static long bytesAside(InstructionSet set, Case sizes) {
        try (Arena arena = Arena.ofShared(); Scratch scratch = new Scratch()) {
            sizes.run(new NativeProduct(set, arena, scratch, 1, sizes.m, sizes.n, sizes.k, false, false, DType.F32, DType.F32),
                    sizes.left(arena), sizes.right(arena), arena, 1);
            return scratch.of(0).byteSize();
        }
    }

    /** Neither a batch's size nor the way its rows are cut may change a picture. */
    @ParameterizedTest
    @EnumSource
    void aRowAloneEqualsTheRowAmongOthers(InstructionSet set) {
        NativeBackends.assume(set);
        for (DType weights : new DType[] {DType.F32, DType.BF16}) {
            Case whole = new Case(1, 150, 96, 1101, false, false, DType.F32, weights);
            Case alone = new Case(1, 1, 96, 1101, false, false, DType.F32, weights);
            try (Arena arena = Arena.ofShared()) {
                Tensor a = whole.left(arena);
                Tensor b = whole.right(arena);
                float[] all = whole.actual(set, a, b, arena, 2);
                for (int i = 0; i < whole.m; i += 23) {
                    Tensor row = Tensor.allocate(arena, DType.F32, Shape.of(GUARD + whole.k));
                    for (int s = 0; s < whole.k; s++) {
                        row.set(GUARD + s, a.getFloat(GUARD + (long) i * whole.k + s));
                    }
                    float[] one = alone.actual(set, row, b, arena, 2);
                    for (int j = 0; j < whole.n; j++) {
                        assertEquals(all[GUARD + i * whole.n + j], one[GUARD + j], weights + ", row " + i);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNoFiniteNumberStaysSo(InstructionSet set) {
        NativeBackends.assume(set);
        double[] odd = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 1e38, -1e38, 0, -0.0};
        for (DType weights : new DType[] {DType.F32, DType.BF16}) {
            Case products = new Case(1, odd.length, 33, 1, false, false, DType.F32, weights);
            try (Arena arena = Arena.ofShared()) {
                Tensor a = products.left(arena);
                Tensor b = products.right(arena);
                for (int i = 0; i < odd.length; i++) {
                    a.set(GUARD + i, odd[i]);
                }
                for (int j = 0; j < 33; j++) {
                    b.set(GUARD + j, j % 2 == 0 ? 2 : -0.5);
                }
                float[] expected = products.expected(a, b, arena);
                float[] actual = products.actual(set, a, b, arena, 1);
                for (int i = 0; i < expected.length; i++) {
                    boolean same = Float.compare(expected[i], actual[i]) == 0
                            || Float.isFinite(expected[i]) && Math.abs(expected[i] - actual[i]) <= PAIRS * Math.abs(expected[i]);
                    assertTrue(same, "%s weights, element %d: %s, not %s".formatted(weights, i, actual[i], expected[i]));
                }
            }
        }
    }
}
