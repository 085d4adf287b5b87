package dev.t2i.backend.vector;

import dev.t2i.graph.View;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.stream.IntStream;

/** Moves elements from one strided layout to another as they are: slices, transpositions, repeats, parts of a padding. */
final class CopyStep implements Step, WorkerPool.Task {
    private static final int BLOCK_ELEMENTS = 1 << 14;
    /** Transposed blocks pass through the first-level cache: rows of the target may all fall on the same cache sets. */
    private static final int SQUARE_ELEMENTS = 1 << 12;

    private final Buffer source;
    private final Buffer target;
    private final long sourceOffset;
    private final long targetOffset;
    private final BlockSpace space;
    private final int[] order;
    private final int[] naturalOrder;
    private final boolean throughScratch;
    private Workers workers;
    private int tasks;

    /** @param to where the elements go in {@code target}; spans the same shape as {@code from}, and repeats nothing */
    CopyStep(Buffer source, View from, Buffer target, View to) {
        this.source = source;
        this.target = target;
        sourceOffset = from.offset();
        targetOffset = to.offset();
        long[][] strides = {from.strides(), to.strides()};
        BlockSpace flat = BlockSpace.of(from.shape(), strides, BLOCK_ELEMENTS);
        throughScratch = !flat.flat() && source.dtype().bytes() == 4;
        space = throughScratch ? BlockSpace.of(from.shape(), strides, SQUARE_ELEMENTS) : flat;
        naturalOrder = IntStream.range(0, space.rank()).toArray();
        order = BoxCopy.order(space.strides()[0], space.chunk());
    }

    /** A copy of the whole of one value. */
    static CopyStep whole(Buffer source, Buffer target) {
        View all = View.of(Shape.of(Math.toIntExact(source.size())));
        return new CopyStep(source, all, target, all);
    }

    @Override
    public void demand(Workspace.Demand demand) {
        demand.add(throughScratch ? 4L * space.blockElements() : 0, 0, space.rank());
    }

    @Override
    public void run(Workers workers) {
        this.workers = workers;
        tasks = workers.tasks(space.blocks(), space.size() / Lanes.COUNT);
        workers.pool().run(tasks, this);
    }

    @Override
    public void run(int task, int worker) {
        Workspace work = workers.space(worker);
        DType type = source.dtype();
        long blocks = space.blocks();
        long end = blocks * (task + 1) / tasks;
        for (long block = blocks * task / tasks; block < end; block++) {
            space.select(work, block);
            long from = (sourceOffset + space.offset(work, 0)) * type.bytes();
            long to = (targetOffset + space.offset(work, 1)) * type.bytes();
            if (throughScratch) {
                BoxCopy.copy(source.segment(), type, from, space.strides()[0], work.scratch, type, 0, work.dense,
                        work.extent, order, 0);
                BoxCopy.copy(work.scratch, type, 0, work.dense, target.segment(), type, to, space.strides()[1],
                        work.extent, naturalOrder, 0);
            } else {
                BoxCopy.copy(source.segment(), type, from, space.strides()[0], target.segment(), type, to, space.strides()[1],
                        work.extent, order, 0);
            }
        }
    }
}
