package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.VectorMath.E0;
import static dev.t2i.backend.vector.VectorMath.E1;
import static dev.t2i.backend.vector.VectorMath.E2;
import static dev.t2i.backend.vector.VectorMath.E3;
import static dev.t2i.backend.vector.VectorMath.E4;
import static dev.t2i.backend.vector.VectorMath.ERF_ONE;
import static dev.t2i.backend.vector.VectorMath.ERF_SPLIT;
import static dev.t2i.backend.vector.VectorMath.EXP_HIGHEST;
import static dev.t2i.backend.vector.VectorMath.EXP_LOWEST;
import static dev.t2i.backend.vector.VectorMath.LN2_HIGH;
import static dev.t2i.backend.vector.VectorMath.LN2_LOW;
import static dev.t2i.backend.vector.VectorMath.LOG2_E;
import static dev.t2i.backend.vector.VectorMath.Q0;
import static dev.t2i.backend.vector.VectorMath.Q1;
import static dev.t2i.backend.vector.VectorMath.Q2;
import static dev.t2i.backend.vector.VectorMath.Q3;
import static dev.t2i.backend.vector.VectorMath.Q4;
import static dev.t2i.backend.vector.VectorMath.Q5;
import static dev.t2i.backend.vector.VectorMath.Q6;
import static dev.t2i.backend.vector.VectorMath.Q7;
import static dev.t2i.backend.vector.VectorMath.R0;
import static dev.t2i.backend.vector.VectorMath.R1;
import static dev.t2i.backend.vector.VectorMath.R2;
import static dev.t2i.backend.vector.VectorMath.R3;
import static dev.t2i.backend.vector.VectorMath.R4;
import static dev.t2i.backend.vector.VectorMath.R5;
import static dev.t2i.backend.vector.VectorMath.ROUND;
import static dev.t2i.backend.vector.VectorMath.ROUND_BITS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The loops of {@link ElementLoops} and {@link VectorMath} that a first picture needs, without vectors, for the reason that
 * {@link PlainTiles} gives. They give the same bits. Operands come to the heap first: arrays are fast before anything is compiled, segments are not.
 */
final class PlainElements {
    private static final int OPERANDS = 3;

    private static final ThreadLocal<float[][]> ROWS = ThreadLocal.withInitial(() -> new float[OPERANDS][0]);

    private PlainElements() {}

    /** Whether there is a loop for {@code opcode}. */
    static boolean knows(BlockProgram.Opcode opcode) {
        return switch (opcode) {
            case ABS, SIGN, FLOOR, SIN, COS, LOG, EQUAL, LEAKY_SLOPE -> false;
            default -> true;
        };
    }

    /** Computes {@code n} elements of slot {@code r} from slots {@code a} to {@code c}, unused ones negative. */
    static void run(BlockProgram.Opcode opcode, float parameter, MemorySegment[] segments, long[] offsets, int r, int a, int b, int c, int n) {
        float[][] rows = ROWS.get();
        float[] x = load(rows, 0, segments, offsets, a, n);
        float[] y = load(rows, 1, segments, offsets, b, n);
        float[] z = load(rows, 2, segments, offsets, c, n);
        switch (opcode) {
            case NEG -> negate(x, n);
            case RECIPROCAL -> reciprocal(x, n);
            case SQRT -> sqrt(x, n);
            case RSQRT -> rsqrt(x, n);
            case EXP -> exp(x, n);
            case TANH -> tanh(x, n);
            case ERF -> erf(x, n);
            case LEAKY_RELU -> leakyRelu(parameter, x, n);
            case ADD -> add(x, y, n);
            case SUB -> subtract(x, y, n);
            case MUL -> multiply(x, y, n);
            case DIV -> divide(x, y, n);
            case MAX -> max(x, y, n);
            case MIN -> min(x, y, n);
            case GREATER -> greater(x, y, n);
            case GREATER_EQUAL -> greaterEqual(x, y, n);
            case SELECT -> select(x, y, z, n);
            case MULTIPLY_ADD -> multiplyAdd(x, y, z, n);
            case MULTIPLY_SUBTRACT -> multiplySubtract(x, y, z, n);
            case SUBTRACT_PRODUCT -> subtractProduct(x, y, z, n);
            default -> throw new IllegalArgumentException("no plain loop for " + opcode);
        }
        MemorySegment.copy(x, 0, segments[r], ValueLayout.JAVA_FLOAT_UNALIGNED, offsets[r], n);
    }

    private static float[] load(float[][] rows, int row, MemorySegment[] segments, long[] offsets, int slot, int n) {
        if (rows[row].length < n) {
            rows[row] = new float[n];
        }
        if (slot >= 0) {
            MemorySegment.copy(segments[slot], ValueLayout.JAVA_FLOAT_UNALIGNED, offsets[slot], rows[row], 0, n);
        }
        return rows[row];
    }

