package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Trial;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The functions that kernels have written out for drivers whose own are coarse, computed as Java. */
class FunctionsTest {
    private static final double FLOAT = 0x1p-24;

    private static double[] compute(Op.UnaryKind kind, double[] numbers) {
        Trial trial = new Trial(1);
        Value y = trial.graph().add(new Op.Unary(kind, 0), trial.numbers(numbers));
        trial.graph().output("y", y);
        return GraphRun.run(new JvmBackend(Functions.WRITTEN), trial.graph(), trial.inputs()).get("y");
    }

    /** @param absolute error that is allowed where the result is small, in units of half a float's last place at 1 */
    private static void check(Op.UnaryKind kind, double low, double high, DoubleUnaryOperator expected, double relative, double absolute) {
        int count = 20_011;
        double[] numbers = DoubleStream.iterate(0, i -> i < count, i -> i + 1).map(i -> (float) (low + (high - low) * i / (count - 1))).toArray();
        double[] found = compute(kind, numbers);
        for (int i = 0; i < count; i++) {
            double right = expected.applyAsDouble(numbers[i]);
            int at = i;
            assertTrue(Math.abs(found[i] - right) <= FLOAT * Math.max(absolute, relative * Math.abs(right)),
                    () -> "%s of %s: expected %s but got %s".formatted(kind, numbers[at], right, found[at]));
        }
    }

    @Test
    void areNearlyExact() {
        check(Op.UnaryKind.TANH, -12, 12, Math::tanh, 5, 0);
        check(Op.UnaryKind.TANH, -0.01, 0.01, Math::tanh, 5, 0);
        check(Op.UnaryKind.LOG, 0.01, 3, Math::log, 5, 0);
        check(Op.UnaryKind.LOG, 1 - 1e-3, 1 + 1e-3, Math::log, 5, 0);
        check(Op.UnaryKind.SIN, -7, 7, Math::sin, 5, 0.01);
        check(Op.UnaryKind.COS, -7, 7, Math::cos, 5, 0.01);
        check(Op.UnaryKind.SIN, -5000, 5000, Math::sin, 5, 3);
        check(Op.UnaryKind.COS, -5000, 5000, Math::cos, 5, 3);
    }

    @Test
    void keepTheirEnds() {
        double[] found = compute(Op.UnaryKind.TANH, new double[] {0, -0.0, 1e-30f, 60, -60, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN});
        double[] expected = {0, -0.0, 1e-30f, 1, -1, 1, -1, Double.NaN};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], "number " + i);
        }
        found = compute(Op.UnaryKind.LOG, new double[] {0, 1, -1, Double.POSITIVE_INFINITY, Double.NaN, Float.MIN_NORMAL});
        expected = new double[] {Double.NEGATIVE_INFINITY, 0, Double.NaN, Double.POSITIVE_INFINITY, Double.NaN, (float) Math.log(Float.MIN_NORMAL)};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], "number " + i);
        }
        for (Op.UnaryKind kind : new Op.UnaryKind[] {Op.UnaryKind.SIN, Op.UnaryKind.COS}) {
            found = compute(kind, new double[] {Double.POSITIVE_INFINITY, Double.NaN, 1e30f, -1e9f});
            assertTrue(Double.isNaN(found[0]) && Double.isNaN(found[1]) && Math.abs(found[2]) <= 1 && Math.abs(found[3]) <= 1, () -> kind + " of strange numbers");
        }
    }

    /** Where TornadoVM joins products and sums, sums and differences are written in another way. */
    @ParameterizedTest
    @EnumSource(names = {"ADD", "SUB"})
    void sumsAreTheSameHoweverWritten(Op.BinaryKind kind) {
        double[] numbers = {0, -0.0, 1, -1, 0.1f, Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN};
        for (double other : numbers) {
            double[] plain = compute(kind, numbers, other);
            String before = System.setProperty("tornado.enable.fma", "true");
            try {
                double[] found = compute(kind, numbers, other);
                for (int i = 0; i < numbers.length; i++) {
                    // Minus zero and zero count as the same.
                    assertTrue(found[i] == plain[i] || Double.isNaN(found[i]) && Double.isNaN(plain[i]), kind + " of " + numbers[i] + " and " + other);
                }
            } finally {
                // A device that other tests run on goes by it, too.
                if (before == null) {
                    System.clearProperty("tornado.enable.fma");
                } else {
                    System.setProperty("tornado.enable.fma", before);
                }
            }
        }
    }

    private static double[] compute(Op.BinaryKind kind, double[] numbers, double other) {
        double[] others = new double[numbers.length];
        java.util.Arrays.fill(others, other);
        Trial trial = new Trial(1);
        trial.graph().output("y", trial.graph().add(new Op.Binary(kind), trial.numbers(numbers), trial.numbers(others)));
        return GraphRun.run(new JvmBackend(Functions.DRIVER), trial.graph(), trial.inputs()).get("y");
    }

    @Test
    void areWrittenForPtxAlone() {
        Map.of("ptx", Functions.WRITTEN, "opencl", Functions.DRIVER, "spirv", Functions.DRIVER, "cuda", Functions.DRIVER).forEach(
                (driver, functions) -> assertEquals(functions, Functions.of(new Tornado.Device(driver, 0, 0, "", 0, 0, 0, 0, null))));
    }
}
