package dev.t2i.train;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Batches made ahead of a training by a thread of their own. Batch {@code n} is a pure function of {@code n}.
 *
 * @param <R> room for a batch, which is filled again and again
 * @param <B> a batch
 */
public abstract class BatchFeed<R, B> implements AutoCloseable {
    /** How many batches there is room for. */
    protected static final int AHEAD = 3;

    private final String name;
    private final BlockingQueue<R> free = new ArrayBlockingQueue<>(AHEAD);
    /** Batches, or what ended the making of them, an {@link Error} included: who waits for a batch has to hear of it. */
    private final BlockingQueue<Object> ready = new ArrayBlockingQueue<>(AHEAD);
    private Thread maker;
    private long nextStep = -1;
    private double waited;

    /**
     * @param name of the thread
     * @param rooms {@link #AHEAD} of them
     */
    protected BatchFeed(String name, List<R> rooms) {
        this.name = name;
        free.addAll(rooms);
    }

    /** Makes the batch of {@code step}; runs on the feed's own thread. */
    protected abstract B make(R room, long step);

    /** The room that a batch was made in. */
    protected abstract R room(B batch);

    /** The batch of {@code step}; steps are usually asked for in order, a jump starts the making anew. */
    public final B take(long step) {
        try {
            if (step != nextStep) {
                restart(step);
            }
            nextStep = step + 1;
            long asked = System.nanoTime();
            Object next = ready.take();
            waited = (System.nanoTime() - asked) * 1e-9;
            if (next instanceof Throwable failure) {
                nextStep = -1;
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) failure;
            }
            @SuppressWarnings("unchecked")
            B batch = (B) next;
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + name, e);
        }
    }

    /** Seconds that the last {@link #take} had to wait for its batch; near 0 where batches are made faster than they are used. */
    public final double waited() {
        return waited;
    }

    /** Gives a batch's room back. */
    public final void recycle(B used) {
        free.add(room(used));
    }

    private void restart(long step) throws InterruptedException {
        stop();
        List<Object> stale = new ArrayList<>();
        ready.drainTo(stale);
        for (Object item : stale) {
            if (!(item instanceof Throwable)) {
                @SuppressWarnings("unchecked")
                B batch = (B) item;
                recycle(batch);
            }
        }
        maker = Thread.ofPlatform().daemon().name(name).start(() -> makeFrom(step));
    }

    private void makeFrom(long firstStep) {
        R room = null;
        try {
            for (long step = firstStep; ; step++) {
                room = free.take();
                Object made;
                try {
                    made = make(room, step);
                } catch (RuntimeException | Error e) {
                    made = e;
                }
                ready.put(made);
                if (made instanceof Throwable) {
                    break;
                }
                room = null;
            }
        } catch (InterruptedException _) {
            // Somebody wants another step, or none any more.
        }
        if (room != null) {
            free.add(room);
        }
    }

    private void stop() throws InterruptedException {
        if (maker != null) {
            maker.interrupt();
            maker.join();
            maker = null;
        }
    }

    /** Stops the thread; memory behind the rooms may be freed after this. */
    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
