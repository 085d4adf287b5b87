package dev.t2i.gpt2;

import java.util.List;
import java.util.OptionalInt;

/**
 * Turns text into token ids and back, byte by byte: any text can be encoded, and decoding an encoding gives the text
 * again (with U+FFFD in place of lone surrogates). Implementations are immutable and safe to share between threads.
 */
public interface Tokenizer {
    /** GPT-2's only special token. */
    String END_OF_TEXT = "<|endoftext|>";

    /**
     * A stretch of text that is encoded by itself: a word with the space before it, a number, some punctuation, white
     * space, or the end-of-text token.
     *
     * @param start index of its first {@code char} in the text
     * @param ids   its tokens, in order
     */
    record Piece(String text, int start, List<Integer> ids) {
    }

    /**
     * The token ids of a text. {@value #END_OF_TEXT} in it becomes that token where the vocabulary has it.
     *
     * @throws dev.t2i.error.BadInputException when the vocabulary lacks a byte of the text; those of GPT-2 and those
     *                                         trained here lack none
     */
    int[] encode(String text);

    /** The pieces of a text in order; their texts together are the text, their ids together what {@link #encode} gives. */
    List<Piece> pieces(String text);

    /**
     * The text of token ids. Bytes that are no UTF-8 become U+FFFD, ids without a token (a model's vocabulary may be
     * padded) become nothing: both as in transformers.
     */
    String decode(int... ids);

    /** One more than the largest token id. */
    int vocabSize();

    /** The id of {@value #END_OF_TEXT}. */
    OptionalInt endOfText();
}
