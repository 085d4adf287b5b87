package dev.t2i.train;

import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataException;
import dev.t2i.data.Example;
import dev.t2i.data.Sides;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.stream.Stream;

/**
 * Batches of captioned pictures. Batch {@code n} is a pure function of data, settings and {@code n}: an endless set is read straight through,
 * a finite one in another order each epoch. Several threads load, decode and resize pictures, ahead of the training; which of them loads
 * which picture changes nothing.
 */
final class Feed extends BatchFeed<Tensor, Feed.Batch> {
    private static final int ORDER_STREAM = 0x0EED;
    private static final int CAPTION_STREAM = 0xCA97;
    private static final int AUGMENT_STREAM = 0xA06;
    private static final int MOST_LOADERS = 16;

    /**
     * One batch; its memory is used again for a later one once {@link #recycle} has it back.
     *
     * @param pictures F32 {@code [batch, size, size, 3]} in [-1, 1]
     */
    record Batch(long step, Tensor pictures, List<Example> examples) {
        List<String> captions() {
            return examples.stream().map(Example::caption).toList();
        }

        /** Captions that do not fit: one attribute changed where that is known, else the next picture's. */
        List<String> wrongCaptions() {
            List<String> wrong = new ArrayList<>();
            for (int i = 0; i < examples.size(); i++) {
                Example next = examples.get((i + 1) % examples.size());
                wrong.add(examples.get(i).wrongCaption().orElse(next.caption()));
            }
            return wrong;
        }
    }

    private final CaptionedImages data;
    private final long seed;
    private final int batch;
    private final int size;
    private final AugmentSettings augment;
    private final Arena arena;
    private final ThreadLocal<MemorySegment> loaded;
    private final ForkJoinPool loaders;
    private final long[] epochOrder;
    private long orderedEpoch = -1;

    Feed(CaptionedImages data, long seed, int batch, int size) {
        this(data, seed, batch, size, AugmentSettings.NONE);
    }

    Feed(CaptionedImages data, long seed, int batch, int size, AugmentSettings augment) {
        data.requireSize(augment.loaded(size));
        if (data.size() > Integer.MAX_VALUE && data.size() != CaptionedImages.ENDLESS) {
            throw new DataException("data of %d pictures: at most %d can be brought into an order; name fewer, or of scenes no count, which is without end"
                    .formatted(data.size(), Integer.MAX_VALUE));
        }
        this(data, seed, batch, size, augment, Arena.ofShared());
    }

    private Feed(CaptionedImages data, long seed, int batch, int size, AugmentSettings augment, Arena arena) {
        super("data", Stream.generate(() -> Tensor.allocate(arena, DType.F32, Shape.of(batch, size, size, 3))).limit(AHEAD).toList());
        this.data = data;
        this.seed = seed;
        this.batch = batch;
        this.size = size;
        this.augment = augment;
        this.arena = arena;
        this.epochOrder = data.size() == CaptionedImages.ENDLESS ? null : new long[(int) data.size()];
        this.loaded = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(4L * augment.loaded(size) * augment.loaded(size) * 3, 4));
        // As many as processors: while the training waits they may have all of them, and while it does not they wait for room.
        this.loaders = new ForkJoinPool(Math.min(MOST_LOADERS, Runtime.getRuntime().availableProcessors()));
    }

    @Override
    protected Batch make(Tensor pictures, long step) {
        return new Batch(step, pictures, fill(pictures, step));
    }

    @Override
    protected Tensor room(Batch batch) {
        return batch.pictures;
    }

    private List<Example> fill(Tensor pictures, long step) {
        Example[] examples = new Example[batch];
        long[] numbers = new long[batch];
        for (int i = 0; i < batch; i++) {
            numbers[i] = index(step * batch + i);
        }
        // Noted here, for a task would give an exception of its own making, without the message, wherever it can.
        Throwable[] failures = new Throwable[batch];
        List<ForkJoinTask<?>> tasks = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            int row = i;
            tasks.add(loaders.submit(() -> {
                try {
                    examples[row] = load(pictures, row, numbers[row], step * batch + row);
                } catch (RuntimeException | Error e) {
                    failures[row] = e;
                }
            }));
        }
        // All of them end before the room may be used again.
        tasks.forEach(ForkJoinTask::quietlyJoin);
        for (Throwable failure : failures) {
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure != null) {
                throw (RuntimeException) failure;
            }
        }
        return List.of(examples);
    }

    private Example load(Tensor pictures, int row, long number, long sample) {
        long bytes = (long) size * size * 3 * Float.BYTES;
        MemorySegment pixels = pictures.segment().asSlice(row * bytes, bytes);
        CounterRandom random = new CounterRandom(seed, CAPTION_STREAM, 0);
        long captionSeed = (random.bits(2 * sample) & 0xffffffffL) << 32 | random.bits(2 * sample + 1) & 0xffffffffL;
        int larger = augment.loaded(size);
        if (larger == size && !augment.flip()) {
            return data.load(number, captionSeed, size, pixels);
        }
        MemorySegment whole = loaded.get();
        Example example = data.load(number, captionSeed, larger, whole);
        CounterRandom draws = new CounterRandom(seed, AUGMENT_STREAM, 0);
        int left = draws.below(larger - size + 1, 3 * sample);
        int top = draws.below(larger - size + 1, 3 * sample + 1);
        boolean flip = augment.flip() && draws.uniform(3 * sample + 2) < 0.5f && !Sides.named(example.caption());
        cut(whole, larger, left, top, flip, pixels);
        return example;
    }

    private void cut(MemorySegment whole, int larger, int left, int top, boolean flip, MemorySegment pixels) {
        for (int y = 0; y < size; y++) {
            long from = ((long) (top + y) * larger + left) * 3;
            if (!flip) {
                MemorySegment.copy(whole, from * Float.BYTES, pixels, (long) y * size * 3 * Float.BYTES, 3L * size * Float.BYTES);
                continue;
            }
            for (int x = 0; x < size; x++) {
                MemorySegment.copy(whole, (from + 3L * (size - 1 - x)) * Float.BYTES, pixels, ((long) y * size + x) * 3 * Float.BYTES, 3 * Float.BYTES);
            }
        }
    }

    private long index(long sample) {
        if (epochOrder == null) {
            return sample;
        }
        long epoch = sample / epochOrder.length;
        if (epoch != orderedEpoch) {
            shuffle(epoch);
        }
        return epochOrder[(int) (sample % epochOrder.length)];
    }

    /** Fisher-Yates from the epoch's own random stream. */
    private void shuffle(long epoch) {
        CounterRandom random = new CounterRandom(seed, ORDER_STREAM, (int) epoch);
        for (int i = 0; i < epochOrder.length; i++) {
            epochOrder[i] = i;
        }
        for (int i = epochOrder.length - 1; i > 0; i--) {
            int j = random.below(i + 1, i);
            long swapped = epochOrder[i];
            epochOrder[i] = epochOrder[j];
            epochOrder[j] = swapped;
        }
        orderedEpoch = epoch;
    }

    @Override
    public void close() {
        super.close();
        loaders.close();
        arena.close();
    }
}
