package dev.t2i.train;

import dev.t2i.gpt2.TokenBatch;
import dev.t2i.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Tokenized texts as batches for a language model. Texts of about the same length share a batch, so that little of it is
 * padding. Batch {@code n} is a pure function of texts, seed and {@code n}: each epoch takes every text once, in another order.
 */
final class LanguageFeed {
    private static final int ORDER_STREAM = 0x7E87;

    /**
     * One batch.
     *
     * @param samples rows of at most {@code tokens} + 1 tokens each: all but the last are read, all but the first predicted
     * @param tokens  the length to pad to
     */
    record Batch(List<int[]> samples, int tokens) {}

    private final List<int[]> samples;
    private final int positions;
    private final int batch;
    private final long seed;
    private List<Batch> epoch = List.of();
    private long plannedEpoch = -1;

    /**
     * @param texts token ids of each text; longer ones than the model's positions become several samples
     */
    LanguageFeed(List<int[]> texts, int endOfText, int positions, int batch, long seed) {
        this.samples = new ArrayList<>();
        this.positions = positions;
        this.batch = batch;
        this.seed = seed;
        texts.forEach(text -> cut(text, endOfText));
    }

    /** A text stands between two end-of-texts. Where it is cut, the last token of one sample is the first of the next. */
    private void cut(int[] text, int endOfText) {
        int[] whole = new int[text.length + 2];
        whole[0] = endOfText;
        System.arraycopy(text, 0, whole, 1, text.length);
        whole[text.length + 1] = endOfText;
        for (int start = 0; start + 1 < whole.length; start += positions) {
            int[] sample = new int[Math.min(positions + 1, whole.length - start)];
            System.arraycopy(whole, start, sample, 0, sample.length);
            samples.add(sample);
        }
    }

    int samples() {
        return samples.size();
    }

    /** Every length that a batch may be padded to: those of samples, for what is left over joins longer ones. */
    SortedSet<Integer> lengths() {
        SortedSet<Integer> lengths = new TreeSet<>();
        samples.forEach(sample -> lengths.add(TokenBatch.paddedLength(sample.length - 1, positions)));
        return lengths;
    }

    int batchesInEpoch() {
        return Math.ceilDiv(samples.size(), batch);
    }

    Batch batch(long step) {
        long wanted = step / batchesInEpoch();
        if (wanted != plannedEpoch) {
            epoch = plan((int) wanted);
            plannedEpoch = wanted;
        }
        return epoch.get((int) (step % batchesInEpoch()));
    }

    private List<Batch> plan(int number) {
        CounterRandom random = new CounterRandom(seed, ORDER_STREAM, number);
        List<int[]> order = new ArrayList<>(samples);
        shuffle(order, random, 0);
        SortedMap<Integer, List<int[]>> byLength = new TreeMap<>();
        for (int[] sample : order) {
            byLength.computeIfAbsent(TokenBatch.paddedLength(sample.length - 1, positions), _ -> new ArrayList<>()).add(sample);
        }
        List<Batch> batches = new ArrayList<>();
        List<int[]> left = new ArrayList<>();
        int longest = byLength.lastKey();
        byLength.forEach((length, some) -> {
            left.addAll(some);
            int full = left.size() / batch * batch;
            for (int start = 0; start < full; start += batch) {
                batches.add(new Batch(List.copyOf(left.subList(start, start + batch)), length));
            }
            left.subList(0, full).clear(); // what is left over joins longer ones
        });
        if (!left.isEmpty()) {
            for (int i = 0; left.size() < batch; i++) {
                left.add(order.get(i % order.size()));
            }
            batches.add(new Batch(List.copyOf(left), longest));
        }
        shuffle(batches, random, samples.size());
        return batches;
    }

    private static <T> void shuffle(List<T> list, CounterRandom random, long firstIndex) {
        for (int i = list.size() - 1; i > 0; i--) {
            int other = random.below(i + 1, firstIndex + i);
            T moved = list.get(i);
            list.set(i, list.get(other));
            list.set(other, moved);
        }
    }
}
