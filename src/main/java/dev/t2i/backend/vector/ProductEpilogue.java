package dev.t2i.backend.vector;

import dev.t2i.graph.Op;
import dev.t2i.graph.View;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What happens to the rows of a matrix product or convolution as they are finished: the expression of an
 * {@link Op.Epilogue} is computed in place, register 0 being the result itself.
 *
 * <p>Rows of few channels are collected, per worker, until they make a block worth a pass: those of a worker usually
 * follow each other at equal distances. {@link #finish} does what is left.
 */
final class ProductEpilogue implements TileEpilogue {
    /** Elements of a block; longer rows are done in pieces of so many. */
    private static final int PIECE = 1024;
    private static final long SLOT_BYTES = 4L * (PIECE + ElementLoops.GRAIN);
    /** Rows further apart than this are no longer in cache when a block of them is full. */
    private static final int LARGEST_STEP = 4;

    private final BlockProgram program;
    private final Buffer out;
    /** The epilogue's further inputs; program slot {@code i + 1} is input {@code i}. */
    private final Buffer[] inputs;
    private final long[] viewOffsets;
    /** Whether an input lies in memory as the result does. */
    private final boolean[] dense;
    /** How many consecutive rows see the same row of an input. */
    private final long[] sameRows;
    /** The result's axes, merged where all inputs advance alike. */
    private final BlockSpace space;
    private final long rows;
    private final int columns;
    /** Rows of a block; at most 1 where rows are too long to be collected. */
    private final int blockRows;
    private Workers workers;
    private Pending[] pending = {};

    /** Finished rows of one worker that still await their epilogue: {@code count} of them, {@code step} apart. */
    private static final class Pending {
        private long first;
        private long step;
        private int count;
    }

    /** @param rows of the result in each matrix of a batch, as the kernel counts them */
    ProductEpilogue(Op.Epilogue epilogue, List<Buffer> inputs, Shape shape, Buffer out, long rows) {
        program = BlockProgram.compile(epilogue.expression());
        this.out = out;
        this.inputs = inputs.toArray(Buffer[]::new);
        this.rows = rows;
        columns = shape.dim(-1);
        List<View> views = epilogue.views();
        space = BlockSpace.of(shape, BlockSpace.stridesOf(views, shape.strides()), PIECE);
        viewOffsets = views.stream().mapToLong(View::offset).toArray();
        int fit = columns == 0 ? 0 : PIECE / columns;
        int grains = columns == 0 ? 1 : ElementLoops.GRAIN / Math.min(ElementLoops.GRAIN, Integer.lowestOneBit(columns));
        blockRows = fit > grains ? fit / grains * grains : fit;
        dense = new boolean[this.inputs.length];
        sameRows = new long[this.inputs.length];
        for (int i = 0; i < this.inputs.length; i++) {
            dense[i] = liesLikeResult(i);
            sameRows[i] = countSameRows(i);
        }
    }

    private boolean liesLikeResult(int i) {
        long[] result = space.strides()[inputs.length];
        for (int axis = 0; axis < space.rank(); axis++) {
            if (space.dims()[axis] > 1 && space.strides()[i][axis] != result[axis]) {
                return false;
            }
        }
        return true;
    }

    private long countSameRows(int i) {
        long same = 1;
        for (int axis = space.rank() - 2; axis >= 0 && space.strides()[i][axis] == 0; axis--) {
            same *= space.dims()[axis];
        }
        // Merging may have taken rows and columns into one axis; then rows are told apart by their offsets alone.
        return space.dims()[space.rank() - 1] == columns ? same : 1;
    }

    void demand(Workspace.Demand demand) {
        demand.add(SLOT_BYTES * program.slots(), program.slots(), space.rank());
    }

    /** Readies every worker's workspace; the product runs next. */
    void begin(Workers workers) {
        if (out.size() == 0) {
            return; // nothing will be finished, and inputs may be as empty
        }
        this.workers = workers;
        if (pending.length != workers.pool().size()) {
            pending = new Pending[workers.pool().size()];
            for (int worker = 0; worker < pending.length; worker++) {
                pending[worker] = new Pending();
            }
        }
        for (int worker = 0; worker < pending.length; worker++) {
            pending[worker].count = 0;
            begin(workers.space(worker));
        }
    }

    private void begin(Workspace work) {
        for (int slot = 0; slot < program.slots(); slot++) {
            pointAtRow(work, slot);
            work.loadedElements[slot] = 0;
        }
        for (int i = 0; i < program.constants().length; i++) {
            ElementLoops.fill(program.constants()[i], work.scratch, (program.inputs() + i) * SLOT_BYTES, PIECE);
        }
        for (int i = 0; i < inputs.length; i++) {
            if (space.isUniform(i)) {
                DType type = inputs[i].dtype();
                ElementLoops.fill(BoxCopy.getFloat(inputs[i].segment(), type, viewOffsets[i] * type.bytes()),
                        work.scratch, (i + 1) * SLOT_BYTES, PIECE);
            }
        }
    }

    private static void pointAtRow(Workspace work, int slot) {
        work.segments[slot] = work.scratch;
        work.offsets[slot] = slot * SLOT_BYTES;
    }

    @Override
    public void apply(int batch, int row, int col, int cols, int worker) {
        Workspace work = workers.space(worker);
        long at = batch * rows + row;
        if (cols < columns || blockRows <= 1) {
            for (int done = 0; done < cols; done += PIECE) {
                computePiece(work, at * columns + col + done, Math.min(PIECE, cols - done));
            }
            return;
        }
        Pending rest = pending[worker];
        if (rest.count == 1 && at > rest.first && at - rest.first <= LARGEST_STEP) {
            rest.step = at - rest.first;
        } else if (rest.count > 0 && (rest.count == 1 || at != rest.first + rest.count * rest.step)) {
            computeRows(work, rest);
        }
        if (rest.count == 0) {
            rest.first = at;
            rest.step = 1;
        }
        if (++rest.count == blockRows) {
            computeRows(work, rest);
        }
    }

    /** Computes what the workers have left; to be called when the product is done. */
    void finish() {
        for (int worker = 0; worker < pending.length; worker++) {
            if (pending[worker].count > 0) {
                computeRows(workers.space(worker), pending[worker]);
            }
        }
    }

    private void computeRows(Workspace work, Pending rest) {
        long first = rest.first;
        long step = rest.step;
        int count = rest.count;
        rest.count = 0;
        int n = count * columns;
        boolean inPlace = step == 1 && n % ElementLoops.GRAIN == 0;
        readRows(work, 0, out, 0, first, step, count, inPlace);
        for (int i = 0; i < inputs.length; i++) {
            if (space.isUniform(i)) {
                continue;
            }
            if (dense[i]) {
                readRows(work, i + 1, inputs[i], viewOffsets[i], first, step, count, inPlace);
            } else {
                readView(work, i, first, step, count);
            }
        }
        int slot = program.resultSlot();
        if (program.writesResult()) {
            if (inPlace) {
                work.segments[slot] = out.segment();
                work.offsets[slot] = first * columns * 4;
            } else {
                pointAtRow(work, slot);
            }
            program.run(work.segments, work.offsets, ElementLoops.padded(n));
        }
        if (work.segments[slot] != out.segment()) {
            for (int row = 0; row < count; row++) {
                BoxCopy.run(work.segments[slot], DType.F32, work.offsets[slot] + 4L * row * columns, 1,
                        out.segment(), DType.F32, (first + row * step) * columns * 4, 1, columns);
            }
        }
    }

    /** Points a slot at rows of a buffer that lies as the result does, in place if that can be. */
    private void readRows(Workspace work, int slot, Buffer buffer, long offset, long first, long step, int count, boolean inPlace) {
        if (inPlace && buffer.dtype() == DType.F32) {
            work.segments[slot] = buffer.segment();
            work.offsets[slot] = (offset + first * columns) * 4;
            return;
        }
        pointAtRow(work, slot);
        int bytes = buffer.dtype().bytes();
        if (step == 1) {
            BoxCopy.run(buffer.segment(), buffer.dtype(), (offset + first * columns) * bytes, 1,
                    work.scratch, DType.F32, slot * SLOT_BYTES, 1, count * columns);
        } else {
            for (int row = 0; row < count; row++) {
                BoxCopy.run(buffer.segment(), buffer.dtype(), (offset + (first + row * step) * columns) * bytes, 1,
                        work.scratch, DType.F32, slot * SLOT_BYTES + 4L * row * columns, 1, columns);
            }
        }
        ElementLoops.pad(work.scratch, slot * SLOT_BYTES, count * columns);
    }

    /** Loads the rows of an input that lies otherwise, unless the slot holds them from the last block. */
    private void readView(Workspace work, int i, long first, long step, int count) {
        int slot = i + 1;
        int n = count * columns;
        pointAtRow(work, slot);
        boolean same = sameRows[i] > 1 && first / sameRows[i] == (first + (count - 1) * step) / sameRows[i];
        locate(work, first * columns);
        long offset = viewOffsets[i] + space.offset(work, i);
        if (same && work.loadedElements[slot] >= n && work.loadedOffsets[slot] == offset) {
            return;
        }
        Buffer input = inputs[i];
        long stride = space.strides()[i][space.rank() - 1];
        for (int row = 0; row < count; row++) {
            if (row > 0 && !same) {
                locate(work, (first + row * step) * columns);
                offset = viewOffsets[i] + space.offset(work, i);
            }
            BoxCopy.run(input.segment(), input.dtype(), offset * input.dtype().bytes(), stride,
                    work.scratch, DType.F32, slot * SLOT_BYTES + 4L * row * columns, 1, columns);
        }
        ElementLoops.pad(work.scratch, slot * SLOT_BYTES, n);
        work.loadedElements[slot] = same ? n : 0;
        work.loadedOffsets[slot] = offset;
    }

    /** Elements {@code first} to {@code first + n} of the result, which lie in one row. */
    private void computePiece(Workspace work, long first, int n) {
        locate(work, first);
        boolean whole = n % ElementLoops.GRAIN == 0;
        MemorySegment result = out.segment();
        readPiece(work, 0, result, DType.F32, first, 1, n, whole);
        int last = space.rank() - 1;
        for (int i = 0; i < inputs.length; i++) {
            if (!space.isUniform(i)) {
                readPiece(work, i + 1, inputs[i].segment(), inputs[i].dtype(), viewOffsets[i] + space.offset(work, i),
                        space.strides()[i][last], n, whole);
            }
        }
        int slot = program.resultSlot();
        if (program.writesResult()) {
            if (whole) {
                work.segments[slot] = result;
                work.offsets[slot] = first * 4;
            } else {
                pointAtRow(work, slot);
            }
            program.run(work.segments, work.offsets, ElementLoops.padded(n));
        }
        if (work.segments[slot] != result) {
            BoxCopy.run(work.segments[slot], DType.F32, work.offsets[slot], 1, result, DType.F32, first * 4, 1, n);
        }
    }

    private void readPiece(Workspace work, int slot, MemorySegment segment, DType type, long at, long stride, int n, boolean whole) {
        if (whole && type == DType.F32 && stride == 1) {
            work.segments[slot] = segment;
            work.offsets[slot] = at * 4;
        } else {
            pointAtRow(work, slot);
            work.loadedElements[slot] = 0;
            BoxCopy.run(segment, type, at * type.bytes(), stride, work.scratch, DType.F32, slot * SLOT_BYTES, 1, n);
            ElementLoops.pad(work.scratch, slot * SLOT_BYTES, n);
        }
    }

    /** Sets the workspace's origin to the merged coordinates of a row-major position. */
    private void locate(Workspace work, long position) {
        long rest = position;
        for (int axis = space.rank() - 1; axis >= 0; axis--) {
            int dim = space.dims()[axis];
            work.origin[axis] = (int) (rest % dim);
            rest /= dim;
        }
    }
}
