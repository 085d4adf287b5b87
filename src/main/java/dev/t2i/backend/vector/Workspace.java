package dev.t2i.backend.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What one worker needs while it runs blocks: scratch rows, and the places that a {@link BlockProgram}'s slots point at.
 * An executable has one for each worker, large enough for its most demanding step; steps run one after the other.
 */
final class Workspace {
    final MemorySegment scratch;
    final MemorySegment[] segments;
    final long[] offsets;
    /** Of each slot that keeps what it holds from block to block: how much, and from where in its input. */
    final int[] loadedElements;
    final long[] loadedOffsets;
    /** First index and number of indices along each axis of the block in hand. */
    final int[] origin;
    final int[] extent;
    /** Strides in elements of the block in hand, stored densely. */
    final long[] dense;
    /** Bounds, along each axis, of the part of a reduction in hand. */
    final int[] low;
    final int[] high;
    /** Running sums of a row, see {@link ReductionLoops}. */
    final MemorySegment lanes;

    private Workspace(MemorySegment scratch, MemorySegment lanes, int slots, int rank) {
        this.scratch = scratch;
        segments = new MemorySegment[slots];
        offsets = new long[slots];
        loadedElements = new int[slots];
        loadedOffsets = new long[slots];
        origin = new int[rank];
        extent = new int[rank];
        dense = new long[rank];
        low = new int[rank];
        high = new int[rank];
        this.lanes = lanes;
    }

    /** Collects what the steps of an executable need, then makes its workspaces. */
    static final class Demand {
        private long bytes;
        private int slots;
        private int rank;

        void add(long bytes, int slots, int rank) {
            this.bytes = Math.max(this.bytes, bytes);
            this.slots = Math.max(this.slots, slots);
            this.rank = Math.max(this.rank, rank);
        }

        Workspace[] allocate(Arena arena, int workers) {
            Workspace[] spaces = new Workspace[workers];
            for (int i = 0; i < workers; i++) {
                spaces[i] = new Workspace(arena.allocate(Math.max(64, bytes), 64),
                        arena.allocate(4L * ReductionLoops.LANES, 64), slots, rank);
            }
            return spaces;
        }

        long bytes() {
            return bytes;
        }
    }
}
