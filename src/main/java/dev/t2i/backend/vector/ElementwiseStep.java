package dev.t2i.backend.vector;

import dev.t2i.graph.Expression;
import dev.t2i.graph.View;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;

/** A fused chain of element-wise instructions: blocks are loaded, computed and stored, in parallel. */
final class ElementwiseStep implements Step, WorkerPool.Task {
    private final BlockKernel kernel;
    private final Buffer out;
    private final boolean dense;
    private final int[] order;
    private Workers workers;
    private int tasks;

    ElementwiseStep(Expression expression, List<View> views, List<Buffer> inputs, Shape space, Buffer out) {
        kernel = new BlockKernel(expression, views, inputs, space, space.strides(), true);
        this.out = out;
        dense = kernel.space().isDense(inputs.size());
        order = BoxCopy.order(kernel.space().strides()[inputs.size()], kernel.space().chunk());
    }

    @Override
    public void demand(Workspace.Demand demand) {
        kernel.demand(demand);
    }

    @Override
    public void run(Workers workers) {
        this.workers = workers;
        tasks = workers.tasks(kernel.space().blocks(), kernel.space().size() * kernel.weight() / Lanes.COUNT);
        workers.pool().run(tasks, this);
    }

    @Override
    public void run(int task, int worker) {
        BlockSpace space = kernel.space();
        Workspace work = workers.space(worker);
        long blocks = space.blocks();
        long end = blocks * (task + 1) / tasks;
        kernel.begin(work, end);
        boolean inPlace = dense && out.dtype() == DType.F32;
        int operand = space.strides().length - 1;
        for (long block = blocks * task / tasks; block < end; block++) {
            int n = space.select(work, block);
            long at = space.offset(work, operand) * out.dtype().bytes();
            kernel.evaluate(work, n, inPlace ? out.segment() : null, at);
            if (kernel.resultSegment(work) != out.segment()) {
                BoxCopy.copy(kernel.resultSegment(work), DType.F32, kernel.resultOffset(work), work.dense,
                        out.segment(), out.dtype(), at, space.strides()[operand], work.extent, order, 0);
            }
        }
    }
}
