package dev.t2i.metric;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import dev.t2i.train.BatchFeed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Batches of lessons; batch {@code n} is a pure function of the seed and {@code n}. */
final class LessonFeed extends BatchFeed<Map<String, Tensor>, LessonFeed.Batch> {
    static final String PICTURES = "pictures";
    static final String TIME = "time";
    static final String GROUND = "ground";
    static final String PRESENCE = "presence";
    static final String PRESENCE_WEIGHT = "presence_weight";
    static final String COLOUR = "colour";
    static final String SIZE = "size";

    /** One batch, by input name; its memory is used again once {@link #recycle} has it back. */
    record Batch(long step, Map<String, Tensor> inputs) {}

    private final LessonMaker maker;
    private final Lesson lesson;
    private final int batch;
    private final Arena arena;

    LessonFeed(long seed, int batch, int size) {
        this(seed, batch, size, Arena.ofShared());
    }

    private LessonFeed(long seed, int batch, int size, Arena arena) {
        super("lessons", Stream.generate(() -> room(batch, size, arena)).limit(AHEAD).toList());
        this.maker = new LessonMaker(seed, size);
        this.lesson = new Lesson(size);
        this.batch = batch;
        this.arena = arena;
    }

    private static Map<String, Tensor> room(int batch, int size, Arena arena) {
        Map<String, Tensor> room = new LinkedHashMap<>();
        shapes(batch, size).forEach((name, shape) -> room.put(name, Tensor.allocate(arena, DType.F32, shape)));
        return room;
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

    @Override
    protected Batch make(Map<String, Tensor> room, long step) {
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
        return new Batch(step, room);
    }

    @Override
    protected Map<String, Tensor> room(Batch batch) {
        return batch.inputs;
    }

    private static void copy(float[] from, Tensor to, int row) {
        MemorySegment.copy(from, 0, to.segment(), ValueLayout.JAVA_FLOAT, (long) row * from.length * Float.BYTES, from.length);
    }

    @Override
    public void close() {
        super.close();
        arena.close();
    }
}
