package dev.t2i.backend.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies a box of elements between two strided layouts, converting from or to F32 on the way: how a view is gathered into
 * a dense block, and how a block is put in its place. Element types are equal, or one of them is F32. Offsets are in
 * bytes, strides in elements.
 */
final class BoxCopy {
    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final VectorSpecies<Integer> INTS = S.withLanes(int.class);
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(S.vectorBitSize() / 2));
    private static final int L = Lanes.COUNT;
    /** Shorter runs are done before a general copy would have started. */
    private static final int LONG_RUN = 256;
    /** So many elements alike are faster filled in than turned in squares, which read the one element for each of them. */
    private static final int LONG_REPEAT = 16;

    private BoxCopy() {}

    /**
     * The order in which to walk axes, innermost last: along memory of the strided side, if a block is long enough there.
     *
     * @param strides of the side that is not dense
     * @param chunk   extents of a block
     */
    static int[] order(long[] strides, int[] chunk) {
        int last = chunk.length - 1;
        int inner = last;
        if (strides[last] > 1 || chunk[last] == 1) {
            for (int axis = 0; axis < last; axis++) {
                if (strides[axis] == 1 && chunk[axis] > 3) {
                    inner = axis;
                }
            }
        }
        int[] order = new int[chunk.length];
        int at = 0;
        for (int axis = 0; axis <= last; axis++) {
            if (axis != inner) {
                order[at++] = axis;
            }
        }
        order[last] = inner;
        return order;
    }

    /** Copies the box of {@code extent}, walking axes in {@code order} from its entry {@code depth} on. */
    static void copy(MemorySegment src, DType from, long so, long[] ss, MemorySegment dst, DType to, long oo, long[] ds,
            int[] extent, int[] order, int depth) {
        int axis = order[depth];
        int n = extent[axis];
        if (depth == order.length - 1) {
            run(src, from, so, ss[axis], dst, to, oo, ds[axis], n);
            return;
        }
        long sourceStep = ss[axis] * from.bytes();
        long targetStep = ds[axis] * to.bytes();
        if (depth == order.length - 2) {
            int inner = order[depth + 1];
            if (from == to && from.bytes() == 4) {
                if (ss[inner] == 1 && ds[axis] == 1) {
                    Transpose.run(src, so, sourceStep, n, extent[inner], dst, oo, ds[inner] * 4);
                    return;
                }
                // Long repeats of one element each are fills.
                boolean repeats = ss[inner] == 0 && extent[inner] >= LONG_REPEAT;
                if (ss[axis] == 1 && ds[inner] == 1 && !repeats) {
                    Transpose.run(src, so, ss[inner] * 4, extent[inner], n, dst, oo, targetStep);
                    return;
                }
            }
            for (int i = 0; i < n; i++) {
                run(src, from, so + i * sourceStep, ss[inner], dst, to, oo + i * targetStep, ds[inner], extent[inner]);
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            copy(src, from, so + i * sourceStep, ss, dst, to, oo + i * targetStep, ds, extent, order, depth + 1);
        }
    }

    /** Copies {@code n} elements along one axis. */
    static void run(MemorySegment src, DType from, long so, long ss, MemorySegment dst, DType to, long oo, long ds, int n) {
        if (from == to) {
            switch (from.bytes()) {
                case 4 -> run4(src, so, ss, dst, oo, ds, n);
                case 2 -> run2(src, so, ss, dst, oo, ds, n);
                case 8 -> run8(src, so, ss, dst, oo, ds, n);
                default -> run1(src, so, ss, dst, oo, ds, n);
            }
        } else if (to == DType.F32) {
            if (ds == 1 && ss == 1 && from == DType.F16) {
                halfToFloat(src, so, dst, oo, n);
            } else if (ds == 1 && ss == 1 && from == DType.BF16) {
                brainToFloat(src, so, dst, oo, n);
            } else {
                for (int i = 0; i < n; i++) {
                    dst.set(F32, oo + i * ds * 4, getFloat(src, from, so + i * ss * from.bytes()));
                }
            }
        } else {
            for (int i = 0; i < n; i++) {
                setFloat(dst, to, oo + i * ds * to.bytes(), src.get(F32, so + i * ss * 4));
            }
        }
    }

    private static void run4(MemorySegment src, long so, long ss, MemorySegment dst, long oo, long ds, int n) {
        if (ds == 1 && ss == 1) {
            if (n >= LONG_RUN || PlainTiles.young()) {
                MemorySegment.copy(src, so, dst, oo, 4L * n);
                return;
            }
            int i = 0;
            for (; i <= n - L; i += L) {
                long at = (long) i << 2;
                IntVector.fromMemorySegment(INTS, src, so + at, LITTLE_ENDIAN).intoMemorySegment(dst, oo + at, LITTLE_ENDIAN);
            }
            if (L > 8 && i <= n - 8) {
                long at = (long) i << 2;
                IntVector.fromMemorySegment(IntVector.SPECIES_256, src, so + at, LITTLE_ENDIAN)
                        .intoMemorySegment(dst, oo + at, LITTLE_ENDIAN);
                i += 8;
            }
            if (L > 4 && i <= n - 4) {
                long at = (long) i << 2;
                IntVector.fromMemorySegment(IntVector.SPECIES_128, src, so + at, LITTLE_ENDIAN)
                        .intoMemorySegment(dst, oo + at, LITTLE_ENDIAN);
                i += 4;
            }
            for (; i < n; i++) {
                dst.set(I32, oo + 4L * i, src.get(I32, so + 4L * i));
            }
        } else if (ds == 1 && ss == 0) {
            fill4(src.get(I32, so), dst, oo, n);
        } else {
            long sourceStep = ss * 4;
            long targetStep = ds * 4;
            for (int i = 0; i < n; i++) {
                dst.set(I32, oo + i * targetStep, src.get(I32, so + i * sourceStep));
            }
        }
    }

    /** The same four bytes {@code n} times. */
    static void fill4(int bits, MemorySegment dst, long oo, int n) {
        if (PlainTiles.young()) {
            fill4Plainly(bits, dst, oo, n);
            return;
        }
        IntVector value = IntVector.broadcast(INTS, bits);
        int i = 0;
        for (; i <= n - L; i += L) {
            value.intoMemorySegment(dst, oo + ((long) i << 2), LITTLE_ENDIAN);
        }
        for (; i < n; i++) {
            dst.set(I32, oo + 4L * i, bits);
        }
    }

    /** Copies what is there behind it until all is full. */
    private static void fill4Plainly(int bits, MemorySegment dst, long oo, int n) {
        if (n > 0) {
            dst.set(I32, oo, bits);
        }
        for (int done = 1; done < n; done *= 2) {
            MemorySegment.copy(dst, oo, dst, oo + 4L * done, 4L * Math.min(done, n - done));
        }
    }

    private static void run2(MemorySegment src, long so, long ss, MemorySegment dst, long oo, long ds, int n) {
        if (ds == 1 && ss == 1) {
            MemorySegment.copy(src, so, dst, oo, 2L * n);
            return;
        }
        for (int i = 0; i < n; i++) {
            dst.set(I16, oo + i * ds * 2, src.get(I16, so + i * ss * 2));
        }
    }

    private static void run8(MemorySegment src, long so, long ss, MemorySegment dst, long oo, long ds, int n) {
        for (int i = 0; i < n; i++) {
            dst.set(I64, oo + i * ds * 8, src.get(I64, so + i * ss * 8));
        }
    }

    private static void run1(MemorySegment src, long so, long ss, MemorySegment dst, long oo, long ds, int n) {
        for (int i = 0; i < n; i++) {
            dst.set(ValueLayout.JAVA_BYTE, oo + i * ds, src.get(ValueLayout.JAVA_BYTE, so + i * ss));
        }
    }

    /** Shifts exponent and mantissa into place and lets one multiplication mend the exponent's bias, subnormals included. */
    private static void halfToFloat(MemorySegment src, long so, MemorySegment dst, long oo, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            IntVector bits = (IntVector) ShortVector.fromMemorySegment(SHORTS, src, so + ((long) i << 1), LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, INTS, 0);
            IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
            IntVector magnitude = bits.and(0x7fff);
            FloatVector y = magnitude.lanewise(VectorOperators.LSHL, 13).reinterpretAsFloats().mul(0x1p112f);
            VectorMask<Integer> notFinite = magnitude.compare(VectorOperators.GE, 0x7c00);
            IntVector result = y.reinterpretAsInts();
            result = result.blend(result.or(0x7f800000), notFinite).or(sign);
            result.intoMemorySegment(dst, oo + ((long) i << 2), LITTLE_ENDIAN);
        }
        for (; i < n; i++) {
            dst.set(F32, oo + 4L * i, Float.float16ToFloat(src.get(I16, so + 2L * i)));
        }
    }

    private static void brainToFloat(MemorySegment src, long so, MemorySegment dst, long oo, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            IntVector bits = (IntVector) ShortVector.fromMemorySegment(SHORTS, src, so + ((long) i << 1), LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, INTS, 0);
            bits.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(dst, oo + ((long) i << 2), LITTLE_ENDIAN);
        }
        for (; i < n; i++) {
            dst.set(F32, oo + 4L * i, DType.bf16ToFloat(src.get(I16, so + 2L * i)));
        }
    }

    /** The element at a byte offset as F32. */
    static float getFloat(MemorySegment src, DType type, long offset) {
        return switch (type) {
            case F32 -> src.get(F32, offset);
            case F64 -> (float) src.get(F64, offset);
            case F16 -> Float.float16ToFloat(src.get(I16, offset));
            case BF16 -> DType.bf16ToFloat(src.get(I16, offset));
            case I32 -> src.get(I32, offset);
            case I64 -> src.get(I64, offset);
            case U8 -> src.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
        };
    }

    /** Stores F32 as another type, rounding to nearest, or toward zero to integers. */
    static void setFloat(MemorySegment dst, DType type, long offset, float value) {
        switch (type) {
            case F32 -> dst.set(F32, offset, value);
            case F64 -> dst.set(F64, offset, value);
            case F16 -> dst.set(I16, offset, Float.floatToFloat16(value));
            case BF16 -> dst.set(I16, offset, DType.floatToBf16(value));
            case I32 -> dst.set(I32, offset, (int) value);
            case I64 -> dst.set(I64, offset, (long) value);
            case U8 -> dst.set(ValueLayout.JAVA_BYTE, offset, (byte) (int) value);
        }
    }
}
