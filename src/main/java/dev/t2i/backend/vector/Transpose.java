package dev.t2i.backend.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Transposition of matrices of four-byte elements, in squares of 4 by 4 that stay in registers. */
final class Transpose {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_128;
    private static final int SIDE = 4;
    // Negative indices choose from the second vector.
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromValues(S, 0, -4, 1, -3);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromValues(S, 2, -2, 3, -1);
    private static final VectorShuffle<Float> FIRST = VectorShuffle.fromValues(S, 0, 1, -4, -3);
    private static final VectorShuffle<Float> SECOND = VectorShuffle.fromValues(S, 2, 3, -2, -1);

    private static final ThreadLocal<int[][]> PLAIN = ThreadLocal.withInitial(() -> new int[2][0]);

    private Transpose() {}

    /** {@code out[j, i] = a[i, j]} for {@code rows} by {@code columns} elements; offsets and distances of rows are in bytes. */
    static void run(MemorySegment a, long ao, long step, int rows, int columns, MemorySegment out, long oo, long outStep) {
        if (PlainTiles.take((long) rows * columns)) {
            runPlainly(a, ao, step, rows, columns, out, oo, outStep);
            return;
        }
        int i = 0;
        for (; i <= rows - SIDE; i += SIDE) {
            long from = ao + i * step;
            long to = oo + 4L * i;
            int j = 0;
            for (; j <= columns - SIDE; j += SIDE) {
                long at = from + 4L * j;
                FloatVector r0 = FloatVector.fromMemorySegment(S, a, at, LITTLE_ENDIAN);
                FloatVector r1 = FloatVector.fromMemorySegment(S, a, at + step, LITTLE_ENDIAN);
                FloatVector r2 = FloatVector.fromMemorySegment(S, a, at + 2 * step, LITTLE_ENDIAN);
                FloatVector r3 = FloatVector.fromMemorySegment(S, a, at + 3 * step, LITTLE_ENDIAN);
                FloatVector low0 = r0.rearrange(LOW, r1);
                FloatVector high0 = r0.rearrange(HIGH, r1);
                FloatVector low1 = r2.rearrange(LOW, r3);
                FloatVector high1 = r2.rearrange(HIGH, r3);
                long target = to + j * outStep;
                low0.rearrange(FIRST, low1).intoMemorySegment(out, target, LITTLE_ENDIAN);
                low0.rearrange(SECOND, low1).intoMemorySegment(out, target + outStep, LITTLE_ENDIAN);
                high0.rearrange(FIRST, high1).intoMemorySegment(out, target + 2 * outStep, LITTLE_ENDIAN);
                high0.rearrange(SECOND, high1).intoMemorySegment(out, target + 3 * outStep, LITTLE_ENDIAN);
            }
            border(a, from, step, 0, SIDE, j, columns, out, to, outStep);
        }
        border(a, ao, step, i, rows, 0, columns, out, oo, outStep);
    }

    /** On the heap, for arrays are fast before anything is compiled. */
    private static void runPlainly(MemorySegment a, long ao, long step, int rows, int columns, MemorySegment out, long oo, long outStep) {
        int[][] buffers = PLAIN.get();
        if (buffers[0].length < rows * columns) {
            buffers[0] = new int[rows * columns];
            buffers[1] = new int[rows * columns];
        }
        int[] from = buffers[0];
        int[] to = buffers[1];
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(a, BoxCopy.I32, ao + i * step, from, i * columns, columns);
        }
        turn(from, to, rows, columns);
        for (int j = 0; j < columns; j++) {
            MemorySegment.copy(to, j * rows, out, BoxCopy.I32, oo + j * outStep, rows);
        }
    }

    private static void turn(int[] from, int[] to, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                to[j * rows + i] = from[i * columns + j];
            }
        }
    }

    private static void border(MemorySegment a, long ao, long step, int fromRow, int toRow, int fromColumn, int toColumn,
            MemorySegment out, long oo, long outStep) {
        for (int j = fromColumn; j < toColumn; j++) {
            for (int i = fromRow; i < toRow; i++) {
                out.set(BoxCopy.I32, oo + j * outStep + 4L * i, a.get(BoxCopy.I32, ao + i * step + 4L * j));
            }
        }
    }
}
