package dev.t2i.gpt2;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al., arXiv:1508.07909, over bytes as in GPT-2): merge the most frequent
 * neighbours within pieces of text, again and again. Among equally frequent pairs the one with the smaller ids wins, so
 * the same texts, in any order, always give the same vocabulary.
 *
 * <p>Ids: the 256 bytes in GPT-2's order, then one for each merge, and {@value Tokenizer#END_OF_TEXT} last.
 */
public final class BpeTrainer {
    private static final int BYTES = 256;
    private static final int SPECIAL = 1;

    private record Candidate(long count, long pair) {
    }

    private final List<int[]> words = new ArrayList<>();
    private final List<Long> wordCounts = new ArrayList<>();
    private final Map<Long, Long> pairCounts = new HashMap<>();
    private final Map<Long, Set<Integer>> wordsWithPair = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>(
            Comparator.comparingLong(Candidate::count).reversed().thenComparingLong(Candidate::pair));
    private final List<String> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new LinkedHashMap<>();

    private BpeTrainer() {
        for (char c : ByteAlphabet.ascending()) {
            addToken(String.valueOf(c));
        }
    }

    /**
     * Learns from texts. A text is a unit: no merge crosses its end, nor a {@value Tokenizer#END_OF_TEXT} in it.
     *
     * @param vocabSize    how many tokens to have, at least 257; fewer come out when no pair is frequent enough
     * @param minFrequency how often a pair must occur to be merged, at least 1
     */
    public static BpeVocabulary train(Stream<String> texts, int vocabSize, int minFrequency) {
        if (vocabSize < BYTES + SPECIAL || minFrequency < 1) {
            throw new IllegalArgumentException("vocabSize is %d, must be at least %d; minFrequency is %d, must be at least 1"
                    .formatted(vocabSize, BYTES + SPECIAL, minFrequency));
        }
        BpeTrainer trainer = new BpeTrainer();
        trainer.count(texts);
        List<BpeVocabulary.Merge> merges = trainer.merge(vocabSize - SPECIAL, minFrequency);
        trainer.addToken(Tokenizer.END_OF_TEXT);
        return new BpeVocabulary(trainer.ids, merges);
    }

    private int addToken(String token) {
        Integer known = ids.putIfAbsent(token, tokens.size());
        if (known == null) {
            tokens.add(token);
            return tokens.size() - 1;
        }
        return known;
    }

    private void count(Stream<String> texts) {
        Map<String, Long> counts = new HashMap<>();
        texts.forEachOrdered(text -> ByteLevelTokenizer.cut(text, true, piece -> counts.merge(piece, 1L, Long::sum)));
        counts.remove(Tokenizer.END_OF_TEXT);
        counts.forEach((piece, count) -> {
            byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
            int[] word = new int[bytes.length];
            for (int i = 0; i < word.length; i++) {
                word[i] = ids.get(String.valueOf(ByteAlphabet.spell(bytes[i] & 0xff)));
            }
            words.add(word);
            wordCounts.add(count);
            addPairs(words.size() - 1, 1, new HashSet<>());
        });
        pairCounts.forEach((pair, count) -> queue.add(new Candidate(count, pair)));
    }

    /** Adds ({@code sign} 1) or takes away (-1) what one word contributes to the counts, and notes in {@code met} which pairs it added. */
    private void addPairs(int word, int sign, Set<Long> met) {
        int[] symbols = words.get(word);
        for (int i = 0; i + 1 < symbols.length; i++) {
            long pair = BytePairTokenizer.pair(symbols[i], symbols[i + 1]);
            pairCounts.merge(pair, sign * wordCounts.get(word), Long::sum);
            if (sign > 0) {
                wordsWithPair.computeIfAbsent(pair, _ -> new HashSet<>()).add(word);
                met.add(pair);
            }
        }
    }

    private List<BpeVocabulary.Merge> merge(int mostTokens, int minFrequency) {
        List<BpeVocabulary.Merge> merges = new ArrayList<>();
        while (tokens.size() < mostTokens && !queue.isEmpty()) {
            Candidate best = queue.poll();
            long count = pairCounts.getOrDefault(best.pair(), 0L);
            if (count != best.count()) {
                if (count > 0) {
                    queue.add(new Candidate(count, best.pair())); // it shrank since it was queued
                }
                continue;
            }
            if (count < minFrequency) {
                break;
            }
            int left = (int) (best.pair() >>> 32);
            int right = (int) best.pair();
            merges.add(new BpeVocabulary.Merge(tokens.get(left), tokens.get(right)));
            apply(left, right, addToken(tokens.get(left) + tokens.get(right)));
        }
        return merges;
    }

    private void apply(int left, int right, int merged) {
        Set<Long> met = new HashSet<>();
        long pair = BytePairTokenizer.pair(left, right);
        for (int word : wordsWithPair.remove(pair)) {
            addPairs(word, -1, met);
            words.set(word, merge(words.get(word), left, right, merged));
            addPairs(word, 1, met);
        }
        pairCounts.remove(pair);
        // Only pairs with the new token can have grown; shrunk ones are noticed when they come up.
        for (long changed : met) {
            if ((int) (changed >>> 32) == merged || (int) changed == merged) {
                queue.add(new Candidate(pairCounts.get(changed), changed));
            }
        }
    }

    private static int[] merge(int[] word, int left, int right, int merged) {
        int[] shorter = new int[word.length];
        int length = 0;
        for (int i = 0; i < word.length; i++) {
            if (i + 1 < word.length && word[i] == left && word[i + 1] == right) {
                shorter[length++] = merged;
                i++;
            } else {
                shorter[length++] = word[i];
            }
        }
        return Arrays.copyOf(shorter, length);
    }
}
