package dev.t2i.backend.vector;

import dev.t2i.graph.Op;
import dev.t2i.tensor.CounterRandom;

/** Random numbers, each row from its own key. */
final class RandomStep implements Step, WorkerPool.Task {
    private final Op.Distribution distribution;
    private final Buffer keys;
    private final Buffer out;
    private final long rows;
    private final long columns;
    private CounterRandom[] generators = {};
    private int tasks;

    RandomStep(Op.Random op, Buffer keys, Buffer out) {
        distribution = op.distribution();
        this.keys = keys;
        this.out = out;
        rows = op.shape().dim(0);
        columns = rows == 0 ? 0 : out.size() / rows;
    }

    @Override
    public void run(Workers workers) {
        if (generators.length != workers.pool().size()) {
            generators = new CounterRandom[workers.pool().size()];
            for (int i = 0; i < generators.length; i++) {
                generators[i] = new CounterRandom(0, 0, 0);
            }
        }
        tasks = workers.tasks(rows, rows * columns);
        workers.pool().run(tasks, this);
    }

    @Override
    public void run(int task, int worker) {
        CounterRandom random = generators[worker];
        long end = rows * (task + 1) / tasks;
        for (long row = rows * task / tasks; row < end; row++) {
            random.key(key(row, 0), key(row, 1), key(row, 2), key(row, 3));
            for (long i = 0; i < columns; i++) {
                float number = distribution == Op.Distribution.NORMAL ? random.normal(i) : random.uniform(i);
                out.segment().set(BoxCopy.F32, 4 * (row * columns + i), number);
            }
        }
    }

    private int key(long row, int part) {
        return keys.segment().get(BoxCopy.I32, 4 * (row * 4 + part));
    }
}