    private static void negate(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = -x[i];
        }
    }

    private static void reciprocal(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = 1 / x[i];
        }
    }

    private static void sqrt(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = (float) Math.sqrt(x[i]);
        }
    }

    private static void rsqrt(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = 1 / (float) Math.sqrt(x[i]);
        }
    }

    private static void exp(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            float u = x[i] > EXP_HIGHEST ? EXP_HIGHEST : x[i];
            u = u < EXP_LOWEST ? EXP_LOWEST : u;
            float shifted = Math.fma(u, LOG2_E, ROUND);
            float whole = shifted - ROUND;
            float r = Math.fma(whole, -LN2_LOW, Math.fma(whole, -LN2_HIGH, u));
            float y = Math.fma(tail(r), r * r, r) + 1;
            int power = Float.floatToRawIntBits(shifted) - ROUND_BITS;
            int half = power >> 1;
            x[i] = y * Float.intBitsToFloat(half + 127 << 23) * Float.intBitsToFloat(power - half + 127 << 23);
        }
    }

    /** (e^r - 1 - r) / r^2 */
    private static float tail(float r) {
        float q = Math.fma(r, E4, E3);
        q = Math.fma(q, r, E2);
        q = Math.fma(q, r, E1);
        return Math.fma(q, r, E0);
    }

    private static void tanh(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            int sign = Float.floatToRawIntBits(x[i]) & 0x80000000;
            float u = Math.abs(x[i]);
            u = u + u;
            u = u > 20 ? 20 : u;
            float shifted = Math.fma(u, LOG2_E, ROUND);
            float whole = shifted - ROUND;
            float r = Math.fma(whole, -LN2_LOW, Math.fma(whole, -LN2_HIGH, u));
            float p = Math.fma(tail(r), r * r, r);
            float scale = Float.intBitsToFloat(Float.floatToRawIntBits(shifted) - (ROUND_BITS - 127) << 23);
            float e = Math.fma(p, scale, scale - 1);
            x[i] = Float.intBitsToFloat(Float.floatToRawIntBits(e / (e + 2)) | sign);
        }
    }

    private static void erf(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            float u = Math.abs(x[i]);
            x[i] = u <= ERF_SPLIT ? erfNear(x[i]) : erfFar(x[i], u > ERF_ONE ? ERF_ONE : u);
        }
    }

    private static float erfNear(float x) {
        float t = x * x;
        float p = Math.fma(t, R5, R4);
        p = Math.fma(p, t, R3);
        p = Math.fma(p, t, R2);
        p = Math.fma(p, t, R1);
        return Math.fma(p, t, R0) * x;
    }

    private static float erfFar(float x, float u) {
        float g = Math.fma(u, -Q7, -Q6);
        g = Math.fma(g, u, -Q5);
        g = Math.fma(g, u, -Q4);
        g = Math.fma(g, u, -Q3);
        g = Math.fma(g, u, -Q2);
        g = Math.fma(g, u, -Q1);
        g = Math.fma(g, u, -Q0);
        float shifted = Math.fma(g, LOG2_E, ROUND);
        float whole = shifted - ROUND;
        float r = Math.fma(whole, -LN2_LOW, Math.fma(whole, -LN2_HIGH, g));
        float e = Math.fma(tail(r), r * r, r) + 1;
        float scale = Float.intBitsToFloat(Float.floatToRawIntBits(shifted) - (ROUND_BITS - 127) << 23);
        float far = Math.fma(e, -scale, 1);
        return Float.intBitsToFloat(Float.floatToRawIntBits(far) | Float.floatToRawIntBits(x) & 0x80000000);
    }

    private static void leakyRelu(float slope, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = x[i] > 0 ? x[i] : x[i] * slope;
        }
    }

    private static void add(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] += y[i];
        }
    }

    private static void subtract(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] -= y[i];
        }
    }

    private static void multiply(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] *= y[i];
        }
    }

    private static void divide(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] /= y[i];
        }
    }

    private static void max(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], y[i]);
        }
    }

    private static void min(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.min(x[i], y[i]);
        }
    }

    private static void greater(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = x[i] > y[i] ? 1 : 0;
        }
    }

    private static void greaterEqual(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = x[i] >= y[i] ? 1 : 0;
        }
    }

    private static void select(float[] x, float[] y, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = x[i] != 0 ? y[i] : z[i];
        }
    }

    private static void multiplyAdd(float[] x, float[] y, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.fma(x[i], y[i], z[i]);
        }
    }

    private static void multiplySubtract(float[] x, float[] y, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.fma(x[i], y[i], -z[i]);
        }
    }

    private static void subtractProduct(float[] x, float[] y, float[] z, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.fma(-x[i], y[i], z[i]);
        }
    }
}
