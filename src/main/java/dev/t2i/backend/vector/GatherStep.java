package dev.t2i.backend.vector;

import dev.t2i.graph.GraphException;
import java.lang.foreign.MemorySegment;

/** Rows of a table by index. */
final class GatherStep implements Step, WorkerPool.Task {
    private final Buffer table;
    private final Buffer indices;
    private final Buffer out;
    private final int rows;
    private final long rowBytes;
    private int tasks;

    GatherStep(Buffer table, Buffer indices, Buffer out) {
        this.table = table;
        this.indices = indices;
        this.out = out;
        rows = table.type().shape().dim(0);
        rowBytes = rows == 0 ? 0 : table.segment().byteSize() / rows;
    }

    /** Entry {@code i} of {@code indices}, which must lie in [0, rows). */
    static int index(Buffer indices, long i, int rows) {
        int index = indices.segment().get(BoxCopy.I32, i * 4);
        if (index < 0 || index >= rows) {
            throw new GraphException("index %d at position %d leaves a table of %d rows".formatted(index, i, rows));
        }
        return index;
    }

    @Override
    public void run(Workers workers) {
        tasks = workers.tasks(indices.size(), indices.size() * rowBytes / (4 * Lanes.COUNT));
        workers.pool().run(tasks, this);
    }

    @Override
    public void run(int task, int worker) {
        long end = indices.size() * (task + 1) / tasks;
        for (long i = indices.size() * task / tasks; i < end; i++) {
            MemorySegment.copy(table.segment(), index(indices, i, rows) * rowBytes, out.segment(), i * rowBytes, rowBytes);
        }
    }
}
