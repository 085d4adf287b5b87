package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;
import static dev.t2i.backend.vector.Lanes.TILE_ROWS;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Moves matrices between off-heap memory and the heap buffers that the micro-kernels read, converting to F32 and
 * rearranging on the way.
 *
 * <p>The kernels read {@code float[]} because C2 proves bounds of array accesses once per loop, while every access to a
 * segment pays for its bounds and liveness checks. Positions in segments count elements of the given type.
 */
final class Packing {
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());
    private static final VectorSpecies<Short> HALVES =
            VectorSpecies.of(short.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));
    /** A tile's height, or half of it, as a vector. */
    private static final VectorSpecies<Float> PIECE = COUNT == 16 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private Packing() {}

    /** Whether {@link #copy} can read {@code type}. */
    static void requireReadable(DType type) {
        if (type != DType.F32 && type != DType.F16 && type != DType.BF16) {
            throw new IllegalArgumentException("matrix operands are F32, F16 or BF16, not " + type);
        }
    }

    /** Copies {@code count} consecutive elements from {@code source} to {@code target[at..]}. */
    static void copy(MemorySegment source, DType type, long element, float[] target, int at, int count) {
        switch (type) {
            case F32 -> copyF32(source, element, target, at, count);
            case F16 -> copyF16(source, element, target, at, count);
            default -> copyBf16(source, element, target, at, count);
        }
    }

    private static void copyF32(MemorySegment source, long element, float[] target, int at, int count) {
        if (PlainTiles.young()) {
            MemorySegment.copy(source, ValueLayout.JAVA_FLOAT_UNALIGNED, element << 2, target, at, count);
            return;
        }
        int bound = SPECIES.loopBound(count);
        int i = 0;
        for (; i < bound; i += COUNT) {
            FloatVector.fromMemorySegment(SPECIES, source, element + i << 2, ORDER).intoArray(target, at + i);
        }
        for (; i < count; i++) {
            target[at + i] = source.get(ValueLayout.JAVA_FLOAT_UNALIGNED, element + i << 2);
        }
    }

    /**
     * Copies {@code pieces} pieces of {@code length} elements, {@code step} apart, to places {@code stride} apart.
     * Junk up to a whole vector's width follows each copy.
     */
    static void spread(float[] source, int step, int length, int pieces, float[] target, int at, int stride) {
        for (int i = 0; i < length; i += COUNT) {
            int from = i;
            int to = at + i;
            for (int piece = 0; piece < pieces; piece++) {
                FloatVector.fromArray(SPECIES, source, from).intoArray(target, to);
                from += step;
                to += stride;
            }
        }
    }

    /** Copies {@code rows} short rows of {@code length} consecutive F32 elements to places {@code stride} apart. */
    static void copyRows(MemorySegment source, long element, int length, int rows, float[] target, int at, int stride) {
        if (length == stride) {
            copyF32(source, element, target, at, rows * length);
            return;
        }
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < length; i++) {
                target[at + row * stride + i] = source.get(ValueLayout.JAVA_FLOAT_UNALIGNED, element + (long) row * length + i << 2);
            }
        }
    }

    private static void copyBf16(MemorySegment source, long element, float[] target, int at, int count) {
        int bound = SPECIES.loopBound(count);
        int i = 0;
        for (; i < bound; i += COUNT) {
            loadHalves(source, element + i).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .intoArray(target, at + i);
        }
        for (; i < count; i++) {
            target[at + i] = DType.bf16ToFloat(source.get(ValueLayout.JAVA_SHORT_UNALIGNED, element + i << 1));
        }
    }

    private static void copyF16(MemorySegment source, long element, float[] target, int at, int count) {
        int bound = SPECIES.loopBound(count);
        int i = 0;
        for (; i < bound; i += COUNT) {
            IntVector bits = loadHalves(source, element + i);
            IntVector sign = bits.lanewise(VectorOperators.AND, 0x8000).lanewise(VectorOperators.LSHL, 16);
            // In place as F32 bits, exponent and fraction are too small by the difference of the biases, 2^112, whether
            // the half is normal or subnormal; the product is exact. Infinities and NaNs come out as 65536 and above.
            FloatVector magnitude = bits.lanewise(VectorOperators.AND, 0x7fff).lanewise(VectorOperators.LSHL, 13)
                    .reinterpretAsFloats().mul(0x1p112f);
            VectorMask<Integer> notFinite = magnitude.compare(VectorOperators.GE, 65536f).cast(INTS);
            IntVector whole = magnitude.reinterpretAsInts();
            whole.blend(whole.lanewise(VectorOperators.OR, 0x7f800000), notFinite)
                    .lanewise(VectorOperators.OR, sign).reinterpretAsFloats().intoArray(target, at + i);
        }
        for (; i < count; i++) {
            target[at + i] = Float.float16ToFloat(source.get(ValueLayout.JAVA_SHORT_UNALIGNED, element + i << 1));
        }
    }

    /** A vector of 16-bit elements, each zero-extended into an int. */
    private static IntVector loadHalves(MemorySegment source, long element) {
        return (IntVector) ShortVector.fromMemorySegment(HALVES, source, element << 1, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    }

    /**
     * Copies {@code count} consecutive elements as pieces as wide as a tile is high, {@code stride} apart in
     * {@code target}. Up to a piece's width of junk may follow the last.
     */
    static void packColumns(MemorySegment source, DType type, long element, int count, float[] target, int at, int stride) {
        long limit = source.byteSize() - 4L * TILE_ROWS;
        for (int i = 0, to = at; i < count; i += TILE_ROWS, to += stride) {
            if (type == DType.F32 && element + i << 2 <= limit) {
                if (PIECE.length() == TILE_ROWS) {
                    FloatVector.fromMemorySegment(PIECE, source, element + i << 2, ORDER).intoArray(target, to);
                } else { // two vectors of 4 lanes
                    FloatVector.fromMemorySegment(PIECE, source, element + i << 2, ORDER).intoArray(target, to);
                    FloatVector.fromMemorySegment(PIECE, source, element + i + PIECE.length() << 2, ORDER)
                            .intoArray(target, to + PIECE.length());
                }
            } else {
                copy(source, type, element + i, target, to, Math.min(TILE_ROWS, count - i));
            }
        }
    }

    /** Copies {@code count} elements of {@code source[at..]} to F32 elements of {@code target}. */
    static void store(float[] source, int at, MemorySegment target, long element, int count) {
        if (PlainTiles.young()) {
            MemorySegment.copy(source, at, target, ValueLayout.JAVA_FLOAT_UNALIGNED, element << 2, count);
            return;
        }
        int i = 0;
        for (; i <= count - COUNT; i += COUNT) {
            FloatVector.fromArray(SPECIES, source, at + i).intoMemorySegment(target, element + i << 2, ORDER);
        }
        if (COUNT > 8 && i <= count - 8) {
            FloatVector.fromArray(FloatVector.SPECIES_256, source, at + i).intoMemorySegment(target, element + i << 2, ORDER);
            i += 8;
        }
        if (COUNT > 4 && i <= count - 4) {
            FloatVector.fromArray(FloatVector.SPECIES_128, source, at + i).intoMemorySegment(target, element + i << 2, ORDER);
            i += 4;
        }
        for (; i < count; i++) {
            target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, element + i << 2, source[at + i]);
        }
    }

    /**
     * Like {@link #store}, but may write up to a vector's width of junk behind the elements, where {@code limit} (in
     * elements) allows it: for a caller about to store its next elements right there.
     */
    static void storeAhead(float[] source, int at, MemorySegment target, long element, int count, long limit) {
        int whole = (count + COUNT - 1) / COUNT * COUNT;
        if (element + whole > limit || PlainTiles.young()) {
            store(source, at, target, element, count);
            return;
        }
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector.fromArray(SPECIES, source, at + i).intoMemorySegment(target, element + i << 2, ORDER);
        }
    }

    /**
     * Packs rows {@code [0, depth)} of a matrix, whose first element is {@code element} and whose rows are
     * {@code rowStride} apart, into panels {@code [fromPanel, toPanel)} of {@code layout}, the first at {@code target[at]}.
     * What the padding columns hold is undefined.
     */
    static void pack(MemorySegment source, DType type, long element, long rowStride, int depth,
            PanelLayout layout, int fromPanel, int toPanel, float[] target, int at) {
        int firstColumn = layout.column(fromPanel);
        if (type == DType.F32 && rowStride == layout.paddedColumns() && fromPanel == 0 && layout.panels() == 1) {
            MemorySegment.copy(source, ValueLayout.JAVA_FLOAT_UNALIGNED, element << 2, target, at, Math.toIntExact(depth * rowStride));
            return;
        }
        if (type == DType.F32 && toPanel - fromPanel == 1 && layout.vectorsOf(fromPanel) == 2 && layout.columns() - firstColumn >= 2 * COUNT
                && !PlainTiles.young()) {
            packPairs(source, element + firstColumn, rowStride, depth, target, at);
            return;
        }
        // Row by row through all panels, because memory wants to be read in long runs.
        for (int k = 0; k < depth; k++) {
            long row = element + k * rowStride;
            for (int panel = fromPanel; panel < toPanel; panel++) {
                int column = layout.column(panel);
                int vectors = layout.vectorsOf(panel);
                int to = at + depth * (column - firstColumn) + k * vectors * COUNT;
                int valid = layout.columns() - column;
                if (type == DType.F32) {
                    moveVector(source, row + column, valid, target, to);
                    if (vectors > 1) {
                        moveVector(source, row + column + COUNT, valid - COUNT, target, to + COUNT);
                    }
                    if (vectors > 2) {
                        moveVector(source, row + column + 2 * COUNT, valid - 2 * COUNT, target, to + 2 * COUNT);
                    }
                } else {
                    copy(source, type, row + column, target, to, Math.min(valid, vectors * COUNT));
                }
            }
        }
    }

    /** A panel of two whole vectors, the usual case: the general way takes longer to decide what to move than to move it. */
    private static void packPairs(MemorySegment source, long element, long rowStride, int depth, float[] target, int at) {
        for (int k = 0; k < depth; k++) {
            long from = element + k * rowStride << 2;
            FloatVector.fromMemorySegment(SPECIES, source, from, ORDER).intoArray(target, at + k * (2 * COUNT));
            FloatVector.fromMemorySegment(SPECIES, source, from + 4 * COUNT, ORDER).intoArray(target, at + k * (2 * COUNT) + COUNT);
        }
    }

    /** {@link #packTransposed} of an F32 matrix without vectors, for the reason that {@link PlainTiles} gives. */
    static void packTransposedPlainly(MemorySegment source, long element, long rowStride, int depth,
            PanelLayout layout, int fromPanel, int toPanel, float[] target, int at, float[] row, int rowAt) {
        int firstColumn = layout.column(fromPanel);
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int column = layout.column(panel);
            int width = layout.vectorsOf(panel) * COUNT;
            int to = at + depth * (column - firstColumn);
            for (int j = 0; j < Math.min(width, layout.columns() - column); j++) {
                for (int k = 0; k < depth; k += Transposition.BLOCK) {
                    int count = Math.min(Transposition.BLOCK, depth - k);
                    MemorySegment.copy(source, ValueLayout.JAVA_FLOAT_UNALIGNED, element + (column + j) * rowStride + k << 2, row, rowAt, count);
                    scatter(row, rowAt, count, target, to + k * width + j, width);
                }
            }
        }
    }

    private static void scatter(float[] row, int from, int count, float[] target, int to, int stride) {
        for (int i = 0; i < count; i++) {
            target[to + i * stride] = row[from + i];
        }
    }

    /** Copies a vector of which {@code valid} elements count; it may read what follows them in the segment. */
    private static void moveVector(MemorySegment source, long element, int valid, float[] target, int to) {
        if (element + COUNT << 2 <= source.byteSize() && !PlainTiles.young()) {
            FloatVector.fromMemorySegment(SPECIES, source, element << 2, ORDER).intoArray(target, to);
        } else {
            copyF32(source, element, target, to, Math.min(valid, COUNT));
        }
    }

    /**
     * Turns {@code rows} rows of F32 elements, {@code rowStride} apart, of each up to a vector's width of {@code valid} elements: element
     * {@code j} of all rows comes to {@code target[at + j * stride]} and after it, followed by junk up to a vector's width.
     */
    static void turnRows(MemorySegment source, long element, long rowStride, int rows, int valid, float[] target, int at, int stride, float[] block) {
        int columns = Math.min(COUNT, valid);
        for (int row = 0; row < rows; row++) {
            moveVector(source, element + row * rowStride, columns, block, WorkerPool.ALIGNED + row * COUNT);
        }
        Transposition.turn(block, WorkerPool.ALIGNED, columns, target, at, stride);
    }

    /**
     * Copies {@code count} columns of a matrix of {@code depth} rows to rows of {@code target}, {@code stride} apart. Junk up to a vector's
     * width may follow each.
     */
    static void packTurned(MemorySegment source, DType type, long element, long rowStride, int depth, int count,
            float[] target, int at, int stride, float[] block) {
        for (int k = 0; k < depth; k += COUNT) {
            int rows = Math.min(COUNT, depth - k);
            for (int i = 0; i < count; i += COUNT) {
                long first = element + k * rowStride + i;
                int columns = Math.min(COUNT, count - i);
                if (type == DType.F32) {
                    turnRows(source, first, rowStride, rows, columns, target, at + i * stride + k, stride, block);
                } else {
                    for (int row = 0; row < rows; row++) {
                        copy(source, type, first + row * rowStride, block, WorkerPool.ALIGNED + row * COUNT, columns);
                    }
                    Transposition.turn(block, WorkerPool.ALIGNED, columns, target, at + i * stride + k, stride);
                }
            }
        }
    }

    /**
     * Like {@link #pack} for a matrix that lies transposed: its element (k, j) is at {@code element + j * rowStride + k}.
     * {@code block} is room for {@link Transposition#BLOCK} elements from {@code blockAt}.
     */
    static void packTransposed(MemorySegment source, DType type, long element, long rowStride, int depth,
            PanelLayout layout, int fromPanel, int toPanel, float[] target, int at, float[] block, int blockAt) {
        int firstColumn = layout.column(fromPanel);
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int column = layout.column(panel);
            int width = layout.vectorsOf(panel) * COUNT;
            for (int j = 0; j < width; j += COUNT) {
                int rows = Math.min(COUNT, layout.columns() - column - j);
                int to = at + depth * (column - firstColumn) + j;
                for (int k = 0; k < depth; k += COUNT) {
                    int steps = Math.min(COUNT, depth - k);
                    long first = element + (column + j) * rowStride + k;
                    for (int r = 0; r < rows; r++) {
                        if (type == DType.F32) {
                            moveVector(source, first + r * rowStride, steps, block, blockAt + r * COUNT);
                        } else {
                            copy(source, type, first + r * rowStride, block, blockAt + r * COUNT, steps);
                        }
                    }
                    Transposition.turn(block, blockAt, steps, target, to + k * width, width);
                }
            }
        }
    }
}
