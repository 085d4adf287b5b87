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
 */
final class ProductEpilogue implements TileEpilogue {
    /** Longer rows are done in pieces of this many elements. */
    private static final int PIECE = 512;
    private static final long ROW_BYTES = 4L * (PIECE + ElementLoops.GRAIN);

    private final BlockProgram program;
    private final Buffer out;
    /** The epilogue's further inputs; program slot {@code i + 1} is input {@code i}. */
    private final Buffer[] inputs;
    private final long[] viewOffsets;
    /** The result's axes, merged where all inputs advance alike. */
    private final BlockSpace space;
    private final long rows;
    private final long columns;
    private Workers workers;

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
    }

    void demand(Workspace.Demand demand) {
        demand.add(ROW_BYTES * program.slots(), program.slots(), space.rank());
    }

    /** Readies every worker's workspace; the product runs next. */
    void begin(Workers workers) {
        this.workers = workers;
        for (int worker = 0; worker < workers.pool().size(); worker++) {
            Workspace work = workers.space(worker);
            for (int slot = 0; slot < program.slots(); slot++) {
                pointAtRow(work, slot);
            }
            for (int i = 0; i < program.constants().length; i++) {
                ElementLoops.fill(program.constants()[i], work.scratch, (program.inputs() + i) * ROW_BYTES, PIECE);
            }
            for (int i = 0; i < inputs.length; i++) {
                if (space.isUniform(i)) {
                    DType type = inputs[i].dtype();
                    ElementLoops.fill(BoxCopy.getFloat(inputs[i].segment(), type, viewOffsets[i] * type.bytes()),
                            work.scratch, (i + 1) * ROW_BYTES, PIECE);
                }
            }
        }
    }

    private static void pointAtRow(Workspace work, int slot) {
        work.segments[slot] = work.scratch;
        work.offsets[slot] = slot * ROW_BYTES;
    }

    @Override
    public void apply(int batch, int row, int col, int cols, int worker) {
        Workspace work = workers.space(worker);
        long first = (batch * rows + row) * columns + col;
        for (int done = 0; done < cols; done += PIECE) {
            compute(work, first + done, Math.min(PIECE, cols - done));
        }
    }

    /** Elements {@code first} to {@code first + n} of the result, which lie in one row. */
    private void compute(Workspace work, long first, int n) {
        locate(work, first);
        boolean whole = n % ElementLoops.GRAIN == 0;
        MemorySegment result = out.segment();
        read(work, 0, result, DType.F32, first, 1, n, whole);
        int last = space.rank() - 1;
        for (int i = 0; i < inputs.length; i++) {
            if (!space.isUniform(i)) {
                read(work, i + 1, inputs[i].segment(), inputs[i].dtype(), viewOffsets[i] + space.offset(work, i),
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
        if (work.segments[slot] != result || work.offsets[slot] != first * 4) {
            BoxCopy.run(work.segments[slot], DType.F32, work.offsets[slot], 1, result, DType.F32, first * 4, 1, n);
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

    private void read(Workspace work, int slot, MemorySegment segment, DType type, long at, long stride, int n, boolean whole) {
        if (whole && type == DType.F32 && stride == 1) {
            work.segments[slot] = segment;
            work.offsets[slot] = at * 4;
        } else {
            pointAtRow(work, slot);
            BoxCopy.run(segment, type, at * type.bytes(), stride, work.scratch, DType.F32, slot * ROW_BYTES, 1, n);
            ElementLoops.pad(work.scratch, slot * ROW_BYTES, n);
        }
    }
}
