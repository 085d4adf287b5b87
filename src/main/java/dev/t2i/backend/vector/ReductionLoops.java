package dev.t2i.backend.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums and maxima in an order that depends on neither vector width nor threads. Along a row, element {@code i} goes to
 * lane {@code i mod 16}, and the lanes are folded in halves; down columns, rows follow one another.
 */
final class ReductionLoops {
    /** Running sums of a row: a multiple of every vector width. */
    static final int LANES = ElementLoops.GRAIN;

    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int L = Lanes.COUNT;

    private ReductionLoops() {}

    private static FloatVector load(MemorySegment segment, long offset) {
        return FloatVector.fromMemorySegment(S, segment, offset, LITTLE_ENDIAN);
    }

    private static float get(MemorySegment segment, long offset) {
        return segment.get(BoxCopy.F32, offset);
    }

    private static void set(MemorySegment segment, long offset, float value) {
        segment.set(BoxCopy.F32, offset, value);
    }

    /** {@code lanes[i mod 16] += a[i]} */
    static void addToLanes(MemorySegment a, long ao, int n, MemorySegment lanes) {
        int whole = n & -LANES;
        for (int lane = 0; lane < LANES; lane += L) {
            FloatVector sum = load(lanes, 4L * lane);
            for (int i = lane; i < whole; i += LANES) {
                sum = sum.add(load(a, ao + ((long) i << 2)));
            }
            sum.intoMemorySegment(lanes, 4L * lane, LITTLE_ENDIAN);
        }
        for (int i = whole; i < n; i++) {
            long lane = 4L * (i - whole);
            set(lanes, lane, get(lanes, lane) + get(a, ao + 4L * i));
        }
    }

    /** {@code lanes[i mod 16] = max(lanes[i mod 16], a[i])} */
    static void maxToLanes(MemorySegment a, long ao, int n, MemorySegment lanes) {
        int whole = n & -LANES;
        for (int lane = 0; lane < LANES; lane += L) {
            FloatVector most = load(lanes, 4L * lane);
            for (int i = lane; i < whole; i += LANES) {
                most = most.max(load(a, ao + ((long) i << 2)));
            }
            most.intoMemorySegment(lanes, 4L * lane, LITTLE_ENDIAN);
        }
        for (int i = whole; i < n; i++) {
            long lane = 4L * (i - whole);
            set(lanes, lane, Math.max(get(lanes, lane), get(a, ao + 4L * i)));
        }
    }

    static float sumOfLanes(MemorySegment lanes) {
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                set(lanes, 4L * i, get(lanes, 4L * i) + get(lanes, 4L * (i + half)));
            }
        }
        return get(lanes, 0);
    }

    static float maxOfLanes(MemorySegment lanes) {
        float most = get(lanes, 0);
        for (int i = 1; i < LANES; i++) {
            most = Math.max(most, get(lanes, 4L * i));
        }
        return most;
    }

    /** {@code out[j] += a[r, j]} for each of {@code rows} rows of {@code n} elements in turn. */
    static void addRows(MemorySegment a, long ao, int rows, int n, MemorySegment out, long oo) {
        int j = 0;
        long step = 4L * n;
        for (; j <= n - 4 * L; j += 4 * L) {
            long at = oo + ((long) j << 2);
            FloatVector s0 = load(out, at);
            FloatVector s1 = load(out, at + 4L * L);
            FloatVector s2 = load(out, at + 8L * L);
            FloatVector s3 = load(out, at + 12L * L);
            long from = ao + ((long) j << 2);
            for (int r = 0; r < rows; r++) {
                s0 = s0.add(load(a, from));
                s1 = s1.add(load(a, from + 4L * L));
                s2 = s2.add(load(a, from + 8L * L));
                s3 = s3.add(load(a, from + 12L * L));
                from += step;
            }
            s0.intoMemorySegment(out, at, LITTLE_ENDIAN);
            s1.intoMemorySegment(out, at + 4L * L, LITTLE_ENDIAN);
            s2.intoMemorySegment(out, at + 8L * L, LITTLE_ENDIAN);
            s3.intoMemorySegment(out, at + 12L * L, LITTLE_ENDIAN);
        }
        for (; j <= n - L; j += L) {
            long at = oo + ((long) j << 2);
            FloatVector sum = load(out, at);
            long from = ao + ((long) j << 2);
            for (int r = 0; r < rows; r++) {
                sum = sum.add(load(a, from));
                from += step;
            }
            sum.intoMemorySegment(out, at, LITTLE_ENDIAN);
        }
        if (L > 8 && j <= n - 8) {
            long at = oo + ((long) j << 2);
            FloatVector sum = FloatVector.fromMemorySegment(FloatVector.SPECIES_256, out, at, LITTLE_ENDIAN);
            long from = ao + ((long) j << 2);
            for (int r = 0; r < rows; r++) {
                sum = sum.add(FloatVector.fromMemorySegment(FloatVector.SPECIES_256, a, from, LITTLE_ENDIAN));
                from += step;
            }
            sum.intoMemorySegment(out, at, LITTLE_ENDIAN);
            j += 8;
        }
        if (L > 4 && j <= n - 4) {
            long at = oo + ((long) j << 2);
            FloatVector sum = FloatVector.fromMemorySegment(FloatVector.SPECIES_128, out, at, LITTLE_ENDIAN);
            long from = ao + ((long) j << 2);
            for (int r = 0; r < rows; r++) {
                sum = sum.add(FloatVector.fromMemorySegment(FloatVector.SPECIES_128, a, from, LITTLE_ENDIAN));
                from += step;
            }
            sum.intoMemorySegment(out, at, LITTLE_ENDIAN);
            j += 4;
        }
        for (; j < n; j++) {
            float sum = get(out, oo + 4L * j);
            for (int r = 0; r < rows; r++) {
                sum += get(a, ao + r * step + 4L * j);
            }
            set(out, oo + 4L * j, sum);
        }
    }

    /** {@code out[j] = max(out[j], a[r, j])} for each of {@code rows} rows of {@code n} elements. */
    static void maxRows(MemorySegment a, long ao, int rows, int n, MemorySegment out, long oo) {
        int j = 0;
        long step = 4L * n;
        for (; j <= n - L; j += L) {
            long at = oo + ((long) j << 2);
            FloatVector most = load(out, at);
            long from = ao + ((long) j << 2);
            for (int r = 0; r < rows; r++) {
                most = most.max(load(a, from));
                from += step;
            }
            most.intoMemorySegment(out, at, LITTLE_ENDIAN);
        }
        for (; j < n; j++) {
            float most = get(out, oo + 4L * j);
            for (int r = 0; r < rows; r++) {
                most = Math.max(most, get(a, ao + r * step + 4L * j));
            }
            set(out, oo + 4L * j, most);
        }
    }
}
