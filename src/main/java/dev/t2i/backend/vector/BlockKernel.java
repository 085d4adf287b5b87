package dev.t2i.backend.vector;

import dev.t2i.graph.Expression;
import dev.t2i.graph.View;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * An expression over views, ready to be evaluated one block at a time: the part that fused chains, fused reductions and
 * product epilogues share. Nothing is allocated after construction, and nothing in it changes, so that all workers use one.
 */
final class BlockKernel {
    /** First-level cache that a block's operands may fill, in elements; the smallest caches in use hold 8192. */
    private static final int CACHE_ELEMENTS = 6144;
    private static final int LEAST_BLOCK = 256;
    private static final int LARGEST_BLOCK = 2048;
    /** Rows of equal length would otherwise fall on the same cache sets, and stores would delay loads 4096 bytes behind. */
    private static final int ROW_PADDING = 16;

    /** How a block of an input gets where the program can read it. */
    private enum Access {
        /** One number, spread over a row once for each task. */
        UNIFORM,
        /** Repeats from block to block while indices further out stay: loaded when those change. */
        PERIODIC,
        /** Read in place. */
        DIRECT,
        /** Gathered or converted into a row for each block. */
        LOADED
    }

    private final BlockProgram program;
    private final BlockSpace space;
    private final Buffer[] inputs;
    private final long[] viewOffsets;
    private final Access[] accesses;
    private final int[][] orders;
    private final long rowBytes;

    /**
     * @param space    the index space that all views span
     * @param result   strides of the result along that space
     * @param anyOrder whether blocks may be walked in another order than the space's
     */
    BlockKernel(Expression expression, List<View> views, List<Buffer> inputs, Shape space, long[] result, boolean anyOrder) {
        program = BlockProgram.compile(expression);
        this.inputs = inputs.toArray(Buffer[]::new);
        int rows = Math.max(1, program.slots());
        int block = Math.clamp(CACHE_ELEMENTS / rows & -64, LEAST_BLOCK, LARGEST_BLOCK);
        long[][] strides = BlockSpace.stridesOf(views, result);
        this.space = anyOrder ? BlockSpace.inAnyOrder(space, strides, block) : BlockSpace.of(space, strides, block);
        rowBytes = 4L * (ElementLoops.padded(this.space.blockElements()) + ROW_PADDING);
        viewOffsets = new long[this.inputs.length];
        accesses = new Access[this.inputs.length];
        orders = new int[this.inputs.length][];
        for (int i = 0; i < this.inputs.length; i++) {
            viewOffsets[i] = views.get(i).offset();
            orders[i] = BoxCopy.order(this.space.strides()[i], this.space.chunk());
            accesses[i] = this.space.isUniform(i) ? Access.UNIFORM
                    : this.space.isDense(i) && this.inputs[i].dtype() == DType.F32 ? Access.DIRECT
                    : this.space.isPeriodic(i) ? Access.PERIODIC
                    : Access.LOADED;
        }
    }

    BlockSpace space() {
        return space;
    }

    BlockProgram program() {
        return program;
    }

    void demand(Workspace.Demand demand) {
        demand.add(rowBytes * program.slots(), program.slots(), space.rank());
    }

    /** A rough count of vector operations for each element, to weigh a step against the cost of waking workers. */
    int weight() {
        return program.length() + inputs.length + 1;
    }

    /** Fills the rows that stay the same for all blocks that a task evaluates, of which there are at most {@code blocks}. */
    void begin(Workspace work, long blocks) {
        if (blocks == 0) {
            return;
        }
        for (int slot = 0; slot < program.slots(); slot++) {
            pointAtRow(work, slot);
        }
        int n = ElementLoops.padded(space.blockElements());
        for (int i = 0; i < program.constants().length; i++) {
            int slot = program.inputs() + i;
            ElementLoops.fill(program.constants()[i], work.scratch, slot * rowBytes, n);
        }
        for (int i = 0; i < inputs.length; i++) {
            if (accesses[i] == Access.UNIFORM) {
                Buffer input = inputs[i];
                float value = BoxCopy.getFloat(input.segment(), input.dtype(), viewOffsets[i] * input.dtype().bytes());
                ElementLoops.fill(value, work.scratch, i * rowBytes, n);
            }
            work.loadedElements[i] = 0;
        }
    }

    private void pointAtRow(Workspace work, int slot) {
        work.segments[slot] = work.scratch;
        work.offsets[slot] = slot * rowBytes;
    }

    private void load(Workspace work, int i, int n, long blockOffset) {
        Buffer input = inputs[i];
        BoxCopy.copy(input.segment(), input.dtype(), (viewOffsets[i] + blockOffset) * input.dtype().bytes(),
                space.strides()[i], work.scratch, DType.F32, i * rowBytes, work.dense, work.extent, orders[i], 0);
        ElementLoops.pad(work.scratch, i * rowBytes, n);
        pointAtRow(work, i);
    }

    /**
     * Evaluates the selected block of {@code n} elements. The result is then at {@link #resultSegment} and
     * {@link #resultOffset}: at {@code target}, unless that is null, the block is ragged, or the expression hands an
     * input through.
     */
    void evaluate(Workspace work, int n, MemorySegment target, long targetOffset) {
        boolean whole = n % ElementLoops.GRAIN == 0;
        for (int i = 0; i < inputs.length; i++) {
            Access access = accesses[i];
            if (access == Access.DIRECT && (whole || !program.writesResult())) {
                work.segments[i] = inputs[i].segment();
                work.offsets[i] = (viewOffsets[i] + space.offset(work, i)) * 4;
            } else if (access == Access.PERIODIC) {
                long offset = space.offset(work, i);
                if (work.loadedElements[i] < n || work.loadedOffsets[i] != offset) {
                    load(work, i, n, offset);
                    work.loadedElements[i] = n;
                    work.loadedOffsets[i] = offset;
                }
            } else if (access != Access.UNIFORM) {
                load(work, i, n, space.offset(work, i));
            }
        }
        if (!program.writesResult()) {
            return;
        }
        int result = program.resultSlot();
        if (whole && target != null) {
            work.segments[result] = target;
            work.offsets[result] = targetOffset;
        } else {
            pointAtRow(work, result);
        }
        program.run(work.segments, work.offsets, ElementLoops.padded(n));
    }

    MemorySegment resultSegment(Workspace work) {
        return work.segments[program.resultSlot()];
    }

    long resultOffset(Workspace work) {
        return work.offsets[program.resultSlot()];
    }
}
