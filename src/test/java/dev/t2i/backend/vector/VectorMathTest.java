package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Accuracy in units in the last place against {@link StrictMath}, and the edges. */
class VectorMathTest {
    private static final int BLOCK = 1024;

    private interface Loop {
        void run(MemorySegment a, long ao, MemorySegment out, long oo, int n);
    }

    private static float[] apply(Loop loop, float... x) {
        try (Arena arena = Arena.ofConfined()) {
            int n = ElementLoops.padded(x.length);
            MemorySegment block = arena.allocate(4L * n, 64);
            MemorySegment.copy(x, 0, block, ValueLayout.JAVA_FLOAT, 0, x.length);
            loop.run(block, 0, block, 0, n);
            float[] y = new float[x.length];
            MemorySegment.copy(block, ValueLayout.JAVA_FLOAT, 0, y, 0, y.length);
            return y;
        }
    }

    /** The worst error over 300,000 numbers, spread evenly over [low, high] and over its binades. */
    private static double worst(Loop loop, DoubleUnaryOperator truth, double low, double high) {
        Random random = new Random(7);
        double worst = 0;
        for (int block = 0; block < 300; block++) {
            float[] x = new float[BLOCK];
            for (int i = 0; i < BLOCK; i++) {
                double even = low + (high - low) * random.nextDouble();
                x[i] = (float) (i % 2 == 0 ? even : even * Math.scalb(1.0, -random.nextInt(20)));
                x[i] = (float) Math.clamp(x[i], low, high);
            }
            float[] y = apply(loop, x);
            for (int i = 0; i < BLOCK; i++) {
                double exact = truth.applyAsDouble(x[i]);
                worst = Math.max(worst, Math.abs(y[i] - exact) / Math.ulp((float) exact));
            }
        }
        return worst;
    }

    private static void assertWithin(double ulps, double worst) {
        assertTrue(worst <= ulps, "error of " + worst + " ulp");
    }

    @Test
    void exponential() {
        assertWithin(1.1, worst(VectorMath::exp, StrictMath::exp, -87, 88.7));
        assertWithin(1.1, worst(VectorMath::exp, StrictMath::exp, -103, -87));
    }

    @Test
    void logarithm() {
        assertWithin(1.1, worst(VectorMath::log, StrictMath::log, 1e-38, 4));
        assertWithin(1.1, worst(VectorMath::log, StrictMath::log, 1e-45, 1e-38));
        assertWithin(1.1, worst(VectorMath::log, StrictMath::log, 0.5, 3e38));
    }

    @Test
    void hyperbolicTangent() {
        assertWithin(2.6, worst(VectorMath::tanh, StrictMath::tanh, -10, 10));
    }

    @Test
    void errorFunction() {
        assertWithin(2.5, worst(VectorMath::erf, VectorMathTest::erf, -4.5, 4.5));
    }

    @Test
    void sineAndCosine() {
        // Near a zero of the function the reduced angle's last bit weighs more than the result's.
        assertWithin(2, worst(VectorMath::sin, StrictMath::sin, -1.5, 1.5));
        assertWithin(2, worst(VectorMath::cos, StrictMath::cos, -1.5, 1.5));
        Random random = new Random(8);
        for (int block = 0; block < 200; block++) {
            float[] x = new float[BLOCK];
            for (int i = 0; i < BLOCK; i++) {
                x[i] = (float) ((random.nextDouble() - 0.5) * (i % 10 == 0 ? 1e6 : 60_000));
            }
            float[] s = apply(VectorMath::sin, x);
            float[] c = apply(VectorMath::cos, x);
            for (int i = 0; i < BLOCK; i++) {
                assertEquals(StrictMath.sin(x[i]), s[i], 1.2e-7);
                assertEquals(StrictMath.cos(x[i]), c[i], 1.2e-7);
            }
        }
    }

    /** erf by its Maclaurin series, which double precision carries far enough. */
    private static double erf(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return Math.abs(x) > 4 ? Math.signum(x) : sum * 2 / Math.sqrt(Math.PI);
    }

    @Test
    void edges() {
        float inf = Float.POSITIVE_INFINITY;
        float nan = Float.NaN;
        float[] x = {inf, -inf, nan, 0f, -0f, 1000, -1000};
        assertEdges(VectorMath::exp, x, inf, 0, nan, 1, 1, inf, 0);
        assertEdges(VectorMath::tanh, x, 1, -1, nan, 0f, -0f, 1, -1);
        assertEdges(VectorMath::erf, x, 1, -1, nan, 0f, -0f, 1, -1);
        assertEdges(VectorMath::sin, Arrays.copyOf(x, 5), nan, nan, nan, 0f, 0f);
        assertEdges(VectorMath::cos, Arrays.copyOf(x, 5), nan, nan, nan, 1, 1);
        assertEdges(VectorMath::log, new float[] {inf, -inf, nan, 0f, -0f, -1, 1}, inf, nan, nan, -inf, -inf, nan, 0);
        assertEdges(ElementLoops::floor, new float[] {inf, nan, -0f, -0.5f, 2.5f, -7e9f, 8388609f}, inf, nan, -0f, -1, 2, -7e9f, 8388609f);
        assertEdges(ElementLoops::sign, new float[] {inf, nan, -0f, -0.5f, 2.5f}, 1, nan, -0f, -1, 1);
    }

    private static void assertEdges(Loop loop, float[] x, float... expected) {
        float[] y = apply(loop, x);
        for (int i = 0; i < x.length; i++) {
            assertEquals(expected[i], y[i], "at " + x[i]);
        }
    }

    /** A number's result is the same whatever its neighbours are. */
    @Test
    void lanesDoNotMeet() {
        float[] x = new float[64];
        for (int i = 0; i < x.length; i++) {
            x[i] = i % 7 == 3 ? 1e6f * i : 0.37f * i;
        }
        float[] together = apply(VectorMath::sin, x);
        for (int i = 0; i < x.length; i++) {
            assertEquals(apply(VectorMath::sin, x[i])[0], together[i]);
        }
    }
}
