package dev.t2i.backend.vector;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.graph.View;
import dev.t2i.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A reduction of an expression that is evaluated block by block and never stored. Results accumulate in their final
 * place, which the reduced axes of the space do not move.
 *
 * <p>Parallel work is over results, and over fixed slices of the outermost reduced axis where few results are made of
 * many elements; slices are cut by what one result (or one row of them) is made of, never by the number of threads or by
 * axes further out, so that a picture's sums do not depend on its batch.
 */
final class ReduceStep implements Step, WorkerPool.Task {
    /** Elements that a slice has at least. */
    private static final int SLICE_ELEMENTS = 1 << 16;
    private static final int SLICE_ROWS = 32;
    private static final int MOST_SLICES = 64;

    private final boolean sum;
    private final float identity;
    private final BlockKernel kernel;
    private final BlockSpace space;
    private final long[] outStrides;
    private final Buffer out;
    private final int last;
    /** The outermost reduced axis, cut into slices; -1 if none is reduced. */
    private final int sliceAxis;
    private final int sliceLength;
    private final int slices;
    /** The kept axis over which work is split; -1 if all are reduced. */
    private final int partAxis;
    private final boolean lastReduced;
    /** Whether rows are longer than a block, so that their lanes live from one block to the next. */
    private final boolean longRows;
    private int parts;
    private Workers workers;
    private final MemorySegment target;

    ReduceStep(Op.ReduceKind kind, List<Integer> axes, Expression expression, List<View> views, List<Buffer> inputs,
            Shape space, Buffer out, Allocator allocator) {
        sum = kind == Op.ReduceKind.SUM;
        identity = sum ? 0 : Float.NEGATIVE_INFINITY;
        this.out = out;
        kernel = new BlockKernel(expression, views, inputs, space, resultStrides(space, axes), false);
        this.space = kernel.space();
        outStrides = this.space.strides()[inputs.size()];
        last = this.space.rank() - 1;
        lastReduced = outStrides[last] == 0;
        longRows = lastReduced && this.space.chunk()[last] < this.space.dims()[last];
        sliceAxis = outermostReduced();
        sliceLength = sliceAxis < 0 ? 1 : sliceLength();
        slices = sliceAxis < 0 ? 1 : Math.max(1, Math.ceilDiv(this.space.dims()[sliceAxis], sliceLength));
        partAxis = mostBlocks();
        target = slices == 1 ? out.segment() : allocator.allocate(4 * out.size() * slices);
    }

    /** Memory of the executable's arena. */
    interface Allocator {
        MemorySegment allocate(long bytes);
    }

    private static long[] resultStrides(Shape space, List<Integer> axes) {
        long[] strides = new long[space.rank()];
        long stride = 1;
        for (int axis = space.rank() - 1; axis >= 0; axis--) {
            if (!axes.contains(axis)) {
                strides[axis] = stride;
                stride *= space.dim(axis);
            }
        }
        return strides;
    }

    private int outermostReduced() {
        for (int axis = 0; axis <= last; axis++) {
            if (outStrides[axis] == 0) {
                return axis;
            }
        }
        return -1;
    }

    private int sliceLength() {
        int dim = Math.max(1, space.dims()[sliceAxis]);
        long elements = 1;
        for (int axis = sliceAxis; axis <= last; axis++) {
            elements *= space.dims()[axis];
        }
        long most = sliceAxis == last ? dim : dim / SLICE_ROWS;
        int slices = Math.clamp(elements / SLICE_ELEMENTS, 1, Math.clamp(most, 1, MOST_SLICES));
        int length = Math.ceilDiv(dim, slices);
        return sliceAxis == last ? ElementLoops.padded(length) : length;
    }

    private int mostBlocks() {
        int most = -1;
        for (int axis = 0; axis <= last; axis++) {
            if (outStrides[axis] != 0 && (most < 0 || space.blocksAlong(axis) > space.blocksAlong(most))) {
                most = axis;
            }
        }
        return most;
    }

    @Override
    public void demand(Workspace.Demand demand) {
        kernel.demand(demand);
    }

    @Override
    public void run(Workers workers) {
        this.workers = workers;
        fillWithIdentity();
        int tasks = workers.tasks(space.blocks(), space.size() * kernel.weight() / Lanes.COUNT);
        parts = partAxis < 0 ? 1 : Math.max(1, Math.min(Math.ceilDiv(tasks, slices), space.blocksAlong(partAxis)));
        if (tasks == 1) {
            for (int unit = 0; unit < parts * slices; unit++) {
                run(unit, 0);
            }
        } else {
            workers.pool().run(tasks == 0 ? 0 : parts * slices, this);
        }
        if (slices > 1) {
            combine(target, 0, slices, Math.toIntExact(out.size()), out.segment(), 0);
        }
    }

