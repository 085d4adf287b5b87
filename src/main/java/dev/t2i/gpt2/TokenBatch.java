package dev.t2i.gpt2;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Token ids of several texts as one rectangle, padded on the right.
 *
 * @param ids  I32 {@code [batch, tokens]}; what padding holds is never seen
 * @param mask F32 {@code [batch, tokens]}, 1 for real tokens and 0 for padding
 */
public record TokenBatch(Tensor ids, Tensor mask) {
    /** Graphs have static shapes; texts are padded to one of a few lengths, so that few graphs are compiled. */
    private static final int[] LENGTHS = {8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024};

    /** Room for {@code batch} texts of {@code tokens} tokens, all padding. */
    public static TokenBatch allocate(Arena arena, int batch, int tokens) {
        return new TokenBatch(Tensor.allocate(arena, DType.I32, Shape.of(batch, tokens)),
                Tensor.allocate(arena, DType.F32, Shape.of(batch, tokens)));
    }

    /** Texts padded to {@code tokens}, of which none may have more. */
    public static TokenBatch of(Arena arena, List<int[]> texts, int tokens) {
        TokenBatch batch = allocate(arena, texts.size(), tokens);
        for (int row = 0; row < texts.size(); row++) {
            batch.set(row, texts.get(row));
        }
        return batch;
    }

    /** Puts a text into a row, over what was there. */
    public void set(int row, int[] text) {
        int tokens = ids.shape().dim(1);
        if (text.length > tokens) {
            throw new IllegalArgumentException("%d tokens do not fit in %d".formatted(text.length, tokens));
        }
        long start = (long) row * tokens;
        for (int i = 0; i < tokens; i++) {
            ids.set(start + i, i < text.length ? text[i] : 0);
            mask.set(start + i, i < text.length ? 1 : 0);
        }
    }

    /** The length to pad a text of {@code tokens} tokens to, for a model with the given number of positions. */
    public static int paddedLength(int tokens, int positions) {
        for (int length : LENGTHS) {
            if (length >= tokens) {
                return Math.min(length, positions);
            }
        }
        return positions;
    }
}
