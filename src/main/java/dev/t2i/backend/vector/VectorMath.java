package dev.t2i.backend.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Exponential, logarithm, trigonometric and related functions over blocks of F32, accurate to a few units in the last
 * place. Polynomials are minimax fits (Remez) made for this project; each function's comment says on which interval.
 *
 * <p>They are written out because {@code lanewise(EXP)} and its kin call another library on each platform, or fall back
 * to one lane at a time; here results are the same for every vector width and lane. Every block is a multiple of
 * {@link ElementLoops#GRAIN} elements, padded by the caller, so there is no tail with arithmetic of its own.
 */
final class VectorMath {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int L = Lanes.COUNT;

    /** Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits of the mantissa. */
    static final float ROUND = 0x1.8p23f;
    static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
    static final float LOG2_E = 0x1.715476p0f;
    /** ln 2 in two parts; products of the first with exponents are exact. */
    static final float LN2_HIGH = 0x1.62e4p-1f;
    static final float LN2_LOW = 0x1.7f7d1cp-20f;
    /** Beyond these, e^x is infinite or zero. */
    static final float EXP_HIGHEST = 89;
    static final float EXP_LOWEST = -104;

    /** (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2. */
    static final float E0 = 0x1p-1f;
    static final float E1 = 0x1.5554a8p-3f;
    static final float E2 = 0x1.55547ep-5f;
    static final float E3 = 0x1.122d8ep-7f;
    static final float E4 = 0x1.6da0cp-10f;

    /** (ln(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2). */
    private static final float L0 = 0x1.55554ap-2f;
    private static final float L1 = -0x1.00022p-2f;
    private static final float L2 = 0x1.99a596p-3f;
    private static final float L3 = -0x1.54788ap-3f;
    private static final float L4 = 0x1.226e4ap-3f;
    private static final float L5 = -0x1.0ce07cp-3f;
    private static final float L6 = 0x1.07d0eep-3f;
    private static final float L7 = -0x1.41ee06p-4f;
    private static final int SQRT_HALF_BITS = 0x3f3504f3;

    /** erf(x) / x as a polynomial in x^2 for |x| <= {@link #ERF_SPLIT}. */
    static final float R0 = 0x1.20dd74p0f;
    static final float R1 = -0x1.8126c6p-2f;
    static final float R2 = 0x1.ce1538p-4f;
    static final float R3 = -0x1.b640dep-6f;
    static final float R4 = 0x1.458cfp-8f;
    static final float R5 = -0x1.33578ap-11f;
    /** -ln(erfc(x)) for ERF_SPLIT <= x <= 4; beyond 4 erf rounds to 1. */
    static final float Q0 = -0x1.65abc4p-13f;
    static final float Q1 = 0x1.212698p0f;
    static final float Q2 = 0x1.444b42p-1f;
    static final float Q3 = 0x1.bb564ep-4f;
    static final float Q4 = -0x1.9b1952p-6f;
    static final float Q5 = 0x1.10a9fcp-8f;
    static final float Q6 = -0x1.c54d3p-12f;
    static final float Q7 = 0x1.5ecd78p-16f;
    static final float ERF_SPLIT = 0.925f;
    static final float ERF_ONE = 4;

    private static final float TWO_OVER_PI = 0x1.45f306p-1f;
    private static final float HALF_PI_HIGH = 0x1.921fb6p0f;
    private static final float HALF_PI_MIDDLE = -0x1.777a5cp-25f;
    private static final float HALF_PI_LOW = -0x1.ee59dap-50f;
    /** Above this, three parts of pi/2 no longer reduce an angle exactly enough. */
    private static final float LARGE_ANGLE = 32768;
    /** (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 as polynomials in r^2 for |r| <= pi / 4. */
    private static final float S0 = -0x1.555544p-3f;
    private static final float S1 = 0x1.1106fcp-7f;
    private static final float S2 = -0x1.992c06p-13f;
    private static final float C0 = 0x1.55554ap-5f;
    private static final float C1 = -0x1.6c0c22p-10f;
    private static final float C2 = 0x1.99e33ap-16f;

    private VectorMath() {}

    /** e^x = 2^n e^r with |r| <= ln 2 / 2; the scale is applied in two factors so that subnormal results come out. */
    static void exp(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            x = x.blend(EXP_HIGHEST, x.compare(VectorOperators.GT, EXP_HIGHEST));
            x = x.blend(EXP_LOWEST, x.compare(VectorOperators.LT, EXP_LOWEST));
            FloatVector shifted = x.fma(FloatVector.broadcast(S, LOG2_E), FloatVector.broadcast(S, ROUND));
            FloatVector whole = shifted.sub(ROUND);
            FloatVector r = whole.fma(FloatVector.broadcast(S, -LN2_HIGH), x);
            r = whole.fma(FloatVector.broadcast(S, -LN2_LOW), r);
            FloatVector q = r.fma(FloatVector.broadcast(S, E4), FloatVector.broadcast(S, E3));
            q = q.fma(r, FloatVector.broadcast(S, E2));
            q = q.fma(r, FloatVector.broadcast(S, E1));
            q = q.fma(r, FloatVector.broadcast(S, E0));
            FloatVector y = q.fma(r.mul(r), r).add(1);
            IntVector power = shifted.reinterpretAsInts().sub(ROUND_BITS);
            IntVector half = power.lanewise(VectorOperators.ASHR, 1);
            FloatVector scale1 = half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
            FloatVector scale2 = power.sub(half).add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
            y.mul(scale1).mul(scale2).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** tanh |x| = e / (e + 2) with e = e^(2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1), which loses nothing near 0. */
    static void tanh(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            IntVector sign = x.reinterpretAsInts().and(0x80000000);
            FloatVector u = x.abs();
            u = u.add(u);
            u = u.blend(20, u.compare(VectorOperators.GT, 20));
            FloatVector shifted = u.fma(FloatVector.broadcast(S, LOG2_E), FloatVector.broadcast(S, ROUND));
            FloatVector whole = shifted.sub(ROUND);
            FloatVector r = whole.fma(FloatVector.broadcast(S, -LN2_HIGH), u);
            r = whole.fma(FloatVector.broadcast(S, -LN2_LOW), r);
            FloatVector q = r.fma(FloatVector.broadcast(S, E4), FloatVector.broadcast(S, E3));
            q = q.fma(r, FloatVector.broadcast(S, E2));
            q = q.fma(r, FloatVector.broadcast(S, E1));
            q = q.fma(r, FloatVector.broadcast(S, E0));
            FloatVector p = q.fma(r.mul(r), r);
            FloatVector scale = shifted.reinterpretAsInts().sub(ROUND_BITS - 127)
                    .lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
            FloatVector e = p.fma(scale, scale.sub(1));
            FloatVector y = e.div(e.add(2));
            y.reinterpretAsInts().or(sign).reinterpretAsFloats().intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** ln x = n ln 2 + ln(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2). */
    static void log(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            VectorMask<Float> subnormal = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
            FloatVector normal = x.blend(x.mul(0x1p23f), subnormal);
            IntVector bits = normal.reinterpretAsInts();
            IntVector power = bits.sub(SQRT_HALF_BITS).lanewise(VectorOperators.ASHR, 23);
            FloatVector f = bits.sub(power.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(1);
            FloatVector e = (FloatVector) power.convert(VectorOperators.I2F, 0);
            e = e.blend(e.sub(23), subnormal);
            FloatVector p = f.fma(FloatVector.broadcast(S, L7), FloatVector.broadcast(S, L6));
            p = p.fma(f, FloatVector.broadcast(S, L5));
            p = p.fma(f, FloatVector.broadcast(S, L4));
            p = p.fma(f, FloatVector.broadcast(S, L3));
            p = p.fma(f, FloatVector.broadcast(S, L2));
            p = p.fma(f, FloatVector.broadcast(S, L1));
            p = p.fma(f, FloatVector.broadcast(S, L0));
            FloatVector square = f.mul(f);
            FloatVector y = p.mul(square.mul(f));
            y = e.fma(FloatVector.broadcast(S, LN2_LOW), y);
            y = square.fma(FloatVector.broadcast(S, -0.5f), y);
            y = e.fma(FloatVector.broadcast(S, LN2_HIGH), f.add(y));
            y = y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0));
            y = y.blend(Float.NaN, x.compare(VectorOperators.LT, 0));
            // Infinity and NaN are their own logarithm.
            y = y.blend(x, x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY).or(x.compare(VectorOperators.LE, 0)).not());
            y.intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** x P(x^2) near 0, 1 - e^(-Q(|x|)) further out. */
    static void erf(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            IntVector sign = x.reinterpretAsInts().and(0x80000000);
            FloatVector u = x.abs();
            VectorMask<Float> near = u.compare(VectorOperators.LE, ERF_SPLIT);
            u = u.blend(ERF_ONE, u.compare(VectorOperators.GT, ERF_ONE));

            FloatVector t = x.mul(x);
            FloatVector p = t.fma(FloatVector.broadcast(S, R5), FloatVector.broadcast(S, R4));
            p = p.fma(t, FloatVector.broadcast(S, R3));
            p = p.fma(t, FloatVector.broadcast(S, R2));
            p = p.fma(t, FloatVector.broadcast(S, R1));
            p = p.fma(t, FloatVector.broadcast(S, R0)).mul(x);

            FloatVector g = u.fma(FloatVector.broadcast(S, -Q7), FloatVector.broadcast(S, -Q6));
            g = g.fma(u, FloatVector.broadcast(S, -Q5));
            g = g.fma(u, FloatVector.broadcast(S, -Q4));
            g = g.fma(u, FloatVector.broadcast(S, -Q3));
            g = g.fma(u, FloatVector.broadcast(S, -Q2));
            g = g.fma(u, FloatVector.broadcast(S, -Q1));
            g = g.fma(u, FloatVector.broadcast(S, -Q0));
            FloatVector shifted = g.fma(FloatVector.broadcast(S, LOG2_E), FloatVector.broadcast(S, ROUND));
            FloatVector whole = shifted.sub(ROUND);
            FloatVector r = whole.fma(FloatVector.broadcast(S, -LN2_HIGH), g);
            r = whole.fma(FloatVector.broadcast(S, -LN2_LOW), r);
            FloatVector q = r.fma(FloatVector.broadcast(S, E4), FloatVector.broadcast(S, E3));
            q = q.fma(r, FloatVector.broadcast(S, E2));
            q = q.fma(r, FloatVector.broadcast(S, E1));
            q = q.fma(r, FloatVector.broadcast(S, E0));
            FloatVector e = q.fma(r.mul(r), r).add(1);
            FloatVector scale = shifted.reinterpretAsInts().sub(ROUND_BITS - 127)
                    .lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
            FloatVector far = e.fma(scale.neg(), FloatVector.broadcast(S, 1));
            far = far.reinterpretAsInts().or(sign).reinterpretAsFloats();
            far.blend(p, near).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void sin(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        sinOfQuarters(0, a, ao, out, oo, n);
    }

    static void cos(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        sinOfQuarters(1, a, ao, out, oo, n);
    }

    /** sin(x + quarters pi/2), by reduction to |r| <= pi/4; large angles go one by one through {@link StrictMath}. */
    private static void sinOfQuarters(int quarters, MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector shifted = x.fma(FloatVector.broadcast(S, TWO_OVER_PI), FloatVector.broadcast(S, ROUND));
            FloatVector whole = shifted.sub(ROUND);
            FloatVector r = whole.fma(FloatVector.broadcast(S, -HALF_PI_HIGH), x);
            r = whole.fma(FloatVector.broadcast(S, -HALF_PI_MIDDLE), r);
            r = whole.fma(FloatVector.broadcast(S, -HALF_PI_LOW), r);
            IntVector quadrant = shifted.reinterpretAsInts().sub(ROUND_BITS - quarters);
            FloatVector t = r.mul(r);
            FloatVector s = t.fma(FloatVector.broadcast(S, S2), FloatVector.broadcast(S, S1));
            s = s.fma(t, FloatVector.broadcast(S, S0));
            s = s.fma(t.mul(r), r);
            FloatVector c = t.fma(FloatVector.broadcast(S, C2), FloatVector.broadcast(S, C1));
            c = c.fma(t, FloatVector.broadcast(S, C0));
            c = c.fma(t.mul(t), t.fma(FloatVector.broadcast(S, -0.5f), FloatVector.broadcast(S, 1)));
            VectorMask<Float> odd = quadrant.and(1).compare(VectorOperators.NE, 0).cast(S);
            IntVector sign = quadrant.and(2).lanewise(VectorOperators.LSHL, 30);
            s.blend(c, odd).reinterpretAsInts().lanewise(VectorOperators.XOR, sign).reinterpretAsFloats()
                    .intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
            VectorMask<Float> large = x.abs().compare(VectorOperators.GT, LARGE_ANGLE);
            if (large.anyTrue()) {
                sinOfLarge(quarters, x.toArray(), out, oo + at);
            }
        }
    }

    private static void sinOfLarge(int quarters, float[] x, MemorySegment out, long oo) {
        for (int lane = 0; lane < L; lane++) {
            if (Math.abs(x[lane]) > LARGE_ANGLE) {
                double y = quarters == 0 ? StrictMath.sin(x[lane]) : StrictMath.cos(x[lane]);
                out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, oo + 4L * lane, (float) y);
            }
        }
    }
}