    private void fillWithIdentity() {
        int bits = Float.floatToRawIntBits(identity);
        BoxCopy.fill4(bits, target, 0, Math.toIntExact(out.size() * slices));
        if (slices > 1) {
            BoxCopy.fill4(bits, out.segment(), 0, Math.toIntExact(out.size()));
        }
    }

    private void combine(MemorySegment a, long ao, int rows, int n, MemorySegment into, long at) {
        if (sum) {
            ReductionLoops.addRows(a, ao, rows, n, into, at);
        } else {
            ReductionLoops.maxRows(a, ao, rows, n, into, at);
        }
    }

    /** Reduces one part of the results over one slice. */
    @Override
    public void run(int unit, int worker) {
        Workspace work = workers.space(worker);
        int slice = unit / parts;
        int part = unit % parts;
        for (int axis = 0; axis <= last; axis++) {
            work.low[axis] = 0;
            work.high[axis] = space.dims()[axis];
        }
        if (partAxis >= 0) {
            int blocks = space.blocksAlong(partAxis);
            int chunk = space.chunk()[partAxis];
            work.low[partAxis] = (int) ((long) blocks * part / parts) * chunk;
            work.high[partAxis] = Math.min(space.dims()[partAxis], (int) ((long) blocks * (part + 1) / parts) * chunk);
        }
        if (sliceAxis >= 0) {
            work.low[sliceAxis] = slice * sliceLength;
            work.high[sliceAxis] = Math.min(space.dims()[sliceAxis], (slice + 1) * sliceLength);
        }
        kernel.begin(work, 1);
        long base = 4 * out.size() * slice;
        boolean more = space.first(work);
        while (more) {
            int n = space.selectBounded(work);
            kernel.evaluate(work, n, null, 0);
            accumulate(work, base + 4 * space.offset(work, space.strides().length - 1));
            more = space.next(work);
        }
    }

    private void accumulate(Workspace work, long at) {
        MemorySegment values = kernel.resultSegment(work);
        long from = kernel.resultOffset(work);
        if (longRows) {
            accumulateRowPart(work, values, from, at);
        } else {
            accumulate(work, 0, values, from, at);
        }
    }

    private void accumulateRowPart(Workspace work, MemorySegment values, long from, long at) {
        if (work.origin[last] == work.low[last]) {
            clearLanes(work);
        }
        addToLanes(work, values, from, work.extent[last]);
        if (work.origin[last] + work.extent[last] == work.high[last]) {
            add(at, ofLanes(work));
        }
    }

    private void accumulate(Workspace work, int axis, MemorySegment values, long from, long at) {
        int n = work.extent[axis];
        if (axis == last) {
            reduceRows(work, values, from, 1, n, at, 0);
        } else if (axis == last - 1) {
            reduceRows(work, values, from, n, work.extent[last], at, outStrides[axis]);
        } else {
            for (int i = 0; i < n; i++) {
                accumulate(work, axis + 1, values, from + 4 * work.dense[axis] * i, at + 4 * outStrides[axis] * i);
            }
        }
    }

    /** Reduces {@code rows} contiguous rows of {@code n} elements into results that are {@code step} apart. */
    private void reduceRows(Workspace work, MemorySegment values, long from, int rows, int n, long at, long step) {
        if (lastReduced) {
            for (int row = 0; row < rows; row++) {
                add(at + 4 * step * row, reduceRow(work, values, from + 4L * n * row, n));
            }
        } else if (step == 0) {
            combine(values, from, rows, n, target, at);
        } else {
            for (int row = 0; row < rows; row++) {
                combine(values, from + 4L * n * row, 1, n, target, at + 4 * step * row);
            }
        }
    }

    private float reduceRow(Workspace work, MemorySegment values, long from, int n) {
        if (n >= ReductionLoops.LANES) {
            clearLanes(work);
            addToLanes(work, values, from, n);
            return ofLanes(work);
        }
        float result = identity;
        for (int i = 0; i < n; i++) {
            float value = values.get(BoxCopy.F32, from + 4L * i);
            result = sum ? result + value : Math.max(result, value);
        }
        return result;
    }

    private void clearLanes(Workspace work) {
        ElementLoops.fill(identity, work.lanes, 0, ReductionLoops.LANES);
    }

    private void addToLanes(Workspace work, MemorySegment values, long from, int n) {
        if (sum) {
            ReductionLoops.addToLanes(values, from, n, work.lanes);
        } else {
            ReductionLoops.maxToLanes(values, from, n, work.lanes);
        }
    }

    private float ofLanes(Workspace work) {
        return sum ? ReductionLoops.sumOfLanes(work.lanes) : ReductionLoops.maxOfLanes(work.lanes);
    }

    private void add(long at, float value) {
        float before = target.get(BoxCopy.F32, at);
        target.set(BoxCopy.F32, at, sum ? before + value : Math.max(before, value));
    }
}
