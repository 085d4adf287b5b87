package dev.t2i.train;

import dev.t2i.data.CaptionedImages;
import dev.t2i.data.Example;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Batches of captioned pictures. Batch {@code n} is a pure function of data, seed and {@code n}: an endless set is read straight through, a finite one in another order each epoch.
 */
final class Feed extends BatchFeed<Tensor, Feed.Batch> {
    private static final int ORDER_STREAM = 0x0EED;
    private static final int CAPTION_STREAM = 0xCA97;

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
    private final Arena arena;
    private final long[] epochOrder;
    private long orderedEpoch = -1;

    Feed(CaptionedImages data, long seed, int batch, int size) {
        this(data, seed, batch, size, Arena.ofShared());
    }

    private Feed(CaptionedImages data, long seed, int batch, int size, Arena arena) {
        super("data", Stream.generate(() -> Tensor.allocate(arena, DType.F32, Shape.of(batch, size, size, 3))).limit(AHEAD).toList());
        this.data = data;
        this.seed = seed;
        this.batch = batch;
        this.size = size;
        this.arena = arena;
        this.epochOrder = data.size() == CaptionedImages.ENDLESS ? null : new long[Math.toIntExact(data.size())];
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
        long bytes = (long) size * size * 3 * Float.BYTES;
        List<Example> examples = new ArrayList<>(batch);
        for (int i = 0; i < batch; i++) {
            long sample = step * batch + i;
            MemorySegment pixels = pictures.segment().asSlice(i * bytes, bytes);
            CounterRandom random = new CounterRandom(seed, CAPTION_STREAM, 0);
            long captionSeed = (random.bits(2 * sample) & 0xffffffffL) << 32 | random.bits(2 * sample + 1) & 0xffffffffL;
            examples.add(data.load(index(sample), captionSeed, size, pixels));
        }
        return examples;
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
        arena.close();
    }
}
