package dev.t2i.backend.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * One tight loop for each exact element-wise instruction: {@code out[i] = f(a[i], b[i], c[i])} for {@code n} elements at
 * byte offsets {@code ao}, {@code bo}, {@code co}, {@code oo}. Operands and result may be the same place.
 *
 * <p>{@code n} is a multiple of {@link #GRAIN}: callers pad short blocks, so that no loop has a tail. The loops are
 * spelled out because the vector operations compile to machine instructions only where the operator is a constant.
 */
final class ElementLoops {
    /** Every vector width divides this number of elements. */
    static final int GRAIN = 16;

    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int L = Lanes.COUNT;

    private ElementLoops() {}

    /** {@code elements} rounded up to whole grains. */
    static int padded(int elements) {
        return (elements + GRAIN - 1) & -GRAIN;
    }

    /** Repeats the last of {@code n} elements up to the next whole grain: stale numbers could take a function's slow path. */
    static void pad(MemorySegment a, long ao, int n) {
        int whole = padded(n);
        if (n < whole && n > 0) {
            float last = a.get(BoxCopy.F32, ao + 4L * (n - 1));
            for (int i = n; i < whole; i++) {
                a.set(BoxCopy.F32, ao + 4L * i, last);
            }
        }
    }

    static void fill(float value, MemorySegment out, long oo, int n) {
        if (PlainTiles.young()) {
            BoxCopy.fill4(Float.floatToRawIntBits(value), out, oo, n);
            return;
        }
        FloatVector x = FloatVector.broadcast(S, value);
        for (int i = 0; i < n; i += L) {
            x.intoMemorySegment(out, oo + ((long) i << 2), LITTLE_ENDIAN);
        }
    }

    static void negate(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            x.neg().intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void abs(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            x.abs().intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** Zeros and NaN stay as they are. */
    static void sign(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = x.blend(1, x.compare(VectorOperators.GT, 0));
            y.blend(-1, x.compare(VectorOperators.LT, 0)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void reciprocal(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector.broadcast(S, 1).div(x).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void sqrt(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            x.sqrt().intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void rsqrt(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector.broadcast(S, 1).div(x.sqrt()).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void floor(MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector whole = (FloatVector) x.convert(VectorOperators.F2I, 0).convert(VectorOperators.I2F, 0);
            whole = whole.blend(whole.sub(1), whole.compare(VectorOperators.GT, x));
            // From 2^23 on every number is whole (or not a number), and -0 must stay what it is.
            VectorMask<Float> settled = x.abs().compare(VectorOperators.LT, 0x1p23f).not().or(x.compare(VectorOperators.EQ, 0));
            whole.blend(x, settled).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void leakyRelu(float slope, MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            x.mul(slope).blend(x, x.compare(VectorOperators.GT, 0)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void leakySlope(float slope, MemorySegment a, long ao, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector.broadcast(S, slope).blend(1, x.compare(VectorOperators.GT, 0)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void add(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            x.add(y).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void subtract(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            x.sub(y).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void multiply(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            x.mul(y).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void divide(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            x.div(y).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void max(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            x.max(y).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void min(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            x.min(y).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void greater(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector.zero(S).blend(1, x.compare(VectorOperators.GT, y)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void greaterEqual(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector.zero(S).blend(1, x.compare(VectorOperators.GE, y)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    static void equal(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector.zero(S).blend(1, x.compare(VectorOperators.EQ, y)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** {@code a != 0 ? b : c} */
    static void select(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment c, long co,
            MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector z = FloatVector.fromMemorySegment(S, c, co + at, LITTLE_ENDIAN);
            z.blend(y, x.compare(VectorOperators.NE, 0)).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** {@code a * b + c}, rounded once */
    static void multiplyAdd(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment c, long co,
            MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector z = FloatVector.fromMemorySegment(S, c, co + at, LITTLE_ENDIAN);
            x.fma(y, z).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** {@code a * b - c}, rounded once */
    static void multiplySubtract(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment c, long co,
            MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector z = FloatVector.fromMemorySegment(S, c, co + at, LITTLE_ENDIAN);
            x.fma(y, z.neg()).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }

    /** {@code c - a * b}, rounded once */
    static void subtractProduct(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment c, long co,
            MemorySegment out, long oo, int n) {
        for (int i = 0; i < n; i += L) {
            long at = (long) i << 2;
            FloatVector x = FloatVector.fromMemorySegment(S, a, ao + at, LITTLE_ENDIAN);
            FloatVector y = FloatVector.fromMemorySegment(S, b, bo + at, LITTLE_ENDIAN);
            FloatVector z = FloatVector.fromMemorySegment(S, c, co + at, LITTLE_ENDIAN);
            x.neg().fma(y, z).intoMemorySegment(out, oo + at, LITTLE_ENDIAN);
        }
    }
}
