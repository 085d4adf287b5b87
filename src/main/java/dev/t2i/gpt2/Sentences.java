package dev.t2i.gpt2;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How sentences are brought into one form before they condition a picture, in training and in use alike. */
public final class Sentences {
    private static final String CLOSING = " .!?;,:";

    private Sentences() {}

    /** Lower case, single blanks, no quotes, no closing punctuation. */
    public static String normalise(String sentence) {
        String plain = sentence.toLowerCase(Locale.ROOT).replaceAll("[\"\u201c\u201d\u201e\u00ab\u00bb]", " ")
                .replaceAll("\\s+", " ").strip();
        // By hand: as a regular expression this takes quadratic time where punctuation piles up in the middle.
        int end = plain.length();
        while (end > 0 && CLOSING.indexOf(plain.charAt(end - 1)) >= 0) {
            end--;
        }
        return plain.substring(0, end);
    }

    /**
     * What an encoder reads of a sentence that conditions a picture: end-of-text, then its tokens, of which no more than {@code most}. Where there
     * are none, as in "...", end-of-text stands for them too: there is no mean of no states, and a caption in a large set is not worth a training.
     */
    public static int[] framed(String sentence, Tokenizer tokenizer, int endOfText, int most) {
        int[] ids = tokenizer.encode(normalise(sentence));
        int length = Math.min(ids.length, most);
        int[] framed = new int[1 + Math.max(1, length)];
        framed[0] = endOfText;
        framed[1] = endOfText;
        System.arraycopy(ids, 0, framed, 1, length);
        return framed;
    }

    /** The words of a sentence, in order: runs of letters and digits in lower case. */
    public static List<String> words(String sentence) {
        List<String> words = new ArrayList<>();
        for (String word : sentence.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }
}
