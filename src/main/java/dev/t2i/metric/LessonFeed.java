package dev.t2i.metric;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Batches of lessons, made ahead of the training by a thread of their own; batch {@code n} is a pure function of the seed and {@code n}. */
final class LessonFeed implements AutoCloseable {
    static final String PICTURES = "pictures";
    static final String TIME = "time";
    static final String GROUND = "ground";
    static final String PRESENCE = "presence";
    static final String PRESENCE_WEIGHT = "presence_weight";
    static final String COLOUR = "colour";
    static final String SIZE = "size";
    private static final int AHEAD = 3;

    /** One batch, by input name; its memory is used again once {@link #recycle} has it back. */
    record Batch(long step, Map<String, Tensor> inputs, RuntimeException failure) {}

    private final LessonMaker maker;
    private final Lesson lesson;
    private final int batch;
    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<Map<String, Tensor>> free = new ArrayBlockingQueue<>(AHEAD);
    private final BlockingQueue<Batch> ready = new ArrayBlockingQueue<>(AHEAD);
    private Thread thread;
    private long nextStep = -1;

    LessonFeed(long seed, int batch, int size) {
        this.maker = new LessonMaker(seed, size);
        this.lesson = new Lesson(size);
        this.batch = batch;
        for (int i = 0; i < AHEAD; i++) {
            Map<String, Tensor> room = new LinkedHashMap<>();
            shapes(batch, size).forEach((name, shape) -> room.put(name, Tensor.allocate(arena, DType.F32, shape)));
            free.add(room);
        }
    }

    /** What a batch holds. */
    static Map<String, Shape> shapes(int batch, int size) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put(PICTURES, Shape.of(batch, size, size, 3));
        shapes.put(TIME, Shape.of(batch, Lesson.TIMES));
        shapes.put(GROUND, Shape.of(batch, Lesson.GROUNDS));
        shapes.put(PRESENCE, Shape.of(batch, Slot.COUNT));
        shapes.put(PRESENCE_WEIGHT, Shape.of(batch, Slot.COUNT));
        shapes.put(COLOUR, Shape.of(batch, Slot.COUNT, Lesson.COLOURS));
        shapes.put(SIZE, Shape.of(batch, Slot.COUNT, Lesson.SIZES));
        return shapes;
    }

    /** The batch of {@code step}; steps are usually asked for in order, a jump starts the making anew. */
    Batch take(long step) {
        try {
            if (step != nextStep) {
                stop();
                for (Batch stale; (stale = ready.poll()) != null; ) {
                    free.add(stale.inputs());
                }
                thread = Thread.ofPlatform().daemon().name("lessons").start(() -> make(step));
            }
            nextStep = step + 1;
            Batch next = ready.take();
            if (next.failure() != null) {
                throw next.failure();
            }
            return next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for lessons", e);
        }
    }

    void recycle(Batch used) {
        free.add(used.inputs());
    }

    private void make(long firstStep) {
        Map<String, Tensor> room = null;
        try {
            for (long step = firstStep; ; step++) {
                room = free.take();
                RuntimeException failure = fill(room, step);
                ready.put(new Batch(step, room, failure));
                room = null;
            }
        } catch (InterruptedException _) {
            if (room != null) {
                free.add(room);
            }
        }
    }

    /** A failure travels to the thread that asks for the batch. */
    private RuntimeException fill(Map<String, Tensor> room, long step) {
        try {
            for (int row = 0; row < batch; row++) {
                maker.make(Math.toIntExact(step * batch + row), lesson);
                copy(lesson.picture, room.get(PICTURES), row);
                copy(lesson.time, room.get(TIME), row);
                copy(lesson.ground, room.get(GROUND), row);
                copy(lesson.presence, room.get(PRESENCE), row);
                copy(lesson.presenceWeight, room.get(PRESENCE_WEIGHT), row);
                copy(lesson.colour, room.get(COLOUR), row);
                copy(lesson.size, room.get(SIZE), row);
            }
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    private static void copy(float[] from, Tensor to, int row) {
        MemorySegment.copy(from, 0, to.segment(), ValueLayout.JAVA_FLOAT, (long) row * from.length * Float.BYTES, from.length);
    }

    private void stop() throws InterruptedException {
        if (thread != null) {
            thread.interrupt();
            thread.join();
            thread = null;
        }
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        arena.close();
    }
}
