package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;

/** The same number in every element, as the ground that a padding's content is laid on. */
final class FillStep implements Step, WorkerPool.Task {
    private static final int BLOCK_ELEMENTS = 1 << 14;

    private final Buffer target;
    private final float value;
    private Workers workers;
    private int tasks;

    FillStep(Buffer target, float value) {
        this.target = target;
        this.value = value;
    }

    @Override
    public void run(Workers workers) {
        this.workers = workers;
        long blocks = Math.ceilDiv(target.size(), (long) BLOCK_ELEMENTS);
        tasks = workers.tasks(blocks, target.size() / Lanes.COUNT);
        workers.pool().run(tasks, this);
    }

    @Override
    public void run(int task, int worker) {
        long from = target.size() * task / tasks;
        long to = target.size() * (task + 1) / tasks;
        DType type = target.dtype();
        if (type == DType.F32) {
            for (long at = from; at < to; at += BLOCK_ELEMENTS) {
                BoxCopy.fill4(Float.floatToRawIntBits(value), target.segment(), at * 4, (int) Math.min(BLOCK_ELEMENTS, to - at));
            }
            return;
        }
        for (long at = from; at < to; at++) {
            BoxCopy.setFloat(target.segment(), type, at * type.bytes(), value);
        }
    }
}
