package dev.t2i.backend.tornado;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Loop nests that follow one another and go into one kernel (kernel stitching): each group of items takes a row of all of them, with a barrier between
 * one and the next. A layer normalisation or a softmax is one kernel then, and so is any handful of small things, which one group does as a single row.
 *
 * <p>Groups do not wait for each other. So what a nest reads of an earlier one must lie in its own row, and where memory is used again, rows
 * must lie over rows. This class finds the numbers of rows for which that holds; {@link StitchedKernel} writes the code.
 */
final class Stitch {
    /** More nests than that would make kernels that take long to compile. */
    private static final int MOST_NESTS = 24;
    /** Elements of a row that a nest walks at most: one group does them all. */
    private static final int MOST_PER_ROW = 4096;
    /** Items a group has at most. */
    static final int MOST_ITEMS = 256;
    private static final int LEAST_ITEMS = 32;
    /** Rows should be at least so long, if there is a choice. */
    private static final int GOOD_ROW = 128;
    /** An item that sums alone should not sum longer, unless the others do too. */
    private static final int LONG_SUM = 64;

    /**
     * What a nest touches: for row {@code r} the {@code extent} elements from {@code base + r * pitch} on.
     *
     * @param rows whether that holds; else any row may touch all of {@code extent} elements from {@code base} on
     */
    private record Access(Room room, long base, long pitch, long extent, boolean rows, boolean written) {
        boolean meets(Access other, int count) {
            if (room != other.room || !written && !other.written || base >= other.end(count) || other.base >= end(count)) {
                return false;
            }
            boolean alike = rows && other.rows && pitch == other.pitch;
            return !alike || Math.max(base + extent, other.base + other.extent) - Math.min(base, other.base) > pitch;
        }

        private long end(int count) {
            return base + (rows ? (count - 1) * pitch : 0) + extent;
        }
    }

    private final List<LoopNest> nests = new ArrayList<>();
    /** For each number of rows that is still possible what all nests touch. */
    private Map<Integer, List<Access>> possible = new HashMap<>();

    List<LoopNest> nests() {
        return nests;
    }

    /** Takes a nest in if it goes with those that are there. */
    boolean add(LoopNest nest) {
        if (nests.size() == MOST_NESTS) {
            return false;
        }
        Map<Integer, List<Access>> still = new HashMap<>();
        int[] dims = nest.space().dims();
        int rows = 1;
        for (int cut = 0; cut <= dims.length; cut++) {
            // The last of several cuts with the same rows counts; they differ by axes of one index.
            if (fits(nest, cut, rows) && (nests.isEmpty() || possible.containsKey(rows))) {
                List<Access> accesses = accesses(nest, cut);
                List<Access> before = possible.getOrDefault(rows, List.of());
                int count = rows;
                if (rows == 1 || before.stream().noneMatch(old -> accesses.stream().anyMatch(access -> access.meets(old, count)))) {
                    List<Access> all = new ArrayList<>(before);
                    all.addAll(accesses);
                    still.put(rows, all);
                }
            }
            if (cut == dims.length || nest.isReduced(cut) && dims[cut] > 1) {
                break;
            }
            rows = Math.multiplyExact(rows, dims[cut]);
        }
        if (still.isEmpty()) {
            return false;
        }
        possible = still;
        nests.add(nest);
        return true;
    }

    private static boolean fits(LoopNest nest, int cut, int rows) {
        long perRow = nest.space().size() / rows;
        if (perRow > MOST_PER_ROW) {
            return false;
        }
        long length = reducedLength(nest);
        long results = perRow / length;
        return results == 1 || length <= LONG_SUM || results >= MOST_ITEMS / 2;
    }

    /** Elements that make one result. */
    static long reducedLength(LoopNest nest) {
        long length = 1;
        for (int axis = 0; axis < nest.space().rank(); axis++) {
            length *= nest.isReduced(axis) ? nest.space().dim(axis) : 1;
        }
        return length;
    }

    private static List<Access> accesses(LoopNest nest, int cut) {
        List<Access> accesses = new ArrayList<>();
        List<Spot> spots = nest.spots();
        List<long[]> strides = nest.strides();
        for (int i = 0; i < spots.size(); i++) {
            accesses.add(access(spots.get(i), strides.get(i), nest.space().dims(), cut, i == spots.size() - 1));
        }
        return accesses;
    }

    private static Access access(Spot spot, long[] strides, int[] dims, int cut, boolean written) {
        long pitch = 0;
        long rows = 1;
        boolean byRows = true;
        for (int axis = cut - 1; axis >= 0; axis--) {
            if (dims[axis] > 1) {
                if (rows == 1) {
                    pitch = strides[axis];
                } else {
                    byRows &= strides[axis] == pitch * rows;
                }
                rows *= dims[axis];
            }
        }
        long extent = 1;
        for (int axis = byRows ? cut : 0; axis < dims.length; axis++) {
            extent += (dims[axis] - 1) * strides[axis];
        }
        return new Access(spot.room(), spot.offset(), pitch, extent, byRows, written);
    }

    /** The best number of rows that is possible. */
    int rows() {
        int best = 0;
        long bestRow = 0;
        for (int rows : possible.keySet()) {
            long row = longestRow(rows);
            // As many rows as there can be of a good length, or else the longest ones.
            boolean better = row >= GOOD_ROW ? bestRow < GOOD_ROW || rows > best : row > bestRow;
            if (best == 0 || better) {
                best = rows;
                bestRow = row;
            }
        }
        return best;
    }

    private long longestRow(int rows) {
        return nests.stream().mapToLong(nest -> nest.space().size() / rows).max().orElse(0);
    }

    /** Items of a group, a power of two. */
    int items(int rows) {
        return (int) Math.clamp(Long.highestOneBit(Math.max(1, 2 * longestRow(rows) - 1)), LEAST_ITEMS, MOST_ITEMS);
    }
}
