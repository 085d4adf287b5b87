package dev.t2i.backend.vector;

/** Sums of rows by index. Workers share the columns, so that each sum is taken in the order of the updates. */
final class ScatterAddStep implements Step, WorkerPool.Task {
    private final Buffer indices;
    private final Buffer updates;
    private final Buffer out;
    private final int rows;
    private final int columns;
    private final FillStep clear;
    private int tasks;

    ScatterAddStep(Buffer indices, Buffer updates, Buffer out) {
        this.indices = indices;
        this.updates = updates;
        this.out = out;
        rows = out.type().shape().dim(0);
        columns = rows == 0 ? 0 : Math.toIntExact(out.size() / rows);
        clear = new FillStep(out, 0);
    }

    @Override
    public void run(Workers workers) {
        clear.run(workers);
        int grains = Math.ceilDiv(columns, ElementLoops.GRAIN);
        tasks = indices.size() == 0 ? 0 : workers.tasks(grains, indices.size() * grains);
        workers.pool().run(tasks, this);
    }

    @Override
    public void run(int task, int worker) {
        int grains = Math.ceilDiv(columns, ElementLoops.GRAIN);
        int from = (int) ((long) grains * task / tasks) * ElementLoops.GRAIN;
        int to = Math.min(columns, (int) ((long) grains * (task + 1) / tasks) * ElementLoops.GRAIN);
        for (long i = 0; i < indices.size(); i++) {
            long row = GatherStep.index(indices, i, rows);
            ReductionLoops.addRows(updates.segment(), 4 * (i * columns + from), 1, to - from,
                    out.segment(), 4 * (row * columns + from));
        }
    }
}
