package dev.t2i;

import dev.t2i.config.Names;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The words that a model's captions used. A model without such a list is taken to know every word. */
final class KnownWords {
    private static final int LETTERS_PER_SLIP = 4;

    private final Set<String> words;

    KnownWords(List<String> words) {
        this.words = Set.copyOf(words);
    }

    boolean contains(String word) {
        return words.isEmpty() || words.contains(word);
    }

    /** The known word that takes the fewest slips to type instead, where those are few for its length. */
    Optional<String> nearest(String word) {
        // Sorted, so that of equally near words it is always the same.
        return Names.nearest(word, words.stream().sorted().toList())
                .filter(near -> Names.edits(word, near) <= near.length() / LETTERS_PER_SLIP);
    }
}
