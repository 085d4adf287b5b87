package dev.t2i.backend.vector;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads for loops of short, independent tasks. The calling thread works too, as worker 0.
 *
 * <p>Tasks are claimed one at a time, so uneven tasks and a busy machine balance out. {@link #run} allocates nothing and
 * costs a few microseconds; idle workers spin briefly and then park. Kernels must not let their results depend on which
 * worker runs a task.
 *
 * <p>Each worker owns reusable {@code float[]} buffers ({@link #scratch}), and the pool owns some for the operation that
 * is running ({@link #shared}). Their contents do not survive from one operation to the next.
 */
public final class WorkerPool implements AutoCloseable {
    /** A loop body. */
    @FunctionalInterface
    public interface Task {
        /** Runs task {@code task} on worker {@code worker}, both counted from 0. */
        void run(int task, int worker);
    }

    /** Buffers per worker, and buffers shared by all of them. */
    public static final int SLOTS = 5;
    /**
     * Arrays this large get heap regions of their own under G1, which fixes their alignment; vector loads that straddle
     * cache lines cost a micro-kernel a tenth of its speed. See {@link #ALIGNED}.
     */
    private static final int LEAST_FLOATS = 1 << 20;
    /** The first element of a scratch buffer that starts a cache line, given a 16-byte array header. */
    public static final int ALIGNED = 12;

    /** About 50 microseconds: longer than the serial gaps between operations, shorter than anybody would notice as load. */
    private static final int SPINS = 1_000;

    private final Worker[] workers;
    private final float[][][] scratch;
    private final float[][] shared = new float[SLOTS][];

    /** Number of the current run in the upper half, next unclaimed task in the lower. */
    private final AtomicLong claims = new AtomicLong();
    private final AtomicInteger finished = new AtomicInteger();
    private Task task;
    private int tasks;
    private volatile Throwable failure;
    private volatile Thread waiting;
    private volatile boolean closed;
    private boolean running;

    /** A pool of one thread per available processor. */
    public WorkerPool() {
        this(Runtime.getRuntime().availableProcessors());
    }

    /** A pool of {@code threads} threads, the caller's included. */
    public WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a worker pool needs at least 1 thread, not " + threads);
        }
        scratch = new float[threads][SLOTS][];
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
            workers[i].start();
        }
    }

    /** Number of workers, the calling thread included. */
    public int size() {
        return workers.length + 1;
    }

    /**
     * Runs {@code body} for every task in {@code [0, count)} and returns when all are done. What the tasks wrote is
     * visible to the caller. When a task throws, the tasks not yet begun are skipped and the first exception is rethrown.
     * Concurrent callers take turns; a task must not call this.
     */
    public void run(int count, Task body) {
        if (Thread.currentThread() instanceof Worker worker && worker.pool() == this) {
            throw new IllegalStateException("a task of this pool cannot run tasks on it");
        }
        synchronized (this) {
            if (running) {
                throw new IllegalStateException("a task of this pool cannot run tasks on it");
            }
            if (closed) {
                throw new IllegalStateException("the worker pool is closed");
            }
            running = true;
            try {
                if (count == 1 || workers.length == 0) {
                    for (int i = 0; i < count; i++) {
                        body.run(i, 0);
                    }
                } else if (count > 1) {
                    runTogether(count, body);
                }
            } finally {
                running = false;
            }
        }
    }

    private void runTogether(int count, Task body) {
        long run = claims.get() >>> 32;
        // Nothing to claim while the fields change: else a late worker could pair an old claim with a new task.
        claims.set(run + 1 << 32 | Integer.MAX_VALUE);
        task = body;
        tasks = count;
        failure = null;
        finished.set(0);
        claims.set(run + 2 << 32); // publishes the fields above
        for (int i = 0; i < workers.length && i < count - 1; i++) {
            if (workers[i].parked) {
                LockSupport.unpark(workers[i]);
            }
        }
        claimAll(0);
        awaitOthers();
        task = null;
        Throwable thrown = failure;
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
    }

    /** Claims and runs tasks until none is left. */
    private void claimAll(int worker) {
        while (true) {
            long claim = claims.get();
            // A claim of an older run fails below, because every run has its own number: these fields are never stale.
            Task body = task;
            int count = tasks;
            int index = (int) claim;
            if (index >= count) {
                return;
            }
            if (!claims.compareAndSet(claim, claim + 1)) {
                continue;
            }
            if (failure == null) {
                try {
                    body.run(index, worker);
                } catch (Throwable thrown) {
                    failure = thrown;
                }
            }
            if (finished.incrementAndGet() == count) {
                Thread caller = waiting;
                if (caller != null) {
                    LockSupport.unpark(caller);
                }
            }
        }
    }

    private void awaitOthers() {
        for (int i = 0; i < SPINS; i++) {
            if (finished.get() == tasks) {
                return;
            }
            Thread.onSpinWait();
        }
        waiting = Thread.currentThread();
        boolean interrupted = false;
        while (finished.get() != tasks) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted(); // else park would return at once, for ever
        }
        waiting = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Worker {@code worker}'s buffer number {@code slot}, of at least {@code floats} elements, contents undefined. */
    public float[] scratch(int worker, int slot, long floats) {
        float[] buffer = scratch[worker][slot];
        return buffer != null && buffer.length >= floats ? buffer : (scratch[worker][slot] = allocate(floats));
    }

    /** The running operation's buffer number {@code slot}, of at least {@code floats} elements; ask outside of tasks. */
    public float[] shared(int slot, long floats) {
        float[] buffer = shared[slot];
        return buffer != null && buffer.length >= floats ? buffer : (shared[slot] = allocate(floats));
    }

    private static float[] allocate(long floats) {
        if (floats > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException("a scratch buffer of " + floats + " floats is too large; use a smaller batch");
        }
        return new float[(int) Math.max(floats, LEAST_FLOATS)];
    }

    /** Stops the threads. A run in progress is finished first. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            for (Worker worker : workers) {
                LockSupport.unpark(worker);
            }
        }
    }

    private final class Worker extends Thread {
        private final int index;
        private volatile boolean parked;

        Worker(int index) {
            // Without what the thread that opened a session hands down: it would live as long as the pool.
            super(null, null, "t2i-worker-" + index, 0, false);
            this.index = index;
            setDaemon(true);
        }

        WorkerPool pool() {
            return WorkerPool.this;
        }

        @Override
        public void run() {
            long seen = 0;
            while (!closed) {
                seen = awaitRun(seen);
                claimAll(index);
            }
        }

        /** Waits until a run newer than {@code seen} begins, or the pool closes; returns the newest run's number. */
        private long awaitRun(long seen) {
            for (int i = 0; i < SPINS; i++) {
                long current = claims.get() >>> 32;
                if (current != seen) {
                    return current;
                }
                Thread.onSpinWait();
            }
            parked = true;
            while (claims.get() >>> 32 == seen && !closed) {
                LockSupport.park(WorkerPool.this);
                Thread.interrupted(); // nobody's signal: a set flag would only keep park from waiting
            }
            parked = false;
            return claims.get() >>> 32;
        }
    }
}
