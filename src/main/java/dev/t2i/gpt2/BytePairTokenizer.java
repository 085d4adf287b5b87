package dev.t2i.gpt2;

import dev.t2i.error.BadInputException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.PriorityQueue;

/** Byte-level byte-pair encoding by a {@link BpeVocabulary}: in each piece, the earliest-learned merge goes first. */
public final class BytePairTokenizer extends ByteLevelTokenizer {
    private static final byte[] NONE = {};

    private final byte[][] bytesOfId;
    private final int[] idOfByte = new int[256];
    private final OptionalInt endOfText;
    /** From a pair of ids (left in the upper half) to the rank of its merge. */
    private final Map<Long, Integer> ranks;
    private final int[] mergedIds;

    public BytePairTokenizer(BpeVocabulary vocabulary) {
        Map<String, Integer> ids = vocabulary.ids();
        bytesOfId = new byte[vocabulary.size()][];
        ids.forEach((token, id) -> bytesOfId[id] = ByteAlphabet.bytes(token));
        for (int value = 0; value < 256; value++) {
            idOfByte[value] = ids.getOrDefault(String.valueOf(ByteAlphabet.spell(value)), -1);
        }
        Integer special = ids.get(END_OF_TEXT);
        endOfText = special == null ? OptionalInt.empty() : OptionalInt.of(special);
        List<BpeVocabulary.Merge> merges = vocabulary.merges();
        ranks = HashMap.newHashMap(merges.size());
        mergedIds = new int[merges.size()];
        for (int rank = 0; rank < mergedIds.length; rank++) {
            BpeVocabulary.Merge merge = merges.get(rank);
            ranks.put(pair(ids.get(merge.left()), ids.get(merge.right())), rank);
            mergedIds[rank] = ids.get(merge.merged());
        }
    }

    /** Two ids in one key. */
    static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    /** A piece may be a whole novel without blanks, hence a queue of merges over a linked list: n log n. */
    @Override
    int[] encodePiece(String piece) {
        int[] ids = byteIds(piece);
        int[] next = new int[ids.length]; // index of the symbol to the right; ids.length at the end
        int[] previous = new int[ids.length];
        Arrays.setAll(next, i -> i + 1);
        Arrays.setAll(previous, i -> i - 1);
        PriorityQueue<Long> queue = new PriorityQueue<>(); // rank in the upper half, then position: leftmost first
        for (int i = 0; i + 1 < ids.length; i++) {
            offer(queue, ids, i, i + 1);
        }
        while (!queue.isEmpty()) {
            long best = queue.poll();
            int rank = (int) (best >>> 32);
            int left = (int) best;
            int right = next[left];
            // A rank stands for one pair, so an offer is stale exactly when its place now holds another.
            if (ids[left] < 0 || right >= ids.length || ranks.getOrDefault(pair(ids[left], ids[right]), -1) != rank) {
                continue;
            }
            ids[left] = mergedIds[rank];
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] < ids.length) {
                previous[next[left]] = left;
                offer(queue, ids, left, next[left]);
            }
            if (previous[left] >= 0) {
                offer(queue, ids, previous[left], left);
            }
        }
        return Arrays.stream(ids).filter(id -> id >= 0).toArray();
    }

    private void offer(PriorityQueue<Long> queue, int[] ids, int left, int right) {
        Integer rank = ranks.get(pair(ids[left], ids[right]));
        if (rank != null) {
            queue.add((long) rank << 32 | left);
        }
    }

    private int[] byteIds(String piece) {
        byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = idOfByte[bytes[i] & 0xff];
            if (ids[i] < 0) {
                throw new BadInputException("the text holds the byte 0x%02x, for which this vocabulary has no token"
                        .formatted(bytes[i] & 0xff));
            }
        }
        return ids;
    }

    @Override
    byte[] bytes(int id) {
        return id < 0 || id >= bytesOfId.length || bytesOfId[id] == null ? NONE : bytesOfId[id];
    }

    @Override
    public int vocabSize() {
        return bytesOfId.length;
    }

    @Override
    public OptionalInt endOfText() {
        return endOfText;
    }
}
