package dev.t2i.gan;

import dev.t2i.graph.Value;
import java.util.Optional;

/**
 * What a generator hears of a text.
 *
 * @param sentence the whole, {@code [n, textWidth]}
 * @param words its parts, for generators that ask for them
 */
public record TextCondition(Value sentence, Optional<Words> words) {
    /** That of the texts from {@code start} up to {@code end}. */
    public TextCondition slice(int start, int end) {
        return new TextCondition(sentence.slice(0, start, end),
                words.map(all -> new Words(all.states.slice(0, start, end), all.mask.slice(0, start, end))));
    }

    /**
     * States of the encoder's last layer, a token each. In a language model every token knows those before it: the state
     * of "house" in "a small red house" knows of both.
     *
     * @param states {@code [n, tokens, features]}
     * @param mask {@code [n, tokens]}, 1 for real tokens; each row has at least one
     */
    public record Words(Value states, Value mask) {}
}
